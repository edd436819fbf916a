// The training film: runs with the inputs of each step of training, on a second slider.

const film = program?.film;
let rolling = 0;
function frame(k) {
  const numbers = copy(program.start), all = [numbers.leaves, numbers.constants];
  film.moving.forEach(([which, i], j) => { all[which][i] = film.frames[k][j]; });
  base = numbers;
  fixed = k ? other(base) : recorded;
  $("frame").value = k;
  $("nudged").replaceChildren();
  moved(null);
  const text = `training step ${film.steps[k]}: ${data.names[data.root]} ${digits(film.loss[k])}`;
  $("count").textContent = text;
  $("frame").setAttribute("aria-valuetext", text);
  const [x, y] = spot(k);
  $("curve").querySelector("circle").setAttribute("cx", x);
  $("curve").querySelector("circle").setAttribute("cy", y);
}
function spot(k) {
  const shown = film.loss.filter(Number.isFinite), low = Math.min(...shown), high = Math.max(...shown);
  const part = Number.isFinite(film.loss[k]) ? (film.loss[k] - low) / (high - low || 1) : 1;
  return [6 + 208 * k / Math.max(1, film.loss.length - 1), 50 - 44 * part];
}
function halt() {
  clearInterval(rolling);
  rolling = 0;
  $("roll").textContent = "Play film";
}
function roll() {
  const going = rolling;
  stop();
  if (going) return;
  $("roll").textContent = "Pause film";
  if (now === 0) render(last);
  if (+$("frame").value === film.loss.length - 1) frame(0);
  rolling = setInterval(() => {
    frame(+$("frame").value + 1);
    if (+$("frame").value === film.loss.length - 1) halt();
  }, Math.max(40, Math.min(400, 8000 / film.loss.length)));
}
if (film) {
  $("film").hidden = false;
  $("frame").max = film.loss.length - 1;
  $("curve").querySelector("path").setAttribute("d", "M" + film.loss.map((_, k) => spot(k).map(x => x.toFixed(1)).join(" ")).join("L"));
  $("frame").addEventListener("input", e => { stop(); if (now === 0) render(last); frame(+e.target.value); });
  $("roll").addEventListener("click", roll);
  halts.push(halt);
}
