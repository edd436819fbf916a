# %% [markdown]
"""
# Lesson 4: The learning rate

**What you will see first.** The same point on the same curve, five times, with five rates. One
crawls, one arrives, one jumps to and fro and still arrives, one bounces between two places for
ever, and one is thrown out. A single number decides; and there is a way to know it beforehand.

![Five descents on a parabola, each with another rate](pictures/04_learning_rates.png)

*About 10 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from itertools import pairwise
from math import isclose

from autodiff import grad
from autodiff.optim import inverse_time_decay
from visualize.plots import learning_rates, lines


def square(x):
    return x**2


def descend(f, x, rate, updates):
    """Return all x of a descent; `rate` is a number, or a function of the updates done."""
    path = [x]
    for update in range(updates):
        step = rate(update) if callable(rate) else rate
        path.append(path[-1] - step * grad(f)(path[-1]))
    return path


# %% [markdown]
"""
## Five rates

The curve is f(x) = x², the start is 1. By hand: the slope is 2x, so a step makes
x − rate · 2x = (1 − 2 · rate) · x out of x. Everything hangs on that factor.
"""

# %%
print("rate   factor   after 1    after 2    after 20")
for rate in (0.02, 0.4, 0.9, 1.0, 1.05):
    path = descend(square, 1.0, rate, 20)
    factor = 1 - 2 * rate
    print(f"{rate:4}   {factor:6.2f}  {path[1]:8.4f}   {path[2]:8.4f}  {path[20]:10.2e}")
    assert isclose(path[20], factor**20, rel_tol=1e-9)

crawls, good, oscillates, bounces, diverges = (
    descend(square, 1.0, rate, 20) for rate in (0.02, 0.4, 0.9, 1.0, 1.05)
)
assert crawls[20] > 0.4
assert abs(good[20]) < 1e-13
assert all(one * two < 0 for one, two in pairwise(oscillates))
assert set(bounces) == {1.0, -1.0}
assert abs(diverges[20]) > 6

# %% [markdown]
"""
With 0.02 the factor is 0.96: a crawl. With 0.4 it is 0.2: each step leaves a fifth. With 0.9 it is
−0.8: the point changes sides and comes closer. With 1.0 it is −1: from 1 to −1 and back, for ever.
With 1.05 it is −1.1: each jump is a tenth longer than the one before.
"""

# %%
picture = learning_rates(square, 1.0, [0.02, 0.4, 0.9, 1.0, 1.05], updates=20, view=(-3, 3), y="x²")
picture.save("04_learning_rates.png")
print("wrote 04_learning_rates.png")
picture

# %% [markdown]
"""
## The bound

The descent comes closer as long as the factor lies between −1 and 1. On x² that is up to a rate of
1. On another curve the slope changes faster or slower: how fast is the derivative of the
derivative, f″, and the factor is 1 − rate · f″. So the rate must stay **below 2/f″**, and 1/f″
arrives in a single step, if f″ is the same everywhere, as it is on parabolas.

The engine differentiates what it has differentiated, if you ask it to: `grad(grad(f))`. On
3x² + 4x + 5, f″ is 6, and the bound is 1/3.
"""


# %%
def curve(x):
    return 3 * x**2 + 4 * x + 5


curvature = grad(grad(curve))(10.0)
bound = 2 / curvature
print(f"f'' = {curvature:g}, so rates below {bound:.6f} arrive")
assert curvature == 6.0
assert isclose(bound, 1 / 3)

for rate in (1 / curvature, 0.99 * bound, bound, 1.01 * bound):
    path = descend(curve, 10.0, rate, 200)
    print(f"rate {rate:.4f}: after 200 updates {abs(path[200] + 2 / 3):.2e} from the bottom")
distances = [
    abs(descend(curve, 10.0, share * bound, 200)[200] + 2 / 3) for share in (0.99, 1, 1.01)
]
start = 10 + 2 / 3
assert distances[0] < start / 10
assert isclose(distances[1], start)
assert distances[2] > start * 10
assert isclose(descend(curve, 10.0, 1 / 6, 1)[1], -2 / 3)

# %% [markdown]
"""
## A rate that decays

Far from the bottom long steps are good, near to it short ones. So let the rate begin at 1.05, where
a fixed one is thrown out, and fall with every update: after n of them it is 1.05 / (1 + 0.1n).
"""

# %%
rate = inverse_time_decay(1.05, 0.1)
decaying = descend(square, 1.0, rate, 20)
print("update   rate        x")
for update in (0, 1, 2, 5, 10, 20):
    print(f"{update:6}  {rate(update):5.3f}  {decaying[update]:8.5f}")
assert isclose(rate(10), 0.525)
assert abs(decaying[20]) < 1e-6 < abs(diverges[20])

picture = lines(
    {
        "rate 1.05": [abs(x) for x in diverges],
        "rate 0.9": [abs(x) for x in oscillates],
        "rate 0.02": [abs(x) for x in crawls],
        "from 1.05 down": [abs(x) for x in decaying],
    },
    x="update",
    y="distance from the bottom",
    log="y",
    title="A rate that decays",
)
picture.save("04_decay.png")
print("wrote 04_decay.png")
picture

# %% [markdown]
"""
The line ends after eleven updates because the twelfth has a rate of 1.05/2.1 = 0.5, the one of all
rates with the factor 0: it arrives. That was luck. What was not luck is the way there: the rate
passed by all the good ones on its way down.

The command line knows the rate as `--lr`:

    autodiff descend "f = x**2" x=1 --lr 0.4 --steps 20

## One thing to try

f(x) = x⁴ has f″ = 12x², which is different everywhere: at x = 1 the bound is 1/6, at x = 2 it is
1/24. But f″ at a point speaks of short steps only. Which rates do bring the point down from 2?
Change the rate below, and look where it breaks. (At 1/8 it bounces between 2 and −2.)
"""

# %%
rate_to_try = 0.04

path = descend(lambda x: x**4, 2.0, rate_to_try, 5)
print(f"rate {rate_to_try} on x^4:", " -> ".join(f"{x:.3f}" for x in path))

# %% [markdown]
"""
## One question

With the rate 1.0 the point bounces between 1 and −1 for ever. What would you see from a start at 3?

<details><summary>Answer</summary>

It bounces between 3 and −3. The factor is −1 wherever it stands, so each step only changes the
sign: the distance from the bottom is never forgotten and never made smaller. On a parabola the rate
alone decides, not the start.

</details>
"""
