"""Cards for many numbers: a Tensor, or all that a layer's neurons have made.

    ┌──────────────────┐   ┌─────────────────────────────────────────────────┐
    │ h      = relu(z) │   │              layer1   = relu(x·Wᵀ + b)          │
    │ shape    64 × 50 │   │              shape     mean ± deviation  |grad| │
    │ mean      0.2312 │   │ weight     50 × 784  ▁▅█▅▁ 0.01 ± 0.02   0.0312 │
    │ deviation 0.2993 │   │ bias             50  ▁▃█▃▁    0 ± 0.02   0.0041 │
    │ ▁▃▅█▅▃▁          │   ├─────────────────────────────────────────────────┤
    │ |grad|    0.0213 │   │ after relu  64 × 50  █▅▃▂▁ 0.23 ± 0.30   0.0213 │
    └──────────────────┘   └─────────────────────────────────────────────────┘

|grad| is the norm: the root of the sum of the squares. On an edge stands the norm of the gradient
that comes that way; there is no one local derivative to write there.
"""

from __future__ import annotations

from typing import NamedTuple

from . import cards, dot, style
from .cards import LOWER, Row
from .spread import BARS, Spread
from .style import Theme
from .text import cut, markup, room

_BAR, _TALLEST = 4, 15  # points


class Numbers(NamedTuple):
    """A row of a block: what it is, its size in words, its values and its gradients."""

    word: str
    size: str
    values: Spread
    gradients: Spread | None  # None before any backward
    kind: str = "operation"
    tooltip: str = ""


class Block(NamedTuple):
    """A card for many numbers: of one row it is narrow, of several it is a table.

    The last row is what the block makes of the others.
    """

    id: str
    name: str
    note: str
    kind: str
    rows: tuple[Numbers, ...]
    tooltip: str
    foot: str = ""


class Link(NamedTuple):
    """An edge between cards: the norm of the gradient that comes that way, None for none."""

    tail: str
    head: str
    size: float | None
    tooltip: str = ""


def statement(block: Block, largest: float, theme: Theme) -> str:
    """Return the block as DOT; gradients are tinted by their size beside the largest."""
    colors = theme.kinds[block.kind]
    wide = len(block.rows) > 1
    columns = 5 if wide else 2
    lines = [cards.header(block.name, cut(block.note, 48), colors, columns)]
    if wide:
        *operands, result = block.rows
        lines += [_COLUMNS, *(_line(row, largest, theme) for row in operands)]
        lines += [_RULE, _line(result, largest, theme)]
    else:
        lines += _lines(block.rows[0], largest, theme)
    if block.foot:
        note = f'<FONT POINT-SIZE="{style.NOTE_SIZE}">{markup(block.foot)}</FONT>'
        lines.append(f'<TR><TD COLSPAN="{columns}">{note}</TD></TR>')
    label = cards.table(lines, colors, theme)
    return dot.node(block.id, label=label, tooltip=block.tooltip)


def link(link: Link, largest: float, theme: Theme) -> str:
    """Return the edge as DOT: its width, its colour and its number say how much comes that way."""
    strong = style.strength(link.size, largest)
    bad = link.size is not None and link.size - link.size != 0.0
    ends = f"{link.tail}:{cards.PORT}", f"{link.head}:{cards.PORT}"
    return dot.edge(
        *ends,
        label="" if link.size is None else f" {rough(link.size)} ",
        fontcolor=theme.warning if bad else theme.gradient,
        color=theme.warning if bad else theme.edge_color(strong),
        penwidth=round(style.width(strong), 2),
        tooltip=link.tooltip,
        labeltooltip=link.tooltip,
    )


def rough(x: float) -> str:
    """Write three digits, enough for a mean."""
    return style.number(float(f"{x:.3g}"))


def size_of(spread: Spread | None) -> float | None:
    """Return the norm that stands for the gradients: nan if some of them are nan or inf."""
    if spread is None:
        return None
    return float("nan") if spread.bad else spread.norm


# -- a table of several ----------------------------------------------------------------------------


def _title(word: str, side: str) -> str:
    if not word:
        return "<TD></TD>"
    return (
        f'<TD ALIGN="{side}" BALIGN="{side}">'
        f'<FONT POINT-SIZE="{style.NOTE_SIZE}">{word}</FONT></TD>'
    )


_COLUMNS = "<TR>{}</TR>".format(
    "".join(
        _title(word, side)
        for word, side in (
            ("", "LEFT"),
            ("shape ", "RIGHT"),
            ("", "LEFT"),
            ("mean ± deviation ", "RIGHT"),
            ("|grad| ", "RIGHT"),
        )
    )
)
_RULE = '<TR><TD COLSPAN="5" HEIGHT="1" CELLPADDING="0"></TD></TR><HR/>'


def _line(row: Numbers, largest: float, theme: Theme) -> str:
    title = ' TITLE="{}"'.format(markup(row.tooltip).replace("\n", "&#10;"))
    ink = theme.kinds[row.kind].ink
    name = cut(row.word, style.ROW_LENGTH)
    cells = [
        f'<TD ALIGN="LEFT" BALIGN="LEFT"{title}>{LOWER}<FONT COLOR="{ink}">'
        f"<B>{markup(name)}{room(name)}</B></FONT> </TD>",
        f'<TD ALIGN="RIGHT" BALIGN="RIGHT"{title}>{LOWER}'
        f'<FONT POINT-SIZE="{style.NOTE_SIZE}">{markup(row.size)}</FONT> </TD>',
        _histogram(row.values, theme),
        cards.number(_mean(row.values, theme), title),
        cards.number(_gradient(row.gradients, largest, theme), title),
    ]
    return f"<TR>{''.join(cells)}</TR>"


def _mean(values: Spread, theme: Theme) -> Row:
    if values.bad:
        return Row("", f"{values.bad} nan or inf", theme.warning, theme.warning_pill)
    if not values.total:
        return Row("", style.NO_GRADIENT, theme.value, "")
    if values.total == 1:
        return Row("", style.number(values.mean), theme.value, "")
    return Row("", f"{rough(values.mean)} ± {rough(values.deviation)}", theme.value, "")


def _gradient(gradients: Spread | None, largest: float, theme: Theme) -> Row:
    size = size_of(gradients)
    if gradients is None or size is None:
        return Row("|grad|", style.NO_GRADIENT, theme.muted, "")
    if gradients.bad:
        return Row("|grad|", f"{gradients.bad} nan or inf", theme.warning, theme.warning_pill)
    pill = theme.tint(style.strength(size, largest)) if size else ""
    return Row("|grad|", style.number(size), theme.gradient, pill)


# -- a card of one ---------------------------------------------------------------------------------


def _lines(row: Numbers, largest: float, theme: Theme) -> list[str]:
    values = row.values
    lines = [cards.row(Row(row.word, row.size, theme.muted, ""))]
    if values.bad or not values.total:
        lines.append(cards.row(_mean(values, theme)._replace(word="values")))
    else:
        lines.append(cards.row(Row("mean", style.number(values.mean), theme.value, "")))
        deviation = style.number(values.deviation)
        lines.append(cards.row(Row("deviation", deviation, theme.value, "")))
        lines.append(f"<TR>{_histogram(values, theme, span=2)}</TR>")
    lines.append(cards.row(_gradient(row.gradients, largest, theme)))
    return lines


def _histogram(values: Spread, theme: Theme, span: int = 1) -> str:
    """Return a cell with bars. Block characters would be text, and fonts differ or lack them."""
    most = max(values.bars)
    if values.total < 2 or not most:
        return f'<TD COLSPAN="{span}"></TD>'
    bars = "".join(_bar(count, most, theme) for count in values.bars)
    return (
        f'<TD COLSPAN="{span}"><TABLE FIXEDSIZE="TRUE" WIDTH="{_BAR * BARS}" HEIGHT="{_TALLEST}" '
        f'ALIGN="RIGHT" BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{bars}</TR>'
        "</TABLE></TD>"
    )


def _bar(count: int, most: int, theme: Theme) -> str:
    height = max(1, round((_TALLEST - 1) * count / most))
    color = style.mix(theme.card, theme.value, 0.6) if count else theme.edge
    cell = f'<TD FIXEDSIZE="TRUE" WIDTH="{_BAR}" HEIGHT="{{}}"{{}}></TD>'
    rows = cell.format(_TALLEST - height, ""), cell.format(height, f' BGCOLOR="{color}"')
    return (
        '<TD><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'
        f"<TR>{rows[0]}</TR><TR>{rows[1]}</TR></TABLE></TD>"
    )


# what the colours of a picture with blocks say, for its legend
ROLES = {
    "value": "blue: values, their mean ± deviation",
    "gradient": "orange: gradient of {}; |grad| and the number on an edge are norms",
}
