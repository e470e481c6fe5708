"""The roster's file: made once, opened by two processes, and what SQLite's errors mean to the caller.

    members.db     the roster (and members.db-wal, members.db-shm while it is open)
    members.key    32 random bytes that codes are hashed with; locked while either file is made

Both are for their owner alone. Made by root, they belong to whom the folder belongs to, so that a technician
may invite before guard has ever run.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import itertools
import os
import secrets
import sqlite3
from collections.abc import Iterator
from importlib.resources import files as resources
from pathlib import Path

from edge.base.durable import sync_folder
from edge.base.errors import EdgeError, FatalError, RetryableError
from edge.journal.database import readable, transaction

SCHEMA_VERSION = 2
_SECOND = "CREATE TABLE brought"     # begins what version 1 did not have, to the end of schema.sql
APPLICATION_ID = 0x65646D62        # "edmb"
BUSY_S = 5.0
_KEY_BYTES = 32
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WAIT = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
         sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def prepare(path: Path) -> bytes:
    """Make the roster at `path` where there is none; return its key.

    Raises:
        FatalError: no such folder, not ours to write; damaged; of a newer version; its key is gone.
        RetryableError: the disk is full or fails.
    """
    with _locked_key(path) as handle, translated(path, "open the roster"):
        key = os.pread(handle, _KEY_BYTES + 1, 0)
        made = _is_made(path)
        if len(key) != _KEY_BYTES:
            if made:
                raise _foreign_key(path)
            key = _write_key(handle, path.parent)
        if not made:
            _create(path, key)
        with contextlib.closing(connect(path)) as db:
            _check(db, path, key)
    return key


def connect(path: Path) -> sqlite3.Connection:
    """Open for daily use. Raises sqlite3.DatabaseError."""
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    db.text_factory = readable
    try:
        for pragma in ("cell_size_check = ON", "secure_delete = ON", "foreign_keys = ON",
                       "journal_mode = WAL", "synchronous = FULL"):
            db.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        db.close()
        raise
    return db


@contextlib.contextmanager
def translated(path: Path, doing: str) -> Iterator[None]:
    """Turn SQLite's errors and the file system's into ours."""
    try:
        yield
    except sqlite3.DatabaseError as exc:
        ours = _meaning(exc, path, doing)
        if ours is None:
            raise
        raise ours from exc
    except OSError as exc:
        raise RetryableError(f"{path}: cannot {doing}: {exc.strerror}; check the disk and its free "
                             "space") from exc


def _meaning(exc: sqlite3.DatabaseError, path: Path, doing: str) -> EdgeError | None:
    """The error to raise instead; None where it is our own bug."""
    code: int = exc.sqlite_errorcode & 0xFF
    if code in _DAMAGE:
        return _damaged(path, str(exc))
    if code in _WAIT:
        return RetryableError(f"{path}: cannot {doing}: {exc}; check the disk, its free space, and whether "
                              "another process holds the file")
    return None


def _damaged(path: Path, problem: str) -> FatalError:
    return FatalError(f"{path}: damaged: {problem}; put back a copy, or move it away and invite everybody "
                      "anew with `edgebox members invite`", os.EX_DATAERR)


def _foreign_key(path: Path) -> FatalError:
    return FatalError(f"{_key_file(path)}: missing, or not the key that the codes in {path.name} were made "
                      f"with; put it back, or move {path.name} away and invite everybody anew",
                      os.EX_DATAERR)


def _key_file(path: Path) -> Path:
    return path.with_suffix(".key")


@contextlib.contextmanager
def _locked_key(path: Path) -> Iterator[int]:
    """The key's file, made where there is none; whoever has it is alone in making the roster."""
    try:
        handle = _open_private(_key_file(path))
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise FatalError(f"{path}: folder does not exist; create it, or set box.state_dir",
                         os.EX_CONFIG) from exc
    except PermissionError as exc:
        raise FatalError(f"{_key_file(path)}: not allowed to use it; run as the user of guard or as root",
                         os.EX_NOPERM) from exc
    except OSError as exc:
        raise RetryableError(f"{path}: cannot open: {exc.strerror}; check the disk") from exc
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _open_private(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.fchown(handle, folder.st_uid, folder.st_gid)
    return handle


def _write_key(handle: int, folder: Path) -> bytes:
    """Durable before the first code is hashed with it."""
    key = secrets.token_bytes(_KEY_BYTES)
    os.ftruncate(handle, 0)
    os.pwrite(handle, key, 0)
    os.fsync(handle)
    sync_folder(folder)
    return key


def _is_made(path: Path) -> bool:
    """Whether there is anything; what a crash left of making it is taken back by SQLite when it is opened."""
    if not path.exists():
        return False
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_S)) as db:
        return bool(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _create(path: Path, key: bytes) -> None:
    """In one transaction, so that a crash leaves nothing that looks like a roster."""
    os.close(_open_private(path))                   # SQLite gives its log the same mode and owner
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = FULL")
        with transaction(db):
            for statement in _statements():
                db.execute(statement)
            db.execute("INSERT INTO roster VALUES (0, ?)", (_check_of(key),))
            db.execute("INSERT INTO act_range VALUES (1, 0, zeroblob(32))")
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    sync_folder(path.parent)


def _upgrade(db: sqlite3.Connection) -> None:
    """From version 1, in one transaction; every row kept."""
    with transaction(db):
        for statement in itertools.dropwhile(lambda each: _SECOND not in each, _statements()):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _statements() -> Iterator[str]:
    """Of the schema, one by one, since `executescript` would commit before it begins."""
    statement = ""
    schema = (resources("edge.members") / "schema.sql").read_text(encoding="utf-8")
    for line in schema.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _check(db: sqlite3.Connection, path: Path, key: bytes) -> None:
    if int(db.execute("PRAGMA application_id").fetchone()[0]) != APPLICATION_ID:
        raise _damaged(path, "not a roster of edgebox")
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found == 1:
        _upgrade(db)
    elif found != SCHEMA_VERSION:
        raise FatalError(f"{path}: roster of schema {found}, this edgebox knows {SCHEMA_VERSION}: install "
                         "the version that wrote it", os.EX_CONFIG)
    (check,) = db.execute("SELECT key_check FROM roster").fetchone()
    if not hmac.compare_digest(check, _check_of(key)):
        raise _foreign_key(path)


def _check_of(key: bytes) -> bytes:
    return hashlib.sha256(b"edgebox members.key\0" + key).digest()[:8]
