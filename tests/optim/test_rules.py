"""The rules of the optimisers, against PyTorch's numbers and against closed forms."""

import math
from functools import partial
from importlib.util import find_spec

import pytest

from autodiff import Value, cos
from autodiff.optim import SGD, AdaGrad, Adam, AdamW, RMSProp

near = pytest.approx


def loss_of(x, y):
    return cos(x**2 + 10 * y**2 + x * y) + 0.1 * (x**4 + y**4)


# Where four steps from (1.5, -0.7) lead, computed with PyTorch 2.13 in float64.
PYTORCH = [
    (partial(SGD, lr=0.1), [1.2974095697102836, -1.6436953522257507]),
    (partial(SGD, lr=0.1, momentum=0.9), [0.9345958947598072, -0.03275332674412818]),
    (
        partial(SGD, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        [1.1758783606035708, -1.0601469246173476],
    ),
    (partial(AdaGrad, lr=0.1), [1.2454215393272294, -0.4639026498053096]),
    (partial(AdaGrad, lr=0.1, weight_decay=0.1), [1.2440050284787116, -0.46344703827538136]),
    (partial(RMSProp, lr=0.1), [0.31846550960559933, 0.4252580450764675]),
    (
        partial(RMSProp, lr=0.1, alpha=0.9, weight_decay=0.1),
        [1.1070624849911268, -0.5099396601080188],
    ),
    (partial(Adam, lr=0.1), [1.128656532932144, -0.3698259882878794]),
    (
        partial(Adam, lr=0.1, betas=(0.8, 0.9), weight_decay=0.1),
        [1.1295401286915714, -0.37390053994656425],
    ),
    (partial(AdamW, lr=0.1), [1.1241033835023957, -0.3690377224229961]),
    (partial(AdamW, lr=0.1, weight_decay=0.5), [0.9308457747604366, -0.3497375229657944]),
]
NAMES = [
    " ".join([rule.func.__name__, *(f"{k}={v}" for k, v in rule.keywords.items())])
    for rule, _ in PYTORCH
]


def walk(rule, steps, start=(1.5, -0.7)):
    x, y = map(Value, start)
    optimizer = rule([x, y])
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(x, y).backward()
        optimizer.step()
    return [x.data, y.data]


@pytest.mark.parametrize("rule, expected", PYTORCH, ids=NAMES)
def test_four_steps_lead_where_those_of_pytorch_do(rule, expected):
    assert walk(rule, 4) == near(expected, rel=1e-11)


@pytest.mark.skipif(not find_spec("torch"), reason="PyTorch is not installed")
@pytest.mark.parametrize("rule", [rule for rule, _ in PYTORCH], ids=NAMES)
def test_two_hundred_steps_are_those_of_pytorch(rule):
    import torch

    x = torch.tensor([0.4, 0.3], dtype=torch.float64, requires_grad=True)
    theirs = {"AdaGrad": "Adagrad", "RMSProp": "RMSprop"}
    name = theirs.get(rule.func.__name__, rule.func.__name__)
    settings = {**rule.keywords, "lr": 0.001}
    optimizer = getattr(torch.optim, name)([x], **settings)
    for _ in range(200):
        optimizer.zero_grad()
        argument = x[0] ** 2 + 10 * x[1] ** 2 + x[0] * x[1]
        (argument.cos() + 0.1 * (x**4).sum()).backward()
        optimizer.step()
    assert walk(partial(rule.func, **settings), 200, (0.4, 0.3)) == near(x.tolist(), rel=1e-9)


def quadratic(rule, steps, x=10.0, a=2.0):
    """Descend ½ax², whose gradient is ax."""
    x = Value(x)
    optimizer = rule([x])
    path = [x.data]
    for _ in range(steps):
        optimizer.zero_grad()
        (0.5 * a * x * x).backward()
        optimizer.step()
        path.append(x.data)
    return path


def test_descent_of_a_parabola_shrinks_by_a_constant_factor():
    assert quadratic(partial(SGD, lr=0.1), 5) == near([10.0 * 0.8**t for t in range(6)])
    decayed = quadratic(partial(SGD, lr=0.1, weight_decay=0.5), 5)
    assert decayed == near([10.0 * 0.75**t for t in range(6)])


def test_momentum_on_a_parabola_follows_its_two_term_recurrence():
    """x_{t+1} = (1 + μ - lr·a)·x_t - μ·x_{t-1}, and its Nesterov form."""
    lr, mu, a = 0.1, 0.9, 2.0
    path = quadratic(partial(SGD, lr=lr, momentum=mu), 20, a=a)
    for before, now, after in zip(path, path[1:], path[2:]):
        assert after == near((1 + mu - lr * a) * now - mu * before, abs=1e-12)
    path = quadratic(partial(SGD, lr=lr, momentum=mu, nesterov=True), 20, a=a)
    for before, now, after in zip(path[1:], path[2:], path[3:]):
        step = lr * a * (1 + mu)
        assert after == near((1 + mu - step) * now - mu * (1 - lr * a) * before, abs=1e-12)


def test_adam_takes_a_first_step_of_the_learning_rate_whatever_the_gradient():
    for start in (1e-3, 1.0, 1e6):
        assert quadratic(partial(Adam, lr=0.01), 1, x=start)[1] == near(start - 0.01, rel=1e-4)


def test_adam_counts_the_gradients_of_each_parameter():
    """A parameter that gets its first gradient late moves by the learning rate all the same."""
    x, late = Value(0.0), Value(0.0)
    optimizer = Adam([x, late], lr=0.1)
    for step in range(4):
        optimizer.zero_grad()
        (x + late if step >= 2 else x * 1.0).backward()
        optimizer.step()
    assert x.data == near(-0.4, rel=1e-6)
    assert late.data == near(-0.2, rel=1e-6)


def test_adagrad_slows_down_with_the_root_of_time():
    """Under a constant gradient the t-th step is lr/√t."""
    x = Value(0.0)
    optimizer = AdaGrad([x], lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        (-3.0 * x).backward()
        optimizer.step()
    assert x.data == near(sum(0.1 / math.sqrt(t) for t in range(1, 101)))


def test_the_decay_of_adamw_does_not_depend_on_the_gradient():
    x, y = Value(1.0), Value(1.0)
    optimizer = AdamW([x, y], lr=0.1, weight_decay=0.5)
    (0.0 * x + 0.0 * y).backward()
    optimizer.step()
    assert (x.data, y.data) == (0.95, 0.95)


@pytest.mark.parametrize(
    "build, error, words",
    [
        (lambda p: SGD(p, lr=-0.1), ValueError, r"SGD got lr=-0.1; expected a finite number of"),
        (lambda p: SGD(p, lr="fast"), TypeError, "SGD got lr='fast'; expected a number"),
        (lambda p: SGD(p, lr=math.nan), ValueError, "lr=nan"),
        (lambda p: SGD(p, 0.1, momentum=-1), ValueError, "momentum=-1"),
        (lambda p: SGD(p, 0.1, weight_decay=-1), ValueError, "SGD got weight_decay=-1"),
        (lambda p: SGD(p, 0.1, nesterov=True), ValueError, "nesterov=True without momentum"),
        (lambda p: Adam(p, betas=(0.9, 1.0)), ValueError, r"betas\[1\]=1.0; .* number below 1"),
        (lambda p: AdamW(p, eps=-1e-8), ValueError, "AdamW got eps=-1e-08"),
        (lambda p: AdaGrad(p, eps=-1), ValueError, "AdaGrad got eps=-1"),
        (lambda p: RMSProp(p, alpha=1.5), ValueError, "RMSProp got alpha=1.5"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(build, error, words):
    with pytest.raises(error, match=words):
        build([Value(1.0)])
