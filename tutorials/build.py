"""Build what the repository's page shows of the lessons: a notebook of each, with its pictures.

    python tutorials/build.py          all lessons
    python tutorials/build.py 02 07    these

A lesson is a script with cells; its notebook is the same cells with what they print and draw. It is
run in `pictures/`, where it writes the pictures that the pages show. What it needs:
`pip install ".[lessons]"`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PICTURES = HERE / "pictures"

# What a page can show of a cell's outcome; films are shown by the text, from `pictures/`.
_SHOWN = ("image/png", "text/plain")


def lessons(numbers: list[str]) -> list[Path]:
    """Return the lessons with these numbers, or all; raise SystemExit if there is none such."""
    found = [
        lesson
        for lesson in sorted(HERE.glob("[0-9][0-9]_*.py"))
        if not numbers or lesson.name[:2] in numbers
    ]
    if len(found) < len(set(numbers)):
        known = ", ".join(lesson.name[:2] for lesson in sorted(HERE.glob("[0-9][0-9]_*.py")))
        raise SystemExit(f"got the lessons {', '.join(numbers)}; expected some of {known}")
    return found


def notebook(lesson: Path) -> Any:
    """Run a lesson in `pictures/`; return it as a notebook. Raises what one of its cells raises."""
    import jupytext
    from nbclient import NotebookClient

    made = jupytext.read(lesson)
    resources = {"metadata": {"path": str(PICTURES)}}
    NotebookClient(
        made, timeout=600, kernel_name="python3", resources=resources, record_timing=False
    ).execute()
    for i, cell in enumerate(made.cells):
        cell.id = f"cell-{i}"
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            if "data" in output:
                output.data = {kind: output.data[kind] for kind in _SHOWN if kind in output.data}
    made.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return made


def main() -> None:
    """Build the notebooks and pictures, with the packages of this checkout."""
    wanted = lessons(sys.argv[1:])
    import nbformat

    places = [str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(place for place in places if place)
    os.environ["MPLBACKEND"] = "Agg"
    PICTURES.mkdir(exist_ok=True)
    for lesson in wanted:
        started = time.perf_counter()
        path = lesson.with_suffix(".ipynb")
        nbformat.write(notebook(lesson), path)
        size = path.stat().st_size / 1024
        print(f"{path.name}: {size:.0f} KB in {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
