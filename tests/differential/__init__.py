"""Differential tests: random programs, of which several independent accounts must agree.

    python -m tests.differential 100000 [seed] [kind …]     # so many programs of each kind

`scalars` draws graphs of Values, `tensors` functions of arrays, `networks` small networks; each
says which accounts it compares. How far apart they may be follows from the conditioning of each
program: `agreement`.
"""

from __future__ import annotations

import importlib
import random

from ..visualize.rounding import Undecided
from .agreement import Disagreement

KINDS = ("scalars", "edges", "tensors", "networks")


def run(kind, seed, counts=None):
    """Draw the program of a seed and check it; return "", "undecided", or what is wrong."""
    module = importlib.import_module(f".{'scalars' if kind == 'edges' else kind}", __name__)
    suffix = "_edges" if kind == "edges" else ""
    program = getattr(module, f"draw{suffix}")(random.Random(f"{kind} {seed}"))
    try:
        getattr(module, f"check{suffix}")(program, counts)
    except Undecided:
        return "undecided"
    except Disagreement as difference:
        return f"{difference} of {program}"
    except Exception as error:
        return f"{type(error).__name__}: {error} of {program}"
    return ""
