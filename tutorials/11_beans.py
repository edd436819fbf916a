# %% [markdown]
"""
# Lesson 11: The beans

**What you will see first.** A hundred beans: the larger, the more toxic. A weight learns how much
more, in three ways: from one bean at a time, from ten, and from all hundred. The first trembles,
the last glides. They spend the same number of looks at beans, and you will see what each gets out
of it.

![Three paths of the weight: one bean at a time trembles, all beans
glide](pictures/11_three_ways.png)

*About 15 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import isclose

import numpy as np

from autodiff import Value, data
from visualize.plots import lines, regression

# %% [markdown]
"""
## The beans

The text's data are lost; we make them again, seeded: sizes between 0 and 1, sorted, and toxicity
1.2 times the size plus up to 0.1. The model is one weight, toxicity = w · size, and the cost of a
bean is the square of what is missing, (w·x − y)².
"""

# %%
sizes, toxicity = data.beans(100, seed=1)
print(f"{len(sizes)} beans, sizes {sizes[0]:.3f} to {sizes[-1]:.3f}")
assert len(sizes) == 100
assert ((toxicity - 1.2 * sizes >= 0) & (toxicity - 1.2 * sizes <= 0.1)).all()


def slope(w, beans):
    """Return the slope of the mean cost of some beans, by the engine."""
    weight = Value(w)
    cost = sum((weight * float(sizes[i]) - float(toxicity[i])) ** 2 for i in beans) / len(beans)
    cost.backward()
    return weight.grad


def slope_by_hand(w, beans):
    x, y = sizes[beans], toxicity[beans]
    return float(np.mean(2 * (w * x - y) * x))


for beans in ([0], [99], list(range(100))):
    engine, by_hand = slope(0.1, beans), slope_by_hand(0.1, beans)
    print(f"{len(beans):3} beans, w = 0.1: by hand {by_hand:.9f}, engine {engine:.9f}")
    assert isclose(engine, by_hand)

# %% [markdown]
"""
## The goal, without any descent

The best w can be computed outright: where the slope Σ2(wx − y)x is 0, w is Σxy/Σx². This is the
**normal equation**, and our target.
"""

# %%
best = float((sizes * toxicity).sum() / (sizes**2).sum())
print(f"the best w is {best:.6f}")
assert abs(slope(best, list(range(100)))) < 1e-12
assert 1.2 < best < 1.3

# %% [markdown]
"""
## Three ways

The rate is 0.1 for all. One update from one bean is cheap and rough; one from all hundred is a
hundred times as dear and exact. Each way may look at beans a thousand times, ten rounds of all.
"""


# %%
def train(size, rounds=10, rate=0.1):
    """Return how many beans were looked at, and w, after each update of so many beans."""
    w, looks, path = 0.1, [0], [0.1]
    for _ in range(rounds):
        for start in range(0, 100, size):
            w -= rate * slope(w, list(range(start, start + size)))
            looks.append(looks[-1] + size)
            path.append(w)
    return looks, path


sizes_of = {"one at a time": 1, "ten at a time": 10, "all hundred": 100}
ways = {name: train(size) for name, size in sizes_of.items()}
print("                 updates      w at the end   distance from the best")
for name, (_, path) in ways.items():
    print(f"{name:14} {len(path) - 1:9} {path[-1]:17.6f} {abs(path[-1] - best):24.6f}")
assert [len(path) - 1 for _, path in ways.values()] == [1000, 100, 10]

picture = lines(ways, x="looks at a bean", y="w", target=best, title="Three ways to one weight")
picture.save("11_three_ways.png")
print("wrote 11_three_ways.png")
picture

# %% [markdown]
"""
One at a time gets near the goal within the first round, and then swings about it round after round:
each bean pulls towards the line through *itself*, and as they are sorted, the small ones pull first
and the large ones last. Ten at a time needs longer, gets closer, and swings a fifth as wide. All
hundred together go straight there, without a tremble, and are not there yet: ten updates are few.

Give each as many *updates*, and the picture is another:
"""

# %%
swing = {name: np.ptp(ways[name][1][-(200 // size) :]) for name, size in list(sizes_of.items())[:2]}
long = train(100, rounds=1000)[1]
print(f"all hundred, 1000 updates: w = {long[-1]:.9f}, the best {best:.9f}")
print("how far w still swings in the last two rounds:")
for name, width in swing.items():
    print(f"  {name:14} {width:.4f}")
assert isclose(long[-1], best)
assert swing["one at a time"] > swing["ten at a time"] > 0.001
ends = ways["one at a time"][1][100::100]
print("one at a time, after each round:", " ".join(f"{w:.4f}" for w in ends))
assert all(w < best - 0.02 for w in ends)

# %%
one = ways["one at a time"]


def line_of(w):
    return lambda x: w * x


picture = regression(
    {
        f"one at a time, after {n} beans": line_of(one[1][n])
        for n in (0, 10, 30, 50, 75, 100, 200, 1000)
    },
    sizes,
    toxicity,
    x="size",
    up="toxicity",
    title="The line of the weight",
)
picture.save("11_beans.png")
print("wrote 11_beans.png")
picture

# %% [markdown]
"""
**The slip.** The text's listing for "the whole batch" loops over the beans, but takes the slope of
one of them only, each time over, and so repeats its first listing under another name. From the two
runs, which had to agree, it concludes that one at a time is best. There is no ground for that. Here
is its listing beside ours:
"""

# %%
w_text, w_one = 0.1, 0.1
for bean in range(100):
    w_text -= 0.1 * slope(w_text, [bean])  # "batch", as printed: the sum has one term
    w_one -= 0.1 * slope(w_one, [bean])
print(f"the text's batch ends at {w_text:.9f}, one at a time at {w_one:.9f}: they are the same")
print(f"a true batch, from the same 100 looks: {ways['all hundred'][1][1]:.9f}")
assert w_text == w_one == one[1][100]
assert w_text != ways["all hundred"][1][1]

# %% [markdown]
"""
What *is* true: early on, many rough steps beat few exact ones, as a few beans say nearly the
same as all. Near the goal the exact ones win. Batches in between, and a rate that decays,
take the best of both, and nearly everything is trained that way.

## One thing to try

Let the rate decay for the first way: 0.1 / (1 + n/100) at update n. Does it still swing at the end?
"""

# %%
w = 0.1
for n in range(1000):
    rate = 0.1  # try: 0.1 / (1 + n / 100)
    w -= rate * slope(w, [n % 100])
print(f"after 1000 beans w = {w:.6f}, the best is {best:.6f}: off by {abs(w - best):.6f}")

# %% [markdown]
"""
## One question

Each time a round ends, one at a time stands *below* the best w. Why never above?

<details><summary>Answer</summary>

The beans are sorted, so the last words of every round are spoken by the large ones, and always in
the same order. Toxicity is 1.2 · size plus something between 0 and 0.1, so each bean by itself
wants w = y/x = 1.2 + something/x. For the large ones, x near 1, that is about 1.25; for the small
ones it is more, and the best w of all lies in between, at 1.27. Shuffle the beans before each
round, and this pattern is gone: that is why a `DataLoader` shuffles.

</details>
"""
