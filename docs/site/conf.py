"""Sphinx's settings for the site of docs/site.sh."""
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "minitape"
html_title = "minitape"
extensions = ["myst_parser", "breathe", "api_pages", "formulas", "sources", "search_page"]

# Markdown as GitHub reads it, and nothing more.
myst_enable_extensions = ["dollarmath"]
myst_disable_syntax = ["myst_line_comment", "myst_block_break", "myst_target", "myst_role"]
myst_heading_anchors = 6
myst_ref_domains = ["std"]
myst_update_mathjax = False

# Listings are parts of files, which need not be whole sentences of their language.
suppress_warnings = ["misc.highlighting_failure"]

breathe_projects = {"minitape": str(HERE.parents[1] / "build/site_work/xml")}
breathe_default_project = "minitape"
breathe_show_include = False
primary_domain = "cpp"

html_math_renderer = "katex"
html_theme = "furo"
templates_path = ["templates"]
html_theme_options = {
    "light_css_variables": {"code-font-size": "0.75rem"},
    "dark_css_variables": {"code-font-size": "0.75rem"},
}
html_static_path = ["static"]
html_css_files = ["katex/katex.css", "site.css"]
html_js_files = ["lines.js"]
html_copy_source = False
html_show_copyright = False
html_use_index = False
pygments_style = "tango"
pygments_dark_style = "monokai"
