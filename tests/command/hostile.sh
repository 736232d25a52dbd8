#!/usr/bin/env bash
# What the surroundings do to a run: closed streams, full pipes, too many threads, two at once.
source "$(dirname "$0")/lib.sh"
quick=(--set train.max_steps=3)

# ---- Streams ----
# A closed stream's number must not go to steps.csv, which would then be full of messages.
"$minitape" train small.toml --out closed "${quick[@]}" <&- >&- 2>&-
[ "$(wc -l < closed/steps.csv)" = 4 ] || fail "messages went into steps.csv: $(cat closed/steps.csv)"
"$minitape" train small.toml --out no_stderr "${quick[@]}" 2>&- > output.txt
same <(without seconds closed/steps.csv) <(without seconds no_stderr/steps.csv)
if [ -w /dev/full ]; then
  code=0
  "$minitape" summary small.toml > /dev/full 2> output.txt || code=$?
  [ "$code" = 1 ] || fail "exit code $code where the results could not be written"
  grep -qF "stdout" output.txt || fail "nothing is said of results that could not be written"
fi

# ---- Threads ----
OMP_NUM_THREADS=100000 expect 2 "must be from 1 to 1024: got 100000" \
  "$minitape" train small.toml --out crowd "${quick[@]}"
OMP_NUM_THREADS=garbage expect 0 "run folder" "$minitape" train small.toml --out garbage "${quick[@]}"

# Waiting threads do not use up the processor, unless the caller wants it otherwise.
setting() {  # setting ENV…: what a run started in this environment has in its own
  env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT "$@" "$minitape" train small.toml --out setting \
    --set train.epochs=1000 >/dev/null 2>&1 & run=$!
  until [ -e setting/steps.csv ]; do sleep 0.01; done
  tr '\0' '\n' < /proc/$run/environ | grep '^GOMP_SPINCOUNT\|^OMP_WAIT_POLICY' || true
  kill -9 $run
  wait $run 2>/dev/null || true
  rm -r setting
}
[ "$(setting A=b)" = GOMP_SPINCOUNT=1000 ] || fail "threads that wait use up the processor"
[ "$(setting OMP_WAIT_POLICY=active)" = OMP_WAIT_POLICY=active ] || fail "OMP_WAIT_POLICY is lost"
[ "$(setting GOMP_SPINCOUNT=7)" = GOMP_SPINCOUNT=7 ] || fail "GOMP_SPINCOUNT is lost"
# Threads that are bound to processors: started again, all of them would share the first one's.
for binding in OMP_PROC_BIND=true OMP_PLACES=cores GOMP_CPU_AFFINITY=0-1; do
  [ -z "$(setting $binding)" ] || fail "with $binding the program is started again"
done

# ---- Two at once ----
# One gets the folder; the other says so and takes nothing away.
"$minitape" train small.toml --out both >/dev/null 2>&1 & first=$!
"$minitape" train small.toml --out both >/dev/null 2>&1 & second=$!
codes=""
for run in $first $second; do
  code=0
  wait "$run" || code=$?
  codes+="$code "
done
[ "$codes" = "0 2 " ] || [ "$codes" = "2 0 " ] || fail "two runs in one folder ended with $codes"
[ "$(wc -l < both/steps.csv)" = 25 ] || fail "the run that went on is not whole"

# ---- Killed and started again ----
"$minitape" compare small.toml --out whole >/dev/null 2>&1
for delay in 0.05 0.2 0.4; do
  "$minitape" compare small.toml --out killed >/dev/null 2>&1 & victim=$!
  sleep $delay
  kill -9 $victim 2>/dev/null || true
  wait $victim 2>/dev/null || true
done
"$minitape" compare small.toml --out killed >/dev/null 2>&1
for variant in false true; do
  same whole/batch_norm-${variant}_seed-1/model.safetensors \
    killed/batch_norm-${variant}_seed-1/model.safetensors
done

# ---- Nothing left behind ----
expect 2 "train-images" "$minitape" compare small.toml --set data.name=mnist \
  --set data.dir=nowhere --out nothing
[ ! -e nothing ] || fail "a comparison that could not begin left a folder behind"
