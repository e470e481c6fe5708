"""What guard makes of watch's and uplink's words and silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.base.errors import RetryableError
from edge.base.findings import Finding
from edge.contract.messages import CameraState, HealthData
from edge.guard import uplink_monitor, watch_monitor
from edge.guard.commands.lessons import LessonBook
from edge.guard.uplink_monitor import UplinkMonitor
from edge.guard.watch_monitor import WatchMonitor
from edge.health.records import SILENT_AFTER_S
from edge.ipc.messages import Done
from edge.ipc.uplink_guard import AckPayload, Delivered, JournalFigures, UplinkState, WardCommand
from edge.ipc.watch_guard import Beat
from tests.edge.guard.notes import Notes
from tests.edge.journal.entries import ROOT


class Clock:
    now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


def test_cameras_are_as_watch_says_and_lost_when_it_is_silent(tmp_path: Path,
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    """
    One that watch did not name is lost; after three missed beats all are, and the ward is told of each once,
    when uplink takes it.
    """
    faults = list[str | None]()

    def fault_told(_what: str, fault: Finding | str | None) -> None:
        faults.append(fault.code if isinstance(fault, Finding) else fault)

    clock, notes, book = Clock(), Notes(refusals=1), LessonBook(tmp_path / "lessons.json", {})
    monkeypatch.setattr(watch_monitor, "time", clock)
    monitor = WatchMonitor(ROOT, ("gate", "yard"), notes, lambda wish: Done(), book, fault_told)
    assert Done() == monitor.answer(Beat(cameras={"gate": CameraState.OK, "elsewhere": CameraState.OK}))
    assert {"gate": "ok", "yard": "lost"} == monitor.cameras()

    for step in (0, 2, 2, 0):
        monitor.answer(Beat(cameras={"gate": CameraState.OK}, relief=step))
    assert ["relief-smaller", None] == faults
    monitor.answer(Beat(cameras={"gate": CameraState.OK}))

    clock.now_s += SILENT_AFTER_S
    monitor._look(clock.now_s)
    with pytest.raises(RetryableError):
        monitor._say_lost()
    for _ in range(2):
        monitor._look(clock.now_s)
        monitor._say_lost()

    assert {"gate": "lost", "yard": "lost"} == monitor.cameras()
    told = [HealthData.model_validate_json(entry.data) for entry in notes.entries]
    assert [("gate", CameraState.LOST), ("yard", CameraState.LOST)] == [(it.camera, it.state) for it in told]


class Calls:
    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []
        self.again = 0

    def delivered(self, ids: tuple[str, ...]) -> None:
        self.done.append(ids)

    def hand_over_again(self) -> None:
        self.again += 1


def test_uplinks_words_go_where_they_belong(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Commands to the desk, unread, and acks to who verifies them; what was delivered to the ledger, and that
    another uplink is there; the rest is shown, and after half a minute of silence it is said that uplink is
    away.
    """
    clock, calls, commands = Clock(), Calls(), list[tuple[str, bytes, bool]]()
    monkeypatch.setattr(uplink_monitor, "time", clock)
    acks = list[bytes]()
    monitor = UplinkMonitor(calls, lambda *command: commands.append(command), acks.append)
    assert ("", False, None) == (monitor.fault(), monitor.ward_connected, monitor.journal)

    figures = JournalFigures(records=3, bytes=4, lost=0)
    for run, fault in (("a", ""), ("a", "the disk is full"), ("b", "")):
        monitor.answer(UplinkState(run=run, ward_connected=True, fault=fault, journal=figures))
        assert (f"journal: {fault}" if fault else "") == monitor.fault()
    monitor.answer(Delivered(ids=("a.0",)))
    monitor.answer(WardCommand(topic="t", payload=b"\xff", retained=True))
    monitor.answer(AckPayload(payload=b"\xfe"))
    assert [b"\xfe"] == acks

    assert (2, [("a.0",)], [("t", b"\xff", True)]) == (calls.again, calls.done, commands)
    assert (True, figures) == (monitor.ward_connected, monitor.journal)
    clock.now_s += uplink_monitor.SILENT_AFTER_S
    assert (False, None) == (monitor.ward_connected, monitor.journal)
    assert "does not run or hangs" in monitor.fault()
