"""Reading connections to the store: one a thread, opened when it first asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.base.sqlite import Connection, Row
from ward.store.database import FILE_NAME, connect_both, translated


class Connections:
    """Calling it gives the calling thread its connection, for a `with`; read only, rows by name.

    Tables of either file are read by their names; where both have one, the alarms' is `calls.NAME`.
    """

    def __init__(self, folder: Path, opened: Callable[[Path], Connection] = connect_both) -> None:
        """`opened` gives a new connection to the store in a folder."""
        self._opened = opened
        self._folder, self._path = folder, folder / FILE_NAME
        self._local = threading.local()

    @contextmanager
    def __call__(self) -> Iterator[Connection]:
        """Raises StoreBusyError, StoreError."""
        with translated(self._path):
            db = getattr(self._local, "db", None)
            if db is None:
                db = self._local.db = self._opened(self._folder)
                db.row_factory = Row
            yield db
