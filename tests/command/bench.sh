#!/usr/bin/env bash
# bench and summary: what scripts read from them.
source "$(dirname "$0")/lib.sh"

"$minitape" bench small.toml --steps 3 --threads 1 --json > bench.json
python3 - <<'PY' || fail "bench --json is not as promised"
import json
b = json.load(open('bench.json'))
assert list(b) == ['config', 'batch_size', 'threads', 'steps', 'train_ms_per_step',
                   'train_images_per_second', 'predict_images_per_second', 'predict_ms_batch_1',
                   'peak_rss_mb', 'blas_core', 'kernels'], list(b)
assert b['batch_size'] == 50 and b['threads'] == 1 and b['steps'] == 3
assert b['train_ms_per_step'] > 0 and b['predict_ms_batch_1'] > 0 and b['peak_rss_mb'] > 1
PY
expect 0 "Total parameters: 2,005" "$minitape" summary "$configs/seed_dense.toml"
for text in "Trainable:        1,905" "Not trainable:    100" "50 biases have no effect"; do
  grep -qF "$text" output.txt || fail "summary does not say \"$text\""
done
expect 0 "Total parameters: 6,001,600" "$minitape" summary "$configs/seed_conv.toml"
for text in "Trainable:        6,001,540" "Not trainable:    60" "30 biases have no effect"; do
  grep -qF "$text" output.txt || fail "summary does not say \"$text\""
done
expect 0 "images/s" "$minitape" bench "$configs/seed_dense.toml" --steps 2
# A model of which nothing is trained has no backward pass.
for profile in "" --profile; do
  expect 0 "small" "$minitape" bench small.toml --steps 2 --set 'optimizer.train=[]' $profile
done
