#!/usr/bin/env python3
"""Trains a run of minitape again in PyTorch and says how far the two are apart.

    minitape train CONFIG --set train.shuffle=false --set data.augment=[] --out RUN_DIR
    python3 tests/parity/compare_with_pytorch.py RUN_DIR...

The network is rebuilt from the run's config.toml and starts from its initial.safetensors; it sees
the same images in the same batches, with the same rates, dropout masks and noise. Nothing of
minitape's arithmetic is used: layers, gradients and updates are PyTorch's, and so are batch norm in
its other forms (F.group_norm, F.batch_norm of parts or with given statistics). Only the images of the
sets digits and shapes, which minitape draws, come from its program export_data.

Compared are the learning rates, the loss and the accuracy of each step, and, where they were saved,
the last weights, running statistics and evaluations. The two round differently, so they agree up to
a tolerance:

  whitening    max |a - b| / max |b| of the first kernel, where images made it
  losses       |a - b| / |b| at each step, and of the last evaluations
  accuracies   in images; those whose two best logits are as close as the tolerance do not count
  weights      max |a - b| / max |b| for each tensor. A bias is added to the kernel's products and a
               beta to gamma times a normalized value, so max |b| is taken over both: a bias that
               batch norm subtracts again is nothing but rounding and has no digits of its own
  statistics   the same; a running mean is measured against the running deviation

With --double PyTorch computes in double precision, which shows who carries the rounding error: the
verdict is then about minitape against that, and PyTorch's single precision stands beside it. Where
both are equally far off, the training itself magnifies rounding errors: try a smaller rate, or
train with minitape_f64, the command in double precision. Its runs are compared in double precision,
where even such trainings agree to about 1e-9.

Exit codes: 0 equal within the tolerances, 1 not, 2 bad input, 77 PyTorch is not installed.
"""
import argparse
import sys
from dataclasses import dataclass

sys.dont_write_bytecode = True  # the tests leave nothing behind in the source folder

try:
    import torch
except ImportError:
    print("skipped: this python3 has no PyTorch (module torch; Debian: python3-torch)")
    sys.exit(77)

import numpy as np

from data import DEFAULT_BUILD, load
from run_folder import BadInput, RunFolder
from training import TRAIN_EVAL_IMAGES, Record, Trainer

RATE_TOLERANCE = 1e-12  # both sides compute them in double precision
TOLERANCES = {  # where the command line gives no others
    np.float32: {"loss": 1e-4, "weights": 1e-4, "statistics": 1e-5},
    np.float64: {"loss": 1e-9, "weights": 1e-9, "statistics": 1e-9},
}


@dataclass
class Difference:
    what: str
    size: float
    where: str
    tolerance: float

    @property
    def exceeded(self):
        return not self.size <= self.tolerance


def largest(sizes, places):
    """The largest of some differences and its place. What is not a number differs without limit."""
    sizes = np.nan_to_num(np.asarray(sizes, np.float64), nan=np.inf)
    if sizes.size == 0:
        return 0.0, "nothing to compare"
    at = int(np.argmax(sizes))
    return float(sizes[at]), str(places[at])


def relative(a, b, scale=None):
    """|a - b| / scale, by default |b|; 0 where both are equal or both are no longer numbers."""
    scale = np.abs(b) if scale is None else scale
    same = np.equal(a, b) | ~(np.isfinite(a) | np.isfinite(b))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(same, 0.0, np.abs(np.subtract(a, b)) / scale)


def scale_of(name, tensors):
    """What a difference in a tensor is measured against."""
    layer, _, key = name.rpartition(".")
    size = np.abs(tensors[name]).max()
    if key in ("bias", "beta"):
        partner = tensors[f"{layer}.kernel" if key == "bias" else f"{layer}.gamma"]
        return max(size, np.abs(partner).max())
    if key == "running_mean":
        return max(size, np.sqrt(tensors[f"{layer}.running_variance"].max()))
    return size


def differences_of_tensors(ours, theirs):
    """(names, differences) of all tensors, which must be the same on both sides."""
    if set(ours) != set(theirs):
        raise BadInput(f"the two models differ in the tensors {sorted(set(ours) ^ set(theirs))}")
    names = sorted(theirs, key=lambda name: int(name.split(".")[0]))
    return names, [relative(ours[name], theirs[name], scale_of(name, theirs)).max()
                   for name in names]


def compare(ours, theirs, peak_rate, tolerances):
    """The Differences between two Records. `theirs` is the one to measure against."""
    steps = [f"step {i + 1}" for i in range(len(theirs.losses))]
    wrong = np.maximum(0, np.abs(ours.correct - theirs.correct) - theirs.undecided)
    wrong[~np.isfinite(theirs.losses)] = 0  # which class is the best of NaN?
    found = [
        Difference("learning rates", *largest(relative(ours.rates, theirs.rates, peak_rate), steps),
                   RATE_TOLERANCE),
        Difference("losses", *largest(relative(ours.losses, theirs.losses), steps),
                   tolerances["loss"]),
        Difference("accuracies (images)", *largest(wrong, steps), 0),
    ]
    if ours.tensors is not None:
        names, sizes = differences_of_tensors(ours.tensors, theirs.tensors)
        for what, wanted, tolerance in (("weights", False, tolerances["weights"]),
                                        ("running statistics", True, tolerances["statistics"])):
            chosen = [i for i, name in enumerate(names) if (".running_" in name) == wanted]
            found.append(Difference(what, *largest([sizes[i] for i in chosen],
                                                   [names[i] for i in chosen]), tolerance))
    if ours.evaluations is not None:
        for part, (loss, correct, undecided) in theirs.evaluations.items():
            our_loss, our_correct = ours.evaluations[part][:2]
            wrong = max(0, abs(our_correct - correct) - undecided)
            found.append(Difference(f"{part} loss", float(relative(our_loss, loss)),
                                    "after the last step", tolerances["loss"]))
            found.append(Difference(f"{part} acc. (images)", wrong, "after the last step", 0))
    return found


def record_of(run, trainer, steps):
    """The first `steps` steps of minitape's run; weights and evaluations if that is all of it."""
    batches = [trainer.batches[i % len(trainer.batches)] for i in range(steps)]
    images = np.array([batch.stop - batch.start for batch in batches])
    columns = {name: run.steps[name][:steps] for name in ("learning_rate", "loss", "accuracy")}
    whole = run.final is not None and steps == run.finite_steps == len(run.steps["loss"])
    evaluations = None
    if whole and run.metrics and len(run.metrics["step"]) and run.metrics["step"][-1] == steps:
        last = {name: column[-1] for name, column in run.metrics.items()}
        evaluated = {"test": len(trainer.test[0]),
                     "train_eval": min(TRAIN_EVAL_IMAGES, len(trainer.images))}
        evaluations = {part: (last[f"{part}_loss"], round(last[f"{part}_accuracy"] * images_of))
                       for part, images_of in evaluated.items()}
    return Record(columns["learning_rate"], columns["loss"], np.rint(columns["accuracy"] * images),
                  run.final if whole else None, evaluations)


def compare_run(folder, options):
    """Prints the comparison of one run and returns its exit code."""
    run = RunFolder(folder)
    data = load(run, options.build)
    tolerances = dict(TOLERANCES[run.precision])
    for key in tolerances:
        given = getattr(options, f"{key}_tolerance")
        if given is not None:
            tolerances[key] = given
    single_run = run.precision == np.float32
    trainers = [Trainer(run, data, torch.float32 if single_run else torch.float64,
                        tolerances["loss"])]
    if options.double and single_run:
        trainers.append(Trainer(run, data, torch.float64, tolerances["loss"]))

    # Steps to compare: those that were taken, up to the first loss that is not a number: that one
    # must not be a number in PyTorch either.
    taken = len(run.steps["loss"])
    comparable = min(taken, run.finite_steps + 1)
    steps = min(comparable, options.steps or comparable)
    notes = []
    if run.finite_steps < taken:
        notes.append(f"the run diverged at step {comparable}: compared up to there")
    elif run.final is None:
        notes.append("the run has no model.safetensors: it was not finished")
    elif taken != trainers[0].total_steps:
        raise BadInput(f"{folder}: the config asks for {trainers[0].total_steps} steps, steps.csv "
                       f"has {taken}")

    ours = record_of(run, trainers[0], steps)
    records = []
    for trainer in trainers:
        records.append(trainer.train(steps))
        if ours.evaluations is not None:
            records[-1].evaluations = trainer.evaluate()
    peak = run.config["optimizer"]["learning_rate"] or 1
    if ours.evaluations is None and not options.steps:
        notes.append("no evaluation is compared: metrics.csv has none after the last step")
    found = compare(ours, records[-1], peak, tolerances)
    if trainers[-1].whitening:
        kernel, theirs = trainers[-1].whitening
        found.insert(0, Difference("whitening", relative(kernel, theirs, np.abs(theirs).max()).max(),
                                   "the first kernel", tolerances["weights"]))
    # With --double: PyTorch in single precision, measured against the same.
    single = {}
    if len(records) == 2:
        records[0].tensors = ours.tensors and records[0].tensors
        single = {d.what: d for d in compare(records[0], records[1], peak, tolerances)}
    report(folder, steps, found, single, notes, options)
    return int(any(difference.exceeded for difference in found))


def report(folder, steps, found, single, notes, options):
    bad = [difference.what for difference in found if difference.exceeded]
    if not options.brief:
        print(f"{folder}: {steps} steps, largest relative differences")
        for difference in found:
            beside = ""
            if difference.what in single:
                beside = f", PyTorch in single precision {single[difference.what].size:.1e}"
            mark = "  EXCEEDED" if difference.exceeded else ""
            print(f"  {difference.what:24}{difference.size:8.1e}  {difference.where} (tolerance "
                  f"{difference.tolerance:g}{beside}){mark}")
    for note in notes:
        print(f"  note: {note}")
    losses = next(difference for difference in found if difference.what == "losses")
    verdict = f"NOT EQUAL: {', '.join(bad)}" if bad else "equal to PyTorch within the tolerances"
    print(f"{folder}: {verdict} (losses of {steps} steps within {losses.size:.1e})")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", metavar="RUN_DIR", nargs="+", help="a folder of `minitape train`")
    parser.add_argument("--build", default=DEFAULT_BUILD,
                        help="where export_data is (default: build/release of this repository)")
    parser.add_argument("--steps", type=int, default=0, metavar="N",
                        help="compare the first N steps only, no weights")
    parser.add_argument("--double", action="store_true", help="PyTorch in double precision")
    for key, of in (("loss", "losses"), ("weights", "kernels, biases, gammas and betas"),
                    ("statistics", "running means and variances")):
        default, of_double = (TOLERANCES[precision][key] for precision in (np.float32, np.float64))
        parser.add_argument(f"--{key}-tolerance", type=float, metavar="X",
                            help=f"of {of}, relative (default {default:g}; {of_double:g} for a "
                            "run in double precision)")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch (default 1)")
    parser.add_argument("--brief", action="store_true", help="one line a run")
    options = parser.parse_args()
    for key in ("loss", "weights", "statistics"):
        given = getattr(options, f"{key}_tolerance")
        if given is not None and not given >= 0:
            parser.error(f"--{key}-tolerance must be 0 or more: {given}")
    if options.steps < 0 or options.threads < 1:
        parser.error("--steps must not be negative, --threads at least 1")
    return options


def main():
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    # oneDNN in PyTorch 1.13 writes past the end of a buffer in the backward pass of some small
    # convolutions, and the process dies. PyTorch's own convolutions do not.
    torch.backends.mkldnn.enabled = False
    codes = []
    for folder in options.runs:
        try:
            codes.append(compare_run(folder, options))
        except BadInput as error:
            print(f"error: {error}", file=sys.stderr)
            codes.append(2)
        except KeyError as error:
            print(f"error: {folder} has no key {error} where `minitape train` writes it",
                  file=sys.stderr)
            codes.append(2)
        except (RuntimeError, TypeError, ValueError) as error:
            print(f"error: {folder} cannot be trained in PyTorch: {error}", file=sys.stderr)
            codes.append(2)
    if len(codes) > 1:
        print(f"{len(codes)} runs: {codes.count(0)} equal, {codes.count(1)} not equal, "
              f"{codes.count(2)} cannot be compared")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
