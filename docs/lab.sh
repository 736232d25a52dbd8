#!/usr/bin/env bash
# Makes docs/lab.md and its figures from a run of all experiments:
#
#   build/release/minitape lab all --out runs/lab && bash docs/lab.sh runs/lab
set -euo pipefail
runs=${1:?the folder that minitape lab all --out was given}
cd "$(dirname "$0")"
runs=$(cd "$OLDPWD" && realpath "$runs")
{
  cat lab_head.md
  tail -n +2 "$runs/lab.md"
} > lab.md
rm -rf lab && mkdir lab
for folder in "$runs"/*/; do
  name=$(basename "$folder")
  # What it takes to draw the figure again: the numbers and gnuplot's script.
  for file in svg gp dat; do
    [[ -e $folder/curves.$file ]] && cp "$folder/curves.$file" "lab/$name.$file"
  done
  [[ -e lab/$name.gp ]] && sed -i "s/curves\\./$name./g" "lab/$name.gp"
done
