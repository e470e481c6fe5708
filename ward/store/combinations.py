"""Events by filter, the last to come first, at a cost that does not grow with the store.

A filter asks for some of the combinations of box, camera, kind, class and severity that there are; the index
`events_by_combination` has each combination's events in order, and a filtered list is their runs merged, of
each no more than is shown. Which combinations there are is found once, by skipping from one to the next in
that index, and from then on read off the events that changed. Wanted: 50 ms of CPU with a million events,
whatever is asked for, also where nothing matches. Assumed: hundreds of combinations, as boxes' configs make
them; with thousands a filter that lets many pass looks through the newest events first. It cannot search
texts. Tried instead: an index a column, where two filters that are both common and rarely meet read hundreds
of thousands of rows; and skipping at each request, 150 ms where there are 4800 combinations.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

from edge.base.sqlite import Connection
from ward.store.changes import last_change
from ward.store.rows import Cursor, EventFilter

_NAMES = "box, camera, kind, label, severity"
_FIRST = f"SELECT {_NAMES} FROM events ORDER BY {_NAMES} LIMIT 1"  # noqa: S608
_NEXT = f"SELECT {_NAMES} FROM events WHERE ({_NAMES}) > (?, ?, ?, ?, ?) ORDER BY {_NAMES} LIMIT 1"  # noqa: S608
_CHANGED = f"SELECT DISTINCT {_NAMES} FROM events WHERE change > ?"  # noqa: S608
_BATCH = 8                       # of one combination, read at a time
_MANY, _LOOKED_THROUGH = 150, 3000
_FOLLOWED = 20_000               # changes; beyond that skipping through all is quicker


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


class KnownCombinations:
    """Those that the stored events have, or had since this was made. Any thread."""

    def __init__(self) -> None:
        self._lock, self._upto = Lock(), -1
        self._found: list[Combination] = []

    def read(self, db: Connection) -> list[Combination]:
        """All of them, sorted."""
        with self._lock:
            last = last_change(db)
            if self._upto < 0 or not 0 <= last - self._upto <= _FOLLOWED:
                self._found = list(_skipped_through(db))
            elif last > self._upto:
                changed = {Combination(*row) for row in db.execute(_CHANGED, (self._upto,))}
                if new := changed.difference(self._found):
                    self._found = sorted({*self._found, *new})
            self._upto = last
            return self._found


def newest(db: Connection, known: list[Combination], which: EventFilter, limit: int,
           before: Cursor | None) -> list[str]:
    """The ids of the newest events that match, newest first; only those older than `before`."""
    matching = [each for each in known if each.matches(which)]
    if len(matching) > _MANY:
        found = _looked_through(db, which, limit, before)
        if len(found) == limit:
            return found
    return _merged([_Run(db, each, which, before) for each in matching], limit)


def _skipped_through(db: Connection) -> Iterator[Combination]:
    row = db.execute(_FIRST).fetchone()
    while row is not None:
        yield Combination(*row)
        row = db.execute(_NEXT, tuple(row)).fetchone()


def _looked_through(db: Connection, which: EventFilter, limit: int, before: Cursor | None) -> list[str]:
    """Those that match among the newest `_LOOKED_THROUGH` events."""
    condition, values = which.terms()
    received_ms, event_id = _start(which, before)
    return [row[0] for row in db.execute(
        f"SELECT event_id FROM (SELECT * FROM events WHERE (received_ms, event_id) < (?, ?)"  # noqa: S608
        f" ORDER BY received_ms DESC, event_id DESC LIMIT {_LOOKED_THROUGH}) WHERE {condition}"
        " ORDER BY received_ms DESC, event_id DESC LIMIT ?", (received_ms, event_id, *values, limit))]


def _merged(runs: list[_Run], limit: int) -> list[str]:
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
