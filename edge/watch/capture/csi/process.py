"""Watch's side of a camera port's process: start it, ask it, and end it, however it hangs."""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import socket
import subprocess
from collections.abc import Callable

from edge.base.own_process import how_ended, python_command, python_environment
from edge.base.values import NS_PER_S
from edge.watch.capture.csi.wire import MAX_BYTES, MEMORY_BYTES, Message, ask, decode

_CHILD = "edge.watch.capture.csi.child"
_END_S = 2.0                    # for closing the camera in peace
_KILLED_S = 2.0                 # a process that hangs in the kernel even now is left to the next start
_WORDS_BYTES = 2000             # of what it said last on standard error


class ProcessGoneError(Exception):
    """The process has ended, or does not speak our language. The text says which, with its last words."""


class ProcessSilentError(Exception):
    """It said nothing in time."""


class PortProcess:
    """One process, and the memory that it writes pictures into. One thread uses it, and ends it."""

    def __init__(self, name: str, module: str = _CHILD) -> None:
        """Start it; it opens the camera `name`. Raises OSError: the system has no process or memory left."""
        self._words = b""
        memory_fd = os.memfd_create("camera-port", os.MFD_CLOEXEC)
        try:
            os.ftruncate(memory_fd, MEMORY_BYTES)
            self.memory = mmap.mmap(memory_fd, MEMORY_BYTES, prot=mmap.PROT_READ)
            self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = _start(module, name, theirs.fileno(), memory_fd)
        finally:
            os.close(memory_fd)
        stderr = self._process.stderr
        assert stderr is not None
        self._said = [stderr.fileno()]          # where to listen; empty once it is closed
        os.set_blocking(stderr.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, after_ns: int) -> None:
        """Ask for a picture so much later than the last one, or more. Raises ProcessGoneError."""
        try:
            self._socket.send(ask(after_ns))
        except OSError as exc:
            raise self._gone() from exc

    def answer(self, until_ns: int, clock: Callable[[], int]) -> Message:
        """What it says next.

        Raises:
            ProcessSilentError: nothing until `until_ns` of `clock`.
            ProcessGoneError: it has ended, or said what nobody understands.
        """
        while True:
            left_s = (until_ns - clock()) / NS_PER_S
            speaks = self._socket.fileno()
            readable, _, _ = select.select([speaks, *self._said], [], [], max(0.0, left_s))
            self._listen()
            if speaks in readable:
                return self._received()
            if left_s <= 0:
                raise ProcessSilentError

    def _received(self) -> Message:
        try:
            datagram = self._socket.recv(MAX_BYTES)
        except ConnectionError as exc:
            raise self._gone() from exc
        if not datagram:
            raise self._gone()
        try:
            return decode(datagram)
        except ValueError as exc:
            raise ProcessGoneError(f"what it says {exc}") from exc

    def _listen(self) -> None:
        """Take in what it has said on standard error, and keep the end of it."""
        for fd in tuple(self._said):
            try:
                more = os.read(fd, 65536)
            except BlockingIOError:
                continue
            self._words = (self._words + more)[-_WORDS_BYTES:]
            if not more:
                self._said.clear()

    def _gone(self) -> ProcessGoneError:
        """It has closed its end: see how it ended, and what it said last."""
        self._end()
        self._listen()
        lines = self._words.decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ProcessGoneError(f"its process ended ({how_ended(self._process.returncode)})" + (
            f": {last[:200]}" if last.isprintable() and last else ""))

    def end(self) -> None:
        """Let it close the camera, then kill it; never a zombie. It may be called again."""
        self._socket.close()
        self._end()
        self._said.clear()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self.memory.close()

    def _end(self) -> None:
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            # One that even now hangs in the kernel is looked for by `subprocess` whenever another is started.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_KILLED_S)


def _start(module: str, name: str, socket_fd: int, memory_fd: int) -> subprocess.Popen[bytes]:
    """It gets its libraries' errors alone, and none of our signals' handlers."""
    command = python_command(module, name, str(socket_fd), str(memory_fd), str(os.getpid()))
    return subprocess.Popen(command, pass_fds=(socket_fd, memory_fd), stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            env={"LIBCAMERA_LOG_LEVELS": "*:ERROR"} | python_environment())
