"""The training step of cifar_cnn: minitape against oneDNN's primitives (onednn_step.cpp).

    bash tests/bench/against_onednn.sh [--rounds N] [--threads N] [--batch N]

First both start from the same weights and see the same images: their losses must agree, so that
both are known to compute the same. Then each round runs them in turn, each in a process of its own.
A ratio is ours / theirs of one round; the table gives the median of the rounds and their range.
"""
import argparse
import csv
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = ROOT / "apps/configs/cifar_cnn.toml"
STEPS = 12
# Batch norm of a small batch magnifies roundings from step to step: the bound holds for five steps
# at this rate. Without batch norm the losses agree to 1e-6.
LARGEST_DIFFERENCE = 1e-4


def run(command, threads):
    variables = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
    variables["OMP_NUM_THREADS"] = str(threads)
    result = subprocess.run([str(word) for word in command], env=variables, capture_output=True,
                            text=True)
    if result.returncode:
        raise SystemExit(f"{command}:\n{result.stderr}")
    return result.stdout


def settings(values):
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


def check(build, batch_norm, threads):
    """The largest relative difference of the losses of some steps; ends the program if it is large."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "run"
        run([build / "minitape", "train", CONFIG, "--out", out] + settings(
            {"model.batch_norm": batch_norm, "data.name": "shapes", "data.augment": "[]",
             "data.standardize": "false", "data.train_limit": 5 * 32, "data.test_limit": 10,
             "schedule.name": "constant", "optimizer.learning_rate": 1e-4, "train.epochs": 1,
             "train.batch_size": 32, "train.shuffle": "false"}), threads)
        run([build / "export_data", out / "config.toml", f"{folder}/data.safetensors"], threads)
        with open(out / "steps.csv") as file:
            ours = [float(row["loss"]) for row in csv.DictReader(file)]
        theirs = json.loads(run([build / "onednn_step", 32, batch_norm, len(ours),
                                 out / "initial.safetensors", f"{folder}/data.safetensors"],
                                threads))["losses"]
    worst = max(abs(a - b) / b for a, b in zip(ours, theirs, strict=True))
    if worst > LARGEST_DIFFERENCE:
        raise SystemExit(f"not the same network: losses {ours} and {theirs}")
    return worst


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, action="append")
    parser.add_argument("--batch", type=int, default=128)
    arguments = parser.parse_args()
    rows = []
    for threads in arguments.threads or [1, 2]:
        for batch_norm in ["true", "false"]:
            worst = check(arguments.build, batch_norm, threads)
            ours, theirs = [], []
            for _ in range(arguments.rounds):
                result = run([arguments.build / "minitape", "bench", CONFIG, "--json", "--steps",
                              STEPS, "--threads", threads] + settings(
                    {"train.batch_size": arguments.batch, "model.batch_norm": batch_norm}), threads)
                ours.append(json.loads(result)["train_ms_per_step"])
                result = json.loads(run([arguments.build / "onednn_step", arguments.batch,
                                         batch_norm, STEPS], threads))
                theirs.append(result["train_ms_per_step"])
            rows.append(f"| {'on' if batch_norm == 'true' else 'off'} | {threads} "
                        f"| {statistics.median(ours):.1f} | {statistics.median(theirs):.1f} "
                        f"| {spread([a / b for a, b in zip(ours, theirs)])} | {worst:.0e} |")
            print(rows[-1], flush=True)
    print(f"\n{datetime.date.today()}, oneDNN {result['version']}, batch {arguments.batch}, "
          f"{arguments.rounds} rounds, ms a training step\n\n"
          "| batch norm | threads | minitape | oneDNN | ratio | losses differ by |\n"
          "|---|---|---|---|---|---|\n" + "\n".join(rows))


if __name__ == "__main__":
    main()
