"""Sphinx extension: declarations one after the other that have the same description, such as the
two forms of an operation, show it once, below the last of them."""
from sphinx import addnodes


def join_descriptions(app, document):
    for first in document.findall(addnodes.desc):
        second = first.next_node(descend=False, siblings=True)
        if not isinstance(second, addnodes.desc):
            continue
        contents = [next(iter(part.findall(addnodes.desc_content))) for part in (first, second)]
        texts = [content.astext() for content in contents]
        if texts[0] and texts[0] == texts[1] and not contents[0].next_node(addnodes.desc):
            contents[0].children.clear()
            first["classes"].append("shares-description")


def setup(app):
    app.connect("doctree-read", join_descriptions)
    return {"parallel_read_safe": True}
