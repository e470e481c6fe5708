"""A file on a web server, read in parts, so that an interrupted download goes on where it stopped."""

from __future__ import annotations

import http.client
import os
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from edge.base.backoff import Backoff
from edge.base.errors import FatalError, RetryableError

T = TypeVar("T")

_CHUNK_BYTES = 64 * 1024
_TIMEOUT_S = 30
_TRIES = 5              # in a row without a single new byte


class RangesIgnoredError(Exception):
    """The server sends the whole file whatever part is asked for."""


class _BrokenError(Exception):
    """The connection failed in a way that may pass."""


class Remote:
    """One URL. Messages name the file, never the address, which may hold a mirror's password."""

    def __init__(self, url: str, pause: Callable[[float], None] = time.sleep) -> None:
        """`pause` waits between tries, seconds."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise FatalError(f"download: want http or https, found {parts.scheme!r}")
        self.name = parts.path.rsplit("/", 1)[-1]
        self._url, self._pause = url, pause
        self._tls = ssl.create_default_context(cafile=_own_authorities())

    def size_and_tail(self, tail_bytes: int) -> tuple[int, bytes]:
        """The size of the whole file and its last bytes, in one request.

        Raises:
            RangesIgnoredError: take the whole file instead.
            RetryableError, FatalError: as `download`.
        """
        return self._retried(lambda: self._tail(tail_bytes), lambda: 0)

    def read(self, start: int, count: int) -> bytes:
        """A small part, `count` bytes from `start`. Raises as `size_and_tail`."""
        return self._retried(lambda: self._read(start, count), lambda: 0)

    def download(self, part: Path, start: int, count: int | None, told: Callable[[int, int], None]) -> None:
        """Bring `count` bytes from `start` (None: to the end) into `part`, after what it holds already.

        Args:
            told: called with (bytes that are there, bytes in all) after each chunk.

        Raises:
            RangesIgnoredError: only a part was wanted, and the server sends the whole file.
            RetryableError: the connection broke again and again; `part` keeps what came.
            FatalError: the server refuses, or has no such file.
        """
        self._retried(lambda: self._append(part, start, count, told), lambda: _size(part))

    def _append(self, part: Path, start: int, count: int | None, told: Callable[[int, int], None]) -> None:
        have = _size(part)
        if count is not None and have >= count:
            return
        end = "" if count is None else str(start + count - 1)
        with self._open(f"bytes={start + have}-{end}") as answer:
            if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return                          # nothing behind what `part` holds: it is whole
            if answer.status != HTTPStatus.PARTIAL_CONTENT:
                if start or count is not None:
                    raise RangesIgnoredError
                have = 0
            length = answer.headers.get("Content-Length")
            total = count or have + int(length or 0)
            with part.open("r+b" if have else "wb") as file:
                file.seek(have)
                for chunk in _chunks(answer):
                    file.write(chunk)
                    have += len(chunk)
                    told(have, max(total, have))
        if have < total:
            raise _BrokenError(f"the connection ended {total - have} bytes early")

    def _tail(self, tail_bytes: int) -> tuple[int, bytes]:
        with self._open(f"bytes=-{tail_bytes}") as answer:
            size = re.fullmatch(r"bytes \d+-\d+/(\d+)", answer.headers.get("Content-Range", ""))
            if answer.status != HTTPStatus.PARTIAL_CONTENT or size is None:
                raise RangesIgnoredError
            return int(size[1]), b"".join(_chunks(answer))

    def _read(self, start: int, count: int) -> bytes:
        with self._open(f"bytes={start}-{start + count - 1}") as answer:
            if answer.status != HTTPStatus.PARTIAL_CONTENT:
                raise RangesIgnoredError
            content = b"".join(_chunks(answer))
        if len(content) != count:
            raise _BrokenError(f"want {count} bytes, found {len(content)}")
        return content

    def _open(self, byte_range: str) -> http.client.HTTPResponse | urllib.error.HTTPError:
        # identity: bytes on the way must be the bytes of the file, or ranges mean nothing.
        request = urllib.request.Request(  # noqa: S310 (the scheme was checked)
            self._url, headers={"Range": byte_range, "Accept-Encoding": "identity", "User-Agent": "edgebox"})
        try:
            answer: http.client.HTTPResponse = urllib.request.urlopen(  # noqa: S310
                request, timeout=_TIMEOUT_S, context=self._tls)
        except urllib.error.HTTPError as exc:
            if exc.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return exc
            if exc.code >= HTTPStatus.INTERNAL_SERVER_ERROR or exc.code == HTTPStatus.TOO_MANY_REQUESTS:
                raise _BrokenError(f"the server answers {exc.code} {exc.reason}") from exc
            raise FatalError(f"{self.name}: the server answers {exc.code} {exc.reason}; "
                             "get the package with `pip download --no-deps` and use --from DIR") from exc
        except (OSError, http.client.HTTPException) as exc:
            raise _BrokenError(str(getattr(exc, "reason", exc))) from exc
        return answer

    def _retried(self, call: Callable[[], T], kept_bytes: Callable[[], int]) -> T:
        """Try until it works; give up after _TRIES in a row that brought nothing."""
        backoff = Backoff(0.5, 8.0)
        while True:
            before = kept_bytes()
            try:
                return call()
            except _BrokenError as exc:
                if kept_bytes() > before:
                    backoff.reset()
                if backoff.attempts + 1 >= _TRIES:
                    raise RetryableError(
                        f"{self.name}: cannot download: {exc}; {kept_bytes()} bytes are kept, "
                        "run the same command again to go on") from exc
                self._pause(backoff.next_s())


def _chunks(answer: http.client.HTTPResponse | urllib.error.HTTPError) -> Iterator[bytes]:
    while True:
        try:
            chunk = answer.read(_CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as exc:
            raise _BrokenError(str(exc) or type(exc).__name__) from exc
        if not chunk:
            return
        yield chunk


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _own_authorities() -> str | None:
    """The certificates that pip is told to trust, which may be a company's; None: the system's."""
    return os.environ.get("PIP_CERT") or os.environ.get("REQUESTS_CA_BUNDLE") or None
