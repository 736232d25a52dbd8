"""Sphinx extension: a search that answers with sections and a piece of their text, also on pages
that were opened from files, where Sphinx's own cannot show any text.

Writes _static/sections.js, [address, page, section, text] of every section of every page, of every
paragraph that answers a question in bold at its beginning, and of every type and function of the
API. static/search.js searches it.
"""
import json
import pathlib

from docutils import nodes
from sphinx import addnodes

PARTS = (nodes.section, addnodes.desc)


def own_text(node):
    """The text of a node without that of the sections and declarations in it."""
    if isinstance(node, (*PARTS, nodes.raw, nodes.image)):
        return ""
    if isinstance(node, (nodes.TextElement, nodes.Text)):
        return node.astext() + "\n"
    return "".join(own_text(child) for child in node.children)


def question_of(node):
    """The question in bold with which a paragraph begins, or ""."""
    if not isinstance(node, nodes.paragraph):
        return ""
    first = next((child for child in node.children if child.astext()), None)
    is_one = isinstance(first, nodes.strong) and first.astext().endswith("?")
    return first.astext() if is_one else ""


def title_of(section):
    """With the question below it, where that is all that a paragraph says: docs/lab.md."""
    title = section.next_node(nodes.title)
    below = title.next_node(descend=False, siblings=True)
    question = question_of(below)
    is_all = question and below.astext() == question
    return f"{title.astext()}: {question}" if is_all else title.astext()


def make_places(app, document):
    """Makes such paragraphs places to link to."""
    for node in document.findall(nodes.paragraph):
        if question_of(node):
            node["ids"].append(nodes.make_id(question_of(node)))


def entries(document, address, page):
    for node in document.findall(nodes.Element):
        named = node.next_node(addnodes.desc_signature) if isinstance(node, addnodes.desc) else node
        if isinstance(node, nodes.section):
            title = title_of(node)
        else:
            title = named.astext() if named is not node else question_of(node)
        is_told = not isinstance(node, nodes.paragraph) or node.astext() != title
        if title and named["ids"] and is_told:
            is_top = isinstance(node.parent, nodes.document)
            text = " ".join("".join(map(own_text, node.children)).split()).removeprefix(title)
            yield [address + ("" if is_top else "#" + named["ids"][0]), page,
                   "" if is_top else title, text]


def write_page(app):
    """Instead of Sphinx's index: ours, and the page that searches it."""
    sections = []
    for name in sorted(app.env.found_docs):
        page = app.env.titles[name].astext()
        sections += entries(app.env.get_doctree(name), app.builder.get_target_uri(name), page)
    static = pathlib.Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(section, ensure_ascii=False) for section in sections)
    (static / "sections.js").write_text(f"const SECTIONS = [\n{lines}\n];\n")
    yield "search", {"title": "Search"}, "search.html"


def start(app):
    app.builder.search = False


def setup(app):
    app.connect("builder-inited", start)
    app.connect("doctree-read", make_places)
    app.connect("html-collect-pages", write_page)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
