"""A function of scalars, printed as straight-line Python and run as that; of Tensors, as NumPy.

    >>> from autodiff import compile
    >>> @compile
    ... def J(a, b, c):
    ...     u = b * c
    ...     v = a + u
    ...     return 3 * v
    >>> J.value_and_grad(5.0, 3.0, 2.0)
    (33.0, (3.0, 6.0, 9.0))

`tracing` records, `programs` prints, `compiled` runs it on numbers and `columns` on arrays. Of
Tensors `following` records, `recorder` writes lines, `buffers` gives them memory, and `tensors`
prints and runs them.
"""

from .compiled import Compiled
from .compiled import compile_ as compile

__all__ = ["Compiled", "compile"]
