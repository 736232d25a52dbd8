#!/usr/bin/env bash
# Makes the pictures of docs/figures/ from the sources beside them. Needs python3, graphviz and the
# program, build/release/minitape or the one that MINITAPE names:
#
#   bash docs/figures.sh            # all
#   bash docs/figures.sh --train    # trains the network of kernels.svg anew: half a minute
#   bash docs/figures.sh --check    # changes nothing: are the pictures what their sources say?
set -euo pipefail
cd "$(dirname "$0")/.."
figures=docs/figures
minitape=${MINITAPE:-build/release/minitape}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1

run=()
if [ "${1:-}" = --train ]; then
  "$minitape" train $figures/kernels.toml --out "$work/run"
  run=("$work/run")
fi
for script in $figures/*.py; do
  case $(basename "$script" .py) in
    svg | axes) ;;  # what the others are drawn with
    kernels) python3 "$script" "$work" "${run[@]}" ;;
    *) python3 "$script" "$work" ;;
  esac
done
if command -v dot >/dev/null; then
  "$minitape" graph $figures/graph_mlp.toml --out "$work/graph_mlp.svg" >/dev/null
fi

if [ "${1:-}" != --check ]; then
  cp "$work"/*.svg $figures/
  ls -l $figures/*.svg
  exit
fi
# Where graphviz puts things depends on its version and the fonts: the words and the kinds of edges
# must be the same.
meaning() { grep -oE '<title>[^<]*|class="[^"]*"|>[^<]*</text>' "$1" | sort; }
failed=0
for picture in $figures/*.svg; do
  new=$work/$(basename "$picture")
  if [ "$picture" = $figures/graph_mlp.svg ]; then
    [ -e "$new" ] || continue
    diff <(meaning "$picture") <(meaning "$new") >"$work/diff" && continue
  else
    cmp -s "$picture" "$new" && continue
  fi
  echo "$picture is not what its source draws now: bash docs/figures.sh"
  failed=1
done
[ $failed = 0 ] || exit 1
if ! command -v dot >/dev/null; then
  echo "graphviz is not installed: graph_mlp.svg is not checked"
  exit 77
fi
echo "the pictures are what their sources draw"
