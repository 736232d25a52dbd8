#!/usr/bin/env bash
# The page of apps/web.sh: builds it; holds its losses against those of a native build, in node; and
# opens it in headless Chromium and in Firefox, without network. Ends with 77 where the packages of
# the first two cannot be installed, and says which browser it does without.
#
#   bash tests/web/run.sh build/ports/minitape [PICTURE.png]
#
# The command must be one of the preset "ports": the same product, in vectors of the same width.
set -euo pipefail
command=$(realpath "$1")
picture=${2:-}
cd "$(dirname "$0")/../.."

mapfile -t packages < apps/web/packages.txt
if ! bash apps/install_packages.sh "${packages[@]}" nodejs; then
  echo "Clang for WebAssembly or node cannot be installed: the page is not tested"
  exit 77
fi
bash apps/web.sh
node tests/web/losses.mjs build/web/network.wasm "$command" --random 10
if bash apps/install_packages.sh chromium chromium-driver python3-selenium; then
  /usr/bin/python3 tests/web/page.py build/web/minitape.html ${picture:+"$picture"}
else
  echo "Chromium cannot be installed: the page is not opened in it"
fi
if bash apps/install_packages.sh firefox-esr python3-websocket; then
  /usr/bin/python3 tests/web/firefox.py build/web/minitape.html
else
  echo "Firefox cannot be installed: the page is not opened in it"
fi
