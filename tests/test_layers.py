"""The architecture test: a file imports only from lower floors.

The house of `autodiff` is a list of floors, below. This test parses every file of the two
packages, without importing them, and finds each import, also relative ones, those inside functions
and those that only a type checker sees. `complaints({path: source})` does the work on plain
strings, so that the tests can hand it bad houses too and see it object:

    complaints({"autodiff/graph.py": "from .value import Value"})
    # ["autodiff/graph.py:1 (floor 2) imports autodiff.value (floor 5): ..."]
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Lowest first. A name is a module or a whole subpackage: one room, free within itself.
FLOORS = [
    (
        "floats",
        "arrays",
        "foreign",
        "shapes",
        "sources",
        "special",
        "symbols",
        "typeset",
        "windows",
        "wording",
    ),
    ("steps", "primitive", "elementwise", "structural"),
    ("graph",),
    ("functions", "array_functions", "convolution", "protocols", "copying"),
    ("sweep",),
    ("value", "tensor", "torch_words"),
    (
        "transforms",
        "gradcheck",
        "blame",
        "differences",
        "engine",
        "expressions",
        "grammar",
    ),
    ("nn", "optim", "data", "handwriting", "ink", "seeding", "serialization"),
    (
        "training",
        "compiler",
        "digits",
        "naming",
        "provenance",
        "recognition",
        "reports",
        "tables",
    ),
    ("__init__",),
    ("__main__",),
]

# Who may import whom on the same floor. For types alone, everybody may.
NEIGHBOURS = {
    ("array_functions", "functions"),
    ("arrays", "shapes"),
    ("arrays", "special"),
    ("arrays", "windows"),
    ("windows", "shapes"),
    ("convolution", "array_functions"),
    ("convolution", "functions"),
    ("protocols", "array_functions"),
    ("protocols", "functions"),
    ("primitive", "steps"),
    ("elementwise", "primitive"),
    ("expressions", "grammar"),
    ("foreign", "wording"),
    ("handwriting", "ink"),
    ("compiler", "naming"),
    ("digits", "recognition"),
    ("digits", "training"),
    ("blame", "differences"),
    ("blame", "transforms"),
    ("gradcheck", "blame"),
    ("gradcheck", "differences"),
    ("gradcheck", "transforms"),
    ("structural", "primitive"),
    ("symbols", "typeset"),
    ("tensor", "torch_words"),
    ("training", "provenance"),
}

# Reached from any floor by an import inside a function: the array vocabulary loads NumPy, and only
# who meets an array should wait for that.
LAZY = {"arrays"}

# What `visualize` reads of `autodiff`.
VISUALIZE_READS = {
    "elementwise",
    "functions",
    "graph",
    "naming",
    "nn",
    "primitive",
    "provenance",
    "sources",
    "special",
    "symbols",
    "transforms",
    "typeset",
    "wording",
}

# Packages that take time to import -> who may import them at module level.
HEAVY: dict[str, set[str]] = {
    "numpy": {
        "autodiff.arrays",
        "autodiff.shapes",
        "autodiff.special",
        "autodiff.tensor",
        "autodiff.windows",
        "autodiff.compiler.buffers",
        "autodiff.compiler.columns",
        "autodiff.compiler.following",
        "autodiff.compiler.recorder",
        "autodiff.compiler.tensors",
        "autodiff.data",
        "autodiff.nn.activations",
        "autodiff.nn.conversion",
        "autodiff.nn.convolution",
        "autodiff.nn.layers",
        "autodiff.nn.normalisation",
        "autodiff.nn.pytorch",
        "autodiff.handwriting",
        "autodiff.ink",
        "autodiff.training",
    },
    "graphviz": {"visualize.render"},
    "matplotlib": set(),
    "PIL": set(),
    "pooch": set(),
    "safetensors": set(),
    "tqdm": set(),
}
# Who loads a heavy package is as heavy, and is itself imported inside functions.
LOADS = {
    "autodiff.arrays": "numpy",
    "autodiff.compiler.columns": "numpy",
    "autodiff.data": "numpy",
    "autodiff.nn.activations": "numpy",
    "autodiff.nn.conversion": "numpy",
    "autodiff.nn.convolution": "numpy",
    "autodiff.nn.layers": "numpy",
    "autodiff.nn.normalisation": "numpy",
    "autodiff.nn.pytorch": "numpy",
    "autodiff.handwriting": "numpy",
    "autodiff.ink": "numpy",
    "autodiff.shapes": "numpy",
    "autodiff.special": "numpy",
    "autodiff.tensor": "numpy",
    "autodiff.windows": "numpy",
    "visualize.render": "graphviz",
}

FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor}


class Import(NamedTuple):
    """One import: where, what (dotted), and when: "at once", "lazily", or "for types"."""

    line: int
    module: str
    when: str


def room_of(module: str) -> str:
    """Return the room of a dotted module: `autodiff.nn.linear` -> `nn`; `autodiff`: `__init__`."""
    return [*module.split("."), "__init__"][1]


def module_of(path: str) -> str:
    """Return the dotted module of a path: `autodiff/nn/linear.py` -> `autodiff.nn.linear`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def absolute(path: str, level: int, name: str) -> str:
    """Return the full name of what `path` imports as `name` behind `level` dots."""
    if level == 0:
        return name
    package = path.split("/")[:-level]
    return ".".join([*package, name] if name else package)


def named(node: ast.AST, path: str, modules: set[str]) -> Iterator[str]:
    """Yield the modules that one node imports, if it is an import or a call that imports."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            origin = absolute(path, level, module or "")
            submodules = {f"{origin}.{alias.name}" for alias in names}
            yield from submodules & modules
            if submodules - modules:
                yield origin
        case ast.Call(
            func=ast.Name(id=function) | ast.Attribute(attr=function),
            args=[ast.Constant(value=str(name)), *_],
        ) if function in ("import_module", "__import__"):
            yield absolute(path, len(name) - len(name.lstrip(".")), name.lstrip("."))


def imports(path: str, source: str, modules: set[str]) -> Iterator[Import]:
    """Yield every import of a source; `modules` tells submodules from other names of a package."""
    stack: list[tuple[ast.AST, str]] = [(ast.parse(source, path), "at once")]
    while stack:
        node, when = stack.pop()
        for module in named(node, path, modules):
            yield Import(node.lineno, module, when)  # type: ignore[attr-defined]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            when = "lazily"
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.iter_child_nodes(node):
            in_body = typing and child in node.body  # type: ignore[attr-defined]
            stack.append((child, "for types" if in_body else when))


def fault(file: str, module: str, when: str) -> str:
    """Return what is wrong with one import of a file, given as its module, or nothing."""
    package, room = file.split(".")[0], room_of(file)
    origin, target = module.split(".")[0], room_of(module)
    heavy = LOADS.get(module) or LOADS.get(f"{origin}.{target}", origin)
    names = {file, f"{package}.{room}"}
    if when == "at once" and not names & HEAVY.get(heavy, names):
        return f", which loads {heavy} for everybody: import it inside the function that needs it"
    if package == "visualize":
        if origin == "autodiff" and target not in VISUALIZE_READS:
            return f": visualize reads only {', '.join(sorted(VISUALIZE_READS))} of autodiff"
        return ""
    if origin == "visualize" and room != "__main__":
        return ": in autodiff, only __main__.py may import visualize"
    if origin != "autodiff" or target == room:
        return ""
    if target not in FLOOR:
        return ", which stands on no floor"
    same_floor = FLOOR[target] == FLOOR[room]
    if same_floor and (when == "for types" or (room, target) in NEIGHBOURS):
        return ""
    if FLOOR[target] < FLOOR[room] or (when == "lazily" and target in LAZY):
        return ""
    return f" (floor {FLOOR[target]}): a file imports only from lower floors"


def complaints(sources: dict[str, str]) -> list[str]:
    """Return what is wrong with the imports of a house, one line each; empty when all is well."""
    modules = {f"autodiff.{room}" for room in FLOOR} | {*LOADS, *map(module_of, sources)}
    found = []
    for path, source in sorted(sources.items()):
        package, room = path.split("/")[0], room_of(module_of(path))
        if package == "autodiff" and room not in FLOOR:
            found.append(f"{path} stands on no floor: give it a place in FLOORS of test_layers.py")
            continue
        floor = f" (floor {FLOOR[room]})" if package == "autodiff" else ""
        for line, module, when in sorted(imports(path, source, modules)):
            if wrong := fault(module_of(path), module, when):
                found.append(f"{path}:{line}{floor} imports {module}{wrong}")
    return found


# --- the house as it stands ----------------------------------------------------------------------


def test_every_file_imports_only_from_lower_floors():
    paths = [
        path for package in ("autodiff", "visualize") for path in ROOT.glob(f"{package}/**/*.py")
    ]
    house = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in paths}
    assert {"autodiff/graph.py", "visualize/__init__.py"} <= set(house), "not the house's root"
    assert complaints(house) == []


def test_no_room_stands_on_two_floors():
    assert len(FLOOR) == sum(map(len, FLOORS))


@pytest.mark.parametrize("statement", ["from autodiff import Value", "import visualize"])
def test_importing_a_package_loads_nothing_heavy(statement):
    program = (
        f"import sys; before = set(sys.modules); {statement}; "
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    python = [sys.executable, "-c", program]
    run = subprocess.run(python, capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.split())
    assert statement.split()[1] in loaded
    assert loaded.isdisjoint(HEAVY)


def test_importing_autodiff_does_not_load_visualize():
    program = "import sys, autodiff; sys.exit('visualize' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


# --- testing the tester --------------------------------------------------------------------------

GOOD = [
    ("autodiff/floats.py", "import math, cmath; from os import path"),
    ("autodiff/sweep.py", "from autodiff.graph import Node"),
    ("autodiff/sweep.py", "from autodiff import floats, graph"),
    ("autodiff/sweep.py", "from .graph import Node; from . import floats"),
    ("autodiff/elementwise.py", "from .primitive import Primitive"),
    ("autodiff/nn/linear.py", "from ..value import Value"),
    ("autodiff/nn/linear.py", "from . import Neuron; from .init import he"),
    ("autodiff/nn/__init__.py", "from .linear import Linear; from ..value import Value"),
    ("autodiff/nn/layers.py", "import numpy; from ..tensor import Tensor"),
    ("autodiff/arrays.py", "import numpy as np; from . import special"),
    ("autodiff/value.py", "def f(): import numpy; from . import arrays"),
    ("autodiff/value.py", "if TYPE_CHECKING: import numpy; from .tensor import Tensor"),
    ("autodiff/floats.py", "def f(): from . import arrays"),
    ("autodiff/__init__.py", "from .value import Value; from . import nn, optim"),
    ("autodiff/__main__.py", "from visualize import draw; from autodiff import Value, engine"),
    ("visualize/dot.py", "from autodiff.graph import edges; from .style import PALETTE"),
    ("visualize/render.py", "import graphviz"),
    ("visualize/plots.py", "def f(): import matplotlib.pyplot; from .render import Picture"),
]

BAD = [
    # a higher floor, in every spelling
    ("autodiff/graph.py", "import autodiff.value", "(floor 5)"),
    ("autodiff/graph.py", "from autodiff.value import Value", "(floor 5)"),
    ("autodiff/graph.py", "from autodiff import sweep", "(floor 4)"),
    ("autodiff/graph.py", "from .sweep import backward, pullback", "(floor 4)"),
    ("autodiff/graph.py", "from . import sweep", "(floor 4)"),
    ("autodiff/graph.py", "def f(): from .sweep import backward", "(floor 4)"),
    ("autodiff/graph.py", "class A:\n  def f(self):\n    import autodiff.sweep", "graph.py:3 "),
    ("autodiff/graph.py", "if typing.TYPE_CHECKING: from .sweep import backward", "(floor 4)"),
    ("autodiff/graph.py", "importlib.import_module('autodiff.sweep')", "(floor 4)"),
    ("autodiff/graph.py", "import_module('.sweep', __package__)", "(floor 4)"),
    ("autodiff/nn/linear.py", "from ..training import fit", "(floor 8)"),
    # the roof, which would import everything
    ("autodiff/graph.py", "import autodiff", "(floor 9)"),
    ("autodiff/graph.py", "from autodiff import Value", "(floor 9)"),
    ("autodiff/graph.py", "from . import Value", "(floor 9)"),
    ("autodiff/__init__.py", "from .__main__ import main", "(floor 10)"),
    # its own floor
    ("autodiff/tensor.py", "from .value import Value", "(floor 5)"),
    ("autodiff/primitive.py", "from . import elementwise", "(floor 1)"),
    ("autodiff/floats.py", "def f(): from . import symbols", "(floor 0)"),
    # no floor
    ("autodiff/cellar.py", "", "stands on no floor"),
    ("autodiff/value.py", "import autodiff.cellar", "stands on no floor"),
    # the package beside
    ("autodiff/value.py", "from visualize import draw", "only __main__.py"),
    ("autodiff/__init__.py", "def f(): import visualize.dot", "only __main__.py"),
    ("visualize/dot.py", "from autodiff.sweep import pullback", "reads only"),
    ("visualize/dot.py", "def f(): from autodiff import Value", "reads only"),
    # heavy packages
    ("autodiff/value.py", "import numpy as np", "loads numpy"),
    ("autodiff/value.py", "from numpy.linalg import norm", "loads numpy"),
    ("autodiff/value.py", "try: import numpy\nexcept ImportError: pass", "loads numpy"),
    ("autodiff/value.py", "class A: import numpy", "loads numpy"),
    ("autodiff/value.py", "if TYPE_CHECKING: pass\nelse: import numpy", "loads numpy"),
    ("autodiff/functions.py", "from . import arrays", "loads numpy"),
    ("autodiff/nn/scalar.py", "from .layers import Linear", "loads numpy"),
    ("autodiff/nn/__init__.py", "from ..tensor import Tensor", "loads numpy"),
    ("visualize/dot.py", "import numpy", "loads numpy"),
    ("visualize/dot.py", "import graphviz", "loads graphviz"),
    ("visualize/__init__.py", "from .render import Picture", "loads graphviz"),
    ("visualize/__init__.py", "from . import render", "loads graphviz"),
    ("visualize/plots.py", "from matplotlib import pyplot", "loads matplotlib"),
]


@pytest.mark.parametrize(("path", "source"), GOOD)
def test_the_checker_accepts(path, source):
    assert complaints({path: source}) == []


@pytest.mark.parametrize(("path", "source", "words"), BAD)
def test_the_checker_objects_to(path, source, words):
    (complaint,) = complaints({path: source})
    assert complaint.startswith(path)
    assert words in complaint


def test_the_checker_finds_every_fault_of_a_house():
    good, bad = {"autodiff/floats.py": "import math"}, "import numpy\nfrom .value import Value\n"
    found = complaints({**good, "autodiff/graph.py": bad, "autodiff/sweep.py": bad})
    assert [complaint.split(" ")[0] for complaint in found] == [
        "autodiff/graph.py:1",
        "autodiff/graph.py:2",
        "autodiff/sweep.py:1",
        "autodiff/sweep.py:2",
    ]
