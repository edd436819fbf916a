"""The picture in the page, as SVG: cards, curves and labels in their finished state.

    scene = Scene(script, fold=False)
    scene.svg       # <svg ...>, every card with its value and gradient

It is what one sees where JavaScript is off; the page's own script only changes what a card says and
how it is outlined. Neurons may be folded, each into one card: what is inside is drawn as well, but
shown only when that card is clicked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from autodiff.graph import Node

from . import style
from .positions import HEIGHT, Places, Point, positions
from .script import Script
from .slots import bracketed
from .unfolding import Panel, hidden_in, measure, shortened

NARROWEST, WIDEST = 152.0, 236.0  # cards
SIDE = 14.0  # from a card's edge to its text
HEAD = 34.0  # the height of its header

_NAME, _NOTE = 16.0, 12.5  # sizes of text in the header
_LEVELS = 4  # of an edge's colour

_MORE = '<use href="#more" class="more"/>'  # the sign of a card that unfolds


class Scene:
    """The picture of a run; `cards` are the nodes that have one, folded neurons among them."""

    def __init__(self, script: Script, fold: bool) -> None:
        self.script, self.reading = script, script.reading
        self.fold = fold
        nodes = self.reading.nodes
        self.neurons = self.reading.neurons if fold else []
        self.outs = {id(neuron.out): k for k, neuron in enumerate(self.neurons)}
        hidden = hidden_in(self.neurons)
        self.cards = [node for node in nodes if id(node) not in hidden]
        self.width = self._cardmeasure()
        self.places = self._placed()
        self.svg = "".join(self._picture())

    # -- where things are --------------------------------------------------------------------------

    def _placed(self) -> Places:
        number_of, script = self.script.number, self.script
        shown = {number_of[id(node)] for node in self.cards}
        totals = {
            number_of[id(n.total)]: number_of[id(n.out)] for n in self.neurons if not n.is_linear
        }
        dense = len(script.edges) > 6 * len(self.cards)
        self.labels: dict[int, str] = {}
        self.loose: set[int] = set()  # labels with no room of their own
        for step in script.steps:
            if step["k"] == "use":
                local = script.strings["l"][step["i"]]
                self.labels[step["e"][0]] = f"×{bracketed(local)}"
        edges: dict[int, tuple[int, int, str]] = {}
        for e, (tail, head) in enumerate(script.edges):
            into = totals.get(head, head)
            if tail in shown and into in shown and tail != into:
                label = self.labels.get(e, "").replace("×", "x").replace("−", "-")
                if into != head or dense or id(self.reading.nodes[head]) in self.outs:
                    self.loose.add(e)
                    label = ""
                edges[e] = (tail, into, label)
        frames = {} if self.fold else self._frames()
        return positions(sorted(shown), edges, self.width, frames)

    def _frames(self) -> dict[int, list[int]]:
        """Return the cards of each neuron, if none of them is also another's."""
        frames = {}
        for k, neuron in enumerate(self.reading.neurons):
            inside = {id(node) for node in (*neuron.parameters, neuron.total, neuron.out)}
            frames[k] = sorted(self.script.number[key] for key in inside)
        cards = [card for frame in frames.values() for card in frame]
        return frames if len(set(cards)) == len(cards) else {}

    def _cardmeasure(self) -> float:
        needed = NARROWEST
        for node in self.cards:
            name, note = self.reading.name(node), self._note(node)
            wide = measure(name, _NAME, True) + measure(note, _NOTE) + 8 + 2 * SIDE
            needed = max(needed, wide)
        return min(WIDEST, needed)

    # -- drawing -----------------------------------------------------------------------------------

    def _picture(self) -> Iterator[str]:
        wide, high = self.places.size
        yield (
            f'<svg id="picture" width="{wide:.0f}" height="{high:.0f}" '
            f'viewBox="0 0 {wide:.0f} {high:.0f}" role="group" '
            'aria-label="The computation graph, from inputs on the left to the result">'
        )
        yield self._definitions()
        yield '<g id="frames">'
        for k, (x, y, w, h) in self.places.frames.items():
            title = f"neuron {self.reading.name(self.reading.neurons[k].out)}"
            yield f'<rect class="frame" x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{h:.0f}"/>'
            title = escape(shortened(title, w - 28, 12.0))
            yield f'<text class="frame" x="{x + 14:.0f}" y="{y + 21:.0f}">{title}</text>'
        panels = [Panel(self, k, neuron) for k, neuron in enumerate(self.neurons)]
        for panel in panels:
            yield panel.ground()
        yield '</g><g id="edges">'
        for e, points in self.places.curves.items():
            yield self.edge(e, points)
        for panel in panels:
            yield panel.edges()
        yield '</g><path id="active"/><rect id="pill"/><g id="labels">'
        for e in self.places.curves:
            if label := self.labels.get(e):
                yield self._label(e, label)
        yield '</g><g id="cards">'
        for node in self.cards:
            yield self.card(node, self.places.cards[self.script.number[id(node)]])
        for panel in panels:
            yield panel.cards()
        yield '</g><circle id="dot" r="5"/></svg>'

    def _definitions(self) -> str:
        w, h, r = self.width, HEIGHT, 11
        markers = "".join(
            f'<marker id="m{m}" viewBox="0 0 11 10" refX="10.5" refY="5" markerWidth="11" '
            'markerHeight="10" markerUnits="userSpaceOnUse" orient="auto-start-reverse">'
            '<path d="M4 2h8v6h-8z"/><path d="M0 .8L10.5 5L0 9.2z"/></marker>'
            for m in (*range(_LEVELS + 1), "v", "w")
        )
        return (
            f'<defs>{markers}<g id="card"><rect class="body" width="{w:.0f}" height="{h:.0f}" '
            f'rx="{r}"/><path class="head" d="M0 {HEAD:.0f}V{r}a{r} {r} 0 0 1 {r}-{r}H{w - r:.0f}'
            f'a{r} {r} 0 0 1 {r} {r}V{HEAD:.0f}z"/><rect class="line" width="{w:.0f}" '
            f'height="{h:.0f}" rx="{r}"/><text x="{SIDE:.0f}" y="54">value</text>'
            f'<text x="{SIDE:.0f}" y="79">grad</text></g><rect id="tint" x="{w - 106:.0f}" '
            f'y="63" width="98" height="22" rx="7"/><path id="more" d="M{w - 21:.0f} 17h10m-5-5v10"'
            "/></defs>"
        )

    def card(self, node: Node, corner: Point, more: str = "") -> str:
        """Return a card with what it says in the end."""
        i, name = self.script.number[id(node)], self.reading.name(node)
        kind = self.reading.kind(node)
        room = self.width - 2 * SIDE - (16 if id(node) in self.outs else 0)
        shown = escape(shortened(name, room, _NAME, bold=True))
        note = self._note(node)
        left = room - measure(name, _NAME, True) - 8
        note = escape(shortened(note, left, _NOTE)) if left > 26 else ""
        note = f'<tspan class="f" dx="8">{note}</tspan>' if note else ""
        total = self.script.replay.gradients.get(id(node))
        value, grad = (self.script.strings[kind][i] for kind in "vg")
        right = self.width - SIDE
        tint, bad = self.script.tint(total), total is not None and total - total != 0.0
        x, y = corner
        fold = f' data-k="{self.outs[id(node)]}"' if id(node) in self.outs else ""
        seen = "" if total else ' opacity="0"'
        says = escape(f"{name}, {kind}, value {value}, gradient {grad}")
        return (
            f'<g class="c {kind}" data-n="{i}"{fold}{more} transform="translate({x:.1f} {y:.1f})" '
            f'tabindex="0" role="button" aria-label="{says}"><use href="#card"/>'
            f'<text class="n" x="{SIDE:.0f}" y="23">{shown}{note}</text>'
            f'<text class="v{" bad" * (node.data - node.data != 0.0)}" x="{right:.0f}" y="54">'
            f'{value}</text><use href="#tint" class="p{" bad" * bad}" style="--t:{tint}%"'
            f'{seen}/><text class="g{" bad" * bad}" x="{right:.0f}" y="79">{grad}</text>'
            f"{_MORE if fold else ''}</g>"
        )

    def edge(self, e: int, points: Sequence[Point], more: str = "") -> str:
        """Return a curve, as strong as what it contributes."""
        d = f"M{_at(points[0])}C{' '.join(map(_at, points[1:]))}"
        return f'<path id="e{e}" class="e{self._level(e)}"{more} d="{d}"/>'

    def _level(self, e: int) -> str:
        share = self.script.shares.get(e)
        if e not in self.script.shares:
            return " constant"
        if share is not None and share - share != 0.0:
            return " tw"
        return f" t{round(_LEVELS * style.strength(share, self.script.largest_share))}"

    def _label(self, e: int, text: str) -> str:
        points = self.places.curves[e]
        x, y = self.places.labels.get(e) or points[len(points) // 2]
        loose = ' class="loose"' if e in self.loose else ""
        return f'<text id="l{e}"{loose} x="{x:.0f}" y="{y + 4.5:.0f}">{text}</text>'

    def _note(self, node: Node) -> str:
        if id(node) in self.outs:
            return f"= {self.reading.neuron_formula(self.neurons[self.outs[id(node)]])}"
        formula = self.script.formula(node)
        return f"= {formula}" if formula else self.reading.kind(node)


def _at(point: Point) -> str:
    return f"{point[0]:g} {point[1]:g}"
