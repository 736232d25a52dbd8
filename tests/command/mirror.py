"""A web server for download.sh's tests: the first part of an address says how it behaves.

    python3 mirror.py FOLDER      # prints its port and one where nobody listens, then serves

    /good/SET/FILE     FOLDER/SET/FILE, from where the client wants it (Range)
    /norange/...       the same, always from the front
    /cut/...           breaks off halfway, unless the client continues a file
    /stall/...         sends the first half and then nothing
    /corrupt/...       the right size with its last byte changed
    /short/...         a well-formed answer without the last tenth of the file

Each answer adds a line "ADDRESS BYTES" to FOLDER/log, the bytes of the body that are sent.
"""

import http.server
import pathlib
import re
import signal
import socket
import sys
import time

folder = pathlib.Path(sys.argv[1])


class Mirror(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        behaviour, _, name = self.path[1:].partition("/")
        path = folder / name
        if not path.is_file():
            self.record(0)
            return self.send_error(404)
        data = path.read_bytes()
        if behaviour == "corrupt":
            data = data[:-1] + bytes([data[-1] ^ 1])
        if behaviour == "short":
            data = data[: len(data) * 9 // 10]

        # Answer with the rest of the file when the client has its beginning.
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted and behaviour != "norange" else 0
        if start >= len(data):
            self.record(0)
            return self.send_error(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()

        body = data[start:]
        if behaviour in ("cut", "stall") and start == 0:
            body = body[: len(body) // 2]
        elif behaviour == "stall":
            body = b""
        self.record(len(body))
        self.wfile.write(body)
        if behaviour == "stall":
            self.wfile.flush()
            time.sleep(60)

    def record(self, count):
        with open(folder / "log", "a") as log:
            log.write(f"{self.path} {count}\n")


signal.alarm(300)  # do not outlive a test that was killed
nobody = socket.socket()
nobody.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
print(server.server_address[1], nobody.getsockname()[1], flush=True)
server.serve_forever()
