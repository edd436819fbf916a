"""The array vocabulary: as rich as that of floats, true to float32, silent, and unbroadcast."""

from __future__ import annotations

import ast
import doctest
import itertools
from pathlib import Path

import numpy as np
import pytest

from autodiff import arrays, elementwise, floats, functions, symbols
from autodiff.symbols import Formula

inf, nan = np.inf, np.nan

ROWS = list(elementwise.TABLE.values())
ARITY = {"sum": 3, "dot": 5}
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)

WORDS = sorted(
    name
    for name, thing in vars(floats).items()
    if callable(thing) and not name.startswith("_") and name != "evaluate"  # runs rules
)
# Words that take arrays one by one, and those whose sign of zero is open (see test_edges.py).
WORD_ARITY = {"sum": 2, "dot": 3, "clip": 3, "where": 3, "hypot": 2}
SIGN_IS_OPEN = {"sign", "maximum", "minimum", "clip", "sum", "dot"}
POINTS = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 1e-300, 1e300, -1e300, 1e3, -1e3, inf, -inf, nan]


def arity(row):
    return ARITY.get(row.name, len(row.vjps))


def word_arity(name):
    """Return how many operands a word takes, by asking that of the floats."""
    for count in [WORD_ARITY[name]] if name in WORD_ARITY else [1, 2]:
        try:
            getattr(floats, name)(*[1.0] * count)
        except TypeError:
            continue
        return count
    raise AssertionError(f"say in WORD_ARITY how many operands {name} takes")


def words_of_rules():
    """Return the words that the rules of the table use: every `xp.word` in its source."""
    tree = ast.parse(Path(elementwise.__file__).read_text(encoding="utf-8"))
    return sorted(
        {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "xp"
        }
    )


# -- the four vocabularies have the same words -----------------------------------------------------


@pytest.mark.parametrize("name", WORDS)
def test_every_word_of_the_floats_is_one_of_arrays_and_of_formulas(name):
    operands = [symbols.name(letter) for letter in "abc"[: word_arity(name)]]
    assert callable(getattr(arrays, name))
    formula = getattr(symbols, name)(*operands)
    assert isinstance(formula, Formula)
    assert formula.names() <= {"a", "b", "c"}


@pytest.mark.parametrize("name", words_of_rules())
def test_every_word_of_the_rules_is_in_all_four_vocabularies(name):
    for vocabulary in floats, arrays, symbols, functions:
        assert callable(getattr(vocabulary, name))


@every_row
def test_every_row_has_a_value_in_floats_and_arrays(row):
    for vocabulary in floats, arrays:
        assert row.forward is not None or callable(getattr(vocabulary, row.name))


@pytest.mark.parametrize("name", WORDS)
def test_every_word_means_the_same_on_arrays_as_on_floats(name):
    points = list(itertools.product(POINTS, repeat=word_arity(name)))
    if name == "all_finite":
        results = [arrays.all_finite(np.array(operands)) for operands in points]
    else:
        columns = np.array(points).T
        results = np.broadcast_to(getattr(arrays, name)(*columns), len(points)).tolist()
    for operands, got in zip(points, results):
        expected = getattr(floats, name)(*operands)
        assert type(got) is type(expected)
        if name in SIGN_IS_OPEN:
            got, expected = got + 0.0, expected + 0.0
        if expected == expected and expected not in (0.0, inf, -inf):
            assert abs(got - expected) <= 4 * np.spacing(abs(expected)), (operands, got, expected)
        else:
            np.testing.assert_array_equal(got, expected, err_msg=f"{operands}")
            assert np.signbit(got) == np.signbit(expected) or got != got, (operands, got, expected)


def test_the_example_of_the_docstring_is_true():
    results = doctest.testmod(arrays)
    assert results.attempted > 0
    assert results.failed == 0


# -- float32 stays float32 -------------------------------------------------------------------------


def results_of(row, operands, g):
    """Return value, cotangents and tangent of a row on arrays."""
    count = len(operands)
    y = row.compute(arrays, *operands)
    cotangents = row.cotangents(arrays, [True] * count, g, y, *operands)
    tangent = row.tangent(arrays, [g] * count, y, *operands)
    return [y, *(x for x in cotangents if x is not None), tangent]


@every_row
@pytest.mark.parametrize("shape", [(3,), (2, 3), (1,), ()])
def test_float32_is_kept_by_every_row_and_every_rule(row, shape):
    operands = [np.full(shape, x, np.float32) for x in (0.6, 0.3, 0.7, 0.2, 0.4)[: arity(row)]]
    for result in results_of(row, operands, np.ones(shape, np.float32)):
        assert result.dtype == np.float32
        assert result.shape == shape


@pytest.mark.parametrize(
    "row, position",
    [(row, i) for row in ROWS if arity(row) > 1 for i in range(arity(row))],
    ids=lambda x: getattr(x, "name", x),
)
def test_a_number_among_the_operands_takes_the_type_of_the_arrays(row, position):
    operands = [np.full(3, x, np.float32) for x in (0.6, 0.3, 0.7, 0.2, 0.4)[: arity(row)]]
    operands[position] = 0.25
    for result in results_of(row, operands, np.ones(3, np.float32)):
        assert result.dtype == np.float32


@pytest.mark.parametrize("name", [name for name in WORDS if word_arity(name) > 1])
def test_a_number_among_the_operands_of_a_word_takes_the_type_of_the_arrays(name):
    for position in range(word_arity(name)):
        operands = [np.full(3, 0.5, np.float32)] * word_arity(name)
        operands[position] = 0.25
        assert getattr(arrays, name)(*operands).dtype in (np.float32, bool)


@every_row
def test_operands_are_left_alone(row):
    operands = [np.full(3, x) for x in (0.6, 0.3, 0.7, 0.2, 0.4)[: arity(row)]]
    g = np.ones(3)
    for array in [*operands, g]:
        array.flags.writeable = False
    results_of(row, operands, g)


# -- silent, and at home with nothing --------------------------------------------------------------


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_no_word_warns_even_where_numpy_is_told_to_raise(name, kind):
    with np.errstate(all="ignore"):  # 1e300 is inf in float32
        columns = np.array(list(itertools.product(POINTS, repeat=word_arity(name)))).T.astype(kind)
    with np.errstate(all="raise"):
        getattr(arrays, name)(*columns)
        for column in columns[:, -3:].T:  # scalars take other ways through NumPy
            getattr(arrays, name)(*column)


@every_row
@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
def test_arrays_of_no_elements_go_through_every_row(row, shape):
    operands = [np.zeros(shape, np.float32)] * arity(row)
    for result in results_of(row, operands, np.zeros(shape, np.float32)):
        assert (result.shape, result.dtype) == (shape, np.float32)


def test_all_elements_of_no_elements_are_finite():
    assert arrays.all_finite(np.zeros((2, 0))) is True
    assert arrays.all_finite(np.array([1.0, nan])) is False
    assert arrays.all_finite(np.array([1.0, -inf])) is False
    assert arrays.all_finite(1.0) is True


def test_sums_of_no_terms_are_zero():
    assert arrays.sum() == 0.0
    assert arrays.dot() == 0.0


# -- unbroadcast -----------------------------------------------------------------------------------

SHAPES = [(), (1,), (3,), (1, 3), (2, 1), (2, 3), (2, 1, 3)]
EMPTY = [(0,), (0, 3), (2, 0), (1, 0)]


def in_pieces(g, shape):
    """Return what unbroadcast should, by following each element of g to where it was read from."""
    size = int(np.prod(shape))
    source = np.broadcast_to(np.arange(size).reshape(shape), g.shape)
    return np.bincount(source.ravel(), g.ravel(), size).reshape(shape)


def broadcastable(shapes, others):
    """Yield the pairs that NumPy can broadcast, with the shape that comes out."""
    for shape, other in itertools.product(shapes, others):
        try:
            yield shape, np.broadcast_shapes(shape, other)
        except ValueError:
            continue


@pytest.mark.parametrize("shape, full", sorted(set(broadcastable(SHAPES, SHAPES))))
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_unbroadcast_sums_over_every_use_of_an_element(shape, full, kind):
    whole = np.random.default_rng(0).integers(-9, 9, full).astype(kind)  # so sums are exact
    got = arrays.unbroadcast(np.array(whole), shape)
    assert (got.shape, got.dtype) == (shape, kind)
    np.testing.assert_array_equal(got, in_pieces(whole, shape))


@pytest.mark.parametrize("shape, full", sorted(set(broadcastable(SHAPES + EMPTY, EMPTY))))
def test_unbroadcast_of_no_elements_is_zeros(shape, full):
    got = arrays.unbroadcast(np.ones(full, np.float32), shape)
    assert (got.shape, got.dtype) == (shape, np.float32)
    assert not got.any()


def test_every_pair_of_the_shapes_was_met():
    pairs = list(broadcastable(SHAPES, SHAPES))
    assert len(pairs) == len(SHAPES) ** 2


def test_unbroadcast_takes_numpy_scalars():
    assert arrays.unbroadcast(np.float64(2.0), ()) == 2.0
