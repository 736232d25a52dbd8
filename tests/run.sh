#!/usr/bin/env bash
# Installs what is missing, builds and runs all tests:
#
#   1. format            every source file is as clang-format leaves it
#   2. release           unit tests; the proofs: gradients, identities, PyTorch's numbers, planted
#                        mistakes, claims; the command on made data and on slices of real data
#   3. plain             operations, layers and proofs again, and a training run, in a build without
#                        the kernels room
#   4. ports             the library's unit tests again, in a build with the stand-ins for OpenBLAS
#                        and OpenMP
#   5. web               the page: its losses are those of the build before; used in two browsers
#   6. asan-ubsan        the unit tests again, under AddressSanitizer and UBSan
#   7. fuzz              the parsers of foreign bytes, some seconds each (tests/fuzz/run.sh for more)
#   8. site              docs/ and the API reference as a site: links, search, no foreign host
#
#   bash tests/run.sh
#
# Real MNIST and CIFAR-10 are looked for in $MINITAPE_DATA, ./data and ../shared/data. With CI=true
# compiler warnings are errors.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t packages < apps/packages.txt
bash apps/install_packages.sh "${packages[@]}" git python3 curl wget ca-certificates \
  doctest-dev clang-format-14 graphviz
bash apps/install_packages.sh python3-torch python3-numpy ||
  echo "python3-torch cannot be installed: the live comparisons with PyTorch are skipped"

jobs=$(nproc)
werror=OFF
[ "${CI:-}" = true ] && werror=ON
if [ -z "${MINITAPE_DATA:-}" ] && [ -d ../shared/data ]; then
  MINITAPE_DATA=$(cd ../shared/data && pwd)
  export MINITAPE_DATA
fi

# Threads that wait for each other should not use up the processor: test machines are busy.
export OMP_WAIT_POLICY=passive

# Steps print their name, then nothing unless they fail.
step() {
  local name=$1 log
  shift
  log=$(mktemp)
  echo "== $name"
  if ! "$@" >"$log" 2>&1; then
    cat "$log"
    echo "FAILED: $name" >&2
    exit 1
  fi
  rm -f "$log"
}

check_format() {
  git ls-files '*.cpp' '*.hpp' | xargs clang-format-14 --dry-run --Werror
}

step "format" check_format
for preset in release asan-ubsan; do
  step "$preset: configure" cmake --preset "$preset" -DMINITAPE_TESTS=ON -DMINITAPE_WERROR=$werror
  step "$preset: build" cmake --build --preset "$preset" -j "$jobs"
done
echo "== release: test"
ctest --test-dir build/release --output-on-failure -j "$jobs"
# Each file by itself: compiled together, one file's includes hide what another lacks.
step "plain: configure" cmake --preset plain -DMINITAPE_UNITY=OFF -DMINITAPE_WERROR=$werror
step "plain: build" cmake --build --preset plain -j "$jobs" --target minitape_command test_ops \
  test_nn test_ops_f64 test_nn_f64 test_identities test_golden test_golden_f64 test_museum \
  test_gradcheck
echo "== plain: test"
ctest --test-dir build/plain --output-on-failure -j "$jobs" \
  -R '^(ops|nn|ops_f64|nn_f64|identities|golden|golden_f64|museum|gradcheck|command.learns)$'
step "ports: configure" cmake --preset ports -DMINITAPE_WERROR=$werror
ported=(core autodiff ops optim nn verify norms kernels data core_f64 ops_f64)
step "ports: build" cmake --build --preset ports -j "$jobs" --target minitape_command \
  "${ported[@]/#/test_}"
echo "== ports: test"
ctest --test-dir build/ports --output-on-failure -j "$jobs" -R "^($(IFS='|'; echo "${ported[*]}"))\$"
echo "== web"
bash tests/web/run.sh build/ports/minitape || [ $? = 77 ]
echo "== asan-ubsan: test"
ctest --test-dir build/asan-ubsan --output-on-failure -j "$jobs" -L unit
if bash apps/install_packages.sh clang libclang-rt-dev libomp-dev llvm; then
  echo "== fuzz"
  bash tests/fuzz/run.sh 5
else
  echo "clang cannot be installed: fuzzing is skipped"
fi
# Other systems have other versions of the tools, whose warnings are not known.
if grep -q '^VERSION_CODENAME=bookworm' /etc/os-release &&
  bash apps/install_packages.sh python3-sphinx python3-myst-parser furo python3-breathe doxygen \
    katex libjs-katex; then
  step "site" python3 tests/docs/site.py
else
  echo "the site is built with Debian 12's tools, which are not here: it is skipped"
fi
