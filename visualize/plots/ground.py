"""The ground of a descent: the heights of f over a grid, and the levels of the rings on its map.

ground = Ground(f, {"": path}, view=((-10.0, 10.0), (-10.0, 10.0)))
ground.heights[0, 0]        # f at the lower left
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from autodiff.wording import shown

from .reading import numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

View = tuple[tuple[float, float], tuple[float, float]]

GRID = 80  # points each way
RINGS = 14


def path_of(function: str, path: Any) -> NDArray[Any]:
    """Return a path as an array of shape (n, 2); raise ValueError for what is none."""
    import numpy as np

    points = numbers(function, "path", path)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not np.isfinite(points).all():
        raise ValueError(
            f"{function}() got path={shown(path)}; expected a list of points (x, y), at least one"
            " and all of them finite"
        )
    return points


class Ground:
    """The heights of f over a grid, and the rings between them."""

    def __init__(
        self, f: Callable[[float, float], Any], paths: Mapping[str, Any], view: View | None
    ) -> None:
        import numpy as np

        self.f = f
        if view is None:
            # the valley lies on both sides of where a path ends
            points = np.concatenate(list(paths.values()))
            ends = np.array([path[-1] for path in paths.values()])
            reach = abs(points[:, None] - ends[None]).max((0, 1)) * 1.15
            reach = np.where(reach > 0.0, reach, reach.max() or 1.0)
            middle = ends.mean(0)
            view = tuple(zip((middle - reach).tolist(), (middle + reach).tolist()))  # type: ignore[assignment]
        assert view is not None
        if not all(start < end for start, end in view):
            raise ValueError(
                f"got view={view}; expected ((left, right), (bottom, top)), both growing"
            )
        self.xs, self.ys = (np.linspace(*ends, GRID) for ends in view)
        self.heights = np.array(
            [[float(f(a, b)) for a in self.xs.tolist()] for b in self.ys.tolist()]
        )
        if not np.isfinite(self.heights).all():
            raise ValueError(
                f"f is nan or infinite somewhere in the view {view}; expected finite heights: pass"
                " another view="
            )
        low, high = float(self.heights.min()), float(self.heights.max())
        self.levels = [low + (high - low or 1.0) * (i / RINGS) ** 2 for i in range(RINGS + 1)]

    def height(self, points: NDArray[Any]) -> list[float]:
        """Return the height of each point."""
        return [float(self.f(x, y)) for x, y in points.tolist()]
