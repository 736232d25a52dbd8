// One network in a worker: loads the module, trains in small portions, and tells the page.
//
//   from the page   { begin: config, module }  { run: true | false }  { steps: n }
//                   { ask: pixels }
//   to the page     { ready: seconds, images }  { losses, seconds, over }
//                   { at, accuracy, bands, answers }  { answer }  { error }
let network;        // what the module exports
let running = false, scheduled = false;
let images = [], steps = 0;
let over = "";      // why no more is trained: "end" or "diverged"
const most = 5000;  // steps

const bytes = (at, count) => new Uint8Array(network.memory.buffer, at, count);
const numbers = (at, count) => Array.from(new Float64Array(network.memory.buffer, at, count));
function textAt(at) {
  const all = new Uint8Array(network.memory.buffer);
  return new TextDecoder().decode(all.slice(at, all.indexOf(0, at)));
}

// The module wants a few system calls, of which it needs none; `fail` is where what is thrown ends.
function load(module) {
  const imports = { page: { fail: (at) => { throw new Error(textAt(at)); } } };
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from !== "page") (imports[from] ??= {})[name] = () => 0;
  }
  network = new WebAssembly.Instance(module, imports).exports;
  network._initialize();
}

function give(data) {
  const at = network.input(data.length);
  bytes(at, data.length).set(data);
}

function begin(module, config) {
  const start = performance.now();
  load(module);
  give(new TextEncoder().encode(config));
  network.begin();
  images = [...Array(10).keys()].map(
    (i) => ({ pixels: bytes(network.test_image(i), 784).slice(), digit: network.test_label(i) }));
  postMessage({ ready: (performance.now() - start) / 1000, images });
  measure();
}

// The probabilities of the ten digits; no numbers once the run has diverged.
function answer(pixels) {
  give(pixels);
  return numbers(network.answer(), 10);
}

function measure() {
  postMessage({
    at: steps, accuracy: over === "diverged" ? NaN : network.accuracy(),
    bands: numbers(network.bands(), 3), answers: images.map(({ pixels }) => answer(pixels)),
  });
}

// As with the command, the first loss that is no number is the last.
function train(count) {
  const start = performance.now();
  const losses = numbers(network.train(count), count);
  const wrong = losses.findIndex((loss) => !Number.isFinite(loss));
  if (wrong >= 0) losses.length = wrong + 1;
  steps += losses.length;
  over = wrong >= 0 ? "diverged" : steps >= most ? "end" : "";
  const took = performance.now() - start;
  postMessage({ losses, seconds: took / 1000, over });
  return took;
}

// About 30 ms of steps, then the messages that have come in meanwhile. Measured every 50 steps.
let portion = 1;
function work() {
  scheduled = false;
  if (!running || over) return;
  const count = Math.min(portion, 50 - (steps % 50));
  const took = train(count);
  if (steps % 50 === 0 || over) measure();
  portion = Math.max(1, Math.min(25, Math.round((count * 30) / Math.max(took, 0.1))));
  schedule();
}
function schedule() {
  if (running && !over && !scheduled) {
    scheduled = true;
    setTimeout(() => guarded(work), 0);
  }
}

// What goes wrong is told, and ends this worker's training: the page makes a new worker.
function guarded(action) {
  try {
    action();
  } catch (error) {
    running = false;
    postMessage({ error: error.message });
  }
}

onmessage = ({ data }) => guarded(() => {
  if (data.begin) begin(data.module, data.begin);
  if ("run" in data) {
    running = data.run;
    schedule();
  }
  if (data.steps && !over) {
    train(data.steps);
    measure();
  }
  if (data.ask) postMessage({ answer: answer(data.ask) });
});
