"""Checks what the README promises about the sources: how many lines there are to read, that rooms
include only earlier ones, that lines fit a screen, and that a name means one type.

    python3 tests/layout.py      # from anywhere; part of ctest
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]

# A room includes itself and the ones before it.
ROOMS = ["ports", "core", "autodiff", "ops", "optim", "nn", "verify", "recipe", "kernels", "norms",
         "text", "data", "config", "run", "compare", "tools", "lab", "apps"]
READING_PATH = ["core", "autodiff", "ops", "nn", "optim"]

# Lines, with headers and comments.
MOST_TO_READ = 3200
MOST_IN_ALL = 18254
MOST_IN_A_FILE = 250
COLUMNS = 100


def room_of(path):
    """"ops" of src/ops/dense.cpp and include/minitape/ops/dense.hpp; "apps" of all in apps."""
    parts = path.parts
    return parts[{"src": 1, "include": 2, "apps": 0}[parts[0]]]


def sources(*folders):
    names = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard",
                            *(f"{folder}/*.[ch]pp" for folder in folders),
                            # Stand-ins have the names of what they stand for; the page's scripts.
                            "src/ports/*", "apps/*.js"],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    return {pathlib.Path(name): (ROOT / name).read_text().splitlines()
            for name in names if (ROOT / name).is_file()}


def check_lines(files):
    counts = {path: len(lines) for path, lines in files.items()}
    for path, count in counts.items():
        if count > MOST_IN_A_FILE:
            yield f"{path} has {count} lines, at most {MOST_IN_A_FILE}: cut it in two ideas"
    total = sum(counts.values())
    if total > MOST_IN_ALL:
        yield f"src, include and apps have {total:,} lines, at most {MOST_IN_ALL:,}"
    to_read = sum(count for path, count in counts.items() if room_of(path) in READING_PATH)
    if to_read > MOST_TO_READ:
        yield f"the reading path has {to_read:,} lines, at most {MOST_TO_READ:,}"
    phrase = re.search(r"The reading path has ([\d,]+) lines", (ROOT / "README.md").read_text())
    if not phrase or phrase[1] != f"{to_read:,}":
        yield f'README.md must say: "The reading path has {to_read:,} lines"'


def check_includes(files):
    for path, lines in files.items():
        for line in lines:
            include = re.match(r'\s*#include "(?:minitape/)?(\w+)/', line)
            if not include or include[1] not in ROOMS:
                continue
            if ROOMS.index(include[1]) > ROOMS.index(room_of(path)):
                yield f"{path} includes a later room: {line}"


def check_columns(files):
    for path, lines in files.items():
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS:
                yield f"{path}:{number} has {len(line)} columns, at most {COLUMNS}"


def check_reading_list(files):
    """The README names every file of the reading path, itself or by its folder."""
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text())
    for path in files:
        is_named = any(str(path) == link or str(path.parent) == link for link in links)
        if room_of(path) in READING_PATH and not is_named:
            yield f"{path} is on the reading path, but README.md does not name it"


def check_type_names(files):
    """Two types of one name in one namespace are undefined behaviour that no compiler reports."""
    first = {}
    for path, lines in files.items():
        for line in lines if path.suffix == ".hpp" else []:
            definition = re.match(r"(?:struct|class|enum class) (\w+)[^;]*$", line)
            if definition and first.setdefault(definition[1], path) != path:
                yield f"{path} defines {definition[1]} again: {first[definition[1]]} does too"


def main():
    files = sources("src", "include", "apps")
    faults = [*check_lines(files), *check_includes(files), *check_columns(files),
              *check_reading_list(files), *check_type_names(files)]
    print("\n".join(faults) or "sizes, includes, columns and names are as promised")
    return 1 if faults else 0


sys.exit(main())
