#!/usr/bin/env bash
# Networks that were trained briefly answer the photos in tests/photos; what cannot be answered is
# named, and the rest is answered all the same.
source "$(dirname "$0")/lib.sh"
photos=$(cd "$configs/../../tests/photos" && pwd)

# ask RUN LEAST: all photos in one call. Their names begin with the digit that they show.
ask() {
  "$minitape" predict "$1" "$photos"/*.png > answers.txt
  right=$(sed -n 's|^.*/\([0-9]\)_[^/]*\.png: \([0-9]\) (.*|\1 \2|p' answers.txt |
    awk '$1 == $2 { ++n } END { print n + 0 }')
  all=$(ls "$photos"/*.png | wc -l)
  echo "$1: $right of $all photos"
  [ "$right" -ge "$2" ] || { cat answers.txt >&2; fail "$1: only $right of $all photos, not $2"; }
}

"$minitape" train "$configs/digits_cnn.toml" --out digits --set data.train_limit=6000 \
  --set data.test_limit=500 --set train.epochs=2 >/dev/null 2>&1
ask digits 11

# ---- The same as JSON, each photo by itself, folded ----
"$minitape" predict digits "$photos"/*.png --json --fold > answers.json 2> fold.txt
grep -q 'folded 3 of 3 batch norms: the probabilities differ by at most' fold.txt ||
  fail "--fold does not say what it did: $(cat fold.txt)"
awk '{ for (i = 1; i < NF; ++i) if ($i == "most") exit !($(i + 1) + 0 < 1e-5) }' fold.txt ||
  fail "the folded network gives other answers: $(cat fold.txt)"
python3 - answers.json answers.txt <<'PYTHON'
import json, re, sys
answers = json.load(open(sys.argv[1]))
texts = re.findall(r"^(\S+\.png): (\d) \(", open(sys.argv[2]).read(), re.MULTILINE)
assert [(a["file"], a["class"]) for a in answers] == texts, "text and JSON differ"
for a in answers:
    p = a["probabilities"]
    assert list(p) == [str(i) for i in range(10)] and abs(sum(p.values()) - 1) < 1e-12
    assert a["probability"] == max(p.values()) == p[a["class"]] and a["class"] == str(a["index"])
PYTHON
for photo in "$photos"/*.png; do "$minitape" predict digits "$photo"; done > one_by_one.txt
same one_by_one.txt answers.txt
expect 0 "folded 3 of 3" "$minitape" predict digits "$photos/0_20x20_dark.png" --fold
# Dark ink on light paper means nothing to the network unless it is prepared.
"$minitape" predict digits "$photos/6_150x200_dark.png" --as-is > as_is.txt
! grep -A20 '6_150x200' answers.txt | head -11 | cmp -s - as_is.txt ||
  fail "--as-is changes nothing"

# ---- Bad input ----
expect 2 "IMAGE" "$minitape" predict digits
expect 2 "no such folder" "$minitape" predict nowhere a.png
mkdir empty && expect 2 "no config.toml" "$minitape" predict empty a.png
cp -r digits unfinished && rm unfinished/model.safetensors
expect 2 "must be complete" "$minitape" predict unfinished "$photos/0_20x20_dark.png"
cp -r digits changed && sed -i 's/filters = 16/filters = 8/' changed/config.toml
expect 2 "must fit" "$minitape" predict changed "$photos/0_20x20_dark.png"

echo "no image" > text.png
head -c 900 "$photos/4_100x80_light.png" > cut.png
printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\x86\xa0\0\1\x86\xa0\x08\0\0\0\0' > huge.png
# 1 x 1 and 28 x 28 pixels, all white.
python3 - <<'PYTHON'
import struct, zlib
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
for side in (1, 28):
    with open(f"white{side}.png", "wb") as file:
        rows = zlib.compress((b"\0" + b"\xff" * side) * side)
        header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) +
                   chunk(b"IEND", b""))
PYTHON
expect 2 "PNG or JPEG" "$minitape" predict digits text.png
expect 2 "damaged, cut short" "$minitape" predict digits cut.png
expect 2 "huge.png" "$minitape" predict digits huge.png
expect 2 "minitape: white1.png: [digit] finds no ink" "$minitape" predict digits white1.png
expect 2 "no ink" "$minitape" predict digits white28.png
expect 2 "missing.png" "$minitape" predict digits missing.png
expect 2 "empty" "$minitape" predict digits empty
expect 2 "0_20x20_dark.png: 0 (" "$minitape" predict digits text.png "$photos/0_20x20_dark.png" cut.png
grep -q 'minitape: \[image\] text.png must' output.txt &&
  grep -q 'minitape: \[image\] cut.png must' output.txt ||
  fail "the broken images are not named, each once"
expect 2 "[]" "$minitape" predict digits text.png --json

# ---- Real MNIST ----
if [ ! -d "${MINITAPE_DATA:-}/mnist" ]; then
  echo "SKIPPED: photos for a network trained on MNIST: no MNIST in MINITAPE_DATA=${MINITAPE_DATA:-}"
  exit 0
fi
"$minitape" train "$configs/mnist_cnn.toml" --out mnist --set train.max_steps=150 \
  --set data.test_limit=500 --set schedule.name=constant --set optimizer.learning_rate=0.05 \
  >/dev/null 2>&1
ask mnist 10
