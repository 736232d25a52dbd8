#!/usr/bin/env bash
# summary estimates the memory of a step from the shapes alone; what cannot fit ends in a message
# that says what to do, and leaves no run folder behind.
source "$(dirname "$0")/lib.sh"
too_much="[memory] the next tensor must fit into memory: it needs"

# A model whose outputs for one batch take 28 * 28 * 100000 * 100000 numbers, more than any machine
# has, can be looked at, but not trained.
wide='{ type = "conv2d", filters = 100000, kernel = 1 }'
layers="[$wide, { type = \"global_avg_pool\" }, { type = \"dense\", units = 10 }]"
step=(small.toml --set "model.layers=$layers" --set train.batch_size=100000)
expect 0 "Memory of a training step with batches of 100000" "$minitape" summary "${step[@]}"
grep -qE '^activations +31[0-9]{6}\.[0-9]$' output.txt || fail "summary does not tell how much"
for profile in "" --profile; do
  expect 1 "$too_much" "$minitape" bench "${step[@]}" $profile
  grep -qF "use a smaller train.batch_size or model" output.txt || fail "it is not said what to do"
done

# A model with 10^16 weights cannot even be built.
huge='{ type = "conv2d", filters = 100000, kernel = 1000, padding = "same" }'
model=(small.toml --set "model.layers=[$huge, { type = \"batch_norm\" }, $huge, { type = \"flatten\" }]")
for subcommand in summary bench train compare; do
  expect 1 "$too_much" "$minitape" $subcommand "${model[@]}"
done
# A run that fails in its first step has written files already.
expect 1 "$too_much" "$minitape" train "${step[@]}" --set data.train_limit=20000 \
  --set train.batch_size=20000
[ -z "$(ls runs 2>/dev/null)" ] || fail "a run that never began left something: $(find runs)"
