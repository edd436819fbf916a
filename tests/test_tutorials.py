"""The lessons: each runs as a script, anywhere and offline, and prints what its prose claims."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest
from PIL import Image

from autodiff.__main__ import main

ROOT = Path(__file__).resolve().parents[1]
TUTORIALS = ROOT / "tutorials"
PICTURES = TUTORIALS / "pictures"
LESSONS = sorted(TUTORIALS.glob("[0-9][0-9]_*.py"))

MOST_FRAMES, MOST_BYTES = 40, 600 * 1024

# What LESSONS.md, the list of all lessons, wants to be seen; each lesson asserts it too.
CLAIMS = {
    "02": """
        f(10) = 345.0
        after 1 update:  x = 3.6  f = 58.28
        10  -0.6655481856   3.6666704197
        the minimum:  x = -0.6666666667  f = 3.6666666667  slope = 0.0
        3.6     25.60     25.60
        """,
    "06": """
        u = 6.0   v = 11.0   J = 33.0
        dJ/da        3.0      3.0
        dJ/db        6.0      6.0
        dJ/dc        9.0      9.0
        from J back to v:  dJ/dJ * dJ/dv = 1 * 3 = 3
        from u back to b:  dJ/du * du/db = 3 * 2 = 6
        0                  33                   33
        1               22.02                 8.58
        2             15.5598           5.46765648
        3           10.885812          2.713682445
        4          6.36291978         0.9855570693
        5        0.6902542032         0.2764468379
        6        -7.614039707        0.06833317932
        both agree
        """,
    "07": """
        x = 27.0   y = 17.0   z = 459.0
        dz/dk      51.0     51.0
        dz/dm     271.0    271.0
        along one arrow comes 17 * 8 = 136
        along one arrow comes 27 * 5 = 135
        k = 0.8235294118  z = 450.0000000000
        k = 0.8235        z = 449.9985
        2  0.9114395228  2.9833333342    450.0000004513
        z misses 450 by 0.0330066872;  15pq + 40q^2 = 0.0330066872
        15  0.99393359  2.96776714    450.00000001
        """,
    "22": """
        s = -0.3 t = 1 loss 1.3 by hand -1 engine -1.0
        337 parameters, the first is 0.235506
        step 99 loss 0.0120 accuracy 1.00
        all points on their side for the first time at step 48
        """,
}
WRITES = {
    "02": {"02_descent_on_a_curve.gif", "02_descent_on_a_curve.png"},
    "06": {"06_computation_graph.svg", "06_two_descents.png"},
    "07": {"07_linear_and_nonlinear.png", "07_shared_weights.svg"},
    "22": {"22_neurons.svg", "22_two_moons.gif", "22_two_moons.png"},
}

# Loaded by Python at its start: nobody gets on to the network.
OFFLINE = """
import socket
def refuse(*arguments): raise OSError("a lesson must not need the network")
socket.socket.connect = socket.getaddrinfo = refuse
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Run all lessons at once, each in a directory of its own: by number, the directory and text.

    They print to a stream that knows ASCII only, as the consoles of some readers do.
    """
    offline = tmp_path_factory.mktemp("offline")
    (offline / "sitecustomize.py").write_text(OFFLINE)
    paths = [str(offline), str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONIOENCODING": "ascii",
        "PYTHONWARNINGS": "error,ignore::DeprecationWarning",
        "MPLBACKEND": "Agg",
    }
    environment.pop("DISPLAY", None)
    started = {}
    for lesson in LESSONS:
        directory = tmp_path_factory.mktemp(lesson.stem)
        started[lesson.name[:2]] = (
            directory,
            subprocess.Popen(
                [sys.executable, str(lesson)],
                cwd=directory,
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ),
        )
    finished = {}
    for number, (directory, process) in started.items():
        text, _ = process.communicate(timeout=120)
        finished[number] = directory, text, process.returncode
    return finished


def numbered(lesson: Path) -> str:
    return lesson.name[:2]


def test_every_lesson_is_known_here():
    assert list(map(numbered, LESSONS)) == sorted(CLAIMS) == sorted(WRITES)


@pytest.mark.parametrize("number", CLAIMS)
def test_a_lesson_runs_and_prints_what_it_claims(runs, number):
    _, text, status = runs[number]
    assert status == 0, text
    printed = {" ".join(line.split()) for line in text.splitlines()}
    for claim in filter(None, map(str.strip, CLAIMS[number].splitlines())):
        claim = " ".join(claim.split())
        assert any(line.startswith(claim) or line.endswith(claim) for line in printed), claim


@pytest.mark.parametrize("number", WRITES)
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


@pytest.mark.parametrize("name", sorted(set().union(*WRITES.values())))
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
    assert "by hand" in text
    assert text.count("## One thing to try") == text.count("## One question") == 1
    assert text.count("<details><summary>Answer</summary>\n\n") == text.count("\n\n</details>") == 1
    assert "assert " in text
    for place in re.findall(r"\]\(([^)]+)\)", text):
        assert (TUTORIALS / place).is_file(), place


def test_the_map_shows_every_lesson():
    text = (TUTORIALS / "README.md").read_text("utf-8")
    places = [place for place in re.findall(r'(?:\]\(|src=")([^")]+)', text) if ":" not in place]
    for place in places:
        assert (TUTORIALS / place).exists(), place
    for lesson in LESSONS:
        assert lesson.name in places
        assert any(place.startswith(f"pictures/{numbered(lesson)}") for place in places)
        (minutes,) = re.findall(r"\*About (\d+) minutes", lesson.read_text("utf-8"))
        assert re.search(rf"{re.escape(lesson.name)}[\s\S]{{0,900}}\b{minutes} minutes", text)


@pytest.mark.parametrize("lesson", LESSONS, ids=numbered)
def test_the_command_lines_in_a_lesson_work_and_say_the_same(lesson, capsys):
    commands = re.findall(r"^    autodiff (.+)$", lesson.read_text("utf-8"), re.MULTILINE)
    ends = {
        "02": ["-0.6655481856", "3.66667041967"],
        "06": ["-7.61403970684", "J<0.1 after 6 steps"],
        "07": [],
        "22": [],
    }[numbered(lesson)]
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
    assert run.stderr.strip() == "got the lessons 99; expected some of 02, 06, 07, 22"
