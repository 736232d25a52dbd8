"""minitape against PyTorch on this machine: the three networks of docs/performance.md.

    bash tests/bench/against_pytorch.sh [--rounds N] [--only cifar_cnn] [--report FILE]

Each round runs minitape, PyTorch as people run it and PyTorch at its best in turn, each in a
process of its own, so that a slow minute of the machine meets all three. A ratio is ours / theirs
of one round; the table gives the median of the rounds and their range. Below 1 minitape is faster.

PyTorch at its best: channels last, an allocator that keeps its memory, one BLAS thread (OpenMP
still has all of them), a traced model that folds batch norm for prediction.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYTHON = "/usr/bin/python3"  # Debian's, which has python3-torch
# glibc gives large buffers back to the system after use unless told otherwise.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "4294967296",
               "MALLOC_TOP_PAD_": "268435456"}
BEST = KEEP_MEMORY | {"OPENBLAS_NUM_THREADS": "1"}
NETWORKS = ["mnist_mlp", "mnist_cnn", "cifar_cnn"]
STEPS = {"mnist_mlp": 400, "mnist_cnn": 40, "cifar_cnn": 12}


def run(command, environment):
    variables = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"} | environment
    result = subprocess.run(command, env=variables, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{result.stderr}")
    return json.loads(result.stdout.strip().splitlines()[-1] if command[0] == PYTHON
                      else result.stdout)


def ours(build, network, threads, batch_norm):
    """Training with the config's batch, prediction with 256 images and with one."""
    def bench(*settings, steps):
        command = [str(build / "minitape"), "bench", f"{ROOT}/apps/configs/{network}.toml",
                   "--json", "--threads", str(threads), "--steps", str(steps),
                   "--set", f"model.batch_norm={str(batch_norm).lower()}",
                   "--set", "optimizer.momentum=0.9"]
        for setting in settings:
            command += ["--set", setting]
        return run(command, {"OMP_NUM_THREADS": str(threads)})
    steps = STEPS[network]
    training = bench(steps=steps)
    many = bench("train.batch_size=256", steps=steps // 2)
    return {"training": training["train_ms_per_step"],
            "256 images": 256e3 / many["predict_images_per_second"],
            "one image": training["predict_ms_batch_1"], "peak MB": training["peak_rss_mb"]}


def theirs(network, threads, batch_norm, best):
    command = [PYTHON, str(HERE / "pytorch_step.py"), f"{ROOT}/apps/configs/{network}.toml",
               "--threads", str(threads), "--steps", str(STEPS[network])]
    command += ["--best"] if best else []
    command += [] if batch_norm else ["--no-batch-norm"]
    result = run(command, {"OMP_NUM_THREADS": str(threads)} | (BEST if best else {}))
    return {"training": result["train_ms_per_step"], "256 images": result["predict_ms"],
            "one image": result["predict_ms_batch_1"], "peak MB": result["peak_rss_mb"],
            "version": result["version"]}


def spread(values, digits=2):
    return (f"{statistics.median(values):.{digits}f} "
            f"({min(values):.{digits}f}–{max(values):.{digits}f})")


def compare(build, network, threads, batch_norm, rounds):
    """The table's rows for one network: a row per measure."""
    runs = []
    for _ in range(rounds):
        runs.append((ours(build, network, threads, batch_norm),
                     theirs(network, threads, batch_norm, False),
                     theirs(network, threads, batch_norm, True)))
    rows = []
    for measure in ["training", "256 images", "one image", "peak MB"]:
        a, b, c = ([r[i][measure] for r in runs] for i in range(3))
        digits = 3 if statistics.median(a) < 10 else 1
        rows.append([network, "on" if batch_norm else "off", str(threads), measure]
                    + [f"{statistics.median(x):.{digits}f}" for x in (a, b, c)]
                    + [spread([x / y for x, y in zip(a, b)]),
                       spread([x / y for x, y in zip(a, c)])])
    return rows, runs[0][1]["version"]


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=NETWORKS)
    parser.add_argument("--threads", type=int, action="append")
    parser.add_argument("--report", type=pathlib.Path)
    arguments = parser.parse_args()
    table, version = [], ""
    for network in [arguments.only] if arguments.only else NETWORKS:
        for threads in arguments.threads or [1, 2]:
            for batch_norm in [True, False]:
                rows, version = compare(arguments.build, network, threads, batch_norm,
                                        arguments.rounds)
                table += rows
                print("\n".join("  ".join(row) for row in rows), file=sys.stderr, flush=True)
    lines = [f"{datetime.date.today()}, {processor()}, {os.cpu_count()} cores, PyTorch {version}, "
             f"{arguments.rounds} rounds. Times in ms.", "",
             "| network | batch norm | threads | | minitape | PyTorch as run | PyTorch at its best "
             "| ours / as run | ours / at its best |", "|---|---|---|---|---|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in table]
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.report:
        arguments.report.write_text(text)


if __name__ == "__main__":
    main()
