"""The text vocabulary: formulas as trees, as Python that rounds like the rule, and simplified."""

from __future__ import annotations

import doctest
import itertools
import math
import re
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import elementwise, floats, symbols
from autodiff.symbols import Formula, add, multiply, name, negative, number, subtract

inf, nan = math.inf, math.nan
a, b, c = name("a"), name("b"), name("c")

same_every_time = settings(derandomize=True, database=None, deadline=None, max_examples=300)

# -- random formulas -------------------------------------------------------------------------------

names = st.sampled_from([a, b, c])
any_number = st.builds(number, st.floats() | st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, inf, nan]))
# Numbers that print in full in twelve digits, without a power of ten.
short_number = st.builds(number, st.sampled_from([0.0, 1.0, -1.0, 2.0, 0.5, -3.0, 7.25]))


def formulas(leaves, unary=(), binary=()):
    """Return a strategy for formulas over + - × negative divide power, and more operations."""

    def larger(operands):
        two = st.sampled_from(["add", "subtract", "multiply", "divide", "power", *binary])
        one = st.sampled_from(["negative", "square", "reciprocal", *unary])
        return (
            st.builds(lambda f, x, y: symbols.operation(f)(x, y), two, operands, operands)
            | st.builds(lambda f, x: symbols.operation(f)(x), one, operands)
            | st.builds(lambda f, x: symbols.operation(f)(x, x), two, operands)  # shared
        )

    return st.recursive(leaves, larger, max_leaves=10)


arithmetic = formulas(names | short_number)
polynomials = st.recursive(
    names,
    lambda x: (
        st.builds(lambda f, x, y: f(x, y), st.sampled_from([add, subtract, multiply]), x, x)
        | st.builds(negative, x)
    ),
    max_leaves=6,
)
everything = formulas(
    names | any_number,
    unary=["abs", "sqrt", "exp", "log", "sigmoid", "sign", "tanh"],
    binary=["maximum", "arctan2", "hypot", "logaddexp"],
)
conditions = st.recursive(
    st.builds(
        lambda f, x, y: symbols.operation(f)(x, y),
        st.sampled_from(["equal", "less", "less_equal", "greater", "greater_equal"]),
        arithmetic,
        arithmetic,
    ),
    lambda both: (
        st.builds(symbols.logical_and, both, both) | st.builds(symbols.logical_or, both, both)
    ),
    max_leaves=3,
)
choices = st.builds(symbols.where, conditions, everything, everything)
points = st.fixed_dictionaries({letter: st.floats() for letter in "abc"})
# Numbers whose sums and products round, so that another order is another number.
rounding_points = st.permutations([0.1, 1 / 3, -7e15]).map(lambda x: dict(zip("abc", x)))
small_points = st.fixed_dictionaries(
    {letter: st.sampled_from([-3.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 5.0]) for letter in "abc"}
)


def values(formula, point):
    """Return the value of each part of a formula, the whole last, by the float vocabulary."""
    found = {}
    for part in formula.parts():
        if part.operation == "number":
            found[id(part)] = part.value
        elif part.operation == "name":
            found[id(part)] = point[part.value]
        else:
            operands = [found[id(operand)] for operand in part.operands]
            found[id(part)] = getattr(floats, part.operation)(*operands)
    return list(found.values())


def bits(x):
    """Return the bits of a float; all nan are one."""
    return "nan" if x != x else struct.pack("d", x).hex()


# -- Python ----------------------------------------------------------------------------------------


@same_every_time
@given(everything | choices | conditions, points)
def test_the_python_text_computes_the_same_bits_as_the_tree(formula, point):
    text = formula.python()
    assert bits(eval(text, vars(floats) | point)) == bits(values(formula, point)[-1]), text


@same_every_time
@given(polynomials, rounding_points)
def test_the_python_text_adds_and_multiplies_in_the_order_of_the_tree(formula, point):
    text = formula.python()
    assert bits(eval(text, vars(floats) | point)) == bits(values(formula, point)[-1]), text


@pytest.mark.parametrize(
    "formula, text",
    [
        (a + (b + c), "a + (b + c)"),
        ((a + b) + c, "a + b + c"),
        (a - (b - c), "a - (b - c)"),
        (a * (b * c), "a*(b*c)"),
        (a * (b + c), "a*(b + c)"),
        (-(a * b), "-(a*b)"),
        (-a * b, "-a*b"),
        (a - -b, "a - -b"),
        (negative(-a), "-(-a)"),
        (2.0 * a - 1.0, "2.0*a - 1.0"),
        (a * -2.0, "a*(-2.0)"),
        (symbols.divide(a + 1.0, b), "divide(a + 1.0, b)"),
        (symbols.power(a, -1.0), "power(a, -1.0)"),
        (symbols.square(a), "square(a)"),
        (symbols.abs(-a), "abs(-a)"),
        (symbols.where(symbols.less(a, 0.0), b, c), "(b if (a < 0.0) else c)"),
        (symbols.logical_and(symbols.equal(a, b), c), "((a == b) and c)"),
        (number(inf), "inf"),
        (a + number(-inf), "a + (-inf)"),
        (number(nan) * a, "nan*a"),
        (number(1e-7), "1e-07"),
        (number(0.1), "0.1"),
    ],
)
def test_python_keeps_the_brackets_that_decide_the_rounding(formula, text):
    assert formula.python() == text


def test_a_choice_in_python_computes_only_the_branch_taken():
    formula = symbols.where(symbols.less(a, 0.0), symbols.sqrt(a), name("never"))
    assert eval(formula.python(), vars(floats) | {"a": -1.0}) != 0.0


@pytest.mark.parametrize("row", elementwise.TABLE.values(), ids=lambda row: row.name)
def test_the_rules_printed_as_python_are_the_rules(row):
    count = {"sum": 3, "dot": 5}.get(row.name, len(row.vjps))
    letters = "abcde"[:count]
    for operands in itertools.islice(itertools.product([-1.5, 0.0, 0.3, 2.0], repeat=count), 64):
        point = {**dict(zip(letters, operands)), "g": 1.25, "y": row.compute(floats, *operands)}
        rules = row.cotangents(symbols, [True] * count, name("g"), name("y"), *map(name, letters))
        slopes = row.cotangents(floats, [True] * count, point["g"], point["y"], *operands)
        for rule, slope in zip(rules, slopes):
            if slope is not None:
                assert bits(eval(rule.python(), vars(floats) | point)) == bits(slope)


@pytest.mark.parametrize("row", elementwise.TABLE.values(), ids=lambda row: row.name)
def test_the_derivatives_that_are_printed_are_those_that_are_used(row):
    count = {"sum": 3, "dot": 5}.get(row.name, len(row.vjps))
    letters, operands = "abcde"[:count], [0.3, 0.7, 1.5, -2.0, 0.1][:count]
    y = row.compute(floats, *operands)
    slopes = row.cotangents(floats, [True] * count, 1.0, y, *operands)
    for i, slope in enumerate(slopes):
        printed = row.derivative(i, *letters).python()
        got = eval(printed, vars(floats) | dict(zip(letters, operands)))
        assert got == pytest.approx(slope or 0.0, rel=1e-14, nan_ok=True), printed


# -- plain text and LaTeX say the same tree --------------------------------------------------------


class Number:
    """A float whose operators are those of the float vocabulary."""

    def __init__(self, value):
        self.value = float(value)

    __neg__ = lambda self: Number(-self.value)
    __add__ = lambda self, other: Number(self.value + other.value)
    __sub__ = lambda self, other: Number(self.value - other.value)
    __mul__ = lambda self, other: Number(self.value * other.value)
    __truediv__ = lambda self, other: Number(floats.divide(self.value, other.value))
    __pow__ = lambda self, other: Number(floats.power(self.value, other.value))
    squared = lambda self: Number(floats.square(self.value))


def read(text, point):
    """Return the value of a text of + - * / ** and fractions, as Python binds them."""
    text = re.sub(r"\d+(\.\d+)?", r"Number(\g<0>)", text)
    words = {"Number": Number, "frac": lambda x, y: x / y}
    return eval(text, words | {letter: Number(x) for letter, x in point.items()}).value


@same_every_time
@given(arithmetic, points)
def test_the_plain_text_has_the_brackets_that_it_needs(formula, point):
    text = str(formula)
    got = read(text.replace("×", "*").replace("²", ".squared()"), point)
    assert bits(got) == bits(values(formula, point)[-1]), text


@same_every_time
@given(arithmetic, rounding_points)
def test_the_latex_has_the_brackets_that_it_needs(formula, point):
    text = formula.latex()
    got = text.replace("^{2}", ".squared()").replace(r"\cdot", "*")  # x^{2} is x² or x**2.0
    for latex, python in ((r"\frac{", "frac(("), ("}{", "), ("), ("^{", "**(("), ("}", "))")):
        got = got.replace(latex, python)
    got, expected = read(got, point), values(formula, point)[-1]
    assert got == pytest.approx(expected, rel=1e-12, nan_ok=True) or got == expected, text


# -- simplified ------------------------------------------------------------------------------------


@same_every_time
@given(arithmetic, small_points)
def test_what_is_simplified_has_the_same_value_wherever_all_is_finite(formula, point):
    before = values(formula, point)
    if all(map(math.isfinite, before)):
        after = values(formula.simplified(), point)[-1]
        scale = max(map(abs, before))
        assert after == pytest.approx(before[-1], rel=1e-12, abs=1e-12 * scale)


@same_every_time
@given(arithmetic)
def test_what_is_simplified_is_as_simple_as_it_gets(formula):
    simple = formula.simplified()
    assert str(simple.simplified()) == str(simple)


@same_every_time
@given(everything)
def test_simplifying_leaves_the_formula_itself_alone(formula):
    before = str(formula)
    formula.simplified()
    assert str(formula) == before


@pytest.mark.parametrize(
    "formula, text",
    [
        (a + 0.0, "a"),
        (0.0 + a, "a"),
        (a - 0.0, "a"),
        (0.0 - a, "-a"),
        (0.0 - -a, "a"),
        (1.0 * a, "a"),
        (a * 1.0, "a"),
        (a * -1.0, "-a"),
        (-1.0 * -a, "a"),
        (0.0 * a, "0"),
        (a * 0.0, "0"),
        (-(0.0 * a), "0"),
        (negative(-a), "a"),
        (negative(negative(-a)), "-a"),
        (-number(2.0), "-2"),
        (number(2.0) + 3.0, "5"),
        (number(2.0) - 3.0, "-1"),
        (number(2.0) * 3.0, "6"),
        (symbols.divide(a, 1.0), "a"),
        (symbols.divide(1.0, a), "1/a"),
        (symbols.power(a, 0.0), "1"),
        (symbols.power(a, 1.0), "a"),
        (symbols.power(a, 2.0), "a²"),
        (symbols.power(a, 3.0), "a**3"),
        (symbols.where(symbols.equal(2.0, 2.0), a, b), "a"),
        (symbols.where(symbols.equal(2.0, 3.0), a, b), "b"),
        (symbols.where(symbols.equal(a, 3.0), b, c), "(b if a = 3 else c)"),
        (1.0 * (a + 0.0 * b) - -(1.0 * c), "a - (-c)"),
        (symbols.tanh(1.0 * a), "tanh(a)"),
        (a, "a"),
        (number(0.1), "0.1"),
    ],
)
def test_simplified_applies_the_identities(formula, text):
    assert str(formula.simplified()) == text


# -- building --------------------------------------------------------------------------------------


def test_numbers_on_either_side_of_an_operator_become_formulas():
    assert [str(f) for f in (1.0 + a, a + 1.0, 1.0 - a, a - 1.0, 2.0 * a, a * 2.0)] == [
        "1 + a", "a + 1", "1 - a", "a - 1", "2 × a", "a × 2",
    ]  # fmt: skip


def test_any_public_name_is_an_operation_and_a_private_one_is_none():
    assert str(symbols.some_new_row(a, 2.0)) == "some_new_row(a, 2)"
    with pytest.raises(AttributeError, match="no attribute '_hidden'"):
        symbols._hidden


def test_sums_and_dots_print_as_additions():
    assert str(symbols.sum()) == "0"
    assert str(symbols.sum(a)) == "a"
    assert str(symbols.sum(a, b, 1.0)) == "a + b + 1"
    assert str(symbols.dot(a, b, c, 2.0, 1.0)) == "a × c + b × 2 + 1"
    assert str(symbols.zeros_like(a)) == "0"


def test_parts_are_listed_once_and_operands_first():
    shared = a * b
    whole = shared + shared
    assert [part.operation for part in whole.parts()] == ["name", "name", "multiply", "add"]
    assert whole.names() == {"a", "b"}
    assert repr(whole) == "Formula('a × b + a × b')"


def test_a_formula_may_be_deep():
    chain = a
    for _ in range(20_000):
        chain = Formula("negative", (chain,))
    assert len(chain.parts()) == 20_001
    assert str(chain.simplified()) == "a"
    chain = a
    for _ in range(2_000):
        chain = chain + b
    assert chain.latex().count("b") == chain.python().count("b") == 2_000


def test_sharing_is_kept_when_simplified():
    tower = a
    for _ in range(200):  # written out it would have 2²⁰⁰ names
        tower = tower + tower
    assert len(tower.simplified().parts()) == 201


def test_the_example_of_the_docstring_is_true():
    results = doctest.testmod(symbols)
    assert results.attempted > 0
    assert results.failed == 0
