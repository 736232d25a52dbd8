"""Sphinx extension: formulas are rendered when the site is built, by one KaTeX process for all."""
import json
import pathlib
import re
import shutil
import subprocess

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging

HERE = pathlib.Path(__file__).parent
KATEX = pathlib.Path("/usr/share/javascript/katex")
logger = logging.getLogger(__name__)
katex = None


def rendered(node, is_display):
    """The formula as HTML. What KaTeX does not understand is a warning, shown as it was written."""
    global katex
    if katex is None:
        katex = subprocess.Popen(["node", HERE / "formulas.js"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, encoding="utf-8")
    katex.stdin.write(json.dumps({"tex": node.astext(), "display": is_display}) + "\n")
    katex.stdin.flush()
    answer = katex.stdout.readline()
    if not answer:
        raise ExtensionError("KaTeX cannot be started: is the package katex installed?")
    answer = json.loads(answer)
    if "error" in answer:
        logger.warning("%s in %s", answer["error"], node.astext(), location=node)
    return answer.get("html", "")


def inline(translator, node):
    translator.body.append(rendered(node, False))
    raise nodes.SkipNode


def display(translator, node):
    translator.body.append(f'<div class="formula">{rendered(node, True)}</div>\n')
    raise nodes.SkipNode


def math_fences(app, document):
    """GitHub's ```math is a formula too."""
    for block in list(document.findall(nodes.literal_block)):
        if block.get("language") == "math":
            block.replace_self(nodes.math_block(block.rawsource, block.astext(), nowrap=False,
                                                number=None, label=None))


def copy_style(app, error):
    if error or app.builder.format != "html":
        return
    folder = pathlib.Path(app.outdir) / "_static/katex"
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    style = (KATEX / "katex.min.css").read_text()
    style = re.sub(r',url\([^)]*\.(?:woff|ttf)\) format\(\W\w+\W\)', "", style)  # for old browsers
    (folder / "katex.css").write_text(style)
    for font in KATEX.glob("fonts/*.woff2"):
        shutil.copy(font, folder / "fonts")


def setup(app):
    app.add_html_math_renderer("katex", (inline, None), (display, None))
    app.connect("doctree-read", math_fences)
    app.connect("build-finished", copy_style)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
