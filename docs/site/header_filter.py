"""Doxygen's input filter: reads the headers' comments as a person does, line for line.

- The // lines at the top describe the file. What is set in (formulas, tables) stays as it stands.
- A comment describes the declaration below it and, without an empty line between, all forms of the
  same function, more fields, and what returns the type that was described.
- One after a declaration, or after the brace that opens a type, describes this one alone.
- What has no comment, but is named at the top of the file, is described there.
- Private members are left out, and so are namespace minitape, defaulted functions, and destructors,
  copies and moves without a comment of their own.

    python3 docs/site/header_filter.py include/minitape/ops/dense.hpp
"""
import re
import sys

# Code with a comment after it.
TRAILING = re.compile(r"^(.*?[^\s/].*?)\s+///?<?\s(.*)$")
# The name that a declaration declares.
NAME = re.compile(r"(?:(?:struct|class|enum class) |[ &*])(operator\W+|\w+)(?=\(| \{| : | = |;)")
# Several fields in one line: double a, b;
FIELDS = re.compile(r"([\w:<>]+) (\w+(?: = [^,(]+)?(?:, \w+(?: = [^,(]+)?)+);")
# A line that opens a type.
SCOPE = re.compile(r"\b(struct|class|enum)\b[^;()]*\{[^}]*$")
# A destructor, an assignment, a copy or a move.
IS_SPECIAL = re.compile(r"~\w+\(|\boperator=\(|\b(\w+)\((?:const )?\1&")


def file_comment(lines):
    """The lines of the comment at the top, as a comment that describes the file."""
    texts = [line[2:].removeprefix(" ") for line in lines]
    result, verbatim = [], False
    for text, after in zip(texts, [*texts[1:], ""]):
        starts_block = not verbatim and after.startswith("  ")
        ends_block = verbatim and not after.startswith("  ") and (after or not text)
        if ends_block or (verbatim and text and not after):
            text, verbatim = text + " \\endverbatim", False
        elif starts_block:
            text, verbatim = text + " \\verbatim", True
        # A quotation over two lines would become two paragraphs.
        result.append(text if verbatim or "\\endverbatim" in text else text.replace('"', "&quot;"))
    return ["/*! \\file", *result[:-1], result[-1] + " */"]


def is_complete(code, in_enum):
    """Whether the lines of a statement so far are all of it: braces closed, or a type's one open."""
    if SCOPE.search(code) or code.startswith("}"):
        return True
    code = re.sub(r'"[^"]*"', "", code)  # a bracket in a text, such as "[0, 1)", closes nothing
    is_closed = all(code.count(a) == code.count(b) for a, b in ["()", "{}"])
    return is_closed and (in_enum or code.endswith((";", "}")))


def name_of(code):
    found = NAME.search(" " + code)
    return found[1] if found else ""


def from_the_top(code, top):
    """A description of the declaration if the comment at the top names it, or an enum's values."""
    names = re.findall(r"\w+", code[code.index("{"):]) if "enum" in code else []
    names.append(re.sub(r"(?<=[a-z])(?=[A-Z])", "[ _]?", name_of(code)))
    wanted = "|".join(name for name in names if re.match(r"\w", name) and "operator" not in name)
    is_named = wanted and re.search(rf"\b({wanted})\b", "\n".join(top), re.IGNORECASE)
    return "Described at the top of the file." if is_named else ""


def declarations(lines, top):
    """The lines below the file's comment, which is `top`."""
    run, described, before, outside = "", "", ("", ""), []
    is_fresh, in_enum, i = False, False, 0
    while i < len(lines):
        line = lines[i]
        text = line.strip()
        i += 1
        if text.startswith("//") and not text.startswith("// -"):
            words = text.strip("/").strip()
            run = f"{run} {words}" if is_fresh else words
            is_fresh = True
            yield ""
            continue
        if text == "private:":
            while not lines[i].startswith(line[1:-len(text)] + "}"):
                yield ""
                i += 1
            yield ""
            continue
        if re.match(r"namespace|}  // namespace|(public|protected):|//|#|$", text):
            if text.startswith("#define") and is_fresh:
                line = f"/** {run} */ {line}"
            if not text.startswith("#"):
                run, before, is_fresh = "", ("", ""), False
            yield "" if re.match(r"namespace|}|//", text) else line
            while line.endswith("\\"):  # the rest of a macro
                line, i = lines[i], i + 1
                yield line
            continue

        statement, code, own = [], "", ""
        while not statement or not is_complete(code, in_enum):
            found = TRAILING.match(line)
            code = f"{code} {found[1] if found else line}".strip()
            if found and (not statement or is_complete(code, in_enum)):  # not in a body
                own, line = found[2], found[1]
            statement.append(line)
            if not is_complete(code, in_enum):
                line, i = lines[i], i + 1
        while own and i < len(lines) and re.match(r"\s{12,}// ", lines[i]):
            own += " " + lines[i].strip()[3:]
            statement.append("")
            i += 1
        if code.startswith("}"):
            in_enum = False
            run, described = outside.pop()
        elif code.endswith("= default;") or (IS_SPECIAL.search(code) and not own and not is_fresh):
            statement = [""] * len(statement)
        else:
            # Initial values that Sphinx cannot read: a lambda, a designated initializer.
            if re.search(r" = \[|\w\{\.", code):
                statement = [re.sub(r"( =|\{\.).*", ";", statement[0]), *[""] * (len(statement) - 1)]
            name, text = name_of(code), ""
            if own or is_fresh:
                text = f"{run if is_fresh else ''} {own}".strip()
                described = name if is_fresh else described
            elif name and name == before[0]:
                text = before[1]
            elif "(" not in code or code.startswith(f"{described} "):
                text = run
            text = text or from_the_top(code, top)
            before = (name, text)
            fields = FIELDS.fullmatch(code)
            if fields:  # a, b: each gets the comment
                statement[0] = f" /** {text} */ ".join(
                    ["", *(f"{fields[1]} {name};" for name in fields[2].split(", "))])
            else:
                statement[0] = f"/** {text} */ {statement[0]}" if text else statement[0]
        if SCOPE.search(code):
            outside.append((run if not own else "", described))
            in_enum, run = "enum" in code, ""
        is_fresh = False
        yield from statement


def main():
    lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
    end = next(i for i, line in enumerate(lines) if not line.startswith("//"))
    # The file's comment takes one line more here, that of #pragma once.
    print("\n".join([*file_comment(lines[:end]), *declarations(lines[end + 1:], lines[:end])]))


main()
