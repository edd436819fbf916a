"""Names come from labels and from the caller's variables, and no code of the caller's is run."""

from __future__ import annotations

from autodiff import Value, topological_order
from autodiff.naming import known
from visualize.names import name_all


def names(root, *namespaces):
    """Return the names in the order of creation."""
    nodes = topological_order(root)
    found = name_all(nodes, *namespaces)
    return [found[id(node)] for node in nodes]


def test_a_label_wins_over_a_variable():
    a = Value(1.0, label="α")
    assert names(a, {"a": a}) == ["α"]


def test_a_label_of_blanks_is_no_label():
    a = Value(1.0, label="  ")
    assert names(a, {"a": a}) == ["a"]


def test_a_label_that_is_no_text_is_no_label():
    a = Value(1.0)
    a.label = 7
    assert names(a, {"a": a}) == ["a"]


def test_a_local_wins_over_a_global_and_the_first_variable_over_later_ones():
    a = Value(1.0)
    assert names(a, {"first": a, "second": a}, {"other": a}) == ["first"]
    assert names(a, {}, {"other": a}) == ["other"]


def test_entries_of_lists_tuples_and_dicts_are_named_by_their_place():
    w = [Value(1.0), Value(2.0), Value(3.0)]
    assert names(w[2], {"w": w}) == ["w[2]"]
    assert names(w[1], {"w": tuple(w)}) == ["w[1]"]
    assert names(w[0], {"params": {"a": w[0]}}) == ["params['a']"]
    assert names(w[0], {"layers": {3: w[0]}}) == ["layers[3]"]


def test_a_variable_wins_over_a_place_in_a_container_of_the_same_scope():
    a = Value(1.0)
    assert names(a, {"everything": [a], "a": a}) == ["a"]


def test_only_one_level_of_containers_is_searched():
    a = Value(1.0)
    assert names(a, {"w": [[a]]}) == ["t₁"]


def test_a_container_in_itself_does_no_harm():
    a = Value(1.0)
    w: list = [a]
    w.append(w)
    assert names(a, {"w": w}) == ["w[0]"]


def test_a_huge_container_is_not_read_to_its_end():
    a = Value(1.0)
    assert names(a, {"w": [0.0] * 1_000_000 + [a]}) == ["t₁"]


def test_underscored_names_are_taken_only_for_want_of_others():
    a = Value(1.0)
    assert names(a, {"_a": a, "a": a}) == ["a"]
    assert names(a, {"_a": a}, {"b": a}) == ["b"]
    assert names(a, {"_a": a}) == ["_a"]


def test_a_notebooks_record_of_results_gives_no_names():
    a, results = Value(1.0), {}
    results[3] = a
    assert names(a, {"_oh": results, "Out": results}) == ["t₁"]
    assert names(a, {"_oh": results, "Out": results, "w": [a]}) == ["w[0]"]


def test_the_rest_is_numbered_in_the_order_of_creation():
    a, b = Value(1.0), Value(2.0)
    J = (a * b + a) * b
    assert names(J, {"a": a, "b": b, "J": J}) == ["a", "b", "t₁", "t₂", "J"]


def test_numbered_names_leave_out_those_that_are_taken():
    a = Value(1.0, label="t₁")
    assert names(a * 2) == ["t₁", "t₂"]
    assert names(sum([a] * 12, Value(0.0)))[-1] == "t₁₄"


def test_known_names_leave_out_the_rest():
    a = Value(1.0)
    J = a * 2
    assert known([a, J], {"a": a}) == {id(a): "a"}


class Evil:
    """An object that raises whatever is done to it, and lies about its class."""

    def __getattribute__(self, name):
        raise RuntimeError("touched")

    def __eq__(self, other):
        raise RuntimeError("compared")

    def __hash__(self):
        raise RuntimeError("hashed")

    def __repr__(self):
        raise RuntimeError("printed")

    __bool__ = __iter__ = __len__ = __str__ = __repr__


class EvilType(type):
    def __eq__(cls, other):
        raise RuntimeError("compared")

    def __hash__(cls):
        raise RuntimeError("hashed")

    def __getattribute__(cls, name):
        raise RuntimeError("touched")

    def __instancecheck__(cls, thing):
        raise RuntimeError("asked")

    __subclasscheck__ = __instancecheck__


class EvilList(list):
    def __iter__(self):
        raise RuntimeError("iterated")


def test_nothing_is_done_to_the_callers_other_objects():
    a = Value(1.0)
    evil, evil_type = Evil(), EvilType("E", (), {})
    others = {
        "evil": evil,
        "type": evil_type,
        "instance": object.__new__(evil_type),
        "list": [evil, evil_type],
        "evil_list": EvilList([a]),
        "dict": {"x": evil},
        "a": a,
    }
    assert names(a, others) == ["a"]


def test_a_key_that_cannot_be_written_safely_gives_no_name():
    class Key:
        def __repr__(self):
            raise RuntimeError("printed")

    a = Value(1.0)
    assert names(a, {"params": {Key(): a}}) == ["t₁"]
