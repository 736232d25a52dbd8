#!/usr/bin/env bash
# A slice of real MNIST and CIFAR-10, where the files are ($MINITAPE_DATA).
source "$(dirname "$0")/lib.sh"

if [ ! -d "${MINITAPE_DATA:-}/mnist" ] || [ ! -d "${MINITAPE_DATA:-}/cifar-10-batches-bin" ]; then
  echo "SKIPPED: no MNIST and CIFAR-10 in MINITAPE_DATA=${MINITAPE_DATA:-}"
  exit 77
fi
# slice CONFIG STEPS LEAST: trains that many steps and wants that test accuracy on 2,000 images.
slice() {
  "$minitape" train "$configs/$1.toml" --out "$1" --set train.max_steps="$2" \
    --set data.test_limit=2000 --set schedule.name=constant --set optimizer.learning_rate=0.05 \
    >/dev/null 2>&1
  accuracy=$(last test_accuracy "$1/metrics.csv")
  echo "$1, $2 steps: test accuracy $accuracy"
  awk -v a="$accuracy" -v least="$3" 'BEGIN { exit !(a >= least) }' ||
    fail "$1: test accuracy $accuracy is below $3"
}
slice mnist_cnn 150 0.95
slice cifar_cnn 150 0.40
