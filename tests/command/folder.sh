#!/usr/bin/env bash
# Folders of images: drawn digits as PNG and JPEG files of many sizes, with broken ones among them,
# are learned; what is wrong with a folder is said in a sentence.
source "$(dirname "$0")/lib.sh"
"$(dirname "$minitape")/export_folder" digits 2500 500

cat > folder.toml <<'TOML'
[data]
name = "folder"
dir = "digits"
image_size = 24
channels = 1
[model]
layers = [
  { type = "conv2d", filters = 16, kernel = 3, stride = 2, padding = "same" },
  { type = "batch_norm" },
  { type = "relu" },
  { type = "conv2d", filters = 32, kernel = 3, stride = 2, padding = "same" },
  { type = "batch_norm" },
  { type = "relu" },
  { type = "flatten" },
  { type = "dense", units = 10 },
]
[optimizer]
learning_rate = 0.02
[train]
epochs = 5
batch_size = 25
TOML

# ---- Without any image ----
elsewhere="--set data.dir=nowhere"
expect 0 "(None, 24, 24, 1)" "$minitape" summary folder.toml $elsewhere
expect 0 "images/s" "$minitape" bench folder.toml $elsewhere --steps 1
expect 0 "all gradients are right" "$minitape" gradcheck folder.toml $elsewhere --entries 3

# ---- Learning ----
echo "no image" > digits/train/3/broken.png
jpegs=(digits/train/5/*.jpg)
head -c 300 "${jpegs[0]}" > digits/test/5/cut.JPG
expect 0 "test accuracy" "$minitape" train folder.toml --out run
grep -qF "1 of 2501 images of digits/train cannot be read and are left out" output.txt ||
  fail "the broken image is not counted"
grep -qF "digits/train/3/broken.png must be a PNG or JPEG image" output.txt ||
  fail "the broken image is not named"
grep -qF "1 of 501 images of digits/test cannot be read" output.txt ||
  fail "the cut image is not told"
accuracy=$(last test_accuracy run/metrics.csv)
echo "folder of digits, 5 epochs: test accuracy $accuracy"
awk -v a="$accuracy" 'BEGIN { exit !(a >= 0.88) }' || fail "test accuracy $accuracy is below 0.88"

# Files that are not read are counted by kind, pictures that are cut short are named.
mkdir -p few/{train,test}/{k$'\xe4'se,k$'\xf6'se}
for folder in few/*/*; do cp "${jpegs[@]:0:4}" "$folder"; done
cp "${jpegs[0]}" few/train/k$'\xe4'se/photo.jfif
touch few/train/k$'\xe4'se/{a,b}.webp few/train/k$'\xf6'se/c.gif
pngs=(digits/train/5/*.png)
head -c -6 "${pngs[0]}" > few/test/k$'\xf6'se/cut.png
few=("$minitape" train folder.toml --set data.dir=few --set train.batch_size=4
  --set 'model.layers=[{ type = "flatten" }, { type = "dense", units = 2 }]')
expect 0 ".gif: 1, such as few/train/k?se/c.gif" "${few[@]}" --out few_run
grep -qF ".webp: 2, such as few/train/k?se/a.webp" output.txt || fail "a kind of file is not told"
grep -qF "1 of 9 images of few/test cannot be read" output.txt || fail "the cut PNG is not told"
# Their names are not UTF-8, and stay different.
expect 0 'k\\xE4se' "$minitape" predict few_run --json "${jpegs[0]}"
grep -qF 'k\\xF6se' output.txt || fail "one of two classes is lost"

# The same bits again, with another number of threads, from the run's own config.
"$minitape" train run/config.toml --out again --threads 1 >/dev/null 2>&1
same run/model.safetensors again/model.safetensors

# A comparison reads the images once for all seeds.
expect 0 "Fair" "$minitape" compare folder.toml --out both --seeds 2 --set train.max_steps=2
[ "$(grep -c "1 of 2501 images" output.txt)" = 1 ] || fail "the images were not read once"

# ---- What is wrong ----
train=("$minitape" train folder.toml --out wrong)
expect 2 "[data] dir must name the folder" env -u MINITAPE_DATA "${train[@]}" --set 'data.dir=""'
expect 2 "there is no folder nowhere/train" "${train[@]}" $elsewhere
expect 2 "train_limit must be at most 2500" "${train[@]}" --set data.train_limit=2501
expect 2 "data.channels must be 1 (grey) or 3 (colour)" "${train[@]}" --set data.channels=2
expect 2 "; there is one in digits" "${train[@]}" --set data.dir=digits/train
mkdir digits/train/ten
expect 2 'there are none of "ten"' "${train[@]}"
rmdir digits/train/ten
mkdir digits/test/ten
expect 2 'it has "ten"' "${train[@]}"
mv digits/test/9 .
rmdir digits/test/ten
expect 0 'digits/test has no images of "9"' "${train[@]}" --set train.max_steps=1
rm -r wrong digits/train/9
mkdir digits/train/9 digits/test/9
cp digits/train/3/broken.png digits/train/9/
expect 2 'class "9" of digits/train must have an image that can be read' "${train[@]}"
rm -r digits/train/9
expect 2 'it has "9"' "${train[@]}"
rmdir digits/test/9
expect 2 "for each of the 9 classes" "${train[@]}"
[ ! -e wrong ] || fail "bad input left a run folder behind"
