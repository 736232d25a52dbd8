"""Makes the page one file: python3 apps/web/bundle.py NETWORK.wasm PAGE.html"""
import base64
import gzip
import pathlib
import sys

here = pathlib.Path(__file__).parent
module, page = map(pathlib.Path, sys.argv[1:])
parts = {"MODULE": base64.b64encode(gzip.compress(module.read_bytes(), mtime=0)).decode(),
         "WORKER": (here / "worker.js").read_text(),
         "SETTINGS": (here / "settings.js").read_text(),
         "CHARTS": (here / "charts.js").read_text(),
         "DIGITS": (here / "digits.js").read_text(),
         "PAGE": (here / "page.js").read_text()}
html = (here / "page.html").read_text()
for name, text in parts.items():
    html = html.replace(f"@{name}@", text)
page.write_text(html)
