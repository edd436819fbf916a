"""Numbers that go bad: where, what was the first, and what is left of the model."""

import math
import sys
from contextlib import nullcontext

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, custom_vjp, exp, fit, log, nn, optim, record_source, sqrt
from autodiff.training import Callback, Checkpoint, Diverged
from autodiff.training.checkpoints import from_file

X = np.float32(np.arange(24).reshape(12, 2) / 24)
Y = np.arange(12) % 2


def network():
    autodiff.seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2))


def diverge(model, *callbacks, data=(X, Y), loss=nn.cross_entropy, lr=0.1, **options):
    """Train until it diverges; return the error."""
    optimizer = optim.SGD(model.parameters(), lr)
    loader = autodiff.data.DataLoader(*data, batch_size=4)
    with pytest.raises(Diverged) as caught:
        fit(model, loader, loss, optimizer, 3, callbacks=callbacks, **options)
    return caught.value


def finite(model):
    return all(np.isfinite(x).all() for x in model.state_dict().values())


class At(Callback):
    def __init__(self, step, change):
        self.step, self.change = step, change
        self.before = {}

    def on_step_end(self, run):
        self.before = run.model.state_dict()
        if run.step == self.step:
            self.change(run.model)


def equal(model, state):
    return all(np.array_equal(x, state[name]) for name, x in model.state_dict().items())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_inputs_and_targets_that_are_not_finite_are_to_blame(bad):
    x = X.copy()
    x[9, 1] = bad
    model, kept = network(), At(0, None)
    error = diverge(model, kept, data=(x, Y))
    assert "the loss is nan at step 3, in epoch 1: all parameters are finite" in str(error)
    assert f"the inputs of this batch are not, first {bad} at [9, 1] of the data" in str(error)
    assert (error.step, error.epoch, error.parameter) == (3, 1, None)
    assert error.history.steps[1:] == error.history.steps[-1:]
    assert equal(model, kept.before), "the running means are from before the batch too"
    y = np.linspace(0.0, 1.0, 12)[:, None]
    y[5] = bad
    error = diverge(nn.Linear(2, 1), data=(X, y), loss=nn.mse)
    assert "at step 2, in epoch 1: all parameters are finite, but the targets of" in str(error)


def test_the_first_parameter_that_went_bad_is_named():
    def change(model):
        model.layers[3].weight.data[0, 1] = np.nan
        model.layers[3].bias.data[:] = np.inf

    model = network()
    kept = At(4, change)
    error = diverge(model, kept)
    assert "nan at step 5, in epoch 2: try a smaller learning rate than 0.1; the" in str(error)
    assert error.parameter == "layer4.weight"
    assert "parameter that went bad is layer4.weight" in str(error)
    assert error.history.epochs == 1
    assert finite(model)


def test_an_update_that_overflows_is_undone():
    model = nn.Linear(2, 1)
    start = model.state_dict()
    error = diverge(model, data=(X[:4], 100.0 * np.ones((4, 1))), loss=nn.mse, lr=3e38)
    assert error.parameter == "weight"
    assert "the first parameter that went bad is weight" in str(error)
    assert "try a smaller learning rate than 3e+38" in str(error)
    assert error.step == 1
    assert equal(model, start)


def test_where_all_is_finite_the_output_or_the_loss_is_to_blame():
    class Large(nn.Module):
        def __init__(self):
            self.weight = Tensor([1e30], requires_grad=True)

        def forward(self, x):
            return (self.weight * self.weight) ** 6 * x.sum(1)

    error = diverge(Large(), data=(X, Y), loss=nn.mse)
    assert "all parameters and inputs are finite, the largest parameter is 1e+30 in weight" in str(
        error
    )
    assert "and the output of the model is not" in str(error)
    error = diverge(nn.Linear(2, 1), data=(X, Y), loss=lambda p, t: p.sum() * np.inf)
    assert "and the loss is not" in str(error)


@custom_vjp(lambda g, y, x: g * (x * 0.0 + math.nan))
def treacherous(x):
    return x * 1.0


@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_a_gradient_that_is_no_number_is_noticed_though_the_loss_is_one(clip_norm):
    class Treacherous(nn.Module):
        def __init__(self):
            self.first, self.second = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x):
            return self.second(treacherous(self.first(x)))

    model = Treacherous()
    start = model.state_dict()
    error = diverge(model, clip_norm=clip_norm)
    assert "the loss is finite, but its gradient is nan at step 1, in epoch 1" in str(error)
    assert error.parameter == "first.weight"
    assert equal(model, start)


def test_values_diverge_as_tensors_do():
    autodiff.seed(0)
    model = nn.MLP(2, [2, 1])
    error = diverge(model, data=(X.astype(float), Y), loss=nn.mse, lr=1e200)
    assert error.parameter is not None or "all parameters" in str(error)
    assert all(math.isfinite(p.data) for p in model.parameters())


def test_weights_that_are_not_finite_never_reach_the_checkpoint(tmp_path):
    class Unused(nn.Module):
        def __init__(self):
            self.used, self.unused = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x):
            return self.used(x)

    def change(model):
        model.unused.bias.data[0] = np.inf

    checkpoint = Checkpoint(tmp_path / "run", every=1)
    error = diverge(Unused(), At(5, change), checkpoint)
    assert error.parameter == "unused.bias"
    assert from_file(checkpoint.path)["optimizer"]["steps"] == 4


# -- which operation made the first of them, and in which line ------------------------------------

HOW = "with autodiff.record_source(): ... around it would tell the line"


def of_a_log(p, y):
    return -log(p * 0.0 - 0.2).mean()


def of_an_exponential(p, y):
    return 1.0 / exp(p * 0.0 + 1e3).mean() + exp(p * 0.0 + 1e3).mean() * 0.0


def of_a_root(p, y):
    return sqrt(abs(p * 0.0)).mean()


def of_a_log_of_values(p, y):
    return sum(log(x * 0.0 - 0.2) for x in p)


def of_a_root_of_values(p, y):
    return sum(sqrt(abs(x * 0.0)) for x in p)


# A loss, what the message says of it, and what of the loss the caret points at.
CAUSES = {
    of_a_log: (
        "the loss is nan at step 1, in epoch 1: made first by log(-0.2) at [0, 0];"
        " all parameters and inputs are finite", "log(p * 0.0 - 0.2)",
    ),
    of_an_exponential: (
        "the loss is nan at step 1, in epoch 1: the first inf is made by exp(1000) at [0, 0];"
        " all", "exp(p * 0.0 + 1e3)",
    ),
    of_a_root: (
        "the loss is finite, but its gradient is nan at step 1, in epoch 1: made first on the way"
        " back by sqrt(0) at [0, 0]: 0.125 arrives, and inf leaves it; the first parameter with a"
        " gradient that went bad is weight", "sqrt(abs(p * 0.0))",
    ),
    of_a_log_of_values: (
        "the loss is nan at step 1, in epoch 1: made first by log(-0.2);"
        " all parameters and inputs are finite", "log(x * 0.0 - 0.2)",
    ),
    of_a_root_of_values: (
        "its gradient is nan at step 1, in epoch 1: made first on the way back by sqrt(0): 1"
        " arrives, and inf leaves it; the first parameter with a gradient that went bad is"
        " layer1.neuron1.w[0]", "sqrt(abs(x * 0.0))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("loss", CAUSES, ids=lambda loss: loss.__name__)
def test_the_operation_that_made_the_first_is_told(loss, recorded):
    words, expression = CAUSES[loss]
    autodiff.seed(1)
    of_values = loss.__name__.endswith("values")
    model = nn.MLP(2, [1]) if of_values else nn.Linear(2, 2)
    with record_source() if recorded else nullcontext():
        error = diverge(model, data=(X.astype(float), Y), loss=loss)
    message, *lines = str(error).split("\n")
    assert words in message
    if not recorded:
        assert lines == [f"  {HOW}"]
        return
    assert lines[0].startswith(f"  line {loss.__code__.co_firstlineno + 1} of ")
    if sys.version_info >= (3, 11):
        _, carets = lines
        assert lines[0][carets.index("^") : len(carets)] == expression
    else:
        assert len(lines) == 1


def test_what_it_was_given_is_told_alone():
    x = X.copy()
    x[1, 0] = np.nan
    for model, y in ((nn.Linear(2, 1), Y[:, None]), (nn.MLP(2, [1]), Y)):
        with record_source():
            error = diverge(model, data=(x.astype(float), y), loss=nn.mse)
        assert str(error).endswith("this batch are not, first nan at [1, 0] of the data")


def test_a_parameter_has_its_name_in_it_and_its_number_from_before_it_was_given_back():
    class Root(nn.Module):
        def __init__(self):
            self.scale = Tensor([1.0, 2.0], requires_grad=True)

        def forward(self, x):
            return log(self.scale) * x.sum()

    def change(model):
        model.scale.data[1] = -3.0

    error = diverge(Root(), At(2, change), loss=lambda p, y: p.mean(), lr=1e-9)
    assert "by log(scale) at [1], where scale = -3; try" in str(error)


def test_with_several_batches_to_a_step_the_last_is_looked_at():
    error = diverge(nn.Linear(2, 2), data=(X, Y), loss=of_a_root, accumulate=2)
    assert "on the way back by sqrt(0) at [0, 0]" in str(error)


def test_a_parameter_that_is_bad_to_begin_with_is_told_and_no_rate_blamed():
    model = network()
    model.layers[0].weight.data[2, 1] = np.nan
    error = diverge(model)
    assert "layer1.weight is nan at [2, 1] to begin with" in str(error)
    assert "learning rate" not in str(error)


def test_before_the_first_update_no_rate_is_to_blame():
    error = diverge(nn.Linear(2, 1), data=(X, Y), loss=lambda p, t: p.sum() * np.inf)
    assert error.step == 1
    assert "learning rate" not in str(error)


def test_a_shuffled_batch_is_looked_up_in_the_data():
    x = X.copy()
    x[9, 1] = np.nan
    model = nn.Linear(2, 2)
    optimizer = optim.SGD(model.parameters(), 0.1)
    with pytest.raises(Diverged, match=r"first nan at \[9, 1\] of the data"):
        fit(model, (x, Y), nn.cross_entropy, optimizer, 1, batch_size=4)

    class Spoiling(autodiff.data.DataLoader):
        def __iter__(self):
            for a, b in super().__iter__():
                a[1, 0] = np.nan
                yield a, b

    with pytest.raises(Diverged, match=r"first nan at \[1, 0\] of the batch"):
        fit(model, Spoiling(X, Y, batch_size=4), nn.cross_entropy, optimizer, 1)


def test_a_gradient_that_overflows_after_huge_updates_is_the_rate_s_and_warns_of_nothing():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 2)), rng.normal(size=(20, 1))
    autodiff.seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    error = diverge(model, data=(x, y), loss=nn.mse, lr=1e6)
    assert "the loss is finite, but its gradient is inf" in str(error)
    assert "try a smaller learning rate than 1e+06, as the largest parameter is" in str(error)


def test_a_constant_that_is_bad_is_told_as_such():
    def loss(predictions, y):
        return nn.mse(autodiff.where(Tensor([[True]]), -np.inf, predictions), y)

    error = diverge(nn.Linear(2, 1), data=(X, Y[:, None]), loss=loss)
    assert "the first -inf is a constant, handed on by where(1, -inf, " in str(error)
