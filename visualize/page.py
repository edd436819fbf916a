"""`explore`: one self-contained page that steps through the forward and the backward pass.

    from visualize import explore

    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    J = 3 * (a + b * c)
    explore(J).save("J.html")       # needs no network, and no backward() before

Every number of the recorded run is written here; the page (`page.html`, `page.js`) decides which
of them to show at a step. `script` has the steps and their sentences, `scene` the picture,
`unfolding` what is inside a neuron. Where the reader moves an input, the page computes with the
rows that `live` has printed (`live.js`). Nothing in the graph is changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autodiff.graph import Node, topological_order
from autodiff.naming import known
from autodiff.wording import legible

from .drawing import check, check_gradients, check_limit, check_names, check_node
from .files import write_file
from .limits import FOLDABLE, MOST, counted, refusal
from .names import caller, name_all
from .style import DARK, LIGHT, THEMES, Theme
from .text import clean, cut, listed

if TYPE_CHECKING:
    from .bugs import Bug, Check
    from .film import Film
    from .live import Program
    from .scene import Scene
    from .script import Script

FOLDS = ("none", "neuron")
HEIGHT = 640  # of the page in a notebook
UNFOLDED = 40  # cards of a network that are shown without folding its neurons
_INSIDE = 5  # cards inside neurons to one outside, at most


class Page:
    """A page in `html`; it shows itself in a notebook, and `save` writes it."""

    def __init__(self, html: str) -> None:
        self.html = html

    def save(self, path: str | Path) -> str:
        """Write the page as a file; return its path. OSError leaves an older one whole."""
        if Path(path).suffix.lower() not in (".html", ".htm"):
            got, stem = legible(path, 300), legible(Path(path).stem)
            raise ValueError(
                f"cannot write {got}: a page that steps through a graph is HTML; expected a name"
                f" such as {stem}.html, or draw(J).save(...) for a picture"
            )
        write_file(Path(path), self.html.encode())
        return str(path)

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self.html)}" sandbox="allow-scripts" title="the chain rule,'
            f' step by step" width="100%" height="{HEIGHT}" style="border:0"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<page of {len(self.html.encode()) / 1000:.0f} KB: .save('J.html') writes it>"


def explore(
    root: Node | Film,
    title: str | None = None,
    *,
    fold: str | None = None,
    theme: str = "auto",
    names: Mapping[str, Any] | None = None,
    limit: int | None = None,
    grads: Mapping[Any, Any] | None = None,
) -> Page:
    """Make a page on which the graph of a Value can be stepped through, forward and backward.

    Its inputs can be moved, by sliders or a nudge at a time, and values and gradients follow; a
    quiz hides a number of each step and asks for it. Of a `Film` it shows every step of training.

    `grads` are gradients to check, as a student's: a dict from names or nodes to numbers. Without
    it those in `.grad` are checked, if there are any. Where one is wrong, the page points at the
    first edge at which it went wrong, and says what the mistake may have been.

    `fold` is "none", a card for each value, or "neuron", a card for each neuron that a click
    unfolds; by itself that where more than 40 cards would be shown. `theme` is "light", "dark" or
    "auto", the reader's. Names are found as by `draw`, or given as `names`, a dict from names to
    values.

    Raises TypeError for what is no Value, ValueError if there would be more than `limit` cards; by
    itself that is 1000.
    """
    from .film import Film

    film = root if isinstance(root, Film) else None
    root = root.root if isinstance(root, Film) else root
    check_node(root, "explore")
    check_limit(limit, "explore")
    check("explore", "theme", theme, THEMES)
    if fold is not None:
        check("explore", "fold", fold, FOLDS)
    check_names(names, "explore")
    check_gradients(grads, "explore")
    if hasattr(root, "shape"):
        raise TypeError(
            f"explore() got a Tensor of shape {root.shape}; expected a Value, as its steps are"
            " numbers: explain(L, w) speaks of arrays, and model.to_scalar()(x) is of Values"
        )
    most = limit or MOST
    if counted(root, most if fold == "none" else max(most, FOLDABLE)) is None:
        raise refusal(f"{most:,} values", most, "explore")
    namespaces = caller(1) if names is None else (names,)

    from .reading import Reading
    from .scene import Scene
    from .script import Script
    from .unfolding import hidden_in

    nodes = topological_order(root)
    reading = Reading(root, {})
    names_ = name_all(nodes, *namespaces, neurons=reading.neurons)
    if film is not None:
        names_ |= {id(root): name for name in known([film.latest], *namespaces).values()}
        reading, names_, copies = film.first(names_)
        nodes = reading.nodes
        grads = grads and {copies.get(id(key), key): number for key, number in grads.items()}
    reading.name_by(names_)
    folded = fold == "neuron" or (fold is None and len(nodes) > UNFOLDED and reading.neurons != [])
    inside = hidden_in(reading.neurons) if folded else set()
    # What is inside the neurons is drawn too, for each once more if they share their weights.
    opened = folded * sum(len(neuron.parameters) + 1 for neuron in reading.neurons)
    if len(nodes) - len(inside) > most or opened > _INSIDE * most:
        raise refusal(f"{most:,} cards", most, "explore")
    script = Script(reading)
    scene = Scene(script, folded)
    return Page(_written(script, scene, title, theme, grads, film))


def _written(
    script: Script,
    scene: Scene,
    title: str | None,
    theme: str,
    grads: Mapping[Any, Any] | None,
    film: Film | None,
) -> str:
    """Return the page: the template with its places filled."""
    from .bugs import checked
    from .live import Program

    check = checked(script, grads)
    program = Program(script.reading.nodes)
    fills = {
        "theme": "" if theme == "auto" else f' data-theme="{theme}"',
        "title": escape(cut(clean(title), 120) if title else script.title()),
        "colours": "".join(_colours()),
        "kinds": "".join(_kinds()),
        "doubts": "".join(_doubts(script, check, grads is not None)),
        "svg": scene.svg,
        "sentence": escape(script.said(-1)),
        "ledger": "".join(_ledger(script)),
        "data": _json(_data(script, scene, check.bug, grads is not None, program)),
        "script": "".join(_script(program, film)),
    }
    template = _part("page.html")
    return re.sub("@([a-z]+)@", lambda place: fills[place[1]], template)


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _script(program: Program, film: Film | None) -> Iterator[str]:
    yield _part("page.js")
    yield _part("quiz.js")
    yield f"const program = {program.expression(film.expression() if film else '')};\n"
    yield from map(_part, ("live.js", "film.js", "bug.js"))


def _doubts(script: Script, check: Check, given: bool) -> Iterator[str]:
    """Yield what is wrong with the numbers, in words."""
    from .script import number

    bug, count = check.bug, check.checked
    for sentence in script.doubts():
        yield f'<p class="doubts">{escape(sentence)}</p>'
    if bug is not None:
        name = script.name(bug.node)
        right = number(script.replay.gradients[id(bug.node)])
        others = "one other is" if bug.others == 1 else f"{bug.others} others are"
        more = f" ({others} wrong too)" if bug.others else ""
        what = (
            f"The gradient given for {name}" if given else f"The stored grad differs: {name}.grad"
        )
        sentence = f"{what} is {number(bug.number)}, and one pass gives {right}{more}. {bug.words}"
        button = '<button id="bug" hidden>Show me where</button>'
        yield f'<p class="doubts" id="wrong">{escape(sentence)} {button}</p>'
    elif given and count:
        are = "gradient that was given is" if count == 1 else "gradients that were given are"
        yield f"<p>The {f'{count} ' * (count != 1)}{are} right.</p>"
    if given and check.unknown:
        names = listed(list(map(script.name, check.unknown)), "cannot", "cannot")
        yield f"<p>{escape(names)} be checked: an operation on the way is written by hand.</p>"


def _data(
    script: Script, scene: Scene, bug: Bug | None, given: bool, program: Program
) -> dict[str, Any]:
    from .script import number
    from .unfolding import Panel

    nodes = script.reading.nodes
    panels = {k: Panel(scene, k, neuron).facts() for k, neuron in enumerate(scene.neurons)}
    more: dict[str, Any] = {}
    if bug is not None:
        name = script.name(bug.node)
        whose = f"given for {name}" if given else f"{name}.grad"
        more["bug"] = {
            "step": bug.step, "text": bug.words, "whose": whose, "grad": number(bug.number)
        }  # fmt: skip
    if program.frozen and not program.lack:
        names = [script.name(node) for node in program.frozen]
        more["note"] = (
            f"The condition of {listed(names, 'stays', 'stay')} as recorded: Python chose there."
        )
    if program.lack:
        more["lack"] = (
            f"The inputs cannot be moved here: {program.lack} is an operation of your own, which"
            " this page cannot compute."
        )
    return {
        "steps": script.steps,
        "strings": script.strings,
        **more,
        "edges": script.edges,
        "names": [script.name(node) for node in nodes],
        "facts": [script.facts(node) for node in nodes],
        "root": script.number[id(script.reading.root)],
        "panels": panels,
    }


def _json(data: dict[str, Any]) -> str:
    """Return JSON that nothing in a script element can end."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _ledger(script: Script) -> Iterator[str]:
    for i, step in enumerate(script.steps):
        if step["k"] == "use":
            child, parent = (script.name(script.reading.nodes[step[key]]) for key in "mn")
            upstream, local, share, before, after = (
                script.strings[kind][step["i"]] for kind in "ulcba"
            )
            cells = (
                f"{child} → {parent}", upstream, f"× {local}", f"= {share}", f"{before} → {after}"
            )  # fmt: skip
            yield f'<tr data-s="{i}">' + "".join(f"<td>{escape(x)}</td>" for x in cells) + "</tr>"


def _colours() -> Iterator[str]:
    """Yield the colours of both themes, as CSS: the reader's choice, then the page's own button."""
    light, dark = _variables(LIGHT), _variables(DARK)
    yield f":root{{{light}}}\n"
    yield f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
    yield f":root[data-theme=dark]{{{dark}}}"


def _variables(theme: Theme) -> str:
    dark = theme is DARK
    colours = {
        "ground": theme.ground, "card": theme.card, "muted": theme.muted, "edge": theme.edge,
        "ink": theme.local, "soft": "#161D26" if dark else "#F6F8FA", "line": "#2B3643" if dark
        else "#D9DFE6", "value": theme.value, "valuepill": theme.value_pill,
        "gradient": theme.gradient, "faint": theme.faintest_pill, "strong": theme.strongest_pill,
        "local": theme.local, "localpill": theme.local_pill, "bad": theme.warning,
        **{f"{kind}-{part}": colour for kind, colours in theme.kinds.items()
           for part, colour in zip(("head", "name"), colours)},
    }  # fmt: skip
    scheme = "color-scheme:dark" if dark else "color-scheme:light"
    return ";".join([*(f"--{name}:{colour}" for name, colour in colours.items()), scheme])


def _kinds() -> Iterator[str]:
    for kind in LIGHT.kinds:
        yield f".{kind}{{--h:var(--{kind}-head)}}.{kind} .n{{fill:var(--{kind}-name)}}"
    yield ".head{fill:var(--h)}"
