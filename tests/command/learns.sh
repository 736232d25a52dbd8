#!/usr/bin/env bash
# End to end: a small network learns the digits that the program draws.
source "$(dirname "$0")/lib.sh"

"$minitape" train "$configs/digits_cnn.toml" --out run --set train.epochs=2 >/dev/null 2>&1
accuracy=$(last test_accuracy run/metrics.csv)
echo "digits_cnn, 2 epochs: test accuracy $accuracy"
awk -v a="$accuracy" 'BEGIN { exit !(a >= 0.93) }' || fail "test accuracy $accuracy is below 0.93"
