"""Own files: there whole or not at all, also after a power cut; and read without trust in what lies there.

A folder may be one that another program writes as well, and that program may have been taken over. So nothing
is followed to elsewhere, nothing waits, and whatever is no plain file of a fair size is refused: a link to
another file, a FIFO that would hold up whoever opens it, a folder, a file that fills the memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import stat
import time
import zlib
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


def sync_disk(folder: Path) -> None:
    """Bring all that was written on the disk of `folder` to it, files and renames, in one go; syncfs(2).

    For many files at once: each fsync waits for the disk's cache to be emptied. Raises OSError.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
    finally:
        os.close(handle)


def write(path: Path, content: bytes, mode: int | None = SECRET, *, owner: tuple[int, int] | None = None,
          lasting: bool = True) -> None:
    """Replace what lies at `path`, whatever that is; a reader finds the old file or the new one, whole.

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
        _put(fresh, path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    if lasting:
        sync_folder(path.parent)


def write_new(path: Path, content: bytes, mode: int | None = SECRET, *,
              owner: tuple[int, int] | None = None) -> None:
    """Write `content` as `write` does, but never over a file: raises FileExistsError. The caller syncs the
    folder.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CAREFUL, SECRET)
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
        OSError: it cannot be read.
    """
    with opened(path, owners=owners) as handle:
        content = bytearray()
        while len(content) <= max_bytes and (part := os.read(handle, max_bytes + 1 - len(content))):
            content += part
    if len(content) > max_bytes:
        raise StrangeFileError(path, f"larger than {max_bytes} bytes")
    return bytes(content)


def trusted(folder: Path) -> frozenset[int]:
    """The users whose files in `folder` are as good as our own: we, root, and whose the folder is."""
    return frozenset({os.geteuid(), 0, folder.stat().st_uid})


def holds(path: Path, content: bytes) -> bool:
    """Whether that is what the file at `path` holds. Never waits, and follows no link. Raises OSError."""
    try:
        return read(path, len(content)) == content
    except (FileNotFoundError, StrangeFileError):
        return False


@contextlib.contextmanager
def opened(path: Path, *, owners: Collection[int] | None = None) -> Iterator[int]:
    """The file at `path`, open for reading. Raises as `read`."""
    handle = _opened(path, os.O_RDONLY)
    try:
        found = _plain(handle, path)
        if owners is not None and found.st_uid not in owners:
            raise StrangeFileError(path, f"belongs to user {found.st_uid}")
        yield handle
    finally:
        os.close(handle)


def open_lock(path: Path, mode: int = SECRET) -> int:
    """The file at `path`, made where there is none, for `fcntl.flock` and writing: the caller closes it.

    What is no plain file is no lock of ours and gives way; so does a file that has another name as well,
    since what is written into it would be written over there. Raises OSError.
    """
    for _ in range(_ATTEMPTS):
        with contextlib.suppress(StrangeFileError):
            handle = _opened(path, os.O_RDWR | os.O_CREAT, mode)
            try:
                names = _plain(handle, path).st_nlink
            except StrangeFileError:
                os.close(handle)
                raise
            if names == 1:
                return handle
            os.close(handle)
            if names == 0:          # taken away meanwhile
                continue
        _clear(path)
    raise StrangeFileError(path, "is no plain file, and comes back when it is put aside")


@contextlib.contextmanager
def locked(path: Path, mode: int = SECRET) -> Iterator[int]:
    """Wait until nobody else has the lock file at `path`, and hold it. Raises as `open_lock`."""
    handle = open_lock(path, mode)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def sealed(line: bytes) -> bytes:
    """`line`, which has no line break, and its CRC-32 in a line of its own: a worn card flips bits."""
    return line + b"\n%08x\n" % zlib.crc32(line)


def unsealed(content: bytes) -> bytes:
    """What `sealed` was given. Raises ValueError where it does not read back as it was written."""
    line, _, rest = content.partition(b"\n")
    if rest != b"%08x\n" % zlib.crc32(line):
        raise ValueError("the checksum does not fit")
    return line


def put_aside(path: Path) -> None:
    """Keep a file that cannot be used as `NAME.damaged`, for whoever looks into it. Nothing depends on it."""
    with contextlib.suppress(OSError):
        path.replace(path.with_name(f"{path.name}.damaged"))


def refuse_strange(path: Path) -> None:
    """Raise StrangeFileError where something other than a plain file lies at `path`, before a library opens
    it.
    """
    with contextlib.suppress(FileNotFoundError):
        _require_regular(path.lstat(), path)


def _made(fresh: Path) -> int:
    for attempt in range(_ATTEMPTS):
        _clear(fresh)       # of a run that was killed, of another user, or no file at all
        try:
            return os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CAREFUL, SECRET)
        except FileExistsError:
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("either made or raised")


def _put(fresh: Path, path: Path) -> None:
    try:
        fresh.replace(path)
    except IsADirectoryError:
        _clear(path)
        fresh.replace(path)


def _clear(path: Path) -> None:
    """Nothing lies there any more: a folder, which no file replaces, is put aside."""
    try:
        path.unlink(missing_ok=True)
    except IsADirectoryError:
        path.rename(path.with_name(f"{path.name}.{time.time_ns()}"))


def _give(handle: int, mode: int | None, owner: tuple[int, int] | None) -> None:
    if owner is not None and os.geteuid() == 0 and not _is_of(os.fstat(handle), owner):
        os.fchown(handle, *owner)
    if mode is not None:
        os.fchmod(handle, mode)


def _is_of(found: os.stat_result, owner: tuple[int, int]) -> bool:
    return owner[0] in (-1, found.st_uid) and owner[1] in (-1, found.st_gid)


def _write_all(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest):]


def _opened(path: Path, flags: int, mode: int = SECRET) -> int:
    try:
        return os.open(path, flags | _CAREFUL, mode)
    except OSError as exc:
        if exc.errno in _NOT_OPENED:
            raise StrangeFileError(path, f"is no plain file but a {_NOT_OPENED[exc.errno]}") from exc
        raise


def _plain(handle: int, path: Path) -> os.stat_result:
    found = os.fstat(handle)
    _require_regular(found, path)
    return found


def _require_regular(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "device")
        raise StrangeFileError(path, f"is no plain file but a {kind}")


_NOT_OPENED = {errno.ELOOP: "link", errno.EISDIR: "folder", errno.ENXIO: "socket"}
_KINDS = {stat.S_IFDIR: "folder", stat.S_IFIFO: "FIFO", stat.S_IFLNK: "link", stat.S_IFSOCK: "socket"}
