"""The log of acts: appended to, never changed, each row bound to the one before by its hash.

What that gives: SQLite refuses UPDATE and DELETE, and whoever edits the file all the same is found out by
`verify`, unless he writes the whole chain again; `head` is for whoever wants to note it down elsewhere.
The newest KEEP rows are kept, more than a year of 100 acts a day, some 20 MB; the oldest are forgotten
TRIM at a time, since a log of who did what is personal data. schema.sql lets nothing newer go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from edge.base.clock import Stamp
from edge.base.sqlite import Connection
from edge.members.values import Act, LogBreak, LoggedAct, LogHead

KEEP = 50_000
TRIM = 5_000
MAX_TEXT = 200                 # characters of each text in an act; longer ones are cut
_MAX_DETAILS = 12


class _Row(NamedTuple):
    seq: int
    utc: str
    mono_ns: int
    boot_id: str
    synchronised: int
    what: str
    who: str
    name: str
    subject: str
    detail: str
    prev: bytes
    sha256: bytes

    def hashed(self) -> bytes:
        """The sha256 over every column but the hash itself, as canonical JSON: no two rows read the same."""
        cells = [cell.hex() if isinstance(cell, bytes) else cell for cell in self[:-1]]
        return hashlib.sha256(json.dumps(cells, ensure_ascii=True, separators=(",", ":")).encode()).digest()

    def logged(self) -> LoggedAct:
        at = Stamp(datetime.fromisoformat(self.utc), self.mono_ns, self.boot_id, bool(self.synchronised))
        act = Act(self.what, self.who, self.subject, json.loads(self.detail))
        return LoggedAct(self.seq, at, act, self.name)


def append(db: Connection, act: Act, at: Stamp) -> None:
    """Append `act` to the log, within the caller's transaction."""
    first, last, prev = db.execute("SELECT first_seq, last_seq, sha256 FROM act_range").fetchone()
    found = db.execute("SELECT name FROM member WHERE id = ?", (_cut(act.who),)).fetchone()
    row = _Row(last + 1, at.utc.isoformat(timespec="milliseconds"), at.mono_ns, at.boot_id,
               int(at.clock_synchronised), _cut(act.what), _cut(act.who), found[0] if found else "",
               _cut(act.subject), _as_json(act.detail), prev, b"")
    row = row._replace(sha256=row.hashed())
    db.execute("INSERT INTO act VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", row)
    db.execute("UPDATE act_range SET last_seq = ?, sha256 = ?", (row.seq, row.sha256))
    if row.seq - first + 1 >= KEEP + TRIM:
        db.execute("UPDATE act_range SET first_seq = ?", (row.seq - KEEP + 1,))
        db.execute("DELETE FROM act WHERE seq <= ?", (row.seq - KEEP,))


def newest(db: Connection, limit: int, before: int | None) -> list[LoggedAct]:
    """The newest first; those older than the seq `before`, where it is given."""
    end = 2**62 if before is None else before
    rows = db.execute("SELECT * FROM act WHERE seq < ? ORDER BY seq DESC LIMIT ?", (end, limit))
    return [_Row(*cells).logged() for cells in rows]


def adopt(db: Connection, copy: Connection) -> bool:
    """Append what the log of `copy` has beyond this one, within the caller's transaction; False where it does
    not go on from this one: then nothing is appended.
    """
    own, longer = head(db), head(copy)
    found = copy.execute("SELECT sha256 FROM act WHERE seq = ?", (own.seq,)).fetchone()
    if longer.seq < own.seq or (own.seq and (found is None or found[0].hex() != own.sha256)):
        return False
    for cells in copy.execute("SELECT * FROM act WHERE seq > ? ORDER BY seq", (own.seq,)):
        row = _Row(*cells)
        db.execute("INSERT INTO act VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", row)
        db.execute("UPDATE act_range SET last_seq = ?, sha256 = ?", (row.seq, row.sha256))
    return True


def head(db: Connection) -> LogHead:
    seq, sha256 = db.execute("SELECT last_seq, sha256 FROM act_range").fetchone()
    return LogHead(seq, sha256.hex())


def verify(db: Connection) -> LogBreak | None:
    """Walk the whole chain; the first place where it does not hold. Within one transaction."""
    ends = db.execute("SELECT first_seq, last_seq, sha256 FROM act_range").fetchall()
    if len(ends) != 1:
        return LogBreak(0, f"want one row that tells where the log ends, got {len(ends)}")
    ((expected, last, last_hash),) = ends
    prev = bytes(32) if expected == 1 else None         # where the oldest are forgotten, any begins it
    for cells in db.execute("SELECT * FROM act ORDER BY seq"):
        row = _Row(*cells)
        if row.seq != expected:
            return LogBreak(expected, f"row missing: next is {row.seq}")
        if prev is not None and row.prev != prev:
            return LogBreak(row.seq, "does not continue the row before")
        if row.hashed() != row.sha256:
            return LogBreak(row.seq, "was changed")
        expected, prev = row.seq + 1, row.sha256
    if expected != last + 1 or (prev is not None and prev != last_hash):
        return LogBreak(expected, f"row missing at the end: the log went to {last}")
    return None


def _as_json(detail: Mapping[str, str | int | float | bool]) -> str:
    shown = {_cut(key): _cut(value) if isinstance(value, str) else value
             for key, value in sorted(detail.items())[:_MAX_DETAILS]}
    return json.dumps(shown, ensure_ascii=False)


def _cut(text: str) -> str:
    """Short, and only what SQLite and JSON can hold: no lone surrogates, no NUL."""
    return text[:MAX_TEXT].encode("utf-8", "replace").decode().replace("\0", "?")
