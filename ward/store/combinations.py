"""Events by filter, newest first, at a cost that does not grow with the store.

A filter asks for some of the combinations of box, camera, kind, class and severity that there are; the index
`events_by_combination` has each combination's events in order. So which there are is found by skipping from
one to the next, and a filtered list is their runs merged, of each no more than is shown. Wanted: 50 ms of
CPU with a million events, whatever is asked for, also where nothing matches. Assumed: some hundreds of
combinations, since boxes' configs decide them, not what passes. It cannot search texts. Tried instead: an
index a column, where two filters that are both common and rarely meet read hundreds of thousands of rows.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from edge.base.sqlite import Connection
from ward.store.rows import Cursor, EventFilter

_NAMES = "box, camera, kind, label, severity"
_FIRST = f"SELECT {_NAMES} FROM events ORDER BY {_NAMES} LIMIT 1"  # noqa: S608
_NEXT = f"SELECT {_NAMES} FROM events WHERE ({_NAMES}) > (?, ?, ?, ?, ?) ORDER BY {_NAMES} LIMIT 1"  # noqa: S608
_BATCH = 8                       # of one combination, read at a time


@dataclass(frozen=True, slots=True, order=True)
class Combination:
    box: str
    camera: str
    kind: str
    label: str
    severity: str

    @property
    def values(self) -> tuple[str, ...]:
        return self.box, self.camera, self.kind, self.label, self.severity

    def matches(self, which: EventFilter) -> bool:
        wanted = which.box, which.camera, which.kind, which.label, which.severity
        return all(want in (None, value) for want, value in zip(wanted, self.values, strict=True))


def combinations(db: Connection) -> list[Combination]:
    """Those that the stored events have, sorted."""
    found: list[Combination] = []
    row = db.execute(_FIRST).fetchone()
    while row is not None:
        found.append(Combination(*row))
        row = db.execute(_NEXT, tuple(row)).fetchone()
    return found


def newest(db: Connection, which: EventFilter, limit: int, before: Cursor | None) -> list[str]:
    """The ids of the newest events that match, newest first; only those older than `before`."""
    runs = [_Run(db, each, which, before) for each in combinations(db) if each.matches(which)]
    heap = [(run.key, number) for number, run in enumerate(runs) if run.key is not None]
    heapq.heapify(heap)
    found: list[str] = []
    while heap and len(found) < limit:
        (_, _, event_id), number = heap[0]
        found.append(event_id)
        runs[number].advance()
        key = runs[number].key
        if key is None:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, (key, number))
    return found


Key = tuple[int, int, str]
"""Of one event; the newest sorts first."""


class _Run:
    """The events of one combination, newest first; `key` is of the present one, None at the end."""

    def __init__(self, db: Connection, of: Combination, which: EventFilter, before: Cursor | None) -> None:
        self._db, self._of, self._from_ms = db, of, which.from_ms
        self._last = _start(which, before)
        self._batch: list[tuple[int, str]] = []
        self._size = 1               # most runs show nothing, so the first look is for one alone
        self.key: Key | None = None
        self.advance()

    def advance(self) -> None:
        if not self._batch:
            self._batch = self._read()
        if not self._batch:
            self.key = None
            return
        received_ms, event_id = self._last = self._batch.pop(0)
        self.key = (-received_ms, -int(event_id.replace("-", ""), 16), event_id)

    def _read(self) -> list[tuple[int, str]]:
        size, self._size = self._size, _BATCH
        rows = self._db.execute(
            "SELECT received_ms, event_id FROM events WHERE box = ? AND camera = ? AND kind = ?"
            " AND label = ? AND severity = ? AND (received_ms, event_id) < (?, ?)"
            " ORDER BY received_ms DESC, event_id DESC LIMIT ?",
            (*self._of.values, *self._last, size)).fetchall()
        return [(row[0], row[1]) for row in rows if self._from_ms is None or row[0] >= self._from_ms]


def _start(which: EventFilter, before: Cursor | None) -> tuple[int, str]:
    """What the list's first event must be below."""
    latest = (2**62, "") if which.until_ms is None else (which.until_ms, "")
    return latest if before is None else min(latest, (before.received_ms, before.subject_id))
