# %% [markdown]
"""
# Lesson 6: The computation graph

**What you will see first.** A formula, drawn as a graph: each number on a card, blue what it is,
orange-brown how much it matters. Then you will push its result down, and find that the text which
this lesson follows wrote one number for another; it works all the same, and you will see why.

![J = 3(a + bc) as a graph, with values and gradients](pictures/06_computation_graph.svg)

*About 15 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import isclose

from autodiff import Value, edges
from visualize import draw
from visualize.plots import descent_curve, side_by_side

# %% [markdown]
"""
## Forward: from the inputs to the result

The formula is J = 3(a + bc). We give the steps in between names of their own, u = bc and v = a + u,
so that we can talk about them. A `Value` is a number that remembers how it was made.
"""

# %%
a, b, c = Value(5.0), Value(3.0), Value(2.0)
u = b * c
v = a + u
J = 3 * v

print("u =", u.data, "  v =", v.data, "  J =", J.data)
assert (u.data, v.data, J.data) == (6.0, 11.0, 33.0)

# %% [markdown]
"""
## Backward: from the result to the inputs

If b grew by a tiny bit, how many times as much would J grow? That number is called the gradient of
b, written ∂J/∂b. By hand one works from the result back, a step of the formula at a time, and
multiplies:

| step | how much it passes on | so |
| --- | --- | --- |
| J = 3v | ∂J/∂v = 3 | ∂J/∂v = 3 |
| v = a + u | ∂v/∂a = 1 and ∂v/∂u = 1 | ∂J/∂a = 3 × 1 = 3 and ∂J/∂u = 3 × 1 = 3 |
| u = bc | ∂u/∂b = c = 2 and ∂u/∂c = b = 3 | ∂J/∂b = 3 × 2 = 6 and ∂J/∂c = 3 × 3 = 9 |

This is the **chain rule**, and `backward()` is the chain rule done by the machine.
"""

# %%
J.backward()

dJ_dv = 3.0
dJ_da, dJ_du = dJ_dv * 1.0, dJ_dv * 1.0
dJ_db, dJ_dc = dJ_du * c.data, dJ_du * b.data

print("        by hand   engine")
for name, by_hand, engine in [
    ("dJ/dv", dJ_dv, v.grad),
    ("dJ/du", dJ_du, u.grad),
    ("dJ/da", dJ_da, a.grad),
    ("dJ/db", dJ_db, b.grad),
    ("dJ/dc", dJ_dc, c.grad),
]:
    print(f"{name}   {by_hand:8.1f} {engine:8.1f}")
    assert by_hand == engine
assert (a.grad, b.grad, c.grad) == (3.0, 6.0, 9.0)

# %% [markdown]
"""
## The picture

Read it from left to right for the values, and from right to left for the gradients. The number on
an arrow is what that one step passes on: ×2 on the way back from u to b, since u = bc and c = 2.
To get the gradient of b, start at J with 1 and multiply along the way: 1 × 3 × 1 × 2 = 6.
"""

# %%
picture = draw(J, legend=True)
picture.save("06_computation_graph.svg")
print("wrote 06_computation_graph.svg")
picture

# %% [markdown]
"""
The same, one arrow after another, in the order in which `backward()` goes:
"""

# %%
names = {a: "a", b: "b", c: "c", u: "u", v: "v", J: "J"}
for edge in edges(J):
    to, back = names[edge.child], names[edge.parent]
    print(
        f"from {to} back to {back}:  dJ/d{to} * d{to}/d{back}"
        f" = {edge.child.grad:g} * {edge.local:g} = {edge.contribution:g}"
    )
    assert edge.child.grad * edge.local == edge.contribution == edge.parent.grad

# %% [markdown]
"""
What does the 6 of b mean? Nudge b by 0.001, and J moves six times as far:
"""

# %%
nudged = 3 * (5.0 + (3.0 + 0.001) * 2.0)
print(f"b = 3.001 makes J = {nudged:.3f}: it moved by {nudged - 33.0:.3f} = 6 * 0.001")
assert isclose(nudged - 33.0, 6 * 0.001)

# %% [markdown]
"""
## Downhill

Now let us make J small, until it is below 0.1, as in lesson 2: each input takes a step against its
gradient, 0.1 × gradient long. The function below does that, and returns J before every update and
after the last. What it takes the gradient *of* is left open, and you will soon see why.
"""


# %%
def descend(objective):
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    series = []
    while True:
        v = a + b * c
        J = 3 * v
        series.append(J.data)
        if J.data < 0.1:
            return series
        objective(v).backward()
        for x in (a, b, c):
            x.data -= 0.1 * x.grad
            x.zero_grad()  # or the next backward() would add to it


def descend_by_hand(dJ_dv):
    a, b, c = 5.0, 3.0, 2.0
    series = []
    while True:
        v = a + b * c
        J = 3 * v
        series.append(J)
        if J < 0.1:
            return series
        passed = dJ_dv(v)  # what comes back to v; a gets it times 1, b times c, c times b
        a, b, c = a - 0.1 * passed, b - 0.1 * passed * c, c - 0.1 * passed * b


# %% [markdown]
"""
**The slip.** The text writes the chain rule by hand, and where ∂J/∂v = 3 belongs, it puts v, which
is 11: the *value* on the card, not the number on the arrow. Here are the two descents side by side.
The left column has the gradient of J, the right one has the text's numbers.
"""

# %%
true = descend_by_hand(lambda v: 3.0)
text = descend_by_hand(lambda v: v)

print("update    J, true gradient    J, as in the text")
for update, (left, right) in enumerate(zip(true, text)):
    print(f"{update:6d} {left:19.10g} {right:20.10g}")

in_the_text = [33, 8.58, 5.46765648, 2.713682445, 0.9855570693, 0.2764468379, 0.06833317932]
corrected = [33, 22.02, 15.5598, 10.885812, 6.36291978, 0.6902542032, -7.614039707]
assert len(true) == len(text) == 7
assert all(map(isclose, text, in_the_text))
assert all(map(isclose, true, corrected))

# %% [markdown]
"""
Both get below 0.1 after six updates, but not in the same manner. The text's J comes to rest gently
above 0. The true one runs straight through 0, to −7.6, and its last step is its largest since the
first.

**Why the true one does not stop.** J = 3v is a straight line in v. A straight line has no lowest
point: however low you are, it goes on down with the slope 3, and nothing brings the steps to rest.
"Make J small" was never a question with an answer; only our `J < 0.1` ended it.

**What the text does without saying so.** Which function of v has the slope v? That is v²/2. So the
text's descent is the right descent of another quantity: not of J, but of v²/2, which has a lowest
point, at v = 0, where J is 0 too. Let us ask the engine, with its own gradients for both.
"""

# %%
true_by_engine = descend(lambda v: 3 * v)
text_by_engine = descend(lambda v: v**2 / 2)

assert all(map(isclose, true_by_engine, true))
assert all(map(isclose, text_by_engine, text))
print("the engine on 3v gives the first column, and on v**2/2 the second: both agree")

# %% [markdown]
"""
Here they are, each on its own curve. On the line the tangent is the line itself, and the steps
never end. (They are not all equal, since what takes the steps is a, b and c, and v is made of
them.) In the valley the tangent becomes flat, and the steps end where it does.
"""

# %%
line = descent_curve(
    lambda v: 3 * v,
    lambda v: 3.0,
    [J / 3 for J in true],
    x="v",
    y="J",
    title="J = 3v: no lowest point",
    view=(-6, 13),
)
valley = descent_curve(
    lambda v: v**2 / 2,
    lambda v: v,
    [J / 3 for J in text],
    x="v",
    y="v²/2",
    title="v²/2: lowest at v = 0",
    view=(-6, 13),
)
picture = side_by_side(line, valley)
picture.save("06_two_descents.png")
print("wrote 06_two_descents.png")
picture

# %% [markdown]
"""
So take this home: descent needs something that *has* a lowest point. To bring a number to a
target, descend half the square of what is missing. The lessons on fitting will do just that, and
call it the cost, or the loss.

The command line runs the true descent too:

    autodiff descend "J = 3*(a + b*c)" a=5 b=3 c=2 --until "J<0.1"

## One thing to try

Aim at something else: in the first line below, change `target` from 0 to 12, and run it again. J
comes to rest there.
"""

# %%
target = 0.0

a, b, c = Value(5.0), Value(3.0), Value(2.0)
for _ in range(60):
    J = 3 * (a + b * c)
    loss = (J - target) ** 2 / 2
    loss.backward()
    for x in (a, b, c):
        x.data -= 0.005 * x.grad
        x.zero_grad()
print(f"after 60 updates J = {3 * (a.data + b.data * c.data):.6f}, the target is {target:g}")

# %% [markdown]
"""
## One question

One number in the first picture would have saved the text from its slip. Where does it stand?

<details><summary>Answer</summary>

On the arrow from v to J: ×3. What comes back to v is J's gradient, 1, times the number on that
arrow. The 11 that the text took stands on the card of v in blue. It is a value, and the chain rule
multiplies what is on the arrows. (Values do turn up there, as ×2 and ×3 on the arrows out of b and
c: the slope of a product is the other factor. That makes the slip an easy one.)

</details>
"""
