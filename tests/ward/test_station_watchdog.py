"""The station's watchdog: what it says when nothing comes in any more, to whom, and how often."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge.base.findings import State
from tests.ward.samples import NOW, WARD
from ward.cli import main
from ward.station_health import SILENT_MS, FreeSpace
from ward.station_report import StationReport, read_report, with_sample, write_report
from ward.station_watchdog import ALERT, StationWatchdog, read_link
from ward.store.calls import CallStore
from ward.store.database import CALLS_NAME
from ward.store.intake import ms_of
from ward.store.writer import Store

NOW_MS, HOUR_MS, GIB = ms_of(NOW), 3_600_000, 2**30


def beat(folder: Path, state: str = "connected") -> None:
    """A receiver that says how it is at NOW, and ends."""
    for lane in (CallStore(folder, WARD), Store(folder, WARD)):
        lane.tell_link(state, NOW, "localhost:8884", NOW)
        lane.close()


def watchdog(folder: Path, free_bytes: Callable[[Path], int] = lambda _: 50 * GIB) -> StationWatchdog:
    return StationWatchdog(folder / "data", None, folder / "station.json", free_bytes)


def test_a_receiver_that_died_is_told_aloud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    Nothing is said while it beats. When its last beat is too old, one line at priority alert says so and what
    to do, the report has it for the page; it is said again after ten minutes and not before; when it beats
    again, that is said once.
    """
    beat(tmp_path / "data")
    caplog.set_level(logging.INFO, "watchdog")
    dog = watchdog(tmp_path)

    assert () == dog.look(NOW_MS + SILENT_MS)
    late_ms = NOW_MS + SILENT_MS + 1
    for after_ms in (0, 1000, 599_999, 600_000):
        assert ["receiver-silent"] == [it.code for it in dog.look(late_ms + after_ms)]
    report = read_report(tmp_path / "station.json")
    assert report is not None
    assert (late_ms + 600_000, ["receiver-silent"]) == (report.at_ms, [it.code for it in report.findings])
    assert State.BAD is report.findings[0].state
    dog.look(NOW_MS)

    said = [(record.levelno, record.getMessage()) for record in caplog.records]
    assert [ALERT, ALERT, logging.INFO] == [level for level, _ in said]
    assert said[0][1].startswith("the receiver does not answer: calls for help do not come in; telephone ")
    assert "over: code=receiver-silent" == said[2][1]


def test_a_store_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """
    None there, an empty one, one that is no database: each is a finding, never the watchdog's end, and the
    watchdog makes nothing itself. One whose receiver was stopped in order is read.
    """
    data = tmp_path / "data"
    dog = watchdog(tmp_path)
    assert ["store-unreadable"] == [it.code for it in dog.look(NOW_MS)]
    assert not data.exists()
    data.mkdir()
    (data / CALLS_NAME).touch()
    assert ["store-unreadable"] == [it.code for it in dog.look(NOW_MS)]
    (data / CALLS_NAME).write_bytes(b"no database " * 1000)
    assert ["store-unreadable"] == [it.code for it in dog.look(NOW_MS)]
    shutil.rmtree(data)
    beat(data, "stopped")
    assert ["receiver-stopped"] == [it.code for it in dog.look(NOW_MS)]
    link = read_link(data / CALLS_NAME)
    assert link is not None
    assert "localhost:8884" == link.detail


def test_the_disk_is_watched_over_restarts(tmp_path: Path) -> None:
    """
    A watchdog that is started again goes on from its report: half of a day later it knows the rate. A disk
    that does not answer is told.
    """
    beat(tmp_path / "data")
    watchdog(tmp_path, lambda _: 3 * GIB).look(NOW_MS)
    found = watchdog(tmp_path, lambda _: 2 * GIB).look(NOW_MS + 12 * HOUR_MS)

    assert [("disk-full-soon", {"free": 2048, "days": 0})] == [
        (it.code, it.values) for it in found if it.kind == "disk"]

    def broken(_: Path) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    assert "disk-unreadable" in [it.code for it in watchdog(tmp_path, broken).look(NOW_MS)]


def test_samples_are_one_an_hour_for_a_week() -> None:
    """
    However often it is looked, the report stays small, begins a week ago and ends now.
    """
    space: tuple[FreeSpace, ...] = ()
    for minute in range(0, 10 * 24 * 60, 7):
        space = with_sample(space, FreeSpace(minute * 60_000, 1))

    assert 7 * 24 + 1 == len(space)
    assert minute * 60_000 == space[-1].at_ms
    assert 7 * 24 <= (space[-1].at_ms - space[0].at_ms) / HOUR_MS < 8 * 24
    assert (FreeSpace(5, 2),) == with_sample(space[-3:], FreeSpace(5, 2))     # the clock was set back


def test_a_report_without_a_place_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    The journal still hears of all, and says once that the page does not.
    """
    dog = StationWatchdog(tmp_path / "data", None, tmp_path / "nowhere/station.json", lambda _: GIB)
    for second in range(3):
        dog.look(NOW_MS + second * 1000)

    lines = [record.getMessage() for record in caplog.records]
    assert 1 == len([line for line in lines if line.startswith("report not written")])
    assert 1 == len([line for line in lines if "code=store-unreadable" in line])


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"at_ms": "x"}'])
def test_a_report_of_something_else_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "station.json").write_bytes(content)
    assert read_report(tmp_path / "station.json") is None


def test_a_report_reads_back(tmp_path: Path) -> None:
    """
    Findings with their values, times and samples, as the page wants them.
    """
    beat(tmp_path / "data", "retrying")
    found = watchdog(tmp_path).look(NOW_MS + 6000)
    report = StationReport(NOW_MS, found, (FreeSpace(1, 2),))
    write_report(tmp_path / "other.json", report)

    assert ["broker-away"] == [it.code for it in found]
    again = read_report(tmp_path / "other.json")
    assert again is not None
    assert report == replace(again, findings=tuple(replace(it, code=found[0].code) for it in again.findings))


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    beat(tmp_path / "data")
    (tmp_path / "client.crt").write_text("no certificate")
    dog = StationWatchdog(tmp_path / "data", tmp_path / "client.crt", tmp_path / "r.json", lambda _: 50 * GIB)

    assert ["certificate-unreadable"] == [it.code for it in dog.look(NOW_MS)]


def test_the_program_takes_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    """
    Without a store to watch it says what it wants.
    """
    with pytest.raises(SystemExit):
        main(["watchdog"])
    assert "--data" in capsys.readouterr().err


