"""What the figures are drawn with: boxes, matrices, text, arrows and curves, as SVG.

Colours are those of M. Okabe and K. Ito ("Color Universal Design", 2008), which colour-blind people
can tell apart, on a white ground of their own. Numbers are rounded, so that the same call writes
the same bytes everywhere.
"""
import html
import math
import pathlib

WIDTH = 700
INK, GREY, PALE, PAPER = "#222222", "#666666", "#e4e4e4", "#ffffff"
BLUE, ORANGE, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#a8487c"
# Of channels: behind black numbers.
CHANNELS = ["#bfe0f5", "#ffd591", "#e9bfd6"]


def number(value):
    """1.5 for 1.50, 2 for 2.0, with a true minus sign."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "0") else text.replace("-", "−")


def at(value):
    """A coordinate."""
    return f"{value:.1f}".removesuffix(".0")


class Picture:
    def __init__(self, height, title):
        self.height, self.title, self.parts = height, title, []

    def add(self, tag, content=None, **attributes):
        words = [tag]
        for key, value in attributes.items():
            if value is not None:
                text = at(value) if isinstance(value, (int, float)) else html.escape(value)
                words.append(f'{key.replace("_", "-")}="{text}"')
        self.parts.append(f"<{' '.join(words)}/>" if content is None
                          else f"<{' '.join(words)}>{html.escape(content, quote=False)}</{tag}>")

    def text(self, x, y, text, size=13, anchor="middle", fill=INK, bold=False):
        self.add("text", text, x=x, y=y, font_size=size, text_anchor=anchor, fill=fill,
                 font_weight="bold" if bold else None)

    def lines(self, x, y, text, size=13, step=18, **options):
        for i, line in enumerate(text.strip("\n").split("\n")):
            self.text(x, y + i * step, line, size, **options)

    def rect(self, x, y, width, height, fill=PAPER, stroke=INK, line=1, round=0):
        self.add("rect", x=x, y=y, width=width, height=height, fill=fill, stroke=stroke,
                 stroke_width=line, rx=round or None)

    def path(self, points, stroke=INK, line=1.5, dash=None, arrow=False):
        """Straight from point to point."""
        d = "M" + " L".join(f"{at(x)} {at(y)}" for x, y in points)
        self.add("path", d=d, fill="none", stroke=stroke, stroke_width=line, stroke_dasharray=dash)
        if arrow:
            self.head(points[-2], points[-1], stroke, line)

    def curve(self, a, b, c, d, stroke=INK, line=1.5, dash=None):
        """An arrow from a to d, leaving towards b and arriving from c."""
        words = " ".join(f"{at(x)} {at(y)}" for x, y in (b, c, d))
        self.add("path", d=f"M{at(a[0])} {at(a[1])} C{words}", fill="none", stroke=stroke,
                 stroke_width=line, stroke_dasharray=dash)
        self.head(c, d, stroke, line)

    def head(self, before, tip, fill, line):
        angle = math.atan2(tip[1] - before[1], tip[0] - before[0])
        size = 6 + 1.6 * line
        sides = [(tip[0] - size * math.cos(angle + turn), tip[1] - size * math.sin(angle + turn))
                 for turn in (0.42, -0.42)]
        corners = " L".join(f"{at(x)} {at(y)}" for x, y in (tip, *sides))
        self.add("path", d=f"M{corners} Z", fill=fill)

    def matrix(self, x, y, values, width=26, height=22, fill=None, size=12, stroke=GREY):
        """Rows of values in cells; fill(row, column) is the colour of a cell."""
        for r, row in enumerate(values):
            for c, value in enumerate(row):
                self.rect(x + c * width, y + r * height, width, height,
                          fill(r, c) if fill else PAPER, stroke)
                if value != "":
                    middle, line = x + (c + 0.5) * width, y + (r + 0.5) * height + 0.36 * size
                    self.text(middle, line, number(value), size)

    def bracket(self, x, y, height, text):
        """A brace on the left of something, with its name."""
        end = y + height - 1
        self.path([(x, y + 1), (x - 6, y + 1), (x - 6, end), (x, end)], GREY, 1)
        self.text(x - 11, y + height / 2 + 4, text, 12, "end")

    def __str__(self):
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{at(self.height)}" '
            f'viewBox="0 0 {WIDTH} {at(self.height)}" role="img" '
            'font-family="DejaVu Sans, Verdana, sans-serif">',
            f"<title>{html.escape(self.title)}</title>",
            f'<rect width="{WIDTH}" height="{at(self.height)}" fill="{PAPER}"/>',
            *self.parts, "</svg>", ""])

    def save(self, script, folder):
        """As NAME.svg of the script NAME.py."""
        (pathlib.Path(folder) / (pathlib.Path(script).stem + ".svg")).write_text(str(self))
