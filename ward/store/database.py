"""Opening the store: the pragmas that make a commit durable, the schema, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib.resources import files
from pathlib import Path

from edge.base.errors import FatalError, RetryableError

VERSION = 4
FILE_NAME = "ward.db"
BUSY_S = 10.0


class StoreBusyError(RetryableError):
    """The disk is full, or somebody holds the database: nothing was stored; try again."""


class StoreError(FatalError):
    """The store cannot be used until someone acts."""

    def __init__(self, message: str) -> None:
        super().__init__(message, os.EX_IOERR)


def connect(folder: Path) -> sqlite3.Connection:
    """Open, and make where there is none, the database in `folder`. The caller's thread alone.

    Raises:
        StoreError: no such folder can be made, no database, or of a newer version. An older one is brought
            up to ours.
        StoreBusyError: locked by somebody else.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as exc:
        raise StoreError(f"{path}: cannot be made: {exc.strerror}; name another with --data") from exc
    with ExitStack() as undo:
        db = undo.enter_context(closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)))
        with told(path):
            _to_wal(db)
            db.execute("PRAGMA synchronous = FULL")     # NORMAL loses acknowledged rows at a power cut
            db.execute("PRAGMA secure_delete = ON")     # what retention deletes shall not be readable
            _bring_up(db, path)
        undo.pop_all()
    return db


def _to_wal(db: sqlite3.Connection) -> None:
    """Several that open a new file at once each want it alone; SQLite tells all but one at once to give way,
    without the patience that `timeout` gives to all else."""
    until_s = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.02)
        else:
            return


def _bring_up(db: sqlite3.Connection, path: Path) -> None:
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found > VERSION:
        raise StoreError(f"{path}: written by a newer edgebox-ward (store version {found}, this one knows "
                         f"{VERSION}); start that one, or name another folder with --data")
    if found == VERSION:
        return
    with writing(db):
        found = db.execute("PRAGMA user_version").fetchone()[0]      # somebody else may have been quicker
        for version in range(found + 1, VERSION + 1):
            script = (files("ward.store") / f"schema-{version}.sql").read_text(encoding="utf-8")
            for statement in _statements(script):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {version}")


def _statements(script: str) -> Iterator[str]:
    """One by one, since executescript would commit the transaction around them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that holds the write lock from its start; all or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:          # the body or the commit failed
            db.execute("ROLLBACK")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what sqlite3 and the disk raise into our two kinds of error.

    Raises:
        StoreBusyError: full, locked, read-only for now, or an input/output error.
        StoreError: damaged, or no database at all.
    """
    try:
        yield
    except sqlite3.OperationalError as exc:
        raise StoreBusyError(f"{path}: {exc}; is the disk full, or held by another program?") from exc
    except sqlite3.IntegrityError:
        raise                          # our own bug
    except sqlite3.DatabaseError as exc:
        raise StoreError(f"{path}: damaged: {exc}; move the file away and keep it: "
                         f"`sqlite3 {path.name} .recover` may read it") from exc
    except OSError as exc:
        raise StoreBusyError(f"{exc.filename or path}: {exc.strerror}; is the disk full?") from exc
