"""What flows through a network: histograms of activations and gradients, layer by layer.

    loss = mse(model(x), y)
    loss.backward()
    histograms(model, loss).save("histograms.png")
    histograms({"N(0, 1)": layers, "Xavier": others})       # arrays, one for each layer

A layer's activations are what it hands on: its sums, or what the activation function makes of them.
Blue is their distribution; orange-brown that of the loss's gradients with respect to them, by size,
on a log scale: where gradients vanish, their hump walks to the left from layer to layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autodiff.graph import Node, topological_order
from autodiff.nn import Module
from autodiff.wording import a_kind, shown

from ..networks import is_activation
from ..style import Theme
from .looks import dress, heading, log_scale, panels
from .panels import number
from .plot import Plot, our_style, theme_of
from .reading import numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_BINS = 41


def histograms(
    model: Module | Mapping[str, Any],
    loss: Any = None,
    *,
    title: str = "",
    theme: str = "light",
) -> Plot:
    """Draw histograms of the activations of each layer, and of the loss's gradients there.

    `model` is a module of neurons or of Tensors, and `loss` a node computed with it; gradients are
    drawn if its backward() was called. Or `model` maps names of rows to arrays, one for each layer
    (or to such arrays by name), without a loss.

    Raises TypeError for what is neither, ValueError if the loss was not computed with the model.
    """
    look = theme_of("histograms", theme)
    if isinstance(model, Module):
        if not isinstance(loss, Node):
            raise TypeError(
                f"histograms() got loss={shown(loss)}; expected a node made with the model"
            )
        return _Histograms(_flows(model, loss), title, look)
    if not isinstance(model, Mapping) or not model or loss is not None:
        raise TypeError(
            f"histograms() got {a_kind(model)} and {a_kind(loss)}; expected a module and a loss, or"
            " a dict of arrays, one for each layer"
        )
    rows = [_given(str(name), arrays) for name, arrays in model.items()]
    return _Histograms(rows, title, look)


@dataclass
class _Row:
    name: str
    layers: dict[str, NDArray[Any]]
    are_gradients: bool = False


def _given(name: str, arrays: Any) -> _Row:
    if not isinstance(arrays, Mapping):
        if not isinstance(arrays, (list, tuple)) or not arrays:
            raise TypeError(
                f"histograms() got {name}={shown(arrays)}; expected a list of arrays, one for each"
                " layer"
            )
        arrays = {f"layer {i}": array for i, array in enumerate(arrays, 1)}
    return _Row(
        name,
        {
            str(layer): numbers("histograms", f"{name}, {layer}", a).reshape(-1)
            for layer, a in arrays.items()
        },
    )


def _flows(model: Module, loss: Node) -> list[_Row]:
    """Return the activations of each layer of a model, and the gradients, as numbers."""
    layers = _outputs(model, loss)
    if not layers:
        raise ValueError(
            "histograms() got a loss in which no layer of the model is; expected one computed with"
            " its parameters, and recorded"
        )
    rows = [
        _Row(
            "activations",
            {name: _joined([n.data for n in nodes]) for name, nodes in layers.items()},
        )
    ]
    if loss.has_grad:
        found = {
            name: _joined([n.grad for n in nodes if n.has_grad]) for name, nodes in layers.items()
        }
        rows.append(_Row("gradients", found, are_gradients=True))
    return rows


def _outputs(model: Module, loss: Node) -> dict[str, list[Node]]:
    """Return by layer the nodes that it hands on, in the order in which they were computed.

    A node that mixes parameters of one layer with something else is a layer's sum; if all that its
    users do is apply a function to it alone, the layer hands on the outcome of that.
    """
    place = {id(p): ".".join(name.split(".")[:1]) for name, p in model.named_parameters()}
    order = topological_order(loss)
    users: dict[int, list[Node]] = {}
    for node in order:
        for x in node.inputs:
            users.setdefault(id(x), []).append(node)
    layers: dict[str, list[Node]] = {}
    for node in order:
        own = [place[id(x)] for x in node.inputs if id(x) in place]
        others = [x for x in node.inputs if id(x) not in place]
        # a weight and a number alone, as w², are no sum but a penalty
        mixed = others and (len(own) > 1 or any(isinstance(x, Node) for x in others))
        homes = set(own)
        if len(homes) == 1 and mixed:
            while _is_activated(node, users, loss):
                (node,) = users[id(node)]
            layers.setdefault(homes.pop(), []).append(node)
    return layers


def _is_activated(node: Node, users: dict[int, list[Node]], loss: Node) -> bool:
    """Return whether one function of this node alone, of the same shape, is all that uses it."""
    following = users.get(id(node), [])
    if len(following) != 1 or following[0] is loss:
        return False
    (user,) = following
    nodes = sum(isinstance(x, Node) for x in user.inputs)  # a slope below 0 is a number beside it
    same = getattr(user.data, "shape", ()) == getattr(node.data, "shape", ())
    return nodes == 1 and same and is_activation(user)


def _joined(parts: list[Any]) -> NDArray[Any]:
    import numpy as np

    arrays = [numbers("histograms", "a layer", part).reshape(-1) for part in parts]
    return np.concatenate(arrays) if arrays else np.zeros(0)


@dataclass(frozen=True, eq=False, repr=False)
class _Histograms(Plot):
    rows: list[_Row]
    title: str
    theme: Theme

    def figure(self) -> Figure:
        columns = max(len(row.layers) for row in self.rows)
        with our_style():
            figure, grid = panels(
                self.theme, len(self.rows), columns, max(1.9, min(3.4, 9.6 / columns)), 2.1
            )
            heading(figure, self.theme, self.title)
            for i, (row, line) in enumerate(zip(self.rows, grid)):
                lowest = i + 1 == len(self.rows) or self.rows[i + 1].are_gradients
                word = ("|gradient|" if row.are_gradients else "activation") if lowest else ""
                for axes, layer in zip(line, row.layers):
                    named = row.layers.keys() != self.rows[i - 1].layers.keys() or not i
                    dress(axes, self.theme, word, "", layer if named else "")
                draw = self._draw_gradients if row.are_gradients else self._draw_values
                draw(row, line)
                for axes in line[len(row.layers) :]:
                    axes.remove()
            return figure

    def _draw_values(self, row: _Row, line: Any) -> None:
        import numpy as np

        finite = [x[np.isfinite(x)] for x in row.layers.values()]
        every = np.concatenate(finite)
        low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
        room = 0.04 * (high - low or 1.0)
        edges = np.linspace(low - room, high + room, _BINS)
        if row.name != "activations":
            line[0].set_ylabel(row.name)
        for axes, x in zip(line, row.layers.values()):
            self._fill(axes, x, edges, self.theme.value, self.theme.value_pill)
            if x.size:
                self._say(axes, f"std {number(float(x.std()))}", self.theme.value)

    def _draw_gradients(self, row: _Row, line: Any) -> None:
        import numpy as np

        sizes = {layer: abs(x[np.isfinite(x) & (x != 0.0)]) for layer, x in row.layers.items()}
        every = np.concatenate(list(sizes.values()))
        low, high = (float(every.min()), float(every.max())) if every.size else (1e-3, 1.0)
        low = max(low, high * 1e-12)
        edges = np.geomspace(low / 1.3, high * 1.3, _BINS)
        for axes, (layer, x) in zip(line, row.layers.items()):
            log_scale(axes, "x")
            self._fill(axes, sizes[layer], edges, self.theme.gradient, self.theme.faintest_pill)
            axes.locator_params(axis="x", numticks=5)
            zeros = f", {(x == 0.0).mean():.0%} are 0" if x.size and (x == 0.0).any() else ""
            if sizes[layer].size:
                words = f"median {number(float(np.median(sizes[layer])))}{zeros}"
                self._say(axes, words, self.theme.gradient)
            elif zeros:
                self._say(axes, "all are 0", self.theme.gradient)

    def _fill(self, axes: Axes, x: NDArray[Any], edges: Any, ink: str, ground: str) -> None:
        axes.hist(x, edges, color=ground, edgecolor=ink, histtype="stepfilled", lw=1.2)
        axes.set_xlim(edges[0], edges[-1])
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.margins(y=0.25)

    def _say(self, axes: Axes, words: str, ink: str) -> None:
        axes.text(
            0.98, 0.97, words, transform=axes.transAxes, color=ink, fontsize=8.5, ha="right",
            va="top", gid="said",
        )  # fmt: skip
