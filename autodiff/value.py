"""`Value`: a number that remembers how it was made.

    >>> from autodiff import Value
    >>> a, b, c = Value(5.0), Value(3.0), Value(2.0)
    >>> J = 3 * (a + b * c)
    >>> J.backward()
    >>> a.grad, b.grad, c.grad
    (3.0, 6.0, 9.0)

The class body lists every operator and method beside the row of the table that it stands for. Code
written for micrograd's `Value` runs with this one: `_prev`, `_op`, `_backward` are there too.
"""

from __future__ import annotations

from . import copying, elementwise, floats, functions
from .graph import CONSTANT, UNSET, Node, altered, apply, modes, note_exit
from .primitive import HandWritten, Primitive
from .sources import here
from .steps import ABSENT
from .sweep import backward
from .wording import a_kind, clipped, shown

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar


_new = object.__new__


def _binary(primitive: Primitive) -> Callable[[Value, Any], Value]:
    """Return the method self ∘ other. It is `apply` written out: every call would cost as much."""
    compute = primitive.on_floats

    def operator(self: Value, other: Any) -> Any:
        if type(other) is Value:
            number = other.data
            if other.primitive is CONSTANT:
                return apply(primitive, self, other)
        elif type(other) is float:
            number = other
        elif type(other) is int:
            try:
                number = other = float(other)
            except OverflowError:
                return _operand(other, primitive.name)  # which says it better
        else:
            number = other = _operand(other, primitive.name)
            if type(other) is not float:
                return other if other is NotImplemented else apply(primitive, self, other)
        if altered or self.primitive is CONSTANT:
            return apply(primitive, self, other)
        node = _new(Value)
        node.data = compute(self.data, number)
        node.grad = UNSET
        node.left = self
        node.right = other
        node.primitive = primitive
        return node

    operator.__qualname__ = f"Value.{primitive.name}"
    return operator


def _reflected(primitive: Primitive) -> Callable[[Value, Any], Value]:
    """Return the method other ∘ self, where other is no Value."""
    compute = primitive.on_floats

    def operator(self: Value, other: Any) -> Any:
        if type(other) is int:
            try:
                other = float(other)
            except OverflowError:
                return _operand(other, primitive.name)  # which says it better
        elif type(other) is not float:
            other = _operand(other, primitive.name)
            if other is NotImplemented:
                return other
        if altered or self.primitive is CONSTANT:
            return apply(primitive, other, self)
        node = _new(Value)
        node.data = compute(other, self.data)
        node.grad = UNSET
        node.left = other
        node.right = self
        node.primitive = primitive
        return node

    operator.__qualname__ = f"Value.{primitive.name}"
    return operator


def _unary(primitive: Primitive) -> Callable[[Value], Value]:
    """Return the method of an operation on self alone."""
    compute = primitive.on_floats

    def method(self: Value) -> Any:
        if altered or self.primitive is CONSTANT:
            return apply(primitive, self)
        node = _new(Value)
        node.data = compute(self.data)
        node.grad = UNSET
        node.left = self
        node.right = ABSENT
        node.primitive = primitive
        return node

    method.__doc__ = getattr(functions, primitive.name).__doc__
    return method


def _operand(x: Any, role: str) -> Any:
    """Return x as a Value or a float; NotImplemented if it may know better what to do with us."""
    if isinstance(x, Value):
        return x
    if isinstance(x, (str, bytes, complex, list, tuple, dict, set, type(None))):
        raise TypeError(f"{role} got {shown(x)}; expected a Value or a real number")
    if isinstance(x, Node):
        raise TypeError(
            f"{role} got a Value and {a_kind(x)}; a graph is of one kind: use float(value)"
            f" as a constant, or make all of it {type(x).__name__}s"
        )
    if altered and modes.trace is not None and _has_axes(x):
        modes.trace.meet_array()
    if _has_axes(x) or not hasattr(x, "__float__"):
        return NotImplemented  # an ndarray adds us to each of its elements
    try:
        return float(x)
    except OverflowError:
        raise OverflowError(
            f"{role} got a whole number beyond 1.8e308, the largest float; use float('inf')"
        ) from None


class Value(Node):
    """A real number in a computation graph.

    `data` is the number (IEEE 754 double), `grad` the derivative of the last root with respect to
    it: 0.0 until a backward reaches it. `label` names it in pictures. `_children` and `_op` are for
    hand-made nodes, as in micrograd's lecture; microgpt's local derivatives may stand for `_op`.

    `<` and its kin compare numbers; `==` and hash are identity, so that Values can be keys.

    Raises TypeError for anything but a real number.
    """

    __slots__ = ()

    vocabulary: ClassVar[Any] = floats

    def __init__(
        self, data: Any, _children: tuple[Value, ...] = (), _op: Any = "", label: str = ""
    ) -> None:
        if type(data) is not float:
            data = _number(data)
        self.data = data
        self.grad = UNSET
        self.left = self.right = ABSENT
        self.primitive = None
        if label:
            self.label = label
        if altered and modes.sources:
            self._source = here()
        if _children:
            self._make_by_hand(_children, _op)

    def _make_by_hand(self, children: tuple[Value, ...], op: Any) -> None:
        inputs = tuple(children)
        if not all(isinstance(child, Value) for child in inputs):
            raise TypeError(
                f"Value() got {clipped(children)} as its second argument, the children of a node"
                " made by hand; expected a tuple of Values. Give a name as Value(2.0, label='a')"
            )
        self.inputs = inputs
        if not isinstance(op, tuple):
            self.primitive = HandWritten(op or "made by hand")
            return
        if len(op) != len(inputs):
            raise TypeError(
                f"Value() got {len(inputs)} children and {len(op)} local derivatives; expected one"
                " for each child"
            )

        def step(node: Value) -> None:
            for child, local in zip(inputs, op):
                child.grad += local * node.grad

        self.primitive = HandWritten("made by hand", step)

    @staticmethod
    def record(data: Any, inputs: tuple[Any, ...], primitive: Primitive | None) -> Value:
        node = _new(Value)
        node.data = data
        node.grad = UNSET
        node.inputs = inputs
        node.primitive = primitive
        if altered and modes.sources:
            node._source = here()
        return node

    @staticmethod
    def operand(x: Any, role: str) -> Any:
        result = _operand(x, role)
        if result is NotImplemented:
            raise TypeError(f"{role}() got {shown(x)}; expected a Value or a real number")
        return result

    def backward(self, gradient: float = 1.0, *, create_graph: bool = False) -> None:
        """Set `.grad` of every Value that this one was made from to ∂self/∂it, by the chain rule.

        Leaves accumulate over calls until their `zero_grad()`; interior gradients are computed
        afresh. With `create_graph` the gradients are Values, which can be differentiated again.
        `gradient`, if given, multiplies them all: the derivative of something further on.
        Raises RuntimeError if no input needs a gradient.
        """
        if type(self.data) is not float and not isinstance(self.data, (float, int)):
            raise TypeError(
                f"backward() got a value whose .data is {clipped(self.data)}; expected a float:"
                " where .data is assigned, assign numbers, as in x.data -= 0.1 * float(x.grad)"
            )
        if type(gradient) is not float:
            gradient = _seed(gradient)
        backward(self, gradient, create_graph)

    def zero_grad(self) -> None:
        """Forget the gradient of this Value."""
        self.grad = UNSET

    def detach(self) -> Value:
        """Return a constant of the same value and label: no gradient flows through it."""
        if altered and modes.sources:
            note_exit(self)
        constant = Value.record(self.data, (), CONSTANT)
        constant.label = self.label
        return constant

    # operators

    __add__ = _binary(elementwise.add)
    __radd__ = _reflected(elementwise.add)
    __sub__ = _binary(elementwise.subtract)
    __rsub__ = _reflected(elementwise.subtract)
    __mul__ = _binary(elementwise.multiply)
    __rmul__ = _reflected(elementwise.multiply)
    __truediv__ = _binary(elementwise.divide)
    __rtruediv__ = _reflected(elementwise.divide)
    __pow__ = _binary(elementwise.power)
    __rpow__ = _reflected(elementwise.power)
    __mod__ = _binary(elementwise.remainder)
    __rmod__ = _reflected(elementwise.remainder)

    __floordiv__ = _binary(elementwise.floor_divide)
    __rfloordiv__ = _reflected(elementwise.floor_divide)

    def __xor__(self, other: Any) -> Value:
        raise TypeError(f"Value ^ {clipped(other)}: ^ is no power in Python; write ** instead")

    __rxor__ = __xor__

    __neg__ = _unary(elementwise.negative)
    __abs__ = _unary(elementwise.abs)

    def __pos__(self) -> Value:
        return self

    # every row of the table as a method, under NumPy's name: so np.tanh(array_of_values) works too

    add, subtract, multiply = functions.add, functions.subtract, functions.multiply
    divide, power, floor_divide = functions.divide, functions.power, functions.floor_divide
    fmod, remainder = functions.fmod, functions.remainder
    negative = _unary(elementwise.negative)
    reciprocal = _unary(elementwise.reciprocal)
    square = _unary(elementwise.square)
    sqrt = _unary(elementwise.sqrt)
    cbrt = _unary(elementwise.cbrt)
    exp = _unary(elementwise.exp)
    exp2 = _unary(elementwise.exp2)
    expm1 = _unary(elementwise.expm1)
    log = _unary(elementwise.log)
    log1p = _unary(elementwise.log1p)
    log2 = _unary(elementwise.log2)
    log10 = _unary(elementwise.log10)
    logaddexp, xlogy = functions.logaddexp, functions.xlogy
    sin = _unary(elementwise.sin)
    cos = _unary(elementwise.cos)
    tan = _unary(elementwise.tan)
    arcsin = _unary(elementwise.arcsin)
    arccos = _unary(elementwise.arccos)
    arctan = _unary(elementwise.arctan)
    sinh = _unary(elementwise.sinh)
    cosh = _unary(elementwise.cosh)
    tanh = _unary(elementwise.tanh)
    arcsinh = _unary(elementwise.arcsinh)
    arccosh = _unary(elementwise.arccosh)
    arctanh = _unary(elementwise.arctanh)
    arctan2, hypot = functions.arctan2, functions.hypot
    sinc = _unary(elementwise.sinc)
    erf = _unary(elementwise.erf)
    erfc = _unary(elementwise.erfc)
    sigmoid = _unary(elementwise.sigmoid)
    log_sigmoid = _unary(elementwise.log_sigmoid)
    softplus = _unary(elementwise.softplus)
    silu = _unary(elementwise.silu)
    gelu = _unary(elementwise.gelu)
    softsign = _unary(elementwise.softsign)
    relu = _unary(elementwise.relu)
    leaky_relu, elu = functions.leaky_relu, functions.elu
    selu = _unary(elementwise.selu)
    abs = _unary(elementwise.abs)
    sign = _unary(elementwise.sign)
    floor = _unary(elementwise.floor)
    ceil = _unary(elementwise.ceil)
    maximum, minimum, clip = functions.maximum, functions.minimum, functions.clip

    def where(self, condition: Any, other: Any) -> Value:
        """Return self where the condition holds, else other."""
        result: Value = functions.where(condition, self, other)
        return result

    # numbers

    def __lt__(self, other: Any) -> bool:
        if altered and modes.trace:
            return modes.trace.compare("less", self, other)
        return self.data < (other.data if isinstance(other, Value) else other)

    def __le__(self, other: Any) -> bool:
        if altered and modes.trace:
            return modes.trace.compare("less_equal", self, other)
        return self.data <= (other.data if isinstance(other, Value) else other)

    def __gt__(self, other: Any) -> bool:
        if altered and modes.trace:
            return modes.trace.compare("greater", self, other)
        return self.data > (other.data if isinstance(other, Value) else other)

    def __ge__(self, other: Any) -> bool:
        if altered and modes.trace:
            return modes.trace.compare("greater_equal", self, other)
        return self.data >= (other.data if isinstance(other, Value) else other)

    def item(self) -> float:
        """Return the number."""
        return float(self)

    def __float__(self) -> float:
        if modes.rule:
            raise TypeError(
                f"float() of a Value, as math's functions take it, inside the vjp of {modes.rule!r}"
                " while that is differentiated itself: its derivative would be lost; write the vjp"
                " with operators and the functions of autodiff"
            )
        if altered:
            if modes.trace:
                modes.trace.refuse("float(), as math's functions take it,")
            if modes.sources:
                note_exit(self)
        return float(self.data)

    def __int__(self) -> int:
        return int(float(self))

    def __round__(self, digits: int | None = None) -> float:
        return round(float(self), digits)

    def __format__(self, specification: str) -> str:
        return format(self.data, specification) if specification else repr(self)

    def __repr__(self) -> str:
        grad = self.grad.data if isinstance(self.grad, Value) else self.grad
        return f"Value(data={self.data}, grad={grad})"

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Let NumPy's functions take Values: np.exp(v), np.float64(2) * v, array + v."""
        function = getattr(functions, _UFUNC_NAMES.get(ufunc.__name__, ufunc.__name__), None)
        if method != "__call__" or options:
            return NotImplemented
        if ufunc.__name__ in ("equal", "not_equal") and not any(map(_has_axes, inputs)):
            return ufunc.__name__ == "not_equal"  # == is identity, and NumPy's number is not us
        if function is not None and not any(map(_has_axes, inputs)):
            return function(*inputs)
        if altered and modes.trace is not None:
            modes.trace.meet_array()
        return ufunc(*(_boxed(x) if isinstance(x, Value) else x for x in inputs))

    # copies, without recursion: a graph may be a million nodes deep

    def __reduce__(self) -> tuple[Any, ...]:
        return copying.reduced(self)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        copying.restore_gradients(self, state)

    def __copy__(self) -> Value:
        copy: Value = copying.copied(self)
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        copy: Value = copying.deep_copied(self, memo)
        return copy

    # micrograd's names

    @property
    def _prev(self) -> set[Node]:
        return set(self.parents)

    @property
    def _children(self) -> tuple[Node, ...]:
        return self.parents

    @property
    def _op(self) -> str:
        if self.primitive is None or self.primitive is CONSTANT:
            return ""
        if self.primitive is elementwise.power and type(self.inputs[1]) is float:
            return f"**{self.inputs[1]:g}"
        return _MICROGRAD_NAMES.get(self.primitive.name, self.primitive.name)

    @property
    def _backward(self) -> Callable[[], None]:
        """The chain rule for this node alone: called, it adds to the gradients of its inputs."""
        if self.primitive is None:
            return lambda: None
        step = self.primitive.step
        return lambda: step(self)

    @_backward.setter
    def _backward(self, function: Callable[[], None]) -> None:
        self.primitive = HandWritten(self._op, lambda node: function())


_MICROGRAD_NAMES = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "relu": "ReLU",
}  # fmt: skip

# the ufuncs that NumPy calls by another name than their function
_UFUNC_NAMES = {"absolute": "abs", "fabs": "abs", "true_divide": "divide", "mod": "remainder"}


def _number(data: Any, role: str = "Value()") -> float:
    if isinstance(data, Node):
        raise TypeError(
            f"{role} got {data!r}; expected a number: it is a node already, and .detach() makes"
            " a constant of it"
        )
    if _has_axes(data) or not hasattr(data, "__float__"):
        raise TypeError(
            f"{role} got {shown(data)}; expected one real number, e.g."
            f" {role.replace('()', '(2.0)')}"
        )
    number: float = _operand(data, role)
    return number


def _seed(gradient: Any) -> float:
    if type(gradient) is bool:
        raise TypeError(
            f"backward() got {gradient} as the gradient to start from; expected a number, or"
            f" create_graph={gradient} by its name"
        )
    return 1.0 if gradient is None else _number(gradient, "backward()")


def _has_axes(x: Any) -> bool:
    return bool(getattr(x, "ndim", 0))


def _boxed(value: Value) -> Any:
    """Return the Value in an ndarray of no dimensions, which broadcasts against any other."""
    import numpy as np

    box = np.empty((), dtype=object)
    box[()] = value
    return box
