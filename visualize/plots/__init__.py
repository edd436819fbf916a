"""Plots: what is computed and how it is learnt, in the colours of the graphs.

    from visualize import plots

    plots.history(h).save("history.png")                    # or .svg
    plots.descent_surface(f, path).save("descent.gif")      # a film, where something moves

| plot | of |
| --- | --- |
| `descent_curve`, `side_by_side`, `learning_rates` | a descent on a curve: point, tangent, step |
| `descent_surface`, `descent_contours` | a descent on a surface, and on its map |
| `history` | learning curves, of one run or several |
| `lines` | any other numbers, each line with its name |
| `regression` | a line and the points it is fitted to, as it swings into place |
| `boundary` | where a classifier draws its line, as it forms |
| `activations` | functions and their slopes |
| `histograms` | activations and gradients, layer by layer |
| `images`, `weights` | sheets of digits; weights as pictures |
| `confusion` | what is taken for what |

A plot shows itself in a notebook, `.save` writes it by the file's ending, `.figure()` is
matplotlib's Figure of it, to go on with. All have `theme="light"` or `"dark"`. Inputs may be lists,
ndarrays, Values or Tensors; nothing is changed by looking. matplotlib (`pip install ".[plot]"`) is
loaded by the first plot, and not by this package.
"""

from .boundaries import boundary
from .confusions import confusion
from .curve import Descent, descent_curve, side_by_side
from .histories import history
from .lines import lines
from .plot import FRAMES, Film, Plot
from .rates import learning_rates
from .regressions import regression
from .sheets import images, weights
from .slopes import activations
from .spreads import histograms
from .surfaces import descent_contours, descent_surface

__all__ = [
    "Descent",
    "FRAMES",
    "Film",
    "Plot",
    "activations",
    "boundary",
    "confusion",
    "descent_contours",
    "descent_curve",
    "descent_surface",
    "histograms",
    "history",
    "images",
    "learning_rates",
    "lines",
    "regression",
    "side_by_side",
    "weights",
]
