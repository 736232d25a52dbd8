#!/usr/bin/env bash
# minitape against PyTorch on this machine: installs what is missing, builds, runs both in turn and
# prints a table of ratios. See against_pytorch.py; its options are passed on.
#
#   bash tests/bench/against_pytorch.sh                         # about 25 minutes
#   bash tests/bench/against_pytorch.sh --only cifar_cnn --threads 2 --rounds 3
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t packages < apps/packages.txt
bash apps/install_packages.sh "${packages[@]}" python3-torch python3-numpy
cmake --preset release >/dev/null
cmake --build --preset release -j "$(nproc)" --target minitape_command >/dev/null
exec python3 tests/bench/against_pytorch.py "$@"
