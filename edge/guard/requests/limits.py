"""How often may be asked what costs time, noise or records. Pure, but for the gate: time comes in."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from edge.base.errors import RetryableError

_MAX_KEPT = 500


class Pace:
    """Something that is done at most once in `every_s`, whoever asks. Any thread."""

    def __init__(self, every_s: float) -> None:
        self._every_s, self._next_s, self._lock = every_s, 0.0, Lock()

    def take(self, mono_s: float) -> float:
        """0 where it may be done now, which counts; else the seconds until then."""
        with self._lock:
            if mono_s < self._next_s:
                return self._next_s - mono_s
            self._next_s = mono_s + self._every_s
            return 0.0


class Endings:
    """How often one member may end alarms: `burst` at once, then one in `every_s`. Any thread.

    Raising and ending in turn by one phone would fill the group's log and the ward's store, whose records
    of alarms are never shed. A call for help is never refused, so it is ending that waits: a raise meanwhile
    joins the alarm that is on and makes no new one. Others end it, and a button at the gate knows no limit.
    """

    def __init__(self, burst: int = 4, every_s: float = 30.0) -> None:
        self._burst, self._every_s = burst, every_s
        self._full_at_s: OrderedDict[str, float] = OrderedDict()    # when a member's bucket is full again
        self._lock = Lock()

    def wait_s(self, member_id: str, mono_s: float) -> float:
        """Until the member may end an alarm; 0: now. Counts nothing."""
        with self._lock:
            full_at_s = max(self._full_at_s.get(member_id, 0.0), mono_s) + self._every_s
            return max(0.0, full_at_s - mono_s - self._burst * self._every_s)

    def count(self, member_id: str, mono_s: float) -> None:
        """The member has ended one."""
        with self._lock:
            self._full_at_s[member_id] = max(self._full_at_s.get(member_id, 0.0), mono_s) + self._every_s
            self._full_at_s.move_to_end(member_id)
            while len(self._full_at_s) > _MAX_KEPT:
                self._full_at_s.popitem(last=False)


class CodeGate:
    """Lets `at_once` requests with a code in; a further one is refused, so that it holds no thread.

    argon2id computes one hash at a time. Whoever sends more codes than that would otherwise keep every
    thread of the channel, and with them all that needs no code.
    """

    def __init__(self, at_once: int = 3) -> None:
        self._places = threading.BoundedSemaphore(at_once)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Raises RetryableError: too many are at it."""
        if not self._places.acquire(blocking=False):
            raise RetryableError("other codes are being looked at; ask again")
        try:
            yield
        finally:
            self._places.release()
