"""The page that steps through a graph: what is in the file, without a browser."""

from __future__ import annotations

import json
import math
import re
from xml.etree import ElementTree

import pytest

from autodiff import Tensor, Value, log, seed, sin, topological_order
from autodiff.nn import MLP, mse
from visualize import TooLarge, explore
from visualize.slots import filled


def data_of(page):
    return json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', page.html, re.S)[1])


def said(page):
    """Return the steps with the numbers of the recorded run in their texts."""
    data = data_of(page)
    found = []
    for step in data["steps"]:
        step = {**step, "s": filled(step["s"], data["strings"])}
        if "f" in step:
            step["f"] = [filled(text, data["strings"]) for text in step["f"]]
        if "i" in step:
            step |= {kind: data["strings"][kind][step["i"]] for kind in "ulcba"}
        found.append(step)
    return found


def graph():
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    return {"a": a, "b": b, "c": c, "J": 3 * (a + b * c)}


def network():
    seed(3)
    model = MLP(2, [2, 1])
    return model, mse(model([1.0, -2.0]), 0.5)


def test_there_is_a_step_for_each_operation_and_each_contribution():
    names = graph()
    steps = said(explore(names["J"], names=names))
    assert [step["k"] for step in steps] == ["start", *["op"] * 3, "seed", *["use"] * 5, "done"]
    assert steps[3]["f"] == ["3 × t₂", "3 × 11", "33"]
    last = {step["n"]: step["a"] for step in steps if step["k"] == "use"}
    facts = data_of(explore(names["J"], names=names))["facts"]
    assert {facts[n]["n"]: g for n, g in last.items()} == {
        "a": "3", "b": "6", "c": "9", "t₁": "3", "t₂": "3",
    }  # fmt: skip


@pytest.mark.parametrize("make", [
    lambda: network()[1],
    lambda: (lambda x: x * x * 3 + sin(x) * (x * x))(Value(2.0)),
])  # fmt: skip
def test_the_ledger_adds_up_to_the_gradients_of_backward(make):
    root = make()
    data = data_of(explore(root))
    root.backward()
    for node, facts in zip(topological_order(root), data["facts"]):
        if node.requires_grad:
            assert float(facts["g"].replace("−", "-")) == node.grad


def test_looking_changes_nothing_and_needs_no_backward():
    _, loss = network()
    page = explore(loss, names={}).html
    assert all(not node.has_grad for node in topological_order(loss))
    loss.backward()
    state = [(node.data, node.grad) for node in topological_order(loss)]
    assert explore(loss, names={}).html == page
    assert [(node.data, node.grad) for node in topological_order(loss)] == state


def test_stored_gradients_of_two_backwards_are_told():
    names = graph()
    names["J"].backward()
    assert 'id="doubts"' not in explore(names["J"], names=names).html
    names["J"].backward()
    assert "The stored grad differs: a.grad is 6, and one pass gives 3" in (
        explore(names["J"], names=names).html
    )


def test_the_file_asks_nothing_of_the_network():
    html = explore(network()[1]).html
    assert "http" not in html
    assert not re.search(r"(src|href)=(?!\"#)", html)
    assert "@import" not in html
    assert "url(" in html
    assert set(re.findall(r"url\((.)", html)) == {"#"}


@pytest.mark.parametrize("fold", ["none", "neuron"])
def test_the_picture_is_well_formed_also_where_gradients_are_zero(fold):
    seed(3)
    model = MLP(2, [3, 1])
    loss = mse(model([1.0, -2.0]), 0.5) + Value(2.0).relu() * 0.0
    svg = re.search(r"<svg id=\"picture\".*?</svg>", explore(loss, fold=fold).html, re.S)[0]
    picture = ElementTree.fromstring(svg)
    cards = [g for g in picture.iter("g") if g.get("class", "").startswith("c ")]
    grads = [text.text for g in cards for text in g.findall("text") if text.get("class") == "g"]
    assert len(grads) == len(cards)
    assert "0" in grads


def test_names_are_inert():
    wicked = '</script><img src=x onerror="alert(1)"><!-- @data@ \u2028 & \\u003c'
    a = Value(2.0, label=wicked)
    page = explore(a * 3.0, title=wicked)
    assert "<img" not in page.html
    assert page.html.count("</script>") == 2
    assert data_of(page)["facts"][0]["n"].startswith("</script><img")
    assert "<iframe" in page._repr_html_()
    assert 'sandbox="allow-scripts"' in page._repr_html_()


def test_nan_infinity_constants_and_repeated_operands_have_their_places():
    x, k = Value(0.0), Value(2.0).detach()
    page = explore(x * log(x) + k * (x - x), names={"x": x, "k": k})
    data = data_of(page)
    assert {"nan", "inf", "−inf"} <= {
        s[key] for s in said(page) for key in "ulca" if s["k"] == "use"
    } | {f["v"] for f in data["facts"]} | {s["f"][2] for s in said(page) if s["k"] == "op"}
    assert math.isnan(float(data["facts"][-1]["v"]))
    assert 'aria-label="k, constant, value 2, gradient –"' in page.html


def test_neurons_are_folded_where_there_are_many_cards_and_where_asked():
    model = MLP(2, [12, 12, 1])
    folded = explore(model([1.0, -2.0]))
    assert len(data_of(folded)["panels"]) == 25
    _, loss = network()
    assert data_of(explore(loss))["panels"] == {}
    panels = data_of(explore(loss, fold="neuron"))["panels"]
    assert len(panels) == 3
    assert all(len(panel["p"]) == 3 for panel in panels.values())


def test_the_theme_and_the_title_are_the_callers():
    names = graph()
    assert '<html lang="en">' in explore(names["J"]).html
    assert 'data-theme="dark"' in explore(names["J"], theme="dark").html
    assert "<h1>My &lt;J&gt;</h1>" in explore(names["J"], "My <J>").html
    assert "<h1>J = 3 × (a + b × c)</h1>" in explore(names["J"], names=names).html


def test_it_is_saved_whole(tmp_path):
    path = tmp_path / "J.html"
    page = explore(graph()["J"])
    assert page.save(path) == str(path)
    assert path.read_text("utf-8") == page.html
    with pytest.raises(FileNotFoundError, match="make it or correct the path"):
        page.save(tmp_path / "no" / "J.html")
    assert "KB" in repr(page)
    with pytest.raises(ValueError, match=r"is HTML; expected a name such as J\.html, or draw\(J\)"):
        page.save(tmp_path / "J.svg")


def test_the_page_of_a_small_graph_is_small():
    assert len(explore(graph()["J"]).html.encode()) <= 60_000


def test_the_cards_of_a_batch_are_counted_as_they_are_drawn():
    seed(1)
    model = MLP(2, [16, 16, 1])
    loss = mse(model([[0.1 * i, 1.0] for i in range(60)]), [0.0] * 60)
    with pytest.raises(TooLarge, match="more than 1,000 cards"):
        explore(loss)
    with pytest.raises(TooLarge, match="more than 100 cards"):
        explore(mse(MLP(2, [4, 1])([[0.1 * i, 1.0] for i in range(20)]), [0.0] * 20), limit=100)


def test_where_nothing_matters_it_says_so():
    x = Value(-1.0)
    y = (x * 1.0).relu()
    assert said(explore(y))[-1]["s"] == (
        "Done: where one of the inputs changes by a little, y stays as it is."
    )
    z = Value(0.0)
    w = z.sqrt()
    assert "from which nothing follows" in said(explore(w))[-1]["s"]
    v = z.log()
    assert said(explore(v))[-1]["s"] == "Done: v is no finite number, so its gradients say nothing."


def test_a_second_use_adds_up_though_the_first_was_zero():
    x = Value(2.0)
    z = x * 0.0
    y = z + x * 3.0
    sentences = [step["s"] for step in said(explore(y)) if step["k"] == "use"]
    assert sum("was used before" in sentence for sentence in sentences) == 1


def test_every_doubt_is_on_the_page():
    a, b = Value(2.0), Value(3.0)
    y = a * b
    y.backward()
    a.data = 5.0
    html = explore(y).html
    assert html.count('<p class="doubts"') == 1  # gradients of before are not called wrong
    assert "computed before one of the values" in html
    html = explore(a * b, grads={"a": 1.0, "b": 5.0}).html
    assert html.count('<p class="doubts"') == 1


@pytest.mark.parametrize("call, kind, words", [
    (lambda: explore(3.0), TypeError, r"explore\(\) got 3.0.*expected a Value"),
    (lambda: explore(Tensor([1.0])), TypeError, "got a Tensor of shape"),
    (lambda: explore(Value(1.0), fold="layer"), ValueError, "fold='layer'"),
    (lambda: explore(Value(1.0), theme="pink"), ValueError, "theme='pink'"),
    (lambda: explore(Value(1.0), limit=0), ValueError, "limit=0"),
])  # fmt: skip
def test_what_does_not_fit_is_said(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_what_is_too_large_is_refused():
    x = Value(1.0)
    y = x
    for _ in range(200_000):
        y = y * 1.0
    with pytest.raises(TooLarge, match="more than 1,000"):
        explore(y)
    z = x
    for _ in range(60):
        z = z * 1.0
    with pytest.raises(TooLarge, match="more than 50"):
        explore(z, limit=50)
    assert data_of(explore(z, limit=100))["steps"]
