# %% [markdown]
"""
# Lesson 26: Optimisers

**What you will see first.** A long flat valley, and six ways down. Plain descent zigzags across
it. A ball that keeps its momentum overshoots and comes round. Others give each direction a step of
its own. Then all of them on real digits, and why one of them grows tired.

![Four paths through a valley: SGD, momentum, AdaGrad, Adam](pictures/26_paths.gif)

*About 15 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
import sys
from math import isclose, sqrt

import autodiff
from autodiff import Value, data, nn, optim
from visualize import plots

# %% [markdown]
"""
## The valley

f(x, y) = x²/20 + y², from (−7, 2). By hand the slopes are x/10 and 2y: across the valley the ground
is twenty times as curved as along it. Lesson 10 had such a valley, and nothing but patience.
"""


# %%
def f(x, y):
    return x**2 / 20 + y**2


x, y = Value(-7.0), Value(2.0)
f(x, y).backward()
print("slopes at (-7, 2): by hand", (-7 / 10, 2 * 2.0), " engine", (x.grad, y.grad))
assert isclose(x.grad, -0.7)
assert isclose(y.grad, 4.0)

# %% [markdown]
"""
## Six ways, by hand

g is the slope. Each way remembers something for each number, and moves by a formula of it:

| way | remembers | moves by |
| --- | --- | --- |
| gradient descent, SGD | nothing | −rate · g |
| momentum | v ← 0.9v + g | −rate · v |
| Nesterov | v ← 0.9v + g | −rate · (g + 0.9v) |
| AdaGrad | r ← r + g² | −rate · g/(√r + δ) |
| RMSProp | r ← ρr + (1 − ρ)g² | −rate · g/(√r + δ) |
| Adam | m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g² | −rate · m̂/(√v̂ + δ) |

*Gradient descent* takes the slope of all samples, *SGD*, stochastic gradient descent, that of a
batch; the formula is the same. **Momentum** is a ball that rolls: v is the sum of the slopes so
far, older ones counting less. **Nesterov** looks where the ball is about to be. **AdaGrad** adds up
the squares of the slopes in r, and divides by its root: a direction that has had much takes small
steps. δ, a tiny number, keeps it from dividing by 0. **RMSProp** forgets the old squares at the
rate ρ (the engine calls it alpha). **Adam** has both, momentum and forgotten squares; m̂ and v̂
make up for the zeros that both began with.

Here they are in a few lines, for one number:
"""


# %%
def by_hand(kind, rate, slope, start, steps):
    """Return the places of one number that goes by one of these formulas."""
    x, v, r, path = start, 0.0, 0.0, [start]
    for t in range(1, steps + 1):
        g = slope(x)
        if kind == "SGD":
            x -= rate * g
        elif kind in ("momentum", "Nesterov"):
            v = 0.9 * v + g
            x -= rate * (v if kind == "momentum" else g + 0.9 * v)
        elif kind in ("AdaGrad", "RMSProp"):
            r = r + g**2 if kind == "AdaGrad" else 0.99 * r + 0.01 * g**2
            x -= rate * g / (sqrt(r) + (1e-10 if kind == "AdaGrad" else 1e-8))
        else:
            v, r = 0.9 * v + 0.1 * g, 0.999 * r + 0.001 * g**2
            x -= rate * (v / (1 - 0.9**t)) / (sqrt(r / (1 - 0.999**t)) + 1e-8)
        path.append(x)
    return path


OPTIMISERS = {
    "SGD": (optim.SGD, {"lr": 0.95}),
    "momentum": (optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    "Nesterov": (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "AdaGrad": (optim.AdaGrad, {"lr": 1.5}),
    "RMSProp": (optim.RMSProp, {"lr": 0.1}),
    "Adam": (optim.Adam, {"lr": 0.3}),
}


def engine(name, steps):
    """Return the path of an optimiser of the engine through the valley."""
    x, y = Value(-7.0), Value(2.0)
    kind, options = OPTIMISERS[name]
    optimizer, path = kind([x, y], **options), [(x.data, y.data)]
    for _ in range(steps):
        optimizer.zero_grad()
        f(x, y).backward()
        optimizer.step()
        path.append((x.data, y.data))
    return path


paths = {name: engine(name, 40) for name in OPTIMISERS}
print("after 40 steps             x           y      height")
for name, path in paths.items():
    x, y = path[-1]
    print(f"  {name:10} {x:17.6f} {y:11.6f} {f(x, y):11.6f}")
    rate = OPTIMISERS[name][1]["lr"]
    along = by_hand(name, rate, lambda x: x / 10, -7.0, 40)
    across = by_hand(name, rate, lambda y: 2 * y, 2.0, 40)
    assert all(isclose(one, two[0], abs_tol=1e-9) for one, two in zip(along, path))
    assert all(isclose(one, two[1], abs_tol=1e-9) for one, two in zip(across, path))
assert all(f(*path[-1]) < 0.5 for path in paths.values())

# %%
chosen = {name: paths[name] for name in ("SGD", "momentum", "AdaGrad", "Adam")}
picture = plots.descent_contours(f, chosen, view=((-8, 4), (-3, 3)), title="x²/20 + y²")
picture.save("26_paths.png")
picture.save("26_paths.gif")
print("wrote 26_paths.png and 26_paths.gif")
picture

# %% [markdown]
"""
SGD's rate of 0.95 is just below the bound 2/2 = 1 of the steep direction, so it jumps from side to
side. Momentum's jumps cancel each other in v and its steps along the valley add up; it then rolls
past the goal. AdaGrad and Adam see that y has had large slopes and x small ones, and go straighter.
At its end momentum is still swinging.

## On real digits

The network 784-50-10 of lesson 25, six epochs with each (with `--full` on all of MNIST). The
rates are ones that suit each.
"""

# %%
full = "--full" in sys.argv
(x_train, y_train), test = data.load_mnist() if full else data.load_mnist_small()
RATES = {
    "SGD": 0.1,
    "momentum": 0.02,
    "Nesterov": 0.02,
    "AdaGrad": 0.02,
    "RMSProp": 0.001,
    "Adam": 0.002,
}
runs = {}
for name, rate in RATES.items():
    autodiff.seed(26)
    model = nn.Sequential(nn.Linear(784, 50, init=nn.he), nn.ReLU(), nn.Linear(50, 10, init=nn.he))
    kind, options = OPTIMISERS[name]
    optimizer = kind(model.parameters(), **{**options, "lr": rate})
    loader = data.DataLoader(x_train, y_train, batch_size=100, shuffle=True, seed=26)
    runs[name] = autodiff.fit(model, loader, nn.cross_entropy, optimizer, 6, validation=test)
    print(f"{name:10} test accuracy {runs[name]['validation_accuracy'][-1]:.4f}")
    assert runs[name]["validation_accuracy"][-1] > 0.88

picture = plots.history(runs, show=["loss", "accuracy"], title="Six optimisers, 784-50-10")
picture.save("26_digits.png")
print("wrote 26_digits.png")
picture

# %% [markdown]
"""
And plain *gradient descent*, on all samples at once? It makes one step where SGD makes fifty, at
fifty times the cost:
"""

# %%
autodiff.seed(26)
model = nn.Sequential(nn.Linear(784, 50, init=nn.he), nn.ReLU(), nn.Linear(50, 10, init=nn.he))
optimizer = optim.SGD(model.parameters(), lr=0.1)
whole = autodiff.fit(
    model,
    (x_train, y_train),
    nn.cross_entropy,
    optimizer,
    6,
    validation=test,
    batch_size=len(x_train),
)
print(f"all samples a step, 6 epochs: test accuracy {whole['validation_accuracy'][-1]:.4f}")
assert whole["validation_accuracy"][-1] < runs["SGD"]["validation_accuracy"][-1]

# %% [markdown]
"""
## Why AdaGrad grows tired

On 300 steps AdaGrad is the best of all. It tires later: on all of MNIST, 3,600 steps, it ends at
0.961 and Adam at 0.973. Its r only ever grows. If the slopes stay about as large as they are, r is
about t·g² after t steps, and the step rate · g/√r shrinks like 1/√t: after 10,000 steps to a
hundredth, whether the goal is near or not. RMSProp forgets, so its r follows g², and its steps keep
their size. Give both a slope that is always 1, an endless ramp:
"""

# %%
tired = by_hand("AdaGrad", 0.1, lambda x: 1.0, 0.0, 10_000)
awake = by_hand("RMSProp", 0.1, lambda x: 1.0, 0.0, 10_000)
for name, path in (("AdaGrad", tired), ("RMSProp", awake)):
    steps = [path[t - 1] - path[t] for t in (1, 100, 10_000)]
    print(
        f"{name}: step 1 is {steps[0]:.4f} long, step 100 {steps[1]:.4f}, step 10000 {steps[2]:.4f}"
    )
assert isclose(tired[9_999] - tired[10_000], 0.1 / sqrt(10_000), rel_tol=1e-6)
assert isclose(awake[9_999] - awake[10_000], 0.1, rel_tol=1e-6)

every = range(1, 10_001, 50)
picture = plots.lines(
    {
        "RMSProp": (list(every), [awake[t - 1] - awake[t] for t in every]),
        "AdaGrad": (list(every), [tired[t - 1] - tired[t] for t in every]),
    },
    x="step",
    y="length of the step",
    log="xy",
    title="On an endless ramp",
)
picture.save("26_tired.png")
print("wrote 26_tired.png")
picture

# %% [markdown]
"""
(RMSProp's first step is ten times as long as the later ones: its r begins at 0 and has only a
hundredth of the first square in it. Adam's m̂ and v̂ are there to avoid just that.)

## One thing to try

Which rate takes Adam through the valley fastest? Change it below.
"""

# %%
rate = 0.3

OPTIMISERS["Adam"] = (optim.Adam, {"lr": rate})
path = engine("Adam", 100)
first = next((t for t, (x, y) in enumerate(path) if f(x, y) < 0.01), None)
print(f"Adam at {rate}: the height is below 0.01 for the first time after {first} steps")

# %% [markdown]
"""
## One question

The rates for the digits differ by a factor of a hundred, from 0.1 for SGD to 0.001 for RMSProp. Is
RMSProp so much more careful?

<details><summary>Answer</summary>

No. SGD's rate is multiplied with the slope, which is small, and RMSProp's with g/√r, which is about
1 whatever the slope is: its rate is very nearly the length of the step itself. Rates of different
optimisers cannot be compared.

</details>
"""
