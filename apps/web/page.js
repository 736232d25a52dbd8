// The page: two workers, the settings, and what both networks tell.

const $ = (id) => document.getElementById(id);
const kSides = ["with", "without"];
let settings, preset, wasm, sides = [], running = true;
let toAsk = false;  // the drawing has changed

const label = (side) => (side.name === "with" ? "With batch norm" : "Without");

// ---- The two networks ----

async function loadModule() {
  const packed = Uint8Array.from(atob($("module").textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

// Two new workers: what the old ones did, and what went wrong in them, is gone.
function start() {
  const source = URL.createObjectURL(new Blob([$("worker").textContent]));
  for (const side of sides) side.worker.terminate();
  sides = kSides.map((name) => ({
    name, losses: [], accuracies: [], bands: [], seconds: 0, ready: 0, over: "", error: "",
    worker: new Worker(source),
  }));
  for (const side of sides) {
    side.worker.onmessage = ({ data }) => hear(side, data);
    side.worker.onerror = (event) => hear(side, { error: event.message });
    side.worker.postMessage({ begin: configOf(settings, side.name === "with"), module: wasm });
    if (running) side.worker.postMessage({ run: true });
  }
  $("trouble").textContent = "";
  $("config").textContent = configOf(settings, true);
  toAsk = true;
  draw();
}

function hear(side, data) {
  if (data.error) {
    side.error = data.error;
    side.worker.terminate();
    $("trouble").textContent = `${label(side)}, the network stopped: ${data.error}. ` +
      "“Start again”, or another setting, begins anew.";
  }
  if (data.images) {
    side.ready = data.ready;
    if (side.name === "with") showImages(data.images);
  }
  if (data.losses) {
    for (const loss of data.losses) side.losses.push(loss);
    side.seconds += data.seconds;
    side.over = data.over;
  }
  if (data.bands) {
    side.accuracies.push([data.at, 100 * data.accuracy]);
    side.bands.push([data.at, ...data.bands]);
    if ($("digits").children.length > 0) showAnswers(side.name, data.answers);
    toAsk = true;
  }
  if (data.answer) $(`answer_${side.name}`).textContent = spoken(data.answer);
}

function askBoth() {
  const pixels = drawnPixels();
  for (const side of sides) {
    if (pixels && side.ready && !side.error) side.worker.postMessage({ ask: pixels });
    if (!pixels) $(`answer_${side.name}`).textContent = "–";
  }
}

// ---- What one sees ----

function status() {
  if (sides.some((side) => side.error)) return "Stopped.";
  if (sides.some((side) => !side.ready)) return "Drawing the digits to learn from …";
  if (sides.every((side) => side.over)) return "Ended. “Start again” repeats it.";
  return running ? "Training." : "Paused: “Go on”, or take one step.";
}

function drawTable() {
  [...document.querySelectorAll("tbody tr")].forEach((row, i) => {
    const side = sides[i], steps = side.losses.length, loss = smoothed(side.losses).at(-1)?.[1];
    const accuracy = side.accuracies.at(-1)?.[1];
    const cells = [
      steps.toLocaleString("en"),
      side.over === "diverged" ? "diverged" : loss?.toFixed(3) ?? "–",
      Number.isFinite(accuracy) ? `${accuracy.toFixed(1)} %` : "–",
      side.seconds > 0 ? Math.round(steps / side.seconds).toLocaleString("en") : "–",
    ];
    cells.forEach((text, column) => { row.cells[column + 1].textContent = text; });
  });
}

function draw() {
  const lines = (pick) => sides.map((side) => ({
    points: pick(side), name: side.name, dashed: side.name === "without",
    diverged: side.over === "diverged" ? side.losses.length : 0,
  }));
  const steps = Math.max(...sides.map((side) => side.losses.length));  // the same in all charts
  chart($("loss"), lines((side) => smoothed(side.losses)), { low: 0, high: 3, parts: 3, steps });
  chart($("accuracy"), lines((side) => side.accuracies), { low: 0, high: 100, parts: 4, steps });
  const seen = sides.flatMap((side) => side.bands.flatMap((band) => band.slice(1)));
  const most = Math.min(20, Math.max(2, Math.ceil(Math.max(  // one scale for both
    0, ...seen.filter(Number.isFinite).map(Math.abs)))));
  for (const { points, name, diverged } of lines((side) => side.bands)) {
    const of = [1, 2, 3].map((i) => ({
      points: points.map((band) => [band[0], band[i]]), name, diverged, thin: i !== 2,
    }));
    chart($(`band_${name}`), of, { low: -most, high: most, parts: 2, steps });
  }
  drawTable();
  $("run").disabled = $("step").disabled = sides.every((side) => side.over || side.error);
  if ($("status").textContent !== status()) $("status").textContent = status();
  if (toAsk) askBoth();
  toAsk = false;
}

// ---- Settings ----

function showSettings() {
  for (const key of Object.keys(kSettings)) {
    const field = $("form").elements[key];
    field.value = settings[key];
    field.removeAttribute("aria-invalid");
  }
  for (const button of $("presets").children) {
    button.setAttribute("aria-pressed", String(button.dataset.preset === preset));
  }
  const notice = kPresets[preset]?.notice ?? "Settings of your own. A button above leads back.";
  $("notice").textContent = notice.replaceAll(" %", "\u00a0%");
}

function use(hash) {
  const read = settingsOf(hash);
  ({ preset, settings } = read);
  showSettings();
  setRunning(true);
  start();
  if (read.refused.length > 0) {
    $("trouble").textContent = `Not understood, and left out: ${read.refused.join(", ")}`;
  }
}

function go(hash) {
  if (location.hash === `#${hash}`) use(location.hash);
  else location.hash = hash;  // then `use` is called
}

function change({ target }) {
  const { name, value } = target, kind = kSettings[name], fits = parsed(name, value);
  target.setAttribute("aria-invalid", String(fits === undefined));
  if (fits === undefined) {
    $("trouble").textContent = `${target.labels[0].firstChild.data.trim()} must be ` +
      `${kind.integer ? "a whole number" : "a number"} from ${kind.from} to ${kind.to}: ` +
      `it is “${value}”. Both go on with ${settings[name]}.`;
    return;
  }
  const all = Object.entries({ ...settings, [name]: fits });
  const changed = all.filter(([key, v]) => v !== kSettings[key].value);
  go(new URLSearchParams(changed.length > 0 ? changed : [[name, fits]]).toString());
}

function setRunning(value) {
  running = value;
  $("run").textContent = running ? "Pause" : "Go on";
  for (const side of sides) side.worker.postMessage({ run: running });
}

function prepareControls() {
  $("presets").replaceChildren(...Object.entries(kPresets).map(([name, { title }]) => {
    const button = element("button", { type: "button" }, title);
    button.onclick = () => go(`preset=${name}`);
    button.dataset.preset = name;
    return button;
  }));
  for (const [key, { among }] of Object.entries(kSettings)) {
    for (const choice of among ?? []) {
      $("form").elements[key].add(new Option(kTitles[choice], choice));
    }
  }
  $("form").onchange = change;
  $("form").onsubmit = (event) => event.preventDefault();
  $("run").onclick = () => setRunning(!running);
  $("step").onclick = () => {
    setRunning(false);
    for (const side of sides) side.worker.postMessage({ steps: 1 });
  };
  $("restart").onclick = start;
  window.onhashchange = () => use(location.hash);
}

async function main() {
  prepareControls();
  preparePad(() => { toAsk = true; });
  try {
    wasm = await loadModule();
  } catch (error) {
    $("trouble").textContent = `This browser cannot run the page's WebAssembly: ${error.message}`;
    return;
  }
  use(location.hash);
  setInterval(draw, 200);
}
main();
