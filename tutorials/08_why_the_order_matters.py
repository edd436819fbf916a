# %% [markdown]
"""
# Lesson 8: Why the order matters

**What you will see first.** Three additions, and two plausible ways of walking back through them
that get the gradient wrong: 2 instead of 6. Nothing is wrong with the chain rule. What is wrong is
*when* it is applied: a number was passed on before it was complete. Then a machine searches all
small graphs for the smallest that trips them up.

![The graph of b = a + a, c = b + b, d = b + c](pictures/08_order.svg)

*About 15 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from collections import deque
from itertools import combinations_with_replacement, product

from autodiff import Value, edges
from visualize import draw, explain

# %% [markdown]
"""
## Three additions

By hand: c = 2b, so d = b + 2b = 3b, and b = 2a, so d = 6a. The gradient of a is 6.
"""

# %%
a = Value(1.0)
b = a + a
c = b + b
d = b + c
d.backward()
print("d =", d.data, "  dd/da by hand 6, engine", a.grad)
assert (d.data, a.grad, b.grad, c.grad) == (6.0, 6.0, 3.0, 1.0)

# %%
picture = draw(d, legend=True)
picture.save("08_order.svg")
print("wrote 08_order.svg")
picture

# %% [markdown]
"""
The card of b has three arrows to the right: one to d, and two to c, as c = b + b takes b twice. So
how much b matters is known only when *both* d and c have sent back their part. That is the whole
lesson; but see what happens to those who do not wait.
"""

# %%
print(explain(d, a))

# %% [markdown]
"""
## Two walks that do not wait

A walk back starts at the result with 1. It takes a node, sends its gradient along all its arrows to
what it was made from, and goes on there, to each node once. The question is which node comes next.

- **Breadth first**: first come, first served, from a queue.
- **Depth first**: last come, first served, from a stack.
"""


# %%
def made_from(root):
    """Return for each node of a graph what it was made from, and the slopes there."""
    arrows = {}
    for edge in edges(root):
        arrows.setdefault(edge.child, []).append((edge.parent, edge.local))
    return arrows


def walk(root, depth_first):
    """Return the gradients that a walk finds, and its steps in words."""
    arrows, gradients, steps = made_from(root), {root: 1.0}, []
    waiting, met = deque([root]), {root}
    while waiting:
        node = waiting.pop() if depth_first else waiting.popleft()
        steps.append((node, gradients[node]))
        for parent, local in arrows.get(node, ()):
            gradients[parent] = gradients.get(parent, 0.0) + gradients[node] * local
            if parent not in met:
                met.add(parent)
                waiting.append(parent)
    return gradients, steps


def in_words(steps, names):
    return ", ".join(f"{names[node]} sends back {gradient:g}" for node, gradient in steps)


def result(order):
    """Build the graph anew: d = b + c, or d = c + b, which is the same number."""
    a = Value(1.0)
    b = a + a
    c = b + b
    d = b + c if order == "b + c" else c + b
    d.backward()
    return d, {a: "a", b: "b", c: "c", d: "d"}


found = {}
for order in ("b + c", "c + b"):
    d, names = result(order)
    (a,) = [node for node, name in names.items() if name == "a"]
    print(f"d = {order}, engine {a.grad:g}")
    for depth_first in (False, True):
        gradients, steps = walk(d, depth_first)
        found[order, depth_first] = gradients[a]
        kind = "depth first" if depth_first else "breadth first"
        print(f"  {kind:13} {gradients[a]:g}:  {in_words(steps, names)}")
    assert a.grad == 6.0

assert found == {
    ("b + c", False): 2.0,
    ("b + c", True): 6.0,
    ("c + b", False): 6.0,
    ("c + b", True): 2.0,
}

# %% [markdown]
"""
Breadth first is wrong on d = b + c: b is served first and sends 1 to a, twice, before c has told it
about its own 2. When those arrive, b has had its turn. Write d = c + b instead, which nobody would
think a difference, and it comes out right; but now depth first takes b too early. Both *can* be
right, and that is the trap: such an engine passes its first ten tests.

## The right order

A node may send back only when all that were made from it have done so. An order with that property
is called **topological**. To get one, list a node after everything it was made from, and go through
the list from its end. The engine does just that; here is its order, and its steps:
"""

# %%
d, names = result("b + c")
order = []
for edge in edges(d):
    if edge.child not in order:
        order.append(edge.child)
print("the engine's order:", ", ".join(names[node] for node in order))
assert [names[node] for node in order] == ["d", "c", "b"]

# %% [markdown]
"""
## The smallest graph that breaks them

Is there a smaller one, with two additions? Let the machine try all graphs of one, two and three
additions. Each node adds two of those before it, in either order; node 0 is the input, and the last
must use everything.
"""


# %%
def graphs(additions):
    """Yield all graphs of so many additions: for each addition, the two nodes that it adds."""
    choices = [list(product(range(n + 1), repeat=2)) for n in range(additions)]
    for graph in product(*choices):
        used = {node for pair in graph for node in pair}
        if used == set(range(additions)):  # nothing is left over
            yield graph


def broken(graph, depth_first):
    nodes = [Value(1.0)]
    for one, two in graph:
        nodes.append(nodes[one] + nodes[two])
    nodes[-1].backward()
    gradients, _ = walk(nodes[-1], depth_first)
    return gradients[nodes[0]] != nodes[0].grad


def written(graph):
    return "; ".join(
        f"{'bcde'[i]} = {'abcd'[one]} + {'abcd'[two]}" for i, (one, two) in enumerate(graph)
    )


counts, broken_ones = {}, {}
for additions in (1, 2, 3):
    all_of_them = list(graphs(additions))
    wrong = [[g for g in all_of_them if broken(g, depth_first)] for depth_first in (False, True)]
    counts[additions] = len(all_of_them), len(wrong[0]), len(wrong[1])
    broken_ones[additions] = wrong
    of_them = f"{additions} addition{'s' * (additions > 1)}: {len(all_of_them)} graphs in all"
    print(f"{of_them}, breadth first is wrong on {len(wrong[0])}, depth first on {len(wrong[1])}")
wrong = broken_ones[3]
print("the first that breaks breadth first:", written(wrong[0][0]))
print("the first that breaks depth first:  ", written(wrong[1][0]))
assert counts[1][1:] == counts[2][1:] == (0, 0)
assert ((0, 0), (1, 1), (1, 2)) in wrong[0]  # ours
assert ((0, 0), (1, 1), (2, 1)) in wrong[1]

# %% [markdown]
"""
With two additions nothing can go wrong. With three it can, on a few of the graphs, and ours, with
its two names in both orders, is among them. An engine is tested on *all* small graphs, therefore,
and not on the ones that come to mind.

## One thing to try

Add a fourth addition to the search: change `(1, 2, 3)` to `(1, 2, 3, 4)` above. The share of graphs
that break a wrong order grows. How many are there?
"""

# %%
pairs = len(list(combinations_with_replacement(range(4), 2)))
print(f"the fourth addition alone has {pairs} pairs to choose from, {4 * 4} if the order counts")

# %% [markdown]
"""
## One question

Why not simply let b send again, whenever something new arrives?

<details><summary>Answer</summary>

It may, if it sends only what is new: 1, and later the 2. The result is right, as each path from d
to a is then walked on its own. But the number of paths doubles with every `x = x + x`, and after
forty of those it is a million million. In a topological order each arrow is used once. Lesson 9
counts.

</details>
"""
