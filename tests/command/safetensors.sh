#!/usr/bin/env bash
# The program's safetensors files are read by a strict reader, and it reads what others write.
files=$(realpath "$(dirname "$0")/safetensors_files.py")
source "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "python3 is missing: skipped"; exit 77; }

"$minitape" train small.toml --out run >/dev/null 2>&1
python3 "$files" check run/initial.safetensors run/model.safetensors run/checkpoint.safetensors \
  > tensors.txt || fail "a file does not keep to the format"
for line in "run/model.safetensors 0.conv2d.kernel F32 [3, 3, 1, 4]" \
  "run/model.safetensors 1.batch_norm.running_variance F32 [4]" \
  "run/initial.safetensors 5.dense.kernel F32 [784, 10]" \
  "run/checkpoint.safetensors optimizer.velocity.5.dense.bias F32 [10]" \
  "run/checkpoint.safetensors run.steps I64 [1]"; do
  grep -qxF "$line" tensors.txt || { cat tensors.txt; fail "no line: $line"; }
done
[ "$(grep -c '^run/model' tensors.txt)" = 7 ] || fail "model.safetensors has other tensors"

# A checkpoint that another program has written, with other order, spacing and no padding.
cp -r run stopped
rm stopped/model.safetensors
python3 "$files" rewrite run/checkpoint.safetensors stopped/checkpoint.safetensors
cmp -s run/checkpoint.safetensors stopped/checkpoint.safetensors && fail "nothing was rewritten"
expect 0 "test accuracy" "$minitape" train small.toml --out stopped --resume
same run/model.safetensors stopped/model.safetensors

# What the strict reader refuses, the program refuses with a message.
break_file() {  # break_file PYTHON: changes the checkpoint's header h, data d
  python3 - "$1" <<'PYTHON'
import json, struct, sys
data = open("run/checkpoint.safetensors", "rb").read()
n = struct.unpack("<Q", data[:8])[0]
h, d = json.loads(data[8:8 + n]), data[8 + n:]
name = "0.conv2d.kernel"
exec(sys.argv[1])
text = json.dumps(h).encode()
open("stopped/checkpoint.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + d)
PYTHON
}
refused() {  # refused PYTHON TEXT
  rm -f stopped/model.safetensors
  break_file "$1"
  if python3 "$files" check stopped/checkpoint.safetensors >/dev/null 2>&1; then
    [ "${3:-}" = allowed ] || fail "the strict reader takes: $1"
  fi
  expect 2 "$2" "$minitape" train small.toml --out stopped --resume
}
refused 'h[name]["data_offsets"][1] += 4' "needs 144 bytes"
refused 'h[name]["shape"][0] = 2**62' "impossible shape"
refused 'h[name]["dtype"] = "F31"' "unknown dtype"
refused 'd = d[:-1]' "damaged or cut off"
refused 'd += b"x"' "1 bytes follow"
refused 'h["extra"] = dict(h[name])' "overlaps"
refused 'h["extra"] = {"dtype": "U8", "shape": [0], "data_offsets": [len(d), len(d)]}' "extra" allowed
refused 'h[name]["shape"] = [9, 1, 4]' "must have shape (3, 3, 1, 4)" allowed
