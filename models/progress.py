"""Tell people on standard error how far something is: one line that moves, or plain lines in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO

_BAR = 24
_MB = 1_000_000


def megabytes(there_bytes: int, all_bytes: int) -> str:
    return f"{there_bytes / _MB:.1f} of {all_bytes / _MB:.1f} MB"


class ConsoleProgress:
    """Call it with (name, how much is there, how much in all).

    A terminal gets a bar, a log a line per quarter.
    """

    def __init__(self, stream: TextIO | None = None, amount: Callable[[int, int], str] = megabytes) -> None:
        """`amount` words how much, of how much in all."""
        self._stream, self._amount = stream or sys.stderr, amount
        self._moving = self._stream.isatty()
        self._told: dict[str, int] = {}

    def __call__(self, name: str, there: int, whole: int) -> None:
        done = there >= whole
        steps = 100 if self._moving else 4
        step = steps if done else there * steps // max(1, whole)
        if self._told.get(name, -1) >= step:
            return
        self._told[name] = step
        amount = self._amount(there, whole)
        if self._moving:
            filled = _BAR * there // max(1, whole)
            bar = "#" * filled + "." * (_BAR - filled)
            self._stream.write(f"\r{name}  [{bar}]  {amount}{chr(10) if done else ''}")
        else:
            self._stream.write(f"{name}: {amount}\n")
        self._stream.flush()
