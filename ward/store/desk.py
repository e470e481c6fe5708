"""What the ward itself does, written beside the receiver: who saw an alarm, and the log of commands.

By whoever does it, the page or the tool, each act in one durable commit before anything follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.base.sqlite import Connection
from ward.store import incidents
from ward.store.counts import CALLS_PATIENCE_S, PATIENCE_S, ChangeCount, OtherCount
from ward.store.database import CALLS_NAME, FILE_NAME, connect, connect_calls, translated
from ward.store.incoming import ResultIn
from ward.store.panels import keep_result
from ward.store.retired import retire

CUT_OFF_SUFFIX = ".cut"
"""Behind an alarm's id in `alarms_seen`: not the call was seen, but that its box fell silent after it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One command as an officer asked for it."""

    asked_id: str               # the cmd_id of its first signing
    box: str                    # "group/box", or as typed where no such box was found
    name: str
    issuer: str
    duration_s: float | None = None
    with_siren: bool = False


class Desk:
    """The store in `folder`, for single acts. Any thread; each act opens the database for itself.

    Every method raises StoreBusyError (nothing was written) or StoreError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def seen(self, alarm_id: str, officer: str, now_ms: int) -> bool:
        """Remember who has seen an alarm; False where there is no such alarm."""
        with self._acting(CALLS_NAME) as (db, changes):
            if db.execute("SELECT 1 FROM alarms WHERE alarm_id = ?", (alarm_id,)).fetchone() is None:
                return False
            db.execute("INSERT INTO alarms_seen (alarm_id, officer, seen_ms) VALUES (?, ?, ?)",
                       (alarm_id, officer, now_ms))
            db.execute("UPDATE alarms SET change = ? WHERE alarm_id = ?", (changes.next(), alarm_id))
        return True

    def seen_all(self, box: str, upto_ms: int, officer: str, now_ms: int) -> int:
        """Remember who has seen all alarms of `box` that came until `upto_ms` and that nobody had; how many.
        """
        with self._acting(CALLS_NAME) as (db, changes):
            unseen = [row[0] for row in db.execute(
                "SELECT alarm_id FROM alarms WHERE box = ? AND received_ms <= ? AND NOT EXISTS (SELECT 1"
                " FROM alarms_seen WHERE alarms_seen.alarm_id = alarms.alarm_id)", (box, upto_ms))]
            db.executemany("INSERT INTO alarms_seen (alarm_id, officer, seen_ms) VALUES (?, ?, ?)",
                           [(alarm_id, officer, now_ms) for alarm_id in unseen])
            db.executemany("UPDATE alarms SET change = ? WHERE alarm_id = ?",
                           [(changes.next(), alarm_id) for alarm_id in unseen])
        return len(unseen)

    def seen_cut_off(self, alarm_id: str, officer: str, now_ms: int) -> bool:
        """Remember who has seen that a box fell silent after this call; False where there is no such alarm.
        """
        with self._acting(CALLS_NAME) as (db, changes):
            if db.execute("SELECT 1 FROM alarms WHERE alarm_id = ?", (alarm_id,)).fetchone() is None:
                return False
            db.execute("INSERT INTO alarms_seen (alarm_id, officer, seen_ms) VALUES (?, ?, ?)",
                       (alarm_id + CUT_OFF_SUFFIX, officer, now_ms))
            changes.next()
        return True

    def asked(self, asked: Asked, now_ms: int) -> None:
        """The first word on a command counts."""
        with self._acting() as (db, changes):
            db.execute("INSERT OR IGNORE INTO commands VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       (asked.asked_id, changes.next(), asked.box, asked.name, asked.duration_s,
                        int(asked.with_siren), asked.issuer, now_ms))

    def signed(self, asked_id: str, cmd_id: str, kid: str, document: str, now_ms: int) -> None:
        """Write down a command before it is sent: what this log does not have was never sent from here."""
        with self._acting() as (db, _):
            db.execute("INSERT INTO command_signings VALUES (?, ?, ?, ?, ?)",
                       (cmd_id, asked_id, kid, now_ms, document))

    def failed(self, asked_id: str, reason: str, detail: str, now_ms: int) -> None:
        with self._acting() as (db, changes):
            db.execute("INSERT INTO command_failures (asked_id, reason, detail, failed_ms)"
                       " VALUES (?, ?, ?, ?)", (asked_id, reason, detail, now_ms))
            changes.next()

    def answered(self, result: ResultIn, now_ms: int) -> None:
        """The receiver stores the same record when it comes to it; the first to do so wins."""
        with self._acting() as (db, changes):
            if keep_result(db, result, now_ms):
                changes.next()

    def put_away(self, incident_id: int, now_ms: int) -> bool:
        """Somebody has seen to an incident; False where none such is open."""
        with self._acting() as (db, changes):
            done = incidents.put_away(db, incident_id, now_ms)
            changes.next()
        return done

    def retire(self, box: str, now_ms: int) -> bool:
        """Put a box away that is no more; False where it was never heard, or is there."""
        with self._acting() as (db, changes):
            done = retire(db, box, now_ms)
            changes.next()
        return done

    @contextmanager
    def _acting(self, name: str = FILE_NAME) -> Iterator[tuple[Connection, ChangeCount]]:
        """One transaction in a file of the store, and the count of changes: open pages look again."""
        opened, other = (connect, CALLS_NAME) if name == FILE_NAME else (connect_calls, FILE_NAME)
        with (closing(opened(self._folder)) as db, closing(OtherCount(self._folder / other)) as elsewhere,
              translated(self._folder / name)):
            patience_s = CALLS_PATIENCE_S if name == CALLS_NAME else PATIENCE_S
            changes = ChangeCount(self._folder, db, elsewhere, patience_s)
            with changes.transaction():
                yield db, changes
