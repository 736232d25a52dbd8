#!/usr/bin/env bash
# Runs of minitape, trained again by PyTorch: tests/parity/compare_with_pytorch.py.
#
#   bash tests/command/parity.sh MINITAPE [--random N] [--seed S]
#
# 1. Fixed small networks, 50 steps each: every kind of layer, window, running statistics, schedule
#    and optimizer, and batch norm in every form, in single and in double precision.
# 2. N random networks (default 6) from seed S (default 1). In double precision all kinds of layers;
#    in single precision those without kinks: at a kink of relu or max_pool a rounding error becomes
#    another gradient, on any side.
# 3. A slice of MNIST and CIFAR-10, where $MINITAPE_DATA has them.
# 4. The comparison itself: it notices what was tampered with, and says what it cannot compare.
#
# Tolerances are those of the script: single precision 1e-4 for losses and weights and 1e-5 for
# running statistics, double precision 1e-9 for everything.
source "$(dirname "$0")/lib.sh"
parity=$configs/../../tests/parity
build=$(dirname "$minitape")
minitape_f64=$build/minitape_f64
shift
random=6 seed=1
while [ $# -gt 0 ]; do
  case $1 in
    --random) random=$2 ;;
    --seed) seed=$2 ;;
    *) fail "unknown option $1" ;;
  esac
  shift 2
done

# A python3 with PyTorch: the usual one or Debian's.
python=
for candidate in python3 /usr/bin/python3; do
  [ -n "$python" ] && break
  "$candidate" -c 'import numpy, tomllib, torch' 2>/dev/null && python=$candidate
done
if [ -z "$python" ]; then
  echo "SKIPPED: no python3 (3.11 or later) has numpy and PyTorch (Debian: python3-torch)"
  exit 77
fi
compare=("$python" "$parity/compare_with_pytorch.py" --build "$build")

# all_equal WHAT FOLDER: every run in the folder equals PyTorch's.
all_equal() {
  "${compare[@]}" --brief "$2"/*/ >output.txt 2>&1 ||
    { grep -v "equal to PyTorch" output.txt >&2; fail "$1 differ from PyTorch's"; }
  echo "$1: $(tail -n 1 output.txt)"
}

# ---- 1. Fixed networks ----

# Textured images: on an even background thousands of equal pixels cross a kink of relu together.
cat >base.toml <<'TOML'
[data]
name = "shapes"
train_limit = 150  # with batches of 16: nine and one of six images
test_limit = 40
[optimizer]
learning_rate = 0.001
[train]
shuffle = false
batch_size = 16
epochs = 50
max_steps = 50
TOML

# Layers as TOML: conv FILTERS KERNEL STRIDE PADDING, pool TYPE SIZE STRIDE PADDING, …
conv() { echo "{ type = \"conv2d\", filters = $1, kernel = $2, stride = $3, padding = $4 },"; }
pool() { echo "{ type = \"$1_pool\", size = $2, stride = $3, padding = $4 },"; }
norm() { echo "{ type = \"batch_norm\"${1:+, $1} },"; }
residual() { echo "{ type = \"residual\", layers = [ $* ] },"; }
dense() { echo "{ type = \"dense\", units = $1${2:+, $2} },"; }
dropout() { echo "{ type = \"dropout\", rate = $1 },"; }
layer() { echo "{ type = \"$1\" },"; }
relu=$(layer relu) tanh=$(layer tanh) sigmoid=$(layer sigmoid)
end="$(layer flatten) $(dense 10)"

# network NAME LAYERS [--set …]: trains it in both precisions.
network() {
  local name=$1 layers=${2//$'\n'/ }  # --set takes one line
  shift 2
  "$minitape" train base.toml --threads 1 --out "single/$name" --set "model.layers=[$layers]" "$@" \
    >output.txt 2>&1 || { cat output.txt >&2; fail "$name cannot be trained"; }
  "$minitape_f64" train base.toml --threads 1 --out "double/$name" --set "model.layers=[$layers]" \
    "$@" >output.txt 2>&1 || { cat output.txt >&2; fail "$name cannot be trained in double"; }
}

network odd_kernels "$(conv 4 5 2 '"same"') $(norm) $relu $(conv 6 3 3 '"valid"') $(norm) $relu
  $(conv 5 1 1 0) $(norm) $tanh $end"
network even_kernels "$(conv 4 4 3 '"same"') $(norm) $relu $(conv 6 2 2 '"same"') $(norm) $relu
  $(conv 5 2 1 '"valid"') $tanh $end"
network explicit_padding "$(conv 4 4 1 1) $(norm) $tanh $(conv 4 5 3 4) $(norm) $tanh
  $(conv 4 2 2 2) $(norm) $tanh $end" --set data.name=digits
network batch_norm_behind "$(conv 6 3 2 '"same"') $relu $(norm) $(conv 6 3 2 '"same"') $relu $(norm)
  $end"
network batch_norm_first "$(norm) $(conv 4 3 2 1) $(norm) $relu $end" --set data.name=digits
network batch_norm_alone "$(conv 4 3 2 1) $(norm) $(norm) $(layer flatten) $(norm) $(dense 10)"
network pools "$(conv 4 3 1 '"same"') $(norm) $tanh $(pool max 3 2 '"same"') $(pool avg 3 1 1)
  $(pool max 2 1 1) $(pool avg 2 3 '"same"') $end"
network global_pool "$(conv 8 3 2 1) $(norm) $relu $(conv 10 3 2 1) $(layer global_avg_pool)"
network residual "$(conv 4 3 2 '"same"') $(norm) $relu
  $(residual "$(conv 4 3 1 '"same"') $(norm) $relu $(residual "$(conv 4 2 1 '"same"') $(norm)")
    $(dropout 0.1)") $(residual "") $(layer global_avg_pool) $(dense 10)"
for rule in ema debiased_ema cumulative; do
  network "running_$rule" "$(conv 4 3 2 1) $(norm) $tanh $(layer flatten)
    $(dense 12) $(norm 'running_variance = "biased", ema_decay = 0.5') $tanh
    $(dense 12) $(norm 'ema_decay = 1.0, epsilon = 0.01') $tanh $(dense 12)
    $(norm 'ema_decay = 0.0') $tanh $(dense 10)" --set batch_norm.running=$rule \
    --set train.batch_size=32
done
network biases "$(layer flatten) $(dense 16 'bias = true') $(norm) $relu
  $(dense 16 'bias = false, init = { type = "glorot_uniform" }') $sigmoid
  $(dense 16 'init = { type = "zeros" }') { type = \"leaky_relu\", slope = 0.2 },
  $(dense 10)" --set data.name=digits
network dropout "$(conv 4 3 2 1) $(norm) $relu $(dropout 0.2) $(layer flatten) $(dropout 0.0)
  $(dense 12) $relu $(dropout 0.5) $(dense 10)" --set seed=9223372036854775807
small="$(conv 4 3 2 1) $(norm) $relu $(pool max 2 2 '"valid"') $end"
network without_batch_norm "$small" --set model.batch_norm=false
network raw_pixels "$small" --set data.standardize=false
network one_image_left "$small" --set data.train_limit=145 --set train.batch_size=12
network nesterov "$small" --set optimizer.nesterov=true --set optimizer.weight_decay=0.01
network no_momentum "$small" --set optimizer.momentum=0 --set optimizer.weight_decay=0.1
network step "$small" --set schedule.name=step --set schedule.step_epochs=2 \
  --set schedule.factor=0.5 --set schedule.warmup_steps=5
network cosine "$small" --set schedule.name=cosine --set schedule.warmup_steps=7
network one_cycle "$small" --set schedule.name=one_cycle --set schedule.div_factor=10
network one_cycle_warmup "$small" --set schedule.name=one_cycle --set schedule.warmup_steps=20
network untrained "$small" --set train.epochs=0
# Batch norm over other sets of numbers, with other statistics, in another place.
three="$(conv 4 3 2 1) $(norm) $tanh $(conv 6 3 2 1) $(norm) $tanh $(layer flatten)
  $(dense 12) $(norm) $tanh $(dense 10)"
# Two images of a dense layer become -1 and 1, and a rounding error can swap them: no such batches.
images="$(conv 4 3 2 1) $(norm) $tanh $(conv 6 3 2 1) $(norm) $tanh $end"
for ghost in 1 2 3 8; do  # 6 images are left: parts of 1, 2 and 3, and one that is less than 8
  network "ghost_batch_$ghost" "$images" --set batch_norm.ghost_batch=$ghost \
    --set train.batch_size=24
done
network ghost_batch_dense "$three" --set batch_norm.ghost_batch=6 --set train.batch_size=24
network ghost_batch_cumulative "$three" --set batch_norm.ghost_batch=8 \
  --set batch_norm.running=cumulative --set batch_norm.running_variance=biased
for groups in 1 2; do
  network "group_norm_$groups" "$three" --set batch_norm.group_norm=$groups
done
network instance_norm "$(conv 4 3 2 1) $(norm 'group_norm = 4') $tanh
  $(conv 6 3 2 1) $(norm 'group_norm = 6, epsilon = 0.01') $tanh $(conv 6 1 1 0) $(norm) $tanh $end"
network running_in_training "$three" --set batch_norm.statistics=running
network running_recalibrated "$three" --set batch_norm.statistics=running \
  --set batch_norm.recalibrate=average
network as_constants "$three" --set batch_norm.statistics=batch_as_constant
network as_constants_bias "$(layer flatten) $(dense 16 'bias = true') $(norm) $tanh $(dense 10)" \
  --set batch_norm.statistics=batch_as_constant
network noise "$three" --set batch_norm.noise=true
network noise_ghosts "$images" --set batch_norm.noise=true --set batch_norm.ghost_batch=2
for activation in relu leaky_relu sigmoid tanh; do
  network "position_$activation" "$(conv 4 3 2 1) $(norm) $(layer activation) $(norm) $(dropout 0.1)
    $(residual "$(conv 4 3 1 1) $(norm) $(layer activation)") $end" \
    --set batch_norm.position=after --set model.activation=$activation
done
network repeated "$(layer flatten) { type = \"repeat\", times = 3, layers = [
  $(dense 12) $(norm) $tanh ] }, $(dense 10)"
network sort_by_class "$three" --set train.sort_by_class=true
for how in average pooled; do
  network "recalibrate_$how" "$three" --set batch_norm.recalibrate=$how \
    --set batch_norm.recalibrate_batches=7
done
number=0
for roles in '"gamma", "beta"' '"kernel", "bias"' '"kernel", "bias", "beta"' '"gamma"' '"bias"'; do
  network "train_only_$((++number))" "$three" --set "optimizer.train=[$roles]" \
    --set optimizer.weight_decay=0.01 --set optimizer.learning_rate=0.01
done
# What the fast CIFAR-10 recipe is made of, one by one and together.
network gelu "$(conv 4 3 2 1) $(norm) $(layer gelu) $(layer flatten) $(dense 12) $(layer gelu)
  $(dense 10) { type = \"scale\", factor = 0.25 }"
network identity "$(conv 4 3 1 1) $(norm) $tanh { type = \"conv2d\", filters = 6, kernel = 3,
  padding = \"same\", init = { type = \"identity\" } }, $(norm) $tanh $(pool avg 4 4 0) $end"
whitening='{ type = "conv2d", filters = 24, kernel = 2, init = { type = "whitening" },
  trainable = false },'
network whitening "$whitening $(layer gelu) $(pool avg 4 4 0) $end"
network whitening_1 "${whitening//filters = 24, kernel = 2/filters = 6, kernel = 1} $tanh
  $(pool avg 8 8 0) $end"
network betas "$small" --set optimizer.beta_factor=16 --set optimizer.weight_decay=0.1 \
  --set optimizer.decay_betas=true
network linear_cycle "$small" --set schedule.name=one_cycle --set schedule.anneal=linear
network smoothed "$small" --set train.label_smoothing=0.2
network drop_last "$small" --set train.drop_last=true --set train.batch_size=20
network lookahead "$three" --set optimizer.lookahead_steps=3 --set optimizer.lookahead_decay=0.9
network recipe "$whitening $(layer gelu) $(conv 32 3 1 '"same"') $(pool max 2 2 0) $(norm)
  $(layer gelu) $(pool avg 15 15 0) $(layer flatten) $(dense 10 'bias = false, init = { type = "uniform", limit = 0.2 }')
  { type = \"scale\", factor = 0.111 }" --set model.init.type=identity \
  --set optimizer.beta_factor=64 --set optimizer.decay_betas=true --set optimizer.nesterov=true \
  --set 'optimizer.train=["kernel", "bias", "beta"]' --set optimizer.weight_decay=0.0013 \
  --set schedule.name=one_cycle --set schedule.anneal=linear --set train.label_smoothing=0.2 \
  --set train.drop_last=true --set optimizer.lookahead_steps=5
all_equal "fixed networks" single
all_equal "fixed networks, double precision" double

# ---- 2. Random networks ----

# random_runs MINITAPE FOLDER OPTION…: trains random networks into the folder.
random_runs() {
  local command=$1 folder=$2
  shift 2
  "$python" "$parity/random_configs.py" --random "$random" --seed "$seed" --out "$folder" "$@"
  for config in "$folder"/*.toml; do
    "$command" train "$config" --threads 1 --out "${config%.toml}" >output.txt 2>&1 ||
      { cat "$config" output.txt >&2; fail "a random config cannot be trained"; }
  done
}
if [ "$random" -gt 0 ]; then
  random_runs "$minitape_f64" random_double
  random_runs "$minitape" random_single --smooth
  all_equal "random networks of seed $seed, double precision" random_double
  all_equal "random networks of seed $seed without kinks" random_single
fi

# ---- 3. Real images ----

for set in mnist cifar10; do
  folder=${MINITAPE_DATA:-}/$set
  [ $set = cifar10 ] && folder=${MINITAPE_DATA:-}/cifar-10-batches-bin
  if [ ! -d "$folder" ]; then
    echo "$set: skipped, it is not in MINITAPE_DATA=${MINITAPE_DATA:-}"
    continue
  fi
  network "$set" "$small" --set data.name=$set --set data.train_limit=800 --set data.test_limit=200
  for precision in single double; do
    mkdir -p "real_$precision" && mv "$precision/$set" "real_$precision/"
  done
done
[ ! -d real_single ] || all_equal "real images" real_single
[ ! -d real_double ] || all_equal "real images, double precision" real_double

# ---- 4. It can fail ----

# says TEXT…: the last output has all of these.
says() {
  for text in "$@"; do
    grep -qF -- "$text" output.txt || { cat output.txt >&2; fail "no \"$text\" in the output"; }
  done
}
# tamper NAME FILE PATTERN: a copy of a run in which sed -E changes one file, and really does.
tamper() {
  cp -r single/nesterov "$1"
  sed -E -i "$3" "$1/$2"
  ! cmp -s "single/nesterov/$2" "$1/$2" || fail "tampering with $2 has changed nothing"
}
cp -r single/nesterov bad_loss
awk -F, -v OFS=, 'NR == 21 { $4 *= 1.001 } { print }' single/nesterov/steps.csv >bad_loss/steps.csv
cp -r single/nesterov bad_divergence
awk -F, -v OFS=, 'NR == 21 { $4 = "nan" } { print }' single/nesterov/steps.csv \
  >bad_divergence/steps.csv
tamper bad_rate steps.csv '31s/,0\.001,/,0.00100001,/'
tamper bad_decay config.toml 's/^ema_decay = 0\.9/ema_decay = 0.89/'
tamper bad_epsilon config.toml 's/^epsilon = 1e-05/epsilon = 1e-3/'
tamper bad_variance config.toml 's/^running_variance = "unbiased"/running_variance = "biased"/'
tamper bad_weight_decay config.toml 's/^weight_decay = 0\.01/weight_decay = 0.02/'
tamper bad_nesterov config.toml 's/^nesterov = true/nesterov = false/'
tamper bad_padding config.toml 's/padding = 1/padding = "same"/'
tamper bad_ghosts config.toml 's/^ghost_batch = 0/ghost_batch = 8/'
tamper bad_constants config.toml 's/^statistics = "batch"/statistics = "batch_as_constant"/'
tamper bad_train config.toml 's/^train = \["kernel", "bias", /train = ["kernel", /'
tamper bad_order config.toml 's/^sort_by_class = false/sort_by_class = true/'
tamper bad_test metrics.csv '$s/,[^,]*$/,0.5/'
expect 1 "14 runs: 0 equal, 14 not equal, 0 cannot be compared" "${compare[@]}" --brief bad_*
says "bad_loss: NOT EQUAL: losses (" "bad_divergence: NOT EQUAL: losses (" \
  "bad_rate: NOT EQUAL: learning rates (" "bad_decay: NOT EQUAL: running statistics" \
  "bad_epsilon: NOT EQUAL: losses" "bad_variance: NOT EQUAL: running statistics" \
  "bad_weight_decay: NOT EQUAL: losses" "bad_nesterov: NOT EQUAL: losses" \
  "bad_ghosts: NOT EQUAL: losses" "bad_constants: NOT EQUAL: losses" \
  "bad_train: NOT EQUAL: losses" "bad_order: NOT EQUAL: losses" \
  "bad_padding: NOT EQUAL: losses" "bad_test: NOT EQUAL: test acc. (images) ("
expect 0 "equal to PyTorch" "${compare[@]}" bad_loss --steps 19
expect 0 "PyTorch in single precision" "${compare[@]}" single/nesterov --double
# Both sides diverge at the same step.
expect 1 "diverged at step" "$minitape" train base.toml --out diverged \
  --set "model.layers=[${small//$'\n'/ }]" --set model.batch_norm=false \
  --set optimizer.learning_rate=1e9
expect 0 "the run diverged at step" "${compare[@]}" diverged

tamper shuffled config.toml 's/^shuffle = false/shuffle = true/'
expect 2 "train.shuffle = true" "${compare[@]}" shuffled
tamper not_augmented config.toml 's/^augment = \[\]/augment = ["flip"]/'
tamper not_bias config.toml 's/\{ type = "batch_norm" \}/{ type = "relu" }/'
tamper not_extra config.toml 's/units = 10/units = 10, bias = false/'
tamper not_key config.toml '/^momentum/d'
tamper not_stride config.toml 's/stride = 2, padding = 1/stride = 1, padding = 1/'
tamper not_steps config.toml 's/^max_steps = 50/max_steps = 51/'
expect 2 "9 runs: 1 equal, 1 not equal, 7 cannot be compared" \
  "${compare[@]}" --brief not_* nowhere bad_loss single/nesterov
says "data.augment" "do not fit: no '0.conv2d.bias'" "no key 'momentum'" "asks for 51 steps" \
  "what the config has not: ['5.dense.bias']" "cannot be trained in PyTorch" \
  "nowhere is no run folder"
