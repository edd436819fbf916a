"""The strip chart of `levels`."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autodiff import Value
from autodiff.nn import MLP
from visualize import levels
from visualize.style import DARK, LIGHT


def rectangles(svg, kind):
    tree = ElementTree.fromstring(svg)
    return [e for e in tree.iter() if e.get("class") == kind and e.tag.endswith("rect")]


def test_each_depth_has_a_bar_and_a_line_at_the_median(J):
    svg = levels(J).svg
    assert len(rectangles(svg, "bar")) == len(rectangles(svg, "grad")) == 4
    assert ">J</text>" in svg
    assert "min 6, median 7.5, max 9" in svg


def test_vanishing_gradients_fall_to_the_left():
    model = MLP(3, [8] * 6 + [1], activation="sigmoid")
    y = model([0.3, 0.7, -1.0])
    y.backward()
    heights = [float(e.get("y")) for e in rectangles(levels(y).svg, "grad")]
    assert heights[0] - heights[-1] > 60


def test_the_strip_is_of_one_size_for_any_graph():
    x = Value(1.0)
    for _ in range(20_000):
        x = x * 0.999
    x.backward()
    assert len(levels(x).svg) < 30_000
    assert 'viewBox="0 0 720 260"' in levels(x).svg


def test_dead_and_bad_gradients_are_marked():
    model = MLP(2, [8, 1])
    y = model([1.0, 1.0]) + 0.0 * Value(math.inf)
    y.backward()
    assert "the share that is 0" in levels(y).svg
    assert rectangles(levels(y).svg, "dead")


@pytest.mark.parametrize(
    "theme, colours", [("light", [LIGHT]), ("dark", [DARK]), ("auto", [LIGHT, DARK])]
)
def test_themes_are_those_of_the_pictures(J, theme, colours):
    svg = levels(J, theme=theme).svg
    assert all(colour.ground in svg for colour in colours)
    assert ("prefers-color-scheme" in svg) == (theme == "auto")


def test_before_backward_it_says_so():
    chart = levels(Value(1.0) * 2.0)
    assert "call backward() first" in chart.svg
    assert repr(chart) == "depth 0: none above 0\ndepth 1: none above 0"


def test_it_saves_itself_and_shows_itself(J, tmp_path):
    chart = levels(J)
    path = chart.save(tmp_path / "levels.svg")
    assert Path(path).read_text() == chart.svg == chart._repr_svg_()
    with pytest.raises(ValueError, match=r"expected \.svg"):
        chart.save("levels.png")
    assert repr(chart).startswith("depth 0: 6 to 9")


def test_extreme_gradients_stay_on_the_strip():
    x = Value(1e-300)
    y = x * 1e-300 + Value(1.0) * 1e300
    y.backward()
    for box in rectangles(levels(y).svg, "bar"):
        assert 0 < float(box.get("y")) < 260
    with pytest.raises(TypeError, match=r"levels\(\) got 5"):
        levels(5)


def test_a_name_cannot_break_the_chart():
    x = Value(1.0, label="</text><script>")
    assert "<script>" not in levels(x).svg


def test_gradients_of_any_size_are_drawn():
    h = Value(1.0) * 1.7e308
    h.backward()
    assert levels(h).svg.startswith("<svg")
    c = Value(2.0)
    for _ in range(40):
        c = c * 0.1
    c.backward()
    assert "what stands on the axis is 1e-12 or less" in levels(c).svg
