"""A compiled function as a file that needs nothing but Python."""

from __future__ import annotations

import builtins
import subprocess
import sys

import pytest

import autodiff
from autodiff import Value, custom_vjp, functions
from autodiff.__main__ import main
from autodiff.compiler import compile

from .test_compiled import program


def run(path):
    """Run a file where there is nothing but Python; return its output."""
    command = [sys.executable, "-I", "-S", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_file_checks_itself_where_there_is_nothing_else(tmp_path):
    w = Value(0.5)
    g = compile(lambda x, y: functions.sigmoid(w * x) / y + x**2.5 - functions.log(y))
    g(1.0, 2.0)
    done = run(g.save(tmp_path / "J.py"))
    assert done.returncode == 0, done.stderr
    value, (dx, _) = g.value_and_grad(1.0, 2.0)
    assert f"value {value}" in done.stdout
    assert f"d/dx = {dx:.12g}, by differences" in done.stdout
    assert "autodiff" not in (tmp_path / "J.py").read_text().split('"""')[2]


@pytest.mark.parametrize("seed", range(12))
def test_the_words_that_it_calls_come_with_it(tmp_path, seed):
    f, numbers = program(seed)
    g = compile(f)
    expected = g.value_and_grad(*numbers)
    path = tmp_path / "f.py"
    g.save(path)
    words = {"__name__": "f"}
    exec(path.read_text("utf-8"), words)
    assert repr(words["f"](*numbers)) == repr(expected)


def test_the_command_writes_one(tmp_path, capsys):
    path = tmp_path / "J.py"
    assert main(["J = 3*(a + b*c)", "a=5", "b=3", "c=2", "-o", str(path)]) == 0
    assert f"wrote {path}" in capsys.readouterr().out
    done = run(path)
    assert done.returncode == 0, done.stderr
    assert "value 33.0" in done.stdout
    assert "def J(a, b, c):" in path.read_text()
    assert main(["a*2", "a=5", "-o", str(tmp_path / "J.txt")]) == 2
    assert "the gradients as Python are .py" in capsys.readouterr().err


def test_a_wrong_gradient_in_it_would_be_found(tmp_path):
    g = compile(lambda x: x * x)
    g(3.0)
    path = tmp_path / "f.py"
    g.save(path)
    path.write_text(path.read_text().replace("dJ_dx = x + x", "dJ_dx = x"))
    done = run(path)
    assert done.returncode == 1
    assert "disagree" in done.stderr


def test_what_cannot_be_written_is_told(tmp_path):
    @custom_vjp(lambda g, y, x: 3 * g * x**2)
    def cube(x):
        return x**3

    g = compile(lambda x: cube(x))
    with pytest.raises(TypeError, match=r"cannot write cube\(\) into a file"):
        g.save(tmp_path / "f.py")
    with pytest.raises(ValueError, match=r"expected a name such as J\.py"):
        g.save(tmp_path / "f.txt")


def test_a_graph_that_is_there_becomes_a_function_and_says_so():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    J = a * b if a < b else a
    g = autodiff.compile(J, [a, b])
    assert g.value_and_grad(4.0, 1.0) == (4.0, (1.0, 4.0))
    assert "# of a graph that was there: its branches are those that were taken then" in g.source
    assert autodiff.compile(J).arguments == ["a", "b"]
    assert autodiff.compile(J, [b]).value_and_grad(5.0) == (10.0, (2.0,))
    with pytest.raises(TypeError, match="got a Value; expected numbers"):
        g(a, b)
    with pytest.raises(TypeError, match="among the inputs; expected leaves of the graph"):
        autodiff.compile(J * 2.0, [J])


def test_a_file_runs_where_math_has_less(tmp_path):
    g = compile(lambda x: functions.cbrt(x) + functions.exp2(x))
    g(2.0)
    path = g.save(tmp_path / "f.py")
    words = {"__name__": "f", "__builtins__": {**vars(builtins), "__import__": older}}
    with open(path, encoding="utf-8") as file:
        exec(file.read(), words)
    value, (slope,) = words["f"](2.0)
    assert value == pytest.approx(g(2.0), rel=1e-15)
    assert slope == pytest.approx(g.value_and_grad(2.0)[1][0], rel=1e-14)


def older(name, *args):
    """Import as Python 3.10 does, whose math has no cbrt and exp2."""
    found = builtins.__import__(name, *args)
    wanted = args[2] if len(args) > 2 else ()
    if name == "math" and wanted and {"cbrt", "exp2"} & set(wanted):
        raise ImportError("cannot import name")
    return found


def test_at_a_kink_any_slope_between_the_sides_agrees(tmp_path):
    g = compile(lambda x, y: functions.relu(x) + abs(y))
    g(0.0, 0.0)
    done = run(g.save(tmp_path / "f.PY"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["check", "math", "max", "print"])
def test_a_function_that_is_called_like_a_part_of_the_file_is_no_trouble(tmp_path, name):
    path = tmp_path / "f.py"
    assert main([f"{name} = log(a)*b", "a=2", "b=3", "-o", str(path)]) == 0
    done = run(path)
    assert done.returncode == 0, done.stderr
    assert "d/db = 0.69314718056" in done.stdout


def test_the_command_writes_the_gradients_that_are_wanted(tmp_path, capsys):
    path = tmp_path / "J.py"
    assert main(["J = a*b", "a=3", "b=2", "--wrt", "a", "-o", str(path)]) == 0
    assert "return J, (dJ_da,)" in path.read_text("utf-8")
    done = run(path)
    assert (done.returncode, done.stdout.splitlines()[-1][:10]) == (0, "d/da = 2, ")


def test_where_there_are_no_differences_it_says_so(tmp_path):
    f = compile(lambda x: functions.log(x))
    f(-1.0)
    path = tmp_path / "f.py"
    f.save(path)
    done = run(path)
    assert done.returncode == 0
    assert "there are no differences here" in done.stdout


def test_what_was_not_called_and_takes_no_numbers_is_told(tmp_path):
    loss = compile(lambda x: x.sum())
    for ask in (lambda: loss.source, loss.latex, lambda: loss.save(tmp_path / "f.py")):
        with pytest.raises(TypeError, match="has not been called yet"):
            ask()
