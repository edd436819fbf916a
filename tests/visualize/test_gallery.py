"""The page of pictures: all that it shows can be made again, and is shown."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "visualize" / "README.md").read_text(encoding="utf-8")


def test_the_page_shows_what_the_gallery_makes(tmp_path):
    script = ROOT / "tutorials" / "gallery.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    made = {path.name for path in tmp_path.iterdir()}
    shown = re.findall(r"\.\./tutorials/pictures/(\S+?)\)", PAGE)
    assert made == {name for name in shown if not name.startswith("explore_")}
    for name in made:
        tree = ElementTree.parse(tmp_path / name)
        kept = ElementTree.parse(ROOT / "tutorials" / "pictures" / name)
        assert len(list(tree.iter())) == len(list(kept.iter())), name


def test_every_option_of_draw_is_on_the_page():
    import inspect

    from visualize import draw

    options = set(inspect.signature(draw).parameters) - {"root"}
    assert {
        option for option in options if f"{option}=" not in PAGE and option not in PAGE
    } == set()
