"""Cameras that send MJPEG over HTTP, on a real socket."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from edge.config.camera_model import CameraSettings
from edge.watch.capture.address import CameraError, CameraFault
from edge.watch.capture.stream import open_stream
from tests.media import moving_block

USER, PASSWORD = "cam", "s3cret-w0rd"


def _jpegs() -> list[bytes]:
    made = []
    for pixels in moving_block(10, 160, 120):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG")
        made.append(file.getvalue())
    return made


class _Camera(BaseHTTPRequestHandler):
    """Its path says how it behaves."""

    pictures = _jpegs()

    def do_GET(self) -> None:
        mode = self.path.split("?")[0].strip("/")
        if mode in ("digest", "basic") and not self._knows(mode):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="R"' if mode == "basic" else
                             'Digest realm="R", nonce="n1", qop="auth"')
            self.end_headers()
        elif mode in ("moved", "away", "circle", "odd"):
            self.send_response(302)
            self.send_header("Location", {"moved": "/plain", "away": "http://127.0.0.2:9/x",
                                          "circle": "/circle", "odd": "/\u00e9"}[mode])
            self.end_headers()
        elif mode == "drip":
            with contextlib.suppress(OSError):
                for _ in range(300):
                    self.wfile.write(b"H")
                    time.sleep(0.1)
        elif mode in ("404", "503"):
            self.send_error(int(mode))
        else:
            self._send(mode)

    def _knows(self, mode: str) -> bool:
        told = self.headers.get("Authorization", "")
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', told))
        if mode == "basic" or not given.get("response"):
            return mode == "basic" and bool(told)

        def hashed(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        ends = hashed(f"GET:{given['uri']}")
        wanted = hashed(f"{hashed(f'{USER}:R:{PASSWORD}')}:n1:{given['nc']}:{given['cnonce']}:auth:{ends}")
        return bool(given["response"] == wanted)

    def _send(self, mode: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", {"page": "text/html", "still": "image/jpeg"}.get(
            mode, "multipart/x-mixed-replace; boundary=b"))
        self.end_headers()
        with contextlib.suppress(OSError):
            for index in range(400):
                picture = self.pictures[index % len(self.pictures)]
                self.wfile.write(b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: "
                                 + str(len(picture)).encode() + b"\r\n\r\n" + picture + b"\r\n")
                time.sleep(0.04)

    def log_message(self, format: str, *args: object) -> None:
        """To nobody."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Camera) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _settings(source: str, tmp_path: Path, basic: bool = False) -> CameraSettings:
    password = tmp_path / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    return CameraSettings(source=source, username=USER, password_file=password, stall_s=5, fps=60,
                          basic=basic)


@pytest.mark.parametrize("mode", ["plain", "digest", "basic", "moved"])
def test_pictures_come(url: str, tmp_path: Path, mode: str) -> None:
    """
    With and without a login, and through a redirect on the same host, pictures come one after another.
    """
    with open_stream("gate", _settings(f"{url}/{mode}", tmp_path, mode == "basic"), live=True) as stream:
        frames = [frame for frame, _ in zip(stream, range(5), strict=False)]

    assert {(160, 120)} == {(frame.width, frame.height) for frame in frames}
    assert len(frames) == 5


@pytest.mark.parametrize(("mode", "fault", "found"), [
    ("404", CameraFault.NO_STREAM, "no such stream (404)"),
    ("503", CameraFault.CAMERA_FAULT, "a fault of its own (503)"),
    ("basic", CameraFault.BASIC, "wants its password in clear"),
    ("away", CameraFault.REDIRECTED, "sends on to another address"),
    ("circle", CameraFault.REDIRECTED, "sends on more than 3 times"),
    ("odd", CameraFault.NOT_RTSP, "no answer that can be read as HTTP"),
    ("drip", CameraFault.SILENT, "no answer for 5.0 s"),
    ("page", CameraFault.NOT_VIDEO, "what it sends is text/html, no stream of MJPEG"),
    ("still", CameraFault.NOT_VIDEO, "what it sends is image/jpeg, no stream of MJPEG"),
])
def test_what_is_wrong_is_said(url: str, tmp_path: Path, mode: str, fault: CameraFault, found: str) -> None:
    """
    Each in its own words, and without the password.
    """
    with pytest.raises(CameraError) as told:
        open_stream("gate", _settings(f"{url}/{mode}?key={PASSWORD}", tmp_path), live=True)

    assert fault is told.value.fault
    assert found in told.value.reason
    assert PASSWORD not in str(told.value)
