"""The group's log of acts, written behind the answers: a slow card delays no call for help."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from edge.base.errors import EdgeError
from edge.base.supervisor import beat
from edge.members.values import Act

log = logging.getLogger("requests")

_WAITING = 200
_TURN_S = 1.0


class ActLog:
    """The ward has alarms from the journal; the group's own log may miss an act when its disk is full."""

    def __init__(self, note: Callable[[Act], None]) -> None:
        """`note` writes one, or raises RetryableError or FatalError."""
        self._note = note
        self._waiting: queue.Queue[Act] = queue.Queue(_WAITING)

    def later(self, act: Act) -> None:
        """Have it written soon, by `run`. Any thread; waits for nothing."""
        try:
            self._waiting.put_nowait(act)
        except queue.Full:
            log.warning("act not logged: what=%s error=\"%d others wait for the disk\"", act.what, _WAITING)

    def now(self, act: Act) -> None:
        """Durable when it returns, unless the disk refuses: the deed is done all the same."""
        try:
            self._note(act)
        except EdgeError as exc:
            log.warning("act not logged: what=%s error=\"%s\"", act.what, exc)

    def run(self, stop: threading.Event) -> None:
        """Write what waits, until `stop` and until nothing waits."""
        while not stop.is_set() or not self._waiting.empty():
            beat()
            try:
                self.now(self._waiting.get(timeout=_TURN_S))
            except queue.Empty:
                continue
