"""The lessons: each runs as a script, anywhere and offline, and prints what its prose claims."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as xml
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from autodiff.__main__ import main

from .lessons import CLAIMS, COMMANDS, SMOKE
from .long import ALL

ROOT = Path(__file__).resolve().parents[1]
TUTORIALS = ROOT / "tutorials"
PICTURES = TUTORIALS / "pictures"
LESSONS = sorted(TUTORIALS.glob("[0-9][0-9]_*.py"))

MOST_FRAMES, MOST_BYTES = 40, 600 * 1024
RUN = [lesson for lesson in LESSONS if ALL or lesson.name[:2] in SMOKE]
WRITES = {
    lesson.name[:2]: set(re.findall(r'\.save\("([^"]+)"\)', lesson.read_text("utf-8")))
    for lesson in LESSONS
}

# Loaded by Python at its start: nobody gets on to the network.
OFFLINE = """
import socket
def refuse(*arguments): raise OSError("a lesson must not need the network")
socket.socket.connect = socket.getaddrinfo = refuse
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Run the lessons, each in a directory of its own: by number, the directory and text."""
    offline = tmp_path_factory.mktemp("offline")
    (offline / "sitecustomize.py").write_text(OFFLINE)
    paths = [str(offline), str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "error,ignore::DeprecationWarning",
        "MPLBACKEND": "Agg",
    }
    environment.pop("DISPLAY", None)

    def run(lesson):
        directory = tmp_path_factory.mktemp(lesson.stem)
        process = subprocess.run(
            [sys.executable, str(lesson)],
            cwd=directory,
            env=environment,
            text=True,
            encoding="utf-8",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        return directory, process.stdout, process.returncode

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(map(numbered, RUN), pool.map(run, RUN)))


def numbered(lesson: Path) -> str:
    return lesson.name[:2]


def test_every_lesson_is_known_here():
    assert list(map(numbered, LESSONS)) == sorted(CLAIMS) == [f"{i:02}" for i in range(1, 28)]
    assert all(WRITES.values())


@pytest.mark.parametrize("number", list(map(numbered, RUN)))
def test_a_lesson_runs_and_prints_what_it_claims(runs, number):
    _, text, status = runs[number]
    assert status == 0, text
    printed = {" ".join(line.split()) for line in text.splitlines()}
    for claim in filter(None, map(str.strip, CLAIMS[number].splitlines())):
        claim = " ".join(claim.split())
        assert any(line.startswith(claim) or line.endswith(claim) for line in printed), claim


@pytest.mark.parametrize("number", list(map(numbered, RUN)))
def test_a_lesson_writes_its_pictures_where_it_is_run_and_nothing_else(runs, number):
    directory, text, _ = runs[number]
    assert {path.name for path in directory.iterdir()} == WRITES[number]
    for path in directory.iterdir():
        assert path.name in text  # it says so
        assert path.stat().st_size <= MOST_BYTES


def test_the_committed_pictures_are_those_of_the_lessons():
    """`python tutorials/build.py` makes them again."""
    made = set().union(*WRITES.values())
    kept = {
        path.name
        for path in PICTURES.iterdir()
        if not path.name.startswith(("gallery_", "explore_"))
    }
    assert kept == made | {"J.svg"}  # the README's; test_gallery.py knows the gallery


@pytest.mark.parametrize("name", sorted(set().union(*(WRITES[numbered(x)] for x in RUN))))
def test_a_committed_picture_is_small_and_the_same_in_kind_as_a_new_one(runs, name):
    committed, new = PICTURES / name, runs[name[:2]][0] / name
    assert committed.stat().st_size <= MOST_BYTES
    if name.endswith(".svg"):
        one, two = (" ".join(xml.parse(path).getroot().itertext()) for path in (committed, new))
        assert sorted(one.split()) == sorted(two.split())  # every name, number and tooltip
        return
    with Image.open(committed) as one, Image.open(new) as two:
        assert one.size == two.size
        assert getattr(one, "n_frames", 1) == getattr(two, "n_frames", 1) <= MOST_FRAMES


def test_the_film_shows_the_whole_descent(runs):
    with Image.open(runs["02"][0] / "02_descent_on_a_curve.gif") as film:
        assert 20 <= film.n_frames <= MOST_FRAMES
        pictures = set()
        for frame in range(film.n_frames):
            film.seek(frame)
            pictures.add(film.convert("RGB").tobytes())
    assert len(pictures) == film.n_frames


def test_graphs_bear_the_readers_names(runs):
    def words(number, name):
        return set(xml.parse(runs[number][0] / name).getroot().itertext())

    names = {word.strip() for word in words("06", "06_computation_graph.svg")}
    assert {"a", "b", "c", "u", "v", "J", "33", "×2", "×3"} <= names
    names = {word.strip() for word in words("07", "07_shared_weights.svg")}
    assert {"k", "m", "x", "y", "z", "459", "271", "51", "×8", "×5", "×17", "×27"} <= names
    names = {word.strip() for word in words("22", "22_neurons.svg")}
    assert {"x1", "x2", "loss", "layer1.neuron3", "w[0]", "= relu(w·x + b)"} <= names


@pytest.mark.parametrize("lesson", LESSONS, ids=numbered)
def test_a_lesson_has_the_parts_of_every_lesson(lesson):
    text = lesson.read_text("utf-8")
    number = int(numbered(lesson))
    assert text.startswith(f'# %% [markdown]\n"""\n# Lesson {number}: ')
    first = text.split("# %%")[1]
    assert "**What you will see first.**" in first
    assert re.search(r"!\[[^]]{20,}\]\(pictures/", first), "a picture, described for who cannot see"
    words = " ".join(first.split())
    assert "writes its pictures into the directory that you run it from" in words
    assert re.search(r"\*About \d+ minutes\.", first)
    assert "by hand" in text.lower()
    assert text.count("## One thing to try") == text.count("## One question") == 1
    assert text.count("<details><summary>Answer</summary>\n\n") == text.count("\n\n</details>") == 1
    assert "assert " in text
    for place in re.findall(r"\]\(([\w/]+\.\w+)\)", text):
        assert (TUTORIALS / place).is_file(), place


def test_the_map_shows_every_lesson():
    text = (TUTORIALS / "README.md").read_text("utf-8")
    found = re.findall(r'(?:\]\(|src=")([^")]+)', text)
    places = [place for place in found if ":" not in place and place[0] != "#"]
    for place in places:
        assert (TUTORIALS / place).exists(), place
    for lesson in LESSONS:
        assert {lesson.name, f"{lesson.stem}.ipynb"} <= set(places)
        assert any(place.startswith(f"pictures/{numbered(lesson)}") for place in places)
        (minutes,) = re.findall(r"\*About (\d+) minutes", lesson.read_text("utf-8"))
        script = re.escape(lesson.name)
        assert re.search(rf"\({minutes}\s+minutes,\s+\[script\]\({script}\)\)", text)


@pytest.mark.parametrize("lesson", LESSONS, ids=numbered)
def test_the_command_lines_in_a_lesson_work_and_say_the_same(lesson, capsys):
    commands = re.findall(r"^    autodiff (.+)$", lesson.read_text("utf-8"), re.MULTILINE)
    ends = COMMANDS.get(numbered(lesson), [])
    assert bool(commands) == bool(ends)
    for command in commands:
        assert (
            main([quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', command)])
            == 0
        )
        printed = capsys.readouterr().out
        assert all(end in printed for end in ends)


def test_building_a_lesson_that_is_not_there_says_which_are():
    run = subprocess.run(
        [sys.executable, str(TUTORIALS / "build.py"), "99"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.strip() == "got the lessons 99; expected some of " + ", ".join(
        map(numbered, LESSONS)
    )


def sources(notebook: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(notebook.read_text("utf-8"))["cells"]]


@pytest.mark.parametrize("lesson", LESSONS, ids=numbered)
def test_the_notebook_of_a_lesson_is_the_lesson_and_has_been_run(lesson):
    """`python tutorials/build.py` makes them again."""
    cells = re.split(r"^# %%(.*)\n", lesson.read_text("utf-8"), flags=re.MULTILINE)[1:]
    kinds, texts = cells[::2], [text.strip() for text in cells[1::2]]
    expected = [
        text.removeprefix('"""').removesuffix('"""').strip() if "markdown" in kind else text
        for kind, text in zip(kinds, texts)
    ]
    notebook = lesson.with_suffix(".ipynb")
    assert [text.strip() for text in sources(notebook)] == expected
    made = json.loads(notebook.read_text("utf-8"))["cells"]
    code = [cell for cell in made if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not any(output["output_type"] == "error" for output in outputs)
    assert any("image/png" in output.get("data", {}) for output in outputs)
