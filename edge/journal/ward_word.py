"""What the ward said last of what it has: that is owed no more, and no restart believes an older ack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.base.sqlite import Connection
from edge.contract.ack import WardAck
from edge.journal import acked_rows
from edge.journal.row import checksum_of


@dataclass(frozen=True, slots=True)
class Covered:
    """What an ack that is believed came to, or the part of it that was done."""

    row_ids: tuple[int, ...]    # that are owed no more
    lost_held: bool             # the ward, or its broker, no longer has what it had, or never did
    is_whole: bool              # else that was a part, and the same ack is to be believed once more


@dataclass(frozen=True, slots=True)
class WardWord:
    """The newest ack that was believed."""

    ward_time: datetime
    session: str
    upto_seq: int


def newest(db: Connection) -> WardWord | None:
    """None before the first, or where the row does not read back: then any ack is newer."""
    found = db.execute("SELECT ward_time, session, upto_seq, checksum FROM ward_ack").fetchone()
    if found is None or found[3] != checksum_of(found[:3]):
        return None
    return WardWord(datetime.fromisoformat(found[0]), found[1], found[2])


def believe(db: Connection, ack: WardAck, keep_for: timedelta) -> Covered:
    """Owe no more what `ack` covers, owe again what it no longer does, a part of it at each call; and keep
    what it said, once nothing is left to do.

    The caller has judged it. What is covered stays for `keep_for`: see acked_rows.py.
    """
    lost, gone = acked_rows.put_back(db, ack), acked_rows.keep(db, ack, keep_for)
    if lost == acked_rows.PART_ROWS or acked_rows.has_covered(db, ack):
        return Covered(tuple(gone), bool(lost), is_whole=False)
    before = newest(db)
    cells = (ack.ward_time.isoformat(), ack.session, ack.upto_seq)
    db.execute("INSERT OR REPLACE INTO ward_ack VALUES (1, ?, ?, ?, ?)", (*cells, checksum_of(cells)))
    acked_rows.forget_old(db, ack.ward_time, keep_for)
    return Covered(tuple(gone), bool(lost) or before is None or (
        before.session != ack.session or ack.upto_seq < before.upto_seq), is_whole=True)
