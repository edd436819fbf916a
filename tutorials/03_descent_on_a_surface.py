# %% [markdown]
"""
# Lesson 3: Descent on a surface

**What you will see first.** A bowl, and a point on its rim. It feels two slopes now, one along x
and one along y, and goes down both at once. In a hundred steps it is near the bottom, on a path
that is bent, since one wall of the bowl is steeper than the other.

![A point walks down into a bowl, seen from the side and from
above](pictures/03_descent_on_a_surface.gif)

*About 10 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import isclose, sqrt

from autodiff import Value
from visualize.plots import descent_surface


def f(x, y):
    return 3 * x**2 + 4 * y**2 + 5


print("f(10, 10) =", f(10.0, 10.0))
assert f(10.0, 10.0) == 705.0

# %% [markdown]
"""
## Two slopes

Hold y still and walk along x: f is a parabola, and its slope is 6x. Hold x still and walk along y:
the slope is 8y. These are the **partial derivatives**, written ∂f/∂x and ∂f/∂y, with a round ∂ that
says: the others stand still. The pair of them is the **gradient**. It points where the ground rises
most; we go the other way.

The engine gives both with one `backward()`.
"""


# %%
def gradient(at_x, at_y):
    x, y = Value(at_x), Value(at_y)
    f(x, y).backward()
    return x.grad, y.grad


print("       x      y    by hand          engine")
for at in [(10.0, 10.0), (-1.0, 2.0), (0.5, 0.0)]:
    by_hand = 6 * at[0], 8 * at[1]
    engine = gradient(*at)
    numbers = (*at, *by_hand, *engine)
    print("{:8.1f} {:6.1f}   {:6.1f} {:6.1f}   {:6.1f} {:6.1f}".format(*numbers))
    assert by_hand == engine

# %% [markdown]
"""
## A hundred steps

Each number takes its own step, against its own slope: 0.01 times the slope long, as in lesson 2.
"""

# %%
rate = 0.01
path = [(10.0, 10.0)]
for _ in range(100):
    x, y = path[-1]
    along_x, along_y = gradient(x, y)
    path.append((x - rate * along_x, y - rate * along_y))

for update in (0, 1, 10, 50, 100):
    x, y = path[update]
    print(f"after {update:3} updates:  x = {x:.9g}  y = {y:.9g}  f = {f(x, y):.9g}")

x, y = path[100]
assert isclose(x, 0.0205487477, rel_tol=1e-8)
assert isclose(y, 0.00239211875, rel_tol=1e-8)
assert isclose(f(x, y), 5.00128964, rel_tol=1e-8)

# %% [markdown]
"""
Look at the end: y is almost nine times closer to 0 than x. Each step leaves 1 − 0.06 = 0.94 of x,
but only 1 − 0.08 = 0.92 of y; a hundred times over that makes the difference. We can even say
without any descent where the point will be:
"""

# %%
print(f"10 * 0.94**100 = {10 * 0.94**100:.9g}   10 * 0.92**100 = {10 * 0.92**100:.9g}")
assert isclose(x, 10 * 0.94**100)
assert isclose(y, 10 * 0.92**100)

# %% [markdown]
"""
## The picture

On the left the surface, on the right its map: every line on the map joins places of equal height,
as on a hiker's map. The path crosses those lines at right angles, for that is the steepest way.
"""

# %%
picture = descent_surface(f, path, title="f(x, y) = 3x² + 4y² + 5", view=((-11, 11), (-11, 11)))
picture.save("03_descent_on_a_surface.png")
picture.save("03_descent_on_a_surface.gif")
print("wrote 03_descent_on_a_surface.png and 03_descent_on_a_surface.gif")
picture

# %% [markdown]
"""
**The slips.** The text's script prints 3x² + 4y + 5 as the height: the square of y was forgotten,
in the print and not in the descent. And it draws the square root of f, which is a cone and no bowl,
in a call that today's matplotlib refuses. What the slip costs at the start and at the end:
"""

# %%
for update in (0, 100):
    x, y = path[update]
    print(
        f"after {update:3} updates:  f = {f(x, y):9.4f},  as printed there"
        f" {3 * x**2 + 4 * y + 5:9.4f},  as drawn there {sqrt(f(x, y)):7.4f}"
    )
assert 3 * 10.0**2 + 4 * 10.0 + 5 == 345.0 != f(10.0, 10.0)

# %% [markdown]
"""
The command line does the descent too:

    autodiff descend "f = 3*x**2 + 4*y**2 + 5" x=10 y=10 --lr 0.01 --steps 100

## One thing to try

Make the rate 0.2 in the first line below. For y a step leaves 1 − 1.6 = −0.6 of it, for x it leaves
1 − 1.2 = −0.2. Both jump across the valley; which is faster now?
"""

# %%
rate_to_try = 0.01

x, y = 10.0, 10.0
for _ in range(10):
    along_x, along_y = gradient(x, y)
    x, y = x - rate_to_try * along_x, y - rate_to_try * along_y
print(f"rate {rate_to_try}: after 10 updates x = {x:.6f}, y = {y:.6f}")

# %% [markdown]
"""
## One question

The path does not go straight to the bottom. When would it?

<details><summary>Answer</summary>

When both walls are equally steep, as in 3x² + 3y² + 5: then each step leaves the same share of x
and of y, and the point stays on the straight line to the bottom. It also goes straight from any
point on an axis, where one of the two slopes is 0. In all other places the steeper direction is
finished first, and the path bends.

</details>
"""
