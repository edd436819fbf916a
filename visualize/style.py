"""How pictures look: colours, sizes and the way numbers are written, all in one place.

One meaning per colour, in every picture: blue is a value (forward), orange-brown a gradient
(backward), neutral ink with × a local derivative. Never colour alone: whatever a colour says, a
word, a number or a width says too.

    >>> number(0.30288114)
    '0.3029'
    >>> LIGHT.tint(strength(3.0, largest=9.0))
    '#FFCCA7'

The palette is measured by `tests/visualize/test_style.py`: the contrast of every text on its
ground, and how far apart the three roles stay for colour-blind eyes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

FONT = "Helvetica"  # Arimo and Arial have its metrics, so every engine measures the same widths
SIZE = 11  # points: row names, edges
NAME_SIZE, NOTE_SIZE, NUMBER_SIZE = 14, 10, 12

CARD_WIDTH, NUMBER_WIDTH = 88, 46  # the least, in points, so that cards line up
NAME_LENGTH, FORMULA_LENGTH, ROW_LENGTH = (
    24,
    32,
    18,
)  # in half-width characters; longer ones are cut with …

DECADES = 3.0  # what is a thousand times smaller than the largest is drawn faintest
THINNEST, THICKEST = 0.9, 2.8

NO_GRADIENT = "–"  # before any backward: not the same as 0


class Kind(NamedTuple):
    """The colours of one kind of card: its header's ground and ink, and its border."""

    ground: str
    ink: str
    border: str


class Theme(NamedTuple):
    """The colours of a picture. `kinds` has input, parameter, operation, output and constant."""

    ground: str
    card: str
    muted: str
    edge: str
    value: str
    value_pill: str
    gradient: str
    faintest_pill: str
    strongest_pill: str
    local: str
    local_pill: str
    warning: str
    warning_pill: str
    kinds: dict[str, Kind]

    def tint(self, strength: float) -> str:
        """Return the ground of a gradient: stronger for a larger one."""
        return mix(self.faintest_pill, self.strongest_pill, strength)

    def edge_color(self, strength: float) -> str:
        """Return the colour of an edge: from grey to the gradient's colour."""
        return mix(self.edge, self.gradient, strength)


LIGHT = Theme(
    ground="#FFFFFF",
    card="#FFFFFF",
    muted="#5B6776",
    edge="#A9B4C0",
    value="#0B5FB5",
    value_pill="#E4EEFB",
    gradient="#8F3A00",
    faintest_pill="#FFE3CF",
    strongest_pill="#FFC59B",
    local="#33263D",
    local_pill="#EEEAF2",
    warning="#A3123A",
    warning_pill="#FBE3EA",
    kinds={
        "input": Kind("#E1F1EB", "#00563F", "#57B396"),
        "parameter": Kind("#FBF0DA", "#6B4800", "#D0A24C"),
        "operation": Kind("#E8EFF8", "#003F66", "#8FB0D3"),
        "output": Kind("#E7E3F5", "#3A2D7D", "#9A8CCB"),
        "constant": Kind("#EDF0F3", "#3F4A57", "#A9B4C0"),
    },
)

DARK = Theme(
    ground="#10151C",
    card="#1A222C",
    muted="#9AA8B8",
    edge="#5A6979",
    value="#6BBDF5",
    value_pill="#15344A",
    gradient="#FFA970",
    faintest_pill="#3B2315",
    strongest_pill="#6B3610",
    local="#F1EAF6",
    local_pill="#362F40",
    warning="#FF9DB4",
    warning_pill="#47131F",
    kinds={
        "input": Kind("#14362C", "#8AE3C6", "#2F8A6C"),
        "parameter": Kind("#3B2F12", "#F3D07F", "#8F7026"),
        "operation": Kind("#1B3047", "#A5D2F4", "#3F6C97"),
        "output": Kind("#2C2753", "#C6BCF8", "#6459AB"),
        "constant": Kind("#262F3A", "#C3CDD8", "#5A6979"),
    },
)

# "auto" is light, with a rule in the SVG that turns each colour into its dark counterpart where
# the reader's system asks for it. That needs ground and card told apart, so they differ by a hair.
THEMES = {"auto": LIGHT._replace(card="#FEFEFE"), "dark": DARK, "light": LIGHT}


# -- numbers ---------------------------------------------------------------------------------------


def number(x: float) -> str:
    """Write 4 significant digits: 0.3029, 33, 12346, 1.235e-5; nan and inf in words.

    Whole digits are kept up to 1e5, as 12346 written 12350 would look exact and be wrong. The minus
    is ASCII: engines without the font's width for another would shift the column.
    """
    x = float(x)
    size = abs(x)
    if not math.isfinite(x):
        return str(x)
    if size == 0.0:
        return "0"
    if 9999.5 <= size < 99999.5:
        return f"{x:.0f}"
    if 1e-3 <= float(f"{size:.4g}") < 1e5:
        return f"{x:.4g}"
    mantissa, _, exponent = f"{x:.3e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def exact(x: float) -> str:
    """Write every digit that Python does, for tooltips: 0.1, 33, 1e-320."""
    return repr(float(x)).removesuffix(".0")


def bracketed(text: str) -> str:
    """Put a negative number in brackets: ×(-0.7)."""
    return f"({text})" if text.startswith("-") else text


# -- magnitudes ------------------------------------------------------------------------------------


def largest(numbers: Iterable[float | None]) -> float:
    """Return the largest finite magnitude, 0 if there is none."""
    return max((abs(x) for x in numbers if x is not None and math.isfinite(x)), default=0.0)


def strength(x: float | None, largest: float) -> float:
    """Return how strongly to show x, from 0 to 1: log10(|x| / largest) over three decades."""
    if x is None or x == 0.0:
        return 0.0
    if not math.isfinite(x):
        return 1.0
    return min(1.0, max(0.0, 1.0 + (math.log10(abs(x)) - math.log10(largest)) / DECADES))


def width(strength: float) -> float:
    """Return the width of an edge in points."""
    return THINNEST + (THICKEST - THINNEST) * strength


def mix(start: str, end: str, t: float) -> str:
    """Return the colour at t between two others, from 0 to 1."""
    channels = (
        round(int(start[i : i + 2], 16) * (1.0 - t) + int(end[i : i + 2], 16) * t)
        for i in (1, 3, 5)
    )
    return "#{:02X}{:02X}{:02X}".format(*channels)
