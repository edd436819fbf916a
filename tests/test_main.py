"""The command line: what it prints, what it refuses and how, and its exit status."""

import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import differences, reports
from autodiff.__main__ import main

ROOT = Path(__file__).resolve().parents[1]
J = ["J = 3*(a + b*c)", "a=5", "b=3", "c=2"]
F = ["f = 3*x**2 + 4*x + 5", "x=10"]


@pytest.fixture(autouse=True)
def terminal_of_100_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def run(capsys):
    """Return a function that runs the command and returns status, stdout and stderr."""

    def run_(*words):
        status = main(words)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run_


def cells(text):
    return [line.split() for line in text.splitlines()]


# -- values and gradients --------------------------------------------------------------------------


def test_it_prints_value_and_gradient_of_every_input_and_of_the_result(run):
    assert run(*J) == (
        0,
        "name  value  gradient\n"
        "a         5         3\n"
        "b         3         6\n"
        "c         2         9\n"
        "J        33         1\n",
        "",
    )


def test_inputs_come_in_the_order_of_the_expression_and_numbers_with_twelve_digits(run):
    status, out, _ = run("y = b/a", "a=3", "b=-1")
    assert status == 0
    assert cells(out)[1:] == [
        ["b", "-1", "0.333333333333"],
        ["a", "3", "0.111111111111"],
        ["y", "-0.333333333333", "1"],
    ]
    assert len({len(line) for line in out.splitlines()}) == 1


def test_a_result_without_a_name_is_called_result(run):
    assert run("2*x", "x=1")[1].splitlines()[-1].startswith("result ")
    assert run("2*result", "result=1")[1].splitlines()[-1].startswith("result_ ")
    assert cells(run("2 + 3")[1]) == [["name", "value", "gradient"], ["result", "5", "1"]]


@pytest.mark.parametrize(
    "text, number",
    [
        ("1e-3", 1e-3),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("1_000", 1000.0),
        (".5", 0.5),
        ("-2", -2.0),
        (" 7 ", 7.0),
        ("pi", math.pi),
        ("-pi/2", -math.pi / 2),
        ("2**0.5", 2**0.5),
        ("e", math.e),
    ],
)
def test_values_are_pythons_floats_or_formulas_without_variables(run, text, number):
    report = json.loads(run("2*x", f"x={text}", "--json")[1])
    assert float(report["inputs"]["x"]["value"]) == number


def test_an_expression_may_begin_with_a_minus(run):
    assert cells(run("-x**2", "x=3")[1])[1] == ["x", "3", "-6"]
    assert cells(run("x=3", "-x**2")[1]) == []
    assert cells(run("-h*o", "o=2", "h=3")[1])[-1] == ["result", "-6", "1"]
    status, _, err = run("-x*y", "x=3")
    assert status == 2
    assert err.endswith("\n  -x*y\n     ^\n")


def test_options_may_stand_anywhere(run):
    assert run("--json", *J)[1] == run(J[0], "--json", *J[1:])[1] == run(*J, "--json")[1]


def test_e_and_pi_give_way_to_given_values(run):
    assert cells(run("e*x", "x=2", "e=3")[1])[-1] == ["result", "6", "1"]


def test_wrt_leaves_the_gradients_of_other_inputs_out(run):
    assert [row[-1] for row in cells(run(*J, "--wrt", "c, a")[1])[1:]] == ["3", "-", "9", "1"]
    report = json.loads(run(*J, "--wrt=b", "--json")[1])
    assert {name: entry["gradient"] for name, entry in report["inputs"].items()} == {
        "a": None, "b": 6.0, "c": None,
    }  # fmt: skip


# -- second derivatives ----------------------------------------------------------------------------


def test_order_2_prints_the_hessian_with_labels(run):
    out = run(*J, "--order", "2")[1]
    assert out.split("\n\n")[1] == (
        "second derivatives\n"
        "   a  b  c\n"
        "a  0  0  0\n"
        "b  0  0  3\n"
        "c  0  3  0\n"
    )  # fmt: skip


def test_the_hessian_has_the_second_derivatives_of_the_expression(run):
    report = json.loads(run("x**3*y + sin(y) + z", "x=2", "y=3", "z=1", "--order=2", "--json")[1])
    hessian = report["hessian"]
    assert hessian["x"] == {"x": 36.0, "y": 12.0, "z": 0.0}
    assert hessian["y"]["x"] == 12.0
    assert hessian["y"]["y"] == pytest.approx(-math.sin(3))
    assert hessian["z"] == {"x": 0.0, "y": 0.0, "z": 0.0}
    assert list(report["inputs"]) == ["x", "y", "z"]


def test_the_hessian_is_of_the_inputs_in_wrt_alone(run):
    report = json.loads(run("x*y*y", "x=2", "y=3", "--wrt=y", "--order=2", "--json")[1])
    assert report["hessian"] == {"y": {"y": 4.0}}


# -- explanations ----------------------------------------------------------------------------------


def test_explain_prints_the_chain_rule_with_its_numbers(run):
    status, out, err = run(*J, "--explain", "b")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[4:6] == ["J        33         1", ""]
    assert lines[6] == "∂J/∂b = 6: where b grows by a little, J grows by 6 times as much."
    assert lines[-1] == "  b → t₁ → t₂ → J: 2 × 1 × 3 = 6"


def test_several_gradients_are_explained_in_their_order_also_in_json(run):
    status, out, _ = run("x*y + x", "x=2", "y=3", "--explain", "y,x,y", "--json")
    accounts = json.loads(out)["explanations"]
    assert status == 0
    assert list(accounts) == ["y", "x"]
    assert accounts["x"].startswith("∂result/∂x = 4: ")


def test_what_is_not_asked_for_is_a_constant(run):
    assert "y is a constant, of which no gradient is asked" in run(
        "x*y", "x=2", "y=3", "--wrt", "x", "--explain", "y"
    )[1]  # fmt: skip


@pytest.mark.parametrize("words, message", [
    (["x*y", "x=2", "y=3", "--explain", "z"], "--explain got 'z': choose among x, y"),
    (["x*y", "x=2", "y=3", "--explain", ""], "--explain got '': choose among x, y"),
])  # fmt: skip
def test_explain_of_something_else_is_misuse(run, words, message):
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert message in err


# -- checks ----------------------------------------------------------------------------------------


def test_check_compares_every_gradient_with_a_difference(run):
    status, out, _ = run("sin(x)*exp(y)", "x=1", "y=2", "--check")
    table = cells(out.split("check\n")[1])
    assert status == 0
    assert table[0] == ["name", "gradient", "difference", "relative", "verdict"]
    for name, gradient, difference, relative, verdict in table[1:]:
        assert name in "xy"
        assert float(gradient) == pytest.approx(float(difference), rel=1e-10)
        assert float(relative) < 1e-10
        assert verdict == "ok"


def test_check_fails_on_a_wrong_gradient(run, monkeypatch):
    right = reports.gradients

    def wrong(*args):
        result, report = right(*args)
        report["inputs"]["b"]["gradient"] *= 1.00001
        return result, report

    monkeypatch.setattr(reports, "gradients", wrong)
    status, out, _ = run(*J, "--check")
    assert status == 1
    assert [row[-1] for row in cells(out)[-3:]] == ["ok", "mismatch", "ok"]
    assert run(*J, "--check", "--json")[0] == 1


@pytest.mark.parametrize(
    "source, slopes",
    [
        ("relu(x)", "0 and 1"),
        ("abs(x)", "-1 and 1"),
        ("leaky_relu(x)", "0.01 and 1"),
        ("elu(x, 2)", "2 and 1"),
        ("maximum(x, 3*x) + 1e3", "1 and 3"),
    ],
)
def test_check_tells_a_kink_with_the_slopes_to_both_sides(run, source, slopes):
    status, out, _ = run(source, "x=0", "--check")
    assert status == 0
    assert out.endswith(f"kink, slopes {slopes}\n")


def test_check_of_the_same_function_beside_its_kink_finds_no_kink(run):
    for x in ("1e-3", "-1e-3", "1"):
        assert run("relu(x) + 1000", f"x={x}", "--check")[1].endswith("  ok\n")


def test_check_says_where_there_is_nothing_to_compare_with(run):
    status, out, _ = run("sqrt(x)", "x=0", "--check")
    assert status == 0
    assert out.endswith("inf         nan       nan  not compared: differences settle nowhere\n")
    assert run("log(x)", "x=nan", "--check")[0] == 0


def test_a_nan_where_the_function_has_a_slope_is_a_mismatch(run):
    source = "where(x > 0, sqrt(x), 0*x) + where(x > -1, x, sqrt(x))"  # the trap of where
    assert run(source, "x=-0.5", "--check")[0] == 1


CASES = [
    (math.sin, 1.0, math.cos(1.0)),
    (lambda x: math.exp(100 * x), 1.0, 100 * math.exp(100)),
    (math.log, 1e-8, 1e8),
    (math.tan, 1.5, 1 + math.tan(1.5) ** 2),
    (math.sin, 1e6, math.cos(1e6)),
    (lambda x: x**3, 0.0, 0.0),
    (lambda x: 7.0, 3.0, 0.0),
    (lambda x: 3 * x, 1e300, 3.0),
    (lambda x: 3 * x, 5e-324, 3.0),
    (lambda x: math.sin(1e4 * x), 0.1, 1e4 * math.cos(1e3)),
    (lambda x: 1e6 + max(x - 1e-3, 0.0), 0.0, 0.0),
    (math.floor, 2.5, 0.0),
]


@pytest.mark.parametrize("f, x, slope", CASES)
def test_differences_agree_with_right_slopes_and_with_no_others(f, x, slope):
    def safe(x):
        try:
            return f(x)
        except ValueError:
            return math.nan

    assert differences.compare(safe, x, slope).agrees
    wrong = slope * (1 + 1e-5) or 1e-3 * max(1.0, abs(f(x)))
    assert not differences.compare(safe, x, wrong).agrees


def test_differences_beyond_the_edge_of_a_domain_come_from_the_inside():
    inside = differences.compare(lambda x: x if x >= 1 else math.nan, 1.0, 1.0)
    assert inside.agrees
    assert inside.words == "ok to the right"


def test_at_a_kink_a_gradient_outside_both_slopes_is_a_mismatch():
    assert differences.compare(abs, 0.0, -1.0).agrees
    assert not differences.compare(abs, 0.0, 1.1).agrees
    assert not differences.compare(abs, 0.0, math.nan).agrees


# -- JSON ------------------------------------------------------------------------------------------


def strict(text):
    """Read JSON, refusing the NaN and Infinity that Python would let pass."""

    def refuse(name):
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


def test_json_holds_names_values_and_gradients(run):
    assert strict(run(*J, "--json")[1]) == {
        "name": "J",
        "value": 33.0,
        "inputs": {
            "a": {"value": 5.0, "gradient": 3.0},
            "b": {"value": 3.0, "gradient": 6.0},
            "c": {"value": 2.0, "gradient": 9.0},
        },
    }


def test_json_has_full_precision(run):
    assert strict(run("x/3", "x=1", "--json")[1])["value"] == 1 / 3


@pytest.mark.parametrize("x", ["nan", "inf", "-inf", "0"])
def test_json_stays_valid_with_nan_and_infinities_which_are_strings(run, x):
    report = strict(run("log(x) + sqrt(x) + 1/x", f"x={x}", "--json", "--order=2", "--check")[1])
    if x != "0":
        assert report["inputs"]["x"]["value"] == x
    assert report["value"] in ("nan", "inf", "-inf")
    assert set(report) == {"name", "value", "inputs", "hessian", "check"}
    assert set(report["check"]["x"]) == {"gradient", "difference", "relative", "agrees", "words"}


def test_json_says_which_pictures_were_written(run, tmp_path):
    path = str(tmp_path / "J.dot")
    status, out, _ = run(*J, "--json", "-o", path)
    assert status == 0
    assert strict(out)["wrote"] == [path]


# -- pictures --------------------------------------------------------------------------------------


def test_pictures_are_written_by_extension_after_the_table(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, _ = run(*J, "-o", "J.dot", "-o", "J.svg", "-oJ.png")
    assert status == 0
    assert out.endswith("\nJ        33         1\nwrote J.dot\nwrote J.svg\nwrote J.png\n")
    assert (tmp_path / "J.dot").read_text("utf-8").startswith("digraph")
    assert "</svg>" in (tmp_path / "J.svg").read_text("utf-8")
    assert (tmp_path / "J.png").read_bytes().startswith(b"\x89PNG")


def test_the_picture_has_the_names_of_inputs_and_result_and_no_others(run, tmp_path):
    path = tmp_path / "picture.dot"
    run("2*exp(alpha)", "alpha=0", "-o", str(path))
    text = path.read_text("utf-8")
    assert "alpha" in text
    assert "result" in text


def test_the_theme_changes_the_picture(run, tmp_path):
    texts = []
    for theme in ("light", "dark"):
        run(*J, "--theme", theme, "-o", str(tmp_path / "J.dot"))
        texts.append((tmp_path / "J.dot").read_text("utf-8"))
    assert texts[0] != texts[1]


def test_the_picture_shows_no_gradient_of_inputs_that_wrt_leaves_out(run, tmp_path):
    for option, dashes in ((), False), (("--wrt=b",), True):
        run(*J, *option, "-o", str(tmp_path / "J.DOT"))
        assert ("–" in (tmp_path / "J.DOT").read_text("utf-8")) == dashes


@pytest.mark.parametrize("path", ["J.bmp", "J", "J.svg.exe", ".svg"])
def test_an_unknown_extension_is_refused_before_anything_is_computed(run, path, monkeypatch):
    monkeypatch.setattr(reports, "gradients", None)
    status, out, err = run("not even an expression", "-o", "J.svg", "-o", path)
    assert (status, out) == (2, "")
    kinds = ".svg, .png, .jpg, .pdf, .dot, .html; the gradients as Python are .py"
    assert err == f"autodiff: cannot write '{path}': a picture is {kinds}\n"


def test_a_picture_that_cannot_be_written_is_told_in_words(run, tmp_path):
    (tmp_path / "file").write_text("")
    status, out, err = run(*J, "-o", str(tmp_path / "file" / "J.svg"))
    assert status == 2
    assert out.endswith("J        33         1\n")
    assert err.startswith("autodiff: ")
    assert "Traceback" not in err


def test_a_graph_too_large_to_draw_is_told_in_words(run, tmp_path):
    status, _, err = run("x" + "-x" * 1100, "x=1", "-o", str(tmp_path / "x.svg"))
    assert status == 2
    assert "more than" in err


def test_a_page_is_written_too(run, tmp_path):
    path = tmp_path / "J.html"
    status, out, _ = run(*J, "-o", str(path), "--theme", "dark")
    assert (status, out.splitlines()[-1]) == (0, f"wrote {path}")
    page = path.read_text("utf-8")
    assert "<h1>J = 3 × (a + b × c)</h1>" in page
    assert 'data-theme="dark"' in page


# -- descent ---------------------------------------------------------------------------------------


def test_descent_on_a_parabola_as_in_lesson_2(run):
    status, out, err = run("descend", *F, "--lr", "0.1", "--steps", "10")
    rows = cells(out)
    assert (status, err) == (0, "")
    assert rows[0] == ["step", "x", "f", "df/dx"]
    assert rows[1] == ["0", "10", "345", "64"]
    assert rows[2][:3] == ["1", "3.6", "58.28"]
    assert rows[-1][:3] == ["10", "-0.6655481856", "3.66667041967"]
    assert len(rows) == 12
    assert run("descend", *F)[1] == out  # the defaults


def test_descent_on_a_bowl_as_in_lesson_3(run):
    words = ["f = 3*x**2 + 4*y**2 + 5", "x=10", "y=10", "--lr", "0.01", "--steps", "100"]
    last = strict(run("descend", *words, "--json")[1])["steps"][-1]
    assert last["step"] == 100
    assert last["value"] == pytest.approx(5.00128964, rel=1e-8)
    assert last["inputs"]["x"]["value"] == pytest.approx(0.0205487477, rel=1e-8)
    assert last["inputs"]["y"]["value"] == pytest.approx(0.00239211875, rel=1e-8)


def test_descent_until_a_condition_holds_as_in_lesson_6(run):
    status, out, _ = run("descend", *J, "--lr", "0.1", "--until", "J<0.1")
    *rows, ending = cells(out)
    assert status == 0
    assert rows[0] == ["step", "a", "b", "c", "J"]  # no room for gradients in 100 columns
    assert [row[-1] for row in rows[1:]] == [
        "33", "22.02", "15.5598", "10.885812", "6.36291978", "0.6902542032", "-7.61403970684",
    ]  # fmt: skip
    assert " ".join(ending) == "J<0.1 after 6 steps"


def test_gradients_are_printed_where_the_terminal_has_room(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    rows = cells(run("descend", *J, "--steps", "1")[1])
    assert rows[0] == ["step", "a", "b", "c", "J", "dJ/da", "dJ/db", "dJ/dc"]
    assert rows[1] == ["0", "5", "3", "2", "33", "3", "6", "9"]


@pytest.mark.parametrize(
    "condition, steps",
    [
        ("f<60", 1),
        ("f <= 58.28", 1),
        ("x<1.1", 2),
        ("x <= 3.6", 1),
        ("x > 9", 0),
        ("f>=345", 0),
        ("x<-pi/5", 7),
    ],
)
def test_until_takes_any_inequality_of_the_result_or_an_input(run, condition, steps):
    status, out, _ = run("descend", *F, "--until", condition)
    assert status == 0
    assert f"after {steps} step" in out.splitlines()[-1]


def test_a_descent_that_does_not_get_there_says_so_and_fails(run):
    status, out, _ = run("descend", *F, "--until", "f<3", "--steps", "5")
    assert status == 1
    assert out.splitlines()[-1] == "not f<3 after 5 steps: try more --steps, another --lr"
    assert run("descend", *F, "--until", "f<3")[0] == 1  # with the default number of steps


def test_a_descent_stops_where_the_value_is_not_finite(run):
    status, out, _ = run("descend", "f = x**2", "x=1", "--lr", "1.5", "--steps", "99999")
    assert status == 1
    assert out.splitlines()[-1] == "stopped after 512 steps, as f is inf: try a smaller --lr"
    status, out, _ = run("descend", "f = sqrt(x)", "x=0")
    assert status == 1
    assert "stopped after 0 steps, as the gradient of x is inf: start elsewhere" in out
    assert "as f is nan" in run("descend", "f = log(x)", "x=0.1", "--lr", "1")[1]


def test_wrt_holds_the_other_inputs_fixed(run):
    rows = cells(run("descend", *J, "--wrt", "a", "--steps", "2")[1])
    assert rows[0] == ["step", "a", "b", "c", "J", "dJ/da"]
    assert [row[1:4] for row in rows[1:]] == [["5", "3", "2"], ["4.7", "3", "2"], ["4.4", "3", "2"]]


def test_a_name_that_wrt_has_twice_counts_once(run):
    assert cells(run("descend", *F, "--wrt=x,x")[1])[0] == ["step", "x", "f", "df/dx"]


def test_every_prints_each_kth_step_and_the_last(run):
    rows = cells(run("descend", *F, "--steps", "10", "--every", "4")[1])
    assert [row[0] for row in rows] == ["step", "0", "4", "8", "10"]


def test_no_steps_print_the_start(run):
    assert [row[0] for row in cells(run("descend", *F, "--steps", "0")[1])] == ["step", "0"]


def test_a_negative_rate_climbs(run):
    assert cells(run("descend", *F, "--lr", "-1e-1", "--steps", "1")[1])[-1][1] == "16.4"


def test_descents_are_json_too(run):
    status, out, _ = run("descend", "f = x**2", "x=1", "--lr", "2", "--steps", "9999", "--json")
    report = strict(out)
    assert status == 1
    assert report["name"] == "f"
    assert report["ok"] is False
    assert "as f is inf" in report["ending"]
    assert report["steps"][0] == {
        "step": 0, "value": 1.0, "inputs": {"x": {"value": 1.0, "gradient": 2.0}},
    }  # fmt: skip
    assert report["steps"][-1]["value"] == "inf"


# -- misuse ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, parts",
    [
        ([], ["no expression", 'autodiff "J = 3*(a + b*c)" a=5 b=3 c=2']),
        (["descend"], ["no expression"]),
        (["x", "x"], ["'x' has no value", "x=1.0"]),
        (["x", "x="], ["'x=' has no value", "x=1.0"]),
        (["x", "x=y"], ["'y' is not a number", "x=1.0"]),
        (["x", "x=1 2"], ["'1 2' is not a number"]),
        (["x", "x=1j"], ["'1j' is not a number"]),
        (["x", "x==3"], ["'=3' is not a number"]),
        (["x", "x=__import__('os')"], ["is not a number"]),
        (["x", "=3"], ["'=3' does not begin with a name", "name=value"]),
        (["x", "3=x"], ["'3=x' does not begin with a name"]),
        (["x", "x =", "3"], ["'x =' has no value"]),
        (["J", "=", "3*a", "a=5"], ["'=' does not begin with a name", "quote an expression"]),
        (["x", "if=3"], ["'if=3' does not begin with a name"]),
        (["x", "x=1", "x=1"], ["'x' is given twice", "one value"]),
        (["x", "x=1", "𝐱=1"], ["'x' is given twice"]),
        (["x*z", "x=1", "y=2"], ["'y' is given, but the expression 'x*z' has x, z: leave"]),
        (["3", "y=2"], ["'y' is given, but the expression '3' has no names: leave"]),
        (["J = x", "x=1", "J=2"], ["'J' is given, but the expression 'J = x' has x: leave"]),
        (["J=3*(a+bc)", "a=5", "b=3", "c=2"], ["'b' is given", "if 'bc' is a product, write b*c"]),
        (["a=5", "J=a*a"], ["'J' is given", "the expression comes first"]),
        (["descnd", "f=x**2", "x=1"], ["'f' is given", "for a descent write: autodiff descend"]),
        (["sin a", "a=1"], ["no operator between 'sin' and 'a' at column 5: write sin(a)"]),
        (["descend", "x**2"], ["unknown name 'x' at column 1: give it a value (x=1.0)"]),
        (["x", "x=1", "-O", "J.svg"], ["'-O' does not begin with a name"]),
        (["x", "x=1", "--limit", "-1"], ["got '-1'; expected a whole number from 1 on"]),
        (["x", "sin=2"], ["'sin' is a function", "another name"]),
        (["sin", "sin=2"], ["the function 'sin' without values at column 1"]),
        (["x*y", "x=1"], ["unknown name 'y' at column 3: give it a value (y=1.0)\n  x*y\n    ^\n"]),
        (["x +", "x=1"], ["the expression stops too early at column 4", "\n  x +\n     ^\n"]),
        (["1" * 10_000_000], ["10000000 characters"]),
        (["x", "x=" + "1" * 10_000_000 + "z"], ["is not a number"]),
        (["x", "y" * 10_000_000 + "=1"], ["is given, but"]),
        (["x", "x=1", "--wrt", "y"], ["--wrt got 'y'", "choose among x"]),
        (["x", "x=1", "--wrt", ""], ["--wrt got ''"]),
        (["3", "--wrt", "y"], ["choose among nothing"]),
        (["x", "x=1", "--order", "3"], ["--order", "invalid choice"]),
        (["x", "x=1", "--theme", "blue"], ["--theme", "invalid choice"]),
        (["x", "x=1", "--foo"], ["unrecognized arguments: --foo", "autodiff --help"]),
        (["x", "x=1", "--ord", "2"], ["unrecognized arguments"]),
        (["x", "x=1", "-o"], ["expected one argument"]),
        (["descend", "x", "x=1", "-o", "x.svg"], ["autodiff descend --help"]),
        (["descend", "3"], ["nothing to descend along", "x=1"]),
        (["descend", "x", "x=1", "--lr", "fast"], ["--lr: got 'fast'; expected a finite number"]),
        (["descend", "x", "x=1", "--lr", "nan"], ["--lr: got 'nan'; expected a finite number"]),
        (["descend", "x", "x=1", "--steps", "2.5"], ["--steps: got '2.5'; expected a whole"]),
        (["descend", "x", "x=1", "--steps", "-1"], ["whole number from 0 on"]),
        (["descend", "x", "x=1", "--every", "0"], ["--every: got '0'", "whole number from 1 on"]),
        (["descend", "x", "x=1", "--until", "x"], ["--until got 'x'", "NAME<", "result or x"]),
        (["descend", "x", "x=1", "--until", "y<1"], ["--until got 'y<1'"]),
        (["descend", "x", "x=1", "--until", "1<x"], ["--until got '1<x'"]),
        (["descend", "x", "x=1", "--until", "x<y"], ["'y' is not a number"]),
        (["descend", "x", "x=1", "--until", "x==1"], ["--until got 'x==1'"]),
    ],
)  # fmt: skip
def test_misuse_is_told_in_a_line_and_a_caret_with_status_2(run, words, parts):
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert err.startswith("autodiff: ")
    assert all(part in err for part in parts), err
    assert err.count("\n") in (1, 3)
    assert len(err) < 400


ARGUMENTS = [
    *["x", "x=1", "y=2", "x*y", "-x", "=", "", "\0", "\ud800", "descend", "--lr", "--until", "x<1"],
    *[
        "--",
        "--json",
        "--check",
        "--order",
        "2",
        "--wrt",
        "y",
        "-o",
        "a.b",
        "--steps=3",
        "--version",
    ],
]


@settings(max_examples=200, deadline=2000)
@given(st.lists(st.sampled_from(ARGUMENTS), max_size=6))
def test_no_words_make_a_traceback(words):
    out, err = io.StringIO(), io.StringIO()
    stdout, stderr = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    try:
        status = main(words)
    finally:
        sys.stdout, sys.stderr = stdout, stderr
    assert status in (0, 1, 2)
    assert (status == 2) == err.getvalue().startswith("autodiff: ")


# -- help, streams, processes ----------------------------------------------------------------------


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["descend", "--help"]])
def test_help_shows_examples_that_run(run, words, monkeypatch, tmp_path):
    import shlex

    monkeypatch.chdir(tmp_path)
    status, out, err = run(*words)
    assert (status, err) == (0, "")
    examples = [
        line.split("(see")[0] for line in out.splitlines() if line.startswith("  autodiff ")
    ]
    assert len(examples) == (1 if "descend" in words else 4)
    for example in examples:
        assert run(*shlex.split(example)[1:])[0] == 0


def test_help_lists_the_functions_and_says_how_json_writes_nan(run):
    out = run("--help")[1]
    assert all(word in out for word in ("log_sigmoid", "where(x < 0, a, b)", '"nan"', '"-inf"'))


def test_version_is_printed(run):
    status, out, _ = run("--version")
    assert status == 0
    assert out.startswith("autodiff ")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_streams_that_lack_a_character_get_a_question_mark(encoding, monkeypatch):
    for words, status in ((["变 = λ**2", "λ=3"], 0), (["变*λ", "λ=3"], 2)):
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        assert main(words) == status
        stream = err if status else out
        stream.seek(0)
        assert "?" in stream.read()


def test_wide_names_stand_in_aligned_columns(run):
    lines = run("变量*x", "变量=2", "x=3")[1].splitlines()
    assert lines[1:3] == ["变量        2         3", "x           3         2"]


def command(*words, **options):
    python = [sys.executable, "-W", "error", "-m", "autodiff", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        python, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **options
    )


def test_the_command_runs_as_a_module():
    process = command(*J)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert out.split()[-3:] == [b"J", b"33", b"1"]


@pytest.mark.skipif(os.name != "posix", reason="pipes break differently elsewhere")
def test_a_reader_that_has_enough_ends_the_command_quietly():
    process = command("descend", "f = x", "x=0", "--steps", "100000000")
    assert process.stdout.readline().split() == [b"step", b"x", b"f", b"df/dx"]
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.skipif(os.name != "posix", reason="signals differ elsewhere")
def test_ctrl_c_ends_the_command_quietly():
    import signal

    process = command("descend", "f = x", "x=0", "--steps", "100000000", "--every", "1000000000")
    assert process.stdout.read(1) or True
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b""
