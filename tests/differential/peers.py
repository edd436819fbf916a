"""PyTorch as one more account, where it is installed: the rows of the table in its words."""

from __future__ import annotations

import importlib.util
import math

torch = None
if importlib.util.find_spec("torch"):  # pragma: no cover  (the suite runs without)
    import torch

    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)


def _full(x, like):
    return x if isinstance(x, torch.Tensor) else torch.full_like(like, x)


def _dot(*operands):
    half = len(operands) // 2
    total = sum(operands[2 * half :])
    for w, x in zip(operands[:half], operands[half:]):
        total = total + w * x
    return total


def _series(x):
    """sin πx / πx near 0."""
    near = torch.where(abs(x) < 0.25, x, 0.0 * x)
    terms = [
        (-1) ** k * (math.pi * near) ** (2 * k) / float(math.factorial(2 * k + 1))
        for k in range(12)
    ]
    return sum(terms[1:], terms[0])


# where the name is another; torch.cbrt, sigmoid of a log etc. are not there
OTHER = {
    "sinc": lambda x: torch.where(abs(x) < 0.25, _series(x), torch.sinc(x)),  # its slope cancels
    "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3),
    "power": lambda a, b: torch.pow(a, b),
    "floor_divide": lambda a, b: torch.floor(a / b),
    "softplus": lambda x: torch.logaddexp(torch.zeros_like(x), x),
    "log_sigmoid": lambda x: torch.nn.functional.logsigmoid(x),
    "silu": lambda x: torch.nn.functional.silu(x),
    "gelu": lambda x: torch.nn.functional.gelu(x),
    "softsign": lambda x: torch.nn.functional.softsign(x),
    "leaky_relu": lambda x, slope: torch.where(x > 0, x, slope * x),
    "elu": lambda x, alpha: torch.where(x > 0, x, alpha * torch.expm1(torch.clamp(x, max=0.0))),
    "selu": lambda x: torch.selu(x),
    "clip": lambda x, low, high: torch.clamp(x, float(low), float(high)),
    "sum": lambda *terms: sum(terms[1:], terms[0]),
    "dot": _dot,
}


def word(name, operands):
    """Do one step in PyTorch."""
    like = next(x for x in operands if isinstance(x, torch.Tensor))
    if name == "where":
        return torch.where(
            torch.full_like(like, operands[0], dtype=torch.bool),
            *(_full(x, like) for x in operands[1:]),
        )
    if name == "power" and isinstance(operands[1], float):
        return operands[0] ** operands[1]  # by a number, which has no logarithm to take
    if name != "clip":
        operands = [_full(x, like) for x in operands]
    return (OTHER.get(name) or getattr(torch, name))(*operands)


def of_scalars(program, direction):
    """Return the value, the gradient, and the Hessian times a direction, as PyTorch has them."""
    xs = [torch.tensor(x, requires_grad=True) for x in program.point]
    y = program.run(xs, word)
    first = _gradient(y, xs, create_graph=True)
    along = sum(g * d for g, d in zip(first, direction))
    second = _gradient(along, xs)
    return y.item(), [g.item() for g in first], [g.item() for g in second]


def _gradient(y, xs, **options):
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in xs]
    found = torch.autograd.grad(y, xs, allow_unused=True, **options)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(found, xs)]


def layer(name, options, x, weights):
    """Do one layer of a network in PyTorch."""
    F = torch.nn.functional
    if name == "Linear":
        return F.linear(x, *weights)
    if name == "Conv2d":
        return F.conv2d(x, *weights, stride=options[3], padding=options[4])
    if name in ("BatchNorm1d", "BatchNorm2d"):
        return F.batch_norm(x, None, None, *weights, training=True)
    if name == "LayerNorm":
        return F.layer_norm(x, options, *weights)
    if name == "MaxPool2d":
        return F.max_pool2d(x, 2)
    if name == "AvgPool2d":
        return F.avg_pool2d(x, 2)
    if name == "Flatten":
        return x.flatten(1)
    if name == "Softplus":  # PyTorch's own is a straight line beyond 20
        return word("softplus", [x])
    return getattr(torch.nn, name)()(x)


def loss(name, y, target):
    """Compute a loss in PyTorch."""
    F = torch.nn.functional
    target = torch.tensor(target)
    return {
        "mse": lambda: F.mse_loss(y, target),
        "l1": lambda: F.l1_loss(y, target),
        "huber": lambda: F.huber_loss(y, target),
        "bce": lambda: _bce((y * 0.2).sigmoid(), target),
        "bce_with_logits": lambda: F.binary_cross_entropy_with_logits(y, target),
        "hinge": lambda: torch.relu(1.0 - y * target).mean(),
        "cross_entropy": lambda: F.cross_entropy(y, target),
        "nll": lambda: F.nll_loss(y.log_softmax(1), target),
    }[name]()


def _bce(p, target):
    """The cross entropy of probabilities; PyTorch's own adds 1e-12 to a denominator."""
    return -torch.where(target > 0, p.log(), (1 - p).log()).mean()
