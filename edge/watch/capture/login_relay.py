"""Log in to a camera in FFmpeg's place: a relay on loopback that adds who we are to its requests.

FFmpeg gives a password in clear to whoever asks for that, knows no Digest with SHA-256, cuts what is longer
than 127 bytes, and takes a colon in a user's name for its end. So it is given an address of this relay,
without user and password. It serves one connection, of whoever knows that address, and lives as long as
that; pictures pass through it unread, over TCP, at the cost of a copy: 0.2 % of a laptop's core for 4 Mbit/s.

What it cannot do: UDP. Where the config wants that, FFmpeg logs in by itself if it is able to.
"""

from __future__ import annotations

import re
import secrets
import selectors
import socket
import threading
from urllib.parse import quote, urlsplit

from edge.base.http_digest import DigestChallenge
from edge.config.camera_model import Transport
from edge.watch.capture.address import CameraAddress, CameraError
from edge.watch.capture.rtsp_dialog import RtspDialog
from edge.watch.capture.rtsp_text import MAX_HEAD_BYTES, RtspAnswer

_CUT_BYTES = 127
_READ_BYTES = 64 * 1024
_ACCEPT_S = 5.0
_REQUEST = re.compile(r"([A-Z_]+) (\S+) RTSP/1\.0")
_OURS = ("cseq", "user-agent")          # headers of FFmpeg's requests that the dialog writes itself
_NOT_PASSED_ON = ("cseq", "content-length", "www-authenticate")


def needs_relay(address: CameraAddress, challenge: DigestChallenge | None, transport: Transport) -> bool:
    """Whether a password is not to be FFmpeg's; over UDP, whether it would fail to log in with it."""
    login = address.login
    if login is None or challenge is None:
        return False
    if transport is not Transport.UDP:
        return True
    told = f"{quote(login.name, safe='')}:{quote(login.password, safe='')}"
    return challenge.algorithm != "MD5" or ":" in login.name or len(told) > _CUT_BYTES


class LoginRelay:
    """Listens from when it is made. `url` is for `av.open`, once; the thread ends with that connection."""

    def __init__(self, address: CameraAddress, limit_s: float) -> None:
        """`limit_s`: for everything up to the first picture."""
        self._address, self._limit_s = address, limit_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_ACCEPT_S)
        parts = urlsplit(address.bare)
        self._theirs = f"{parts.scheme}://{parts.netloc}"
        self._here = f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/{secrets.token_hex(16)}"
        self.url = address.bare.replace(self._theirs, self._here, 1)
        threading.Thread(target=self._run, name="login-relay", daemon=True).start()

    def _run(self) -> None:
        """Whatever goes wrong ends the connection, and FFmpeg with it, which is where it is told."""
        try:
            with self._listener:
                player, _ = self._listener.accept()
            with player, RtspDialog(self._address, self._limit_s) as dialog:
                player.settimeout(self._limit_s)
                self._introduce(_Player(player), dialog)
                self._pump(player, dialog)
        except (OSError, CameraError):
            return

    def _introduce(self, player: _Player, dialog: RtspDialog) -> None:
        """Pass on one request after the other, logged in, until the camera plays."""
        method, known = "", False
        while method != "PLAY":
            method, url, headers = player.request()
            known = known or url.startswith(self._here)
            if not known:
                raise OSError("somebody else")
            passed = [f"{name}: {value}" for name, value in headers if name.lower() not in _OURS]
            answer = dialog.ask(method, url.replace(self._here, self._theirs), *passed)
            if 300 <= answer.status < 400:
                raise OSError("sent on")        # FFmpeg would follow to any host
            player.answer(answer, next(value for name, value in headers if name.lower() == "cseq"))

    def _pump(self, player: socket.socket, dialog: RtspDialog) -> None:
        """Bytes as they are from the camera; what the player asks on the way, logged in."""
        camera, rest = dialog.taken_over()
        # Reading waits in the selector; this is for a camera that takes nothing more, or stops within a part
        # of its TLS, while FFmpeg has long gone.
        camera.settimeout(self._limit_s)
        player.settimeout(None)
        player.sendall(rest)
        asked = b""
        with selectors.DefaultSelector() as selector:
            for each in (camera, player):
                selector.register(each, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    read = key.fileobj.recv(_READ_BYTES)        # type: ignore[union-attr]
                    if not read:
                        return
                    if key.fileobj is camera:
                        player.sendall(read)
                    else:
                        asked = self._pass_on(asked + read, camera, dialog)

    def _pass_on(self, asked: bytes, camera: socket.socket, dialog: RtspDialog) -> bytes:
        """Send what is whole of it; return the rest."""
        while asked:
            if asked.startswith(b"$"):
                length = 4 + int.from_bytes(asked[2:4], "big")
                if len(asked) < max(4, length):
                    break
                camera.sendall(asked[:length])
                asked = asked[length:]
                continue
            head, end, rest = asked.partition(b"\r\n\r\n")
            if not end:
                break
            found = _REQUEST.match(head.decode("latin-1"))
            said = dialog.login.header(found[1], found[2]) if found else None
            camera.sendall(head + (f"\r\nAuthorization: {said}".encode() if said else b"") + end)
            asked = rest
        return asked[:MAX_HEAD_BYTES]


class _Player:
    """FFmpeg's end of the connection, before pictures flow."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket, self._rest = connection, b""

    def request(self) -> tuple[str, str, list[tuple[str, str]]]:
        """Method, URL and headers. Raises OSError for what is none."""
        while b"\r\n\r\n" not in self._rest:
            read = self._socket.recv(_READ_BYTES)
            if not read or len(self._rest) > MAX_HEAD_BYTES:
                raise OSError("no request")
            self._rest += read
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        found = _REQUEST.match(lines[0])
        if found is None:
            raise OSError("no request")
        pairs = (line.partition(":") for line in lines[1:])
        return found[1], found[2], [(name.strip(), value.strip()) for name, _, value in pairs]

    def answer(self, answer: RtspAnswer, count: str) -> None:
        """`count`: of the request, as the player counts."""
        body = answer.body.encode()
        headers = [f"{name}: {value}" for name, values in answer.headers.items() for value in values
                   if name not in _NOT_PASSED_ON]
        lines = [f"RTSP/1.0 {answer.status} Passed on", f"CSeq: {count}", *headers,
                 f"Content-Length: {len(body)}", "", ""]
        self._socket.sendall("\r\n".join(lines).encode() + body)
