"""The one place that opens SQLite: how, what its errors mean, and which schema a file has.

Errors are judged by SQLite's code, never by the class of the exception or its text: a busy or full disk is
worth another attempt, damage wants somebody's hand, and all else, such as "no such table", is our own bug
and stays what it is, so that it is never taken for a full disk and tried again for ever.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.base.durable import refuse_strange
from edge.base.errors import EdgeError, FatalError, RetryableError

Connection = sqlite3.Connection
Row = sqlite3.Row
DatabaseError = sqlite3.DatabaseError
Error = sqlite3.Error               # where `judged` let it by: our bug, or damage that SQLite did not see

BUSY_S = 5.0
_CAREFUL = ("cell_size_check = ON",     # of every page read, since an SD card flips bits
            "secure_delete = ON",       # what was deleted, pictures of people, shall not be readable
            "foreign_keys = ON")
WAL = (*_CAREFUL, "journal_mode = WAL",     # so that readers and the one writer do not wait for each other
       "synchronous = FULL")                # what was acknowledged survives a power cut; NORMAL loses some
ONE_FILE = (*_CAREFUL, "synchronous = EXTRA")   # at rest all of it is in one file, which a backup can copy

UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)      # the latter: SQLite's message quotes the damage

_MADE = re.compile(r"^CREATE (?:UNIQUE )?(?:TABLE|INDEX|TRIGGER) (\w+)", re.MULTILINE)

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_HELD = "another process holds it"
_WAIT = {
    sqlite3.SQLITE_FULL: "no space left; free some of the disk",
    sqlite3.SQLITE_IOERR: "the disk fails or is full; free some of it, or replace it",
    sqlite3.SQLITE_READONLY: "the disk is read-only; check it, a dying card is mounted so",
    sqlite3.SQLITE_CANTOPEN: "cannot open its files; check the disk and their owner",
    sqlite3.SQLITE_PERM: "not allowed to; check its owner",
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_PROTOCOL: _HELD,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with the file at `path` that is no bug of ours."""

    path: Path
    doing: str              # "append", "open the roster"
    detail: str             # as SQLite or the system says it
    is_damage: bool         # it does not read back; else it may go better the next time
    hint: str = ""          # what to do; "" of damage, which the caller knows better

    @property
    def is_held(self) -> bool:
        """Whether another process is in the way, and not the disk."""
        return self.hint == _HELD


def retryable(fault: Fault) -> RetryableError:
    """The usual words for what is no damage."""
    return RetryableError(f"{fault.path}: cannot {fault.doing}: {fault.detail}: {fault.hint}")


def connect(path: Path, pragmas: Sequence[str] = (), *, busy_s: float = BUSY_S,
            any_thread: bool = False) -> Connection:
    """Open the file at `path`, made empty where there is none; it commits what `transaction` does not hold.

    Args:
        pragmas: `WAL`, `ONE_FILE`, or what a caller has to say itself.
        busy_s: how long each statement waits for another process.
        any_thread: the caller sees to it that one thread at a time uses it.

    Raises sqlite3.DatabaseError; OSError where it is a link, a FIFO or another thing that is no file. Put it
    inside `judged`.
    """
    refuse_strange(path)
    db = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=not any_thread)
    db.text_factory = readable
    try:
        for pragma in pragmas:
            _set(db, pragma, busy_s)
    except sqlite3.Error:
        db.close()
        raise
    return db


def look(path: Path, busy_s: float = BUSY_S) -> Connection:
    """Open the file at `path` for reading alone; nothing is made, no lock of ours is taken."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=busy_s,
                         isolation_level=None)
    db.text_factory = readable
    return db


def in_memory() -> Connection:
    """An empty database that ends with its connection."""
    return sqlite3.connect(":memory:", isolation_level=None)


def readable(text: bytes) -> str:
    """Any bytes as text: one flipped in a name fails the row's checksum, not the whole query."""
    return text.decode("utf-8", "replace")


def _set(db: Connection, pragma: str, busy_s: float) -> None:
    """Several that open a new file at once each want it alone; SQLite tells all but one at once to give way,
    without the patience that `timeout` gives to all else."""
    until_s = time.monotonic() + busy_s
    while True:
        try:
            db.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError as exc:
            if _code(exc) != sqlite3.SQLITE_BUSY or time.monotonic() > until_s:
                raise
            time.sleep(0.02)
        else:
            return


@contextlib.contextmanager
def transaction(db: Connection) -> Iterator[Connection]:
    """All or nothing, durable when it ends; it holds the write lock from its start."""
    try:
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")
    finally:
        if db.in_transaction:           # something raised, COMMIT itself perhaps
            with contextlib.suppress(sqlite3.DatabaseError):
                db.execute("ROLLBACK")


@contextlib.contextmanager
def one_state(db: Connection) -> Iterator[Connection]:
    """One state of the file for all that is read meanwhile; nothing is written."""
    db.execute("BEGIN")
    try:
        yield db
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


@contextlib.contextmanager
def judged(path: Path, doing: str, damaged: Callable[[Fault], EdgeError],
           waiting: Callable[[Fault], EdgeError] = retryable, *, files_too: bool = True) -> Iterator[None]:
    """Turn SQLite's errors and the file system's into ours, made by `damaged` and `waiting`.

    What is neither passes as it is: our own bug. `files_too`: also what the body itself does with files.
    """
    try:
        yield
    except sqlite3.DatabaseError as exc:
        fault = fault_of(exc, path, doing)
        if fault is None:
            raise
        raise (damaged if fault.is_damage else waiting)(fault) from exc
    except UnicodeDecodeError as exc:
        raise damaged(Fault(path, doing, "malformed schema", True)) from exc
    except OSError as exc:
        if not files_too:
            raise
        at = Path(exc.filename) if isinstance(exc.filename, str) else path
        raise waiting(Fault(at, doing, exc.strerror or str(exc), False,
                            "check the disk and its free space")) from exc


def fault_of(exc: sqlite3.DatabaseError, path: Path, doing: str) -> Fault | None:
    """What `exc` means by its code; None where it is our own bug."""
    code = _code(exc)
    if code in _DAMAGE:
        return Fault(path, doing, str(exc), True)
    return Fault(path, doing, str(exc), False, _WAIT[code]) if code in _WAIT else None


def is_missing(exc: sqlite3.DatabaseError) -> bool:
    """Whether SQLite misses a table: our own bug, but in a file that may have been damaged."""
    return _code(exc) == sqlite3.SQLITE_ERROR


def _code(exc: sqlite3.Error) -> int | None:
    """The primary code; None of what the module itself has to say, such as of a closed connection."""
    code: int | None = getattr(exc, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


class OtherSchemaError(FatalError):
    """The file is of another program or another version of ours."""

    def __init__(self, message: str) -> None:
        super().__init__(message, os.EX_CONFIG)


@dataclass(frozen=True, slots=True)
class Schema:
    """What one kind of database is made of, and how a file of it is known."""

    what: str               # "journal", as messages call it
    application_id: int     # four letters of ours in the file's header
    version: int
    script: str             # of SQL statements
    advice: str             # what to do with a file of another version

    def make(self, db: Connection, *more: tuple[str, tuple[object, ...]]) -> None:
        """Lay an empty file out, and run `more` (statement, values): in one transaction, so that a crash
        leaves nothing that looks like one of ours."""
        with transaction(db):
            self.lay(db)
            for statement, values in more:
                db.execute(statement, values)

    def lay(self, db: Connection) -> None:
        """Write the schema into an empty database as `make` does, inside the caller's transaction."""
        for statement in _statements(self.script):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {self.application_id}")
        db.execute(f"PRAGMA user_version = {self.version}")

    def lay_missing(self, db: Connection) -> None:
        """Make those tables, indexes and triggers that an older version of the file has not; what it has
        stays as it is. Inside the caller's transaction.
        """
        there = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
        for statement in _statements(self.script):
            made = _MADE.search(statement)
            if made is not None and made[1] not in there:
                db.execute(statement)

    def is_ours(self, db: Connection) -> bool:
        """Whether the file is of this kind, of whatever version."""
        return application_id(db) == self.application_id

    def refuse_other(self, db: Connection, path: Path) -> None:
        """Raises OtherSchemaError unless the file is of this kind and version."""
        found = version(db)
        if not self.is_ours(db):
            raise OtherSchemaError(f"{path}: no {self.what} of this edgebox (application "
                                   f"{application_id(db):#x}, schema {found}); {self.advice}")
        if found != self.version:
            raise OtherSchemaError(f"{path}: {self.what} of schema {found}, this edgebox knows "
                                   f"{self.version}: another version wrote it; {self.advice}")


def prove_writable(db: Connection) -> None:
    """Write a page, within the caller's transaction, and change nothing: a disk that takes nothing says so
    now.
    """
    db.execute(f"PRAGMA user_version = {version(db)}")


def version(db: Connection) -> int:
    """The schema's, PRAGMA user_version; 0 where nobody has set it."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def application_id(db: Connection) -> int:
    return int(db.execute("PRAGMA application_id").fetchone()[0])


def is_empty(db: Connection) -> bool:
    """Whether nothing was ever laid out; what a crash left of that is taken back when the file is opened."""
    return not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _statements(script: str) -> Iterator[str]:
    """One by one, since `executescript` would commit the transaction around them."""
    statement = ""
    for part in script.split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
