"""Random programs of all kinds, and the tester: a wrong rule must be found.

python -m tests.differential 100000         # as many as you like; AUTODIFF_TESTS=all runs more
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import Value
from autodiff.elementwise import TABLE
from autodiff.graph import apply
from autodiff.primitive import Primitive

from .. import long
from ..visualize.rounding import Undecided
from . import KINDS, run, scalars
from .agreement import Disagreement, check_slope, near, spread


@settings(max_examples=30, derandomize=True, deadline=None, database=None)
@given(st.randoms(use_true_random=False))
def test_accounts_of_a_random_graph_agree(rng):
    try:
        scalars.check(scalars.draw(rng))
    except Undecided:
        pass


COUNTS = {"scalars": 150, "edges": 150, "tensors": 25, "networks": 5}


@pytest.mark.parametrize("kind", KINDS)
def test_accounts_of_random_programs_agree(kind):
    assert not [f"{seed}: {wrong}" for seed, wrong in _outcomes(kind, 0, COUNTS[kind])]


@pytest.mark.skipif(not long.ALL, reason="AUTODIFF_TESTS=all runs it")
@pytest.mark.parametrize("kind", KINDS)
def test_accounts_of_many_random_programs_agree(kind):
    assert not [f"{seed}: {wrong}" for seed, wrong in _outcomes(kind, 10_000, 6 * COUNTS[kind])]


def _outcomes(kind, start, count):
    found = ((seed, run(kind, seed)) for seed in range(start, start + count))
    return [(seed, wrong) for seed, wrong in found if wrong not in ("", "undecided")]


def test_what_one_order_of_the_modes_cancels_may_be_rounded_in_another():
    """The slope y(1 - y) of a sigmoid near 1 is as good as 1 is, and no better: as in PyTorch."""
    steps = (("divide", (0, -0.08)), ("logaddexp", (3, 2)))
    program = scalars.Program(tuple(scalars.Step(*s) for s in steps), (1.807, 1.801, 0.269))
    scalars.check(program)


def wrong_by(factor, name):
    """Return a row whose first rule is wrong by a factor."""
    right = TABLE[name]
    first = lambda xp, g, y, *args, **how: right.vjps[0](xp, g, y, *args, **how) * factor
    return Primitive(name, first, *right.vjps[1:], forward=right.forward)


@pytest.mark.parametrize("name", ["tanh", "erf", "logaddexp", "power", "silu"])
def test_a_rule_that_is_wrong_in_its_twelfth_digit_is_found(name, monkeypatch):
    wrong, before = wrong_by(1.0 + 1e-12, name), scalars.said

    def said(word, operands):
        return apply(wrong, *operands) if word == name else before(word, operands)

    monkeypatch.setattr(scalars, "said", said)
    operands = (0, 1) if len(TABLE[name].vjps) == 2 else (0,)
    program = scalars.Program((scalars.Step(name, operands),), (0.7, 1.2, 0.4))
    with pytest.raises(Disagreement):
        scalars.check(program)


def test_a_bound_follows_the_conditioning():
    x = Value(1.0)
    value, gradients = spread((x + 1e8) - 1e8)
    assert 1e-8 < value.error < 1e-6
    assert gradients[id(x)].error < 1e-14
    assert near(1.0, 1.0 + 4e-16)
    assert not near(1.0, 1.0 + 2e-15)
    with pytest.raises(Disagreement, match="by differences"):
        check_slope(lambda t: t**2 + t, 1.0001, 0.0, "it")
