// The page's own script: what is shown at a step of a run. Before a step is shown, `quiz.js` says which
// number it asks for; `live.js` makes other runs than the recorded one, with other inputs, `film.js` those
// of a training, and `bug.js` goes to the edge where a gradient went wrong. Together they are one script.
"use strict";
const $ = id => document.getElementById(id), data = JSON.parse($("data").textContent);
const steps = data.steps, seed = steps.findIndex(s => s.k === "seed"), last = steps.length - 1;
// A weight that several neurons share has a card in each of them.
const all = [...document.querySelectorAll("g.c")], copies = Map.groupBy?.(all, g => +g.dataset.n) ?? new Map();
if (!copies.size) for (const g of all) copies.set(+g.dataset.n, [...copies.get(+g.dataset.n) ?? [], g]);
const visible = g => !g.closest(".in:not(.open)");
const cards = {get: n => copies.get(n)?.find(visible) ?? copies.get(n)?.[0]};
const ledger = [...document.querySelectorAll("#ledger tbody tr")];
const born = new Map(), calm = matchMedia("(prefers-reduced-motion: reduce)");
steps.forEach((s, i) => { if (s.k === "op") born.set(s.n, i); });
let now = 0, timer = 0, chosen = false;

// A run is strings for the slots of the texts, and how strongly to tint: T the gradients of nodes, t
// what a use makes of one, E the lines. `page.py` has written those of the recorded one.
const recorded = {...data.strings, T: [], t: [], E: [], ending: steps[last].s};
for (const g of all) recorded.T[+g.dataset.n] = parseFloat(g.querySelector(".p").style.getPropertyValue("--t"));
for (const s of steps) if (s.k === "use") recorded.t[s.i] = s.t;
data.edges.forEach((_, e) => { recorded.E[e] = $("e" + e)?.getAttribute("class"); });
let run = recorded;
const bracketed = text => text.startsWith("−") ? `(${text})` : text;
const fill = text => text.replace(/\x02(\(?)([a-z])(\d+);/g, (_, open, kind, i) => open ? bracketed(run[kind][i]) : run[kind][i]);
const bad = text => /nan|inf/.test(text);

// Show another run: what does not depend on the step is written here, the rest by render.
function show(other) {
  run = other;
  data.edges.forEach((_, e) => { if (run.E[e]) $("e" + e)?.setAttribute("class", run.E[e]); });
  for (const s of steps) if (s.k === "use" && $("l" + s.e[0])) $("l" + s.e[0]).textContent = "×" + bracketed(run.l[s.i]);
  all.forEach(describe);
  ledger.forEach(row => enter(row));
  $("wrong")?.classList.toggle("past", run !== recorded); // it is of the recorded numbers
  render(now);
}
function describe(g) {
  const n = +g.dataset.n, f = data.facts[n], grad = quizzing ? "" : `, gradient ${run.g[n]}`;
  g.setAttribute("aria-label", `${f.n}, ${f.k}, value ${run.v[n]}${grad}`);
}
// Write the numbers of a row of the ledger, with a ? for the one that the quiz asks for.
function enter(row, hidden) {
  const {i} = steps[+row.dataset.s], of = kind => kind === hidden || (kind === "a" && hidden === "c") ? "?" : run[kind][i];
  const texts = [of("u"), "× " + of("l"), "= " + of("c"), `${of("b")} → ${of("a")}`];
  texts.forEach((text, j) => { row.cells[j + 1].textContent = text; });
}
// What the page looks like at a step depends on the number of the step alone.
function render(i) {
  now = i;
  const s = steps[i], done = s.k === "done", grads = new Map(), hidden = asked(i);
  if (i >= seed) grads.set(steps[seed].n, ["1", run.seed ?? steps[seed].t]);
  for (let j = seed + 1; j <= i; j++) if (steps[j].k === "use") grads.set(steps[j].n, [run.a[steps[j].i], run.t[steps[j].i]]);
  if (hidden === "c") grads.set(s.n, ["?", 0]);
  for (const g of all) {
    const n = +g.dataset.n, [value, grad] = g.querySelectorAll(".v,.g"), tint = g.querySelector(".p");
    value.textContent = (born.get(n) ?? 0) <= i ? run.v[n] : "?";
    const end = run.g[n], [text, strength] = done ? [end, run.T[n]] : grads.get(n) ?? [i < seed || end === "–" ? "–" : "0", 0];
    grad.textContent = text;
    tint.style.setProperty("--t", strength + "%");
    tint.setAttribute("opacity", +!["0", "–", "?"].includes(text));
    value.classList.toggle("bad", bad(value.textContent));
    for (const part of [grad, tint]) part.classList.toggle("bad", bad(text));
    const from = s.k === "use" ? shown(s.m, s) === n : s.k === "op" && s.e.some(e => data.edges[e][0] === n);
    g.classList.toggle("made", s.k !== "done" && shown(s.n, s) === n);
    g.classList.toggle("from", from && shown(s.n, s) !== n);
  }
  const backward = s.k === "use" || s.k === "seed";
  $("stage").style.setProperty("--now", backward ? "var(--gradient)" : "var(--value)");
  $("stage").classList.toggle("done", done);
  // Inside a folded neuron there is no line to show; inside an open one it is drawn where that is.
  const lines = (s.e ?? []).map(e => $("e" + e)).filter(line => line && visible(line));
  const inside = lines[0]?.closest(".in");
  $("active").setAttribute("transform", inside?.getAttribute("transform") ?? "");
  if (inside) $("picture").append($("active"));
  $("active").setAttribute("class", data.bug?.step === i && s.k === "use" && run === recorded ? "use wrong" : s.k);
  $("active").setAttribute("d", lines.map(line => line.getAttribute("d")).join(""));
  for (const t of document.querySelectorAll("#labels .now")) {
    t.classList.remove("now");
    t.textContent = "×" + bracketed(run.l[t.use]);
  }
  const label = s.k === "use" && $("l" + s.e[0]), pill = $("pill");
  pill.style.display = label ? "inline" : "none";
  if (label) {
    label.classList.add("now");
    label.use = s.i;
    if (hidden === "l") label.textContent = "×?";
    const b = label.getBBox(), at = {x: b.x - 7, y: b.y - 3, width: b.width + 14, height: b.height + 6, rx: 11};
    for (const key in at) pill.setAttribute(key, at[key]);
  }
  const card = cards.get(s.n), folded = s.o !== undefined && !(card && visible(card));
  const ending = done ? run.ending : s.s;
  $("says").textContent = hidden ? question(hidden) : fill(folded && s.w ? s.w : ending);
  boxes(s, done, hidden);
  ledger.forEach(row => {
    if (row.classList.contains("current") || +row.dataset.s === i) enter(row, +row.dataset.s === i ? hidden : null);
    row.classList.toggle("future", +row.dataset.s > i);
    row.classList.toggle("current", +row.dataset.s === i);
    const box = $("ledger");
    if (+row.dataset.s === i) box.scrollTop = Math.max(0, row.offsetTop - box.clientHeight / 2);
  });
  const count = steps.length - seed - 2;
  $("where").textContent = i === 0 ? "start" : i < seed ? `forward ${i} of ${seed - 1}` : i === seed ? "the seed" : done ? "done" : `backward ${i - seed} of ${count}`;
  $("where").textContent += score();
  $("slider").value = i;
  $("slider").setAttribute("aria-valuetext", $("says").textContent);
  if (!timer) $("live").textContent = $("says").textContent;
  if (!$("stage").classList.contains("fit")) follow(s);
}
// The card that stands for a node at a step: where that is inside a folded neuron, the neuron's.
function shown(n, s) {
  const card = cards.get(n);
  return s.o === undefined || (card && visible(card)) ? n : data.panels[s.o]?.n ?? n;
}
function box(kind, small, text, big, into = $("boxes")) {
  const div = document.createElement("div");
  div.className = "box " + kind;
  const parts = [["small", small], ["span", text], ["b", big]];
  for (const [tag, words] of parts) if (words) div.appendChild(document.createElement(tag)).textContent = words;
  div.title = [small, text, big].filter(Boolean).join(" ");
  into.append(div);
  return div;
}
function boxes(s, done, hidden) {
  $("boxes").replaceChildren();
  if (s.k === "op") {
    const [formula, numbers, value] = s.f.map(fill);
    box("va", "made from", formula, "");
    if (numbers && numbers !== value) box("", "", "= " + numbers, "");
    box("va", "value", "", value);
  } else if (s.k === "seed") box("up", "the seed", "", "1");
  else if (s.k === "use") {
    const [child, parent] = [data.names[s.m], data.names[s.n]], root = data.names[data.root];
    const of = kind => kind === hidden ? "" : run[kind][s.i];
    const u = box("up", "upstream", `∂${root}/∂${child}`, of("u"));
    box("sign", "", "", "×");
    const l = box("lo", "local", run === recorded ? s.d : s.D ?? s.d, of("l"));
    box("sign", "", "", "=");
    const c = box("up", "contribution", "to " + parent, of("c"));
    box("sign", "", "", "⇒");
    const sum = hidden ? "" : `${run.b[s.i]} + ${bracketed(run.c[s.i])}`;
    box("", "grad of " + parent, sum, hidden === "c" ? "?" : run.a[s.i]);
    if (data.bug?.step === now && run === recorded) box("bad", data.bug.whose, "", data.bug.grad);
    if (hidden) ask({u, l, c}[hidden], hidden, s);
  } else if (done) {
    for (const [name, text] of s.q) box("up", name, "", fill(text));
    if (s.r) box("", "", s.r, "");
  }
}
function follow(s, behavior = calm.matches ? "auto" : "smooth") {
  if (s.k === "start") s = steps[1]; // what comes first is of more use than a corner
  const stage = $("stage"), box = stage.getBoundingClientRect(), pair = [s.n, s.m].filter(n => n !== undefined).map(n => cards.get(shown(n, s))).filter(Boolean);
  if (!pair.length) return;
  const at = pair.map(g => g.getBoundingClientRect()), mean = f => at.reduce((sum, b) => sum + f(b), 0) / at.length;
  stage.scrollBy({left: mean(b => b.left + b.width / 2) - box.left - box.width / 2,
    top: mean(b => b.top + b.height / 2) - box.top - box.height / 2, behavior});
}
function travel(i) {
  const s = steps[i], line = s.k === "use" && $("e" + s.e[0]), dot = $("dot");
  if (!line || line.closest(".in") || calm.matches) return;
  const length = line.getTotalLength(), start = performance.now();
  const frame = t => {
    const part = Math.min(1, (t - start) / 450), p = line.getPointAtLength(length * (1 - part));
    dot.setAttribute("cx", p.x);
    dot.setAttribute("cy", p.y);
    dot.style.display = part < 1 && now === i ? "inline" : "none";
    if (part < 1 && now === i) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
function go(i) {
  i = Math.max(0, Math.min(last, i));
  const on = i === now + 1;
  render(i);
  if (on) travel(i);
}
const halts = []; // what else may be running
function stop() {
  for (const halt of halts) halt();
  clearInterval(timer);
  timer = 0;
  $("play").textContent = "Play";
  $("live").textContent = $("says").textContent;
}
function play() {
  const going = timer;
  stop();
  if (going) return;
  if (now === last) render(0);
  timer = setInterval(() => { go(now + 1); if (now === last || asked(now)) stop(); }, +$("speed").value);
  $("play").textContent = "Pause";
}
function fit(on = !$("stage").classList.contains("fit")) {
  $("stage").classList.toggle("fit", on);
  $("fit").textContent = on ? "Fit" : "Follow";
  if (!on) follow(steps[now], "auto");
}
// A picture that would be shrunk to less than four fifths keeps its size, and follows the step,
// unless the reader has chosen.
function measure() {
  const box = $("picture").viewBox.baseVal, wide = $("stage").clientWidth, high = 0.58 * innerHeight;
  if (!chosen && wide) fit(Math.min(wide / box.width, high / box.height) >= 0.8);
}
function choose() { chosen = true; fit(); }
// A folded neuron opens over its place, with the card of its output in it.
function unfold(k, open) {
  const panel = data.panels[k], out = cards.get(panel.n), parts = document.querySelectorAll(`.in[data-k="${k}"]`);
  out.place ??= out.getAttribute("transform");
  const [x, y] = out.place.match(/[-\d.]+/g).map(Number);
  const left = Math.max(4, x - panel.out[0]), top = Math.max(4, y - panel.out[1]), svg = $("picture");
  for (const part of parts) {
    part.classList.toggle("open", open);
    part.setAttribute("transform", `translate(${left} ${top})`);
    svg.append(part);
  }
  out.setAttribute("transform", open ? `translate(${left + panel.out[0]} ${top + panel.out[1]})` : out.place);
  svg.append(out, $("dot"));
  const box = svg.viewBox.baseVal;
  box.width = Math.max(box.width, left + panel.size[0] + 4);
  box.height = Math.max(box.height, top + panel.size[1] + 4);
  svg.setAttribute("width", box.width);
  svg.setAttribute("height", box.height);
  measure();
  render(now);
  if (!open) out.focus({preventScroll: true});
}
function tip(g, x, y) {
  const n = +g.dataset.n, f = data.facts[n], made = data.edges.filter(e => e[1] === +g.dataset.n).map(e => data.names[e[0]]);
  const used = data.edges.filter(e => e[0] === +g.dataset.n).map(e => data.names[e[1]]);
  const [value, grad] = run.exact?.(n) ?? [f.v, f.g];
  $("tip").textContent = [f.n + (f.f ? " = " + f.f : ""), f.k, "value " + value, grad && !quizzing && "gradient " + grad,
    made.length && "made from " + [...new Set(made)].join(", "), used.length && "used by " + [...new Set(used)].join(", ")].filter(Boolean).join("\n");
  $("tip").style.display = "block";
  const b = $("tip").getBoundingClientRect();
  $("tip").style.left = Math.max(4, Math.min(x + 14, innerWidth - b.width - 6)) + "px";
  $("tip").style.top = Math.max(4, y + 18 + b.height > innerHeight ? y - b.height - 10 : y + 18) + "px";
  for (const [a, b] of data.edges) if (a === n || b === n) cards.get(a === n ? b : a)?.classList.add("near");
}
function untip() {
  $("tip").style.display = "none";
  for (const g of all) g.classList.remove("near");
}
function pick(g) {
  stop();
  if (g.dataset.k !== undefined && data.panels[g.dataset.k]) unfold(+g.dataset.k, true);
  const n = +g.dataset.n, at = steps.findIndex(s => s.k === "op" && s.n === n);
  const use = steps.findLastIndex(s => s.k === "use" && s.n === n);
  go(at >= 0 ? (now === at && use >= 0 ? use : at) : use >= 0 ? use : 0);
}
const pressed = (g, act) => g.addEventListener("keydown", e => {
  if (e.key !== "Enter" && e.key !== " ") return;
  e.preventDefault();
  e.stopPropagation();
  act();
});
for (const g of all) {
  g.addEventListener("click", () => pick(g));
  g.addEventListener("pointermove", e => { untip(); tip(g, e.clientX, e.clientY); });
  g.addEventListener("pointerleave", untip);
  g.addEventListener("focus", () => { const b = g.getBoundingClientRect(); untip(); tip(g, b.right - 20, b.bottom - 10); });
  g.addEventListener("blur", untip);
  pressed(g, () => pick(g));
}
for (const g of document.querySelectorAll(".close")) {
  const close = () => unfold(+g.closest(".in").dataset.k, false);
  g.addEventListener("click", close);
  pressed(g, close);
}
const acts = {first: () => go(0), back: () => go(now - 1), next: () => go(now + 1), last: () => go(last)};
for (const id in acts) $(id).addEventListener("click", () => { stop(); acts[id](); });
$("play").addEventListener("click", play);
$("fit").addEventListener("click", choose);
$("speed").addEventListener("change", () => { if (timer) { stop(); play(); } });
$("slider").addEventListener("input", e => { stop(); render(+e.target.value); });
$("theme").addEventListener("click", () => {
  const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
addEventListener("keydown", e => {
  if (e.ctrlKey || e.altKey || e.metaKey || e.target.closest("input,select")) return;
  const keys = {ArrowLeft: acts.back, ArrowRight: acts.next, Home: acts.first, End: acts.last,
    f: () => go(Math.min(1, last)), b: () => go(seed), z: choose, q: () => quiz(), Escape: () => { stop(); untip(); }};
  if (e.key === " " && !e.target.closest("button")) { e.preventDefault(); play(); return; }
  const act = keys[e.key.length === 1 ? e.key.toLowerCase() : e.key];
  if (!act) return;
  e.preventDefault();
  if (!"zZqQ".includes(e.key)) stop();
  act();
});
let start = 0;
function begin() {
  $("slider").max = last;
  $("mark").style.left = `calc(8px + (100% - 16px) * ${seed / Math.max(1, last)})`;
  $("bar").hidden = $("keys").hidden = false;
  try { start = +(location.hash.match(/^#step=(\d+)$/) ?? [0, 0])[1]; } catch {}
  render(Math.min(start, last));
  new ResizeObserver(measure).observe($("stage"));
  addEventListener("beforeprint", () => { stop(); start = now; render(last); });
  addEventListener("afterprint", () => render(start));
}
