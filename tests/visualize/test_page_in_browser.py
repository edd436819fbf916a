"""The page in browsers: its keys and buttons, what it shows at a step, that names stay inert."""

from __future__ import annotations

import pytest

from autodiff import Value
from autodiff.nn import MLP, mse
from visualize import explore

pytestmark = pytest.mark.slow


def graph():
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    return explore(3 * (a + b * c), names={"a": a, "b": b, "c": c})


def test_every_key_goes_where_it_says(ask):
    found = ask(graph(), """
      for (const k of ["ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "Home",
                       "ArrowLeft", "b", "F", "B", "End", "Escape"]) { key(k); seen.push(now); }
      key("Home", document.body, {ctrlKey: true}); seen.push(now);
      key("Home", $("slider")); seen.push(now);
      const before = $("stage").className; key("z"); seen.push(before !== $("stage").className);
      key(" "); seen.push($("play").textContent); key("Escape"); seen.push($("play").textContent);
      return seen;""")  # fmt: skip
    assert found == [1, 2, 1, 10, 10, 0, 0, 4, 1, 4, 10, 10, 10, 10, True, "Pause", "Play"]


def test_every_button_does_what_it_says(ask):
    found = ask(graph(), """
      for (const id of ["next", "next", "back", "last", "first"]) { press(id); seen.push(now); }
      press("play"); seen.push($("play").textContent); press("play"); seen.push($("play").textContent);
      press("fit"); seen.push($("fit").textContent);
      press("theme"); const one = document.documentElement.dataset.theme; press("theme");
      seen.push([one, document.documentElement.dataset.theme].sort().join());
      $("slider").value = 6; $("slider").dispatchEvent(new Event("input")); seen.push(now);
      $("speed").value = "600"; $("speed").dispatchEvent(new Event("change"));
      cards.get(number("b")).dispatchEvent(new MouseEvent("click", {bubbles: true})); seen.push(now);
      key("Enter", cards.get(number("t₁"))); seen.push(now);
      return seen;""")  # fmt: skip
    assert found == [1, 2, 1, 10, 0, "Pause", "Play", "Follow", "dark,light", 6, 8, 1]


def test_values_come_forward_and_gradients_backward(ask):
    found = ask(graph(), """
      const all = () => ["a", "b", "t₁", "t₃"].map(n => text(number(n), ".v") + " " + text(number(n), ".g"));
      for (const i of [0, 1, 3, 4, 5, 8, 10]) { go(i); seen.push(all().join(", ")); }
      go(8); seen.push([...document.querySelectorAll(".box")].map(b => b.innerText.replace(/\\s+/g, " ")).join(" "));
      seen.push(ledger.filter(r => r.classList.contains("future")).length);
      seen.push(document.querySelector(".current").innerText.replace(/\\s+/g, " "));
      return seen;""")  # fmt: skip
    assert found == [
        "5 –, 3 –, ? –, ? –",
        "5 –, 3 –, 6 –, ? –",
        "5 –, 3 –, 6 –, 33 –",
        "5 0, 3 0, 6 0, 33 1",
        "5 0, 3 0, 6 0, 33 1",
        "5 3, 3 6, 6 3, 33 1",
        "5 3, 3 6, 6 3, 33 1",
        "upstream ∂t₃/∂t₁ 3 × local ∂t₁/∂b = c 2 = contribution to b 6 ⇒ grad of b 0 + 6 6",
        1,
        "t₁ → b 3 × 2 = 6 0 → 6",
    ]


def test_it_opens_at_a_step_and_says_so_to_those_who_listen(ask):
    found = ask(graph(), 'return [now, $("slider").getAttribute("aria-valuetext"), $("where").textContent]',
                step="#step=7")  # fmt: skip
    assert found[0] == 7
    assert found[1].startswith("Backward: the gradient of t₂ is 3")
    assert found[2] == "backward 3 of 5"


def test_a_neuron_unfolds_at_a_click_and_folds_again(ask):
    model = MLP(2, [2, 1])
    page = explore(mse(model([1.0, -2.0]), 0.5), fold="neuron")
    found = ask(page, """
      const open = () => document.querySelectorAll(".in.open").length;
      seen.push(open()); const out = cards.get(data.panels[0].n);
      out.dispatchEvent(new MouseEvent("click", {bubbles: true})); seen.push(open());
      const shown = data.panels[0].p.map(n => cards.get(n).getBoundingClientRect().width > 5);
      seen.push(shown.every(Boolean));
      document.querySelector(".in.open .close").dispatchEvent(new MouseEvent("click", {bubbles: true}));
      seen.push(open()); for (let i = 0; i <= last; i++) go(i); return seen;""")  # fmt: skip
    assert found == [0, 3, True, 0]


def test_no_line_is_shown_for_what_happens_inside_a_folded_neuron(ask):
    model = MLP(2, [2, 1])
    page = explore(mse(model([1.0, -2.0]), 0.5), fold="neuron")
    script = """
      const hidden = e => $("e" + e)?.closest(".in:not(.open)");
      for (let i = 0; i <= last; i++) {
        go(i);
        const edges = (steps[i].e ?? []).filter(e => $("e" + e));
        seen.push([edges.length > 0 && edges.every(hidden), $("active").getAttribute("d") === ""]);
      }
      const folded = seen.filter(s => s[0]);
      unfold(0, true);
      const inner = steps.findIndex(s => s.k === "use" && data.panels[0].p.includes(s.n));
      go(inner);
      const line = $("active").getBoundingClientRect(), card = cards.get(steps[inner].n).getBoundingClientRect();
      return [folded.length > 0, folded.every(s => s[1]), Math.abs(line.left - card.right) < 12];"""
    assert ask(page, script) == [True, True, True]


def test_it_fits_a_narrow_screen_and_the_equation_stays_in_one_row(ask):
    x = Value(1.2345)
    script = """
      go(seed + 2);
      const tops = [...document.querySelectorAll(".box:not(.sign)")].map(b => b.getBoundingClientRect().bottom);
      return [document.documentElement.scrollWidth <= innerWidth, Math.max(...tops) - Math.min(...tops) < 40];"""
    page = explore(x.tanh() * 2.345, names={"x": x})
    assert ask(page, script, size=(640, 900)) == [True, True]
    assert ask(page, script, size=(500, 900))[0]


def test_it_is_dark_where_the_reader_or_the_caller_wants_it(ask):
    script = "return getComputedStyle(document.body).backgroundColor"
    assert ask(graph(), script) == "rgb(255, 255, 255)"
    dark = Value(1.0) * 2.0
    assert ask(explore(dark, theme="dark"), script) == "rgb(16, 21, 28)"
    assert ask(graph(), script, dark=True) == "rgb(16, 21, 28)"


def test_wicked_names_do_nothing_and_nothing_is_fetched(ask):
    wicked = '</script><img src=x onerror="document.title=1">'
    page = explore(Value(2.0, label=wicked) * 3.0, title=wicked)
    found = ask(page, """
      for (let i = 0; i <= last; i++) go(i);
      tip(cards.get(0), 10, 10);
      return [document.querySelectorAll("img").length, performance.getEntriesByType("resource").length,
              $("tip").textContent.split("\\n")[0], document.title];""")  # fmt: skip
    assert found == [0, 0, wicked, wicked]


def test_a_weight_that_neurons_share_is_alive_in_each_of_them(ask):
    model = MLP(2, [2, 1])
    page = explore(mse(model([[1.0, -2.0], [0.5, 1.0]]), [0.5, 0.1]), fold="neuron")
    found = ask(page, """
      const shared = [...copies].filter(([n, list]) => list.length > 1);
      for (const g of all) if (data.panels[g.dataset.k]) unfold(+g.dataset.k, true);
      go(0);
      const grads = list => list.map(g => g.querySelector(".g").textContent).join();
      seen.push(shared.length > 0, shared.every(([n, list]) => new Set(grads(list)).size >= 1));
      seen.push([...new Set(shared.flatMap(([n, list]) => grads(list).split(",")))].join());
      go(last);
      seen.push(shared.every(([n, list]) => new Set(grads(list).split(",")).size === 1));
      return seen;""")  # fmt: skip
    assert found == [True, True, "–", True]


def test_a_picture_that_would_be_too_small_keeps_its_size_and_follows_the_step(ask):
    model = MLP(2, [6, 6, 1])
    page = explore(model([1.0, 2.0]), fold="none")
    found = ask(page, """
      measure(); seen.push($("fit").textContent);
      const stage = $("stage"); go(last - 3);
      const g = cards.get(steps[now].n);
      stage.scrollTo({left: 0, top: 0}); stage.style.scrollBehavior = "auto";
      seen.push(Math.abs($("picture").getBoundingClientRect().width - $("picture").viewBox.baseVal.width) < 2);
      key("z"); seen.push($("fit").textContent); measure(); seen.push($("fit").textContent);
      return seen;""")  # fmt: skip
    assert found == ["Follow", True, "Fit", "Fit"]
    assert ask(graph(), 'measure(); return $("fit").textContent') == "Fit"


def test_a_card_is_pressed_by_space_as_by_enter(ask):
    found = ask(graph(), """
      key(" ", cards.get(number("t₁"))); seen.push(now, $("play").textContent);
      key("Enter", cards.get(number("t₂"))); seen.push(now); return seen;""")  # fmt: skip
    assert found == [1, "Play", 2]


def test_what_is_printed_is_the_end_and_the_step_comes_back(ask):
    found = ask(graph(), """
      go(2); dispatchEvent(new Event("beforeprint")); seen.push(now);
      dispatchEvent(new Event("afterprint")); seen.push(now); return seen;""")  # fmt: skip
    assert found == [10, 2]


def test_what_happens_inside_a_folded_neuron_is_shown_at_its_card(ask):
    model = MLP(2, [2, 1])
    page = explore(mse(model([1.0, -2.0]), 0.5), fold="neuron")
    found = ask(page, """
      const outlined = () => all.filter(g => visible(g) && g.matches(".made, .from")).map(g => +g.dataset.n);
      for (let i = 1; i < last; i++) { go(i); seen.push([steps[i].o !== undefined, outlined().length > 0]); }
      return [seen.every(s => s[1]), seen.some(s => s[0])];""")  # fmt: skip
    assert found == [True, True]
