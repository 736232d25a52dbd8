#!/usr/bin/env bash
# Builds the course and the API reference as one site of static pages, which needs no network and no
# server: open build/site/index.html in a browser. Installs what is missing (made for Debian 12).
#
#   bash docs/site.sh
#
# Warnings are errors: a link that leads nowhere, a formula that KaTeX does not understand, a public
# type or function without a description. The pages are plain Markdown as GitHub shows it; what makes
# a site of them is in docs/site.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build/site
work=build/site_work
export PYTHONDONTWRITEBYTECODE=1

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
# Debian's Furo imports this style from the server's root, where there is no server.
python3 - "$out/_static/styles/furo.css" <<'PYTHON'
import pathlib, re, sys
path = pathlib.Path(sys.argv[1])
normalize = pathlib.Path("/usr/share/javascript/normalize.css/normalize.css").read_text()
path.write_text(re.sub(r"@import[^;]*normalize\.css[^;]*;", lambda _: normalize, path.read_text()))
PYTHON
# Sphinx's own search, which ours replaces, and what only a server or another site would read.
rm -rf "$out"/{.buildinfo,objects.inv,_static/searchtools.js,_static/language_data.js}
echo "$out/index.html"
