"""I1: what importing costs over a bare interpreter, and the size on disk."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import autodiff
import visualize

from .timing import interleaved, table


def i1(smoke: bool) -> None:
    """Time fresh interpreters that import us, NumPy and nothing, and weigh the two packages."""
    statements = {
        "nothing": "pass",
        "autodiff.Value": "from autodiff import Value",
        "autodiff.Tensor": "from autodiff import Tensor",
        "visualize": "import visualize",
        "numpy": "import numpy",
    }
    with tempfile.TemporaryDirectory() as cache:
        # compiled files are kept, as an installer's are, wherever the packages may lie
        environment = {
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": cache,
            "PYTHONPATH": os.pathsep.join(
                [str(Path(autodiff.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
            ),
        }

        def run(statement: str) -> None:
            subprocess.run([sys.executable, "-c", statement], check=True, env=environment)

        contestants = {name: lambda s=s: run(s) for name, s in statements.items()}
        medians = interleaved(
            contestants, rounds=2 if smoke else 21, repeats=dict.fromkeys(contestants, 1)
        )
    bare = medians.pop("nothing")
    over = {name: seconds - bare for name, seconds in medians.items()}
    table("I1  import, over a bare interpreter", over, "numpy", "ms")
    for package in (autodiff, visualize):
        files = Path(package.__file__).parent.rglob("*")
        size = sum(
            file.stat().st_size for file in files if file.suffix in (".py", ".html", ".typed")
        )
        print(f"  {package.__name__:24} {size / 1024:10.1f} KiB on disk")
