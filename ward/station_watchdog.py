"""The station's watchdog: a process of its own that says when nothing comes in any more.

What judges itself cannot say that it died. So this one reads the beats of the receiver's lanes, the disk and
the receiver's certificate once a second, opens no connection and writes nothing but its report. What keeps
calls for help away goes to the system's journal at priority alert, which journald also writes to every
terminal (systemd/ward/journald.conf.d), again every ten minutes; the page reads the report and rings.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509

from edge.base import durable, sqlite
from edge.base.errors import EdgeError
from edge.base.findings import Finding, State
from edge.base.notify import Notifier
from edge.base.supervisor import stop_at_signals
from ward.station_health import FreeSpace, StationReading, StationWords, judge
from ward.station_report import REPORT, StationReport, read_report, with_sample, write_report
from ward.store.database import CALLS_NAME, FILE_NAME, translated
from ward.store.rows import ReceiverLink

log = logging.getLogger("watchdog")

ALERT = 60                          # above CRITICAL: systemd-python makes it the journal's priority alert
EVERY_S = 1.0
_BUSY_S = 1.0
_AGAIN_MS = 600_000
_CERTIFICATE_MAX_BYTES = 64 * 1024


def add_watchdog(parser: argparse.ArgumentParser) -> None:
    """Options and act of `edgebox-ward watchdog`."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the receiver's store")
    parser.add_argument("--cert", type=Path, metavar="FILE", help="the receiver's certificate for the broker")
    parser.add_argument("--report", type=Path, default=REPORT, metavar="FILE",
                        help="what the page reads (default: %(default)s)")
    parser.set_defaults(command=watch_station)


def watch_station(args: argparse.Namespace) -> int:
    """Look once a second until asked to stop."""
    logging.addLevelName(ALERT, "ALERT")
    notifier, stop = Notifier(), threading.Event()
    watchdog = StationWatchdog(args.data, args.cert, args.report)
    stop_at_signals(stop)
    notifier.ready(f"watching {args.data}")
    while not stop.wait(EVERY_S):
        watchdog.look(time.time_ns() // 1_000_000)
        notifier.feed()
    notifier.stopping()
    return os.EX_OK


class StationWatchdog:
    """What it found last, and what it has said. One thread."""

    def __init__(self, store: Path, certificate: Path | None, report: Path,
                 free_bytes: Callable[[Path], int] | None = None) -> None:
        """`free_bytes`: of the disk that a folder is on, raises OSError; tests pass their own."""
        self._store, self._certificate, self._report = store, certificate, report
        self._free_bytes = free_bytes or _free_bytes
        before = read_report(report)
        self._space = before.space if before else ()
        self._said: dict[str, int] = {}         # code -> when it was said last
        self._unwritten = False

    def look(self, now_ms: int) -> tuple[Finding, ...]:
        """Read, judge, write the report, and say what is new or still bad."""
        found = judge(self._read(now_ms), now_ms)
        self._write(StationReport(now_ms, found, self._space))
        self._say(found, now_ms)
        return found

    def _read(self, now_ms: int) -> StationReading:
        link, store_error = _lane(self._store / CALLS_NAME)
        events_link, events_error = _lane(self._store / FILE_NAME)
        space_error = ""
        try:
            self._space = with_sample(self._space, FreeSpace(now_ms, self._free_bytes(self._store)))
        except OSError as exc:
            space_error = exc.strerror or str(exc)
        ends_ms, certificate_error = None, ""
        if self._certificate is not None:
            try:
                ends_ms = _ends_ms(self._certificate)
            except (OSError, ValueError) as exc:
                certificate_error = str(exc)
        return StationReading(link, store_error, events_link, events_error, self._space, space_error, ends_ms,
                              certificate_error)

    def _write(self, report: StationReport) -> None:
        try:
            write_report(self._report, report)
        except OSError as exc:
            if not self._unwritten:
                log.error("report not written, the page cannot ring by it: error=\"%s\"", exc)
            self._unwritten = True
        else:
            self._unwritten = False

    def _say(self, found: Sequence[Finding], now_ms: int) -> None:
        words = StationWords("en")
        for finding in found:
            last_ms = self._said.get(finding.code)
            is_bad = finding.state is State.BAD
            if last_ms is None or (is_bad and abs(now_ms - last_ms) >= _AGAIN_MS):
                log.log(ALERT if is_bad else logging.WARNING, "%s; %s: code=%s since=%s",
                        words.found(finding), words.remedy(finding), finding.code, finding.since_utc or "-")
                self._said[finding.code] = now_ms
        for code in self._said.keys() - {finding.code for finding in found}:
            log.info("over: code=%s", code)
            del self._said[code]


def _lane(path: Path) -> tuple[ReceiverLink | None, str]:
    """What one lane said last, in its file of the store, and why it cannot be read."""
    try:
        return read_link(path), ""
    except (EdgeError, ValueError, sqlite.Error) as exc:        # the last: no store of ours yet
        return None, str(exc)


def read_link(path: Path) -> ReceiverLink | None:
    """A lane's last word in its file of the store; None where there was never any. Makes nothing.

    Raises StoreBusyError, StoreError; ValueError where it is of another version.
    """
    with translated(path), contextlib.closing(sqlite.look(path, _BUSY_S)) as db:
        row = db.execute("SELECT value FROM meta WHERE name = 'link'").fetchone()
    if row is None:
        return None
    said = json.loads(row[0])
    try:
        return ReceiverLink(**said)
    except TypeError as exc:
        raise ValueError(f"{path}: the receiver is of another version than its watchdog") from exc


def _free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _ends_ms(path: Path) -> int:
    certificate = x509.load_pem_x509_certificate(durable.read(path, _CERTIFICATE_MAX_BYTES))
    return int(certificate.not_valid_after_utc.timestamp() * 1000)
