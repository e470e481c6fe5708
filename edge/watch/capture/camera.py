"""Keep one camera going for ever: open it, pass its frames on, and open it again when it is lost.

Trouble with a camera never leaves this thread: it is told once, and retried with growing pauses.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from edge.base.backoff import Backoff
from edge.base.supervisor import beat
from edge.base.values import NS_PER_S, Frame
from edge.config.camera_model import AtEnd, CameraSettings
from edge.config.source import SourceKind, kind_of
from edge.contract.messages import CameraState
from edge.watch.capture.address import CameraError, CameraFault
from edge.watch.capture.beside import beside, epoch_ns
from edge.watch.capture.course import Course
from edge.watch.capture.frame import AvFrame
from edge.watch.capture.health import HealthWatch
from edge.watch.capture.patience import LOGINS, CameraPatience, wait_to_reopen
from edge.watch.capture.source import CameraStats
from edge.watch.capture.stream import open_stream
from edge.watch.capture.tamper import TamperWatch
from edge.watch.capture.timing import LookPace

__all__ = ["CameraStats", "LookPace", "run_camera"]

log = logging.getLogger("capture")

_LOGIN_WAITS = "tried again with another password, or in 15 minutes"
_BLIND = frozenset({CameraState.LOST, CameraState.NO_KEY_FRAMES})      # there is no picture


class OpenStream(AbstractContextManager["OpenStream"], Protocol):
    """What the loop needs of a `Framing`."""

    @property
    def source_fps(self) -> float: ...
    @property
    def course(self) -> Course: ...
    def __iter__(self) -> Iterator[AvFrame]: ...


class Opener(Protocol):
    """`open_stream`, or a fake in tests."""

    def __call__(self, camera_id: str, settings: CameraSettings, *, live: bool, stop: threading.Event,
                 stats: CameraStats, pace: LookPace | None, clock: Callable[[], int],
                 on_waiting: Callable[[CameraError], None]) -> OpenStream: ...


def run_camera(camera_id: str, settings: CameraSettings, *, on_frame: Callable[[Frame], None],
               on_health: Callable[[CameraState, str], None], stop: threading.Event, stats: CameraStats,
               pace: LookPace | None = None, opener: Opener = open_stream, backoff: Backoff | None = None,
               clock: Callable[[], int] = time.monotonic_ns, tamper: TamperWatch | None = None) -> None:
    """Feed `on_frame` until `stop` is set, or a file with `at_end = "stop"` has ended.

    Args:
        on_frame: called in this thread with frames of increasing `mono_ns`; what it raises ends the loop.
            A camera may come back with another picture size. `media_s` starts again at each opening.
        on_health: called once per change of state, with one line for people, without secrets.
        pace: see `open_stream`. It may be changed from within `on_frame`, or by another thread.
        tamper: knows how its pictures look while nobody has touched it; nothing yet without.
    """
    _Loop(camera_id, settings, on_frame, on_health, stop, stats, pace, opener,
          CameraPatience(backoff), clock, tamper or TamperWatch()).run()


class _Loop:
    def __init__(self, camera_id: str, settings: CameraSettings, on_frame: Callable[[Frame], None],
                 on_health: Callable[[CameraState, str], None], stop: threading.Event, stats: CameraStats,
                 pace: LookPace | None, opener: Opener, patience: CameraPatience, clock: Callable[[], int],
                 tamper: TamperWatch) -> None:
        self._camera_id, self._settings = camera_id, settings
        self._on_frame, self._on_health = on_frame, on_health
        self._stop, self._stats, self._pace, self._clock = stop, stats, pace, clock
        self._opener, self._patience = opener, patience
        self._file = kind_of(settings.source) is SourceKind.FILE
        self._told: CameraState | None = None       # the last state that was told
        self._found_ns: int | None = None           # first picture since the last loss
        self._lost_ns = 0
        self._fault = ""
        self._course: set[str] = set()
        self._tamper = tamper
        self._health = self._fresh_health()

    def _fresh_health(self) -> HealthWatch:
        return HealthWatch(self._settings.stall_s, not self._file, self._tamper,
                           lambda: beside(self._stats.ahead_ns, epoch_ns()))

    def run(self) -> None:
        while not self._stop.is_set():
            beat()
            try:
                self._play()
            except CameraError as exc:
                self._lose(exc)
            else:
                if self._stop.is_set():
                    return
                log.debug("recording ended: camera=%s", self._camera_id)
                if self._settings.at_end is AtEnd.STOP:
                    return

    def _play(self) -> None:
        """From opening to the end of a file; a camera ends with CameraError, or because of `stop`."""
        with self._opener(self._camera_id, self._settings, live=True, stop=self._stop, stats=self._stats,
                          pace=self._pace, clock=self._clock, on_waiting=self._wait) as stream:
            first = True
            for frame in stream:
                if first:
                    self._find(frame, stream)
                    first = False
                finding = self._health.look(frame.luma, frame.masked, frame.mono_ns)
                if finding is not None:
                    self._tell(finding.state, finding.detail)
                self._on_frame(frame)
                beat()
            if not self._stop.is_set():
                self._tell_course(stream.course)

    def _tell_course(self, course: Course) -> None:
        """What was wrong with a recording that has ended: once, although it may play again and again."""
        for line in (*course.faults(), *course.remarks()):
            if line not in self._course:
                self._course.add(line)
                log.warning("recording: camera=%s found=\"%s\"", self._camera_id, line)

    def _find(self, frame: AvFrame, stream: OpenStream) -> None:
        """The first picture is there."""
        if self._told is None:
            log.info("camera opened: camera=%s size=%dx%d rate_fps=%.3g source_fps=%.3g", self._camera_id,
                     frame.width, frame.height, self._settings.fps, stream.source_fps)
        elif self._told in _BLIND:
            log.info("camera back: camera=%s down_s=%.1f attempts=%d", self._camera_id,
                     (self._clock() - self._lost_ns) / NS_PER_S, self._patience.attempts)
        if self._told is None or self._told in _BLIND:
            self._told, self._fault, self._found_ns = CameraState.OK, "", self._clock()
            self._on_health(CameraState.OK, f"{frame.width}x{frame.height}")

    def _tell(self, state: CameraState, detail: str) -> None:
        if state is self._told:
            return
        self._told = state
        level = logging.INFO if state is CameraState.OK else logging.WARNING
        log.log(level, "camera health: camera=%s state=%s detail=\"%s\"", self._camera_id, state, detail)
        self._on_health(state, detail)

    def _wait(self, fault: CameraError) -> None:
        """It sends, and the picture is on its way: told like a loss, without opening it again."""
        self._tell_lost(fault, CameraState.NO_KEY_FRAMES, "waits")

    def _lose(self, fault: CameraError) -> None:
        """Tell what is wrong, then leave it alone for as long as that takes."""
        found_ns, now_ns = self._found_ns, self._clock()
        pause_s = self._patience.pause_s(
            fault.fault, None if found_ns is None else (now_ns - found_ns) / NS_PER_S)
        self._found_ns = None
        state = CameraState.NO_KEY_FRAMES if fault.fault is CameraFault.NO_KEY_FRAME else CameraState.LOST
        self._tell_lost(fault, state, f"attempt={self._patience.attempts} retry_in_s={pause_s:.1f}")
        wait_to_reopen(fault.fault, pause_s, self._settings.password_file, self._stop, self._clock)

    def _tell_lost(self, fault: CameraError, state: CameraState, what_next: str) -> None:
        """Once, and again when the reason becomes another."""
        newly = self._told not in _BLIND
        if newly:
            self._lost_ns = self._clock()
            self._stats.lost += 1
            self._health = self._fresh_health()
        reason = fault.reason + (f"; {_LOGIN_WAITS}" if fault.fault in LOGINS else "")
        if newly or reason != self._fault:
            log.warning("camera lost: camera=%s error=\"%s\" %s", self._camera_id, reason, what_next)
            self._on_health(state, reason)
        self._told, self._fault = state, reason
