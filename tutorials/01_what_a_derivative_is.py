# %% [markdown]
"""
# Lesson 1: What a derivative is

**What you will see first.** Two points on a curve, and the straight line through them. As the
second point moves closer to the first, the line settles down, and its slope becomes a number that
belongs to the one point alone: the derivative. Then three ways of measuring that number on a
computer, and a surprise: closer is not always better.

![Lines through two points of a curve come to rest in the tangent](pictures/01_secants.png)

*About 15 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import isclose

import numpy as np

from autodiff import Value, grad
from visualize.plots import lines

# %% [markdown]
"""
## How much higher, for how much further

A slope says how much higher you get for a step to the right: the rise divided by the run. On the
straight line f(x) = 3x every step gives the same answer, large or small. That is what *straight*
means.
"""


# %%
def line(x):
    return 3 * x


def quotient(f, x, h):
    """Return the rise over the run from x to x + h: the difference quotient."""
    return (f(x + h) - f(x)) / h


for h in (4.0, 1.0, 0.25):
    slope = quotient(line, 2.0, h)
    print(f"3x, from 2 to {2 + h:g}: rise {line(2 + h) - line(2.0):g}, slope {slope:g}")
    assert slope == 3.0

# %% [markdown]
"""
On a curve the answer depends on the step. Take f(x) = 3x² + 4x + 5 at x = 2, and let the step h
become shorter and shorter:
"""


# %%
def curve(x):
    return 3 * x**2 + 4 * x + 5


print("        h      slope")
for h in (4.0, 2.0, 1.0, 0.1, 0.01, 0.001, 0.0001):
    print(f"{h:9g} {quotient(curve, 2.0, h):10.5g}")
    assert isclose(quotient(curve, 2.0, h), 16 + 3 * h, rel_tol=1e-8)

# %% [markdown]
"""
The slopes come closer and closer to 16. Why 16? Do it with letters, as school does, for any curve
e(w) = aw² + bw + c (e for error: such curves will be errors, and w what is to be learnt):

    e(w + h) − e(w) = a(w + h)² + b(w + h) + c − aw² − bw − c = 2awh + ah² + bh

Divide by h, and 2aw + ah + b is left. Only now let h become 0: the slope is **2aw + b**. For our
curve that is 6x + 4, at x = 2 it is 16, and the 3h that was too much above is the ah. This number
is the **derivative** of the curve at that point; it is what `grad` gives, exactly, without any h.
"""

# %%
print("      w    by hand     engine")
for a, b, c, w in [(3, 4, 5, 2.0), (3, 4, 5, -1.0), (1, 0, 0, 7.0), (-2, 0.5, 9, 0.25)]:
    by_hand = 2 * a * w + b
    engine = grad(lambda w, a=a, b=b, c=c: a * w**2 + b * w + c)(w)
    print(f"{w:7.2f} {by_hand:10.4f} {engine:10.4f}")
    assert isclose(by_hand, engine)
assert grad(curve)(2.0) == 16.0
assert grad(line)(2.0) == 3.0

# %% [markdown]
"""
In the picture, the straight lines through two points of the curve (they are called *secants*) come
to rest in the one that touches it, the *tangent*.
"""

# %%
xs = np.linspace(0.5, 4.5, 100)
secants = {
    f"h = {h:g}, slope {quotient(curve, 2.0, h):g}": (
        np.array([1.0, 4.5]),
        curve(2.0) + quotient(curve, 2.0, h) * (np.array([1.0, 4.5]) - 2.0),
    )
    for h in (2.0, 1.0)
}
tangent = np.array([1.0, 4.5]), curve(2.0) + 16.0 * (np.array([1.0, 4.5]) - 2.0)
picture = lines(
    {"3x² + 4x + 5": (xs, curve(xs)), **secants, "tangent, slope 16": tangent},
    x="x",
    y="height",
    title="The second point moves closer",
)
picture.save("01_secants.png")
print("wrote 01_secants.png")
picture

# %% [markdown]
"""
## The rules

Nobody takes limits every day. Five rules are enough for nearly everything, and each of them was
found by a limit like the one above:

| rule | of | is |
| --- | --- | --- |
| constant | 7 | 0 |
| power | xⁿ | n·xⁿ⁻¹ |
| sum | f + g | f′ + g′ |
| product | f·g | f′·g + f·g′ |
| chain | f(g(x)) | f′(g(x))·g′(x) |

The engine knows the derivative of each single operation, and the chain rule joins them. Let us ask
it for all five, at x = 1.5.
"""

# %%
x = 1.5
rules = [
    ("constant", lambda x: x - x + 7, 0.0),
    ("power", lambda x: x**5, 5 * x**4),
    ("sum", lambda x: x**2 + np.sin(x), 2 * x + np.cos(x)),
    ("product", lambda x: x**2 * np.sin(x), 2 * x * np.sin(x) + x**2 * np.cos(x)),
    ("chain", lambda x: np.sin(x**2), np.cos(x**2) * 2 * x),
]
print("rule           by hand       engine")
for rule, f, by_hand in rules:
    print(f"{rule:9} {by_hand:12.8f} {grad(f)(x):12.8f}")
    assert isclose(grad(f)(x), by_hand)

# %% [markdown]
"""
The chain rule is the one to remember. If y moves 3 times as fast as u, and u moves 2 times as fast
as x, then y moves 3 · 2 = 6 times as fast as x. Slopes along a chain multiply, and all the lessons
that follow live on it.

## Closer is not always better

Could a computer not do without rules, and simply take a very small h? Let us try, on eˣ sin x at
x = 1, where the true slope is e (sin 1 + cos 1). Three ways:

- the **forward** difference, (f(x + h) − f(x)) / h, as above: what is wrong with it is about as
  large as h;
- the **central** difference, (f(x + h) − f(x − h)) / 2h: the errors of both sides cancel, and what
  is left is about as large as h²;
- the **complex step**, the imaginary part of f(x + ih), over h: nothing is subtracted.
"""


# %%
def wave(x):
    return np.exp(x) * np.sin(x)


exact = np.e * (np.sin(1.0) + np.cos(1.0))
assert isclose(grad(wave)(1.0), exact)

steps = 10.0 ** np.arange(-16, 0.25, 0.25)
errors = {"forward difference": [], "central difference": [], "complex step": []}
for h in steps:
    forward = (wave(1.0 + h) - wave(1.0)) / h
    central = (wave(1.0 + h) - wave(1.0 - h)) / (2 * h)
    imaginary = wave(1.0 + 1j * h).imag / h
    for found, estimate in zip(errors.values(), (forward, central, imaginary)):
        found.append(max(abs(estimate - exact) / exact, 1e-17))

print("                     best error   at h")
for name, found in errors.items():
    best = int(np.argmin(found))
    least = f"{found[best]:.1e}" if found[best] > 1e-17 else "0, exact"
    print(f"{name:19} {least:>11} {steps[best]:6.0e}")

picture = lines(
    {name: (steps, found) for name, found in errors.items()},
    x="step h",
    y="relative error",
    log="xy",
    title="The error of a slope that is measured",
)
picture.save("01_errors.png")
print("wrote 01_errors.png")

forward, central, imaginary = (np.array(found) for found in errors.values())
assert 1e-10 < forward.min() < 1e-6
assert 1e-13 < central.min() < 1e-9
assert forward[0] == 1.0  # 1 + 1e-16 is 1 in 16 digits, and the difference is nothing
assert imaginary[steps < 1e-8].max() < 1e-15
picture

# %% [markdown]
"""
Read it from right to left. At first a smaller h is better, the central difference twice as fast as
the forward one. Then the lines turn and climb again: a computer keeps 16 digits, f(x + h) and f(x)
agree in more and more of them, and the subtraction leaves only the noise of the last. The best h
lies in between; with the forward difference you get about 8 digits, never 16. Only the complex step
does not subtract, and gets them all; but it asks f twice the work for every input, and wants a
formula that takes complex numbers.

The engine needs no h. It computes the derivative from the rules, to the last digit, for all inputs
at once. What such differences are good for is to check it, and `autodiff.check_grads` does that.

## One thing to try

The corner of |x| at 0: from the right the slope is 1, from the left it is -1. What does the central
difference think, and the engine? Then move the point a little, to `at = 0.0001`.
"""

# %%
at = 0.0

h = 0.001
right, left = (abs(at + h) - abs(at)) / h, (abs(at) - abs(at - h)) / h
central = (abs(at + h) - abs(at - h)) / (2 * h)
corner = Value(at)
abs(corner).backward()
print(f"|x| at {at:g}: right {right:g}, left {left:g}, central {central:g}, engine {corner.grad:g}")

# %% [markdown]
"""
## One question

For f(x) = 3x² + 4x + 5 the central difference gives 16 at x = 2 for *every* h, even for h = 2. Why?

<details><summary>Answer</summary>

Because the ah² of both sides is the same, and cancels: e(x + h) − e(x − h) = 4axh + 2bh, and
divided by 2h that is 2ax + b, with no h left. On a parabola the secant of two points is exactly as
steep as the tangent half way between them. A curve with an x³ in it keeps an error, and it is of
the size of h².

</details>
"""
