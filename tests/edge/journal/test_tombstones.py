"""What the journal gives up is known until the ward is told."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.messages import TombstoneData
from edge.journal import tombstones
from edge.journal.entry import Entry, Rank
from edge.journal.store import Journal
from edge.journal.tombstones import MAX_RUNS, ShedRun, joined
from edge.uplink.burial import WAIT_S, BurialClock, tombstone
from edge.uplink.envelope import of_owed
from tests.edge.contract.test_asyncapi import schema_of
from tests.edge.journal.entries import MIB, ROOT, make_entry
from tests.edge.uplink.records import STAMP


def sha(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def told(journal: Journal) -> list[TombstoneData]:
    return [TombstoneData.model_validate_json(it.payload) for it in journal.owed(99, ranks={Rank.TOMBSTONE})]


def made(runs: Sequence[ShedRun]) -> Entry:
    return tombstone(runs, ROOT, STAMP)


def test_what_a_full_journal_gives_up_gets_a_tombstone(tmp_path: Path) -> None:
    """
    Each number with what it was, its event and the hash of its payload, over restarts; the record has a
    number of its own, is as the published schema says, goes before events, and is not given up itself.
    """
    path = tmp_path / "journal.db"
    journal = Journal.open(path, MIB)
    update = make_entry(1, Rank.UPDATE, pad=200_000, picture_bytes=1000)
    journal.append_all([update, make_entry(2, Rank.HEALTH, pad=200_000), make_entry(3, pad=300_000)])
    journal.append(make_entry(4, Rank.NEW, pad=900_000))
    assert 1 == journal.oldest_seq()
    journal.close()
    journal = Journal.open(path, MIB)

    journal.bury(made)

    (record,) = told(journal)
    assert ("full", [(1, 1, "update", "event-000001", sha(update.data.encode())),
                     (2, 2, "picture", "event-000001", sha(update.pictures[0].jpeg)),
                     (3, 3, "health", "event-000002", sha(make_entry(2, pad=200_000).data.encode())),
                     (4, 4, "event", "event-000003", sha(make_entry(3, pad=300_000).data.encode()))]) == (
        record.why, [(it.first_seq, it.last_seq, it.of, it.event_id, it.sha256) for it in record.shed])
    assert [(6, Rank.TOMBSTONE), (5, Rank.NEW)] == [(it.seq, it.rank) for it in journal.owed(9)]
    jsonschema.validate(json.loads(of_owed(journal.owed(1)[0], ROOT, STAMP, journal.epoch()).payload),
                        schema_of("tombstone"))
    assert (0, []) == (journal.shed_count(), journal.shed())
    journal.append(make_entry(7, Rank.ALARM, pad=2 * MIB))
    assert 1 == len(told(journal))
    journal.close()


def test_what_finds_no_room_and_what_does_not_read_back_have_one_too(tmp_path: Path) -> None:
    """
    A newcomer without room, a row whose bits have flipped, and rows that a repair could not save: each cause
    in a record of its own.
    """
    path = tmp_path / "journal.db"
    journal = Journal.open(path, MIB)
    journal.append(make_entry(1, Rank.ALARM, pad=2 * MIB))
    journal.append_all([make_entry(2, picture_bytes=300), make_entry(3, Rank.PANEL),
                        make_entry(4, Rank.PANEL)])
    journal._db.execute("UPDATE item SET topic = 'elsewhere' WHERE row_id = 4")
    assert [1, 5] == [it.seq for it in journal.owed(9)]
    journal.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE item SET topic = 'elsewhere' WHERE row_id = 5")
        db.execute("DELETE FROM sequence")
    db.close()

    journal = Journal.open(path, MIB)
    assert [(2, "event", "full"), (3, "picture", "full"), (4, "record", "unreadable"),
            (5, "record", "unreadable")] == [(it.first_seq, it.of, it.why) for it in journal.shed()]
    journal.bury(made)
    journal.bury(made)
    assert [("full", [2, 3]), ("unreadable", [4])] == [
        (it.why, [run.first_seq for run in it.shed]) for it in told(journal)]
    assert 5 == told(journal)[1].shed[0].last_seq       # joined: of one kind, and they follow on one another
    journal.close()


def test_numbers_that_follow_on_one_another_are_one_run() -> None:
    """
    Of one kind and cause; the hash is over theirs, and the event is named where it is one.
    """
    first = ShedRun(4, 4, "picture", "a", "full", sha(b"1"))
    second = replace(first, first_seq=5, last_seq=5, sha256=sha(b"2"))
    third = replace(second, first_seq=6, last_seq=6, event_id="b")
    other = replace(third, first_seq=7, last_seq=7, of="update")
    later = replace(other, first_seq=9, last_seq=9)

    both = sha(bytes.fromhex(first.sha256) + bytes.fromhex(second.sha256))
    assert [replace(first, last_seq=5, sha256=both)] == joined([first, second])
    assert [(4, 6, ""), (7, 7, "b"), (9, 9, "b")] == [
        (run.first_seq, run.last_seq, run.event_id) for run in joined([first, second, third, other, later])]


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_no_run_is_joined_over_a_number_that_is_held(is_shed: list[bool]) -> None:
    """
    However coarse: a number that is still to come is never called lost, and every lost one is.
    """
    lost = [seq for seq, is_lost in enumerate(is_shed) if is_lost]
    shed = [ShedRun(seq, seq, "event", "", "full", sha(b"")) for seq in lost]
    held = {seq for seq, is_lost in enumerate(is_shed) if not is_lost and seq % 3}     # others have left

    runs = joined(shed, lambda last, first: any(last < seq < first for seq in held))

    covered = {seq for run in runs for seq in range(run.first_seq, run.last_seq + 1)}
    assert set(lost) <= covered
    assert not covered & held
    assert len(runs) <= len(held) + 1


def test_thousands_that_nobody_is_told_of_are_bounded(tmp_path: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    """
    While the ward is away for weeks: those are joined between which nothing is held.
    """
    monkeypatch.setattr(tombstones, "MAX_SHED", 64)
    monkeypatch.setattr(tombstones, "_COARSEN_EVERY", 16)
    journal = Journal.open(tmp_path / "journal.db", MIB)
    journal._db.execute("PRAGMA synchronous = OFF")
    journal.append(make_entry(0, Rank.ALARM, pad=2 * MIB))
    for number in range(1, 301):
        journal.append(make_entry(number, picture_bytes=10))
    assert journal.shed_count() <= 80
    while journal.shed_count():
        journal.bury(made)

    runs = [run for record in told(journal) for run in record.shed]
    assert set(range(2, 602)) == {seq for run in runs for seq in range(run.first_seq, run.last_seq + 1)}
    journal.close()


def test_they_are_bounded_also_where_several_go_at_once(tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    """
    With each record its picture: the count steps over the numbers at which it is looked at.
    """
    monkeypatch.setattr(tombstones, "MAX_SHED", 64)
    monkeypatch.setattr(tombstones, "_COARSEN_EVERY", 16)
    journal = Journal.open(tmp_path / "journal.db", MIB)
    journal.append_all([make_entry(number, Rank.UPDATE, picture_bytes=10) for number in range(150)])
    journal.append(make_entry(150, Rank.UPDATE, pad=2 * MIB))
    assert 1 == journal.shed_count()

    journal.append(make_entry(151, Rank.ALARM, pad=2 * MIB))

    assert journal.shed_count() <= 80
    journal.close()


def test_tombstones_that_nobody_takes_fill_no_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    They are never given up, so a bounded number is held at once; the rest of what is lost waits to be joined.
    """
    monkeypatch.setattr(tombstones, "MAX_HELD", 2)
    journal = Journal.open(tmp_path / "journal.db", MIB)
    journal.append(make_entry(0, Rank.ALARM, pad=2 * MIB))
    for number in range(1, 6):
        journal.append(make_entry(number))
        if journal.shed_count():
            journal.bury(made)
    assert (2, 0, 3) == (len(told(journal)), journal.shed_count(), len(journal.shed()))

    journal.settle([journal.owed(1, ranks={Rank.TOMBSTONE})[0].row_id])

    assert 3 == journal.shed_count()
    journal.close()


def test_a_flipped_bit_in_an_index_is_no_number(tmp_path: Path) -> None:
    """
    A repair finds it by no row; beyond the numbers that were given it is told to nobody, since the ward would
    refuse the whole tombstone, and no record can be made of one beyond 2^53.
    """
    path = tmp_path / "journal.db"
    journal = Journal.open(path, MIB)
    journal.append_all([make_entry(1), make_entry(2)])
    journal.close()
    with sqlite3.connect(path) as db:
        for row_id in (2**60, 5000):
            db.execute("INSERT INTO item SELECT ?, ?, rank, topic, retain, type, subject, id, time, mono_ns,"
                       " boot_id, event_id, rev, bytes, 0, payload FROM item WHERE row_id = 1", (row_id,) * 2)
        db.execute("UPDATE item SET topic = 'elsewhere' WHERE row_id = 2")
        db.execute("DELETE FROM sequence")
    db.close()

    journal = Journal.open(path, MIB)

    assert [2] == [it.first_seq for it in journal.shed()]
    journal.bury(made)
    journal.close()


def test_tombstones_are_made_now_and_then() -> None:
    """
    Not one for each that a full journal gives up: after some seconds, or once a record is full.
    """
    clock, second = BurialClock(), 1_000_000_000
    assert not clock.is_due(0, 0)
    assert not clock.is_due(1, 0)
    assert not clock.is_due(3, round((WAIT_S - 1) * second))
    assert clock.is_due(3, round(WAIT_S * second))
    assert not clock.is_due(3, round(WAIT_S * second))
    assert clock.is_due(MAX_RUNS, round(WAIT_S * second))
