# %% [markdown]
"""
# Lesson 12: A plane

**What you will see first.** A hundred points that lie on a plane, y = 0.1x₁ + 0.2x₂ + 0.3, and
three numbers that find 0.1, 0.2 and 0.3 in two hundred steps. It is the straight line of lesson 10
once more, but with arrays: one `Tensor` instead of a hundred values.

![The three parameters on their way to 0.1, 0.2 and 0.3](pictures/12_plane.png)

*About 8 minutes. The lesson runs as it stands, and writes its pictures into the directory that you
run it from.*
"""

# %%
import numpy as np

from autodiff import Tensor
from visualize import draw
from visualize.plots import lines

# %% [markdown]
"""
## The points

The text does this with TensorFlow 1, in `float32`, the numbers of 7 digits that networks use. The
points are random, and seeded.
"""

# %%
rng = np.random.default_rng(12)
X = rng.random((100, 2), dtype=np.float32)
y = X @ np.float32([0.1, 0.2]) + np.float32(0.3)
print("X has the shape", X.shape, "and the type", X.dtype)
assert (X.shape, X.dtype) == ((100, 2), np.float32)

# %% [markdown]
"""
## The cost, in one line

`X @ W` multiplies each row of X with the weights and adds up: 100 numbers at once. The cost is the
mean of the squares. `backward()` works on arrays just as it does on numbers; the gradient of W is
an array of the shape of W. By hand it is 2·Xᵀ(XW + b − y)/100.
"""

# %%
W = Tensor(rng.uniform(-1, 1, 2).astype(np.float32), requires_grad=True)
b = Tensor(np.float32(0.0), requires_grad=True)


def cost():
    missing = X @ W + b - y
    return (missing**2).mean()


loss = cost()
loss.backward()
missing = X @ W.numpy() + b.numpy() - y
by_hand = 2 * X.T @ missing / 100
print("dJ/dW by hand", by_hand, " engine", W.grad)
assert np.allclose(by_hand, W.grad, rtol=1e-5)
assert np.allclose(2 * missing.mean(), b.grad, rtol=1e-5)

picture = draw(loss, legend=True)
picture.save("12_graph.svg")
print("wrote 12_graph.svg")
picture

# %% [markdown]
"""
A card of an array shows its shape, its mean and deviation, and the length of its gradient.

## 201 steps

The rate is 0.5, as in the text, and we print every twentieth step.
"""

# %%
start, path = W.numpy().copy(), []
for step in range(201):
    W.grad = b.grad = None
    loss = cost()
    loss.backward()
    W.data = W.data - np.float32(0.5) * W.grad
    b.data = b.data - np.float32(0.5) * b.grad
    path.append([*W.numpy().tolist(), b.item()])
    if step % 20 == 0:
        print(f"step {step:3}   W = {W.data[0]:.6f}, {W.data[1]:.6f}   b = {b.item():.6f}")

assert abs(W.data - np.float32([0.1, 0.2])).max() < 1e-3
assert abs(b.item() - 0.3) < 1e-3
assert W.dtype == np.float32

# %%
w1, w2, offset = zip(*path)
picture = lines(
    {"b": offset, "w₂": w2, "w₁": w1},
    x="step",
    y="parameter",
    title="Three numbers find their places",
)
picture.save("12_plane.png")
print("wrote 12_plane.png")
picture

# %% [markdown]
"""
## One thing to try

Give the points a little noise: add `0.05 * rng.standard_normal(100)` to y. The best three
numbers are then beside 0.1, 0.2 and 0.3. How far beside? (`lstsq` finds the best plane outright, as
the normal equation of lesson 11 finds the best line.)
"""

# %%
noisy = y + 0.0 * rng.standard_normal(100)  # try 0.05
columns = np.column_stack([X, np.ones(100)])
print("the best plane:", np.linalg.lstsq(columns, noisy, rcond=None)[0].round(4).tolist())

# %% [markdown]
"""
## One question

The rate of lesson 10 had to stay below 0.0139. Why is 0.5 no trouble here?

<details><summary>Answer</summary>

The bound is 2/curvature, and the curvature across was the mean of x² there, 143.5 and a bit, since
x went up to 20. Here both inputs lie between 0 and 1, so the largest curvature is about 3, and the
bound about 0.6. Inputs of size one keep the rates at sizes that one can guess.

</details>
"""
