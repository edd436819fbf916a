"""Lines of the user's program: which one made a node, what it looks like, and where numbers left.

A program is written to a file and run there, `with record_source()` around it or in it; the table
says of each node the line and what the caret points at.
"""

from __future__ import annotations

import copy
import linecache
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, errstate, no_grad, record_source
from autodiff.sources import Source, here

ROOT = Path(__file__).parents[1]
COLUMNS = sys.version_info >= (3, 11)  # before, Python knows the line alone


def run(program, tmp_path, name="train.py", **names):
    """Run a program from a file of its own; return its variables."""
    path = tmp_path / name
    path.write_text(program, encoding="utf-8")
    linecache.checkcache(str(path))
    namespace = {name: getattr(autodiff, name) for name in autodiff.__all__}
    namespace.update(__name__="train", np=np, nn=autodiff.nn, **names)
    exec(compile(program, str(path), "exec"), namespace)
    return namespace


def pointed_at(source):
    return source.text[slice(*source.columns)] if source.columns else None


T = "t = Tensor([1.0], requires_grad=True)\n"

# A program, an expression for the node, its line, and what the caret points at.
CASES = {
    "an operator": ("x = Value(2.0)\nJ = 3 * (x + 1)", "J", 2, "3 * (x + 1)"),
    "an operand of it": ("x = Value(2.0)\nJ = 3 * (x + 1)", "J.right", 2, "x + 1"),
    "a function": ("x = Value(2.0)\nJ = log(x - 1.0) * x", "J.left", 2, "log(x - 1.0)"),
    "a method": ("x = Value(2.0)\nJ = x.tanh() + 1.0", "J.left", 2, "x.tanh()"),
    "a reflected operator": ("x = Value(2.0)\nJ = 1.0 - x", "J", 2, "1.0 - x"),
    "a power": ("x = Value(2.0)\nJ = 1.0 + x**2", "J.right", 2, "x**2"),
    "an augmented one": ("x = Value(2.0)\nx += 1.0; x.label = 'x'", "x", 2, "x += 1.0"),
    "a leaf": ("x = Value(2.0) if True else 0", "x", 1, "Value(2.0)"),
    "a node made by hand": ("x = Value(2.0)\nJ = [Value(3, (x,))]", "J[0]", 2, "Value(3, (x,))"),
    "in a function": ("def f(x):\n    return x * 2.0\n\nJ = f(Value(1.0))", "J", 2, "x * 2.0"),
    "in a loop": ("x = Value(1.0)\nfor _ in range(3):\n\tx = x + 1.0", "x", 3, "x + 1.0"),
    "in a list": ("xs = [Value(i) for i in (1, 2)]", "xs[1]", 1, "Value(i)"),
    "by sum": ("xs = [Value(1.0), Value(2.0)]\nJ = sum(xs) + 1.0", "J.left", 2, "sum(xs)"),
    "over several lines": ("x = Value(1.0)\nJ = (\n x\n * (x + 1.0)\n)", "J.right", 4, "x + 1.0"),
    "that start in one": ("x = Value(1.0)\nJ = (x +\n  1.0)", "J", 2, "x +"),
    "wide letters": ("重み = Value(1.0)\nJ = 1.0 + 重み * 2.0", "J.right", 2, "重み * 2.0"),
    "a neuron": ("model = nn.MLP(2, [2, 1])\ny = model([1.0, 2.0])", "y", 2, "model([1.0, 2.0])"),
    "a parameter": ("model = [nn.Neuron(1)]", "model[0].w[0]", 1, "nn.Neuron(1)"),
    "a loss": ("y = Value(1.0)\nJ = -nn.mse([y], [2.0])", "J.left", 2, "nn.mse([y], [2.0])"),
    "a constant": ("with no_grad():\n    c = Value(1.0) * 2.0", "c", 2, "Value(1.0) * 2.0"),
    "detached": ("c = (Value(1.0).detach(), 1)[0]", "c", 1, "Value(1.0).detach()"),
    "by NumPy": ("x = Value(1.0)\ny = np.exp(x) * 2.0", "y.left", 2, "np.exp(x)"),
    "in an array of NumPy's": (
        "x = np.array([Value(1.0), Value(2.0)])\ny = (x.mean(), 1)[0]", "y.left", 2, "x.mean()",
    ),
    "under errstate": ("with errstate('raise'):\n    x = -Value(1.0)", "x", 2, "-Value(1.0)"),
    "of second order": (
        "x = Value(2.0)\n(x**3).backward(create_graph=True)\n", "x.grad", 2,
        "(x**3).backward(create_graph=True)",
    ),
    "of a transform": (
        "seen = []\ndy = grad(lambda x: (seen.append(x * x), x)[1])(2.0)", "seen[0]", 2, "x * x",
    ),
    "a rule of the user's": (
        "@custom_vjp(lambda g, y, x: g * 2.0)\ndef f(x):\n    return 2.0 * x\n"
        "y = f(Value(1.0)) + 1.0", "y.left", 4, "f(Value(1.0))",
    ),
    "a Tensor": (T + "J = t + 1.0", "J.left", 1, T[4:-1]),
    "its operator": (T + "J = t * 2.0 + 1.0", "J.left", 2, "t * 2.0"),
    "its power": (T + "J = t ** 2 + 1.0", "J.left", 2, "t ** 2"),
    "its method": (T + "J = t.exp().sum()", "J.left", 2, "t.exp()"),
    "its part": (T + "J = t[0] + 1.0", "J.left", 2, "t[0]"),
    "its product": (T + "J = -(t @ [1.0])", "J.left", 2, "t @ [1.0]"),
    "the other operand": (T + "J = -(t * np.ones(1))", "J.left.right", 2, "t * np.ones(1)"),
    "its comparison": ("t = Tensor([1.0])\nc = [t > 0.0]", "c[0]", 2, "t > 0.0"),
    "a Tensor detached": (T + "c = [t.detach()]", "c[0]", 2, "t.detach()"),
    "by NumPy, of a Tensor": (T + "J = -np.sum(t)", "J.left", 2, "np.sum(t)"),
    "layers": (
        "model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())\ny = model(np.ones((1, 2))).sum()",
        "y.left", 2, "model(np.ones((1, 2)))",
    ),
    "a loss of Tensors": (
        "p = Tensor([[1.0, 2.0]], requires_grad=True)\nJ = -nn.cross_entropy(p, [1])", "J.left", 2,
        "nn.cross_entropy(p, [1])",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_node_knows_its_line(name, tmp_path):
    program, node, line, expression = CASES[name]
    with record_source():
        namespace = run(program, tmp_path)
    source = eval(node, namespace).source
    assert (source.file, source.line) == (str(tmp_path / "train.py"), line)
    assert source.text == program.splitlines()[line - 1]
    assert pointed_at(source) == (expression if COLUMNS else None)


def test_every_node_of_a_training_has_a_line(tmp_path):
    program = (
        "model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),\n"
        "    nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.GELU(), nn.Linear(3, 2))\n"
        "loss = nn.cross_entropy(model(np.ones((4, 1, 4, 4), np.float32)), [0, 1, 0, 1])\n"
        "mlp = nn.MLP(2, [3, 1])\n"
        "second = nn.hinge(mlp([[1.0, 2.0], [3.0, 4.0]]), [1.0, -1.0])\n"
        "second.backward(create_graph=True)\n"
    )
    with record_source():
        names = run(program, tmp_path)
    gradients = [p.grad for p in names["mlp"].parameters()]
    nodes = autodiff.topological_order(names["loss"], names["second"], *gradients)
    assert len(nodes) > 60
    assert [node for node in nodes if node.source is None] == []
    assert {node.source.line for node in nodes} == {1, 2, 3, 4, 5, 6}


# -- what it looks like ----------------------------------------------------------------------------


@pytest.mark.skipif(not COLUMNS, reason="Python 3.10 knows no columns")
def test_a_caret_stands_below_the_operation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with record_source():
        J = run(
            "def f(x, w):\n\tJ\t= log(x - 1.0)\t* w  # \U0001f600\n\treturn J\n"
            "J = f(Value(2.0), Value(1.0))",
            tmp_path,
        )["J"]
    assert str(J.left.source) == (
        "line 2 of train.py:  J = log(x - 1.0) * w  # \U0001f600\n"
        "                         ^^^^^^^^^^^^"
    )
    with record_source():
        J = run("重み = Value(2.0); é = Value(1.0)\nJ = (重み + é) * 重み", tmp_path)["J"]
    assert J.left.source.lines("see ") == [
        "see line 2 of train.py:  J = (重み + é) * 重み",
        "                              ^^^^^^^^",
    ]
    assert repr(J.source) == "<line 2 of train.py>"


def test_a_whole_line_needs_no_caret(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with record_source():
        x = run("x = [Value(2.0)]\nx[0] += 1.0", tmp_path)["x"][0]
    assert str(x.source) == "line 2 of train.py:  x[0] += 1.0"


@pytest.mark.skipif(not COLUMNS, reason="Python 3.10 knows no columns")
def test_of_a_long_line_the_part_with_the_operation_is_shown(tmp_path):
    program = "x = Value(2.0)\nJ = " + "1.0 + " * 50 + "x.tanh()" + " + 1.0" * 50
    with record_source():
        J = run(program, tmp_path)["J"]
    while J.primitive.name != "tanh":
        J = J.left if isinstance(J.left, Value) else J.right
    text, carets = J.source.lines()
    assert len(text) < 200 + len(str(tmp_path))
    assert text[carets.index("^") : len(carets)] == "x.tanh()"
    assert text.endswith("...")


def test_without_a_text_there_is_the_line_alone():
    names = {"Value": Value}
    with record_source():
        exec("\n\nJ = Value(1.0) * 2.0", names)
    source = names["J"].source
    assert (str(source), source.text, source.columns) == ("line 3 of <string>", "", None)


def test_the_text_of_a_notebook_and_of_a_doctest_is_found():
    program = "J = Value(1.0) * 2.0 + 1.0\n"
    for file, called in [
        ("/tmp/ipykernel_7/12345.py", "a notebook cell"),
        ("<doctest lesson[3]>", "<doctest lesson[3]>"),
    ]:
        linecache.cache[file] = (len(program), None, [program], file)
        names = {"Value": Value}
        with record_source():
            exec(compile(program, file, "exec"), names)
        first, *carets = str(names["J"].left.source).splitlines()
        del linecache.cache[file]
        assert first == f"line 1 of {called}:  J = Value(1.0) * 2.0 + 1.0"
        assert [caret.strip() for caret in carets] == ["^" * 16] * COLUMNS


def test_python_3_10_knows_the_line_alone(tmp_path):
    path = tmp_path / "train.py"
    path.write_text("x = 1.0\nJ = x * 2.0\n", encoding="utf-8")
    code = SimpleNamespace(
        co_filename=str(path), co_firstlineno=1, co_lines=lambda: [(0, 4, 1), (4, 12, 2)]
    )
    source = Source(code, 6)
    assert (source.line, source.columns, source.text) == (2, None, "J = x * 2.0")
    assert str(source) == f"line 2 of {path}:  J = x * 2.0"


def test_a_file_that_has_become_shorter_does_no_harm(tmp_path):
    with record_source():
        J = run("x = Value(1.0)\nJ = x * 2.0 + x.tanh()", tmp_path)["J"]
    (tmp_path / "train.py").write_text("x\nJ", encoding="utf-8")
    linecache.checkcache()
    assert str(J.right.source).endswith("train.py:  J")


# -- the mode --------------------------------------------------------------------------------------


def test_nothing_is_noted_without_the_mode():
    x = Value(2.0)
    assert (x * 3.0).source is None
    assert float(x) == 2.0
    assert x.exits == ()
    assert (Tensor([1.0]) + 1.0).source is None
    with record_source():
        pass
    assert (x * 3.0).source is None


def test_modes_nest_and_each_gives_back_what_it_found():
    x = Value(2.0)
    with record_source():
        with record_source(), no_grad(), errstate("ignore"):
            assert (x * 3.0).source is not None
        assert (x * 3.0).source is not None
        assert (x * 3.0).requires_grad
    assert (x * 3.0).source is None


def test_it_decorates():
    @record_source()
    def f(x):
        return x * 3.0

    assert "return x * 3.0" in f(Value(2.0)).source.text
    assert (Value(2.0) * 3.0).source is None
    with pytest.raises(TypeError, match=r"record_source\(\) got .*write @record_source\(\)"):
        record_source(f)


def test_it_holds_for_its_own_thread():
    found = {}
    with record_source():
        thread = threading.Thread(target=lambda: found.update(there=Value(2.0) * 3.0))
        thread.start()
        thread.join()
        found["here"] = Value(2.0) * 3.0
    assert found["there"].source is None
    assert found["here"].source is not None


DEBUGGED = """\
import threading
from autodiff import Value, no_grad
found = []
def f():
    with no_grad():
        pass
    found.append(Value(2.0) * 3.0)
thread = threading.Thread(target=f)
thread.start()
thread.join()
f()
print(*(x.source and x.source.line for x in found))
"""


@pytest.mark.parametrize(
    ("setting", "lines"), [("1", "7 7"), ("0", "None None"), ("", "None None")]
)
def test_the_environment_turns_it_on_for_all_threads(setting, lines, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(DEBUGGED, encoding="utf-8")
    environment = {**os.environ, "AUTODIFF_DEBUG": setting, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, path], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == (lines, "")


def test_gradients_and_numbers_are_the_same_under_it():
    def loss():
        autodiff.seed(1)
        model = autodiff.nn.MLP(2, [3, 1])
        J = autodiff.nn.mse(model([[1.0, 2.0], [3.0, 4.0]]), [1.0, 0.0])
        J.backward()
        return [J.data, *(p.grad for p in model.parameters())]

    plain = loss()
    with record_source():
        assert loss() == plain


# -- where numbers left ----------------------------------------------------------------------------


def test_a_number_that_leaves_the_graph_leaves_a_line(tmp_path):
    x, t = Value(2.0), Tensor([2.0], requires_grad=True)
    program = (
        "a = [float(x)]\nb = [int(x)]\nc = [x.item()]\n"
        "d = [t.item()]\ne = [t.numpy()]\nf = [np.asarray(t)]\n"
    )
    with record_source():
        run(program, tmp_path, x=x, t=t)
    assert [exit.line for exit in x.exits] == [1, 2, 3]
    assert [exit.number for exit in x.exits] == [2.0] * 3
    assert [exit.line for exit in t.exits] == [4, 5, 6]
    wanted = ["float(x)", "int(x)", "x.item()", "t.item()", "t.numpy()", "np.asarray(t)"]
    assert [pointed_at(exit) for exit in (*x.exits, *t.exits)] == [
        word if COLUMNS else None for word in wanted
    ]
    assert x.source is None, "it was made before"
    with record_source():
        run("g = [t.tolist()]\nh = [t.data]\nfor _ in range(9):\n    float(t)", tmp_path, t=t)
    assert [exit.line for exit in t.exits] == [1, 2, 4], "the last three, each once"


def test_what_the_package_asks_itself_is_no_exit():
    with record_source():
        t = Tensor([2.0], requires_grad=True)
        (t * np.ones(3) + 1.0).sum().backward()
        repr(t), str(t), bool(t), t == t
        x = Value(2.0)
        (x * 2.0).backward()
        repr(x), f"{x}", x < 3.0
    assert t.exits == x.exits == ()


# -- copies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
@pytest.mark.parametrize("leaf", ["Value(2.0)", "Tensor([2.0], requires_grad=True)"])
def test_a_copy_has_the_same_lines(copied, leaf, tmp_path):
    with record_source():
        J = run(f"x = {leaf}\nJ = x * 3.0 + 1.0\nfloat(J)", tmp_path)["J"]
        also = copied(J)
    again = copied(copied(J))
    for other in (also, again):
        for new, old in zip(autodiff.topological_order(other), autodiff.topological_order(J)):
            assert str(new.source) == str(old.source)
            assert pointed_at(new.source) == pointed_at(old.source)
            assert list(map(str, new.exits)) == list(map(str, old.exits))
    assert len(J.exits) == 1


def test_exits_of_a_node_without_a_line_are_copied():
    x = Value(2.0)
    with record_source():
        float(x)
    y = pickle.loads(pickle.dumps(x))
    assert y.exits[0].number == 2.0
    assert (y.source, str(y.exits[0])) == (None, str(x.exits[0]))
    assert "not recorded" in repr(Source(None, 0))


def test_here_is_the_line_that_asks():
    assert "here()" in here().text
    assert here().file == __file__


def test_a_copy_of_a_node_without_a_line_has_none():
    x = Value(2.0) * 3.0
    t = Tensor([1.0]) * 2.0
    pickled = pickle.dumps([x, t])
    with record_source():
        copies = [copy.copy(x), copy.deepcopy(x), copy.deepcopy(t), *pickle.loads(pickled)]
    assert [node.source for node in copies] == [None] * 5


def test_an_array_of_several_numbers_may_leave_the_graph_as_well():
    with record_source():
        x = Tensor([1.0, 2.0], requires_grad=True)
        y = x * 2.0
        assert y.numpy().tolist() == [2.0, 4.0]
    assert y.exits
