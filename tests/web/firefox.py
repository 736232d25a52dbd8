"""Opens the page in headless Firefox, spoken to by WebDriver BiDi, for which no driver is needed.

    /usr/bin/python3 tests/web/firefox.py build/web/minitape.html [PICTURE.png]

Debian's firefox-esr and python3-websocket. The page must train both networks, take a digit that is
drawn with the mouse, and leave nothing in the console; page.py tries all the rest in Chromium.
"""
import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import websocket

PATIENCE = 180  # seconds


def check(is_right, what):
    if not is_right:
        raise SystemExit(f"FAILED: {what}")


class Firefox:
    """One tab. Nothing of the outside can be reached: a proxy that does not exist is in between."""

    def __init__(self, folder):
        (pathlib.Path(folder) / "user.js").write_text("".join(
            f"user_pref({name}, {value});\n" for name, value in (
                ('"network.proxy.type"', 1), ('"network.proxy.http"', '"127.0.0.1"'),
                ('"network.proxy.http_port"', 1), ('"network.proxy.ssl"', '"127.0.0.1"'),
                ('"network.proxy.ssl_port"', 1))))
        self.process = subprocess.Popen(
            ["firefox-esr", "--headless", "--no-remote", "--profile", folder,
             "--remote-debugging-port", "0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "WebDriver BiDi listening on " in line:
                address = line.split("listening on ")[1].strip()
                break
        else:
            raise SystemExit("FAILED: Firefox does not start")
        self.socket = websocket.create_connection(f"{address}/session", timeout=PATIENCE,
                                                  suppress_origin=True)
        self.events, self.number = [], 0
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method, **parameters):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("type") == "event":
                self.events.append(answer)
            elif answer.get("id") == self.number:
                check(answer["type"] == "success", f"{method}: {answer}")
                return answer["result"]

    def run(self, expression):
        """What JSON can tell of the value."""
        answer = self.ask("script.evaluate", expression=f"JSON.stringify({expression})",
                          target={"context": self.tab}, awaitPromise=True)
        check(answer["type"] == "success", f"{expression}: {answer}")
        return json.loads(answer["result"].get("value", "null"))

    def wait(self, what, condition):
        end = time.time() + PATIENCE
        while not self.run(condition):
            check(time.time() < end, f"waited in vain until {what}: " + str(self.run(
                "document.querySelector('tbody').innerText + $('trouble').textContent")))
            time.sleep(0.3)

    def draw(self, points):
        moves = [{"type": "pointerMove", "x": x, "y": y} for x, y in points]
        self.ask("input.performActions", context=self.tab, actions=[{
            "type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
            "actions": [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:],
                        {"type": "pointerUp", "button": 0}]}])

    def picture(self):
        return base64.b64decode(self.ask("browsingContext.captureScreenshot",
                                         context=self.tab)["data"])

    def end(self):
        self.process.terminate()
        self.process.wait()


def use(firefox, path, picture):
    firefox.ask("browsingContext.navigate", context=firefox.tab, url=path.resolve().as_uri(),
                wait="complete")
    firefox.wait("both have learned", "sides.length === 2 && "
                 "sides.every((side) => side.accuracies.at(-1)?.[1] > 85)")
    firefox.run("$('pad').scrollIntoView() ?? null")
    left, top = firefox.run("(({ left, top }) => [left, top])($('pad').getBoundingClientRect())")
    corner = (left + 160, top + 40)
    firefox.draw([(round(x), round(y)) for x, y in (
        *((left + 60 + 20 * i, top + 40) for i in range(5)),
        *((corner[0] - 8 * i, corner[1] + 20 * i) for i in range(8)))])
    firefox.wait("both read the drawn 7",
                 "kSides.every((side) => $(`answer_${side}`).textContent.startsWith('7 ('))")
    print("begins in", firefox.run("sides.map((side) => side.ready.toFixed(2))"), "s; "
          "steps a second", firefox.run("sides.map((side) => "
                                        "Math.round(side.losses.length / side.seconds))"))
    if picture:
        pathlib.Path(picture).write_bytes(firefox.picture())
    check(not firefox.events, f"the console is empty: {firefox.events}")


def main(path, picture=None):
    with tempfile.TemporaryDirectory() as folder:
        firefox = Firefox(folder)
        try:
            use(firefox, path, picture)
        finally:
            firefox.end()
    print("the page does in Firefox what it says")


main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
