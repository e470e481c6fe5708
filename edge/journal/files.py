"""The files beside the journal: who has it open, how far seq was given out, and what was set aside.

    journal.db                     the journal (and journal.db-wal, journal.db-shm while it is open)
    journal.seq                    the highest number that may have been given out, the epoch, their CRC-32
    journal.lock                   held shared by every user, exclusively by whoever creates or repairs;
                                   tells the highest seq given out, though not durably
    journal.suspect                exists after damage was met: the next to open it alone repairs it
    journal.rebuilt                a repair under way
    journal.damaged-20260131T...Z  what was set aside; at most two are kept
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

from edge.base import durable
from edge.base.errors import FatalError, RetryableError

KEEP_DAMAGED = 2
_MAX_BYTES = 64


@dataclass(frozen=True, slots=True)
class Files:
    """The paths of the journal's files, named after the journal itself."""

    database: Path

    @property
    def sequence(self) -> Path:
        return self._beside("seq")

    @property
    def lock(self) -> Path:
        return self._beside("lock")

    @property
    def suspect(self) -> Path:
        return self._beside("suspect")

    @property
    def rebuilt(self) -> Path:
        return self._beside("rebuilt")

    def damaged(self) -> list[Path]:
        """What was set aside, oldest first."""
        return sorted(path for path in self.database.parent.glob(f"{self.database.stem}.damaged-*")
                      if not path.name.endswith(("-wal", "-shm")))

    def damaged_at(self, utc: str) -> Path:
        return self._beside(f"damaged-{utc}")

    def _beside(self, ending: str) -> Path:
        return self.database.with_name(f"{self.database.stem}.{ending}")


def with_companions(database: Path) -> list[Path]:
    """A SQLite file and what belongs to it, existing or not; its log first, since it must not be lost."""
    return [database.with_name(database.name + ending) for ending in ("-wal", "-shm", "")]


def move(database: Path, to: Path) -> None:
    """Rename a SQLite file with its log; both names in one folder."""
    for old, new in zip(with_companions(database), with_companions(to), strict=True):
        if old.exists():
            old.rename(new)
    durable.sync_folder(database.parent)


def remove(database: Path) -> None:
    for path in reversed(with_companions(database)):
        path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What journal.seq holds."""

    ceiling: int            # the highest number that may have been given out
    epoch: str = ""         # of these numbers; "" where a version wrote it that had none


def new_epoch() -> str:
    """A name for the numbers of a journal that begins from nothing."""
    return secrets.token_hex(8)


def is_epoch(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{16}", text) is not None


def read_reservation(path: Path) -> Reservation | None:
    """What was reserved; None where the file is missing or damaged."""
    try:
        ceiling, *epoch = _checked(durable.read(path, _MAX_BYTES))
        return Reservation(int(ceiling), epoch[0].decode() if epoch else "")
    except (FileNotFoundError, durable.StrangeFileError, ValueError):
        return None


def write_reservation(path: Path, reserved: Reservation) -> None:
    """Atomic and durable: when it returns, no power cut takes it back. Raises OSError."""
    durable.write(path, _with_check(b"%020d %s" % (reserved.ceiling, reserved.epoch.encode())),
                  durable.SHARED)


def noted_in(content: bytes) -> int | None:
    """The seq in what `Lock.note` wrote; None where it does not read back."""
    try:
        return int(_checked(content)[0])
    except (ValueError, IndexError):
        return None


def _with_check(words: bytes) -> bytes:
    return b"%s %08x\n" % (words, zlib.crc32(words))


def _checked(text: bytes) -> list[bytes]:
    """The words before the checksum. Raises ValueError where it does not fit."""
    words, _, check = text.rpartition(b" ")
    if int(check, 16) != zlib.crc32(words):
        raise ValueError("the checksum does not fit")
    return words.split()


class Lock:
    """A flock on `journal.lock`. The kernel frees it when the process dies, however it dies."""

    def __init__(self, path: Path) -> None:
        """Raises FatalError where the file cannot be made, RetryableError on a full disk."""
        self._path = path
        try:
            self._handle = durable.open_lock(path, 0o660)
        except (FileNotFoundError, NotADirectoryError) as exc:
            raise FatalError(f"{path}: folder does not exist; create it, or set box.state_dir",
                             os.EX_CONFIG) from exc
        except PermissionError as exc:
            raise FatalError(f"{path}: not allowed to write here; give the folder to this user, "
                             "or set box.state_dir", os.EX_NOPERM) from exc
        except OSError as exc:
            raise RetryableError(f"{path}: cannot open: {exc.strerror}; check the disk") from exc

    def enter(self, timeout_s: float) -> bool:
        """Wait to be alone or one of several; True when alone, and then nobody else gets in.

        Raises RetryableError when somebody else creates or repairs for longer than `timeout_s`.
        """
        deadline_s = time.monotonic() + timeout_s
        while True:
            if self._try(fcntl.LOCK_EX):
                return True
            if self._try(fcntl.LOCK_SH):
                return False
            if time.monotonic() > deadline_s:
                raise RetryableError(f"{self._path}: another process has been creating or repairing the "
                                     f"journal for {timeout_s:.0f} s; try again when it is done")
            time.sleep(0.02)

    def leave(self) -> None:
        fcntl.flock(self._handle, fcntl.LOCK_UN)

    def share(self) -> None:
        """Turn the lock of one owner into that of several."""
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def note(self, seq: int) -> None:
        """Write down that `seq` was given out; without fsync, so it costs microseconds.

        SQLite ignores a damaged log from the first bad frame on, and `last` would silently go back.
        """
        os.pwrite(self._handle, _with_check(b"%020d" % seq), 0)

    def noted(self) -> int:
        """The highest seq known to have been given out; 0 where nothing readable was noted."""
        return noted_in(os.pread(self._handle, _MAX_BYTES, 0)) or 0

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _try(self, kind: int) -> bool:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._handle, kind | fcntl.LOCK_NB)
            return True
        return False
