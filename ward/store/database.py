"""The store's two files: where they lie, which schemas they have, and what their errors mean.

`ward.db` has all but the alarms. `calls.db` has these alone, with who saw them: so that nothing that fills,
holds or slows down the one keeps a call for help from the other.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

from edge.base import sqlite
from edge.base.errors import FatalError, RetryableError
from edge.base.sqlite import Connection, Fault, OtherSchemaError, Schema, transaction
from ward.store.migration import migrate

FILE_NAME = "ward.db"
CALLS_NAME = "calls.db"
BUSY_S = 10.0


class StoreBusyError(RetryableError):
    """The disk is full, or somebody holds the database: nothing was stored; try again."""


class StoreError(FatalError):
    """The store cannot be used until someone acts."""

    def __init__(self, message: str) -> None:
        super().__init__(message, os.EX_IOERR)


class StoreDamagedError(StoreError):
    """One of its files does not read back. The other may: calls for help have their own."""


_ADVICE = "start that version of edgebox-ward, or name another folder with --data"


@cache
def schema() -> Schema:
    return Schema("store", 0x65647764, 3, _script("schema.sql"), _ADVICE)              # "edwd"


@cache
def calls_schema() -> Schema:
    return Schema("store of alarms", 0x65647763, 1, _script("calls.sql"), _ADVICE)     # "edwc"


def connect(folder: Path) -> Connection:
    """Open, and make where there is none, the database in `folder`. The caller's thread alone.

    Raises:
        StoreError: no such folder can be made, no database, or of another version.
        StoreBusyError: locked by somebody else.
    """
    def older(db: Connection) -> None:
        migrate(db, schema(), folder / FILE_NAME, lambda: connect_calls(folder))

    return _connect(folder / FILE_NAME, schema(), older)


def connect_calls(folder: Path) -> Connection:
    """As `connect`, the database of alarms in `folder`."""
    return _connect(folder / CALLS_NAME, calls_schema(), lambda _db: None)


def connect_both(folder: Path) -> Connection:
    """For reading: both, the tables of alarms under the name `calls` as well. Raises as `connect`."""
    with contextlib.ExitStack() as undo:
        db = undo.enter_context(contextlib.closing(connect(folder)))
        _attach_calls(db, folder)
        undo.pop_all()
    return db


def connect_calls_alone(folder: Path) -> Connection:
    """For reading, where `ward.db` cannot be: the alarms under the name `calls`, beside an empty store of all
    else. Raises as `connect`.
    """
    with contextlib.ExitStack() as undo:
        db = undo.enter_context(contextlib.closing(sqlite.in_memory()))
        db.text_factory = sqlite.readable
        schema().make(db)
        _attach_calls(db, folder)
        undo.pop_all()
    return db


def _attach_calls(db: Connection, folder: Path) -> None:
    connect_calls(folder).close()               # made, and of our version
    with translated(folder / CALLS_NAME, "open the store of alarms"):
        db.execute("ATTACH ? AS calls", (str(folder / CALLS_NAME),))
        db.execute("PRAGMA query_only = ON")


def _connect(path: Path, kind: Schema, bring_up: Callable[[Connection], None]) -> Connection:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as exc:
        raise StoreError(f"{path}: cannot be made: {exc.strerror}; name another with --data") from exc
    with contextlib.ExitStack() as undo, translated(path, "open the store"):
        db = undo.enter_context(contextlib.closing(sqlite.connect(path, sqlite.WAL, busy_s=BUSY_S)))
        if sqlite.is_empty(db):
            with transaction(db):
                if sqlite.is_empty(db):         # else somebody else was quicker
                    kind.lay(db)
        bring_up(db)
        try:
            kind.refuse_other(db, path)
        except OtherSchemaError as exc:
            raise StoreError(str(exc)) from exc
        undo.pop_all()
    return db


def _script(name: str) -> str:
    return (files("ward.store") / name).read_text(encoding="utf-8")


def translated(path: Path, doing: str = "use the store") -> contextlib.AbstractContextManager[None]:
    """Turn what SQLite and the disk raise into our two kinds of error; what is neither is our own bug.

    Raises:
        StoreBusyError: full, locked, read-only for now, or an input/output error.
        StoreError: damaged, or no database at all.
    """
    return sqlite.judged(path, doing, _damaged, _waiting)


def _waiting(fault: Fault) -> StoreBusyError:
    return StoreBusyError(str(sqlite.retryable(fault)))


def _damaged(fault: Fault) -> StoreDamagedError:
    return StoreDamagedError(f"{fault.path}: damaged: {fault.detail}; move the file away and keep it: "
                             f"`sqlite3 {fault.path.name} .recover` may read it")
