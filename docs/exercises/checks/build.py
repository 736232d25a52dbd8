"""Compiles a student's file in place of the library's and runs the check.

The library is built once, plain and in double precision, each source by itself. A check compiles
one file of it, with the student's definitions, and links it in front of the rest: the linker takes
the library's own object only for what is still missing, which is nothing.
"""
import fcntl
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import splice

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
OPTIONS = {"CMAKE_BUILD_TYPE": "None", "CMAKE_CXX_FLAGS": "-O0 -D_GLIBCXX_ASSERTIONS",
           "CMAKE_EXPORT_COMPILE_COMMANDS": "ON", "MINITAPE_FAST": "OFF", "MINITAPE_UNITY": "OFF",
           "MINITAPE_NATIVE": "OFF", "MINITAPE_APPS": "OFF", "MINITAPE_TESTS": "OFF",
           "MINITAPE_INSTALL": "OFF"}
# Warnings that help, without those about conversions and about what a stub does not use yet.
WARNINGS = ["-Wno-conversion", "-Wno-sign-conversion", "-Wno-shadow", "-Wno-unused",
            "-Wno-unused-parameter"]
COMPILE_SECONDS, RUN_SECONDS = 180, 20
DIAGNOSTIC = re.compile(r"(?P<file>[^\s:][^:]*):\d+:\d+: (?P<kind>(fatal )?error|warning|note):")


class Missing(Exception):
    """The exercises cannot be built here: a sentence that says why."""


class Workshop:
    def __init__(self, folder, say=lambda text: None):
        self.folder, self.library, self.say = folder, folder / "library", say
        self.archive = self.library / "libminitape_f64.a"

    # ---- The library, once ----

    def prepare(self):
        """Builds the library where it is not, or is older than a source."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            sources = [ROOT / "CMakeLists.txt", *(ROOT / "src").rglob("*.[ch]pp"),
                       *(ROOT / "include").rglob("*.hpp")]
            cache = self.library / "CMakeCache.txt"
            if cache.is_file() and f"HOME_DIRECTORY:INTERNAL={ROOT}\n" not in cache.read_text():
                shutil.rmtree(self.library)  # the project has been moved
            if not self.archive.is_file() or self.archive.stat().st_mtime < newest(sources):
                self.build_library()
            self.command = self.compile_command()
            self.precompile()
        self.compiler, self.openblas = (
            re.search(rf"^{key}:\w+=(.*)$", cache.read_text(), re.MULTILINE)[1]
            for key in ("CMAKE_CXX_COMPILER", "OPENBLAS_LIBRARY"))

    def build_library(self):
        if not shutil.which("cmake") or not any(map(
                shutil.which, (os.environ.get("CXX", "c++"), "g++", "clang++"))):
            raise Missing("The exercises need cmake and a C++ compiler: `bash apps/demo.sh` "
                          "installs them and builds minitape.")
        log = self.folder / "build.log"
        self.say("Building the library, once. It takes a minute or two "
                 f"(progress: {shown(log)})")
        with open(log, "w") as output:
            for step, command in {
                    "configure": ["cmake", "-S", str(ROOT), "-B", str(self.library),
                                  *(f"-D{key}={value}" for key, value in OPTIONS.items())],
                    "build": ["cmake", "--build", str(self.library), "--target", "minitape_f64",
                              "-j", str(os.cpu_count())]}.items():
                if subprocess.run(command, stdout=output, stderr=output).returncode:
                    raise Missing(
                        "minitape cannot be built here: a package such as OpenBLAS may be missing, "
                        "and `bash apps/demo.sh` installs them. All that cmake said is in "
                        f"{shown(log)}." if step == "configure" else
                        f"minitape's own sources do not compile: see the end of {shown(log)}.")
        self.archive.touch()

    def compile_command(self):
        """How the library's sources are compiled, without their names."""
        entries = json.loads((self.library / "compile_commands.json").read_text())
        command = next(shlex.split(entry["command"]) for entry in entries if "MINITAPE_DOUBLE"
                       in entry["command"] and entry["file"].endswith("src/nn/dense.cpp"))
        return [*command[:command.index("-o")], f"-I{HERE}", *WARNINGS]

    def precompile(self):
        """The headers that all files include: a check then compiles in half the time."""
        prefix = self.folder / "prefix.hpp"
        header = self.folder / "prefix.hpp.gch"
        if header.is_file() and header.stat().st_mtime > max(
                self.archive.stat().st_mtime, (HERE / "prefix.hpp").stat().st_mtime):
            return
        shutil.copyfile(HERE / "prefix.hpp", prefix)
        run([*self.command, "-x", "c++-header", str(prefix), "-o", str(header)], COMPILE_SECONDS)

    # ---- One check ----

    def compile_check(self, name):
        """The object of checks/NAME.cpp; compiled where it is not or is out of date."""
        source, target = HERE / f"{name}.cpp", self.folder / "checks" / f"{name}.o"
        if target.is_file() and target.stat().st_mtime > newest([*HERE.glob("*.hpp"), source,
                                                                 self.archive]):
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        compiled = self.compile(source, target)
        if compiled.returncode:
            raise Missing(f"{shown(source)} does not compile:\n{compiled.stderr}")
        return target

    def compile(self, source, target):
        return run([*self.command, "-include", str(self.folder / "prefix.hpp"), "-o", str(target),
                    "-c", str(source)], COMPILE_SECONDS)

    def check(self, exercise, student, name, place):
        """(whether all is right, what to tell) for the text of a student's file, which is called
        `name` in messages. The work is done in the folder `place`."""
        source = exercise["source"]
        try:
            text = splice.splice((ROOT / source).read_text(), student, exercise["functions"],
                                 source, name)
        except splice.Fault as fault:
            return False, f"{fault}\n"
        place.mkdir(parents=True, exist_ok=True)
        copy, program = place / "copy.cpp", place / "check"
        copy.write_text(text)
        check = self.compile_check(exercise["name"])
        try:
            compiled = self.compile(copy, place / "copy.o")
            said = trimmed(compiled.stderr, name)
            if compiled.returncode:
                return False, f"It does not compile:\n{said}"
            linked = run([self.compiler, str(check), str(place / "copy.o"), str(self.archive),
                          self.openblas, "-fopenmp", "-o", str(program)], COMPILE_SECONDS)
        except subprocess.TimeoutExpired:
            return False, f"The compiler was stopped after {COMPILE_SECONDS} s.\n"
        if linked.returncode:
            return False, f"It compiles, but does not link:\n{linked.stderr[-2000:]}"
        # `timeout` ends it by SIGTERM, at which the program tells in which check it was.
        ran = run(["timeout", "-k", "5", str(RUN_SECONDS), str(program)], RUN_SECONDS + 60)
        told, code = ran.stdout + ran.stderr, ran.returncode
        if code == 3:
            raise Missing(f"docs/exercises/checks/{exercise['name']}.cpp: {told}")
        if code in (124, 137):
            told += f"  It was stopped after {RUN_SECONDS} s: is there a loop that never ends?\n"
        elif code < 0 or code > 128:
            told += (f"  The program crashed (signal {code % 128 if code > 0 else -code}). Usual "
                     "reasons: an index outside of a tensor,\n  a pointer that is nullptr, a "
                     "function that returns nothing.\n")
        if code and said:
            told += f"The compiler's warnings:\n{said}"
        return code == 0, told


def run(command, seconds):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=ROOT,
                          timeout=seconds,
                          env={**os.environ, "OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"})


def newest(paths):
    return max(path.stat().st_mtime for path in paths)


def shown(path):
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def trimmed(messages, name, most=3):
    """The compiler's first messages about the student's file; its first lines, where the error is
    not there."""
    parts, keep = [], False
    for line in messages.splitlines():
        found = DIAGNOSTIC.match(line)
        if found:
            keep = found["file"] == name
            if keep and found["kind"] != "note":
                parts.append([])
        elif not line.startswith(" "):
            keep = False  # "In file included from …", "In function …"
        if keep and parts:
            parts[-1].append(line)
    if "error: " in messages and not any("error: " in part[0] for part in parts):
        return "\n".join(messages.splitlines()[:15]) + "\n"
    more = f"… and {len(parts) - most} more\n" if len(parts) > most else ""
    return "".join("\n".join(part[:12]) + "\n" for part in parts[:most]) + more
