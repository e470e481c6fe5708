"""Unix sockets between the programs of a box: one request a line, one answer a line.

A sender connects, writes a line and waits for the answer; a receiver serves each of its socket's connections
with one of a fixed number of threads. All is bounded: connections, the length of a line, lines a second, the
time in which a line must be whole. Who connects is asked of the kernel (SO_PEERCRED), besides the socket's
owner and mode. What a sender does wrong costs the sender's own connection and nothing else.

Where systemd holds the socket (LISTEN_FDS), a restart of the receiver loses no connection that waits in the
backlog; elsewhere, on a laptop and in tests, the receiver makes it itself.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import stat
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.base.errors import FatalError, RetryableError
from edge.base.limiter import Flow
from edge.base.supervisor import Supervisor, beat
from edge.base.wake import readable

log = logging.getLogger("sockets")

LINE_WITHIN_S = 5.0         # from a line's first byte to its last
_TURN_S = 5.0               # a waiting thread shows so often that it lives
_LINE_TURN_S = 0.5          # and so often, whether a line that has begun is late
_READ_BYTES = 64 * 1024
_SUN_PATH_BYTES = 108
_FULL_WAIT_S = 0.01         # between two tries to get into a receiver's full queue
_FIRST_FD = 3               # SD_LISTEN_FDS_START
_REFUSED_LOGGED_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sender may take of a receiver."""

    line_bytes: int             # of a request, the newline with it
    connections: int            # served at once; more wait in the backlog
    backlog: int
    per_second: float           # lines of all its connections; beyond `burst` they wait
    burst: int
    answer_bytes: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the other end when it connected, as the kernel says."""

    pid: int
    uid: int


def inherited(name: str) -> socket.socket | None:
    """The listening socket that systemd holds as FileDescriptorName=`name`, or None where it holds none."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    return next((socket.socket(fileno=os.dup(_FIRST_FD + index))
                 for index, given in enumerate(names[:int(os.environ.get("LISTEN_FDS", "0"))])
                 if given == name), None)


def listening(name: str, path: Path, backlog: int) -> socket.socket:
    """The socket `name`: systemd's, or one of our own at `path`, for this user alone.

    Raises FatalError: it cannot be made there, or something other than a socket stands in its place.
    """
    if (given := inherited(name)) is not None:
        return given
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(path.lstat().st_mode):
                raise FatalError(f"{path}: want to make a socket here, found something else; delete it",
                                 os.EX_CANTCREAT)
            path.unlink()
        was = os.umask(0o177)
        try:
            with _address(path) as address:
                ours.bind(address)
        finally:
            os.umask(was)
        ours.listen(backlog)
    except OSError as exc:
        ours.close()
        raise FatalError(f"{path}: cannot listen on this socket: {exc.strerror or exc}; name a short path in "
                         "a folder that this user may write (box.runtime_dir)", os.EX_CANTCREAT) from exc
    return ours


def peer_of(connection: socket.socket) -> Peer:
    """Who connected; struct ucred of unix(7)."""
    pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return Peer(pid, uid)


class Server:
    """Serves one sender's socket. `handle` runs in the serving threads: it takes a line, returns the answer.

    `handle` bears whatever a line holds: a line that cannot be read gets an answer that says so, never an
    exception. A line that is longer than `limits.line_bytes` or slower than LINE_WITHIN_S, and a peer that is
    not among `uids`, end the connection; each is counted in `dropped`.
    """

    def __init__(self, name: str, listener: socket.socket, uids: frozenset[int], limits: Limits,
                 handle: Callable[[bytes], bytes]) -> None:
        self._name, self._listener, self._uids = name, listener, uids
        self._limits, self._handle = limits, handle
        self._flow = Flow(limits.burst, 1 / limits.per_second)
        self._mutex = threading.Lock()
        self._logged_s = -_REFUSED_LOGGED_EVERY_S
        self.dropped = 0
        listener.settimeout(0.0)

    def start(self, supervisor: Supervisor, *, silent_s: float = 30.0) -> None:
        """Start as many threads as connections may be served at once. `silent_s`: the longest `handle`."""
        for number in range(self._limits.connections):
            supervisor.start(f"{self._name}-{number}", self.run, silent_s=silent_s)

    def run(self, stop: threading.Event) -> None:
        """Serve one connection after the other until `stop`; the body of each thread."""
        while not stop.is_set():
            beat()
            if not readable(self._listener, stop, _TURN_S):
                continue
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:         # another thread was quicker
                continue
            except OSError as exc:          # out of file handles: the next turn may have some
                self._drop(f"cannot accept: {exc.strerror or exc}")
                stop.wait(_LINE_TURN_S)
                continue
            with connection:
                self._serve(connection, stop)

    def close(self) -> None:
        """Let go of the socket, after the serving threads have ended."""
        self._listener.close()

    def _serve(self, connection: socket.socket, stop: threading.Event) -> None:
        peer = peer_of(connection)
        if peer.uid not in self._uids:
            self._drop(f"uid {peer.uid} may not connect (pid {peer.pid})")
            return
        connection.settimeout(LINE_WITHIN_S)
        try:
            for line in _lines(connection, self._limits.line_bytes, stop):
                stop.wait(self._flow.wait_s(time.monotonic()))
                connection.sendall(self._handle(line) + b"\n")
                beat()
        except LineError as exc:
            self._drop(f"{exc} (pid {peer.pid})")
        except OSError as exc:              # the sender has gone, or takes no answer: it asks again
            log.debug("connection ended: socket=%s error=\"%s\"", self._name, exc)

    def _drop(self, why: str) -> None:
        with self._mutex:
            self.dropped += 1
            now_s = time.monotonic()
            if now_s - self._logged_s < _REFUSED_LOGGED_EVERY_S:
                return
            self._logged_s = now_s
        log.warning("connection dropped: socket=%s error=\"%s\" dropped=%d", self._name, why, self.dropped)


class LineError(Exception):
    """A line is too long, or not whole in time."""


def _lines(connection: socket.socket, limit_bytes: int, stop: threading.Event) -> Iterator[bytes]:
    """Whole lines without their newline, until the peer closes or `stop`. Raises LineError, OSError."""
    held, since_s = bytearray(), 0.0
    while not stop.is_set():
        beat()
        while (end := held.find(b"\n")) >= 0:
            line = bytes(held[:end])
            del held[:end + 1]
            since_s = time.monotonic()
            yield line
        if len(held) >= limit_bytes:
            raise LineError(f"line longer than {limit_bytes} bytes")
        if held and time.monotonic() - since_s > LINE_WITHIN_S:
            raise LineError(f"line not whole within {LINE_WITHIN_S:g} s")
        if not readable(connection, stop, _LINE_TURN_S if held else _TURN_S):
            continue
        read = connection.recv(min(_READ_BYTES, limit_bytes))
        if not read:
            return
        since_s = since_s if held else time.monotonic()
        held += read


class Client:
    """A connection to a receiver, opened when it is needed, anew when it broke. Any thread, one at a time."""

    def __init__(self, path: Path, receiver: str, limit_bytes: int) -> None:
        """`receiver` is the program's name, for messages; `limit_bytes` bounds an answer."""
        self._path, self._receiver, self._limit_bytes = path, receiver, limit_bytes
        self._connection: socket.socket | None = None
        self._mutex = threading.Lock()

    def ask(self, line: bytes, timeout_s: float) -> bytes:
        """Send `line` (no newline in it) and return the answer.

        Raises RetryableError: the receiver is away, closed the connection, or gave no answer in time; whether
        it acted on the line is then not known, so a request must bear being sent twice.
        """
        with self._mutex:
            try:
                return self._ask(line, time.monotonic() + timeout_s)
            except OSError as exc:
                self._close()
                raise RetryableError(f"{self._receiver} does not answer on {self._path}: "
                                     f"{exc.strerror or exc}") from exc

    def close(self) -> None:
        with self._mutex:
            self._close()

    def _ask(self, line: bytes, deadline_s: float) -> bytes:
        if self._connection is None:
            self._connection = _connected(self._path, deadline_s)
        elif _is_closed(self._connection):      # by a restart of the receiver
            self._close()
            self._connection = _connected(self._path, deadline_s)
        self._connection.settimeout(max(0.001, deadline_s - time.monotonic()))
        self._connection.sendall(line + b"\n")
        answer = bytearray()
        while not answer.endswith(b"\n"):
            self._connection.settimeout(max(0.001, deadline_s - time.monotonic()))
            read = self._connection.recv(_READ_BYTES)
            if not read:
                raise ConnectionResetError(f"{self._receiver} closed the connection")
            answer += read
            if len(answer) > self._limit_bytes:
                raise ConnectionAbortedError(f"answer longer than {self._limit_bytes} bytes")
        return bytes(answer[:-1])

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextlib.contextmanager
def _address(path: Path) -> Iterator[str]:
    """What to bind or connect to: sun_path holds 108 bytes, so a longer one goes by its folder's handle."""
    if len(os.fsencode(path)) < _SUN_PATH_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _connected(path: Path, deadline_s: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        while not _is_taken(connection, path):
            if time.monotonic() > deadline_s:
                raise TimeoutError("no room in its queue")
            time.sleep(_FULL_WAIT_S)
    except OSError:
        connection.close()
        raise
    return connection


def _is_taken(connection: socket.socket, path: Path) -> bool:
    """Whether the receiver's queue had room for `connection`.

    A full one is answered with EAGAIN at once, whatever the timeout (connect(2)): the receiver is busy with
    those before us, or with connections that their senders have given up.
    """
    connection.setblocking(False)
    try:
        with _address(path) as address:
            connection.connect(address)
    except BlockingIOError:
        return False
    return True


def _is_closed(connection: socket.socket) -> bool:
    """Whether the peer has closed, so that a line would be lost; nothing is waited for."""
    connection.setblocking(False)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
