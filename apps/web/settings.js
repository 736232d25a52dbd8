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

// Each says what one sees; its numbers are those of seed 1, and seed 2 tells the same story.
const kPresets = {
  plateau: {
    title: "The paper's plateau",
    settings: {},
    notice: "The sigmoid network of the batch-norm paper. With batch norm it learns from the " +
      "first step on: about 75 % after 500 steps. Without it the loss stays near 2.30, the loss " +
      "of guessing, for some 600 steps. Then wait: after 2,500 steps both have about 91 %, and " +
      "from there on they are close. What differs is the speed of learning.",
  },
  rate: {
    title: "A large rate",
    settings: { network: "mlp_relu", rate: 2 },
    notice: "A network with ReLU at learning rate 2. Without batch norm the loss grows beyond " +
      "all numbers: at step 7 the run has diverged. With batch norm it learns: 77 % after 100 " +
      "steps, 94 % after 500. Set the learning rate below to 0.1: both learn equally well.",
  },
  scale: {
    title: "Small weights",
    settings: { network: "mlp_relu", rate: 0.1, scale: 0.1 },
    notice: "All first weights are a tenth of what suits them. Batch norm divides that out: 81 % " +
      "after 100 steps. Without it the signal shrinks from layer to layer, and the loss stays at " +
      "2.303, the loss of guessing, for some 900 steps.",
  },
  cnn: {
    title: "A small CNN",
    settings: { network: "cnn", rate: 0.1, batch: 50, images: 4000 },
    notice: "Two convolutions; batch norm normalizes each channel over all pixels of all images " +
      "in the batch. The start is faster: after 100 steps 86 % with it and 74 % without. After " +
      "500 both are near 93 %, and each step with batch norm takes longer.",
  },
  no_help: {
    title: "No help",
    settings: { network: "mlp_relu", rate: 0.1 },
    notice: "The first weights and the learning rate suit this network. Both learn alike: 75 % " +
      "and 71 % after 100 steps, 93 % and 94 % after 1,000. By then the training loss is even " +
      "lower without batch norm, and its steps take less time.",
  },
  few: {
    title: "Harm: few images",
    settings: { images: 1000 },
    notice: "With 1,000 training images both learn them by heart: the loss goes to 0. With batch " +
      "norm that happens by step 300, and then the test accuracy falls, from 59 % to 51 %. " +
      "Without it learning is slower, but after 1,500 steps it has 58 %, and keeps it.",
  },
  pairs: {
    title: "Harm: batches of two",
    settings: { network: "mlp_relu", batch: 2, rate: 0.01 },
    notice: "Of the two values that a unit has in a batch of two, batch norm makes one −1, the " +
      "other 1, however far apart they were. Little can be learned from that: after 1,000 steps " +
      "it still guesses; the other has 64 %. Set the batch size below to 20: 78 % and 82 %.",
  },
};

function dense(units) {
  return `  { type = "dense", units = ${units} },\n`;
}

function layersOf(network) {
  const { activation } = kNetworks[network];
  const after = `  { type = "batch_norm" },\n  { type = "${activation}" },\n`;
  if (network === "cnn") {
    const block = (filters) => `  { type = "conv2d", filters = ${filters}, kernel = 3, ` +
      `padding = "same" },\n${after}  { type = "max_pool", size = 2 },\n`;
    return block(8) + block(16) + '  { type = "flatten" },\n' + dense(10);
  }
  return '  { type = "flatten" },\n' + (dense(100) + after).repeat(3) + dense(10);
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
