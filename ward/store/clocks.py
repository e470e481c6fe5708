"""What boxes told of their clocks, and what that makes of the times in their records.

A record stays as it was made. A wall time that was made before a step of the clock is right when all later
steps of that boot are added; so what is known grows, and is computed when somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.base.sqlite import Connection
from edge.contract.messages import ClockState
from ward.store.incoming import TimeIn


@dataclass(frozen=True, slots=True)
class CorrectedTime:
    """One time of a box, as it told it and as it was."""

    box_time_ms: int            # as the record has it
    corrected_ms: int | None    # None: the box has told nothing of its clock in that boot
    state: ClockState | None    # of the clock, as last told of that boot
    bound_ms: int | None        # so far `corrected_ms` may be off; None: unknown


class ClockBook:
    """The table clocks. Within the caller's transaction."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def time(self, told: TimeIn, now_ms: int) -> bool:
        """Keep what a box told of its clock; return whether it is new."""
        data = told.data
        return self._db.execute(
            "INSERT OR IGNORE INTO clocks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (told.box, data.boot_id, data.from_mono_ns, told.envelope.id, data.state.value, data.offset_ms,
             data.bound_ms, now_ms)).rowcount == 1


def corrected(db: Connection, box: str, boot_id: str, mono_ns: int, box_time_ms: int) -> CorrectedTime:
    """What is known today of a wall time that a box made at `mono_ns` of a boot."""
    rows = db.execute("SELECT from_mono_ns, offset_ms, state, bound_ms FROM clocks WHERE box = ?"
                      " AND boot_id = ? ORDER BY from_mono_ns", (box, boot_id)).fetchall()
    if not rows:
        return CorrectedTime(box_time_ms, None, None, None)
    offset_ms = sum(row[1] for row in rows if row[0] > mono_ns)
    return CorrectedTime(box_time_ms, box_time_ms + offset_ms, ClockState(rows[-1][2]), rows[-1][3])
