"""Engines to measure against: micrograd if it is installed, and a `Value` as microgpt has it.

    for name, value in engines().items():
        ...

The second is small enough to stand here. It keeps the local derivatives in the node, where
micrograd makes a closure for each operation: about as fast as a plain scalar engine gets.
"""

from __future__ import annotations

import math
from typing import Any

from autodiff import Value


class Plain:
    """A number with its operands and their local derivatives, in the manner of microgpt."""

    __slots__ = ("_children", "_local_grads", "data", "grad")

    def __init__(self, data: float, children: Any = (), local_grads: Any = ()) -> None:
        self.data = data
        self.grad = 0
        self._children = children
        self._local_grads = local_grads

    def __add__(self, other: Any) -> Plain:
        other = other if isinstance(other, Plain) else Plain(other)
        return Plain(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other: Any) -> Plain:
        other = other if isinstance(other, Plain) else Plain(other)
        return Plain(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, power: float) -> Plain:
        return Plain(self.data**power, (self,), (power * self.data ** (power - 1),))

    def log(self) -> Plain:
        return Plain(math.log(self.data), (self,), (1 / self.data,))

    def exp(self) -> Plain:
        return Plain(math.exp(self.data), (self,), (math.exp(self.data),))

    def relu(self) -> Plain:
        return Plain(max(0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self) -> Plain:
        return self * -1

    def __radd__(self, other: float) -> Plain:
        return self + other

    def __sub__(self, other: Any) -> Plain:
        return self + (-other)

    def __rsub__(self, other: float) -> Plain:
        return other + (-self)

    def __rmul__(self, other: float) -> Plain:
        return self * other

    def __truediv__(self, other: Any) -> Plain:
        return self * other**-1

    def __rtruediv__(self, other: float) -> Plain:
        return other * self**-1

    def backward(self) -> None:
        order: list[Plain] = []
        visited = set()

        def visit(value: Plain) -> None:
            if value not in visited:
                visited.add(value)
                for child in value._children:
                    visit(child)
                order.append(value)

        visit(self)
        self.grad = 1
        for value in reversed(order):
            for child, local_grad in zip(value._children, value._local_grads):
                child.grad += local_grad * value.grad


def engines() -> dict[str, Any]:
    """Return the classes to compare by name; micrograd's if it is installed."""
    found: dict[str, Any] = {"autodiff": Value, "microgpt's Value": Plain}
    try:
        from micrograd.engine import Value as Micrograd
    except ImportError:
        print("micrograd is not installed, and left out")
    else:
        found["micrograd"] = Micrograd
    return found
