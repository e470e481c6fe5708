"""A small table beside what is owed to the ward: each row with a checksum, the newest of them kept.

What it says is kept apart from the records, since a record leaves with its delivery. A row that does not read
back as it was written, or that makes no sense, is never handed out: whoever reads names it for deletion.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from edge.base.sqlite import UNREADABLE, Connection
from edge.journal.row import checksum_of

V = TypeVar("V")
Cell = str | int
Cells = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class SideTable(Generic[V]):
    """One of the tables of schema.sql. Immutable; the caller has the connection, and the transaction."""

    name: str
    columns: Sequence[str]          # the key first, `seq` among them; in the table `checksum` follows them
    limit: int                      # rows; of too many, those of the highest seq stay
    value: Callable[..., V]         # of the cells, in that order; ValueError where they make no sense

    def put(self, db: Connection, cells: Cells) -> None:
        """Store `cells` in place of what their key had before."""
        self._insert(db, cells)
        db.execute(f"DELETE FROM {self.name} WHERE seq IN (SELECT seq FROM {self.name}"      # noqa: S608
                   " ORDER BY seq DESC LIMIT -1 OFFSET ?)", (self.limit,))

    def read(self, db: Connection) -> tuple[list[V], list[Cell]]:
        """What is there in the order of `seq`, and the keys of the rows that are no use."""
        rows, bad = self._rows(db)
        values: list[V] = []
        for cells in rows:
            try:
                values.append(self.value(*cells))
            except ValueError:
                bad.append(cells[0])
        return values, bad

    def delete(self, db: Connection, keys: Iterable[Cell]) -> None:
        db.executemany(f"DELETE FROM {self.name} WHERE {self.columns[0]} = ?",              # noqa: S608
                       ((key,) for key in keys))

    def salvage(self, damaged: Connection, into: Connection) -> int:
        """Copy what can be read of a damaged file's; return how many rows are known to be lost."""
        rows: list[Cells] = []
        bad: list[Cell] = []
        with contextlib.suppress(*UNREADABLE):
            rows, bad = self._rows(damaged)
        for cells in rows:
            self._insert(into, cells)
        return len(bad)

    def _rows(self, db: Connection) -> tuple[list[Cells], list[Cell]]:
        columns = ", ".join([*self.columns, "checksum"])
        intact: list[Cells] = []
        bad: list[Cell] = []
        for *cells, checksum in db.execute(f"SELECT {columns} FROM {self.name} ORDER BY seq"):      # noqa: S608
            if checksum == checksum_of(cells):
                intact.append(tuple(cells))
            else:
                bad.append(cells[0])
        return intact, bad

    def _insert(self, db: Connection, cells: Cells) -> None:
        row = (*cells, checksum_of(cells))
        places = ", ".join("?" * len(row))
        db.execute(f"INSERT OR REPLACE INTO {self.name} VALUES ({places})", row)                   # noqa: S608
