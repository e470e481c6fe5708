"""What the disk refuses, as a fault of first boot; folders, and a file that is gone for good."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from edge.base.durable import sync_folder
from edge.upkeep.firstboot.faults import FirstbootError, SetupFault


@contextlib.contextmanager
def disk_faults(path: Path) -> Iterator[None]:
    """Make a fault of `path` of what the disk refuses below. Raises FirstbootError."""
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FirstbootError(SetupFault.DISK_FULL, f"{path}: no room left on this disk; delete files, or "
                                 "write the image to a larger card") from exc
        raise FirstbootError(SetupFault.DISK_FAILED,
                             f"{exc.filename or path}: {exc.strerror}; check the card, "
                             "and that it is not write-protected") from exc


def require_room(folder: Path, want_bytes: int) -> None:
    """Raises FirstbootError where the disk of `folder` has less room."""
    with disk_faults(folder):
        free = shutil.disk_usage(folder).free
    if free < want_bytes:
        raise FirstbootError(SetupFault.DISK_FULL, f"{folder}: {free // 1024} KiB free, want "
                             f"{want_bytes // 1024}; delete files, or write the image to a larger card")


def make_folder(path: Path, mode: int, group: int | None = None) -> None:
    """Make the folder, or correct the mode and group of one that is there. Raises OSError."""
    path.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _give(handle, mode, group)
    finally:
        os.close(handle)


def erase(path: Path) -> None:
    """Overwrite, shorten, remove: durable after each. Without the file: nothing. Raises OSError.

    A card's own controller writes to other cells than those it overwrites, so somebody with a laboratory may
    still find the old ones. What was erased must therefore be worth nothing by then: a used code.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "r+b") as file:
            length = file.seek(0, os.SEEK_END)
            file.seek(0)
            file.write(bytes(length))
            file.flush()
            os.fsync(file.fileno())
            file.truncate(0)
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink()
    sync_folder(path.parent)


def _give(handle: int, mode: int, group: int | None) -> None:
    if os.geteuid() == 0 and group is not None and os.fstat(handle).st_gid != group:
        os.fchown(handle, -1, group)
    os.fchmod(handle, mode)
