"""Summaries: what a network is made of, as a table.

    >>> print(Sequential(Linear(784, 50), ReLU(), Linear(50, 10)).summary(input_shape=(784,)))
    name    module           output   shapes                   parameters
    layer1  Linear(784, 50)  (n, 50)  weight 50×784, bias 50       39,250
    layer2  ReLU()           (n, 50)                                    0
    layer3  Linear(50, 10)   (n, 10)  weight 10×50, bias 10           510
            total                                                  39,760

A row is a module that has parameters of its own, or no modules in it. The neurons of a layer share
a row.
"""

from __future__ import annotations

from ..graph import Node, no_grad
from ..wording import legible
from .module import Module

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

_LONGEST = 32  # characters of a module's repr; of a longer one there is the name of its class
_SAMPLES = 2  # in the batch that finds the shapes of outputs


def summary(model: Module, input_shape: int | Sequence[int] | None, dtype: Any) -> str:
    """Return the table of `Module.summary`."""
    modules = [(n, p) for n, p in Module._named_parts(model) if isinstance(p, Module)]
    shape = (input_shape,) if isinstance(input_shape, int) else input_shape
    outputs = {} if shape is None else _outputs(model, modules, tuple(shape), dtype)
    rows = [("name", "module", "output", "shapes", "parameters")]
    met: set[Node] = set()  # a weight that is shared counts once
    inside: set[Module] = set()  # neurons that have been told with their layer
    for name, module in modules:
        neurons = _neurons(module)
        if module in inside or not (neurons or _is_row(module)):
            continue
        inside.update(neurons)
        own = list(_own(module)) + [part for neuron in neurons for part in _own(neuron)]
        count = sum(_size(p) for _, p in own if p not in met)
        met.update(p for _, p in own)
        output = _words(outputs[module]) if module in outputs else ""
        kind = legible(_kind(module))
        rows.append((legible(name or "itself"), kind, output, _shapes(module), f"{count:,}"))
    total = sum(_size(p) for p in model.parameters())
    rows.append(("", "total", "", "", f"{total:,}"))
    shown = [i for i in range(5) if i != 2 or outputs]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "\n".join(
        "  ".join(
            row[i].rjust(widths[i]) if i == 4 else row[i].ljust(widths[i]) for i in shown
        ).rstrip()
        for row in rows
    )


def _is_row(module: Module) -> bool:
    return any(_own(module)) or not any(isinstance(x, Module) for _, x in _parts(module))


def _parts(module: Module) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a module, also those in lists and dicts, by the name of the attribute."""
    waiting = list(reversed(vars(module).items()))
    seen: set[int] = set()
    while waiting:
        key, thing = waiting.pop()
        if isinstance(thing, (list, tuple, dict)):
            if id(thing) not in seen:
                seen.add(id(thing))
                parts = thing.values() if isinstance(thing, dict) else thing
                waiting += reversed([(key, part) for part in parts])
        else:
            yield key, thing


def _own(module: Module) -> Iterator[tuple[str, Any]]:
    met: set[Node] = set()
    for key, part in _parts(module):
        if isinstance(part, Node) and part.is_leaf and part.requires_grad and part not in met:
            met.add(part)
            yield key, part


def _neurons(module: Module) -> list[Module]:
    """Return the neurons of a layer; none of any other module."""
    neurons = vars(module).get("neurons", ())
    if isinstance(neurons, (list, tuple)) and all(isinstance(n, Module) for n in neurons):
        return list(neurons)
    return []


def _kind(module: Module) -> str:
    neurons = _neurons(module)
    if neurons and len({*map(repr, neurons)}) == 1:
        return f"{len(neurons)} × {neurons[0]!r}"
    text = repr(module)
    return text if len(text) <= _LONGEST and "\n" not in text else type(module).__name__


def _shapes(module: Module) -> str:
    """Return the names of a module's own parameters, with their shapes; of a list with its length.

    A single number has the name alone.
    """
    neurons = _neurons(module)
    if neurons:
        each = {_shapes(neuron) for neuron in neurons}
        return f"each {each.pop()}" if len(each) == 1 else ""
    shapes: dict[str, list[str]] = {}
    for key, part in _own(module):
        shapes.setdefault(key, []).append("×".join(map(str, getattr(part, "shape", ()))))
    words = []
    for key, several in shapes.items():
        numbers = isinstance(vars(module)[key], (list, tuple, dict)) and not any(several)
        shape = str(len(several)) if numbers else ", ".join(several)
        words.append(f"{legible(key)} {shape}".rstrip())
    return ", ".join(words)


def _size(parameter: Any) -> int:
    return int(getattr(parameter, "size", 1))


# -- the shapes of outputs -------------------------------------------------------------------------


def _outputs(
    model: Module, modules: list[tuple[str, Module]], shape: tuple[int, ...], dtype: Any
) -> dict[Module, tuple[int, ...]]:
    """Return the shapes of what modules return when the model is called on zeros."""
    import numpy as np

    if any(_neurons(module) for _, module in modules):
        raise TypeError(
            f"summary() got input_shape={shape} for neurons; expected it for layers of Tensors only"
        )
    outputs: dict[Module, tuple[int, ...]] = {}
    training = [module.training for _, module in modules]
    try:
        for _, module in modules:
            vars(module)["forward"] = _watched(module, module.forward, outputs)
        with no_grad():
            model.eval()(np.zeros((_SAMPLES, *shape), dtype))
    finally:
        for (_, module), mode in zip(modules, training):
            vars(module).pop("forward", None)
            module.training = mode
    return outputs


def _watched(module: Module, forward: Any, outputs: dict[Module, tuple[int, ...]]) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        y = forward(*args, **kwargs)
        if hasattr(y, "shape"):
            outputs[module] = tuple(y.shape)
        return y

    return call


def _words(shape: tuple[int, ...]) -> str:
    """Return a shape, with n for the length of the batch."""
    lengths = [str(length) for length in shape]
    if shape and shape[0] == _SAMPLES:
        lengths[0] = "n"
    return f"({', '.join(lengths)}{',' if len(lengths) == 1 else ''})"
