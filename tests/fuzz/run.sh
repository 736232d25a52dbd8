#!/usr/bin/env bash
# Fuzzes the parsers of foreign bytes: builds the targets with clang, runs one after the other with
# its seeds in corpus/TARGET, and prints what each has done. See docs/robustness.md.
#
#   bash tests/fuzz/run.sh [SECONDS] [TARGET…]       # default: 60 seconds each, all targets
#
# Ends with 1 when there is a finding. Its input is kept in build/fuzz/findings and named; to see it
# again: build/fuzz/fuzz_TARGET FILE. What a run has learnt stays in build/fuzz/corpus for the next.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=60
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
all=$(cd tests/fuzz && for source in *.cpp; do echo "${source%.cpp}"; done)
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets <<<"$all"
for target in "${targets[@]}"; do
  grep -qx -- "$target" <<<"$all" || {
    echo "[fuzz] a target must be one of" $all": got \"$target\"" >&2
    exit 2
  }
done

# Build. Clang's sanitizers, its OpenMP and what names the functions in a report are apart from it.
mapfile -t packages < apps/packages.txt
bash apps/install_packages.sh "${packages[@]}" clang libclang-rt-dev libomp-dev llvm
mkdir -p build
if ! { cmake --preset fuzz && cmake --build --preset fuzz -j "$(nproc)"; } >build/fuzz.log 2>&1; then
  tail -n 40 build/fuzz.log >&2
  echo "[fuzz] the targets must build: they do not; all output is in build/fuzz.log" >&2
  exit 1
fi

# Without quarantine and with one thread the 1 GB is the parser's own.
export ASAN_OPTIONS=quarantine_size_mb=8:detect_leaks=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export UBSAN_OPTIONS=print_stacktrace=1
found=0
printf '%-12s %12s %10s %8s\n' target executions "per second" coverage
for target in "${targets[@]}"; do
  learnt=build/fuzz/corpus/$target log=build/fuzz/$target.log code=0
  mkdir -p "$learnt" build/fuzz/findings
  options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -print_final_stats=1)
  [ ! -f "tests/fuzz/corpus/$target.dict" ] || options+=(-dict="tests/fuzz/corpus/$target.dict")
  build/fuzz/fuzz_"$target" "${options[@]}" -artifact_prefix="build/fuzz/findings/$target-" \
    "$learnt" "tests/fuzz/corpus/$target" >"$log" 2>&1 || code=$?

  executions=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
  speed=$(awk '/stat::average_exec_per_sec/ { print $2 }' "$log")
  coverage=$(grep -o ' cov: [0-9]*' "$log" | tail -n 1 | grep -o '[0-9]*' || true)
  printf '%-12s %12s %10s %8s\n' "$target" "${executions:-0}" "${speed:-0}" "${coverage:-0}"
  if [ $code != 0 ]; then
    found=1
    tail -n 60 "$log" >&2
    echo "[fuzz] $target has a finding: $(ls -t build/fuzz/findings/"$target"-* | head -n 1)" >&2
  fi
done
exit $found
