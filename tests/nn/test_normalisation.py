"""Normalisation: PyTorch's numbers, running statistics, and slopes."""

from importlib.util import find_spec

import numpy as np
import pytest

from autodiff import Tensor, no_grad
from autodiff.nn import BatchNorm1d, LayerNorm, Linear, Sequential

from .networks import run, slope_by_differences

near = pytest.approx

X2 = np.array([[1.0, -2.0], [0.5, 3.0], [2.0, 0.25]])
UP2 = np.array([[0.3, -1.0], [2.0, 0.5], [-0.7, 1.2]])
X3 = np.arange(12.0).reshape(2, 2, 3) ** 1.5 / 7
UP3 = np.cos(np.arange(12.0)).reshape(2, 2, 3)

# For a weight of (1.5, -0.5) and a bias of (0.1, 0.2): the output, the gradients of the input, the
# weight and the bias; the running moments after two batches; the output in evaluation, and the
# gradients of the input and the weight there. Computed with PyTorch 2.13 in float64.
BATCH_NORM = {
    "two axes": (
        X2,
        UP2,
        [-0.3008867086440885, 0.7909751739921973, -1.503546834576353, -0.4317320825433833,
         2.1044335432204404, 0.24075690855118606],
        [-1.2370044670512594, 0.1362855398139164, 0.8247507362698321, 0.11150560450467702,
         0.41225373078142624, -0.24779114431859342],
        [-3.1536421080001604, 1.7158658500049313],
        [1.6, 0.7],
        [0.22166666666666668, 0.07916666666666668],
        [0.9208333333333334, 2.001458333333334],
        [1.3166453906522653, 0.9348267314533598, 0.535074475886356, -0.832291660819249,
         2.8797872201840833, 0.1396234549306859],
        [0.4689425488595455, 0.3534236784545218, 3.1262836590636365, -0.1767118392272609,
         -1.094199280672273, -0.4241084141454261],
        [-0.4738056567736444, 2.6468488318923225],
    ),
    "three axes": (
        X3,
        UP3,
        [-1.556691130067418, -1.3901142892067686, -1.0855406750226277, 0.8019547505459249,
         0.6872759648181717, 0.5571984529542812, 0.8914784483729011, 1.5283551356330076,
         2.212512510290905, -0.08983365642973563, -0.27890756032700836, -0.4776879515616333],
        [0.5799129924736804, 0.05020459441953019, -1.0535020279634406, 0.11798365853663739,
         0.024973392719414095, -0.23965152209108687, 0.6263036818894927, 0.4099374593650419,
         -0.6128567001843046, 0.12097089665062043, 0.10576059360520282, -0.13003701942078782],
        [-0.29268047418957216, 0.300394293032002],
        [2.6927279765060543, -3.1057500249739096],
        [0.269949474614398, 0.5405144501214707],
        [1.1873022698107563, 1.5053764551601714],
        [-0.2716133160316174, -0.07495571315323839, 0.28461838223715435, 0.11776585473176715,
         -0.045465040723173755, -0.2306140951481115, 2.6186513705138847, 3.370536458492419,
         4.178240270118557, -1.151583304340675, -1.420706337379943, -1.7036453400403002],
        [1.3766032201486533, 0.7437818941118238, -0.5728690752454715, 0.4034390247020146,
         0.2663710541336949, -0.11559723517208978, 1.3217735084939493, 1.0378242710063221,
         -0.20029581507267533, 0.3713013032861403, 0.3419361262921311, -0.0018035482956246013],
        [2.4984295154510647, -5.4052818897068615],
    ),
}  # fmt: skip


def batch_norm():
    layer = BatchNorm1d(2, dtype=np.float64)
    layer.weight.data, layer.bias.data = [1.5, -0.5], [0.1, 0.2]
    return layer


@pytest.mark.parametrize("case", BATCH_NORM.values(), ids=BATCH_NORM)
def test_batch_norm_gives_the_numbers_of_pytorch(case):
    x, up, y, slope, weight, bias, mean, var, y_eval, slope_eval, weight_eval = case
    layer = batch_norm()
    out, grad = run(layer, x, up)
    assert out.ravel() == near(np.array(y), rel=1e-12)
    assert grad.ravel() == near(np.array(slope), rel=1e-11)
    assert layer.weight.grad == near(np.array(weight), rel=1e-12)
    assert layer.bias.grad == near(np.array(bias), rel=1e-12)
    layer(x)
    assert layer.running_mean.data == near(np.array(mean), rel=1e-14)
    assert layer.running_var.data == near(np.array(var), rel=1e-14)
    for p in layer.eval().parameters():
        p.zero_grad()
    out, grad = run(layer, x, up)
    assert out.ravel() == near(np.array(y_eval), rel=1e-12)
    assert grad.ravel() == near(np.array(slope_eval), rel=1e-12)
    assert layer.weight.grad == near(np.array(weight_eval), rel=1e-12)
    assert layer.running_mean.data == near(np.array(mean), rel=1e-14)


def test_batch_norm_normalises():
    layer = BatchNorm1d(3, dtype=np.float64)
    y = layer(np.random.default_rng(0).normal(5.0, 3.0, (200, 3))).numpy()
    assert y.mean(0) == near(np.zeros(3), abs=1e-12)
    assert y.var(0) == near(np.ones(3), rel=1e-5)


def test_running_moments_are_buffers_of_the_dtype_and_no_parameters():
    layer = BatchNorm1d(2)
    x = np.ones((4, 2), np.float32)
    y = layer(x)
    assert y.dtype == layer.running_mean.dtype == layer.running_var.dtype == np.float32
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert list(layer.state_dict()) == ["weight", "bias", "running_mean", "running_var"]
    layer(np.ones((4, 2)))
    assert layer.running_var.dtype == np.float32
    assert not layer.running_mean.requires_grad


def test_backward_through_batches_after_the_moments_moved_on():
    layer = batch_norm()
    first = layer.eval()(Tensor(X2, requires_grad=True)).sum()
    layer.train()(X2)
    first.backward()
    one, two = layer(X2).sum(), layer(X2 * 2).sum()
    (one + two).backward()
    with no_grad():
        assert not layer(X2).requires_grad


@pytest.mark.parametrize(
    "shape, words",
    [
        ((1, 2), r"got shape \(1, 2\), 1 numbers for each feature; expected two or more in train"),
        ((0, 2), r"got shape \(0, 2\), 0 numbers for each feature"),
        ((4, 3), r"got shape \(4, 3\); expected \(n, 2\) or \(n, 2, length\)"),
        ((2,), r"got shape \(2,\); expected"),
        ((4, 2, 3, 3), r"got shape \(4, 2, 3, 3\); expected"),
    ],
)
def test_what_batch_norm_cannot_take(shape, words):
    with pytest.raises(ValueError, match=r"^BatchNorm1d\(2\) " + words):
        BatchNorm1d(2)(np.ones(shape))


def test_in_evaluation_one_sample_or_none_will_do():
    layer = batch_norm().eval()
    assert layer(X2[:1]).numpy() == near(layer(X2).numpy()[:1])
    assert layer(X2[:0]).shape == (0, 2)


def test_layer_norm_gives_the_numbers_of_pytorch():
    layer = LayerNorm(3, dtype=np.float64)
    layer.weight.data, layer.bias.data = [1.5, -0.5, 2.0], [0.1, 0.2, 0.3]
    y, slope = run(layer, X3, UP3)
    expected = [
        -1.5342599800311048, 0.3178782871947437, 2.950526455487114, -1.6973311373802094,
        0.22566676732914284, 2.799108585823517, -1.714770279443851, 0.21460801797991474,
        2.778125777844792, -1.721572094591715, 0.2102156365962471, 2.7696253391739467,
    ]  # fmt: skip
    slopes = [
        2.369709868125942, -3.6620915277454453, 1.2923816596195028, -0.8616163993300834,
        1.620787680868947, -0.7591712815388636, 0.7330716391908343, -1.4153156301998742,
        0.6822439910090363, -0.6890729083747527, 1.3444199995999337, -0.6553470912251846,
    ]  # fmt: skip
    assert y.ravel() == near(np.array(expected), rel=1e-12)
    assert slope.ravel() == near(np.array(slopes), rel=1e-11)
    weight = [0.04152354670043251, -0.09870871903492985, -0.3718715825172268]
    assert layer.weight.grad == near(np.array(weight), rel=1e-11)
    bias = [0.05904752816524361, -0.19851058972862, -0.2735589869044789]
    assert layer.bias.grad == near(np.array(bias), rel=1e-11)


@pytest.mark.parametrize("build", [BatchNorm1d, LayerNorm])
@pytest.mark.parametrize("training", [True, False])
def test_slopes_are_those_of_differences(build, training):
    layer = build(3, dtype=np.float64).train(training)
    x = np.random.default_rng(3).normal(size=(4, 3))
    up = np.random.default_rng(4).normal(size=(4, 3))
    _, slope = run(layer, x, up)

    def f(t):
        state = layer.state_dict()
        y = layer(t)
        layer.load_state_dict(state)
        return (y * up).sum()

    assert slope == near(slope_by_differences(f, x), rel=1e-6, abs=1e-8)


def test_layer_norm_takes_any_axes_before_the_last():
    layer = LayerNorm(3)
    for shape in ((3,), (2, 3), (2, 4, 3), (0, 3)):
        y = layer(np.ones(shape, np.float32))
        assert y.shape == shape
        assert y.dtype == np.float32
    with pytest.raises(ValueError, match=r"LayerNorm\(3\) got shape \(2, 4\); expected \(..., 3"):
        layer(np.ones((2, 4)))


def test_a_width_that_cannot_be_meant_is_refused():
    for build in (BatchNorm1d, LayerNorm):
        with pytest.raises(ValueError, match=f"{build.__name__} got a width of 0"):
            build(0)


@pytest.mark.skipif(not find_spec("torch"), reason="PyTorch is not installed")
@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 5)])
def test_ten_batches_of_a_network_are_those_of_pytorch(shape):
    import torch

    rng = np.random.default_rng(5)
    model = BatchNorm1d(4, momentum=0.3, eps=1e-3, dtype=np.float64)
    twin = torch.nn.BatchNorm1d(4, momentum=0.3, eps=1e-3, dtype=torch.float64)
    for _ in range(10):
        x = rng.normal(1.0, 2.0, shape)
        y, slope = run(model, x, np.sin(x))
        t = torch.tensor(x, requires_grad=True)
        out = twin(t)
        out.backward(t.detach().sin())
        assert y == near(out.detach().numpy(), rel=1e-11, abs=1e-12)
        assert slope == near(t.grad.numpy(), rel=1e-9, abs=1e-11)
    assert model.running_mean.data == near(twin.running_mean.numpy(), rel=1e-13)
    assert model.running_var.data == near(twin.running_var.numpy(), rel=1e-13)
    assert model.weight.grad == near(twin.weight.grad.numpy(), rel=1e-10)


def test_normalisation_works_between_layers():
    model = Sequential(Linear(3, 4), BatchNorm1d(4), Linear(4, 2), LayerNorm(2))
    y = model(np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32))
    (y * y).sum().backward()
    assert y.dtype == np.float32
    assert all(p.grad.shape == p.shape for p in model.parameters())
