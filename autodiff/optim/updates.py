"""Updates: the rule of an optimiser as lines of NumPy that write where numbers are.

    def update(rate, g, x, v, s1):          # SGD with momentum 0.9
        np_multiply(v, 0.9, out=v)
        np_add(v, g, out=v)
        np_multiply(rate, v, out=s1)
        np_subtract(x, s1, out=x)
        return ()

They are printed from the rule, by the symbol vocabulary: what it computes on the way goes to
scratch memory that stays in the processor's cache, where the rule itself would ask for new memory
each time.
"""

from __future__ import annotations

from .. import floats, symbols

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..symbols import Formula


_BLOCK = 65_536  # numbers, of which half a dozen blocks stay in the processor's second cache


class Plan:
    """What a rule does to one array and to what is remembered of it, in blocks if it is large."""

    def __init__(self, update: Update, x: Any, memory: Sequence[Any], np: Any) -> None:
        self.x = x
        self.update = update
        held = [x, *(part for part in memory if type(part) is not float)]
        self.held = [id(part) for part in held]
        alike = all(part.strides == x.strides and part.dtype == x.dtype for part in held)
        self._flat = alike and (x.flags.c_contiguous or x.flags.f_contiguous)
        if self._flat:
            held = [part.ravel(order="K") for part in held]
        size = min(_BLOCK, x.size) if self._flat else x.size
        scratch = [
            np.empty_like(held[0][:size] if self._flat else x) for _ in range(update.scratch)
        ]
        self._blocks: list[tuple[Any, tuple[Any, ...]]] = []
        if not self._flat or x.size <= _BLOCK:
            self._blocks.append((..., (*held, *scratch)))
            return
        for start in range(0, x.size, _BLOCK):
            part = slice(start, min(start + _BLOCK, x.size))
            short = [s[: part.stop - start] for s in scratch]
            self._blocks.append((part, (*(h[part] for h in held), *short)))

    def fits(self, update: Update, x: Any, memory: Sequence[Any]) -> bool:
        """Return whether it is one for these."""
        if update is not self.update or x is not self.x:
            return False
        return all(
            id(part) == held
            for part, held in zip([m for m in memory if type(m) is not float], self.held[1:])
        )

    def run(self, rate: float, g: Any, counts: Sequence[float]) -> tuple[float, ...]:
        """Take the step; return the new counts."""
        run = self.update.run
        new: tuple[float, ...] = ()
        if self._flat:
            g = g.ravel(order="K")
        for part, arrays in self._blocks:
            new = run(rate, g[part], *counts, *arrays)
        return new


class Update:
    """A rule as a function of the rate, g, counts, x, what else is remembered, and scratch.

    Arrays are changed in place, but for g, unless it is to be `spent`. It returns the new counts.
    """

    def __init__(
        self, rule: Callable[..., Any], xp: Any, remembers: Sequence[str], spent: bool = False
    ) -> None:
        memory = [f"m{i}" for i in range(len(remembers))]
        counts = [name for name, what in zip(memory, remembers) if what == "count"]
        made = rule(symbols, *map(symbols.name, ("rate", "x", "g", *memory)))
        wanted = dict(zip(("x", *memory), made))
        self.lines, self.scratch = _lines({"rate", *counts}, wanted, spent)
        arrays = [name for name in memory if name not in counts]
        scratch = [f"s{i + 1}" for i in range(self.scratch)]
        new = "".join(f"{wanted[name].python()}, " for name in counts)
        head = f"def update({', '.join(['rate', 'g', *counts, 'x', *arrays, *scratch])}):"
        body = [
            f"np_{word}({', '.join(operands)}, out={out})" for word, operands, out in self.lines
        ]
        self.text = "\n    ".join([head, *body, f"return ({new})"])
        words = {word: getattr(xp, word) for word, _, _ in self.lines}
        space = {**vars(floats), **{f"np_{word}": function for word, function in words.items()}}
        exec(compile(self.text, "<update>", "exec"), space)  # noqa: S102  (printed from our rules)
        self.run: Callable[..., tuple[float, ...]] = space["update"]


def _lines(
    numbers: set[str], wanted: dict[str, Formula], spent: bool
) -> tuple[list[tuple[str, list[str], str]], int]:
    """Return the lines, as word, operands and where to write, and how many scratch arrays they use.

    `numbers` are the names that are plain numbers, `wanted` is what x and the rest becomes.
    """
    arrays = {name: formula for name, formula in wanted.items() if name not in numbers}
    order: dict[int, Formula] = {}
    for name in [*(name for name in arrays if name != "x"), "x"]:  # which is made of them
        for part in arrays[name].parts():
            if part.operation != "name" and not part.names() <= numbers:
                order.setdefault(id(part), part)
    operations = list(order.values())
    last = {_key(x): i for i, formula in enumerate(operations) for x in formula.operands}
    ends = {id(formula): name for name, formula in arrays.items()}
    last.update({key: len(operations) for key in ends})
    place: dict[Any, str] = {name: name for name in ("g", *arrays)}
    free: list[str] = []
    lines = []
    scratch = 0
    for i, formula in enumerate(operations):
        operands = [
            x.python() if x.names() <= numbers else place[_key(x)] for x in formula.operands
        ]
        now = [
            place.pop(key)
            for key in dict.fromkeys(map(_key, formula.operands))
            if last.get(key) == i and key in place and (spent or place[key] != "g")
        ]
        end = ends.get(id(formula))
        # Where it is to end; else where an operand was; else where nothing is.
        out = next((f for f in (*free, *now) if f == end), None) or next(iter(now), None)
        out = out or next((f for f in reversed(free) if f[0] in "gs"), None)
        free += now
        if out is None:
            scratch += 1
            out = f"s{scratch}"
        else:
            free.remove(out)
        place[id(formula)] = out
        lines.append((formula.operation, operands, out))
    if any(place[_key(formula)] != name for name, formula in arrays.items()):
        raise AssertionError("a rule whose arrays cannot be changed in place, one after the other")
    return lines, scratch


def _key(formula: Formula) -> Any:
    """Return what tells arrays apart: names by what they are called."""
    return formula.value if formula.operation == "name" else id(formula)
