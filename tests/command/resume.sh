#!/usr/bin/env bash
# Stopped by a signal or killed at random moments, a run goes on to the same bytes.
#
#   bash tests/command/resume.sh MINITAPE [KILLS]
source "$(dirname "$0")/lib.sh"
kills=${2:-20}

# same_run A B: the same results, but for the seconds.
same_run() {
  for file in initial model; do same "$1/$file.safetensors" "$2/$file.safetensors"; done
  for file in steps metrics; do
    diff <(without seconds "$1/$file.csv") <(without seconds "$2/$file.csv") ||
      fail "$file.csv of $2 differs"
  done
}

# All that a stop could disturb: batch norm with a count, momentum, dropout, augmentation, schedule.
cat > long.toml <<'TOML'
[data]
name = "digits"
train_limit = 1000
test_limit = 200
augment = ["crop", "flip"]
[model]
layers = [
  { type = "conv2d", filters = 4, kernel = 3, stride = 2, padding = "same" },
  { type = "batch_norm", running = "debiased_ema" },
  { type = "relu" },
  { type = "flatten" },
  { type = "dropout", rate = 0.1 },
  { type = "dense", units = 10 },
]
[optimizer]
momentum = 0.9
weight_decay = 1e-4
[schedule]
name = "one_cycle"
[train]
epochs = 6
batch_size = 10
checkpoint_seconds = 0.02
TOML
began=$(date +%s%N)
"$minitape" train long.toml --out straight >/dev/null 2>&1
took_ms=$((($(date +%s%N) - began) / 1000000))

# ---- Ctrl-C and SIGTERM ----
set -m  # else programs in the background would ignore Ctrl-C
# The step is finished, the checkpoint written, and the message says how to go on.
for signal in INT TERM; do
  "$minitape" train long.toml --out "stopped$signal" >stdout.txt 2>stderr.txt & run=$!
  until [ -e "stopped$signal/checkpoint.safetensors" ]; do sleep 0.01; done
  kill -$signal $run
  code=0
  wait $run || code=$?
  [ "$code" = $((128 + $(kill -l $signal))) ] || fail "exit code $code after SIG$signal"
  grep -q "stopped after step [0-9]*; go on with: .*minitape train .*config.toml --resume" \
    stderr.txt || fail "no word about how to go on: $(cat stderr.txt)"
  step=$(grep -o 'after step [0-9]*' stderr.txt | grep -o '[0-9]*')
  [ "$(last step "stopped$signal/steps.csv")" = "$step" ] || fail "steps.csv does not end at $step"
  [ ! -e "stopped$signal/model.safetensors" ] || fail "a stopped run left a model"
  # The very command that it names.
  command=$(sed -n 's/.*go on with: //p' stderr.txt)
  eval "$command" >/dev/null 2>&1 || fail "cannot be resumed: $command"
  same_run straight "stopped$signal"
done
# Nothing is left to do then, which is no error.
expect 0 "is complete: nothing is left to do" "$minitape" train stoppedINT/config.toml --resume
grep -q "^test accuracy" output.txt || fail "the result of a complete run is not shown"

# ---- kill -9 ----
hits=0  # kills that found the program running
for ((i = 0; hits < kills && i < 5 * kills; ++i)); do
  "$minitape" train long.toml --out killed --resume >/dev/null 2>stderr.txt & run=$!
  sleep "$(awk -v ms="$took_ms" -v r=$RANDOM 'BEGIN { print ms / 1000 * r / 32768 * 0.4 }')"
  if kill -9 $run 2>/dev/null; then hits=$((hits + 1)); fi
  wait $run 2>/dev/null || true
  if grep -q "minitape: \[" stderr.txt; then fail "resuming failed: $(cat stderr.txt)"; fi
  # A complete run cannot be killed any more: compare it and begin another one.
  if [ -e killed/model.safetensors ]; then
    "$minitape" train long.toml --out killed --resume >/dev/null 2>&1
    same_run straight killed
    rm -r killed
  fi
done
"$minitape" train long.toml --out killed --resume >/dev/null 2>&1
same_run straight killed
[ "$hits" = "$kills" ] || fail "only $hits of $i kills hit a running program"
echo "$hits of $hits kills of the running program survived, with the bytes of an undisturbed run"

# ---- A reader that goes away, as tee does at Ctrl-C ----
"$minitape" train long.toml --out piped 2>&1 | head -c 1 >/dev/null || true
same_run straight piped

# ---- compare ----
"$minitape" compare small.toml --out whole >/dev/null 2>&1
"$minitape" compare small.toml --out parts >/dev/null 2>stderr.txt & run=$!
until [ -e parts/batch_norm-true_seed-1/steps.csv ]; do sleep 0.01; done
kill -INT $run
wait $run 2>/dev/null || true
grep -q "the same command goes on" stderr.txt || fail "no word about how to go on: $(cat stderr.txt)"
"$minitape" compare small.toml --out parts >/dev/null 2>&1
for variant in false true; do
  same_run whole/batch_norm-${variant}_seed-1 parts/batch_norm-${variant}_seed-1
done

# ---- What is refused ----
expect 2 "another config" "$minitape" train long.toml --out stoppedTERM --resume --set seed=2
grep -q "Different are: seed" output.txt || fail "the differing key is not named"
rm killed/model.safetensors
printf 'garbage' > killed/checkpoint.safetensors
cp -r killed before
expect 2 "cannot go on" "$minitape" train long.toml --out killed --resume
grep -qF "Remove this folder to start again" output.txt || fail "it is not said what to do"
rm killed/checkpoint.safetensors
mkdir killed/checkpoint.safetensors  # stands for a disk that cannot be read
expect 1 "Is a directory" "$minitape" train long.toml --out killed --resume
if grep -qF "Remove this folder" output.txt; then fail "a good run is to be removed"; fi
rmdir killed/checkpoint.safetensors
cp before/checkpoint.safetensors killed
diff -r -x environment.json before killed || fail "a refused resume changed the folder"

# ---- Files that are not this run's ----
mkdir mine own
echo precious | tee mine/model.safetensors mine/steps.csv >/dev/null
cp small.toml own/config.toml
for more in "" --resume; do
  expect 2 "mine" "$minitape" train small.toml --out mine --set train.batch_size=1 $more
  [ "$(cat mine/model.safetensors mine/steps.csv)" = "precious
precious" ] || fail "another's files were changed"
done
# A config that happens to be called config.toml does not make its folder a run.
expect 0 "run folder: runs/config" "$minitape" train own/config.toml --resume
[ "$(ls own)" = config.toml ] || fail "a run was written beside a config: $(ls own)"
# Who goes on with a run is noted.
grep -q '"resumed": \[' stoppedINT/environment.json || fail "environment.json does not tell of it"
