"""Buffers: nobody's numbers are written over, whatever looks at them."""

from __future__ import annotations

import copy
import gc
import pickle
import random
import weakref

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, array_functions, custom_vjp, nn, optim, seed, where
from autodiff.compiler import buffers, compile

N = 4
UNARY = [
    lambda a: a.tanh(),
    lambda a: a.T,
    lambda a: a.relu(),
    lambda a: a * 0.5,
    lambda a: 1.0 - a,
    lambda a: -a,
    lambda a: (a * 0.1).exp(),
    lambda a: a[::-1],
    lambda a: a.T.reshape((N, N)),
    lambda a: a.ravel().reshape((N, N)),
    lambda a: a.sigmoid(),
    lambda a: a.square() * 0.1,
    lambda a: a.roll(1, 0),
    lambda a: a.flip(1),
    lambda a: where(a > 0.0, a, 0.0),
    lambda a: a.softmax(),
    lambda a: a.max(0, keepdims=True) + a,
    lambda a: a.sum(0) * 0.1 + a,
    lambda a: a.mean(1, keepdims=True) * a,
    lambda a: a.sort(0),
    lambda a: array_functions.broadcast_to(a[0], (N, N)),
    lambda a: array_functions.concatenate([a[1:], a[:1]], 0),
    lambda a: a.set(1, 0.5),
    lambda a: a.clip(-0.5, 0.5),
    lambda a: a / 1.0,
]
BINARY = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - b,
    lambda a, b: (a @ b) * 0.1,
    lambda a, b: a.maximum(b),
    lambda a, b: a / (1.5 + b.square()),
    lambda a, b: where(a > b, a, b),
    lambda a, b: a * b[0],
    lambda a, b: a * b[:, :1],
    lambda a, b: a + b.T,
    lambda a, b: array_functions.einsum("ij,kj->ik", a, b) * 0.1,
]


def program(number):
    """Return what builds a random function of two arrays from two parameters."""
    rng = random.Random(number)
    steps = []
    for n in range(4, 4 + rng.randint(2, 12)):
        first = rng.randrange(n) if rng.random() < 0.4 else n - 1
        if rng.random() < 0.5:
            steps.append((rng.choice(UNARY), first, None))
        else:
            steps.append((rng.choice(BINARY), rng.randrange(n), first))
    end = rng.randrange(4)

    def build(w, v):
        def f(x, y):
            values = [x, y, w, v]
            for function, i, j in steps:
                values.append(function(values[i]) if j is None else function(values[i], values[j]))
            out = values[-1]
            if end == 0:
                out = out + values[-2]
            elif end == 1:
                out = out + w * v.T
            return out.mean() if end == 2 else out.sum()

        return f

    return build


def laid_out(x, rng):
    """Return the same numbers, otherwise in memory."""
    kind = rng.randrange(5)
    if kind == 0:
        return np.asfortranarray(x)
    if kind == 1:
        wide = np.zeros((2 * N, 2 * N), x.dtype)
        wide[::2, 1::2] = x
        return wide[::2, 1::2]
    if kind == 2:
        return np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1]
    fresh = x.copy()
    fresh.flags.writeable = kind == 3
    return fresh


def zeros_for_none(grads, like):
    return [np.zeros_like(x.data) if g is None else g for g, x in zip(grads, like, strict=True)]


def assert_alike(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("number", range(120))
def test_random_programs_keep_what_is_not_theirs(number, monkeypatch):
    monkeypatch.setattr(buffers, "_FEWEST_BYTES", 0)
    rng, numbers = random.Random(number), np.random.default_rng(number)
    start = [laid_out(numbers.normal(size=(N, N)), rng) for _ in range(2)]
    mine, theirs = (
        [Tensor(np.array(x, order="K"), requires_grad=True, copy=False) for x in start]
        for _ in range(2)
    )
    build = program(number)
    compiled, eager = compile(build(*mine)), build(*theirs)
    kind = rng.choice([{}, {"momentum": 0.9}, {"weight_decay": 0.1}])
    ours, other = (optim.SGD(p, lr=0.01, **kind) for p in (mine, theirs))
    for what in (
        "value", "value_and_grad", "backward", "step", "step", "backward", "value_and_grad",
    ):  # fmt: skip
        plain = [numbers.normal(size=(N, N)) for _ in range(2)]
        given = [laid_out(x, rng) for x in plain]
        leaves = [Tensor(x, requires_grad=True) for x in plain]
        root = eager(*leaves)
        ours.zero_grad()
        other.zero_grad()
        if what == "value":
            found = compiled(*given)
        elif what == "value_and_grad":
            root.backward()
            found, gradients = compiled.value_and_grad(*given)
            assert_alike(gradients, zeros_for_none([x.grad for x in leaves], leaves))
            held = [*gradients, *given, *(x.data for x in mine)]
            assert not any(np.shares_memory(a, b) for a in gradients for b in held if a is not b)
        elif not set(theirs) & set(autodiff.topological_order(root)):
            continue  # it has no parameters
        else:
            for _ in range(2 if what == "backward" else 1):  # the second adds to the first
                eager(*leaves).backward()
            if what == "backward":
                compiled.backward(*given)
                found = compiled.backward(*given)
                assert_alike(
                    zeros_for_none([x.grad for x in mine], mine),
                    zeros_for_none([x.grad for x in theirs], theirs),
                )
            else:
                found = compiled.step(ours, *given)
                other.step()
                assert_alike([x.data for x in mine], [x.data for x in theirs])
        assert found == pytest.approx(root.item(), rel=1e-10, abs=1e-10)
        assert_alike(given, plain)


def trained(function, parameters, *args, make=optim.SGD, times=1, **options):
    """Return the parameters after eager steps, and after compiled ones, and the last values."""
    twins = copy.deepcopy(parameters)
    results = []
    for held, compiled in ((parameters, False), (twins, True)):
        optimizer = make(held, lr=0.1, **options)
        step = compile(function(*held))
        for _ in range(times):
            if compiled:
                value = step.step(optimizer, *args)
            else:
                optimizer.zero_grad()
                root = function(*held)(*map(Tensor, args))
                root.backward()
                optimizer.step()
                value = root.item()
        results.append(([x.data.copy() for x in held], value))
    return results


def ones(*shape):
    return Tensor(np.ones(shape), requires_grad=True)


class Halving(optim.Optimizer):
    """A rule that writes into the gradient."""

    def rule(self, xp, rate, x, g):
        g *= 0.5
        x -= rate * g
        return (x,)


class Clipped(optim.SGD):
    """A step that does more than the rule."""

    def step(self):
        for p in self.parameters:
            p.grad = p.grad.clip(-0.1, 0.1)
        super().step()


STEPS = {
    "the argument": lambda a, b: lambda x: (a * x[:]).sum() + b.sum(),
    "the argument turned": lambda a, b: lambda x: (a * x.T.T).sum() + b.sum(),
    "another parameter": lambda a, b: lambda x: (a * b.T.T).sum() + 0.0 * x.sum(),
    "each other": lambda a, b: lambda x: (a * b * 2.0).sum() + (a * b).sum() + x.sum(),
    "one gradient for both": lambda a, b: lambda x: ((a + b).square() * x).sum(),
    "the result": lambda a, b: lambda x: (a.sum().exp()) * 1.0 + 0.0 * (b * x).sum(),
}


@pytest.mark.parametrize("make", [optim.SGD, Halving, Clipped])
@pytest.mark.parametrize("name", STEPS)
def test_a_step_writes_into_nothing_but_its_parameters(name, make):
    x = np.array([1.0, 2.0, 3.0])
    eager, compiled = trained(STEPS[name], [ones(3), ones(3)], x, make=make, times=3)
    assert_alike(compiled[0], eager[0])
    assert compiled[1] == pytest.approx(eager[1])
    assert x.tolist() == [1.0, 2.0, 3.0]


def test_a_step_leaves_alone_what_its_optimizer_has_not():
    a, b = ones(2, 2), Tensor(np.full((2, 2), 2.0), requires_grad=True)
    compile(lambda x: (a * b.T).sum() + 0.0 * x.sum()).step(optim.SGD([a], lr=0.1), np.ones(2))
    assert (a.data == 0.8).all()
    assert (b.data == 2.0).all()


def test_parameters_of_no_axes_and_results_that_are_parameters():
    w = Tensor(1.0, requires_grad=True)
    step = compile(lambda x: (w.exp() * x).sum())
    assert step.step(optim.SGD([w], lr=0.01), np.ones(3)) == pytest.approx(3.0 * np.e)
    assert w.item() == pytest.approx(1.0 - 0.03 * np.e)
    v = Tensor([2.0], requires_grad=True)
    same = compile(lambda x: v.reshape(()))
    assert same.step(optim.SGD([v], lr=0.01), np.ones(3)) == 2.0


def test_the_parameters_of_an_optimizer_may_change():
    a, b = ones(3), ones(3)
    optimizer = optim.SGD([a], lr=0.1)
    step = compile(lambda x: ((a + b) * x).sum())
    step.step(optimizer, np.ones(3))
    optimizer.parameters.append(b)
    optimizer.memory.append(())
    optimizer._graphs.append(None)
    step.step(optimizer, np.ones(3))
    assert (a.data[0], b.data[0]) == pytest.approx((0.8, 0.9))


def test_an_optimizer_can_be_copied_and_pickled_between_steps():
    for copied in (copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
        w = ones(3)
        optimizer = optim.SGD([w], lr=0.1)
        (w * w).sum().backward()
        optimizer.step()
        w2, optimizer2 = copied((w, optimizer))
        optimizer2.zero_grad()
        (w2 * w2).sum().backward()
        optimizer2.step()
        assert w2.data == pytest.approx(np.full(3, 0.64))
        assert w.data == pytest.approx(np.full(3, 0.8))


def test_settings_of_any_type_of_number_hold():
    x = ones(1)
    optimizer = optim.SGD([x], lr=0.1, momentum=0.9, weight_decay=0.0)
    for decay, momentum in ((0, 0.9), (5.0, np.float64(0.5)), (np.float32(0.0), 0.1)):
        optimizer.weight_decay, optimizer.momentum = decay, momentum
        before, (velocity,) = x.data.copy(), optimizer.memory[0]
        expected = momentum * velocity + 1.0 + decay * before
        x.grad = np.ones(1)
        optimizer.step()
        assert x.data == pytest.approx(before - 0.1 * expected)


def test_optimizers_that_are_gone_are_not_kept_by_the_dozen():
    w = ones(3)
    step = compile(lambda x: (w * x).sum())
    gone = []
    for _ in range(10):
        optimizer = optim.SGD([w], lr=0.1)
        step.step(optimizer, np.ones(3))
        gone.append(weakref.ref(optimizer))
    del optimizer
    gc.collect()
    assert sum(ref() is not None for ref in gone) <= 4


# -- functions that are called alike, and do other things ------------------------------------------


def test_functions_are_told_apart_though_they_are_called_alike():
    x = np.array([[1.0, 5.0, 2.0], [7.0, 0.0, 3.0]])
    for function in (
        lambda x: x.ravel()[x.argmax()] - x.ravel()[x.argmin()],
        lambda x: (x.sort(1) * 3.0).sum() + (x.sort(0) * x).sum(),
        lambda x: (
            where((x > 2.0).all(0), 1.0, 5.0).sum() + where((x > 2.0).any(0), 10.0, 50.0).sum()
        ),
    ):
        assert compile(function)(x) == pytest.approx(function(Tensor(x)).item())


def test_operations_of_the_users_own_are_not_taken_for_ours():
    @custom_vjp(lambda g, y, a, b: (g, g))
    def multiply(a, b):
        return a + b

    @custom_vjp(lambda g, y, x: g)
    def exp(x):
        return x + 100.0

    @custom_vjp(lambda g, y, x: g)
    def relu(x):
        return x * (x > 0)

    once = custom_vjp(lambda g, y, x: 2.0 * g)(lambda x: 2.0 * x)
    thrice = custom_vjp(lambda g, y, x: 3.0 * g)(lambda x: 3.0 * x)
    x = np.linspace(-1.0, 1.0, 600)
    for function in (
        lambda x: multiply(x, 1.0).sum(),
        lambda x: (exp(x) + x.exp()).sum(),
        lambda x: (relu(x * 2.0) * 3.0).sum() + (x <= 0.0).sum() * x[0],
        lambda x: (once(x) + thrice(x)).sum(),
    ):
        value, (slope,) = compile(function).value_and_grad(x)
        leaf = Tensor(x, requires_grad=True)
        root = function(leaf)
        root.backward()
        assert value == pytest.approx(root.item())
        assert slope == pytest.approx(leaf.grad)


def test_an_operation_that_returns_its_argument_now_and_then():
    @custom_vjp(lambda g, y, x: g)
    def clean(x):
        return x if np.isfinite(x).all() else np.nan_to_num(x)

    def f(x):
        y = x.log()
        z = clean(y)
        w = (((y * 0.0 + 0.1).exp() * 0.1).exp() * 0.1).exp()
        return (z * w).sum()

    compiled = compile(f)
    bad = np.ones(500)
    bad[0] = 0.0
    compiled(bad)
    x = np.full(500, 3.0)
    assert compiled(x) == pytest.approx(f(Tensor(x)).item())


# -- what a program depends on ---------------------------------------------------------------------


def test_arrays_of_the_users_are_fixed_as_they_were():
    c = np.array([1.0, 2.0])
    compiled = compile(lambda x: (x * c).sum() + (x * Tensor(c, copy=False).exp()).sum())
    before = compiled(np.ones(2))
    c[:] = 10.0
    assert compiled(np.ones(2)) == before


def test_a_parameter_of_another_dtype_is_another_program():
    w = Tensor(np.full((20, 20), 1.0 / 3.0, np.float32), requires_grad=True)
    compiled = compile(lambda x: (w * 3.0 * x).exp().sum())
    compiled(np.ones((20, 20)))
    w.array = w.array.astype(np.float64) + 1e-9
    assert compiled(np.ones((20, 20))) == pytest.approx((w * 3.0).exp().sum().item(), rel=1e-15)


def test_dropout_draws_in_the_order_of_its_calls():
    layer = nn.Dropout(0.5)

    def f(x):
        a, b = layer(x), layer(x)
        return (b * 2.0 + a * np.arange(20.0)).sum()

    compiled = compile(f)
    for _ in range(2):
        seed(4)
        expected = f(Tensor(np.ones(20))).item()
        seed(4)
        assert compiled(np.ones(20)) == expected


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x[x > 0.5].mean(), "whose shape depends on the numbers"),
        (
            lambda x: x.sum() if nn.Dropout(0.5)(x).sum() > 8.0 else -x.sum(),
            "a branch on what is drawn at random",
        ),
    ],
)
def test_what_a_program_cannot_do_is_told(function, words):
    with pytest.raises(TypeError, match=words):
        compile(function)(np.ones(10))


def test_a_branch_on_the_last_bit_is_taken_by_the_engine(monkeypatch):
    w = ones(3)
    compiled = compile(lambda x: (w * x).sum() if x.sum() > 2.0 else -(w * x).sum())
    assert compiled(np.ones(3)) == 3.0
    from autodiff.compiler import tensors

    monkeypatch.setattr(tensors, "_made", lambda *_: lambda *given: tensors.ELSEWHERE)
    other = compile(lambda x: (w * x).sum() if x.sum() > 2.0 else -(w * x).sum())
    assert other(np.ones(3)) == 3.0
    value, (slope,) = other.value_and_grad(np.ones(3))
    assert (value, slope.tolist(), w.grad) == (3.0, [1.0] * 3, None)
    assert other.backward(np.ones(3)) == 3.0
    assert w.grad.tolist() == [1.0] * 3
    assert other.step(optim.SGD([w], lr=0.1), np.ones(3)) == 3.0
    assert w.data == pytest.approx(np.full(3, 0.9))


# -- arrays that lie otherwise in memory -----------------------------------------------------------


def test_reshape_may_copy_in_one_call_and_look_on_in_the_next():
    turned = np.arange(6.0).reshape(3, 2).T
    x = np.arange(6.0).reshape(2, 3)
    kept = x.copy()
    w = ones(6)
    flat = compile(lambda x: (w * x.reshape(-1)).sum())
    optimizer = optim.SGD([w], lr=0.5)
    flat.step(optimizer, turned)
    flat.step(optimizer, x)
    flat.backward(turned)
    flat.backward(x)
    assert (x == kept).all()
    raveled = compile(lambda x: x.ravel())
    raveled(turned)
    raveled(x)[:] = 7.0
    assert (x == kept).all()
    product = compile(lambda x, y: (x.reshape(-1) * y).sum())
    product.value_and_grad(turned, np.ones(6))
    _, (_, dy) = product.value_and_grad(x, np.ones(6))
    dy[:] = 7.0
    assert (x == kept).all()

    def both(a, b):
        def f(x):
            h = x * 2.0
            return (a * h).sum() + (b * h.reshape(-1)).sum()

        return f

    a, b = ones(2, 3), ones(6)
    compiled, optimizer = compile(both(a, b)), optim.SGD([a, b], lr=0.1)
    compiled.step(optimizer, turned)
    compiled.step(optimizer, x)
    expected = 1.0 - 0.1 * 2.0 * (turned + x)
    assert_alike([a.data, b.data.reshape(2, 3)], [expected, expected])


def test_zeros_of_both_signs_are_not_one_number():
    c = np.array([0.0, -0.0])
    found = compile(lambda x: x / c + x.sum() * 0.0)(np.ones(2))
    assert found.tolist() == [np.inf, -np.inf]


# -- one in another --------------------------------------------------------------------------------


def test_a_compiled_function_in_another_is_a_part_of_it():
    w, c = ones(2), np.ones(2)
    inner = compile(lambda x: (w * x).sum())
    outer = compile(lambda x: (x * x).sum() * inner(c))
    assert outer(np.ones(2)) == 4.0
    w.data = np.array([5.0, 5.0])
    assert outer(np.ones(2)) == 20.0
    outer.backward(np.ones(2))
    assert w.grad.tolist() == [2.0, 2.0]
    for inside in (lambda x: inner.backward(c), lambda x: inner.value_and_grad(x)[0]):
        with pytest.raises(TypeError, match="inside a function that is being compiled"):
            compile(inside)(np.ones(2))
    v = autodiff.Value(2.0)
    part = compile(lambda x: v * x)
    whole = compile(lambda x: part(3.0) * x)
    assert (part(1.0), whole(1.0)) == (2.0, 6.0)
    v.data = 5.0
    assert whole(1.0) == 15.0


def test_a_step_that_was_put_in_place_of_another_is_taken():
    b = Tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([b], lr=1.0)
    plain = optimizer.step

    def clipped():
        b.grad = np.clip(b.grad, -0.1, 0.1)
        plain()

    optimizer.step = clipped
    compiled = compile(lambda x: (b * x).sum())
    compiled.step(optimizer, np.ones(2))
    compiled.step(optimizer, np.ones(2))
    assert b.data == pytest.approx([0.8, 1.8])


def test_the_gradients_of_other_parameters_are_left_alone():
    a, b = autodiff.Value(2.0), autodiff.Value(3.0)
    compile(lambda x: a * b * x).step(optim.SGD([a], lr=0.1), 1.0)
    assert (a.data, b.grad) == (pytest.approx(1.7), 0.0)
    c, d = ones(2), ones(2)
    compile(lambda x: (c * d * x).sum()).step(Clipped([c], lr=0.1), np.ones(2))
    assert d.grad is None


def test_numbers_of_numpy_are_taken_as_pythons():
    w = ones(2)
    scaled = compile(lambda x, s: (w * x).sum() * s)
    assert scaled(np.ones(2), np.int64(3)) == scaled(np.ones(2), 3) == 6.0
    assert scaled(np.ones(2), np.bool_(True)) == 2.0
