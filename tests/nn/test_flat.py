"""Parameters in one vector: SciPy trains a model, and the model has what was found."""

import numpy as np
import pytest
from scipy.optimize import minimize

import autodiff
from autodiff import Tensor, Value, data, nn

MOONS = data.moons(100, noise=0.1, seed=1)


def of_tensors():
    autodiff.seed(3)
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))


def of_values():
    autodiff.seed(3)
    return nn.MLP(2, [8, 1], activation="tanh")


def numbers(model):
    return [np.array(x) for x in model.state_dict().values()]


def kinds(model):
    return [(type(p.data), getattr(p, "dtype", None)) for p in model.parameters()]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("make", [of_tensors, of_values])
def test_parameters_go_into_a_vector_and_back(make):
    model = make()
    vector = nn.ravel_parameters(model)
    assert (vector.dtype, vector.ndim) == (np.float64, 1)
    assert vector.tolist() == [x for part in numbers(model) for x in part.ravel().tolist()]
    types = kinds(model)
    nn.unravel_parameters(model, np.arange(len(vector)))
    assert nn.ravel_parameters(model).tolist() == list(range(len(vector)))
    assert kinds(model) == types
    vector[:] = 0.0
    assert nn.ravel_parameters(model)[1] == 1.0


def test_a_parameter_of_no_axes_has_its_place():
    class Scale(nn.Module):
        def __init__(self):
            self.a, self.b = Tensor(2.0, requires_grad=True), Value(3.0)

    model = Scale()
    assert nn.ravel_parameters(model).tolist() == [2.0, 3.0]
    nn.unravel_parameters(model, [5.0, 6.0])
    assert (model.a.item(), model.a.shape, model.b.data) == (5.0, (), 6.0)


@pytest.mark.parametrize("make", [of_tensors, of_values])
def test_the_gradient_is_that_of_backward_and_leaves_grad_alone(make):
    model = make()
    X, y = MOONS[0][:10], MOONS[1][:10]
    loss = nn.flat_loss(model, lambda: nn.hinge(_scores(model(X)), 2 * y - 1))
    x0 = nn.ravel_parameters(model)
    before = [p.grad for p in model.parameters()]
    value, gradient = loss(x0)
    assert [p.grad for p in model.parameters()] == before
    root = nn.hinge(_scores(model(X)), 2 * y - 1)
    root.backward()
    expected = np.concatenate([np.ravel(p.grad) for p in model.parameters()])
    assert value == float(root.data)
    assert (gradient.dtype, gradient.shape) == (np.float64, x0.shape)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-9)


def _scores(output):
    return output.reshape(-1) if isinstance(output, Tensor) else output


@pytest.mark.parametrize("make", [of_tensors, of_values])
def test_l_bfgs_trains_a_small_network_until_all_is_right(make):
    X, y = MOONS
    model = make()
    loss = nn.flat_loss(model, lambda: nn.bce_with_logits(_scores(model(X)), y))
    found = minimize(
        loss, nn.ravel_parameters(model), jac=True, method="L-BFGS-B", options={"maxiter": 60}
    )
    assert found.fun < 0.05
    scores = [float(score) for score in _scores(model(X))]
    assert [score > 0 for score in scores] == [label == 1 for label in y]
    assert [p.dtype for p in model.parameters() if isinstance(p, Tensor)] in ([], [np.float32] * 4)


def test_the_model_keeps_the_best_of_what_was_tried():
    model = nn.Sequential(nn.Linear(1, 1, bias=False, dtype=np.float64))
    weight = model.parameters()[0]
    loss = nn.flat_loss(model, lambda: (model([[1.0]]) - 2.0).square().sum())
    for x, value, kept in [(5, 9.0, 5.0), (3, 1.0, 3.0), (7, 25.0, 3.0), (np.nan, np.nan, 3.0)]:
        np.testing.assert_equal(loss(np.array([float(x)]))[0], value)
        assert weight.item() == kept


def test_a_parameter_that_the_loss_does_not_use_has_no_slope():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    loss = nn.flat_loss(model, lambda: model[0]([[1.0, 2.0]]).sum())
    assert loss(nn.ravel_parameters(model))[1].tolist() == [1, 2, 1, 2, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("shape", [(64,), (66,), (1, 65), ()])
def test_a_vector_of_another_length_is_refused_and_nothing_changed(shape):
    model = of_tensors()
    before = numbers(model)
    loss = nn.flat_loss(model, lambda: model([[1.0, 2.0]]).sum())
    for use in (loss, lambda vector: nn.unravel_parameters(model, vector)):
        with pytest.raises(ValueError, match=r"got shape .*; expected \(65,\), all the param"):
            use(np.ones(shape))
        assert same(numbers(model), before)


def test_what_is_no_loss_is_refused_and_the_model_left_as_it_was():
    model = of_tensors()
    before = numbers(model)
    for bad in (lambda: 1.0, lambda: model([[1.0, 2.0], [3.0, 4.0]]), lambda: None):
        with pytest.raises(TypeError, match=r"a loss that returned .*; expected one number"):
            nn.flat_loss(model, bad)(np.ones(65))
        assert same(numbers(model), before)
    with pytest.raises(TypeError, match=r"as the loss; expected a function.*lambda: nn\.mse"):
        nn.flat_loss(model, model([[1.0, 2.0]]).sum())


@pytest.mark.parametrize("use", [nn.ravel_parameters, lambda m: nn.unravel_parameters(m, [1.0])])
def test_what_has_no_parameters_is_refused(use):
    with pytest.raises(TypeError, match=r"ravel_parameters\(\) got \[\], a list; expected a Mod"):
        use([])
    with pytest.raises(ValueError, match="got a ReLU without parameters; expected one at least"):
        use(nn.ReLU())
