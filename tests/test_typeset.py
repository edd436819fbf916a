r"""How formulas are written: brackets, numbers and names, and the golden list of all rows.

`GOLDEN` has the formula and the derivatives of every row of the table, plain | LaTeX, each read by
a mathematician: a rule that changes shows here what the user will see. Two habits of LaTeX, tested
by themselves below, are shortened in the list, and in sinc's two lines the guarded x is named:

    \left( … \right)              ( … )
    \begin{cases} … \end{cases}   [a if condition else b], with or without round brackets
    s, t in the slope of sinc     (x if |x| < 0.25 else 0) and (1 if |x| < 0.25 else x)
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import elementwise, symbols
from autodiff.symbols import Formula, name, number

inf, nan = float("inf"), float("nan")
a, b, c = name("a"), name("b"), name("c")

# -- the golden list -------------------------------------------------------------------------------

OPERANDS = {
    "clip": ("x", "low", "high"),
    "dot": ("u", "v", "x", "y", "b"),
    "elu": ("x", "alpha"),
    "leaky_relu": ("x", "slope"),
    "sum": ("a", "b", "c"),
    "where": ("c", "a", "b"),
    "xlogy": ("x", "y"),
}

GOLDEN = r"""
add(a, b)     a + b  |  a + b
    ∂a        1  |  1
    ∂b        1  |  1
subtract(a, b)  a - b  |  a - b
    ∂a        1  |  1
    ∂b        -1  |  -1
multiply(a, b)  a × b  |  a \cdot b
    ∂a        b  |  b
    ∂b        a  |  a
divide(a, b)  a/b  |  \frac{a}{b}
    ∂a        1/b  |  \frac{1}{b}
    ∂b        -a/b/b  |  -\frac{\frac{a}{b}}{b}
negative(x)   -x  |  -x
    ∂x        -1  |  -1
reciprocal(x)  1/x  |  \frac{1}{x}
    ∂x        -(1/x)²  |  -(\frac{1}{x})^{2}
square(x)     x²  |  x^{2}
    ∂x        2 × x  |  2 \cdot x
power(a, b)   a**b  |  a^{b}
    ∂a        (b/(1 if a = 0 else a) if b = 0 else b × a**(1 if b = 0 else b - 1))  |  [\frac{b}{[1 if a = 0 else a]} if b = 0 else b \cdot a^{[1 if b = 0 else b - 1]}]
    ∂b        a**b × log((1 if (a = 0) and (b ≥ 0) else a))  |  a^{b} \cdot \log[1 if (a = 0) \wedge (b \ge 0) else a]
sqrt(x)       sqrt(x)  |  \sqrt{x}
    ∂x        1/(2 × sqrt(x))  |  \frac{1}{2 \cdot \sqrt{x}}
cbrt(x)       cbrt(x)  |  \sqrt[3]{x}
    ∂x        1/(3 × cbrt(x)²)  |  \frac{1}{3 \cdot \sqrt[3]{x}^{2}}
exp(x)        exp(x)  |  e^{x}
    ∂x        exp(x)  |  e^{x}
exp2(x)       exp2(x)  |  2^{x}
    ∂x        0.69314718056 × exp2(x)  |  0.69314718056 \cdot 2^{x}
expm1(x)      expm1(x)  |  \operatorname{expm1}(x)
    ∂x        exp(x)  |  e^{x}
log(x)        log(x)  |  \log(x)
    ∂x        1/x  |  \frac{1}{x}
log1p(x)      log1p(x)  |  \operatorname{log1p}(x)
    ∂x        1/(1 + x)  |  \frac{1}{1 + x}
log2(x)       log2(x)  |  \log_{2}(x)
    ∂x        1/(0.69314718056 × x)  |  \frac{1}{0.69314718056 \cdot x}
log10(x)      log10(x)  |  \log_{10}(x)
    ∂x        1/(2.30258509299 × x)  |  \frac{1}{2.30258509299 \cdot x}
logaddexp(a, b)  logaddexp(a, b)  |  \operatorname{logaddexp}(a, b)
    ∂a        sigmoid(a - b)  |  \sigma(a - b)
    ∂b        sigmoid(b - a)  |  \sigma(b - a)
xlogy(x, y)   xlogy(x, y)  |  \operatorname{xlogy}(x, y)
    ∂x        log((1 if (x = 0) and (y ≤ 0) else y))  |  \log[1 if (x = 0) \wedge (y \le 0) else y]
    ∂y        x/y  |  \frac{x}{y}
sin(x)        sin(x)  |  \sin(x)
    ∂x        cos(x)  |  \cos(x)
cos(x)        cos(x)  |  \cos(x)
    ∂x        -sin(x)  |  -\sin(x)
tan(x)        tan(x)  |  \tan(x)
    ∂x        1 + tan(x)²  |  1 + \tan(x)^{2}
arcsin(x)     arcsin(x)  |  \arcsin(x)
    ∂x        1/sqrt((1 - x) × (1 + x))  |  \frac{1}{\sqrt{(1 - x) \cdot (1 + x)}}
arccos(x)     arccos(x)  |  \arccos(x)
    ∂x        -1/sqrt((1 - x) × (1 + x))  |  -\frac{1}{\sqrt{(1 - x) \cdot (1 + x)}}
arctan(x)     arctan(x)  |  \arctan(x)
    ∂x        1/(1 + x²)  |  \frac{1}{1 + x^{2}}
sinh(x)       sinh(x)  |  \sinh(x)
    ∂x        cosh(x)  |  \cosh(x)
cosh(x)       cosh(x)  |  \cosh(x)
    ∂x        sinh(x)  |  \sinh(x)
tanh(x)       tanh(x)  |  \tanh(x)
    ∂x        (1 + tanh(x)) × (1 - tanh(x))  |  (1 + \tanh(x)) \cdot (1 - \tanh(x))
arcsinh(x)    arcsinh(x)  |  \operatorname{arcsinh}(x)
    ∂x        1/hypot(x, 1)  |  \frac{1}{\operatorname{hypot}(x, 1)}
arccosh(x)    arccosh(x)  |  \operatorname{arccosh}(x)
    ∂x        1/(sqrt(x - 1) × sqrt(x + 1))  |  \frac{1}{\sqrt{x - 1} \cdot \sqrt{x + 1}}
arctanh(x)    arctanh(x)  |  \operatorname{arctanh}(x)
    ∂x        1/((1 - x) × (1 + x))  |  \frac{1}{(1 - x) \cdot (1 + x)}
arctan2(a, b)  arctan2(a, b)  |  \operatorname{arctan2}(a, b)
    ∂a        b/(1 if hypot(a, b) = 0 else hypot(a, b))/(1 if hypot(a, b) = 0 else hypot(a, b))  |  \frac{\frac{b}{[1 if \operatorname{hypot}(a, b) = 0 else \operatorname{hypot}(a, b)]}}{[1 if \operatorname{hypot}(a, b) = 0 else \operatorname{hypot}(a, b)]}
    ∂b        -a/(1 if hypot(a, b) = 0 else hypot(a, b))/(1 if hypot(a, b) = 0 else hypot(a, b))  |  -\frac{\frac{a}{[1 if \operatorname{hypot}(a, b) = 0 else \operatorname{hypot}(a, b)]}}{[1 if \operatorname{hypot}(a, b) = 0 else \operatorname{hypot}(a, b)]}
hypot(a, b)   hypot(a, b)  |  \operatorname{hypot}(a, b)
    ∂a        a/(1 if hypot(a, b) = 0 else hypot(a, b))  |  \frac{a}{[1 if \operatorname{hypot}(a, b) = 0 else \operatorname{hypot}(a, b)]}
    ∂b        b/(1 if hypot(a, b) = 0 else hypot(a, b))  |  \frac{b}{[1 if \operatorname{hypot}(a, b) = 0 else \operatorname{hypot}(a, b)]}
sinc(x)       sinc(x)  |  \operatorname{sinc}(x)
    ∂x        ((((((((((3.43307694996e-9 × s² + (-1.314848128e-7)) × s² + 4.04994784662e-6) × s² + (-9.76622312632e-5)) × s² + 0.00178114551637) × s² + (-0.0234608103546)) × s² + 0.209182782541) × s² + (-1.14451094473)) × s² + 3.24696970113) × s² + (-3.2898681337)) × s if |x| < 0.25 else (cos(3.14159265359 × t) - (-1 if |x| < 0.25 else sinc(x)))/t)  |  [(((((((((3.43307694996 \cdot 10^{-9} \cdot s^{2} + (-1.314848128 \cdot 10^{-7})) \cdot s^{2} + 4.04994784662 \cdot 10^{-6}) \cdot s^{2} + (-9.76622312632 \cdot 10^{-5})) \cdot s^{2} + 0.00178114551637) \cdot s^{2} + (-0.0234608103546)) \cdot s^{2} + 0.209182782541) \cdot s^{2} + (-1.14451094473)) \cdot s^{2} + 3.24696970113) \cdot s^{2} + (-3.2898681337)) \cdot s if \left|x\right| < 0.25 else \frac{\cos(3.14159265359 \cdot t) - [-1 if \left|x\right| < 0.25 else \operatorname{sinc}(x)]}{t}]
erf(x)        erf(x)  |  \operatorname{erf}(x)
    ∂x        1.1283791671 × exp(-x²)  |  1.1283791671 \cdot e^{-x^{2}}
erfc(x)       erfc(x)  |  \operatorname{erfc}(x)
    ∂x        -1.1283791671 × exp(-x²)  |  -1.1283791671 \cdot e^{-x^{2}}
gelu(x)       gelu(x)  |  \operatorname{gelu}(x)
    ∂x        0.5 × erfc((-0.707106781187) × x) + x × (0.398942280401 × exp((-0.5) × x²))  |  0.5 \cdot \operatorname{erfc}((-0.707106781187) \cdot x) + x \cdot (0.398942280401 \cdot e^{(-0.5) \cdot x^{2}})
sigmoid(x)    sigmoid(x)  |  \sigma(x)
    ∂x        sigmoid(x) × (1 - sigmoid(x))  |  \sigma(x) \cdot (1 - \sigma(x))
log_sigmoid(x)  log_sigmoid(x)  |  \operatorname{log\_sigmoid}(x)
    ∂x        sigmoid(-x)  |  \sigma(-x)
softplus(x)   softplus(x)  |  \operatorname{softplus}(x)
    ∂x        sigmoid(x)  |  \sigma(x)
silu(x)       silu(x)  |  \operatorname{silu}(x)
    ∂x        sigmoid(x) × (1 + x × sigmoid(-x))  |  \sigma(x) \cdot (1 + x \cdot \sigma(-x))
softsign(x)   softsign(x)  |  \operatorname{softsign}(x)
    ∂x        1/(1 + |x|)²  |  \frac{1}{(1 + \left|x\right|)^{2}}
relu(x)       relu(x)  |  \operatorname{relu}(x)
    ∂x        (0 if x ≤ 0 else 1)  |  [0 if x \le 0 else 1]
leaky_relu(x, slope)  leaky_relu(x, slope)  |  \operatorname{leaky\_relu}(x, \mathrm{slope})
    ∂x        (slope if x ≤ 0 else 1)  |  [\mathrm{slope} if x \le 0 else 1]
    ∂slope    (x if x ≤ 0 else 0)  |  [x if x \le 0 else 0]
elu(x, alpha)  elu(x, alpha)  |  \operatorname{elu}(x, \alpha)
    ∂x        (alpha × exp((x if x ≤ 0 else 0)) if x ≤ 0 else 1)  |  [\alpha \cdot e^{[x if x \le 0 else 0]} if x \le 0 else 1]
    ∂alpha    expm1((x if x ≤ 0 else 0))  |  \operatorname{expm1}[x if x \le 0 else 0]
selu(x)       selu(x)  |  \operatorname{selu}(x)
    ∂x        1.05070098736 × (1.67326324235 × exp((x if x ≤ 0 else 0)) if x ≤ 0 else 1)  |  1.05070098736 \cdot [1.67326324235 \cdot e^{[x if x \le 0 else 0]} if x \le 0 else 1]
sign(x)       sign(x)  |  \operatorname{sign}(x)
    ∂x        0  |  0
floor(x)      floor(x)  |  \left\lfloor x \right\rfloor
    ∂x        0  |  0
ceil(x)       ceil(x)  |  \left\lceil x \right\rceil
    ∂x        0  |  0
floor_divide(a, b)  floor(a/b)  |  \left\lfloor \frac{a}{b} \right\rfloor
    ∂a        0  |  0
    ∂b        0  |  0
abs(x)        |x|  |  \left|x\right|
    ∂x        sign(x)  |  \operatorname{sign}(x)
maximum(a, b)  maximum(a, b)  |  \max(a, b)
    ∂a        (0 if a < b else (0.5 if a = b else 1))  |  [0 if a < b else [0.5 if a = b else 1]]
    ∂b        (0 if b < a else (0.5 if a = b else 1))  |  [0 if b < a else [0.5 if a = b else 1]]
minimum(a, b)  minimum(a, b)  |  \min(a, b)
    ∂a        (0 if a > b else (0.5 if a = b else 1))  |  [0 if a > b else [0.5 if a = b else 1]]
    ∂b        (0 if b > a else (0.5 if a = b else 1))  |  [0 if b > a else [0.5 if a = b else 1]]
clip(x, low, high)  clip(x, low, high)  |  \operatorname{clip}(x, \mathrm{low}, \mathrm{high})
    ∂x        (0 if (x ≤ low) or (x ≥ high) else 1)  |  [0 if (x \le \mathrm{low}) \vee (x \ge \mathrm{high}) else 1]
    ∂low      0  |  0
    ∂high     0  |  0
where(c, a, b)  (a if c else b)  |  [a if c else b]
    ∂c        0  |  0
    ∂a        (1 if c else 0)  |  [1 if c else 0]
    ∂b        (0 if c else 1)  |  [0 if c else 1]
fmod(a, b)    fmod(a, b)  |  \operatorname{fmod}(a, b)
    ∂a        1  |  1
    ∂b        -sign(a/b) × floor(|a|/|b|)  |  -\operatorname{sign}(\frac{a}{b}) \cdot \left\lfloor \frac{\left|a\right|}{\left|b\right|} \right\rfloor
remainder(a, b)  remainder(a, b)  |  \operatorname{remainder}(a, b)
    ∂a        1  |  1
    ∂b        -floor(a/b)  |  -\left\lfloor \frac{a}{b} \right\rfloor
sum(a, b, c)  a + b + c  |  a + b + c
    ∂a        1  |  1
    ∂b        1  |  1
    ∂c        1  |  1
dot(u, v, x, y, b)  u × x + v × y + b  |  u \cdot x + v \cdot y + b
    ∂u        x  |  x
    ∂v        y  |  y
    ∂x        u  |  u
    ∂y        v  |  v
    ∂b        1  |  1
"""  # noqa: E501


def shortened(text):
    """Return LaTeX with plain brackets, and choices as [a if condition else b]."""
    for latex, short in (
        (r"\left(", "("),
        (r"\right)", ")"),
        (r"\begin{cases} ", "["),
        (r" & \text{otherwise} \end{cases}", "]"),
        (r" & \text{if } ", " if "),
        (r" \\ ", " else "),
        ("(x if |x| < 0.25 else 0)", "s"),
        (r"[x if \left|x\right| < 0.25 else 0]", "s"),
        ("(1 if |x| < 0.25 else x)", "t"),
        (r"[1 if \left|x\right| < 0.25 else x]", "t"),
    ):
        text = text.replace(latex, short)
    return re.sub(r"\((\[([^][]|\[[^][]*\])*\]|[st])\)", r"\1", text)


def written(row):
    """Return the lines of the golden list for a row: what it and its derivatives print as."""
    primitive = elementwise.TABLE[row]
    operands = OPERANDS.get(row) or {1: ("x",), 2: ("a", "b")}[len(primitive.vjps)]
    texts = {f"{row}({', '.join(operands)})": primitive.formula(*operands)}
    for i, operand in enumerate(operands):
        texts[f"    ∂{operand}"] = primitive.derivative(i, *operands)
    lines = [f"{head:12}  {text}  |  {text.latex()}" for head, text in texts.items()]
    return "\n".join(map(shortened, lines))


def by_row(text):
    """Split the golden list into the lines of each row."""
    blocks = re.split(r"\n(?=\w)", text.strip())
    return {block.partition("(")[0]: block for block in blocks}


def test_the_golden_list_has_every_row_in_the_order_of_the_table():
    assert list(by_row(GOLDEN)) == list(elementwise.TABLE)


@pytest.mark.parametrize("row", elementwise.TABLE)
def test_every_row_prints_its_formula_and_derivatives_as_in_the_golden_list(row):
    assert written(row) == by_row(GOLDEN)[row]


def test_the_output_may_stand_in_a_derivative():
    table = elementwise.TABLE
    assert str(table["sqrt"].derivative(0, "x", output="y")) == "1/(2 × y)"
    assert table["reciprocal"].derivative(0, "x", output="y").latex() == "-y^{2}"
    assert str(table["divide"].derivative(1, "a", 2.0, output="y")) == "-y/2"
    assert str(table["hypot"].derivative(0, "a", "b", output="r")) == "a/(1 if r = 0 else r)"


@pytest.mark.parametrize(
    "exponent, text",
    [(-1, "-a**(-2)"), (0, "0"), (0.5, "0.5 × a**(-0.5)"), (1, "1"), (2, "2 × a"), (3, "3 × a²")],
)
def test_the_derivative_of_a_constant_power_is_that_of_the_schoolbook(exponent, text):
    assert str(elementwise.TABLE["power"].derivative(0, "a", exponent)) == text


# -- brackets --------------------------------------------------------------------------------------

power, square, divide, exp = symbols.power, symbols.square, symbols.divide, symbols.exp
choice = symbols.where(symbols.less(a, b), a, b)


@pytest.mark.parametrize(
    "formula, plain, latex",
    [
        (a - (b - c), "a - (b - c)", "a - (b - c)"),
        (a - b - c, "a - b - c", "a - b - c"),
        (a - b * c, "a - b × c", r"a - b \cdot c"),
        (a * (b + c), "a × (b + c)", r"a \cdot (b + c)"),
        (a * (b * c), "a × (b × c)", r"a \cdot (b \cdot c)"),
        (a + -b, "a + (-b)", "a + (-b)"),
        (-(a + b), "-(a + b)", "-(a + b)"),
        (-(a * b), "-a × b", r"-a \cdot b"),
        (a * number(-2.0), "a × (-2)", r"a \cdot (-2)"),
        (divide(a, divide(b, c)), "a/(b/c)", r"\frac{a}{\frac{b}{c}}"),
        (divide(divide(a, b), c), "a/b/c", r"\frac{\frac{a}{b}}{c}"),
        (divide(a + b, b * c), "(a + b)/(b × c)", r"\frac{a + b}{b \cdot c}"),
        (a * divide(b, c), "a × (b/c)", r"a \cdot \frac{b}{c}"),
        (square(divide(a, b)), "(a/b)²", r"(\frac{a}{b})^{2}"),
        (power(symbols.reciprocal(a), b), "(1/a)**b", r"(\frac{1}{a})^{b}"),
        (square(-a), "(-a)²", "(-a)^{2}"),
        (-square(a), "-a²", "-a^{2}"),
        (square(square(a)), "(a²)²", "(a^{2})^{2}"),
        (power(power(a, b), c), "(a**b)**c", "(a^{b})^{c}"),
        (power(a, power(b, c)), "a**b**c", "a^{b^{c}}"),
        (power(a, b - 1.0), "a**(b - 1)", "a^{b - 1}"),
        (power(number(-2.0), a), "(-2)**a", "(-2)^{a}"),
        (square(exp(a)), "exp(a)²", "(e^{a})^{2}"),
        (exp(-square(a)), "exp(-a²)", "e^{-a^{2}}"),
        (symbols.exp2(a + b), "exp2(a + b)", "2^{a + b}"),
        (square(symbols.sqrt(a)), "sqrt(a)²", r"\sqrt{a}^{2}"),
        (square(symbols.abs(a - b)), "|a - b|²", r"\left|a - b\right|^{2}"),
        (symbols.cbrt(a), "cbrt(a)", r"\sqrt[3]{a}"),
        (symbols.logical_or(symbols.less(a, b), c), "(a < b) or c", r"(a < b) \vee c"),
        (symbols.less(a, b) * c, "(a < b) × c", r"(a < b) \cdot c"),
        (symbols.equal(a, b) + c, "(a = b) + c", "(a = b) + c"),
        (power(number(1e-7), a), "1e-7**a", r"(1 \cdot 10^{-7})^{a}"),
        (square(number(1e20)), "1e20²", r"(1 \cdot 10^{20})^{2}"),
        (a * number(1e20), "a × 1e20", r"a \cdot (1 \cdot 10^{20})"),
        (number(1e20) * a, "1e20 × a", r"1 \cdot 10^{20} \cdot a"),
    ],
)
def test_brackets_are_where_they_must_be_and_nowhere_else(formula, plain, latex):
    assert str(formula) == plain
    assert shortened(formula.latex()) == latex


def test_a_choice_in_latex_is_set_apart_from_what_follows_it():
    cases = r"\begin{cases} a & \text{if } a < b \\ b & \text{otherwise} \end{cases}"
    assert choice.latex() == cases
    assert exp(choice).latex() == f"e^{{{cases}}}"
    assert divide(choice, c).latex() == rf"\frac{{{cases}}}{{c}}"
    for formula, rest in (
        (choice + c, " + c"),
        (choice * c, r" \cdot c"),
        (square(choice), "^{2}"),
    ):
        opened, closed, after = formula.latex().partition(cases)
        assert opened in ("(", r"\left(")
        assert closed == cases
        assert after in (f"){rest}", rf"\right){rest}")


def test_what_a_format_does_not_know_is_a_call():
    formula = symbols.some_row(a, symbols.tanh(b + 1.0))
    assert str(formula) == "some_row(a, tanh(b + 1))"
    assert formula.python() == "some_row(a, tanh(b + 1.0))"
    assert formula.latex() == r"\operatorname{some\_row}\left(a, \tanh\left(b + 1\right)\right)"


# -- numbers and names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, plain, latex",
    [
        (2.0, "2", "2"),
        (-2.5, "-2.5", "-2.5"),
        (0.1, "0.1", "0.1"),
        (1 / 3, "0.333333333333", "0.333333333333"),
        (1e-7, "1e-7", r"1 \cdot 10^{-7}"),
        (-2.5e20, "-2.5e20", r"-2.5 \cdot 10^{20}"),
        (123456789.0, "123456789", "123456789"),
        (inf, "inf", r"\infty"),
        (-inf, "-inf", r"-\infty"),
        (nan, "nan", r"\mathrm{nan}"),
    ],
)
def test_numbers_have_twelve_digits(value, plain, latex):
    assert str(number(value)) == plain
    assert number(value).latex() == latex


@pytest.mark.parametrize(
    "text, latex",
    [
        ("x", "x"),
        ("π", r"\pi"),
        ("θ_1", r"\theta_{1}"),
        ("alpha", r"\alpha"),
        ("w_1", "w_{1}"),
        ("w_12", "w_{12}"),
        ("w_ij", "w_{ij}"),
        ("loss", r"\mathrm{loss}"),
        ("x1", r"\mathrm{x1}"),
        ("w_1_2", r"\mathrm{w\_1\_2}"),
        ("x_", r"\mathrm{x\_}"),
        ("_", r"\_"),
        ("learning rate", r"\mathrm{learning\ rate}"),
        ("100%", r"\mathrm{100\%}"),
        ("a&b", r"\mathrm{a\&b}"),
        ("$x$", r"\mathrm{\$x\$}"),
        ("#1", r"\mathrm{\#1}"),
        ("{x}", r"\mathrm{\{x\}}"),
        ("a^b", r"\mathrm{a\hat{\ }b}"),
        ("a~b", r"\mathrm{a\sim b}"),
        (r"\input{x}", r"\mathrm{\backslash input\{x\}}"),
        ("%_1", r"\%_{1}"),
        ("{_1", r"\{_{1}"),
    ],
)
def test_names_are_set_as_mathematics_and_obey_nothing(text, latex):
    assert name(text).latex() == latex


def test_a_name_of_two_lines_makes_no_paragraph_in_a_formula():
    assert not re.search(r"\s*\n\s*", name("first\n\nsecond").latex())


ESCAPED = re.compile(r"\\(?:[&%$#_{} ]|[A-Za-z]+)")


@settings(derandomize=True, database=None, deadline=None)
@given(st.text(st.sampled_from("ax1_ \\&%$#{}~^é²-'\""), min_size=1, max_size=5))
def test_no_name_whatever_reaches_latex_unescaped(text):
    latex = name(text).latex()
    bare = ESCAPED.sub("", latex)
    assert not set(bare) & set("\\&%$#~^"), latex
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"\{[^{}]*\{[^{}]*\{", bare)
    depth = 0
    for character in bare:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0, latex


leaves = st.sampled_from([a, name("w_12"), number(2.0), number(-1e-9), number(1e30), number(inf)])
formulas = st.recursive(
    leaves,
    lambda x: (
        st.builds(
            lambda operation, x, y: Formula(operation, (x, y)),
            st.sampled_from(["add", "multiply", "divide", "power", "maximum", "less"]),
            x,
            x,
        )
        | st.builds(
            lambda operation, x: Formula(operation, (x,)),
            st.sampled_from(["negative", "square", "exp", "sqrt", "abs", "sin", "reciprocal"]),
            x,
        )
        | st.builds(lambda c, x, y: Formula("where", (c, x, y)), x, x, x)
    ),
    max_leaves=8,
)


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(formulas)
def test_no_latex_has_two_exponents_on_one_base_or_an_open_bracket(formula):
    latex = formula.latex()
    assert latex.count(r"\left") == latex.count(r"\right")
    assert latex.count("(") == latex.count(")")
    depth, ended = 0, set()  # the depths at which an exponent has just ended
    opened_by_exponent = []
    for i, character in enumerate(latex):
        if character == "{":
            opened_by_exponent.append(latex[i - 1] == "^")
            depth += 1
        elif character == "}":
            depth -= 1
            if opened_by_exponent.pop():
                ended.add(depth)
                continue
        elif character == "^":
            assert depth not in ended, latex
        ended.discard(depth)
    assert depth == 0


JAVASCRIPT = [
    (a - (b - c), "a - (b - c)"),
    (a / (b * 2.0), "a/(b*2)"),
    (symbols.negative(-a) * -b, "-(-a)*-b"),
    (symbols.power(a, 2.0), "power(a, 2)"),
    (symbols.where(symbols.equal(a, 0.0), 1.0, a), "((a === 0) ? 1 : a)"),
    (
        symbols.where(symbols.logical_and(symbols.less(a, b), symbols.greater_equal(b, c)), a, b),
        "(((a < b) && (b >= c)) ? a : b)",
    ),
    (a * inf + number(-inf) + nan, "a*Infinity + (-Infinity) + NaN"),
    (a * 1e-7 + 0.1, "a*1e-07 + 0.1"),
]


@pytest.mark.parametrize("formula, text", JAVASCRIPT)
def test_a_formula_prints_as_javascript(formula, text):
    assert formula.javascript() == text
