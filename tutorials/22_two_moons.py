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

from tqdm import tqdm

import autodiff
from autodiff import Value, data, dot
from autodiff.nn import MLP, hinge
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
