"""The group's log of acts, written behind the answers: a slow card delays no call for help.

It keeps the newest acts alone, so whoever does the same for hours could push out all others: of one member's
acts of one kind thirty at once are logged, and one a minute. What is left out is counted, and stands in the
next of them. Nothing is refused for it, and no flood of calls hides that somebody disarmed the box.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from edge.base.errors import EdgeError
from edge.base.limiter import Limiter
from edge.base.supervisor import beat
from edge.base.values import NS_PER_S
from edge.members.values import Act

log = logging.getLogger("requests")

_WAITING = 200
_TURN_S = 1.0
AT_ONCE, EVERY_S = 30, 60.0         # of one member and one kind
LEFT_OUT = "left_out"               # in an act's detail: how many before it are not in the log


class ActLog:
    """The ward has alarms from the journal; the group's own log may miss an act when its disk is full."""

    def __init__(self, note: Callable[[Act], None], now_s: Callable[[], float] = time.monotonic) -> None:
        """`note` writes one, or raises RetryableError or FatalError."""
        self._note, self._now_s = note, now_s
        self._pace, self._pace_lock = Limiter(AT_ONCE, EVERY_S), threading.Lock()
        self._left_out = Counter[str]()
        self._waiting: queue.Queue[Act] = queue.Queue(_WAITING)

    def later(self, act: Act) -> None:
        """Have it written soon, by `run`. Any thread; waits for nothing."""
        paced = self._paced(act)
        if paced is None:
            return
        try:
            self._waiting.put_nowait(paced)
        except queue.Full:
            log.warning("act not logged: what=%s error=\"%d others wait for the disk\"", act.what, _WAITING)

    def now(self, act: Act) -> None:
        """Durable when it returns, unless the disk refuses: the deed is done all the same."""
        paced = self._paced(act)
        if paced is not None:
            self._write(paced)

    def _write(self, act: Act) -> None:
        try:
            self._note(act)
        except EdgeError as exc:
            log.warning("act not logged: what=%s error=\"%s\"", act.what, exc)

    def run(self, stop: threading.Event) -> None:
        """Write what waits, until `stop` and until nothing waits."""
        while not stop.is_set() or not self._waiting.empty():
            beat()
            try:
                self._write(self._waiting.get(timeout=_TURN_S))
            except queue.Empty:
                continue

    def _paced(self, act: Act) -> Act | None:
        """The act as it is logged; None where too many of its kind were."""
        key, now_ns = f"{act.who} {act.what}", round(self._now_s() * NS_PER_S)
        with self._pace_lock:
            if self._pace.wait_s(key, now_ns):
                self._left_out[key] += 1
                return None
            self._pace.count(key, now_ns)
            left_out = self._left_out.pop(key, 0)
        return replace(act, detail={**act.detail, LEFT_OUT: left_out}) if left_out else act
