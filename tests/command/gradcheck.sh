#!/usr/bin/env bash
# gradcheck: every shipped config passes; a wrong gradient ends in 1; bad probes are warned about.
source "$(dirname "$0")/lib.sh"

for config in "$configs"/*.toml; do
  expect 0 "all gradients are right" "$minitape" gradcheck "$config" --entries 5
done
expect 0 "0.dense.bias are 0, or nearly, in training" "$minitape" gradcheck "$configs/seed_dense.toml"
expect 0 "12.dense.kernel" "$minitape" gradcheck "$configs/digits_cnn.toml"
grep -q "20 of 640" output.txt || fail "gradcheck does not say how many entries it checked"

# No shipped gradient is wrong (model_check_test.cpp plants some that are). But differences with a step
# of 1 prove nothing, and the command must not call that right.
expect 1 "a gradient could not be checked" "$minitape" gradcheck "$configs/mnist_mlp.toml" --step 1
grep -q "UNCLEAR .*mnist_mlp.toml in training: 1.dense.kernel (784, 100)" output.txt ||
  fail "gradcheck does not name the tensor"
expect 2 "must be a number from 1e-7 to 1" "$minitape" gradcheck small.toml --step 1e-9

expect 0 "bad probe" "$minitape" gradcheck small.toml --probe sum
expect 0 "only two values per channel" "$minitape" gradcheck "$configs/mnist_mlp.toml" --batch 2
expect 2 "more than one value per channel" "$minitape" gradcheck "$configs/mnist_mlp.toml" --batch 1
expect 2 "probe" "$minitape" gradcheck small.toml --probe product
expect 2 "no.toml" "$minitape" gradcheck no.toml

# Without its double-precision half beside it the command says how to build it.
cp "$minitape" alone
expect 1 'minitape_f64": build it with cmake --build' ./alone gradcheck small.toml
