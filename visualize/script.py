"""What the page says at each step, and all that its JavaScript knows: plain data for JSON.

    script = Script(reading)
    script.steps[3]     # {'k': 'op', 'n': 5, 's': 'Forward: J = 3 × v = 3 × 11 = 33.', ...}

Step 0 is the start; then comes a step for each operation, one for the seed ∂J/∂J = 1, one for each
contribution to a gradient, and the end. All words and numbers are written here, so the page only
decides which of them to show: what it looks like at a step depends on the number of the step alone.

The keys are short because there are many: k kind, s sentence, n the card that is made, m the card
that it comes from, e edges; o is the neuron inside which the step happens.
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
        self._used: set[int] = set()  # what has had a part of its gradient
        self.steps: list[Step] = [
            self._start(),
            *map(self._operation, self.replay.operations),
            self._seed(),
            *map(self._use, self.replay.uses),
            self._done(),
        ]
        self._mark_insides()

    # -- the steps ---------------------------------------------------------------------------------

    def _start(self) -> Step:
        names = [self.name(node) for node in self.reading.nodes if node.is_leaf]
        known = listed(names, "is known", "are known")
        what = " The rest is computed from left to right." if self.replay.operations else ""
        return {"k": "start", "s": f"Start: {known}.{what}"}

    def _operation(self, node: Node) -> Step:
        name, value = self.name(node), number(node.data)
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

    def _use(self, use: Use) -> Step:
        edge = use.edge
        child, parent = self.name(edge.child), self.name(edge.parent)
        upstream, local, share, before, after = (
            number(x) for x in (use.upstream, edge.local, edge.contribution, use.before, use.after)
        )
        if use.edge.local is None:
            sentence = f"Backward: how {child} passes its gradient to {parent} is written by hand"
            final = number(self.replay.gradients[id(edge.parent)])
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
        slope = clean(self.reading.slope(edge))
        partial = f"∂{child}/∂{parent}"
        return {
            "k": "use",
            "s": sentence,
            "n": self.number[id(edge.parent)],
            "m": self.number[id(edge.child)],
            "e": [self.edge_numbers[id(edge.child), edge.argnum]],
            "u": upstream,
            "l": local,
            "d": f"{partial} = {cut(slope, 24)}" if slope not in ("", local) else partial,
            "c": share,
            "a": f"{before} + {bracketed(share)}",
            "g": after,
            "t": self.tint(use.after),
        }

    def _done(self) -> Step:
        leaves = [n for n in self.reading.nodes if n.is_leaf and n.requires_grad]
        gradients = self.replay.gradients
        root = self.name(self.reading.root)
        most = max(leaves, key=lambda n: abs(gradients[id(n)] or 0.0), default=None)
        sentence = "Done: every gradient is there."
        if most is not None and not gradients[id(most)]:
            sentence = f"Done: where one of the inputs changes by a little, {root} stays as it is."
        elif most is not None and not math.isfinite(gradients[id(most)] or 0.0):
            bad = number(gradients[id(most)])
            sentence = (
                f"Done: the gradient of {self.name(most)} is {bad}, from which nothing follows."
            )
        elif most is not None:
            slope = number(gradients[id(most)])
            moves = "falls" if slope.startswith("−") else "grows"
            sentence = (
                f"Done: each gradient says how fast {root} changes with that value. Where"
                f" {self.name(most)} grows by a little, {root} {moves} by"
                f" {slope.removeprefix('−')} times as much."
            )
        chips = [[f"∂{root}/∂{self.name(n)}", number(gradients[id(n)])] for n in leaves[:_CHIPS]]
        more = len(leaves) - _CHIPS
        return {"k": "done", "s": sentence, "q": chips, "r": f"+ {more} more" if more > 0 else ""}

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
            words.append(f"{clean(activation(neuron))}({number(neuron.total.data)})")
        return f"Forward, neuron by neuron: {' = '.join([*words, number(neuron.out.data)])}."

    def _learns(self, neuron: Neuron) -> str:
        gradients = self.replay.gradients
        out, total = (number(gradients[id(node)]) for node in (neuron.out, neuron.total))
        name, count = self.name(neuron.out), len(neuron.parameters)
        through = "" if neuron.is_linear else f", before {clean(activation(neuron))} {total}"
        return (
            f"Backward, inside {name}: its gradient is {out}{through}; each of its {count}"
            " parameters gets that times what it was multiplied by. Click the card to see them."
        )

    # -- words and numbers -------------------------------------------------------------------------

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
        """Return what does not agree with the numbers in the graph, a sentence each."""
        found = []
        if old := self.replay.outdated:
            found.append(outdated_words([self.name(node) for node in old]))
        if differing := self.replay.differing:
            node = differing[0]
            more = f", and {len(differing) - 1} more" if len(differing) > 1 else ""
            found.append(
                f"The stored grad differs: {self.name(node)}.grad is {number(node.grad)}, and one"
                f" pass gives {number(self.replay.gradients[id(node)])}{more}. Was backward()"
                " called more than once without zero_grad(), or from another result?"
            )
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
        operands = [bracketed(number(x)) for x in node.inputs]
        return cut(clean(written(node.primitive, operands)), _LONG)


def number(x: Any) -> str:
    """Write a number as `style` does, with a true minus; ? for none."""
    x = plain(x)
    return "?" if x is None else style.number(x).replace("-", "−")


def bracketed(text: str) -> str:
    """Put a negative number in brackets, 0 + (−0.3)."""
    return f"({text})" if text.startswith("−") else text


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
