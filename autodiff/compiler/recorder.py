"""The recording vocabulary: the array vocabulary, which also writes down what it is asked.

    >>> xp = Recorder()
    >>> x = xp.given("x", np.ones(3))
    >>> y = xp.exp(x * 2.0)
    >>> [line.word for line in xp.lines]
    ['multiply', 'exp']

Given this module's Recorder as its `xp`, a rule of the table computes as with `arrays`, and leaves
the lines of a program that does the same for other numbers of the same shapes. What is the same for
all numbers is computed here and now: a one to multiply by leaves no line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arrays
from ..graph import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Words of two numbers where a constant array may as well be a plain number.
_OF_NUMBERS = {"add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "logaddexp"}


class Line:
    """One operation: a word of the vocabulary, or a function, on arrays and plain numbers."""

    __slots__ = ("function", "operands", "params", "result", "seen", "word")

    def __init__(
        self,
        word: str,
        function: Callable[..., Any],
        operands: tuple[Any, ...],
        params: dict[str, Any],
    ) -> None:
        self.word = word
        self.function = function
        self.operands = operands
        self.params = params
        self.result: Array = None  # type: ignore[assignment]
        self.seen: list[Array] = []  # whose memory the result may look at

    @property
    def ours(self) -> bool:
        """Whether it is a word of the vocabulary, and not a function that is called like one."""
        return getattr(arrays.raw, self.word, None) is self.function

    def uses(self) -> Iterator[Array]:
        """Yield the arrays among operands and parameters."""
        yield from arrays_in((self.operands, tuple(self.params.values())))


def arrays_in(x: Any) -> Iterator[Array]:
    """Yield the arrays in nested tuples and lists."""
    if isinstance(x, Array):
        yield x
    elif isinstance(x, (tuple, list)):
        for part in x:
            yield from arrays_in(part)


class Array:
    """An array of a program: its numbers while it is recorded, and the line that makes it.

    `fixed` ones are the same whatever the program is given.
    """

    __slots__ = ("fixed", "line", "name", "numbers", "xp")
    __array_ufunc__ = None  # NumPy is to leave operators to us

    def __init__(self, xp: Recorder, numbers: Any, fixed: bool = False, name: str = "") -> None:
        self.xp = xp
        self.numbers = numbers
        self.fixed = fixed
        self.name = name
        self.line: Line | None = None

    def forget(self) -> None:
        """Keep the form of the numbers alone."""
        numbers = self.numbers
        if isinstance(numbers, np.ndarray) and not self.fixed:
            form = np.lib.stride_tricks.as_strided
            self.numbers = form(np.empty((), numbers.dtype), numbers.shape, numbers.strides)

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.numbers.shape
        return shape

    @property
    def dtype(self) -> Any:
        return self.numbers.dtype

    @property
    def number(self) -> float | None:
        """The number that all of its elements are, if it is fixed and there is one."""
        numbers = self.numbers
        if not self.fixed or not numbers.size or numbers.dtype.kind != "f":
            return None
        first = numbers.flat[0]
        same = (numbers == first).all() and (np.signbit(numbers) == np.signbit(first)).all()
        return float(first) if same else None

    def __add__(self, other: Any) -> Array:
        return self.xp.add(self, other)

    def __radd__(self, other: Any) -> Array:
        return self.xp.add(other, self)

    def __sub__(self, other: Any) -> Array:
        return self.xp.subtract(self, other)

    def __rsub__(self, other: Any) -> Array:
        return self.xp.subtract(other, self)

    def __mul__(self, other: Any) -> Array:
        return self.xp.multiply(self, other)

    def __rmul__(self, other: Any) -> Array:
        return self.xp.multiply(other, self)

    def __neg__(self) -> Array:
        return self.xp.negative(self)


class Recorder:
    """A vocabulary of `Array`s. `lines` is what it was asked, in order."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._known: dict[Any, Array] = {}

    def given(self, name: str, numbers: Any) -> Array:
        """Return an array that the program is given."""
        return Array(self, np.asarray(numbers), name=name)

    def fixed(self, numbers: Any) -> Array:
        """Return an array that is the same in every run."""
        return Array(self, np.asarray(numbers), fixed=True)

    def evaluate(self, rule: Callable[..., Any], *args: Any) -> Any:
        """Run a rule of this vocabulary."""
        return rule(*args)

    def zeros_like(self, x: Array) -> Array:
        return self.fixed(np.zeros_like(x.numbers))

    def ones_like(self, x: Array) -> Array:
        return self.fixed(np.ones_like(x.numbers))

    def __getattr__(self, word: str) -> Callable[..., Any]:
        try:
            function = getattr(arrays.raw, word)
        except AttributeError:
            raise AttributeError(f"the array vocabulary has no word {word!r}") from None

        def call(*args: Any, **params: Any) -> Any:
            return self.say(word, function, *args, **params)

        return call

    def say(
        self,
        word: str,
        function: Callable[..., Any],
        *args: Any,
        fresh: bool = False,
        result: Any = None,
        **params: Any,
    ) -> Any:
        """Compute, unless the result is known, and write the line.

        A fresh one computes something else each time.
        """
        ours = getattr(arrays.raw, word, None) is function
        short = self._shortened(word, args, params) if ours else None
        if short is not None:
            return short
        if ours and word == "where" and _is_mask(args):
            word, function, args, params = _as_mask(args)
        if result is None:
            plain = {name: _numbers(x) for name, x in params.items()}
            result = arrays.quietly(function, *map(_numbers, args), **plain)
        if isinstance(result, np.generic):
            result = np.asarray(result)
        if not fresh and all(x.fixed for x in arrays_in((args, tuple(params.values())))):
            return self.fixed(result)
        operands = self._operands(word, args, result) if ours else args
        which = word if ours else id(function)  # which its line holds on to
        key = None if fresh else (which, _key(operands), _key(tuple(params.items())))
        if key in self._known:
            return self._known[key]
        line = Line(word, function, operands, params)
        line.result = Array(self, result)
        line.result.line = line
        # What is not ours may return what it was given in one call and something else in another,
        # and whether reshape copies depends on how its operand lies in memory.
        unsure = not ours or word == "reshape"
        line.seen = [x for x in line.uses() if unsure or _shared(x.numbers, result)]
        self.lines.append(line)
        if key is not None:
            self._known[key] = line.result
        return line.result

    def _shortened(self, word: str, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Return what 1·x, x/1 and x in its own shape are; None for what is to be computed."""
        if word in ("reshape", "astype") and len(args) == 1 and _is_as_it_is(args[0], params):
            return args[0]
        if word == "less_equal" and args[1:] == (0.0,):
            # relu(x) ≤ 0 where x ≤ 0: then nobody looks at x, and relu(x) can be in its place
            y = self._known.get(("relu", _key(args[:1]), ()))
            return None if y is None else self.less_equal(y, 0.0)
        if word not in ("multiply", "divide"):
            return None
        for x, other in (args, args[::-1]) if word == "multiply" else (args,):
            number = other.number if isinstance(other, Array) else other
            if isinstance(x, Array) and isinstance(number, float) and number == 1.0:
                full = np.broadcast_shapes(x.shape, getattr(other, "shape", ()))
                dtype = np.result_type(x.numbers, _numbers(other))
                if full == x.shape and dtype == x.dtype:
                    return x
        return None

    def _operands(self, word: str, args: tuple[Any, ...], result: Any) -> tuple[Any, ...]:
        """Return the operands, with plain numbers for constants that are one number."""
        if word not in _OF_NUMBERS or len(args) != 2:
            return args
        for i in (0, 1):
            x, other = args[i], args[1 - i]
            if not isinstance(x, Array) or not isinstance(other, Array) or x.number is None:
                continue
            if other.shape == result.shape and other.dtype == result.dtype == x.dtype:
                return (x.number, other) if i == 0 else (other, x.number)
        return args


def _numbers(x: Any) -> Any:
    """Return arrays as their numbers, in nested tuples too."""
    if isinstance(x, Array):
        return x.numbers
    if isinstance(x, tuple):
        return tuple(map(_numbers, x))
    if isinstance(x, list):
        return list(map(_numbers, x))
    return x


def _shared(a: Any, b: Any) -> bool:
    """Return whether two may share memory; what is no array may hold on to anything."""
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        return True
    return np.may_share_memory(a, b)


def _is_as_it_is(x: Array, params: dict[str, Any]) -> bool:
    return params.get("shape", x.shape) == x.shape and params.get("dtype", x.dtype) == x.dtype


def _is_mask(args: tuple[Any, ...]) -> bool:
    """Return whether a choice is between 0.0 and an array, which a mask of bits does sooner."""
    condition, a, b = args
    kept = b if type(a) is float and a == 0.0 else a if type(b) is float and b == 0.0 else None
    if not isinstance(kept, Array) or not isinstance(condition, Array):
        return False
    from ..shapes import maskable

    return maskable(kept.numbers, condition.numbers)


def _as_mask(args: tuple[Any, ...]) -> tuple[str, Callable[..., Any], tuple[Any, ...], Any]:
    condition, a, b = args
    keep = type(b) is float
    return "masked", arrays.raw.masked, (a if keep else b, condition), {"keep": keep}


def _key(x: Any) -> Any:
    """Return what tells operands apart: arrays by identity, numbers by their bits."""
    if isinstance(x, (tuple, list)):
        return tuple(map(_key, x))
    if isinstance(x, slice):
        return ("slice", x.start, x.stop, x.step)
    if isinstance(x, float):
        return x.hex()
    if isinstance(x, (str, int, bool, type(None), np.dtype, type)) or x is Ellipsis:
        return (type(x).__name__, x)
    if isinstance(x, Node):
        raise TypeError("a node among the operands of a program")
    return id(x)
