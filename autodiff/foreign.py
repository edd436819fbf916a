"""Arrays of other libraries: PyTorch's, JAX's, and whatever shows its numbers as they do.

    >>> import torch
    >>> Tensor(torch.ones(3))
    Tensor([1., 1., 1.], dtype=float32)

NumPy reads them by the array interface (`__array__`, `__array_interface__`) or by DLPack. Nothing
of another library is imported here. What would be lost on the way is refused: a gradient that the
other library would want back, numbers on a GPU, and types such as bfloat16 that NumPy has not.
"""

from __future__ import annotations

from .wording import clipped

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from typing import Any

_INTERFACES = ("__array__", "__array_interface__", "__dlpack__")
_REACHABLE = (1, 3)  # DLPack's numbers of devices whose memory a CPU reads: its own, and pinned


def is_foreign(x: Any) -> bool:
    """Whether it is an array of another library, neither NumPy's nor a node nor a mere class."""
    if isinstance(x, type) or type(x).__module__.partition(".")[0] in ("numpy", __package__):
        return False
    return any(hasattr(x, name) for name in _INTERFACES)


def as_ndarray(x: Any, role: str) -> Any:
    """Return its numbers as an ndarray, in the same memory where the other library shares it.

    Raises TypeError, which begins with the role, for what NumPy cannot have.
    """
    import numpy as np

    if getattr(x, "requires_grad", False) is True:
        raise TypeError(
            f"{role} got {_shown(x)} with requires_grad=True; expected numbers alone, as its own"
            " graph would not get their gradient: write x.detach()"
        )
    try:
        device = int(x.__dlpack_device__()[0]) if hasattr(x, "__dlpack_device__") else 1
        if device in _REACHABLE:
            known = any(hasattr(x, name) for name in _INTERFACES[:2])
            array = np.asarray(x) if known else np.from_dlpack(x)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise TypeError(
            f"{role} got {_shown(x)}, {_dtype(x)}which NumPy cannot read ({reason}); expected real"
            " numbers in the CPU's memory: convert it first, as to float32"
        ) from error
    if device not in _REACHABLE:
        raise TypeError(
            f"{role} got {_shown(x)}, on a GPU or another device; expected numbers in the CPU's"
            " memory: write x.cpu() in PyTorch, jax.device_get(x) in JAX"
        )
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{role} got {_shown(x)}, of dtype {array.dtype}; expected real numbers of a type that"
            " NumPy has: convert it first, as to float32"
        )
    return array


def _shown(x: Any) -> str:
    """Return the repr, clipped, and the library: PyTorch's Tensor is not ours."""
    return f"{clipped(x)}, a {type(x).__module__.partition('.')[0]}.{type(x).__name__}"


def _dtype(x: Any) -> str:
    return f"of {x.dtype}, " if hasattr(x, "dtype") else ""
