#!/usr/bin/env bash
# The data in numbers and as a contact sheet.
source "$(dirname "$0")/lib.sh"

expect 0 "digits: 600 training images, 200 test images, height 28, width 28, channels 1" \
  "$minitape" data small.toml
grep -qF "contact sheet: runs/small_data.png" output.txt || fail "the sheet's place is not told"
[ "$(head -c 4 runs/small_data.png | tail -c 3)" = PNG ] || fail "the sheet is no PNG"
grep -qE "^0 +60 +20$" output.txt || fail "the images of a class are not counted"
grep -qF "crop (moved by up to 4 pixels" output.txt || fail "the augmentation is not told"

# The same picture with any number of threads; another one for another seed.
"$minitape" data small.toml --threads 1 --out new/folder/one.png >/dev/null
same runs/small_data.png new/folder/one.png
"$minitape" data small.toml --set seed=2 --out two.png >/dev/null
! cmp -s two.png new/folder/one.png || fail "another seed shows the same images"

# ---- What is wrong ----
expect 2 "must end in .png" "$minitape" data small.toml --out sheet.jpg
expect 2 "train-images" "$minitape" data small.toml --set data.name=mnist --set data.dir=nowhere \
  --out none.png
expect 2 "[data] name must be one of" "$minitape" data small.toml --set data.name=none \
  --set data.input=[3] --out none.png
[ ! -e none.png ] || fail "a sheet of nothing was written"
echo file > blocker
expect 1 "cannot write" "$minitape" data small.toml --out blocker/sheet.png
small_disk() { (trap '' XFSZ; ulimit -f 10; "$minitape" "$@"); }
cp two.png before.png
expect 1 "what was there before is unchanged" small_disk data small.toml --out two.png
same two.png before.png
