#!/usr/bin/env bash
# The memory that summary foretells is what bench then measures; what cannot fit is refused before it
# starts.
source "$(dirname "$0")/lib.sh"

# foretold LINE FILE: the megabytes of a line of summary.
foretold() { awk -v line="$1" 'index($0, "  " line " ") == 1 { sub(line, ""); print $1 }' "$2"; }

# compare_with_bench CONFIG ARGUMENT…: the estimate is within 15 % of the peak of a benchmark.
compare_with_bench() {
  "$minitape" summary "$@" > summary.txt
  "$minitape" bench "$@" --steps 1 --json > bench.json
  python3 - "$(foretold "a training step" summary.txt)" "$*" <<'PY' || fail "see above"
import json, sys
told, peak = float(sys.argv[1]), json.load(open('bench.json'))['peak_rss_mb']
print(f'{sys.argv[2]}: {told:.1f} MB foretold, {peak:.1f} MB measured')
sys.exit(not 0.85 <= told / peak <= 1.15)
PY
}
compare_with_bench "$configs/seed_dense.toml"
compare_with_bench "$configs/mnist_mlp.toml" --threads 1
compare_with_bench "$configs/mnist_mlp.toml" --threads 2 --set train.batch_size=1024
compare_with_bench "$configs/mnist_cnn.toml" --threads 1 --set train.batch_size=8
compare_with_bench "$configs/mnist_cnn.toml" --threads 2 --set model.batch_norm=false
compare_with_bench "$configs/digits_cnn.toml" --threads 2
compare_with_bench "$configs/cifar_cnn.toml" --threads 2 --set train.batch_size=48

# The peak of train, with the data.
"$minitape" summary "$configs/digits_cnn.toml" > summary.txt
python3 - "$(foretold training summary.txt)" "$minitape" "$configs/digits_cnn.toml" <<'PY' || fail "train"
import resource, subprocess, sys
subprocess.run(sys.argv[2:3] + ['train', sys.argv[3], '--set', 'train.max_steps=2'], check=True)
told, peak = float(sys.argv[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024e-6
print(f'train: {told:.1f} MB foretold, {peak:.1f} MB measured')
sys.exit(not 0.85 <= told / peak <= 1.15)
PY

# The peak is the program's own, also where a large one starts it.
python3 - "$minitape" "$configs/seed_dense.toml" <<'PY' || fail "bench counts memory that is not its own"
import json, os, sys
large = bytearray(b'1') * 200_000_000
read, write = os.pipe()
if os.fork() == 0:
    os.dup2(write, 1)
    os.execv(sys.argv[1], [sys.argv[1], 'bench', sys.argv[2], '--steps', '1', '--json'])
os.close(write)
sys.exit(not json.load(os.fdopen(read))['peak_rss_mb'] < 50)
PY

# ---- Too much ----

# with_room MB COMMAND…: as on a machine that has no more than that.
with_room() {
  local room=$1
  shift
  (ulimit -v $((room * 1000)) && "$@")
}
rm -rf runs
cifar="$configs/cifar_cnn.toml"
expect 2 "[memory] train with batches of 100000 must fit into memory: it needs at least" \
  with_room 4000 "$minitape" train "$cifar" --threads 2 --set train.batch_size=100000
expect 2 "Choose a train.batch_size of at most" \
  with_room 4000 "$minitape" compare "$cifar" --threads 2 --set train.batch_size=100000
# What train accepts compare accepts for every variant, though the first estimate starts threads.
small=("$cifar" --threads 2 --set data.name=digits --set data.train_limit=256
  --set data.test_limit=50 --set train.max_steps=1)
expect 0 "run folder" with_room 1040 "$minitape" train "${small[@]}" --out one
expect 0 "report.html" with_room 1040 "$minitape" compare "${small[@]}" --out several \
  --vary optimizer.learning_rate=0.1,0.2,0.3
# Layers' outputs alone would fit, the workspace does not.
expect 2 "[memory] bench with batches of 700 must fit into memory: it needs about" \
  with_room 1500 "$minitape" bench "$cifar" --threads 2 --set train.batch_size=700
expect 0 "peak memory" with_room 1500 "$minitape" bench "$cifar" --threads 2 --steps 1 \
  --set train.batch_size=32
# A model that nothing can hold is not built: 100000 x 100000 weights, three times.
layer='{ type = "dense", units = 100000 }'
for subcommand in summary bench gradcheck; do
  expect 2 "must fit into memory: it needs at least" with_room 4000 "$minitape" $subcommand \
    "$configs/seed_dense.toml" --threads 2 --set "model.layers=[$layer, $layer, $layer, $layer]"
done
[ -z "$(ls runs 2>/dev/null)" ] || fail "a refused run left something behind: $(find runs)"
# summary shows what would be needed, also where it is too much.
expect 0 "no training with this config: [memory] train with batches of 100000" \
  with_room 4000 "$minitape" summary "$cifar" --threads 2 --set train.batch_size=100000
foretold "a training step" output.txt | grep -qE '^1[0-9]{5}\.' || fail "summary does not tell how much"
