"""The descent on a curve: what is drawn is what was computed, and nothing is clipped."""

from __future__ import annotations

import io
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import matplotlib
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from tests.visualize.plotting import artists as named
from tests.visualize.plotting import assert_all_words_can_be_read
from visualize.plots import FRAMES, descent_curve, side_by_side
from visualize.style import DARK, LIGHT

ROOT = Path(__file__).resolve().parents[2]
PATH = [10.0, 3.6, 1.04, 0.016, -0.3936, -0.55744]
VIEW, CLOSEUP = (-8.0, 12.0), (-1.6, 1.6)


def f(x):
    return 3 * x**2 + 4 * x + 5


def slope(x):
    return 6 * x + 4


def drawn(path=PATH, **options):
    options = dict(rate=0.1, title="f", view=VIEW, closeup=CLOSEUP) | options
    return descent_curve(f, slope, path, **options)


def artists(figure, gid, axes=0):
    return named(figure.axes[axes], gid)


def data(figure, gid, axes=0):
    (line,) = artists(figure, gid, axes)
    return [tuple(point) for point in line.get_xydata()]


# -- what is drawn ---------------------------------------------------------------------------------


def test_the_curve_is_that_of_f_over_the_view():
    points = data(drawn().figure(), "curve")
    assert points[0][0], points[-1][0] == VIEW
    assert all(y == pytest.approx(f(x), rel=1e-12) for x, y in points)


@pytest.mark.parametrize("update", range(len(PATH)))
def test_the_tangent_goes_through_the_point_with_the_slope_of_f(update):
    figure, x = drawn().figure(update), PATH[update]
    assert data(figure, "point") == [(x, pytest.approx(f(x)))]
    (x0, y0), (x1, y1) = data(figure, "tangent")[:2]
    assert (y1 - y0) / (x1 - x0) == pytest.approx(slope(x), rel=1e-9)
    assert y0 + slope(x) * (x - x0) == pytest.approx(f(x), rel=1e-9)
    assert x0 < x < x1


@pytest.mark.parametrize("update", range(len(PATH) - 1))
def test_the_arrow_goes_from_the_point_to_the_next_x_and_falls_to_the_curve(update):
    figure, x, following = drawn().figure(update), PATH[update], PATH[update + 1]
    arrow = artists(figure, "step")[update]
    assert arrow.xyann == (x, pytest.approx(f(x)))
    assert arrow.xy == (following, pytest.approx(f(x)))
    assert data(figure, "fall")[:2] == [(following, pytest.approx(f(y))) for y in (x, following)]


def test_steps_to_come_are_not_drawn_and_those_before_are():
    figure = drawn().figure(1)
    assert [arrow.get_visible() for arrow in artists(figure, "step")] == [True, True, *3 * [False]]
    assert data(figure, "past") == [(x, pytest.approx(f(x))) for x in PATH[:2]]


def test_an_arrow_shorter_than_its_head_is_left_out():
    path = [10.0, 9.99, 1.0]
    visible = [arrow.get_visible() for arrow in artists(drawn(path).figure(), "step")]
    assert visible == [False, True]


def test_the_close_up_has_the_same_point_and_is_framed_in_the_main_panel():
    figure = drawn().figure()
    assert data(figure, "point", axes=-1) == data(figure, "point")
    assert figure.axes[-1].get_xlim() == CLOSEUP
    assert {x for x, _ in data(figure, "frame")} == set(CLOSEUP)
    assert len(drawn(closeup=None).figure().axes) == 2  # the panel and the card


def test_the_card_writes_the_numbers_and_the_rule():
    figure = drawn().figure(1)
    words = [text.get_text() for text in figure.axes[1].texts]
    assert {"x₁", "after 1 update", "3.6", "58.28", "25.6"} <= set(words)
    assert "x₂ = 3.6 − 0.1 × 25.6\n= 1.04" in words
    assert "learning rate 0.1" in [text.get_text() for text in drawn().figure().axes[1].texts]
    uphill = drawn([-3.0, -1.6]).figure(0)
    assert "x₁ = −3 − 0.1 × (−14)\n= −1.6" in [text.get_text() for text in uphill.axes[1].texts]
    no_rate = drawn(rate=None).figure(0)
    assert "next: x₁ = 3.6" in [text.get_text() for text in no_rate.axes[1].texts]


def test_axes_are_named():
    main = drawn(x="v", y="J", title="T").figure().axes[0]
    assert (main.get_xlabel(), main.get_ylabel(), main.get_title("left")) == ("v", "J", "T")


@pytest.mark.parametrize("name, theme", [("light", LIGHT), ("dark", DARK)])
def test_colours_mean_what_they_mean_in_graphs(name, theme):
    figure = drawn(theme=name).figure(0)

    def color(gid):
        return to_hex(artists(figure, gid)[0].get_color()).upper()

    assert color("curve") == color("point") == theme.value
    assert color("tangent") == theme.gradient
    arrow = artists(figure, "step")[0].arrow_patch
    assert to_hex(arrow.get_edgecolor()).upper() == theme.local
    assert to_hex(figure.get_facecolor()).upper() == theme.ground


def test_a_target_is_marked_and_a_tangent_leads_there():
    def z(m):
        return (3 + 8 * m) * (5 * m + 2)

    path = [3.0, 3.0 - 259 / 271]
    newton = descent_curve(z, lambda m: 80 * m + 31, path, target=200.0)
    figure = newton.figure()
    assert set(artists(figure, "target")[0].get_ydata()) == {200.0}
    assert data(figure, "tangents")[1] == (path[1], pytest.approx(200.0))


def test_side_by_side_has_a_panel_for_each():
    figure = side_by_side(drawn(title="one"), drawn(title="two")).figure()
    assert [axes.get_title("left") for axes in figure.axes] == ["one", "two"]
    assert data(figure, "point", axes=1) == [(PATH[-1], pytest.approx(f(PATH[-1])))]
    with pytest.raises(ValueError, match="got nothing"):
        side_by_side()


def test_side_by_side_may_have_several_rows():
    figure = side_by_side(*[drawn(title=str(i)) for i in range(5)], columns=2).figure()
    places = [axes.get_position() for axes in figure.axes]
    assert places[1].y0 == places[0].y0 > places[2].y1
    assert places[2].x0 == places[0].x0 == places[4].x0
    with pytest.raises(ValueError, match="got columns=0; expected a whole number above 0"):
        side_by_side(drawn(), columns=0)


@pytest.mark.parametrize(
    "make",
    [
        *(lambda update=update: drawn().figure(update) for update in range(len(PATH))),
        lambda: drawn([12.0, 1e-3, -7.77e-5], rate=0.123).figure(1),
        lambda: side_by_side(drawn(), drawn(title="f", path=[10.0, -2.0])).figure(),
    ],
)
def test_no_word_is_clipped_or_written_over_another(make):
    assert_all_words_can_be_read(make(), least=13)


# -- the film --------------------------------------------------------------------------------------


def test_the_film_visits_every_update_and_slides_in_between():
    film = drawn().moments()
    assert len(film) <= FRAMES
    assert [x for _, x, _ in film if x in PATH] == PATH
    xs = [moment.x for moment in film]
    assert xs == sorted(xs, reverse=True)
    assert len(film) > 2 * len(PATH)


@pytest.mark.parametrize("updates", [0, 1, 2, 37, 38, 39, 40, 41, 80, 1000])
def test_a_film_of_any_path_has_at_most_forty_pictures(updates):
    path = [10.0 * 0.9**i for i in range(updates + 1)]
    film = drawn(path).moments()
    assert len(film) <= FRAMES
    assert (film[0].x, film[-1].x) == (path[0], path[-1])
    updates = [moment.update for moment in film]
    assert updates == sorted(updates)


def test_a_gif_holds_the_film():
    picture = drawn([10.0, 3.6, 1.04])
    with Image.open(io.BytesIO(picture._film())) as gif:
        assert gif.n_frames == len(picture.moments())
        assert gif.size == (720, 420)
        assert gif.info["loop"] == 0
        assert gif.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert '<img alt="f: ' in picture._repr_html_()


# -- saving ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["png", "svg", "gif"])
def test_the_same_picture_twice_is_the_same_file_whatever_the_readers_style(tmp_path, ending):
    path = [10.0, 9.0]
    one = drawn(path).save(tmp_path / f"one.{ending}")
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "red"}):
        two = drawn(path).save(tmp_path / f"two.{ending.upper()}")
    assert Path(one).read_bytes() == Path(two).read_bytes()
    assert matplotlib.rcParams["lines.linewidth"] != 9


def test_an_svg_is_well_formed(tmp_path):
    root = xml.parse(drawn().save(tmp_path / "plot.svg")).getroot()
    assert root.tag.endswith("svg")
    assert {"tangent", "point", "curve"} <= {element.get("id") for element in root.iter()}


def test_another_ending_is_refused_with_those_that_can_be_had(tmp_path):
    with pytest.raises(ValueError, match=r"'\.pdf'; expected one of \.png, \.svg, \.gif"):
        drawn().save(tmp_path / "plot.pdf")
    with pytest.raises(ValueError, match=r"expected one of \.png, \.svg, e\.g"):
        side_by_side(drawn()).save(tmp_path / "plot.gif")
    assert not list(tmp_path.iterdir())


def test_a_failure_leaves_the_older_file(tmp_path):
    file = tmp_path / "plot.png"
    file.write_text("older")
    broken = descent_curve(f, lambda x: 1 / 0, PATH)
    with pytest.raises(ZeroDivisionError):
        broken.save(file)
    assert file.read_text() == "older"


@pytest.mark.parametrize(
    "options, words",
    [
        (dict(path=[]), r"got path=\[\]; expected at least one x"),
        (dict(path=[1.0, float("nan")]), "all of them finite"),
        (dict(theme="blue"), "got theme='blue'; expected 'light' or 'dark'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        drawn(**options)


# -- matplotlib ------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [lambda: drawn(), lambda: side_by_side(None)])
def test_without_matplotlib_the_error_says_what_to_install(monkeypatch, function):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(
        ImportError, match=r'matplotlib.*not installed[\s\S]*pip install "\.\[plot\]"'
    ):
        function()


def test_importing_plots_loads_no_matplotlib_and_drawing_no_pyplot(tmp_path):
    program = (
        "import sys; from visualize.plots import descent_curve\n"
        "heavy = {'matplotlib', 'PIL', 'numpy', 'graphviz'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "descent_curve(lambda x: x * x, lambda x: 2 * x, [1.0, 0.5]).save(sys.argv[1])\n"
        "assert 'matplotlib' in sys.modules and 'matplotlib.pyplot' not in sys.modules\n"
    )
    python = [sys.executable, "-c", program, str(tmp_path / "plot.png")]
    run = subprocess.run(python, capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
