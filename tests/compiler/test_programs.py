"""What a compiled function looks like."""

from __future__ import annotations

import pytest

from autodiff import Value, relu
from autodiff.compiler import compile
from autodiff.nn import MLP


def test_it_is_what_the_textbook_writes():
    @compile
    def J(a, b, c):
        u = b * c
        v = a + u
        return 3 * v

    assert (
        J.source
        == """\
def J(a, b, c):
    # forward
    u = b*c
    v = a + u
    J = 3.0*v
    # backward
    dJ_dv = 3.0  # dJ/dv = 3
    dJ_du = dJ_dv  # dv/du = 1
    dJ_dc = dJ_du*b  # du/dc = b
    dJ_db = dJ_du*c  # du/db = c
    dJ_da = dJ_dv  # dv/da = 1
    return J, (dJ_da, dJ_db, dJ_dc)"""
    )
    assert repr(J) == "<compiled J(a, b, c)>"


def test_a_value_used_twice_has_one_line_with_the_sum():
    z = compile(lambda k, m: (3 * k + 8 * m) * (5 * m + 2))
    assert z.value_and_grad(1.0, 3.0) == (459.0, (51.0, 271.0))
    lines = [line for line in z.source.splitlines() if line.strip().startswith("dJ_dm =")]
    assert len(lines) == 1
    assert " + " in lines[0]


def test_what_is_not_needed_is_not_there():
    def f(x, y):
        unused = x * 5.0  # noqa: F841
        return relu(x) * 2.0 + y * 0.0

    source = compile(f).source
    assert "5.0" not in source
    assert "dJ_dy" not in source
    assert "return J, (dJ_dx, 0.0)" in source


def test_a_guard_stands_where_it_is_asked_and_says_so():
    g = compile(lambda x: x * x if x > 0 else -x)
    g(2.0)
    assert "if not (x > 0.0): return other_way(x)  # another way is recorded anew" in g.source
    g(-2.0)
    assert "if x > 0.0: return other_way(x)" in g.source


def test_names_are_those_of_the_user_and_never_pythons():
    weights = [Value(1.0), Value(2.0)]
    model = MLP(1, [1])
    power = Value(3.0)

    def f(x, lambda_):
        return weights[0] * x + weights[1] * lambda_ + model([x]) * power

    source = compile(f).source
    assert "weights_0 = weights_0_.data" in source
    assert "power_2 = power_2_.data" in source  # power is a word of the vocabulary
    assert "layer1_neuron1_w_0 = layer1_neuron1_w_0_.data" in source


def test_what_is_computed_twice_is_computed_once():
    g = compile(lambda x, y: (x * y).sin() + (x * y).cos() * (x * y))
    assert g.source.count("x*y") == 1
    x, y = Value(0.5), Value(3.0)
    J = g.function(x, y)
    J.backward()
    assert g.value_and_grad(0.5, 3.0) == (J.data, (pytest.approx(x.grad), pytest.approx(y.grad)))


def test_its_equations_are_latex():
    @compile
    def J(a, b, c):
        u = b * c
        v = a / u
        return 3 * v

    assert (
        J.latex()
        == r"""\begin{aligned}
u &= b \cdot c \\
v &= \frac{a}{u} \\
J &= 3 \cdot v \\
\frac{\partial J}{\partial v} &= 3 \\
\frac{\partial J}{\partial u} &= -\frac{\frac{\partial J}{\partial v} \cdot v}{u} \\
\frac{\partial J}{\partial c} &= \frac{\partial J}{\partial u} \cdot b \\
\frac{\partial J}{\partial b} &= \frac{\partial J}{\partial u} \cdot c \\
\frac{\partial J}{\partial a} &= \frac{\frac{\partial J}{\partial v}}{u}
\end{aligned}"""
    )
    assert "mathrm{dJ" not in compile(lambda theta, x_1: (theta * x_1).sin() * x_1).latex()
