"""Opens the page in headless Chromium, without network, and uses it as a reader would.

    /usr/bin/python3 tests/web/page.py build/web/minitape.html [PICTURE.png]

Both curves must appear, pause, step, settings, bad input and the pad must do what they say, nothing
may be asked of the network, and nothing may go wrong in the console. The picture is the page after
some thousand steps.
"""
import base64
import json
import pathlib
import re
import sys
import time

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service

PATIENCE = 180  # seconds: test machines are busy
MOST_BYTES = 400_000
# What would load something from elsewhere, or name where from.
LOADING = (r"https?:", r"\bsrc\s*=", r"href\s*=(?!\"data:,\")", r"url\(", r"@import",
           r"\bfetch\(", r"importScripts", r"\bimport\s*\(", "XMLHttpRequest", "WebSocket",
           "EventSource", "sendBeacon")


def check(is_right, what):
    if not is_right:
        raise SystemExit(f"FAILED: {what}")


def check_file(page):
    text = page.read_text()
    check(len(text) <= MOST_BYTES, f"the file has {len(text):,} bytes, at most {MOST_BYTES:,}")
    for pattern in LOADING:
        found = re.search(pattern, text)
        check(not found, f"{page.name} has {found and text[found.start():found.start() + 60]!r}")


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage",
                     "window-size=1100,900", "host-resolver-rules=MAP * ~NOTFOUND"):
        options.add_argument("--" + argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


class Page:
    def __init__(self, driver, path):
        self.driver, self.url = driver, path.resolve().as_uri()

    def open(self, settings=""):
        self.driver.get("about:blank")
        self.driver.get(self.url + settings)
        # Once it is loaded the page still unpacks its module: until then there are no networks.
        self.wait("both networks are made", lambda: self.run("return sides.length") == 2)

    def element(self, name):
        return self.driver.find_element(By.ID, name)

    def field(self, name):
        return self.driver.find_element(By.NAME, name)

    def text(self, name):
        return self.element(name).text

    def run(self, script):
        return self.driver.execute_script(script)

    def rows(self):
        """[[step, loss, test accuracy, steps a second] of both networks], as text."""
        return self.run("return [...document.querySelectorAll('tbody tr')].map("
                        "(row) => [...row.cells].slice(1).map((cell) => cell.textContent))")

    def steps(self):
        return [int(row[0].replace(",", "")) for row in self.rows()]

    def wait(self, what, is_so):
        end = time.time() + PATIENCE
        while not is_so():
            check(time.time() < end, f"waited in vain until {what}: {self.rows()} "
                                     f"{self.text('status')} {self.text('trouble')}")
            time.sleep(0.2)

    def wait_for_steps(self, steps):
        self.wait(f"both have made {steps} steps", lambda: min(self.steps()) >= steps)

    def stands_still(self):
        before = self.steps()
        time.sleep(1)
        return self.steps() == before

    def picture(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        self.driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        self.run("scrollTo(0, 0)")
        time.sleep(0.5)
        return base64.b64decode(self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"format": "png"})["data"])


def percent(row):
    return float(row[2].split()[0]) if row[2] != "–" else 0


def check_curves(page):
    """Two lines of two colours in the charts; the paper's plateau."""
    page.wait_for_steps(300)
    rows = page.rows()
    print(f"begins in {page.run('return sides.map((side) => side.ready.toFixed(2))')} s, "
          f"steps a second {[row[3] for row in rows]}")
    # After the same step, whichever of the two is ahead.
    accuracies = page.run("return sides.map((side) => "
                          "side.accuracies.find(([step]) => step === 300)[1])")
    check(accuracies[0] > 50, f"with batch norm the digits are learned: {accuracies} %")
    check(accuracies[1] < 20, f"without, the plateau lasts: {accuracies} %")
    for chart in ("loss", "accuracy"):
        counts = page.run("""
            const canvas = document.getElementById("%s");
            const { width, height } = canvas;
            const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
            let [blue, orange] = [0, 0];
            for (let i = 0; i < data.length; i += 4) {
              if (data[i + 3] < 200) continue;
              if (data[i + 2] > data[i] + 80) ++blue;
              if (data[i] > data[i + 2] + 80) ++orange;
            }
            return [blue, orange];""" % chart)
        check(min(counts) > 40, f"both curves are drawn in {chart}: {counts} coloured pixels")


def check_buttons(page):
    page.element("run").click()
    check(page.text("run") == "Go on", "the button of a paused run says how to go on")
    page.wait("a paused run stands still", page.stands_still)
    before = page.steps()
    page.element("step").click()
    page.wait("each has made one step", lambda: page.steps() == [n + 1 for n in before])
    page.element("restart").click()
    page.wait("both begin again", lambda: page.steps() == [0, 0])
    page.element("run").click()
    page.wait_for_steps(10)


def check_settings(page):
    rate = page.field("rate")
    rate.send_keys(Keys.CONTROL, "a")
    rate.send_keys("fast", Keys.TAB)
    check(page.text("trouble").startswith("learning rate must be a number from 0.0001 to 100"),
          f"a rate that is no number: {page.text('trouble')!r}")
    rate.send_keys(Keys.CONTROL, "a")
    rate.send_keys("1.5", Keys.TAB)
    page.wait("the address has the rate", lambda: page.driver.current_url.endswith("#rate=1.5"))
    page.wait("the config has the rate", lambda: "learning_rate = 1.5\n" in page.run(
        "return $('config').textContent"))
    check(page.text("trouble") == "", f"the trouble is over: {page.text('trouble')!r}")
    page.wait_for_steps(10)
    page.open("#network=cnn&rate=slow&nonsense=1")
    page.wait("it says what it leaves out", lambda: page.text("trouble") ==
              "Not understood, and left out: rate=slow, nonsense=1")
    check(page.field("network").get_attribute("value") == "cnn", "the rest of the address is used")
    page.wait_for_steps(1)


def check_trouble(page):
    """A run that diverges, and an exception in the module."""
    page.open("#preset=rate")
    page.wait("without batch norm it diverges", lambda: page.rows()[1][1] == "diverged")
    stopped = page.steps()[1]
    page.wait("the other goes on", lambda: page.steps()[0] > stopped + 20)
    check(page.steps()[1] == stopped, "a diverged run stops")
    page.run("sides[0].worker.postMessage({ begin: 'seed = -1', module: wasm })")
    page.wait("what is thrown is told", lambda: "seed" in page.text("trouble"))
    print(f"thrown: {page.text('trouble')}")
    page.wait("it says that it has stopped", lambda: page.text("status") == "Stopped.")
    page.element("restart").click()
    check(page.text("trouble") == "", "beginning anew ends the trouble")
    page.wait("new workers train", lambda: page.steps()[0] > 10)


def check_keyboard(page):
    """From the top of the page, by Tab and Enter alone."""
    page.open()
    page.wait_for_steps(1)
    page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB, Keys.TAB)
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    page.wait("Enter chooses a preset", lambda: "#preset=" in page.driver.current_url)
    pad = page.element("pad")
    page.run("$('pad').focus()")
    pad.send_keys(Keys.ARROW_DOWN * 15)
    page.wait("both answer about what the arrow keys drew", lambda: "%" in page.text("answer_with"))


def check_drawing(page):
    """A 7 with the mouse, once both can read."""
    page.open()
    page.wait("both have learned", lambda: min(map(percent, page.rows())) > 85)
    pad = page.element("pad")
    actions = ActionChains(page.driver, duration=20).move_to_element_with_offset(pad, -50, -75)
    actions.click_and_hold()
    for step in [(20, 0)] * 5 + [(-8, 20)] * 8:
        actions.move_by_offset(*step)
    actions.release().perform()
    page.wait("both read the drawn 7", lambda: all(
        page.text(f"answer_{side}").startswith("7 (") for side in ("with", "without")))
    right = page.run("return $('digits').textContent.split('✓').length - 1")
    check(right >= 14, f"both know most of the ten digits: {right} of 20 answers are right")
    page.element("wipe").click()
    page.wait("nothing is asked", lambda: page.text("answer_with") == "–")


def check_phone(page):
    page.picture(390, 844)
    width = page.run("return document.documentElement.scrollWidth")
    check(width <= 390, f"a phone does not scroll sideways: the page is {width} wide")


def check_silence(page):
    for entry in page.driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            check(url.startswith((page.url, "blob:", "data:", "about:")), f"it asks for {url}")
    console = page.driver.get_log("browser")
    check(not console, f"the console is empty: {console}")


def main(path, picture=None):
    check_file(path)
    driver = browser()
    try:
        page = Page(driver, path)
        page.open()
        for part in (check_curves, check_buttons, check_settings, check_trouble, check_keyboard,
                     check_drawing):
            part(page)
            print(f"{part.__name__}: passed", flush=True)
        if picture:
            pathlib.Path(picture).write_bytes(page.picture(1000, 800))
        check_phone(page)
        check_silence(page)
    finally:
        driver.quit()
    print("the page does in Chromium what it says")


main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
