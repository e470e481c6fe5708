"""Personal data goes when its time is over: rows, and the pictures on disk.

Files go before the rows that tell of them: a crash in between leaves a row for the next sweep to
find, never a picture that nothing knows of.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.base.sqlite import Connection, transaction
from ward.store.boxes import Counters
from ward.store.pictures import PictureFolder, PictureName

_BATCH = 200             # events per transaction, so that arriving messages never wait long
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Swept:
    events: int
    pictures: int
    alarms: int


def sweep(db: Connection, folder: PictureFolder, counters: Counters,
          now_ms: int, keep_days: int) -> Swept:
    """Delete events and alarms of more than `keep_days` ago, and every picture of them or of nothing.

    What a box told whose clock was not set counts from when we received it. The log of our own commands
    stays, and the answers to them; answers to others go.
    """
    before_ms = now_ms - keep_days * _DAY_MS
    events = pictures = 0
    while True:
        old = [row[0] for row in db.execute("SELECT event_id FROM events WHERE keep_from_ms < ? LIMIT ?",
                                            (before_ms, _BATCH))]
        names = [PictureName.of(*row) for event_id in old for row in db.execute(
            "SELECT event_id, rev, role, sha256 FROM images WHERE event_id = ?", (event_id,))]
        if not old:
            names = [PictureName.of(*row) for row in db.execute(
                "SELECT event_id, rev, role, sha256 FROM images WHERE received_ms < ? AND event_id NOT IN"
                " (SELECT event_id FROM events) LIMIT ?", (before_ms, _BATCH))]
        if not old and not names:
            break
        _delete(db, folder, counters, old, names)
        events, pictures = events + len(old), pictures + len(names)
    pictures += folder.remove_older(before_ms / 1000)
    alarms = _sweep_alarms(db, counters, before_ms)
    if events or pictures or alarms:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")      # what is deleted is still readable in the log
    return Swept(events, pictures, alarms)


def _sweep_alarms(db: Connection, counters: Counters, before_ms: int) -> int:
    count = 0
    while True:
        old = db.execute("SELECT alarm_id FROM alarms WHERE keep_from_ms < ? LIMIT ?",
                         (before_ms, _BATCH)).fetchall()
        with transaction(db):
            for table in ("alarms", "alarm_records", "alarms_seen"):
                db.executemany(f"DELETE FROM {table} WHERE alarm_id = ?", old)  # noqa: S608
            answers = db.execute(
                "DELETE FROM command_results WHERE (box, record_id) IN (SELECT box, record_id"
                " FROM command_results WHERE received_ms < ? AND (cmd_id IS NULL OR cmd_id NOT IN"
                " (SELECT cmd_id FROM command_signings)) LIMIT ?)", (before_ms, _BATCH)).rowcount
            if old:
                counters.add("", "expired_alarms", len(old))
        count += len(old)
        if not old and not answers:
            return count


def _delete(db: Connection, folder: PictureFolder, counters: Counters,
            events: list[str], names: list[PictureName]) -> None:
    for name in names:
        folder.remove(name)
    with transaction(db):
        for event_id in events:
            for table in ("events", "records", "told_pictures", "images"):
                db.execute(f"DELETE FROM {table} WHERE event_id = ?", (event_id,))  # noqa: S608
        for name in names:
            db.execute("DELETE FROM images WHERE event_id = ? AND rev = ? AND role = ? AND sha256 = ?",
                       (name.event_id, name.rev, name.role, name.sha256))
        counters.add("", "expired_events", len(events))
        counters.add("", "expired_pictures", len(names))
