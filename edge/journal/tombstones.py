"""What was given up: kept in the transaction that loses it, until a tombstone record tells the ward.

A row for each number at first; of more than MAX_SHED those are joined between which nothing is held any more,
so there are never many more than rows that are held. What lies between them is not joined over: a number that
is still to come must not be called lost.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from edge.base.sqlite import UNREADABLE, Connection
from edge.journal.entry import Rank
from edge.journal.row import Row, checksum_of

MAX_SHED = 4096
MAX_RUNS = 64               # of one tombstone
MAX_HELD = 64               # tombstones: then no more are made until the ward has some of these
_COARSEN_EVERY = 256        # rows more
Kind = Literal["update", "end", "picture", "health", "event", "record"]
Why = Literal["full", "unreadable", "refused"]
_KINDS: dict[Rank, Kind] = {Rank.UPDATE: "update", Rank.END: "end", Rank.HEALTH: "health",
                            Rank.NEW: "event", Rank.NEW_ALERT: "event"}


@dataclass(frozen=True, slots=True)
class ShedRun:
    """Numbers that follow on one another and never come."""

    first_seq: int
    last_seq: int
    of: Kind
    event_id: str               # "" where they are of none, or of several
    why: Why
    sha256: str                 # of the payload; of several numbers over their digests, in their order


def bury(db: Connection, rows: Iterable[Row], why: Why) -> None:
    """Keep what there is to be said of `rows`, which are lost. One without a number left no hole."""
    before = waiting(db)
    for row in rows:
        if row.row_id > 0:
            _put(db, ShedRun(row.row_id, row.row_id, _kind_of(row), row.event_id, why,
                             hashlib.sha256(row.payload).hexdigest()))
    _coarsen_sometimes(db, before)


def bury_unknown(db: Connection, row_ids: Iterable[int], last_seq: int) -> None:
    """The same of rows of which nothing reads back; their digest is that of nothing.

    `last_seq`: the highest number that was given. One beyond it is a flipped bit in an index and no record: a
    tombstone that named it would be refused by the ward with all that it tells.
    """
    for row_id in row_ids:
        if 0 < row_id <= last_seq:
            _put(db, ShedRun(row_id, row_id, "record", "", "unreadable", hashlib.sha256(b"").hexdigest()))


def runs(db: Connection) -> list[ShedRun]:
    """All that no tombstone has told yet, in order. What does not read back is left out."""
    return [ShedRun(*cells) for *cells, checksum in db.execute("SELECT * FROM shed ORDER BY first_seq")
            if checksum == checksum_of(cells)]


def take(db: Connection) -> tuple[ShedRun, ...]:
    """The oldest runs of one cause, MAX_RUNS at most, joined where they can be; here they are no more."""
    found = runs(db)
    chosen = joined(run for run in found if run.why == found[0].why)[:MAX_RUNS]
    for run in chosen:
        db.execute("DELETE FROM shed WHERE first_seq BETWEEN ? AND ?", (run.first_seq, run.last_seq))
    if not chosen:                      # only what does not read back: nobody can be told of it
        db.execute("DELETE FROM shed")
    return tuple(chosen)


def waiting(db: Connection) -> int:
    return int(db.execute("SELECT count(*) FROM shed").fetchone()[0])


def untold(db: Connection) -> int:
    """How many are to be told now: none while MAX_HELD tombstones are held."""
    held = db.execute("SELECT coalesce(sum(rows), 0) FROM held WHERE rank = ?", (Rank.TOMBSTONE,)).fetchone()
    return 0 if held[0] >= MAX_HELD else waiting(db)


def oldest_seq(db: Connection) -> int | None:
    """The lowest number that no tombstone has told yet."""
    found: int | None = db.execute("SELECT min(first_seq) FROM shed").fetchone()[0]
    return found


def salvage(damaged: Connection, into: Connection) -> None:
    """Copy what reads back."""
    with contextlib.suppress(*UNREADABLE):
        for run in runs(damaged):
            _put(into, run)


def joined(shed: Iterable[ShedRun],
           held_between: Callable[[int, int], bool] | None = None) -> list[ShedRun]:
    """Runs of one kind and cause that follow on one another as one each.

    Args:
        held_between: also runs with numbers between them, whatever their kind, where it says of (last of the
            one, first of the other) that nothing is.
    """
    groups: list[list[ShedRun]] = []
    for run in shed:
        before = groups[-1][-1] if groups else None
        if before is not None and before.why == run.why and (
                (before.last_seq + 1 == run.first_seq and before.of == run.of) if held_between is None
                else not held_between(before.last_seq, run.first_seq)):
            groups[-1].append(run)
        else:
            groups.append([run])
    return [_one(group) for group in groups]


def _one(group: Sequence[ShedRun]) -> ShedRun:
    if len(group) == 1:
        return group[0]
    digests = b"".join(bytes.fromhex(run.sha256) for run in group)
    kinds, events = {run.of for run in group}, {run.event_id for run in group}
    return replace(group[0], last_seq=group[-1].last_seq, of=kinds.pop() if len(kinds) == 1 else "record",
                   event_id=events.pop() if len(events) == 1 else "",
                   sha256=hashlib.sha256(digests).hexdigest())


def _coarsen_sometimes(db: Connection, before: int) -> None:
    """Join what can be joined whenever so many more have come; there were `before`."""
    count = waiting(db)
    if count <= MAX_SHED or count // _COARSEN_EVERY == before // _COARSEN_EVERY:
        return

    def held_between(last_seq: int, first_seq: int) -> bool:
        return db.execute("SELECT 1 FROM item WHERE row_id > ? AND row_id < ? LIMIT 1",
                          (last_seq, first_seq)).fetchone() is not None

    coarse = joined(runs(db), held_between)
    db.execute("DELETE FROM shed")
    for run in coarse:
        _put(db, run)


def _put(db: Connection, run: ShedRun) -> None:
    cells = (run.first_seq, run.last_seq, run.of, run.event_id, run.why, run.sha256)
    db.execute("INSERT OR REPLACE INTO shed VALUES (?, ?, ?, ?, ?, ?, ?)", (*cells, checksum_of(cells)))


def _kind_of(row: Row) -> Kind:
    return "picture" if row.is_picture else _KINDS.get(Rank(row.rank), "record")
