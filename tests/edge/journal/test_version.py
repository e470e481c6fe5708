"""A journal of an older version is brought up to date where it lies."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path

import pytest

from edge.contract.messages import AlarmWish
from edge.errors import FatalError
from edge.journal.database import APPLICATION_ID, SCHEMA_ROWS, one_line, our_schema, upgrade
from edge.journal.files import Files, write_ceiling
from edge.journal.row import rows_of
from edge.journal.store import Journal
from tests.edge.journal.entries import MIB, make_entry, make_state, picture_of

SCHEMA_1 = Path(__file__).with_name("schema_1.sql")        # as version 1 wrote it


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def written_by_1(path: Path, count: int = 5) -> None:
    """A journal as version 1 left it: `count` records with pictures, a counter."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.executescript(one_line(SCHEMA_1.read_text(encoding="utf-8")))
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("INSERT INTO sequence VALUES (?, 1000)", (count,))
        db.execute("INSERT INTO counter VALUES ('frames', 7)")
        for number in range(1, count + 1):
            db.executemany("INSERT INTO item VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                           filter(None, rows_of(make_entry(number, picture_bytes=500), number)))
    write_ceiling(Files(path).sequence, 1000)


def test_an_older_journal_keeps_every_row(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    Records, pictures, counters and seq stay, nothing is set aside, one line tells; from then on it is as one
    that was made by this version.
    """
    written_by_1(path)

    with caplog.at_level(logging.INFO):
        journal = Journal.open(path, MIB)

    assert [1, 2, 3, 4, 5] == [owed.seq for owed in journal.owed(100) if owed.seq]
    assert [picture_of(n, 500) for n in range(1, 6)] == [
        owed.payload for owed in journal.owed(100) if owed.seq is None]
    assert ({"frames": 7}, 10) == (journal.counters(), journal.depth().records + journal.depth().pictures)
    assert our_schema() == journal._db.execute(SCHEMA_ROWS).fetchall()
    assert ([], {}) == (journal.wishes(), journal.present())
    assert 6 == journal.append(make_entry(6, ongoing=True, wish=AlarmWish.LIGHT))
    journal.append(make_state(7))
    assert ([6], 1) == ([wish.seq for wish in journal.wishes()], len(journal.present()))
    journal.close()
    assert [] == Files(path).damaged()
    assert ["schema=2 was=1"] == [" ".join(record.message.split()[-2:]) for record in caplog.records]

    caplog.clear()
    Journal.open(path, MIB).close()
    assert [] == caplog.records


def test_an_older_journal_that_is_damaged_is_rebuilt_in_this_version(path: Path) -> None:
    """
    A flipped letter in its schema: every row is carried over.
    """
    written_by_1(path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"payload BLOB", b"paymoad BLOB"))

    journal = Journal.open(path, MIB)

    assert (5, 5, 0) == (journal.depth().records, journal.depth().pictures, journal.depth().lost)
    assert 1001 == journal.append(make_entry(6, ongoing=True, wish=AlarmWish.LIGHT))
    assert 1 == len(Files(path).damaged())
    journal.close()


def test_a_repair_that_the_older_version_began_is_finished(path: Path) -> None:
    """
    It died between its two renames, and the box was updated: what it had salvaged is taken.
    """
    written_by_1(path)
    path.rename(Files(path).rebuilt)

    journal = Journal.open(path, MIB)

    assert 5 == journal.depth().records
    journal.close()


def test_an_upgrade_is_done_whole_or_not_at_all(path: Path) -> None:
    """
    Whatever breaks it off after its first table leaves the older journal as it was.
    """
    written_by_1(path)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE present (in_the_way)")

        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            upgrade(db, 1)

        assert [] == db.execute("SELECT name FROM sqlite_master WHERE name = 'wish'").fetchall()
        assert (1,) == db.execute("PRAGMA user_version").fetchone()


def test_an_older_version_at_work_is_not_disturbed(path: Path) -> None:
    """
    While the other process still runs the older version, its journal stays as it is; the line says to restart
    both.
    """
    written_by_1(path)
    other = Journal.open(path, MIB)          # holds the lock, as any version does
    other._db.execute("PRAGMA user_version = 1")

    with pytest.raises(FatalError, match="journal of schema 1, this edgebox writes 2, and an older version "
                                         "has it open; restart both `edgebox watch` and `edgebox guard`"):
        Journal.open(path, MIB)

    assert not Files(path).suspect.exists()
    other.close()
