"""The ladders and the bucket of edge/members/tries.py in the database, within the caller's transaction."""

from __future__ import annotations

from edge.base.clock import Stamp
from edge.base.sqlite import Connection
from edge.members.timing import Wait
from edge.members.tries import Tries

BOX = ""                       # the subject of the bucket


def load(db: Connection, subject: str) -> Tries:
    row = db.execute("SELECT failures, wait_ns, mono_ns, boot_id FROM tries WHERE subject = ?",
                     (subject,)).fetchone()
    return Tries() if row is None else Tries(row[0], Wait(*row[1:]))


def save(db: Connection, subject: str, tries: Tries) -> None:
    if tries == Tries():
        forget(db, subject)
        return
    db.execute("INSERT OR REPLACE INTO tries VALUES (?, ?, ?, ?, ?)",
               (subject, tries.failures, tries.wait.ns, tries.wait.mono_ns, tries.wait.boot_id))


def forget(db: Connection, subject: str) -> None:
    db.execute("DELETE FROM tries WHERE subject = ?", (subject,))


def adopt(db: Connection, copy: Connection) -> None:
    """Have the same tries as `copy`."""
    db.execute("DELETE FROM tries")
    db.executemany("INSERT INTO tries VALUES (?, ?, ?, ?, ?)", copy.execute("SELECT * FROM tries"))


def begin_anew(db: Connection, now: Stamp) -> None:
    """Begin the waits of another boot now, after a restart."""
    for (subject,) in db.execute("SELECT subject FROM tries WHERE boot_id != ?", (now.boot_id,)).fetchall():
        tries = load(db, subject)
        save(db, subject, Tries(tries.failures, tries.wait.begun_in(now)))
