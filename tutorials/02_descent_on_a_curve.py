# %% [markdown]
"""
# Lesson 2: Descent on a curve

**What you will see first.** A point sits high on the curve f(x) = 3x² + 4x + 5, at x = 10. It asks
for the slope under its feet, takes a step against it, and asks again. Ten such steps bring it from
a height of 345 to 3.66667, a hair above the lowest point of the curve. You will watch it slide.

![A point slides down a parabola in ten steps](pictures/02_descent_on_a_curve.gif)

*About 10 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import isclose

from autodiff import Value
from visualize.plots import descent_curve


def f(x):
    return 3 * x**2 + 4 * x + 5


print("f(10) =", f(10.0))
assert f(10.0) == 345.0

# %% [markdown]
"""
## The slope, twice

How steep is the curve at x? School answers with a rule: the slope of 3x² is 6x, that of 4x is 4,
and that of 5 is 0, so f′(x) = 6x + 4. That is the gradient written by hand.

The engine finds the same number without being told the rule. Put x into a `Value`, and every step
of the calculation is remembered; `backward()` walks back over those steps, and leaves in `x.grad`
how fast f grows when x does. (*Gradient* is the word for a slope once there may be several inputs.)
"""


# %%
def slope_by_hand(x):
    return 6 * x + 4


def slope(at):
    x = Value(at)
    f(x).backward()
    return x.grad


print("      x   by hand    engine")
for x in (10.0, 3.6, 0.0, -0.5, -3.0):
    print(f"{x:7.1f} {slope_by_hand(x):9.2f} {slope(x):9.2f}")
    assert isclose(slope(x), slope_by_hand(x))  # isclose: to nine digits

# %% [markdown]
"""
## One step

A slope of 64 says: a little to the right is a lot higher. So walk to the left. Where the slope is
negative, walk to the right. Both are one rule, **walk against the slope**:

    new x = x − rate × slope

The *rate*, here 0.1, says how far to trust the slope. The first step goes from 10 to
10 − 0.1 × 64 = 3.6, and the height falls from 345 to 58.28.
"""

# %%
rate = 0.1
x1 = 10.0 - rate * slope(10.0)
print(f"after 1 update:  x = {x1:.10g}  f = {f(x1):.10g}")
assert isclose(x1, 3.6)
assert isclose(f(x1), 58.28)

# %% [markdown]
"""
## Ten steps

Now the same line of code, ten times. Look at the last column: the slope shrinks, and as each step
is 0.1 × slope, the steps shrink with it. Nobody tells the point to slow down near the bottom; the
flat ground does.
"""

# %%
path = [10.0]
for _ in range(10):
    x = path[-1]
    path.append(x - rate * slope(x))

print("update              x              f        slope")
for update, x in enumerate(path):
    print(f"{update:6d} {x:14.10f} {f(x):14.10f} {slope(x):12.8f}")

assert isclose(path[10], -0.6655481856)
assert isclose(f(path[10]), 3.66667041967)

# %% [markdown]
"""
## Where the bottom is

At the lowest point the curve is flat: 6x + 4 = 0, so x = −2/3, and there f is 11/3 = 3.666666….
After ten updates we are within 0.0012 of the place, and within 0.000004 of the height.
"""

# %%
lowest = -2 / 3
print(f"the minimum:  x = {lowest:.10f}  f = {f(lowest):.10f}  slope = {slope(lowest):.1f}")
assert isclose(f(lowest), 11 / 3)
assert abs(slope(lowest)) < 1e-12
assert abs(path[10] - lowest) < 0.0012
assert f(path[10]) - f(lowest) < 0.000004

# %% [markdown]
"""
## The picture

Blue is a value: the curve, and the point on it. Orange-brown is a gradient: the tangent, the
straight line that has the slope of the curve at the point. The dark arrow is the step: sideways
from x to the next x. From its end, the dots lead back to the curve.
"""

# %%
picture = descent_curve(
    f,
    slope,
    path,
    rate=rate,
    title="f(x) = 3x² + 4x + 5",
    view=(-8, 12),
    closeup=(-1.6, 1.6),
)
picture.save("02_descent_on_a_curve.png")
picture.save("02_descent_on_a_curve.gif")
print("wrote 02_descent_on_a_curve.png and 02_descent_on_a_curve.gif")
picture

# %% [markdown]
"""
The command line does the same descent, if the numbers are enough for you:

    autodiff descend "f = 3*x**2 + 4*x + 5" x=10 --lr 0.1 --steps 10

## One thing to try

Change 0.1 to 0.3 in the first line below, and run it again. The point no longer slides down one
side: at every step it jumps across the valley, and still it comes closer each time.
"""

# %%
rate_to_try = 0.1

x, visited = 10.0, []
for _ in range(6):
    x = x - rate_to_try * slope(x)
    visited.append(f"{x:.3f}")
print(f"rate {rate_to_try}:  10.000 ->", " -> ".join(visited))

# %% [markdown]
"""
## One question

At every update the distance to the bottom shrinks to the same share of what it was. Which share is
that for the rate 0.1? And which rate would reach the bottom in a single step?

<details><summary>Answer</summary>

Call the distance d = x + 2/3. Then the slope, 6x + 4, is just 6d, and a step makes d − rate × 6d
out of d, which is (1 − 6 × rate) × d. For the rate 0.1 the share is 0.4: each update leaves four
tenths. For the rate 1/6 it is 0: one step, from anywhere. For 0.3 it is −0.8, where the minus says
that the point changes sides. Beyond 1/3 the share is below −1: every step leads further away.

</details>
"""
