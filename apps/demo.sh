#!/usr/bin/env bash
# From a bare Debian 12 or Ubuntu 24.04 to a comparison with and without batch norm, without
# questions: installs what is missing, builds, trains both variants, shows the table and the curves.
# Run again, it does only what is not done yet.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t packages < apps/packages.txt
bash apps/install_packages.sh "${packages[@]}"

echo "Building minitape, which takes a minute or two the first time (progress: build/demo.log)"
mkdir -p build
if ! { cmake --preset release -DMINITAPE_TESTS=OFF &&
       cmake --build --preset release --target minitape_command -j "$(nproc)"; } \
    >build/demo.log 2>&1; then
  tail -n 40 build/demo.log >&2
  echo "The build failed; all of its output is in build/demo.log" >&2
  exit 1
fi

echo "Comparing digits_cnn with and without batch norm, three seeds each"
exec build/release/minitape compare apps/configs/digits_cnn.toml --seeds 3 --out runs/demo
