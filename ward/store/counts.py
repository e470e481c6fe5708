"""Counters, and the one count of changes by which open pages follow both files of the store.

A page goes on from the highest number that it has seen. So a number must never become visible after a higher
one: whoever takes one holds `changes.lock` until its commit, and looks for the highest in both files. Nobody
waits for it for long, the lane of alarms least of all.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.base import durable, sqlite
from edge.base.sqlite import Connection

log = logging.getLogger("store")

LOCK_NAME = "changes.lock"
PATIENCE_S = 2.0
CALLS_PATIENCE_S = 0.25     # of whoever writes the file of alarms: the next call for help waits behind it
_POLL_S = 0.005
_OTHER_BUSY_S = 0.2


class Counters:
    """Named numbers that only rise, per box; box "" for what belongs to none."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, box: str, name: str, by: int = 1) -> int:
        """Return the new value."""
        row = self._db.execute("INSERT INTO counters VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET"
                               " value = value + ?3 RETURNING value", (box, name, by)).fetchone()
        return int(row[0])


class ChangeCount:
    """Numbers for changes in the file of `db`; `elsewhere` reads the highest of the other file. One thread.

    Args:
        patience_s: so long the lock is waited for; then a number is taken without it. It is higher than all
            that is visible, so that its own change is seen; an open page may miss one that was under way.
    """

    def __init__(self, folder: Path, db: Connection, elsewhere: Callable[[], int],
                 patience_s: float = PATIENCE_S) -> None:
        self._path, self._db, self._elsewhere = folder / LOCK_NAME, db, elsewhere
        self._patience_s = patience_s
        self._lock: int | None = None
        self._last = 0

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """As `sqlite.transaction`; numbers that are taken in it become visible in their order."""
        try:
            with sqlite.transaction(self._db):
                yield self._db
        finally:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def next(self) -> int:
        """The next number; within `transaction`."""
        if self._lock is None:
            self._lock = durable.open_lock(self._path)
            _wait_for(self._lock, self._patience_s)
            self._last = max(highest_change(self._db), self._elsewhere())
        self._last += 1
        self._db.execute("INSERT INTO counters VALUES ('', 'changes', ?1)"
                         " ON CONFLICT DO UPDATE SET value = ?1", (self._last,))
        return self._last


class OtherCount:
    """The highest number in the other file of the store, `path`. Waits for nobody who writes there; where it
    cannot be read, the last that was. One thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: Connection | None = None
        self._last = 0

    def __call__(self) -> int:
        try:
            if self._db is None:
                self._db = sqlite.connect(self._path, ("query_only = ON",), busy_s=_OTHER_BUSY_S)
            self._last = max(self._last, highest_change(self._db))
        except (sqlite.Error, OSError) as exc:
            log.debug("changes not read: path=%s error=\"%s\"", self._path, exc)
            self.close()
        return self._last

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def highest_change(db: Connection) -> int:
    """The highest number that was given in the file of `db`."""
    row = db.execute("SELECT value FROM main.counters WHERE box = '' AND name = 'changes'").fetchone()
    return int(row[0]) if row else 0


def _wait_for(lock: int, patience_s: float) -> None:
    until_s = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until_s:
                log.warning("change numbered without the lock: error=\"held for %.1f s by another\"",
                            patience_s)
                return
            time.sleep(_POLL_S)
        else:
            return
