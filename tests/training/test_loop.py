"""`fit`: what a step is, what it takes, and what it refuses."""

import numpy as np
import pytest

import autodiff
from autodiff import Value, data, fit, nn, optim
from autodiff.training import Callback

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(24, 3)), np.arange(24) % 2


def linear(seed=0):
    autodiff.seed(seed)
    return nn.Linear(3, 2, dtype="float64")


def loader(batch_size):
    return data.DataLoader(X, Y, batch_size=batch_size)


def test_it_takes_the_steps_that_one_would_write_by_hand():
    model, twin = linear(), linear()
    optimizer = optim.Adam(twin.parameters(), 0.1)
    losses = []
    for _ in range(3):
        for x, y in data.DataLoader(X, Y, batch_size=7):
            loss = nn.cross_entropy(twin(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    history = fit(model, loader(7), nn.cross_entropy, optim.Adam(model.parameters(), 0.1), 3)
    assert history.steps == losses
    assert (model.weight.data == twin.weight.data).all()
    weighted = np.average(np.reshape(losses, (3, 4)), axis=1, weights=[7, 7, 7, 3])
    np.testing.assert_allclose(history["train_loss"], weighted, rtol=1e-12)
    assert list(history) == ["epoch", "train_loss", "train_accuracy", "lr", "seconds"]
    assert {type(x) for name in history if name != "epoch" for x in history[name]} == {float}


@pytest.mark.parametrize("batch, accumulate", [(6, 2), (3, 4), (5, 4), (5, 3), (24, 2)])
def test_batches_that_accumulate_are_one_large_batch(batch, accumulate):
    """Also where the last is smaller, or there are not enough for another group."""
    model, twin = linear(), linear()
    options = {"lr": 0.1, "momentum": 0.9}
    small = fit(model, loader(batch), nn.cross_entropy, optim.SGD(model.parameters(), **options),
                3, accumulate=accumulate, clip_norm=0.1)  # fmt: skip
    large = fit(twin, loader(batch * accumulate), nn.cross_entropy,
                optim.SGD(twin.parameters(), **options), 3, clip_norm=0.1)  # fmt: skip
    np.testing.assert_allclose(model.weight.data, twin.weight.data, rtol=1e-12)
    np.testing.assert_allclose(small.steps, large.steps, rtol=1e-12)
    np.testing.assert_allclose(small["train_loss"], large["train_loss"], rtol=1e-12)


def test_values_accumulate_as_well():
    finals = []
    for batch, accumulate in [(6, 2), (12, 1)]:
        autodiff.seed(1)
        model = nn.MLP(3, [3, 2])
        optimizer = optim.SGD(model.parameters(), 0.2)
        fit(model, loader(batch), nn.cross_entropy, optimizer, 2, accumulate=accumulate)
        finals.append([p.data for p in model.parameters()])
    np.testing.assert_allclose(finals[0], finals[1], rtol=1e-9)


def test_a_step_is_never_longer_than_the_norm_allows():
    class Measure(Callback):
        lengths, norms = [], []

        def on_start(self, run):
            self.last = run.model.weight.numpy().copy(), run.model.bias.numpy().copy()

        def on_step_end(self, run):
            here = run.model.weight.numpy().copy(), run.model.bias.numpy().copy()
            self.lengths.append(np.sqrt(sum(((a - b) ** 2).sum() for a, b in zip(here, self.last))))
            self.norms.append(run.norm)
            self.last = here

    measure, model = Measure(), linear()
    optimizer = optim.SGD(model.parameters(), 1.0)
    fit(model, loader(4), nn.cross_entropy, optimizer, 4, clip_norm=0.2, callbacks=[measure])
    np.testing.assert_allclose(measure.lengths, np.minimum(measure.norms, 0.2), rtol=1e-9)
    assert max(measure.norms) > 0.2


def test_a_schedule_is_a_function_of_the_updates():
    model = linear()
    optimizer = optim.SGD(model.parameters(), optim.linear_decay(1.0, 0.0, steps=12))
    history = fit(model, loader(4), nn.cross_entropy, optimizer, 4, accumulate=2)
    assert optimizer.steps == 12
    np.testing.assert_allclose(history["lr"], 1.0 - np.array([2, 5, 8, 11]) / 12)


def test_a_pair_is_shuffled_by_the_seed_and_validation_is_the_whole():
    runs = []
    for seed in (3, 3, 4):
        model = linear(seed)
        history = fit(model, (X.tolist(), Y.tolist()), nn.cross_entropy,
                      optim.SGD(model.parameters(), 0.1), 2, batch_size=5,
                      validation=data.DataLoader(X, Y, batch_size=3))  # fmt: skip
        runs.append(history.steps)
        scores = model(X)
        assert history["validation_loss"][-1] == nn.cross_entropy(scores, Y).item()
        assert history["validation_accuracy"][-1] == (scores.numpy().argmax(1) == Y).mean()
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("loss, targets", [(nn.hinge, 2 * Y - 1), (nn.bce_with_logits, Y)])
def test_two_classes_of_one_score_are_learnt_by_values_and_by_tensors(loss, targets):
    x, y = data.moons(60, noise=0.1, seed=0)
    y = 2 * y - 1 if loss is nn.hinge else y
    autodiff.seed(1337)
    scalar = nn.MLP(2, [8, 1])
    tensor = scalar.to_tensor()
    ends = []
    for model, target in ((scalar, y), (tensor, y[:, None])):
        optimizer = optim.SGD(model.parameters(), 0.5)
        batches = data.DataLoader(x, target, batch_size=20)
        history = fit(model, batches, loss, optimizer, 8, validation=(x, target))
        assert history["validation_accuracy"][-1] > 0.8
        ends.append(history.steps)
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-6)


def test_dropout_drops_in_training_and_not_in_validation():
    modes = []

    class Spy(nn.Module):
        def __init__(self):
            self.inner = nn.Linear(3, 2)

        def forward(self, x):
            modes.append(self.training)
            return self.inner(x)

    model = Spy().eval()
    fit(model, loader(12), nn.cross_entropy, optim.SGD(model.parameters(), 0.1), 2,
        validation=(X, Y))  # fmt: skip
    assert modes == [True, True, False] * 2
    assert model.training


def test_parameters_that_the_optimizer_does_not_have_stay():
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    before = model.state_dict()
    optimizer = optim.SGD(model[1].parameters(), 0.1)
    fit(model, loader(8), nn.cross_entropy, optimizer, 1)
    after = model.state_dict()
    changed = [name for name in before if (before[name] != after[name]).any()]
    assert changed == ["layer2.weight", "layer2.bias"]


def test_a_learning_rate_may_be_changed_while_it_trains():
    def halve(run):
        run.optimizer.lr /= 2

    model = linear()
    optimizer = optim.SGD(model.parameters(), 0.8)
    history = fit(model, loader(8), nn.cross_entropy, optimizer, 3, callbacks=[halve])
    assert history["lr"] == [0.8, 0.4, 0.2]


def test_fit_is_in_the_front_row():
    from autodiff.training import fit as other

    assert fit is other is autodiff.fit


def refusals():
    model, other = linear(), linear()
    optimizer = optim.SGD(model.parameters(), 0.1)
    good = dict(model=model, data=(X, Y), loss=nn.cross_entropy, optimizer=optimizer, epochs=1)
    return [
        pytest.param({**good, **change}, error, message, id=message[:40])
        for change, error, message in [
            ({"model": print}, TypeError, "as the model; expected a Module"),
            ({"model": other}, ValueError, "of which 2 are not of the model; expected the model's"),
            ({"optimizer": 0.1}, TypeError, "as the optimizer; expected one of optim"),
            ({"data": X}, TypeError, "as the data; expected a DataLoader, or a pair"),
            ({"data": (X, Y[:5])}, ValueError, "arrays of 24, 5 samples, expected equal lengths"),
            ({"data": data.DataLoader(X, Y, Y)}, ValueError, "got batches of 3 arrays, from Data"),
            ({"data": (X, Y, Y)}, TypeError, "got a tuple of 3 arrays as the data; expected a D"),
            ({"data": (X[:0], Y[:0])}, ValueError, "got 0 samples, of which there is no batch; e"),
            (
                {"data": data.DataLoader(X, Y, batch_size=50, drop_last=True)},
                ValueError,
                "got 24 samples, of which there is no batch; expected at least 50: batch_size is",
            ),
            ({"data": (X, list("ab" * 12))}, ValueError, "got texts as the targets, such as 'a'; "),
            (
                {"loss": "cross_entropy"},
                TypeError,
                "got 'cross_entropy', a str as the loss; expect",
            ),
            ({"validation": (X[:0], Y[:0])}, ValueError, "got no samples for validation; expected"),
            ({"validation": (X, Y, Y)}, ValueError, "got a tuple of 3 arrays for validation; exp"),
            ({"epochs": 0}, ValueError, r"fit\(\) got epochs=0; expected a whole number of at"),
            ({"epochs": 1.5}, ValueError, r"got epochs=1\.5"),
            ({"accumulate": 0}, ValueError, "got accumulate=0; expected a whole number"),
            ({"clip_norm": 0.0}, ValueError, r"got clip_norm=0\.0; expected a number above 0"),
            ({"validation": X}, ValueError, r"for validation; expected a pair \(x, y\)"),
            ({"validation": (X, Y[:3])}, ValueError, "24 inputs and 3 targets for validation"),
            ({"loss": lambda p, t: 3.0}, TypeError, "got a float from the loss; expected one num"),
            ({"loss": lambda p, t: p}, TypeError, r"a Tensor of shape \(24, 2\) from the loss"),
        ]
    ]


@pytest.mark.parametrize("arguments, error, message", refusals())
def test_what_cannot_be_trained_is_told(arguments, error, message):
    with pytest.raises(error, match=message):
        fit(**arguments)


def test_a_model_may_return_a_value_for_a_batch_of_one():
    class Slope(nn.Module):
        def __init__(self):
            self.w = Value(0.0)

        def forward(self, x):
            return [self.w * float(row[0]) for row in x]

    model = Slope()
    x = np.array([[1.0], [2.0], [3.0]])
    history = fit(model, (x, 2 * x[:, 0]), nn.mse, optim.SGD([model.w], 0.05), 40, batch_size=1)
    assert model.w.data == pytest.approx(2.0, abs=1e-3)
    assert "train_accuracy" not in history
