"""Which numbers of a box have arrived, kept as runs without a hole: one row for a healthy box.

The table grows with the holes, not with the records, and so it is never cleared: a number is
known as arrived for as long as the store lives.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.base.sqlite import Connection


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that never arrived, both ends included."""

    first_seq: int
    last_seq: int

    @property
    def size(self) -> int:
        return self.last_seq - self.first_seq + 1


def note(db: Connection, box: str, epoch: int, seq: int) -> bool:
    """Remember `seq`; return whether it is new. Within the caller's transaction."""
    left = db.execute("SELECT first_seq, last_seq FROM seq_runs WHERE box = ? AND epoch = ?"
                      " AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1", (box, epoch, seq)).fetchone()
    if left and seq <= left[1]:
        return False
    right = db.execute("SELECT last_seq FROM seq_runs WHERE box = ? AND epoch = ? AND first_seq = ?",
                       (box, epoch, seq + 1)).fetchone()
    last = right[0] if right else seq
    if right:
        db.execute("DELETE FROM seq_runs WHERE box = ? AND epoch = ? AND first_seq = ?",
                   (box, epoch, seq + 1))
    if left and left[1] == seq - 1:
        db.execute("UPDATE seq_runs SET last_seq = ? WHERE box = ? AND epoch = ? AND first_seq = ?",
                   (last, box, epoch, left[0]))
    else:
        db.execute("INSERT INTO seq_runs VALUES (?, ?, ?, ?)", (box, epoch, seq, last))
    return True


def highest(db: Connection, box: str, epoch: int) -> int | None:
    """The greatest number that has arrived."""
    found = db.execute("SELECT max(last_seq) FROM seq_runs WHERE box = ? AND epoch = ?",
                       (box, epoch)).fetchone()
    return None if found[0] is None else int(found[0])


def gaps(db: Connection, box: str, epoch: int, owed_from: int | None, limit: int = 100) -> list[Gap]:
    """The holes, lowest first.

    Args:
        owed_from: every number above it is owed to us, also those before the first that arrived;
            None where that is not known.
    """
    runs = db.execute("SELECT first_seq, last_seq FROM seq_runs WHERE box = ? AND epoch = ?"
                      " ORDER BY first_seq LIMIT ?", (box, epoch, limit + 1)).fetchall()
    found, expected = [], None if owed_from is None else owed_from + 1
    for first, last in runs:
        if expected is not None and expected < first:
            found.append(Gap(expected, first - 1))
        expected = last + 1
    return found[:limit]
