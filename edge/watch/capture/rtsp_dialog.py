"""One RTSP connection of our own: requests, answers, and logging in by Digest, or Basic if allowed.

All is bounded: the time of the whole, the bytes of an answer, and tries to log in, of which there is one.
"""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from edge.base.unchecked_tls import unchecked_tls
from edge.watch.capture import faults
from edge.watch.capture.address import CameraAddress
from edge.watch.capture.login import CameraLogin, is_stale
from edge.watch.capture.rtsp_text import MAX_HEAD_BYTES, RtspAnswer, answer_head

_PORTS = {"rtsp": 554, "rtsps": 322}
_READ_BYTES = 4096
_MAX_SKIPPED = 4096         # packets of a stream that come before an answer


class RtspDialog:
    """A context manager over one connection. One thread.

    Whatever it does raises CameraError, without secrets, where the camera cannot be reached, says nothing
    for too long, hangs up, or says what is no RTSP.
    """

    def __init__(self, address: CameraAddress, limit_s: float) -> None:
        """`limit_s`: for all of it together."""
        self._address, self._limit_s = address, limit_s
        self._until_s = time.monotonic() + limit_s
        self._count = 0                 # of requests
        self._rest = b""                # read and not yet looked at
        self.login = CameraLogin(address)

    def __enter__(self) -> Self:
        self._socket = self._connected()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._socket.close()

    def ask(self, method: str, url: str, *headers: str) -> RtspAnswer:
        """The answer to one request; where the camera asks who we are, to that with the password."""
        answer = self._exchange(method, url, headers)
        if answer.status != 401:
            return answer
        for _ in range(2):              # a nonce that has gone stale is no wrong password
            self.login.take(answer.headers.get("www-authenticate", ()))
            answer = self._exchange(method, url, headers)
            if answer.status != 401 or not is_stale(answer.headers.get("www-authenticate", ())):
                break
        return answer

    def tell(self, method: str, url: str, *headers: str) -> None:
        """A request whose answer nobody waits for, nor whether it arrives."""
        try:
            self._socket.sendall(self._request(method, url, headers))
        except OSError:
            return

    def taken_over(self) -> tuple[socket.socket, bytes]:
        """The connection, for whoever goes on with it within this context, and what was read too much."""
        return self._socket, self._rest

    def _request(self, method: str, url: str, headers: tuple[str, ...]) -> bytes:
        self._count += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._count}", "User-Agent: edgebox", *headers]
        said = self.login.header(method, url)
        if said is not None:
            lines.append(f"Authorization: {said}")
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode()

    def _exchange(self, method: str, url: str, headers: tuple[str, ...]) -> RtspAnswer:
        try:
            self._socket.sendall(self._request(method, url, headers))
            return self._answer(method)
        except TimeoutError:
            fault = faults.silent(self._address, self._limit_s, method)
        except OSError:
            fault = faults.hung_up(self._address, method)
        raise fault                     # not within `except`: nothing is chained

    def _answer(self, method: str) -> RtspAnswer:
        for _ in range(_MAX_SKIPPED):
            self._need(4, method)
            if not self._rest.startswith(b"$"):
                break
            self._take(4 + int.from_bytes(self._rest[2:4], "big"), method)
        while b"\r\n\r\n" not in self._rest:
            if len(self._rest) > MAX_HEAD_BYTES or not self._rest.startswith(b"RTSP"):
                raise faults.not_spoken(self._address)
            self._read(method)
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        answer = answer_head(head)
        if answer is None:
            raise faults.not_spoken(self._address)
        return replace(answer, body=self._take(answer.body_bytes, method).decode("utf-8", "replace"))

    def _need(self, count: int, method: str) -> None:
        while len(self._rest) < count:
            self._read(method)

    def _take(self, count: int, method: str) -> bytes:
        self._need(count, method)
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def _read(self, method: str) -> None:
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._socket.settimeout(left_s)
        read = self._socket.recv(_READ_BYTES)
        if not read:
            raise faults.hung_up(self._address, method)
        self._rest += read

    def _connected(self) -> socket.socket:
        parts = urlsplit(self._address.bare)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        try:
            connection = socket.create_connection((host, port), timeout=self._limit_s)
            return connection if parts.scheme == "rtsp" else unchecked_tls().wrap_socket(connection)
        except OSError as exc:
            fault = faults.unreachable(self._address, exc, host, self._limit_s)
        raise fault
