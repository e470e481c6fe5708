"""Drafts and camera states reach the journal, whatever the disk does."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.base.clock import Stamp
from edge.base.errors import RetryableError
from edge.base.values import Rect, Track
from edge.config.camera_model import RuleKind
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.contract.messages import CameraState, EventData, HealthData, Phase, Role, Severity
from edge.contract.topics import Root
from edge.ipc.records import Records
from edge.journal.entry import Entry, OpenEvent, Present, Rank
from edge.journal.store import Journal
from edge.watch.camera_states import CameraReport
from edge.watch.evidence.event_tracker import EventChange
from edge.watch.evidence.glimpse import SceneShot
from edge.watch.evidence.record import Provenance, RecordMaker
from edge.watch.evidence.shot import Shot
from edge.watch.hit import Hit, HitPhase
from edge.watch.recorder import QUEUE_LIMIT, Recorder

ROOT = Root("ward", "group", "box")
STAMP = Stamp(datetime(2026, 11, 23, 12, tzinfo=UTC), 0, "boot", True)
RECT = Rect(10, 10, 50, 90)


def stamp_at(mono_ns: int) -> Stamp:
    return replace(STAMP, mono_ns=mono_ns)


def draft(number: int = 1, phase: Phase = Phase.NEW, severity: Severity = Severity.INFO) -> EventChange:
    track = Track(1, "person", 0.9, RECT, 0, 0, True, ())
    hit = Hit(1, HitPhase.BEGIN, "gate", RuleKind.ENTER, None, severity, track, RECT, 1, 0, 0)
    shot = Shot(np.zeros((40, 40, 3), np.uint8), RECT, 0, 0.0, False)
    event_id = f"0198c0de-0000-7000-8000-{number:012d}"
    return EventChange("cam", event_id, 0, phase, hit, RECT, 0.0, 0, (640, 480), shot)


def with_views(of: EventChange) -> EventChange:
    """The same with a scene and a before, as of a rule with full pictures."""
    view = SceneShot(np.zeros((36, 64, 3), np.uint8), (), None, 0, 0.0, False)
    return replace(of, is_full=True, scene=view, before=view)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", 1 << 20)
    yield opened
    opened.close()


def recorder(journal: Records, counts: dict[str, int] | None = None) -> Recorder:
    maker = RecordMaker(Provenance(ROOT, "m", "c"), stamp_at, ThumbnailSettings(max_bytes=8192),
                        EvidenceSettings())
    return Recorder(journal, maker, ROOT, stamp_at, lambda: counts or {})


def test_what_was_submitted_before_the_end_is_stored(journal: Journal) -> None:
    """
    A stop does not lose the last events: everything submitted is in the journal when run returns.
    """
    made = recorder(journal, {"frames.cam": 7})
    made.submit(draft(1))
    made.submit(draft(2, severity=Severity.ALERT))
    made.health(CameraReport("cam", CameraState.LOST, "no picture for 10 s", since_ns=5, told_ns=7, count=2))
    made.finish()
    made.run(threading.Event())

    owed = journal.owed(10)
    assert [Rank.NEW_ALERT, Rank.NEW, Rank.ALERT_IMAGE, Rank.HEALTH, Rank.IMAGE] == [
        item.rank for item in owed]
    assert EventData.model_validate_json(owed[1].payload).event_id == draft(1).event_id
    health = HealthData.model_validate_json(owed[3].payload)
    assert (CameraState.LOST, 2, True) == (health.state, health.count, owed[3].retain)
    assert stamp_at(5).utc == health.since
    assert {"frames.cam": 7, "records": 3, "pictures": 2}.items() <= journal.counters().items()


class RefusingJournal:
    """A disk that is full for the first `times` attempts."""

    def __init__(self, inner: Journal, times: int) -> None:
        self.inner, self.times, self.tried = inner, times, 0
        self.freed = threading.Event()

    def append_all(self, entries: Sequence[Entry]) -> list[int]:
        self.tried += 1
        if self.tried <= self.times:
            raise RetryableError("disk full")
        return self.inner.append_all(entries)

    def open_events(self) -> list[OpenEvent]:
        return self.inner.open_events()

    def count_all(self, counts: Mapping[str, int]) -> None:
        self.inner.count_all(counts)

    def said_last(self, topic: str) -> Present | None:
        return self.inner.said_last(topic)


def test_a_full_disk_is_waited_out(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    """
    A record is tried until the disk takes it; the trouble is told once, and its end once.
    """
    full = RefusingJournal(journal, times=2)
    made = recorder(full)
    made.submit(draft(1))
    made.submit(draft(2))
    made.finish()
    with caplog.at_level("INFO", logger="recorder"):
        made.run(threading.Event())

    assert (4, 3) == (journal.last_seq(), full.tried)       # both at once
    told = [record.message.partition(":")[0] for record in caplog.records if "uplink" in record.message]
    assert ["uplink takes no records", "uplink takes records again"] == told


def test_what_is_given_up_at_exit_is_tried_no_more(journal: Journal,
                                                   caplog: pytest.LogCaptureFixture) -> None:
    """
    Uplink ends with watch, and systemd holds its socket: one batch waits for an answer, the rest for none.
    """
    away = RefusingJournal(journal, times=1000)
    made = recorder(away)
    for number in range(20):
        made.submit(draft(number))
    made.finish()
    with caplog.at_level("ERROR", logger="recorder"):
        made.run(threading.Event())

    assert 4 == away.tried
    assert "records given up at exit, uplink takes nothing: count=20" == caplog.messages[-1]


def test_what_waits_is_bounded_and_losses_are_counted(journal: Journal) -> None:
    """
    With a disk that takes nothing, updates are refused first, then the rest, each counted.
    """
    made = recorder(journal)
    for number in range(QUEUE_LIMIT):
        made.submit(draft(number))
        made.submit(draft(number, Phase.UPDATE))
    made.submit(draft(0))
    made.finish()
    made.run(threading.Event())

    counters = journal.counters()
    kept_updates = QUEUE_LIMIT - counters["lost_recorder_update"]
    assert QUEUE_LIMIT // 4 == kept_updates
    assert QUEUE_LIMIT + 1 - (QUEUE_LIMIT - kept_updates) == counters["lost_recorder_new"]
    assert QUEUE_LIMIT == counters["records"]


def test_pictures_that_find_no_room_are_given_up_in_the_order_of_loss(
        journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Of what waits, the before goes first, then the scene, then the subject, each counted; no record does.
    """
    full = with_views(draft(1))
    subject_bytes, view_bytes = 40 * 40 * 3, 36 * 64 * 3
    monkeypatch.setattr("edge.watch.recorder.PIXELS_LIMIT_BYTES", 3 * subject_bytes + 3 * view_bytes)
    made = recorder(journal)
    for number in range(1, 5):
        made.submit(replace(full, event_id=draft(number).event_id))
    made.finish()
    made.run(threading.Event())

    counters = journal.counters()
    assert {"lost_recorder_before": 3, "lost_recorder_scene": 2, "lost_recorder_image": 1} == {
        name: count for name, count in counters.items() if name.startswith("lost_recorder")}
    assert (4, 6) == (counters["records"], counters["pictures"])
    told = [EventData.model_validate_json(item.payload) for item in journal.owed(20, ranks={Rank.NEW})]
    assert [[Role.SUBJECT, Role.SCENE, Role.BEFORE], [Role.SUBJECT, Role.SCENE], [Role.SUBJECT], []] == [
        [picture.role for picture in data.pictures] for data in told]
    assert [True, True, True, False] == [data.image is not None for data in told]


def test_events_of_a_killed_run_end_at_the_next_start(journal: Journal) -> None:
    """
    What a killed watch left open at the ward is ended once, by a record that follows its last one.
    """
    first = recorder(journal)
    first.submit(draft(1))
    first.submit(draft(2))
    first.submit(replace(draft(2, Phase.END), rev=1, shot=None))
    first.finish()
    first.run(threading.Event())            # event 1 was never ended: the process died here
    for _ in range(2):
        later = recorder(journal)
        later.finish()
        later.run(threading.Event())

    ends = [EventData.model_validate_json(item.payload) for item in journal.owed(20) if item.rank is Rank.END]
    assert [(draft(2).event_id, 1), (draft(1).event_id, 1)] == [(end.event_id, end.rev) for end in ends]
    assert Phase.END is ends[1].phase
    assert ends[1].image is None
    assert [] == journal.open_events()
