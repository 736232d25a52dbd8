#!/usr/bin/env bash
# report.html: one whole page that needs nothing else, with every number of summary.csv; the same
# runs give the same bytes; its commands do what they say; no name gets out of its place; and where
# there is Chromium, nothing is wider than a phone.
source "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "there is no python3: skipped"; exit 77; }
tests=$configs/../../tests/command
page() { python3 "$tests/report_page.py" "$@"; }
export PYTHONDONTWRITEBYTECODE=1 PYTHONIOENCODING=utf-8

# shows FILE TEXT: a reader of the page sees this text.
shows() { page text "$1" > text.txt; grep -qF -- "$2" text.txt || fail "$1 does not show \"$2\""; }

# ---- The page of a comparison ----
expect 0 "report.html" "$minitape" compare small.toml --seeds 3 --out both
[ "$(tail -n 1 output.txt)" = both/report.html ] || fail "the last line is not the page's path"
grep '^Fair: ' output.txt > fair.txt
page check both/report.html both/summary.csv
for text in "small, compared" "model.batch_norm=false,true" "$(grep ' minus ' output.txt)" \
  "$(cat fair.txt)" "running statistics" "blas_core"; do
  shows both/report.html "$text"
done
[ ! -e both/report.html.tmp ] || fail "a temporary file is left"

# ---- The same runs, the same bytes ----
cp both/report.html before.html
for threads in 1 2; do
  expect 0 "report.html" "$minitape" compare small.toml --seeds 3 --out both --threads $threads
  same before.html both/report.html
done

# ---- The commands repeat it, also where the shell must not look into a value ----
hostile='data.dir="<script>it'\''s $(touch hit)</script>","&amp; <b>"'
mkdir bin && ln -s "$minitape" bin/minitape
expect 0 "report.html" "$minitape" compare small.toml --vary "$hostile" --set train.epochs=1 \
  --set train.views=mirrored --out "a <b> & 'c'"
page check "a <b> & 'c'/report.html" "a <b> & 'c'/summary.csv"
shows "a <b> & 'c'/report.html" 'dir = "<script>it'\''s $(touch hit)</script>"'
page commands "a <b> & 'c'/report.html" > commands.txt
[ "$(wc -l < commands.txt)" = 3 ] || fail "there should be three commands"
first=$(echo "a <b> & 'c'"/dir*script*)
while read -r command; do
  PATH="$work/bin:$PATH" bash -c "$command" >output.txt 2>&1 </dev/null ||
    { cat output.txt >&2; fail "this command of the page fails: $command"; }
  for run in again/dir*script* again_one; do
    [ ! -d $run ] || same $run/model.safetensors "$first/model.safetensors"
  done
  ls again*/*/model.safetensors again_one/model.safetensors >>made.txt 2>/dev/null || true
  rm -rf again again_one
done < commands.txt
[ "$(wc -l < made.txt)" = 5 ] || fail "the commands should train 2, 2 and 1 models"
[ ! -e hit ] || fail "a command of the page ran what was in a value"

# ---- What there is to say when things go wrong ----
expect 0 "diverged at step" "$minitape" compare small.toml --out diverged \
  --vary optimizer.learning_rate=0.01,1e9,1e8 --set model.batch_norm=false
page check diverged/report.html diverged/summary.csv
grep '1e8: diverged at step' output.txt > named.txt || fail "the run that diverged is not named"
shows diverged/report.html "$(cat named.txt)"
rm diverged/*/environment.json
expect 0 "report.html" "$minitape" compare small.toml --out diverged \
  --vary optimizer.learning_rate=0.01,1e9,1e8 --set model.batch_norm=false
shows diverged/report.html "The runs did not record it."

# ---- Without gnuplot ----
mkdir empty
expect 0 "gnuplot is not installed" \
  env PATH="$work/empty" "$minitape" compare small.toml --seeds 3 --out both
page check both/report.html both/summary.csv
shows both/report.html "gnuplot is not installed"
for file in curves.dat curves.gp; do [ -s both/$file ] || fail "without gnuplot no $file"; done
for file in curves.svg curves.png; do [ ! -e both/$file ] || fail "an older $file is left"; done

# ---- A phone ----
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[ -n "$chromium" ] || { echo "there is no Chromium: nobody measures the page's width"; exit 0; }
for folder in both diverged "a <b> & 'c'"; do
  page frame "$folder/report.html" 360 > frame.html
  timeout 60 "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars \
    --user-data-dir="$work/profile" --dump-dom "file://$work/frame.html" \
    >dom.txt 2>/dev/null || true
  grep -q "<title>the contents are" dom.txt ||
    { echo "Chromium does not work here: skipped"; exit 0; }
  grep -q "<title>the contents are 0 pixels wider than 360<" dom.txt ||
    fail "$folder/report.html: $(grep -o '<title>[^<]*' dom.txt)"
done
