"""How the cameras are, as it is told: what flaps once, with how often. Any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from edge.contract.messages import CameraState
from edge.health.steady import Notice, Steady


@dataclass(frozen=True, slots=True)
class CameraReport:
    """A camera's state to be told, as of `since_ns`."""

    camera_id: str
    state: CameraState
    detail: str
    since_ns: int
    told_ns: int
    count: int = 1          # see `edge.health.steady.Notice`


class CameraStates:
    """Between the cameras' threads, each of which tells what it finds, and whoever passes it on."""

    def __init__(self, cameras: Iterable[str], tell: Callable[[CameraReport], None],
                 now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """`tell` is called in the thread that reports or looks, one at a time; it does not wait."""
        self._tell, self._now_ns = tell, now_ns
        cameras = tuple(cameras)
        self._steady = {name: Steady(CameraState.OK) for name in cameras}
        self._found: dict[str, tuple[CameraState, str]] = {}        # of each camera the latest
        self._beside = {name: Steady("") for name in cameras}       # see `note`
        self._notes: dict[str, str] = {}            # of these, what goes with every detail
        self._reports: dict[str, CameraReport] = {}        # as last told,
        self._reasons: dict[str, str] = {}                 # and why, without the notes
        self._mutex = threading.Lock()

    def report(self, camera_id: str, state: CameraState, detail: str) -> None:
        """A camera's state has changed, or why it is so."""
        now_ns = self._now_ns()
        with self._mutex:
            steady, before = self._steady[camera_id], self._found.get(camera_id)
            self._found[camera_id] = state, detail
            told = steady.report(state, now_ns)
            has_other_reason = before is not None and before[0] is state and before[1] != detail
            latest = steady.latest
            if told is None and has_other_reason and latest is not None and latest.value is state:
                told = latest                   # the same once more, for another reason
            self._pass_on(camera_id, told, now_ns)

    def note(self, camera_id: str, text: str) -> None:
        """What is wrong with a camera beside its state, "" while nothing is: it goes with the detail.

        To be called again and again; what flaps is told as states are.
        """
        now_ns = self._now_ns()
        with self._mutex:
            steady = self._beside[camera_id]
            told = steady.report(text, now_ns)
            if told is None or told.value == self._notes.get(camera_id, ""):
                return
            self._notes[camera_id] = told.value
            last = self._reports.get(camera_id)
            if last is not None:
                self._send(replace(last, told_ns=now_ns))

    def look(self) -> None:
        """Tell what time alone has made sure; at least once a second."""
        now_ns = self._now_ns()
        with self._mutex:
            for camera_id, steady in self._steady.items():
                self._pass_on(camera_id, steady.look(now_ns), now_ns)

    def _pass_on(self, camera_id: str, told: Notice[CameraState] | None, now_ns: int) -> None:
        if told is not None:
            self._send(CameraReport(camera_id, told.value, "", told.since_ns, now_ns, told.count))

    def _send(self, report: CameraReport) -> None:
        """With why it is so, and what is wrong beside it; what is found meanwhile is no reason for it."""
        found, why = self._found[report.camera_id]
        if found is not report.state:
            why = self._reasons.get(report.camera_id, "")
        self._reasons[report.camera_id] = why
        report = replace(report, detail="; ".join(filter(None, (why, self._notes.get(report.camera_id)))))
        self._reports[report.camera_id] = report
        self._tell(report)
