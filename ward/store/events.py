"""Records and pictures become events. What an event is follows from what arrived, not from its order.

The highest rev tells phase, severity, class, score and count; the highest that counted riders, how many; the
lowest tells when it was decided.
A picture counts when its hash is the one that a record of the same event told for its very rev and role, when
it decodes, and when it is as large as it was told.
Every method works within the caller's transaction.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from edge.base.sqlite import Connection
from edge.contract.messages import Envelope, EventData, Phase, Role
from ward.store.counts import ChangeCount, Counters
from ward.store.incoming import EventRecord, PictureFact, PictureIn
from ward.store.intake import ms_of
from ward.store.journals import JournalBook, JournalState
from ward.store.pictures import PictureFolder, PictureName
from ward.store.record_table import Arrived, RecordTable, StoreOutcome

log = logging.getLogger("store")

PENDING, VERIFIED, QUARANTINED = "pending", "verified", "quarantined"
MAX_PENDING_PER_BOX = 200
MAX_UNVERIFIED_PER_PLACE = 4
"""Of one event, rev and role."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One record of an event."""

    rev: int
    box: str
    phase: str
    historical: int
    received_ms: int
    envelope: str

    @property
    def data(self) -> EventData:
        return EventData.model_validate(Envelope.model_validate_json(self.envelope).data)


class EventBook:
    """The tables records, told_pictures, events and images, and the files beside them."""

    def __init__(self, db: Connection, folder: PictureFolder, counters: Counters, changes: ChangeCount,
                 journals: JournalBook) -> None:
        self._db, self._folder, self._counters, self._journals = db, folder, counters, journals
        self._records = RecordTable(db, counters, changes, "event", "records", "events")

    def record(self, record: EventRecord, journal: JournalState, now_ms: int) -> bool:
        """Fold one record in; return whether it was new."""
        data = record.data
        kept = self._records.keep(
            Arrived(data.event_id, data.rev, record.box, record.envelope, record.raw,
                    data.t.clock_synchronised),
            {"phase": data.phase.value, "json_bytes": len(record.raw.encode())}, now_ms)
        if kept is StoreOutcome.NEW:
            self._db.executemany("INSERT INTO told_pictures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [
                (data.event_id, data.rev, told.role, told.rev, told.sha256, journal.name,
                 record.picture_seqs.get(told.role), *record.sizes[told.role]) for told in record.told])
            for seq in record.picture_seqs.values():
                self._journals.expect(record.box, journal, seq, now_ms)
            self._number_pictures(data.event_id, record.box, now_ms)
        if kept is StoreOutcome.REFUSED:        # so that its pictures are none: none will ever be told of
            for seq in record.picture_seqs.values():
                self._journals.note(record.box, journal, seq, now_ms)
        if kept in (StoreOutcome.NEW, StoreOutcome.LIVE):
            self._settle(data.event_id)
        return kept is StoreOutcome.NEW

    def picture(self, picture: PictureIn, now_ms: int) -> bool:
        """Keep one picture; return whether it was new."""
        name = PictureName(picture.event_id, picture.rev, picture.role, picture.sha256)
        old = self._db.execute(f"SELECT state FROM images WHERE {_THIS}", _key(name)).fetchone()  # noqa: S608
        if old is not None:
            self._counters.add(picture.box, "duplicates")
            if not self._folder.path(name, old[0] == QUARANTINED).exists():      # somebody removed it
                self._folder.write(name, picture.jpeg, old[0] == QUARANTINED)
            return False
        state = _state(_Stored(picture.box, name, picture.size, picture.size is None),
                       self._records.owner(picture.event_id), self._told(picture.event_id))
        if state != VERIFIED and self._too_many(picture, state):
            self._counters.add(picture.box, "refused")
            self.number_picture(picture.box, name, now_ms)
            return False
        self._folder.write(name, picture.jpeg, state == QUARANTINED)
        self._db.execute("INSERT INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         (*_key(name), picture.box, len(picture.jpeg), state, now_ms,
                          *(picture.size or (None, None)), int(picture.size is None)))
        if state == QUARANTINED:
            self._tell_quarantined(picture.box, name)
        self._settle(picture.event_id)
        self._number_pictures(picture.event_id, picture.box, now_ms)
        return True

    def number_picture(self, box: str, name: PictureName, now_ms: int) -> None:
        """Count the number of a picture that will not be taken, where a record of its box tells of it."""
        if self._records.owner(name.event_id) != box:
            return
        for journal, seq in self._db.execute(
                "SELECT DISTINCT journal, seq FROM told_pictures WHERE event_id = ? AND picture_rev = ?"
                " AND role = ? AND sha256 = ? AND seq IS NOT NULL", _key(name)).fetchall():
            self._journals.note(box, self._journals.of(box, journal, journal), seq, now_ms)

    def _number_pictures(self, event_id: str, box: str, now_ms: int) -> None:
        """Count the numbers of those pictures of an event that are here: a picture cannot carry its own."""
        if self._records.owner(event_id) != box:
            return
        for name, seq in self._db.execute(
                "SELECT DISTINCT journal, seq FROM told_pictures AS told"
                " JOIN images USING (event_id, role, sha256) WHERE event_id = ?"
                " AND told.picture_rev = images.rev AND box = ? AND seq IS NOT NULL",
                (event_id, box)).fetchall():
            self._journals.note(box, self._journals.of(box, name, name), seq, now_ms)

    def _too_many(self, picture: PictureIn, state: str) -> bool:
        """Pictures that no record vouches for are bounded: they may never become of use."""
        here = self._db.execute("SELECT count(*) FROM images WHERE event_id = ? AND rev = ? AND role = ?"
                                " AND state != ?", (picture.event_id, picture.rev, picture.role,
                                                    VERIFIED)).fetchone()[0]
        waiting = self._db.execute("SELECT count(*) FROM images WHERE state = ? AND box = ?",
                                   (PENDING, picture.box)).fetchone()[0]
        return here >= MAX_UNVERIFIED_PER_PLACE or (state == PENDING and waiting >= MAX_PENDING_PER_BOX)

    def _settle(self, event_id: str) -> None:
        """Bring the event's row and its pictures' states to what its records and pictures add up to."""
        rows = self._rows(event_id)
        if not rows:
            return
        told, best = self._told(event_id), dict[Role, tuple[int, str]]()
        for rev, role, sha256, box, state, width, height, is_broken in self._db.execute(
                "SELECT rev, role, sha256, box, state, width, height, is_broken FROM images"
                " WHERE event_id = ? ORDER BY rev, sha256", (event_id,)).fetchall():
            name = PictureName.of(event_id, rev, role, sha256)
            size = None if width is None else (width, height)
            wanted = _state(_Stored(box, name, size, bool(is_broken)), rows[0].box, told)
            if wanted != state:
                self._restate(name, box, state, wanted)
            if wanted == VERIFIED:
                best[name.role] = (rev, sha256)
        self._records.write_summary(event_id, _summed_up(rows) | {
            "picture_wanted": int(any(each.role is Role.SUBJECT for each in told)),
            "pictures": json.dumps({role: best[role] for role in Role if role in best},
                                   separators=(",", ":"))})

    def _restate(self, name: PictureName, box: str, state: str, wanted: str) -> None:
        if QUARANTINED in (state, wanted):
            self._folder.move(name, wanted == QUARANTINED)
        self._db.execute(f"UPDATE images SET state = ? WHERE {_THIS}", (wanted, *_key(name)))  # noqa: S608
        if wanted == QUARANTINED:
            self._tell_quarantined(box, name)

    def _rows(self, event_id: str) -> list[_Row]:
        return [_Row(*row) for row in self._db.execute(
            "SELECT rev, box, phase, historical, received_ms, envelope FROM records WHERE event_id = ?"
            " ORDER BY rev", (event_id,))]

    def _told(self, event_id: str) -> _Told:
        """The pictures that the records of an event tell of, each with its size where that is known."""
        return {PictureFact(Role(role), rev, sha256): None if width is None else (width, height)
                for role, rev, sha256, width, height in self._db.execute(
                    "SELECT role, picture_rev, sha256, width, height FROM told_pictures WHERE event_id = ?",
                    (event_id,))}

    def _tell_quarantined(self, box: str, name: PictureName) -> None:
        self._counters.add(box, "quarantined")
        log.warning("picture quarantined: box=%s event=%s rev=%d role=%s error=\"not what its record told: "
                    "other sha256 or size, or it does not decode\"", box, name.event_id, name.rev, name.role)


_THIS = "event_id = ? AND rev = ? AND role = ? AND sha256 = ?"


def _key(name: PictureName) -> tuple[str, int, str, str]:
    """The values of `_THIS`, and the first columns of `images`."""
    return name.event_id, name.rev, name.role.value, name.sha256


_Told = Mapping[PictureFact, tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class _Stored:
    """One picture as it came. `size` is None of one that does not decode, and of those of an older store."""

    box: str
    name: PictureName
    size: tuple[int, int] | None
    is_broken: bool


def _state(stored: _Stored, owner: str | None, told: _Told) -> str:
    name = stored.name
    if owner not in (None, stored.box) or stored.is_broken:
        return QUARANTINED
    fact = PictureFact(name.role, name.rev, name.sha256)
    if fact in told:
        return VERIFIED if None in (stored.size, told[fact]) or stored.size == told[fact] else QUARANTINED
    spoken_of = any((each.role, each.rev) == (name.role, name.rev) for each in told)
    return QUARANTINED if spoken_of else PENDING


def _summed_up(rows: list[_Row]) -> dict[str, object]:
    """The columns of `events` that its records decide."""
    first, last = rows[0].data, rows[-1].data
    time_ms, received_ms = ms_of(first.t.decided), min(row.received_ms for row in rows)
    ends = [row.data for row in rows if row.phase == Phase.END]
    return {
        "box": rows[0].box, "camera": last.camera, "kind": last.kind, "rule": last.rule, "zone": last.zone,
        "label": last.object.label, "count": last.object.count, "score": last.object.score,
        "severity": last.severity.value, "phase": last.phase.value, "rev": last.rev,
        "time_ms": time_ms, "first_seen_ms": ms_of(first.t.first_seen),
        "ended_ms": ms_of(ends[-1].t.decided) if ends else None,
        "ended_why": ends[-1].ended.value if ends and ends[-1].ended else None,
        "riders": next((riders for row in reversed(rows) if (riders := row.data.object.riders)), None),
        "clock_synchronised": int(first.t.clock_synchronised), "historical": rows[0].historical,
        "received_ms": received_ms,
        # A clock that was not set may say 1970, and one that was set wrong, 2199: neither rules retention.
        "keep_from_ms": min(time_ms, received_ms) if first.t.clock_synchronised else received_ms,
    }
