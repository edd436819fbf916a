"""Pictures of computation graphs: every value, gradient and local derivative, by name.

    from autodiff import Value
    from visualize import draw

    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    J = 3 * (a + b * c)
    J.backward()
    draw(J).save("J.svg")

`style` holds colours and numbers, `names` finds names and `networks` neurons, `reading` says what
there is to say of a graph, `cards`, `neurons` and `beads` turn that into text, `layout` asks an
engine, `render` makes files.
Importing this package loads neither graphviz nor matplotlib: the first picture does.
"""

from .drawing import draw, draw_dot, trace
from .engine import RenderError, engines
from .explanation import Explanation, explain

__all__ = ["Explanation", "RenderError", "draw", "draw_dot", "engines", "explain", "trace"]
