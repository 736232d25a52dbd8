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
# Names of what an SVG is, which nobody fetches.
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
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
        self.tables, self.in_cell = [], False  # tables of rows of cells
        self.feed(source)
        self.close()
        self.problems += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        if tag in LOADING_TAGS:
            self.problems.append(f"there is a <{tag}>")
        for name, value in attributes:
            inside = value is not None and value.startswith("#")  # a part of the page itself
            if name.startswith("on") or name in LOADING_ATTRIBUTES and not inside:
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
            self.tables[-1][-1].append("")
            self.in_cell = True

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else, at {self.getpos()}")
        if tag in ("td", "th"):
            self.in_cell = False

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data
            return
        self.text.append(data)
        if "pre" in self.open:
            self.blocks[-1] += data
        if self.in_cell:
            self.tables[-1][-1][-1] += data


def check_picture(page, source, variants, problems):
    """gnuplot's picture is there, with a band and a line per variant in each of two charts."""
    svgs = re.findall(r"<svg.*?</svg>", source, re.S)
    if not svgs and "gnuplot" in "".join(page.text):
        return  # the page says what is missing
    if len(svgs) != 1:
        problems.append(f"{len(svgs)} pictures instead of 1")
        return
    parts = [part.get("id", "") for part in xml.etree.ElementTree.fromstring(svgs[0]).iter()]
    drawn = sum(part.startswith("gnuplot_plot_") for part in parts)
    if drawn != 4 * variants:
        problems.append(f"{drawn} bands and lines for {variants} variants in two charts")


# A row of the results: the columns of summary.csv with mean, deviation and number of runs, and the
# factor between the two.
ROWS = {"test accuracy %": ("final_test_accuracy_mean", "final_test_accuracy_sd", None, 100),
        "several views %": ("views_test_accuracy_mean", "views_test_accuracy_sd", None, 100),
        "best %": ("best_test_accuracy_mean", "best_test_accuracy_sd", None, 100),
        "test loss": ("final_test_loss_mean", "final_test_loss_sd", None, 1),
        "ms / step": ("seconds_per_step", None, None, 1000),
        "seconds": ("seconds", None, None, 1)}


def check_cell(where, text, row, title, problems):
    """A cell of the results is what summary.csv says, rounded. Returns the columns it shows."""
    threshold = re.fullmatch(r"steps to ([\d.]+) %", title)
    if threshold:
        part = f"{round(float(threshold[1]) * 10) / 1000:g}"
        keys = (f"steps_to_{part}", None, f"runs_to_{part}", 1)
    else:
        keys = ROWS[title]
    mean, sd, runs, factor = keys
    found = re.fullmatch(r"(-|[\d.]+)(?: ± ([\d.]+))?(?: \((\d+) of (\d+)\))?", text)
    if not found:
        problems.append(f"{where} is {text!r}")
        return keys
    for key, shown in ((mean, found[1]), (sd, found[2])):
        if key is None:
            continue
        value = float(row[key])
        if value != value:
            if shown not in (None, "-"):
                problems.append(f"{where}: {key} is no number and is shown as {shown}")
            continue
        places = len((shown or "").partition(".")[2])
        if shown in (None, "-") or abs(factor * value - float(shown)) > 0.500001 * 10 ** -places:
            problems.append(f"{where}: {key} = {row[key]} is shown as {shown}")
    if runs is not None:
        shown = found[3] or (row["runs"] if found[1] != "-" else "0")
        if shown != row[runs]:
            problems.append(f"{where}: {runs} = {row[runs]} is shown as {shown}")
    return keys


def check_numbers(page, rows, problems):
    """Each number of summary.csv is in the results, a column per variant, rounded for the eye."""
    results = page.tables[0]
    for column, row in enumerate(rows, start=1):
        name = results[0][column].replace(",", ";")
        if name != row["variant"]:
            problems.append(f"column {column} is {name!r} instead of {row['variant']!r}")
        shown = {"variant", "runs", "diverged"}
        diverged = f" ({row['diverged']} diverged)" if row["diverged"] != "0" else ""
        if results[1][column] != row["runs"] + diverged:
            problems.append(f"{name}: the runs are {results[1][column]!r}")
        for line in results[2:]:
            if not line[0].startswith("training accuracy"):  # of the page alone
                shown.update(check_cell(f"{name}, {line[0]}", line[column], row, line[0], problems))
        if set(row) - shown:
            problems.append(f"{name}: {set(row) - shown} is not there")


def check(source, summary):
    page = Page(source)
    problems = page.problems
    if len(set(page.ids)) != len(page.ids):
        problems.append("an id occurs twice")
    addresses = set(re.findall(r"https?://[^\s\"'<]*", source)) - NAMESPACES
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
    with open(summary, newline="") as file:
        rows = list(csv.DictReader(file))
    check_picture(page, source, len(rows), problems)
    check_numbers(page, rows, problems)
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
