"""The one place that opens SQLite: what its errors mean, and whose a file is."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from edge.base import sqlite
from edge.base.errors import EdgeError, FatalError, RetryableError
from edge.base.sqlite import Connection, Fault, OtherSchemaError, Schema

NOTES = Schema("notebook", 0x6564_6E62, 1, "CREATE TABLE note (text TEXT NOT NULL) STRICT;", "put it back")


def damaged(fault: Fault) -> EdgeError:
    return FatalError(f"damaged: {fault.detail}")


def lie(kind: str, path: Path, other: Path) -> None:
    match kind:
        case "FIFO":
            os.mkfifo(path)
        case "link":
            path.symlink_to(other)
        case _:
            path.mkdir()


def made(path: Path) -> Connection:
    db = sqlite.connect(path, sqlite.WAL, busy_s=0.1)
    NOTES.make(db, ("INSERT INTO note VALUES (?)", ("first",)))
    return db


def test_a_bug_of_ours_passes_as_what_it_is(tmp_path: Path) -> None:
    """
    No such table, a broken constraint and a closed connection are neither a full disk nor damage.
    """
    db = made(tmp_path / "notes.db")
    for statement, error in (("SELECT * FROM nowhere", sqlite3.OperationalError),
                             ("INSERT INTO note VALUES (NULL)", sqlite3.IntegrityError)):
        with pytest.raises(error), sqlite.judged(tmp_path, "write", damaged):
            db.execute(statement)
    db.close()
    with pytest.raises(sqlite3.ProgrammingError), sqlite.judged(tmp_path, "write", damaged):
        db.execute("SELECT * FROM note")


def test_a_held_and_a_full_file_are_worth_another_attempt(tmp_path: Path) -> None:
    """
    The line names the file, what was wanted, what SQLite says and what to do.
    """
    path = tmp_path / "notes.db"
    with contextlib.closing(made(path)) as db, contextlib.closing(sqlite.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RetryableError, match=r"notes\.db: cannot write: database is locked: another"), \
                sqlite.judged(path, "write", damaged), sqlite.transaction(db):
            pytest.fail("two writers at once")
        other.execute("ROLLBACK")

        db.execute("PRAGMA max_page_count = 3")
        with pytest.raises(RetryableError, match="no space left"), \
                sqlite.judged(path, "write", damaged), sqlite.transaction(db):
            db.execute("INSERT INTO note VALUES (?)", ("x" * 100_000,))
        assert [("first",)] == db.execute("SELECT text FROM note").fetchall()


def test_damage_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(b"this is no database, whatever it is" * 200)
    with pytest.raises(FatalError, match="damaged: file is not a database"), \
            sqlite.judged(path, "open", damaged):
        sqlite.connect(path, sqlite.WAL)


@pytest.mark.parametrize("kind", ["FIFO", "link", "folder"])
def test_what_is_no_plain_file_is_not_opened(tmp_path: Path, kind: str) -> None:
    """
    SQLite would follow a link to another program's file and write there.
    """
    path, other = tmp_path / "notes.db", tmp_path / "other"
    other.write_bytes(b"")
    lie(kind, path, other)
    with pytest.raises(RetryableError, match=f"is no plain file but a {kind}"), \
            sqlite.judged(path, "open", damaged):
        sqlite.connect(path, sqlite.WAL)
    assert b"" == other.read_bytes()


def test_another_version_and_another_program_are_refused(tmp_path: Path) -> None:
    """
    One line says what was found, what is known and what to do, with the exit code of a bad setting.
    """
    path = tmp_path / "notes.db"
    with contextlib.closing(made(path)) as db:
        NOTES.refuse_other(db, path)
        db.execute("PRAGMA user_version = 7")
        with pytest.raises(OtherSchemaError, match="notebook of schema 7, this edgebox knows 1: another "
                                                   "version wrote it; put it back") as caught:
            NOTES.refuse_other(db, path)
        assert os.EX_CONFIG == caught.value.exit_code
        db.execute("PRAGMA application_id = 77")
        with pytest.raises(OtherSchemaError, match="no notebook of this edgebox"):
            NOTES.refuse_other(db, path)


def test_a_half_made_file_is_nobodys(tmp_path: Path) -> None:
    """
    A crash while it is laid out leaves an empty file, to be made anew.
    """
    path = tmp_path / "notes.db"
    with contextlib.closing(sqlite.connect(path)) as db, pytest.raises(sqlite3.IntegrityError):
        NOTES.make(db, ("INSERT INTO note VALUES (?)", (None,)))
    with contextlib.closing(sqlite.connect(path)) as db:
        assert sqlite.is_empty(db)
        assert 0 == sqlite.version(db) == sqlite.application_id(db)
