"""Records by their rev, of events or of alarms: the first to come with a rev stays, since evidence is not
overwritten. And the row that they add up to. All works within the caller's transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from edge.base.sqlite import Connection
from edge.contract.messages import HISTORICAL_AFTER_S, Envelope
from ward.store.counts import ChangeCount, Counters
from ward.store.intake import ms_of

log = logging.getLogger("store")


class StoreOutcome(Enum):
    """What became of a record."""

    NEW = auto()
    LIVE = auto()           # known, but it was live after all: the row of its subject may change
    AGAIN = auto()          # known
    REFUSED = auto()        # of another box, or other than what is stored


@dataclass(frozen=True, slots=True)
class Arrived:
    """One record, and of what it is."""

    subject_id: str         # of an event or an alarm
    rev: int
    box: str
    envelope: Envelope
    raw: str                # the envelope as it came
    clock_synchronised: bool


class RecordTable:
    """One of the tables of records, and that of what they add up to. One thread."""

    def __init__(self, db: Connection, counters: Counters, changes: ChangeCount, what: str, table: str,
                 summary: str) -> None:
        """`what`: "event" or "alarm"; both tables have a column `{what}_id`."""
        self._db, self._counters, self._changes, self._what = db, counters, changes, what
        self._table, self._summary, self._key = table, summary, f"{what}_id"

    def owner(self, subject_id: str) -> str | None:
        """Whose it is; None while no record of it has come."""
        row = self._db.execute(f"SELECT box FROM {self._table} WHERE {self._key} = ? LIMIT 1",     # noqa: S608
                               (subject_id,)).fetchone()
        return row and str(row[0])

    def keep(self, record: Arrived, more: Mapping[str, object], now_ms: int) -> StoreOutcome:
        """Take one record in. `more`: the values of the table's own columns, by name."""
        owner = self.owner(record.subject_id)
        if owner is not None and owner != record.box:
            self._counters.add(record.box, "foreign")
            log.warning("record refused: box=%s %s=%s error=\"the %s is of box %s\"", record.box, self._what,
                        record.subject_id, self._what, owner)
            return StoreOutcome.REFUSED
        late_ms = now_ms - ms_of(record.envelope.time)
        late = record.clock_synchronised and late_ms > HISTORICAL_AFTER_S * 1000
        historical = int(record.envelope.historical or late)
        old = self._db.execute(f"SELECT envelope, historical FROM {self._table}"                    # noqa: S608
                               f" WHERE {self._key} = ? AND rev = ?",
                               (record.subject_id, record.rev)).fetchone()
        if old is not None:
            return self._again(record, old[0], old[1], historical)
        _store(self._db, "INSERT", self._table, {
            self._key: record.subject_id, "rev": record.rev, "box": record.box, "seq": record.envelope.seq,
            "historical": historical, "received_ms": now_ms, "envelope": record.raw, **more})
        return StoreOutcome.NEW

    def write_summary(self, subject_id: str, row: Mapping[str, object]) -> None:
        """What the records of one subject add up to, under the next change number, if that is another."""
        values = {self._key: subject_id, **row}
        old = self._db.execute(f"SELECT {', '.join(values)} FROM {self._summary}"                   # noqa: S608
                               f" WHERE {self._key} = ?", (subject_id,)).fetchone()
        if old is None or tuple(old) != tuple(values.values()):
            _store(self._db, "INSERT OR REPLACE", self._summary,
                   {"change": self._changes.next(), **values})

    def _again(self, record: Arrived, old: str, was_historical: int, historical: int) -> StoreOutcome:
        """The same rev once more: the first stays. Number and `historical`, set by delivery, may differ."""
        if _essence(old) != _essence(record.raw):
            self._counters.add(record.box, "conflicts")
            log.warning("record refused: box=%s %s=%s rev=%d error=\"differs from what was stored\"",
                        record.box, self._what, record.subject_id, record.rev)
            return StoreOutcome.REFUSED
        self._counters.add(record.box, "duplicates")
        if historical >= was_historical:
            return StoreOutcome.AGAIN
        self._db.execute(f"UPDATE {self._table} SET historical = ? WHERE {self._key} = ? AND rev = ?",  # noqa: S608
                         (historical, record.subject_id, record.rev))
        return StoreOutcome.LIVE


def _store(db: Connection, how: str, table: str, row: Mapping[str, object]) -> None:
    places = ", ".join("?" * len(row))
    db.execute(f"{how} INTO {table} ({', '.join(row)}) VALUES ({places})", tuple(row.values()))


def _essence(raw: str) -> tuple[object, ...]:
    """What a box may not change when it sends a record once more.

    Its number it may: guard hands a call over again until an ack names it, and where the journal has it no
    more, it gets another one.
    """
    record = Envelope.model_validate_json(raw)
    return record.id, record.time, record.type, record.data
