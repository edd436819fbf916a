# %% [markdown]
"""
# Lesson 7: Shared weights

**What you will see first.** A formula in which one number, m, is used twice. A change of m reaches
the result by two paths, and its gradient is the sum over both: 8 · 17 + 5 · 27 = 271. Then you
will use the gradients to bring the result to a target, and see why one step is enough for the other
number, k, and not for m.

![z = (3k + 8m)(5m + 2) as a graph: two paths lead to m](pictures/07_shared_weights.svg)

*About 15 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import isclose

from autodiff import Value, edges
from visualize import draw
from visualize.plots import descent_curve, side_by_side

# %% [markdown]
"""
## The formula

z = (3k + 8m)(5m + 2), at k = 1 and m = 3. We call the first bracket x and the second y. Think of k
and m as two knobs of a machine, its *weights*, and of m as a knob that turns two wheels at once.
"""

# %%
k, m = Value(1.0), Value(3.0)
x = 3 * k + 8 * m
y = 5 * m + 2
z = x * y

print("x =", x.data, "  y =", y.data, "  z =", z.data)
assert (x.data, y.data, z.data) == (27.0, 17.0, 459.0)

# %% [markdown]
"""
## Two paths meet in m

By hand: z = xy passes y = 17 on to x, and x = 27 on to y. From x a factor 3 leads to k, so
∂z/∂k = 17 · 3 = 51. But m stands in both brackets:

- by way of x, a change of m counts 8 times, and x counts 17 times: 8 · 17 = 136;
- by way of y, it counts 5 times, and y counts 27 times: 5 · 27 = 135.

Turn m a little and *both* happen, so the two add up: ∂z/∂m = 136 + 135 = 271.
"""

# %%
z.backward()

dz_dk = 3 * 17.0
dz_dm = 8 * 17.0 + 5 * 27.0

print("        by hand   engine")
print(f"dz/dk  {dz_dk:8.1f} {k.grad:8.1f}")
print(f"dz/dm  {dz_dm:8.1f} {m.grad:8.1f}")
assert k.grad == dz_dk == 51.0
assert m.grad == dz_dm == 271.0

# %% [markdown]
"""
In the picture two arrows leave the card of m, ×8 and ×5. What comes back along each is the gradient
on the card at its end, times the number on the arrow. (3 × k, 8 × m and 5 × m have no names in our
code, so the picture calls them t₁, t₂ and t₃.)
"""

# %%
picture = draw(z, legend=True)
picture.save("07_shared_weights.svg")
print("wrote 07_shared_weights.svg")
picture

# %%
arriving = [edge for edge in edges(z) if edge.parent is m]
for edge in arriving:
    print(f"along one arrow comes {edge.child.grad:g} * {edge.local:g} = {edge.contribution:g}")
print(f"together: {m.grad:g}")
assert sorted(edge.contribution for edge in arriving) == [135.0, 136.0]
assert sum(edge.contribution for edge in arriving) == m.grad

# %% [markdown]
"""
That is why a gradient is always *added* to what is there already, never written over it. An engine
that forgets this gives 135 or 136, whichever comes last.

## To the target, by k alone

We would like z to be 450, which is 9 less. Each unit of k counts 51 times, so k has to go down by
9/51, to 0.8235294118. With m left alone, z = (3k + 24) · 17 is a straight line in k, and on a
straight line the slope tells the truth at any distance: one step lands.
"""


# %%
def machine(k, m):
    return (3 * k + 8 * m) * (5 * m + 2)


def gradients(at_k, at_m):
    """Return z and its gradients at a point."""
    k, m = Value(at_k), Value(at_m)
    z = machine(k, m)
    z.backward()
    return z.data, k.grad, m.grad


target = 450.0
new_k = 1.0 - (459.0 - target) / 51.0
print(f"k = {new_k:.10f}  z = {machine(new_k, 3.0):.10f}")
assert isclose(new_k, 0.8235294118)
assert isclose(machine(new_k, 3.0), 450.0)

# %% [markdown]
"""
**The slip.** The text arrives at 449.9985 instead. That is no shortcoming of the method, only of
the pencil: the text rounded k to 0.8235 before it went on.
"""

# %%
print(f"k = 0.8235        z = {machine(0.8235, 3.0):.4f}")
assert isclose(machine(0.8235, 3.0), 449.9985)

# %% [markdown]
"""
## Both together, in rounds

Now let k and m share the work: each is to make up for one half of what is missing. One round is

    k ← k − ½ (z − 450) / ∂z/∂k        m ← m − ½ (z − 450) / ∂z/∂m

This time z does not land at once. So we ask for new gradients, where we are now, and go on.
"""

# %%
k_now, m_now = 1.0, 3.0
print("round             k             m                 z")
for rounds in range(3):
    z_now, dz_dk, dz_dm = gradients(k_now, m_now)
    by_hand = 3 * (5 * m_now + 2), 8 * (5 * m_now + 2) + 5 * (3 * k_now + 8 * m_now)
    assert isclose(dz_dk, by_hand[0])
    assert isclose(dz_dm, by_hand[1])
    print(f"{rounds:5d}  {k_now:.10f}  {m_now:.10f}  {z_now:16.10f}")
    if rounds < 2:
        k_now -= 0.5 * (z_now - target) / dz_dk
        m_now -= 0.5 * (z_now - target) / dz_dm

assert isclose(k_now, 0.9114395228)
assert isclose(m_now, 2.983333334)
assert abs(machine(k_now, m_now) - 450) < 1e-6

# %% [markdown]
"""
## What "nonlinear" changes

Multiply out what happens when k moves by p and m by q, away from k = 1 and m = 3:

    z = 459 + 51p + 271q + 15pq + 40q²

The first three terms are all that the gradients know: a flat plane through the point. The other two
are what the plane leaves out. They come about because m meets k, and itself, in a product: **z is
nonlinear**. Along k alone (q = 0) they vanish; so one step was exact. With both, the step misses by
a little, and a step half as long would miss by a quarter of that. The gradients are right *here*,
good nearby, and stale after every move: that is why everything that learns takes many small steps,
with new gradients for each.
"""

# %%
p, q = -0.5 * 9 / 51, -0.5 * 9 / 271
missed = machine(1 + p, 3 + q) - 450
print(
    f"after round 1, z misses 450 by {missed:.10f};  15pq + 40q^2 = {15 * p * q + 40 * q * q:.10f}"
)
assert isclose(missed, 15 * p * q + 40 * q * q, rel_tol=1e-9)

# %% [markdown]
"""
To see it, aim much further away, at 200. Along k one step lands. Along m the tangent leads to the
target, but the curve has bent away from it: the first step stops short, and two more make up for
it.
"""


# %%
def steps_to(goal, f, slope, at, count):
    path = [at]
    for _ in range(count):
        at = at - (f(at) - goal) / slope(at)
        path.append(at)
    return path


def along_k(k):
    return machine(k, 3.0)


def along_m(m):
    return machine(1.0, m)


def slope_k(k):
    return gradients(k, 3.0)[1]


def slope_m(m):
    return gradients(1.0, m)[2]


path_k = steps_to(200.0, along_k, slope_k, 1.0, 1)
path_m = steps_to(200.0, along_m, slope_m, 3.0, 3)
print("along k: z =", ", ".join(f"{along_k(k):.4f}" for k in path_k))
print("along m: z =", ", ".join(f"{along_m(m):.4f}" for m in path_m))
assert isclose(along_k(path_k[1]), 200.0)
assert along_m(path_m[1]) > 236.0
assert abs(along_m(path_m[3]) - 200.0) < 0.01

picture = side_by_side(
    descent_curve(
        along_k, slope_k, path_k, x="k", y="z", view=(-6, 2.2), title="along k: linear", target=200
    ),
    descent_curve(
        along_m,
        slope_m,
        path_m,
        x="m",
        y="z",
        view=(1, 3.4),
        title="along m: nonlinear",
        target=200,
    ),
)
picture.save("07_linear_and_nonlinear.png")
print("wrote 07_linear_and_nonlinear.png")
picture

# %% [markdown]
"""
## Descent, in vector form

Halves were the text's own choice. With a hundred weights one would not like to choose shares at
all. Gradient descent does without. Write the weights as one list, a *vector* w = (k, m), and the
gradients as another, ∇f, read "gradient of f". Then one line moves every weight, however many there
are:

    w ← w − λ ∇f

Here f has to be something with a lowest point (lesson 6): half the square of what is missing,
f = ½ (z − 450)². And λ, the learning rate, has to be small, as the slopes are large.
"""

# %%
vector = [1.0, 3.0]
rate = 0.00001
print("update           k           m               z")
for update in range(16):
    weights = [Value(number) for number in vector]
    z = machine(*weights)
    if update % 3 == 0:
        print(f"{update:6d}  {vector[0]:.8f}  {vector[1]:.8f}  {z.data:14.8f}")
    f = (z - target) ** 2 / 2
    f.backward()

    z_now, dz_dk, dz_dm = gradients(*vector)  # by hand: the slope of f is what is missing times dz
    assert isclose(weights[0].grad, (z_now - target) * dz_dk)
    assert isclose(weights[1].grad, (z_now - target) * dz_dm)

    vector = [number - rate * weight.grad for number, weight in zip(vector, weights)]

assert abs(machine(*vector) - 450) < 1e-4

# %% [markdown]
"""
Descent arrives at another place than the rounds did: k hardly changes, and m takes most of the
work, as its gradient is five times as large. Both answers are right: many pairs of k and m make
450.

## One thing to try

Make the first number below 0.00003 instead of 0.00001: the steps become too long for the slope, and
z moves further away at every update.
"""

# %%
rate_to_try = 0.00001

vector, visited = [1.0, 3.0], []
for _ in range(5):
    z_now, dz_dk, dz_dm = gradients(*vector)
    visited.append(f"{z_now:.3f}")
    missing = z_now - target
    vector = [vector[0] - rate_to_try * missing * dz_dk, vector[1] - rate_to_try * missing * dz_dm]
print(f"rate {rate_to_try:.5f}:  z =", " -> ".join(visited))

# %% [markdown]
"""
## One question

What is the gradient of m in z = m · m at m = 3, path by path? And what would an engine answer that
writes gradients over each other instead of adding them?

<details><summary>Answer</summary>

Two arrows lead from m to z, one for each factor, and each passes on the *other* factor: 3 and 3.
Together they are 6, which is the 2m that school gives for the slope of m². An engine that writes
over would answer 3. Draw it: `m = Value(3.0); z = m * m; z.backward(); draw(z)`.

</details>
"""
