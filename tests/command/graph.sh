#!/usr/bin/env bash
# The tape of a training step as a picture.
source "$(dirname "$0")/lib.sh"
small=(--set train.batch_size=2)

# ---- As text, which needs nothing ----
expect 0 "graph: new/folder/small.dot" "$minitape" graph small.toml --out new/folder/small.dot
grep -qF 'n2 [label="2  conv2d\n(50, 14, 14, 4)"' new/folder/small.dot || fail "no shape of a batch"
[ "$(head -n 1 new/folder/small.dot)" = "digraph tape {" ] || fail "that is not DOT"
[ "$(grep -c 'class=value' new/folder/small.dot)" = 2 ] ||
  fail "the images and dropout's mask alone get no gradient"
"$minitape" graph small.toml --threads 1 --out new/folder/again.dot >/dev/null
same new/folder/small.dot new/folder/again.dot
"$minitape" graph small.toml --set model.batch_norm=false --out new/folder/small.dot >/dev/null
grep -q batch_norm new/folder/small.dot && fail "the picture that was there was not replaced"

# Where nothing is trained nothing gets a gradient.
expect 0 "untrained.dot" "$minitape" graph small.toml --out untrained.dot --set 'optimizer.train=[]'
grep -q 'class=gradient' new/folder/again.dot || fail "no gradients are drawn"
grep -q 'class=gradient' untrained.dot && fail "gradients are drawn that there are not"

# ---- What is wrong ----
expect 2 "must end in .svg or .dot" "$minitape" graph small.toml --out graph.png
expect 2 "must end in .svg or .dot" "$minitape" graph small.toml --out graph
expect 2 "no_such_layer" "$minitape" graph small.toml --out none.dot \
  --set 'model.layers=[{ type = "no_such_layer" }]'
expect 2 "does not fit" "$minitape" graph small.toml --out none.dot \
  --set 'model.layers=[{ type = "flatten" }, { type = "conv2d", filters = 2, kernel = 3 }]'
echo file > blocker
for type in dot svg; do
  expect 1 "cannot write" "$minitape" graph small.toml --out blocker/graph.$type
done
[ ! -e graph.png ] && [ ! -e none.dot ] || fail "a picture of nothing was written"

# A dot that is missing or fails: a sentence, and what was there stays.
mkdir empty failing lying
printf '#!/bin/sh\necho "no fonts" >&2\nexit 3\n' > failing/dot
printf '#!/bin/sh\nexit 0\n' > lying/dot
chmod +x failing/dot lying/dot
echo before > graph.svg
with_path() { (export PATH=$1; exec "$minitape" graph small.toml --out graph.svg); }
expect 1 "install the package graphviz" with_path "$work/empty"
[ "$(wc -l < output.txt)" = 1 ] || fail "more than a sentence: $(cat output.txt)"
for folder in failing lying; do
  expect 1 "dot, which failed" with_path "$work/$folder:$PATH"
done
[ "$(cat graph.svg)" = before ] || fail "a picture that could not be drawn took another's place"
[ -z "$(find . -name '*.tmp')" ] || fail "left behind: $(find . -name '*.tmp')"

# ---- As SVG ----
command -v dot >/dev/null || { echo "graphviz is not installed: no SVG is drawn"; exit 77; }
expect 0 "graph: graph.svg" "$minitape" graph small.toml --out graph.svg
grep -qF "</svg>" graph.svg || fail "no SVG"
mkdir "my 'folder'" && expect 0 "graph:" "$minitape" graph small.toml --out "my 'folder'/-a b.svg"
same graph.svg "my 'folder'/-a b.svg"
"$minitape" graph small.toml "${small[@]}" >/dev/null
[ -s runs/small_graph.svg ] || fail "nothing at the default place"

# Every shipped config, with options that compose their layers from several operations.
cat > composed.toml <<'TOML'
[data]
name = "none"
input = [8, 8, 3]
[batch_norm]
group_norm = 2
noise = true
[model]
layers = [
  { type = "conv2d", filters = 4, kernel = 3, padding = "same" },
  { type = "residual", layers = [
    { type = "batch_norm" }, { type = "relu" },
    { type = "conv2d", filters = 4, kernel = 3, padding = "same" } ] },
  { type = "batch_norm", group_norm = 0, ghost_batch = 2 },
  { type = "global_avg_pool" },
  { type = "dense", units = 10 },
]
TOML
for config in "$configs"/*.toml "$configs"/lab/*.toml composed.toml; do
  name=$(basename "$config" .toml)
  expect 0 "graph:" "$minitape" graph "$config" "${small[@]}" --out "all/$name.dot"
  dot -Tplain "all/$name.dot" >plain.txt 2>warnings.txt || fail "dot rejects $config"
  ! grep -E '^(Warning|Error)' warnings.txt || fail "dot complains about $config"
  nodes=$(grep -c ' \[label="[0-9]*  ' "all/$name.dot")
  [ "$(grep -c '^node n' plain.txt)" = "$nodes" ] || fail "$config: nodes are missing"
done
