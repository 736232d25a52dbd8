// What can be chosen on the page, and the config that it makes: the TOML that `minitape train`
// reads, so a run of the page can be repeated with the command.

const kNetworks = {
  mlp: { activation: "sigmoid", init: "normal" },
  mlp_relu: { activation: "relu", init: "he" },
  cnn: { activation: "relu", init: "he" },
};
const kTitles = {
  mlp: "MLP, sigmoid", mlp_relu: "MLP, ReLU", cnn: "small CNN",
  before: "before the activation", after: "after the activation",
  ema: "moving average", debiased_ema: "moving average, debiased", cumulative: "mean of all steps",
};

// Every setting: its default, and what it takes.
const kSettings = {
  network: { value: "mlp", among: Object.keys(kNetworks) },
  rate: { value: 0.5, from: 0.0001, to: 100 },
  batch: { value: 60, from: 2, to: 500, integer: true },
  scale: { value: 1, from: 0.001, to: 100 },
  seed: { value: 1, from: 0, to: 1e9, integer: true },
  images: { value: 12000, from: 1000, to: 20000, integer: true },
  position: { value: "before", among: ["before", "after"] },
  running: { value: "ema", among: ["ema", "debiased_ema", "cumulative"] },
  decay: { value: 0.9, from: 0, to: 1 },
};

const kPresets = {
  plateau: {
    title: "The paper's plateau",
    settings: {},
    notice: "The batch-norm paper's sigmoid network. With batch norm it learns at once. Without, " +
      "the loss first stays near log 10 = 2.30, the loss of guessing. Wait: both end close to " +
      "each other. Batch norm made the start faster, not the network better.",
  },
  rate: {
    title: "A large learning rate",
    settings: { network: "mlp_relu", rate: 2 },
    notice: "With batch norm a rate this large still trains. Without, the loss jumps to the loss " +
      "of guessing or to nothing that is a number. Lower the rate to 0.1: both train.",
  },
  scale: {
    title: "Bad initial weights",
    settings: { network: "mlp_relu", rate: 0.1, scale: 0.1 },
    notice: "All first weights are ten times too small. Batch norm divides that out; without it, " +
      "the signal dies on its way and the loss stays on a plateau for a while.",
  },
  cnn: {
    title: "A convolutional network",
    settings: { network: "cnn", rate: 0.1, batch: 50, images: 4000 },
    notice: "Two convolutions. Batch norm normalizes each channel over all pixels of all images " +
      "in the batch. It learns faster with it, and each step costs more time: compare the column " +
      "of steps a second.",
  },
  no_help: {
    title: "Where it does not help",
    settings: { network: "mlp_relu", rate: 0.1 },
    notice: "A network with good initial weights and a rate that suits it: without batch norm it " +
      "learns about as fast per step, and more steps fit in a second.",
  },
  few: {
    title: "Few images",
    settings: { images: 1000, rate: 0.5 },
    notice: "With 1,000 training images both learn them by heart: watch the training loss go to " +
      "zero while the test accuracy stops. Who learns faster also overfits sooner.",
  },
  pairs: {
    title: "Batches of two",
    settings: { network: "mlp_relu", batch: 2, rate: 0.01 },
    notice: "Of two values in a batch one always becomes 1 and the other −1, whatever they were. " +
      "Next to nothing can be learned from that. Batch norm needs larger batches.",
  },
};

function dense(units) {
  return `  { type = "dense", units = ${units} },\n`;
}

function layersOf(network) {
  const { activation } = kNetworks[network];
  const behind = `  { type = "batch_norm" },\n  { type = "${activation}" },\n`;
  if (network === "cnn") {
    const block = (filters) => `  { type = "conv2d", filters = ${filters}, kernel = 3, ` +
      `padding = "same" },\n${behind}  { type = "max_pool", size = 2 },\n`;
    return block(8) + block(16) + '  { type = "flatten" },\n' + dense(10);
  }
  return '  { type = "flatten" },\n' + (dense(100) + behind).repeat(3) + dense(10);
}

// How the kernels start: as in the paper, or after He; times `scale`.
function initOf(network, scale) {
  if (kNetworks[network].init === "normal") return `{ type = "normal", stddev = ${0.05 * scale} }`;
  return scale === 1 ? '{ type = "he_normal" }' : `{ type = "normal", stddev = ${0.12 * scale} }`;
}

function configOf(settings, withBatchNorm) {
  const s = settings;
  return `seed = ${s.seed}
[data]
name = "digits"
train_limit = ${s.images}
test_limit = 1000
[model]
batch_norm = ${withBatchNorm}
init = ${initOf(s.network, s.scale)}
layers = [
${layersOf(s.network)}]
[batch_norm]
position = "${s.position}"
running = "${s.running}"
ema_decay = ${s.decay}
[optimizer]
learning_rate = ${s.rate}
momentum = 0.0
[train]
epochs = ${Math.ceil((5000 * s.batch) / s.images)}
batch_size = ${s.batch}
`;
}

function defaults() {
  return Object.fromEntries(Object.entries(kSettings).map(([key, { value }]) => [key, value]));
}

// A setting from text; nothing if it does not fit.
function parsed(key, text) {
  const kind = kSettings[key];
  if (!kind) return undefined;
  if (kind.among) return kind.among.includes(text) ? text : undefined;
  const value = Number(text);
  const fits = text !== "" && value >= kind.from && value <= kind.to &&
    (!kind.integer || Number.isInteger(value));
  return fits ? value : undefined;
}

// "#preset=rate&batch=100": the preset's settings, then the others. What does not fit is named.
function settingsOf(hash) {
  const result = { preset: "plateau", settings: defaults(), refused: [] };
  const pairs = [...new URLSearchParams(hash.replace(/^#/, ""))];
  const preset = pairs.find(([key]) => key === "preset")?.[1];
  if (preset !== undefined && !kPresets[preset]) result.refused.push(`preset=${preset}`);
  if (kPresets[preset]) result.preset = preset;
  if (preset === undefined && pairs.length > 0) result.preset = "";
  Object.assign(result.settings, kPresets[result.preset]?.settings);
  for (const [key, text] of pairs) {
    if (key === "preset") continue;
    const value = parsed(key, text);
    if (value === undefined) result.refused.push(`${key}=${text}`);
    else result.settings[key] = value;
  }
  return result;
}
