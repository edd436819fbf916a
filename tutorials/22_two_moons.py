# %% [markdown]
"""
# Lesson 22: Two moons

**What you will see first.** A hundred points in two half circles that reach into each other, and no
straight line parts them. A network of 33 neurons bends one until it does: every point is on its
right side after fewer than a hundred steps. And a small network on cards, with all of its weights
and their gradients.

![The two moons and the sides of the network: at the start all on one side, then a line, then one
that parts them all](pictures/22_two_moons.png)

*About 15 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from copy import deepcopy
from math import isclose
from time import perf_counter

import numpy as np
from tqdm import tqdm

import autodiff
from autodiff import Value, data, dot
from autodiff.nn import MLP, hinge, to_tensor
from autodiff.optim import SGD, linear_decay
from visualize import draw
from visualize.plots import boundary

# %% [markdown]
"""
## The points

Each point has two coordinates; its class is 0 or 1. For the loss below we call the classes -1 and
1.
"""

# %%
X, y = data.moons(100, noise=0.1, seed=1)
sides = 2 * y - 1

print(
    f"{len(X)} points, {int((y == 0).sum())} of the one moon and {int((y == 1).sum())} of the other"
)
assert X.shape == (100, 2)

# %% [markdown]
"""
## A loss, and its gradient by hand

The network gives a score s to a point; its sign is the side that the network takes. The **hinge
loss** of a point of side t is max(0, 1 - ts): nothing if the score is on the right side and at
least 1 away from the border, else the more the further it is off. Its gradient by hand: -t where
the loss is above 0, and 0 elsewhere.
"""

# %%
for score, side in [(0.4, 1), (-0.3, 1), (2.0, 1), (0.5, -1)]:
    s = Value(score)
    loss = hinge(s, side)
    loss.backward()
    by_hand = -side if 1 - side * score > 0 else 0
    print(f"s = {score:4}  t = {side:2}   loss {loss.data:.1f}", end="   ")
    print(f"by hand {by_hand:2}   engine {s.grad:4.1f}")
    assert s.grad == by_hand

# %% [markdown]
"""
## The network

`MLP(2, [16, 16, 1])` takes two numbers through two layers of 16 neurons to one score. A neuron
multiplies its inputs with weights, adds a bias, and keeps what is above 0 (ReLU); only the last one
keeps its sum as it is. The weights start
at random; `seed` makes it the same random each time, on every machine.
"""

# %%
autodiff.seed(1337)
model = MLP(2, [16, 16, 1])
print(
    f"{len(model.parameters())} parameters, the first is {model.layers[0].neurons[0].w[0].data:.6f}"
)
assert len(model.parameters()) == 2 * 16 + 16 + 16 * 16 + 16 + 16 + 1


def accuracy(scores):
    """Return the share of points on whose side the network is."""
    return sum((s.data > 0) == (side > 0) for s, side in zip(scores, sides)) / len(scores)


# %% [markdown]
"""
## Training

A step: the scores of all points, the loss, backward, and every weight a little down its slope.
Large weights cost a little too, 1e-4 times the sum of their squares: it keeps the line between the
sides smooth. The learning rate goes from 1 to 0.1.

On the way we keep copies of the network, to see later where it drew its line.
"""

# %%
weights = model.parameters()
optimizer = SGD(weights, lr=linear_decay(1.0, 0.1, steps=100))
copies = {"at the start": deepcopy(model)}
history = []

for step in (bar := tqdm(range(100), disable=None, ncols=72)):
    scores = model(X)
    loss = hinge(scores, sides) + 1e-4 * dot(weights, weights)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    history.append((loss.data, accuracy(scores)))
    bar.set_postfix_str(f"loss {loss.data:.4f}  accuracy {history[-1][1]:.2f}")
    if step % 3 == 2 or step == 99:
        copies[f"after {step + 1} steps"] = deepcopy(model)

for step in (0, 10, 20, 40, 60, 99):
    print(f"step {step:2}   loss {history[step][0]:.4f}   accuracy {history[step][1]:.2f}")
first = next(step for step, (_, right) in enumerate(history) if right == 1.0)
print(f"all points on their side for the first time at step {first}")
assert history[-1][1] == 1.0
assert history[-1][0] < 0.05

# %% [markdown]
"""
## The line as it forms

Blue is where the score is below 0, orange where it is above; on the dark line it is 0. The colours
grow stronger as the score does.

![The line between the moons as it bends, step by step](pictures/22_two_moons.gif)
"""

# %%
moments = ("at the start", "after 15 steps", "after 100 steps")
picture = boundary({moment: copies[moment] for moment in moments}, X, y)
picture.save("22_two_moons.png")
boundary(copies, X, y).save("22_two_moons.gif")
print("wrote 22_two_moons.png and 22_two_moons.gif")
picture

# %% [markdown]
"""
## A network on cards

Sixteen neurons in a row make a tall picture; three will do to read. Below is a new network of three
neurons and one, on a single point: a card for each neuron, a line for each weight with its value
and its gradient. The edge from a neuron ends at the weight that it is multiplied with, for the
weight is the local derivative there. So the gradient of a weight in the first layer is, by hand:
the slope of the loss (-t), times the weight that the neuron has in the next layer, times the input.

The third neuron keeps nothing: its sum is below 0, and what ReLU does not let through on the way to
the right does not come back either. All its gradients are 0; on this point it cannot learn.
"""

# %%
autodiff.seed(14)
small = MLP(2, [3, 1])
x1, x2 = map(Value, X[0].tolist())
loss = hinge(small([x1, x2]), int(sides[0]))
loss.backward()
picture = draw(loss, legend=True)
picture.save("22_neurons.svg")
print("wrote 22_neurons.svg")

first, second, third = small.layers[0].neurons
(output,) = small.layers[1].neurons
by_hand = -sides[0] * output.w[0].data * x1.data
print(f"w[0] of the first neuron: by hand {by_hand:.9f}, engine {first.w[0].grad:.9f}")
assert isclose(by_hand, first.w[0].grad)
assert [w.grad for w in third.parameters()] == [0.0, 0.0, 0.0]
picture

# %% [markdown]
"""
## The same network three times

Each of the 337 parameters is a `Value`, and a step of training builds a graph of some thousand
nodes and walks back through it. There are two ways to be faster with the same rules:

- `compile` writes down, once, the straight-line Python that the graph amounts to, forward and
  backward, and from then on only that runs;
- `to_tensor` makes the twin of the network in arrays: a layer is one product of matrices.

All three have the same loss and the same gradients.
"""


# %%
def loss_of():
    return hinge(model(X), sides) + 1e-4 * dot(weights, weights)


def timed(run):
    """Return the shortest time of five runs, in milliseconds."""
    times = []
    for _ in range(5):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return 1000 * min(times)


def of_values():
    optimizer.zero_grad()
    loss = loss_of()
    loss.backward()
    return loss.data


straight = autodiff.compile(loss_of)


def of_python():
    optimizer.zero_grad()
    return straight.backward()


twin = to_tensor(model)
arrays = twin.parameters()


def of_arrays():
    for w in arrays:
        w.grad = None
    loss = hinge(twin(X), sides[:, None]) + 1e-4 * sum((w * w).sum() for w in arrays)
    loss.backward()
    return loss.item()


loss_values = of_values()
by_values = [w.grad for w in weights]
loss_python = of_python()
by_python = [w.grad for w in weights]
loss_arrays = of_arrays()
by_arrays = np.concatenate([w.grad.ravel() for w in arrays])
assert isclose(loss_values, loss_python)
assert isclose(loss_values, loss_arrays)
assert np.allclose(by_values, by_python, rtol=1e-12, atol=1e-15)
assert np.allclose(sorted(by_values), sorted(by_arrays), rtol=1e-9, atol=1e-12)
for name, loss in [("Values", loss_values), ("compiled", loss_python), ("arrays", loss_arrays)]:
    print(f"  {name:9} loss {loss:.12f}")
print("a step of each, on the machine that ran this:")
for name, run in [("Values", of_values), ("compiled", of_python), ("arrays", of_arrays)]:
    print(f"  {name:9} {timed(run):8.2f} ms")

# %% [markdown]
"""
Values are for looking at every number; arrays are for speed; and the compiled lines are what you
would have written by hand, had you had the patience. Here are those of a single neuron:
"""

# %%
w1, w2, b = Value(0.5), Value(-1.0), Value(0.25)


def neuron(x1, x2):
    z = w1 * x1 + w2 * x2 + b
    return z.relu()


print(autodiff.compile(neuron).source)

# %% [markdown]
"""
## One thing to try

How many points does a network of one layer get right, with as many neurons as you say below?
"""

# %%
width = 3

autodiff.seed(1)
little = MLP(2, [width, 1])
optimizer = SGD(little.parameters(), lr=linear_decay(1.0, 0.1, steps=100))
for _ in range(100):
    loss = hinge(little(X), sides)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"{width} neurons: {accuracy(little(X)):.0%} of the points are on their side")

# %% [markdown]
"""

## One question

Why does the loss go on falling after the last point has changed to its right side?

<details><summary>Answer</summary>

The hinge loss wants more than the right side: a score at least 1 away from the border. A point with
a score of 0.2 on its right side still costs 0.8, and pushes the line away from itself. That is why
the line ends up in the middle between the moons, and not just past the last point.

</details>
"""
