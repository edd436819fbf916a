# %% [markdown]
"""
# Lesson 17: Output layers

**What you will see first.** Three scores become three probabilities. Written as in the books it
breaks at scores of a thousand, and the same formula, shifted, does not. And its gradient with the
usual loss is so short that it fits on a label: what you said minus what is true.

![Probabilities of three classes as one score rises](pictures/17_softmax.png)

*About 10 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
import warnings

import numpy as np

from autodiff import Tensor, softmax
from autodiff.nn import cross_entropy
from visualize import explain
from visualize.plots import lines

# %% [markdown]
"""
## Two kinds of answer

How much? A price, a temperature: the last layer gives any number, and nothing is put around it.
That is the **identity**. Which one? A digit from 0 to 9: one wants ten probabilities, all above 0,
which add up to 1. That is the **softmax**: e to the power of each score, divided by the sum of them
all.
"""

# %%
scores = np.array([0.3, 2.9, 4.0])
powers = np.exp(scores)
by_hand = powers / powers.sum()
engine = softmax(Tensor(scores)).numpy()
print("scores  ", scores.tolist())
print("by hand ", by_hand.round(9).tolist())
print("engine  ", engine.round(9).tolist(), " sum", engine.sum())
assert np.allclose(by_hand, engine, rtol=1e-12)
assert abs(engine.sum() - 1) < 1e-15

# %% [markdown]
"""
## Where the formula breaks

e¹⁰⁰⁰ has 435 digits, and a float ends at 309. So the formula as written gives infinity divided by
infinity, which is nan, not a number. But adding a constant to all scores changes nothing, as above
and below are then multiplied by the same eᶜ. So subtract the largest score first: the largest power
is then e⁰ = 1, and nothing can overflow.
"""

# %%
large = np.array([1010.0, 1000.0, 990.0])
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # NumPy warns of the overflow, and rightly so
    naive = np.exp(large) / np.exp(large).sum()
shifted = np.exp(large - large.max()) / np.exp(large - large.max()).sum()
engine = softmax(Tensor(large)).numpy()
print("as written", naive.tolist())
print("shifted   ", shifted.tolist())
print("engine    ", engine.tolist())
assert np.isnan(naive).all()
assert np.allclose(engine, [0.99995460007, 4.539786861e-05, 2.061060046e-09], rtol=1e-9)
assert np.allclose(shifted, engine, rtol=1e-12)

for constant in (-1000.0, 3.0, 1e6):
    moved = softmax(Tensor(scores + constant)).numpy()
    print(f"scores {constant:+9g}: the largest change is {abs(moved - by_hand).max():.0e}")
    assert np.allclose(moved, by_hand, rtol=1e-9)

# %% [markdown]
"""
The picture shows three probabilities while the first score goes from −6 to 6 and the others stay at
0 and 1. The order of the scores is the order of the probabilities: whoever only wants to know
*which* may leave the softmax out.
"""

# %%
first = np.linspace(-6, 6, 121)
rows = softmax(Tensor(np.column_stack([first, 0 * first, 0 * first + 1])), axis=1).numpy()
picture = lines(
    {
        "the first": (first, rows[:, 0]),
        "the second, score 0": (first, rows[:, 1]),
        "the third, score 1": (first, rows[:, 2]),
    },
    x="score of the first",
    y="probability",
    title="Softmax of three scores",
)
picture.save("17_softmax.png")
print("wrote 17_softmax.png")
assert np.array_equal(rows.argmax(axis=1) == 0, first >= 1)
picture

# %% [markdown]
"""
## Its gradient

By hand: if score j grows, pⱼ takes from all others. ∂pᵢ/∂sⱼ is pᵢ(1 − pᵢ) for i = j, and −pᵢpⱼ
else. The engine's table of all nine, row by row:
"""

# %%
p = engine = softmax(Tensor(scores)).numpy()
table = []
for i in range(3):
    s = Tensor(scores, requires_grad=True)
    softmax(s)[i].backward()
    table.append(s.grad)
by_hand = np.diag(p) - np.outer(p, p)
for one, two in zip(by_hand, table):
    print("by hand", one.round(6).tolist(), "  engine", two.round(6).tolist())
assert np.allclose(by_hand, table)
assert np.allclose(np.sum(table, axis=0), 0)  # what one gains, the others lose

# %% [markdown]
"""
With the loss that belongs to it, the **cross-entropy** −log p of the true class (lesson 18), the
nine numbers shrink to three. By hand: −log pₖ = −sₖ + log Σeˢ, and its gradient is p, less 1 at the
true class. *What you said minus what is true.*
"""

# %%
s = Tensor(scores[None], requires_grad=True)
loss = cross_entropy(s, [1])
loss.backward()
by_hand = p - np.array([0.0, 1.0, 0.0])
print("by hand", by_hand.round(9).tolist())
print("engine ", s.grad[0].round(9).tolist())
assert np.allclose(by_hand, s.grad[0])
print(explain(loss, s))

# %% [markdown]
"""
## One thing to try

Divide the scores by a number before the softmax, a *temperature*: above 1 the answers become more
even, below 1 more decided. What happens at 0.01?
"""

# %%
temperature = 1.0

print("p =", softmax(Tensor(scores / temperature)).numpy().round(4).tolist())

# %% [markdown]
"""
## One question

Two classes: a softmax of two scores, or a sigmoid of one. Which is better?

<details><summary>Answer</summary>

They are the same. softmax([s, 0]) = eˢ/(eˢ + 1) = σ(s): as only differences of scores count, the
second may be fixed at 0, and then nothing of it is left.

</details>
"""
