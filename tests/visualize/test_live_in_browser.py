"""The live parts of the page, in browsers: sliders, nudge, film, quiz, find the bug.

And its arithmetic: the rows that are printed for it, against Python's, on random graphs.
"""

from __future__ import annotations

import json
import math
import random
from contextlib import suppress

import pytest

from autodiff import Value, elementwise, floats, functions, seed
from autodiff.nn import MLP, mse
from autodiff.optim import SGD
from autodiff.typeset import javascript_number
from tests.checking import ulps
from visualize import Film, explore, style
from visualize.live import Program, _row, _words
from visualize.reading import Reading
from visualize.replay import Replay

from .rounding import NEAR, Near, Undecided, bounds

pytestmark = pytest.mark.slow


def page(**options):
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    J = 3 * (a + b * c)
    return explore(J, names={"a": a, "b": b, "c": c, "J": J}, **options)


# -- arithmetic ------------------------------------------------------------------------------------

EDGES = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e308, 1e-310, 0.5, 2.0, -3.0]
SEND = """const send = xs => xs.map(x =>
  Object.is(x, -0) ? "-0" : Number.isFinite(x) ? x : String(x));"""


def any_number(rng):
    kind = rng.random()
    if kind < 0.1:
        return rng.choice(EDGES)
    return rng.uniform(-3.0, 3.0) if kind < 0.8 else rng.choice([-1, 1]) * 10 ** rng.uniform(-9, 9)


def written(xs):
    return ",".join(map(javascript_number, xs))


def received(x):
    """Read a number that JSON has no way to write."""
    return {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan, "-0": -0.0}.get(x, x)


class Agreement:
    """Numbers of two computations: within 4 ulp, or within what 4 ulp of each word may come to."""

    def __init__(self):
        self.close = self.count = 0

    def check(self, here, there, error, what):
        self.count += 1
        apart = ulps(here, there)
        self.close += apart <= 4
        assert apart <= 4 or abs(here - there) <= error, (what, here, there, apart, error)


def test_every_row_is_as_in_python(ask):
    rng = random.Random(7)
    script, cases = [SEND, "const found = [];"], []
    for name, primitive in elementwise.TABLE.items():
        count = {"dot": 5, "sum": 4}.get(name) or len(primitive.vjps)
        row = _row(primitive, count)
        script.append(f"{{ const row = (() => {{ {' '.join(_words(row))}\nreturn {row}; }})();")
        for _ in range(60):
            args, g = [any_number(rng) for _ in range(count)], rng.uniform(-2.0, 2.0)
            if name == "where":
                args[0] = rng.choice([0.0, 1.0, math.nan, -2.0, -0.0])
            y = float(primitive.compute(floats, *args))
            needed = [True] * count
            shares = primitive.cotangents(floats, needed, g, y, *args)
            shares = [0.0 if x is None else float(x) for x in shares]
            near = [args[0] if name == "where" else Near(args[0]), *map(Near, args[1:])]
            errors = [0.0] * (count + 1)
            with suppress(Undecided):  # then 4 ulp it must be
                found = primitive.cotangents(NEAR, needed, Near(g), Near(y), *near)
                found = [primitive.compute(NEAR, *near), *found]
                errors = [x.error if isinstance(x, Near) else 0.0 for x in found]
            cases.append((name, args, [y, *shares], errors))
            script.append(
                f"found.push(send([row[0]({written(args)}), ...row[1]({written([g, y, *args])})]));"
            )
        script.append("}")
    found = ask(page(), "".join(script) + "return found;")
    agreement = Agreement()
    for (name, args, here, errors), there in zip(cases, found, strict=True):
        for x, y, error in zip(here, map(received, there), errors, strict=True):
            agreement.check(x, y, error, (name, args))
            assert x != 0.0 or y != 0.0 or math.copysign(1.0, x) == math.copysign(1.0, y), name
    assert agreement.close > 0.999 * agreement.count > 8000


def random_graph(rng):
    leaves = [Value(rng.uniform(-2.0, 2.0)) for _ in range(3)]
    nodes = list(leaves)
    for _ in range(rng.randint(1, 12)):
        name = rng.choice(list(elementwise.TABLE))
        count = {"dot": rng.choice([2, 4]), "sum": rng.randint(1, 4)}.get(name)
        operands = [
            rng.choice(nodes) if rng.random() < 0.75 else round(rng.uniform(-3.0, 3.0), 2)
            for _ in range(count or len(elementwise.TABLE[name].vjps))
        ]
        if name == "where":
            operands[0] = rng.random() < 0.5
        if name == "clip":
            operands[1:] = sorted(round(rng.uniform(-2.0, 2.0), 2) for _ in range(2))
        if not any(isinstance(x, Value) for x in operands):
            operands[-1 if name == "where" else 0] = rng.choice(nodes)
        if name == "dot":
            half = len(operands) // 2
            nodes.append(functions.dot(operands[:half], operands[half:]))
        elif name == "sum":
            nodes.append(functions.sum(operands))
        else:
            nodes.append(getattr(functions, name)(*operands))
    return nodes[-1]


def test_random_graphs_are_as_in_python(ask):
    rng = random.Random(11)
    script, cases = [SEND, "const found = [];"], []
    undecided = 0
    while len(cases) < 400:
        root = random_graph(rng)
        reading = Reading(root, {})
        replay = Replay(reading.nodes)
        try:
            values, totals = bounds(reading.nodes, replay.uses)
        except Undecided:
            undecided += 1
            continue
        place = {id(node): i for i, node in enumerate(reading.nodes)}
        uses = [
            [place[id(use.edge.child)], place[id(use.edge.parent)], use.edge.argnum]
            for use in replay.uses
        ]
        cases.append((reading.nodes, replay, values, totals))
        script.append(
            f"{{ const p = {Program(reading.nodes).expression()};"
            f" const r = computed(p, {json.dumps(uses)}, {len(reading.nodes) - 1}, p.start);"
            " found.push([send(r.v), send(r.g)]); }"
        )
    assert undecided < 40
    found = ask(page(), "".join(script) + "return found;")
    agreement = Agreement()
    for (nodes, replay, values, totals), (v, g) in zip(cases, found, strict=True):
        for node, value, gradient in zip(nodes, map(received, v), map(received, g), strict=True):
            what = [node.primitive and node.primitive.name, node.inputs]
            agreement.check(float(node.data), value, values[id(node)].error, what)
            error = totals[id(node)].error if id(node) in totals else 0.0
            agreement.check(replay.gradients[id(node)], gradient, error, what)
    assert agreement.close > 0.99 * agreement.count > 2500


def test_numbers_are_written_as_in_python(ask):
    rng = random.Random(3)
    xs = [*EDGES, 9999.4, 9999.6, 12345.6, 99999.6, 0.00099996, 0.0009999, 123456.0, 1e-5]
    xs += [7.5625, 7.5635, -75.625, 12344.5, 12345.5, 1000.5, 1001.5, 0.5, 2.5, 1234.5, 2.0**-12]
    xs += [rng.choice([-1, 1]) * 10 ** rng.uniform(-12, 12) for _ in range(3000)]
    found = ask(page(), f"return [{written(xs)}].map(digits);")
    assert found == [style.number(x).replace("-", "−") for x in xs]


# -- sliders, and a nudge at a time ----------------------------------------------------------------

SEE = """
const see = () => ["a", "b", "c", "J"].map(n => text(number(n), ".v") + " " + text(number(n), ".g")).join(", ");
const slide = (i, x, what = "range") => {
  const input = document.querySelectorAll(`.leaf input[type=${what}]`)[i];
  input.value = x; input.dispatchEvent(new Event("input"));
};
"""


def test_a_slider_moves_values_and_gradients_and_reset_brings_them_back(ask):
    found = ask(page(), SEE + """
      slide(1, 4); seen.push(see(), $("trysays").textContent, now === last);
      seen.push($("says").textContent);
      seen.push(ledger.map(r => r.innerText.replace(/\\s+/g, " ")).slice(3).join("; "));
      seen.push($("l0").textContent + $("l1").textContent);
      seen.push(cards.get(number("J")).getAttribute("aria-label"));
      go(3); seen.push($("says").textContent);
      slide(2, -1.5, "number"); go(last); seen.push(see(), $("says").textContent);
      press("reset"); seen.push(see(), $("trysays").textContent, $("reset").disabled, run === recorded);
      return seen;""")  # fmt: skip
    assert found == [
        "5 3, 4 6, 2 12, 39 1", "J is now 39; it was 33.", True,
        "Done: each gradient says how fast J changes with that value. Where c grows by a little, J"
        " grows by 12 times as much.",
        "t₁ → b 3 × 2 = 6 0 → 6; t₁ → c 3 × 4 = 12 0 → 12",
        "×2×4",
        "J, output, value 39, gradient 1",
        "Forward: J = 3 × t₂ = 3 × 13 = 39.",
        "5 3, 4 −4.5, −1.5 12, −3 1",
        "Done: each gradient says how fast J changes with that value. Where c grows by a little, J"
        " grows by 12 times as much.",
        "5 3, 3 6, 2 9, 33 1", "", True, True,
    ]  # fmt: skip


def test_a_nudge_shows_the_prediction_beside_the_true_change(ask):
    x = Value(2.0)
    squared = explore(x * x, names={"x": x, "y": x * x})
    script = """
      const told = () => [...document.querySelectorAll("#nudged b")].map(b => b.textContent);
      const buttons = document.querySelectorAll(".leaf button");
      buttons[1].click(); seen.push(told()); buttons[0].click(); seen.push(told());
      $("delta").value = "0.001"; buttons[1].click(); seen.push(told());
      seen.push(run.v[0]); return seen;"""
    assert ask(squared, script) == [
        ["x + 0.1", "0.4", "0.41", "0.01"],
        ["x − 0.1", "−0.42", "−0.41", "0.01"],
        ["x + 0.001", "0.004", "0.004001", "1e−6"],
        "2.001",
    ]
    assert ask(page(), script)[0] == ["a + 0.1", "0.3", "0.3", "0"]


def test_a_choice_of_slopes_is_not_written_where_it_may_be_another(ask):
    x = Value(2.0)
    found = ask(explore(abs(x) * 1.0, names={"x": x}), SEE.replace('["a", "b", "c", "J"]', "[]") + """
      go(last - 1); seen.push($("boxes").innerText.replace(/\\s+/g, " "));
      slide(0, -3); seen.push($("boxes").innerText.replace(/\\s+/g, " ")); return seen;""")  # fmt: skip
    assert "∂t₁/∂x = sign(x)" in found[0]
    assert "local ∂t₁/∂x" in found[1]
    assert "−1" in found[1]


def test_infinities_and_nan_are_shown_as_such(ask):
    x = Value(1.0)
    found = ask(explore(functions.log(x) * 1.0, names={"x": x}), SEE.replace('["a", "b", "c", "J"]', '["x", "t₁"]') + """
      slide(0, 0, "number"); seen.push(see(), cards.get(number("t₁")).querySelector(".v").classList.contains("bad"));
      seen.push($("says").textContent); slide(0, -1, "number"); seen.push(see()); slide(0, 2, "number");
      seen.push(cards.get(number("t₁")).querySelector(".v").classList.contains("bad")); return seen;""")  # fmt: skip
    assert found == [
        "0 inf, −inf 1", True,
        "Done: t₂ is no finite number, so its gradients say nothing.",
        "−1 −1, nan 1", False,
    ]  # fmt: skip


def test_what_is_no_row_has_no_sliders_and_says_why(ask):
    a = Value(2.0)
    own = Value(4.0, (a,), "twice")
    found = ask(explore(own * 3.0, names={"a": a}), """
      for (let i = 0; i <= last; i++) go(i);
      return [$("try").hidden, $("try").innerText.trim(), document.querySelectorAll(".leaf").length];""")  # fmt: skip
    assert found[0] is False
    assert found[1].startswith("The inputs cannot be moved here: twice is an operation of your own")
    assert found[2] == 0


def test_a_number_that_is_none_can_be_mended(ask):
    x, y = Value(math.nan), Value(3.0)
    found = ask(explore(x * y, names={"x": x, "y": y, "z": x * y}), """
      const [field] = document.querySelectorAll(".leaf input[type=number]"); seen.push(field.value, field.placeholder);
      document.querySelectorAll(".leaf button")[1].click(); seen.push($("nudged").textContent, run.v[0]);
      field.value = 2; field.dispatchEvent(new Event("input")); seen.push(run.v[2], $("says").textContent);
      field.value = ""; field.dispatchEvent(new Event("change")); seen.push(field.value);
      const [, more, ...rest] = document.querySelectorAll(".leaf button"); more.click(); more.previousElementSibling;
      document.querySelectorAll(".leaf button")[0].click(); seen.push(run.v[0], $("reset").disabled);
      return seen;""")  # fmt: skip
    assert found == [
        "", "nan", "x is nan, which no nudge changes: give it a number.", "nan",
        "6", "Done: each gradient says how fast t₁ changes with that value. Where x grows by a"
        " little, t₁ grows by 3 times as much.", "2", "2", False,
    ]  # fmt: skip


def test_back_at_the_start_there_is_nothing_to_reset(ask):
    found = ask(page(), """
      const [less, more] = document.querySelectorAll(".leaf button");
      more.click(); seen.push($("reset").disabled); less.click(); seen.push($("reset").disabled, run === recorded);
      return seen;""")  # fmt: skip
    assert found == [False, True, True]


# -- the training film -----------------------------------------------------------------------------


def training(steps=12):
    seed(1)
    model = MLP(2, [2, 1], activation="tanh")
    optimizer, film, runs = SGD(model.parameters(), lr=0.1), Film(), []
    for _ in range(steps):
        loss = mse(model([1.0, -2.0]), 0.5)
        film.add(loss)
        optimizer.zero_grad()
        loss.backward()
        runs.append((loss.data, [(p.data, p.grad) for p in model.parameters()]))
        optimizer.step()
    return film, runs, model


def test_the_film_shows_every_step_as_it_was(ask):
    film, runs, model = training()
    weights = model.parameters()
    names = {f"p{i}": p for i, p in enumerate(weights)}
    found = ask(explore(film, names=names, fold="none"), f"""
      for (let k = 0; k < film.loss.length; k++) {{
        $("frame").value = k; $("frame").dispatchEvent(new Event("input"));
        const r = run.raw ?? run_of(base);
        seen.push([r.v[data.root], [...Array({len(weights)}).keys()].map(i => number("p" + i)).map(n => [r.v[n], r.g[n]]), $("count").textContent]);
      }}
      return seen;""")  # fmt: skip
    assert len(found) == len(runs) == 12
    for k, ((loss, parameters), (there, moved, count)) in enumerate(zip(runs, found)):
        assert there == pytest.approx(loss, rel=1e-14)
        for (w, g), (w_, g_) in zip(parameters, moved):
            assert w_ == w
            assert g_ == pytest.approx(g, rel=1e-12)
        assert count == f"training step {k}: t₂ {style.number(loss)}".replace("-", "−")


def test_the_film_plays_and_its_curve_and_the_sliders_go_along(ask):
    film, _, model = training()
    found = ask(explore(film, names={"model": model}), """
      seen.push(now, $("film").hidden, +$("frame").max, $("curve").querySelector("path").getAttribute("d").split("L").length);
      roll(); seen.push($("roll").textContent); const before = now === last; stop();
      frame(11); const dot = () => +$("curve").querySelector("circle").getAttribute("cx");
      const far = dot(); frame(0); seen.push(before, far > dot());
      frame(5); const w = base.leaves[0];
      const input = document.querySelector(".leaf input[type=range]"); input.value = w + 1; input.dispatchEvent(new Event("input"));
      seen.push(run.raw.v[inputs[0]] === +input.value, !$("reset").disabled);
      press("reset"); seen.push(run.raw.v[inputs[0]] === w, run === fixed);
      seen.push($("roll").textContent); return seen;""")  # fmt: skip
    assert found == [
        0, False, 11, 12, "Pause film", True, True, True, True, True, True, "Play film",
    ]  # fmt: skip


def test_whatever_the_reader_does_the_film_halts(ask):
    film, _, model = training()
    found = ask(explore(film, names={"model": model}), """
      const input = document.querySelector(".leaf input[type=range]");
      const acts = {slide: () => { input.value = 0.3; input.dispatchEvent(new Event("input")); },
        nudge: () => nudge(0, 1), reset: () => { put(0, 0.4); roll(); press("reset"); }, quiz: () => key("q"),
        play: () => press("play"), print: () => dispatchEvent(new Event("beforeprint")), step: () => press("next")};
      for (const act in acts) { roll(); if (!rolling) seen.push("not rolling"); acts[act](); seen.push(`${act} ${rolling}`); }
      frame(11); roll(); seen.push($("frame").value); stop(); frame(11);
      const field = document.querySelector(".leaf input[type=number]"); field.focus(); field.value = 9; frame(2);
      seen.push(+field.value === +typed(base.leaves[0])); return seen;""")  # fmt: skip
    assert found == [
        "slide 0", "nudge 0", "reset 0", "quiz 0", "play 0", "print 0", "step 0", "0", True,
    ]  # fmt: skip


def test_a_loss_that_stays_as_it_is_has_a_curve(ask):
    w, film = Value(1.0), Film()
    for _ in range(3):
        film.add(w * 2.0)
    found = ask(explore(film), 'return $("curve").querySelector("path").getAttribute("d")')
    assert found == "M6.0 50.0L110.0 50.0L214.0 50.0"


# -- the quiz, and the bug -------------------------------------------------------------------------


def test_the_quiz_hides_one_number_of_a_step_and_asks_for_it(ask):
    found = ask(page(), """
      const hidden = () => $("says").textContent.startsWith("Quiz") ? document.querySelector("#answer")?.closest(".box").querySelector("small").textContent : null;
      press("quiz"); seen.push(now, hidden());
      const answer = (x, k = "Enter") => { $("answer").value = x; key(k, $("answer")); };
      seen.push(text(number("t₂"), ".g"), document.querySelector(".current").innerText.replace(/\\s+/g, " "));
      answer("2"); seen.push($("boxes").querySelector(".note").textContent, hidden());
      answer("3"); seen.push($("boxes").querySelector(".note").textContent, hidden(), text(number("t₂"), ".g"));
      go(now + 1); seen.push(hidden(), $("l2").textContent); answer("1"); seen.push($("l2").textContent);
      go(now + 1); seen.push(hidden()); [...$("boxes").querySelectorAll("button")].find(b => b.textContent === "Show").click();
      seen.push(hidden(), score());
      go(now - 1); seen.push(hidden());
      go(last); seen.push(hidden()); press("quiz"); go(seed + 4); seen.push(hidden(), score());
      return seen;""")  # fmt: skip
    assert found == [
        5, "contribution", "?", "J → t₂ 1 × 3 = ? 0 → ?",
        "Not 2: multiply 1 by 3.", "contribution",
        "Right: 1 × 3 = 3.", None, "3",
        "local", "×?", "×1",
        "upstream", None, " · quiz: 2 of 3 right",
        None, None, None, "",
    ]  # fmt: skip


def test_every_question_can_be_answered(ask):
    x, y = Value(0.0), Value(-2.5)
    pages = [page(), explore((x * y + functions.relu(y)) * 1e-7, names={"x": x, "y": y})]
    for each in pages:
        found = ask(each, """
          quiz(true);
          for (let i = seed + 1; i < last; i++) {
            go(i); const kind = asked(i), s = steps[i];
            $("answer").value = run[kind][s.i]; key("Enter", $("answer"));
            seen.push(answered.get(i));
          }
          return [seen.every(Boolean), seen.length, last - seed - 1];""")  # fmt: skip
        assert found[0]
        assert found[1] == found[2] > 3


def test_no_answer_but_the_right_one_is_right(ask):
    x, k = Value(0.0), Value(2.0)
    J = functions.log(x) * k
    found = ask(explore(J, names={"x": x, "k": k, "J": J}), """
      const tried = (step, answers) => answers.map(x => {
        quiz(true); go(step); $("answer").value = x; key("Enter", $("answer")); return answered.get(step) ?? false; });
      seen.push(run.c, tried(seed + 1, ["5", "2.1", "", "2.001"]), tried(seed + 3, ["-inf", "5", "nan", "banana", "inf"]));
      quiz(true); go(seed + 1); $("answer").value = "banana"; key("Enter", $("answer"));
      seen.push($("boxes").querySelector(".note").textContent); return seen;""")  # fmt: skip
    assert found[0] == ["2", "−inf", "inf"]
    assert found[1] == [False, False, False, True]
    assert found[2] == [False, False, False, False, True]
    assert found[3] == "A number, please."


def test_the_quiz_tells_its_answers_nowhere(ask):
    found = ask(page(), """
      quiz(true); const card = cards.get(number("t₂"));
      card.dispatchEvent(new Event("focus")); seen.push($("tip").textContent.includes("gradient"), card.getAttribute("aria-label"));
      quiz(false); card.dispatchEvent(new Event("focus")); seen.push($("tip").textContent.includes("gradient"), card.getAttribute("aria-label"));
      return seen;""")  # fmt: skip
    assert found == [
        False, "t₂, operation, value 11", True, "t₂, operation, value 11, gradient 3",
    ]  # fmt: skip


def test_a_choice_that_python_made_is_said_to_stay(ask):
    x, y = Value(2.0), Value(4.0)
    z = functions.where(y > 3.0, y * x, x)
    page_ = explore(z * 1.0, names={"x": x, "y": y, "z": z})
    assert ask(page_, 'return $("note").textContent') == (
        "The condition of z stays as recorded: Python chose there."
    )
    assert ask(page(), 'return $("note").textContent') == ""


def test_the_bug_is_shown_whatever_was_there_before(ask):
    a, b = Value(2.0), Value(3.0)
    found = ask(explore(a * b, names={"a": a, "b": b}, grads={"b": 7.0}), """
      quiz(true); nudge(0, 1); point();
      return [quizzing, run === recorded, $("says").textContent.startsWith("Backward"), $("answer") === null];""")  # fmt: skip
    assert found == [False, True, True, True]


def test_the_page_points_at_the_edge_where_a_gradient_went_wrong(ask):
    a, b, c = Value(2.0), Value(3.0), Value(-1.0)
    names = {"a": a, "b": b, "c": c}
    found = ask(explore(a * b + a * c, names=names, grads={"a": -1.0, "b": 2.0}), """
      press("bug");
      return [steps[now].n === number("a"), $("active").getAttribute("class"), $("says").textContent,
              $("boxes").innerText.replace(/\\s+/g, " ")];""")  # fmt: skip
    assert found[:2] == [True, "use wrong"]
    assert found[2].endswith(
        "It is the share of t₂ = a × c alone: were the others overwritten (= for +=)?"
    )
    assert found[3].endswith("given for a −1")
