"""Tell people how far a download is, on standard error: one line that moves, or plain lines in a log."""

from __future__ import annotations

import sys
from typing import TextIO

_BAR = 24
_MB = 1_000_000


class ConsoleProgress:
    """Call it with (name, bytes there, bytes in all). A terminal gets a bar, a log a line per quarter."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._moving = self._stream.isatty()
        self._told: dict[str, int] = {}

    def __call__(self, name: str, there_bytes: int, all_bytes: int) -> None:
        done = there_bytes >= all_bytes
        steps = 100 if self._moving else 4
        step = steps if done else there_bytes * steps // max(1, all_bytes)
        if self._told.get(name, -1) >= step:
            return
        self._told[name] = step
        amount = f"{there_bytes / _MB:.1f} of {all_bytes / _MB:.1f} MB"
        if self._moving:
            filled = _BAR * there_bytes // max(1, all_bytes)
            bar = "#" * filled + "." * (_BAR - filled)
            self._stream.write(f"\r{name}  [{bar}]  {amount}{chr(10) if done else ''}")
        else:
            self._stream.write(f"{name}: {amount}\n")
        self._stream.flush()
