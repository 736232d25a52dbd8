#!/usr/bin/env bash
# Builds the course and the API reference as one site of static pages, which needs no network and no
# server: open build/site/index.html in a browser. Installs what is missing (made for Debian 12).
#
#   bash docs/site.sh [FOLDER]      default: build/site
#
# Warnings are errors: a link that leads nowhere, a formula that KaTeX does not understand, a public
# type or function without a description. The pages are plain Markdown as GitHub shows it; what makes
# a site of them is in docs/site.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-build/site}
work=build/site_work

bash apps/install_packages.sh python3-sphinx python3-myst-parser furo python3-breathe doxygen katex \
  libjs-katex

rm -rf "$out" "$work"
mkdir -p "$work"

# The headers. Fields may go without a description where their name says it all.
{ cat docs/site/Doxyfile && echo "OUTPUT_DIRECTORY = $work"; } | doxygen - 2>&1 |
  { grep -v 'Member .* (variable) .* is not documented' || true; } >"$work/doxygen.log"
if [ -s "$work/doxygen.log" ]; then
  cat "$work/doxygen.log" >&2
  exit 1
fi

python3 docs/site/pages.py "$work/pages"
sphinx-build -q -W --keep-going -c docs/site -d "$work/doctrees" "$work/pages" "$out"
rm -rf "$out/.buildinfo" "$out/objects.inv" "$out/_sources"
echo "$out/index.html"
