"""The store's laws: what arrived decides, not in which order nor how often."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.base.errors import RetryableError
from edge.contract.messages import (
    AlarmMode,
    AlarmPhase,
    CameraState,
    Ending,
    PanelPhase,
    Phase,
    Role,
    Severity,
)
from tests.ward.samples import JPEG, NOW, THREE, WARD, Box, new_event_id
from ward.store.database import CALLS_NAME, FILE_NAME, StoreBusyError, StoreError, connect
from ward.store.events import MAX_PENDING_PER_BOX
from ward.store.intake import Arrival
from ward.store.reader import Reader
from ward.store.rows import Cursor, EventFilter
from ward.store.seqs import Gap
from ward.store.writer import Store

OTHER_JPEG = JPEG[:-2] + b"other\xff\xd9"
EVENTS = [f"019346b2-7c1a-7d3e-8f00-00000000000{n}" for n in range(3)]


@contextmanager
def store_in(folder: Path, ward: str = WARD) -> Iterator[Store]:
    store = Store(folder, ward)
    try:
        yield store
    finally:
        store.close()


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes()
            for part in ("images", "quarantine") for path in sorted((folder / part).rglob("*"))
            if path.is_file()}


def state_of(folder: Path) -> dict[str, Any]:
    """All that the store holds, but for the numbers of changes and messages."""
    db = sqlite3.connect(folder / FILE_NAME)
    db.execute("ATTACH ? AS calls", (str(folder / CALLS_NAME),))
    try:
        names = [row[1] for row in db.execute("PRAGMA table_info(events)") if row[1] != "change"]
        alarm = [row[1] for row in db.execute("PRAGMA table_info(alarms)") if row[1] != "change"]
        return {
            "events": sorted(db.execute(f"SELECT {', '.join(names)} FROM events")),
            "records": sorted(db.execute("SELECT * FROM records")),
            "told": sorted(db.execute("SELECT * FROM told_pictures")),
            "images": sorted(db.execute("SELECT * FROM images")),
            "seqs": sorted(db.execute("SELECT * FROM seq_runs")),
            "cameras": sorted(db.execute("SELECT * FROM cameras")),
            "alarms": sorted(db.execute(f"SELECT {', '.join(alarm)} FROM alarms")),
            "panels": sorted(db.execute("SELECT * FROM panels")),
            "results": sorted(db.execute("SELECT * FROM command_results")),
            "files": files_below(folder),
        }
    finally:
        db.close()


def fill(folder: Path, arrivals: list[Arrival], batch: int = 20) -> dict[str, Any]:
    with store_in(folder) as store:
        for start in range(0, len(arrivals), batch):
            store.take(arrivals[start:start + batch], NOW)
    return state_of(folder)


@st.composite
def messages(draw: st.DrawFn) -> list[Arrival]:
    """What one box may send: lives of events, their pictures right and wrong, health, and junk."""
    box, made = Box(), []
    for event_id in draw(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=3, unique=True)):
        for rev, phase in enumerate(draw(st.sampled_from([
                [Phase.NEW], [Phase.NEW, Phase.END], [Phase.NEW, Phase.UPDATE, Phase.END]]))):
            jpeg = draw(st.sampled_from([None, JPEG, OTHER_JPEG]))
            full = draw(st.dictionaries(st.sampled_from(Role), st.sampled_from([JPEG, OTHER_JPEG])))
            made.append(box.event(event_id, rev, phase, jpeg=jpeg, severity=draw(st.sampled_from(Severity)),
                                  label=draw(st.sampled_from(["person", "car"])), pictures=full,
                                  ended=draw(st.sampled_from([None, *Ending])),
                                  time=NOW - timedelta(seconds=draw(st.integers(0, 300)))))
            made += [box.picture(event_id, rev, draw(st.sampled_from([JPEG, OTHER_JPEG])),
                                 draw(st.sampled_from(Role))) for _ in range(draw(st.integers(0, 3)))]
        box.seq += draw(st.integers(0, 2))
        made.append(box.health(state=draw(st.sampled_from(CameraState))))
    for rev, alarm_phase in enumerate(draw(st.sampled_from([
            [AlarmPhase.RAISED], [AlarmPhase.REFUSED], [AlarmPhase.RAISED, AlarmPhase.ENDED],
            [AlarmPhase.RAISED, AlarmPhase.ESCALATED, AlarmPhase.JOINED, AlarmPhase.SILENCED]]))):
        made.append(box.alarm(EVENTS[0], rev, alarm_phase, mode=draw(st.sampled_from(AlarmMode)),
                              synchronised=draw(st.booleans()), event_id=draw(st.sampled_from([None, "x"]))))
        made.append(box.panel(draw(st.sampled_from(PanelPhase))))
        made.append(box.result(draw(st.sampled_from([None, EVENTS[0]])), draw(st.booleans())))
    made.append(Arrival(box.root.topic("event/x/y"), b"junk"))
    return made


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(messages(), st.data())
def test_order_and_repetition_do_not_matter(sent: list[Arrival], data: st.DataObject) -> None:
    """
    Any order of the same messages, any of them repeated, in batches of any size: one final state.
    """
    again = data.draw(st.lists(st.sampled_from(sent), max_size=6))
    shuffled = data.draw(st.permutations(sent + again))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        assert fill(Path(one), sent) == fill(Path(two), shuffled, data.draw(st.integers(1, 9)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 25), max_size=40), st.integers(0, 5))
def test_gaps_are_what_is_missing(numbers: list[int], born_at: int) -> None:
    """
    Every number above the first birth's that did not come, below the highest that did, is in a gap.
    """
    box = Box()
    with tempfile.TemporaryDirectory() as name:
        with store_in(Path(name)) as store:
            arrivals = [box.birth(seq=born_at)]
            for number in numbers:
                box.seq = number - 1
                arrivals.append(box.health())
            store.take(arrivals, NOW)
        [row] = Reader(Path(name)).boxes()

    missing = {number for gap in row.gaps for number in range(gap.first_seq, gap.last_seq + 1)}
    start = min([born_at + 1, *numbers])
    assert set(range(start, max(numbers, default=0) + 1)) - set(numbers) == missing


def test_highest_rev_wins_and_lowest_dates(tmp_path: Path) -> None:
    """
    The end tells class, severity and phase; the time stays that of the decision.
    """
    box, event_id = Box(), new_event_id()
    new = box.event(event_id, label="car", time=NOW - timedelta(seconds=20))
    end = box.event(event_id, 2, Phase.END, label="truck", severity=Severity.ALERT, time=NOW)

    fill(tmp_path, [end, new, end])

    [row] = Reader(tmp_path).events(EventFilter(), 10)
    assert ("truck", "alert", "end", 2) == (row.label, row.severity, row.phase, row.rev)
    assert (20_000, False) == (row.ended_ms - row.time_ms if row.ended_ms else None, row.historical)
    counters = Reader(tmp_path).summary().counters
    assert (1, 3) == (counters["duplicates"], counters["messages"])


def test_a_picture_before_its_record_is_linked_later(tmp_path: Path) -> None:
    """
    It waits, unseen, under the day of its event, and counts once its record vouches for it.
    """
    box, event_id = Box(), new_event_id()
    with store_in(tmp_path) as store:
        store.take([box.picture(event_id)], NOW)
        reader = Reader(tmp_path)
        assert {"pending": 1} == reader.summary().images
        assert reader.picture(event_id, 0) is None

        store.take([box.event(event_id, jpeg=JPEG)], NOW)

    assert {"verified": 1} == reader.summary().images
    path = reader.picture(event_id, 0)
    assert path is not None
    assert path.read_bytes() == JPEG
    assert "images" == path.relative_to(tmp_path).parts[0]


def test_a_wrong_picture_is_quarantined(tmp_path: Path) -> None:
    """
    One whose hash is not the told one lies apart, is counted, and is never served; the right one still is.
    """
    box, event_id = Box(), new_event_id()

    fill(tmp_path, [box.picture(event_id, jpeg=OTHER_JPEG), box.event(event_id, jpeg=JPEG)])
    reader = Reader(tmp_path)
    assert {"quarantined": 1} == reader.summary().images
    assert reader.picture(event_id, 0) is None
    assert [OTHER_JPEG] == list(files_below(tmp_path).values())
    assert ["quarantine"] == [name.split("/")[0] for name in files_below(tmp_path)]

    fill(tmp_path, [box.picture(event_id)])
    assert {"quarantined": 1, "verified": 1} == reader.summary().images
    assert 1 == reader.summary().counters["quarantined"]


def test_every_role_counts_by_its_own_hash(tmp_path: Path) -> None:
    """
    Three pictures of one rev are three files; the scene's bytes under the role of `before` are quarantined,
    and those of a rev that nobody told wait. What is shown is the best of each role, whatever came first.
    """
    box, event_id = Box(), new_event_id()
    better = {Role.SUBJECT: OTHER_JPEG}

    fill(tmp_path, [box.picture(event_id, 0, THREE[Role.SCENE], Role.BEFORE),
                    box.picture(event_id, 7, THREE[Role.SCENE], Role.SCENE),
                    *reversed(box.pictures(event_id)), *box.pictures(event_id, 1, better),
                    *box.pictures(event_id), box.event(event_id, 1, Phase.UPDATE, pictures=better),
                    box.event(event_id, pictures=THREE)])

    reader = Reader(tmp_path)
    assert {"verified": 4, "quarantined": 1, "pending": 1} == reader.summary().images
    assert 3 == reader.summary().counters["duplicates"]
    [row] = reader.events(EventFilter(), 10)
    assert [(Role.SUBJECT, 1), (Role.SCENE, 0), (Role.BEFORE, 0)] == [
        (role, shown.rev) for role, shown in row.pictures.items()]
    for role, rev, jpeg in ((Role.SUBJECT, 0, THREE[Role.SUBJECT]), (Role.SUBJECT, 1, OTHER_JPEG),
                            (Role.SCENE, 0, THREE[Role.SCENE]), (Role.BEFORE, 0, THREE[Role.BEFORE])):
        path = reader.picture(event_id, rev, role)
        assert path is not None
        assert jpeg == path.read_bytes()
    assert None is reader.picture(event_id, 7, Role.SCENE)


def test_why_it_ended_and_how_many_ride(tmp_path: Path) -> None:
    """
    The end tells why, the highest rev that counted how many; an end of an older box tells neither.
    """
    box, lost, old = Box(), new_event_id(), new_event_id()
    fill(tmp_path, [box.event(lost, riders=2), box.event(old, 1, Phase.END),
                    box.event(lost, 1, Phase.UPDATE, riders=3),
                    box.event(lost, 2, Phase.END, ended=Ending.VIEW_LOST)])

    rows = {row.event_id: row for row in Reader(tmp_path).events(EventFilter(), 10)}

    assert (Ending.VIEW_LOST, 3) == (rows[lost].ended_why, rows[lost].riders)
    assert (None, None) == (rows[old].ended_why, rows[old].riders)


def test_pictures_that_nobody_vouches_for_are_bounded(tmp_path: Path) -> None:
    """
    A box that invents pictures fills four places of one rev and role, not the disk; and two hundred in all.
    """
    box, event_id = Box(), new_event_id()

    fill(tmp_path, [box.picture(event_id, 0, JPEG + bytes([n]), role) for n in range(9)
                    for role in (Role.SUBJECT, Role.BEFORE)])
    assert 8 == len(files_below(tmp_path))
    assert 10 == Reader(tmp_path).summary().counters["refused"]

    fill(tmp_path, [box.picture(new_event_id(), role=role) for _ in range(70) for role in Role])
    assert {"pending": MAX_PENDING_PER_BOX} == Reader(tmp_path).summary().images


def test_another_box_cannot_touch_an_event(tmp_path: Path) -> None:
    """
    A record or a picture under an event of another box changes nothing of it.
    """
    mine, theirs, event_id = Box("hop-1"), Box("hop-2"), new_event_id()
    fill(tmp_path, [mine.event(event_id, jpeg=JPEG), mine.picture(event_id)])
    before = Reader(tmp_path).events(EventFilter(), 10)

    fill(tmp_path, [theirs.event(event_id, 5, Phase.END, label="dog"), theirs.picture(event_id, 5)])

    assert before == Reader(tmp_path).events(EventFilter(), 10)
    assert 1 == Reader(tmp_path).summary().counters["foreign"]


def test_evidence_is_not_overwritten(tmp_path: Path) -> None:
    """
    The same rev with other content is refused and counted; with another `historical` it is the same.
    """
    box, event_id = Box(), new_event_id()
    first = box.event(event_id, label="car", historical=True)
    box.seq -= 1
    redelivered = box.event(event_id, label="car", historical=False)
    box.seq -= 1
    forged = box.event(event_id, label="dog")

    fill(tmp_path, [first, forged, redelivered])

    [row] = Reader(tmp_path).events(EventFilter(), 10)
    counters = Reader(tmp_path).summary().counters
    assert ("car", False) == (row.label, row.historical)
    assert (1, 1) == (counters["conflicts"], counters["duplicates"])


def test_late_events_are_historical_by_the_wards_clock_too(tmp_path: Path) -> None:
    """
    A broker that held a record for two minutes makes it no news, unless the box's clock was not set.
    """
    box, late, unset = Box(), new_event_id(), new_event_id()
    fill(tmp_path, [box.event(late, time=NOW - timedelta(seconds=61)),
                    box.event(unset, time=NOW - timedelta(days=900), synchronised=False)])

    rows = {row.event_id: row.historical for row in Reader(tmp_path).events(EventFilter(), 10)}

    assert {late: True, unset: False} == rows


def test_a_stale_will_does_not_take_a_box_offline(tmp_path: Path) -> None:
    """
    The last will of a boot that is over is counted, not believed; that of this boot is.
    """
    box = Box(boot_id="boot-b")
    with store_in(tmp_path) as store:
        store.take([box.birth(), box.status("online"), box.status("offline", "boot-a")], NOW)
        [row] = Reader(tmp_path).boxes()
        assert ("online", 1) == (row.state, row.counters["stale_wills"])

        store.take([box.status("offline", "boot-b")], NOW + timedelta(seconds=9))

    [row] = Reader(tmp_path).boxes()
    assert ("offline", round(NOW.timestamp() * 1000) + 9000) == (row.state, row.state_ms)


def test_a_new_journal_is_recognised(tmp_path: Path) -> None:
    """
    A box with a new SD card counts from one again: its records are kept and its health is believed.
    """
    box = Box()
    old = [box.birth(), *(box.health() for _ in range(50)), box.birth(NOW + timedelta(seconds=1))]
    fill(tmp_path, old)
    box.seq = 0
    fill(tmp_path, [box.birth(NOW + timedelta(hours=1)), box.health(state=CameraState.DARK), old[0], old[-1]])

    [row] = Reader(tmp_path).boxes()
    assert (1, 1, ()) == (row.restarts, row.last_seq, row.gaps)
    assert ["dark"] == [camera.state for camera in row.cameras]


def test_redelivered_births_are_no_new_journal(tmp_path: Path) -> None:
    """
    After a kill the broker sends again what was stored but not acknowledged: births of the past too.
    """
    box = Box()
    births = [box.birth(NOW + timedelta(seconds=n), seq=n) for n in range(3)]
    fill(tmp_path, [*births, *(box.health() for _ in range(5)), *births])

    [row] = Reader(tmp_path).boxes()
    assert (0, 5) == (row.restarts, row.last_seq)


def test_the_latest_birth_tells_where_a_box_stands(tmp_path: Path) -> None:
    """
    Events and alarms of before are named by it too; a birth without one takes it away. The latest is the last
    to come, whatever the box's clock says; one that comes again changes nothing. What cannot be seen is no
    title.
    """
    box, event_id, alarm_id = Box(), new_event_id(), new_event_id()
    fill(tmp_path, [box.event(event_id), box.alarm(alarm_id)])
    reader = Reader(tmp_path)

    def said() -> set[str | None]:
        [row], [event], [alarm] = reader.boxes(), reader.events(EventFilter(), 9), reader.alarms.alarms(9)
        assert reader.titles() == reader.choices().titles == ({box.key: row.title} if row.title else {})
        return {row.title, event.box_title, alarm.box_title}

    second = timedelta(seconds=1)
    assert {None} == said()
    for at, title, shown in (
            (NOW, "Tổ 12, ngõ 5", "Tổ 12, ngõ 5"), (NOW - second, "Tổ 1", "Tổ 1"),
            (NOW + second, "\u202eChợ\n12\x1b", "Chợ 12"), (NOW + 2 * second, "\u202e \n", None),
            (NOW + 3 * second, "ỗ" * 80, "ỗ" * 80), (NOW + 4 * second, None, None)):
        fill(tmp_path, [box.birth(at, title=title)])
        assert {shown} == said(), title


def test_what_a_birth_promised_is_awaited(tmp_path: Path) -> None:
    """
    Numbers that the box gave and that lie above all that came are waiting, not missing.
    """
    box = Box()
    fill(tmp_path, [box.birth(), box.health(), box.health(), box.birth(NOW + timedelta(seconds=1), seq=9)])

    [row] = Reader(tmp_path).boxes()
    assert (2, 7, ()) == (row.last_seq, row.waiting, row.gaps)


def test_retention_deletes_rows_and_pictures(tmp_path: Path) -> None:
    """
    What is older than keep_days goes, its picture and its text too; a wrong clock hastens nothing.
    """
    box, old, new, unset = Box(), *(new_event_id() for _ in range(3))
    arrivals = [box.event(old, pictures=THREE, time=NOW - timedelta(days=31), label="old-secret"),
                *box.pictures(old),
                box.event(new, jpeg=JPEG, time=NOW - timedelta(days=29)), box.picture(new),
                box.event(unset, jpeg=JPEG, time=NOW.replace(year=1970), synchronised=False),
                box.picture(unset)]
    fill(tmp_path, arrivals)
    with store_in(tmp_path) as store:
        swept = store.sweep(NOW, 30)
        assert (1, 3) == (swept.events, swept.pictures)

        assert {new, unset} == {row.event_id for row in Reader(tmp_path).events(EventFilter(), 10)}
        assert 2 == len(files_below(tmp_path))
        assert 1 == Reader(tmp_path).summary().counters["expired_events"]

        store.sweep(NOW + timedelta(days=31), 30)

    assert [] == Reader(tmp_path).events(EventFilter(), 10)
    assert {} == files_below(tmp_path)
    assert [] == list((tmp_path / "images").iterdir())
    assert b"old-secret" not in b"".join(path.read_bytes() for path in tmp_path.glob("ward.db*"))


def test_a_failed_batch_stores_nothing(tmp_path: Path) -> None:
    """
    A disk that refuses a picture is told as retryable, and the records of its batch are not there.
    """
    box, event_id = Box(), new_event_id()
    (tmp_path / "images").write_text("in the way: no folder can be made here")
    with store_in(tmp_path) as store:
        with pytest.raises(StoreBusyError, match="images"):
            store.take([box.event(event_id, jpeg=JPEG), box.picture(event_id)], NOW)
        assert 0 == Reader(tmp_path).summary().events

        (tmp_path / "images").unlink()
        store.take([box.event(event_id, jpeg=JPEG), box.picture(event_id)], NOW)

    assert {"verified": 1} == Reader(tmp_path).summary().images


def test_a_bug_of_ours_is_no_full_disk(tmp_path: Path) -> None:
    """
    A missing table is nothing that waiting mends: it passes as what it is, and ends the process loudly.
    """
    with store_in(tmp_path) as store:
        db = sqlite3.connect(tmp_path / FILE_NAME)
        db.execute("DROP TABLE records")
        db.close()
        with pytest.raises(sqlite3.OperationalError, match="no such table: records"):
            store.take([Box().event(new_event_id())], NOW)


def test_one_receiver_per_folder_and_ward(tmp_path: Path) -> None:
    """
    A second receiver, or one of another ward, is sent away with a line that says what to do.
    """
    with store_in(tmp_path), pytest.raises(StoreError, match="another receiver works on this folder"):
        Store(tmp_path, WARD)
    with pytest.raises(StoreError, match="keeps the events of ward 'phan-dinh-phung', asked for 'other'"):
        Store(tmp_path, "other")
    with store_in(tmp_path):        # an attempt that failed holds nothing
        pass


def test_unusable_files_are_told(tmp_path: Path) -> None:
    """
    A store of another version, a damaged one and a folder that cannot be made: one line each.
    """
    with store_in(tmp_path / "other"):
        pass
    db = sqlite3.connect(tmp_path / "other" / FILE_NAME)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="store of schema 99, this edgebox knows 3: another version wrote "
                                         "it; start that version of edgebox-ward"):
        Store(tmp_path / "other", WARD)

    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / FILE_NAME).write_bytes(b"this is no database, whatever it is" * 200)
    with pytest.raises(StoreError, match="damaged"):
        Store(tmp_path / "damaged", WARD)

    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made: Not a directory"):
        Store(tmp_path / "file" / "data", WARD)


def test_listing_pages_without_holes(tmp_path: Path) -> None:
    """
    Pages of three over events of equal and different times hold every event once, newest first.
    """
    box = Box()
    ids = [new_event_id() for _ in range(10)]
    fill(tmp_path, [box.event(event_id, time=NOW - timedelta(seconds=n // 4))
                    for n, event_id in enumerate(ids)])
    reader, seen = Reader(tmp_path), []
    before = None
    while rows := reader.events(EventFilter(), 3, before):
        seen += rows
        before = Cursor(rows[-1].received_ms, rows[-1].event_id)

    assert sorted(ids) == sorted(row.event_id for row in seen)
    assert sorted(((row.received_ms, row.event_id) for row in seen), reverse=True) == [
        (row.received_ms, row.event_id) for row in seen]


def test_changes_are_told_once_each(tmp_path: Path) -> None:
    """
    A repeated message is no change; a picture, a new phase are; the latest state is what is told.
    """
    box, event_id = Box(), new_event_id()
    new, picture = box.event(event_id, jpeg=JPEG), box.picture(event_id)
    reader = Reader(tmp_path)
    with store_in(tmp_path) as store:
        changes = []
        for arrival in (new, new, picture, picture, box.event(event_id, 1, Phase.END)):
            store.take([arrival], NOW)
            changes.append(reader.last_change())
    assert [1, 1, 2, 2, 3] == changes
    assert [("end", 3)] == [(row.phase, row.change) for row in reader.changed(0, 10).rows]
    assert [] == reader.changed(3, 10).rows


def test_a_flood_of_junk_counts_and_hardly_logs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    A thousand bad messages are counted in full and told in twenty lines; good ones among them are kept.
    """
    box, event_id = Box(), new_event_id()
    junk = [Arrival(box.root.topic("event/a/b"), b"{}")] * 1000

    fill(tmp_path, [box.birth(), *junk, box.event(event_id)], batch=200)

    assert 1000 == Reader(tmp_path).boxes()[0].counters["refused"]
    assert 20 == sum("message refused" in line for line in caplog.messages)
    assert [event_id] == [row.event_id for row in Reader(tmp_path).events(EventFilter(), 10)]


def test_gaps_are_runs(tmp_path: Path) -> None:
    """
    Two holes are two gaps, told with both ends.
    """
    box = Box()
    arrivals = [box.health() for _ in range(9)]

    fill(tmp_path, [arrivals[n] for n in (0, 1, 4, 7, 8)])

    assert (Gap(3, 4), Gap(6, 7)) == Reader(tmp_path).boxes()[0].gaps
    assert {"to-12/hop-1": 4} == Reader(tmp_path).summary().gaps


def test_opened_by_many_at_once(tmp_path: Path) -> None:
    """
    Receiver and page start together on an empty folder, and neither finds it locked.
    """
    troubles: list[Exception] = []

    def open_and_close(folder: Path, start: threading.Barrier) -> None:
        start.wait()
        try:
            connect(folder).close()
        except RetryableError as exc:
            troubles.append(exc)

    for number in range(40):
        start = threading.Barrier(6)
        threads = [threading.Thread(target=open_and_close, args=(tmp_path / str(number), start))
                   for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [] == troubles
