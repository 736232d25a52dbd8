#!/usr/bin/env bash
# lab: what there is, one experiment from its file to its verdicts, stopped and called again, what
# the reader expects, and what is refused before anything is trained.
source "$(dirname "$0")/lib.sh"

cat > tiny.toml <<'TOML'
[data]
name = "digits"
train_limit = 300
test_limit = 100
[model]
layers = [
  { type = "flatten" },
  { type = "dense", units = 8 },
  { type = "batch_norm" },
  { type = "relu" },
  { type = "dense", units = 10 },
]
[train]
epochs = 2
batch_size = 50
[lab]
question = "Does batch norm help |at all|?"
source = "A book"
minutes = 0.01
seeds = 3
vary = ["model.batch_norm=false,true"]
next = "More epochs."
measures = [
  { name = "test accuracy, %", column = "metrics.test_accuracy", times = 100 },
  { name = "first loss", column = "steps.loss", at = 1 },
]
panels = [{ y = "test accuracy, %", x = "epoch" }, { y = "first loss", x = "step", log_y = true }]
[[lab.claims]]
says = "Its first loss is a number."
value = "first loss"
of = "batch_norm = true"
at_least = 0
published = "2.3 (ln 10)"
[[lab.claims]]
says = "It gets everything right."
value = "test accuracy, %"
of = "batch_norm = false"
at_least = 100
TOML

# ---- The list ----
expect 0 "time here" "$minitape" lab
for file in "$configs"/lab/*.toml; do
  name=$(basename "$file" .toml)
  grep -Eq "^$name +[a-z0-9_]+ +about [0-9]" output.txt || fail "$name is not in the list, or has no time"
done
grep -qF "Does batch norm keep gradients from exploding?" output.txt || fail "no questions"
# From anywhere: the program finds its experiments from its own place, as this folder has none.
[ ! -e apps ] || fail "the test must run outside of the project"

# ---- One experiment ----
"$minitape" lab tiny.toml --out lab >stdout.txt 2>stderr.txt || fail "lab tiny.toml: $(cat stderr.txt)"
grep -qF "tiny: 2 variants, 3 seeds, about" stderr.txt || fail "no announcement: $(cat stderr.txt)"
for text in "Does batch norm help |at all|?" "batch_norm = false" "batch_norm = true" " ± " \
  "  holds: " "  does not hold here: " "published: 2.3 (ln 10)" "To try next: More epochs." \
  "lab/tiny/table.csv" "lab/tiny/section.md"; do
  grep -qF -- "$text" stdout.txt || fail "the result does not say \"$text\": $(cat stdout.txt)"
done
grep -qF "you expected" stdout.txt && fail "nobody was asked"
for seed in 1 2 3; do
  for variant in true false; do
    [ -e "lab/tiny/batch_norm-${variant}_seed-$seed/model.safetensors" ] ||
      fail "no run of batch_norm = $variant, seed $seed"
  done
done
for file in table.csv section.md curves.dat curves.gp; do
  [ -s "lab/tiny/$file" ] || fail "no $file"
done
[ "$(wc -l < lab/tiny/table.csv)" = 3 ] || fail "table.csv should have two variants"
awk -F, 'NF != 7 { exit 1 }' lab/tiny/table.csv || fail "the rows of table.csv differ in length"
grep -qF '**Does batch norm help |at all|?**' lab/tiny/section.md || fail "section.md has no question"
grep -qF '| Its first loss is a number. | **holds**: ' lab/tiny/section.md || fail "no verdict"
if command -v gnuplot >/dev/null; then [ -s lab/tiny/curves.svg ] || fail "no figure"; fi

# Called again it trains nothing and says the same.
find lab -name steps.csv -exec cat {} + | sort > before.csv
find lab -name '*.safetensors' -newer stdout.txt | grep -q . && fail "clocks differ"
"$minitape" lab tiny.toml --out lab >again.txt 2>/dev/null
same stdout.txt again.txt
find lab -name steps.csv -exec cat {} + | sort > after.csv
same before.csv after.csv
find lab -name '*.safetensors' -newer stdout.txt | grep -q . && fail "a run was trained again"

# Fewer seeds: fewer runs, and less can be told.
expect 0 "tiny: 2 variants, 1 seeds" "$minitape" lab tiny.toml --out one --seeds 1
grep -qF "cannot be told from this run" output.txt || fail "one seed is taken for proof"
[ "$(find one -name model.safetensors | wc -l)" = 2 ] || fail "--seeds 1 is not one seed"

# ---- What the reader expects ----
printf 'y\nno, 98 perhaps\n' > answers.txt
expect 0 "you expected: no, 98 perhaps" "$minitape" lab tiny.toml --out lab --predict < answers.txt
grep -qF "you expected: y" output.txt || fail "the first answer is not shown"
echo y > answers.txt  # one answer for two claims
expect 0 "you expected: y" "$minitape" lab tiny.toml --out lab --predict < answers.txt
[ "$(grep -c "you expected" output.txt)" = 1 ] || fail "an answer that was not given is shown"
expect 0 "holds: " "$minitape" lab tiny.toml --out lab --predict < /dev/null
expect 0 "holds: " "$minitape" lab tiny.toml --out lab --predict <&-

# ---- Stopped and called again ----
set -m  # else programs in the background would ignore Ctrl-C
sed 's/epochs = 2/epochs = 40/' tiny.toml > long.toml
"$minitape" lab long.toml --out stopped >/dev/null 2>stderr.txt & run=$!
until [ -e stopped/long/batch_norm-true_seed-1/steps.csv ]; do sleep 0.01; done
kill -INT $run
code=0
wait $run || code=$?
[ "$code" = 130 ] || fail "exit code $code after Ctrl-C: $(cat stderr.txt)"
grep -q "the same command goes on from here" stderr.txt || fail "no word about how to go on"
[ ! -e stopped/long/table.csv ] || fail "a stopped experiment has a result"
expect 0 "does not hold here" "$minitape" lab long.toml --out stopped
expect 0 "does not hold here" "$minitape" lab long.toml --out straight
same straight/long/table.csv stopped/long/table.csv

# ---- A run that diverges is a result ----
sed 's/batch_size = 50/batch_size = 50\n[optimizer]\nlearning_rate = 1e9/' tiny.toml > wild.toml
expect 0 "cannot be told from this run" "$minitape" lab wild.toml --out wild
[ "$(last diverged wild/wild/table.csv)" = 3 ] || fail "table.csv does not count what diverged"

# ---- No epochs: steps.csv has no rows, and the measures of it no numbers ----
expect 0 "cannot be told from this run" "$minitape" lab tiny.toml --out none --set train.epochs=0

# ---- A config like any other ----
expect 0 "test accuracy" "$minitape" train "$configs/lab/leftover.toml" --out train \
  --set data.train_limit=20
[ -s train/layers.csv ] || fail "diagnostics = true wrote no layers.csv"

# ---- What is refused, before anything is trained ----
# refused TEXT EXPERIMENT…: exit code 2, and nothing is left but perhaps the folder of all.
refused() {
  expect 2 "$1" "$minitape" lab "${@:2}" --out refused
  rmdir refused 2>/dev/null || [ ! -e refused ] || fail "a refused experiment left files: $2"
}
refused 'no experiment "one_stop": did you mean "one_step"?' one_stop
refused '`minitape lab` lists them' zzzzzzzzzzzz
refused "no such file" missing.toml
sed 's/value = "first loss"/value = "lost first"/' tiny.toml > bad.toml
refused 'the measure "lost first": there are "test accuracy, %", "first loss"' bad.toml
sed 's/published/publisht/' tiny.toml > bad.toml
refused 'did you mean "lab.claims[0].published"?' bad.toml
sed 's/^seeds/seed/' tiny.toml > bad.toml
refused 'did you mean "lab.seeds"?' bad.toml
sed 's/of = "batch_norm = false"/of = "batch_norm = maybe"/' tiny.toml > bad.toml
refused 'a claim must be about one variant: "batch_norm = maybe" fits none of' bad.toml
sed '/^of = "batch_norm = true"/d' tiny.toml > bad.toml
refused 'fits more than one of' bad.toml
refused "must have a table [lab]" small.toml
refused "did you mean" tiny.toml --set train.epoch=3

# Data that are missing: which, how to get them, and how to do without.
mkdir empty
MINITAPE_DATA=$PWD/empty refused "mnist" one_step
grep -qF 'get it with `bash data/download.sh mnist`' output.txt || fail "it is not said where the data are from: $(cat output.txt)"
MINITAPE_DATA=$PWD/empty expect 0 "To try next" "$minitape" lab one_step --seeds 1 --out digits \
  --set data.name=digits --set data.train_limit=200 --set data.test_limit=50
echo "an experiment from its file to its verdicts"
