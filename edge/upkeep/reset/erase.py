"""Overwrite, then remove: first every file, then the whole partition.

A memory card writes to other cells than those it overwrites. So files are overwritten for what can be done at
once, and the partition is discarded, which tells the card to erase all of its cells, spare ones among them as
far as its maker does; what does not read as erased afterwards is overwritten from end to end. Who opens the
card's chip in a laboratory may find more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import struct
from collections.abc import Iterator
from pathlib import Path

CHUNK_BYTES = 4 * 1024 * 1024
EDGE_BYTES = 16 * 1024 * 1024       # a card erases whole blocks of some MB: what hangs over is left as it is
SAMPLES, SAMPLE_BYTES = 512, 64 * 1024
_BLKDISCARD, _BLKGETSIZE64 = 0x1277, 0x80081272         # <linux/fs.h>
_ERASED = (0x00, 0xFF)              # what an erased cell reads as: a card's own choice


def erase_folder(folder: Path) -> list[Path]:
    """Overwrite and remove all that is below `folder`, itself not; what could not be, is returned.

    No link is followed.
    """
    left: list[Path] = []
    for base, folders, files in os.walk(folder, topdown=False):
        for name in files:
            path = Path(base, name)
            try:
                _erase(path)
            except OSError:
                left.append(path)
        for name in folders:
            path = Path(base, name)
            with contextlib.suppress(OSError):      # something is mounted there, or was left
                path.unlink() if path.is_symlink() else path.rmdir()
    os.sync()
    return left


def _erase(path: Path) -> None:
    if path.is_file() and not path.is_symlink():
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            overwrite(handle, 0, os.fstat(handle).st_size)
            os.fsync(handle)
            os.ftruncate(handle, 0)
        finally:
            os.close(handle)
    path.unlink()


def overwrite(handle: int, start: int, end: int) -> None:
    """Zeros from `start` up to `end`. Raises OSError."""
    zeros = bytes(CHUNK_BYTES)
    while start < end:
        start += os.pwrite(handle, zeros[:min(CHUNK_BYTES, end - start)], start)


def wipe(device: Path) -> bool:
    """Everything on `device`; False where it had to be overwritten from end to end, which takes minutes.

    Raises OSError: it is mounted, read-only, or fails.
    """
    handle = os.open(device, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
    try:
        size = _size(handle)
        discarded = _discard(handle, size)
        if discarded:
            overwrite(handle, 0, min(EDGE_BYTES, size))
            overwrite(handle, max(0, size - EDGE_BYTES), size)
            _forget(handle)
            discarded = all(_is_erased(handle, at) for at in _places(size))
        if not discarded:
            overwrite(handle, 0, size)
        os.fsync(handle)
        return discarded
    finally:
        os.close(handle)


def _size(handle: int) -> int:
    """The size in bytes of a device, or of a file in a test."""
    try:
        return int(struct.unpack("Q", fcntl.ioctl(handle, _BLKGETSIZE64, bytes(8)))[0])
    except OSError:
        return os.fstat(handle).st_size


def _discard(handle: int, size: int) -> bool:
    """Whether the device takes it at all."""
    try:
        fcntl.ioctl(handle, _BLKDISCARD, struct.pack("QQ", 0, size // 512 * 512))
    except OSError:
        return False
    return True


def _forget(handle: int) -> None:
    """What the kernel has in memory, so that the card itself is asked."""
    os.fsync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)


def _places(size: int) -> Iterator[int]:
    """The places to look at: evenly, and at random, since a card that only pretends has no known pattern."""
    last = max(0, size - SAMPLE_BYTES)
    for index in range(SAMPLES):
        yield last * index // (SAMPLES - 1)
        yield random.randint(0, last)


def _is_erased(handle: int, at: int) -> bool:
    found = os.pread(handle, SAMPLE_BYTES, at)
    return any(found.count(value) == len(found) for value in _ERASED)
