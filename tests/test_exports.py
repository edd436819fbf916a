"""The public surface: what the packages bind without an underscore is what they export, sorted."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest

# Names that grammar needs, not the user: `from __future__ import annotations` and the like.
GRAMMAR = {"annotations", "TYPE_CHECKING"}

PACKAGES = ["autodiff", "visualize"]


def public_names(package: ModuleType) -> set[str]:
    """Return the public names that a package binds, modules apart."""
    return {
        name
        for name, thing in vars(package).items()
        if not name.startswith("_") and not isinstance(thing, ModuleType)
    } - GRAMMAR


@pytest.mark.parametrize("name", PACKAGES)
def test_all_is_sorted_without_repeats(name):
    package = importlib.import_module(name)
    assert list(package.__all__) == sorted(set(package.__all__))


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_is_exported(name):
    package = importlib.import_module(name)
    assert public_names(package) - set(package.__all__) == set()


@pytest.mark.parametrize("name", PACKAGES)
def test_every_exported_name_exists_and_says_what_it_is(name):
    package = importlib.import_module(name)
    undocumented = [
        name
        for name in package.__all__
        if not getattr(package, name).__doc__  # or AttributeError
    ]
    assert undocumented == []


@pytest.mark.parametrize("name", PACKAGES)
def test_star_import_gives_exactly_the_exports(name):
    namespace: dict[str, object] = {}
    exec(f"from {name} import *", namespace)
    assert set(namespace) - {"__builtins__"} == set(importlib.import_module(name).__all__)


def test_a_forgotten_name_is_noticed():
    package = ModuleType("package")
    package.__dict__.update(__all__=["a"], a=1, b=2, _c=3, math=importlib.import_module("math"))
    assert public_names(package) - set(package.__all__) == {"b"}


def test_what_others_call_things_is_told():
    import autodiff
    from autodiff import nn

    for name, ours in [("cat", "concatenate"), ("manual_seed", "seed"), ("clamp", "clip")]:
        with pytest.raises(AttributeError, match=f"autodiff has no '{name}': .*'{ours}'"):
            getattr(autodiff, name)
    with pytest.raises(AttributeError, match=r"CrossEntropyLoss.*write nn\.cross_entropy"):
        nn.CrossEntropyLoss
    assert {"Tensor", "nn", "optim", "data"} <= set(dir(autodiff))
