// Other runs than the recorded one: the graph is computed anew in the browser, by the rows that `live.py`
// has printed, with inputs that the reader moves, or with those of a step of training.
const strength = (x, largest) => !x ? 0 : !Number.isFinite(x) ? 1 : Math.min(1, Math.max(0, 1 + Math.log10(Math.abs(x) / largest) / 3));
const largest = numbers => numbers.reduce((most, x) => Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most, 0);

// Four digits, as `style.number` writes them, with a true minus.
function digits(x) {
  const size = Math.abs(x), sign = x < 0 ? "−" : "";
  if (!Number.isFinite(x)) return x !== x ? "nan" : sign + "inf";
  if (size === 0) return "0";
  if (size >= 9999.5 && size < 99999.5) return sign + Number(rounded(size, size < 1e4 ? 3 : 4));
  const [mantissa, exponent] = rounded(size, 3).split("e"), short = Number(`${mantissa}e${exponent}`);
  if (short >= 1e-3 && short < 1e5) return sign + short;
  return `${sign}${Number(mantissa)}e${Number(exponent)}`.replace("-", "−");
}
// Round to so many decimals, a half to the even digit as Python does; JavaScript rounds it up.
function rounded(size, decimals) {
  const text = size.toExponential(decimals), [mantissa, exponent] = text.split("e"), odd = mantissa.at(-1) % 2;
  const half = /^50*$/.test(size.toExponential(Math.min(100, decimals + 60)).split("e")[0].slice(mantissa.length + !decimals));
  return half && odd ? `${mantissa.slice(0, -1)}${mantissa.at(-1) - 1}e${exponent}` : text;
}

// Compute a graph forward and backward, in the order of the recorded run. A use is the nodes that an
// edge comes from and goes back to, and its place among the operands of the first.
function computed({rows, made}, uses, root, {leaves, constants}) {
  const v = [], args = [], shares = [], g = made.map(() => 0), u = [], l = [], c = [], b = [], a = [];
  let leaf = 0;
  made.forEach((m, n) => {
    args[n] = m ? m.slice(1).map(k => k < 0 ? constants[~k] : v[k]) : null;
    v[n] = m ? rows[m[0]][0](...args[n]) : leaves[leaf++];
  });
  g[root] = 1;
  uses.forEach(([child, parent, place], i) => {
    const cotangents = rows[made[child][0]][1], of = g => cotangents(g, v[child], ...args[child]);
    const [local, share] = shares[child] ??= [of(1), of(g[child])];
    [u[i], l[i], c[i], b[i]] = [g[child], local[place], share[place], g[parent]];
    a[i] = g[parent] += c[i];
  });
  return {v, g, u, l, c, b, a};
}
// Which operand of its child an edge leads to: edges are listed child by child, in the order of operands.
function uses_of({made}) {
  const places = [], seen = new Map();
  data.edges.forEach(([, child], e) => {
    const operands = made[child].slice(1).flatMap((k, place) => k < 0 ? [] : [place]), j = seen.get(child) ?? 0;
    places[e] = operands[j];
    seen.set(child, j + 1);
  });
  return steps.filter(s => s.k === "use").map(s => [s.m, s.n, places[s.e[0]]]);
}
const uses = program ? uses_of(program) : [];
const run_of = numbers => computed(program, uses, data.root, numbers);

function other(state) {
  const raw = run_of(state), top = largest(raw.g), most = largest(raw.c), strings = {};
  for (const kind in raw) strings[kind] = raw[kind].map(digits);
  recorded.g.forEach((text, n) => { if (text === "–") strings.g[n] = "–"; });
  const tint = x => Math.round(100 * strength(x, top)), E = [...recorded.E];
  for (const s of steps) if (s.k === "use" && E[s.e[0]]) {
    const share = raw.c[s.i], level = Number.isFinite(share) ? Math.round(4 * strength(share, most)) : "w";
    E[s.e[0]] = "e t" + level;
  }
  return {...strings, raw, state, T: raw.g.map(tint), t: raw.a.map(tint), seed: tint(1), E, ending: ending(raw),
    exact: n => [raw.v[n], recorded.g[n] === "–" ? "" : raw.g[n]].map(x => String(x).replaceAll("-", "−"))};
}
// What is said at the end, of the input that matters most, as `script.py` chooses it.
function ending({v, g}) {
  const free = inputs.filter(n => recorded.g[n] !== "–");
  if (!free.length) return steps[last].s;
  const wrong = free.find(n => !Number.isFinite(g[n])), finite = Number.isFinite(v[data.root]);
  const n = wrong ?? free.reduce((best, n) => Math.abs(g[n]) > Math.abs(g[best]) ? n : best), x = g[n];
  const words = steps[last].w[!finite ? 4 : wrong !== undefined ? 1 : x === 0 ? 0 : x < 0 ? 2 : 3];
  return words.replace("\x02n;", () => data.names[n]).replace("\x02x;", digits(x)).replace("\x02y;", digits(Math.abs(x)));
}

const inputs = program ? program.made.flatMap((m, n) => m ? [] : [n]) : [];
let state = null; // the numbers that the reader has moved, or none
const copy = ({leaves, constants}) => ({leaves: [...leaves], constants: [...constants]});
let base = program ? copy(program.start) : null; // where Reset goes: the recorded run, or a frame of the film
let fixed = recorded; // the run of `base`
const sliders = new Map();

function moved(next, by = null) {
  state = next;
  show(state ? other(state) : fixed);
  const numbers = (state ?? base).leaves;
  for (const [leaf, {row, slider, field}] of sliders) {
    const x = numbers[leaf];
    slider.disabled = !Number.isFinite(x);
    if (!slider.disabled) {
      if (x < +slider.min) slider.min = x;
      if (x > +slider.max) slider.max = x;
      slider.value = x;
    }
    field.placeholder = digits(x);
    if (field !== by) field.value = typed(x);
    row.classList.toggle("moved", !Object.is(x, base.leaves[leaf]));
  }
  $("reset").disabled = !state;
  $("trysays").textContent = state ? `${data.names[data.root]} is now ${run.v[data.root]}; it was ${fixed.v[data.root]}.` : "";
}
// A number as a field takes it; one that is none is left empty.
const typed = x => Number.isFinite(x) ? digits(x).replaceAll("−", "-") : "";
function put(leaf, x, by) {
  const next = copy(state ?? base);
  next.leaves[leaf] = x;
  if (now === 0) render(last); // at the start nothing would be seen to change
  moved(next.leaves.every((x, i) => Object.is(x, base.leaves[i])) ? null : next, by);
}
// The gradient foretells what a small step of one input does; beside it, what it does indeed.
function nudge(leaf, sign) {
  stop();
  const before = run_of(state ?? base), n = inputs[leaf], step = sign * $("delta").value;
  if (!Number.isFinite(before.v[n])) {
    $("nudged").replaceChildren(`${data.names[n]} is ${digits(before.v[n])}, which no nudge changes: give it a number.`);
    return;
  }
  put(leaf, Number(((state ?? base).leaves[leaf] + step).toPrecision(15)));
  const after = run_of(state ?? base).v[data.root], J = data.names[data.root];
  const true_ = after - before.v[data.root], foretold = before.g[n] * step;
  const off = true_ - foretold, scale = Math.abs(after) + Math.abs(before.v[data.root]);
  const into = $("nudged"), signed = digits(Math.abs(step)), name = data.names[n];
  into.replaceChildren();
  box("va", "nudge", "", `${name} ${sign < 0 ? "−" : "+"} ${signed}`, into);
  box("up", "predicted", `∂${J}/∂${name} × ${bracketed(digits(step))} = ${digits(before.g[n])} × ${bracketed(digits(step))}`, digits(foretold), into);
  box("va", "true change", `${digits(after)} − ${bracketed(digits(before.v[data.root]))}`, digits(true_), into);
  box("", "off by", "", Math.abs(off) <= 1e-14 * scale ? "0" : digits(off), into);
}
const wide = `${Math.min(20, Math.max(0, ...inputs.map(n => data.names[n].length)) + 1)}ch`;
function knob(n, leaf) {
  const row = document.createElement("div"), name = document.createElement("span");
  const x = program.start.leaves[leaf], reach = Number.isFinite(x) ? Math.max(1, 2 * Math.abs(x)) : 1, middle = Number.isFinite(x) ? x : 0;
  const made = (tag, more) => Object.assign(document.createElement(tag), more);
  const slider = made("input", {type: "range", step: "any", min: middle - reach, max: middle + reach, value: middle});
  const field = made("input", {type: "number", step: "any", value: typed(x), placeholder: digits(x)});
  slider.disabled = !Number.isFinite(x);
  const [less, more] = [-1, 1].map(sign => {
    const button = made("button", {textContent: sign < 0 ? "−" : "+"});
    button.setAttribute("aria-label", `nudge ${data.names[n]} ${sign < 0 ? "down" : "up"}`);
    button.addEventListener("click", () => nudge(leaf, sign));
    return button;
  });
  row.className = "leaf";
  name.className = "name";
  name.textContent = name.title = data.names[n];
  name.style.width = wide;
  slider.setAttribute("aria-label", data.names[n]);
  field.setAttribute("aria-label", `${data.names[n]}, as a number`);
  for (const input of [slider, field]) input.addEventListener("input", () => {
    stop();
    $("nudged").replaceChildren();
    if (input.value !== "") put(leaf, +input.value, input);
  });
  field.addEventListener("change", () => { field.value = typed((state ?? base).leaves[leaf]); });
  row.append(name, less, slider, more, field);
  sliders.set(leaf, {row, slider, field});
  return row;
}

if (program) {
  inputs.forEach((n, leaf) => { if (recorded.g[n] !== "–") $("leaves").append(knob(n, leaf)); });
  $("try").hidden = !sliders.size;
  $("note").textContent = data.note ?? "";
  $("leaves").style.gridTemplateColumns = `repeat(auto-fill, minmax(min(100%, ${wide} + 270px), 1fr))`;
  $("reset").addEventListener("click", () => { stop(); $("nudged").replaceChildren(); moved(null); });
} else {
  $("try").hidden = !data.lack;
  $("trybar").textContent = data.lack;
}
