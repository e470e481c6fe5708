"""A file that does nothing but hold some of the disk, and gives it back in pieces when the disk is full."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from edge.base import durable

log = logging.getLogger("store")

FILE_NAME = "ballast"
SIZE_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024
"""Room for some hundred alarms. In pieces, since others write on this disk and would take all at once."""


class Ballast:
    """The file in `folder`. Any thread."""

    def __init__(self, folder: Path, size_bytes: int = SIZE_BYTES) -> None:
        self._path, self._size_bytes = folder / FILE_NAME, size_bytes

    def let_go(self) -> bool:
        """Give a piece back where the disk is full; False where it is not, or nothing is left to give."""
        try:
            held_bytes = self._path.stat().st_size
            if held_bytes == 0 or free_bytes(self._path.parent) >= _PIECE_BYTES:
                return False
            os.truncate(self._path, max(0, held_bytes - _PIECE_BYTES))
        except OSError as exc:
            log.error("reserve not given back: path=%s error=\"%s\"", self._path, exc.strerror)
            return False
        log.error("disk full, what is kept for alarms is used up: path=%s left_bytes=%d", self._path,
                  max(0, held_bytes - _PIECE_BYTES))
        return True

    def grow(self) -> None:
        """Make it whole where the disk has room for it four times over."""
        try:
            handle = durable.open_lock(self._path)
            try:
                missing_bytes = self._size_bytes - os.fstat(handle).st_size
                if missing_bytes > 0 and free_bytes(self._path.parent) >= 4 * missing_bytes:
                    os.posix_fallocate(handle, 0, self._size_bytes)
            finally:
                os.close(handle)
        except OSError as exc:
            log.warning("reserve not made: path=%s error=\"%s\"", self._path, exc.strerror)


def free_bytes(folder: Path) -> int:
    """What the disk of `folder` has for us."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
