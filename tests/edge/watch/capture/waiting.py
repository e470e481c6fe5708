"""Waiting that ends, and an event whose waits move a fake clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from edge.base.testing import FakeClock


def until(what: str, holds: Callable[[], object], timeout_s: float = 30.0) -> None:
    """Wait for a real process or thread; fail with `what` was awaited."""
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline_s, f"waited {timeout_s} s in vain: {what}"
        time.sleep(0.01)


class FakeStop(threading.Event):
    """Never waits: moves the clock instead, and is set once that has reached `end_s` from its start."""

    def __init__(self, clock: FakeClock, end_s: float = float("inf")) -> None:
        super().__init__()
        self._clock, self._end_ns = clock, clock.now_ns + end_s * 1e9
        self.waits_s: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None, "a wait without end"
        self.waits_s.append(timeout)
        self._clock.advance(timeout)
        if self._clock.now_ns >= self._end_ns:
            self.set()
        return self.is_set()
