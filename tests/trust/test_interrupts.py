"""Ctrl-C at every moment of a sweep, a step, a transform, a recording: all is as usable as before.

Python raises KeyboardInterrupt where something is called. So here it is raised at one call after
the other of a piece of work, first to last, and after each the same objects have to give what fresh
ones give, with all modes as they were. `tests/training/test_interrupts.py` has what `fit` makes of
the key; here it comes from a clock too, at random moments of `fit` and of pictures.
"""

from __future__ import annotations

import os
import random
import signal
import sys

import numpy as np
import pytest

import autodiff
from autodiff import (
    Tensor,
    Value,
    arrays,
    compile,
    custom_vjp,
    dot,
    errstate,
    grad,
    graph,
    hessian,
    nn,
    no_grad,
    optim,
    record_source,
)
from autodiff.graph import modes
from tests.long import ALL
from visualize import draw, explain, explore, levels, summary, why

# Where Python ends a generator that nobody wants any more, it can only say that it ignores Ctrl-C.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

OURS = tuple(os.path.dirname(sys.modules[name].__file__) for name in ("autodiff", "visualize"))


def state():
    """Return all that outlives a call: the modes of this thread, and NumPy's."""
    return list(graph.altered), dict(vars(modes)), np.geterr(), sys.getprofile()


# What a mode costs at its very last moment: `__exit__` begins, and Python lets Ctrl-C in before
# its first line. No context manager that is written in Python can prevent that.
LOST = {("graph.py", "__exit__")}


class At:
    """Raise KeyboardInterrupt at one call that this package makes or gets."""

    def __init__(self, moment):
        self.moment, self.count, self.place = moment, 0, None

    def __call__(self, frame, event, argument):
        code = frame.f_code
        if event not in ("call", "c_return") or not code.co_filename.startswith(OURS):
            return
        if event == "call" and (os.path.basename(code.co_filename), code.co_name) in LOST:
            return
        self.count += 1
        if self.count == self.moment:
            self.place = f"{code.co_filename}, line {frame.f_lineno}, {event} in {code.co_name}"
            sys.setprofile(None)
            raise KeyboardInterrupt

    def run(self, work):
        sys.setprofile(self)
        try:
            work()
        finally:
            sys.setprofile(None)


def interrupted_everywhere(make, check, most):
    """Interrupt the work that `make` returns at one call each time, and check what it left."""
    work = make()
    work()  # what is imported and printed at first use
    counted, work, before = At(-1), make(), state()
    counted.run(work)
    moments = range(1, counted.count + 1)
    most *= 8 if ALL else 1
    if len(moments) > most:
        moments = sorted(random.Random(0).sample(moments, most))
    for moment in moments:
        work, at = make(), At(moment)
        try:
            at.run(work)
        except KeyboardInterrupt:
            pass
        assert state() == before, at.place
        try:
            check(work)
        except Exception as error:
            raise AssertionError(f"interrupted at {at.place}") from error
    print(f"{len(moments)} interrupts")
    assert len(moments) >= 10


class Work:
    """A call, with the objects that it is about."""

    def __init__(self, call, *objects):
        self.call, self.objects = call, objects

    def __call__(self):
        return self.call()


def values():
    a, b = Value(2.0), Value(3.0)
    y = a
    for _ in range(6):
        y = (y * b).tanh() + a * 0.5 + dot([a, b], [y, b])
    return a, b, y


def tensors():
    w, x = Tensor(np.arange(12.0).reshape(3, 4) / 9, requires_grad=True), Tensor(np.ones((2, 3)))
    y = ((x @ w).tanh().softmax(axis=1)[:, 0].square() + w.sum(axis=0)[:2].exp()).mean()
    return w, y


def numbers(leaves):
    return [np.asarray(leaf.grad).tolist() for leaf in leaves]


def backward(build, **options):
    *leaves, y = build()
    return Work(lambda: y.backward(**options), *leaves, y)


def is_swept_like_a_fresh_one(build):
    *fresh, y = build()
    y.backward()
    expected = numbers(fresh)

    def check(work):
        *leaves, y = work.objects
        for leaf in leaves:
            leaf.zero_grad()
        y.backward()
        assert numbers(leaves) == expected

    return check


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("build", [values, tensors])
def test_a_sweep_can_be_begun_again(build, create_graph):
    interrupted_everywhere(
        lambda: backward(build, create_graph=create_graph), is_swept_like_a_fresh_one(build), 30
    )


@pytest.mark.parametrize("build", [values, tensors])
def test_a_sweep_under_errstate_changes_no_gradient_until_it_is_done(build):
    def make():
        *leaves, y = build()
        mode = errstate("raise")

        def call():
            mode.__enter__()
            try:
                y.backward()
            finally:
                mode.__exit__()

        return Work(call, *leaves, y)

    interrupted_everywhere(make, is_swept_like_a_fresh_one(build), 25)


def test_modes_are_entered_wholly_or_not_at_all():
    """It came between `altered`, the mode and what was saved, and nothing was ever left again."""

    @no_grad()
    def decorated(x):
        return x * 2.0

    def call():
        for mode in (no_grad(), errstate("raise"), record_source()):
            with mode:
                Value(1.0) * 2.0
                with mode, no_grad():
                    pass
        decorated(Value(1.0))

    def check(work):
        assert (Value(1.0) * 2.0).requires_grad

    interrupted_everywhere(lambda: Work(call), check, 300)


def test_transforms_nested_in_each_other_leave_no_count_behind():
    def call():
        return (
            grad(lambda x, y: (x * y).tanh() + x * x, (0, 1))(2.0, 3.0),
            grad(grad(lambda x: (x * x * x).tanh()))(0.3),
            hessian(lambda v: v[0] * v[1] ** 2)([1.0, 2.0]),
            grad(lambda v: (v * v).sum())(np.arange(3.0)).tolist(),
        )

    expected = call()
    interrupted_everywhere(lambda: Work(call), lambda work: expected == work() or 1 / 0, 40)


def test_a_rule_of_ones_own_is_not_taken_for_one_being_differentiated():
    @custom_vjp(lambda g, y, x: 2.0 * g * x)
    def square(x):
        return x * x

    def build():
        x = Value(3.0)
        return x, square(x) * x

    def make():
        x, y = build()

        def call():
            y.backward(create_graph=True)
            x.grad.backward()

        return Work(call, x, y)

    check = is_swept_like_a_fresh_one(build)
    interrupted_everywhere(make, lambda work: (float(work.objects[0]), check(work)), 150)


def with_optimizer(kind, rule):
    if kind == "values":
        parameters = [Value(0.5 + i) for i in range(3)]
    else:
        parameters = [Tensor(np.full((2, 2), 0.5), requires_grad=True) for _ in range(3)]
    optimizer = rule(parameters)

    def loss():
        squares = [p * p for p in parameters]
        return autodiff.sum(squares if kind == "values" else [x.sum() for x in squares])

    older = loss()
    older.backward()
    return Work(optimizer.step, parameters, optimizer, loss, older)


@pytest.mark.parametrize("kind", ["values", "tensors"])
@pytest.mark.parametrize(
    "rule", [lambda ps: optim.Adam(ps, 0.01), lambda ps: optim.SGD(ps, 0.1, momentum=0.9)]
)
def test_a_half_done_step_is_noticed_by_results_from_before_it(kind, rule):
    """A Tensor was changed and not yet noted: the older loss gave gradients of neither."""

    def check(work):
        parameters, optimizer, loss, older = work.objects
        if kind == "tensors" and any((p.numpy() != 0.5).any() for p in parameters):
            with pytest.raises(RuntimeError, match="changed"):
                older.backward()
        optimizer.zero_grad()
        root = loss()
        root.backward()
        assert numbers(parameters) == [(2.0 * np.asarray(p.data)).tolist() for p in parameters]
        optimizer.step()
        assert loss().item() < root.item()

    interrupted_everywhere(lambda: with_optimizer(kind, rule), check, 30)


def test_assignment_to_data_is_noted_before_it_is_done():
    def make():
        x = Tensor([1.0, 2.0], requires_grad=True)
        y = (x * x).sum()

        def call():
            for number in range(3, 7):
                x.data = [number, 4.0]

        return Work(call, x, y)

    def check(work):
        x, y = work.objects
        if x.tolist() != [1.0, 2.0]:
            with pytest.raises(RuntimeError, match="changed"):
                y.backward()

    interrupted_everywhere(make, check, 100)


# -- the clock -------------------------------------------------------------------------------------


@pytest.fixture
def clock():
    """Return a function that runs a work with Ctrl-C after so many seconds, if it takes as long."""

    live: list[float] = []

    def run(work, seconds):
        try:
            live[:] = (seconds,)
            signal.setitimer(signal.ITIMER_REAL, seconds)
            try:
                work()
            finally:
                live[:] = ()  # before any call: it is too late now
                signal.setitimer(signal.ITIMER_REAL, 0.0)
        except KeyboardInterrupt:
            return True
        return False

    def press(*_):
        if live:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, press)
    yield run
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    signal.signal(signal.SIGALRM, before)


needs_a_clock = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="has no such clock")


def at_random_moments(run, make, check, seconds, times, numpys=True):
    """Interrupt a work so often within its first seconds, and check; return how often it was."""
    rng, hits, before = random.Random(1), 0, state()
    for _ in range(times):
        work = make()
        hits += run(work, rng.uniform(1e-5, seconds))
        if not numpys:
            np.seterr(**before[2])  # NumPy's own errstate, as where it prints, may be left on
        assert state() == before
        check(work)
    print(f"{hits} interrupts")
    return hits


@needs_a_clock
@pytest.mark.parametrize("kind", ["scalars", "tensors"])
def test_a_function_interrupted_while_it_is_compiled_is_compiled_at_the_next_call(clock, kind):
    """The mode that notes all operations stayed on when Ctrl-C came before the function ran."""
    x = 0.3 if kind == "scalars" else np.linspace(0.1, 0.9, 6).reshape(2, 3)
    w = Value(0.7) if kind == "scalars" else Tensor(np.ones((3, 2)), requires_grad=True)

    def f(x):
        y = (x * w).tanh() if kind == "scalars" else (x @ w).tanh().mean()
        return y * y + y.exp()

    expected = [np.asarray(part).tolist() for part in compile(f).value_and_grad(x)]

    def make():
        compiled = compile(f)
        return Work(lambda: compiled.value_and_grad(x), compiled)

    def check(work):
        found = work()
        assert [np.asarray(part).tolist() for part in found] == expected

    hits = at_random_moments(clock, make, check, 0.01, 150 if ALL else 8)
    assert hits or not ALL


@needs_a_clock
def test_a_compiled_step_interrupted_anywhere_goes_on(clock):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 4)), rng.integers(0, 3, 20)
    autodiff.seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    step = compile(lambda x, y: nn.cross_entropy(model(x), y))
    step.step(optimizer, x, y)

    def check(work):
        loss = nn.cross_entropy(model(x), y)
        assert step(x, y) == pytest.approx(loss.item(), rel=1e-6)

    def call():
        for _ in range(100):
            step.step(optimizer, x, y)

    at_random_moments(clock, lambda: Work(call), check, 0.004, 150 if ALL else 12)


@needs_a_clock
def test_numpys_warnings_come_back(clock):
    """Between two calls of ours they were off, and stayed so when Ctrl-C came just there."""
    x = np.ones(3)

    def call():
        for _ in range(2000):
            arrays.quietly(np.negative, x)
            arrays.exp(x)

    hits = at_random_moments(
        clock, lambda: Work(call), lambda work: None, 0.002, 2000 if ALL else 150
    )
    assert hits > 10


@needs_a_clock
def test_a_large_sweep_interrupted_at_random_is_swept_again(clock):
    a = Value(1.0)
    y = a
    for _ in range(10_000):
        y = y * 1.0001 + a * 0.5
    y.backward()
    expected = a.grad

    def check(work):
        a.zero_grad()
        y.backward()
        assert a.grad == expected

    hits = at_random_moments(clock, lambda: Work(y.backward), check, 0.01, 200 if ALL else 6)
    assert hits


@needs_a_clock
def test_pictures_and_words_are_whole_after_interrupted_ones(clock, tmp_path):
    a, b, c = Value(5.0, label="a"), Value(3.0, label="b"), Value(2.0, label="c")
    y = 3 * (a + b * c)
    y.backward()
    path, page = tmp_path / "J.svg", tmp_path / "J.html"

    def call():
        draw(y).save(path)
        explore(y).save(page)
        return str(explain(y, a)), str(why(y, b)), str(summary(y)), str(levels(y))

    words, files = call(), (path.read_bytes(), page.read_bytes())

    def check(work):
        assert (path.read_bytes(), page.read_bytes()) == files
        assert sorted(os.listdir(tmp_path)) == ["J.html", "J.svg"]

    at_random_moments(clock, lambda: Work(call), check, 0.1, 100 if ALL else 5)
    assert call() == words
    check(None)


@needs_a_clock
def test_a_fit_interrupted_at_random_leaves_a_model_to_train_on(clock):
    x, y = autodiff.data.moons(40, noise=0.1, seed=1)

    def make():
        autodiff.seed(3)
        model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Dropout(0.1), nn.Linear(4, 2))
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        return Work(lambda: train(model, optimizer, 50), model, optimizer)

    def train(model, optimizer, epochs):
        autodiff.fit(
            model, (np.float32(x), y), nn.cross_entropy, optimizer, epochs, validation=(x, y),
            batch_size=10,
        )  # fmt: skip

    def check(work):
        model, optimizer = work.objects
        train(model, optimizer, 1)
        assert all(np.isfinite(p.numpy()).all() for p in model.parameters())

    at_random_moments(clock, make, check, 0.08, 100 if ALL else 4, numpys=False)
