"""What the page says at each step, and all that its JavaScript knows: plain data for JSON.

    script = Script(reading)
    script.said(3)      # 'Forward: J = 3 × v = 3 × 11 = 33.'
    script.steps[3]     # {'k': 'op', 'n': 5, 's': that sentence with slots for its numbers, ...}

Step 0 is the start; then comes a step for each operation, one for the seed ∂J/∂J = 1, one for each
contribution to a gradient, and the end. All words are written here, so the page only decides which
of them to show: what it looks like at a step depends on the number of the step alone. The numbers
of the recorded run are written here too, in `strings`; those of another run the page puts into the
same sentences.

The keys are short because there are many: k kind, s sentence, n the card that is made, m the card
that it comes from, e edges, i which use; o is the neuron inside which the step happens.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from autodiff import symbols
from autodiff.graph import Node
from autodiff.symbols import Formula

from . import style
from .networks import Neuron
from .reading import Reading, activation, plain, written
from .replay import Replay, Use, outdated_words
from .slots import bracketed, cut_filled, filled, slot
from .text import clean, cut, listed

Step = dict[str, Any]

_CHIPS = 12  # gradients that the last step lists
_LONG = 60  # characters of a formula in the equation, and with numbers in it
_TITLE = 25  # operations and names of a formula that can be a title


class Script:
    """The steps of a run, and what there is to say of its nodes and edges.

    `edges` are pairs of node numbers, an operand and what was made from it, as in `edge_numbers`.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.replay = Replay(reading.nodes)
        self.number = {id(node): i for i, node in enumerate(reading.nodes)}
        self.parts = _parts(reading)
        self._by_total = {id(neuron.total): neuron for neuron in reading.neurons}
        self.largest = style.largest(self.replay.gradients.values())
        self.edge_numbers: dict[tuple[int, int], int] = {}  # by the child's id and the place in it
        self.edges: list[tuple[int, int]] = []
        for node in reading.nodes:
            for argnum, operand in enumerate(node.inputs):
                if isinstance(operand, Node):
                    self.edge_numbers[id(node), argnum] = len(self.edges)
                    self.edges.append((self.number[id(operand)], self.number[id(node)]))
        self.shares = {
            self.edge_numbers[id(use.edge.child), use.edge.argnum]: plain(use.edge.contribution)
            for use in self.replay.uses
        }
        self.largest_share = style.largest(self.shares.values())
        self.strings = self._strings()
        self._used: set[int] = set()  # what has had a part of its gradient
        self.steps: list[Step] = [
            self._start(),
            *map(self._operation, self.replay.operations),
            self._seed(),
            *map(self._use, range(len(self.replay.uses)), self.replay.uses),
            self._done(),
        ]
        self._mark_insides()

    def _strings(self) -> dict[str, list[str]]:
        """Return the numbers of the recorded run, as they are shown, for the slots of the texts."""
        nodes, uses, totals = self.reading.nodes, self.replay.uses, self.replay.gradients
        return {
            "v": [number(node.data) for node in nodes],
            "g": [number(totals[id(n)]) if n.requires_grad else style.NO_GRADIENT for n in nodes],
            "u": [number(use.upstream) for use in uses],
            "l": [number(use.edge.local) for use in uses],
            "c": [number(use.edge.contribution) for use in uses],
            "b": [number(use.before) for use in uses],
            "a": [number(use.after) for use in uses],
        }

    def said(self, step: int) -> str:
        """Return what is said at a step of the recorded run."""
        return filled(self.steps[step]["s"], self.strings)

    # -- the steps ---------------------------------------------------------------------------------

    def _start(self) -> Step:
        names = [self.name(node) for node in self.reading.nodes if node.is_leaf]
        known = listed(names, "is known", "are known")
        what = " The rest is computed from left to right." if self.replay.operations else ""
        return {"k": "start", "s": f"Start: {known}.{what}"}

    def _operation(self, node: Node) -> Step:
        name, value = self.name(node), slot("v", self.number[id(node)])
        formula, numbers = self._formula(node), self._numbers(node)
        words = dict.fromkeys(word for word in (name, formula, numbers, value) if word)
        edges = [
            self.edge_numbers[id(node), argnum]
            for argnum, operand in enumerate(node.inputs)
            if isinstance(operand, Node)
        ]
        return {
            "k": "op",
            "s": f"Forward: {' = '.join(words)}.",
            "n": self.number[id(node)],
            "e": edges,
            "f": [formula, numbers, value],
        }

    def _seed(self) -> Step:
        root = self.name(self.reading.root)
        sentence = (
            f"Backward starts here: {root} changes exactly as fast as itself, so its gradient is 1."
        )
        number_ = self.number[id(self.reading.root)]
        return {"k": "seed", "s": sentence, "n": number_, "t": self.tint(1.0)}

    def _use(self, i: int, use: Use) -> Step:
        edge = use.edge
        child, parent = self.name(edge.child), self.name(edge.parent)
        upstream, local, share, before, after = (slot(kind, i) for kind in "ulcba")
        if use.edge.local is None:
            sentence = f"Backward: how {child} passes its gradient to {parent} is written by hand"
            final = slot("g", self.number[id(edge.parent)])
            sentence += f", and not recorded. In the end the gradient of {parent} is {final}."
        else:
            sentence = (
                f"Backward: the gradient of {child} is {upstream}; times the local derivative"
                f" {local} it sends {share} to {parent}, "
            )
            earlier = id(edge.parent) in self._used
            if use.before is None or use.after is None:
                sentence += "of which another part is written by hand, and not recorded."
            elif earlier:
                sentence += f"which was used before: its gradient adds up from {before} to {after}."
            else:
                sentence += f"whose gradient goes from {before} to {after}."
        self._used.add(id(edge.parent))
        step = {
            "k": "use",
            "s": sentence,
            "n": self.number[id(edge.parent)],
            "m": self.number[id(edge.child)],
            "e": [self.edge_numbers[id(edge.child), edge.argnum]],
            "i": i,
            "d": self._partial(use, f"∂{child}/∂{parent}"),
            "t": self.tint(use.after),
        }
        if not self.reading.is_always(edge):  # elsewhere the slope may be another of its cases
            step["D"] = f"∂{child}/∂{parent}"
        return step

    def _partial(self, use: Use, partial: str) -> str:
        slope = clean(self.reading.slope(use.edge))
        told = slope not in ("", number(use.edge.local))
        return f"{partial} = {cut(slope, 24)}" if told else partial

    def _done(self) -> Step:
        leaves = [n for n in self.reading.nodes if n.is_leaf and n.requires_grad]
        gradients = self.replay.gradients
        root = self.name(self.reading.root)
        most = max(leaves, key=lambda n: abs(gradients[id(n)] or 0.0), default=None)
        endings = _endings(root)
        if most is None:
            sentence = "Done: every gradient is there."
        else:
            wrong = [n for n in leaves if not math.isfinite(gradients[id(n)] or 0.0)]
            most = wrong[0] if wrong else most
            total = gradients[id(most)] or 0.0
            kind = 1 if wrong else 0 if not total else 2 + (total > 0.0)
            if not math.isfinite(self.reading.root.data):
                kind = 4
            sentence = endings[kind].replace("\x02n;", self.name(most))
            place = self.number[id(most)]
            sentence = sentence.replace("\x02x;", slot("g", place)).replace("\x02y;", _size(total))
        chips = [
            [f"∂{root}/∂{self.name(n)}", slot("g", self.number[id(n)])] for n in leaves[:_CHIPS]
        ]
        more = len(leaves) - _CHIPS
        return {
            "k": "done", "s": sentence, "q": chips, "r": f"+ {more} more" if more > 0 else "",
            "w": endings if leaves else [],
        }  # fmt: skip

    # -- neurons, in which steps happen that are not seen while they are folded -------------------

    def _mark_insides(self) -> None:
        """Note on the steps inside neurons whose they are; the last of each run sums them up."""
        last: dict[tuple[str, int], Step] = {}
        for step in self.steps:
            for key in self._key(step):
                k = self.parts.get(key)
                if k is not None:
                    step["o"] = k
                    last[step["k"], k] = step
        for k, neuron in enumerate(self.reading.neurons):
            for kind, words in (("op", self._computes), ("use", self._learns)):
                if (kind, k) in last:
                    last[kind, k]["w"] = words(neuron)

    def _key(self, step: Step) -> Iterator[tuple[int, int]]:
        if step["k"] == "op":
            yield step["n"], step["n"]
        elif step["k"] == "use":
            yield step["m"], step["n"]

    def _computes(self, neuron: Neuron) -> str:
        words = [self.name(neuron.out), clean(self.reading.neuron_formula(neuron))]
        if not neuron.is_linear:
            words.append(f"{clean(activation(neuron))}({self._slot('v', neuron.total)})")
        return f"Forward, neuron by neuron: {' = '.join([*words, self._slot('v', neuron.out)])}."

    def _learns(self, neuron: Neuron) -> str:
        out, total = (self._slot("g", node) for node in (neuron.out, neuron.total))
        name, count = self.name(neuron.out), len(neuron.parameters)
        through = "" if neuron.is_linear else f", before {clean(activation(neuron))} {total}"
        return (
            f"Backward, inside {name}: its gradient is {out}{through}; each of its {count}"
            " parameters gets that times what it was multiplied by. Click the card to see them."
        )

    # -- words and numbers -------------------------------------------------------------------------

    def _slot(self, kind: str, node: Node, brackets: bool = False) -> str:
        return slot(kind, self.number[id(node)], brackets)

    def name(self, node: Node) -> str:
        """Return the name of a node, as long as a sentence can bear."""
        return cut(self.reading.name(node), 40)

    def tint(self, x: float | None) -> int:
        """Return how strongly to tint a gradient, from 0 to 100."""
        return round(100 * style.strength(x, self.largest)) if x else 0

    def title(self) -> str:
        """Return the name of the root, and its formula in its inputs if that is short."""
        built: dict[int, tuple[int, Formula]] = {}
        for node in self.reading.nodes:
            name = symbols.name(self.reading.name(node))
            parts = [built[id(x)] if isinstance(x, Node) else None for x in node.inputs]
            size = 1 + sum(part[0] if part else 1 for part in parts)
            operands = [
                part[1] if part else symbols.number(float(x)) for part, x in zip(parts, node.inputs)
            ]
            formula = None
            if not node.is_leaf and size <= _TITLE:
                formula = self.reading.formula_of(node, operands)
            built[id(node)] = (size, formula) if formula is not None else (_TITLE + 1, name)
            if node.is_leaf:
                built[id(node)] = (1, name)
        root = self.reading.root
        size, whole = built[id(root)]
        called, text = self.reading.name(root), clean(str(whole))
        short = not root.is_leaf and size <= _TITLE and len(text) <= _LONG
        return f"{called} = {text}" if short else called

    def doubts(self) -> list[str]:
        """Return what does not belong together in the graph, a sentence each."""
        found = []
        if old := self.replay.outdated:
            found.append(outdated_words([self.name(node) for node in old]))
        return found

    def facts(self, node: Node) -> dict[str, str]:
        """Return what the tooltip of a node says, with every digit."""
        formula = clean(self.reading.formula(node, full=True))
        return {
            "n": self.reading.name(node),
            "f": cut(formula, 300),
            "k": self.reading.kind(node),
            "v": exact(node.data),
            "g": exact(self.replay.gradients.get(id(node))),
        }

    def formula(self, node: Node) -> str:
        """Return what the node was made from, for its card; of a neuron's sum w·x + b."""
        neuron = self._by_total.get(id(node))
        if neuron is not None:
            return "w·x + b" if len(neuron.parameters) > len(neuron.weights) else "w·x"
        return clean(self.reading.formula(node))

    def _formula(self, node: Node) -> str:
        text = clean(self.reading.formula(node))
        return text if len(text) <= _LONG else self.formula(node)

    def _numbers(self, node: Node) -> str:
        if node.primitive is None:
            return ""
        operands = [
            self._slot("v", x, brackets=True) if isinstance(x, Node) else bracketed(number(x))
            for x in node.inputs
        ]
        return cut_filled(written(node.primitive, operands), _LONG, self.strings)


def number(x: Any) -> str:
    """Write a number as `style` does, with a true minus; ? for none."""
    x = plain(x)
    return "?" if x is None else style.number(x).replace("-", "−")


def _endings(root: str) -> list[str]:
    """Return what is said at the end: of a largest gradient that is 0, not finite, below, above 0.

    The last is of a root that is not finite. The slots n, x and y are for the name of what has that
    gradient, the gradient, and its size.
    """

    def moves(verb: str) -> str:
        return (
            f"Done: each gradient says how fast {root} changes with that value. Where \x02n; grows"
            f" by a little, {root} {verb} by \x02y; times as much."
        )

    return [
        f"Done: where one of the inputs changes by a little, {root} stays as it is.",
        "Done: the gradient of \x02n; is \x02x;, from which nothing follows.",
        moves("falls"),
        moves("grows"),
        f"Done: {root} is no finite number, so its gradients say nothing.",
    ]


def _size(x: float) -> str:
    return number(abs(x))


def exact(x: Any) -> str:
    """Write a number with all its digits; the empty text for none."""
    x = plain(x)
    return "" if x is None else style.exact(x).replace("-", "−")


def _parts(reading: Reading) -> dict[tuple[int, int], int]:
    """Return the neuron inside which an operation, or a use, happens, by the nodes' numbers."""
    number = {id(node): i for i, node in enumerate(reading.nodes)}
    inside: dict[tuple[int, int], int] = {}
    for k, neuron in enumerate(reading.neurons):
        total, out = number[id(neuron.total)], number[id(neuron.out)]
        inside[total, total] = inside[out, out] = k
        if total != out:
            inside[out, total] = k
        for leaf in neuron.parameters:
            inside[total, number[id(leaf)]] = k
    return inside
