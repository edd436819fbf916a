// Find the bug: go to the first edge where the gradients in question part from the chain rule's.
function point() {
  stop();
  if (quizzing) quiz(false);
  if (film) frame(0);
  else if (state) moved(null);
  go(data.bug.step);
  $("says").textContent += " " + data.bug.text;
}
if (data.bug) {
  $("bug").hidden = false;
  $("bug").addEventListener("click", point);
}
