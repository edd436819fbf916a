# %% [markdown]
"""
# Lesson 10: A straight line

**What you will see first.** Twenty points on a straight line, and a line that knows nothing of
them. It swings near them in ten steps, and
then creeps: its slope is soon right, its height above zero is not. Why the
one hurries and the other lags is written in two numbers, and you will find them.

![A line swings into place among twenty points](pictures/10_straight_line.gif)

*About 15 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
import random
from math import exp, isclose, log

import numpy as np

from autodiff import Value, hessian, sigmoid
from visualize import draw
from visualize.plots import descent_contours, regression

# %% [markdown]
"""
## The points and the cost

The points are x = 1, 2, …, 20 with y = 3x + 5. We pretend not to know the 3 and the 5, and guess a
line wx + b. How bad is a guess? Take at each point how far it is off, wx + b − y, square it, and
add up: the **cost** is Σ(wx + b − y)²/2m for m points. (The ½ is there to cancel the 2 that comes
down from the square.)
"""

# %%
X = [float(x) for x in range(1, 21)]
Y = [3 * x + 5 for x in X]


def cost(w, b):
    return sum((w * x + b - y) ** 2 for x, y in zip(X, Y)) / (2 * len(X))


def gradient(at_w, at_b):
    w, b = Value(at_w), Value(at_b)
    J = cost(w, b)
    J.backward()
    return J.data, w.grad, b.grad


def gradient_by_hand(w, b):
    missing = [w * x + b - y for x, y in zip(X, Y)]
    return sum(d * x for d, x in zip(missing, X)) / len(X), sum(missing) / len(X)


print("cost at the start:", cost(0.0, 0.0))
assert cost(0.0, 0.0) == 815.75

# %% [markdown]
"""
By hand, with the chain rule: each square passes 2·(missing)/2m back, the multiplication passes
that on, times x, to w, and the addition to b as it is. So ∂J/∂w = Σ(wx + b − y)·x/m, and
∂J/∂b = Σ(wx + b − y)/m. The graph of one point alone shows it:
"""

# %%
w, b = Value(0.0), Value(0.0)
x, y = 2.0, 11.0
line = w * x + b
missing = line - y
J = missing**2 / 2
J.backward()
picture = draw(J, legend=True)
picture.save("10_one_point.svg")
print("wrote 10_one_point.svg")
assert (w.grad, b.grad) == (-22.0, -11.0)
picture

# %%
print("               by hand         engine")
for at in [(0.0, 0.0), (3.0, 5.0), (-1.0, 2.5)]:
    _, *engine = gradient(*at)
    for name, one, two in zip(("dJ/dw", "dJ/db"), gradient_by_hand(*at), engine):
        print(f"{name} {one:14.6f} {two:14.6f}")
        assert isclose(one, two, abs_tol=1e-12)

# %% [markdown]
"""
## 250 steps

Start from the line that is 0 everywhere, with steps of 0.01 times the slope.
"""

# %%
w, b, path = 0.0, 0.0, [(0.0, 0.0)]
for _ in range(250):
    _, along_w, along_b = gradient(w, b)
    w, b = w - 0.01 * along_w, b - 0.01 * along_b
    path.append((w, b))

for update in (0, 1, 2, 10, 50, 250):
    at = path[update]
    print(f"after {update:3} updates:  w = {at[0]:.6f}  b = {at[1]:.6f}  cost {cost(*at):10.6f}")
print(f"the end:  w = {w:.12f}  b = {b:.12f}  cost {cost(w, b):.11f}")

assert isclose(cost(w, b), 0.82623005425)
assert isclose(w, 3.195717302624)
assert isclose(b, 2.329492791802)

# %%
moments = [0, 1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 80, 100, 125, 150, 175, 200, 225, 250]


def line_of(w, b):
    return lambda x: w * x + b


picture = regression(
    {f"after {update} updates": line_of(*path[update]) for update in moments},
    X,
    Y,
    title="A line among its points",
)
picture.save("10_straight_line.gif")
picture.save("10_straight_line.png")
print("wrote 10_straight_line.gif and 10_straight_line.png")
picture

# %% [markdown]
"""
## Why b lags

After ten steps the line is nearly there: the cost is a three-hundredth of what it was. And then it
creeps. b is at 2.3 after 250 steps, where 5 would be right, and w leans on it to make up: 3.2.

Look at the cost from above. It is a valley: long, straight and narrow. Across the valley it is
steep, so the first steps fall to its floor; along the floor there is hardly any slope.
"""

# %%
picture = descent_contours(
    cost, path, view=((-1, 5), (-4, 8)), x="w", y="b", title="The cost of a line, from above"
)
picture.save("10_valley.png")
print("wrote 10_valley.png")
picture

# %% [markdown]
"""
How narrow, say the second derivatives: how fast the slope changes in each direction. There are four
of them, ∂²J/∂w², ∂²J/∂w∂b twice, ∂²J/∂b², and `hessian` lists them. By hand they are the means of
x², of x, and of 1. Two numbers that belong to such a table, its **eigenvalues**, say how curved the
valley is where it is most curved, across, and where it is least, along. How to compute them is a
matter for other books; NumPy does it.
"""

# %%
table = np.array(hessian(lambda p: cost(p[0], p[1]))([0.0, 0.0]), float)
by_hand = np.array([[np.mean(np.square(X)), np.mean(X)], [np.mean(X), 1.0]])
along, across = np.linalg.eigvalsh(table)
print("the table:", table.tolist())
print(f"curved across {across:.4f}, along {along:.4f}: {across / along:.0f} times less")
assert np.allclose(table, by_hand)
assert isclose(across * along, np.linalg.det(by_hand), rel_tol=1e-9)

# %% [markdown]
"""
Lesson 4 said: a rate must stay below 2/curvature, and each step leaves 1 − rate · curvature of the
distance. Across, 0.01 is near the bound 2/144.3 = 0.0139: it cannot be much larger. And along, that
rate leaves 99.8 % at each step. One rate has to serve both directions, and that is the whole
trouble with plain descent. (Moving the middle of the points to x = 0 would cure it here: then the
mean of x is 0, and w and b stop leaning on each other. That is why data are centred.)
"""

# %%
share_across, share_along = 1 - 0.01 * across, 1 - 0.01 * along
print(f"a step leaves {share_across:.3f} across and {share_along:.5f} along")
print(f"halving the distance along takes {log(0.5) / log(share_along):.0f} steps")
assert 0.01 < 2 / across < 0.0139
assert abs(share_across) < 0.5
assert share_along > 0.997

# %% [markdown]
"""
## The exercise: a sigmoid outside

The text leaves this one open: put a sigmoid around the line, σ(wx + b), and fit that. There are no
points to it, so here are some of our own, seeded: 40 of them, y = σ(2x − 1) plus a little noise.
The engine does not care what is outside; the chain has one more link, σ′ = σ(1 − σ).
"""

# %%
rng = random.Random(10)
xs = [rng.uniform(-3, 3) for _ in range(40)]
ys = [1 / (1 + exp(1 - 2 * x)) + rng.gauss(0, 0.03) for x in xs]


def curve_cost(w, b):
    return sum((sigmoid(w * x + b) - y) ** 2 for x, y in zip(xs, ys)) / (2 * len(xs))


w, b = Value(0.0), Value(0.0)
J = curve_cost(w, b)
J.backward()
by_hand = sum((0.5 - y) * 0.25 * x for x, y in zip(xs, ys)) / len(xs)  # at w = b = 0 each σ is 0.5
print(f"dJ/dw at the start: by hand {by_hand:.9f}, engine {w.grad:.9f}")
assert isclose(by_hand, w.grad)

for _ in range(400):
    J = curve_cost(w, b)
    w.grad = b.grad = 0.0
    J.backward()
    w.data -= 5 * w.grad
    b.data -= 5 * b.grad
print(
    f"after 400 updates: w = {w.data:.3f}, b = {b.data:.3f}, cost {J.data:.6f}; made with 2 and -1"
)
assert abs(w.data - 2) < 0.15
assert abs(b.data + 1) < 0.15

# %% [markdown]
"""
## One thing to try

Move the points: subtract the mean 10.5 from every x before the descent, as below, and count how
many steps bring the cost below 0.83. At the same rate it takes more, 333 instead of 250; but the
mean of x² is now 33.25 and the bound 2/33.25 = 0.06, so try 0.05, which would have thrown the old
descent out.
"""

# %%
rate_to_try = 0.01

centred, w, b, steps = [x - 10.5 for x in X], 0.0, 0.0, 0
while sum((w * x + b - y) ** 2 for x, y in zip(centred, Y)) / 40 > 0.83 and steps < 5000:
    missing = [w * x + b - y for x, y in zip(centred, Y)]
    w -= rate_to_try * sum(d * x for d, x in zip(missing, centred)) / 20
    b -= rate_to_try * sum(missing) / 20
    steps += 1
print(f"rate {rate_to_try}: {steps} steps")

# %% [markdown]
"""
## One question

After 250 steps w is too large and b is too small. Could it be the other way round?

<details><summary>Answer</summary>

Yes, from another start: from b = 10, say. All lines on the floor of the valley pass near the middle
of the points, x = 10.5, y = 36.5. A line that is too low at x = 0 has to be too steep to do so, and
one that is too high there has to be too flat.

</details>
"""
