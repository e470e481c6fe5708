"""What the ward knows of its boxes: who is there, how their cameras do, which numbers came.

Every method works within the caller's transaction.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from edge.base.sqlite import Connection
from edge.contract.messages import to_json
from ward.store import seqs
from ward.store.intake import BirthIn, HealthIn, LessonsIn, MetricsIn, StatusIn, ms_of, title_of

log = logging.getLogger("store")


class Counters:
    """Named numbers that only rise, per box; box "" for what belongs to none."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, box: str, name: str, by: int = 1) -> int:
        """Return the new value."""
        row = self._db.execute("INSERT INTO counters VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET"
                               " value = value + ?3 RETURNING value", (box, name, by)).fetchone()
        return int(row[0])


@dataclass(frozen=True, slots=True)
class _Box:
    epoch: int
    owed_from: int | None
    given: int | None
    birth_id: str | None
    birth_ms: int | None
    boot_id: str | None
    state: str | None


class BoxBook:
    """One row per box that ever sent a valid message."""

    def __init__(self, db: Connection, counters: Counters) -> None:
        self._db, self._counters = db, counters

    def heard(self, box: str, now_ms: int, retained: bool) -> None:
        """A valid message came. A retained one tells of a box, not that it spoke just now."""
        self._db.execute("INSERT INTO boxes (box, first_heard_ms, heard_ms) VALUES (?1, ?2, ?2)"
                         " ON CONFLICT DO UPDATE SET heard_ms = max(heard_ms, ?3)",
                         (box, now_ms, 0 if retained else now_ms))

    def known(self, box: str) -> bool:
        return self._db.execute("SELECT 1 FROM boxes WHERE box = ?", (box,)).fetchone() is not None

    def note_seq(self, box: str, seq: int | None) -> bool:
        """Remember the number of a record; True when it has none or is new."""
        return seq is None or seqs.note(self._db, box, self._read(box).epoch, seq)

    def birth(self, birth: BirthIn) -> bool:
        """A connection began. Returns False for one that is told again, or is older than the latest."""
        box, time_ms, told = self._read(birth.box), ms_of(birth.envelope.time), birth.data.seq
        if birth.envelope.id == box.birth_id:
            # A store that did not know of titles has it without; the broker tells the same birth again.
            self._db.execute("UPDATE boxes SET title = ? WHERE box = ?", (title_of(birth.data), birth.box))
            return False
        if box.birth_ms is not None and time_ms < box.birth_ms:
            return False
        epoch, owed_from = box.epoch, told if box.owed_from is None else min(box.owed_from, told)
        arrived = seqs.highest(self._db, birth.box, epoch)
        if arrived is not None and told < max(arrived, box.given or 0):
            # All given before a connection is at most what its birth tells: this journal is another one.
            epoch, owed_from = epoch + 1, told
            self._counters.add(birth.box, "journal_restarts")
            log.warning("box began a new journal: box=%s last_seq=%d now=%d", birth.box, arrived, told)
        self._db.execute(
            "UPDATE boxes SET epoch = ?, owed_from = ?, given = ?, birth_id = ?, birth_ms = ?, birth = ?,"
            " title = ?, boot_id = ? WHERE box = ?",
            (epoch, owed_from, told, birth.envelope.id, time_ms, to_json(birth.data),
             title_of(birth.data), birth.data.boot_id, birth.box))
        return True

    def status(self, status: StatusIn, now_ms: int) -> bool:
        """Online or offline. Returns whether that is news.

        The last will is written when a connection begins. One that the broker sends late, for a boot
        that is over, says nothing about the box as it is now.
        """
        box = self._read(status.box)
        if status.data.state == "offline" and box.boot_id not in (None, status.data.boot_id):
            self._counters.add(status.box, "stale_wills")
            return False
        if (box.state, box.boot_id) == (status.data.state, status.data.boot_id):
            return False
        since = "" if box.state == status.data.state else ", state_ms = :now"
        self._db.execute(f"UPDATE boxes SET state = :state, boot_id = :boot{since} WHERE box = :box",  # noqa: S608
                         {"state": status.data.state, "boot": status.data.boot_id, "now": now_ms,
                          "box": status.box})
        return box.state != status.data.state

    def health(self, health: HealthIn) -> bool:
        """How a camera does, by the highest seq. Returns whether its state changed."""
        box, data = self._read(health.box), health.data
        seq = -1 if health.envelope.seq is None else health.envelope.seq
        mine = (box.epoch, seq, ms_of(health.envelope.time))
        old = self._db.execute("SELECT epoch, seq, time_ms, state FROM cameras WHERE box = ? AND camera = ?",
                               (health.box, data.camera)).fetchone()
        if old is not None and tuple(old[:3]) >= mine:
            return False
        detail = "".join(letter if letter.isprintable() else " " for letter in data.detail[:200])
        self._db.execute("INSERT OR REPLACE INTO cameras VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                         (health.box, data.camera, *mine, data.exactly.value, ms_of(data.since), detail))
        return old is None or old[3] != data.exactly.value

    def lessons(self, lessons: LessonsIn) -> bool:
        """What a box has learned not to tell, by the highest seq. Returns whether that was news."""
        seq = -1 if lessons.envelope.seq is None else lessons.envelope.seq
        mine = (self._read(lessons.box).epoch, seq, ms_of(lessons.envelope.time))
        old = self._db.execute("SELECT epoch, seq, time_ms FROM lessons WHERE box = ?",
                               (lessons.box,)).fetchone()
        if old is not None and tuple(old) >= mine:
            return False
        self._db.execute("INSERT OR REPLACE INTO lessons VALUES (?, ?, ?, ?, ?)",
                         (lessons.box, *mine, to_json(lessons.data)))
        self._counters.add("", "changes")      # open pages look again
        return True

    def metrics(self, metrics: MetricsIn, now_ms: int) -> None:
        self._db.execute("UPDATE boxes SET metrics = ?, metrics_ms = ? WHERE box = ?",
                         (to_json(metrics.data), now_ms, metrics.box))

    def _read(self, box: str) -> _Box:
        return _Box(*self._db.execute("SELECT epoch, owed_from, given, birth_id, birth_ms, boot_id, state"
                                      " FROM boxes WHERE box = ?", (box,)).fetchone())
