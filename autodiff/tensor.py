"""`Tensor`: an array that remembers how it was made.

    >>> from autodiff import Tensor
    >>> w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> loss = (w @ [1.0, -1.0]).tanh().sum()
    >>> loss.backward()
    >>> w.grad
    array([[ 0.41997434, -0.41997434],
           [ 0.41997434, -0.41997434]])

NumPy is underneath, PyTorch's words are on top. The rules are those of `Value`, `elementwise.py`
for numbers, and `structural.py` for sums, shapes, indices and products of matrices.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any, ClassVar

import numpy as np

from . import (
    array_functions,
    arrays,
    copying,
    elementwise,
    foreign,
    functions,
    protocols,
    structural,
)
from .graph import (
    CONSTANT,
    NO_PARAMS,
    Node,
    altered,
    apply,
    modes,
    node_within,
    note_exit,
    topological_order,
)
from .primitive import Primitive
from .sources import here
from .steps import ABSENT, MANY
from .sweep import backward
from .torch_words import hint
from .wording import a_kind, shown

_new = object.__new__
_ndarray, _add = np.ndarray, np.add
_enter, _quietly = arrays.enter, arrays.quietly

# The time, in changes of tensors: an operation is stamped with it, and so is what is changed.
_clock = [0]
_one_at_a_time = Lock()


def _operators(primitive: Primitive) -> tuple[Callable[[Tensor, Any], Tensor], ...]:
    """Return the methods self ∘ other and other ∘ self. They are `apply` written out for speed."""
    word = getattr(arrays, primitive.name)
    ufunc = getattr(word, "__wrapped__", word)

    def operator(self: Tensor, other: Any) -> Any:
        if type(other) is float:
            number, constant = other, self.primitive is CONSTANT
        else:
            if type(other) is not Tensor:
                other = _operand(other, primitive.name, self.array.dtype)
                if other is NotImplemented or type(other) is float:
                    return other if other is NotImplemented else operator(self, other)
            number = other.array
            constant = self.primitive is CONSTANT and other.primitive is CONSTANT
        if altered or constant:
            return apply(primitive, self, other)
        try:
            array = _enter(ufunc, self.array, number)
        except RuntimeError:
            array = _quietly(ufunc, self.array, number)
        node = _new(Tensor)
        node.array = array if type(array) is _ndarray else np.asarray(array)
        node.grad = None
        node.left = self
        node.right = other
        node.primitive = primitive
        node.time = _clock[0]
        return node

    def reflection(self: Tensor, other: Any) -> Any:
        if type(other) is not float:
            other = _operand(other, primitive.name, self.array.dtype)
            if type(other) is Tensor:
                return operator(other, self)
            if other is NotImplemented:
                return other
        if altered or self.primitive is CONSTANT:
            return apply(primitive, other, self)
        try:
            array = _enter(ufunc, other, self.array)
        except RuntimeError:
            array = _quietly(ufunc, other, self.array)
        node = _new(Tensor)
        node.array = array if type(array) is _ndarray else np.asarray(array)
        node.grad = None
        node.left = other
        node.right = self
        node.primitive = primitive
        node.time = _clock[0]
        return node

    for method in (operator, reflection):
        method.__qualname__ = f"Tensor.{primitive.name}"
    return operator, reflection


def _unary(primitive: Primitive) -> Callable[[Tensor], Tensor]:
    """Return the method of an operation on self alone."""
    forward = primitive.forward
    compute = getattr(arrays.raw, primitive.name, None)
    if compute is None:

        def compute(x: Any) -> Any:
            return forward(arrays.raw, x)  # type: ignore[misc]

    def method(self: Tensor) -> Any:
        if altered or self.primitive is CONSTANT:
            return apply(primitive, self)
        try:
            array = _enter(compute, self.array)
        except RuntimeError:
            array = _quietly(compute, self.array)
        node = _new(Tensor)
        node.array = array if type(array) is _ndarray else np.asarray(array)
        node.grad = None
        node.left = self
        node.right = ABSENT
        node.primitive = primitive
        node.time = _clock[0]
        return node

    method.__doc__ = getattr(functions, primitive.name).__doc__
    return method


def _methods(*functions: Callable[..., Any]) -> tuple[Callable[..., Tensor], ...]:
    """Return functions of any arrays as what they are of Tensors."""
    return functions


_FLOAT = np.dtype(float)


def _operand(x: Any, role: str, beside: np.dtype[Any] = _FLOAT) -> Any:
    """Return x as a Tensor or a float; NotImplemented if it may know better what to do with us.

    A Python number takes the type of what it stands beside, as in NumPy 2: 1 is 1.0 beside floats.
    """
    if isinstance(x, Tensor) or type(x) is float:
        return x
    if type(x) is int or type(x) is bool:
        if beside.kind != "f":
            return _constant(np.asarray(x, np.result_type(beside, x)))
        try:
            return float(x)
        except OverflowError:
            raise OverflowError(
                f"{role} got a whole number beyond 1.8e308, the largest float; use float('inf')"
            ) from None
    if isinstance(x, Node):
        raise TypeError(
            f"{role} got a Tensor and {a_kind(x)}; a graph is of one kind: make all of it"
            " Tensors, or use float(value) as a constant"
        )
    if isinstance(x, (np.ndarray, np.generic, list, tuple)):
        return _constant(_numbers(x, role))
    if isinstance(x, (str, bytes, complex, dict, set, type(None))):
        raise TypeError(f"{role} got {shown(x)}; expected a Tensor, an array or a real number")
    if foreign.is_foreign(x):
        return _constant(foreign.as_ndarray(x, role))
    return NotImplemented


def _numbers(x: Any, role: str) -> np.ndarray[Any, Any]:
    """Return x as an ndarray of real numbers, or raise TypeError."""
    if isinstance(x, (list, tuple)) and node_within(x):
        raise TypeError(
            f"{role} got {shown(x)} with nodes in it; expected numbers, as their gradient would"
            " be lost: stack() makes one Tensor of many, and Values stay Values"
        )
    if type(x) is not _ndarray and foreign.is_foreign(x):
        return foreign.as_ndarray(x, role)
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise TypeError(f"{role} got {shown(x)}; expected rows of one length: {error}") from None
    except (BufferError, RuntimeError) as error:  # a list of PyTorch's tensors, which refuse
        raise TypeError(f"{role} got {shown(x)}; expected real numbers: {error}") from None
    if array.dtype.kind not in "biuf":
        hint = (
            ": Values and Tensors do not mix"
            if array.dtype == object and any(isinstance(v, Node) for v in array.flat)
            else ""
        )
        raise TypeError(
            f"{role} got {shown(x)}, of dtype {array.dtype}; expected real numbers{hint}"
        )
    return array


def _constant(array: Any) -> Tensor:
    node: Tensor = Tensor.record(array, (), CONSTANT)
    return node


class Tensor(Node):
    """An array of real numbers in a computation graph.

    `data` is the ndarray (the same dtype as what is given: Python floats become float64), `grad`
    the derivative of the last root with respect to it, an ndarray of the same shape and dtype, None
    before any backward. Only with `requires_grad` is it differentiated; what is made from it then
    is too. `copy=False` shares the memory of an ndarray, and that of another library's array, be it
    PyTorch's, JAX's or whatever has `__array__` or `__dlpack__`, if it may be written to.

    Comparisons give Tensors of bool. `requires_grad` of integers raises TypeError, as does anything
    but real numbers.
    """

    __slots__ = ("array", "params", "time", "use")
    __hash__ = Node.__hash__
    __array_priority__ = 1000

    vocabulary: ClassVar[Any] = arrays
    blank: ClassVar[Any] = None

    array: Any
    time: int  # when its numbers were computed, or changed last

    def __init__(
        self, data: Any, requires_grad: bool = False, copy: bool = True, label: str = ""
    ) -> None:
        if isinstance(data, Node):
            raise TypeError(
                f"Tensor() got {shown(data)}; expected an array: it is a node already, and"
                " .detach() makes a constant of it"
            )
        array = _numbers(data, "Tensor()")
        if requires_grad and array.dtype.kind != "f":
            raise TypeError(_whole(array.dtype))
        # What JAX shares is for reading alone, while the numbers of a Tensor may be changed.
        locked = not array.flags.writeable and foreign.is_foreign(data)
        self.array = array.copy() if copy or locked else array
        self.grad = None
        self.left = self.right = ABSENT
        self.primitive = None if requires_grad else CONSTANT
        self.time = _clock[0]
        self.use = 0
        if label:
            self.label = label
        if altered and modes.sources:
            self._source = here()

    @staticmethod
    def record(data: Any, inputs: tuple[Any, ...], primitive: Primitive | None) -> Tensor:
        node = _new(Tensor)
        node.array = data if type(data) is _ndarray else np.asarray(data)
        node.grad = None
        node.left = node.right = ABSENT
        if len(inputs) > 2:  # the setter of `inputs`, written out
            node.right, node.many = MANY, inputs
        elif len(inputs) == 2:
            node.left, node.right = inputs
        elif inputs:
            node.left = inputs[0]
        node.primitive = primitive
        node.params = NO_PARAMS
        node.time = _clock[0]
        if altered and modes.sources:
            node._source = here()
        return node

    @staticmethod
    def operand(x: Any, role: str) -> Any:
        result = _operand(x, role)
        if result is NotImplemented:
            raise TypeError(
                f"{role}() got {shown(x)}; expected a Tensor, an array or a real number"
            )
        return result

    def __getattr__(self, name: str) -> Any:
        if name == "params":
            return NO_PARAMS
        if name == "use":
            return 0
        if name == "_source":  # most have none, and no hint is wanted
            raise AttributeError(name)
        raise AttributeError(hint(name))

    # the numbers

    @property
    def data(self) -> Any:
        """The ndarray. Assigned to, also by `t.data -= step`, it counts as changed.

        `t.data[index] = x` changes it unnoticed: call `t.touch()` if results are about.
        """
        if altered:
            _asked_outside(self, "x.data")
        return self.array

    @data.setter
    def data(self, new: Any) -> None:
        if not self.is_leaf:
            raise RuntimeError(
                f"{_named(self)} cannot be changed, as its gradient depends on what it is; expected"
                " a leaf for .data = ...: compute anew from changed leaves, or change .detach()"
            )
        array = _numbers(new.array if isinstance(new, Tensor) else new, "assignment to .data")
        if array.shape != self.array.shape:
            raise ValueError(
                f"assignment to .data got the shape {array.shape}; expected {self.array.shape},"
                " that it has"
            )
        if array is not self.array:  # a copy, so that `t.data -= step` changes nobody else's
            own = np.empty_like(self.array)  # its order of memory is its own, too
            own[...] = array
            array = own
        self.touch()
        self.array = array

    @property
    def stale(self) -> bool:
        """Whether an operand was changed after this tensor was computed from it."""
        time = self.time
        return any(type(x) is not float and x.time > time for x in self.inputs)

    @stale.setter
    def stale(self, known: bool) -> None:  # a copy, of which it is known
        self.time = -1 if known else _clock[0]

    def touch(self) -> None:
        """Note that the numbers have changed: a backward through older results then raises."""
        with _one_at_a_time:
            self.time = _clock[0] = _clock[0] + 1

    @property
    def requires_grad(self) -> bool:
        """Whether backward computes a gradient for this tensor. A leaf can be asked for one."""
        return self.primitive is not CONSTANT

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not self.is_leaf:
            raise RuntimeError(
                f"requires_grad of {_named(self)} was to be set; expected a leaf: use .detach()"
            )
        if wanted and self.array.dtype.kind != "f":
            raise TypeError(_whole(self.array.dtype))
        self.primitive = None if wanted else CONSTANT

    def backward(self, gradient: Any = None, *, create_graph: bool = False) -> None:
        """Set `.grad` of every Tensor that this one was made from to ∂self/∂it, by the chain rule.

        A root of more than one number needs `gradient`, of its shape: what multiplies each. Leaves
        accumulate over calls until their `zero_grad()`; interior gradients are computed afresh.
        With `create_graph` the gradients are Tensors, which can be differentiated again.
        Raises RuntimeError if nothing needs a gradient, or if numbers have changed since.
        """
        if altered and modes.trace is not None:
            modes.trace.refuse_gradients("backward()")
        shape = self.array.shape
        if gradient is None:
            if self.array.size != 1:
                raise RuntimeError(
                    f"backward() needs a scalar, got shape {shape}; call .sum() first or pass"
                    " gradient="
                )
            gradient = np.ones(shape, self.array.dtype)
        elif not (isinstance(gradient, Tensor) and create_graph):
            gradient = gradient.array if isinstance(gradient, Tensor) else gradient
            gradient = _numbers(gradient, "backward()").astype(self.array.dtype)
        if gradient.shape != shape:
            raise ValueError(
                f"backward() got a gradient of shape {gradient.shape}; expected {shape}, that of"
                " the tensor"
            )
        if create_graph or altered:  # the general sweep, which does not `receive`
            _refuse_changed(topological_order(self))
        backward(self, gradient, create_graph)

    @staticmethod
    def before_sweep(order: list[Tensor]) -> None:
        """Raise RuntimeError if numbers were changed after they were used, be they constants.

        Where all is as new as the last change of anything, as in a training, there is no need to
        look.
        """
        if min([node.time for node in order]) < _clock[0]:
            _refuse_changed(order)

    @staticmethod
    def receive(node: Tensor, x: Tensor, share: Any, fresh: bool = False) -> None:
        """Add a share of the gradient of node to that of its operand x.

        A fresh one is in memory that nobody else knows of: there the sum may be, too.
        """
        array = x.array
        if share.shape != array.shape:
            share = arrays.unbroadcast(np.asarray(share), array.shape)
        if share.dtype is not array.dtype and share.dtype != array.dtype:
            share = arrays.quietly(share.astype, array.dtype)  # which may be beyond its range
        held = x.grad
        out = share if fresh and type(share) is _ndarray and type(held) is _ndarray else None
        if x.primitive is not None:
            x.grad = share if type(held) is float else _add(held, share, out)
        elif held is None:
            # A leaf's gradient is its own, to be changed in place, and no view of another's.
            owned = share is not node.grad and type(share) is _ndarray and share.base is None
            x.grad = share if owned and share.flags.writeable else np.array(share)
            x.use = 0
        else:
            if held.shape != array.shape:  # assigned by hand
                raise ValueError(
                    f"the .grad of {_named(x)} has the shape {held.shape}; expected the tensor's"
                )
            if x.use == 1:  # a step has used what is held, which is fine if it was zeroed since
                x.use = 2 if np.any(getattr(held, "array", held)) else 0
            # Leaves accumulate so that minibatches add up. (Of no axes NumPy's sum is no ndarray.)
            total = held + share if out is None else _add(held, share, out)
            x.grad = total if array.ndim or type(total) is Tensor else np.asarray(total)

    @staticmethod
    def fitted(share: Any, node: Any) -> Any:
        """Return a share summed over the axes along which the node was broadcast."""
        if isinstance(share, Tensor):
            if share.shape != node.shape:
                share = structural.added_up(functions, share, node.shape)
            return share if share.dtype == node.dtype else share.astype(node.dtype)
        share = np.asarray(share)
        if share.shape != node.shape:
            wide = np.broadcast_shapes(share.shape, node.shape)
            share = arrays.unbroadcast(np.broadcast_to(share, wide), node.shape)
        if share.dtype == node.dtype:
            return share
        return arrays.quietly(share.astype, node.dtype)  # which may be beyond its range

    @staticmethod
    def filled(tangent: Any, node: Any) -> Any:
        """Return the tangent of a node, in its shape and dtype."""
        if isinstance(tangent, Node):
            return functions.broadcast_to(tangent, shape=node.shape)
        return np.asarray(np.broadcast_to(tangent, node.shape), node.dtype)

    def zero_grad(self) -> None:
        """Forget the gradient of this Tensor."""
        self.grad = None

    def detach(self) -> Tensor:
        """Return a constant of the same numbers, copied, and label: no gradient flows through."""
        if altered and modes.trace is not None:
            return modes.trace.computed(detached, self)
        if altered and modes.sources:
            note_exit(self)
        constant = _constant(self.array.copy())
        constant.label = self.label
        return constant

    def numpy(self) -> Any:
        """Return the numbers as a read-only ndarray."""
        if altered:
            _asked_outside(self, "x.numpy()")
        view = self.array.view()
        view.flags.writeable = False
        return view

    def item(self) -> float:
        """Return the one number of a tensor of one."""
        if self.array.size != 1:
            raise ValueError(
                f"a tensor of shape {self.shape} is no single number: add it up with .sum(), index"
                " it, or use .tolist()"
            )
        if altered:
            if modes.trace is not None:
                modes.trace.refuse("a number, as .item() returns it,")
            if modes.sources:
                note_exit(self)
        number: float = self.array.item()
        return number

    def tolist(self) -> Any:
        """Return the numbers as nested lists."""
        if altered:
            if modes.trace is not None:
                modes.trace.refuse("x.tolist()")
            if modes.sources:
                note_exit(self)
        return self.array.tolist()

    shape = property(lambda self: self.array.shape, doc="The lengths of the axes.")
    ndim = property(lambda self: self.array.ndim, doc="The number of axes.")
    size = property(lambda self: self.array.size, doc="The number of numbers.")
    dtype = property(lambda self: self.array.dtype, doc="The type of the numbers.")
    T = property(lambda self: array_functions.transpose(self), doc="All axes reversed.")
    mT = property(
        lambda self: array_functions.swapaxes(self, -1, -2), doc="The last two axes swapped."
    )

    # operators

    __add__, __radd__ = _operators(elementwise.add)
    __sub__, __rsub__ = _operators(elementwise.subtract)
    __mul__, __rmul__ = _operators(elementwise.multiply)
    __truediv__, __rtruediv__ = _operators(elementwise.divide)
    __mod__, __rmod__ = _operators(elementwise.remainder)
    __floordiv__, __rfloordiv__ = _operators(elementwise.floor_divide)
    _power, __rpow__ = _operators(elementwise.power)
    __neg__ = _unary(elementwise.negative)
    __abs__ = _unary(elementwise.abs)

    def __pow__(self, other: Any) -> Tensor:
        exact = type(other) is int or (type(other) is float and self.array.dtype.kind == "f")
        return self.square() if exact and other == 2 else self._power(other)

    def __matmul__(self, other: Any) -> Tensor:
        return array_functions.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return array_functions.matmul(other, self)

    def __pos__(self) -> Tensor:
        return self

    def __getitem__(self, index: Any) -> Tensor:
        return array_functions.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "a Tensor in a graph cannot be changed in part; write t = t.set(index, value), which"
            " returns a changed copy, or t.data[index] = value on a leaf that nothing was computed"
            " from yet"
        )

    def __lt__(self, other: Any) -> Tensor:
        return _compared(np.less, self, other)

    def __le__(self, other: Any) -> Tensor:
        return _compared(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Tensor:
        return _compared(np.greater, self, other)

    def __ge__(self, other: Any) -> Tensor:
        return _compared(np.greater_equal, self, other)

    def __eq__(self, other: Any) -> Any:
        return NotImplemented if _foreign(other) else _compared(np.equal, self, other)

    def __ne__(self, other: Any) -> Any:
        return NotImplemented if _foreign(other) else _compared(np.not_equal, self, other)

    # of bools, as (a > 0) & (a < 1), and of whole numbers

    def __and__(self, other: Any) -> Tensor:
        return _compared(np.bitwise_and, self, other)

    def __or__(self, other: Any) -> Tensor:
        return _compared(np.bitwise_or, self, other)

    def __xor__(self, other: Any) -> Tensor:
        return _compared(np.bitwise_xor, self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Tensor:
        if altered and modes.trace is not None:
            return modes.trace.compare("invert", self)
        return _constant(np.invert(self.array))

    def all(self, axis: Any = None) -> Tensor:
        """Return whether all elements are true (not 0), of all axes or along some."""
        return _asked(lambda array: np.asarray(array.all(axis)), self)

    def any(self, axis: Any = None) -> Tensor:
        """Return whether any element is true (not 0), of all axes or along some."""
        return _asked(lambda array: np.asarray(array.any(axis)), self)

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise ValueError(
                f"the truth of a tensor of shape {self.shape} is ambiguous; use (a > b).all() or"
                " .any(), and where(a > b, x, y) to choose element by element"
            )
        if altered and modes.trace is not None:
            answer: bool = modes.trace.truth(self)
            return answer
        return bool(self.array)

    def __float__(self) -> float:
        if altered and modes.trace is not None:
            modes.trace.refuse("float()")
        if modes.rule:
            raise TypeError(f"float() of a Tensor inside the vjp of {modes.rule!r}, see custom_vjp")
        self._refuse_to_leave()
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        number: Any = self.item()
        return operator.index(number)

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.item(), digits)

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len(), or iteration, of a tensor of no axes; expected one at least")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, x: Any) -> bool:
        return bool((self.array == (x.array if isinstance(x, Tensor) else x)).any())

    def __format__(self, specification: str) -> str:
        return format(self.item(), specification) if specification else repr(self)

    def __repr__(self) -> str:
        numbers = np.array2string(self.array, separator=", ", prefix="Tensor(", threshold=100)
        dtype = "" if self.dtype == float else f", dtype={self.dtype}"
        return f"Tensor({numbers}{dtype}{', requires_grad=True' if self.requires_grad else ''})"

    # every row of the table and every function of arrays as a method

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
    selu = _unary(elementwise.selu)
    abs = _unary(elementwise.abs)
    sign = _unary(elementwise.sign)
    floor = _unary(elementwise.floor)
    ceil = _unary(elementwise.ceil)
    negative = _unary(elementwise.negative)
    leaky_relu, elu, clip = _methods(functions.leaky_relu, functions.elu, functions.clip)
    add, subtract, multiply = _methods(functions.add, functions.subtract, functions.multiply)
    divide, power, floor_divide = _methods(
        functions.divide, functions.power, functions.floor_divide
    )  # fmt: skip
    fmod, remainder, arctan2 = _methods(functions.fmod, functions.remainder, functions.arctan2)
    logaddexp, xlogy, hypot = _methods(functions.logaddexp, functions.xlogy, functions.hypot)
    maximum, minimum = _methods(functions.maximum, functions.minimum)

    sum, mean, var, std = _methods(
        array_functions.sum, array_functions.mean, array_functions.var, array_functions.std
    )  # fmt: skip
    prod, max, min, norm = _methods(
        array_functions.prod, array_functions.max, array_functions.min, array_functions.norm
    )  # fmt: skip
    logsumexp, softmax = _methods(array_functions.logsumexp, array_functions.softmax)
    log_softmax, cumsum = _methods(array_functions.log_softmax, array_functions.cumsum)
    argmax, argmin, sort = _methods(
        array_functions.argmax, array_functions.argmin, array_functions.sort
    )  # fmt: skip
    reshape, ravel, flatten = _methods(
        array_functions.reshape, array_functions.ravel, array_functions.flatten
    )  # fmt: skip
    transpose, swapaxes = _methods(array_functions.transpose, array_functions.swapaxes)
    moveaxis, squeeze = _methods(array_functions.moveaxis, array_functions.squeeze)
    expand_dims, broadcast_to = _methods(
        array_functions.expand_dims, array_functions.broadcast_to
    )  # fmt: skip
    flip, roll, pad, repeat = _methods(
        array_functions.flip, array_functions.roll, array_functions.pad, array_functions.repeat
    )  # fmt: skip
    tile, astype, set, take = _methods(
        array_functions.tile, array_functions.astype, array_functions.set, array_functions.take
    )  # fmt: skip
    (take_along_axis,) = _methods(array_functions.take_along_axis)
    split = array_functions.split
    diag, diagonal, trace = _methods(
        array_functions.diag, array_functions.diagonal, array_functions.trace
    )  # fmt: skip
    tril, triu, matmul = _methods(
        array_functions.tril, array_functions.triu, array_functions.matmul
    )  # fmt: skip
    dot, outer = _methods(array_functions.matmul, array_functions.outer)

    def where(self, condition: Any, other: Any) -> Tensor:
        """Return self where the condition holds, else other."""
        return functions.where(condition, self, other)

    def astype_numbers(self, dtype: Any) -> Tensor:
        """Return a constant of the same numbers in another dtype, also an integer one."""
        return _constant(self.array.astype(dtype))

    # NumPy's protocols: its functions on Tensors are ours

    def _refuse_to_leave(self) -> None:
        if modes.transforms and self.requires_grad:
            raise TypeError(
                f"the numbers of {_named(self)} were asked for inside a function that is being"
                " differentiated, whose gradient would be lost: make one Tensor of many by stack"
                " instead of np.array or of filling an array, or write .numpy() or .item() for"
                " numbers alone"
            )

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if altered and modes.trace is not None:
            modes.trace.refuse("np.asarray(x), or NumPy's function of another array,")
        if altered and modes.sources:
            note_exit(self)
        self._refuse_to_leave()
        array = self.array if copy else self.numpy()
        return array if dtype is None and not copy else np.array(array, dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return protocols.ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return protocols.function(function, args, kwargs)

    # copies, without recursion

    def __reduce__(self) -> tuple[Any, ...]:
        return copying.reduced(self)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        copying.restore_gradients(self, state)

    def __copy__(self) -> Tensor:
        copy: Tensor = copying.copied(self)
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        copy: Tensor = copying.deep_copied(self, memo)
        return copy


def detached(numbers: Any) -> Any:
    """Return the numbers themselves: what `detach` is in a program."""
    return numbers.copy()


def _asked_outside(x: Tensor, what: str) -> None:
    """See to it that nobody but this package looks at the numbers unnoticed.

    While a function is followed nobody may; under `record_source` the line is noted.
    """
    if modes.trace is None and not modes.sources:
        return
    asking: str = sys._getframe(2).f_globals.get("__name__", "")
    package = asking.partition(".")[0]
    if package == __package__:
        return
    if modes.trace is not None:
        modes.trace.refuse(what)
    if modes.sources and package != "visualize":  # which looks at numbers, and takes none away
        note_exit(x)


def _foreign(x: Any) -> bool:
    """Whether == with x is to be False at once, as `t == None`."""
    return x is None or isinstance(x, (str, bytes, dict, set))


def _asked(question: Callable[[Any], Any], x: Tensor) -> Any:
    """Return what a question about the numbers of x has as its answer, as an ndarray or a bool."""
    if altered and modes.trace is not None:
        return modes.trace.computed(question, x)
    answer = question(x.array)
    return answer if answer.ndim else answer[()]


def _compared(ufunc: Any, a: Tensor, b: Any) -> Any:
    other = _operand(b, ufunc.__name__, a.array.dtype)
    if other is NotImplemented:
        return other
    if altered and modes.trace is not None:
        return modes.trace.compare(ufunc.__name__, a, other)
    return _constant(ufunc(a.array, other.array if isinstance(other, Tensor) else other))


def _changed(x: Tensor, node: Tensor) -> RuntimeError:
    return RuntimeError(
        f"{_named(x)} was changed after {_named(node)} was computed from it, so the gradient"
        " would be wrong: compute anew after an update, or change a copy"
    )


def _refuse_changed(order: list[Any]) -> None:
    for node in order:
        if node.stale:
            raise _changed(max(node.parents, key=lambda x: x.time), node)


def _whole(dtype: Any) -> str:
    return (
        f"Tensor() got {dtype} data with requires_grad=True; expected floats, which alone have"
        " derivatives: write 1.0 for 1, or data.astype(float)"
    )


def _named(node: Tensor) -> str:
    name = f"the tensor {node.label!r}" if node.label else "a tensor"
    made = f", made by {node.primitive.name}," if node.primitive and node.inputs else ""
    return f"{name} of shape {node.shape}{made}"
