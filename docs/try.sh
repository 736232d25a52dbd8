#!/usr/bin/env bash
# Compiles one C++ file with the library and runs it. "-" is standard input.
#
#   bash docs/try.sh FILE.cpp             # numbers are float
#   bash docs/try.sh --double FILE.cpp    # numbers are double
set -euo pipefail
suffix="" flags=()
if [ "${1-}" = --double ]; then
  suffix=_f64 flags=(-DMINITAPE_DOUBLE)
  shift
fi
file=${1:?which file? bash docs/try.sh FILE.cpp}

# The library lies beside the command that is on the PATH.
build=$(dirname "$(command -v minitape)")
[ -e "$build/CMakeCache.txt" ] || {
  echo "no built minitape is on the PATH: docs/00_how_to_read.md says how to build it" >&2
  exit 1
}
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
openblas=$(cached OPENBLAS_LIBRARY)  # none where MINITAPE_BLAS is plain
program=$(mktemp)
trap 'rm -f "$program"' EXIT
"$(cached CMAKE_CXX_COMPILER)" -std=c++20 -O1 "${flags[@]}" -I"$(dirname "$0")/../include" \
  -o "$program" -x c++ "$file" -x none "$build/libminitape$suffix.a" \
  ${openblas:+"$openblas"} -fopenmp
"$program"
