"""Numbers and arrays in the words of `why`.

shown(-3.0), bad([[1.0, nan]]), places(x, lambda y: y == 0.0)
# "−3", "nan at [0, 1] of 2 numbers", "[0, 0], [2, 1] of 6 numbers"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autodiff.provenance import Index, numbers_of


def zero(x: Any) -> bool:
    """Return whether a number, or all of an array, is 0."""
    numbers = numbers_of(x)
    return not numbers.any() if hasattr(numbers, "shape") else numbers == 0.0


def there(x: Any, index: Index | None) -> Any:
    """Return the number of an array at an index; the array itself without one."""
    return x if index is None or not getattr(x, "shape", ()) else float(x[index])


def places(x: Any, which: Callable[[Any], Any]) -> str:
    """Return the indices of an array where something holds, the first few of them."""
    numbers = numbers_of(x)
    if not hasattr(numbers, "shape"):
        return ""
    import numpy as np

    found = np.argwhere(which(numbers))
    if not len(found):
        return ""
    listed = ", ".join(f"[{', '.join(map(str, index))}]" for index in found[:4])
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    return f"{listed}{more} of {numbers.size} numbers"


def bad(x: Any) -> str:
    """Return nan, inf or −inf, and of an array where."""
    numbers = numbers_of(x)
    if hasattr(numbers, "shape"):
        import numpy as np

        first = numbers[~np.isfinite(numbers)].flat[0]
        return f"{shown(first)} at {places(x, lambda y: ~np.isfinite(y))}"
    return shown(numbers)


def in_words(x: Any) -> str:
    """Return the number 3, or an array of shape (3, 2)."""
    return shown(x) if hasattr(numbers_of(x), "shape") else f"the number {shown(x)}"


def shown(x: Any) -> str:
    """Return a number of six digits, of an array its shape."""
    numbers = numbers_of(x)
    if hasattr(numbers, "shape"):
        return f"an array of shape {numbers.shape}"
    return f"{numbers:.6g}".replace("-", "−")
