"""Pictures of computation graphs: every value, gradient and local derivative, by name.

    from autodiff import Value
    from visualize import draw

    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    J = 3 * (a + b * c)
    J.backward()
    draw(J).save("J.svg")

`draw` shows a whole graph, `focus` and `path` a part of one, `summary` and `levels` what there is
in one of any size, `explain` how one gradient comes about, `why` why it is zero or nan, `diff`
where two graphs part, `explore` a page to step through; README.md has a picture of each.

`style` holds colours and numbers, `names` finds names and `networks` neurons, `reading` says what
there is to say of a graph, `planning` what of it is drawn, `cards`, `neurons`, `wires`, `beads`,
`folded` and `tensors` turn that into text, `layout` asks an engine, `render` makes files.
Importing this package loads neither graphviz nor matplotlib: the first picture does.
"""

from .comparison import Comparison, diff
from .diagnosis import Diagnosis, why
from .drawing import draw, draw_dot, trace
from .engine import RenderError, engines
from .excerpts import focus, path
from .explanation import Explanation, explain
from .film import Film
from .limits import TooLarge
from .page import Page, explore
from .strips import Levels, levels
from .summaries import Summary, summary

__all__ = [
    "Comparison",
    "Diagnosis",
    "Explanation",
    "Film",
    "Levels",
    "Page",
    "RenderError",
    "Summary",
    "TooLarge",
    "diff",
    "draw",
    "draw_dot",
    "engines",
    "explain",
    "explore",
    "focus",
    "levels",
    "path",
    "summary",
    "trace",
    "why",
]
