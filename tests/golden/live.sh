#!/usr/bin/env bash
# The golden tests against numbers that the installed PyTorch computes now, from a seed of its own.
#
#   bash tests/golden/live.sh BUILD_DIR [--seed N]
#
# Runs BUILD_DIR/test_golden and BUILD_DIR/test_golden_f64. Without --seed each run draws one and
# prints it. Ends with 77 where Debian's python3 has no torch.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=/usr/bin/python3

usage() {
  echo "usage: bash tests/golden/live.sh BUILD_DIR [--seed N]" >&2
  exit 2
}
build='' seed=$((RANDOM * 32768 + RANDOM))
while [ $# -gt 0 ]; do
  case $1 in
    --seed) [ $# -ge 2 ] || usage; seed=$2; shift ;;
    -*) usage ;;
    *) [ -z "$build" ] || usage; build=$1 ;;
  esac
  shift
done
[ -n "$build" ] || usage
for program in test_golden test_golden_f64; do
  [ -x "$build/$program" ] || { echo "there is no $build/$program: build it first" >&2; exit 2; }
done

# A torch that is there and does not work is a failure, not a reason to skip.
if ! "$python" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)' \
    2>/dev/null; then
  echo "skipped: $python has no torch (Debian: apt-get install python3-torch)"
  exit 77
fi

fixtures=$(mktemp -d)
trap 'rm -rf "$fixtures"' EXIT
"$python" "$here/generate.py" --seed "$seed" --out "$fixtures"
export MINITAPE_GOLDEN_DIR=$fixtures OMP_WAIT_POLICY=passive
unset MINITAPE_SOURCE_DIR  # so that the committed fixtures cannot be found
for program in test_golden test_golden_f64; do
  "$build/$program" --no-version || {
    echo "FAILED: $program; to repeat: bash tests/golden/live.sh $build --seed $seed" >&2
    exit 1
  }
done
