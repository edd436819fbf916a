# %% [markdown]
"""
# Lesson 9: What a gradient costs

**What you will see first.** Two ways to the gradient of a function of a thousand numbers. The one
computes the function a thousand and one times. The other computes it once, keeps what it saw on the
way, and walks back once; the walk costs about as much as the way there, for a thousand inputs as
for one. This is why networks can be trained at all.

![Work for one gradient against the number of inputs: differences rise with a square, backward stays
beside forward](pictures/09_costs.png)

*About 10 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import isclose, sin

from autodiff import Value, edges
from visualize import draw
from visualize.plots import lines

# %% [markdown]
"""
## A function of any number of inputs

f(x₁, …, xₙ) = sin(x₁)·x₂ + sin(x₂)·x₃ + … + sin(xₙ)·x₁: for each input a sine, a product and a sum.
By hand, xₖ stands in two of the terms: its gradient is cos(xₖ)·xₖ₊₁ + sin(xₖ₋₁).
"""


# %%
def f(xs, sine):
    total = 0.0
    for i, x in enumerate(xs):
        total = total + sine(x) * xs[(i + 1) % len(xs)]
    return total


def inputs(n):
    return [0.1 + 0.01 * i for i in range(n)]


def gradient(numbers):
    xs = [Value(number) for number in numbers]
    f(xs, Value.sin).backward()
    return [x.grad for x in xs]


def by_differences(numbers, h=1e-6):
    """Return the gradient by nudging each input, and how often f was computed."""
    base, slopes, calls = f(numbers, sin), [], 1
    for i in range(len(numbers)):
        nudged = [*numbers[:i], numbers[i] + h, *numbers[i + 1 :]]
        slopes.append((f(nudged, sin) - base) / h)
        calls += 1
    return slopes, calls


numbers = inputs(5)
engine, (measured, calls) = gradient(numbers), by_differences(numbers)
print("input    engine    by differences")
for x, exact, rough in zip(numbers, engine, measured):
    print(f"{x:5.2f}  {exact:8.6f}  {rough:8.6f}")
    assert isclose(exact, rough, rel_tol=1e-4)
print(f"f was computed {calls} times for the right column, and once for the left")
assert calls == 6

# %% [markdown]
"""
## Counting

Count the work: forward, each operation is one piece; backward, each arrow is one, for it multiplies
what comes back with the slope there and adds it up. `edges` lists the arrows of a graph.
"""


# %%
def count(n):
    """Return the work of one forward, of one backward, and of the differences."""
    xs = [Value(number) for number in inputs(n)]
    root = f(xs, Value.sin)
    arrows = list(edges(root))
    operations = len({edge.child for edge in arrows})
    return operations, len(arrows), (n + 1) * operations


print("inputs   forward   backward   ratio   by differences")
sizes = [1, 3, 10, 30, 100, 300, 1000]
table = {n: count(n) for n in sizes}
for n, (forward, backward, differences) in table.items():
    print(f"{n:6} {forward:9,} {backward:10,} {backward / forward:7.2f} {differences:16,}")
    assert backward <= 2 * forward
assert table[1000][2] == 1001 * table[1000][0]
assert table[1000][2] > 500 * table[1000][1]

# %%
picture = lines(
    {
        "by differences": (sizes, [table[n][2] for n in sizes]),
        "backward": (sizes, [table[n][1] for n in sizes]),
        "forward": (sizes, [table[n][0] for n in sizes]),
    },
    x="number of inputs",
    y="operations",
    log="xy",
    title="The work for one gradient",
)
picture.save("09_costs.png")
print("wrote 09_costs.png")
picture

# %% [markdown]
"""
An operation has one or two inputs, so there are at most twice as many arrows as operations,
whatever the function is. That is the whole proof that **backward costs a small constant times
forward**. With a million weights, differences would compute the network a million times for one
step; backward walks through it once.

## What is kept

There is a price: memory. On the way back the slope of sin(x₁)·x₂ towards x₂ is sin(x₁), and nobody
wants to compute that again, so the engine keeps what it computed forward until the walk is done.

And what was summed up on the way back is kept too. Look at a chain of doublings, y = x + x, then
y + y, and so on. From x to the end there are two ways at each link, 2²⁰ after twenty of them. Each
*path* contributes 1 to the gradient; but no path is ever walked.
"""

# %%
x = Value(1.0)
y = x
for _ in range(20):
    y = y + y
y.backward()
arrows = len(list(edges(y)))
print(f"{2**20:,} paths, {arrows} arrows, gradient {x.grad:,.0f}")
assert x.grad == 2**20
assert arrows == 40

# %%
x = Value(1.0, label="x")
y2 = x + x
y4 = y2 + y2
y8 = y4 + y4
y8.backward()
picture = draw(y8, legend=True)
picture.save("09_doubling.svg")
print("wrote 09_doubling.svg")
assert x.grad == 8.0
picture

# %% [markdown]
"""
Eight paths lead from x to y8; the picture needs three pairs of arrows. At each card the parts are
added *before* they go on. Adding first and multiplying once, instead of multiplying along each path
and adding at the end, is the distributive law, and all of backpropagation.

## One thing to try

How far does the differences' gradient go wrong? Change h in the line below, and remember the curve
of lesson 1.
"""

# %%
h = 1e-6
worst = max(abs(a - b) for a, b in zip(gradient(inputs(50)), by_differences(inputs(50), h)[0]))
print(f"h = {h:g}: the largest error of 50 slopes is {worst:.1e}")

# %% [markdown]
"""
## One question

A function takes one number and gives a thousand. Is walking back still the better way?

<details><summary>Answer</summary>

No. One walk back gives all the slopes of *one* result. For a thousand results that is a thousand
walks, where a single walk forward, which carries along with each number how fast it changes with
the one input, finds all of them. The engine can do that as well, with `autodiff.jvp`. Training has
one result, the loss, and a great many inputs, the weights: that is the case for walking back.

</details>
"""
