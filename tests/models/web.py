"""A web server on loopback that behaves as badly as a test asks, and packages made in memory."""

from __future__ import annotations

import http.server
import io
import re
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Server:
    """What it serves and how. Change it between requests."""

    files: dict[str, bytes] = field(default_factory=dict)   # by path, with the slash
    ranges: bool = True
    cut_after: list[int] = field(default_factory=list)      # of the next bodies: bytes before it hangs up
    errors: list[int] = field(default_factory=list)         # status codes of the next answers
    sent_bytes: int = 0                                     # of all bodies
    asked: list[str] = field(default_factory=list)          # "path range" of each request
    url: str = ""


class _Handler(http.server.BaseHTTPRequestHandler):
    shown: Server

    def do_GET(self) -> None:
        self.shown.asked.append(f"{self.path} {self.headers.get('Range', '')}".strip())
        if self.shown.errors:
            self.send_error(self.shown.errors.pop(0))
            return
        content = self.shown.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self._answer(content)

    def _answer(self, content: bytes) -> None:
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not self.shown.ranges or asked is None:
            self._send(200, content, {})
            return
        if asked[1]:
            start, end = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        else:
            start, end = max(0, len(content) - int(asked[2])), len(content) - 1
        if start >= len(content):
            self._send(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return
        self._send(206, content[start:end + 1], {"Content-Range": f"bytes {start}-{end}/{len(content)}"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        kind = "text/html" if self.path.endswith("/") else "application/octet-stream"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        part = body[:self.shown.cut_after.pop(0)] if self.shown.cut_after else body
        with suppress(ConnectionError):     # a client may have seen enough
            self.shown.sent_bytes += len(part)
            self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serving(files: Mapping[str, bytes]) -> Iterator[Server]:
    """Serve on a free port of loopback until the block ends."""
    server = Server(dict(files))
    handler = type("Handler", (_Handler,), {"shown": server})
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.url = f"http://127.0.0.1:{listener.server_port}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def wheel(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def sdist(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()
