# %% [markdown]
"""
# Lesson 23: How weights begin

**What you will see first.** The same network of five layers, begun in six ways, and histograms
of what comes out of each layer. From zeros it stays zeros; begun too wildly it piles up at the two
ends; in between there are beginnings that keep their spread from layer to layer. They have names,
and a short formula each.

![Histograms of the activations in five layers, for six ways to begin](pictures/23_tanh.png)

*About 15 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from itertools import pairwise
from math import isclose, sqrt

import numpy as np

from autodiff import Tensor, data
from autodiff.nn import MLP, mse
from visualize.plots import histograms

# %% [markdown]
"""
## Why not zeros?

With all weights 0 every neuron of a layer computes the same, gets the same gradient, and takes the
same step. Let us look, with a small network of Values:
"""

# %%
model = MLP(2, [3, 1], activation="tanh")
for p in model.parameters():
    p.data = 0.0
for _ in range(50):
    loss = mse([model([1.0, 2.0]), model([-1.0, 0.5])], [1.0, 0.2])
    for p in model.parameters():
        p.grad = 0.0
    loss.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
for i, neuron in enumerate(model.layers[0].neurons, 1):
    print(f"from zeros, neuron {i} after 50 steps: w = {[w.data for w in neuron.w]}")
    assert [w.data for w in neuron.w] == [0.0, 0.0]
last_bias = model.layers[1].neurons[0].b.data
print(f"only the last bias has learnt, the mean of the targets: {last_bias:.4f}")

# %% [markdown]
"""
Worse: they do not even move. By hand, a hidden weight's gradient is (what comes back) · x, what
comes back is multiplied with the weight to the next layer, and that is 0. And from 1 instead of 0?
Then they move, but all alike (lesson 19). So the weights must differ from each other: they begin at
random.

## How random?

A neuron adds up n products, x·w. If the x have the size 1 and the w the deviation s, the sum has
the deviation s·√n: the squares of the deviations add up, n times s². With 500 inputs and s = 1 that
is 22, and a tanh of 22 is 1.
"""

# %%
rng = np.random.default_rng(23)
for n in (1, 10, 100, 500):
    sums = rng.standard_normal((2000, n)) @ rng.standard_normal((n, 1))
    print(f"{n:3} inputs: the sums have the deviation {sums.std():6.2f}, sqrt(n) is {sqrt(n):6.2f}")
    assert 0.2 * sqrt(n) < sums.std() < 2.5 * sqrt(n)

# %% [markdown]
"""
To keep the size from layer to layer, s has to be **1/√n**, with n the number of inputs of a neuron,
its *fan-in*. With the number of neurons of the layer instead, the *fan-out*, it is the gradient
that keeps its size on the way back, as that adds up over the neurons. **Xavier** takes the middle
of both, √(2/(in + out)), and **He** takes √(2/in), as a ReLU cuts half of the sum away.

The network below narrows from 500 to 50, so that in and out differ. Gradients are of the sum of all
outputs.
"""

# %%
WIDTHS = [500, 400, 300, 200, 100, 50]
BEGINNINGS = {
    "0": lambda nin, nout: 0.0,
    "N(0, 1)": lambda nin, nout: 1.0,
    "1/√in": lambda nin, nout: 1 / sqrt(nin),
    "1/√out": lambda nin, nout: 1 / sqrt(nout),
    "Xavier": lambda nin, nout: sqrt(2 / (nin + nout)),
    "He": lambda nin, nout: sqrt(2 / nin),
}


def through(deviation, activation):
    """Return the activations of each layer, with what `backward()` left there."""
    rng = np.random.default_rng(5)
    x = Tensor(rng.standard_normal((300, WIDTHS[0])))
    layers = []
    for nin, nout in pairwise(WIDTHS):
        W = Tensor(deviation(nin, nout) * rng.standard_normal((nin, nout)), requires_grad=True)
        x = getattr(x @ W, activation)()
        layers.append(x)
    x.sum().backward()
    return layers


def spreads(activation):
    print(f"{activation}: deviation of the activations, layer 1 to 5, and mean |gradient| there")
    rows, table = {}, {}
    for name, deviation in BEGINNINGS.items():
        layers = through(deviation, activation)
        rows[name] = {f"layer {i}": layer.numpy() for i, layer in enumerate(layers, 1)}
        table[name] = [layer.numpy().std() for layer in layers]
        back = [np.abs(layer.grad).mean() if layer.grad is not None else 0.0 for layer in layers]
        shown = "  ".join(f"{x:8.4f}" for x in table[name])
        print(f"  {name:8} {shown}   |  " + "  ".join(f"{x:9.2e}" for x in back))
    return rows, table


rows, table = spreads("tanh")
picture = histograms(rows, title="tanh: activations of five layers")
picture.save("23_tanh.png")
print("wrote 23_tanh.png")
assert table["0"] == [0.0] * 5
assert min(table["N(0, 1)"]) > 0.9  # nearly all at -1 and 1
assert table["1/√in"][4] > 0.25
assert table["Xavier"][4] > 0.25
picture

# %% [markdown]
"""
Zeros stay zeros. N(0, 1) drives nearly every neuron to −1 or 1, where the slope of tanh is 0: what
comes back is carried by the few that are not at an end, and grows, fifteen times at layer 1. The
other four neither vanish nor pile up: 1/√in loses half of its spread on the way, Xavier a third, He
and 1/√out least. Now with ReLU:
"""

# %%
rows, table = spreads("relu")
picture = histograms(
    {name: rows[name] for name in ("1/√in", "Xavier", "He")}, title="ReLU: He keeps the spread"
)
picture.save("23_relu.png")
print("wrote 23_relu.png")
assert table["He"][4] > 0.5 * table["He"][0]
assert table["1/√in"][4] < 0.4 * table["1/√in"][0]
assert table["N(0, 1)"][4] > 1000
picture

# %% [markdown]
"""
With 1/√in a ReLU network loses about three tenths of its size at each layer (1 − 1/√2), since half
of each sum is cut away; He's factor √2 puts it back.

## The three-layer class of the text

It has input, hidden and output nodes and a learning rate, and begins like this:
"""


# %%
class ThreeLayers:
    def __init__(self, input_nodes, hidden_nodes, output_nodes, learning_rate, rng):
        self.w_input_hidden = rng.normal(0.0, hidden_nodes**-0.5, (hidden_nodes, input_nodes))
        self.w_hidden_output = rng.normal(0.0, output_nodes**-0.5, (output_nodes, hidden_nodes))
        self.learning_rate = learning_rate


network = ThreeLayers(784, 100, 10, 0.3, np.random.default_rng(1))
measured = network.w_input_hidden.std(), network.w_hidden_output.std()
print(f"deviations: {measured[0]:.4f} and {measured[1]:.4f};", end=" ")
print(f"1/sqrt(hidden) = {100**-0.5:.4f}, 1/sqrt(output) = {10**-0.5:.4f}")
assert isclose(measured[0], 0.1, rel_tol=0.02)
assert isclose(measured[1], 10**-0.5, rel_tol=0.05)

# %% [markdown]
"""
**The slips.** The text's formula says that the *variances* are 1/√hidden and 1/√output. Its code
hands them to `normal` as *standard deviations*, and that is what they are. A variance of 1/√100
would be a deviation of 0.316, three times as large. And what it divides by is the number of
neurons, the fan-out; the sums of the hidden layer add up 784 terms, so by fan-in it would be 1/√784
= 0.036.
"""

# %%
images, _ = data.load_mnist_small()[1]
for name, s in [("as in the code", 0.1), ("as in the formula", 100**-0.25), ("fan-in", 784**-0.5)]:
    W = np.random.default_rng(1).normal(0.0, s, (100, 784))
    hidden = 1 / (1 + np.exp(-images @ W.T))
    asleep = ((hidden < 0.02) | (hidden > 0.98)).mean()
    print(f"{name:18} deviation {s:.3f}: {100 * asleep:4.1f} % of hidden activations at an end")

# %% [markdown]
"""
Its questions, answered. *How many outputs?* Ten, one for each digit, so that each can say how much
it believes in its own. One output that says "7" would make 8 a smaller mistake than 2. *Why
normal?* It need not be: uniform numbers of the same deviation do as well, as the sum of many such
is normal in any case. None should be huge; that
is all.

## One thing to try

The deviation below is that of a tanh network of 20 layers, 200 wide. Which makes the last
activations as large as the first? Try 0.05, 0.07, 0.08.
"""

# %%
deviation = 0.05

rng = np.random.default_rng(2)
x = rng.standard_normal((100, 200))
sizes = []
for _ in range(20):
    x = np.tanh(x @ (deviation * rng.standard_normal((200, 200))))
    sizes.append(x.std())
print(f"deviation {deviation}: activations {sizes[0]:.4f} in layer 1, {sizes[-1]:.4f} in layer 20")

# %% [markdown]
"""
## One question

Do the biases have to begin at random too?

<details><summary>Answer</summary>

No. The weights already make the neurons different from each other, so the biases may all begin at
0, and mostly do.

</details>
"""
