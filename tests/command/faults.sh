#!/usr/bin/env bash
# What goes wrong around a run: the disk is full, folders cannot be written, files are gone, two
# programs want the same folder. Each time there is one message, the right exit code, nothing is
# lost, and when the cause is gone --resume ends with the bytes of a run without trouble.
source "$(dirname "$0")/lib.sh"

# A checkpoint after every one of 24 steps; it is smaller than steps.csv of a long run, 480 steps.
cat > tiny.toml <<'TOML'
[data]
name = "digits"
train_limit = 120
test_limit = 20
[model]
layers = [
  { type = "conv2d", filters = 2, kernel = 3, stride = 4 },
  { type = "batch_norm" },
  { type = "flatten" },
  { type = "dense", units = 10 },
]
[train]
epochs = 2
batch_size = 10
checkpoint_seconds = 0
TOML
longer=(--set train.epochs=40)

same_run() {
  for file in initial model; do same "$1/$file.safetensors" "$2/$file.safetensors"; done
  for file in steps metrics; do
    same <(without seconds "$1/$file.csv") <(without seconds "$2/$file.csv")
  done
}
"$minitape" train tiny.toml --out good >/dev/null 2>&1
one_message() {
  [ "$(grep -c '^minitape: ' output.txt)" = 1 ] || fail "not one message: $(cat output.txt)"
}

# ---- The disk is full ----
# Files may not grow beyond a number of KiB: too few for the config, or for the checkpoint.
bytes=$(wc -c < good/checkpoint.safetensors)
limits=(1 $((bytes / 1024 / 2)) $((bytes / 1024 - 1)))
for limit in "${limits[@]}"; do
  run() { (ulimit -f "$limit"; "$minitape" train tiny.toml --out "full$limit"); }
  expect 1 "File too large" run
  one_message
  [ ! -e "full$limit/model.safetensors" ] || fail "there is a model that could not be written"
  half=$(find . -name '*.tmp')
  [ -z "$half" ] || fail "half a file was left: $half"
  expect 0 "test accuracy" "$minitape" train tiny.toml --out "full$limit" --resume
  same_run good "full$limit"
done
# A row of steps.csv that does not fit any more. The checkpoint stays that of the rows before it.
"$minitape" train tiny.toml "${longer[@]}" --out long >/dev/null 2>&1
limit=$(($(wc -c < long/steps.csv) / 1024 - 1))
if [ "$limit" -gt $((bytes / 1024)) ]; then
  run() {
    (ulimit -f "$limit"; "$minitape" train tiny.toml "${longer[@]}" --out rows)
  }
  expect 1 "steps.csv" run
  one_message
  expect 0 "test accuracy" "$minitape" train tiny.toml "${longer[@]}" --out rows --resume
  same_run long rows
else
  fail "steps.csv is no longer than a checkpoint: this tests nothing"
fi
# The same on a real file system, where this machine lets us make one.
mkdir disk
if mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null; then
  trap 'umount "$work/disk"; rm -rf "$work"' EXIT
  expect 1 "No space left on device" "$minitape" train tiny.toml "${longer[@]}" --out disk/run
  one_message
  mount -o remount,size=10m disk
  expect 0 "test accuracy" "$minitape" train tiny.toml "${longer[@]}" --out disk/run --resume
  same_run long disk/run
else
  echo "a small file system cannot be mounted here: full disks are tried with file sizes alone"
fi

# ---- Folders that cannot be written ----
expect 2 "cannot be written" "$minitape" train tiny.toml --out /proc/run
touch file
expect 2 "cannot be written" "$minitape" train tiny.toml --out file/run
mkdir readonly
chmod 555 readonly
as_user=()
if [ "$(id -u)" = 0 ]; then  # root may write anywhere
  as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chmod 755 "$work"
fi
cp "$minitape" program
if "${as_user[@]}" ./program --help >/dev/null 2>&1; then
  expect 2 "cannot be written" "${as_user[@]}" ./program train tiny.toml --out readonly
  one_message
  expect 2 "cannot be written" "${as_user[@]}" ./program train tiny.toml --out readonly/run
  [ -z "$(ls readonly)" ] || fail "something was written: $(ls readonly)"
else
  echo "another user cannot run the program here: read-only folders are not tried"
fi

# ---- Files that are gone ----
# MNIST's format with 60 images of noise, as the data of a run that is stopped in the middle.
python3 - <<'PYTHON'
import os, random, struct
os.makedirs("sets/mnist")
random.seed(1)
for name, count in (("train", 60), ("t10k", 20)):
    with open(f"sets/mnist/{name}-images-idx3-ubyte", "wb") as file:
        file.write(struct.pack(">IIII", 0x803, count, 28, 28) + random.randbytes(count * 784))
    with open(f"sets/mnist/{name}-labels-idx1-ubyte", "wb") as file:
        file.write(struct.pack(">II", 0x801, count) + bytes(i % 10 for i in range(count)))
PYTHON
noise=(tiny.toml --set data.name=mnist --set data.dir=sets --set data.train_limit=0
  --set data.test_limit=0)
"$minitape" train "${noise[@]}" --out seen >/dev/null 2>&1
cp -r seen stopped
rm stopped/model.safetensors
mv sets/mnist/train-labels-idx1-ubyte away
expect 2 "train-labels-idx1-ubyte" "$minitape" train "${noise[@]}" --out stopped --resume
one_message
same seen/steps.csv stopped/steps.csv
mv away sets/mnist/train-labels-idx1-ubyte
expect 0 "test accuracy" "$minitape" train "${noise[@]}" --out stopped --resume
same_run seen stopped
# The run's own files: each is needed or made again, and none is half used.
for file in steps.csv metrics.csv; do
  cp -r seen "without_$file"
  rm "without_$file/model.safetensors" "without_$file/$file"
  expect 2 "$file" "$minitape" train "${noise[@]}" --out "without_$file" --resume
  one_message
done

# A complete run's table that somebody changed.
"$minitape" train tiny.toml --set train.views=mirrored --out viewed >/dev/null 2>&1
expect 0 "by mirrored views" "$minitape" train viewed/config.toml --resume
printf 'views\nnone\nmirrored\n' > viewed/views.csv
expect 2 'views.csv" must have a column "test_accuracy"' "$minitape" train viewed/config.toml --resume
printf 'test_accuracy\n0.5\n' > viewed/views.csv
expect 2 "must have two rows" "$minitape" train viewed/config.toml --resume

# ---- Two at once ----
"$minitape" train tiny.toml --set train.epochs=2000 --out shared >/dev/null 2>&1 & first=$!
until [ -e shared/config.toml ]; do sleep 0.01; done
for more in "" --resume; do
  expect 2 "shared" "$minitape" train tiny.toml --set train.epochs=2000 --out shared $more
  one_message
done
grep -q "another process is writing" output.txt || fail "it is not said why: $(cat output.txt)"
kill -9 $first
wait $first 2>/dev/null || true
