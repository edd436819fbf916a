"""The README's claims: its Python runs and prints what it says, its commands print what it says."""

import doctest
import re
from pathlib import Path

import pytest
from PIL import Image

from autodiff.__main__ import main
from autodiff.data import load_mnist_small

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_python_of_the_readme_prints_what_the_readme_says():
    examples = doctest.DocTestParser().get_doctest(README, {}, "README", "README.md", 0)
    assert len(examples.examples) > 20
    result = doctest.DocTestRunner().run(examples)
    assert result.failed == 0
    assert Path("J.svg").read_text(encoding="utf-8").count("<svg") == 1


def test_the_first_command_prints_the_table_of_the_readme(capsys):
    assert main(["J = 3*(a + b*c)", "a=5", "b=3", "c=2", "-o", "J.svg"]) == 0
    (promised,) = re.findall("```text\n(.*?)```", README, re.S)
    assert capsys.readouterr().out.strip() == promised.strip()
    drawn = Path("J.svg").read_text(encoding="utf-8")
    shown = (ROOT / "tutorials/pictures/J.svg").read_text(encoding="utf-8")
    assert re.findall("<text.*?</text>", drawn) == re.findall("<text.*?</text>", shown)


def test_the_other_commands_of_the_readme_succeed(capsys):
    import shlex

    commands = re.findall(r"^autodiff (.*)$", README, re.M)
    assert len(commands) == 8
    Image.fromarray(load_mnist_small(normalize=False)[1][0][0].reshape(28, 28)).save("three.png")
    for command in commands:
        assert main(shlex.split(command, comments=True)) == 0, command
        assert capsys.readouterr().out


def test_every_file_that_the_readme_links_to_exists():
    paths = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(paths) > 6
    assert [path for path in paths if not (ROOT / path).exists()] == []
