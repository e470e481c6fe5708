"""Write a card and read it back. The beginning is written last: a card that was broken off boots nowhere."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from provisioning.flash.faults import FlashError, FlashFault
from provisioning.flash.gpt import HEAD_BYTES
from provisioning.flash.image import CHUNK_BYTES, CardImage, Told

_BLKRRPART = 0x125F         # linux/fs.h: read the partitions again
_FAULTS = {errno.EBUSY: FlashFault.BUSY, errno.EACCES: FlashFault.NOT_ALLOWED,
           errno.EPERM: FlashFault.NOT_ALLOWED,
           errno.EROFS: FlashFault.READ_ONLY, errno.ENOMEDIUM: FlashFault.EMPTY}
_SYNC_BYTES = 8 * CHUNK_BYTES               # so that progress tells what is on the card, not in memory


class Card:
    """A disk, opened for itself alone. Use in a `with`."""

    def __init__(self, path: Path) -> None:
        """Raises FlashError: not allowed, or somebody else has it."""
        self._path = path
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
        except OSError as exc:
            fault = _FAULTS.get(exc.errno or 0, FlashFault.NOT_THERE)
            raise FlashError(fault, path=str(path), why=exc) from exc

    def __enter__(self) -> Card:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def write(self, source: IO[bytes], image: CardImage, told: Told) -> str:
        """All of `source`, which must be as long as its partition table says; returns its SHA-256 in hex.

        Raises FlashError: the image is damaged, or the card cannot be written.
        """
        digest, total = hashlib.sha256(), image.size_bytes
        head = _exactly(source, min(HEAD_BYTES, total), image.path)
        digest.update(head)
        with self._failing(FlashFault.WRITE_FAILED):
            self._put(bytes(len(head)), 0)
            os.fsync(self._handle)      # from here on, whatever happens, there is no table
            done, synced = len(head), 0
            while done < total:
                part = _exactly(source, min(CHUNK_BYTES, total - done), image.path)
                digest.update(part)
                self._put(part, done)
                done += len(part)
                if done - synced >= _SYNC_BYTES:
                    os.fdatasync(self._handle)
                    synced = done
                    told(done, total)
            if source.read(1):
                raise FlashError(FlashFault.IMAGE_DAMAGED, path=str(image.path))
            if image.sum and digest.hexdigest() != image.sum:
                raise FlashError(FlashFault.IMAGE_SUM, path=str(image.path))
            os.fsync(self._handle)
            self._put(head, 0)
            os.fsync(self._handle)
        told(total, total)
        return digest.hexdigest()

    def verify(self, sha256: str, size_bytes: int, told: Told) -> None:
        """Read back from the card itself, past every cache. Raises FlashError."""
        digest, done = hashlib.sha256(), 0
        with self._failing(FlashFault.READ_FAILED):
            os.fsync(self._handle)
            for part in self._parts(size_bytes):
                digest.update(part)
                done += len(part)
                told(done, size_bytes)
        if digest.hexdigest() != sha256 or done != size_bytes:
            raise FlashError(FlashFault.DIFFERS, path=str(self._path))

    def show(self) -> None:
        """Let the kernel look for the new partitions, so that the desktop mounts them."""
        with contextlib.suppress(OSError):
            fcntl.ioctl(self._handle, _BLKRRPART)

    def _put(self, raw: bytes, at: int) -> None:
        view = memoryview(raw)
        while view:
            count = os.pwrite(self._handle, view, at)
            view, at = view[count:], at + count

    def _parts(self, size_bytes: int) -> Iterator[memoryview]:
        """The card's content, read with O_DIRECT: past the cache, into aligned memory, which that of mmap is.
        """
        handle = os.open(self._path, os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC)
        try:
            with mmap.mmap(-1, CHUNK_BYTES) as room:
                done = 0
                while done < size_bytes:
                    count = min(os.preadv(handle, [room], done), size_bytes - done)
                    if count <= 0:
                        return
                    with memoryview(room) as view, view[:count] as part:
                        yield part
                    done += count
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def _failing(self, fault: FlashFault) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise FlashError(fault, path=str(self._path), why=exc) from exc


def _exactly(source: IO[bytes], size: int, path: Path) -> bytes:
    parts, got = [], 0
    while got < size:
        part = source.read(size - got)
        if not part:
            raise FlashError(FlashFault.IMAGE_DAMAGED, path=str(path))
        parts.append(part)
        got += len(part)
    return b"".join(parts)
