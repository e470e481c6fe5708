"""A program at a real terminal (a pty): what it says is waited for, what is typed is typed."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

WAIT_S = 60.0
CTRL_C = "\x03"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """`edgebox-provision` as somebody sits before it. Use in a `with`."""

    def __init__(self, *arguments: str, cwd: Path | None = None) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 1000, 0, 0))     # no line is broken
        self._process = subprocess.Popen(
            (sys.executable, "-c", "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
             "from provisioning.cli import main; sys.exit(main())", *arguments), stdin=slave, stdout=slave,
            stderr=slave, start_new_session=True, cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), "TERM": "dumb"})
        os.close(slave)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._seen = 0
        self.text = ""              # all that was shown

    def shows(self, what: str) -> str:
        """Wait until `what` is shown, after what was shown before; returns what came up to there."""
        end = time.monotonic() + WAIT_S
        while what not in self.text[self._seen:]:
            if not self._read(end):
                pytest.fail(f"{what!r} was not shown; after {self.text[self._seen:]!r}")
        at = self.text.index(what, self._seen) + len(what)
        came, self._seen = self.text[self._seen:at], at
        return came

    def types(self, text: str) -> None:
        os.write(self._master, f"{text}\n".encode())

    def presses(self, key: str) -> None:
        os.write(self._master, key.encode())

    def interrupted(self) -> int:
        """Press Ctrl-C until it ends, as people do; returns the exit code.

        One press may come between two looks of the interpreter's readline and wait there for the next key.
        """
        end = time.monotonic() + WAIT_S
        while self._process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError):      # it ended meanwhile
                self.presses(CTRL_C)
            self._read(time.monotonic() + 1.0)
        return self.ends()

    def ends(self) -> int:
        """Wait for the end; returns the exit code."""
        end = time.monotonic() + WAIT_S
        while self._read(end):
            pass
        return self._process.wait(timeout=WAIT_S)

    def _read(self, end: float) -> bool:
        if not select.select([self._master], [], [], max(0.0, end - time.monotonic()))[0]:
            return False
        try:
            raw = os.read(self._master, 65536)
        except OSError:             # the program ended
            return False
        self.text += _CONTROL.sub("", self._decoder.decode(raw)).replace("\r\n", "\n")
        return bool(raw)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        os.close(self._master)
