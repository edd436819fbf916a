"""Pictures become files, bytes, and the output of notebooks."""

from __future__ import annotations

import inspect
import os
import re
import stat
import sys
from xml.etree import ElementTree

import graphviz
import pytest

from autodiff import Value, topological_order
from visualize import RenderError, cards, draw
from visualize.names import name_all
from visualize.render import Picture

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}"

posix = pytest.mark.skipif(sys.platform == "win32", reason="the engines are shell scripts")


def parse(svg):
    """Return the root of a well-formed SVG."""
    return ElementTree.fromstring(svg)


def parts(svg, kind):
    """Return the groups of nodes or edges."""
    return [group for group in parse(svg).iter(f"{SVG}g") if group.get("class") == kind]


def titled(svg, kind):
    """Return the groups of nodes or edges by their titles."""
    return {group.findtext(f"{SVG}title"): group for group in parts(svg, kind)}


def words(group):
    return [text.text for text in group.iter(f"{SVG}text") if (text.text or "").strip()]


def tooltips(group):
    return {link.get(f"{LINK}title") for link in group.iter(f"{SVG}a")}


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_the_svg_has_a_node_for_each_value_and_an_edge_for_each_use(J, theme):
    svg = draw(J, theme=theme).pipe(format="svg")
    nodes, edges = titled(svg, "node"), titled(svg, "edge")
    assert sorted(nodes) == ["n0", "n1", "n2", "n3", "n4", "n5"]
    assert len(edges) == 5
    assert words(nodes["n5"]) == ["J", " \xa0= 3 × v", "value", "33", "grad", "1"]
    assert tooltips(nodes["n5"]) == {"J = 3 × v\nvalue 33\ngrad 1\noutput"}
    assert tooltips(edges["n1:card->n3:card"]) == {"∂u/∂b = c = 2; contributes 3 × 2 = 6"}
    assert words(edges["n1:card->n3:card"]) == ["×2"]


def test_beads_have_a_node_for_each_value_operation_and_constant(J):
    svg = draw(J, style="beads").pipe(format="svg")
    assert len(parts(svg, "node")) == 6 + 3 + 1
    assert len(parts(svg, "edge")) == 5 + 3 + 1


HOSTILE = [
    '"', "<b>", "&", "&lt;b&gt;", "&amp;lt;", "&#60;", "\\", "\\N", "\\n \\l \\E", "a\nb", "{|}",
    "</script><img onerror=x>", "\x00\x01", "\x1b[31m", "x" * 5000, "输入" * 100, "🧠", "<<TABLE>>",
    "]; n0 -> n9 [", '"] evil [label="', "-->", "<!--", "]]>", "%s{0}", "\u202eabc", "\ud800", "'",
]  # fmt: skip


@pytest.mark.parametrize("label", HOSTILE, ids=ascii)
@pytest.mark.parametrize("style", ["cards", "beads"])
def test_a_label_is_text_whatever_it_is(label, style):
    x = Value(2.0, label=label)
    J = x * 3 + x
    svg = draw(J, style=style, names={}).pipe(format="svg")
    nodes = parts(svg, "node")
    cards = style == "cards"
    assert len(nodes) == (3 if cards else 6)
    assert len(parts(svg, "edge")) == (3 if cards else 6)
    assert {element.tag.removeprefix(SVG) for element in parse(svg).iter()} <= {
        "svg", "g", "a", "title", "text", "path", "polygon", "polyline", "ellipse",
    }  # fmt: skip
    first = titled(svg, "node")["n0"]
    shown = re.sub("[\x00-\x1f\ud800\u202e]", " ", label).strip() or "?"
    assert next(iter(tooltips(first))).startswith(shown[:500])
    assert words(first)[0].rstrip("\xa0 ").rstrip("…") in shown


def test_a_callers_variable_named_with_any_letters_is_drawn():
    ŷ = Value(1.0)
    输入 = Value(2.0)
    nodes = titled(draw(ŷ * 输入).pipe(format="svg"), "node")
    assert [words(nodes[f"n{i}"])[0].strip() for i in range(3)] == ["ŷ", "输入", "t₁"]


def test_auto_gives_each_colour_its_dark_counterpart_where_the_reader_wants_it(J):
    svg = draw(J, theme="auto").pipe(format="svg", encoding="utf-8")
    assert "@media (prefers-color-scheme:dark){" in svg
    rules = dict(re.findall(r'\[fill="(#[0-9a-f]{6})"\]\{fill:(#[0-9a-f]{6})\}', svg))
    used = set(re.findall(r'<[^>]* fill="(#[0-9a-f]{6})"', svg))
    assert used <= set(rules)
    assert rules["#ffffff"] == "#10151c"
    assert "prefers-color-scheme" not in draw(J).pipe(format="svg", encoding="utf-8")


def test_texts_keep_to_the_width_that_was_made_for_them(J):
    svg = draw(J).pipe(format="svg", encoding="utf-8")
    assert re.search(r'textLength="13\.3" lengthAdjust="spacingAndGlyphs">33</text>', svg)


@pytest.mark.parametrize(
    "ending, start",
    [("svg", b"<?xml"), ("png", b"\x89PNG"), ("jpg", b"\xff\xd8"), ("jpeg", b"\xff\xd8"),
     ("dot", b"digraph"), ("gv", b"digraph"), ("SVG", b"<?xml")],
)  # fmt: skip
def test_save_writes_what_the_ending_says(J, tmp_path, ending, start):
    path = tmp_path / f"J.{ending}"
    assert draw(J).save(path) == str(path)
    assert path.read_bytes().startswith(start)
    assert os.listdir(tmp_path) == [path.name]


def test_save_takes_text_for_a_path_and_a_directory(J, tmp_path):
    draw(J).save(str(tmp_path / "J.svg"))
    draw(J).save("K.svg", tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["J.svg", "K.svg"]


def test_save_names_the_path_that_it_was_given_where_it_cannot_write(J, tmp_path):
    """A directory that is not there may be a slip of the pen: it is not made."""
    with pytest.raises(FileNotFoundError, match=r"cannot write .*typo/J\.svg: there is no dir"):
        draw(J).save(tmp_path / "typo" / "J.svg")
    (tmp_path / "J.svg").mkdir()
    with pytest.raises(IsADirectoryError, match=r"cannot write .*J\.svg: it is a directory"):
        draw(J).save(tmp_path / "J.svg")
    assert os.listdir(tmp_path) == ["J.svg"]


def test_save_without_a_name_writes_the_text_as_graphviz_does(J, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture = draw(J)
    assert picture.save() == "picture.gv"
    assert (tmp_path / "picture.gv").read_text(encoding="utf-8") == picture.source


@pytest.mark.parametrize("name", ["J.bmp2", "J", "J.txt"])
def test_an_unknown_ending_is_refused_with_the_known_ones(J, tmp_path, name):
    with pytest.raises(
        ValueError, match=r"expected one of \.svg, \.png.*\.dot.*save\(\"J\.svg\"\)"
    ):
        draw(J).save(tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_html_is_refused_with_the_name_of_who_writes_a_page(J, tmp_path):
    with pytest.raises(ValueError, match=r"is written by explore\(J\)\.save\(\"J\.html\"\)"):
        draw(J).save(tmp_path / "J.html")


@posix
def test_a_failed_render_leaves_the_old_file_and_nothing_else(J, tmp_path, machine):
    machine.install(machine.scripts, "graphviz-pure", "echo no >&2; exit 1")
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / "J.svg"
    path.write_text("old")
    with pytest.raises(RenderError, match=re.escape(f"cannot write {path}: ")):
        draw(J).save(path)
    assert path.read_text() == "old"
    assert os.listdir(folder) == ["J.svg"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(J, tmp_path, monkeypatch):
    path = tmp_path / "J.dot"
    path.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        draw(J).save(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["J.dot"]


@posix
def test_a_new_file_has_the_rights_of_any_other_and_a_link_stays_a_link(J, tmp_path):
    (tmp_path / "other").touch()
    target, link = tmp_path / "J.dot", tmp_path / "link.dot"
    link.symlink_to(target)
    draw(J).save(link)
    assert link.is_symlink()
    rights = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("J.dot", "other")]
    assert rights[0] == rights[1]


def test_a_notebook_gets_an_svg_and_what_else_it_asks_for(J):
    picture = draw(J)
    assert set(picture._repr_mimebundle_()) == {"image/svg+xml", "image/png"}
    assert set(picture._repr_mimebundle_(exclude=["image/png"])) == {"image/svg+xml"}
    assert len(parts(picture._repr_mimebundle_()["image/svg+xml"].encode(), "node")) == 6
    assert picture._repr_mimebundle_(include=["image/png"])["image/png"].startswith(b"\x89PNG")


def test_a_picture_is_a_digraph_with_the_text_for_source(J):
    picture = draw(J, names={})
    assert isinstance(picture, graphviz.Digraph)
    assert picture.source == cards.write(J, name_all(topological_order(J)))


@pytest.mark.parametrize("method", ["pipe", "render", "save"])
def test_our_methods_take_what_graphvizs_take(method):
    ours = inspect.signature(getattr(Picture, method))
    theirs = inspect.signature(inspect.unwrap(getattr(graphviz.Digraph, method)))
    for (name, mine), (known, other) in zip(
        ours.parameters.items(), theirs.parameters.items(), strict=True
    ):
        assert (name, mine.default, mine.kind) == (known, other.default, other.kind)


def test_a_picture_can_be_added_to_and_copied(J):
    picture = draw(J)
    picture.node("note", "look here", shape="note")
    picture.edge("note", "n5")
    copy = picture.copy()
    assert isinstance(copy, Picture)
    assert copy.source == picture.source
    assert len(parts(copy.pipe(format="svg"), "node")) == 7


def test_pipe_gives_bytes_or_text(J):
    picture = draw(J)
    assert picture.pipe(encoding="utf-8") == picture.pipe().decode()
    assert picture.pipe("png").startswith(b"\x89PNG")
    assert b'"bb"' in picture.pipe(format="json", engine="neato")


def test_unknown_formats_and_engines_are_refused(J):
    with pytest.raises(ValueError, match="unknown format 'html5'; try one of svg, png"):
        draw(J).pipe(format="html5")
    with pytest.raises(ValueError, match="unknown layout engine 'pencil'; expected one of"):
        draw(J).pipe(engine="pencil")


@posix
def test_options_reach_the_engine_as_graphviz_writes_them(J, machine):
    machine.install(machine.path, "dot")
    picture = draw(J)
    said = picture.pipe("png", renderer="cairo", formatter="gd", neato_no_op=2, engine="neato")
    assert said.decode().split() == [
        "dot",
        "-Tpng:cairo:gd",
        "-Kneato",
        "-n2",
        "-Gdpi=144",
        "-Gsize=208",
    ]
    assert picture.pipe("svg").decode().split() == ["dot", "-Tsvg", "-Kdot"]


def test_render_writes_the_text_and_the_picture_beside_it(J, tmp_path):
    picture = draw(J)
    assert picture.render("J", tmp_path, format="png") == str(tmp_path / "J.png")
    assert (tmp_path / "J").read_text(encoding="utf-8") == picture.source
    assert picture.render("J.gv", tmp_path, cleanup=True) == str(tmp_path / "J.gv.svg")
    assert not (tmp_path / "J.gv").exists()
    assert picture.render(outfile=tmp_path / "K.svg") == str(tmp_path / "K.svg")
    assert (tmp_path / "K.gv").read_text(encoding="utf-8") == picture.source


def test_render_overwrites_neither_its_text_nor_what_it_is_told_to_keep(J, tmp_path):
    (tmp_path / "J.svg").touch()
    with pytest.raises(graphviz.FileExistsError):
        draw(J).render(outfile=tmp_path / "J.svg", raise_if_result_exists=True)
    with pytest.raises(ValueError, match="which is also where the DOT text goes"):
        draw(J).render("J.gv", outfile=tmp_path / "J.gv", directory=tmp_path, format="svg")
    assert (tmp_path / "J.svg").read_bytes() == b""


def test_view_opens_the_picture(J, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(graphviz, "view", lambda path, quiet: opened.append(path))
    draw(J).view("J", directory=tmp_path)
    assert opened == [str(tmp_path / "J.svg")]


def test_a_bitmap_is_never_larger_than_programs_can_open(tmp_path, monkeypatch):
    x = Value(0.5)
    Image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    for _ in range(240):
        x = x.tanh()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with Image.open(draw(x).save(tmp_path / "chain.png")) as picture:
        assert 29_000 < picture.size[0] <= 30_000
