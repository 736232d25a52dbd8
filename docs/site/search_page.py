"""Sphinx extension: a search that answers with sections and a piece of their text, also on pages
that were opened from files, where Sphinx's own cannot show any text.

Writes _static/sections.js, [address, page, section, text] of every section of every page and of
every type and function of the API. static/search.js searches it.
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
    if isinstance(node, nodes.TextElement):
        return node.astext() + "\n"
    return "".join(own_text(child) for child in node.children)


def entries(document, address, page):
    for node in document.findall(lambda node: isinstance(node, PARTS)):
        if isinstance(node, nodes.section):
            title, ids = node.next_node(nodes.title).astext(), node["ids"]
        else:
            signature = node.next_node(addnodes.desc_signature)
            title, ids = signature.astext(), signature["ids"]
        if ids:
            is_top = isinstance(node.parent, nodes.document)
            text = " ".join("".join(own_text(child) for child in node.children[1:]).split())
            yield [address + ("" if is_top else "#" + ids[0]), page, "" if is_top else title, text]


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
    app.connect("html-collect-pages", write_page)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
