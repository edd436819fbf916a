"""`draw`, `draw_dot` and `trace`, from the caller's side."""

from __future__ import annotations

import copy
import math
import subprocess
import sys
import time

import pytest

from autodiff import Value, tanh, topological_order
from tests.long import ALL
from visualize import TooLarge, draw, draw_dot, trace

first = Value(1.0)


def tooltips(picture):
    """Return the first line of every node's tooltip."""
    return [part.split('"')[1].split("\\n")[0] for part in picture.source.split(" tooltip=")[1:]]


def test_the_callers_variables_name_the_values():
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    J = 3 * (a + b * c)
    assert tooltips(draw(J))[:6] == ["a", "b", "c", "t₁ = b × c", "t₂ = a + t₁", "J = 3 × t₂"]


def test_locals_come_first_then_globals_and_a_closures_variables():
    second = Value(2.0)

    def inner():
        third = first * second
        return draw(third)

    assert tooltips(inner())[:3] == ["first", "second", "third = first × second"]


def test_names_are_looked_up_where_they_are_given():
    a = Value(1.0)
    assert tooltips(draw(a, names={"b": a}))[:1] == ["b"]
    assert tooltips(draw(a, names={}))[:1] == ["t₁"]


def test_names_are_those_at_the_time_of_drawing():
    a = Value(1.0)
    J = a * 2
    before = tooltips(draw(J))
    K, _ = J, a
    del J
    assert before[1] == "J = a × 2"
    assert tooltips(draw(K))[1] == "K = a × 2"


def test_weights_in_a_list_are_named_by_their_place():
    w = [Value(1.0), Value(2.0)]
    assert tooltips(draw(w[0] * w[1]))[:2] == ["w[0]", "w[1]"]


def test_an_evil_object_among_the_callers_variables_does_not_matter():
    class Evil:
        def __getattribute__(self, name):
            raise RuntimeError("touched")

        def __eq__(self, other):
            raise RuntimeError("compared")

    evil = Evil()
    a = Value(1.0)
    assert tooltips(draw(a))[:1] == ["a"]
    assert type(evil) is Evil


@pytest.mark.parametrize("style", ["cards", "beads"])
def test_drawing_changes_nothing(style):
    a, b = Value(0.5), Value(-2.0)
    J = tanh(a / b) ** 2 + a
    J.backward()

    def state():
        return [
            (id(n), n.data, n.grad, n.has_grad, n.label, n.primitive, tuple(map(id, n.inputs)))
            for n in topological_order(J)
        ]

    before = state()
    picture = draw(J, style=style)
    picture.pipe("svg")
    assert state() == before
    J.backward()
    assert a.grad == pytest.approx(2 * before[0][2])


def test_drawing_works_before_backward_and_shows_dashes():
    x = Value(2.0)
    text = draw(x * x).source
    assert text.count("<B>–</B>") == 2
    assert "×2" in text


def test_odd_numbers_are_drawn():
    x = Value(math.inf)
    J = x - x
    J.backward()
    assert "<B>nan</B>" in draw(J).source


@pytest.mark.parametrize("rankdir", ["LR", "RL", "TB", "BT"])
def test_a_picture_goes_in_any_direction(rankdir):
    text = draw(Value(1.0) * 2, rankdir=rankdir, legend=True).source
    assert f'rankdir="{rankdir}"' in text


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "thing, words",
    [(5, "5, an int"), ("J", "'J', a str"), (None, "None"), ([Value(1.0)], "a list"),
     (Value, "a type"), ("x" * 1000, "x..., a str")],
)  # fmt: skip
@pytest.mark.parametrize("function", [draw, draw_dot, trace])
def test_what_is_no_value_is_refused(function, thing, words):
    with pytest.raises(TypeError) as caught:
        function(thing)
    message = str(caught.value)
    assert message.startswith(f"{function.__name__}() got ")
    assert words in message
    assert "expected a Value" in message
    assert len(message) < 200


@pytest.mark.parametrize(
    "option, got, words",
    [("theme", "pink", "'auto', 'dark', 'light'"), ("style", "boxes", "'beads', 'cards'"),
     ("fold", "neurons", "'none', 'neuron'"),
     ("rankdir", "XY", "'LR', 'RL', 'TB', 'BT'"), ("theme", None, "'auto'"),
     ("style", ["cards"], "a list")],
)  # fmt: skip
def test_an_unknown_option_is_refused_with_the_known_ones(option, got, words):
    with pytest.raises(ValueError, match=f"draw.. got {option}=") as caught:
        draw(Value(1.0), **{option: got})
    assert words in str(caught.value)


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "9"])
def test_a_limit_is_a_whole_number(limit):
    with pytest.raises(ValueError, match="expected a whole number of at least 1"):
        draw(Value(1.0), limit=limit)


def chain(n):
    x = Value(1.0)
    for _ in range(n):
        x = x + 1.0
    return x


def test_a_graph_of_the_limit_is_drawn_and_one_more_is_refused():
    assert draw(chain(999), fold="none").source.count("PORT=") == 1000
    with pytest.raises(TooLarge, match=r"more than 1,000 values.*limit=5000"):
        draw(chain(1000), fold="none")


def test_who_insists_gets_the_picture():
    assert draw(chain(300), limit=301).source.count("PORT=") == 301
    assert draw(chain(1000), limit=1001).source.count("PORT=") == 1001


def test_the_refusal_says_all_that_can_be_done_instead():
    with pytest.raises(TooLarge) as caught:
        draw(chain(100_000))
    assert str(caught.value) == (
        "this graph has more than 100,000 values; a picture of it would take minutes and could not"
        " be read. Try draw(J, fold='layer'), focus(w, depth=2), path(w, J), levels(J) or"
        " summary(J). draw(J, limit=5000) insists"
    )


@pytest.mark.parametrize("n", [100_000, 1_000_000] if ALL else [100_000])
@pytest.mark.parametrize("function", [draw, draw_dot])
def test_a_long_chain_is_refused_at_once_and_without_recursion(n, function):
    root = chain(n)
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"more than (100,000|1,000) values"):
        function(root)
    print(f"refused in {time.perf_counter() - start:.3f} s")


def test_a_node_of_countless_inputs_is_refused_at_once():
    x = Value(1.0)
    wide = Value(1.0, tuple(Value(1.0) for _ in range(1000)), "sum")
    with pytest.raises(ValueError, match="more than 1,000 values"):
        draw(wide, fold="none")
    same = Value(1.0, (x,) * 20_000, "sum")
    with pytest.raises(ValueError, match="more than 1,000 values"):
        draw(same, fold="none")


# -- micrograd -------------------------------------------------------------------------------------


def test_draw_dot_is_a_picture_of_beads_in_the_asked_format():
    a, b = Value(2.0), Value(-3.0)
    L = a * b
    picture = draw_dot(L, format="png", rankdir="TB")
    assert picture.format == "png"
    assert 'rankdir="TB"' in picture.source
    assert "<B>a</B>" in picture.source
    assert picture.pipe().startswith(b"\x89PNG")
    assert draw_dot(L).format == "svg"


def test_trace_gives_the_sets_that_micrograd_gives():
    a, b = Value(2.0), Value(-3.0)
    u = a * b
    L = u + a * a
    nodes, edges = trace(L)
    square = L.inputs[1]
    assert nodes == {a, b, u, square, L}
    assert edges == {(a, u), (b, u), (a, square), (u, L), (square, L)}


def test_trace_is_not_limited_and_does_not_recurse():
    nodes, edges = trace(chain(50_000))
    assert (len(nodes), len(edges)) == (50_001, 50_000)


# -- what it costs ---------------------------------------------------------------------------------


def test_importing_the_package_loads_no_engine_and_drawing_no_plots():
    program = (
        "import sys, visualize\n"
        "heavy = {'graphviz', 'matplotlib', 'numpy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "from autodiff import Value\n"
        "visualize.draw(Value(1.0))\n"
        "assert heavy & set(sys.modules) == {'graphviz'}\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_copied_graph_draws_the_same():
    a = Value(2.0, label="a")
    J = a * a
    J.label = "J"
    assert draw(copy.deepcopy(J)).source == draw(J).source


def test_beads_are_refused_a_tensor_and_told_what_draws_it():
    from autodiff import Tensor

    root = Tensor([1.0, 2.0], requires_grad=True) * 2.0
    with pytest.raises(TypeError, match=r"got a Tensor of shape \(2,\).*draw\(J\) draws Tensors"):
        draw_dot(root)
    with pytest.raises(ValueError, match=r"style='wires' and a Tensor.*leave out the style"):
        draw(root, style="wires")


@pytest.mark.parametrize(
    "options, words",
    [
        (dict(style="beads", fold="layer"), "do not go together"),
        (dict(style="neurons", fold="none"), "do not go together"),
        (dict(style="wires", rankdir="TB"), "expected LR or RL"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        draw(Value(1.0) * 2.0, **options)
