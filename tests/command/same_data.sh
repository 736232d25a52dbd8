#!/usr/bin/env bash
# The data that a run was made with are part of it: compare and --resume refuse others, and the
# report tells them. A run can get more epochs, but not on other data.
source "$(dirname "$0")/lib.sh"

# make_set FOLDER TRAIN TEST: a set in MNIST's format with random pixels.
make_set() {
  python3 - "$@" <<'PY'
import os, random, struct, sys
folder, sizes = sys.argv[1], {'train': int(sys.argv[2]), 't10k': int(sys.argv[3])}
random.seed(7)
os.makedirs(folder + '/mnist')
for name, count in sizes.items():
    with open(f'{folder}/mnist/{name}-images-idx3-ubyte', 'wb') as file:
        file.write(struct.pack('>4I', 0x803, count, 28, 28) + random.randbytes(count * 784))
    with open(f'{folder}/mnist/{name}-labels-idx1-ubyte', 'wb') as file:
        file.write(struct.pack('>2I', 0x801, count) + bytes(i % 10 for i in range(count)))
PY
}
# change_byte FILE OFFSET_FROM_END
change_byte() {
  python3 - "$1" "$2" <<'PY'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[-int(sys.argv[2])] ^= 1
open(sys.argv[1], 'wb').write(data)
PY
}
make_set good 60 20
for name in pixel label test; do cp -r good $name; done
change_byte pixel/mnist/train-images-idx3-ubyte 5
change_byte label/mnist/train-labels-idx1-ubyte 3
change_byte test/mnist/t10k-images-idx3-ubyte 100
make_set larger 100 30

cat > c.toml <<'TOML'
[data]
name = "mnist"
standardize = false
[model]
layers = [ { type = "flatten" }, { type = "dense", units = 8 }, { type = "batch_norm" },
           { type = "relu" }, { type = "dense", units = 10 } ]
[optimizer]
learning_rate = 0.01
[train]
epochs = 2
batch_size = 10
TOML
on() { MINITAPE_DATA=$work/$1 "$minitape" "${@:2}"; }

# ---- A comparison ----
expect 0 "minus" on good compare c.toml --out both
grep -q "All runs saw the same data: 60 training images (crc32 [0-9a-f]\{8\}), 20 test" \
  both/report.html || fail "the report does not tell the data"
# With one more seed, after the data changed: nothing is trained, nothing is written.
for other in pixel label test larger; do
  find both -type f -exec sha256sum {} + | sort >before.txt
  expect 2 "all runs must be on the same data" on $other compare c.toml --seeds 2 --out both
  grep -q "(crc32 [0-9a-f]*).*Now: .*(crc32 [0-9a-f]*)" output.txt || fail "the data are not named"
  same before.txt <(find both -type f -exec sha256sum {} + | sort)
done
# One variant was trained on other data.
cp -r both mixed
rm -r mixed/batch_norm-true_seed-1 mixed/summary.csv
expect 2 "all runs must be on the same data" on label compare c.toml --out mixed
cp -r both swapped
MINITAPE_DATA=$work/label "$minitape" train both/batch_norm-true_seed-1/config.toml --out other \
  >/dev/null 2>&1
rm -r swapped/batch_norm-true_seed-1
mv other swapped/batch_norm-true_seed-1
expect 2 "swapped/batch_norm-true_seed-1: 60 training images" on good compare c.toml --out swapped
# Where the varied key is about the data they differ as they should.
expect 0 "Their batches differ" on good compare c.toml --vary data.train_limit=30,60 --out limits
# Runs from before there were checksums.
for run in both/*_seed-1; do
  python3 - "$run/environment.json" <<'PY'
import json, sys
facts = json.load(open(sys.argv[1]))
del facts['data']
json.dump(facts, open(sys.argv[1], 'w'))
PY
done
expect 0 "2 of 4 runs in \"both\" have no checksum" on good compare c.toml --seeds 2 --out both
grep -q "whether all saw the same images is not known" both/report.html ||
  fail "the report does not say that some runs have no checksum"

# ---- A run that goes on ----
expect 0 "test accuracy" on good train c.toml --out run
cp -r run complete
rm run/model.safetensors
for other in pixel label test larger; do
  expect 2 "holds a run on other data" on $other train c.toml --out run --resume
done
expect 0 "test accuracy" on good train c.toml --out run --resume
same run/model.safetensors complete/model.safetensors

# ---- More epochs ----
expect 2 "holds a run on other data" on test train c.toml --out run --resume --set train.epochs=4
[ -e run/model.safetensors ] || fail "a refused call took the model away"
expect 0 "test accuracy" on good train run/config.toml --resume --set train.epochs=4
expect 0 "test accuracy" on good train c.toml --out straight --set train.epochs=4
for file in config.toml model.safetensors; do same run/$file straight/$file; done
same <(without seconds run/steps.csv) <(without seconds straight/steps.csv)
same <(without seconds run/metrics.csv) <(without seconds straight/metrics.csv)
expect 2 "another config" on good train c.toml --out run --resume --set train.epochs=3
expect 0 "test accuracy" on good train c.toml --out cosine --set schedule.name=cosine
expect 2 "depend on the whole length" on good train c.toml --out cosine --resume \
  --set schedule.name=cosine --set train.epochs=4
[ -e cosine/model.safetensors ] || fail "a refused call took the model away"
