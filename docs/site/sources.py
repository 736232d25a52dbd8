"""Sphinx extension: links out of docs/ lead to copies of the project's files, as pages of the site
with highlighted, numbered lines. #L15-L31 works as it does on GitHub."""
import html
import pathlib
import posixpath
import re

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes

ROOT = pathlib.Path(__file__).resolve().parents[2]


def path_of(node):
    """The file or folder that a link in a page means, and the place in it."""
    target, _, anchor = node["reftarget"].partition("#")
    folder = posixpath.dirname(posixpath.join("docs", node["refdoc"]))
    return posixpath.normpath(posixpath.join(folder, target)) if target else "", anchor


def find_front_page(app, document):
    """docs/README.md is the site's index."""
    for node in document.findall(addnodes.pending_xref):
        if node["reftype"] == "myst" and path_of(node)[0] == "docs/README.md":
            node["reftarget"] = node["reftarget"].replace("README.md", "index.md")


def resolve(app, env, node, content):
    """A link that no page of the site answers: to a file or a folder of the project, if it is one."""
    path, anchor = path_of(node)
    is_page = posixpath.splitext(path)[0].removeprefix("docs/") in env.found_docs
    if not path or path.startswith("..") or is_page or not (ROOT / path).exists():
        return None
    env.linked_files.add(path)
    if path.endswith(".md"):  # shown as it is written, without places to link to
        anchor = ""
    lines = re.fullmatch(r"L(\d+)(-L(\d+))?", anchor)
    if anchor and not (lines and (ROOT / path).is_file() and
                       int(lines[3] or lines[1]) <= len((ROOT / path).read_text().splitlines())):
        return None
    page = app.builder.get_relative_uri(node["refdoc"], posixpath.join("code", path))
    return nodes.reference("", "", content, internal=True,
                           refuri=page + (f"#{anchor}" if anchor else ""))


def page_of_file(path):
    try:
        lexer = get_lexer_for_filename(path)
    except ClassNotFound:
        lexer = TextLexer()
    # Spaces at both ends are the file's own: line numbers must be right.
    lexer.stripnl = False
    code = highlight((ROOT / path).read_text(), lexer,
                     HtmlFormatter(linenos="inline", linespans="L"))
    return re.sub(r'id="L-(\d+)"', r'id="L\1"', code.replace('"highlight"', '"highlight source"'))


def page_of_folder(path, pages):
    items = []
    for entry in sorted((ROOT / path).iterdir()):
        name = html.escape(entry.name + ("/" if entry.is_dir() else ""))
        page = posixpath.join(path, entry.name)
        link = f'<a href="{posixpath.basename(path)}/{name}.html">{name}</a>'
        items.append(f"<li>{link if page in pages and not entry.is_dir() else name}</li>")
    return f"<ul>{''.join(items)}</ul>"


def pages(app):
    linked = sorted(app.env.linked_files)
    folders = [path for path in linked if (ROOT / path).is_dir()]
    inside = {posixpath.join(folder, entry.name) for folder in folders
              for entry in (ROOT / folder).iterdir() if is_text(entry)}
    files = {path for path in linked if path not in folders} | inside
    for path in [*folders, *sorted(files)]:
        body = page_of_folder(path, files) if path in folders else page_of_file(path)
        yield (f"code/{path}", {"title": path, "body": f"<h1>{html.escape(path)}</h1>{body}"},
               "page.html")


def is_text(path):
    if not path.is_file():
        return False
    try:
        path.read_text()
    except UnicodeDecodeError:
        return False
    return True


def without_contents(app, page, template, context, document):
    """The list of all pages in the margin of each file would be most of the site's size."""
    if page.startswith("code/"):
        context["toctree"] = lambda **options: ""


def start(app):
    app.env.linked_files = set()


def setup(app):
    app.connect("builder-inited", start)
    app.connect("doctree-read", find_front_page)
    app.connect("missing-reference", resolve)
    app.connect("html-collect-pages", pages)
    app.connect("html-page-context", without_contents, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
