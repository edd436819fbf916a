# %% [markdown]
"""
# Lesson 14: Activations

**What you will see first.** Four functions in a row, a step, a sigmoid, a tanh, a ReLU, each with
its slope. They are what stands between the layers of a network. Take them out, and a network of
many layers is no more than one: you will see three of them collapse.

![Step, sigmoid, tanh and ReLU with their slopes](pictures/14_activations.png)

*About 10 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import exp, isclose, tanh

import numpy as np

from autodiff import Tensor, Value, grad, relu, sigmoid
from autodiff import tanh as tanh_of
from visualize.plots import activations

# %% [markdown]
"""
## The step, on a number and on an array

The perceptron of lesson 13 says 0 or 1. On a number that is an `if`. On an array an `if` makes no
sense: some of it is above 0 and some not. There it is a comparison, which gives True or False for
each, and those count as 1 and 0.
"""


# %%
def step(x):
    return 1 if x > 0 else 0


def steps(x):
    return (x > 0).astype(int)


print("step(3.0) =", step(3.0), "  steps of an array:", steps(np.array([-1.0, 1.0, 2.0])).tolist())
assert step(3.0) == 1
assert steps(np.array([-1.0, 1.0, 2.0])).tolist() == [0, 1, 1]
try:
    step(np.array([-1.0, 1.0, 2.0]))
except ValueError as error:
    print("step of an array:", error)

# %% [markdown]
"""
## Three with a slope

- **sigmoid**, σ(x) = 1/(1 + e⁻ˣ): a step with round corners, from 0 to 1;
- **tanh**, (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ): the same from −1 to 1;
- **ReLU**, max(0, x): nothing below 0, and x above.

They work on numbers and on arrays alike.
"""

# %%
print(f"sigmoid(1) = {sigmoid(1.0):.10f}, sigmoid(2) = {sigmoid(2.0):.9f}")
assert isclose(sigmoid(1.0), 0.7310585786, rel_tol=1e-9)
assert isclose(sigmoid(2.0), 0.880797078, rel_tol=1e-9)
print("sigmoid of an array:", Tensor([-1.0, 1.0, 2.0]).sigmoid().numpy().round(4).tolist())
print("relu of an array:   ", Tensor([-1.0, 1.0, 2.0]).relu().numpy().tolist())

# %% [markdown]
"""
## Their slopes, by hand and by the engine

For the sigmoid, by hand: write it as 1/u with u = 1 + e⁻ˣ. The chain rule says −1/u² · (−e⁻ˣ), so

    σ′(x) = e⁻ˣ/(1 + e⁻ˣ)²

Multiply above and below by e²ˣ, and it is eˣ/(1 + eˣ)². (**The slip.** The text has both forms, and
writes one with the sign of the other.) And as e⁻ˣ = u − 1, it is also (u − 1)/u² = 1/u − 1/u²,
which is σ − σ²: **σ′ = σ(1 − σ)**. One needs nothing but σ itself, which forward has just computed.
"""

# %%
print("   x       e^-x form      e^x form       s(1 - s)        engine")
for x in (-3.0, -1.0, 0.0, 1.0, 2.0):
    one = exp(-x) / (1 + exp(-x)) ** 2
    two = exp(x) / (1 + exp(x)) ** 2
    s = 1 / (1 + exp(-x))
    three, engine = s * (1 - s), grad(sigmoid)(x)
    print(f"{x:4} {one:15.10f} {two:13.10f} {three:14.10f} {engine:13.10f}")
    assert isclose(one, two)
    assert isclose(two, three)
    assert isclose(three, engine)
    assert isclose(grad(tanh_of)(x), 1 - tanh(x) ** 2)
    assert grad(relu)(x) == (1.0 if x > 0 else 0.0)
    slip = -exp(-x) / (1 + exp(-x)) ** 2  # a slope of the wrong sign
    assert not isclose(slip, engine)

# %%
picture = activations(
    {"step": lambda x: x - x + (x > 0), "sigmoid": sigmoid, "tanh": tanh_of, "ReLU": relu},
    view=(-5, 5),
)
picture.save("14_activations.png")
print("wrote 14_activations.png")
picture

# %% [markdown]
"""
Look at the dashed lines, the slopes. The step has none: nothing can be learnt through it. The
sigmoid's is never more than 1/4, so ten sigmoids in a row pass on less than a millionth. tanh gets
to 1, but only around 0. ReLU passes on all or nothing; that is why deep networks became possible
with it, and also why some of its neurons fall asleep for ever.

## Why something must stand between the layers

A layer without an activation is x·W: linear. Two of them are (x·W₁)·W₂ = x·(W₁·W₂), which is one
layer with the weights W₁·W₂. However many you stack, it is one. On numbers: h(x) = cx three times
is c·c·c·x = c³x.
"""

# %%
rng = np.random.default_rng(14)
x = rng.standard_normal((5, 4))
W1, W2, W3 = (rng.standard_normal((4, 4)) for _ in range(3))
stacked = Tensor(x) @ W1 @ W2 @ W3
single = x @ (W1 @ W2 @ W3)
print("three linear layers and one differ by at most", f"{abs(stacked.numpy() - single).max():.0e}")
assert np.allclose(stacked.numpy(), single, rtol=1e-12, atol=1e-12)

with_relu = (Tensor(x) @ W1).relu() @ W2
print("with a ReLU between two of them:", f"{abs(with_relu.numpy() - x @ (W1 @ W2)).max():.1f}")
assert not np.allclose(with_relu.numpy(), x @ (W1 @ W2))

c, start = 1.7, Value(2.0)
thrice = c * (c * (c * start))
thrice.backward()
print(f"h(h(h(2))) = {thrice.data:.6f} = c^3 * 2 = {c**3 * 2:.6f}, slope {start.grad:.6f}")
assert isclose(thrice.data, c**3 * 2)
assert isclose(start.grad, c**3)

# %% [markdown]
"""
## One thing to try

How small does the slope become through many sigmoids? Change the number below.
"""

# %%
how_many = 5

start = Value(0.5)
x = start
for _ in range(how_many):
    x = sigmoid(x)
x.backward()
print(
    f"{how_many} sigmoids: slope {start.grad:.2e}, at most (1/4)^{how_many} = {0.25**how_many:.2e}"
)

# %% [markdown]
"""
## One question

The slope of ReLU is 0 below 0 and 1 above. What is it at 0?

<details><summary>Answer</summary>

There is a corner, and no slope: from the left it is 0, from the right it is 1. An engine has to
answer all the same, and any number between the two serves a descent. This one says 0, as PyTorch
and JAX do; so a neuron that is exactly at 0 counts as asleep.

</details>
"""
