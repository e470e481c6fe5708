"""What the ward knows of its boxes: who is there, how their cameras do, which numbers came.

Every method works within the caller's transaction.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from edge.base.sqlite import Connection
from edge.contract.messages import to_json
from ward.store import incidents
from ward.store.counts import ChangeCount, Counters
from ward.store.incidents import IncidentKind
from ward.store.incoming import BirthIn, HealthIn, LessonsIn, MetricsIn, StatusIn
from ward.store.intake import ms_of, title_of
from ward.store.journals import JournalBook, JournalState

log = logging.getLogger("store")


_AHEAD_MS = 300_000
_BIRTHS_KEPT = 64            # of each box, to know those that come again


@dataclass(frozen=True, slots=True)
class _Box:
    birth_id: str | None
    boot_id: str | None
    state: str | None
    journal: str | None


class BoxBook:
    """One row per box that ever sent a valid message."""

    def __init__(self, db: Connection, counters: Counters, journals: JournalBook,
                 changes: ChangeCount) -> None:
        self._db, self._counters, self._journals, self._changes = db, counters, journals, changes

    def heard(self, box: str, now_ms: int, retained: bool) -> None:
        """A valid message came. A retained one tells of a box, not that it spoke just now."""
        self._db.execute("INSERT INTO boxes (box, first_heard_ms, heard_ms) VALUES (?1, ?2, ?2)"
                         " ON CONFLICT DO UPDATE SET heard_ms = max(heard_ms, ?3)",
                         (box, now_ms, 0 if retained else now_ms))

    def known(self, box: str) -> bool:
        return self._db.execute("SELECT 1 FROM boxes WHERE box = ?", (box,)).fetchone() is not None

    def journal(self, box: str, epoch: str | None) -> JournalState:
        """The journal that gave a number of this box."""
        present = self._read(box).journal
        state = self._journals.of(box, epoch, present)
        if present is None:
            self._db.execute("UPDATE boxes SET journal = ? WHERE box = ?", (state.name, box))
        return state

    def birth(self, birth: BirthIn, now_ms: int) -> bool:
        """A connection began. Returns False for one that comes again, or that is older than the latest.

        The latest is the last to come, whatever the box's clock says: it may once have been ahead by years.
        """
        box, data = self._read(birth.box), birth.data
        if not self._note_birth(birth, now_ms):
            if birth.envelope.id == box.birth_id:
                # A store that did not know of titles has it without; the broker tells the same birth again.
                self._db.execute("UPDATE boxes SET title = ? WHERE box = ?", (title_of(data), birth.box))
            return False
        state = self._journals.birth(birth.box, box.journal, data, data.epoch or birth.envelope.epoch, now_ms)
        if state is None:
            return False
        if box.journal not in (None, state.name) and state.place:
            self._counters.add(birth.box, "journal_restarts")
        ahead_ms = ms_of(birth.envelope.time) - now_ms
        if ahead_ms > _AHEAD_MS:            # one that is behind may as well have been held by the broker
            incidents.tell(self._db, birth.box, IncidentKind.CLOCK, now_ms, {"ahead_s": ahead_ms // 1000})
        self._db.execute(
            "UPDATE boxes SET journal = ?, birth_id = ?, birth_ms = ?, birth = ?, title = ?, boot_id = ?"
            " WHERE box = ?", (state.name, birth.envelope.id, ms_of(birth.envelope.time), to_json(data),
                               title_of(data), data.boot_id, birth.box))
        return True

    def _note_birth(self, birth: BirthIn, now_ms: int) -> bool:
        """Remember it; False where it has come before. A boot that comes back after another is no boot of one
        and the same box.
        """
        boots = [row[0] for row in self._db.execute("SELECT boot_id FROM births WHERE box = ?"
                                                    " ORDER BY id DESC", (birth.box,))]
        if not self._db.execute("INSERT OR IGNORE INTO births (box, birth_id, boot_id) VALUES (?, ?, ?)",
                                (birth.box, birth.envelope.id, birth.data.boot_id)).rowcount:
            return False
        if len(boots) >= _BIRTHS_KEPT:
            self._db.execute("DELETE FROM births WHERE box = ?1 AND id NOT IN (SELECT id FROM births"
                             " WHERE box = ?1 ORDER BY id DESC LIMIT ?2)", (birth.box, _BIRTHS_KEPT))
        if birth.data.boot_id in boots[1:] and birth.data.boot_id != boots[0]:
            incidents.tell(self._db, birth.box, IncidentKind.TWO_BOOTS, now_ms,
                           {"boots": [birth.data.boot_id, boots[0]]})
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

    def health(self, health: HealthIn, journal: JournalState) -> bool:
        """How a camera does, by the highest seq. Returns whether its state changed."""
        data = health.data
        mine = journal.position(health.envelope)
        old = self._db.execute("SELECT epoch, seq, time_ms, state FROM cameras WHERE box = ? AND camera = ?",
                               (health.box, data.camera)).fetchone()
        if old is not None and tuple(old[:3]) >= mine:
            return False
        detail = "".join(letter if letter.isprintable() else " " for letter in data.detail[:200])
        self._db.execute("INSERT OR REPLACE INTO cameras VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                         (health.box, data.camera, *mine, data.exactly.value, ms_of(data.since), detail))
        return old is None or old[3] != data.exactly.value

    def lessons(self, lessons: LessonsIn, journal: JournalState) -> bool:
        """What a box has learned not to tell, by the highest seq. Returns whether that was news."""
        mine = journal.position(lessons.envelope)
        old = self._db.execute("SELECT epoch, seq, time_ms FROM lessons WHERE box = ?",
                               (lessons.box,)).fetchone()
        if old is not None and tuple(old) >= mine:
            return False
        self._db.execute("INSERT OR REPLACE INTO lessons VALUES (?, ?, ?, ?, ?)",
                         (lessons.box, *mine, to_json(lessons.data)))
        self._changes.next()                   # open pages look again
        return True

    def metrics(self, metrics: MetricsIn, now_ms: int) -> None:
        self._db.execute("UPDATE boxes SET metrics = ?, metrics_ms = ? WHERE box = ?",
                         (to_json(metrics.data), now_ms, metrics.box))

    def _read(self, box: str) -> _Box:
        return _Box(*self._db.execute("SELECT birth_id, boot_id, state, journal FROM boxes WHERE box = ?",
                                      (box,)).fetchone())
