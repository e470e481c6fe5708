"""A box that was updated: what its older journal owed is owed still."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

from edge.journal.entry import Rank
from edge.journal.files import Files
from edge.journal.store import Journal
from tests.edge.journal import schema_1_journal
from tests.edge.journal.entries import MIB, make_entry, picture_of
from tests.edge.journal.test_repair import flip

ENTRIES = [make_entry(1, Rank.UPDATE, picture_bytes=3000), make_entry(2, Rank.ALARM),
           make_entry(3, views_bytes=500)]


def test_what_schema_1_held_is_carried_over(tmp_path: Path) -> None:
    """
    Records keep their numbers, which the ward may know; pictures, which had none, have none. All is owed in
    the same order, numbers go on, what was accepted is known, and the older file is gone.
    """
    path = tmp_path / "journal.db"
    schema_1_journal.write(path, ENTRIES)

    journal = Journal.open(path, MIB)

    assert [(2, Rank.ALARM), (3, Rank.NEW), (1, Rank.UPDATE), (-14, Rank.BEFORE), (-13, Rank.SCENE),
            (-5, Rank.IMAGE)] == sorted(((it.row_id, it.rank) for it in journal.owed(10)),
                                        key=lambda it: [2, 3, 1, -14, -13, -5].index(it[0]))
    assert [Rank.ALARM, Rank.NEW, Rank.UPDATE, Rank.SCENE, Rank.BEFORE, Rank.IMAGE] == [
        it.rank for it in journal.owed(10)]
    assert [2, 3, 1, None, None, None] == [it.seq for it in journal.owed(10)]
    assert picture_of(1) == journal.owed(10)[-1].payload
    assert {"frames": 7} == journal.counters()
    assert (2, 4, 1) == (journal.append(ENTRIES[1]), journal.append(make_entry(4)), journal.oldest_seq())
    epoch = journal.epoch()
    journal.settle(it.row_id for it in journal.owed(10))
    assert (0, 0) == (journal.depth().bytes, journal.depth().pictures)
    journal.close()

    journal = Journal.open(path, MIB)
    assert (epoch, 4, []) == (journal.epoch(), journal.last_seq(), Files(path).damaged())
    journal.close()


def test_a_kill_while_it_is_carried_over_loses_nothing(tmp_path: Path) -> None:
    """
    The older file is whole until the new one is: a new one that is half done is begun again.
    """
    path = tmp_path / "journal.db"
    schema_1_journal.write(path, ENTRIES)
    Files(path).rebuilt.write_bytes(b"half")

    journal = Journal.open(path, MIB)
    assert (3, 3) == (journal.depth().records, journal.depth().pictures)
    journal.close()


def test_a_damaged_older_journal_gives_what_it_can(tmp_path: Path) -> None:
    """
    Bits flipped, its sequence lost: what reads back is owed, no number is given twice, and the file is kept.
    """
    path = tmp_path / "journal.db"
    schema_1_journal.write(path, [make_entry(number, picture_bytes=3000) for number in range(1, 41)])
    flip(path, range(4096 * 8, path.stat().st_size), random.Random(3), count=8)
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM sequence")
    db.close()

    journal = Journal.open(path, MIB)

    assert journal.depth().records + journal.depth().pictures + journal.counters()["journal_lost"] >= 60
    assert journal.depth().records > 20
    assert 1001 == journal.append(make_entry(99))
    assert 1 == len(Files(path).damaged())
    journal.close()
