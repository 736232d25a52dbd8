#!/usr/bin/env bash
# data/download.sh with mirrors on this machine that work, lie, break off or are down, once with
# curl and once with wget: only right files get their names, and nothing is fetched twice.
source "$(dirname "$0")/lib.sh"
script=$configs/../../data/download.sh
export HOME=$work no_proxy=127.0.0.1 NO_PROXY=127.0.0.1 MINITAPE_TIMEOUT=1
real_data=${MINITAPE_DATA:-}
unset MINITAPE_DATA

# Make up the sets: small files under the published names, and their checksums.
mnist=files/mnist
mkdir -p $mnist files/fashion_mnist files/cifar10 cifar-10-batches-bin
for part in train t10k; do
  for kind in images-idx3 labels-idx1; do
    seq 20000 | sed "s/^/$part $kind/" | gzip > $mnist/$part-$kind-ubyte.gz
    echo "$part $kind" | gzip > files/fashion_mnist/$part-$kind-ubyte.gz
  done
done
for name in data_batch_{1,2,3,4,5}.bin test_batch.bin batches.meta.txt; do
  seq 3000 | sed "s/^/$name/" > "cifar-10-batches-bin/$name"
done
pack() { tar -czf files/cifar10/cifar-10-binary.tar.gz cifar-10-batches-bin; }
write_sums() {
  (cd files && sha256sum mnist/* fashion_mnist/*)
  sha256sum cifar-10-batches-bin/*
  (cd files/cifar10 && sha256sum cifar-10-binary.tar.gz) | sed 's,  ,&cifar-10-batches-bin/,'
}
pack
write_sums > sums
images=train-images-idx3-ubyte.gz
size=$(wc -c < $mnist/$images)
grep "mnist/$images" sums | grep -v fashion > one  # a set of one file

# Start the server.
python3 "$configs/../../tests/command/mirror.py" files > ports &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  [ ! -s ports ] || break
  sleep 0.1
done
read -r port closed < ports || fail "the server did not start"
url=http://127.0.0.1:$port
down=http://127.0.0.1:$closed/down/
# No mirror but these is ever asked.
export MINITAPE_MIRRORS_MNIST=$down MINITAPE_MIRRORS_FASHION_MNIST=$down
export MINITAPE_MIRRORS_CIFAR10=$down

# with_only TOOL…: from now on the script finds these and what every Debian has.
with_only() {
  local tool
  rm -rf bin
  mkdir bin
  for tool in bash cat dirname gzip mkdir mv rm sha256sum tar wc "$@"; do
    ln -s "$(command -v "$tool")" bin/
  done
}

# download EXIT_CODE TEXT MIRRORS ARGUMENT…: runs the script with these mirrors, given as the
# server's behaviours or as addresses. The server's log starts anew.
download() {
  local code=$1 text=$2 mirrors=() mirror
  for mirror in $3; do
    [[ $mirror = http* ]] || mirror=$url/$mirror/mnist
    mirrors+=("$mirror")
  done
  shift 3
  : > files/log
  MINITAPE_MIRRORS_MNIST="${mirrors[*]}" \
    expect "$code" "$text" env PATH="$work/bin" bash "$script" "$@"
}
one() { download "$1" "$2" "$3" --sums one --dir got mnist; }  # the set of one file
served() { awk '{ n += $2 } END { print n + 0 }' files/log; }
whole() { same $mnist/$images got/mnist/$images; no_leftovers; }
no_leftovers() {
  local found
  found=$(find got -name '*.part' -o -name unpacked -o -name '*binary.tar.gz')
  [ -z "$found" ] || fail "left behind: $found"
}
absent() { [ ! -e "$1" ] || fail "$1 should not be there"; }
asked() {
  [ "$(served)" = "$1" ] || fail "$(served) bytes were sent instead of $1: $(cat files/log)"
}
afresh() { rm -rf got; mkdir -p got/mnist; }

mirrors_in_turn() {
  local mirror text
  afresh
  rmdir got/mnist
  one 0 "from $url/good/mnist" "$down nosuch/x corrupt short good cut"
  whole
  for mirror in corrupt short; do
    grep -qF "$url/$mirror/mnist/$images has another checksum" output.txt ||
      fail "it is not told that the mirror \"$mirror\" has a wrong file"
  done
  ! grep -q /cut/ files/log || fail "a mirror was asked after the file was there"
  one 0 "mnist/$images is there and right" good
  asked 0

  # No mirror works: what, where, what to do; nothing stays behind.
  afresh
  one 1 "[download] mnist/$images must come from a mirror" "corrupt short $down nosuch/x"
  for text in "$down" "$url/nosuch/x" "$url/short" "network" "MINITAPE_MIRRORS_MNIST"; do
    grep -F "must come from a mirror" output.txt | grep -qF "$text" ||
      fail "no $text in the message"
  done
  [ -z "$(find got -type f)" ] || fail "left behind: $(find got)"

  # A wrong file under the right name stays until there is a better one.
  echo mine > got/mnist/$images
  one 1 "its checksum is wrong" "$down corrupt"
  [ "$(cat got/mnist/$images)" = mine ] || fail "the file was lost"
  one 0 "its checksum is wrong: fetching it again" good
  whole
}

resuming() {
  local length part=got/mnist/$images.part
  # A transfer that breaks off goes on with the same mirror.
  afresh
  one 0 "is fetched and right" cut
  whole
  asked "$size"

  # One that stalls is given up; the next run sends what is missing.
  afresh
  local start=$SECONDS
  one 1 "must come from a mirror" "stall $down"
  [ $((SECONDS - start)) -lt 40 ] || fail "MINITAPE_TIMEOUT=1 took $((SECONDS - start)) s"
  absent got/mnist/$images
  [ "$(wc -c < $part)" = $((size / 2)) ] || fail "what had come was lost"
  one 0 "is fetched and right" "nosuch/x good"
  whole
  asked $((size - size / 2))

  # A server that cannot continue a file starts again.
  afresh
  head -c 1000 $mnist/$images > $part
  one 0 "is fetched and right" norange
  whole

  # A part that is not of this file, or longer than it, is fetched again from the front …
  for length in 1000 $((size + 1000)); do
    afresh
    head -c "$length" /dev/zero > $part
    one 0 "is fetched and right" good
    whole
  done
  # … and one that is whole needs no mirror.
  afresh
  cp $mnist/$images $part
  one 0 "is fetched and right" "$down"
  whole
  asked 0
}

disk_full() {
  afresh
  (trap '' XFSZ; ulimit -f 16; one 1 "is the disk full?" "good $down")  # no file beyond 16 kB
  absent got/mnist/$images
  ! grep -qF "must come from a mirror" output.txt || fail "more than one message"
  one 0 "is fetched and right" good
  whole
  asked $((size - 16 * 1024))
}

all_sets() {
  afresh
  export MINITAPE_MIRRORS_FASHION_MNIST=$url/good/fashion_mnist/
  export MINITAPE_MIRRORS_CIFAR10="$down $url/corrupt/cifar10 $url/cut/cifar10"
  local set folder=cifar-10-batches-bin
  download 0 "$folder is unpacked and right" good \
    --sums sums --dir "got/a b" mnist fashion_mnist cifar10
  for set in files/mnist files/fashion_mnist $folder; do
    diff -r "$set" "got/a b/${set#files/}" || fail "$set differs from the mirror's"
  done
  download 0 "$folder/test_batch.bin is there and right" "$down" \
    --sums sums --dir "got/a b" mnist fashion_mnist cifar10
  [ "$(grep -c "is there and right" output.txt)" = 14 ] || fail "not all 14 files were checked"
  asked 0

  # One missing batch is put back, and nothing else is touched.
  rm "got/a b/$folder/data_batch_3.bin"
  touch -d @1 "got/a b/$folder/data_batch_1.bin"
  download 0 "is unpacked and right" good --sums sums --dir "got/a b" cifar10
  diff -r $folder "got/a b/$folder" || fail "the missing batch is not back"
  [ "$(stat -c %Y "got/a b/$folder/data_batch_1.bin")" = 1 ] || fail "a right file was replaced"

  # An archive that was whole before an interruption is not fetched again.
  afresh
  mkdir -p got/$folder/unpacked
  cp files/cifar10/cifar-10-binary.tar.gz got/$folder/
  download 0 "is unpacked and right" good --sums sums --dir got cifar10
  asked 0
  diff -r $folder got/$folder || fail "CIFAR-10 differs from the mirror's"

  # An archive whose files are not the listed ones, or that does not unpack, gives nothing.
  afresh
  sed '/data_batch_4/s/^......../00000000/' sums > other_sums
  download 1 "$folder/data_batch_4.bin must have its checksum" good \
    --sums other_sums --dir got cifar10
  [ -z "$(find got/$folder -maxdepth 1 -name '*.bin')" ] || fail "unchecked files got their names"
  sed '/batches.meta/s/^......../00000000/' sums > other_sums
  download 1 "$folder/batches.meta.txt must have its checksum" good \
    --sums other_sums --dir got cifar10
  mkdir -p files/junk got/junk
  head -c 5000 /dev/urandom > files/junk/cifar-10-binary.tar.gz
  { (cd files/junk && sha256sum ./*.gz) | sed "s,  ./,  $folder/,"; grep bin$ sums; } > junk_sums
  MINITAPE_MIRRORS_CIFAR10=$url/good/junk \
    download 1 "must unpack" good --sums junk_sums --dir got/junk cifar10
  export MINITAPE_MIRRORS_CIFAR10=$down MINITAPE_MIRRORS_FASHION_MNIST=$down
}

for client in curl wget; do
  if ! command -v $client >/dev/null; then
    echo "not tested with $client, which is not installed"
    continue
  fi
  echo "with $client"
  with_only $client
  mirrors_in_turn
  resuming
  disk_full
  all_sets
done

# Without curl and wget it says what to do, and still checks what is there.
with_only
afresh
one 1 "apt-get install curl" good
[ -z "$(find got -type f)" ] || fail "left behind: $(find got)"
cp $mnist/$images got/mnist/
one 0 "is there and right" good
if [ -d "$real_data/mnist" ] && [ -d "$real_data/cifar-10-batches-bin" ]; then
  download 0 "test_batch.bin is there and right" good --dir "$real_data" mnist cifar10
fi

# ---- Where the files go: --dir, else $MINITAPE_DATA, else beside the script ----
mkdir beside
cp "$script" beside/
cp -r got/mnist beside/
(script=beside/download.sh && download 0 "is there and right" good --sums one mnist)
MINITAPE_DATA=elsewhere download 1 "apt-get install curl" good --sums one mnist
MINITAPE_DATA=got download 0 "is there and right" good --sums one mnist
MINITAPE_DATA=elsewhere download 0 "is there and right" good --sums one --dir got mnist

# ---- The call ----
download 2 "Usage:" good
download 0 "MINITAPE_MIRRORS_MNIST" good --help
download 2 'must be mnist, fashion_mnist or cifar10: got "imagenet"' good --dir new mnist imagenet
absent new
download 2 "a set must be named" good --dir new
download 2 "--dir must be followed by a path" good mnist --dir
download 2 "nosuch must be a list of checksums" good mnist --sums nosuch
download 2 "must list the checksums of files in fashion_mnist/" good --sums one fashion_mnist
grep bin$ sums > batches
download 2 "must list the checksum of cifar-10-batches-bin/cifar-10-binary.tar.gz" good \
  --sums batches --dir new cifar10
MINITAPE_TIMEOUT=soon download 2 'number of seconds: got "soon"' good mnist --dir new
asked 0
