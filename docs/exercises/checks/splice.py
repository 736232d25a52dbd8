"""Function definitions in C++ text, and the student's in place of the library's.

Not a parser: comments, strings and preprocessor lines are blanked out, then braces are counted. A
definition is what stands before a { outside of all others, namespaces aside, up to its }.
"""
import re

# A number comes first, so that the marks in 16'384 do not open a character.
TOKENS = re.compile(r"""\d[\w.']*|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
                    r"""|^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*""", re.DOTALL | re.MULTILINE)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[^\n]*", re.MULTILINE)


class Fault(Exception):
    """A sentence for the student."""


class Definition:
    def __init__(self, text, start, end, head):
        self.start, self.end = start, end
        self.signature = plain(head)
        self.lines = (line_of(text, start), line_of(text, end - 1))


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def blank(text):
    """As many characters and lines, without what is no code."""
    def blanked(match):
        found = match[0]
        return found if found[0].isdigit() else re.sub(r"[^\n]", " ", found)
    return TOKENS.sub(blanked, text)


def plain(head):
    """A signature whose spaces and line ends do not matter: "Tensor f(const Tensor&x)"."""
    return re.sub(r"\s*([^\w\s])\s*", r"\1", " ".join(head.split()))


def definitions(text):
    code, found, blocks, start = blank(text), [], [], 0
    for match in re.finditer(r"[{};]", code):
        at, outside = match.start(), not any(blocks)
        if match[0] == "{":
            is_namespace = outside and re.search(r"\bnamespace\b[\w\s:]*$", code[start:at])
            blocks.append("" if is_namespace else line_of(text, at))
            if is_namespace:
                start = at + 1
            elif outside:
                head = code[start:at]
        elif match[0] == "}":
            if not blocks:
                raise Fault(f"line {line_of(text, at)} closes a brace that nothing opens")
            if blocks.pop() and not any(blocks) and "(" in head:
                begin = start + len(head) - len(head.lstrip())
                found.append(Definition(text, begin, at + 1, head))
            if not any(blocks):
                start = at + 1
        elif outside:
            start = at + 1
    if any(blocks):
        raise Fault(f"line {next(filter(None, blocks))} opens a brace that nothing closes")
    return found


def pick(text, functions):
    """The definitions whose signatures begin with the given texts, by these."""
    found = definitions(text)
    return {name: [d for d in found if d.signature.startswith(plain(name))] for name in functions}


def library_definitions(text, functions, where):
    chosen = pick(text, functions)
    for name, found in chosen.items():
        if len(found) != 1:
            raise SystemExit(f"{where} has {len(found)} definitions of {name} instead of one: "
                             "adapt docs/exercises/exercises.toml")
    return [found[0] for found in chosen.values()]


def splice(library, student, functions, library_name, student_name):
    """The library's file with the student's definitions, each with all that stands in front of it,
    in place of its own. Compilers name the student's file and line for what is in it."""
    theirs = library_definitions(library, functions, library_name)
    try:
        chosen = pick(student, functions)
    except Fault as fault:
        raise Fault(f"{student_name}: {fault}") from None
    pieces = []
    for name, old in zip(functions, theirs):
        new = [d for d in chosen[name] if d.signature == old.signature]
        if len(new) != 1:
            wanted = " ".join(library[old.start:old.end].split("{")[0].split())
            raise Fault(f"{student_name} must define this once, with this signature:\n  {wanted}")
        pieces.append((new[0], old))

    # Includes go to the top: inside of a namespace they would do harm.
    includes = [f'#line {line_of(student, m.start())} "{student_name}"\n{m[0]}\n'
                for m in INCLUDE.finditer(student)]
    student = INCLUDE.sub(lambda m: " " * len(m[0]), student)
    # What stands in front of a definition belongs to it; the rest of the file to the last.
    begin, inserts = 0, []
    in_order = sorted(pieces, key=lambda piece: piece[0].start)
    for new, old in in_order:
        end = len(student) if (new, old) == in_order[-1] else new.end
        inserts.append((old, begin, student[begin:end]))
        begin = end
    result, position = [], 0
    for old, begin, text in sorted(inserts, key=lambda insert: insert[0].start):
        result += [library[position:old.start],
                   f'\n#line {line_of(student, begin)} "{student_name}"\n', text,
                   f'\n#line {line_of(library, old.end)} "{library_name}"\n']
        position = old.end
    return "".join(['#include "not_done.hpp"\n', *includes, f'#line 1 "{library_name}"\n', *result,
                    library[position:]])

