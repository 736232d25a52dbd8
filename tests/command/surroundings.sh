#!/usr/bin/env bash
# The machine around a run: other people's settings, file systems and limits. Each changes what it is
# meant to and nothing else.
source "$(dirname "$0")/lib.sh"

"$minitape" train small.toml --out good >good.txt 2>&1
same_model() { same good/model.safetensors "$1/model.safetensors"; }

# ---- A user's settings ----
# Shells set these; some programs print other numbers or colours, or read other files, because of
# them.
env LC_ALL=de_DE.UTF-8 LANG=tr_TR.UTF-8 LANGUAGE=fr TERM=dumb NO_COLOR=1 CLICOLOR_FORCE=1 COLUMNS=7 \
  OMP_DYNAMIC=true OMP_NESTED=true OMP_SCHEDULE=dynamic,3 OMP_DISPLAY_ENV=false \
  "$minitape" train small.toml --out settings >settings.txt 2>&1
same_model settings
without_numbers() { sed 's/[0-9][0-9.e+-]*/N/g; s/good\|settings/RUN/' "$1"; }
same <(without_numbers good.txt) <(without_numbers settings.txt)
(umask 077; "$minitape" train small.toml --out private >/dev/null 2>&1)
[ "$(stat -c %a private private/model.safetensors | tr '\n' ' ')" = "700 600 " ] ||
  fail "a umask of 077 gives $(stat -c %a private private/model.safetensors)"

# ---- A file system that cannot sync folders ----
# Network and encrypted ones answer with one number or another. A write that fails is still an error.
cat > sync.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
int fsync(int file) {
  struct stat facts;
  const char* what = getenv("SYNC_FAILS");
  if (fstat(file, &facts) == 0 && S_ISDIR(facts.st_mode) == (strcmp(what, "folder") == 0)) {
    errno = atoi(getenv("SYNC_ERRNO"));
    return -1;
  }
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}
C
cat > threads.c <<'C'
#include <errno.h>
int pthread_create(void* a, void* b, void* c, void* d) { return EAGAIN; }
C
compiler=$(command -v cc || command -v g++)
for name in sync threads; do "$compiler" -x c -w -shared -fPIC -o $name.so $name.c -ldl; done
for number in 22 95 38 9 5; do  # EINVAL EOPNOTSUPP ENOSYS EBADF EIO
  expect 0 "a power cut could lose the last file" env SYNC_FAILS=folder SYNC_ERRNO=$number \
    LD_PRELOAD="$work/sync.so" "$minitape" train small.toml --out "folder$number"
  [ "$(grep -c 'power cut' output.txt)" = 1 ] || fail "said more than once: $(cat output.txt)"
  same_model "folder$number"
done
expect 1 "Input/output error" env SYNC_FAILS=file SYNC_ERRNO=5 LD_PRELOAD="$work/sync.so" \
  "$minitape" train small.toml --out unsafe
[ ! -e unsafe ] || fail "a run that could not begin left a folder"

# ---- Limits ----
# No thread can be started. OpenBLAS starts its own before main(), unless it is told not to.
expect 0 "goes on with 1" env OPENBLAS_NUM_THREADS=1 LD_PRELOAD="$work/threads.so" \
  "$minitape" train small.toml --threads 2 --out one_thread
same_model one_thread
expect 0 "test accuracy" env OMP_NUM_THREADS=1 LD_PRELOAD="$work/threads.so" \
  "$minitape" train small.toml --out asked_for_one
same_model asked_for_one
# Too few files at once: one sentence, and the folder is free for the next try.
few_files() {
  (exec 3>&- 4>&- 5>&-  # what the caller may have left open
   ulimit -n 6
   "$minitape" train small.toml --out few_files)
}
expect 1 "Too many open files" few_files
[ ! -e few_files ] || fail "a run that could not begin left a folder"
# Too little address space. OpenBLAS would try again for ever. What multiplies nothing needs less.
little_memory() {
  (ulimit -v 200000; exec timeout 60 "$minitape" train small.toml --threads 1 --out little)
}
expect 1 "address space" env OMP_NUM_THREADS=1 bash -c "$(declare -f little_memory)
  minitape=$minitape; little_memory"
[ ! -e little ] || fail "a run that could not begin left a folder"
expect 0 "input" env OMP_NUM_THREADS=1 bash -c 'ulimit -v 200000; exec "$@"' - \
  "$minitape" summary small.toml

# ---- Started by any means ----
unset OMP_WAIT_POLICY GOMP_SPINCOUNT OMP_PROC_BIND OMP_PLACES GOMP_CPU_AFFINITY
loader=$(ldd "$minitape" | grep -o '/[^ ]*ld-linux[^ ]*')
expect 0 "input" "$loader" "$minitape" summary small.toml
mkdir elsewhere
ln -s "$minitape" elsewhere/link
expect 0 "input" elsewhere/link summary small.toml
(cd elsewhere && expect 0 "input" env PATH=".:$PATH" link summary ../small.toml)
# Its file is removed or replaced while it runs.
cp "$minitape" copy
expect 0 "input" bash -c 'exec 3<copy; rm copy; printf "no program" >copy; chmod +x copy
  exec /proc/self/fd/3 summary small.toml'
