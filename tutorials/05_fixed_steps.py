# %% [markdown]
"""
# Lesson 5: Steps of a fixed size

**What you will see first.** Two points on their way to the same valley. One looks only at the
*sign* of the slope, and always goes 0.01; the other goes further where it is steep. The first is
reliable and never arrives: at the bottom it jitters for ever. The second becomes calm by itself.

![Distance from the bottom: fixed steps end in a jitter, gradient descent
does not](pictures/05_fixed_steps.png)

*About 10 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import isclose

from autodiff import Value
from visualize.plots import lines

# %% [markdown]
"""
## A neuron that is told its mistakes

A single weight w turns an input into an output, w · x. The input is 2, the output should be 1, so
w = 0.5 would be right. How wrong is another w? Take the square of what is missing,
e(w) = (2w − 1)². By hand, with the rule of lesson 1, its slope is 2 · (2w − 1) · 2.
"""

# %%
x, target = 2.0, 1.0


def slope(at):
    w = Value(at)
    error = (w * x - target) ** 2
    error.backward()
    return w.grad


print("     w   by hand    engine")
for w in (1.0, 0.75, 0.5, 0.0):
    by_hand = 2 * (w * x - target) * x
    print(f"{w:6.2f} {by_hand:9.2f} {slope(w):9.2f}")
    assert isclose(slope(w), by_hand)

# %% [markdown]
"""
## Always 0.01

The simplest idea: if the slope is positive, w is too large, and goes down by 0.01. If it is
negative, w goes up by 0.01. (**The slip.** The text says 0.1 in its prose where its code has 0.01.
We take the code's.) We start at 0.976, which no step of 0.01 can bring to 0.5 exactly.
"""


# %%
def fixed(w, size, updates):
    path = [w]
    for _ in range(updates):
        w -= size if slope(w) > 0 else -size
        path.append(w)
    return path


signs = fixed(0.976, 0.01, 120)
print("the last five w:", "  ".join(f"{w:.3f}" for w in signs[-5:]))
assert {round(w, 3) for w in signs[-20:]} == {0.496, 0.506}

coarse = fixed(0.976, 0.1, 120)
print("with the prose's 0.1:", "  ".join(f"{w:.3f}" for w in coarse[-5:]))
assert {round(w, 3) for w in coarse[-20:]} == {0.476, 0.576}

# %% [markdown]
"""
It goes down in a straight line and then jumps between 0.496 and 0.506, for ever. The sign of a
slope says where down is, and nothing about how far. A hair's breadth beside the bottom it is as
loud as a mile away. With 0.1 the jitter is ten times as wide.

## By the slope

Gradient descent multiplies the slope by a rate, so the steps become short where the ground becomes
flat. Beside it stands an old rule for a single neuron, Rosenblatt's correction:

    new w = w + rate · (target − output) · input

Compare with the slope above, 2 · (w·x − target) · x: it is the same but for the factor 2. He found
it without a derivative, from the wish that a wrong answer should pull the weight by what is missing
and by how much the input had to do with it.
"""


# %%
def by_slope(w, rate, updates):
    path = [w]
    for _ in range(updates):
        w -= rate * slope(w)
        path.append(w)
    return path


def rosenblatt(w, rate, updates):
    path = [w]
    for _ in range(updates):
        w += rate * (target - w * x) * x
        path.append(w)
    return path


gradient = by_slope(0.976, 0.01, 120)
correction = rosenblatt(0.976, 0.02, 120)
halved = rosenblatt(0.976, 0.01, 120)
print("after 120 updates:")
for name, path in [("fixed", signs), ("by slope", gradient), ("Rosenblatt", correction)]:
    print(f"  {name:10} w = {path[-1]:.6f}")
assert all(map(isclose, gradient, correction))  # with twice the rate it is the same
assert isclose(gradient[-1], 0.5 + 0.476 * 0.92**120)
assert isclose(halved[-1], 0.5 + 0.476 * 0.96**120)

# %%
picture = lines(
    {
        "always 0.1": [abs(w - 0.5) for w in coarse],
        "always 0.01": [abs(w - 0.5) for w in signs],
        "0.01 × slope": [abs(w - 0.5) for w in gradient],
        "Rosenblatt, rate 0.01": [abs(w - 0.5) for w in halved],
    },
    x="update",
    y="distance of w from 0.5",
    log="y",
    title="A step of a fixed size, or one by the slope",
)
picture.save("05_fixed_steps.png")
print("wrote 05_fixed_steps.png")
picture

# %% [markdown]
"""
On this scale each tick downwards is a tenth of what was left. Fixed steps fall ever faster, as they
use up the way, and then hit a floor; steps by the slope go down on a straight line, a fixed share
each time, and do not stop. Fixed steps of 0.1 were the fastest at first, though. Both ideas
together, a size that adapts itself and a sign, are at home in the optimisers of lesson 26.

The command line goes by the slope:

    autodiff descend "e = (2*w - 1)**2" w=0.976 --lr 0.01 --steps 120

## One thing to try

Halve the fixed step whenever the slope changes its sign. Where does w end?
"""

# %%
w, size, before = 0.976, 0.1, 1.0
for _ in range(60):
    now = slope(w)
    if now * before < 0:
        size = size  # try: size / 2
    w, before = w - (size if now > 0 else -size), now
print(f"after 60 updates w = {w:.9f}, the step is {size:g}")

# %% [markdown]
"""
## One question

The fixed step misses 0.5 by at most 0.01, so 0.001 would miss by at most 0.001. Why not simply take
a tiny step?

<details><summary>Answer</summary>

Because the way takes as many more steps: from 0.976 to 0.5 there are 48 of 0.01, and 476 of 0.001.
A fixed step has to be short for the end of the way and long for its beginning, and cannot be both.
A step by the slope is.

</details>
"""
