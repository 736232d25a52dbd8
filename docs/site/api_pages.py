"""Sphinx extension for the pages of the API.

Declarations one after the other that have the same description, such as the two forms of an
operation, show it once, below the last of them. Names of our types in declarations are links; names
from elsewhere are not looked for, which would take most of the time.
"""
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode


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


class TypeLinks(SphinxPostTransform):
    default_priority = 5  # before Sphinx looks for them

    def run(self):
        names = list(self.document.findall(
            lambda node: isinstance(node, addnodes.pending_xref) and node["refdomain"] == "cpp"))
        types = {name: (page, place) for name, _, kind, page, place, _
                 in (self.env.get_domain("cpp").get_objects() if names else [])
                 if kind in ("class", "struct", "enum", "type")}
        for name in names:
            page, place = types.get(name["reftarget"], ("", ""))
            name.replace_self(make_refnode(self.app.builder, self.env.docname, page, place,
                                           name.children) if page else name.children)


def setup(app):
    app.connect("doctree-read", join_descriptions)
    app.add_post_transform(TypeLinks)
    return {"parallel_read_safe": True}
