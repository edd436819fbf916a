"""What PyTorch's users type, and what to write here: words for an error message.

>>> hint("unsqueeze")
"a Tensor has no attribute 'unsqueeze': use .expand_dims(axis)"
"""

from __future__ import annotations

_HINTS = {
    "add_": "write a = a + b", "argsort": "use np.argsort(t)", "bmm": "use a @ b",
    "chunk": "use .split(n, axis)", "clamp": "use .clip(low, high)",
    "clone": "use t.detach(), or t * 1.0 within the graph", "contiguous": "it does without",
    "cpu": "it is on the CPU", "cuda": "there is one device, the CPU",
    "device": "there is one device, the CPU", "dim": "use .ndim",
    "double": "use .astype('float64')", "eq": "use a == b",
    "expand": "use .broadcast_to(shape)", "fill_": "write t.data = np.full(t.shape, x)",
    "float": "use .astype('float32')", "gather": "use .take_along_axis(indices, axis)",
    "grad_fn": "use .primitive", "half": "use .astype('float16')",
    "index_select": "use .take(indices, axis)", "int": "use .astype('int64')",
    "is_cuda": "there is one device, the CPU", "long": "use .astype('int64')",
    "masked_fill": "use where(mask, x, t)", "median": "use .sort()", "mm": "use a @ b",
    "mul_": "write a = a * b", "mv": "use a @ b", "narrow": "use t[start:stop]",
    "ndimension": "use .ndim", "nelement": "use .size", "numel": "use .size",
    "permute": "use .transpose(axes)", "pow": "use **", "requires_grad_":
    "write t.requires_grad = True", "rsqrt": "use 1 / t.sqrt()", "scatter": "use .set(index, x)",
    "sub_": "write a = a - b", "t": "use .T", "to": "use .astype(dtype)", "topk": "use .sort()",
    "type": "use .dtype, or .astype(dtype)", "unbind": "write list(t)",
    "unsqueeze": "use .expand_dims(axis)", "view": "use .reshape(...)",
    "view_as": "use .reshape(other.shape)", "zero_": "write t.data = np.zeros(t.shape)",
}  # fmt: skip


def hint(name: str) -> str:
    """Say that a Tensor has no such attribute, and what to use instead if that is known."""
    return f"a Tensor has no attribute {name!r}" + (f": {_HINTS[name]}" if name in _HINTS else "")
