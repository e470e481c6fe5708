"""Files that are there whole or not at all, also after a power cut."""

from __future__ import annotations

import os
from pathlib import Path

from edge.errors import FatalError
from edge.journal.files import sync_folder

SECRET, PUBLIC = 0o600, 0o644


def write_new(path: Path, content: bytes | str, mode: int) -> None:
    """Into a folder of ours, where nothing of that name is. Raises FatalError."""
    raw = content.encode() if isinstance(content, str) else content
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            file.write(raw)
            file.flush()
            os.fsync(handle)
    except OSError as exc:
        raise FatalError(f"{path}: cannot be written: {exc.strerror}; check the disk and whose folder it is",
                         os.EX_CANTCREAT) from exc


def replace(path: Path, content: bytes | str, mode: int) -> None:
    """In place of what is there. Written by root, it belongs to whom the folder belongs to.

    Raises FatalError; then the old file is still there.
    """
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    write_new(fresh, content, mode)
    try:
        if os.geteuid() == 0:
            folder = path.parent.stat()
            os.chown(fresh, folder.st_uid, folder.st_gid)
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as exc:
        raise FatalError(f"{path}: cannot be written: {exc.strerror}; check the disk and whose folder it is",
                         os.EX_CANTCREAT) from exc
