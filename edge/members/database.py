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
import os
import secrets
from collections.abc import Iterator
from functools import cache
from importlib.resources import files as resources
from pathlib import Path

from edge.base import durable, sqlite
from edge.base.errors import FatalError, RetryableError
from edge.base.sqlite import Connection, Fault, Schema
from edge.members.errors import UnwritableError

_KEY_BYTES = 32
_NEW = "put back a copy, or move it away and invite everybody anew with `edgebox members invite`"


@cache
def schema() -> Schema:
    script = (resources("edge.members") / "schema.sql").read_text(encoding="utf-8")
    return Schema("roster", 0x65646D62, 1, script, f"install that version again, {_NEW}")      # "edmb"


def prepare(path: Path) -> bytes:
    """Make the roster at `path` where there is none; return its key.

    Raises:
        FatalError: no such folder, not ours to write; damaged; of another version; its key is gone.
        RetryableError: the disk is full or fails; UnwritableError where it could be read perhaps.
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
            schema().refuse_other(db, path)
            (check,) = db.execute("SELECT key_check FROM roster").fetchone()
        if not hmac.compare_digest(check, _check_of(key)):
            raise _foreign_key(path)
    return key


def connect(path: Path) -> Connection:
    """Open for daily use. Raises sqlite3.DatabaseError."""
    return sqlite.connect(path, sqlite.WAL, any_thread=True)


def translated(path: Path, doing: str) -> contextlib.AbstractContextManager[None]:
    """Turn SQLite's errors and the file system's into ours; what is neither is our own bug."""
    return sqlite.judged(path, doing, _damaged, _waiting)


def _waiting(fault: Fault) -> RetryableError:
    error = sqlite.retryable(fault)
    return error if fault.is_held else UnwritableError(str(error))


def _damaged(fault: Fault) -> FatalError:
    return FatalError(f"{fault.path}: damaged: {fault.detail}; {_NEW}", os.EX_DATAERR)


def _foreign_key(path: Path) -> FatalError:
    return FatalError(f"{key_file(path)}: missing, or not the key that the codes in {path.name} were made "
                      f"with; put it back, or move {path.name} away and invite everybody anew",
                      os.EX_DATAERR)


def key_file(path: Path) -> Path:
    """The key's file of the roster at `path`."""
    return path.with_suffix(".key")


@contextlib.contextmanager
def _locked_key(path: Path) -> Iterator[int]:
    """The key's file, made where there is none; whoever has it is alone in making the roster."""
    try:
        handle = _open_private(key_file(path))
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise FatalError(f"{path}: folder does not exist; create it, or set box.state_dir",
                         os.EX_CONFIG) from exc
    except PermissionError as exc:
        raise FatalError(f"{key_file(path)}: not allowed to use it; run as the user of guard or as root",
                         os.EX_NOPERM) from exc
    except OSError as exc:
        raise UnwritableError(f"{path}: cannot open: {exc.strerror}; check the disk") from exc
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _open_private(path: Path) -> int:
    handle = durable.open_lock(path)
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
    durable.sync_folder(folder)
    return key


def _is_made(path: Path) -> bool:
    """Whether there is anything; what a crash left of making it is taken back by SQLite when it is opened."""
    if not path.exists():
        return False
    with contextlib.closing(sqlite.connect(path)) as db:
        return not sqlite.is_empty(db)


def _create(path: Path, key: bytes) -> None:
    os.close(_open_private(path))                   # SQLite gives its log the same mode and owner
    with contextlib.closing(sqlite.connect(path, ("synchronous = FULL",))) as db:
        schema().make(db, ("INSERT INTO roster VALUES (0, ?)", (_check_of(key),)),
                      ("INSERT INTO act_range VALUES (1, 0, zeroblob(32))", ()))
    durable.sync_folder(path.parent)


def _check_of(key: bytes) -> bytes:
    return hashlib.sha256(b"edgebox members.key\0" + key).digest()[:8]
