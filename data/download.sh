#!/usr/bin/env bash
# Downloads public data sets, each into a folder of its own, and checks every file.
#
#   bash data/download.sh mnist cifar10
#
# A file is fetched as NAME.part, which a later run continues, and gets its own name only when its
# checksum is right. So whatever has its own name is whole, and a second run fetches nothing.
set -euo pipefail

usage() {
  cat <<'END'
Usage: bash data/download.sh [--dir DIR] [--sums FILE] SET...

SET         mnist (12 MB), fashion_mnist (31 MB) or cifar10 (170 MB, 185 MB unpacked)
--dir DIR   where the sets' folders go; default: $MINITAPE_DATA, else the folder of this script
--sums FILE checksums to use instead of the built-in ones, as sha256sum prints them

Environment:
MINITAPE_MIRRORS_MNIST, MINITAPE_MIRRORS_FASHION_MNIST, MINITAPE_MIRRORS_CIFAR10
                  addresses to use instead of the built-in ones, separated by spaces;
                  a file's name is appended to each
MINITAPE_TIMEOUT  leave a mirror that is silent for so many seconds; default: 30
END
}

# sha256, as the official pages give them, or of the files from there.
checksums() {
  local m=mnist f=fashion_mnist c=cifar-10-batches-bin
  cat <<END
440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609  $m/train-images-idx3-ubyte.gz
3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c  $m/train-labels-idx1-ubyte.gz
8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6  $m/t10k-images-idx3-ubyte.gz
f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6  $m/t10k-labels-idx1-ubyte.gz
3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84  $f/train-images-idx3-ubyte.gz
a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845  $f/train-labels-idx1-ubyte.gz
346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073  $f/t10k-images-idx3-ubyte.gz
67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5  $f/t10k-labels-idx1-ubyte.gz
c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd  $c/cifar-10-binary.tar.gz
cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5  $c/data_batch_1.bin
a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed  $c/data_batch_2.bin
bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67  $c/data_batch_3.bin
014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48  $c/data_batch_4.bin
755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add  $c/data_batch_5.bin
8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b  $c/test_batch.bin
2ce042b1e0b48db4bb214408e6414ba18b2731c24af244f2d6c112fddf31af00  $c/batches.meta.txt
END
}

# mirrors_of SET: the addresses of the folders that hold its files, tried in this order.
mirrors_of() {
  local replacement=MINITAPE_MIRRORS_${1^^}
  if [ -n "${!replacement:-}" ]; then
    echo "${!replacement}"
    return
  fi
  case $1 in
    mnist)
      echo https://ossci-datasets.s3.amazonaws.com/mnist/ \
        https://storage.googleapis.com/cvdf-datasets/mnist/ ;;
    fashion_mnist)
      echo https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/ \
        http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/ ;;
    cifar10)
      echo https://www.cs.toronto.edu/~kriz/ \
        https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/ \
        https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/ ;;
  esac
}

# Ends with a message; bad_usage is for what the caller can put right in the command.
fail() { echo "[download] $*" >&2; exit 1; }
bad_usage() { echo "[download] $*; see bash data/download.sh --help" >&2; exit 2; }

# is_right PATH FILE: what stands at PATH has the checksum that is listed for FILE.
is_right() {
  local sum=${sum_of[$2]:-}
  [ -n "$sum" ] || bad_usage "$sums must list the checksum of $2: it does not"
  [ -f "$1" ] && [ "$(sha256sum <"$1")" = "$sum  -" ]
}

size_of() { if [ -f "$1" ]; then wc -c <"$1"; else echo 0; fi; }

# transfer URL PART: appends to PART what it lacks of the file. Returns 0 when the server has no
# more, 1 when the transfer failed or broke off, 2 when this server can only start from the front.
transfer() {
  local url=$1 part=$2 status=0 show
  if command -v curl >/dev/null; then
    show=(--silent --show-error)
    [ ! -t 2 ] || show=(--progress-bar)
    curl "${show[@]}" --fail --location --connect-timeout "$timeout" --speed-limit 1 \
      --speed-time "$timeout" --continue-at - --output "$part" "$url" || status=$?
    [ $status != 33 ] || return 2
    [ $status != 23 ] || fail "$part must be writable: it is not; is the disk full?"
  else
    show=(--no-verbose)
    [ ! -t 2 ] || show=(--no-verbose --show-progress)
    wget "${show[@]}" --tries=1 --timeout="$timeout" --continue --output-document="$part" \
      "$url" || status=$?
    [ $status != 3 ] || fail "$part must be writable: it is not; is the disk full?"
  fi
  [ $status = 0 ] || return 1
}

# fetch_from URL FILE: makes FILE.part whole and right, or fails. What came before a transfer broke
# off is kept for the next one, here or from another mirror.
fetch_from() {
  local url=$1 file=$2 part=$dir/$2.part before status
  for _ in 1 2 3; do
    before=$(size_of "$part")
    status=0
    transfer "$url" "$part" || status=$?
    if is_right "$part" "$file"; then return 0; fi
    if [ $status = 1 ]; then
      # Go on where it broke off, but only with a server that sends something.
      [ "$(size_of "$part")" -gt "$before" ] || break
    else
      # Whole and wrong. If it began with an older part, that may be to blame: try without.
      rm -f "$part"
      [ "$before" = 0 ] || continue
      echo "$file: $url has another checksum" >&2
      break
    fi
  done
  [ -s "$part" ] || rm -f "$part"
  return 1
}

# get FILE SET: puts the right FILE into the folder, from the first mirror of the set that has it.
get() {
  local file=$1 set=$2 mirrors mirror
  if is_right "$dir/$file" "$file"; then
    echo "$file is there and right"
    return
  fi
  [ ! -e "$dir/$file" ] || echo "$file is there, but its checksum is wrong: fetching it again"
  command -v curl >/dev/null || command -v wget >/dev/null ||
    fail "curl or wget must be there to download: neither is; try apt-get install curl"
  mkdir -p "$(dirname "$dir/$file")" || fail "$dir must be writable: it is not; choose a --dir"

  read -r -a mirrors <<<"$(mirrors_of "$set")"
  for mirror in "${mirrors[@]}"; do
    if is_right "$dir/$file.part" "$file"; then break; fi
    echo "$file from $mirror"
    fetch_from "${mirror%/}/${file##*/}" "$file" || true
  done
  is_right "$dir/$file.part" "$file" || fail "$file must come from a mirror: none of" \
    "${mirrors[*]} gave the right file; check the network (for https the package ca-certificates" \
    "must be installed) and run this again, or name other mirrors in MINITAPE_MIRRORS_${set^^}"
  mv -fT "$dir/$file.part" "$dir/$file"
  echo "$file is fetched and right"
}

# get_cifar10: its files come in one archive, which is removed after they are checked. The names of
# the classes alone are not worth fetching it again: the program knows them.
get_cifar10() {
  local folder=cifar-10-batches-bin file missing=()
  local archive=$folder/cifar-10-binary.tar.gz unpacked=$dir/$folder/unpacked
  for file in "${files[@]}"; do
    [[ $file = $folder/*.bin ]] || continue
    if is_right "$dir/$file" "$file"; then echo "$file is there and right"
    else missing+=("$file"); fi
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  get "$archive" cifar10
  rm -rf "$unpacked"
  mkdir "$unpacked"
  tar -xzf "$dir/$archive" -C "$unpacked" --strip-components=1 --no-same-owner ||
    fail "$dir/$archive must unpack: it does not; is the disk full?"
  missing+=("$folder/batches.meta.txt")
  for file in "${missing[@]}"; do
    is_right "$unpacked/${file##*/}" "$file" ||
      fail "$file must have its checksum: the one in $dir/$archive has not; delete that archive"
  done
  for file in "${missing[@]}"; do mv -fT "$unpacked/${file##*/}" "$dir/$file"; done
  rm -rf "$unpacked" "${dir:?}/$archive"
  echo "$folder is unpacked and right"
}

# Read the command line.
dir=${MINITAPE_DATA:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}
timeout=${MINITAPE_TIMEOUT:-30}
sums=
sets=()
if [ $# = 0 ]; then
  usage >&2
  exit 2
fi
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --dir | --sums)
      [ -n "${2:-}" ] || bad_usage "$1 must be followed by a path: nothing is"
      if [ "$1" = --dir ]; then dir=$2; else sums=$2; fi
      shift ;;
    mnist | fashion_mnist | cifar10) sets+=("$1") ;;
    *) bad_usage "a set must be mnist, fashion_mnist or cifar10: got \"$1\"" ;;
  esac
  shift
done
[ ${#sets[@]} -gt 0 ] || bad_usage "a set must be named: none is"
[[ $timeout =~ ^[1-9][0-9]{0,4}$ ]] ||
  bad_usage "MINITAPE_TIMEOUT must be a number of seconds: got \"$timeout\""
[ -z "$sums" ] || [ -r "$sums" ] || bad_usage "$sums must be a list of checksums: it cannot be read"

# Read the checksums.
files=()
declare -A sum_of
while read -r sum file; do
  files+=("$file")
  sum_of[$file]=$sum
done < <(if [ -n "$sums" ]; then cat "$sums"; else checksums; fi)

for set in "${sets[@]}"; do
  folder=$set
  [ "$set" != cifar10 ] || folder=cifar-10-batches-bin
  [[ " ${files[*]:-}" = *" $folder/"* ]] ||
    bad_usage "$sums must list the checksums of files in $folder/: it does not"
  if [ "$set" = cifar10 ]; then
    get_cifar10
    continue
  fi
  for file in "${files[@]}"; do
    if [[ $file = "$set"/* ]]; then get "$file" "$set"; fi
  done
done
