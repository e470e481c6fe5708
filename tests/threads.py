"""A thread's body, for as long as a test is within a block."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def running(body: Callable[[threading.Event], object], *,
            ends_within_s: float | None = None) -> Iterator[None]:
    """Run `body` in a thread of its own; at the end it is asked to stop, and waited for, at most so long."""
    stop = threading.Event()
    thread = threading.Thread(target=body, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(ends_within_s)
        assert not thread.is_alive()
