#!/usr/bin/env bash
# A slice of real MNIST and CIFAR-10, where the files are ($MINITAPE_DATA).
source "$(dirname "$0")/lib.sh"

if [ ! -d "${MINITAPE_DATA:-}/mnist" ] || [ ! -d "${MINITAPE_DATA:-}/cifar-10-batches-bin" ]; then
  echo "SKIPPED: no MNIST and CIFAR-10 in MINITAPE_DATA=${MINITAPE_DATA:-}"
  exit 77
fi
# slice CONFIG STEPS RATE LEAST: trains that many steps with that learning rate and wants at least
# that test accuracy on 2,000 images.
slice() {
  "$minitape" train "$configs/$1.toml" --out "$1" --set train.max_steps="$2" \
    --set data.test_limit=2000 --set schedule.name=constant --set optimizer.learning_rate="$3" \
    >/dev/null 2>&1
  accuracy=$(last test_accuracy "$1/metrics.csv")
  echo "$1, $2 steps: test accuracy $accuracy"
  awk -v a="$accuracy" -v least="$4" 'BEGIN { exit !(a >= least) }' ||
    fail "$1: test accuracy $accuracy is below $4"
}
slice mnist_cnn 150 0.05 0.95
slice cifar_cnn 200 0.01 0.40
