"""The exercises: what is done, what comes next, and a check of what you wrote.

    python3 docs/exercises/check.py               lists the exercises and names the next one
    python3 docs/exercises/check.py NAME          checks docs/exercises/NAME.cpp
    python3 docs/exercises/check.py NAME --hint   one hint; called again, the next one
    python3 docs/exercises/check.py --all         checks all of them

Ends with 0 when all that was checked is right, with 1 when it is not, with 2 when nothing could be
checked. It never writes to your files: all it makes is in build/exercises.
"""
import hashlib
import json
import pathlib
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "checks"))
sys.dont_write_bytecode = True

try:
    import tomllib
except ImportError:
    print("The exercises need Python 3.11 or later.", file=sys.stderr)
    sys.exit(2)
import build
import splice

FOLDER = build.ROOT / "build" / "exercises"
STUDENT = HERE  # where the student's files are
COMMAND = "python3 docs/exercises/check.py"


def read_exercises():
    return {e["name"]: e for e in tomllib.loads((HERE / "exercises.toml").read_text())["exercise"]}


class Progress:
    """What has been tried, what was right, and how many hints were given: in state.json."""

    def __init__(self, folder):
        self.path = folder / "state.json"
        try:
            self.of = json.loads(self.path.read_text())
        except (OSError, ValueError):
            self.of = {}

    def note(self, name, **facts):
        self.of[name] = {**self.of.get(name, {}), **facts}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.of, indent=1))

    def mark(self, name):
        """"done" stands as long as the file is the one that was right."""
        facts = self.of.get(name, {})
        if facts.get("right") == fingerprint(name):
            return "done"
        return "not yet" if "right" in facts else ""


def student_file(name):
    path = STUDENT / f"{name}.cpp"
    if not path.is_file():
        raise build.Missing(f"docs/exercises/{name}.cpp is not there: "
                            f"`git checkout docs/exercises/{name}.cpp` brings the stub back.")
    return path


def fingerprint(name):
    path = STUDENT / f"{name}.cpp"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "none"


def list_exercises(exercises, progress):
    print("chapter  exercise")
    for name, exercise in exercises.items():
        print(f"{exercise['chapter']:7}  {name:20} {progress.mark(name):8} {exercise['what']}")
    following = [name for name in exercises if progress.mark(name) != "done"]
    print(f"\n{len(exercises) - len(following)} of {len(exercises)} are done.", end=" ")
    print(f"Next: docs/exercises/{following[0]}.cpp, then {COMMAND} {following[0]}"
          if following else "That was all of them.")


def give_hint(exercise, progress):
    name, hints = exercise["name"], exercise["hints"]
    number = progress.of.get(name, {}).get("hints", 0) + 1
    if number <= len(hints):
        print(f"Hint {number} of {len(hints)}: {hints[number - 1]}")
        progress.note(name, hints=number)
        return
    for i, hint in enumerate(hints, 1):
        print(f"Hint {i} of {len(hints)}: {hint}")
    print(f"These were all. {solution(exercise)}")


def solution(exercise):
    source = exercise["source"]
    found = splice.library_definitions((build.ROOT / source).read_text(), exercise["functions"],
                                       source)
    lines = ", ".join(f"{d.lines[0]}–{d.lines[1]}" for d in found)
    return f"The library's way is in {source}, lines {lines}."


def check(exercise, workshop, progress):
    name = exercise["name"]
    path, tried = student_file(name), fingerprint(name)  # it may be saved again meanwhile
    right, told = workshop.check(exercise, path.read_text(errors="replace"),
                                 f"docs/exercises/{name}.cpp", workshop.folder / name)
    print(told, end="")
    progress.note(name, right=tried if right else "")
    if right:
        print(f"{name} is done. {solution(exercise)}")
        if "museum" in exercise:
            print(f"Where this mistake was found: exhibit {exercise['museum']} of docs/museum.md.")
    else:
        print(f"\n{name} is not done yet. A hint: {COMMAND} {name} --hint")
    return right


def main(arguments, folder=FOLDER):
    exercises, progress = read_exercises(), Progress(folder)
    names = [a for a in arguments if not a.startswith("-")]
    options = [a for a in arguments if a.startswith("-")]
    if options in (["--help"], ["-h"]):
        print(__doc__.strip())
        return 0
    unknown = [name for name in names if name not in exercises]
    if unknown:
        print(f"There is no exercise {unknown[0]}. There are: {', '.join(exercises)}",
              file=sys.stderr)
        return 2
    workshop = build.Workshop(folder, say=lambda text: print(text, file=sys.stderr, flush=True))
    try:
        if not arguments:
            list_exercises(exercises, progress)
            return 0
        if len(names) == 1 and options == ["--hint"]:
            give_hint(exercises[names[0]], progress)
            return 0
        if len(names) == 1 and not options:
            workshop.prepare()
            return 0 if check(exercises[names[0]], workshop, progress) else 1
        if options == ["--all"] and not names:
            workshop.prepare()
            right = []
            for name, exercise in exercises.items():
                print(f"---- {name}")
                right.append(check(exercise, workshop, progress))
            print(f"\n{sum(right)} of {len(right)} are done.")
            return 0 if all(right) else 1
    except build.Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    usage = __doc__.split("\n\n")[1]
    print(f"Usage:\n{usage}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no error
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
