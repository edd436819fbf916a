# %% [markdown]
"""
# Lesson 19: A gradient, worked out in full

**What you will see first.** A network of three neurons, one sample, one weight, and the question:
how much does the loss change if this weight does? The answer is a product of three numbers, and you
will see every one of them. Multiply them with few digits, as the text does, and the third digit is
off.

![Three sigmoid neurons on cards, with all their gradients](pictures/19_network.svg)

*About 12 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
from math import exp, isclose

from autodiff import Value, sigmoid
from autodiff.nn import MLP
from visualize import draw, explain

# %% [markdown]
"""
## The network

Two inputs, two hidden neurons, one output, all with sigmoids. All six weights are 1, all three
biases 0. The sample is x = (−2, −1), and the right answer is y = 1. The loss is (y − ŷ)².
"""

# %%
w1, w2, w3, w4, w5, w6 = (Value(1.0) for _ in range(6))
b1, b2, b3 = Value(0.0), Value(0.0), Value(0.0)
x1, x2, y = -2.0, -1.0, 1.0

h1 = sigmoid(w1 * x1 + w2 * x2 + b1)
h2 = sigmoid(w3 * x1 + w4 * x2 + b2)
y_hat = sigmoid(w5 * h1 + w6 * h2 + b3)
L = (y - y_hat) ** 2
L.backward()

print(f"h1 = h2 = {h1.data:.11f}   y_hat = {y_hat.data:.10f}   L = {L.data:.10f}")
assert isclose(h1.data, 0.04742587318, rel_tol=1e-9)
assert h2.data == h1.data
assert isclose(y_hat.data, 0.5236951741, rel_tol=1e-9)

# %%
neurons = MLP(2, [2, 1], activation="sigmoid", nonlin=True)
for p in neurons.parameters():
    p.data = 0.0
for neuron in (*neurons.layers[0].neurons, *neurons.layers[1].neurons):
    neuron.w[0].data = neuron.w[1].data = 1.0
loss = (y - neurons([Value(x1, label="x1"), Value(x2, label="x2")])) ** 2
loss.backward()
assert isclose(loss.data, L.data)
picture = draw(loss, legend=True)
picture.save("19_network.svg")
print("wrote 19_network.svg")
picture

# %% [markdown]
"""
The picture shows the same network, made of neurons: layer1.neuron1 is h₁, with w₁ and w₂ as its
w[0] and w[1], layer1.neuron2 is h₂, and layer2.neuron1 is ŷ. There is a card for each, on which a
weight has its value in blue and its gradient in orange.

## By hand

From the loss back to w₁ there is one way: through ŷ and h₁.

    ∂L/∂w₁ = ∂L/∂ŷ · ∂ŷ/∂h₁ · ∂h₁/∂w₁

- L = (1 − ŷ)², so ∂L/∂ŷ = −2(1 − ŷ);
- ŷ = σ(w₅h₁ + w₆h₂ + b₃), so ∂ŷ/∂h₁ = w₅ · σ′(w₅h₁ + w₆h₂ + b₃);
- h₁ = σ(w₁x₁ + w₂x₂ + b₁), so ∂h₁/∂w₁ = x₁ · σ′(w₁x₁ + w₂x₂ + b₁).

And σ′ = σ(1 − σ), from lesson 14.
"""


# %%
def slope_of_sigmoid(a):
    s = 1 / (1 + exp(-a))
    return s * (1 - s)


s_hidden = 1 / (1 + exp(3.0))  # of w1 * x1 + w2 * x2 + b1 = -3
dL_dy = -2 * (1 - 1 / (1 + exp(-2 * s_hidden)))
dy_dh1 = 1.0 * slope_of_sigmoid(2 * s_hidden)
dh1_dw1 = x1 * slope_of_sigmoid(-3.0)
by_hand = dL_dy * dy_dh1 * dh1_dw1

print(f"dL/dy   = {dL_dy:.10f}")
print(f"dy/dh1  = {dy_dh1:.10f}")
print(f"dh1/dw1 = {dh1_dw1:.11f}")
print(f"dL/dw1  = {by_hand:.11f} by hand, {w1.grad:.11f} by the engine")
assert isclose(dL_dy, -0.9526096518, rel_tol=1e-9)
assert isclose(dy_dh1, 0.2494385387, rel_tol=1e-9)
assert isclose(dh1_dw1, -0.09035331946, rel_tol=1e-9)
assert isclose(by_hand, 0.02146953527, rel_tol=1e-9)
assert isclose(by_hand, w1.grad)

# %% [markdown]
"""
## The same, from the engine

`explain` writes out what the engine did for that one number, on our names: first every value on the
way, then every gradient as its upstream times its local part, then the whole product.
"""

# %%
print(explain(L, w1))
account = explain(L, w1)
assert isclose(account.gradient, w1.grad)

# %% [markdown]
"""
The command line can do it too, with the formula in one piece:

    autodiff "(1 - sigmoid(w*sigmoid(-2*w1 - 1) + sigmoid(-3)))**2" w1=1 w=1 --explain w1

**The slips.** The text multiplies −0.952, 0.249 and −0.0904, and gets 0.0214 where 0.0215 is right.
(The first is cut, where −0.953 would be nearer.) Round the *result*, not the factors. Its formula
for ŷ prints h₁ and h₃ where the biases belong, and it feeds h₂ from x₃ and x₄, which this network
does not have; its numbers are those of the network above all the same.
"""

# %%
short = -0.952 * 0.249 * -0.0904
print(f"from short factors: {short:.4f}, from all digits: {by_hand:.4f}")
assert f"{short:.4f}" == "0.0214"
assert f"{by_hand:.4f}" == "0.0215"

# %% [markdown]
"""
## All nine

A by-hand calculation for one weight is a page. The engine has done all nine in the same walk; the
factors ∂L/∂ŷ and ∂ŷ/∂h are shared, and were computed once.
"""

# %%
parameters = {
    "w1": w1,
    "w2": w2,
    "w3": w3,
    "w4": w4,
    "w5": w5,
    "w6": w6,
    "b1": b1,
    "b2": b2,
    "b3": b3,
}
for name, p in parameters.items():
    print(f"dL/d{name} = {p.grad:12.9f}")
assert w1.grad == w3.grad
assert isclose(w2.grad, w1.grad / 2)
assert isclose(w5.grad, dL_dy * slope_of_sigmoid(2 * s_hidden) * s_hidden)

# %% [markdown]
"""
All gradients of weights to the hidden layer are positive: to come closer to 1, take them *down*.
Does that make sense? The inputs are negative, so a smaller weight makes a larger sum, a larger h, a
larger ŷ. Yes.

## One thing to try

Take one step against all nine gradients, with the rate below. Is ŷ closer to 1? With which rate is
it past 0.9? (Somewhere between 8 and 10.)
"""

# %%
rate = 1.0

v1, v2, v3, v4, v5, v6 = (p.data - rate * p.grad for p in (w1, w2, w3, w4, w5, w6))
c1, c2, c3 = (p.data - rate * p.grad for p in (b1, b2, b3))
hidden = [sigmoid(v1 * x1 + v2 * x2 + c1), sigmoid(v3 * x1 + v4 * x2 + c2)]
output = sigmoid(v5 * hidden[0] + v6 * hidden[1] + c3)
print(f"rate {rate:g}: y_hat goes from {y_hat.data:.4f} to {output:.4f}")

# %% [markdown]
"""
## One question

h₁ and h₂ have equal weights, and equal gradients. What will they be after a thousand steps?

<details><summary>Answer</summary>

Equal, for ever: whatever one learns, the other learns too, and two neurons do the work of one. That
is why the weights of a network do not all begin at the same number, but at random ones; lesson 23
is about how random.

</details>
"""
