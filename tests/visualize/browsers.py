"""Asking a page in browsers, without a driver: a script is added to a copy of it, and answers.

    found = ask(explore(J), "go(3); return $('says').textContent")

Chromium prints the document in which the script leaves what it found; Firefox sends it to an
address of this process. The plain `pytest` asks Chromium; AUTODIFF_TESTS=all asks both.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

NAMES = {
    "chromium": ("chromium", "chromium-browser", "chrome"),
    "firefox": ("firefox-esr", "firefox"),
}
BROWSERS = {name: next(filter(None, map(shutil.which, NAMES[name])), None) for name in NAMES}

HELPERS = """
const seen = [], errors = [];
addEventListener("error", e => errors.push(e.message));
const key = (k, on = document.body, more = {}) => on.dispatchEvent(
  new KeyboardEvent("keydown", {key: k, bubbles: true, cancelable: true, ...more}));
const press = id => $(id).click();
const text = (n, c) => cards.get(n).querySelector(c).textContent;
const number = name => data.facts.findIndex(f => f.n === name);
const look = () => ({now, where: $("where").textContent, says: $("says").textContent});
"""


def run_chromium(page, folder, size, step, dark):
    """Return what the script in a page leaves in the document."""
    (folder / "page.html").write_text(
        page.replace(
            "LEAVE",
            'const out = document.createElement("pre"); out.id = "answer"; out.textContent = found;'
            " document.body.append(out);",
        ),
        "utf-8",
    )
    command = [
        BROWSERS["chromium"], "--headless=new", "--no-sandbox", "--disable-gpu",
        "--virtual-time-budget=4000", f"--user-data-dir={folder / 'profile'}",
        f"--window-size={size[0]},{size[1]}", "--dump-dom",
        *(["--blink-settings=preferredColorScheme=0"] if dark else []),
        f"{(folder / 'page.html').as_uri()}{step}",
    ]  # fmt: skip
    run = subprocess.run(command, capture_output=True, timeout=60, check=False)
    found = re.search(r'<pre id="answer">(.*?)</pre>', run.stdout.decode(), re.S)
    assert found, run.stderr.decode()[-2000:]
    return html.unescape(found[1])


def run_firefox(page, folder, size, step, dark):
    """Return what the script in a page sends to an address of this process."""
    answers = Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            answers.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"http://127.0.0.1:{server.server_port}/"
    send = f"fetch({place!r}, {{method: 'POST', mode: 'no-cors', body: found}});"
    (folder / "page.html").write_text(page.replace("LEAVE", send), "utf-8")
    profile = folder / "profile"
    profile.mkdir()
    (profile / "user.js").write_text(
        f'user_pref("ui.systemUsesDarkTheme", {int(dark)});\n'
        'user_pref("browser.aboutwelcome.enabled", false);\n'
        'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n'
    )
    command = [
        BROWSERS["firefox"], "--headless", "--no-remote", "--profile", str(profile),
        "--width", str(size[0]), "--height", str(size[1]),
        f"{(folder / 'page.html').as_uri()}{step}",
    ]  # fmt: skip
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return answers.get(timeout=60)
    finally:
        browser.kill()
        browser.wait()
        server.shutdown()
        server.server_close()


def asker(name, folder):
    """Return a function that runs JavaScript in a page and returns what it gives."""
    run = {"chromium": run_chromium, "firefox": run_firefox}[name]

    def ask(page, script, *, size=(1100, 700), step="", dark=False):
        ending = (
            f"<script>{HELPERS}\nlet answer; try {{ answer = (() => {{{script}}})(); }}"
            " catch (error) { errors.push(String(error)); }"
            " const found = JSON.stringify({answer, errors}); LEAVE</script>"
        )
        made = page.html.replace("</body>", f"{ending}</body>")
        found = json.loads(run(made, folder(), size, step, dark))
        assert found["errors"] == []
        return found["answer"]

    return ask
