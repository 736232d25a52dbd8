#!/usr/bin/env bash
# Compares the pages docs/ledger.md and docs/museum.md with the tests: every test that a page names
# exists, and every test of the suites ledger and museum is on its page. A page names a test in
# backticks, whole or by the beginning of its name: `museum 09`, `0.6: the global deviation`.
#
#   bash tests/ledger/check_docs.sh BUILD_DIR
set -euo pipefail
build=$(cd "${1:?usage: check_docs.sh BUILD_DIR}" && pwd)
cd "$(dirname "$0")/../.."

# The test cases of some programs, one a line.
tests_of() {
  for program in "$@"; do
    "$build/$program" -ltc | grep -v -e '^\[doctest\]' -e '^=*$'
  done
}

# What stands in backticks on a page and begins like a test's name.
named_in() {
  { grep -oE '`(museum [0-9]+|[0-9]+:|[0-9D]\.[0-9]+[:,])[^`]*`' "docs/$1.md" || true; } |
    tr -d '`' | sort -u
}

# without_beginning NAMES TESTS: the tests that begin with none of the names.
# without_test NAMES TESTS: the names that no test begins with.
without_beginning() {
  awk 'NR == FNR { names[$0]; next }
       { for (name in names) if (index($0, name) == 1) next; print }' "$1" "$2"
}
without_test() {
  awk 'NR == FNR { tests[$0]; next }
       { for (test in tests) if (index(test, $0) == 1) next; print }' "$2" "$1"
}

# report TITLE: passes on the lines it gets, under a title, and remembers that there were some.
failed=0
report() {
  local lines
  lines=$(cat)
  [ -z "$lines" ] && return
  printf '%s:\n%s\n' "$1" "$lines"
  failed=1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tests_of test_ledger test_museum test_identities >"$work/all"
for page in ledger museum; do
  named_in $page >"$work/named"
  tests_of test_$page >"$work/own"
  report "docs/$page.md names tests that do not exist" < <(without_test "$work/named" "$work/all")
  report "docs/$page.md lacks tests of the suite $page" \
    < <(without_beginning "$work/named" "$work/own")
done
exit $failed
