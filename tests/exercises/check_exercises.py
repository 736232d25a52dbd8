"""Are the exercises in docs/exercises what they promise?

    python3 tests/exercises/check_exercises.py [FOLDER] [NAME…]    # or by ctest -R exercises

- Every stub is red: what is to be written says so, and a bug's check has something green before it.
- The library's own code is green, cut out of its file and put in again.
- Every usual mistake that a check knows is planted in the library's code once (mistakes.txt), and
  the checker calls it by its name.
- The command keeps what it says: marks, hints, exit codes, compiler messages with the student's
  lines, an end for what does not end, and no change to the student's files.

It works in FOLDER/exercises (build/exercises_test by itself) and builds the library there.
"""
import collections
import concurrent.futures
import contextlib
import io
import os
import pathlib
import re
import shutil
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "docs" / "exercises"))
sys.dont_write_bytecode = True
import check  # noqa: E402  (it puts docs/exercises/checks on the path)
import build  # noqa: E402
import splice  # noqa: E402


def library_code(exercise):
    """The definitions that the student is to write, as the library has them."""
    text = (ROOT / exercise["source"]).read_text()
    found = splice.library_definitions(text, exercise["functions"], exercise["source"])
    return "\n\n".join(text[d.start:d.end] for d in sorted(found, key=lambda d: d.start)) + "\n"


def read_mistakes(exercises):
    """(exercise, name, code) for each block of mistakes.txt."""
    blocks = []
    for line in (HERE / "mistakes.txt").read_text().splitlines():
        if line.startswith("@ "):
            blocks.append((*line[2:].split("  ", 1), [], []))
        elif line.startswith("-"):
            blocks[-1][2].append(line[2:])
        elif line.startswith("+"):
            blocks[-1][3].append(line[2:])
        elif line and not line.startswith("#"):
            raise SystemExit(f"mistakes.txt: cannot read: {line}")
    for exercise, name, old, new in blocks:
        code, before = library_code(exercises[exercise]), "\n".join(old)
        if code.count(before) != 1:
            raise SystemExit(f"mistakes.txt: {exercise}: {name}: these lines occur "
                             f"{code.count(before)} times instead of once:\n{before}")
        yield exercise, name, code.replace(before, "\n".join(new))


def names_in_check(exercise):
    """The names of the mistakes that a check says it knows."""
    text = (ROOT / "docs" / "exercises" / "checks" / f"{exercise}.cpp").read_text()
    return re.findall(r'\.mistake\(\s*"((?:[^"\\]|\\.)*)"', text) \
        + re.findall(r'\{Way::\w+, "([^"]*)"', text)


# ---- One file each ----

def trial(workshop, number, exercise, kind, code):
    """What the checker makes of a file: (right, told)."""
    return workshop.check(exercise, code, "student.cpp", workshop.folder / "trials" / str(number))


def fault_of_stub(exercise, right, told):
    is_bug = exercise["name"].startswith("bug_")
    if right:
        return "the stub passes"
    if is_bug and not re.search(r"^ok .*^FAILED ", told, re.DOTALL | re.MULTILINE):
        return "a bug's check must pass in part, then fail"
    if not is_bug and "NOT DONE" not in told:
        return "the stub does not say that it is not done"
    return ""


def fault_of_library(exercise, right, told):
    return "" if right else "the library's own code fails"


def fault_of_mistake(name):
    def fault(exercise, right, told):
        if right:
            return "the mistake passes"
        return "" if f"Usual mistake: {name}\n" in told else "the mistake is not called by its name"
    return fault


def trials(exercises, mistakes):
    for name, exercise in exercises.items():
        stub = (ROOT / "docs" / "exercises" / f"{name}.cpp").read_text()
        yield exercise, "stub", stub, fault_of_stub
        yield exercise, "library", library_code(exercise), fault_of_library
    for name, mistake, code in mistakes:
        yield exercises[name], mistake, code, fault_of_mistake(mistake)


# ---- The command ----

def command_faults(folder):
    """Faults of check.py as a student calls it, on files of a folder of their own."""
    home = folder / "student"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(check.STUDENT, home, ignore=shutil.ignore_patterns("checks"))
    check.STUDENT = home
    (folder / "state.json").unlink(missing_ok=True)

    def expect(arguments, code, *texts, build_folder=folder):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            got = check.main(arguments, build_folder)
        told = output.getvalue()
        missing = [text for text in texts if text not in told]
        if got != code or missing:
            yield (f"check.py {' '.join(arguments)}: code {got}, not {code}, lacks {missing}:\n"
                   f"{told}")

    exercises = check.read_exercises()
    exercise, count = exercises["bug_running"], len(exercises)
    file = home / "bug_running.cpp"
    stub, right = file.read_text(), library_code(exercise)
    yield from expect([], 0, f"0 of {count} are done. Next: docs/exercises/tape.cpp")
    yield from expect(["bug_running"], 1, "FAILED", "bug_running is not done yet")
    yield from expect([], 0, "bug_running          not yet", f"0 of {count}")
    yield from expect(["bug_running", "--hint"], 0, "Hint 1 of 3")
    yield from expect(["bug_running", "--hint"], 0, "Hint 2 of 3")
    if file.read_text() != stub:
        yield "check.py has changed the student's file"
    file.write_text("#include <numeric>\n// Helpers stay.\n"
                    "double half(double x) { return x / 2; }\n" + right.replace("1 / t", "2 * half(1) / t"))
    yield from expect(["bug_running"], 0, "bug_running is done", "src/nn/batch_norm.cpp, lines")
    yield from expect([], 0, "bug_running          done", f"1 of {count}")
    yield from expect(["bug_running", "--hint"], 0, "Hint 3 of 3")
    yield from expect(["bug_running", "--hint"], 0, "These were all", "batch_norm.cpp, lines")
    file.write_text("\n\n" + right.replace("++updates_.value", "++updates_.valeu"))
    yield from expect(["bug_running"], 1, "does not compile", "bug_running.cpp:4:", "valeu")
    file.write_text(right.replace("const double d =", "for (volatile int i = 0;; i = i) {}\n  "
                                  "const double d ="))
    build.RUN_SECONDS, seconds = 5, build.RUN_SECONDS
    yield from expect(["bug_running"], 1, "FAILED  200 times the same batch",
                      "a loop that never ends")
    build.RUN_SECONDS = seconds
    file.write_text(right.replace("const double d =", "int* nowhere = nullptr; *nowhere = 1;\n"
                                  "  const double d ="))
    yield from expect(["bug_running"], 1, "FAILED  200 times the same batch", "crashed (signal 11)")
    file.write_text(right.replace("Index rows)", "Index lines)"))
    yield from expect(["bug_running"], 1, "with this signature")
    file.write_text(right.rstrip()[:-1])
    yield from expect(["bug_running"], 1, "opens a brace that nothing closes")
    file.unlink()
    yield from expect(["bug_running"], 2, "git checkout")
    yield from expect(["no_such"], 2, "There is no exercise no_such")
    yield from expect(["dense", "--hnit"], 2, "Usage")
    # A machine without cmake.
    path, os.environ["PATH"] = os.environ["PATH"], str(home)
    empty = folder / "empty"
    shutil.rmtree(empty, ignore_errors=True)
    yield from expect(["dense"], 2, "`bash apps/demo.sh` installs them", build_folder=empty)
    os.environ["PATH"] = path


def main(arguments):
    folder = ROOT / "build" / "exercises_test"
    if arguments and arguments[0] not in check.read_exercises():
        folder = pathlib.Path(arguments.pop(0)).resolve() / "exercises"
    start, exercises = time.time(), check.read_exercises()
    mistakes = list(read_mistakes(exercises))
    faults = []
    for name in exercises:
        known = collections.Counter(names_in_check(name))
        planted = collections.Counter(m[1] for m in mistakes if m[0] == name)
        for mistake in (known - planted) + (planted - known):
            faults.append(f"{name}: \"{mistake}\" is {known[mistake]} times in its check, and "
                          f"{planted[mistake]} times in mistakes.txt")
        if f"| `{name}` |" not in (ROOT / "docs" / "exercises" / "README.md").read_text():
            faults.append(f"{name}: docs/exercises/README.md does not name it")
    if arguments:
        exercises = {name: exercises[name] for name in arguments}
        mistakes = [m for m in mistakes if m[0] in exercises]

    workshop = build.Workshop(folder, say=print)
    workshop.prepare()
    built = time.time()
    workers = len(os.sched_getaffinity(0))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(workshop.compile_check, exercises))
        jobs = list(trials(exercises, mistakes))
        results = pool.map(lambda number: trial(workshop, number, *jobs[number][:3]),
                           range(len(jobs)))
        for (exercise, kind, _, fault_of), (right, told) in zip(jobs, results):
            fault = fault_of(exercise, right, told)
            print(f"{'FAULT' if fault else 'ok':6} {exercise['name']:20} {kind}", flush=True)
            if fault:
                faults.append(f"{exercise['name']}, {kind}: {fault}:\n{told}")
    if not arguments:
        faults += command_faults(folder)
    print("\n".join(faults))
    print(f"{len(jobs)} files tried, {len(faults)} faults; {built - start:.0f} s to build the "
          f"library, {time.time() - built:.0f} s to try")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
