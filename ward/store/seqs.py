"""Numbers of a box kept as runs without a hole: one row for a healthy box.

The tables grow with the holes, not with the records, and so they are never cleared: a number is known as
arrived, or as given up by the box, for as long as the store lives. What a set of numbers comes to is computed
here as well, over lists of runs: sorted, both ends included, none touching the next.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from edge.base.sqlite import Connection

Table = Literal["seq_runs", "shed_runs"]
Runs = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that never arrived, both ends included."""

    first_seq: int
    last_seq: int

    @property
    def size(self) -> int:
        return self.last_seq - self.first_seq + 1


def note(db: Connection, box: str, journal: str, first: int, last: int | None = None,
         table: Table = "seq_runs") -> bool:
    """Remember the numbers `first` to `last`; return whether any is new. Within the caller's transaction."""
    last = first if last is None else last
    left = db.execute(f"SELECT first_seq, last_seq FROM {table} WHERE box = ? AND journal = ?"     # noqa: S608
                      " AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1",
                      (box, journal, first)).fetchone()
    if left and last <= left[1]:
        return False
    touched = db.execute(f"SELECT first_seq, last_seq FROM {table} WHERE box = ? AND journal = ?"   # noqa: S608
                         " AND first_seq > ? AND first_seq <= ?",
                         (box, journal, first, last + 1)).fetchall()
    if left and left[1] >= first - 1:
        touched.append(left)
    db.executemany(f"DELETE FROM {table} WHERE box = ? AND journal = ? AND first_seq = ?",          # noqa: S608
                   [(box, journal, run[0]) for run in touched])
    db.execute(f"INSERT INTO {table} VALUES (?, ?, ?, ?)",                                           # noqa: S608
               (box, journal, min([first, *(run[0] for run in touched)]),
                max([last, *(run[1] for run in touched)])))
    return True


def highest(db: Connection, box: str, journal: str | None) -> int | None:
    """The greatest number that has arrived."""
    found = db.execute("SELECT max(last_seq) FROM seq_runs WHERE box = ? AND journal = ?",
                       (box, journal)).fetchone()
    return None if found[0] is None else int(found[0])


def runs(db: Connection, box: str, journal: str, limit: int, table: Table = "seq_runs") -> Runs:
    """The lowest runs of a journal."""
    return [(row[0], row[1]) for row in db.execute(
        f"SELECT first_seq, last_seq FROM {table} WHERE box = ? AND journal = ?"                    # noqa: S608
        " ORDER BY first_seq LIMIT ?", (box, journal, limit))]


def united(*parts: Iterable[tuple[int, int]]) -> Runs:
    """All numbers that any of `parts` has; each rises."""
    found: Runs = []
    for first, last in heapq.merge(*parts):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def holes(present: Sequence[tuple[int, int]], first: int, last: int) -> Runs:
    """The numbers from `first` to `last` that are in none of the runs `present`, which are united."""
    found, expected = list[tuple[int, int]](), first
    for begin, end in present:
        if begin > last:
            break
        if expected < begin:
            found.append((expected, begin - 1))
        expected = max(expected, end + 1)
    if expected <= last:
        found.append((expected, last))
    return found


def size(found: Iterable[tuple[int, int]]) -> int:
    """How many numbers there are in runs."""
    return sum(last - first + 1 for first, last in found)
