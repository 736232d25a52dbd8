"""Checks that nothing in docs/ has drifted from what it is about.

    python3 tests/docs/check.py              # what is wrong, a line each; exit code 1 if anything is
    python3 tests/docs/check.py --update     # listings that moved get their new line numbers

  listings   a block of code equals the lines of the file that the link in front of it names
  numbers    a decimal number or percentage in a chapter stands in a transcript or listing of the
             page, where it may have more digits, or is a link to where it comes from (a local page
             or file has it), or is maths
  symbols    every symbol in a formula stands in the first column of a table of glossary.md
  links      what a relative link names exists, with its heading or line
  form       a chapter's sections, its length, maths that GitHub's Markdown does not mangle
  headers    the filter in front of Doxygen can read every public header

The transcripts are for follow.py.
"""
import argparse
import itertools
import re
import subprocess
import sys

sys.dont_write_bytecode = True  # leave no __pycache__ in the source folder
from pages import LISTING_LINK, ROOT, Page, anchors_of, dedent, pages  # noqa: E402

SECTIONS = ["The question", "The picture", "The maths", "The code", "Run it", "What to notice",
            "Exercises", "A road not taken"]
LINK = re.compile(r"(!?)\[((?:[^][]|\[[^]]*\])*)\]\(([^)\s]+)\)")
MATHS = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
CODE = re.compile(r"(`+).+?\1")
NUMBER = re.compile(r"(?<![\w.^/])\d[\d,]*(?:\.\d+(?:e[-+]?\d+)?(?:\s?%)?|\s?%)(?![\w])")
# A decimal point that belongs to a name: section 3.2, Debian 12.4, claims 0.6 and 0.7 …
NAMED = re.compile(r"(?i)\b(sections?|figures?|chapters?|tables?|claims?|equations?|eq\.|version|"
                   r"debian|ubuntu|pytorch|keras|cmake|numpy)\s+([\d.]+ (and|to) )?$")
# What formulas are built with, beside symbols.
NOTATION = set(r"""
    \frac \dfrac \tfrac \sqrt \sum \prod \partial \nabla \cdot \times \left \right \big \Big \bigg
    \le \ge \leq \geq \ne \neq \approx \sim \to \mapsto \in \notin \ldots \cdots \dots \quad \qquad
    \text \mathrm \mathbf \mathbb \mathit \mathcal \operatorname \hat \bar \tilde \vec \overline
    \underline \underbrace \overbrace \begin \end \infty \lVert \rVert \lvert \rvert \langle \rangle
    \max \min \log \ln \exp \tanh \cos \sin \lim \arg \top \circ \odot \oplus \pm \mp \propto \equiv
    \Rightarrow \Leftrightarrow \iff \implies \leftarrow \rightarrow \longrightarrow \lbrace \rbrace
    \forall \exists \cup \cap \subset \setminus \ll \gg \star \ast \lfloor \rfloor \lceil \rceil
    \limits \nolimits \displaystyle \textstyle \substack \stackrel \mid \colon \perp \parallel
    \prime \vdots \ddots \binom \det \mathsf \boldsymbol \bm \small \large \color \mathop \not
    \xrightarrow \xleftarrow \overset \underset \smash \phantom \hphantom \vphantom \boxed \cancel
    \bigl \bigr \Bigl \Bigr \biggl \biggr \mathtt \lt \gt \land \lor \lnot \tag \cases
    """.split())


def blank(match):
    """Spaces of the same length, so that places in a line stay."""
    return " " * len(match[0])


# ---- Listings ----

def check_listings(page, update):
    for block in reversed(page.listings()):  # from the end: --update changes what is below
        where = f"{page.path.name}:{block.start + 1}"
        link = LISTING_LINK.fullmatch(block.before)
        if not link:
            yield (f"{where}: a listing needs a link in front of it, [path, lines a–b]"
                   f"(../path#La-Lb): there is \"{block.before}\"")
            continue
        path = ROOT / link[1]
        first, last = int(link[2]), int(link[3] or link[2])
        if (page.path.parent / link[4]).resolve() != path.resolve() or not path.is_file():
            yield f"{where}: the link's text and target must name one file: {block.before}"
            continue
        if (int(link[5]), int(link[6] or link[5])) != (first, last):
            yield f"{where}: the link's text and target name different lines: {block.before}"
            continue
        lines = path.read_text().splitlines()
        if dedent(lines[first - 1:last]) == block.lines and first <= last <= len(lines):
            continue
        found = find_listing(block.lines, lines) if update else None
        if found:
            quote(page, block, link[1], link[4], found, lines)
        else:
            yield (f"{where}: the listing is not lines {first} to {last} of {link[1]}: "
                   "--update finds it if it only moved")


def find_listing(listing, lines):
    """Where it stands, (first, last) from 1; or what stands between its first and last line now."""
    count = len(listing)
    starts = [i for i in range(len(lines) - count + 1) if dedent(lines[i:i + count]) == listing]
    if starts:
        return (starts[0] + 1, starts[0] + count) if len(starts) == 1 else None
    strip = [line.strip() for line in lines]
    first, last = listing[0].strip(), listing[-1].strip()
    if strip.count(first) != 1:
        return None
    start = strip.index(first)
    indent = len(lines[start]) - len(lines[start].lstrip())
    for i in range(start, min(start + 2 * count + 10, len(lines))):
        if strip[i] == last and len(lines[i]) - len(lines[i].lstrip()) <= indent:
            return start + 1, i + 1
    return None


def quote(page, block, name, target, found, lines):
    first, last = found
    span = (f"line {first}", f"L{first}") if first == last else (
        f"lines {first}–{last}", f"L{first}-L{last}")
    page.lines[block.before_index] = f"[{name}, {span[0]}]({target}#{span[1]})"
    page.lines[block.start + 1:block.start + 1 + len(block.lines)] = dedent(lines[first - 1:last])
    page.path.write_text("\n".join(page.lines) + "\n")


# ---- Numbers ----

def check_numbers(page):
    if not (page.is_chapter or page.path.name == "teachers.md"):
        return
    shown = "\n".join(line for block in page.blocks for line in block.lines)
    for number, line in without_maths(page):
        line = CODE.sub(blank, line)
        for mark, text, target in LINK.findall(line):
            if mark or "://" in target:
                continue
            for value in numbers_in(text):
                if not stands_in(value, text_at(page, target)):
                    yield f"{page.path.name}:{number}: {value} does not stand in {target}"
        for value in numbers_in(LINK.sub(blank, line)):
            if not stands_in(value, shown, more_digits=True):
                yield (f"{page.path.name}:{number}: where does {value} come from? Link its source, "
                       "show it in a transcript of this page, or write its arithmetic as maths")


def numbers_in(text):
    return [m[0] for m in NUMBER.finditer(text) if not NAMED.search(text[:m.start()])]


def stands_in(value, text, more_digits=False):
    end = "" if more_digits else r"(?!\d)"
    return re.search(rf"(?<![\d.]){re.escape(value.rstrip(' %'))}{end}", text) is not None


def text_at(page, target):
    """Of the section or file that a link names; "" where there is none, which check_links tells."""
    path, anchor = resolved(page, target)
    if not path.is_file():
        return ""
    if anchor and path.suffix == ".md":
        return Page(path).section(anchor)
    return path.read_text(errors="replace")


def resolved(page, target):
    """The path and the anchor that a relative link means."""
    name, _, anchor = target.partition("#")
    return page.path.parent / name if name else page.path, anchor


# ---- Symbols ----

def without_maths(page):
    """The prose with blanks for formulas, also those of several lines."""
    numbers = [number for number, _ in page.prose]
    text = "\n".join(CODE.sub(lambda m: m[0].replace("$", " "), line) for _, line in page.prose)
    text = MATHS.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    return list(zip(numbers, text.split("\n")))


def formulas_in_prose(page):
    """(line, formula) of all maths between $ on a page."""
    text = "\n".join(CODE.sub(blank, line) for _, line in page.prose)
    for match in MATHS.finditer(text):
        yield page.prose[text.count("\n", 0, match.start())][0], match[0].strip("$")


def formulas_in_blocks(page):
    for block in page.blocks:
        if block.language == "math":
            yield block.start + 1, "\n".join(block.lines)


def symbols_of(formula):
    formula = re.sub(r"\\(text|mathrm|operatorname|begin|end|mathtt|tag|mathit)\*?\{[^}]*\}", " ",
                     formula)
    commands = set(re.findall(r"\\[A-Za-z]+", formula)) - NOTATION
    return commands | set(re.findall(r"[A-Za-zΑ-ω]", re.sub(r"\\[A-Za-z]+", " ", formula)))


def check_symbols(page, known):
    for number, formula in itertools.chain(formulas_in_prose(page), formulas_in_blocks(page)):
        unknown = sorted(symbols_of(formula) - known)
        if unknown:
            yield (f"{page.path.name}:{number}: glossary.md does not have {', '.join(unknown)} of "
                   f"the formula {' '.join(formula.split())}")


def glossary_symbols():
    symbols = set()
    for line in (ROOT / "docs/glossary.md").read_text().splitlines():
        if line.startswith("|"):
            for formula in MATHS.findall(re.split(r"(?<!\\)\|", line)[1]):
                symbols |= symbols_of(formula.strip("$"))
    return symbols


# ---- Links and form ----

def check_links(page):
    for number, line in page.prose:
        for _, _, target in LINK.findall(CODE.sub(blank, line)):
            if "://" in target or target.startswith("mailto:"):
                continue
            path, anchor = resolved(page, target)
            wrong = ""
            if not path.exists():
                wrong = "does not exist"
            elif re.fullmatch(r"L\d+(-L\d+)?", anchor):
                last = int(anchor.split("L")[-1])
                if last > len(path.read_text().splitlines()):
                    wrong = "has fewer lines"
            elif anchor and path.suffix == ".md" and anchor not in anchors_of(Page(path)).values():
                wrong = "has no such heading"
            if wrong:
                yield f"{page.path.name}:{number}: {target} {wrong}"


def check_form(page):
    name = page.path.name
    if page.ends_inside_block:
        yield f"{name}: a ``` is not closed"
    for number, formula in formulas_in_prose(page):
        mangled = re.search(r"\\[^A-Za-z\s]", formula)
        if mangled:
            yield (f"{name}:{number}: GitHub's Markdown takes {mangled[0]} in a formula for its own; "
                   "a ```math block is safe")
    if not page.is_chapter or name.startswith("00"):
        return
    sections = [line[3:].strip() for _, line in page.prose if line.startswith("## ")]
    if sections != SECTIONS:
        yield f"{name}: its sections are {sections}, expected {SECTIONS}"
    if not 150 <= len(page.lines) <= 300:
        yield f"{name} has {len(page.lines)} lines, expected 150 to 300"
    if not any(block.language == "console" for block in page.blocks):
        yield f"{name} has no command to run"
    for number, line in page.prose:
        if len(line) > 100 and not line.lstrip().startswith("|") and "](" not in line:
            yield f"{name}:{number}: {len(line)} columns, at most 100"


# ---- Headers ----

def check_headers():
    for path in sorted((ROOT / "include").rglob("*.hpp")):
        command = [sys.executable, "-SE", ROOT / "docs/site/header_filter.py", path]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.stdout.count("\n") != path.read_text().count("\n"):
            error = (run.stderr.splitlines() or ["another number of lines comes out"])[-1]
            yield f"{path.relative_to(ROOT)}: docs/site/header_filter.py: {error}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true", help="renumber listings that moved")
    parser.add_argument("only", nargs="*", help="names of pages, such as 02_tape.md")
    arguments = parser.parse_args()
    known = glossary_symbols()
    problems = [*check_headers()]
    for page in pages():
        if arguments.only and page.path.name not in arguments.only:
            continue
        if page.is_chapter:
            problems += check_listings(page, arguments.update)
            problems += check_symbols(page, known)
        problems += check_numbers(page)
        problems += check_links(page)
        problems += check_form(page)
    print("\n".join(problems) if problems else "docs/ quotes, counts and links what there is")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
