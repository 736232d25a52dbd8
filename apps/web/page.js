// The page: two workers, the settings, the charts, and a pad to draw on.

const $ = (id) => document.getElementById(id);
const kSides = ["with", "without"];
let settings, preset, wasm, sides = [], running = true, asked = null;

// ---- The two networks ----

function emptySide(name) {
  return { name, losses: [], accuracies: [], bands: [], seconds: 0, steps: 0, worker: null };
}

async function loadModule() {
  const text = $("module").textContent.trim();
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

function start() {
  const source = URL.createObjectURL(new Blob([$("worker").textContent]));
  for (const side of sides) side.worker.terminate();
  sides = kSides.map(emptySide);
  for (const side of sides) {
    side.worker = new Worker(source);
    side.worker.onmessage = ({ data }) => hear(side, data);
    side.worker.postMessage({ begin: configOf(settings, side.name === "with"), module: wasm });
    if (running) side.worker.postMessage({ run: true });
  }
  $("trouble").textContent = "";
  $("config").textContent = configOf(settings, true);
  draw();
}

function hear(side, data) {
  if (data.error) $("trouble").textContent = `${label(side)}: ${data.error}`;
  if (data.images) {
    side.ready = data.ready;
    if (side.name === "with") showImages(data.images);
  }
  if (data.losses) {
    for (const loss of data.losses) side.losses.push(loss);
    side.steps += data.losses.length;
    side.seconds += data.seconds;
  }
  if (data.bands) {
    side.accuracies.push([data.at, 100 * data.accuracy]);
    side.bands.push([data.at, ...data.bands]);
  }
  if (data.answer) hearAnswer(side, data.answer);
}

const label = (side) => (side.name === "with" ? "with batch norm" : "without batch norm");

// ---- Charts ----

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);

// 100, 200, 400, 1000, 2000 …: the axis of the steps ends there.
function niceAbove(steps) {
  let end = 100;
  while (end < steps) end *= String(end).startsWith("4") ? 2.5 : 2;
  return end;
}

// Lines of points [x, y] in a canvas, with axes from the data.
function chart(canvas, lines, { low, high }) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const c = canvas.getContext("2d");
  c.scale(ratio, ratio);
  c.font = "12px system-ui, sans-serif";
  const last = niceAbove(Math.max(100, ...lines.map(({ points }) => points.at(-1)?.[0] ?? 0)));
  const left = 42, bottom = 22, top = 8, right = 8;
  const x = (step) => left + ((width - left - right) * step) / last;
  const y = (value) => {
    const part = (value - low) / (high - low);
    return height - bottom - (height - bottom - top) * Math.min(1.02, Math.max(-0.02, part));
  };
  c.fillStyle = c.strokeStyle = colour("ink");
  for (let i = 0; i <= 4; ++i) {
    const value = low + ((high - low) * i) / 4;
    c.textAlign = "right";
    c.fillText(Number(value.toPrecision(2)), left - 6, y(value) + 4);
    c.textAlign = i === 4 ? "right" : "center";
    c.fillText(Math.round((last * i) / 4), x((last * i) / 4), height - 6);
    c.globalAlpha = 0.15;
    c.fillRect(left, y(value), width - left - right, 1);
    c.globalAlpha = 1;
  }
  for (const { points, name, dashed, faint } of lines) {
    c.strokeStyle = colour(name);
    c.lineWidth = faint ? 1 : 2;
    c.setLineDash(dashed ? [6, 4] : []);
    c.beginPath();
    let pen = false;
    for (const [step, value] of points) {
      if (Number.isFinite(value)) pen ? c.lineTo(x(step), y(value)) : c.moveTo(x(step), y(value));
      pen = Number.isFinite(value);
    }
    c.stroke();
  }
}

// The mean of 20 losses at a time, at most some 300 points.
function smoothed(losses) {
  const points = [], every = Math.max(5, Math.ceil(losses.length / 300));
  for (let end = Math.min(20, losses.length); end <= losses.length && end > 0; end += every) {
    const part = losses.slice(Math.max(0, end - 20), end);
    points.push([end, part.reduce((a, b) => a + b, 0) / part.length]);
  }
  return points;
}

function draw() {
  const lines = (pick) => sides.map(
    (side) => ({ points: pick(side), name: side.name, dashed: side.name === "without" }));
  chart($("loss"), lines((side) => smoothed(side.losses)), { low: 0, high: 3 });
  chart($("accuracy"), lines((side) => side.accuracies), { low: 0, high: 100 });
  // One scale for both.
  const seen = sides.flatMap((side) => side.bands.flatMap((band) => band.slice(1)));
  const most = Math.min(50, Math.max(1, ...seen.filter(Number.isFinite).map(Math.abs)));
  for (const side of sides) {
    const lines = [1, 2, 3].map((i) => ({
      points: side.bands.map((band) => [band[0], band[i]]), name: side.name, faint: i !== 2,
      dashed: i !== 2,
    }));
    chart($(`band_${side.name}`), lines, { low: -most, high: most });
  }
  document.querySelectorAll("tbody tr").forEach((row, i) => {
    const side = sides[i], loss = smoothed(side.losses).at(-1)?.[1];
    const accuracy = side.accuracies.at(-1)?.[1];
    const cells = [side.steps, loss?.toFixed(4) ?? "–",
      accuracy === undefined ? "–" : `${accuracy.toFixed(1)} %`,
      side.seconds > 0 ? Math.round(side.steps / side.seconds) : "–"];
    cells.forEach((text, column) => { row.cells[column + 1].textContent = text; });
  });
}

// ---- Digits ----

function paint(canvas, pixels) {
  const c = canvas.getContext("2d"), image = c.createImageData(28, 28);
  pixels.forEach((byte, i) => image.data.set([byte, byte, byte, 255], 4 * i));
  c.putImageData(image, 0, 0);
}

function showImages(images) {
  $("digits").replaceChildren(...images.map(({ pixels, digit }) => {
    const cell = document.createElement("button"), canvas = document.createElement("canvas");
    cell.type = "button";
    cell.ariaLabel = `Ask both about this drawn ${digit}`;
    canvas.width = canvas.height = 28;
    paint(canvas, pixels);
    cell.append(canvas);
    cell.onclick = () => ask(pixels, `a drawn ${digit}`);
    return cell;
  }));
}

function ask(pixels, what) {
  asked = { what, with: "…", without: "…" };
  for (const side of sides) side.worker.postMessage({ ask: pixels });
}

function hearAnswer(side, probabilities) {
  const best = probabilities.indexOf(Math.max(...probabilities));
  asked[side.name] = best < 0 ? "no number" : `${best} (${Math.round(100 * probabilities[best])} %)`;
  $("answer").innerHTML = `${asked.what}:<br><span class="with">with batch norm: ` +
    `<strong>${asked.with}</strong></span><br><span class="without">without: ` +
    `<strong>${asked.without}</strong></span>`;
}

// The drawing as 28 × 28 bytes: its box becomes 20 pixels high or wide, in the middle.
function drawnPixels() {
  const pad = $("pad"), side = pad.width;
  const ink = pad.getContext("2d").getImageData(0, 0, side, side).data;
  let [left, top, right, bottom] = [side, side, -1, -1];
  for (let i = 0; i < side * side; ++i) {
    if (ink[4 * i] < 64) continue;
    left = Math.min(left, i % side);
    right = Math.max(right, i % side);
    top = Math.min(top, Math.floor(i / side));
    bottom = Math.max(bottom, Math.floor(i / side));
  }
  if (right < 0) return null;
  const small = new OffscreenCanvas(28, 28).getContext("2d");
  const w = right - left + 1, h = bottom - top + 1, scale = 20 / Math.max(w, h);
  small.fillRect(0, 0, 28, 28);
  small.imageSmoothingQuality = "high";
  small.drawImage(pad, left, top, w, h, 14 - (w * scale) / 2, 14 - (h * scale) / 2, w * scale,
    h * scale);
  const image = small.getImageData(0, 0, 28, 28).data;
  return Uint8Array.from({ length: 784 }, (_, i) => image[4 * i]);
}

function wipe() {
  const c = $("pad").getContext("2d");
  c.fillStyle = "#000";
  c.fillRect(0, 0, 224, 224);
}

function preparePad() {
  const pad = $("pad"), c = pad.getContext("2d", { willReadFrequently: true });
  let from = null;
  const at = (event) => [event.offsetX, event.offsetY];
  const stroke = (event) => {
    if (!from) return;
    const to = at(event);
    [c.strokeStyle, c.lineWidth, c.lineCap] = ["#fff", 18, "round"];
    c.beginPath();
    c.moveTo(...from);
    c.lineTo(...to);
    c.stroke();
    from = to;
    const pixels = drawnPixels();
    if (pixels) ask(pixels, "Your digit");
  };
  pad.onpointerdown = (event) => {
    pad.setPointerCapture(event.pointerId);
    from = at(event);
    stroke(event);
  };
  pad.onpointermove = stroke;
  pad.onpointerup = pad.onpointercancel = () => { from = null; };
  $("wipe").onclick = wipe;
  wipe();
}

// ---- Settings ----

function showSettings() {
  for (const key of Object.keys(kSettings)) $("form").elements[key].value = settings[key];
  for (const button of $("presets").children) {
    button.ariaPressed = String(button.dataset.preset === preset);
  }
  $("notice").textContent = kPresets[preset]?.notice ?? "Settings of your own.";
}

function use(hash) {
  const read = settingsOf(hash);
  ({ preset, settings } = read);
  showSettings();
  start();
  if (read.refused.length > 0) $("trouble").textContent = `Not understood: ${read.refused.join(", ")}`;
}

function change(event) {
  const { name, value } = event.target, kind = kSettings[name];
  const fits = parsed(name, value);
  if (fits === undefined) {
    $("trouble").textContent = `${name} must be ${kind.integer ? "a whole number" : "a number"} ` +
      `from ${kind.from} to ${kind.to}: it is "${value}"`;
    return;
  }
  const others = { ...settings, [name]: fits };
  const changed = Object.entries(others).filter(([key, v]) => v !== kSettings[key].value);
  location.hash = new URLSearchParams(changed.length > 0 ? changed : [[name, fits]]).toString();
}

function setRunning(value) {
  running = value;
  $("run").textContent = running ? "Pause" : "Go on";
  for (const side of sides) side.worker.postMessage({ run: running });
}

function prepareControls() {
  $("presets").replaceChildren(...Object.entries(kPresets).map(([name, { title }]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.dataset.preset = name;
    button.onclick = () => { location.hash = `preset=${name}`; };
    return button;
  }));
  for (const key of Object.keys(kSettings)) {
    for (const choice of kSettings[key].among ?? []) {
      $("form").elements[key].add(new Option(kNetworks[choice]?.title ?? choice, choice));
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
  preparePad();
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
