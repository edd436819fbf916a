# %% [markdown]
"""
# Lesson 16: Three layers by hand

**What you will see first.** Two numbers go in, 1 and 0.5; three layers later two come out,
0.3168 and 0.6963. Every weight is written down, so you can follow each number with a pencil. And
what it is that such a network moves around: points in a space.

![Three layers of arrays, from two inputs to two outputs](pictures/16_three_layers.svg)

*About 10 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import exp

import numpy as np

from autodiff import Tensor
from visualize import draw
from visualize.plots import lines

# %% [markdown]
"""
## The weights

A layer is x·W + b, with an activation around it: twice the sigmoid, and at the end the identity,
which does nothing. From 2 numbers to 3, to 2, to 2: so the tables are (2, 3), (3, 2) and (2, 2).
"""

# %%
W1 = Tensor([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], requires_grad=True)
b1 = Tensor([0.1, 0.2, 0.3], requires_grad=True)
W2 = Tensor([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], requires_grad=True)
b2 = Tensor([0.1, 0.2], requires_grad=True)
W3 = Tensor([[0.1, 0.3], [0.2, 0.4]], requires_grad=True)
b3 = Tensor([0.1, 0.2], requires_grad=True)


def forward(x):
    h1 = (x @ W1 + b1).sigmoid()
    h2 = (h1 @ W2 + b2).sigmoid()
    return h1, h2, h2 @ W3 + b3


x = Tensor([[1.0, 0.5]])
h1, h2, y = forward(x)

# %% [markdown]
"""
## By hand

The same with nothing but numbers: each output of a layer is the sum of its inputs, each times its
weight, plus the bias.
"""


# %%
def layer(inputs, weights, biases, activation):
    outputs = []
    for j, bias in enumerate(biases):
        total = bias
        for i, number in enumerate(inputs):
            total += number * weights[i][j]
        outputs.append(activation(total))
    return outputs


def sigmoid(a):
    return 1 / (1 + exp(-a))


first = layer([1.0, 0.5], W1.tolist(), b1.tolist(), sigmoid)
second = layer(first, W2.tolist(), b2.tolist(), sigmoid)
third = layer(second, W3.tolist(), b3.tolist(), lambda a: a)

for name, by_hand, engine in [("h1", first, h1), ("h2", second, h2), ("y", third, y)]:
    print(f"{name:2}  by hand", " ".join(f"{number:.12f}" for number in by_hand))
    print("    engine ", " ".join(f"{number:.12f}" for number in engine.numpy()[0]))
    assert np.allclose(by_hand, engine.numpy()[0], rtol=1e-12)
assert np.allclose(y.numpy()[0], [0.316827076411, 0.696279089862], rtol=1e-9)

# %%
total = y.sum()
total.backward()
picture = draw(total, legend=True)
picture.save("16_three_layers.svg")
print("wrote 16_three_layers.svg")
picture

# %% [markdown]
"""
## The gradient, one layer back

By hand, for the sum of both outputs: each gets 1. So each weight of W3 matters as much as the h2
that it is multiplied with, and each bias 1. And h2 matters as much as the weights that lead on from
it: the sums of W3's rows, 0.1 + 0.3 and 0.2 + 0.4.
"""

# %%
print("dJ/dW3 engine ", W3.grad.round(9).tolist())
print("       by hand", [[round(h, 9)] * 2 for h in second])
assert np.allclose(W3.grad, np.array(second)[:, None] * [1.0, 1.0])
assert b3.grad.tolist() == [1.0, 1.0]
slope = np.array(second) * (1 - np.array(second)) * W3.numpy().sum(axis=1)
assert np.allclose(b2.grad, slope)
print("dJ/db2 engine ", b2.grad.round(9).tolist())
print("       by hand", slope.round(9).tolist(), "= s(1 - s) times the row sums of W3")

# %% [markdown]
"""
## Samples, features, and the space they live in

One input is a **sample**, its numbers are **features**: a person with weight and height is a sample
with two features, and a point in a plane. A picture of 784 pixels is a point in a space of 784
dimensions. Nobody can see that one, but it behaves like the plane: there are distances in it, and
straight lines, and a line that divides it is a plane of 783 dimensions.

Samples are stacked as rows, (samples, features). A layer moves all points of one space into
another, here from 2 dimensions to 3, to 2, to 2. Below, a circle of 61 samples goes through (the
last is the first): what comes out is so small and so flat that it looks like a line. Sigmoids
squeeze.
"""

# %%
angles = np.linspace(0, 2 * np.pi, 61)
circle = np.column_stack([np.cos(angles), np.sin(angles)])
_, squeezed, out = forward(Tensor(3 * circle))
print("the circle has the shape", circle.shape, " after the layers", out.shape)
assert (circle.shape, out.shape) == ((61, 2), (61, 2))
spread = [np.ptp(points, axis=0) for points in (3 * circle, squeezed.numpy(), out.numpy())]
print("width and height: in", spread[0].round(3).tolist(), " out", spread[2].round(3).tolist())
assert spread[2].max() < 0.1 * spread[0].max()

picture = lines(
    {
        "after the second layer": (squeezed.numpy()[:, 0], squeezed.numpy()[:, 1]),
        "after the third": (out.numpy()[:, 0], out.numpy()[:, 1]),
    },
    x="first feature",
    y="second feature",
    title="Where a circle of radius 3 ends up",
)
picture.save("16_space.png")
print("wrote 16_space.png")
picture

# %% [markdown]
"""
## One thing to try

Change the first feature from 1.0 to 10.0, and to 100.0. Why does the result hardly change at the
end?
"""

# %%
feature = 1.0

print("y =", forward(Tensor([[feature, 0.5]]))[2].numpy().round(6).tolist())

# %% [markdown]
"""
## One question

How many numbers can be learnt in this network?

<details><summary>Answer</summary>

6 + 3 in the first layer, 6 + 2 in the second, 4 + 2 in the third: 23. The activations have none.

</details>
"""
