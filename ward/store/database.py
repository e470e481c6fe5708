"""The store's database: where it lies, which schema it has, and what its errors mean."""

from __future__ import annotations

import contextlib
import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from edge.base import sqlite
from edge.base.errors import FatalError, RetryableError
from edge.base.sqlite import Connection, Fault, OtherSchemaError, Schema, transaction
from ward.store.migration import migrate

FILE_NAME = "ward.db"
BUSY_S = 10.0


class StoreBusyError(RetryableError):
    """The disk is full, or somebody holds the database: nothing was stored; try again."""


class StoreError(FatalError):
    """The store cannot be used until someone acts."""

    def __init__(self, message: str) -> None:
        super().__init__(message, os.EX_IOERR)


@cache
def schema() -> Schema:
    script = (files("ward.store") / "schema.sql").read_text(encoding="utf-8")
    return Schema("store", 0x65647764, 3, script,                                               # "edwd"
                  "start that version of edgebox-ward, or name another folder with --data")


def connect(folder: Path) -> Connection:
    """Open, and make where there is none, the database in `folder`. The caller's thread alone.

    Raises:
        StoreError: no such folder can be made, no database, or of another version.
        StoreBusyError: locked by somebody else.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as exc:
        raise StoreError(f"{path}: cannot be made: {exc.strerror}; name another with --data") from exc
    with contextlib.ExitStack() as undo, translated(path, "open the store"):
        db = undo.enter_context(contextlib.closing(sqlite.connect(path, sqlite.WAL, busy_s=BUSY_S)))
        _make_or_check(db, path)
        undo.pop_all()
    return db


def _make_or_check(db: Connection, path: Path) -> None:
    if sqlite.is_empty(db):
        with transaction(db):
            if sqlite.is_empty(db):         # else somebody else was quicker
                schema().lay(db)
    migrate(db, schema(), path)
    try:
        schema().refuse_other(db, path)
    except OtherSchemaError as exc:
        raise StoreError(str(exc)) from exc


def translated(path: Path, doing: str = "use the store") -> contextlib.AbstractContextManager[None]:
    """Turn what SQLite and the disk raise into our two kinds of error; what is neither is our own bug.

    Raises:
        StoreBusyError: full, locked, read-only for now, or an input/output error.
        StoreError: damaged, or no database at all.
    """
    return sqlite.judged(path, doing, _damaged, _waiting)


def _waiting(fault: Fault) -> StoreBusyError:
    return StoreBusyError(str(sqlite.retryable(fault)))


def _damaged(fault: Fault) -> StoreError:
    return StoreError(f"{fault.path}: damaged: {fault.detail}; move the file away and keep it: "
                      f"`sqlite3 {fault.path.name} .recover` may read it")
