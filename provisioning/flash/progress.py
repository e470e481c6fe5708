"""How far it is: one line that is written over at a terminal, else one for each tenth."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from edge.base.words import Words
from provisioning.flash.device import in_gb

_LEAST_S = 2.0                  # before, a rate says nothing


def line(words: Words, what: str, done: int, total: int, seconds: float) -> str:
    """Bytes, rate and what is left. Pure."""
    if seconds < _LEAST_S or not done:
        return words("progress-first", what=words(what), done=in_gb(done), total=in_gb(total),
                     percent=str(100 * done // total))
    left_s = round((total - done) * seconds / done)
    return words("progress", what=words(what), done=in_gb(done), total=in_gb(total),
                 percent=str(100 * done // total), rate=f"{done / seconds / 1e6:.1f}",
                 left=f"{left_s // 60}:{left_s % 60:02}")


class FlashProgress:
    """Told how many bytes are done. One for each pass over a card."""

    def __init__(self, words: Words, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._words, self._what, self._clock = words, what, clock
        self._begun_s, self._tenth, self._width = clock(), -1, 0
        self._terminal = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        text = line(self._words, self._what, done, total, self._clock() - self._begun_s)
        if self._terminal:
            end = "\n" if done == total else ""
            sys.stderr.write(f"\r{text:<{self._width}}{end}")
            self._width = len(text)
        elif 10 * done // total > self._tenth:
            self._tenth = 10 * done // total
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
