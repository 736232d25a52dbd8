"""Follows the book: types every command of its chapters, in order, and compares what is printed.

    python3 tests/docs/follow.py build/release            # as a reader with a clean checkout
    python3 tests/docs/follow.py build/release --record   # writes what is printed into the pages
    python3 tests/docs/follow.py build/release --only 02  # these chapters alone

In a ```console block a line that begins with "$ " is a command, and the lines after it are what it
prints on stdout. A line "…" stands for any lines, a "…" within a line for any text. Times, speeds,
sizes of memory and absolute paths are masked on both sides. No command needs data that is not
drawn by the program.

On the kind of machine where the transcripts were recorded (recorded_on.txt) all else must be equal
to the character. Another one rounds sums differently, and after some hundred steps of training that
can be seen: there, what differs by more than 10 % is shown and not judged (exit code 77).
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # leave no __pycache__ in the source folder
from pages import ROOT, pages  # noqa: E402

HERE = pathlib.Path(__file__).parent
TIMEOUT = 300  # seconds, of a chapter
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
MASKS = [(re.compile(pattern), mask) for pattern, mask in [
    (r"\b\d+(\.\d+)? ?(s|ms|µs|min|seconds?|minutes?|hours?)\b", "TIME"),
    (r"\b\d+:\d\d(:\d\d)?\b", "TIME"),
    (r"\b[\d,]+(\.\d+)? (images/s|images a second|images per second)", "SPEED"),
    (r"\b\d+(\.\d+)? ?([kMG]i?B)\b", "SIZE"),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"(?<![\w.])/[\w.+-]+(/[\w.+-]+)+", "PATH"),
    (r"[ \t]+", " "),  # columns are as wide as what was masked
]]


class Command:
    def __init__(self, block, first):
        self.block, self.first = block, first  # the index of its line in block.lines
        self.text, self.expected = "", []

    @property
    def where(self):
        return f"{self.block.page.path.name}:{self.block.start + 2 + self.first}"


def commands_of(block):
    commands = []
    for index, line in enumerate(block.lines):
        if line.startswith("$ "):
            commands.append(Command(block, index))
            commands[-1].text = line[2:]
        elif commands and commands[-1].text.endswith("\\") and not commands[-1].expected:
            commands[-1].text += "\n" + line
        elif commands:
            commands[-1].expected.append(line)
    return commands


def type_in(commands, folder, environment):
    """What each of the commands prints, typed in one shell: a list of lists of lines."""
    script = "\n".join(f"{command.text}\nlast=$?; printf '\\n@@ {index} @@\\n'; (exit $last)"
                       for index, command in enumerate(commands))
    try:
        done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
        printed, errors = done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        printed, errors = (late.stdout or b"").decode(), f"no end after {TIMEOUT} seconds"
    parts = re.split(r"\n@@ \d+ @@\n", printed)
    outputs = [part.strip("\n").split("\n") if part.strip("\n") else [] for part in parts]
    return (outputs + [[]] * len(commands))[:len(commands)], errors


def masked(line):
    for pattern, mask in MASKS:
        line = pattern.sub(mask, line)
    return line.strip()


def line_fits(expected, actual, exactly):
    expected, actual = masked(expected), masked(actual)
    if re.fullmatch(".*".join(re.escape(part) for part in expected.split("…")), actual):
        return True
    if exactly or "…" in expected or NUMBER.sub("#", expected) != NUMBER.sub("#", actual):
        return False
    pairs = zip(NUMBER.findall(expected), NUMBER.findall(actual))
    values = [(float(a.replace("−", "-")), float(b.replace("−", "-"))) for a, b in pairs]
    return all(abs(a - b) <= 0.02 + 0.1 * max(abs(a), abs(b)) for a, b in values)


def fits(expected, actual, exactly):
    """Whether the lines are the expected ones, where "…" stands for any lines."""
    if not expected:
        return not actual
    if expected[0].strip() == "…":
        return any(fits(expected[1:], actual[skip:], exactly) for skip in range(len(actual) + 1))
    return (bool(actual) and line_fits(expected[0], actual[0], exactly)
            and fits(expected[1:], actual[1:], exactly))


def machine():
    """What decides how sums are rounded: the maker of the processor and its widest vectors."""
    info = pathlib.Path("/proc/cpuinfo").read_text()
    maker = re.search(r"vendor_id\s*:\s*(\w+)", info)
    widest = next((v for v in ("avx512f", "avx2", "avx") if re.search(rf"\b{v}\b", info)), "sse2")
    return f"{maker[1] if maker else 'unknown'} {widest}"


def link_project(folder):
    """The project as it lies here, by links, without the runs that are there already."""
    for entry in ROOT.iterdir():
        if entry.name not in ("runs", ".git"):
            (folder / entry.name).symlink_to(entry)


def form_of(line):
    """A pattern for lines that differ from this one in numbers and spaces alone."""
    number = rf"\+?{NUMBER.pattern}"
    pattern, at = "(", 0
    for match in re.finditer(rf"({number})|(\s+)|(…)", line):
        pattern += re.escape(line[at:match.start()])
        pattern += number if match[1] else r"\s+" if match[2] else r").*?("
        at = match.end()
    return rf"\s*{pattern}{re.escape(line[at:])})\s*"


def renewed(expected, output):
    """The expected lines with the numbers of the output, and with their "…"; the whole output where
    it has another form."""
    lines, at = [], 0
    for line in expected:
        if line.strip() in ("", "…"):
            lines.append(line)
            continue
        form = re.compile(form_of(line.strip()))
        found = next((i for i in range(at, len(output)) if form.fullmatch(output[i])), None)
        if found is None:
            return output
        match = form.fullmatch(output[found])
        lines.append("…".join(match.groups()) if "…" in line else output[found])
        at = found + 1
    return lines


def record(command, output):
    """Puts what was printed into the page; the caller goes from the last command to the first."""
    page = command.block.page
    start = command.block.start + 1 + command.first + command.text.count("\n") + 1
    page.lines[start:start + len(command.expected)] = renewed(command.expected, output)
    page.path.write_text("\n".join(page.lines) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", help="folder with the programs")
    parser.add_argument("--record", action="store_true", help="write what is printed into the pages")
    parser.add_argument("--only", default="", help="beginnings of chapters' names, with commas")
    arguments = parser.parse_args()
    environment = dict(os.environ, PATH=f"{pathlib.Path(arguments.build).resolve()}:{os.environ['PATH']}",
                       LC_ALL="C.UTF-8")
    environment.pop("OPENBLAS_CORETYPE", None)
    environment.pop("MINITAPE_DATA", None)

    recorded_on = HERE / "recorded_on.txt"
    if arguments.record:
        recorded_on.write_text(machine() + "\n")
    recorded = recorded_on.read_text().strip()
    exactly = recorded == machine()
    if not exactly:
        print(f"this is {machine()}, not {recorded}: nothing is judged")
    chapters = [page for page in pages() if page.is_chapter
                and page.path.name.startswith(tuple(arguments.only.split(",")))]
    problems = count = 0
    with tempfile.TemporaryDirectory() as folder:
        link_project(pathlib.Path(folder))
        for page in chapters:
            commands = [command for block in page.blocks if block.language == "console"
                        for command in commands_of(block)]
            outputs, errors = type_in(commands, folder, environment)
            count += len(commands)
            for command, output in reversed(list(zip(commands, outputs))):
                # A pattern that no test's name fits: "0 passed", and "SUCCESS!".
                runs_nothing = any(re.search(r"test cases: +0 ", line) for line in output)
                if fits(command.expected, output, exactly) and not runs_nothing:
                    continue
                if arguments.record:
                    record(command, output)
                    continue
                problems += 1
                print(f"{command.where}: $ {command.text}\n  expected:\n    "
                      + "\n    ".join(command.expected) + "\n  printed:\n    " + "\n    ".join(output)
                      + f"\n  on stderr, all of this chapter:\n    {errors.strip()[-1500:]}")
    print(f"{count} commands typed, {problems} printed something else than the book shows"
          + ("" if exactly else f", recorded on {recorded}"))
    return 0 if not problems else 1 if exactly else 77


if __name__ == "__main__":
    sys.exit(main())
