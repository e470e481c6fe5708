"""The journal within one process."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.base.errors import FatalError, RetryableError
from edge.journal import present
from edge.journal.database import connect
from edge.journal.entry import Depth, OpenEvent, Present, Rank
from edge.journal.ongoing import MAX_OPEN_EVENTS
from edge.journal.present import MAX_PRESENT
from edge.journal.store import Journal
from tests.edge.journal.entries import MIB, ROOT, make_entry, make_state, picture_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal.open(path, MIB)
    yield opened
    opened.close()


def test_a_record_and_its_picture_come_back_whole(journal: Journal) -> None:
    """
    What was appended is owed, the record first, with its seq; the picture is raw, its number the next.
    """
    assert 1 == journal.append(make_entry(1, picture_bytes=3000))

    record, picture = journal.owed(10)

    assert (1, Rank.NEW, ROOT.event("gate", "enter"), "edgebox.event.enter", "gate", "event-000001.0") == (
        record.seq, record.rank, record.topic, record.type, record.subject, record.id)
    assert make_entry(1).data.encode() == record.payload
    assert (None, 2, Rank.IMAGE, ROOT.image("event-000001", 0), picture_of(1)) == (
        picture.seq, picture.row_id, picture.rank, picture.topic, picture.payload)


def test_a_record_and_its_three_pictures_come_back_whole(journal: Journal) -> None:
    """
    Each picture by its own topic and rank, after its record; the next record's rows do not touch theirs.
    """
    for number in (1, 2):
        journal.append(make_entry(number, picture_bytes=3000, views_bytes=500))

    owed = journal.owed(10)
    topic = ROOT.image("event-000001", 0)
    assert [(Rank.NEW, make_entry(1).topic), (Rank.SCENE, f"{topic}/scene"), (Rank.BEFORE, f"{topic}/before"),
            (Rank.IMAGE, topic)] == [(one.rank, one.topic) for one in owed if one.id == "event-000001.0"]
    assert [picture_of(1, 500), picture_of(1, 500), picture_of(1)] == [
        one.payload for one in owed if one.id == "event-000001.0" and one.seq is None]
    depth = journal.depth()
    assert (8, 2, 6) == (len({one.row_id for one in owed}), depth.records, depth.pictures)


def test_with_a_record_go_its_pictures(path: Path) -> None:
    """
    A record that is shed takes all its pictures with it, and no other's; each is counted by its rank.
    """
    journal = Journal.open(path, MIB)
    journal.append(make_entry(1, Rank.UPDATE, pad=200_000, picture_bytes=1000, views_bytes=1000))
    journal.append(make_entry(2, Rank.NEW, 1000, views_bytes=1000, picture_rank=Rank.ALERT_IMAGE))
    journal.append(make_entry(3, Rank.NEW, pad=900_000))

    assert {"lost_update": 1, "lost_image": 1, "lost_scene": 1, "lost_before": 1} == journal.counters()
    assert [5, 9] == [owed.seq for owed in journal.owed(10) if owed.seq]
    assert 3 == journal.depth().pictures
    journal.close()


def test_several_records_are_stored_together_or_not_at_all(journal: Journal) -> None:
    """
    Their seqs follow one another, each has its picture; where one cannot be stored, none is and no seq
    is given.
    """
    assert [1, 3, 5] == journal.append_all([make_entry(number, picture_bytes=100) for number in (1, 2, 3)])
    assert [] == journal.append_all([])

    unstorable = replace(make_entry(5), topic=None)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        journal.append_all([make_entry(4), unstorable])

    assert (3, 3) == (journal.depth().records, journal.depth().pictures)
    assert 7 == journal.append(make_entry(4))


def test_order_of_delivery(journal: Journal) -> None:
    """
    By rank, then by seq: calls, panel, answers, new of alerts, new, ends, an alert's subject, health,
    updates, scenes, befores, other pictures; none goes before its own record.
    """
    journal.append(make_entry(1, Rank.UPDATE, 10, picture_rank=Rank.ALERT_IMAGE))
    journal.append(make_entry(2, Rank.HEALTH))
    journal.append(make_entry(3, Rank.NEW, 10, views_bytes=10))
    journal.append(make_entry(4, Rank.END, 10, picture_rank=Rank.ALERT_IMAGE))
    journal.append(make_entry(5, Rank.NEW_ALERT))
    journal.append(make_entry(6, Rank.ANSWER))
    journal.append(make_entry(7, Rank.PANEL))
    journal.append(make_entry(8, Rank.ALARM))

    order = [(int(owed.id[6:12]), owed.topic.rpartition("/")[2]) for owed in journal.owed(20)]

    assert [(8, "enter"), (7, "enter"), (6, "enter"), (5, "enter"), (3, "enter"), (4, "enter"), (4, "0"),
            (2, "enter"), (1, "enter"), (1, "0"), (3, "scene"), (3, "before"), (3, "0")] == order


def test_in_flight_and_held_ranks_are_left_out(journal: Journal) -> None:
    """
    Excluded rows and ranks that are not asked for do not come, and do not count against the limit.
    """
    for number in range(1, 5):
        journal.append(make_entry(number, picture_bytes=10))
    first, second = journal.owed(2)

    assert [5, 7] == [owed.seq for owed in journal.owed(2, exclude={first.row_id, second.row_id})]
    assert 4 == len(journal.owed(9, ranks={Rank.IMAGE}))


def test_settled_rows_are_gone(journal: Journal) -> None:
    """
    Settling deletes, twice or never does no harm, and the depth follows.
    """
    journal.append(make_entry(1, picture_bytes=3000))
    journal.append(make_entry(2))
    record, _, picture = journal.owed(10)

    journal.settle([record.row_id, picture.row_id])
    journal.settle([record.row_id, 999])
    journal.settle([])

    assert [3] == [owed.seq for owed in journal.owed(10)]
    depth = journal.depth()
    assert (1, 0, 0) == (depth.records, depth.pictures, depth.lost)
    assert 150 < depth.bytes < 500


def test_seq_survives_restarts_and_deletion_of_all(path: Path) -> None:
    """
    It rises by one, whatever is deleted, however often the journal is opened.
    """
    given = []
    for run in range(3):
        journal = Journal.open(path, MIB)
        given += [journal.append(make_entry(2 * run + number)) for number in range(2)]
        journal.settle(owed.row_id for owed in journal.owed(10))
        assert Depth(0, 0, 0, 0) == journal.depth()
        journal.close()

    assert [1, 2, 3, 4, 5, 6] == given


def test_seq_survives_the_loss_of_the_file(path: Path) -> None:
    """
    Where the journal itself is deleted, the new one begins above all that was reserved.
    """
    journal = Journal.open(path, MIB)
    assert [1, 2] == [journal.append(make_entry(number)) for number in range(2)]
    journal.close()
    path.unlink()

    journal = Journal.open(path, MIB)

    assert 1001 == journal.append(make_entry(3))
    journal.close()


def test_a_reservation_is_renewed_before_it_runs_out(path: Path) -> None:
    """
    journal.seq is always at least as high as the highest seq given.
    """
    journal = Journal.open(path, 64 * MIB)
    journal._db.execute("PRAGMA synchronous = OFF")
    for number in range(1001):
        journal.append(make_entry(number))
        assert journal.last_seq() <= int(path.with_name("journal.seq").read_text().split()[0])
    journal.close()

    assert 2000 == int(path.with_name("journal.seq").read_text().split()[0])


def test_the_bound_is_kept_in_the_order_of_loss(path: Path) -> None:
    """
    Updates go first, then ordinary pictures, then events, oldest first, each loss counted by its rank.
    """
    journal = Journal.open(path, MIB)
    journal.append(make_entry(1, Rank.UPDATE, pad=200_000))
    journal.append(make_entry(2, Rank.NEW, 300_000))
    journal.append(make_entry(3, Rank.NEW, pad=200_000))
    journal.append(make_entry(4, Rank.NEW, pad=300_000))
    assert {} == journal.counters()

    journal.append(make_entry(5, Rank.NEW, pad=200_000))
    assert {"lost_update": 1} == journal.counters()
    journal.append(make_entry(6, Rank.ALARM, pad=200_000))
    assert {"lost_image": 1, "lost_update": 1} == journal.counters()
    journal.append(make_entry(7, Rank.ALARM, pad=400_000))

    assert {"lost_image": 1, "lost_new": 3, "lost_update": 1} == journal.counters()
    assert [7, 8, 6] == [owed.seq for owed in journal.owed(10)]
    assert 5 == journal.depth().lost
    journal.close()


def test_what_finds_no_room_is_counted_and_leaves_a_gap(path: Path) -> None:
    """
    The least important newcomer is lost with its seq; no error, and nothing else is given up for it.
    """
    journal = Journal.open(path, MIB)
    for number in range(1, 6):
        journal.append(make_entry(number, Rank.ALARM, pad=200_000))

    assert 6 == journal.append(make_entry(6, Rank.UPDATE, 300_000))
    assert 8 == journal.append(make_entry(7, Rank.ALARM, pad=200_000))

    assert [1, 2, 3, 4, 5, 8] == [owed.seq for owed in journal.owed(10)]
    assert {"lost_image": 1, "lost_update": 1} == journal.counters()
    assert journal.depth().bytes > MIB
    journal.close()


def test_open_events_outlive_their_records_and_the_process(path: Path) -> None:
    """
    An event is open from its first record to the one that ends it, as its latest revision tells it, in the
    order of beginning; delivery and restarts change nothing.
    """
    journal = Journal.open(path, MIB)
    for number in (3, 1, 2):
        journal.append(make_entry(number, ongoing=True))
    journal.append(make_entry(3, Rank.UPDATE, rev=1, ongoing=True))
    journal.append(make_entry(1, Rank.END, rev=1, ongoing=False))
    journal.append(make_entry(9, Rank.HEALTH))
    journal.settle(owed.row_id for owed in journal.owed(100))
    journal.close()

    journal = Journal.open(path, MIB)

    topic = ROOT.event("gate", "enter")
    assert [OpenEvent("event-000003", 1, topic, "edgebox.event.enter", "gate", make_entry(3, rev=1).data),
            OpenEvent("event-000002", 0, topic, "edgebox.event.enter", "gate", make_entry(2).data),
            ] == journal.open_events()
    journal.close()


def test_a_record_without_room_still_opens_and_ends_its_event(path: Path) -> None:
    """
    What is lost to the ward is still known to the box.
    """
    journal = Journal.open(path, MIB)
    journal.append(make_entry(1, Rank.ALARM, pad=2 * MIB))

    journal.append(make_entry(2, ongoing=True))
    assert {"lost_new": 1} == journal.counters()
    assert ["event-000002"] == [event.event_id for event in journal.open_events()]
    journal.append(make_entry(2, Rank.END, rev=1, ongoing=False))

    assert {"lost_new": 1, "lost_end": 1} == journal.counters()
    assert [] == journal.open_events()
    journal.close()


def test_open_events_are_bounded(path: Path) -> None:
    """
    Where ends never come, the newest thousand are kept.
    """
    journal = Journal.open(path, 64 * MIB)
    journal._db.execute("PRAGMA synchronous = OFF")
    for number in range(1, MAX_OPEN_EVENTS + 4):
        journal.append(make_entry(number, ongoing=True))

    found = journal.open_events()

    assert (1000, "event-000004", "event-001003") == (len(found), found[0].event_id, found[-1].event_id)
    journal.close()


@pytest.mark.parametrize("data", ["[]", "[" * 100_000])
def test_a_row_that_another_program_forged_ends_nobody(path: Path, journal: Journal, data: str) -> None:
    """
    Whoever may write the file may have been taken over: with the right checksum it may make no sense. It is
    dropped and counted, the rest is read.
    """
    journal.append(make_state(1))
    with contextlib.closing(connect(path)) as db:
        present.TABLE.put(db, ("health", 7, "edgebox.health", "gate", "2026-01-31T00:00:00Z", data))

    assert [ROOT.health("gate")] == [*journal.present()]
    assert 1 == journal.counters()["journal_lost"]


def test_what_is_present_outlives_its_delivery(path: Path) -> None:
    """
    Of each topic what was retained last, whoever has it and whatever was restarted; events are not in it.
    """
    journal = Journal.open(path, MIB)
    journal.append_all([make_state(1), make_state(2, "yard"), make_state(3), make_entry(4)])
    journal.settle(owed.row_id for owed in journal.owed(9))
    journal.close()

    journal = Journal.open(path, MIB)
    gate, yard = ROOT.health("gate"), ROOT.health("yard")
    assert {gate: Present(gate, "edgebox.camera.health", "gate", '{"number": 3}', "2026-03-01T08:00:00.003Z"),
            yard: Present(yard, "edgebox.camera.health", "yard", '{"number": 2}',
                          "2026-03-01T08:00:00.002Z")} == journal.present()
    journal.close()


def test_what_is_present_is_bounded(path: Path) -> None:
    """
    Of too many topics those told last stay.
    """
    journal = Journal.open(path, 64 * MIB)
    journal.append_all([make_state(number, f"camera-{number}") for number in range(1, MAX_PRESENT + 3)])

    topics = list(journal.present())
    assert (MAX_PRESENT, ROOT.health("camera-3")) == (len(topics), topics[0])
    journal.close()


def test_counters_are_shared_and_durable(path: Path) -> None:
    """
    Two users of one journal add to the same counters, which survive a restart.
    """
    one, other = Journal.open(path, MIB), Journal.open(path, MIB)
    one.count("frames", 25)
    other.count_all({"frames": 25, "inferences": 3})
    one.close()
    other.close()

    journal = Journal.open(path, MIB)

    assert {"frames": 50, "inferences": 3} == journal.counters()
    journal.close()


def test_a_reader_notices_what_anybody_adds(path: Path) -> None:
    """
    `changed` says yes once per change, of its own process or another connection, else no.
    """
    reader, writer = Journal.open(path, MIB), Journal.open(path, MIB)
    assert not reader.changed()

    writer.append(make_entry(1))
    assert [True, False] == [reader.changed(), reader.changed()]
    reader.append(make_entry(2))
    assert [True, False] == [reader.changed(), reader.changed()]
    reader.settle([2])
    assert not reader.changed()
    writer.close()
    reader.close()


def test_threads_share_one_journal(journal: Journal) -> None:
    """
    Appends of several threads give every seq once.
    """
    given: list[int] = []

    def append_from(first: int) -> None:
        given.extend(journal.append(make_entry(number)) for number in range(first, first + 20))

    threads = [threading.Thread(target=append_from, args=(20 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(range(1, 81)) == sorted(given)
    assert 80 == journal.depth().records


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """
    One line that names the folder and what to do.
    """
    with pytest.raises(FatalError, match=r"none/journal\.lock: folder does not exist; create it"):
        Journal.open(tmp_path / "none" / "journal.db", MIB)


def test_a_file_taken_away_is_told(path: Path, journal: Journal) -> None:
    """
    Rows are not written to a file that nobody will find again.
    """
    journal.append(make_entry(1))
    path.rename(path.with_name("elsewhere.db"))

    with pytest.raises(FatalError, match="was moved or deleted while in use; restart"):
        journal.append(make_entry(2))


def test_others_cannot_read_it(path: Path, journal: Journal) -> None:
    """
    The journal and its log hold pictures of people: only the owner and the group may open them.
    """
    journal.append(make_entry(1, picture_bytes=3000))

    modes = {file.name: file.stat().st_mode & 0o007 for file in path.parent.glob("journal.db*")}

    assert {"journal.db": 0, "journal.db-shm": 0, "journal.db-wal": 0} == modes


def test_closing_twice_is_fine(path: Path) -> None:
    """
    The second close does nothing.
    """
    journal = Journal.open(path, MIB)
    journal.close()
    journal.close()


def test_a_busy_journal_is_retryable(path: Path, journal: Journal) -> None:
    """
    Where another writer does not end in time, the caller is told to try again, and nothing is lost.
    """
    other = Journal.open(path, MIB)
    journal._db.execute("PRAGMA busy_timeout = 10")
    other._db.execute("BEGIN IMMEDIATE")

    with pytest.raises(RetryableError, match=r"db: cannot append: database is locked: another process"):
        journal.append(make_entry(1))

    other._db.execute("ROLLBACK")
    assert 1 == journal.append(make_entry(1))
    other.close()


def test_what_was_delivered_cannot_be_read_back(journal: Journal, path: Path) -> None:
    """
    Pictures are personal data: once all is settled, neither the file nor its log holds their bytes.
    """
    def readable() -> list[int]:
        kept = b"".join(file.read_bytes() for file in path.parent.iterdir())
        return [number for number in range(1, 6) if picture_of(number)[100:300] in kept]

    for number in range(1, 6):
        journal.append(make_entry(number, picture_bytes=3000))
    assert [1, 2, 3, 4, 5] == readable()

    journal.settle([owed.row_id for owed in journal.owed(100)])

    assert [] == readable()


def test_a_record_handed_over_again_is_stored_once(path: Path) -> None:
    """
    Within one append, after its delivery, after a restart: it keeps its seq, and nothing is owed anew.
    """
    journal, first, second = Journal.open(path, MIB), make_entry(1), make_entry(2, Rank.ALARM)
    assert [1, 2, 1] == journal.append_all([first, second, first])
    journal.settle(owed.row_id for owed in journal.owed(9))
    journal.close()

    journal = Journal.open(path, MIB)
    assert [2, 1, 3] == journal.append_all([second, first, make_entry(3)])

    assert ([3], 3) == ([owed.seq for owed in journal.owed(9)], journal.last_seq())
    journal.close()


def test_another_topic_is_another_record(journal: Journal) -> None:
    """
    Whoever forges the ids of another's records shadows none of them: what they may write lies elsewhere.
    """
    forged = make_entry(1)
    assert [1, 2] == journal.append_all([forged, replace(forged, topic=ROOT.alarm)])


def test_it_is_known_what_the_ward_has(journal: Journal) -> None:
    """
    Once a record was delivered its sender can be told so; not while it is held, nor of what was never stored.
    """
    entries = [make_entry(number, Rank.ALARM) for number in (1, 2)]
    journal.append_all(entries)
    journal.settle([owed.row_id for owed in journal.owed(1)])

    told = journal.delivered(entries[0].topic, [*(entry.id for entry in entries), "never"])

    assert [entries[0].id] == told


def test_what_is_remembered_of_records_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Of the oldest it is forgotten that they came; alarms are counted apart, so that no flood pushes them out.
    """
    monkeypatch.setattr("edge.journal.accepted.MAX_ACCEPTED", 100)
    journal, call = Journal.open(path, MIB), make_entry(1, Rank.ALARM)
    entries = [make_entry(number, Rank.UPDATE) for number in range(2, 601)]

    journal.append_all([call, *entries])

    assert [1, 600] == journal.append_all([call, entries[-1]])
    assert 601 == journal.append(entries[0])
    journal.close()

def test_a_record_names_the_numbers_of_its_pictures(journal: Journal) -> None:
    """
    A picture cannot carry its number itself: the record has it where it tells of that topic, as `image` and
    in `pictures`; all else of the record stays as it was.
    """
    entry = make_entry(1, picture_bytes=100, views_bytes=100)
    subject, scene, before = (picture.topic for picture in entry.pictures)
    told = {"rule": "đêm", "image": {"topic": subject, "bytes": 7}, "pictures": [
        {"topic": before}, {"topic": subject}, {"topic": scene, "media_s": 1.5}, {"topic": "elsewhere"}]}
    journal.append(make_entry(9))

    assert 2 == journal.append(replace(entry, data=json.dumps(told)))

    owed = journal.owed(10)
    numbers = {it.topic: it.row_id for it in owed if it.seq is None}
    assert {subject: 3, scene: 4, before: 5} == numbers
    assert json.loads(next(it for it in owed if it.seq == 2).payload) == {
        "rule": "đêm", "image": {"topic": subject, "bytes": 7, "seq": 3}, "pictures": [
            {"topic": before, "seq": 5}, {"topic": subject, "seq": 3},
            {"topic": scene, "media_s": 1.5, "seq": 4}, {"topic": "elsewhere"}]}


def test_numbers_have_an_epoch(path: Path) -> None:
    """
    It stays over restarts and where the file alone is lost, since numbers then go on; it is another one where
    journal.seq is lost as well and numbers begin anew. What is owed least recently is known by its number.
    """
    journal = Journal.open(path, MIB)
    epoch = journal.epoch()
    assert (1, 16) == (journal.oldest_seq(), len(epoch))
    journal.append_all([make_entry(1), make_entry(2), make_entry(3)])
    journal.settle([1])
    assert 2 == journal.oldest_seq()
    journal.close()
    path.unlink()

    journal = Journal.open(path, MIB)
    assert (epoch, 1001, 1001) == (journal.epoch(), journal.oldest_seq(), journal.append(make_entry(4)))
    journal.close()
    for file in path.parent.glob("journal.*"):
        file.unlink()

    journal = Journal.open(path, MIB)
    assert (True, 1) == (epoch != journal.epoch(), journal.append(make_entry(4)))
    journal.close()
