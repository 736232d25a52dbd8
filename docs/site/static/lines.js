// A link to lines of a file, #L15-L31: marks them and scrolls to the first.
function markLines() {
  document.querySelectorAll(".marked-line").forEach((line) => line.classList.remove("marked-line"));
  const [, first, last] = window.location.hash.match(/^#L(\d+)(?:-L(\d+))?$/) || [];
  for (let i = Number(first); i <= Number(last || first); ++i) {
    document.getElementById(`L${i}`)?.classList.add("marked-line");
  }
  if (first) document.getElementById(`L${first}`)?.scrollIntoView({ block: "center" });
}
window.addEventListener("DOMContentLoaded", markLines);
window.addEventListener("hashchange", markLines);
