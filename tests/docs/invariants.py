"""Checks docs/invariants.md: its numbers follow each other, and each names tests that exist.

    python3 tests/docs/invariants.py    # what is wrong, a line each; exit code 1 if anything is

An entry ends with "Guarded by" and one or more of: `name of a test`, `another` in [a file](…); or a
[script](…) alone. A name is the whole name of a TEST_CASE in that file.
"""
import re
import sys

sys.dont_write_bytecode = True  # leave no __pycache__ in the source folder
from pages import ROOT  # noqa: E402

PAGE = ROOT / "docs" / "invariants.md"
GUARD = re.compile(r"((?:`[^`]+`(?:, | and )?)*)(?: ?in )?\[[^]]+\]\((\.\./[^)#]+)\)")


def tests_in(path):
    """The names of a file's test cases; a long one may be several literals."""
    cases = re.findall(r'TEST_CASE(?:_TEMPLATE)?\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', path.read_text())
    return {"".join(re.findall(r'"((?:[^"\\]|\\.)*)"', case)).replace('\\"', '"')
            for case in cases}


def entries(text):
    """(number, text) of each entry: "12. …" and the indented lines below it."""
    for number, entry in re.findall(r"^(\d+)\. (.*(?:\n(?:   .*)?$)*)", text, re.MULTILINE):
        yield int(number), " ".join(entry.split())


def problems_of(number, entry):
    _, guarded, guards = entry.partition("Guarded by ")
    found = GUARD.findall(guards)
    if not guarded or not found:
        yield f"{number}: says no test that guards it"
    for names, target in found:
        path = (PAGE.parent / target).resolve()
        if not path.is_file():
            yield f"{number}: there is no {target}"
            continue
        names = re.findall(r"`([^`]+)`", names)
        if path.suffix == ".cpp" and not names:
            yield f"{number}: which test in {target}?"
        for name in names:
            if name not in tests_in(path):
                yield f"{number}: {target} has no test `{name}`"
    rest = GUARD.sub("", guards)
    if "`" in rest or "](" in rest:
        yield f"{number}: cannot be read: {rest}"


def main():
    numbered = list(entries(PAGE.read_text()))
    problems = [problem for number, entry in numbered for problem in problems_of(number, entry)]
    numbers = [number for number, _ in numbered]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        problems.append(f"the numbers do not follow each other: {numbers}")
    print("\n".join(problems) or f"{len(numbers)} invariants name tests that exist")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
