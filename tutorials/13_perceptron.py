# %% [markdown]
"""
# Lesson 13: The perceptron

**What you will see first.** A neuron of 1957: two inputs, two weights, a bias, and an answer, yes
or no. With the right numbers it is AND, or NAND, or OR: a straight line divides its world. One
thing it cannot do is XOR, and you will see why no line can, and how two layers do it all the same.

![AND, NAND, OR and XOR: three straight lines, and a strip between two](pictures/13_gates.png)

*About 15 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from itertools import product

import numpy as np

from autodiff import Value, seed
from autodiff.nn import MLP, bce
from autodiff.optim import SGD
from visualize import draw
from visualize.plots import boundary

CORNERS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])

# %% [markdown]
"""
## A neuron that answers yes or no

It multiplies each input with a weight, adds the bias, and says 1 if the sum is above 0, else 0.
"""


# %%
def perceptron(w1, w2, b):
    """Return a function of an array of points (n, 2) that gives 0 or 1 for each."""
    return lambda points: (points[:, 0] * w1 + points[:, 1] * w2 + b > 0).astype(int)


and_gate = perceptron(0.5, 0.5, -0.7)
nand_gate = perceptron(-0.5, -0.5, 0.7)
or_gate = perceptron(0.5, 0.5, -0.2)

print("x1 x2   AND  NAND   OR")
for point, *answers in zip(CORNERS, and_gate(CORNERS), nand_gate(CORNERS), or_gate(CORNERS)):
    print("{:2} {:2} {:5} {:5} {:4}".format(*point, *answers))
assert and_gate(CORNERS).tolist() == [0, 0, 0, 1]
assert nand_gate(CORNERS).tolist() == [1, 1, 1, 0]
assert or_gate(CORNERS).tolist() == [0, 1, 1, 1]

# %% [markdown]
"""
**The slips.** The weights (0.5, 0.5) with the bias −0.7 are AND: only 0.5 + 0.5 gets past 0.7. The
text prints their table under the name NAND. And the line that it draws for AND,
−0.5 + x₁ + x₂ = 0, is one for OR: at the corner (0, 1) it already says yes.
"""

# %%
lines_of_the_text = perceptron(1.0, 1.0, -0.5)
print("the text's line says", lines_of_the_text(CORNERS).tolist(), "at the corners: that is OR")
assert (
    lines_of_the_text(CORNERS).tolist() == or_gate(CORNERS).tolist() != and_gate(CORNERS).tolist()
)

# %% [markdown]
"""
## What no line can

XOR is yes for (0, 1) and (1, 0), no for (0, 0) and (1, 1). On one line it would have to be b ≤ 0,
w₁ + b > 0, w₂ + b > 0 and w₁ + w₂ + b ≤ 0. By hand: add the two in the middle, w₁ + w₂ + 2b > 0,
take away the last, and b > 0 is left. But b ≤ 0. So there are no such numbers, however long one
looks; here a machine looks at 68,921 of them.
"""

# %%
grid = np.arange(-2, 2.01, 0.1)
w1, w2, b = (axis.ravel()[:, None] for axis in np.meshgrid(grid, grid, grid))
answers = (CORNERS[:, 0] * w1 + CORNERS[:, 1] * w2 + b > 1e-9).astype(int)
found = {name: int((answers == gate(CORNERS)).all(axis=1).sum()) for name, gate in [
    ("AND", and_gate), ("NAND", nand_gate), ("OR", or_gate)]}  # fmt: skip
found["XOR"] = int((answers == [0, 1, 1, 0]).all(axis=1).sum())
print(f"of {len(answers):,} neurons:", ", ".join(f"{n:,} are {name}" for name, n in found.items()))
assert found["XOR"] == 0 < min(found["AND"], found["NAND"], found["OR"])

# %% [markdown]
"""
## Two layers

XOR is "one of them, but not both": OR and NAND. So let an AND look at what those two say. A second
layer sees a world in which the corners have moved.
"""


# %%
def xor_gate(points):
    return and_gate(np.column_stack([or_gate(points), nand_gate(points)]))


print("x1 x2   OR NAND   XOR")
for point in CORNERS:
    answers = (int(gate(point[None])[0]) for gate in (or_gate, nand_gate, xor_gate))
    print("{:2} {:2} {:4} {:4} {:5}".format(*point, *answers))
assert xor_gate(CORNERS).tolist() == [0, 1, 1, 0]

# %%
gates = {"AND": and_gate, "NAND": nand_gate, "OR": or_gate}
sums = {
    "AND": lambda p: p @ [0.5, 0.5] - 0.7,
    "NAND": lambda p: 0.7 - p @ [0.5, 0.5],
    "OR": lambda p: p @ [0.5, 0.5] - 0.2,
}
# XOR is where OR and NAND both say yes: where the smaller of their sums is above 0.
sums["XOR, two layers"] = lambda p: np.minimum(sums["OR"](p), sums["NAND"](p))
picture = boundary(sums, CORNERS, line=0.0, view=((-0.5, 1.5), (-0.5, 1.5)))
picture.save("13_gates.png")
print("wrote 13_gates.png")
picture

# %% [markdown]
"""
## The learning rule

Rosenblatt let the neuron find its numbers. It looks at a corner; if the answer is wrong, each
weight moves by what is missing, +1 or −1, times its input, and the bias by what is missing. If
there *is* a line, this stops after finitely many corrections: that is a theorem. If there is none,
it never stops.
"""


# %%
def learn(targets, rounds=100):
    """Return weights, bias and the corrections made; None if so many rounds did not suffice."""
    w, b, corrections = np.zeros(2), 0.0, 0
    for _ in range(rounds):
        before = corrections
        for point, target in zip(CORNERS, targets):
            missing = target - int(point @ w + b > 0)
            w, b = w + missing * point, b + missing
            corrections += abs(missing)
        if corrections == before:
            return w, b, corrections
    return None


for name, gate in gates.items():
    w, b, corrections = learn(gate(CORNERS))
    print(f"{name}: w = {w.tolist()}, b = {b:g}, after {corrections} corrections")
    assert perceptron(*w, b)(CORNERS).tolist() == gate(CORNERS).tolist()
print("XOR:", learn([0, 1, 1, 0]), "after 100 rounds")
assert learn([0, 1, 1, 0]) is None

# %% [markdown]
"""
The rule cannot be used on two layers: it does not say whose fault a wrong answer was. And the
gradient is no help as long as the answer is a step, whose slope is 0 everywhere. Replace the step
by a smooth one, the sigmoid, and there is a slope to follow through both layers: here is XOR,
learnt by descent: `MLP(2, [2, 1])` is two neurons and one after them, `nonlin=True` gives
the last one its sigmoid too, and `bce` is the cross-entropy of lesson 18. It has 9 numbers to find.
"""

# %%
seed(2)
network = MLP(2, [2, 1], activation="sigmoid", nonlin=True)
optimizer = SGD(network.parameters(), lr=2.0)
for _ in range(2000):
    loss = bce(network(CORNERS.astype(float)), [0, 1, 1, 0])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
outputs = [network([float(x1), float(x2)]).data for x1, x2 in CORNERS]
print("XOR, learnt:", "  ".join(f"{x:.3f}" for x in outputs), f"  loss {loss.data:.5f}")
assert [round(x) for x in outputs] == [0, 1, 1, 0]

# %%
optimizer.zero_grad()
x1, x2 = Value(1.0), Value(0.0)
y = network([x1, x2])
y.backward()
picture = draw(y, legend=True)
picture.save("13_xor.svg")
print("wrote 13_xor.svg")
picture

# %% [markdown]
"""
Look at the weights: the first neuron is an OR, the second a NAND, the last an AND of both. Descent
has found what we built by hand.

## One thing to try

Three inputs, and the question "are at least two of them 1?" Is there a line, or rather a plane? Ask
the learning rule, below, and then with the targets of "is their number odd?"
"""

# %%
corners = np.array(list(product((0, 1), repeat=3)))
targets = (corners.sum(axis=1) >= 2).astype(int)  # try: corners.sum(axis=1) % 2
w, b = np.zeros(3), 0.0
for _ in range(100):
    for point, target in zip(corners, targets):
        missing = target - int(point @ w + b > 0)
        w, b = w + missing * point, b + missing
right = int(((corners @ w + b > 0) == targets).sum())
print(f"{right} of 8 corners are right, with w = {w.tolist()} and b = {b:g}")

# %% [markdown]
"""
## One question

The weights (0.5, 0.5) and the bias −0.7 are AND. So are (5, 5) and −7. Which of them is better?

<details><summary>Answer</summary>

For a step, neither: only the sign of the sum counts, and both have the same line. With a sigmoid in
place of the step they differ: the larger numbers make it steeper at the line, so that the answers
are closer to 0 and 1, more sure of themselves. A descent on a loss that wants exact zeros and ones
therefore lets the weights grow and grow.

</details>
"""
