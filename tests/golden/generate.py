#!/usr/bin/env python3
"""Writes the golden fixtures: small inputs and what PyTorch computes from them, in float64.

    /usr/bin/python3 tests/golden/generate.py [--seed N] [--out FOLDER]

Without arguments it writes the committed files of tests/golden/fixtures again, byte for byte. All
permutations between PyTorch's layout and minitape's happen here; the tests compare as they read.
"""
import argparse
import pathlib
import sys

sys.dont_write_bytecode = True  # leave no __pycache__ in the source folder

import torch  # noqa: E402

from fixture_format import write_fixture  # noqa: E402
from operations import (activation_fixture, batch_norm_fixture, conv2d_fixture,  # noqa: E402
                        dense_fixture, loss_fixture, pool_fixture)
from optimizer import schedule_fixture, sgd_fixture  # noqa: E402
from trajectory import trajectory_fixtures  # noqa: E402


def main():
    here = pathlib.Path(__file__).resolve().parent
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--out", type=pathlib.Path, default=here / "fixtures")
    options = arguments.parse_args()

    torch.set_num_threads(1)  # one order of summation
    torch.use_deterministic_algorithms(True)
    options.out.mkdir(parents=True, exist_ok=True)
    makers = {"conv2d": conv2d_fixture, "dense": dense_fixture, "pool": pool_fixture,
              "activation": activation_fixture, "loss": loss_fixture,
              "batch_norm": batch_norm_fixture, "sgd": sgd_fixture, "schedule": schedule_fixture}
    fixtures = {name: make(options.seed) for name, make in makers.items()}
    fixtures.update(trajectory_fixtures(options.seed))
    total = 0
    for name, content in fixtures.items():
        total += write_fixture(options.out, name, options.seed, content)
    print(f"seed {options.seed}: {len(fixtures)} fixtures, {total / 1000:.0f} kB, in {options.out}")


if __name__ == "__main__":
    main()
