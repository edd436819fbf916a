# %% [markdown]
"""
# Lesson 21: Three inputs, two outputs

**What you will see first.** One layer, six weights, all of them 1, and two targets. The cost falls
so slowly that one can count: it takes exactly 1501 steps until it is below 0.1, and 1875 for ten
targets at once. The same network three times: written with Values, with arrays, and by hand.

![The cost of one sample and of ten against the updates](pictures/21_cost.png)

*About 10 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import exp, isclose

import numpy as np

from autodiff import Tensor, Value, sigmoid
from visualize import draw
from visualize.plots import lines

# %% [markdown]
"""
## One sample

The input is (1, 1, 1), the targets are 0.56553902 and 0.46432009. Each output is a sigmoid of a
weighted sum, ŷⱼ = σ(x₁w₁ⱼ + x₂w₂ⱼ + x₃w₃ⱼ), and the cost is Σ(ŷ − y)²/2m for m samples. (**The
slips.** The text's formula for the second output starts with w₁₂·x₂ where x₁ belongs, which happens
to do no harm as all inputs are 1; and its listing for one sample says m = 10.)
"""

# %%
x = [1.0, 1.0, 1.0]
target = [0.56553902, 0.46432009]
weights = [[Value(1.0, label=f"w{i}{j}") for j in (1, 2)] for i in (1, 2, 3)]


def outputs(weights):
    return [sigmoid(sum(x[i] * weights[i][j] for i in range(3))) for j in range(2)]


def cost(weights):
    return sum((y_hat - y) ** 2 for y_hat, y in zip(outputs(weights), target)) / 2


J = cost(weights)
J.backward()
print(f"the cost at the start: {J.data:.10f}")
assert isclose(J.data, 0.1940940892, rel_tol=1e-9)

# %% [markdown]
"""
By hand: ∂J/∂wᵢⱼ = (ŷⱼ − yⱼ) · ŷⱼ(1 − ŷⱼ) · xᵢ. As all inputs are 1, the three weights of an output
have the same gradient, and stay equal for ever.
"""

# %%
s = 1 / (1 + exp(-3.0))
for j in range(2):
    by_hand = (s - target[j]) * s * (1 - s) * 1.0
    print(f"output {j + 1}: by hand {by_hand:.10f}, engine {weights[0][j].grad:.10f}")
    assert all(isclose(by_hand, weights[i][j].grad) for i in range(3))

picture = draw(J)
picture.save("21_graph.svg")
print("wrote 21_graph.svg")
picture

# %% [markdown]
"""
## Until it is below 0.1

Steps of 0.01 times the gradient, with arrays now: W has the shape (3, 2), and `x @ W` is both sums
at once.
"""


# %%
def descend(X, Y, rate=0.01, below=0.1):
    """Return all costs of the descent from W = 1 until one is below 0.1, and the last W."""
    W, costs = Tensor(np.ones((3, 2)), requires_grad=True), []
    while True:
        J = ((Tensor(X) @ W).sigmoid() - Y).square().sum() / (2 * len(X))
        costs.append(J.item())
        if costs[-1] < below:
            return costs, W.numpy()
        W.grad = None
        J.backward()
        W.data = W.data - rate * W.grad


one, W_one = descend(np.ones((1, 3)), np.array([target]))
print(f"one sample: the cost goes from {one[0]:.10f} to {one[-1]:.10f} in {len(one) - 1} updates")
assert isclose(one[0], 0.1940940892, rel_tol=1e-9)
assert len(one) - 1 == 1501
assert one[-2] >= 0.1 > one[-1]

# %% [markdown]
"""
## Ten samples

Ten times the same input, with ten different pairs of targets. No network can meet them all: for one
input it has one answer. What it can do is to come to the middle of them.
"""

# %%
targets = np.array([
    (0.51100414, 0.05743273), (0.69833688, 0.47127458), (0.08897891, 0.78770351),
    (0.55291883, 0.78184918), (0.94388284, 0.4277488), (0.50303774, 0.10330091),
    (0.07714834, 0.1860604), (0.2438794, 0.55412802), (0.32615948, 0.25536064),
    (0.26345809, 0.2665332),
])  # fmt: skip
ten, W_ten = descend(np.ones((10, 3)), targets)
print(f"ten samples: from {ten[0]:.12f} to {ten[-1]:.13f} in {len(ten) - 1} updates")
assert isclose(ten[0], 0.364610982427, rel_tol=1e-9)
assert isclose(ten[-1], 0.0998939625855, rel_tol=1e-9)
assert len(ten) - 1 == 1875

# %%
middle = targets.mean(axis=0)
floor = ((targets - middle) ** 2).sum() / 20
said = 1 / (1 + np.exp(-3 * W_ten[0]))
print(
    "the mean of the targets", middle.round(4).tolist(), " the outputs now", said.round(4).tolist()
)
print(f"the cost at the mean is {floor:.6f}: nothing can go below that")
assert floor < ten[-1]

picture = lines(
    {"one sample": one, "ten samples": ten},
    x="update",
    y="cost",
    target=0.1,
    title="The cost of one sample, and of ten",
)
picture.save("21_cost.png")
print("wrote 21_cost.png")
picture

# %% [markdown]
"""
Both begin slowly and become faster. At the start the sum is 3, where the sigmoid says 0.95 and its
slope is 0.045; on the way down the slope grows. A network that is wrong and sure learns slowly with
squared errors: lesson 18 has shown why, and what helps.

## One thing to try

How many updates does the rate below take? Does the tenfold rate take a tenth?
"""

# %%
rate = 0.1

print(f"rate {rate}: {len(descend(np.ones((1, 3)), np.array([target]), rate)[0]) - 1} updates")

# %% [markdown]
"""
## One question

The three weights to one output stay equal. With the input (1, 2, 1), would they?

<details><summary>Answer</summary>

The first and the third would. The second gets twice the gradient, as its input is 2, and moves away
from the others. Equal weights stay equal only if they also see equal inputs; and then they are, for
the network, one weight of three times the size.

</details>
"""
