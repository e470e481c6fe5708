"""How often may be asked what costs time, noise or records. Pure, but for the gate: time comes in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from edge.base.errors import RetryableError
from edge.base.limiter import Limiter
from edge.base.values import NS_PER_S


class Endings:
    """How often one member may end alarms: four at once and one in half a minute; over hours, twenty at once
    and one in three minutes. Any thread.

    Raising and ending in turn by one phone would fill the ward's store, whose records of alarms are never
    shed, and wear the siren's relay. A call for help is never refused, so it is ending that waits: a raise
    meanwhile joins the alarm that is on and makes no new one. Others end it, and a button at the gate knows
    no limit. So one phone makes some 500 alarms a day at most, and the relay has years of that.
    """

    def __init__(self) -> None:
        self._limiters, self._lock = (Limiter(4, 30.0), Limiter(20, 180.0)), Lock()

    def wait_s(self, member_id: str, mono_s: float) -> float:
        """Seconds until the member may end an alarm; 0: now. Counts nothing."""
        with self._lock:
            return max(limiter.wait_s(member_id, round(mono_s * NS_PER_S)) for limiter in self._limiters)

    def count(self, member_id: str, mono_s: float) -> None:
        """The member has ended one."""
        with self._lock:
            for limiter in self._limiters:
                limiter.count(member_id, round(mono_s * NS_PER_S))


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
