"""Layers of images: what they make, what they are called, and that they learn."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, conv2d, nn, optim
from autodiff.data import DataLoader, load_mnist_small


def lenet(**options):
    return nn.Sequential(
        nn.Conv2d(1, 4, 5, **options), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 8, 5, **options), nn.ReLU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(128, 10),
    )  # fmt: skip


def test_a_layer_is_its_function_with_its_weights():
    layer = nn.Conv2d(2, 3, (3, 2), stride=2, padding=1, dilation=(1, 2), dtype=np.float64)
    x = np.random.default_rng(0).normal(size=(4, 2, 7, 8))
    expected = conv2d(x, layer.weight, layer.bias, stride=2, padding=1, dilation=(1, 2))
    np.testing.assert_array_equal(layer(x).numpy(), expected.numpy())
    assert nn.Conv2d(2, 3, 3, bias=False).bias is None
    assert (layer.weight.shape, layer.bias.shape) == ((3, 2, 3, 2), (3,))


def test_weights_are_drawn_for_the_number_of_inputs():
    autodiff.seed(0)
    by_default = nn.Conv2d(16, 32, 3)
    bound = (16 * 9) ** -0.5
    for numbers in (by_default.weight.numpy(), by_default.bias.numpy()):
        assert np.abs(numbers).max() <= bound
        assert numbers.std() == pytest.approx(bound / 3**0.5, rel=0.25)
    by_he = nn.Conv2d(16, 32, 3, init=nn.he)
    assert by_he.weight.numpy().std() == pytest.approx((2 / (16 * 9)) ** 0.5, rel=0.05)
    assert not by_he.bias.numpy().any()


def test_layers_say_how_they_were_made():
    assert repr(nn.Conv2d(1, 8, 5)) == "Conv2d(1, 8, 5)"
    layer = nn.Conv2d(1, 8, (5, 3), stride=2, padding=1, bias=False)
    assert repr(layer) == "Conv2d(1, 8, (5, 3), stride=2, padding=1, bias=False)"
    assert repr(nn.MaxPool2d(2)) == "MaxPool2d(2)"
    assert repr(nn.AvgPool2d((2, 3), stride=1, padding=1)) == (
        "AvgPool2d((2, 3), stride=1, padding=1)"
    )
    assert repr(nn.BatchNorm2d(8)) == "BatchNorm2d(8)"


def test_names_shapes_and_a_summary():
    model = lenet()
    assert list(model.state_dict()) == [
        "layer1.weight", "layer1.bias", "layer4.weight", "layer4.bias",
        "layer8.weight", "layer8.bias",
    ]  # fmt: skip
    table = model.summary((1, 28, 28))
    assert "(n, 8, 4, 4)" in table
    assert f"{4 * 25 + 4 + 8 * 100 + 8 + 128 * 10 + 10:,}" in table


@pytest.mark.parametrize("make, words", [
    (lambda: lenet()(np.zeros((2, 784), np.float32)), r"layer1: Conv2d.*\(2, 784\).*reshape"),
    (lambda: lenet()(np.zeros((2, 3, 28, 28), np.float32)), r"layer1: .*expected \(n, 1, h, w\)"),
    (lambda: lenet()(np.zeros((2, 1, 8, 8), np.float32)), r"layer4: .*larger than they are"),
    (lambda: nn.Conv2d(1, 8, 0), "Conv2d got kernel=0"),
    (lambda: nn.Conv2d(0, 8, 3), "Conv2d got a width of 0"),
    (lambda: nn.Conv2d(1, 8, 3, stride="2"), r"Conv2d.*stride='2'"),
    (lambda: nn.Conv2d(1, 8, 4, padding="same"), "odd size"),
    (lambda: nn.Conv2d(1, 8, 3, padding="same", stride=2), "Conv2d got padding='same'"),
    (lambda: nn.MaxPool2d(2, padding=2), "MaxPool2d got padding=2.*at most half"),
    (lambda: nn.MaxPool2d(2.5), "MaxPool2d.*kernel=2.5"),
    (lambda: nn.Conv2d(1, 8, 3, init=lambda shape: np.zeros(3)), r"Conv2d got \(3,\) numbers"),
    (lambda: nn.BatchNorm2d(3)(np.zeros((2, 3))), r"BatchNorm2d\(3\).*expected \(n, 3, h, w\)"),
    (lambda: nn.BatchNorm1d(3)(np.zeros((2, 3, 4, 4))), r"\(n, 3\) or \(n, 3, length\)"),
])  # fmt: skip
def test_what_does_not_fit_names_the_layer(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_batch_norm_of_images_is_that_of_their_places_in_a_row():
    rng = np.random.default_rng(0)
    x = rng.normal(2.0, 3.0, (5, 3, 4, 2))
    flat, whole = nn.BatchNorm1d(3, dtype=np.float64), nn.BatchNorm2d(3, dtype=np.float64)
    a, b = Tensor(x, requires_grad=True), Tensor(x.reshape(5, 3, 8), requires_grad=True)
    g = rng.normal(size=x.shape)
    for _ in range(2):
        y, z = whole(a), flat(b)
        np.testing.assert_allclose(y.numpy().reshape(z.shape), z.numpy(), rtol=1e-12)
    y.backward(g)
    z.backward(g.reshape(z.shape))
    np.testing.assert_allclose(a.grad.reshape(z.shape), b.grad, rtol=1e-9, atol=1e-12)
    assert whole.state_dict().keys() == flat.state_dict().keys()
    whole.eval()
    flat.eval()
    np.testing.assert_allclose(whole(x).numpy().reshape(5, 3, 8), flat(b).numpy(), rtol=1e-12)


def test_pictures_of_digits_are_learnt():
    (x, y), (x_test, y_test) = load_mnist_small()
    x, x_test = x.reshape(-1, 1, 28, 28), x_test.reshape(-1, 1, 28, 28)
    autodiff.seed(0)
    model = lenet(init=nn.he)
    optimizer = optim.Adam(model.parameters(), lr=0.005)
    for images, classes in DataLoader(x, y, batch_size=50, shuffle=True, seed=0):
        loss = nn.cross_entropy(model(images), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (model(x_test).argmax(1) == y_test).mean() > 0.9
