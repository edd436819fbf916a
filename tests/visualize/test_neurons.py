"""The style "neurons": a card for each neuron, a row for each weight."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autodiff import Value, dot, nn, tanh, topological_order
from visualize import draw, neurons
from visualize.names import name_all
from visualize.networks import neurons as find
from visualize.style import DARK, LIGHT


def net(widths=(2, 1), nin=2, **options):
    """Return a perceptron that is the same every time."""
    return nn.MLP(nin, list(widths), rng=random.Random(3), **options)


def write(root, theme=LIGHT, rankdir="LR", legend=False, **names):
    nodes = topological_order(root)
    found = name_all(nodes, names, neurons=find(nodes))
    return neurons.write(root, found, theme, rankdir=rankdir, legend=legend)


def nodes(text):
    """Return the statements of nodes by their first bold word, their name."""
    text = text.replace("\n\t\t", "").replace("\n\t</", "</")
    lines = re.findall(r"^\tn\d+ \[.*$", text, re.MULTILINE)
    return {re.search("<B>(.*?)</B>", line)[1].strip(): line for line in lines}


def edges(text):
    """Return the ends of the edges."""
    return re.findall(r"^\t(\S+ -> \S+) ", text, re.MULTILINE)


def rows(card):
    """Return what stands in each line of a card, without the mark-up."""
    lines = re.findall("<TR>(.*?)</TR>", card.partition("CELLPADDING")[2])
    texts = (re.sub("<.*?>", " ", line).split() for line in lines)
    return [" ".join(words) for words in texts if words]


def tooltip(statement):
    return re.search(r' tooltip="(.*?)"', statement)[1]


@pytest.fixture
def xor():
    """A 2-2-1 net with numbers by hand, its loss after backward, and the names of the values."""
    model = net(activation="sigmoid", nonlin=True)
    numbers = [0.5, -0.3, 0.1, -0.8, 0.4, 0.2, 1.2, -0.7, 0.05]
    for parameter, number in zip(model.parameters(), numbers):
        parameter.data = number
    x1, x2 = Value(1.0), Value(-2.0)
    loss = (model([x1, x2]) - 1.0) ** 2
    loss.backward()
    return loss, dict(model=model, x1=x1, x2=x2, loss=loss)


def test_the_text_of_a_small_net_is_known_by_heart(xor):
    """After a change that is meant, look at the picture, then write the new text there."""
    loss, names = xor
    golden = Path(__file__).with_name("net_neurons.gv").read_text(encoding="utf-8")
    assert write(loss, **names) == golden


def test_a_neuron_is_a_card_with_a_row_for_each_weight(xor):
    loss, names = xor
    cards = nodes(write(loss, **names))
    assert list(cards) == [
        "x1", "x2", "layer1.neuron1", "layer1.neuron2", "layer2.neuron1", "t₁", "loss",
    ]  # fmt: skip
    assert rows(cards["layer1.neuron1"]) == [
        "layer1.neuron1 = σ(w·x + b)",
        "weight value grad",
        "w[0] · x1 0.5 -0.0273",
        "w[1] · x2 -0.3 0.0546",
        "b 0.1 -0.0273",
        "before σ 1.2 -0.0273",
        "after σ 0.7685 -0.1535",
    ]
    assert cards["layer1.neuron1"].count("<HR/>") == 1


def test_edges_go_to_the_row_of_their_weight(xor):
    loss, names = xor
    text = write(loss, **names)
    ids = {name: re.match(r"\t(n\d+)", line)[1] for name, line in nodes(text).items()}
    x1, x2, h1, h2, y, t, out = ids.values()
    assert sorted(edges(text)) == sorted(
        [
            f"{x1}:card -> {h1}:x0:w", f"{x2}:card -> {h1}:x1:w",
            f"{x1}:card -> {h2}:x0:w", f"{x2}:card -> {h2}:x1:w",
            f"{h1}:out:e -> {y}:x0:w", f"{h2}:out:e -> {y}:x1:w",
            f"{y}:out:e -> {t}:card", f"{t}:card -> {out}:card",
        ]
    )  # fmt: skip
    for end in re.findall(r"(n\d+):(\w+)", " ".join(edges(text))):
        card = next(line for line in nodes(text).values() if line.startswith(f"\t{end[0]} "))
        assert card.count(f'PORT="{end[1]}"') == 1


def test_an_edge_into_a_row_has_the_chain_rule_in_its_tooltip_and_no_label(xor):
    loss, names = xor
    (line,) = re.findall(r"^.* -> n8:x1:w .*$", write(loss, **names), re.MULTILINE)
    assert "label" not in line
    grad = loss.inputs[0].inputs[0].inputs[0].inputs[2].inputs[0].grad
    assert tooltip(line) == (
        "∂layer1.neuron1.z/∂x2 = layer1.neuron1.w[1] = -0.3;"
        f" contributes {grad!r} × (-0.3) = {-0.3 * grad!r}"
    )


def test_a_rows_tooltip_has_the_full_name_all_digits_and_the_chain_rule(xor):
    loss, names = xor
    card = nodes(write(loss, **names))["layer1.neuron2"]
    weight = names["model"].layers[0].neurons[1].w[1]
    assert card.count(f'TITLE="layer1.neuron2.w[1]&#10;value 0.4&#10;grad {weight.grad!r}') == 4
    assert (
        "&#10;parameter&#10;∂layer1.neuron2.z/∂layer1.neuron2.w[1] = x2 = -2; contributes" in card
    )
    assert "∂layer1.neuron2/∂layer1.neuron2.z = " in card
    assert tooltip(card).startswith("layer1.neuron2 = sigmoid(layer1.neuron2.z)")


@pytest.mark.parametrize(
    "activation, formula, words",
    [("relu", "relu(w·x + b)", "relu"), ("sigmoid", "σ(w·x + b)", "σ"),
     ("tanh", "tanh(w·x + b)", "tanh"), ("elu", "elu(w·x + b, 1)", "elu"),
     ("leaky_relu", "leaky_relu(w·x + b, 0.01)", "leaky_relu"),
     ("softplus", "softplus(w·x + b)", "softplus")],
)  # fmt: skip
def test_a_neuron_says_its_formula_in_its_own_words(activation, formula, words):
    out = net([1], activation=activation, nonlin=True)([1.0, 2.0])
    lines = rows(nodes(write(out, h=out))["h"])
    assert lines[0] == f"h = {formula}"
    assert lines[-2].startswith(f"before {words} ")
    assert lines[-1].startswith(f"after {words} ")


def test_every_activation_can_be_drawn():
    for activation in nn.ACTIVATIONS:
        out = nn.Neuron(2, activation=activation)([1.0, -1.0])
        assert draw(out).source.count("PORT=") == 4


def test_a_linear_neuron_has_one_row_for_its_sum():
    out = net([1])([1.0, 2.0])
    lines = rows(nodes(write(out, h=out))["h"])
    assert lines[0] == "h = w·x + b"
    assert [line.split()[0] for line in lines[2:]] == ["w[0]", "w[1]", "b", "sum"]


def test_a_neuron_without_a_bias_says_so():
    w, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    h = tanh(dot(w, x))
    lines = rows(nodes(write(h, h=h, w=w, x=x))["h"])
    assert lines[0] == "h = tanh(w·x)"
    assert [line.split()[:3] for line in lines[2:4]] == [
        ["w[0]", "·", "x[0]"],
        ["w[1]", "·", "x[1]"],
    ]


def test_a_neuron_that_is_the_root_looks_like_an_output():
    out = net([1])([1.0, 2.0])
    text = write(out, h=out)
    assert f'BGCOLOR="{LIGHT.kinds["output"].ground}"' in text
    assert LIGHT.kinds["operation"].ground not in text


def test_plain_numbers_are_in_the_rows_and_have_no_cards():
    model = net()
    out = model([1.0, -2.5])
    text = write(out, model=model, out=out)
    assert list(nodes(text)) == ["layer1.neuron1", "layer1.neuron2", "out"]
    assert rows(nodes(text)["layer1.neuron1"])[3].startswith("w[1] · -2.5 ")
    assert len(edges(text)) == 2


def test_a_constant_input_has_a_card_and_gets_no_gradient():
    x = Value(2.0).detach()
    out = nn.Neuron(1)([x])
    out.backward()
    text = write(out, x=x, out=out)
    assert rows(nodes(text)["x"])[0] == "x constant"
    assert 'tooltip="x is a constant: no gradient goes there"' in text


def test_before_backward_gradients_are_dashes():
    out = net()([1.0, -2.0])
    text = write(out)
    assert text.count("<B>–</B>") == 9 + 2 * 2 + 1
    assert LIGHT.gradient not in text


def test_nan_and_inf_have_the_warning_tint():
    out = nn.Neuron(1, activation="tanh")([float("nan")])
    out.backward()
    for theme in (LIGHT, DARK):
        text = write(out, theme)
        assert text.count(f'BGCOLOR="{theme.warning_pill}"') == 5  # not the bias' own value


def test_a_shared_parameter_is_a_row_of_both_neurons():
    w, b = [Value(2.0)], Value(0.0)
    h1, h2 = tanh(dot(w, [1.0], b)), tanh(dot(w, [3.0], b))
    loss = h1 * h2
    cards = nodes(write(loss, w=w, b=b, h1=h1, h2=h2, loss=loss))
    assert list(cards) == ["h1", "h2", "loss"]
    assert rows(cards["h1"])[2] == "w[0] · 1 2 –"
    assert rows(cards["h2"])[2] == "w[0] · 3 2 –"


def test_two_samples_through_one_model_are_two_cards_of_each_neuron():
    model = net([1, 1], nin=1)
    loss = model([1.0]) + model([2.0])
    assert list(nodes(write(loss, model=model, loss=loss))) == [
        "layer1.neuron1#1", "layer2.neuron1#1", "layer1.neuron1#2", "layer2.neuron1#2", "loss",
    ]  # fmt: skip


def test_a_penalty_on_the_weights_is_a_card_that_says_what_is_left_out():
    model = net()
    parameters = model.parameters()
    loss = model([1.0, 2.0]) + dot(parameters, parameters)
    text = write(loss, model=model, loss=loss)
    assert list(nodes(text)) == ["layer1.neuron1", "layer1.neuron2", "layer2.neuron1", "t₁", "loss"]
    card = rows(nodes(text)["t₁"])
    assert card[0] == "t₁ = sum of 9 squares"
    assert card[-1] == "without edges from 9 parameters"
    assert len(edges(text)) == 4


def test_a_weight_that_is_squared_by_itself_is_said_to_be_left_out():
    neuron = nn.Neuron(1)
    loss = neuron([1.0]) + neuron.w[0] ** 2
    text = write(loss, neuron=neuron, loss=loss)
    assert rows(nodes(text)["t₁"])[0] == "t₁ = w[0]²"
    assert rows(nodes(text)["t₁"])[-1] == "without edges from 1 parameter"


def test_a_name_given_by_the_user_stands_in_the_row_as_it_is():
    neuron = nn.Neuron(3)
    slope, steep, _ = neuron.w
    steep.label = "v1.steep"
    out = neuron([1.0, 2.0, 3.0])
    lines = rows(
        nodes(write(out, neuron=neuron, slope=slope, params={"a.b": out}))["params['a.b']"]
    )
    assert [line.split()[0] for line in lines[2:6]] == ["slope", "v1.steep", "w[2]", "b"]


def test_long_names_are_cut_in_rows_and_whole_in_tooltips():
    x = Value(1.0, label="x" * 60)
    out = nn.Neuron(1)([x])
    card = nodes(write(out, out=out))["out"]
    assert f"· {'x' * 18}… <" in card
    assert "x" * 60 in card


@pytest.mark.parametrize(
    "label",
    ['</TD>"]', "<B>&amp;", "\\N", '"\\', "{|}", "a\nb", "文字", "\u202egnp", "&#10;", "]]>"],
)
def test_a_label_stays_text(label):
    neuron = nn.Neuron(1, activation="tanh")
    x = Value(1.0, label=label)
    out = neuron([x])
    for value in (neuron.w[0], neuron.b, out, out.inputs[0]):
        value.label = label
    out.backward()
    svg = draw(out).pipe("svg")
    root = ElementTree.fromstring(svg)
    groups = [g.get("class") for g in root.iter("{http://www.w3.org/2000/svg}g")]
    assert (groups.count("node"), groups.count("edge")) == (2, 1)
    titles = [
        a.get("{http://www.w3.org/1999/xlink}title") for a in root.iter() if a.tag[-2:] == "}a"
    ]
    shown = " ".join(label.replace("\u202e", " ").split("\n")).strip()
    assert sum(title.startswith(f"{shown}\nvalue ") for title in titles) >= 4


def test_any_name_of_an_activation_stays_text():
    for name in ("é", "x" * 99):
        out = Value(1.0, (dot([Value(1.0)], [2.0]),), name)
        assert b"<svg" in draw(out).pipe("svg")


def test_in_each_direction_edges_come_from_where_the_inputs_are():
    model = net()
    loss = model([Value(1.0), 2.0]) ** 2
    ends = {d: edges(write(loss, rankdir=d)) for d in ("LR", "RL", "TB", "BT")}
    assert all(re.search(r":x\d:w$|:card$", end) for end in ends["LR"])
    assert any(":out:w -> " in end and end.endswith(":e") for end in ends["RL"])
    for upright in ("TB", "BT"):
        assert all(end.split(" -> ")[0].endswith(":card") for end in ends[upright])


def test_wide_layers_have_room_between_them_and_thin_edges():
    narrow, wide = (write(net([n, 1])([Value(1.0), 2.0])) for n in (2, 8))
    assert 'nodesep="0.22" ranksep="0.75"' in narrow
    assert 'nodesep="0.12" ranksep="2.15"' in wide
    assert 'arrowsize="0.5"' in wide
    assert 'arrowsize="0.5"' not in narrow


def test_the_legend_says_what_amber_is():
    out = nn.Neuron(1)([1.0])
    assert "amber: weight" in write(out, legend=True)
    assert "amber" not in write(out)
    assert "amber" not in write(Value(1.0) * 2, legend=True)


def test_both_themes_fit_in_one_picture(xor):
    loss, names = xor
    svg = draw(loss, theme="auto", names=names).pipe("svg").decode()
    for light, dark in ((LIGHT.value_pill, DARK.value_pill), (LIGHT.ground, DARK.ground)):
        assert f'[fill="{light.lower()}"]{{fill:{dark.lower()}}}' in svg
    assert LIGHT.kinds["parameter"].ink not in draw(loss, theme="dark", names=names).source


# -- by draw ---------------------------------------------------------------------------------------


def test_a_graph_with_neurons_is_drawn_so_by_itself():
    model = net()
    x1, x2 = Value(1.0), Value(-2.0)
    loss = (model([x1, x2]) - 1.0) ** 2
    assert list(nodes(draw(loss).source)) == [
        "x1", "x2", "layer1.neuron1", "layer1.neuron2", "layer2.neuron1", "t₁", "loss",
    ]  # fmt: skip
    assert draw(loss).source == draw(loss, style="neurons").source


def test_a_graph_without_neurons_is_drawn_in_cards():
    a = Value(2.0)
    J = a * a
    assert draw(J).source == draw(J, style="cards").source
    assert len(nodes(draw(J, style="neurons").source)) == 2


def test_the_other_styles_can_be_asked_for():
    model = net()
    loss = model([1.0, -2.0]) ** 2
    cards = nodes(draw(loss, style="cards").source)
    assert len(cards) == 9 + 6
    assert "parameter<" in cards["layer1.neuron2.w[1]"]
    assert LIGHT.kinds["parameter"].ground in cards["layer1.neuron2.w[1]"]
    assert "_op" in draw(loss, style="beads").source


def test_drawing_neurons_changes_nothing(xor):
    loss, names = xor

    def state():
        return [
            (id(n), n.data, n.grad, n.has_grad, n.label, n.primitive, tuple(map(id, n.inputs)))
            for n in topological_order(loss)
        ]

    before = state()
    draw(loss, theme="auto", names=names).pipe("svg")
    assert state() == before


def test_the_limit_counts_cards_so_that_a_net_of_337_parameters_is_drawn():
    model = net([16, 16, 1])
    parameters = model.parameters()
    loss = (1.0 - model([Value(1.0), Value(2.0)])).relu() + 0.1 * dot(parameters, parameters)
    text = draw(loss).source
    assert len(nodes(text)) == 2 + 33 + 5
    with pytest.raises(ValueError, match="more than 39 neurons and other values"):
        draw(loss, limit=39, fold="neuron")
    assert draw(loss, limit=40).source == text
    assert len(nodes(draw(loss, limit=39).source)) < 39  # folded to layers


@pytest.mark.parametrize(
    "widths, words", [([1200, 1], "1,000 neurons"), ([110, 110], "10,000 edges")]
)
def test_a_net_that_is_too_large_is_refused(widths, words):
    out = net(widths)([Value(1.0), 2.0])
    with pytest.raises(ValueError, match=f"more than .*({words}).*limit=5000"):
        draw(out if isinstance(out, Value) else sum(out), fold="neuron")


def test_where_rows_would_be_too_many_the_weights_of_a_wide_neuron_share_one():
    loss = net([16, 16, 1])([Value(1.0), Value(2.0)]) ** 2
    text = draw(loss).source
    assert text.count("<B>16 weights</B>") == 17
    assert 'splines="line"' in text
    assert text.count("<B>w[1]</B>") == 16  # of the first layer, whose neurons have two
    assert "16 weights" not in draw(net([4, 1])([1.0, 2.0])).source


def test_the_neurons_of_a_compact_layer_stay_in_order():
    text = draw(net([16, 16, 1])([Value(1.0), Value(2.0)]) ** 2).source
    assert text.count('rank="same"') == 2


def test_folding_by_itself_is_said_under_the_picture():
    text = draw(net([8, 8, 8, 1])([Value(1.0), Value(2.0)]) ** 2).source
    assert "values folded into 25 neurons; fold='none' shows all" in text
    assert "folded" not in draw(net([2, 1])([1.0, 2.0])).source


def test_a_neuron_of_countless_weights_is_refused_at_once():
    n = 100_000
    out = dot([Value(1.0) for _ in range(n)], [1.0] * n)
    start = time.perf_counter()
    with pytest.raises(ValueError, match="more than"):
        draw(out)
    print(f"refused in {time.perf_counter() - start:.3f} s")


@pytest.mark.slow
def test_a_picture_of_wide_layers_is_made_in_time():
    loss = net([16, 16, 1])([Value(1.0), Value(2.0)]) ** 2
    assert draw(loss).pipe("svg").count(b'class="node"') == 2 + 33 + 1
