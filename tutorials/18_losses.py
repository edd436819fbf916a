# %% [markdown]
"""
# Lesson 18: Losses

**What you will see first.** The accuracy of a small classifier against one of its weights: a
staircase, flat nearly everywhere. Then two losses over the same weight: smooth valleys. One can see
at a glance which of them a descent can go down, and why networks are not trained on what they are
judged by.

![Accuracy is a staircase, the losses are valleys](pictures/18_staircase.png)

*About 10 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import isclose, log

import numpy as np

from autodiff import Tensor, Value, data, grad, sigmoid
from autodiff import log as log_of
from autodiff.nn import cross_entropy, mse
from visualize import explain
from visualize.plots import lines

# %% [markdown]
"""
## Mean squared error

For answers that are amounts: the mean of (ŷ − y)², where ŷ is what was said and y what is true. By
hand, the gradient of one answer is 2(ŷ − y)/n: twice what is missing, shared among the n.
"""

# %%
said, true = np.array([0.1, 0.7, 0.4]), np.array([0.0, 1.0, 0.5])
answers = Tensor(said, requires_grad=True)
loss = mse(answers, true)
loss.backward()
by_hand = 2 * (said - true) / 3
print(f"loss {loss.item():.9f}, by hand {np.mean((said - true) ** 2):.9f}")
print("gradient: by hand", by_hand.round(9).tolist(), " engine", answers.grad.round(9).tolist())
assert isclose(loss.item(), np.mean((said - true) ** 2))
assert np.allclose(by_hand, answers.grad)

# %% [markdown]
"""
## Cross-entropy

For answers that are probabilities: −log p of the class that is true. Sure and right costs nothing.
Half sure costs log 2 = 0.69. Sure and wrong has no upper bound. By hand the slope is −1/p: the
surer one was of something else, the harder the pull.
"""

# %%
print("     p   -log p    slope: by hand   engine")
for p in (0.999, 0.5, 0.1, 0.001):
    engine = grad(lambda p: -log_of(p))(p)
    print(f"{p:6} {-log(p):8.4f} {-1 / p:17.4f} {engine:8.4f}")
    assert isclose(engine, -1 / p)

p = Value(0.1)
loss = -log_of(p)
loss.backward()
print(explain(loss, p))

# %% [markdown]
"""
The squared error of a probability has an upper bound, 1, and through a sigmoid its slope dies just
where it is needed: if a neuron is sure and wrong, σ(1 − σ) is near 0. In the cross-entropy that
factor cancels. Here is a neuron that says 0.001 where 1 is true:
"""

# %%
s = log(0.001 / 0.999)  # the score whose sigmoid is 0.001
through_square = grad(lambda s: (sigmoid(s) - 1) ** 2)(s)
through_log = grad(lambda s: -log_of(sigmoid(s)))(s)
print(f"the slope that comes back to the score: {through_square:.6f} from the squared error,")
print(f"{through_log:.6f} from the cross-entropy")
assert isclose(through_square, 2 * (0.001 - 1) * 0.001 * 0.999)
assert isclose(through_log, 0.001 - 1)  # what you said minus what is true

# %% [markdown]
"""
## Why not the accuracy?

What one wants is right answers. So why not climb the share of right answers itself? Take forty
points of the two moons and a classifier with two weights, of which we turn one, and look.
"""

# %%
X, y = data.moons(40, noise=0.15, seed=3)


def scores(w):
    return 1.5 * (w * X[:, 0] - X[:, 1] + 0.3)


def accuracy(w):
    return float(np.mean((scores(w) > 0) == (y == 1)))


def losses(w):
    s = scores(w)
    p = 1 / (1 + np.exp(-s))
    crossed = cross_entropy(Tensor(np.column_stack([0 * s, s])), y).item()
    return crossed, float(np.mean((p - y) ** 2))


ws = np.linspace(-2, 4, 1501)
right = np.array([accuracy(w) for w in ws])
crossed, squared = np.array([losses(w) for w in ws]).T
picture = lines(
    {
        "cross-entropy": (ws, crossed),
        "wrong answers": (ws, 1 - right),
        "squared error": (ws, squared),
    },
    x="one weight",
    y="share or loss",
    title="A staircase and two valleys",
)
picture.save("18_staircase.png")
print("wrote 18_staircase.png")
picture

# %%
nudge = 1e-7
places = np.linspace(-2, 4, 997)
flat = sum(accuracy(w + nudge) == accuracy(w - nudge) for w in places)
print(f"the accuracy has the slope 0 at {flat} of {len(places)} places")
steps = len(set(right.tolist()))
print(f"it takes {steps} different heights; the cross-entropy is never flat for long")
assert flat >= 0.99 * len(places)
slopes = [abs(losses(w + 1e-5)[0] - losses(w - 1e-5)[0]) for w in (-2.0, 0.0, 3.9)]
assert min(slopes) > 1e-9

# %% [markdown]
"""
A right answer that becomes a little surer does not change the accuracy, nor does a wrong one that
becomes a little less wrong. The slope is 0 wherever one stands, but at the few steps, where there
is none. A descent has nothing to go by. The losses see every bit of it.

They do not have to agree on the best weight, though:
"""

# %%
print(f"fewest wrong answers near w = {ws[right.argmax()]:.2f},", end=" ")
print(f"least cross-entropy at {ws[crossed.argmin()]:.2f},", end=" ")
print(f"least squared error at {ws[squared.argmin()]:.2f}")
assert right[crossed.argmin()] > right.max() - 0.1

# %% [markdown]
"""
## One thing to try

What does a network that knows nothing, and says 1/10 for each of ten digits, have as its loss?
Look, and remember the number: lesson 25 begins not far from it.
"""

# %%
classes = 10

loss = cross_entropy(Tensor(np.zeros((1, classes))), [3]).item()
print(f"{classes} classes, all equally likely: loss {loss:.4f} = log {classes}")

# %% [markdown]
"""
## One question

Accuracy 0.95 and a loss of 0.4, or accuracy 0.94 and a loss of 0.2: which network would you take?

<details><summary>Answer</summary>

It depends on what for. The first gets a few more right, but may be very sure of some that it gets
wrong, or unsure of all: one of the two makes its loss. If somebody acts on how sure it says it is,
the second is the better one. The loss asks for honest probabilities, the accuracy only for the
right side.

</details>
"""
