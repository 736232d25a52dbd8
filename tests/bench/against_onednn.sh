#!/usr/bin/env bash
# minitape against the bare primitives of oneDNN on this machine: installs what is missing, builds,
# checks that both learn the same, runs both in turn and prints a table of ratios. See
# against_onednn.py; its options are passed on.
#
#   bash tests/bench/against_onednn.sh                         # about 3 minutes
#   bash tests/bench/against_onednn.sh --threads 2 --rounds 9
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t packages < apps/packages.txt
bash apps/install_packages.sh "${packages[@]}" libdnnl-dev python3
cmake --preset release >/dev/null
cmake --build --preset release -j "$(nproc)" --target minitape_command export_data >/dev/null
g++ -std=c++20 -O3 -march=native -fopenmp tests/bench/onednn_step.cpp -o build/release/onednn_step \
  -ldnnl
exec python3 tests/bench/against_onednn.py "$@"
