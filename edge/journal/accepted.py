"""Which records were taken in, so that one that is handed over twice is stored once.

Whoever makes a record keeps it until it was told that it is durable, and hands it over again where that
answer was lost: with a kill between commit and answer it gets the seq that it has already. And whether the
broker has had it, so that whoever keeps a call can be told so, also later. A record is known by its
topic and its id.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable, Sequence

from edge.base.sqlite import UNREADABLE, Connection
from edge.journal.entry import MAX_PICTURES, Entry, Rank

MAX_ACCEPTED = 4096         # the newest: a sender has a few hundred under way at most
MAX_CALLS = 4096            # of alarms, which guard may hand over again after weeks without the ward
_TRIM_EVERY = 64


def seq_of(db: Connection, entry: Entry) -> int | None:
    """The seq that `entry` was given when it came before; None where it is new, or long forgotten."""
    found = db.execute("SELECT seq FROM accepted WHERE name = ?", (_name(entry.topic, entry.id),)).fetchone()
    return None if found is None else int(found[0])


def note(db: Connection, entry: Entry, seq: int) -> None:
    """Remember that `entry` has become `seq`; of too many, the newest stay."""
    db.execute("INSERT INTO accepted VALUES (?, ?, ?, 0)", (seq, int(entry.rank is Rank.ALARM),
                                                            _name(entry.topic, entry.id)))
    if seq % _TRIM_EVERY <= MAX_PICTURES:     # an entry takes so many numbers more than one, at most
        for is_call, most in ((0, MAX_ACCEPTED), (1, MAX_CALLS)):
            db.execute("DELETE FROM accepted WHERE seq IN (SELECT seq FROM accepted WHERE is_call = ?"
                       " ORDER BY seq DESC LIMIT -1 OFFSET ?)", (is_call, most))


def note_delivered(db: Connection, seqs: Iterable[int]) -> None:
    """The broker has these, or the ward."""
    db.executemany("UPDATE accepted SET is_delivered = 1 WHERE seq = ?", ((seq,) for seq in seqs))


def forget(db: Connection, seqs: Iterable[int]) -> None:
    """These were lost to damage: who still has them may hand them over anew."""
    db.executemany("DELETE FROM accepted WHERE seq = ?", ((seq,) for seq in seqs))


def delivered(db: Connection, topic: str, ids: Collection[str]) -> list[str]:
    """Those of `ids`, of records on `topic`, that the broker has had."""
    names = {_name(topic, one): one for one in ids}
    found = db.execute("SELECT name FROM accepted WHERE is_delivered = 1"
                       " AND name IN (SELECT value FROM json_each(?))", (json.dumps(list(names)),))
    return [names[name] for (name,) in found]


def salvage(damaged: Connection, into: Connection, lost: Iterable[int]) -> None:
    """Copy them where the table can be read, but for the seqs `lost`: those may be handed over anew."""
    rows: Sequence[tuple[object, ...]] = ()
    with contextlib.suppress(*UNREADABLE):
        rows = damaged.execute("SELECT seq, is_call, name, is_delivered FROM accepted").fetchall()
    into.executemany("INSERT OR IGNORE INTO accepted VALUES (?, ?, ?, ?)", rows)
    forget(into, lost)


def _name(topic: str, record_id: str) -> str:
    """Topic and id in one: a sender that forges the ids of another's records shadows none of them."""
    return f"{topic} {record_id}"
