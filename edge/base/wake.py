"""Ends of waiting that reach a thread in select(2), too: who waits for a socket need not poll."""

from __future__ import annotations

import os
import select
import threading
from typing import Protocol

_BLIND_S = 0.5              # of an event that cannot be read: it is looked at so often


class Pollable(Protocol):
    """What select and poll can wait for."""

    def fileno(self) -> int: ...


class Wake:
    """Set by any thread; readable, for select and poll, until somebody clears it."""

    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def set(self) -> None:
        os.eventfd_write(self._fd, 1)

    def clear(self) -> bool:
        """Whether it was set; now it is not."""
        try:
            os.eventfd_read(self._fd)
        except BlockingIOError:
            return False
        return True

    def fileno(self) -> int:
        return self._fd

    def __del__(self) -> None:
        os.close(self._fd)


class StopEvent(threading.Event):
    """An event that is readable, for select and poll, from `set` on."""

    def __init__(self) -> None:
        super().__init__()
        self._wake = Wake()

    def set(self) -> None:
        super().set()
        self._wake.set()

    def fileno(self) -> int:
        return self._wake.fileno()


def readable(what: Pollable, stop: threading.Event, timeout_s: float) -> bool:
    """Whether `what` has something to read, waited for until `stop` or for `timeout_s`, at most.

    Any event will do as `stop`; one that is no StopEvent is looked at after half a second.
    """
    poll = select.poll()
    poll.register(what, select.POLLIN)
    if isinstance(stop, StopEvent):
        poll.register(stop, select.POLLIN)
    else:
        timeout_s = min(timeout_s, _BLIND_S)
    return any(fd == what.fileno() for fd, _ in poll.poll(1000 * timeout_s))
