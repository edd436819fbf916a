"""Build the pictures of the lessons: run each one in `pictures/`, where the pages look for them.

    python tutorials/build.py          all lessons
    python tutorials/build.py 02 07    these

A lesson writes its pictures into the directory that it is run from. So this is all there is to do.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PICTURES = HERE / "pictures"


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


def main() -> None:
    """Run the lessons one after another, with the packages of this checkout."""
    places = [str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    paths = os.pathsep.join(place for place in places if place)
    environment = {**os.environ, "PYTHONPATH": paths, "MPLBACKEND": "Agg"}
    PICTURES.mkdir(exist_ok=True)
    for lesson in lessons(sys.argv[1:]):
        print(f"== {lesson.name}", flush=True)
        subprocess.run([sys.executable, str(lesson)], cwd=PICTURES, env=environment, check=True)
    for picture in sorted(PICTURES.iterdir()):
        print(f"{picture.stat().st_size / 1024:7.0f} KB  {picture.name}")


if __name__ == "__main__":
    main()
