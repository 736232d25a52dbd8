"""Plants one small mistake at a time and checks that a test notices.

    bash tests/mutation/run.sh            # all of tests/mutation/mutations.txt
    bash tests/mutation/run.sh batch_norm # only those whose file or description contains a text
    bash tests/mutation/run.sh --check    # only that every mutation still fits the source

Works on a copy of the sources in build/mutation, which is built without optimization's longer
passes; after that a mutation compiles again only what it changes. The test programs of the
mutated file's room run first, then the others, until one fails. A mutation that no program
notices is a survivor: write the test that is missing, or, if no test can tell the difference,
explain why in a line that starts with "=".

report.md has a row for each mutation; a run renews the rows of those that it tries.

Some plain code of ops, nn and recipe never runs where src/kernels is built in. So mutations of these
rooms are tried first in a second, plain build (-DMINITAPE_FAST=OFF), then like all others.
"""
import datetime
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "mutation"
REPORT = HERE / "report.md"
NOTHING, UNTRIED = "**nothing**", "*not tried yet*"  # in its last column
TREE = ROOT / "build" / "mutation" / "tree"
TIMEOUT = 120  # seconds; a program that hangs has noticed, too


class Build:
    """A build folder of the copy, and its test programs in the order in which they are tried."""

    def __init__(self, name, option, programs):
        self.name, self.folder, self.option = name, ROOT / "build" / "mutation" / name, option
        self.programs = programs

    def prepare(self):
        """Configures and builds; all programs must pass while there is no mistake."""
        configured = run("cmake", "-S", str(TREE), "-B", str(self.folder),
                         "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O1",
                         "-DMINITAPE_APPS=OFF", "-DMINITAPE_TESTS=ON", "-DMINITAPE_UNITY=OFF",
                         self.option)
        if configured.returncode:
            raise SystemExit(configured.stdout + configured.stderr)
        built = self.build(*self.programs)
        if built.returncode:
            raise SystemExit(built.stdout[-5000:] + built.stderr)
        for program in self.programs:
            failure = self.run_program(program)
            if failure:
                raise SystemExit(f"{self.name}: {program} fails without any mutation: {failure}")

    def build(self, *targets):
        return run("cmake", "--build", str(self.folder), "-j", str(os.cpu_count()),
                   "--target", *targets)

    def run_program(self, program):
        """The name of the first test case that fails; "" when all pass."""
        try:
            result = run(str(self.folder / program), "--abort-after=1", "--no-colors=true",
                         timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return "(does not end)"
        if result.returncode == 0:
            return ""
        case = re.search(r"^TEST CASE:\s*(.*)$", result.stdout, re.MULTILINE)
        return case.group(1) if case else f"(ends with code {result.returncode})"

    def killer_of(self, mutation):
        """(program, test case) that notices the mutation; ("", "") when none does."""
        own = [p for p in (f"test_{mutation.room}_f64", f"test_{mutation.room}")
               if p in self.programs]
        for program in own + [p for p in self.programs if p not in own]:
            built = self.build(program)
            if built.returncode:
                raise SystemExit(f"{mutation.file}: {mutation.what}: does not compile:\n"
                                 + built.stdout[-3000:])
            failure = self.run_program(program)
            if failure:
                return program, failure
        return "", ""


PLAIN = Build("plain", "-DMINITAPE_FAST=OFF",
              ["test_ops_f64", "test_nn_f64", "test_recipe_f64", "test_identities", "test_golden_f64"])
FAST = Build("build", "-DMINITAPE_FAST=ON",
             ["test_kernels_f64", "test_ops_f64", "test_nn_f64", "test_optim_f64",
              "test_autodiff_f64", "test_core_f64", "test_verify_f64", "test_norms_f64",
              "test_norms", "test_recipe_f64", "test_recipe", "test_identities",
              "test_golden_f64", "test_gradcheck", "test_museum", "test_ledger", "test_kernels",
              "test_ops", "test_nn", "test_optim", "test_golden", "test_text", "test_data",
              "test_config", "test_run", "test_compare", "test_tools", "test_lab",
              "test_your_own_f64"])


class Mutation:
    def __init__(self, file, what):
        self.file, self.what = file, what
        self.old, self.new, self.equivalent = [], [], ""
        self.room = pathlib.Path(file).parent.name  # "ops", also of include/minitape/ops/…
        if file.startswith("src/ports/"):
            self.room = "core"  # whose tests hold the stand-ins against what they stand for
        self.builds = [PLAIN, FAST] if self.room in ("ops", "nn", "recipe") else [FAST]

    def apply(self, text):
        """The file's text with the mistake; raises unless the old lines occur exactly once."""
        old, new = "\n".join(self.old), "\n".join(self.new)
        if text.count(old) != 1:
            raise SystemExit(f"{self.file}: {self.what}: these lines occur {text.count(old)} times "
                             f"instead of once; adapt mutations.txt:\n{old}")
        return text.replace(old, new)


def read_mutations():
    mutations = []
    for line in (HERE / "mutations.txt").read_text().splitlines():
        if line.startswith("@ "):
            file, what = line[2:].split("  ", 1)
            mutations.append(Mutation(file, what))
        elif line.startswith("-"):
            mutations[-1].old.append(line[2:])
        elif line.startswith("+"):
            mutations[-1].new.append(line[2:])
        elif line.startswith("= "):
            mutations[-1].equivalent = line[2:]
        elif line and not line.startswith("#"):
            raise SystemExit(f"mutations.txt: cannot read: {line}")
    return mutations


def run(*command, timeout=None):
    return subprocess.run(command, capture_output=True, text=True, errors="replace",
                          timeout=timeout)


def copy_sources():
    """A copy of the sources as they are."""
    files = run("git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard").stdout.splitlines()
    files = {name for name in files if (ROOT / name).is_file()}
    for old in TREE.rglob("*"):
        if old.is_file() and str(old.relative_to(TREE)) not in files:
            old.unlink()
    # Only what differs is copied, and gets a new date: a file that an interrupted run left mutated
    # is compiled again, all others are not.
    for name in files:
        copy = TREE / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.is_file() or copy.read_bytes() != (ROOT / name).read_bytes():
            shutil.copyfile(ROOT / name, copy)


def killer_of(mutation):
    """(program, test case) that notices the mutation; ("", "") for a survivor."""
    for build in mutation.builds:
        program, case = build.killer_of(mutation)
        if program:
            return (f"{program} (plain)" if build is PLAIN else program), case
    return "", ""


def rows_of_report():
    """{(file, mistake): noticed by} of the report that there is."""
    text = REPORT.read_text() if REPORT.is_file() else ""
    return {(file, what): by for file, what, by in
            re.findall(r"^\| `(.*?)` \| (.*?) \| (.*) \|$", text, re.MULTILINE)}


def write_report(mutations, results):
    rows = rows_of_report()
    for mutation, program, case in results:
        by = f"{program}: {case}" if program else mutation.equivalent or NOTHING
        rows[mutation.file, mutation.what] = by.replace("|", "\\|")
    table = [(m.file, m.what, rows.get((m.file, m.what), UNTRIED)) for m in mutations]
    noticed = sum(by.startswith("test_") for _, _, by in table)
    survived, untried = (sum(by == text for _, _, by in table) for text in (NOTHING, UNTRIED))
    lines = ["# Mutation report", "",
             f"{datetime.date.today()}: {len(table)} mutations, {noticed} noticed, "
             f"{len(table) - noticed - survived - untried} equivalent, {survived} survived, "
             f"{untried} not tried yet. Made by `bash tests/mutation/run.sh`; each row is of the "
             "last run that tried it.", "",
             "| file | mistake | noticed by |", "|---|---|---|",
             *(f"| `{file}` | {what} | {by} |" for file, what, by in table)]
    REPORT.write_text("\n".join(lines) + "\n")


def main(arguments):
    mutations = read_mutations()
    for mutation in mutations:
        mutation.apply((ROOT / mutation.file).read_text())
    if arguments == ["--check"]:
        print(f"{len(mutations)} mutations fit the sources")
        return 0
    wanted = [m for m in mutations if all(a in m.file + " " + m.what for a in arguments)]
    if not wanted:
        raise SystemExit(f"no mutation's file and description contain {' and '.join(arguments)}")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ["MINITAPE_SOURCE_DIR"] = str(TREE)
    copy_sources()
    for build in (PLAIN, FAST):
        if any(build in mutation.builds for mutation in wanted):
            build.prepare()
    results, survivors = [], 0
    for number, mutation in enumerate(wanted, 1):
        path = TREE / mutation.file
        original = path.read_text()
        path.write_text(mutation.apply(original))
        try:
            program, case = killer_of(mutation)
        finally:
            path.write_text(original)
        results.append((mutation, program, case))
        survivors += not program and not mutation.equivalent
        verdict = f"noticed by {program}" if program else "EQUIVALENT" if mutation.equivalent \
            else "SURVIVED"
        print(f"{number:3} of {len(wanted)}  {verdict:32} {mutation.file}: {mutation.what}",
              flush=True)
    write_report(mutations, results)
    print(f"{len(results)} mutations, {survivors} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
