#!/usr/bin/env bash
# IDX files of one's own: images of any size go through every subcommand, names may have dots; what
# lies in the wrong place, or is another kind of file, is told with what to do.
source "$(dirname "$0")/lib.sh"
python3 - <<'PY'
import os, random, struct
os.makedirs('sets/mnist')
for name, count in ('train', 60), ('t10k', 20):
    pixels = bytes(random.randrange(256) for _ in range(count * 24 * 20))
    with open(f'sets/mnist/{name}-images.idx3-ubyte', 'wb') as file:
        file.write(struct.pack('>IIII', 0x803, count, 24, 20) + pixels)
    with open(f'sets/mnist/{name}-labels.idx1-ubyte', 'wb') as file:
        file.write(struct.pack('>II', 0x801, count) + bytes(i % 10 for i in range(count)))
PY
cat > idx.toml <<'TOML'
[data]
name = "mnist"
dir = "sets"
[model]
layers = [
  { type = "conv2d", filters = 2, kernel = 3, stride = 4 },
  { type = "batch_norm" },
  { type = "relu" },
  { type = "flatten" },
  { type = "dense", units = 10 },
]
[train]
epochs = 1
batch_size = 10
TOML

# ---- Another size ----
expect 0 "(None, 24, 20, 1)" "$minitape" summary idx.toml
expect 0 "height 24, width 20, channels 1" "$minitape" data idx.toml --out sheet.png
expect 0 "all gradients are right" "$minitape" gradcheck idx.toml --entries 3
expect 0 "images/s" "$minitape" bench idx.toml --steps 1
expect 0 "test accuracy" "$minitape" train idx.toml --out run
expect 0 "report.html" "$minitape" compare idx.toml --out both --set train.max_steps=2
mv sets elsewhere  # a finished run knows its images without the data
expect 0 "sheet.png: " "$minitape" predict run sheet.png
expect 0 "(None, 24, 20, 1)" "$minitape" summary idx.toml --set data.dir=elsewhere

# ---- Limits ----
expect 0 "train_limit leaves out 50 of 60 images of mnist" "$minitape" train idx.toml \
  --out limited --set data.dir=elsewhere --set data.train_limit=10 --set data.test_limit=9
grep -qF 'mnist has no images of "9" to be judged by' output.txt ||
  fail "the absent class is not told"

# ---- In the wrong place, or another kind of file ----
train=("$minitape" train idx.toml)
expect 2 "; there is one in elsewhere/mnist" "${train[@]}" --set data.dir=elsewhere/mnist
expect 2 "; there is one in ./elsewhere/mnist" "${train[@]}" --set data.dir=.
mkdir -p wrong/mnist wrong/cifar-10-batches-py
cp elsewhere/mnist/* wrong/mnist
train+=(--set data.dir=wrong)
printf 'version https://git-lfs.github.com/spec/v1\noid' > wrong/mnist/train-labels.idx1-ubyte
expect 2 "it looks like a Git LFS pointer" "${train[@]}"
echo '<!DOCTYPE html>' > wrong/mnist/train-labels.idx1-ubyte
expect 2 "it looks like a web page" "${train[@]}"
touch wrong/cifar-10-batches-py/data_batch_1
expect 2 "is the Python version, not the binary one" "${train[@]}" --set data.name=cifar10
