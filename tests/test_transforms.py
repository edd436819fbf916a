"""Transforms against closed forms, against each other, and nested in one another."""

import math
import threading
from collections import namedtuple
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import (
    Tensor,
    Value,
    cos,
    exp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    no_grad,
    relu,
    sin,
    sqrt,
    tanh,
    topological_order,
    value_and_grad,
    vjp,
)

near = pytest.approx


def rosenbrock(v):
    return sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairwise(v))


def rosenbrock_hessian(x, y):
    return [[1200 * x * x - 400 * y + 2, -400 * x], [-400 * x, 200.0]]


# -- shapes ----------------------------------------------------------------------------------------


def test_the_gradient_of_a_number_is_a_plain_number():
    assert grad(lambda x: x**3)(2.0) == 12.0
    assert type(grad(lambda x: x**3)(2)) is float
    assert type(grad(lambda x: x + 1)(2)) is float


def test_derivatives_have_the_shape_of_the_argument():
    Point = namedtuple("Point", "x y")

    def f(tree):
        point, (u,), w = tree["point"], tree["u"], tree["w"]
        return point.x * point.y + 5 * u + w["deep"][1] ** 2

    tree = {"point": Point(2.0, 3.0), "u": (7.0,), "w": {"deep": [1.0, 4.0]}}
    assert grad(f)(tree) == {"point": Point(3.0, 2.0), "u": (5.0,), "w": {"deep": [0.0, 8.0]}}
    assert isinstance(grad(f)(tree)["point"], Point)


def test_argnums_choose_the_arguments_and_keywords_pass_through():
    def f(x, name, y, *, scale):
        assert name == "not a number"
        return scale * x * y

    args = (2.0, "not a number", 3.0)
    assert grad(f)(*args, scale=10.0) == 30.0
    assert grad(f, 2)(*args, scale=10.0) == 20.0
    assert grad(f, -1)(*args, scale=10.0) == 20.0
    assert grad(f, (2, 0))(*args, scale=10.0) == (20.0, 30.0)
    assert grad(f, (0,))(*args, scale=10.0) == (30.0,)
    assert value_and_grad(f)(*args, scale=10.0) == (60.0, 30.0)


def test_a_function_that_does_not_depend_on_its_argument_has_the_gradient_zero():
    other = Value(3.0)
    for f in (lambda x: 5.0, lambda x: other * 2, lambda x: Value(1.0)):
        assert value_and_grad(f)(2.0)[1] == 0.0
    assert grad(lambda v: v[0])([1.0, 2.0]) == [1.0, 0.0]
    assert not other.has_grad


def test_ndarrays_of_numbers_go_in_and_come_out():
    value, slope = value_and_grad(lambda x: (np.sin(x) * x).sum())(np.array([[0.5, 1.0]]))
    assert type(value) is float
    assert slope.dtype == float
    assert slope == near(
        np.array([[math.sin(0.5) + 0.5 * math.cos(0.5), math.sin(1) + math.cos(1)]])
    )


# -- closed forms ----------------------------------------------------------------------------------


@pytest.mark.parametrize("point", [[1.0, 1.0], [-1.2, 1.0], [0.3, -2.0]])
def test_the_hessian_of_rosenbrocks_function(point):
    assert hessian(rosenbrock)(point) == [near(row) for row in rosenbrock_hessian(*point)]
    slope = [-400 * point[0] * (point[1] - point[0] ** 2) - 2 * (1 - point[0])]
    assert grad(rosenbrock)(point) == near([*slope, 200 * (point[1] - point[0] ** 2)])


def test_a_taylor_series_by_repeated_gradients():
    f, x, terms = lambda x: exp(sin(x)), 0.1, []
    for order in range(7):
        terms.append(float(f(0.0)) / math.factorial(order) * x**order)
        f = grad(f)
    # e^sin x = 1 + x + x²/2 - x⁴/8 - x⁵/15 - x⁶/240 + …
    coefficients = [1, 1, 1 / 2, 0, -1 / 8, -1 / 15, -1 / 240]
    assert terms == near([c * x**k for k, c in enumerate(coefficients)], abs=1e-15)


def test_the_derivative_of_an_implicit_function():
    """y(x) solves y + eʸ = x: Newton's iteration, and dy/dx = 1/(1 + eʸ) by differentiating it."""

    def solve(x):
        y = 0.0
        for _ in range(50):
            y = y - (y + exp(y) - x) / (1 + exp(y))
        return y

    for x in (-2.0, 0.5, 3.0):
        y = solve(x)
        assert y + math.exp(y) == near(x)
        assert grad(solve)(x) == near(1 / (1 + math.exp(y)))
        residual = lambda x, y: y + exp(y) - x
        by_theorem = -grad(residual, 0)(x, y) / grad(residual, 1)(x, y)
        assert grad(solve)(x) == near(by_theorem)


def test_a_jacobian_by_rows_and_by_columns():
    def spherical(v):
        r, t, p = v
        return [r * sin(t) * cos(p), r * sin(t) * sin(p), r * cos(t)]

    r, t, _ = point = [2.0, 0.7, -0.4]
    matrix = np.array(jacobian(spherical)(point))
    assert np.linalg.det(matrix) == near(r * r * math.sin(t))
    tall = jacobian(lambda x: [x, x**2, x**3])(2.0)
    assert tall == [1.0, 4.0, 12.0]
    assert jacobian(lambda v: {"sum": v[0] + v[1]})([1.0, 2.0]) == {"sum": [1.0, 1.0]}
    wide = jacobian(lambda v: [v[0] * v[1] * v[2], v[2]])([2.0, 3.0, 4.0])
    assert wide == [[12.0, 8.0, 6.0], [0.0, 0.0, 1.0]]
    by_columns = jacobian(lambda v: [v[0] * v[1], v[0], v[1]])([2.0, 3.0])
    assert by_columns == [[3.0, 2.0], [1.0, 0.0], [0.0, 1.0]]


def test_a_tangent_may_be_differentiated_in_its_direction():
    assert grad(lambda t: jvp(lambda x: x**3, (2.0,), (t,))[1])(5.0) == 12.0


def test_an_array_of_objects_is_a_list_of_numbers():
    slope = grad(lambda v: v[0] * v[1])(np.array([2.0, 3.0], dtype=object))
    assert slope.dtype == float
    assert slope.tolist() == [3.0, 2.0]


def test_vjp_and_jvp_are_two_sides_of_the_jacobian():
    def f(x, v):
        return [x * v[0], sin(v[1]) + x]

    primals = (2.0, [3.0, 0.5])
    value, pull = vjp(f, *primals)
    assert value == near([6.0, math.sin(0.5) + 2.0])
    assert pull([1.0, 10.0]) == (13.0, near([2.0, 10 * math.cos(0.5)]))
    assert pull([0.0, 1.0])[0] == 1.0
    value, tangent = jvp(f, primals, (1.0, [0.1, 0.2]))
    assert value == near([6.0, math.sin(0.5) + 2.0])
    assert tangent == near([3.2, 0.2 * math.cos(0.5) + 1.0])


def test_what_does_not_move_has_the_tangent_zero_also_beside_an_infinite_slope():
    assert jvp(lambda x: 3.0, (2.0,), (1.0,)) == (3.0, 0.0)
    root_and_line = lambda x, y: sqrt(x) + y
    assert jvp(root_and_line, (0.0, 2.0), (0.0, 1.0)) == (2.0, 1.0)
    zeros = np.zeros(2)
    assert jvp(root_and_line, (zeros, X[:2]), (zeros, X[:2]))[1] == near(X[:2])


def test_a_hessian_vector_product_is_the_hessian_times_the_vector():
    point, direction = [0.3, -2.0], [1.0, -0.5]
    expected = np.array(rosenbrock_hessian(*point)) @ direction
    assert hvp(rosenbrock, (point,), (direction,)) == near(expected.tolist())
    both = hvp(lambda x, y: x * x * y, (2.0, 3.0), (1.0, 10.0))
    assert both == (6.0 + 40.0, 4.0)


def test_scipy_minimises_what_value_and_grad_gives():
    from scipy.optimize import minimize

    found = minimize(value_and_grad(rosenbrock), np.array([-1.2, 1.0, 0.5]), jac=True, tol=1e-12)
    assert found.x == near([1.0, 1.0, 1.0], abs=1e-6)


# -- nesting ---------------------------------------------------------------------------------------


def test_an_inner_variable_is_not_taken_for_the_outer_one():
    """Perturbation confusion (Siskind and Pearlmutter, 2005): the answer is 1, not 2."""
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1])(1.0) == 1.0
    assert jvp(lambda x: x * grad(lambda y: x + y)(1.0), (1.0,), (1.0,))[1] == 1.0


def test_the_outer_derivative_goes_through_closures_and_through_arguments():
    assert grad(lambda x: grad(lambda y: x * y**2)(3.0))(2.0) == 6.0
    assert grad(lambda x: grad(lambda y: y**3)(x))(2.0) == 12.0
    assert grad(lambda x: grad(lambda y: x * y**3)(x))(2.0) == near(3 * 3 * 2.0**2)


def forward(f):
    return lambda x: jvp(f, (x,), (1.0,))[1]


@pytest.mark.parametrize("first", [grad, forward])
@pytest.mark.parametrize("second", [grad, forward])
@pytest.mark.parametrize("third", [grad, forward])
def test_modes_mix_to_any_order(first, second, third):
    third_derivative = third(second(first(lambda x: exp(2 * x) * sin(x))))
    x = 0.7
    expected = math.exp(2 * x) * (2 * math.sin(x) + 11 * math.cos(x))
    assert third_derivative(x) == near(expected)
    assert type(third_derivative(x)) is float


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1.5, 1.5), min_size=2, max_size=4), st.data())
def test_a_hessian_is_symmetric_and_agrees_with_its_products(point, data):
    def f(v):
        total = tanh(v[0] * v[-1])
        for a, b in pairwise(v):
            total = total + sin(a) * exp(b) + sqrt(1 + a * a * b * b)
        return total

    matrix = np.array(hessian(f)(point))
    assert matrix == near(matrix.T, abs=1e-12)
    direction = data.draw(st.lists(st.floats(-1, 1), min_size=len(point), max_size=len(point)))
    assert hvp(f, (point,), (direction,)) == near((matrix @ direction).tolist(), abs=1e-9)


def test_a_value_as_argument_gives_values_that_can_be_differentiated():
    x = Value(2.0)
    slope = grad(lambda y: y**3)(x)
    assert isinstance(slope, Value)
    slope.backward()
    assert x.grad == 12.0


def test_a_transform_leaves_nothing_behind():
    x, w = Value(2.0), Value(5.0)
    y = x * w
    assert grad(lambda t: t * w * y)(3.0) == 50.0
    assert not any(node.has_grad for node in (x, w, y))
    assert len(topological_order(y)) == 3


def test_an_exception_in_the_function_leaves_later_transforms_right():
    def broken(x):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        grad(broken)(1.0)
    assert type(grad(lambda x: x**2)(3.0)) is float


def test_transforms_work_inside_no_grad():
    with no_grad():
        assert grad(lambda x: x**2)(3.0) == 6.0
        assert grad(grad(lambda x: x**3))(3.0) == 18.0
        assert not (Value(1.0) * 2).requires_grad


def test_threads_do_not_meet_in_a_transform():
    """Only the transforms of its own thread make a result a Value."""
    inside, done, results = threading.Event(), threading.Event(), []

    def slow(x):
        inside.set()
        done.wait(10)
        return x * x

    thread = threading.Thread(target=lambda: results.append(grad(slow)(3.0)))
    thread.start()
    inside.wait(10)
    results.append(type(grad(lambda x: x * x)(2.0)))
    done.set()
    thread.join()
    assert results == [float, 6.0]


def test_a_long_chain_is_no_harder():
    def f(x):
        for _ in range(50_000):
            x = x + 1e-5
        return x

    assert grad(f)(1.0) == 1.0
    assert jvp(f, (1.0,), (3.0,))[1] == 3.0


def test_kinks_and_poles_are_those_of_the_table():
    assert grad(relu)(0.0) == 0.0
    assert grad(log)(0.0) == math.inf
    assert math.isnan(grad(lambda x: sqrt(x * x))(0.0))


# -- errors ----------------------------------------------------------------------------------------


def test_what_cannot_be_differentiated_says_so():
    def f(v):
        return [v, v]

    with pytest.raises(TypeError, match=r"grad of f, which returned \[.*; expected one number"):
        grad(f)(1.0)
    with pytest.raises(TypeError, match="asked for in 'a', a str; expected a number"):
        grad(lambda x: x)("a")
    for nothing in ("a", None, print):  # perhaps its return was forgotten
        with pytest.raises(TypeError, match="expected one number: use jacobian"):
            grad(lambda x: nothing)(1.0)  # noqa: B023
    for argnum in (1, 2, -2):
        with pytest.raises(TypeError, match=rf"argnum {argnum} of .*, which got 1 .* 0 to 0"):
            grad(lambda x: x, argnum)(1.0)
    assert grad(lambda x, y: x * y, -2)(3.0, 5.0) == 5.0
    with pytest.raises(TypeError, match=r"got 1 tangents for 2 numbers"):
        jvp(lambda v: v[0], ([1.0, 2.0],), ([1.0],))
    with pytest.raises(TypeError, match=r"got 3 tangents for 2 numbers"):
        jvp(lambda v: v[0], ([1.0, 2.0],), ([1.0, 0.0, 0.0],))
    _, pull = vjp(lambda x: [x, x], 1.0)
    with pytest.raises(TypeError, match=r"got 1 numbers; expected a cotangent"):
        pull([1.0])
    with pytest.raises(TypeError, match=r"got 3 numbers; expected a cotangent .* with 2"):
        pull([1.0, 1.0, 1.0])


def test_a_transformed_function_is_named_after_what_it_is():
    assert hessian(rosenbrock).__name__ == "hessian(rosenbrock)"


# -- functions of arrays ---------------------------------------------------------------------------

A = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 4.0]])
X = np.array([0.5, -1.0, 2.0])


def quartic(x):
    return 0.5 * (x @ A @ x) + (x**4).sum()


def test_derivatives_of_a_function_of_an_array_are_arrays_of_the_closed_form():
    value, slope = value_and_grad(quartic)(X)
    assert type(value) is float
    assert type(slope) is np.ndarray
    assert value == near(0.5 * X @ A @ X + (X**4).sum())
    assert slope == near(A @ X + 4 * X**3)
    assert hessian(quartic)(X) == near(A + np.diag(12 * X**2))
    t = np.array([1.0, 10.0, 100.0])
    assert hvp(quartic, (X,), (t,)) == near((A + np.diag(12 * X**2)) @ t)
    assert jvp(quartic, (X,), (t,)) == (near(value), near(slope @ t))
    assert grad(lambda x: (grad(quartic)(x) ** 2).sum())(X) == near(
        2 * (A + np.diag(12 * X**2)) @ (A @ X + 4 * X**3)
    )


def test_jacobians_have_the_shape_of_the_output_and_then_of_the_argument():
    M = np.arange(6.0).reshape(2, 3)
    assert jacobian(lambda x: A @ x)(X) == near(A)
    tall = jacobian(lambda m: m @ X)(M)
    assert tall.shape == (2, 2, 3)
    assert tall == near(np.einsum("ik,j->ikj", np.eye(2), X))
    wide = jacobian(lambda m: (m * m).sum(axis=0)[:, None] * X)(M)
    assert wide.shape == (3, 3, 2, 3)
    assert wide == near(np.einsum("mi,ik,j->ijmk", 2.0 * M, np.eye(3), X))
    both = jacobian(lambda d: [d["x"].sum(), d["s"] * d["x"]])({"x": X, "s": 3.0})
    assert both[0]["x"] == near(np.ones(3))
    assert both[0]["s"] == 0.0
    assert both[1]["x"] == near(3.0 * np.eye(3))
    assert both[1]["s"] == near(X)


def test_numbers_and_arrays_go_together_and_each_gets_its_own_kind_back():
    def f(s, x, tree):
        return (s * x * tree["w"]).sum() + tree["b"] ** 2

    args = (2.0, X, {"w": np.float32([1, 2, 3]), "b": 4})
    by_s, by_x, by_tree = grad(f, (0, 1, 2))(*args)
    assert type(by_s) is float
    assert by_s == near((X * [1, 2, 3]).sum())
    assert by_x == near([2.0, 4.0, 6.0])
    assert by_tree["w"] == near(2.0 * X)
    assert by_tree["w"].dtype == np.float32
    assert by_tree["b"] == 8.0
    assert grad(f)(*args) == near(by_s)
    value, pull = vjp(f, *args)
    assert pull(1.0)[1] == near(by_x)
    assert value == near(f(*args))
    assert grad(lambda s, x: (s * x).sum())(2.0, Tensor(X)) == near(X.sum())


def test_truth_values_are_differentiated_as_zeros_and_ones():
    slope = grad(lambda x: (x * x).sum())(np.array([True, False]))
    assert slope.dtype == float
    assert slope.tolist() == [2.0, 0.0]


def test_whole_arrays_and_constant_tensors_are_variables_like_others():
    assert grad(lambda x: (x * x).sum())(np.array([1, 2])).tolist() == [2.0, 4.0]
    for constant in (Tensor(X), Tensor([1, 2])):
        slope = grad(lambda x: (x * x).sum())(constant)
        assert slope.tolist() == near(2.0 * constant.data)
    assert grad(lambda x: x * x)(Value(3.0).detach()).data == 6.0
    x = Tensor(X, requires_grad=True)
    slope = grad(lambda x: (x**3).sum())(x)
    slope.sum().backward()
    assert x.grad == near(6 * X)


def test_transforms_of_arrays_nest_also_over_numbers():
    inner = lambda x: grad(lambda s: (s**2 * x).sum())(3.0)
    assert grad(inner)(X) == near(np.full(3, 6.0))
    assert grad(lambda s: (grad(lambda y: (y**3).sum() * 1.0)(X) * 1.0).sum() * s)(2.0) == near(
        3 * (X**2).sum()
    )
    assert type(grad(lambda s: s * s)(2.0)) is float  # and later ones are on Values again


def test_scipy_minimises_with_gradient_and_hessian_of_arrays():
    from scipy.optimize import minimize

    def rosen(x):
        return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()

    start = np.array([1.3, 0.7, 0.8, 1.9])
    both = value_and_grad(rosen)
    for options in (
        dict(fun=both, jac=True, method="BFGS"),
        dict(fun=both, jac=True, hess=hessian(rosen), method="trust-exact"),
        dict(fun=both, jac=True, hess=hessian(rosen), method="Newton-CG"),
        dict(fun=both, jac=True, hessp=lambda x, t: hvp(rosen, (x,), (t,)), method="trust-ncg"),
    ):
        found = minimize(x0=start, tol=1e-10, **options)
        assert found.x == near(np.ones(4), abs=1e-5)


def test_tangents_and_arguments_of_arrays_that_do_not_fit_are_told():
    with pytest.raises(TypeError, match=r"jvp of .* tangent of shape \(2,\); expected \(3,\)"):
        jvp(quartic, (X,), (np.ones(2),))
    _, pull = vjp(lambda x: 2.0 * x, X)
    for other in (np.ones(2), np.ones(4), 1.0, np.ones((3, 1))):
        with pytest.raises(TypeError, match=r"a cotangent of shape .*; expected \(3,\), that"):
            pull(other)
    with pytest.raises(TypeError, match="complex128; expected real numbers"):
        grad(quartic)(X * 1j)
    with pytest.raises(TypeError, match="expected one number: use jacobian"):
        grad(lambda x: x)(X)


def test_a_tensor_that_numpy_takes_apart_inside_a_transform_is_refused():
    """Its gradient would silently be 0."""
    x = np.array([1.0, 2.0, 3.0])

    def filled(x):
        out = np.zeros(3)
        out[0] = x[0] ** 2
        return out.sum()

    for f in (lambda x: np.array([x[0], x[1]]).sum(), lambda x: np.asarray(x).sum()):
        with pytest.raises(TypeError, match="inside a function that is being differentiated"):
            grad(f)(x)
    with pytest.raises(ValueError, match="setting an array element") as caught:  # NumPy's words
        grad(filled)(x)
    assert "inside a function that is being differentiated" in str(caught.value.__cause__)


def test_where_nothing_moves_a_tangent_has_the_shape_of_the_output():
    """Found by tests/differential: the product with a Hessian that is 0 was the number 0.0."""
    a, b = np.ones((2, 3), np.float32), np.ones(3)
    products = hvp(lambda a, b: (a * a).sum() + b.sum(), (a, b), (a, b))
    assert [np.shape(p) for p in products] == [(2, 3), (3,)]
    assert products[1].tolist() == [0.0, 0.0, 0.0]
    assert hvp(lambda b: b.sum(), (b,), (b,)).shape == (3,)
    assert jvp(lambda a: np.ones((4, 2)), (a,), (a,))[1].shape == (4, 2)
    assert jacobian(lambda b: np.ones((4, 2)))(b).tolist() == np.zeros((4, 2, 3)).tolist()
    assert jvp(lambda x: 3, (2.0,), (1.0,))[1] == 0.0
