"""Numbers, magnitudes, and a palette that everybody can read."""

from __future__ import annotations

import itertools
import math

import pytest

from visualize import style
from visualize.style import DARK, LIGHT, THEMES

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    "x, text",
    [
        (33.0, "33"), (5, "5"), (-0.7, "-0.7"), (0.30288114, "0.3029"), (1 / 3, "0.3333"),
        (1234.56, "1235"), (12345.6, "12346"), (99999.4, "99999"), (99999.6, "1e5"),
        (123456.0, "1.235e5"), (1e-3, "0.001"), (0.00099996, "0.001"), (0.000123456, "1.235e-4"),
        (1.23e-5, "1.23e-5"), (-1e-300, "-1e-300"), (5e-324, "4.941e-324"), (1e308, "1e308"),
        (0.0, "0"), (-0.0, "0"), (NAN, "nan"), (INF, "inf"), (-INF, "-inf"), (9999.5, "10000"),
    ],
)  # fmt: skip
def test_a_number_has_four_digits_and_no_more_characters_than_it_needs(x, text):
    assert style.number(x) == text
    assert style.number(x).isascii()


def test_a_number_is_off_by_half_its_last_digit_at_most():
    for exponent in range(-12, 12):
        for mantissa in (1.0, 1.23456, 2.71828, 9.9994, 9.99951):
            x = mantissa * 10.0**exponent
            assert math.isclose(float(style.number(x)), x, rel_tol=0.5001e-3)


def test_exact_numbers_lose_nothing():
    for x in (0.1, 1 / 3, 1e-320, 1e22, -2.5, 33.0, INF):
        assert float(style.exact(x)) == x
    assert style.exact(33.0) == "33"
    assert style.exact(NAN) == "nan"


def test_a_negative_number_is_put_in_brackets():
    assert style.bracketed("-0.7") == "(-0.7)"
    assert style.bracketed("0.7") == "0.7"


def test_strength_goes_over_three_decades_below_the_largest():
    found = [style.strength(x, 9.0) for x in (9.0, -9.0, 0.9, 0.09, 0.009, 1e-9, 0.0, None)]
    assert found == pytest.approx([1.0, 1.0, 2 / 3, 1 / 3, 0.0, 0.0, 0.0, 0.0])
    assert style.strength(INF, 9.0) == style.strength(NAN, 0.0) == 1.0
    assert style.strength(5e-324, 1e308) == 0.0


def test_the_largest_is_a_finite_magnitude():
    assert style.largest([1.0, -3.0, None, NAN, INF]) == 3.0
    assert style.largest([]) == 0.0


def test_tints_and_edges_go_from_faint_to_strong():
    for theme in (LIGHT, DARK):
        assert theme.tint(0.0) == theme.faintest_pill
        assert theme.tint(1.0) == theme.strongest_pill
        assert theme.edge_color(0.0) == theme.edge
        assert theme.edge_color(1.0) == theme.gradient
    assert style.width(0.0) == style.THINNEST
    assert style.width(1.0) == style.THICKEST


# -- the palette -----------------------------------------------------------------------------------


def sumprod(a, b) -> float:
    return sum(x * y for x, y in zip(a, b))


def linear(color: str) -> list[float]:
    """Return linear light of #RRGGBB (IEC 61966-2-1)."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def luminance(color: str) -> float:
    return sumprod((0.2126, 0.7152, 0.0722), linear(color))


def contrast(a: str, b: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


def texts_on_grounds(theme):
    """Yield every pair of text and ground that a picture can have."""
    tints = [theme.tint(i / 8) for i in range(9)]
    yield from itertools.product([theme.value], [theme.card, theme.value_pill, theme.warning_pill])
    yield from itertools.product([theme.gradient], [theme.card, theme.warning_pill, *tints])
    yield from itertools.product([theme.local], [theme.ground, theme.local_pill])
    yield from itertools.product([theme.muted, theme.value, theme.gradient], [theme.ground])
    yield from itertools.product([theme.warning], [theme.ground, theme.warning_pill])
    yield theme.muted, theme.card
    for kind in theme.kinds.values():
        yield from itertools.product([kind.ink, theme.muted], [kind.ground])


@pytest.mark.parametrize("name", THEMES)
def test_every_text_can_be_read_on_its_ground(name):
    for text, ground in texts_on_grounds(THEMES[name]):
        assert contrast(text, ground) >= 4.5, (text, ground)


# Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision
# Deficiency, IEEE TVCG 15(6), 2009: the matrices of severity 1 on linear RGB.
BLINDNESS = {
    "none": [(1, 0, 0), (0, 1, 0), (0, 0, 1)],
    "protanopia": [
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ],
    "deuteranopia": [
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ],
    "tritanopia": [
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ],
}


def lab(rgb: list[float]) -> tuple[float, float, float]:
    """Return CIE L*a*b* (D65) of linear RGB."""
    matrix = [(0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750),
              (0.0193339, 0.1191920, 0.9503041)]  # fmt: skip
    xyz = (sumprod(row, rgb) for row in matrix)
    ratios = (value / white for value, white in zip(xyz, (0.95047, 1.0, 1.08883)))
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in ratios)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize("theme, least", [(LIGHT, 40), (DARK, 31)], ids=["light", "dark"])
def test_the_three_roles_stay_apart_for_colour_blind_eyes(theme, least, blindness):
    def seen(color: str) -> tuple[float, float, float]:
        channels = (sumprod(row, linear(color)) for row in BLINDNESS[blindness])
        return lab([min(1.0, max(0.0, channel)) for channel in channels])

    roles = [seen(color) for color in (theme.value, theme.gradient, theme.local)]
    for a, b in itertools.combinations(roles, 2):
        assert math.dist(a, b) >= least


def test_every_colour_has_six_digits():
    """An old dot draws #ffd black."""
    for theme in THEMES.values():
        kinds = [color for kind in theme.kinds.values() for color in kind]
        for color in [*theme[:-1], *kinds]:
            assert len(color) == 7
            assert color.startswith("#")
            assert int(color[1:], 16) >= 0
            assert color == color.upper()
