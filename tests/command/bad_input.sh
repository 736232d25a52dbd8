#!/usr/bin/env bash
# Each mistake ends with one clear message and the right exit code, and nothing is overwritten.
source "$(dirname "$0")/lib.sh"

with() { sed "$1" small.toml > changed.toml; }

# ---- The call ----
expect 2 "subcommand" "$minitape"
expect 2 "nosuch" "$minitape" nosuch
expect 2 "missing.toml" "$minitape" train missing.toml
expect 0 "train" "$minitape" --help
expect 0 "--out" "$minitape" train --help

# ---- The config ----
with 's/epochs/epoch/'
expect 2 'did you mean "train.epochs"' "$minitape" train changed.toml
with 's/epochs = 2/epochs = "two"/'
expect 2 "changed.toml:16" "$minitape" train changed.toml
with 's/batch_size = 50/batch_size = 0/'
expect 2 "train.batch_size" "$minitape" train changed.toml
with 's/rate = 0.1/rate = 1.5/'
expect 2 "rate" "$minitape" train changed.toml
with 's/batch_norm" }/batch_norm", momentum = 0.1 }/'
expect 2 "ema_decay" "$minitape" train changed.toml
expect 2 "no_such_key" "$minitape" train small.toml --set no_such_key=1
echo 'x = [' > changed.toml
expect 2 "changed.toml:1" "$minitape" train changed.toml
head -c 1000 /dev/urandom > changed.toml
expect 2 "changed.toml" "$minitape" train changed.toml

# What a config says never commands the terminal: neither in a message nor in a table of variants.
expect 2 'must be in ?[2Jx/mnist' "$minitape" train small.toml --set data.name=mnist \
  --set 'data.dir="\u001b[2Jx"'
! grep -q $'\x1b' output.txt || fail "an escape from a config reaches the terminal"
expect 0 'dir = ?[2Jx' "$minitape" compare small.toml --set train.max_steps=2 --out escape \
  --vary "data.dir=a,$(printf '\033[2Jx')"
! grep -q $'\x1b' output.txt || fail "an escape from --vary reaches the terminal"

# ---- The layers ----
with '/flatten/d'
expect 2 "flatten" "$minitape" train changed.toml
with 's/units = 10/units = 7/'
expect 2 "10 classes" "$minitape" train changed.toml
with 's/kernel = 3, stride = 2, padding = "same"/kernel = 29/'
expect 2 "(1, 28, 28, 1)" "$minitape" summary changed.toml
with 's/batch_size = 50/batch_size = 1/; s/conv2d", filters = 4, kernel = 3, stride = 2, padding = "same"/global_avg_pool"/; /flatten/d'
expect 2 "more than one value per channel" "$minitape" train changed.toml

# ---- The data ----
expect 2 "train-images" "$minitape" train small.toml --set data.name=mnist --set data.dir=nowhere
mkdir -p data/mnist
for part in train t10k; do
  printf '\x00\x00\x08\x03\x00\x00\x00\x05' > data/mnist/$part-images-idx3-ubyte
  printf '\x00\x00\x08\x01\x00\x00\x00\x05abcde' > data/mnist/$part-labels-idx1-ubyte
done
expect 2 "images-idx3-ubyte" "$minitape" train small.toml --set data.name=mnist --set data.dir=data
expect 2 "data_batch_1.bin" "$minitape" train small.toml --set data.name=cifar10 --set data.dir=data
[ -z "$(ls runs 2>/dev/null)" ] || fail "bad input left a run folder behind: $(find runs)"

# ---- The run folder ----
mkdir taken && echo mine > taken/config.toml
expect 2 "holds another run" "$minitape" train small.toml --out taken
[ "$(cat taken/config.toml)" = mine ] || fail "the other run was overwritten"
echo file > blocker
expect 2 "cannot be written" "$minitape" train small.toml --out blocker/run

# ---- While running ----
expect 1 "diverged at step" "$minitape" train small.toml --out diverged \
  --set model.batch_norm=false --set optimizer.learning_rate=1e9
grep -qF "learning rate 1e+09" output.txt || fail "the learning rate is not told"
grep -qF "first value that is not finite" output.txt || fail "the layer is not told"
[ "$(wc -l < diverged/steps.csv)" -ge 2 ] || fail "the steps before the divergence are lost"
[ ! -e diverged/model.safetensors ] || fail "a diverged run has no model"
# A model whose weights overflow at once is not called a success, also behind relu.
with 's/{ type = "batch_norm" },//; s/{ type = "dense", units = 10 }/&, { type = "relu" }, &, &, &, &/
  s/^layers/init = { type = "normal", stddev = 1e9 }\nlayers/'
expect 1 "diverged" "$minitape" train changed.toml --out overflow
expect 0 "diverged at step" "$minitape" train small.toml --out tolerated --set model.batch_norm=false \
  --set optimizer.learning_rate=1e9 --set train.stop_on_divergence=false

# A disk that fills: no file may grow beyond 50 kB, which the steps reach after the first epochs.
small_disk() { (trap '' XFSZ; ulimit -f 50; "$minitape" "$@"); }
expect 1 "File too large" small_disk train small.toml --out full \
  --set data.train_limit=400 --set train.batch_size=2 --set train.epochs=20
[ "$(wc -l < full/metrics.csv)" -ge 2 ] || fail "what was measured before the disk was full is lost"
