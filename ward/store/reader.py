"""Reading the store, beside the writer and while it writes.

Each thread gets its own connection; every method may be called from any thread and raises
StoreBusyError or StoreError.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cached_property
from pathlib import Path

from edge.base.findings import Finding
from edge.base.sqlite import Connection, Row
from edge.contract.findings import findings_of
from edge.contract.lessons import LessonsData
from edge.contract.messages import Ending, Envelope, EventData, PanelData, Role
from ward.store import seqs
from ward.store.alarm_reader import AlarmReader
from ward.store.changes import COUNTERS, LOOK_AT_ONCE, last_change, looked_upto
from ward.store.clocks import CorrectedTime, corrected
from ward.store.combinations import KnownCombinations, newest
from ward.store.connections import Connections
from ward.store.database import StoreDamagedError, connect_both, connect_calls_alone
from ward.store.intake import ms_of, plain
from ward.store.journals import gaps_of, lost_of, states_of
from ward.store.loss_reader import LossReader, lost_subject
from ward.store.pictures import PictureFolder, PictureName
from ward.store.retired import IS_RETIRED
from ward.store.rows import (
    BoxRow,
    CameraRow,
    Changes,
    Choices,
    Cursor,
    EventFilter,
    EventRow,
    ImageRow,
    IncidentRow,
    LessonRow,
    PanelRow,
    ReceiverLink,
    RecordRow,
    Summary,
    TombstoneRow,
    VerifiedPicture,
)

log = logging.getLogger("store")

_NOW = {      # what of an event changes without it
    "heard_ms": "(SELECT max(received_ms) FROM records WHERE records.event_id = events.event_id)",
    # A record is JSON by the word of another parser than SQLite's, which raises where it disagrees.
    "box_gone": "EXISTS (SELECT 1 FROM boxes WHERE boxes.box = events.box AND (state = 'offline' OR"
                " boot_id != (SELECT CASE WHEN json_valid(envelope)"
                " THEN json_extract(envelope, '$.data.t.boot_id') END FROM records"
                " WHERE records.event_id = events.event_id ORDER BY records.rev DESC LIMIT 1)))",
    "box_title": "(SELECT title FROM boxes WHERE boxes.box = events.box)",
    "said_late": "coalesce((SELECT CASE WHEN json_valid(envelope)"
                 " THEN json_extract(envelope, '$.historical') END FROM records"
                 " WHERE records.event_id = events.event_id ORDER BY records.rev LIMIT 1), 0)",
    "subject_lost": lost_subject("events.box"),
}
_MOST = 64                    # outputs and faults of one box that are told
_GAPS_MOST = 100
_EVENT = ", ".join(f"{_NOW[field.name]} AS {field.name}" if field.name in _NOW else field.name
                   for field in fields(EventRow))


class Reader:
    """The store in `folder`, read only; an empty one is made where there is none.

    Raises on opening StoreError: it cannot be used, and its alarms neither. Where these alone can be read,
    everything else raises when it is asked for.
    """

    def __init__(self, folder: Path, opened: Callable[[Path], Connection] = connect_both) -> None:
        self.folder, self._pictures = folder, PictureFolder(folder)
        self._db = Connections(folder, opened)
        self.alarms, self.losses = AlarmReader(self._db), LossReader(self._db)
        self._combinations = KnownCombinations()
        try:
            self.last_change()          # a folder that cannot be used is told now, not at the first page
        except StoreDamagedError as exc:
            if opened is connect_calls_alone:
                raise
            self.calls_alone.last_change()
            log.error("alarms alone can be read: error=\"%s\"", exc)

    @cached_property
    def calls_alone(self) -> Reader:
        """The same without ward.db: alarms as they are, and nothing else. Raises as a reader on opening."""
        return Reader(self.folder, connect_calls_alone)

    def events(self, which: EventFilter, limit: int, before: Cursor | None = None) -> list[EventRow]:
        """The newest events, the last to come first: by our clock, since a box's may be of any year."""
        with self._db() as db:
            if which == EventFilter(from_ms=which.from_ms, until_ms=which.until_ms):
                return self._by_receipt(db, which, limit, before)
            found = (db.execute(f"SELECT {_EVENT} FROM events WHERE event_id = ?", (event_id,)).fetchone()  # noqa: S608
                     for event_id in newest(db, self._combinations.read(db), which, limit, before))
            return [_event(row) for row in found if row is not None]      # None: its time is just over

    def changed(self, after: int, limit: int, which: EventFilter | None = None) -> Changes[EventRow]:
        """Events that changed since the change number `after`, oldest change first."""
        condition, values = (which or EventFilter()).terms()
        last, end = self.last_change(), after + LOOK_AT_ONCE
        with self._db() as db:
            rows = [_event(row) for row in db.execute(
                f"SELECT {_EVENT} FROM events WHERE change > ? AND change <= ? AND {condition}"  # noqa: S608
                " ORDER BY change LIMIT ?", (after, end, *values, limit))]
        return Changes(rows, looked_upto([row.change for row in rows], limit, last, end))

    def last_change(self) -> int:
        """The highest change number ever given."""
        with self._db() as db:
            return last_change(db)

    def event(self, event_id: str) -> tuple[EventRow, list[RecordRow], list[ImageRow]] | None:
        """One event, its records by rev, its pictures by rev."""
        with self._db() as db:
            row = db.execute(f"SELECT {_EVENT} FROM events WHERE event_id = ?",  # noqa: S608
                             (event_id,)).fetchone()
            if row is None:
                return None
            records = [RecordRow(*found) for found in db.execute(
                "SELECT rev, phase, seq, historical, received_ms, json_bytes, envelope FROM records"
                " WHERE event_id = ? ORDER BY rev", (event_id,))]
            images = [ImageRow(*found) for found in db.execute(
                "SELECT rev, role, sha256, bytes, state, received_ms FROM images WHERE event_id = ?"
                " ORDER BY rev, role DESC, state DESC, sha256", (event_id,))]
            return _event(row), records, images

    def event_clock(self, event_id: str) -> CorrectedTime | None:
        """When an event was decided, by its box and as it was; None where there is no such event."""
        with self._db() as db:
            row = db.execute("SELECT box, envelope FROM records WHERE event_id = ? ORDER BY rev LIMIT 1",
                             (event_id,)).fetchone()
            if row is None:
                return None
            times = EventData.model_validate(Envelope.model_validate_json(row["envelope"]).data).t
            return corrected(db, row["box"], times.boot_id, times.mono_ns, ms_of(times.decided))

    def picture(self, event_id: str, rev: int, role: Role = Role.SUBJECT) -> Path | None:
        """The file of the verified picture; None where there is none. Quarantined ones are not told."""
        with self._db() as db:
            row = db.execute("SELECT sha256 FROM images WHERE event_id = ? AND rev = ? AND role = ?"
                             " AND state = 'verified'", (event_id, rev, role)).fetchone()
        return self._pictures.path(PictureName(event_id, rev, role, row[0]), False) if row else None

    def choices(self) -> Choices:
        with self._db() as db:
            found = self._combinations.read(db)
            cameras = {(row[0], row[1]) for row in db.execute("SELECT box, camera FROM cameras")}
        return Choices(tuple(sorted(cameras | {(each.box, each.camera) for each in found})),
                       tuple(sorted({each.kind for each in found})),
                       tuple(sorted({each.label for each in found})), self.titles())

    def boxes(self, name: str | None = None) -> list[BoxRow]:
        """Every box that was heard and not put away, by name; or only the one named "group/box", put away or
        not.
        """
        with self._db() as db:
            return [_box(db, row) for row in db.execute(
                "SELECT box, title, first_heard_ms, heard_ms, state, state_ms, boot_id, birth,"  # noqa: S608
                " metrics, metrics_ms, journal FROM boxes"
                f" WHERE box = ?1 OR (?1 IS NULL AND NOT {IS_RETIRED}) ORDER BY box", (name,)).fetchall()]

    def titles(self) -> dict[str, str]:
        """The places of boxes, as people call them; without those that do not say."""
        with self._db() as db:
            return dict(db.execute("SELECT box, title FROM boxes WHERE title IS NOT NULL").fetchall())

    def boxes_heard(self) -> list[tuple[str, str | None, int]]:
        """Every box that was not put away, what it said last of being there, and when it was heard last."""
        with self._db() as db:
            return [(row[0], row[1], row[2]) for row in db.execute(
                f"SELECT box, state, heard_ms FROM boxes WHERE NOT {IS_RETIRED}")]  # noqa: S608

    def link(self) -> ReceiverLink | None:
        """How the receiver's lane of all but alarms stands; None where no receiver ever wrote here."""
        return self._link("main")

    def call_link(self) -> ReceiverLink | None:
        """The same of the lane of alarms, which goes on where the other one cannot."""
        return self._link("calls")

    def incidents(self, limit: int) -> list[IncidentRow]:
        """Those that are open first, then the latest first."""
        with self._db() as db:
            return [IncidentRow(**(dict(row) | {"detail": json.loads(row["detail"])})) for row in db.execute(
                "SELECT id AS incident_id, incidents.box, kind, first_ms, last_ms, count, detail,"
                " put_away_ms, title AS box_title FROM incidents LEFT JOIN boxes USING (box)"
                " ORDER BY put_away_ms IS NOT NULL, last_ms DESC, id DESC LIMIT ?", (limit,))]

    def tombstones(self, box: str, limit: int) -> list[TombstoneRow]:
        """What a box has given up, the latest first."""
        with self._db() as db:
            return [TombstoneRow(*row) for row in db.execute(
                "SELECT journal, first_seq, last_seq, what, why, event_id, sha256, received_ms"
                " FROM tombstones WHERE box = ? ORDER BY received_ms DESC, last_seq DESC LIMIT ?",
                (box, limit))]

    def ward(self) -> str | None:
        return self._meta("main", "ward")

    def _link(self, file: str) -> ReceiverLink | None:
        found = self._meta(file, "link")
        return ReceiverLink(**json.loads(found)) if found else None

    def _meta(self, file: str, name: str) -> str | None:
        with self._db() as db:
            row = db.execute(f"SELECT value FROM {file}.meta WHERE name = ?", (name,)).fetchone()   # noqa: S608
        return str(row[0]) if row else None

    def severities(self, from_ms: int, until_ms: int) -> dict[str, int]:
        """How many events of each severity came in that time."""
        with self._db() as db:
            return dict(db.execute("SELECT severity, count(*) FROM events WHERE received_ms >= ?"
                                   " AND received_ms < ? GROUP BY severity", (from_ms, until_ms)).fetchall())

    def summary(self) -> Summary:
        with self._db() as db:
            counters = dict(db.execute(f"SELECT name, sum(value) FROM {COUNTERS}"                  # noqa: S608
                                       " GROUP BY name").fetchall())
            largest = db.execute("SELECT max(total) FROM (SELECT sum(json_bytes) AS total FROM records"
                                 " GROUP BY event_id)").fetchone()[0]
            return Summary(
                events=db.execute("SELECT count(*) FROM events").fetchone()[0],
                records=_grouped(db, "records", "phase"),
                severities=_grouped(db, "events", "severity"), images=_grouped(db, "images", "state"),
                json_bytes=counters.pop("json_bytes", 0), image_bytes=counters.pop("image_bytes", 0),
                max_event_json_bytes=largest or 0,
                gaps={row[0]: sum(gap.size for state in states_of(db, row[0])
                                  for gap in gaps_of(db, row[0], state, 1_000_000))
                      for row in db.execute("SELECT box FROM boxes ORDER BY box").fetchall()},
                boxes=dict(db.execute("SELECT box, state FROM boxes ORDER BY box").fetchall()),
                alarms=_grouped(db, "alarms", "phase"),
                counters={name: value for name, value in counters.items() if name != "changes"})


    def _by_receipt(self, db: Connection, which: EventFilter, limit: int,
                    before: Cursor | None) -> list[EventRow]:
        condition, values = which.terms()
        if before is not None:
            condition += " AND (received_ms, event_id) < (?, ?)"
            values += [before.received_ms, before.subject_id]
        return [_event(row) for row in db.execute(
            f"SELECT {_EVENT} FROM events WHERE {condition}"  # noqa: S608
            " ORDER BY received_ms DESC, event_id DESC LIMIT ?", (*values, limit))]


def event_of(record: RecordRow) -> EventData:
    """What a stored record says."""
    return EventData.model_validate(Envelope.model_validate_json(record.envelope).data)


def _event(row: Row) -> EventRow:
    flags = {name: bool(row[name]) for name in ("clock_synchronised", "historical", "picture_wanted",
                                                "box_gone", "said_late")}
    why, pictures = row["ended_why"], json.loads(row["pictures"])
    return EventRow(**(dict(row) | flags | {
        "ended_why": Ending(why) if why else None,
        "pictures": {Role(role): VerifiedPicture(*shown) for role, shown in pictures.items()}}))


def _box(db: Connection, row: Row) -> BoxRow:
    values = dict(row)
    box, journal = row["box"], values.pop("journal")
    states = states_of(db, box)
    present = next((it for it in states if it.name == journal), None)
    last = seqs.highest(db, box, journal)
    given, owed_from = (None, None) if present is None else (present.given, present.owed_from)
    seen = last if last is not None else owed_from
    gaps = [gap for state in reversed(states) for gap in gaps_of(db, box, state)]
    cameras = tuple(CameraRow(*found) for found in db.execute(
        "SELECT camera, state, since_ms, detail FROM cameras WHERE box = ? ORDER BY camera", (box,)))
    counters = dict(db.execute(f"SELECT name, sum(value) FROM {COUNTERS} WHERE box = ?"            # noqa: S608
                               " GROUP BY name ORDER BY name", (box,)).fetchall())
    return BoxRow(**values, restarts=0 if present is None else present.place, last_seq=last,
                  waiting=0 if given is None or seen is None else max(0, given - seen),
                  gaps=tuple(gaps[:_GAPS_MOST]), cameras=cameras,
                  panel=_panel(db, box), lessons=_lessons(db, box), counters=counters,
                  lost=sum(seqs.size(lost_of(db, box, state)) for state in states))


def _panel(db: Connection, box: str) -> PanelRow | None:
    row = db.execute("SELECT data, received_ms FROM panels WHERE box = ?", (box,)).fetchone()
    if row is None:
        return None
    data = PanelData.model_validate_json(row[0])
    return PanelRow(
        data.phase.value, data.armed,
        {plain(name): on for name, on in sorted(data.outputs.items())[:_MOST]},
        _faults(data), data.mains, ms_of(data.since), row[1])


def _lessons(db: Connection, box: str) -> tuple[LessonRow, ...]:
    row = db.execute("SELECT data FROM lessons WHERE box = ?", (box,)).fetchone()
    told = () if row is None else LessonsData.model_validate_json(row[0]).lessons
    return tuple(LessonRow(
        it.id, it.event_id, it.camera, it.rule, plain(it.label), it.hours, ms_of(it.until), plain(it.issuer),
        it.muted, None if it.muted_last is None else ms_of(it.muted_last)) for it in told)


def _faults(data: PanelData) -> tuple[Finding, ...]:
    """The box's faults, in codes; texts in them are a line each, whatever the box has sent."""
    found = findings_of({"faults": data.faults[:_MOST], "findings": data.findings[:_MOST]})
    return tuple(replace(it, name=plain(it.name), values={
        plain(name): plain(str(value)) for name, value in it.values.items()}) for it in found)


def _grouped(db: Connection, table: str, column: str) -> dict[str, int]:
    return dict(db.execute(f"SELECT {column}, count(*) FROM {table} GROUP BY 1 ORDER BY 1").fetchall())  # noqa: S608
