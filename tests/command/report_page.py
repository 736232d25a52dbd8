"""Reads report.html as a browser does and checks what it promises.

    report_page.py check REPORT SUMMARY_CSV    well-formed, self-contained, all numbers there
    report_page.py text REPORT                 what a reader sees
    report_page.py commands REPORT             the commands that repeat it, one a line
    report_page.py frame REPORT WIDTH          a page that shows it WIDTH pixels wide and says in
                                               its title how wide the contents are

Exit code 1 with a line for what is wrong.
"""
import csv
import html
import html.parser
import re
import sys
import xml.etree.ElementTree

VOID = {"meta", "br", "wbr", "link", "img", "input", "hr"}
SVG = "{http://www.w3.org/2000/svg}"
# Everything that makes a browser fetch or run something.
LOADING_TAGS = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "audio",
                "video"}
LOADING_ATTRIBUTES = {"src", "srcset", "href", "xlink:href", "action", "data", "background",
                      "poster"}


class Page(html.parser.HTMLParser):
    """Element by element, with everything that must be closed closed in order."""

    def __init__(self, source):
        super().__init__()
        self.open, self.problems, self.ids = [], [], []
        self.text, self.style, self.blocks = [], "", []
        self.tables, self.cell = [], None  # tables of rows of cells
        self.feed(source)
        self.close()
        self.problems += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        if tag in LOADING_TAGS:
            self.problems.append(f"there is a <{tag}>")
        for name, value in attributes:
            if name.startswith("on") or name in LOADING_ATTRIBUTES:
                self.problems.append(f"<{tag}> has {name}={value!r}")
        if "id" in names:
            self.ids.append(names["id"])
        if tag not in VOID:
            self.open.append(tag)
        if tag == "pre":
            self.blocks.append("")
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.cell = {"data": [], "text": ""}
            self.tables[-1][-1].append(self.cell)
        if tag == "data":
            self.cell["data"].append([float(names["value"]), ""])

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else, at {self.getpos()}")
        if tag in ("td", "th"):
            self.cell = None

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data
            return
        self.text.append(data)
        if "pre" in self.open:
            self.blocks[-1] += data
        if self.cell is not None:
            self.cell["text"] += data
            if self.open[-1] == "data":
                self.cell["data"][-1][1] += data


def check_svgs(source, problems):
    svgs = re.findall(r"<svg.*?</svg>", source, re.S)
    charts = 0
    for text in svgs:
        root = xml.etree.ElementTree.fromstring(text)
        if root.get("aria-hidden") == "true":
            continue
        charts += 1
        parts = {part.get("id"): part.text for part in root.iter() if part.get("id")}
        labels = [parts.get(name) for name in root.get("aria-labelledby", "").split()]
        if root.get("role") != "img" or len(labels) != 2 or not all(labels):
            problems.append("a chart has no role, title or description")
        if not root.findall(f".//{SVG}path[@class='line']"):
            problems.append("a chart has no line")
    if charts != 2:
        problems.append(f"{charts} charts instead of 2")


def check_numbers(page, summary, problems):
    """Each number of summary.csv is in the results: exactly as <data>, and rounded for the eye."""
    with open(summary, newline="") as file:
        rows = list(csv.DictReader(file))
    results = page.tables[0]
    for column, row in enumerate(rows, start=1):
        name = row.pop("variant")
        found = [number for line in results[1:] for number in line[column]["data"]]
        head = results[0][column]["text"].strip().replace(",", ";")
        if head != name:
            problems.append(f"column {column} is {head!r} instead of {name!r}")
        for key, text in row.items():
            value = float(text)
            # No number at all, or a count that goes without saying: 0 diverged, all of the runs.
            goes_without = key == "diverged" and value == 0
            goes_without |= key.startswith("runs_to") and value == float(row["runs"])
            if value != value or goes_without:
                continue
            at = next((i for i, (exact, _) in enumerate(found) if exact == value), None)
            if at is None:
                problems.append(f"{name}: {key} = {text} is not there")
                continue
            shown = found.pop(at)[1]  # the same number may be there again, for another key
            places = len(shown.partition(".")[2])
            if not any(abs(factor * value - float(shown)) <= 0.500001 * 10 ** -places
                       for factor in (1, 100, 1000)):
                problems.append(f"{name}: {key} = {text} is shown as {shown}")


def check(source, summary):
    page = Page(source)
    problems = page.problems
    if len(set(page.ids)) != len(page.ids):
        problems.append("an id occurs twice")
    # The only address is the name of the SVG namespace, which nobody fetches.
    addresses = set(re.findall(r"https?://[^\s\"'<]*", source)) - {SVG[1:-1]}
    if addresses:
        problems.append(f"there are addresses: {addresses}")
    references = re.findall(r"url\((?!#)|@import", source)
    if references:
        problems.append(f"the style loads something: {references}")
    for rule in ("@media screen and (prefers-color-scheme: dark)", "@media print",
                 "@media (min-width"):
        if rule not in page.style:
            problems.append(f"the style has no {rule}")
    if '<meta name="viewport" content="width=device-width, initial-scale=1">' not in source:
        problems.append("there is no viewport for phones")
    check_svgs(source, problems)
    check_numbers(page, summary, problems)
    return problems


def frame(source, width):
    """The page in a frame. The frame's own address is this page's, so its size may be read."""
    return f"""<!DOCTYPE html><meta charset="utf-8"><title>not measured</title><script>
function measure(frame) {{
  const page = frame.contentDocument.documentElement;
  document.title = 'the contents are ' + (page.scrollWidth - page.clientWidth) +
                   ' pixels wider than ' + page.clientWidth;
}}
</script><iframe style="width:{width}px;height:900px;border:0" onload="measure(this)"
  srcdoc="{html.escape(source)}"></iframe>"""


def main():
    what, path = sys.argv[1:3]
    with open(path, encoding="utf-8") as file:
        source = file.read()
    if what == "check":
        problems = check(source, sys.argv[3])
        for problem in problems:
            print(f"{path}: {problem}", file=sys.stderr)
        sys.exit(1 if problems else 0)
    if what == "text":
        print("".join(Page(source).text))
    if what == "commands":
        print("\n".join(block for block in Page(source).blocks if block.startswith("minitape ")))
    if what == "frame":
        print(frame(source, int(sys.argv[3])))


main()
