#!/usr/bin/env bash
# Builds the page on which two networks train side by side, with and without batch norm: one HTML
# file that opens without network. Installs what is missing (Debian 12; 90 MB to download).
#
#   bash apps/web.sh          # ends with the path of the file
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t packages < apps/web/packages.txt
bash apps/install_packages.sh "${packages[@]}"

mkdir -p build/web
echo "Compiling for the browser, which takes a minute or two the first time (build/web/build.log)"
if ! { cmake -S apps/web -B build/web -DCMAKE_TOOLCHAIN_FILE="$PWD/apps/web/wasm.cmake" \
         -DCMAKE_BUILD_TYPE=None &&
       cmake --build build/web -j "$(nproc)"; } >build/web/build.log 2>&1; then
  tail -n 40 build/web/build.log >&2
  echo "The build failed; all of its output is in build/web/build.log" >&2
  exit 1
fi
python3 apps/web/bundle.py build/web/network.wasm build/web/minitape.html
echo "$PWD/build/web/minitape.html"
