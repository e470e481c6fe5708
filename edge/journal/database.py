"""SQLite as the journal uses it: how it is opened, and what its errors mean to the caller."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from importlib.resources import files as resources
from pathlib import Path

from edge.base.errors import EdgeError, FatalError, RetryableError

SCHEMA_VERSION = 3                 # 1 and 2 were of no release
APPLICATION_ID = 0x65646765        # "edge", so that a newer journal is told apart from a damaged header
SCHEMA_ROWS = "SELECT rowid, type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
BUSY_S = 5.0

UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)      # the latter: SQLite's message quotes the damage
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WAIT = {
    sqlite3.SQLITE_FULL: "no space left; free some of the disk, or lower journal.max_bytes",
    sqlite3.SQLITE_IOERR: "the disk fails or is full; free some of it, or replace the card",
    sqlite3.SQLITE_READONLY: "the disk is read-only; check it, a dying card is mounted so",
    sqlite3.SQLITE_CANTOPEN: "cannot open its files; check the disk and their owner",
    sqlite3.SQLITE_BUSY: f"another process has held it for {BUSY_S:.0f} s",
    sqlite3.SQLITE_LOCKED: f"another process has held it for {BUSY_S:.0f} s",
}


class DamagedError(FatalError):
    """The file does not read back. The next start sets it aside and keeps what is readable."""


def connect(path: Path) -> sqlite3.Connection:
    """Open for daily use. Raises sqlite3.DatabaseError.

    WAL, so that the two processes do not wait for each other's reads; FULL, so that what was acknowledged
    survives a power cut; small checks of every page read, since an SD card flips bits.
    """
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    db.text_factory = readable
    try:
        db.execute("PRAGMA cell_size_check = ON")
        db.execute("PRAGMA secure_delete = ON")     # a picture that was delivered shall not be readable
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        db.close()
        raise
    return db


def readable(text: bytes) -> str:
    """Any bytes as text: one flipped in a name fails the row's checksum, not the whole query."""
    return text.decode("utf-8", "replace")


def create(path: Path, above_seq: int) -> sqlite3.Connection:
    """Make an empty journal whose first seq is above `above_seq`. Raises sqlite3.DatabaseError.

    In one transaction: a crash leaves nothing that looks like a journal. Not yet WAL, so that one file
    is all of it.
    """
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        path.chmod(0o660)           # pictures of people; SQLite gives its log the same mode
        db.execute("PRAGMA synchronous = FULL")
        db.executescript(f"BEGIN IMMEDIATE;\n{_schema()}\nPRAGMA application_id = {APPLICATION_ID};"
                         f"PRAGMA user_version = {SCHEMA_VERSION};")
        db.execute("INSERT INTO sequence VALUES (?, ?)", (above_seq, above_seq))
        db.execute("COMMIT")
    except sqlite3.Error:
        db.close()
        raise
    return db


def our_schema() -> list[tuple[int, str, str, str, str]]:
    """What `SCHEMA_ROWS` gives of a sound journal; SQLite believes whatever a flipped bit made of it."""
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.executescript(_schema())
        return db.execute(SCHEMA_ROWS).fetchall()


def one_line(sql: str) -> str:
    """Without comments and line breaks: SQLite keeps the text, and another comment is no other schema."""
    return " ".join(re.sub(r"--.*", "", sql).split())


def _schema() -> str:
    return one_line((resources("edge.journal") / "schema.sql").read_text(encoding="utf-8"))


def meaning(exc: sqlite3.DatabaseError, path: Path, doing: str) -> EdgeError | None:
    """The error to raise instead; None where it is our own bug."""
    code: int = exc.sqlite_errorcode
    if code & 0xFF in _DAMAGE:
        return _damaged(path, doing, str(exc))
    hint = _WAIT.get(code & 0xFF)
    return None if hint is None else RetryableError(f"{path}: cannot {doing}: {exc}: {hint}")


def _damaged(path: Path, doing: str, problem: str) -> DamagedError:
    return DamagedError(f"{path}: damaged, cannot {doing}: {problem}; restart `edgebox watch` and `edgebox "
                        "guard`: the first to start repairs it")


@contextlib.contextmanager
def translated(path: Path, doing: str) -> Iterator[None]:
    """Turn SQLite's errors and the file system's into ours."""
    try:
        yield
    except sqlite3.DatabaseError as exc:
        ours = meaning(exc, path, doing)
        if ours is None:
            raise
        raise ours from exc
    except UnicodeDecodeError as exc:
        raise _damaged(path, doing, "malformed schema") from exc
    except OSError as exc:
        raise RetryableError(f"{path}: cannot {doing}: {exc.strerror}; check the disk and its free "
                             "space") from exc


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing, durable when it ends; one writer at a time over all processes."""
    try:
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")
    finally:
        if db.in_transaction:           # something raised, COMMIT itself perhaps
            with contextlib.suppress(sqlite3.DatabaseError):
                db.execute("ROLLBACK")
