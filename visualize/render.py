"""A picture: DOT text that knows how to become a file, bytes, or the output of a notebook's cell.

    picture = draw(J)
    picture                     # in a notebook: shows itself
    picture.save("J.svg")       # or .png .jpg .pdf .dot
    picture.pipe(format="png")  # bytes
    picture.source              # the DOT text

`Picture` is a `graphviz.Digraph` with other engines under it (see `layout.py`): what people know of
`Digraph` works on it, `.node()` and `.edge()` to add to it included. This is the one file that
imports graphviz, and `draw` is the one who imports this file.
"""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import graphviz

from autodiff.wording import clipped, legible

from . import dot, layout
from .files import write_file

FORMATS = ("svg", "png", "jpg", "jpeg", "pdf", "dot", "gv")
_TEXT = ("dot", "gv")
_DPI = 144  # bitmaps are looked at on fine screens
_LARGEST = 30_000  # points of a bitmap, each way; few programs open a larger one


class Picture(graphviz.Digraph):
    """The drawing of a graph: a `graphviz.Digraph` that needs no Graphviz on the system."""

    @classmethod
    def of(cls, text: str, format: str = "svg") -> Picture:
        """Return the picture of a DOT text by `dot.cards` or `dot.beads`."""
        lines = text.splitlines(keepends=True)
        return cls(dot.NAME, filename="picture.gv", format=format, body=lines[1:-1])

    def __repr__(self) -> str:
        return "<picture of a graph: .save('J.svg') writes it>"

    def save(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        *,
        skip_existing: bool | None = False,
    ) -> str:
        """Write the picture in the format of the file's ending, and return the file's path.

        svg, png and jpg need no system package; dot (or gv) is the text itself; pdf takes an engine
        that makes it. The file is replaced only when the picture is ready. Raises ValueError for
        other endings, RenderError if no engine can.
        """
        path = Path(directory or self.directory or "", filename or self.filename)
        format = _format_of(path)
        if skip_existing and path.exists():
            return str(path)
        if format in _TEXT:
            write_file(path, self.source.encode())
        else:
            wanted = format, None, None
            write_file(path, self._convert(wanted, self._arguments(None, None), path=str(path)))
        return str(path)

    def pipe(
        self,
        format: str | None = None,
        renderer: str | None = None,
        formatter: str | None = None,
        neato_no_op: bool | int | None = None,
        quiet: bool = False,
        *,
        engine: str | None = None,
        encoding: str | None = None,
    ) -> Any:
        """Return the picture as bytes, or as text if `encoding` is given. Raises RenderError."""
        arguments = self._arguments(engine, neato_no_op)
        wanted = format or self.format, renderer, formatter
        picture = self._convert(wanted, arguments, quiet=quiet)
        return picture.decode(encoding) if encoding else picture

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None, **options: Any
    ) -> dict[str, bytes | str]:
        """Return the picture for a notebook: SVG, and PNG for what shows none, as mail and PDF."""
        wanted = set(include or ("image/svg+xml", "image/png")) - set(exclude or ())
        bundle: dict[str, bytes | str] = {}
        if "image/svg+xml" in wanted:
            bundle["image/svg+xml"] = self.pipe("svg", encoding="utf-8")
        if "image/png" in wanted:
            # A second form is no reason to fail, or to warn of letters that the first one shows.
            with suppress(layout.RenderError, UserWarning), warnings.catch_warnings():
                warnings.simplefilter("error", UserWarning)
                bundle["image/png"] = self.pipe("png", quiet=True)
        return bundle

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        renderer: str | None = None,
        formatter: str | None = None,
        neato_no_op: bool | int | None = None,
        quiet: bool = False,
        quiet_view: bool = False,
        *,
        outfile: str | os.PathLike[str] | None = None,
        engine: str | None = None,
        raise_if_result_exists: bool = False,
        overwrite_source: bool = False,
    ) -> str:
        """Write the DOT text and the picture beside it, as graphviz does; return the latter's path.

        `save` is simpler. Raises RenderError, and FileExistsError if told to keep what is there.
        """
        folder = directory or self.directory or ""
        if outfile is not None:
            target = Path(folder, outfile)
            format = format or target.suffix[1:] or self.format
            source = Path(folder, filename) if filename else target.with_suffix(".gv")
        else:
            format = format or self.format
            source = Path(folder, filename or self.filename)
            endings = [renderer, formatter, format]
            target = source.with_name(".".join(filter(None, [source.name, *endings])))
        if source == target and not overwrite_source:
            raise ValueError(
                f"render() got outfile={str(target)!r}, which is also where the DOT text goes;"
                " pass another filename=, or overwrite_source=True"
            )
        if raise_if_result_exists and target.exists():
            raise graphviz.FileExistsError(f"output file exists: {target}")
        arguments = self._arguments(engine, neato_no_op)
        wanted = format, renderer, formatter
        picture = self._convert(wanted, arguments, quiet=quiet, path=str(target))
        if not cleanup and source != target:
            write_file(source, self.source.encode())
        write_file(target, picture)
        if view or quiet_view:
            graphviz.view(str(target), quiet=quiet_view)
        return str(target)

    def _arguments(self, engine: str | None, neato_no_op: bool | int | None) -> list[str]:
        engine = engine or self.engine
        if engine not in graphviz.ENGINES:
            raise ValueError(
                f"unknown layout engine {engine!r}; expected one of {', '.join(graphviz.ENGINES)}"
            )
        return [f"-K{engine}", *([] if neato_no_op is None else [f"-n{int(neato_no_op)}"])]

    def _convert(
        self,
        wanted: tuple[str, str | None, str | None],
        arguments: list[str],
        *,
        quiet: bool = False,
        path: str = "",
    ) -> bytes:
        """Return the picture in the wanted format, renderer and formatter."""
        format = wanted[0].lower()
        if format not in graphviz.FORMATS:
            raise ValueError(f"unknown format {format!r}; try one of {', '.join(FORMATS)}")
        if format in layout.BITMAPS:
            arguments = [*arguments, f"-Gdpi={_DPI}", f"-Gsize={_LARGEST / _DPI:.0f}"]
        full = ":".join(filter(None, [format, *wanted[1:]]))
        picture = layout.convert(self.source, full, *arguments, quiet=quiet, path=path)
        return _both_themes(picture, self.source) if format == "svg" else picture


def _format_of(path: Path) -> str:
    format = path.suffix[1:].lower()
    if format in ("html", "htm"):
        raise ValueError(
            f"cannot write {legible(path, 300)}: this is a picture; the page that steps through the"
            f' graph is written by explore(J).save("{legible(path.name)}"), and a picture goes to'
            f" {', '.join(FORMATS)}"
        )
    if format not in FORMATS:
        got, stem = legible(path, 300), legible(path.stem)
        raise ValueError(
            f"cannot write {got}: unknown ending {clipped(path.suffix)}; expected one"
            f' of {", ".join("." + known for known in FORMATS)}, e.g. .save("{stem}.svg")'
        )
    return format


def _both_themes(svg: bytes, source: str) -> bytes:
    """Add the dark theme's colours to an SVG whose DOT text lists them (theme="auto")."""
    rules = "".join(
        f'[{what}="{light.lower()}"]{{{what}:{dark.lower()}}}'
        for light, dark in dot.in_the_dark(source).items()
        for what in ("fill", "stroke")
    )
    if not rules:
        return svg
    css = f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>\n"
    head, tag, rest = svg.partition(b'<g id="graph0"')
    return head + css.encode() + tag + rest
