"""Files that are there whole or not at all, also after a power cut."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from edge.base.durable import sync_folder
from provisioning.errors import WordedError

SECRET, PUBLIC = 0o600, 0o644


def write_new(path: Path, content: bytes | str, mode: int, owner: tuple[int, int] | None = None) -> None:
    """Where nothing of that name is. `owner`: user and group whose it becomes. Raises FatalError."""
    raw = content.encode() if isinstance(content, str) else content
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            if owner is not None:
                os.fchown(handle, *owner)
            file.write(raw)
            file.flush()
            os.fsync(handle)
    except OSError as exc:
        raise WordedError("cannot-write", os.EX_CANTCREAT, path=str(path), why=exc) from exc


def replace(path: Path, content: bytes | str, mode: int) -> None:
    """In place of what is there. Written by root, it belongs to whom the folder belongs to.

    Who that is may do as he likes in the folder: so it is given away while it is open, and never by its name.

    Raises FatalError; then the old file is still there.
    """
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        folder = path.parent.stat()
        write_new(fresh, content, mode, None if os.geteuid() else (folder.st_uid, folder.st_gid))
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as exc:
        raise WordedError("cannot-write", os.EX_CANTCREAT, path=str(path), why=exc) from exc


def holds(path: Path, content: bytes) -> bool:
    """Whether that is what lies at `path`. Never waits, and follows no link. Raises OSError."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        if exc.errno in (errno.ENOENT, errno.ELOOP):
            return False
        raise
    try:
        return stat.S_ISREG(os.fstat(handle).st_mode) and os.read(handle, len(content) + 1) == content
    finally:
        os.close(handle)
