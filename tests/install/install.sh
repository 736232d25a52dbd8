#!/usr/bin/env bash
# minitape in other people's projects: installed and found with find_package, moved to another
# place, staged with DESTDIR, and as a folder of the project's own sources.
#
#   bash tests/install/install.sh BUILD_FOLDER       # with the command built
#
# Installs into a folder of its own that is removed at the end.
set -euo pipefail
build=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset DESTDIR
if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# quietly COMMAND…: its output appears only when it fails.
quietly() { "$@" >output.txt 2>&1 || { cat output.txt >&2; fail "$*"; }; }

# use_installed PREFIX FOLDER: the command and both programs of the consumer, built in FOLDER.
use_installed() {
  local prefix=$1 folder=$2
  quietly "$prefix/bin/minitape" summary "$prefix/share/minitape/configs/seed_dense.toml"
  grep -qF "Total parameters" output.txt || fail "no summary: $(cat output.txt)"
  # It starts minitape_f64, which must lie beside it.
  quietly "$prefix/bin/minitape" gradcheck "$prefix/share/minitape/configs/seed_dense.toml" \
    --entries 2
  [ "$("$prefix/bin/minitape" --version)" = "minitape 0.1.0" ] || fail "the version is not told"

  quietly cmake -S "$here/consumer" -B "$folder" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS=-O1
  grep -q "^minitape_DIR:PATH=$prefix/" "$folder/CMakeCache.txt" ||
    fail "another minitape was found: $(grep minitape_DIR "$folder/CMakeCache.txt")"
  quietly cmake --build "$folder" --target app trainer
  quietly "$folder/app"
  quietly "$folder/trainer" "$prefix/share/minitape/configs/digits_cnn.toml" "$folder/run"
  grep -q "test loss [0-9]" output.txt || fail "the trainer says: $(cat output.txt)"
}

# Installed.
quietly cmake --install "$build" --prefix "$work/first"
[ -f first/share/minitape/LICENSE ] || fail "the licence is not installed"
use_installed "$work/first" app_first

# Moved: nothing may point to the old place, or to where it was built.
mv first second
use_installed "$work/second" app_second
if grep -rlF -e "$work/first" -e "$source" second/lib/cmake second/lib*/*/cmake 2>/dev/null; then
  fail "the package names folders of the machine that built it"
fi

# A version with other functions is refused.
mkdir wrong
printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(wrong LANGUAGES CXX)' \
  'find_package(minitape 0.2 REQUIRED)' > wrong/CMakeLists.txt
if cmake -S wrong -B wrong/build -DCMAKE_PREFIX_PATH="$work/second" >output.txt 2>&1; then
  fail "version 0.1 was taken for 0.2"
fi
grep -q 'version "0.2"' output.txt || { cat output.txt >&2; fail "refused for another reason"; }

# Staged, as for a package.
DESTDIR=$work/stage quietly cmake --install "$build" --prefix /usr
[ -x stage/usr/bin/minitape_f64 ] || fail "DESTDIR is not heeded"

# As a folder of the project: neither tests nor the command, and no flags of ours for its files.
quietly cmake -S "$here/consumer" -B app_sources -DMINITAPE_SOURCE="$source" \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS=-O1 -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
quietly cmake --build app_sources --parallel 2
quietly app_sources/app
[ -z "$(find app_sources -name 'test_*' -o -name 'minitape_command*' -o -name '*_f64.a' \
  -o -name 'libminitape_*.a')" ] || fail "more was built than the consumer links"
grep '"command"' app_sources/compile_commands.json | grep 'consumer/main.cpp' > command.txt ||
  fail "no compile command of main.cpp"
! grep -E -e '-march|-Wall|-Wconversion' command.txt || fail "our flags are forced on the consumer"
