"""The roster while its card cannot be written: a copy in the run folder, which is memory.

A card mostly dies by becoming read-only, and a member must be able to end an alarm then, too. So what the
card still gives is copied, with SQLite's log, and codes are tried and acts noted in the copy: its tries slow
down and lock as ever, also over restarts of guard within this boot. Who may come in does not change
meanwhile: a revocation that the card forgets would be none. When the card can be written again it takes over
what the copy has beyond it, if it has not changed in between.

A power cut loses the copy, and with it the tries since: who can cut the power has silenced the siren anyhow.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from pathlib import Path

from edge.base import durable, sqlite
from edge.base.errors import EdgeError
from edge.base.sqlite import Connection
from edge.members import acts
from edge.members import attempts as tried
from edge.members.database import connect, key_file, translated

log = logging.getLogger("state")

FOLDER = "members-copy"
_PART_BYTES = 1024 * 1024


def prepare(path: Path, folder: Path) -> Path:
    """Copy the roster at `path` into `folder`; return the copy's path.

    One that lies there already is kept where it goes on from this very roster: guard was restarted.

    Raises:
        RetryableError: the card cannot be read either, or the run folder takes nothing.
        FatalError: what can be read is damaged.
    """
    fresh = folder.with_name(f"{folder.name}.new")
    with translated(path, "copy the roster"):
        _remove(fresh)
        fresh.mkdir(mode=0o700)
        for file in (key_file(path), path):
            _copy(file, fresh / file.name)
        log_file = path.with_name(f"{path.name}-wal")
        if log_file.exists():
            _copy(log_file, fresh / log_file.name)
        if not _goes_on_from(folder / path.name, fresh / path.name):
            _remove(folder)
            fresh.rename(folder)
        _remove(fresh)
    return folder / path.name


def remove(folder: Path) -> None:
    """The card has all of it again."""
    with contextlib.suppress(OSError):
        _remove(folder)


def merge(copy: Connection, db: Connection) -> bool:
    """Bring what `copy` has beyond `db` into it, within the caller's transaction; False where it is of
    another roster, or this one has changed since: then nothing is.
    """
    if _revision(copy) != _revision(db) or not acts.adopt(db, copy):
        return False
    tried.adopt(db, copy)
    return True


def _goes_on_from(older: Path, fresh: Path) -> bool:
    """Whether the copy `older` is one of the same roster, and as far or further."""
    if not older.exists():
        return False
    try:
        with translated(older, "look at the copy"), contextlib.closing(connect(older)) as copy, \
                contextlib.closing(connect(fresh)) as db, sqlite.transaction(db):
            return merge(copy, db)
    except (EdgeError, sqlite.Error) as exc:
        log.error("copy of the members cannot be used, made anew: error=\"%s\"", exc)
        return False


def _revision(db: Connection) -> tuple[object, ...]:
    return tuple(db.execute("SELECT revision, key_check FROM roster").fetchone())


def _copy(file: Path, to: Path) -> None:
    with durable.opened(file) as source:
        made = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, durable.SECRET)
        try:
            while part := os.read(source, _PART_BYTES):
                rest = memoryview(part)
                while rest:
                    rest = rest[os.write(made, rest):]
        finally:
            os.close(made)


def _remove(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
