#!/usr/bin/env bash
# compare: the variants share their initial weights and batches; what it prints and writes; a second
# call trains nothing; an interrupted one goes on; a diverged variant is a result.
source "$(dirname "$0")/lib.sh"

expect 0 "differ in model.batch_norm alone" "$minitape" compare small.toml --seeds 2 --out both
for text in "bit-equal for each of 2 seeds. They see the same batches." "batch_norm = true" "± " "minus" "curves"; do
  grep -qF "$text" output.txt || fail "compare does not say \"$text\""
done
[ "$(head -c 8 both/summary.csv)" = "variant," ] || fail "summary.csv has no header"
[ "$(wc -l < both/summary.csv)" = 3 ] || fail "summary.csv should have two variants"

# Batch norm changes no initial kernel: the tensor's bytes stand in both files.
python3 - <<'PY' 2>/dev/null || fail "the shared initial tensors differ"
import json, struct
def tensors(path):
    data = open(path, 'rb').read()
    n = struct.unpack('<Q', data[:8])[0]
    return {k: data[8 + n + v['data_offsets'][0]:8 + n + v['data_offsets'][1]]
            for k, v in json.loads(data[8:8 + n]).items() if k != '__metadata__'}
on = tensors('both/batch_norm-true_seed-1/initial.safetensors')
off = tensors('both/batch_norm-false_seed-1/initial.safetensors')
shared = set(on) & set(off)
assert shared == {'0.conv2d.kernel', '5.dense.kernel', '5.dense.bias'}, shared
assert '0.conv2d.bias' in off and '1.batch_norm.gamma' in on
assert all(on[name] == off[name] for name in shared)
PY

# A second call shows the same table without training.
cp both/batch_norm-true_seed-1/steps.csv before.csv
expect 0 "batch_norm = true" "$minitape" compare small.toml --seeds 2 --out both
same before.csv both/batch_norm-true_seed-1/steps.csv

# What an interrupted comparison left is done again, to the same bytes.
cp both/batch_norm-true_seed-2/model.safetensors before.safetensors
rm both/batch_norm-true_seed-2/model.safetensors
expect 0 "batch_norm = true" "$minitape" compare small.toml --seeds 2 --out both
same before.safetensors both/batch_norm-true_seed-2/model.safetensors

# Another config may not go into the same folder.
expect 2 "holds a run with another config" \
  "$minitape" compare small.toml --seeds 2 --out both --set train.epochs=3
same before.csv both/batch_norm-true_seed-1/steps.csv

# A variant that diverges is a result.
expect 0 "diverged at step" "$minitape" compare small.toml --out diverged \
  --vary optimizer.learning_rate=0.01,1e9 --set model.batch_norm=false
# A batch size makes other batches, and nobody says otherwise.
expect 0 "Their batches differ" "$minitape" compare small.toml --out sizes \
  --vary train.batch_size=50,100 --set train.epochs=1
# A folder with a file of somebody else's keeps it.
mkdir -p guests/batch_norm-false_seed-1 && echo note > guests/batch_norm-false_seed-1/notes.txt
expect 0 "batch_norm = true" "$minitape" compare small.toml --out guests --set train.epochs=1
[ "$(cat guests/batch_norm-false_seed-1/notes.txt)" = note ] || fail "another file was removed"
# A variant is trained on its own data, also where the variant before it had nothing to do.
expect 0 "differ" "$minitape" compare small.toml --out data --set train.epochs=1 \
  --vary data.train_limit=200,300 --vary optimizer.learning_rate=0.1,0.2
expect 0 "differ" "$minitape" compare small.toml --out data --set train.epochs=1 \
  --vary data.train_limit=100,200 --vary optimizer.learning_rate=0.1,0.3
for images in 100 200; do
  [ "$(wc -l < "data/train_limit-${images}_learning_rate-0.3_seed-1/steps.csv")" = \
    $((images / 50 + 1)) ] || fail "train_limit = $images was trained on other data"
done
# Varying the initial weights is said.
expect 0 "differ as the varied key says" "$minitape" compare small.toml --out scale \
  --vary 'model.init={type="normal",stddev=0.01},{type="normal",stddev=0.1}' --set train.epochs=1
expect 2 "at least two values" "$minitape" compare small.toml --vary model.batch_norm=true
expect 2 "did you mean" "$minitape" compare small.toml --vary model.batchnorm=true,false
