"""micrograd's import path."""

import autodiff
from autodiff import engine


def test_the_engine_of_micrograd_is_our_value():
    assert engine.Value is autodiff.Value
