"""The public functions, and the vocabulary of nodes.

    >>> from autodiff import Value, tanh
    >>> tanh(0.0), tanh(Value(0.0))
    (0.0, Value(data=0.0, grad=0.0))

On nodes a function records its primitive; on plain numbers it returns a number, on ndarrays an
ndarray. Since the names are those of the other vocabularies, a rule of `elementwise.py` that is
given this module as its `xp` builds a graph: that is how derivatives of derivatives come about.

Unless a docstring says otherwise, arguments are Values or real numbers, values are IEEE 754 doubles
(nan outside the domain, never an exception, never complex), and angles are in radians.
"""

from __future__ import annotations

from functools import reduce
from itertools import chain

from . import elementwise, floats, structural
from .graph import CONSTANT, UNSET, Node, altered, apply, modes, node_within
from .primitive import Primitive
from .steps import ABSENT, MANY, NODES
from .wording import shown

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any


# What our functions are called elsewhere; the likeness of letters would offer sin for asin.
ALIASES = {
    "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan",
    "atan2": "arctan2", "atanh": "arctanh", "arg": "arctan2", "fabs": "abs", "lg": "log10",
    "ln": "log", "logistic": "sigmoid", "max": "maximum", "min": "minimum", "mod": "remainder",
    "pow": "power", "clamp": "clip", "sgn": "sign", "swish": "silu", "tg": "tan",
}  # fmt: skip


def _call(primitive: Primitive, *args: Any) -> Any:
    for x in args:
        if isinstance(x, Node):
            return apply(primitive, *args)
    if _plain_vocabulary(args, primitive.name) is floats:
        return primitive.compute(floats, *map(float, args))
    from . import arrays

    return arrays.compute(primitive, lambda *each: _call(primitive, *each), *args)


def _plain_vocabulary(args: tuple[Any, ...], role: str) -> Any:
    for x in args:
        if hasattr(x, "__array__") or isinstance(x, (list, tuple)):
            if node_within(x):
                raise TypeError(f"{role}() got Tensors in a list; make one of them by stack()")
            from . import arrays

            return arrays
    for x in args:
        if isinstance(x, (str, bytes, complex)) or not hasattr(x, "__float__"):
            raise TypeError(f"{role}() got {shown(x)}; expected a Value, number or ndarray")
    return floats


# -- arithmetic ------------------------------------------------------------------------------------


def add(a: Any, b: Any) -> Any:
    """Return a + b."""
    return _call(elementwise.add, a, b)


def subtract(a: Any, b: Any) -> Any:
    """Return a - b."""
    return _call(elementwise.subtract, a, b)


def multiply(a: Any, b: Any) -> Any:
    """Return a·b."""
    return _call(elementwise.multiply, a, b)


def divide(a: Any, b: Any) -> Any:
    """Return a/b: ±inf for a/0, nan for 0/0."""
    return _call(elementwise.divide, a, b)


def negative(x: Any) -> Any:
    """Return -x."""
    return _call(elementwise.negative, x)


def reciprocal(x: Any) -> Any:
    """Return 1/x."""
    return _call(elementwise.reciprocal, x)


def power(a: Any, b: Any) -> Any:
    """Return a**b: nan for a negative base under a fraction. The derivative in b is y·log a."""
    return _call(elementwise.power, a, b)


def square(x: Any) -> Any:
    """Return x²."""
    return _call(elementwise.square, x)


def floor_divide(a: Any, b: Any) -> Any:
    """Return floor(a/b), as if a/b were not rounded: Python's a // b; its slopes are 0."""
    return _call(elementwise.floor_divide, a, b)


def fmod(a: Any, b: Any) -> Any:
    """Return a - b·trunc(a/b), the remainder with the sign of a."""
    return _call(elementwise.fmod, a, b)


def remainder(a: Any, b: Any) -> Any:
    """Return a - b·floor(a/b), the remainder with the sign of b: Python's a % b."""
    return _call(elementwise.remainder, a, b)


def sum(terms: Iterable[Any], start: Any = None) -> Any:
    """Return the sum of the terms (and start) as one node, correctly rounded (`math.fsum`)."""
    if isinstance(terms, (Node, str, bytes)) or not hasattr(terms, "__iter__"):
        raise TypeError(f"sum() got a single {type(terms).__name__}; expected a sequence of terms")
    return _call(elementwise.sum, *terms, *(() if start is None else (start,)))


def dot(w: Sequence[Any], x: Sequence[Any], bias: Any = None) -> Any:
    """Return Σ wᵢxᵢ (+ bias) as one node; ValueError if the lengths differ."""
    w, x = _list(w, "dot"), _list(x, "dot")
    _check_lengths([w], [x], "dot")
    return _call(elementwise.dot, *w, *x, *(() if bias is None else (bias,)))


def linear(x: Sequence[Any], w: Sequence[Sequence[Any]], bias: Any = None) -> list[Any]:
    """Return x·Wᵀ (+ bias): for each row wᵢ of W the node Σⱼ wᵢⱼxⱼ (+ biasᵢ), in a list.

    x may be a list of such lists, as of the samples of a batch; then so is the result. W is read
    once for all of them, which makes a batch faster than its samples one by one. ValueError if a
    row has another length than x, or `bias` another than W.
    """
    rows = [_list(row, "linear") for row in _list(w, "linear")]
    biases = [None] * len(rows) if bias is None else _list(bias, "linear")
    if len(biases) != len(rows):
        raise ValueError(
            f"linear() got {len(rows)} rows and {len(biases)} biases; expected one for each row"
        )
    if getattr(x, "ndim", 0) == 2 and not len(x):
        return []
    samples = _list(x, "linear")
    if samples and (isinstance(samples[0], (list, tuple)) or getattr(samples[0], "ndim", 0)):
        xs = [_list(sample, "linear") for sample in samples]
        _check_lengths(rows, xs, "linear")
        return _dots(rows, xs, biases)
    _check_lengths(rows, [samples], "linear")
    return _dots(rows, [samples], biases)[0]


def _check_lengths(rows: list[Sequence[Any]], xs: list[Sequence[Any]], role: str) -> None:
    for w in rows:
        for x in xs:
            if len(w) != len(x):
                raise ValueError(
                    f"{role}() got {len(w)} and {len(x)} numbers; expected as many of each"
                )


def _dots(
    rows: list[Sequence[Any]], xs: list[Sequence[Any]], biases: Sequence[Any]
) -> list[list[Any]]:
    """Return for each x the list of its dots with the rows: `apply`, written out for parameters.

    A network spends its time here, so rows and x are read once, and not for each node.
    """
    ends = [() if b is None else (b,) for b in biases]
    kind = _kind_of_parameters(rows, ends)
    weights = [[v.data for v in w] for w in rows] if kind else []
    shifts = [[b.data for b in end] for end in ends] if kind else []
    results = []
    for x in xs:
        kinds = set(map(type, x))
        if kind is None or not kinds <= {kind, float}:
            results.append([_call(elementwise.dot, *w, *x, *end) for w, end in zip(rows, ends)])
            continue
        numbers = x if kinds == {float} else [_data(v) for v in x]
        right = MANY if float in kinds else NODES
        out = []
        for w, end, weight, shift in zip(rows, ends, weights, shifts):
            node = object.__new__(kind)
            node.data = floats._dot(weight, numbers, shift)
            node.grad = UNSET
            node.left = ABSENT
            node.right = right
            node.many = (*w, *x, *end)
            node.primitive = elementwise.dot
            out.append(node)
        results.append(out)
    return results


def _kind_of_parameters(rows: list[Sequence[Any]], ends: Sequence[Any]) -> type[Node] | None:
    """Return the kind of all of these nodes, if they are of one, on floats, and to be recorded."""
    kinds: set[Any] = set(map(type, chain.from_iterable(rows)))
    kinds.update(map(type, chain.from_iterable(ends)))
    kind = kinds.pop() if len(kinds) == 1 else Node
    itself = issubclass(kind, Node) and "record" in vars(kind)  # a subclass records its base
    if altered or not itself or kind is Node or kind.vocabulary is not floats:
        return None
    for w in rows:
        if len(w) < 2 or w[0].primitive is CONSTANT:
            return None
    return kind


# -- roots, exponentials, logarithms ---------------------------------------------------------------


def sqrt(x: Any) -> Any:
    """Return √x; the slope at 0 is inf. For √(a² + b²) use `hypot`, whose slopes at 0 are 0."""
    return _call(elementwise.sqrt, x)


def cbrt(x: Any) -> Any:
    """Return the real cube root of x."""
    return _call(elementwise.cbrt, x)


def exp(x: Any) -> Any:
    """Return eˣ."""
    return _call(elementwise.exp, x)


def exp2(x: Any) -> Any:
    """Return 2ˣ."""
    return _call(elementwise.exp2, x)


def expm1(x: Any) -> Any:
    """Return eˣ - 1, accurate near 0."""
    return _call(elementwise.expm1, x)


def log(x: Any) -> Any:
    """Return the natural logarithm of x: -inf at 0, nan below."""
    return _call(elementwise.log, x)


def log1p(x: Any) -> Any:
    """Return log(1 + x), accurate near 0."""
    return _call(elementwise.log1p, x)


def log2(x: Any) -> Any:
    """Return the logarithm of x to base 2."""
    return _call(elementwise.log2, x)


def log10(x: Any) -> Any:
    """Return the logarithm of x to base 10."""
    return _call(elementwise.log10, x)


def logaddexp(a: Any, b: Any) -> Any:
    """Return log(eᵃ + eᵇ) without overflow."""
    return _call(elementwise.logaddexp, a, b)


def xlogy(x: Any, y: Any) -> Any:
    """Return x·log y, with 0·log 0 = 0."""
    return _call(elementwise.xlogy, x, y)


# -- circular and hyperbolic functions -------------------------------------------------------------


def sin(x: Any) -> Any:
    """Return the sine of x."""
    return _call(elementwise.sin, x)


def cos(x: Any) -> Any:
    """Return the cosine of x."""
    return _call(elementwise.cos, x)


def tan(x: Any) -> Any:
    """Return the tangent of x."""
    return _call(elementwise.tan, x)


def arcsin(x: Any) -> Any:
    """Return the angle in [-π/2, π/2] whose sine is x."""
    return _call(elementwise.arcsin, x)


def arccos(x: Any) -> Any:
    """Return the angle in [0, π] whose cosine is x."""
    return _call(elementwise.arccos, x)


def arctan(x: Any) -> Any:
    """Return the angle in (-π/2, π/2) whose tangent is x."""
    return _call(elementwise.arctan, x)


def arctan2(y: Any, x: Any) -> Any:
    """Return the angle in [-π, π] of the point (x, y); its slopes at the origin are 0."""
    return _call(elementwise.arctan2, y, x)


def sinh(x: Any) -> Any:
    """Return (eˣ - e⁻ˣ)/2."""
    return _call(elementwise.sinh, x)


def cosh(x: Any) -> Any:
    """Return (eˣ + e⁻ˣ)/2."""
    return _call(elementwise.cosh, x)


def tanh(x: Any) -> Any:
    """Return (eˣ - e⁻ˣ)/(eˣ + e⁻ˣ)."""
    return _call(elementwise.tanh, x)


def arcsinh(x: Any) -> Any:
    """Return log(x + √(x² + 1))."""
    return _call(elementwise.arcsinh, x)


def arccosh(x: Any) -> Any:
    """Return log(x + √(x² - 1)), for x ≥ 1."""
    return _call(elementwise.arccosh, x)


def arctanh(x: Any) -> Any:
    """Return ½ log((1 + x)/(1 - x)), for |x| ≤ 1."""
    return _call(elementwise.arctanh, x)


def hypot(a: Any, b: Any) -> Any:
    """Return √(a² + b²) without overflow; its slopes at the origin are 0."""
    return _call(elementwise.hypot, a, b)


def sinc(x: Any) -> Any:
    """Return sin(πx)/(πx), 1 at 0: NumPy's normalised sinc."""
    return _call(elementwise.sinc, x)


# -- activations and the error function ------------------------------------------------------------


def erf(x: Any) -> Any:
    """Return 2/√π ∫₀ˣ e^(-t²) dt."""
    return _call(elementwise.erf, x)


def erfc(x: Any) -> Any:
    """Return 1 - erf(x), accurate in the right tail."""
    return _call(elementwise.erfc, x)


def sigmoid(x: Any) -> Any:
    """Return 1/(1 + e⁻ˣ)."""
    return _call(elementwise.sigmoid, x)


def log_sigmoid(x: Any) -> Any:
    """Return log(1/(1 + e⁻ˣ)) without overflow."""
    return _call(elementwise.log_sigmoid, x)


def softplus(x: Any) -> Any:
    """Return log(1 + eˣ) without overflow."""
    return _call(elementwise.softplus, x)


def silu(x: Any) -> Any:
    """Return x·sigmoid(x), also called swish."""
    return _call(elementwise.silu, x)


def gelu(x: Any) -> Any:
    """Return x·Φ(x), Φ the normal distribution (Hendrycks and Gimpel, 2016; the exact form)."""
    return _call(elementwise.gelu, x)


def softsign(x: Any) -> Any:
    """Return x/(1 + |x|)."""
    return _call(elementwise.softsign, x)


def relu(x: Any) -> Any:
    """Return x where x > 0, else 0; its slope at 0 is 0."""
    return _call(elementwise.relu, x)


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """Return x where x > 0, else slope·x; its slope at 0 is `slope`."""
    return _call(elementwise.leaky_relu, x, slope)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Return x where x > 0, else alpha·(eˣ - 1) (Clevert et al., 2015)."""
    return _call(elementwise.elu, x, alpha)


def selu(x: Any) -> Any:
    """Return 1.0507·elu(x, 1.6733), which keeps mean 0 and variance 1 (Klambauer et al., 2017)."""
    return _call(elementwise.selu, x)


# -- steps and choices -----------------------------------------------------------------------------


def abs(x: Any) -> Any:
    """Return |x|; its slope at 0 is 0."""
    return _call(elementwise.abs, x)


def sign(x: Any) -> Any:
    """Return -1, 0 or 1, the sign of x; its slope is 0."""
    return _call(elementwise.sign, x)


def floor(x: Any) -> Any:
    """Return the largest whole number ≤ x; its slope is 0."""
    return _call(elementwise.floor, x)


def ceil(x: Any) -> Any:
    """Return the smallest whole number ≥ x; its slope is 0."""
    return _call(elementwise.ceil, x)


def maximum(a: Any, b: Any) -> Any:
    """Return the larger of a and b, nan if one is nan; a tie gives each half of the gradient."""
    return _call(elementwise.maximum, a, b)


def minimum(a: Any, b: Any) -> Any:
    """Return the smaller of a and b, nan if one is nan; a tie gives each half of the gradient."""
    return _call(elementwise.minimum, a, b)


def clip(x: Any, low: Any, high: Any) -> Any:
    """Return x kept within [low, high]; its slope at a bound is 0.

    A bound that is a node gets a gradient too, and shares it with x at a tie.
    """
    if isinstance(low, Node) or isinstance(high, Node):
        return minimum(maximum(x, low), high)
    return _call(elementwise.clip, x, low, high)


def where(condition: Any, a: Any, b: Any) -> Any:
    """Return a where the condition holds, else b.

    Both a and b have been computed, so a branch not taken that is infinite makes the gradient nan
    (0·inf): `safe_where` computes only the branch taken.
    """
    return _call(elementwise.where, condition, a, b)


def safe_where(condition: Any, function: Callable[[Any], Any], x: Any, default: Any) -> Any:
    """Return function(x) where the condition holds, else default, without calling the function.

    >>> safe_where(x > 0, log, x, 0.0)      # value 0 and gradient 0 at x = 0, not nan
    """
    if getattr(condition, "size", 1) != 1:
        raise TypeError(
            f"safe_where() got a condition of shape {condition.shape}; expected one truth: for"
            " arrays write where(c, f(where(c, x, 1.0)), default), with a 1.0 where f is finite"
        )
    if altered and modes.trace is not None and isinstance(condition, Node):
        return where(condition, function(where(condition, x, 1.0)), default)
    return where(condition, function(x) if _data(condition) else x, default)


# -- over lists ------------------------------------------------------------------------------------


def logsumexp(values: Sequence[Any]) -> Any:
    """Return log Σ eᵛ without overflow, by shifting the largest to 0; -inf for all -inf."""
    terms, shift = shifted(values, "logsumexp")
    return log(sum([exp(term) for term in terms])) + shift


def softmax(values: Sequence[Any]) -> list[Any]:
    """Return the list of eᵛ/Σeᵛ, without overflow; nan for all -inf. Of rows, a list for each."""
    if isinstance(values, (list, tuple)) and values and isinstance(values[0], (list, tuple)):
        return [softmax(row) for row in values]
    terms, _ = shifted(values, "softmax")
    weights = [exp(term) for term in terms]
    total = sum(weights)
    return [divide(weight, total) for weight in weights]


def log_softmax(values: Sequence[Any]) -> list[Any]:
    """Return the list of v - log Σ eᵛ, without overflow."""
    if isinstance(values, (list, tuple)) and values and isinstance(values[0], (list, tuple)):
        return [log_softmax(row) for row in values]
    terms, _ = shifted(values, "log_softmax")
    total = log(sum([exp(term) for term in terms]))
    return [term - total for term in terms]


def shifted(values: Sequence[Any], role: str) -> tuple[list[Any], Any]:
    """Return v - m for each value v, and their maximum m (0 if it is infinite)."""
    numbers = [_data(value) for value in _list(values, role)]
    if not numbers:
        raise ValueError(f"{role}() got no values; expected at least one")
    for index, number in enumerate(numbers):
        if isinstance(number, (str, bytes, complex)) or not hasattr(number, "__float__"):
            raise TypeError(
                f"{role}() got {shown(number)}, as value {index}; expected Values or real numbers"
            )
    if altered and modes.trace is not None and any(isinstance(value, Node) for value in values):
        m = reduce(maximum, values)  # what comes back through it adds up to 0
        shift = where(abs(m) < floats.inf, m, 0.0)
        return [value - shift for value in values], shift
    largest = max(x if type(x) is float else float(value) for x, value in zip(numbers, values))
    shift = largest if floats.all_finite(largest) else 0.0
    return [value - shift for value in values], shift


def _list(x: Any, role: str) -> Any:
    """Return x, if it is a list of things and not a single one; an ndarray as a list."""
    if type(x) is list:
        return x
    if isinstance(x, (Node, str, bytes)) or not hasattr(x, "__len__"):
        array = isinstance(x, Node) and hasattr(x, "shape")
        raise TypeError(
            f"{role}() got {shown(x)}; expected a list of Values or numbers"
            + (": the product of Tensors is a @ b" if array else "")
        )
    return x.tolist() if getattr(x, "ndim", 0) else x


# -- your own --------------------------------------------------------------------------------------


def custom_vjp(vjp: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function of plain numbers differentiable, by the rule that you give.

    The rule gets the cotangent g of the output, the output y and the inputs; it returns g·∂y/∂x, a
    tuple of them if there are several inputs, None for an input without a gradient:

    >>> @custom_vjp(lambda g, y, x: 3 * g * x**2)
    ... def cube(x):
    ...     return x**3

    Written with operators and this package's functions the rule can be differentiated again; with
    `math` it serves first derivatives only, and a second raises TypeError.
    """

    from functools import wraps

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(function):
            raise TypeError(
                f"custom_vjp got {function!r} to decorate; expected a function: write the rule in"
                " brackets, @custom_vjp(lambda g, y, x: ...), above the function"
            )
        name = function.__name__

        def forward(xp: Any, *args: Any) -> Any:
            y = function(*args)
            if xp is floats and (isinstance(y, Node) or not hasattr(y, "__float__")):
                raise TypeError(
                    f"{name}() returned {y!r} from plain numbers; expected a real number"
                )
            if xp is floats:
                return float(y)
            if isinstance(y, Node) or getattr(y, "dtype", "object") == "object":
                raise TypeError(f"{name}() returned {y!r} from ndarrays; expected an ndarray")
            return y

        def joint(xp: Any, needed: list[bool], g: Any, y: Any, *args: Any) -> Sequence[Any]:
            before, rule = modes.rule, name if isinstance(y, Node) else None
            modes.rule = rule  # float() of a node would lose its derivative: let it say so
            try:
                result = vjp(g, y, *args)
            finally:
                modes.rule = before
            cotangents = result if isinstance(result, (tuple, list)) else (result,)
            if len(cotangents) != len(args):
                raise TypeError(
                    f"the vjp of {name} returned {len(cotangents)} cotangents; expected one for "
                    f"each of its {len(args)} inputs (None where there is no gradient)"
                )
            if hasattr(y, "shape"):
                return [
                    None if c is None else _of_shape(c, x, y, name)
                    for c, x in zip(cotangents, args)
                ]
            return cotangents

        def jvp(xp: Any, tangents: list[Any], y: Any, *args: Any) -> Any:
            if getattr(y, "shape", ()) or any(getattr(x, "shape", ()) for x in args):
                return _tangent_by_rows(joint, xp, tangents, y, *args)
            partials = joint(xp, [t is not None for t in tangents], 1.0, y, *args)
            pairs = zip(partials, tangents)
            return sum([p * t for p, t in pairs if p is not None and t is not None])

        primitive = Primitive(
            name,
            joint=joint,
            jvp=jvp,
            forward=forward,
            home=(function.__module__, f"{function.__qualname__}.primitive"),
        )

        @wraps(function)
        def differentiable(*args: Any) -> Any:
            if any(isinstance(x, Node) for x in args):
                return apply(primitive, *args)
            return function(*args)

        differentiable.primitive = primitive  # type: ignore[attr-defined]
        return differentiable

    return decorate


def _of_shape(cotangent: Any, x: Any, y: Any, name: str) -> Any:
    """Return a cotangent of x that a user's rule gave, if it fits, as an array of its own."""
    from . import arrays

    shape, wanted = getattr(cotangent, "shape", ()), getattr(x, "shape", ())
    full = arrays.broadcast_shape(wanted, getattr(y, "shape", ()))  # summed over by the sweep
    if shape != wanted and shape != full and shape != ():
        raise TypeError(
            f"the vjp of {name} returned a cotangent of shape {shape}; expected {wanted}, that of"
            " the input"
        )
    if isinstance(cotangent, Node):
        return cotangent if shape else broadcast_to(cotangent, shape=wanted)
    return arrays.filled(cotangent, shape or wanted)


def _tangent_by_rows(
    joint: Callable[..., Any], xp: Any, tangents: list[Any], y: Any, *args: Any
) -> Any:
    """Return Σ ∂y/∂x·ẋ by a rule for cotangents: one number of y after the other, as it must be.

    Nobody says that a user's operation works element by element.
    """
    from . import arrays

    needed = [t is not None for t in tangents]
    rows = []
    for unit in arrays.units(_data(y)):
        total: Any = 0.0
        for partial, t in zip(joint(xp, needed, unit, y, *args), tangents):
            if partial is not None and t is not None:
                product = partial * t
                axes = tuple(range(len(product.shape)))
                total = total + reduce_sum(product, axis=axes, keepdims=False)
        rows.append(reshape(total, shape=(1,)))
    return reshape(concatenate(*rows, axis=0), shape=y.shape) if rows else zeros_like(y)


# -- words about shapes and sums, which rules of `structural.py` use -------------------------------


def _word(name: str) -> Callable[..., Any]:
    row = structural.TABLE[name]

    def word(*args: Any, **params: Any) -> Any:
        for x in args:
            if isinstance(x, Node):
                return apply(row, *args, **params)
        from . import arrays

        return getattr(arrays, name)(*args, **params)

    return word


reduce_sum, reduce_prod = _word("reduce_sum"), _word("reduce_prod")
reduce_max, reduce_min = _word("reduce_max"), _word("reduce_min")
norm, reduce_logsumexp, cumsum = _word("norm"), _word("reduce_logsumexp"), _word("cumsum")
cross_entropy = _word("cross_entropy")
broadcast_to, reshape, transpose = _word("broadcast_to"), _word("reshape"), _word("transpose")
flip, roll, pad, astype = _word("flip"), _word("roll"), _word("pad"), _word("astype")
getitem, scatter, replaced = _word("getitem"), _word("scatter"), _word("replaced")
concatenate, matmul, einsum = _word("concatenate"), _word("matmul"), _word("einsum")
affine = _word("affine")
conv2d, conv2d_input = _word("conv2d"), _word("conv2d_input")
conv2d_weight, max_pool2d = _word("conv2d_weight"), _word("max_pool2d")
window_pool, window_unpool = _word("window_pool"), _word("window_unpool")


def cross_entropy_slope(z: Any, *, target: Any, kept: dict[str, Any]) -> Any:
    """Return (softmax(z)·Σt - t)/n, for n rows; of nodes it is computed anew, as a graph."""
    from . import arrays

    if not isinstance(z, Node):
        return arrays.cross_entropy_slope(z, target=target, kept=kept)
    if target.ndim == 1:
        target = arrays.one_hot(target, z.data)
    log_total = broadcast_to(reduce_logsumexp(z, axis=(1,), keepdims=True), shape=target.shape)
    return (exp(z - log_total) * target.sum(1, keepdims=True) - target) * (1.0 / len(target))


def spread(g: Any, *, shape: tuple[int, ...], axis: tuple[int, ...]) -> Any:
    """Return g, of the shape of a reduction along axes, as often as fills a shape."""
    kept = tuple(1 if i in axis else n for i, n in enumerate(shape))
    return broadcast_to(reshape(g, shape=kept), shape=shape)


def weight_slope(g: Any, x: Any, w: Any) -> Any:
    """Return gᵀ·x."""
    return matmul(transpose(g, axes=(1, 0)), x)


def ties(x: Any, y: Any, **how: Any) -> Any:
    """Return which numbers of the windows of x are below y; it is constant, so of ndarrays."""
    from . import arrays

    if altered and modes.trace is not None:
        return modes.trace.computed(lambda x, y: arrays.ties(x, y, **how), x, y)
    return arrays.ties(_data(x), _data(y), **how)


def products_of_others(x: Any, *, axis: int) -> Any:
    """Return for each element the product of the others along an axis."""
    from . import arrays

    if not isinstance(x, Node):
        return arrays.products_of_others(x, axis=axis)
    n = x.shape[axis]  # type: ignore[attr-defined]
    others = [[j for j in range(n) if j != i] for i in range(n)]
    index = (slice(None),) * axis + (arrays.indices(others, (n, n - 1)),)
    return reduce_prod(getitem(x, index=index), axis=(axis + 1,), keepdims=False)


# -- words that rules use, and that record nothing -------------------------------------------------


def _data(x: Any) -> Any:
    return x.data if isinstance(x, Node) else x


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def compare(a: Any, b: Any) -> Any:
        if altered and modes.trace is not None and (hasattr(a, "array") or hasattr(b, "array")):
            return modes.trace.compare(name, a, b)
        plain = _data(a), _data(b)
        return getattr(_plain_vocabulary(plain, name), name)(*plain)

    return compare


equal = _comparison("equal")
less = _comparison("less")
less_equal = _comparison("less_equal")
greater = _comparison("greater")
greater_equal = _comparison("greater_equal")
logical_and = _comparison("logical_and")
logical_or = _comparison("logical_or")


def evaluate(rule: Callable[..., Any], *args: Any) -> Any:
    """Run a rule of this vocabulary."""
    return rule(*args)


def ones_like(x: Any) -> Any:
    """Return ones of the shape of x, as an ndarray."""
    from . import arrays

    return arrays.ones_like(_data(x))


def zeros_like(x: Any) -> Any:
    """Return zeros of the shape of x, as a plain number or ndarray."""
    plain = _data(x)
    return _plain_vocabulary((plain,), "zeros_like").zeros_like(plain)
