"""The same descent at several learning rates: one crawls, one is right, one flies off.

    learning_rates(lambda x: x**2, 1.0, [0.02, 0.4, 0.9, 1.05]).save("rates.png")

The slopes come from the engine's own `grad`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain, takewhile
from typing import TYPE_CHECKING, Any

from autodiff.transforms import value_and_grad

from .curve import descent_curve, side_by_side
from .panels import number, subscript
from .plot import theme_of

if TYPE_CHECKING:
    from .plot import Plot


def learning_rates(
    f: Callable[[Any], Any],
    start: float,
    rates: Sequence[float],
    *,
    updates: int = 20,
    view: tuple[float, float] | None = None,
    columns: int = 3,
    x: str = "x",
    y: str = "f(x)",
    theme: str = "light",
) -> Plot:
    """Draw the descent on f from `start` by x ← x - rate · f′(x), in a panel for each rate.

    f takes and returns a Value. Above a panel stands how high its descent ends after so many
    updates. `view` is the part of the x axis to draw; a path that leaves it far behind is cut off.
    `columns` is the number of panels in a row.

    Raises ValueError without a rate, and for numbers that are not finite.
    """
    theme_of("learning_rates", theme)
    steps = [float(rate) for rate in rates]
    if not steps or not all(map(math.isfinite, [*steps, start])):
        raise ValueError(
            f"learning_rates() got start={start!r} and rates={rates!r}; expected a finite start,"
            " and at least one rate, all of them finite"
        )
    if type(updates) is not int or updates < 1:
        raise ValueError(
            f"learning_rates() got updates={updates!r}; expected a whole number above 0"
        )
    both = value_and_grad(f)  # of Values, whose arithmetic never overflows

    def height(at: float) -> float:
        return float(both(at)[0])

    def slope(at: float) -> float:
        return float(both(at)[1])

    paths = [_path(slope, float(start), rate, updates) for rate in steps]
    if view is None:
        lowest = min(chain(*paths), key=height)
        reach = 1.4 * (abs(start - lowest) or 1.0)
        view = lowest - reach, lowest + reach
    near = 2.0 * (view[1] - view[0])
    descents = []
    for rate, path in zip(steps, paths):
        end = y.replace(f"({x})", f"({subscript(x, len(path) - 1)})")
        title = f"rate {number(rate)}:  {end} = {number(height(path[-1]))}"
        seen = list(takewhile(lambda at: view[0] - near <= at <= view[1] + near, path)) or path[:1]
        look: dict[str, Any] = dict(rate=rate, x=x, y=y, title=title, view=view, theme=theme)
        descents.append(descent_curve(height, slope, seen, **look))
    return side_by_side(*descents, columns=columns)


def _path(slope: Callable[[float], float], start: float, rate: float, updates: int) -> list[float]:
    """Return all x, until one is no finite number any more."""
    path = [start]
    for _ in range(updates):
        following = path[-1] - rate * slope(path[-1])
        if not math.isfinite(following):
            break
        path.append(following)
    return path
