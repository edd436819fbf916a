# %% [markdown]
"""
# Lesson 15: Arrays and shapes

**What you will see first.** Six weights in a little table, three inputs in a row, and two results:
0.22 and 0.28. One multiplication of arrays does what six multiplications and four additions do by
hand; and if the shapes do not fit, there is an error that says so, before anything goes wrong.

![A table times a row of numbers, as a graph of arrays](pictures/15_product.svg)

*About 8 minutes. The lesson runs as it stands, and writes its pictures into the directory that you
run it from.*
"""

# %%
import numpy as np

from autodiff import Tensor, Value
from visualize import draw

# %% [markdown]
"""
## Rows times a column

A table (a *matrix*) of the shape (2, 3) has 2 rows and 3 columns. Times 3 numbers it gives 2: each
row is multiplied with them, number by number, and added up. By hand:

    .1 · .1 + .3 · .2 + .5 · .3 = .01 + .06 + .15 = .22
    .2 · .1 + .4 · .2 + .6 · .3 = .02 + .08 + .18 = .28
"""

# %%
table = [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]
numbers = [0.1, 0.2, 0.3]

by_hand = []
for row in table:
    total = 0.0
    for weight, x in zip(row, numbers):
        total += weight * x
    by_hand.append(total)

A = Tensor(table, requires_grad=True)
x = Tensor(numbers, requires_grad=True)
y = A @ x
print("by hand:", [round(total, 12) for total in by_hand])
print("A @ x:  ", y.numpy().round(12).tolist(), "of the shape", y.shape)
assert np.allclose(y.numpy(), [0.22, 0.28], rtol=1e-12)
assert np.allclose(y.numpy(), by_hand, rtol=1e-12)
assert (A.shape, x.shape, y.shape) == ((2, 3), (3,), (2,))

# %% [markdown]
"""
## The gradient of a product

Add up both results, and ask how much each number matters. Each x stands once in each row, with the
weight in its column: so the gradient of x is the sum of the columns. Each weight stands once, with
its x: so each row of A's gradient is x itself.
"""

# %%
total = y.sum()
total.backward()
print("gradient of x:", x.grad.round(12).tolist(), "  by hand: the sums of the columns")
print("gradient of A:", A.grad.tolist(), "  by hand: x in each row")
assert np.allclose(x.grad, [0.1 + 0.2, 0.3 + 0.4, 0.5 + 0.6])
assert A.grad.tolist() == [numbers, numbers]

# %%
picture = draw(total, legend=True)
picture.save("15_product.svg")
print("wrote 15_product.svg")
picture

# %% [markdown]
"""
On each card of an array stand its shape, the mean and the deviation of its numbers, and how long
its gradient is. There are six weights in A and one card; with a `Value` for each number there would
be many.
"""

# %%
values = [[Value(w) for w in row] for row in table]
inputs = [Value(number) for number in numbers]
scalar = sum(sum(w * x for w, x in zip(row, inputs)) for row in values)
scalar.backward()
print(f"with Values: {scalar.data:.12g}, gradient of x: {[round(x.grad, 12) for x in inputs]}")
assert abs(scalar.data - total.item()) < 1e-15
assert np.allclose([x.grad for x in inputs], x.grad)

# %% [markdown]
"""
## What a mismatch says

The two numbers in the middle must agree: (2, **3**) @ (**3**,). Leave one out, and each row has a
weight too many. Nobody could say what that ought to mean, so it is an error, with the shapes in it:
"""

# %%
for wrong in ([0.1, 0.2], [[0.1, 0.2, 0.3]]):
    told = ""
    try:
        A @ Tensor(wrong)
    except ValueError as error:
        told = str(error)
    print("A @", wrong, "->", told)
    assert "(2, 3)" in told

# %% [markdown]
"""
The second one is a table of one row, (1, 3), and its two numbers in the middle are 3 and 1. Turned
over, as `.T`, it is (3, 1), and fits: the result is then (2, 1), a column.
"""

# %%
column = A @ Tensor([[0.1, 0.2, 0.3]]).T
print("with .T:", column.numpy().round(12).tolist(), "of the shape", column.shape)
assert column.shape == (2, 1)

# %% [markdown]
"""
## One thing to try

Sums are less strict: where one shape has a 1, the number is used for all. Try which of these shapes
can be added to A, of the shape (2, 3), and guess before you look.
"""

# %%
for shape in [(3,), (2,), (2, 1), (1, 1), (2, 3)]:
    try:
        print(shape, "gives", (A + np.zeros(shape)).shape)
    except ValueError as error:
        print(shape, "->", str(error)[:60])

# %% [markdown]
"""
## One question

A layer turns 784 numbers into 50. Written as x @ W, what is the shape of W? And of the result for a
hundred pictures at once?

<details><summary>Answer</summary>

(784, 50), as the 784 has to meet the 784 of x, and 50 are to come out. A hundred pictures are an x
of the shape (100, 784), and the result is (100, 50): a row for each picture. Each row is what that
picture alone would have given, so a batch costs no more thought than one.

</details>
"""
