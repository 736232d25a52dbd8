"""Lays out what Sphinx reads: the pages of docs/, a front page with the contents, and a page of the
API for each room. The pages stay as they are; only the front page gets the list of all others.

    python3 docs/site/pages.py FOLDER
"""
import ast
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BESIDE = ["conventions", "invariants", "glossary", "ledger", "lab", "museum", "performance",
          "robustness", "teachers"]
PARTS_OF_OTHERS = ["lab_head.md"]

API = """# API reference

What the headers say, room by room, in the order in which they build on each other.

"""

# Doxygen's sections of a header, without its includes and its list of namespaces.
SECTIONS = ("briefdescription detaileddescription innerclass define enum typedef func var "
            "public-type public-func public-static-func public-attrib public-static-attrib "
            "protected-func protected-attrib")


def contents(caption, names):
    lines = "\n".join(names)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n"


def write_api(folder):
    """A page for each room with a public header; the rooms' names."""
    rooms = ast.literal_eval(re.search(r"ROOMS = (\[.*?\])",
                                       (ROOT / "tests/layout.py").read_text(), re.DOTALL)[1])
    written = []
    for room in rooms:
        headers = sorted((ROOT / "include/minitape" / room).glob("*.hpp"))
        text = f"# {room}/\n"
        for header in headers:
            path = header.relative_to(ROOT)
            text += (f"\n## {room}/{header.name}\n\n[{path}](../../{path})\n\n```{{eval-rst}}\n"
                     f".. doxygenfile:: {room}/{header.name}\n   :sections: {SECTIONS}\n```\n")
        if headers:
            (folder / f"{room}.md").write_text(text)
            written.append(room)
    (folder / "index.md").write_text(
        API + "\n".join(f"- [{room}/]({room}.md)" for room in written) + contents("API", written))


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "api").mkdir(parents=True)
    pages = [path.relative_to(DOCS) for path in sorted([*DOCS.glob("*.md"),
                                                        *DOCS.glob("exercises/*.md")])]
    pages = [page for page in pages if str(page) not in [*PARTS_OF_OTHERS, "README.md"]]
    for page in pages:
        (folder / page).parent.mkdir(exist_ok=True)
        shutil.copy(DOCS / page, folder / page)
    for pictures in ["figures", "lab"]:
        shutil.copytree(DOCS / pictures, folder / pictures,
                        ignore=shutil.ignore_patterns("*.dat", "*.gp"))

    names = [str(page.with_suffix("")) for page in pages]
    chapters = [name for name in names if re.match(r"\d\d_", name)]
    beside = sorted((name for name in names if name not in chapters),
                    key=lambda name: BESIDE.index(name) if name in BESIDE else len(BESIDE))
    (folder / "index.md").write_text(
        (DOCS / "README.md").read_text() + contents("The course", chapters) +
        contents("Beside it", beside) + contents("The library", ["api/index"]))
    write_api(folder / "api")


main()
