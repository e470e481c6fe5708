"""What guard hears of watch: wishes for the alarm, and beats with the cameras' states. Silence is told."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping

from edge.base import clock
from edge.base.errors import RetryableError
from edge.base.findings import Finding
from edge.base.supervisor import beat
from edge.contract.messages import CameraState
from edge.contract.topics import Root
from edge.guard.commands.lessons import LessonBook
from edge.health import rules
from edge.health.records import HeartbeatMonitor, health_entry
from edge.ipc.messages import Done, Message
from edge.ipc.records import Records
from edge.ipc.watch_guard import Asked, Lessons, WhichLessons, Wish

log = logging.getLogger("heartbeat")

_LOOK_EVERY_S = 5.0


class WatchMonitor:
    """`answer` is called by the threads that serve watch's socket; `run` is the body of another."""

    def __init__(self, root: Root, cameras: Collection[str], records: Records,
                 ask_alarm: Callable[[Wish], Message], lessons: LessonBook,
                 report_fault: Callable[[str, Finding | None], None]) -> None:
        self._lessons, self._report_fault, self._relief = lessons, report_fault, 0
        self._root, self._cameras, self._records, self._ask_alarm = root, tuple(cameras), records, ask_alarm
        self._mutex = threading.Lock()
        self._heartbeat = HeartbeatMonitor(time.monotonic())
        self._states: Mapping[str, CameraState] = {}
        self._unsaid: tuple[str, ...] = ()      # cameras that the ward must hear to be lost

    def answer(self, message: Asked) -> Message:
        """Raises RetryableError: the alarm does not answer."""
        if isinstance(message, Wish):
            return self._ask_alarm(message)
        if isinstance(message, WhichLessons):
            now_utc = clock.now().utc
            self._lessons.heard(message.muted, now_utc)
            return Lessons(lessons=self._lessons.in_force(now_utc))
        with self._mutex:
            self._heartbeat.heard(time.monotonic())
            self._states = message.cameras
            has_changed, self._relief = message.relief != self._relief, message.relief
        if has_changed:
            self._report_fault("relief", rules.relief(message.relief))
        return Done()

    def cameras(self) -> dict[str, str]:
        """Their states as watch said last; lost where it said nothing, or is silent."""
        with self._mutex:
            states = {} if self._heartbeat.silent else self._states
            return {name: states.get(name, CameraState.LOST).value for name in self._cameras}

    def run(self, stop: threading.Event) -> None:
        """Tell the ward that its cameras are not watched, when the process that watches them is gone."""
        is_waiting = False
        while not stop.wait(_LOOK_EVERY_S):
            beat()
            self._look(time.monotonic())
            try:
                self._say_lost()
                is_waiting = False
            except RetryableError as exc:       # uplink is away: the state is told once it is back
                if not is_waiting:
                    log.warning("heartbeat waits: error=\"%s\"", exc)
                is_waiting = True

    def _look(self, now_s: float) -> None:
        with self._mutex:
            has_changed, is_silent = self._heartbeat.look(now_s), self._heartbeat.silent
            had_relief, self._relief = self._relief > 0, 0 if is_silent else self._relief
        if is_silent and had_relief:
            self._report_fault("relief", None)      # what does not run gives up nothing
        if has_changed:
            self._unsaid = self._cameras if is_silent else ()
            log.warning("watch is %s", "silent: its cameras are told lost" if is_silent else "back")

    def _say_lost(self) -> None:
        while self._unsaid:
            self._records.append_all([health_entry(
                self._root, self._unsaid[0], CameraState.LOST,
                "nothing watches it: edgebox watch does not run or hangs", clock.now())])
            self._unsaid = self._unsaid[1:]
