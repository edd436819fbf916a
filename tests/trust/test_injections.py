"""Injections: what this adds to the single wicked names of `test_page`, `test_render` and others.

A list of some sixty labels (`labels`), aimed at scripts, tags, style sheets, DOT, JSON, LaTeX,
Markdown, terminals, format strings, Python and CSV, goes everywhere that a name goes: pictures,
pages, explanations, tables, plots, compiled programs, files of numbers, and messages of errors.
Everywhere there must be as much structure as with the name "harmless", and no more: the tags and
attributes of an XML or HTML parser, the commands of LaTeX, the lines of a table, the columns of a
file, the statements of a program. A terminal gets no character that it obeys.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import warnings
from html.parser import HTMLParser
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

import visualize
from autodiff import Tensor, Value, compile, errstate, log
from autodiff.nn import MLP, Linear, Module
from autodiff.training import History
from autodiff.wording import printable
from visualize import diff, draw, explain, explore, focus, levels, path, plots, summary, why

from .. import long
from .labels import LABELS, UNSEEN

HARMLESS = "harmless"
SOME = list(LABELS) if long.ALL else list(LABELS)[::11]
each_label = pytest.mark.parametrize("label", [LABELS[name] for name in SOME], ids=SOME)


def graph(label, by="label"):
    """A product of three, with the label in all places: labels, or names= of a dict."""
    names = [label, f"{label}2", f"2{label}"] if by == "names" else ["", "", ""]
    labels = [label, f"{label}2", f"2{label}"] if by == "label" else ["", "", ""]
    a, b = (Value(x, label=text) for x, text in zip((2.0, 3.0), labels))
    J = log(a * b) * a
    J.label = labels[2]
    J.backward()
    return SimpleNamespace(a=a, b=b, J=J, names=dict(zip(names, (a, b, J))) if names[0] else {})


def network(label):
    """A module whose class, parts and parameters are called so."""
    kind = type(label.replace("\0", "").encode("utf-8", "replace").decode(), (Module,), {})
    model = kind()
    setattr(model, f"{label}1", MLP(2, [2, 1]))
    setattr(model, f"{label}2", Value(1.0))
    setattr(model, f"{label}3", Linear(2, 2))
    return model


def fit_for_a_terminal(text, as_lines_of=""):
    assert not UNSEEN.search(text), repr(UNSEEN.search(text)[0])
    if as_lines_of:
        assert text.count("\n") == as_lines_of.count("\n")
        assert len(text) < 50_000  # explanations show 500 characters of a name, wherever it stands


# -- pictures --------------------------------------------------------------------------------------


def tags(svg):
    """Every element with its attributes, and the values of those that lead somewhere."""
    found = set()
    for element in ElementTree.fromstring(svg).iter():
        places = {v for k, v in element.attrib.items() if "href" in k or k in ("class", "style")}
        found.add((element.tag, *sorted(element.attrib), *sorted(places)))
    return found


STYLES = [
    {"style": "cards"}, {"style": "wires"}, {"style": "beads"}, {"fold": "layer"},
    {"theme": "auto"},
]  # fmt: skip


@pytest.mark.parametrize("by", ["label", "names"])
@pytest.mark.parametrize("options", STYLES, ids=str)
def test_a_label_adds_no_element_to_a_picture(options, by):
    harmless = graph(HARMLESS, by)
    known = tags(draw(harmless.J, names=harmless.names, **options).pipe("svg", encoding="utf-8"))
    for name in SOME:
        wicked = graph(LABELS[name], by)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of letters that no font here has
            picture = draw(wicked.J, names=wicked.names, **options)
            svg = picture.pipe("svg", encoding="utf-8")
        assert tags(svg) <= known, name
        assert not UNSEEN.search(picture.source.replace("\t", "")), name


@each_label
def test_a_label_adds_no_element_to_a_picture_of_neurons(label):
    def picture(name):
        model = MLP(2, [2, 1])
        for i, parameter in enumerate(model.parameters()):
            parameter.label = f"{name}{i}"
        return draw(model([1.0, 2.0]), fold="neuron", names={name: model}).pipe("svg")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert tags(picture(label)) <= tags(picture(HARMLESS))


@each_label
def test_a_label_adds_no_element_to_a_picture_of_tensors(label):
    def picture(name):
        w, x = Tensor([[1.0, 2.0]], requires_grad=True, label=name), Tensor([[1.0], [2.0]])
        return draw((w @ x).sum(), names={f"{name}x": x}).pipe("svg")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert tags(picture(label)) <= tags(picture(HARMLESS))


@each_label
def test_a_label_adds_no_element_to_an_excerpt_or_a_path(label):
    def pictures(name):
        g = graph(name)
        for picture in (focus(g.J), focus(g.a, root=g.J), path(g.a, g.J)):
            yield tags(picture.pipe("svg"))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for wicked, harmless in zip(pictures(label), pictures(HARMLESS)):
            assert wicked <= harmless


@each_label
def test_a_label_adds_no_element_to_the_levels(label):
    found = levels(graph(label).J)
    assert tags(found.svg) <= tags(levels(graph(HARMLESS).J).svg)
    fit_for_a_terminal(str(found) + repr(found))


# -- pages -----------------------------------------------------------------------------------------


class Page(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.scripts = set(), 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        places = sorted(v for k, v in attrs if k in ("src", "href", "style", "onclick"))
        self.tags.add((tag, *sorted(k for k, _ in attrs), *places))
        self.scripts += tag == "script"


@each_label
@pytest.mark.parametrize("by", ["label", "names"])
def test_a_label_and_a_title_add_no_element_to_a_page(label, by):
    def page(name):
        g = graph(name, by)
        return explore(g.J, name, names=g.names).html

    html, harmless = page(label), page(HARMLESS)
    ours, theirs = Page(html), Page(harmless)
    assert ours.tags <= theirs.tags
    assert ours.scripts == theirs.scripts
    assert html.count("</script") == harmless.count("</script")
    assert html.count("<!--") == harmless.count("<!--")
    data = re.search(r'<script id="data"[^>]*>(.*?)</script>', html, re.S)[1]
    assert not {"<", "\u2028", "\u2029"} & set(data)
    json.loads(data)
    fit_for_a_terminal(html)


# -- explanations ----------------------------------------------------------------------------------

COMMAND = re.compile(r"\\(?:[a-zA-Z]+|.)", re.S)
# What an escaped character becomes.
SAFE = {
    r"\lambda",
    *(r"\backslash", r"\sim", r"\hat", r"\lt", r"\gt", r"\grave", r"\wedge", r"\mathrm", r"\text"),
    *(r"\&", r"\%", r"\$", r"\#", r"\_", r"\{", r"\}", r"\ ", r"\\"),
}  # fmt: skip


def check_latex(latex, harmless):
    commands = set(COMMAND.findall(latex))
    assert commands <= set(COMMAND.findall(harmless)) | SAFE
    bare = COMMAND.sub("", latex)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert not set("$%#~`<>") & set(bare)
    assert "^^" not in bare
    assert latex.count("\n") == harmless.count("\n")
    assert latex.count("&") - latex.count(r"\&") == harmless.count("&")


@each_label
def test_an_explanation_in_latex_has_no_command_of_a_label(label):
    latex = explained(label).latex()
    check_latex(latex, explained(HARMLESS).latex())
    fit_for_a_terminal(latex)


def explained(label, by="label"):
    g = graph(label, by)
    return explain(g.J, g.a, names=g.names)


@each_label
def test_an_explanation_in_markdown_has_no_markup_of_a_label(label):
    text, harmless = explained(label).markdown(), explained(HARMLESS).markdown()
    fit_for_a_terminal(text, harmless)
    assert not re.search(r"(?<!\\)\]\(", text)  # in formulas neither: not all Markdown knows them
    # Outside of formulas no sign of a label is left alive.
    words, others = (re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$", "", re.sub(r"\\[$]", "", t), flags=re.S)
                     for t in (text, harmless))  # fmt: skip
    for sign in ("<", "`", "[", "](", "|", "**", "$", "{{"):
        alive = re.findall(r"(?<!\\)" + re.escape(sign), re.sub(r"\\\\", "", words))
        assert len(alive) == len(re.findall(r"(?<!\\)" + re.escape(sign), others)), sign


# -- terminals -------------------------------------------------------------------------------------


def summarised(label):
    return str(summary(graph(label).J))


def summarised_layers(label):
    model = network(label)
    x = getattr(model, f"{label}1")([1.0, 2.0]) * getattr(model, f"{label}2")
    x.backward()
    return str(summary(x, names={label: model}))


def layers(label):
    return network(label).summary()


def reason(label):
    g = graph(label)
    return str(why(g.J, g.a)) + repr(why(g.J, g.b))


def reason_of_nan(label):
    a, b = Value(-1.0, label=label), Value(0.0, label=f"{label}2")
    J = log(a) * b
    J.label = f"{label}3"
    J.backward()
    return str(why(J, a)) + str(why(J, b))


def reason_of_nothing(label):
    g = graph(label)
    return str(why(g.J, Value(3.0, label=f"{label}9")))


def compared(label):
    g, h = graph(label), graph(label)
    h.a.data, h.a.grad = 9.0, 11.0
    return str(diff(g.J, h.J)) + str(diff(g.J, {g.a: 4.0, g.b: 1.0}))


def compared_names(label):
    g = graph(label, "names")
    return str(diff(g.J, {g.a: 4.0}, names=g.names))


def told(label):
    return str(explained(label)) + str(explained(label, "names"))


def history(label):
    h = History()
    h.append({"epoch": 1, label: 1.0, "train_loss": 2.0})
    h.append({"epoch": 2, label: 2.0, "train_loss": 1.0})
    return repr(h)


def represented(label):
    g = graph(label)
    return repr(g.a) + repr(levels(g.J)) + repr(draw(g.J)) + repr(explore(g.J)) + repr(g.J.inputs)


TOLD = [
    summarised, summarised_layers, layers, reason, reason_of_nan, reason_of_nothing, compared,
    compared_names, told, history, represented,
]  # fmt: skip


@each_label
@pytest.mark.parametrize("tell", TOLD)
def test_what_is_printed_keeps_its_lines_and_tells_a_terminal_nothing(tell, label):
    fit_for_a_terminal(tell(label), tell(HARMLESS))


# -- messages --------------------------------------------------------------------------------------


def warned(label):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with errstate(all="raise"):
            log(Value(-1.0, label=label))


FAILING = {
    "draw theme": lambda x: draw(Value(1.0), theme=x),
    "draw style": lambda x: draw(Value(1.0), style=x),
    "draw root": lambda x: draw(x),
    "draw names": lambda x: draw(Value(1.0), names=x),
    "explain name": lambda x: explain(graph(HARMLESS).J, x),
    "explain, of several names": lambda x: explain(graph(x).J, "nobody"),
    "why name": lambda x: why(graph(HARMLESS).J, x),
    "why, of several names": lambda x: why(graph(x).J, "nobody"),
    "focus name": lambda x: focus(graph(HARMLESS).J, x),
    "focus, of several names": lambda x: focus(graph(x).J, "nobody"),
    "diff name": lambda x: diff(graph(HARMLESS).J, {x: 1.0}),
    "diff, of several names": lambda x: diff(graph(x).J, {"nobody": 1.0}),
    "diff number": lambda x: diff(graph(x).J, {x: x}),
    "explore grads": lambda x: explore(graph(HARMLESS).J, grads={x: 1.0}),
    "explore name": lambda x: explore(graph(x).J, grads={"nobody": 1.0}),
    "value": lambda x: Value(x),
    "operand": lambda x: Value(1.0) + x,
    "tensor": lambda x: Tensor([x]),
    "tensor's operand": lambda x: Tensor([1.0]) + x,
    "dtype": lambda x: Tensor([1.0], dtype=x),
    "activation": lambda x: MLP(2, [1], activation=x),
    "state": lambda x: MLP(2, [1]).load_state_dict({x: 1.0}),
    "state of another": lambda x: network(x).load_state_dict({"nobody": 1.0}),
    "shape of a state": lambda x: network(x).load_state_dict(
        {**network(x).state_dict(), f"{x}3.weight": 1.0}
    ),
    "history": lambda x: History()[x],
    "history's columns": lambda x: filled_history(x)["nobody"],
    "plot theme": lambda x: plots.lines({"a": [1.0]}, theme=x),
    "plot log": lambda x: plots.lines({"a": [1.0]}, log=x),
    "plot line": lambda x: plots.lines({x: [[1.0], [2.0, 3.0]]}),
    "plot panel": lambda x: plots.history({"train_loss": [1.0]}, show=[x]),
    "plot columns": lambda x: plots.history({x: [1.0], "train_loss": [1.0]}, show=["nobody"]),
    "compile target": lambda x: compile(lambda a: a, target=x),
    "compiled argument": lambda x: compile(lambda a: a)(**{x: 1.0}),
    "picture": lambda x: draw(Value(1.0)).save("J." + x.replace("/", "")),
    "page": lambda x: explore(Value(1.0)).save("J." + x.replace("/", "")),
    "errstate": warned,
}  # fmt: skip


def filled_history(label):
    h = History()
    h.append({label: 1.0})
    return h


@pytest.mark.parametrize("fail", FAILING.values(), ids=FAILING)
def test_a_message_is_one_line_and_tells_a_terminal_nothing(fail, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bad, lines = {}, 0
    try:
        fail(HARMLESS)
    except Exception as error:
        lines = str(error).count("\n")  # of a list of what does not fit
    for name in SOME:
        try:
            fail(LABELS[name])
        except Exception as error:
            text = str(error)
            if UNSEEN.search(text) or text.count("\n") != lines or len(text) > 2000:
                bad[name] = text[:200]
        else:
            bad[name] = "no error"
    assert not bad


# -- plots -----------------------------------------------------------------------------------------


def lines(label):
    return plots.lines({label: [1.0, 2.0], f"{label}2": [2.0, 1.0]}, x=label, y=label, title=label)


def curves(label):
    return plots.history(
        {label: {"train_loss": [2.0, 1.0]}, f"{label}2": {"train_loss": [1.0, 1.0]}}
    )


def classes(label):
    return plots.confusion([0, 1, 1], [0, 1, 0], names=[label, f"{label}2"], title=label)


@pytest.mark.parametrize("plot", [lines, curves, classes])
def test_a_name_adds_no_element_to_a_plot_and_is_no_formula(plot, tmp_path):
    for name in SOME:
        label = LABELS[name][:60]
        found = []
        for text in (HARMLESS, label):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                plot(text).save(tmp_path / "plot.svg")
            svg = (tmp_path / "plot.svg").read_text("utf-8")
            found.append({element.tag for element in ElementTree.fromstring(svg).iter()})
        assert found[1] <= found[0], name


# -- programs and files ----------------------------------------------------------------------------


def shape_of(source):
    """The statements of a program, without its names."""
    tree = ast.parse(source)
    kinds = [type(node).__name__ for node in ast.walk(tree)]
    return sorted(k for k in kinds if k not in ("Name", "Load", "Store"))


def compiled(label):
    g = graph(label)
    return compile(g.J, [g.a, g.b])


@each_label
def test_a_label_is_a_name_in_a_compiled_program_and_nothing_else(label, tmp_path):
    program, harmless = compiled(label), compiled(HARMLESS)
    assert shape_of(program.source) == shape_of(harmless.source)
    fit_for_a_terminal(program.source, harmless.source)
    assert program.value_and_grad(2.0, 3.0) == harmless.value_and_grad(2.0, 3.0)
    check_latex(program.latex(), harmless.latex())
    program.save(tmp_path / "a.py")
    harmless.save(tmp_path / "b.py")
    a, b = ((tmp_path / name).read_text("utf-8") for name in ("a.py", "b.py"))
    assert shape_of(a) == shape_of(b)
    assert not UNSEEN.search(a)


@each_label
def test_a_function_and_its_variables_named_so_make_a_program_of_their_own(label):
    hidden = {label: Value(3.0, label=label)}

    def f(a):
        return a * hidden[label]

    f.__name__ = f.__qualname__ = label.replace("\ud800", "").replace("\udfff", "")
    program = compile(f)
    assert program(2.0) == 6.0
    ast.parse(program.source)
    assert not UNSEEN.search(program.source + repr(program))


@each_label
def test_a_column_of_a_history_is_one_column_of_csv(label, tmp_path):
    h = filled_history("epoch")
    h.append({"epoch": 2.0})
    h[label] = [1.0, 2.0]
    h.save_csv(tmp_path / "h.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "h.csv").read_bytes().decode(), newline="")))
    assert [len(row) for row in rows] == [2, 2, 2]
    assert rows[1:] == [["1.0", "1.0"], ["2.0", "2.0"]]
    assert rows[0] == ["epoch", printable(label)]


def test_everything_that_takes_a_name_is_here():
    known = {name for name in visualize.__all__ if name[0].islower()}
    assert known == {
        *("diff", "draw", "draw_dot", "engines", "explain", "explore", "focus", "levels", "path"),
        *("summary", "trace", "why"),
    }  # fmt: skip


# -- what was broken once --------------------------------------------------------------------------


def test_a_picture_folded_by_layers_stands_a_control_character():
    assert "[31mred" in draw(graph("\x1b[31mred").J, fold="layer").pipe("svg", encoding="utf-8")


@pytest.mark.parametrize("character", ["\0", "\ud800", "\uffff"])
def test_a_plot_stands_what_xml_and_fonts_do_not_have(character, tmp_path):
    lines(f"a{character}b").save(tmp_path / "plot.svg")
    ElementTree.fromstring((tmp_path / "plot.svg").read_text("utf-8"))


def test_a_compiled_gradient_is_found_by_names_with_accents_that_are_no_letters():
    program = compiled("Z\u0338")
    assert program.value_and_grad(2.0, 3.0) == compiled(HARMLESS).value_and_grad(2.0, 3.0)


def test_a_function_whose_name_python_spells_otherwise_is_compiled():
    def f(a):
        return a * 2.0

    f.__name__ = "Z\u0301"
    assert compile(f)(2.0) == 4.0


def test_a_node_is_found_by_its_name_however_that_is_shown():
    g = graph("a\nb")
    assert explain(g.J, g.a.label).gradient == g.a.grad
    g = graph("\x1b[31mred")
    assert "red" in str(diff(g.J, {g.a.label: 4.0}))
