#!/usr/bin/env bash
# The same seed gives the same bytes: again, with another number of threads, and from the resolved
# config in the run folder. Another seed gives others.
source "$(dirname "$0")/lib.sh"

for threads in 1 2 3; do
  "$minitape" train small.toml --out "threads$threads" --threads "$threads" >/dev/null 2>&1
done
"$minitape" train threads1/config.toml --out again >/dev/null 2>&1
"$minitape" train small.toml --set seed=2 --out other >/dev/null 2>&1

for run in threads2 threads3 again; do
  for file in initial model; do same "threads1/$file.safetensors" "$run/$file.safetensors"; done
  for file in steps metrics; do
    diff <(without seconds "threads1/$file.csv") <(without seconds "$run/$file.csv") ||
      fail "$file.csv of $run differs"
  done
  same threads1/config.toml "$run/config.toml"
done
cmp -s threads1/model.safetensors other/model.safetensors && fail "the seed changes nothing"
[ "$(wc -l < threads1/steps.csv)" = 25 ] || fail "steps.csv should have 24 steps"
[ "$(wc -l < threads1/metrics.csv)" = 3 ] || fail "metrics.csv should have 2 epochs"
