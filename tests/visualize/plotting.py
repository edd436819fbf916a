"""What the tests of plots look at: artists by name, words and where they stand."""

from __future__ import annotations

from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text


def artists(where, gid):
    """Return the artists of this name in a figure or in axes, in the order of drawing."""
    return where.findobj(lambda artist: artist.get_gid() == gid)


def color(artist):
    return to_hex(artist.get_color()).upper()


def titles(figure):
    return [axes.get_title("left") for axes in figure.axes]


def said(where):
    """Return all words of a figure or of axes, as one text."""
    return "\n".join(text.get_text() for text in where.findobj(Text) if text.get_visible())


def boxes(figure):
    """Return all words that can be seen with their boxes, after drawing."""
    FigureCanvasAgg(figure).draw()
    unseen = set()
    for axes in figure.axes:
        if axes.name == "3d":  # whose words stand elsewhere than matplotlib says
            unseen |= set(axes.findobj(Text))
            continue
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for place, label in zip(axis.get_majorticklocs(), axis.get_ticklabels()):
                if not low <= place <= high:
                    unseen.add(label)
            unseen |= {tick.label2 for tick in axis.get_major_ticks()}
            unseen |= {
                label for tick in axis.get_minor_ticks() for label in (tick.label1, tick.label2)
            }
            unseen.add(axis.get_offset_text())
        if not axes.axison:
            unseen |= {text for axis in (axes.xaxis, axes.yaxis) for text in axis.findobj(Text)}
    seen = [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in unseen
    ]
    return {text: text.get_window_extent() for text in seen}


def assert_all_words_can_be_read(figure, least=1):
    """Fail if a word is clipped by the edge of the picture, or written over another."""
    found = boxes(figure)
    assert len(found) >= least, [text.get_text() for text in found]
    for text, box in found.items():
        assert box.x0 >= -0.5, text
        assert box.y0 >= -0.5, text
        assert box.x1 <= figure.bbox.x1 + 0.5, text
        assert box.y1 <= figure.bbox.y1 + 0.5, text
    for (one, box), (other, another) in combinations(found.items(), 2):
        assert not box.padded(-1.0).overlaps(another), (one.get_text(), other.get_text())
