"""Pages of docs/ as check.py and follow.py read them: fenced blocks, and the prose between them."""
import pathlib
import re
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHAPTER = re.compile(r"\d\d_\w+\.md")
LISTING_LINK = re.compile(r"\[(\S+), lines? (\d+)(?:–(\d+))?\]\((\S+?)#L(\d+)(?:-L(\d+))?\)")


class Block:
    """A fenced block: ```language … ```."""

    def __init__(self, page, start, language, before_index):
        self.page, self.start, self.language = page, start, language
        self.lines = []  # without the fences; the first is line start + 1 of the page
        self.before_index = before_index  # of the last line with text in front of the block

    @property
    def before(self):
        return "" if self.before_index is None else self.page.lines[self.before_index].strip()


class Page:
    def __init__(self, path):
        self.path = path
        self.lines = path.read_text().splitlines()
        self.blocks, self.prose = [], []  # prose: (number of the line, from 1, and its text)
        block, before = None, None
        for index, line in enumerate(self.lines):
            fence = re.fullmatch(r"\s*```(.*)", line)
            if block and fence:
                block = None
            elif block:
                block.lines.append(line)
            elif fence:
                block = Block(self, index, fence[1].strip(), before)
                self.blocks.append(block)
            else:
                self.prose.append((index + 1, line))
                before = index if line.strip() else before
        self.ends_inside_block = block is not None

    @property
    def is_chapter(self):
        return bool(CHAPTER.fullmatch(self.path.name))

    def listings(self):
        return [b for b in self.blocks if b.language not in ("console", "text", "math")]

    def section(self, anchor):
        """The heading with this anchor and the text below it, to the next heading of its level."""
        anchors = anchors_of(self)
        start = next((index for index in anchors if anchors[index] == anchor), len(self.lines))
        end = next((index for index in anchors
                    if index > start and self.level(index) <= self.level(start)), None)
        return "\n".join(self.lines[start:end])

    def level(self, index):
        """Of the heading in this line: how many # it has."""
        return len(self.lines[index].split()[0])


def anchors_of(page):
    """{index of the line: anchor} of the headings, as GitHub names them."""
    result, seen = {}, {}
    in_prose = {number - 1 for number, _ in page.prose}
    for index, line in enumerate(page.lines):
        heading = re.match(r"#+ +(.*)", line)
        if not heading or index not in in_prose:
            continue
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1]).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        result[index] = f"{slug}-{count}" if count else slug
    return result


def pages():
    return [Page(path) for path in sorted((ROOT / "docs").glob("*.md"))]


def dedent(lines):
    return textwrap.dedent("\n".join(lines)).splitlines()
