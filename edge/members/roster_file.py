"""The roster's file by two connections: whoever reads does not wait for who writes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.base.clock import Stamp
from edge.base.errors import FatalError, RetryableError
from edge.base.sqlite import Connection, one_state, transaction
from edge.members.database import connect, translated
from edge.members.errors import DeniedError, DeniedReason


class RosterFile:
    """Transactions on the database at `path`, which was made ready. Any thread.

    Each method may raise RetryableError where the disk is full, fails or is busy, FatalError where the file
    is damaged or was replaced while in use. `doing` says in their text what could not be done.
    """

    def __init__(self, path: Path, now: Callable[[], Stamp], *, is_copy: bool = False) -> None:
        """`is_copy`: of a roster whose disk cannot be written; see working_copy.py."""
        self._path, self._now, self.is_copy = path, now, is_copy
        self._reader, self._writer = connect(path), connect(path)
        self._reading_lock, self._writing_lock = threading.Lock(), threading.Lock()
        self._inode = path.stat().st_ino

    @contextlib.contextmanager
    def changing(self, doing: str, *, in_copy: bool = False) -> Iterator[tuple[Connection, Stamp]]:
        """A transaction, and its time: taken in it, so that time runs one way over all processes.

        `in_copy`: a copy takes it as well; all else waits for the disk.
        """
        if self.is_copy and not in_copy:
            raise RetryableError(f"cannot {doing}: the card cannot be written now; replace it")
        with self._using(self._writer, self._writing_lock, doing) as writer, transaction(writer) as db:
            yield db, self._now()

    @contextlib.contextmanager
    def reading(self, doing: str) -> Iterator[Connection]:
        """One state of the file for all statements."""
        with self.polling(doing) as polled, one_state(polled) as db:
            yield db

    @contextlib.contextmanager
    def polling(self, doing: str) -> Iterator[Connection]:
        """Lend a connection for single statements, each of which sees the file as it is then."""
        with self._using(self._reader, self._reading_lock, doing) as db:
            yield db

    @contextlib.contextmanager
    def reading_at_length(self, doing: str) -> Iterator[Connection]:
        """Lend a connection of its own for a long read of one state, so that nobody waits meanwhile."""
        with translated(self._path, doing), contextlib.closing(connect(self._path)) as own, \
                one_state(own) as db:
            yield db

    def close(self) -> None:
        """Let go of the file; closing twice is fine."""
        with self._writing_lock, self._reading_lock:
            self._writer.close()
            self._reader.close()

    @contextlib.contextmanager
    def _using(self, db: Connection, lock: threading.Lock,
               doing: str) -> Iterator[Connection]:
        with lock, translated(self._path, doing):
            self._refuse_replaced()
            try:
                yield db
            except UnicodeEncodeError as exc:       # an id out of "\\ud800" in somebody's JSON
                raise DeniedError(DeniedReason.UNKNOWN, f"cannot {doing}: an id that is no text") from exc

    def _refuse_replaced(self) -> None:
        """Raise where the file was moved away or replaced: a revocation would go unseen in the old one."""
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            inode = -1
        if inode != self._inode:
            raise FatalError(f"{self._path}: was moved or deleted while in use; restart `edgebox guard`")
