// The page's networks against the command's: 20 steps of every preset, and of settings at random,
// in WebAssembly and in a native build, whose losses must be the same.
//
//   node tests/web/losses.mjs build/web/network.wasm BUILD/minitape [--random N]
//
// The build must be one with the plain product and 16-byte vectors, as the page's module is:
// -DMINITAPE_BLAS=plain -DMINITAPE_NATIVE=OFF. Then the losses are equal to the last bit.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import vm from "node:vm";

const [modulePath, command, , randomText] = process.argv.slice(2);
const kSteps = 20;
const here = path.dirname(new URL(import.meta.url).pathname);
const web = path.join(here, "..", "..", "apps", "web");

// settings.js and worker.js as the page runs them, without a page.
const page = vm.createContext({ URLSearchParams });
vm.runInContext(fs.readFileSync(path.join(web, "settings.js"), "utf8") +
  "\nglobalThis.out = { configOf, defaults, kPresets, kSettings };", page);
const { configOf, defaults, kPresets, kSettings } = page.out;

function makeWorker(module) {
  const told = [];
  const worker = vm.createContext({ WebAssembly, TextDecoder, TextEncoder, performance, setTimeout,
    postMessage: (message) => told.push(message) });
  vm.runInContext(fs.readFileSync(path.join(web, "worker.js"), "utf8"), worker);
  return (data) => {
    told.length = 0;
    vm.runInContext("(data) => onmessage({ data })", worker)(data);
    const error = told.find((message) => message.error);
    if (error) throw new Error(error.error);
    return [...told];
  };
}

function lossesInWeb(module, config) {
  const send = makeWorker(module);
  send({ begin: config, module });
  return send({ steps: kSteps }).find((message) => message.losses).losses;
}

function lossesOfCommand(config, folder) {
  fs.writeFileSync(path.join(folder, "page.toml"), config);
  try {
    execFileSync(command, ["train", path.join(folder, "page.toml"), "--set",
      `train.max_steps=${kSteps}`, "--set", "data.test_limit=10", "--out",
      path.join(folder, "run")], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {  // a run that diverges ends with 1, after the step whose loss is no number
    if (!String(error.stderr).includes("the run diverged at step")) throw error;
  }
  const rows = fs.readFileSync(path.join(folder, "run", "steps.csv"), "utf8").trim().split("\n");
  const column = rows[0].split(",").indexOf("loss");
  fs.rmSync(path.join(folder, "run"), { recursive: true });
  // The file has floats, with as few digits as tell them apart.
  const number = { nan: NaN, "-nan": NaN, inf: Infinity };
  return rows.slice(1).map((row) => row.split(",")[column])
    .map((text) => number[text] ?? Math.fround(Number(text)));
}

// A setting that fits, from a sequence that is the same every time.
let state = 1;
function random() {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
}
function randomSettings() {
  const settings = defaults();
  for (const [key, kind] of Object.entries(kSettings)) {
    if (kind.among) settings[key] = kind.among[Math.floor(random() * kind.among.length)];
  }
  return { ...settings, rate: 10 ** (-3 * random()), batch: 2 + Math.floor(random() * 100),
    scale: 10 ** (random() - 0.5), seed: Math.floor(random() * 1000),
    images: 1000 + Math.floor(random() * 1000), decay: random() };
}

const module = new WebAssembly.Module(fs.readFileSync(modulePath));
const cases = Object.entries(kPresets).map(
  ([name, { settings }]) => [name, { ...defaults(), ...settings, images: 1000 }]);
for (let i = 1; i <= Number(randomText ?? 3); ++i) cases.push([`random ${i}`, randomSettings()]);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "web-"));
let problems = 0, diverged = 0;
for (const [name, settings] of cases) {
  for (const withBatchNorm of [true, false]) {
    const config = configOf(settings, withBatchNorm);
    const expected = lossesOfCommand(config, folder);
    const actual = lossesInWeb(module, config).map((loss) => Math.fround(loss));
    const diverges = !Number.isFinite(actual.at(-1));
    diverged += diverges;
    const step = expected.findIndex((loss, i) => !Object.is(loss, actual[i]));
    if (step < 0 && expected.length === actual.length &&
        (diverges || actual.length === kSteps)) continue;
    ++problems;
    console.log(`${name}, ${withBatchNorm ? "with" : "without"} batch norm: ` + (step < 0
      ? `${actual.length} steps, the command has ${expected.length}`
      : `step ${step + 1} has the loss ${actual[step]}, the command's is ${expected[step]}`));
  }
}
fs.rmSync(folder, { recursive: true });
console.log(`${cases.length} settings, with and without batch norm, ${kSteps} steps each ` +
  `(${diverged} diverge before): ${problems} differ from the command`);
process.exit(problems > 0 || cases.length === 0 ? 1 : 0);
