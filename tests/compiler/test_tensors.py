"""Compiled functions of Tensors are the functions: values, gradients, branches, steps."""

from __future__ import annotations

import copy
import random
import threading
import tracemalloc
import warnings

import numpy as np
import pytest

import autodiff
from autodiff import (
    Tensor,
    Value,
    array_functions,
    conv2d,
    custom_vjp,
    functions,
    nn,
    no_grad,
    optim,
    seed,
    structural,
    where,
)
from autodiff.compiler import compile
from autodiff.elementwise import TABLE

RNG = np.random.default_rng(0)
X = RNG.normal(0.0, 1.0, (12, 6)).astype(np.float32)
CLASSES = RNG.integers(0, 4, 12)


def eager(function, *args):
    """Return the value and the gradients of arguments and parameters, as the engine has them."""
    given = [
        Tensor(x, requires_grad=True) if getattr(x, "dtype", np.dtype(int)).kind == "f" else x
        for x in args
    ]
    root = function(*given)
    root.backward()
    return root.array, [x.grad if isinstance(x, Tensor) else None for x in given]


def assert_close(found, expected, ulps=4):
    assert (found is None) == (expected is None)
    if expected is None:
        return
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    kind = expected.dtype if expected.dtype.kind == "f" else np.dtype(float)
    scale = np.abs(expected).max(initial=1.0, where=np.isfinite(expected))
    np.testing.assert_allclose(
        found, expected, rtol=ulps * np.finfo(kind).eps, atol=ulps * np.finfo(kind).eps * scale
    )


def check(function, *args):
    """Compare a function compiled with itself, twice, as buffers are used again."""
    compiled = compile(function)
    for _ in range(2):
        value, gradients = eager(function, *args)
        found, ours = compiled.value_and_grad(*args)
        assert_close(found, value)
        assert_close(compiled(*args), value)
        for mine, theirs, x in zip(ours, gradients, args, strict=True):
            if isinstance(x, np.ndarray) and x.dtype.kind == "f":
                theirs = np.zeros_like(x) if theirs is None else theirs
                assert mine.dtype == x.dtype
            assert_close(mine, theirs)
    return compiled


# -- random programs over all rows -----------------------------------------------------------------

NAMES = [name for name in TABLE if name not in ("dot", "sum", "where")]
SHAPES = [(3, 4), (4,), (3, 1), ()]


def program(number):
    """Return a random function of three arrays, over all rows and some functions of arrays."""
    rng = random.Random(number)
    steps = []
    for n in range(3, 3 + rng.randint(2, 10)):
        name = rng.choice(NAMES)
        places = [
            rng.choice([rng.randrange(n), rng.randrange(n), round(rng.uniform(-3.0, 3.0), 2)])
            for _ in TABLE[name].vjps
        ]
        shape = rng.choice(["", "", "sum", "T", "max", "flip", "concatenate"])
        steps.append((name, places, shape))

    def f(a, b, c):
        values = [a, b, c]
        for name, places, shape in steps:
            args = [values[x] if isinstance(x, int) else x for x in places]
            if all(isinstance(x, float) for x in args):
                args[0] = a
            if name == "clip":  # whose bounds are numbers
                args = [a if isinstance(args[0], float) else args[0], -0.5, 0.5]
            y = getattr(functions, name)(*args)
            if y.ndim and shape == "sum":
                y = y - array_functions.mean(y, axis=-1, keepdims=True)
            elif y.ndim and shape == "max":
                y = y * array_functions.max(y, axis=0, keepdims=True)
            elif y.ndim == 2 and shape == "T" and y.shape == (3, 4):
                y = (y @ y.T) @ y
            elif y.ndim and shape == "flip":
                y = array_functions.flip(y)
            elif y.ndim == 2 and shape == "concatenate":
                y = array_functions.concatenate([y, y * 2.0], axis=1)[:, : y.shape[1]]
            values.append(y)
        return array_functions.sum(values[-1] * 0.5)

    points = np.random.default_rng(number)
    dtype = rng.choice([np.float32, np.float64])
    shapes = [rng.choice(SHAPES) for _ in range(3)]
    return f, [np.asarray(points.uniform(-2.0, 2.0, shape), dtype) for shape in shapes]


def finite_program(number):
    """Return the first from a number on whose value and gradients are finite."""
    for i in range(100):
        function, args = program(1000 * number + i)
        value, gradients = eager(function, *args)
        if all(np.isfinite(x).all() for x in (value, *gradients) if x is not None):
            return function, args, value, gradients
    raise AssertionError("no finite program")


@pytest.mark.parametrize("number", range(200))
def test_random_programs_are_equal_compiled(number):
    function, args, value, gradients = finite_program(number)
    found, ours = compile(function).value_and_grad(*args)
    assert_close(found, value, 4)
    for mine, theirs, x in zip(ours, gradients, args, strict=True):
        assert_close(mine, np.zeros_like(x) if theirs is None else theirs, 4)


W = Tensor(RNG.normal(0.0, 1.0, (6, 4)).astype(np.float32), requires_grad=True, label="W")

FUNCTIONS = {
    "sums": lambda x: array_functions.mean(x.sum(axis=0) ** 2),
    "var": lambda x: x.var(axis=1).sum() + x.std(),
    "prod": lambda x: x.prod(axis=1).sum(),
    "norm": lambda x: x.norm(axis=0).mean(),
    "max": lambda x: x.max(axis=1).sum() - x.min(),
    "softmax": lambda x: (x.softmax() * x).sum(),
    "log_softmax": lambda x: array_functions.log_softmax(x, 0).mean(),
    "logsumexp": lambda x: x.logsumexp(axis=1).sum(),
    "cumsum": lambda x: (x.cumsum(axis=0) * x).mean(),
    "reshape": lambda x: (x.reshape(6, 12).T @ x.ravel().reshape(6, 12)).sum(),
    "index": lambda x: (x[1:, ::2] * x[:-1, 1::2]).sum() + x[[0, 0, 3]].mean(),
    "set": lambda x: (x.set((slice(None), 0), x[:, 1] * 2.0) ** 2).sum(),
    "pad": lambda x: (array_functions.pad(x, 1)[1:, 1:] ** 2).sum(),
    "roll": lambda x: (x.roll(2, 0) * x).sum(),
    "sort": lambda x: (x.sort(axis=0)[0] * 3.0).sum(),
    "argmax": lambda x: x[np.arange(12), x.argmax(axis=1)].sum(),
    "take": lambda x: x.take_along_axis(x.argmin(axis=1).reshape(12, 1), 1).sum(),
    "einsum": lambda x: array_functions.einsum("ij,kj->ik", x, x).mean(),
    "outer": lambda x: array_functions.outer(x[0], x[1]).sum(),
    "where": lambda x: where(x > 0.0, x, 0.1 * x).sum(),
    "mask": lambda x: where((x > -1.0) & ~(x > 1.0), x * x, 2.0).sum(),
    "clip": lambda x: (x.clip(-0.5, 0.5) * x).sum(),
    "relu": lambda x: (x.relu() * x).sum() + x.relu().mean(),
    "same twice": lambda x: ((x * 2.0).tanh() * (x * 2.0).tanh()).sum(),
    "astype": lambda x: (x.astype(np.float64) ** 2).sum(),
    "batched": lambda x: (x.reshape(3, 4, 6) @ x.reshape(3, 4, 6).mT).tanh().sum(),
    "pooling": lambda x: nn.MaxPool2d(2)(x.reshape(1, 1, 12, 6)).sum(),
    "captured": lambda x: (x @ W).tanh().mean(),
    "constant": lambda x: (x * np.linspace(0.0, 1.0, 6, dtype=np.float32)).sum(),
    "broadcast": lambda x: (x[:, :1] * x[0] + x.mean(axis=0)).sum(),
    "tied": lambda x: (x @ x.T).sum() + x.sum(),
    "only x": lambda x: x.sum(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_arrays_are_equal_compiled(name):
    check(FUNCTIONS[name], X)
    check(FUNCTIONS[name], np.asfortranarray(X))
    check(FUNCTIONS[name], np.concatenate([X, X], axis=1)[:, 3:9])


def test_what_is_returned_stays_as_it_was():
    compiled = compile(lambda x: (x * x).sum())
    first = compiled.value_and_grad(X)[1][0]
    kept = first.copy()
    compiled.value_and_grad(2.0 * X)
    assert (first == kept).all()
    whole = compile(lambda x: x.relu() @ W)
    one = whole(X)
    kept = one.copy()
    two = whole(X + 1.0)
    assert (one == kept).all()
    assert (one != two).any()


@pytest.mark.parametrize(
    "function",
    [lambda x: x, lambda x: x.reshape(6, 12), lambda x: x.T, lambda x: W, lambda x: x * 1.0],
)
def test_a_result_is_nobody_elses_array(function):
    given, kept = X.copy(), W.array.copy()
    result = compile(function)(given)
    result += 1.0
    assert (given == X).all()
    assert (W.array == kept).all()


def test_a_gradient_is_nobody_elses_array():
    _, (a, b) = compile(lambda a, b: (a + b).sum()).value_and_grad(X, X)
    a += 1.0
    assert (b == 1.0).all()
    value, (g,) = compile(lambda x: x.sum()).value_and_grad(X)
    g += 1.0
    assert compile(lambda x: x.sum()).value_and_grad(X)[1][0].max() == 1.0
    assert type(value) is float


# -- networks --------------------------------------------------------------------------------------


def networks():
    seed(3)
    dense = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4))
    images = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3 * 5 * 2, 4)
    )
    normal = nn.Sequential(
        nn.Linear(6, 5), nn.BatchNorm1d(5), nn.GELU(), nn.LayerNorm(5), nn.Linear(5, 4)
    )
    classes = nn.Sequential(nn.Embedding(4, 3), nn.Linear(3, 4), nn.Softmax())
    return {
        "cross_entropy": (dense, lambda m, x, y: nn.cross_entropy(m(x), y)),
        "one-hot": (dense, lambda m, x, y: nn.cross_entropy(m(x), np.eye(4)[y])),
        "nll": (dense, lambda m, x, y: nn.nll(array_functions.log_softmax(m(x)), y)),
        "decay": (
            dense,
            lambda m, x, y: (
                nn.cross_entropy(m(x), y) + 1e-3 * sum((p * p).sum() for p in m.parameters())
            ),
        ),
        "convolution": (
            images,
            lambda m, x, y: nn.cross_entropy(
                m(array_functions.concatenate([x, x], 1).reshape(12, 1, 12, 1).tile((1, 1, 1, 6))),
                y,
            ),
        ),
        "normal": (normal, lambda m, x, y: nn.cross_entropy(m(x), y)),
        "embedding": (classes, lambda m, x, y: (m(y) * x[:, :4]).sum()),
    }


def gradients(model):
    return [None if p.grad is None else p.grad.copy() for p in model.parameters()]


@pytest.mark.parametrize("name", networks())
def test_networks_have_the_same_gradients_compiled(name):
    model, function = networks()[name]
    twin = copy.deepcopy(model)
    compiled = compile(lambda x, y: function(twin, x, y))
    for x, y in ((X, CLASSES), (X[::-1] * 0.5, CLASSES[::-1]), (X, CLASSES)):
        if name == "one-hot":
            y = CLASSES
        model.zero_grad()
        loss = function(model, Tensor(x), y)
        loss.backward()
        twin.zero_grad()
        if name == "one-hot":
            with pytest.raises(TypeError, match="cannot follow"):
                compiled.backward(x, y)
            return
        assert_close(compiled.backward(x, y), loss.item(), 16)
        for ours, theirs in zip(gradients(twin), gradients(model), strict=True):
            assert_close(ours, theirs, 32)
    for (name_, ours), (_, theirs) in zip(
        sorted(twin.state_dict().items()), sorted(model.state_dict().items()), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, err_msg=name_)  # running means too


LOSSES = [nn.mse, nn.l1, nn.huber, nn.bce_with_logits, nn.bce, nn.hinge, nn.cross_entropy]


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_take_targets_as_arguments(loss):
    model = nn.Sequential(nn.Linear(6, 4), nn.Sigmoid())
    targets = RNG.dirichlet(np.ones(4), 12)
    if loss is nn.hinge:
        targets = np.where(targets > 0.3, 1.0, -1.0)
    twin = copy.deepcopy(model)
    expected = loss(model(X), targets)
    expected.backward()
    found = compile(lambda x, y: loss(twin(x), y)).backward(X, targets)
    assert_close(found, expected.item(), 16)
    for ours, theirs in zip(gradients(twin), gradients(model), strict=True):
        assert ours.dtype == np.float32
        assert_close(ours, theirs, 16)


def test_gradients_accumulate_as_after_an_eager_backward():
    model = nn.Linear(6, 4)
    loss = compile(lambda x, y: nn.cross_entropy(model(x), y))
    loss.backward(X, CLASSES)
    once = gradients(model)
    loss.backward(X, CLASSES)
    nn.cross_entropy(model(X), CLASSES).backward()
    for total, one in zip(gradients(model), once, strict=True):
        assert_close(total, 3.0 * one, 8)
    assert set(loss.parameters) == {"weight", "bias"}
    assert loss.parameters["weight"] is model.weight


def test_dropout_draws_what_it_draws_eagerly():
    model = nn.Sequential(nn.Linear(6, 50), nn.Dropout(0.4), nn.Linear(50, 4))
    loss = compile(lambda x, y: nn.cross_entropy(model(x), y))
    for mode in (True, False, True):
        model.train(mode)
        seed(5)
        expected = [nn.cross_entropy(model(X), CLASSES).item() for _ in range(3)]
        seed(5)
        found = [loss(X, CLASSES) for _ in range(3)]
        assert_close(found, expected, 1e7)
        assert (len(set(found)) == 3) == mode


def test_running_means_are_kept_once_in_each_call_and_used_in_evaluation():
    model = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5))
    twin = copy.deepcopy(model)
    function = compile(lambda x: twin(x).sum())
    for x in (X, X + 1.0, X * 2.0):
        assert_close(function(x), model(x).sum().item(), 1e3)
    for module in (model, twin):
        module.eval()
    assert_close(function(X), model(X).sum().item(), 1e3)
    for module in (model, twin):
        module.train()
    model(X * 3.0)
    function(X * 3.0)
    for module in (model, twin):
        module.eval()
    assert_close(function(X), model(X).sum().item(), 1e3)


def test_a_parameter_that_is_frozen_gets_no_gradient():
    model = nn.Linear(6, 4)
    loss = compile(lambda x, y: nn.cross_entropy(model(x), y))
    loss.backward(X, CLASSES)
    model.zero_grad()
    model.weight.requires_grad = False
    loss.backward(X, CLASSES)
    assert model.weight.grad is None
    assert model.bias.grad is not None


def test_parameters_are_read_in_each_call():
    model = nn.Linear(6, 4)
    function = compile(lambda x: model(x).sum())
    before = function(X)
    model.weight.data = model.weight.data * 2.0
    assert function(X) != before
    assert_close(function(X), model(X).sum().item(), 1e3)


# -- ways ------------------------------------------------------------------------------------------


def test_branches_on_a_number_are_recorded_anew():
    def f(x):
        return (x * x).sum() if x.sum() > 0.0 else -x.sum()

    compiled = compile(f)
    for x in (X + 3.0, X - 3.0, X + 3.0, X - 3.0):
        value, (gradient,) = eager(f, x)
        found, (ours,) = compiled.value_and_grad(x)
        assert_close(found, value)
        assert_close(ours, gradient)
    assert "if " in compiled.source


def test_branches_on_all_and_any():
    compiled = compile(lambda x: x.sum() if (x > 0.0).all() else -x.sum())
    assert compiled(np.ones(3)) == 3.0
    assert compiled(-np.ones(3)) == 3.0
    either = compile(lambda x: x.sum() if (x > 0.0).any() else 0.0 * x.sum())
    assert either(np.array([-1.0, 2.0])) == 1.0
    assert either(np.array([-1.0, -2.0])) == 0.0


def test_other_shapes_and_dtypes_are_other_programs():
    compiled = compile(lambda x: (x @ x.T).mean())
    for x in (X, X[:5], X.astype(np.float64), X[:5]):
        assert_close(compiled(x), eager(lambda x: (x @ x.T).mean(), x)[0])


def test_what_is_no_array_is_fixed_and_another_program_for_another():
    compiled = compile(lambda x, axis, name: x.sum(axis=axis).mean() * (2.0 if name else 1.0))
    assert_close(compiled(X, 0, "a"), 2.0 * X.sum(0).mean(), 64)
    assert_close(compiled(X, 1, ""), X.sum(1).mean(), 64)
    assert compiled.value_and_grad(X, None, "")[1][1:] == (None, None)
    scaled = compile(lambda x, rate: (x * rate).sum())
    value, (_, slope) = scaled.value_and_grad(X, 0.5)
    assert_close(value, 0.5 * X.sum(), 64)
    assert_close(slope, X.sum(), 64)


def test_many_programs_are_told():
    compiled = compile(lambda x: (x @ x.T).sum())
    for n in range(1, 17):
        compiled(np.ones((n, 2)))
    with pytest.warns(UserWarning, match="17 kinds of arguments"):
        compiled(np.ones((17, 2)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in range(1, 100):
            assert compiled(np.ones((n, 2))) == 2.0 * n * n


def test_tensors_as_arguments_go_through_the_function():
    compiled = compile(lambda x: (x * W.array.sum()).sum())
    compiled(X)
    x = Tensor(X, requires_grad=True)
    y = compiled(x)
    y.backward()
    assert x.grad is not None
    assert compiled.value_and_grad(Tensor(X))[0] == compiled(X)
    with pytest.raises(TypeError, match="needs a gradient where numbers are expected"):
        compiled.value_and_grad(x)


def test_it_may_be_called_in_threads():
    model = nn.Sequential(nn.Linear(6, 64), nn.Tanh(), nn.Linear(64, 4))
    function = compile(lambda x: (model(x) ** 2).sum())
    points = [X * (1.0 + i) for i in range(4)]
    expected = [function.value_and_grad(x)[1][0] for x in points]
    wrong = []

    def work(i):
        for _ in range(200):
            if not (function.value_and_grad(points[i])[1][0] == expected[i]).all():
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_users_own_operations_are_called():
    @custom_vjp(lambda g, y, x: 3.0 * g * x**2)
    def cube(x):
        return x**3

    check(lambda x: (cube(x) * x).sum(), X)


def test_transforms_inside_are_compiled_too():
    def penalty(x):
        slope = autodiff.grad(lambda x: (x @ W).tanh().sum())(x)
        return (slope * slope).sum()

    value, (gradient,) = eager(penalty, X)
    found, (ours,) = compile(penalty).value_and_grad(X)
    assert_close(found, value, 16)
    assert_close(ours, gradient, 16)


def test_under_no_grad_it_computes_the_value():
    model = nn.Linear(6, 4)
    function = compile(lambda x: model(x).sum())
    with no_grad():
        assert_close(function(X), model(X).sum().item(), 1e3)
    function.backward(X)
    assert model.weight.grad is not None


# -- steps -----------------------------------------------------------------------------------------

OPTIMIZERS = [
    lambda p: optim.SGD(p, lr=0.1),
    lambda p: optim.SGD(p, lr=0.1, weight_decay=0.01),
    lambda p: optim.SGD(p, lr=optim.linear_decay(0.1, 0.01, steps=5), momentum=0.9, nesterov=True),
    lambda p: optim.AdaGrad(p),
    lambda p: optim.RMSProp(p),
    lambda p: optim.Adam(p, weight_decay=0.1),
    lambda p: optim.AdamW(p),
]


class Sign(optim.Optimizer):
    """A rule of the user's own."""

    def rule(self, xp, rate, x, g):
        x -= rate * xp.sign(g)
        return (x,)


@pytest.mark.parametrize("make", [*OPTIMIZERS, lambda p: Sign(p, lr=0.01)])
def test_a_compiled_step_is_an_eager_step(make):
    seed(1)
    model = nn.Sequential(nn.Linear(6, 200), nn.BatchNorm1d(200), nn.ReLU(), nn.Linear(200, 4))
    twin = copy.deepcopy(model)
    ours, theirs = make(twin.parameters()), make(model.parameters())
    loss = compile(lambda x, y: nn.cross_entropy(twin(x), y))
    for i in range(6):
        x = X * (1.0 + 0.1 * i)
        theirs.zero_grad()
        expected = nn.cross_entropy(model(x), CLASSES)
        expected.backward()
        theirs.step()
        assert_close(loss.step(ours, x, CLASSES), expected.item(), 1e3)
        if i == 3 and hasattr(ours, "weight_decay"):  # a setting of later steps
            ours.weight_decay = theirs.weight_decay = 0.05
    assert ours.steps == theirs.steps == 6
    for a, b in zip(twin.parameters(), model.parameters(), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=2e-4, atol=2e-5)
        assert a.grad is None


def test_a_compiled_step_of_values():
    a, b = Value(1.0), Value(-2.0)
    twins = copy.deepcopy([a, b])
    ours, theirs = optim.SGD([a, b], lr=0.1), optim.SGD(twins, lr=0.1)
    loss = compile(lambda x: (a * x + b) ** 2)
    for _ in range(3):
        theirs.zero_grad()
        expected = (twins[0] * 3.0 + twins[1]) ** 2
        expected.backward()
        theirs.step()
        assert loss.step(ours, 3.0) == pytest.approx(expected.data, rel=1e-14)
    assert [a.data, b.data] == pytest.approx([x.data for x in twins], rel=1e-14)


def test_a_step_changes_the_parameters_of_its_optimizer_alone():
    model = nn.Sequential(nn.Linear(6, 5), nn.Linear(5, 4))
    first, last = model.layers
    loss = compile(lambda x, y: nn.cross_entropy(model(x), y))
    before = first.weight.data.copy(), last.weight.data.copy()
    loss.step(optim.SGD(last.parameters(), lr=0.1), X, CLASSES)
    assert (first.weight.data == before[0]).all()
    assert (last.weight.data != before[1]).any()
    other = nn.Linear(6, 4)
    with pytest.raises(ValueError, match="other parameters than the function uses"):
        loss.step(optim.SGD(other.parameters(), lr=0.1), X, CLASSES)


def test_what_was_computed_before_a_step_is_outdated_by_it():
    model = nn.Linear(6, 4)
    root = nn.cross_entropy(model(X), CLASSES)
    compile(lambda x, y: nn.cross_entropy(model(x), y)).step(
        optim.SGD(model.parameters(), lr=0.1), X, CLASSES
    )
    with pytest.raises(RuntimeError, match="was changed after"):
        root.backward()


def test_a_step_takes_no_more_memory_than_an_eager_one():
    model = nn.Sequential(nn.Linear(64, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU())
    x = np.ones((256, 64), np.float32)
    loss = compile(lambda x: model(x).mean())
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def peak(step):
        step()
        tracemalloc.start()
        step()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    def step():
        optimizer.zero_grad()
        model(x).mean().backward()
        optimizer.step()

    assert peak(lambda: loss.step(optimizer, x)) < 0.5 * peak(step)


# -- what is told ----------------------------------------------------------------------------------

LINEAR = nn.Linear(6, 4)


def _noise(x):
    return (x + np.random.default_rng().normal(size=6)).sum()


@pytest.mark.parametrize(
    ("function", "args", "words"),
    [
        (lambda x: (LINEAR(x) * x.data.sum()).sum(), (X,), r"cannot follow x\.data"),
        (lambda x: LINEAR(x).sum() * float(x.sum()), (X,), r"cannot follow float\(\)"),
        (lambda x: LINEAR(x).sum() * x.sum().item(), (X,), r"cannot follow a number, as \.item"),
        (lambda x: LINEAR(x).sum() * LINEAR.weight.data.sum(), (X,), r"cannot follow x\.data"),
        (lambda x: LINEAR(x).sum() * x.numpy().max(), (X,), r"cannot follow x\.numpy\(\)"),
        (lambda x: x.sum() if np.any(x > 3.5) else -x.sum(), (X,), r"what np\.any finds out"),
        (lambda x: LINEAR(x) * np.asarray(x).max(), (X,), r"np\.asarray\(x\)"),
        (lambda x: x.sum() * random.choice([1.0, 2.0]), (X,), "draws random numbers, which"),
        (lambda x: np.median(x), (np.ones(3),), "np.median of a Tensor has no gradient|median"),
        (lambda x: x[np.random.randint(3)].sum(), (X,), "random numbers"),  # noqa: NPY002
        (lambda x: LINEAR(x).sum() + _noise(x), (X,), "random numbers"),
        (lambda x: LINEAR(x).sum().backward(), (X,), r"backward\(\) inside a function that is"),
        (lambda x: (LINEAR(x), 1), (X,), "returns a tuple; expected one that returns one Tensor"),
        (lambda x: LINEAR(x), (X[:, :3],), r"got shape \(12, 3\); expected \(..., 6\)"),
        (lambda x: LINEAR(x), (X, X), "got 2 arguments; expected 1"),
        (lambda x: LINEAR(x), (X.astype(complex),), "real numbers"),
        (lambda x: LINEAR(x), (Value(1.0),), "got a graph is of one kind|Value"),
        (lambda x: LINEAR(x) if x > 0 else x, (X,), "ambiguous"),
    ],
)
def test_what_cannot_be_compiled_is_told(function, args, words):
    with pytest.raises((TypeError, ValueError), match=words):
        compile(function)(*args)


def test_what_is_no_scalar_has_no_gradient():
    function = compile(LINEAR.forward)
    assert function(X).shape == (12, 4)
    with pytest.raises(RuntimeError, match=r"backward\(\) needs a scalar, got shape \(12, 4\)"):
        function.backward(X)
    with pytest.raises(RuntimeError, match=r"value_and_grad\(\) needs a scalar"):
        function.value_and_grad(X)
    with pytest.raises(RuntimeError, match="found no Tensor that needs a gradient"):
        compile(lambda x: (x @ x.T).sum()).backward(X)


def test_labels_are_checked_in_each_call():
    loss = compile(lambda x, y: nn.cross_entropy(LINEAR(x), y))
    loss(X, CLASSES)
    for bad in (CLASSES + 4, CLASSES - 4):
        with pytest.raises(ValueError, match="expected an int from 0 to 3"):
            loss(X, bad)
    table = nn.Embedding(4, 3)
    words = compile(lambda i: table(i).sum())
    words(CLASSES)
    with pytest.raises(IndexError, match="expected 0 to 3"):
        words(CLASSES - 4)
    sides = compile(lambda x, t: nn.hinge(LINEAR(x), t))
    sides(X, np.ones((12, 4)))
    with pytest.raises(ValueError, match="expected -1 or 1"):
        sides(X, np.zeros((12, 4)))


def test_the_source_is_what_one_would_write():
    model = nn.Sequential(nn.Linear(6, 50), nn.ReLU(), nn.Linear(50, 4))

    @compile
    def loss(x, y):
        scores = model(x)
        return nn.cross_entropy(scores, y)

    loss(X, CLASSES)
    lines = loss.source.splitlines()
    assert lines[0] == "def loss(x, y):"
    assert any(line.startswith("    scores = affine(t") for line in lines)
    assert "    # forward" in lines
    assert "    # backward" in lines
    assert any("dJ_dscores = cross_entropy_slope(scores, target=y" in line for line in lines)
    assert any("weight_slope(dJ_dscores" in line for line in lines)
    with pytest.raises(TypeError, match="is a function of Tensors"):
        loss.latex()
    with pytest.raises(TypeError, match="is a function of Tensors"):
        loss.save("loss.py")


def test_gradients_are_stopped_where_they_are_eagerly():
    w = Tensor([1.0, 2.0], requires_grad=True)

    def by_no_grad(x):
        with no_grad():
            s = (w * x).sum()
        return (x * w * s).sum()

    by_detach = [
        lambda x: (x * w * w.detach()).sum(),
        lambda x: ((x * w).detach() * x * w).sum(),
        lambda x: nn.mse(w * x, (w * x * 2.0).detach()),
    ]
    x = np.array([1.0, 3.0])
    for function in (by_no_grad, *by_detach):
        compiled = compile(function)
        for numbers in ([1.0, 2.0], [10.0, 5.0]):
            w.data = np.array(numbers)
            w.zero_grad()
            expected = function(Tensor(x))
            expected.backward()
            kept = w.grad
            w.zero_grad()
            assert_close(compiled.backward(x), expected.item())
            assert_close(w.grad, kept)


def test_the_mode_of_ones_own_module_is_heeded():
    class Scaled(nn.Module):
        def __init__(self):
            self.linear = nn.Linear(6, 4)
            self.dropout = nn.Dropout(0.5)

        def forward(self, x):
            y = self.linear(x)
            return self.dropout(y) * 2.0 if self.training else y

    model = Scaled().eval()
    function = compile(lambda x: model(x).sum())
    evaluated = function(X)
    model.train()
    assert len({function(X) for _ in range(4)}) == 4
    model.eval()
    assert function(X) == evaluated


A = np.array([1.0, 2.0, 4.0])


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (lambda p, t: nn.mse(p, t), (A, 2.0 * A)),
        (lambda p, t: nn.huber(p, t), (A, 2.0 * A)),
        (lambda w, x, y: np.mean((w * x - y) ** 2), (2.0, A, A + 1.0)),
        (lambda w, x: np.dot(w, x), (A, A)),
        (lambda x: np.linalg.norm(x), (A,)),
        (lambda x: x * float(np.ndim(x)), (A,)),
        (lambda x: x * x / np.size(x), (A,)),
    ],
)
def test_what_adds_up_an_array_is_no_function_of_rows(function, args):
    found = compile(function)(*args)
    np.testing.assert_allclose(found, function(*map(Tensor, args)).array)


def test_a_buffer_that_is_filled_by_hand_is_told():
    buffer = np.zeros(3)

    def filled(x):
        buffer[:] = x.data
        return (x * buffer).sum()

    with pytest.raises(TypeError, match=r"cannot follow x\.data"):
        compile(filled)(A)


def test_a_model_is_compiled_as_it_stands():
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 1))
    compiled = compile(model)
    assert_close(compiled(X), model(X).array, 8)
    assert set(compiled.parameters) == {
        "layer1_weight", "layer1_bias", "layer3_weight", "layer3_bias",
    }  # fmt: skip
    assert repr(compiled) == "<compiled Sequential(x)>"


@pytest.mark.parametrize(
    ("function", "first"),
    [
        (lambda x: np.flip(x), np.ones(3)),
        (lambda x: np.mean(x, keepdims=True), np.ones(1)),
        (lambda x: x / np.size(x), np.zeros(3)),
        (lambda x: np.flip(x), np.zeros(0)),
    ],
)
def test_the_first_arrays_need_not_tell_rows_from_arrays(function, first):
    compiled = compile(function)
    compiled(first)
    x = np.array([3.0, 1.0, 2.0])
    np.testing.assert_allclose(compiled(x), function(Tensor(x)).array)


def test_a_mean_of_values_is_no_function_of_rows():
    w = Value(2.0)
    compiled = compile(lambda x: np.mean(w * x, keepdims=True))
    with pytest.raises(TypeError):
        compiled(np.array([1.0]))


# -- every row -------------------------------------------------------------------------------------

IMAGE = np.random.default_rng(1).normal(size=(2, 1, 4, 4))
KERNEL = np.random.default_rng(2).normal(size=(3, 1, 2, 2))


def slopes(f):
    """Return the function of the sum of squares of the slopes of f."""
    return lambda *args: (autodiff.grad(lambda *given: f(*given).sum())(*args) ** 2).sum()


def scored(x):
    return nn.cross_entropy(x, np.array([0, 2, 1]))


# What meets a row of `structural.py`, of a matrix x with numbers from 1.2 to 2.
STRUCTURAL = {
    "affine": lambda x: functions.affine(x, Tensor(np.ones((5, 4)))) * x[:, :1],
    "astype": lambda x: x.astype(np.float32) * 2.0,
    "broadcast_to": lambda x: array_functions.broadcast_to(x[0], (5, 4)) ** 2,
    "concatenate": lambda x: array_functions.concatenate([x, x * x]),
    "conv2d": lambda x: conv2d(x.reshape(1, 1, 3, 4), KERNEL) ** 2,
    "conv2d_input": lambda x: slopes(lambda u: conv2d(u.reshape(1, 1, 3, 4), KERNEL) ** 2)(x),
    "conv2d_weight": lambda x: slopes(lambda u: conv2d(IMAGE, u[:2, :2].reshape(1, 1, 2, 2)) ** 2)(
        x
    ),
    "cross_entropy": lambda x: scored(x) * x,
    "cumsum": lambda x: x.cumsum(1) * x,
    "einsum": lambda x: array_functions.einsum("ij,ik->jk", x, x),
    "flip": lambda x: x.flip(0) * x,
    "getitem": lambda x: x[:, [0, 0, 2]] ** 2,
    "matmul": lambda x: x @ x.T,
    "max_pool2d": lambda x: nn.MaxPool2d(2)(x.reshape(1, 1, 3, 4)) ** 2,
    "norm": lambda x: x.norm(axis=1),
    "pad": lambda x: array_functions.pad(x, 1) ** 2,
    "reduce_logsumexp": lambda x: x.logsumexp(axis=0),
    "reduce_max": lambda x: x.max(axis=0) ** 2,
    "reduce_min": lambda x: x.min(axis=0) ** 2,
    "reduce_prod": lambda x: x.prod(axis=1),
    "reduce_sum": lambda x: x.sum(axis=1) ** 2,
    "replaced": lambda x: x.set(0, x[1] * 2.0) ** 2,
    "reshape": lambda x: x.reshape(4, 3) ** 2,
    "roll": lambda x: x.roll(1, 1) * x,
    "scatter": lambda x: slopes(lambda u: u[[0, 0, 1]] ** 3)(x),
    "transpose": lambda x: x.T**2,
    "window_pool": lambda x: nn.AvgPool2d(2)(x.reshape(1, 1, 3, 4)) ** 2,
    "window_unpool": lambda x: slopes(lambda u: nn.AvgPool2d(2)(u.reshape(1, 1, 3, 4)) ** 2)(x),
}


def met(function, x):
    """Return the names of the rows that a function of Tensors meets."""
    root = function(Tensor(x, requires_grad=True)).sum()
    return {node.primitive.name for node in autodiff.topological_order(root) if node.primitive}


def points():
    return np.random.default_rng(3).uniform(1.2, 2.0, (3, 4))


@pytest.mark.parametrize("name", sorted(structural.TABLE))
def test_every_row_about_arrays_is_compiled(name):
    function = STRUCTURAL[name]
    assert name in met(function, points())
    check(lambda x: function(x).sum(), points())


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_row_about_numbers_is_compiled(name):
    def function(x):
        if name == "sum":
            return functions.sum([x, x * x, x])
        if name == "dot":
            return functions.dot([x, x * x], [x, 2.0])
        operands = {"clip": (x, 1.4, 1.7), "where": (x > 1.5, x * x, -x)}.get(name)
        if operands is None:
            operands = (x * 0.4 if name in ("arcsin", "arccos", "arctanh") else x, x[::-1], x * x)
            operands = operands[: len(TABLE[name].vjps)]
        return getattr(functions, name)(*operands) * x

    assert name in met(function, points())
    check(lambda x: function(x).sum(), points())
