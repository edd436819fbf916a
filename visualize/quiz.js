// The quiz hides one number of upstream × local = contribution, and asks for it.
let quizzing = false;
const answered = new Map(); // what was said at a step: true for right, false for shown
// A number as it is shown here, or typed; null for what is none.
const read = text => {
  const plain = text.trim().replaceAll("−", "-"), x = Number(plain || NaN);
  const special = {nan: NaN, inf: Infinity, "-inf": -Infinity};
  return plain in special ? special[plain] : x === x ? x : null;
};
const right = (got, truth) => Object.is(got, truth) || got === truth
  || (Number.isFinite(truth) && Math.abs(got - truth) <= 1e-3 * Math.abs(truth));

// Which number is asked for at a step: a factor only where the others tell it.
function asked(i) {
  const s = steps[i];
  if (!quizzing || s.k !== "use" || run.l[s.i] === "?" || answered.has(i)) return null;
  const [u, l] = [read(run.u[s.i]), read(run.l[s.i])], tells = x => x !== 0 && Number.isFinite(x);
  const kind = "clu"[(i - seed - 1) % 3];
  return (kind === "u" && !tells(l)) || (kind === "l" && !tells(u)) ? "c" : kind;
}
const question = kind => ({
  u: "Quiz: what is the upstream gradient? It is what has arrived where the edge begins.",
  l: "Quiz: what is the local derivative? It is how fast the one changes with the other, along this edge alone.",
  c: "Quiz: what does this edge contribute? Upstream times local.",
})[kind];
function ask(box, kind, s) {
  const input = document.createElement("input"), note = document.createElement("p");
  input.id = "answer";
  input.autocomplete = "off";
  input.setAttribute("aria-label", question(kind));
  box.append(input);
  note.className = "note";
  const buttons = [["Check", () => check()], ["Show", () => settle(false)]].map(([text, act]) => {
    const button = document.createElement("button");
    button.textContent = text;
    button.addEventListener("click", act);
    $("boxes").append(button);
    return button;
  });
  $("boxes").append(note);
  const at = now, settle = told => {
    answered.set(at, told);
    render(at);
    if (told) note.textContent = `Right: ${run.u[s.i]} × ${bracketed(run.l[s.i])} = ${run.c[s.i]}.`;
    $("boxes").append(note);
    $("live").textContent = told ? note.textContent : $("says").textContent;
    $("next").focus({preventScroll: true});
  };
  const check = () => {
    const got = read(input.value);
    if (got !== null && right(got, read(run[kind][s.i]))) return settle(true);
    const hint = {
      u: `look at the card of ${data.names[s.m]}, or divide ${run.c[s.i]} by ${run.l[s.i]}`,
      l: `how does ${data.names[s.m]} change with ${data.names[s.n]}? Or divide ${run.c[s.i]} by ${run.u[s.i]}`,
      c: `multiply ${run.u[s.i]} by ${run.l[s.i]}`,
    }[kind];
    note.textContent = got !== null ? `Not ${input.value.trim()}: ${hint}.` : "A number, please.";
    $("live").textContent = note.textContent;
    input.select();
  };
  input.addEventListener("keydown", e => { if (e.key === "Enter") check(); });
}
function score() {
  const right = [...answered.values()].filter(Boolean).length;
  return quizzing ? ` · quiz: ${right} of ${answered.size} right` : "";
}
function quiz(on = !quizzing) {
  stop();
  quizzing = on;
  all.forEach(describe); // which would tell the answers
  answered.clear();
  $("quiz").textContent = on ? "End quiz" : "Quiz";
  $("quiz").setAttribute("aria-pressed", on);
  $("ledger").classList.toggle("asking", on);
  const first = steps.findIndex((s, i) => i > seed && s.k === "use");
  go(on && (now <= seed || now === last) ? first : now);
  $("answer")?.focus({preventScroll: true});
}
$("quiz").hidden = !steps.some(s => s.k === "use" && recorded.l[s.i] !== "?");
$("quiz").addEventListener("click", () => quiz());
