# What the tests of the command share. Source it: $1 is the minitape program.
#
# Each test runs in a folder of its own that is removed at the end, with $configs pointing to the
# shipped configs.
set -euo pipefail
minitape=$(realpath "$1")
configs=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../apps/configs" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# expect EXIT_CODE TEXT COMMAND…: the command ends with that code and says TEXT on stdout or stderr.
expect() {
  local code=$1 text=$2 actual=0
  shift 2
  "$@" >output.txt 2>&1 || actual=$?
  [ "$actual" = "$code" ] || { cat output.txt >&2; fail "exit code $actual instead of $code: $*"; }
  grep -qF -- "$text" output.txt || { cat output.txt >&2; fail "no \"$text\" in the output of: $*"; }
}

# same FILE_A FILE_B: byte for byte.
same() { cmp "$1" "$2" || fail "$1 and $2 differ"; }

# without COLUMN FILE: a CSV file without that column.
without() {
  awk -F, -v column="$1" 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == column) skip = i }
    { line = ""; for (i = 1; i <= NF; ++i) if (i != skip) line = line "," $i; print line }' "$2"
}

# last COLUMN FILE: the value of a CSV file's last row.
last() {
  awk -F, -v column="$1" 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == column) c = i }
    END { print $c }' "$2"
}

# A config that trains in about a second: 600 made digits, a small network with batch norm.
cat > small.toml <<'TOML'
[data]
name = "digits"
train_limit = 600
test_limit = 200
augment = ["crop"]
[model]
layers = [
  { type = "conv2d", filters = 4, kernel = 3, stride = 2, padding = "same" },
  { type = "batch_norm" },
  { type = "relu" },
  { type = "flatten" },
  { type = "dropout", rate = 0.1 },
  { type = "dense", units = 10 },
]
[train]
epochs = 2
batch_size = 50
TOML
