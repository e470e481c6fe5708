"""Own files: there whole or not at all, also after a power cut; and read without trust in what lies there.

A folder may be one that another program writes as well, and that program may have been taken over. So nothing
is followed to elsewhere, nothing waits, and whatever is no plain file of a fair size is refused: a link to
another file, a FIFO that would hold up whoever opens it, a folder, a file that fills the memory.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

SECRET, SHARED, PUBLIC = 0o600, 0o640, 0o644

_CAREFUL = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ATTEMPTS = 3       # should somebody put another thing in the new file's place meanwhile


class StrangeFileError(OSError):
    """What lies there is no plain file of ours: a link, a FIFO, a folder, another's, or far too large."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(errno.EINVAL, what, str(path))


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` survive a power cut. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, content: bytes, mode: int | None = SECRET, *, owner: tuple[int, int] | None = None,
          lasting: bool = True) -> None:
    """Replace what lies at `path`, whatever that is but a folder; a reader finds the old or the new, whole.

    Args:
        mode: of the file, whatever the umask says; None on a disk that has one for all, such as FAT.
        owner: user and group whose it becomes, -1 for as it is; for root alone. It is given while it is open,
            never by its name, since who owns the folder may do as they like there.
        lasting: on the disk when this returns, which may take seconds; else in the page cache, which
            survives the process and no power cut.

    Raises OSError; then the old file is still there.
    """
    fresh = path.with_name(f".{path.name}.new")
    handle = _made(fresh)
    try:
        try:
            _give(handle, mode, owner)
            _write_all(handle, content)
            if lasting:
                os.fsync(handle)
        finally:
            os.close(handle)
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    if lasting:
        sync_folder(path.parent)


def write_new(path: Path, content: bytes, mode: int = SECRET, *,
              owner: tuple[int, int] | None = None) -> None:
    """As `write`, where nothing of that name is: FileExistsError. The folder is the caller's to sync."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CAREFUL, mode)
    try:
        _give(handle, mode, owner)
        _write_all(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path, max_bytes: int, *, owners: Collection[int] | None = None) -> bytes:
    """All that the file at `path` holds. Never waits, whatever lies there.

    Args:
        max_bytes: a longer one is refused.
        owners: users one of whom it must belong to; None: anybody's.

    Raises:
        FileNotFoundError: nothing is there.
        StrangeFileError: what is there is no file of ours.
        OSError: it cannot be read; ELOOP where it is a link.
    """
    with opened(path, owners=owners) as handle:
        content = bytearray()
        while len(content) <= max_bytes and (part := os.read(handle, max_bytes + 1 - len(content))):
            content += part
    if len(content) > max_bytes:
        raise StrangeFileError(path, f"larger than {max_bytes} bytes")
    return bytes(content)


@contextlib.contextmanager
def opened(path: Path, *, owners: Collection[int] | None = None) -> Iterator[int]:
    """The file at `path`, open for reading. Raises as `read`."""
    handle = os.open(path, os.O_RDONLY | _CAREFUL)
    try:
        _require_plain(handle, path, owners)
        yield handle
    finally:
        os.close(handle)


def open_lock(path: Path, mode: int = SECRET) -> int:
    """The file at `path`, made where there is none, for `fcntl.flock` and writing: the caller closes it.

    Raises OSError: StrangeFileError where it is no plain file, or one that has another name as well, since
    what is written into it would be written over there.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | _CAREFUL, mode)
    try:
        _require_plain(handle, path, None)
        if os.fstat(handle).st_nlink > 1:
            raise StrangeFileError(path, "has another name as well")
    except OSError:
        os.close(handle)
        raise
    return handle


@contextlib.contextmanager
def locked(path: Path, mode: int = SECRET) -> Iterator[int]:
    """Wait until nobody else has the lock file at `path`, and hold it. Raises as `open_lock`."""
    handle = open_lock(path, mode)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def refuse_strange(path: Path) -> None:
    """For a file that a library opens: StrangeFileError where something else than a plain file lies there."""
    with contextlib.suppress(FileNotFoundError):
        _require_regular(path.lstat(), path)


def _made(fresh: Path) -> int:
    for attempt in range(_ATTEMPTS):
        fresh.unlink(missing_ok=True)       # of a run that was killed, of another user, or no file at all
        try:
            return os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CAREFUL, SECRET)
        except FileExistsError:
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("either made or raised")


def _give(handle: int, mode: int | None, owner: tuple[int, int] | None) -> None:
    if owner is not None and os.geteuid() == 0:
        os.fchown(handle, *owner)
    if mode is not None:
        os.fchmod(handle, mode)


def _write_all(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest):]


def _require_plain(handle: int, path: Path, owners: Collection[int] | None) -> None:
    found = os.fstat(handle)
    _require_regular(found, path)
    if owners is not None and found.st_uid not in owners:
        raise StrangeFileError(path, f"belongs to user {found.st_uid}")


def _require_regular(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "device")
        raise StrangeFileError(path, f"is no plain file but a {kind}")


_KINDS = {stat.S_IFDIR: "folder", stat.S_IFIFO: "FIFO", stat.S_IFLNK: "link", stat.S_IFSOCK: "socket"}
