"""The training of a run, repeated in PyTorch: same weights, same batches, same rates."""
import copy
import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from data import Standardization, batch_slices
from network import BatchNorm, Network, all_but_channels

EVALUATION_BATCH = 256
WHITENING_IMAGES = 5000
TRAIN_EVAL_IMAGES = 10_000  # "train_eval" in metrics.csv is about that many training images


@dataclass
class Record:
    """What is known of a training, whoever did it. Accuracies are numbers of images."""

    rates: np.ndarray  # [steps], learning rates
    losses: np.ndarray  # [steps]
    correct: np.ndarray  # [steps], images of the batch that were classified correctly
    tensors: dict  # {name: array} after the last step, or None
    evaluations: dict  # {"test": (loss, correct), "train_eval": …} after the last step, or None
    undecided: np.ndarray = None  # [steps], images whose answer hangs on a rounding error


def total_steps(config, steps_per_epoch):
    steps = config["train"]["epochs"] * steps_per_epoch
    return min(steps, config["train"]["max_steps"] or steps)


def learning_rate(config, step, steps_per_epoch):
    """The rate of a step, counted from 0."""
    schedule, peak = config["schedule"], config["optimizer"]["learning_rate"]
    total = max(1, total_steps(config, steps_per_epoch))
    warmup = schedule["warmup_steps"]

    def half_cosine(start, end, part):  # start at part = 0, end at part = 1
        return end + (start - end) * (1 + math.cos(math.pi * part)) / 2

    def line(start, end, part):
        return start + (end - start) * part

    if schedule["name"] == "one_cycle":
        between = line if schedule["anneal"] == "linear" else half_cosine
        lowest = peak / schedule["div_factor"]
        end = lowest / schedule["final_div_factor"]
        top = (warmup or schedule["warmup_fraction"] * total) - 1  # the step of the peak
        if step < top:
            return between(lowest, peak, step / top)
        if step == top:
            return peak
        return between(peak, end, (step - top) / (total - 1 - top)) if total - 1 > top else end
    if step < warmup:
        return peak * (step + 1) / warmup
    if schedule["name"] == "step":
        return peak * schedule["factor"] ** (step // (schedule["step_epochs"] * steps_per_epoch))
    if schedule["name"] == "cosine":
        return half_cosine(peak, 0, (step - warmup) / (total - warmup))
    return peak


def exact_loss(logits, labels, smoothing=0.0):
    """The mean cross-entropy of the logits without further rounding. In single precision 1 - p is
    only good to 1e-7, which leaves no digits of a loss of 1e-6; minitape sums up in double, too."""
    return F.cross_entropy(logits.detach().double(), labels, label_smoothing=smoothing).item()


def count(logits, labels, closeness):
    """How many images are classified correctly, and how many so narrowly, correctly or not, that a
    relative change of the logits [N, K] by `closeness` might turn them over."""
    of_label = logits.gather(1, labels[:, None])[:, 0]
    others = logits.scatter(1, labels[:, None], -math.inf).amax(1)
    narrow = (of_label - others).abs() <= closeness * logits.abs().amax(1)
    return int((logits.argmax(1) == labels).sum()), int(narrow.sum())


def whitening_kernel(images, size):
    """[size, size, C, 2 size size C] for images [N, C, H, W]: eigenvectors by falling eigenvalue,
    each with its number of largest absolute value positive, divided by the deviation, then their
    negatives."""
    windows = images.unfold(2, size, 1).unfold(3, size, 1)  # [N, C, h, w, kh, kw]
    channels = images.shape[1]
    rows = windows.permute(0, 2, 3, 4, 5, 1).reshape(len(images), -1, size * size * channels)
    # Image by image: a sum over millions of windows at once would round away four digits.
    moments = (rows.transpose(1, 2) @ rows).sum(0) / (len(images) * rows.shape[1])
    values, vectors = torch.linalg.eigh(moments)  # rising; a column each
    values, vectors = values.flip(0), vectors.flip(1)
    largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
    vectors = vectors * largest.sign() / torch.sqrt(values + 5e-4)
    return torch.cat([vectors, -vectors], 1).reshape(size, size, channels, -1).numpy()


class Lookahead:
    """After every k-th step and the last: slow weights and statistics come closer, and are taken."""

    def __init__(self, model, options, total):
        self.model, self.total = model, total
        self.every, self.decay = options["lookahead_steps"], options["lookahead_decay"]
        self.slow = {name: tensor.clone() for name, tensor in model.state_dict().items()}

    def after_step(self, steps):
        if not self.every or (steps % self.every and steps != self.total):
            return
        share = 1 - self.decay * (steps / self.total) ** 3
        for name, tensor in self.model.state_dict().items():
            self.slow[name].lerp_(tensor, share)
            tensor.copy_(self.slow[name])


class Trainer:
    """One run's network in PyTorch. dtype, the precision that PyTorch computes in, may be higher
    than that of the run, which images and initial weights have in any case."""

    def __init__(self, run, data, dtype, closeness):
        self.config, self.dtype, self.closeness = run.config, dtype, closeness
        (self.images, self.labels), self.test = data
        self.standardization = Standardization(self.images, self.config["data"]["standardize"],
                                               run.precision)
        # Both trainings start from minitape's weights. A whitening kernel is also computed here, to
        # be compared.
        self.whitening = None  # (minitape's kernel, PyTorch's)
        first = self.config["model"]["layers"][0]
        if first.get("init", {}).get("type") == "whitening":
            seen = torch.from_numpy(self.standardization(self.images[:WHITENING_IMAGES]))
            self.whitening = (run.initial["0.conv2d.kernel"],
                              whitening_kernel(seen.double(), first["kernel"]))
        self.network = Network(self.config, run.initial, dtype, run.precision)
        self.smoothing = self.config["train"]["label_smoothing"]
        self.batches = batch_slices(len(self.images), self.config["train"]["batch_size"],
                                    self.config["train"]["drop_last"])
        self.in_order = self.images, self.labels  # of the batches
        if self.config["train"]["sort_by_class"]:
            order = np.argsort(self.labels, kind="stable")
            self.in_order = self.images[order], self.labels[order]
        options = self.config["optimizer"]
        # A factor on a gradient is one on the rate, with the decay divided by it.
        factor, decay = options["beta_factor"], options["weight_decay"]
        factors, decays = {"beta": factor}, {"kernel": decay}
        if options["decay_betas"]:
            decays["beta"] = decay / factor
        groups = [{"params": self.network.parameters(role), "factor": factors.get(role, 1),
                   "weight_decay": decays.get(role, 0)}
                  for role in ("kernel", "bias", "gamma", "beta")]
        self.optimizer = torch.optim.SGD(
            [group for group in groups if group["params"]],
            lr=0,  # set before each step
            momentum=options["momentum"],
            nesterov=options["nesterov"],
        )
        self.lookahead = Lookahead(self.network.model, options, self.total_steps)

    @property
    def total_steps(self):
        return total_steps(self.config, len(self.batches))

    def tensors_of(self, part, images, labels):
        """A part of the images as network input [n, C, H, W] and labels [n]."""
        x = torch.from_numpy(self.standardization(images[part])).to(self.dtype)
        return x, torch.from_numpy(labels[part].astype(np.int64))

    def train(self, steps):
        """The first `steps` steps. Loss and accuracy of a step are those before its update."""
        model = self.network.model.train()
        rows = []
        if self.total_steps == 0:
            self.recalibrate()
        for step in range(steps):
            rate = learning_rate(self.config, step, len(self.batches))
            part = self.batches[step % len(self.batches)]
            x, labels = self.tensors_of(part, *self.in_order)
            logits = model(x)
            loss = F.cross_entropy(logits, labels, label_smoothing=self.smoothing)
            rows.append((rate, exact_loss(logits, labels, self.smoothing),
                         *count(logits.detach(), labels, self.closeness)))
            for group in self.optimizer.param_groups:
                group["lr"] = rate * group["factor"]
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.lookahead.after_step(step + 1)
            if (step + 1) % len(self.batches) == 0 or step + 1 == self.total_steps:
                self.recalibrate()
        rates, losses, correct, undecided = np.array(rows).reshape(-1, 4).T
        return Record(rates, losses, correct, self.network.tensors(), None, undecided)

    def recalibrate(self):
        """At the end of an epoch: running statistics from what each batch norm meets in the first
        batches, in training mode, as the weights are now."""
        how = self.config["batch_norm"]["recalibrate"]
        if how == "none":
            return
        trial = copy.deepcopy(self.network.model).train()
        norms, of_trial = ([part for part in model.modules() if isinstance(part, BatchNorm)]
                           for model in (self.network.model, trial))
        met = [[] for _ in norms]  # (mean, variance) of each batch, layer by layer

        def remember(i):
            def hook(module, inputs):
                x, axes = inputs[0].double(), all_but_channels(inputs[0])
                met[i].append((x.mean(axes), x.var(axes, unbiased=how == "average")))
            return hook

        for i, norm in enumerate(of_trial):
            norm.register_forward_pre_hook(remember(i))
        with torch.no_grad():
            for part in self.batches[:self.config["batch_norm"]["recalibrate_batches"]]:
                trial(self.tensors_of(part, *self.in_order)[0])
            for norm, batches in zip(norms, met):
                means, variances = (torch.stack(values) for values in zip(*batches))
                variance = variances.mean(0)
                if how == "pooled":
                    variance = variance + means.var(0, unbiased=False)
                norm.running_mean.copy_(means.mean(0))
                norm.running_variance.copy_(variance)

    def evaluate(self):
        """{"test": (loss, correct, undecided), "train_eval": …} with the running statistics."""
        first = slice(TRAIN_EVAL_IMAGES)
        return {"test": self.score(*self.test),
                "train_eval": self.score(self.images[first], self.labels[first])}

    def score(self, images, labels):
        model = self.network.model.eval()
        loss = correct = undecided = 0
        with torch.no_grad():
            for i in range(0, len(images), EVALUATION_BATCH):
                x, answers = self.tensors_of(slice(i, i + EVALUATION_BATCH), images, labels)
                logits = model(x)
                loss += exact_loss(logits, answers) * len(answers)
                right, narrow = count(logits, answers, self.closeness)
                correct, undecided = correct + right, undecided + narrow
        return loss / len(images), correct, undecided
