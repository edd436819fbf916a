# %% [markdown]
"""
# Lesson 25: Reading digits

**What you will see first.** A network of one hidden layer learns to read digits in a few seconds.
You will see its learning curves, which digits it takes for which, the ones that it gets wrong (you
would not get all of them right), and what its neurons look for. Then a larger one, and an old one.

![What is taken for what: the confusion matrix of ten digits](pictures/25_confusion.png)

*About 20 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from. On the part of MNIST that comes with the package it takes some ten
seconds; with `--full`, on all of MNIST, about a minute.*
"""

# %%
import sys

import numpy as np

import autodiff
from autodiff import Tensor, data, nn, optim
from autodiff.training import evaluate
from visualize import draw, plots

full = "--full" in sys.argv
(x_train, y_train), (x_test, y_test) = data.load_mnist() if full else data.load_mnist_small()
print(f"{len(x_train):,} digits to learn from, {len(x_test):,} to be examined with")

# %% [markdown]
"""
## 784-50-10

The network of the book behind the text: 784 pixels, 50 hidden neurons with ReLU, 10 scores. Weights
begin as He says (lesson 23), seeded. Batches of 100, the rate 0.1, cross-entropy.
"""

# %%
autodiff.seed(25)
model = nn.Sequential(nn.Linear(784, 50, init=nn.he), nn.ReLU(), nn.Linear(50, 10, init=nn.he))
print(model.summary((784,)))

loss = nn.cross_entropy(model(x_train[:100]), y_train[:100])
loss.backward()
print(
    f"loss before any learning: {loss.item():.4f}; knowing nothing gives log 10 = {np.log(10):.4f}"
)
assert 1.5 < loss.item() < 3.5

# %% [markdown]
"""
By hand, as in lesson 17: what comes back to the scores is p − t, what was said minus what is true,
divided by the 100 samples. From there the gradient of the last weights is (p − t)ᵀ · h, where h is
what the hidden layer said.
"""

# %%
h = model.layers[1](model.layers[0](x_train[:100]))
p = model.layers[2](h).softmax(axis=1).numpy()
by_hand = (p - data.one_hot(y_train[:100], 10)).T @ h.numpy() / 100
print(
    "largest difference from the engine:", f"{abs(by_hand - model.layers[2].weight.grad).max():.0e}"
)
assert np.allclose(by_hand, model.layers[2].weight.grad, atol=1e-6)

picture = draw(loss, fold="layer", legend=True)
picture.save("25_network.svg")
print("wrote 25_network.svg")
picture

# %%
epochs = 17
history = autodiff.fit(
    model, (x_train, y_train), nn.cross_entropy, optim.SGD(model.parameters(), lr=0.1), epochs,
    validation=(x_test, y_test),
)  # fmt: skip
for epoch in (1, 2, 5, 10, 17):
    row = history.rows()[epoch - 1]
    print(f"epoch {epoch:2}  loss {row['train_loss']:.4f}", end="  ")
    print(f"training {row['train_accuracy']:.4f}  test {row['validation_accuracy']:.4f}")
best = max(history["validation_accuracy"])
print(f"784-50-10: the best test accuracy is {best:.4f}")
assert best >= (0.965 if full else 0.91)

# %%
picture = plots.history(history, title="784-50-10 learns to read")
picture.save("25_history.png")
print("wrote 25_history.png")
picture

# %% [markdown]
"""
The loss of the training digits falls faster than that of the test digits ("validation" in the
picture): the network begins to learn its examples by heart. But the test loss is still falling at
the end. On all of MNIST, with twelve times as many examples, it gets further, to 0.97.

## What it takes for what
"""

# %%
scores = model(x_test).numpy()
said = scores.argmax(axis=1)
wrong = np.flatnonzero(said != y_test)
picture = plots.confusion(y_test, said, title="What is taken for what")
picture.save("25_confusion.png")
print("wrote 25_confusion.png")
pairs = {}
for true, taken in zip(y_test[wrong].tolist(), said[wrong].tolist()):
    pairs[true, taken] = pairs.get((true, taken), 0) + 1
for (true, taken), n in sorted(pairs.items(), key=lambda item: -item[1])[:3]:
    print(f"{true} was taken for {taken}: {n} times")
print(f"{len(wrong)} of {len(y_test)} are wrong")
assert len(wrong) == sum(pairs.values())
picture

# %%
picture = plots.images(
    x_test[wrong][:40], y_test[wrong][:40], said[wrong][:40], title="What it gets wrong"
)
picture.save("25_wrong.png")
print("wrote 25_wrong.png")
picture

# %% [markdown]
"""
## What its neurons look for

Each hidden neuron has 784 weights, one for each pixel: so they make a picture. Where it is orange,
ink speaks for the neuron, where it is blue, against it. Some look for a stroke at a place, some
for the absence of one; many are hard to put into words.
"""

# %%
picture = plots.weights(model, limit=50, title="The weights of the fifty hidden neurons")
picture.save("25_weights.png")
print("wrote 25_weights.png")
picture

# %% [markdown]
"""
## A better one

Two hidden layers, 256 and 128, and Adam in place of plain descent (lesson 26). On all of MNIST it
gets 0.983 right.
"""

# %%
autodiff.seed(25)
larger = nn.Sequential(
    nn.Linear(784, 256, init=nn.he), nn.ReLU(), nn.Linear(256, 128, init=nn.he), nn.ReLU(),
    nn.Linear(128, 10, init=nn.he),
)  # fmt: skip
epochs = 10
steps = epochs * -(-len(x_train) // 100)
optimizer = optim.Adam(larger.parameters(), lr=optim.cosine_decay(0.001, steps=steps))
history = autodiff.fit(
    larger, (x_train, y_train), nn.cross_entropy, optimizer, epochs, validation=(x_test, y_test)
)
print(f"784-256-128-10 with Adam: training accuracy {history['train_accuracy'][-1]:.4f}", end=", ")
print(f"test accuracy {history['validation_accuracy'][-1]:.4f}")
assert history["validation_accuracy"][-1] >= (0.98 if full else 0.94)

# %% [markdown]
"""
## An old one

The three-layer class of lesson 23: 784-100-10, sigmoids everywhere, one sample at a time, rate 0.3.
Its targets are 0.99 for the digit and 0.01 for the others, as a sigmoid never quite gets to 0 or 1,
and its pixels lie between 0.01 and 1. Its update is written by hand, and the engine agrees.
"""


# %%
class ThreeLayers:
    def __init__(self, input_nodes, hidden_nodes, output_nodes, learning_rate, rng):
        self.w1 = rng.normal(0.0, hidden_nodes**-0.5, (hidden_nodes, input_nodes))
        self.w2 = rng.normal(0.0, output_nodes**-0.5, (output_nodes, hidden_nodes))
        self.rate = learning_rate

    def query(self, x):
        h = 1 / (1 + np.exp(-self.w1 @ x))
        return h, 1 / (1 + np.exp(-self.w2 @ h))

    def gradients(self, x, target):
        h, o = self.query(x)
        back = (o - target) * o * (1 - o)
        hidden = (self.w2.T @ back) * h * (1 - h)
        return np.outer(hidden, x), np.outer(back, h)

    def train(self, x, target):
        one, two = self.gradients(x, target)
        self.w1 -= self.rate * one
        self.w2 -= self.rate * two


old = ThreeLayers(784, 100, 10, 0.3, np.random.default_rng(25))
inputs, targets = 0.99 * x_train.astype(float) + 0.01, 0.98 * data.one_hot(y_train, 10) + 0.01
w1, w2 = Tensor(old.w1.copy(), requires_grad=True), Tensor(old.w2.copy(), requires_grad=True)
loss = ((w2 @ (w1 @ inputs[0]).sigmoid()).sigmoid() - targets[0]).square().sum() / 2
loss.backward()
by_hand = old.gradients(inputs[0], targets[0])
print("the update by hand and the engine's differ by", f"{abs(by_hand[0] - w1.grad).max():.0e}")
assert np.allclose(by_hand[0], w1.grad)
assert np.allclose(by_hand[1], w2.grad)

for x, target in zip(inputs, targets):
    old.train(x, target)
answers = np.array([old.query(0.99 * x.astype(float) + 0.01)[1] for x in x_test]).argmax(axis=1)
share = float((answers == y_test).mean())
print(f"784-100-10, sigmoids, one epoch one at a time: test accuracy {share:.4f}")
assert share >= (0.94 if full else 0.75)

# %% [markdown]
"""
## One thing to try

Draw a digit, dark on light, and save it as `mine.png`. Then train by the command, and ask it:

```
autodiff mnist --small --epochs 5
autodiff mnist --predict mine.png
```

It centres the picture and turns light and dark round, as the makers of MNIST did, and shows you
what the network saw. Or see how much three
epochs teach, with another number of neurons:
"""

# %%
neurons = 20

autodiff.seed(1)
tiny = nn.Sequential(
    nn.Linear(784, neurons, init=nn.he), nn.ReLU(), nn.Linear(neurons, 10, init=nn.he)
)
optimizer = optim.SGD(tiny.parameters(), lr=0.1)
autodiff.fit(tiny, (x_train[:5000], y_train[:5000]), nn.cross_entropy, optimizer, 3)
print(f"{neurons} neurons, 3 epochs: test accuracy {evaluate(tiny, x_test, y_test)[1]:.3f}")

# %% [markdown]
"""
## One question

The larger network gets nearly all of its training digits right, and 95 in 100 of the test digits.
Would more epochs help?

<details><summary>Answer</summary>

Not much: what it could learn from these examples it has learnt, and its loss on the test digits has
stopped falling. More examples help (`--full` has twelve times as many), and so does knowing that a
digit that is moved by a pixel is the same digit, which a convolution knows by its make.

</details>
"""
