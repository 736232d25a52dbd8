"""Builds the site of docs/ and checks it: warnings are errors; every link of a page to another page
or to a place in it leads somewhere; no page asks another host for a style, a script, a font or a
picture; and for every question of questions.txt the search finds a page that answers it.

    python3 tests/docs/site.py            # about a minute
    python3 tests/docs/site.py --built    # checks build/site as it is
"""
import html.parser
import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
SITE = ROOT / "build/site"
HAS_HOST = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)


class Page(html.parser.HTMLParser):
    """What a page links to, what it needs to be shown, and the places in it."""

    def __init__(self, path):
        super().__init__()
        self.links, self.needs, self.places = [], [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.places.update(attributes[key] for key in ("id", "name") if key in attributes)
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag == "link" and attributes.get("rel") in ("stylesheet", "shortcut icon"):
            self.needs.append(attributes["href"])
        elif tag == "form":
            self.links.append(attributes.get("action", ""))
        self.needs += [attributes[key] for key in ("src", "data", "poster", "xlink:href")
                       if attributes.get(key)]


def places_of(fragment):
    """L15-L31 are two places: both lines must be there."""
    lines = re.fullmatch(r"(L\d+)-(L\d+)", fragment)
    return lines.groups() if lines else (fragment,)


def check_links(pages):
    for path, page in pages.items():
        for link in page.links + page.needs:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / urllib.parse.unquote(parts.path)) if parts.path else path
            target = target.resolve()
            name = path.relative_to(SITE)
            if not target.is_file():
                yield f"{name}: {link} leads nowhere"
            elif parts.fragment and target in pages:
                for place in places_of(urllib.parse.unquote(parts.fragment)):
                    if place not in pages[target].places:
                        yield f"{name}: {link}: there is no {place}"


def check_hosts(pages):
    for path, page in pages.items():
        for need in page.needs:
            if HAS_HOST.match(need):
                yield f"{path.relative_to(SITE)} needs {need}"
    for path in SITE.rglob("*.css"):
        for need in re.findall(r"url\(\s*[\"']?([^\"')]+)", path.read_text()):
            if HAS_HOST.match(need):
                yield f"{path.relative_to(SITE)} needs {need}"
            elif not need.startswith(("data:", "#")) and not (path.parent / need).is_file():
                yield f"{path.relative_to(SITE)}: there is no {need}"
        if re.search(r"@import\s", path.read_text()):
            yield f"{path.relative_to(SITE)} imports another"
    for path in SITE.rglob("*.js"):
        for call in re.findall(r"(?:fetch|import|XMLHttpRequest|importScripts)\s*\(\s*[\"'`]\w+:",
                               path.read_text()):
            yield f"{path.relative_to(SITE)} asks another host: {call}"
    for path in SITE.rglob("*.svg"):
        for need in re.findall(r"(?:href|src)=\"([^\"]+)\"|@import|url\((http[^)]*)", path.read_text()):
            if HAS_HOST.match(need[0] or need[1]):
                yield f"{path.relative_to(SITE)} needs {need[0] or need[1]}"


def questions():
    for line in (HERE / "questions.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            query, pages = line.split("|")
            yield query.strip(), pages.split()


def check_search():
    asked = list(questions())
    answers = subprocess.run(["node", HERE / "search.js", SITE], text=True, check=True,
                             input="\n".join(query for query, _ in asked) + "\n",
                             stdout=subprocess.PIPE).stdout.splitlines()
    for (query, wanted), answer in zip(asked, answers, strict=True):
        found = [page.removesuffix(".html") for page in answer.split()]
        if not set(wanted) & set(found[:3]):
            yield f'search "{query}" finds {" ".join(found) or "nothing"}, wanted {" ".join(wanted)}'
        for page in wanted:
            if not (ROOT / f"docs/{page}.md").is_file():
                yield f'search "{query}": there is no docs/{page}.md'


def main():
    if "--built" not in sys.argv:
        subprocess.run(["bash", ROOT / "docs/site.sh"], check=True)
    pages = {path.resolve(): Page(path) for path in SITE.rglob("*.html")}
    faults = [*check_links(pages), *check_hosts(pages), *check_search()]
    print("\n".join(dict.fromkeys(faults)))
    count = sum(len(page.links) for page in pages.values())
    print(f"{len(pages)} pages, {count} links, {len(list(questions()))} questions: "
          f"{len(faults) or 'no'} faults")
    return 1 if faults or not pages else 0


sys.exit(main())
