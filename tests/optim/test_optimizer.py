"""What all optimisers share: parameters, the learning rate, forgotten gradients."""

import copy
import pickle
import warnings

import numpy as np
import pytest

from autodiff import Value, tanh
from autodiff.nn import MLP, mse
from autodiff.optim import SGD, Adam, AdamW, RMSProp, cosine_decay, warmup


def descend(optimizer, x, steps, zero=True):
    for _ in range(steps):
        if zero:
            optimizer.zero_grad()
        (x * x).backward()
        optimizer.step()
    return x.data


def test_a_step_follows_the_slope():
    x = Value(10.0)
    assert descend(SGD([x], lr=0.1), x, 2) == pytest.approx(6.4)


def test_a_parameter_without_a_gradient_stays_where_it_is():
    x, y = Value(10.0), Value(3.0)
    optimizer = AdamW([x, y], lr=0.1)
    (x * x).backward()
    optimizer.step()
    assert y.data == 3.0
    assert x.data != 10.0


def test_the_learning_rate_may_be_a_function_of_the_steps_taken():
    x = Value(0.0)
    optimizer = SGD([x], lr=lambda t: 0.5**t)
    path = []
    for _ in range(3):
        optimizer.zero_grad()
        (-x).backward()
        path.append(optimizer.lr)
        optimizer.step()
    assert path == [1.0, 0.5, 0.25]
    assert x.data == 1.75
    assert optimizer.steps == 3
    optimizer.lr = 0.01
    assert optimizer.lr == 0.01
    with pytest.raises(ValueError, match="SGD got lr=-1"):
        optimizer.lr = -1
    optimizer.lr = lambda t: float("nan")
    with pytest.raises(ValueError, match="SGD got lr of step 3=nan"):
        optimizer.step()


# -- the forgotten zero_grad -----------------------------------------------------------------------


def test_a_forgotten_zero_grad_is_told_once():
    x = Value(10.0)
    optimizer = SGD([x], lr=0.1)
    with pytest.warns(RuntimeWarning, match=r"SGD.step\(\) got gradients that still hold") as found:
        descend(optimizer, x, 5, zero=False)
    assert len(found) == 1
    assert found[0].filename == __file__


@pytest.mark.parametrize("forget", ["zero_grad", "zero", "none", "model"])
def test_whoever_zeroes_the_gradients_there_is_no_warning(forget):
    model = MLP(1, [2, 1])
    optimizer = Adam(model.parameters())
    for _ in range(3):
        if forget == "model":
            model.zero_grad()
        for p in model.parameters():
            if forget == "zero_grad":
                p.zero_grad()
            elif forget != "model":
                p.grad = 0.0 if forget == "zero" else None
        model([1.0]).backward()
        optimizer.step()


def test_one_clean_parameter_does_not_hide_another():
    x, y = Value(10.0), Value(10.0)
    optimizer = SGD([x, y], lr=0.1)
    for _ in range(2):
        y.zero_grad()
        (x * y).backward()
        if optimizer.steps:
            with pytest.warns(RuntimeWarning, match="zero_grad"):
                optimizer.step()
        else:
            optimizer.step()


@pytest.mark.parametrize("change", [lambda g: g * 0.5, lambda g: 0.5 * g, lambda g: g / 2.0])
def test_scaling_a_gradient_does_not_hide_a_forgotten_zero_grad(change):
    x = Value(10.0)
    optimizer = SGD([x], lr=0.1)
    descend(optimizer, x, 1)
    (x * x).backward()
    x.grad = change(x.grad)
    with pytest.warns(RuntimeWarning, match="zero_grad"):
        optimizer.step()


def test_a_parameter_that_is_the_root_is_seen_too():
    x = Value(10.0)
    optimizer = SGD([x], lr=0.1)
    x.backward()
    optimizer.step()
    x.backward()
    with pytest.warns(RuntimeWarning, match="zero_grad"):
        optimizer.step()


def test_graphs_that_add_up_are_seen_too():
    x = Value(0.5)
    optimizer = SGD([x], lr=0.1)
    tanh(x).backward(create_graph=True)
    optimizer.step()
    tanh(x).backward(create_graph=True)
    with pytest.warns(RuntimeWarning, match="zero_grad"):
        optimizer.step()


def test_numbers_of_numpy_leave_the_parameters_floats():
    x = Value(10.0)
    optimizer = SGD([x], lr=np.float32(0.1), weight_decay=np.float64(0.5))
    (x * x).backward()
    x.grad = np.clip(x.grad, -1, 1)
    optimizer.step()
    assert type(x.data) is float
    optimizer.lr = lambda t: np.float32(0.5)
    assert type(optimizer.lr) is float


def test_what_a_parameter_remembers_starts_at_zero_even_where_it_is_infinite():
    x = Value(float("inf"))
    optimizer = SGD([x], lr=0.1, momentum=0.9)
    assert optimizer.memory == [(0.0,)]
    assert SGD([Value(1.0)], lr=0.1).memory == [()]


def test_an_optimizer_can_be_pickled_with_its_schedule():
    x = Value(10.0)
    optimizer = Adam([x], lr=warmup(2, cosine_decay(0.1, steps=10)))
    descend(optimizer, x, 3)
    again = pickle.loads(pickle.dumps(optimizer))
    assert descend(again, again.parameters[0], 3) == descend(optimizer, x, 3)
    assert pickle.loads(pickle.dumps(SGD([x], lr=0.5))).lr == 0.5


def test_gradients_may_add_up_before_a_step():
    x = Value(10.0)
    optimizer = SGD([x], lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        for _ in range(4):
            (x * x).backward()
        optimizer.step()
    assert x.data == pytest.approx(10.0 * 0.2**2)


def test_gradients_of_earlier_steps_may_be_meant():
    x, y = Value(10.0), Value(10.0)
    meant = SGD([x], lr=0.01, accumulate=True)
    descend(meant, x, 3, zero=False)
    total = 0.0
    for _ in range(3):
        total += 2.0 * y.data
        y.data -= 0.01 * total
    assert x.data == pytest.approx(y.data)


def test_a_second_step_on_the_same_gradient_is_no_forgotten_zero_grad():
    x = Value(10.0)
    optimizer = SGD([x], lr=0.1)
    (x * x).backward()
    optimizer.step()
    optimizer.step()
    assert x.data == 6.0


def test_a_used_gradient_is_still_a_number():
    x = Value(10.0)
    optimizer = SGD([x], lr=0.1)
    (x * x).backward()
    optimizer.step()
    assert repr(x.grad) == "20.0"
    assert x.has_grad
    assert type(x.data - 0.5 * x.grad) is float
    assert pickle.loads(pickle.dumps(x)).grad == copy.deepcopy(x).grad == 20.0


def test_gradients_that_are_graphs_can_be_stepped_on():
    x = Value(0.5)
    optimizer = SGD([x], lr=0.1)
    tanh(x).backward(create_graph=True)
    slope = x.grad.data
    optimizer.step()
    assert x.data == 0.5 - 0.1 * slope
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.zero_grad()
        tanh(x).backward()
        optimizer.step()
        tanh(x).backward(create_graph=True)
    assert isinstance(x.grad, Value)


# -- what can be wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters, error, words",
    [
        (MLP(2, [1]), TypeError, r"write SGD\(model.parameters\(\), ...\)"),
        (Value(1.0), TypeError, r"write SGD\(\[w, b\], ...\)"),
        ([], ValueError, "got no parameters"),
        ([1.0], TypeError, "got 1.0, a float, as parameter 0; expected Values"),
        ([Value(1.0), Value(2.0) * 3], ValueError, "parameter 1, which is made by an operation"),
        ([Value(1.0).detach()], ValueError, "which is a constant"),
        ([Value(1.0)] * 2, ValueError, "got a parameter twice"),
    ],
)
def test_what_is_no_list_of_parameters_is_refused(parameters, error, words):
    with pytest.raises(error, match=words):
        SGD(parameters, lr=0.1)


def test_an_optimizer_says_what_it_holds():
    assert repr(RMSProp(MLP(2, [3, 1]).parameters(), lr=0.02)) == "RMSProp(13 parameters, lr=0.02)"


def test_an_optimizer_can_be_copied_with_its_model():
    model = MLP(1, [2, 1])
    optimizer = Adam(model.parameters(), lr=0.1)
    copies = copy.deepcopy((model, optimizer))
    for m, o in ((model, optimizer), copies):
        for _ in range(3):
            o.zero_grad()
            mse(m([[1.0], [2.0]]), [1.0, -1.0]).backward()
            o.step()
    assert [p.data for p in model.parameters()] == [p.data for p in copies[0].parameters()]
