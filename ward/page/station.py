"""The station itself, as its page sees it: is anything that the page could show still coming in?

The page judges by what it reads itself, and adds what the watchdog, a process of its own, has found and the
page cannot see, such as the receiver's certificate. A store that cannot be read is a finding, not an error.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from edge.base.errors import EdgeError
from edge.base.findings import Finding, State
from ward.station_health import FreeSpace, StationReading, judge, judge_watchdog
from ward.station_report import StationReport, read_report, with_sample
from ward.store.database import StoreBusyError, StoreError
from ward.store.reader import Reader
from ward.store.rows import ReceiverLink

UNREADABLE = (StoreBusyError, StoreError)
"""What reading the store may raise."""
_FRESH_S = 0.5                       # the same answer for all pages that ask within


class StationWatch:
    """Any thread.

    Args:
        folder: of the store.
        report: what the watchdog writes; None, or no such file: no watchdog runs here.
        free_bytes: of the disk that a folder is on; raises OSError.
    """

    def __init__(self, reader: Reader, folder: Path, report: Path | None = None,
                 free_bytes: Callable[[Path], int] | None = None) -> None:
        self._reader, self._folder, self._report = reader, folder, report
        self._free_bytes = free_bytes or _free_bytes
        self._lock, self._space = Lock(), tuple[FreeSpace, ...]()
        self._found, self._looked_s = tuple[Finding, ...](), -_FRESH_S

    def findings(self, now_ms: int) -> tuple[Finding, ...]:
        """All that is wrong, the worst first. Raises nothing of the store's or the disk's."""
        with self._lock:
            if time.monotonic() - self._looked_s >= _FRESH_S:
                self._found, self._looked_s = self._look(now_ms), time.monotonic()
            return self._found

    def _look(self, now_ms: int) -> tuple[Finding, ...]:
        report = read_report(self._report) if self._report else None
        reading = self._read(now_ms, report)
        return merged(judge(reading, now_ms), report, now_ms)

    def _read(self, now_ms: int, report: StationReport | None) -> StationReading:
        calls, calls_error = self._lane(self._call_link)
        events, events_error = self._lane(self._reader.link)
        space_error = ""
        try:
            now = FreeSpace(now_ms, self._free_bytes(self._folder))
            self._space = with_sample(self._space or (report.space if report else ()), now)
        except OSError as exc:
            space_error = exc.strerror or str(exc)
        return StationReading(calls, calls_error, events, events_error, self._space, space_error)

    def _call_link(self) -> ReceiverLink | None:
        """How the lane of alarms stands, also where ward.db cannot be read."""
        try:
            return self._reader.call_link()
        except UNREADABLE:
            return self._reader.calls_alone.call_link()

    @staticmethod
    def _lane(read: Callable[[], ReceiverLink | None]) -> tuple[ReceiverLink | None, str]:
        """How one lane of the receiver stands, or why that cannot be read."""
        try:
            return read(), ""
        except EdgeError as exc:
            return None, str(exc)


def merged(ours: tuple[Finding, ...], report: StationReport | None, now_ms: int) -> tuple[Finding, ...]:
    """What the page found, and of what the watchdog found that which the page did not look at. Pure."""
    if report is None:
        return ours
    old = judge_watchdog(report.at_ms, now_ms)
    kinds = {finding.kind for finding in ours}
    more = old or tuple(finding for finding in report.findings
                        if finding.code.startswith("certificate-") and finding.kind not in kinds)
    return tuple(sorted((*ours, *more), key=lambda finding: finding.state is not State.BAD))


def _free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
