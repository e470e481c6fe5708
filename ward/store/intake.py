"""What came from the wire, checked and typed, or refused with one line.

Everything here is untrusted: a box may be broken, stolen or built by somebody else. Pure: no clock,
no file, no database. Nothing that was read here reaches a file name or a page unchecked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import ValidationError

from edge.base.errors import EdgeError
from edge.contract.command import CommandResultData
from edge.contract.lessons import LessonsData
from edge.contract.messages import (
    MAX_SEQ,
    AlarmData,
    BirthData,
    Envelope,
    EventData,
    EventPicture,
    HealthData,
    Image,
    Message,
    MetricsData,
    PanelData,
    Role,
    StatusData,
    TimeData,
    TombstoneData,
)
from edge.contract.sizes import PICTURE_MAX_BYTES
from edge.contract.topics import TopicAddress, is_slug, parse
from ward.store.incoming import (
    AlarmIn,
    BirthIn,
    EventRecord,
    HealthIn,
    Incoming,
    LessonsIn,
    MetricsIn,
    PanelIn,
    PictureFact,
    PictureIn,
    ResultIn,
    Sizes,
    StatusIn,
    TimeIn,
    TombstoneIn,
)
from ward.store.jpeg import MAX_SIDE_PX, measured

MAX_JSON_BYTES = 64 * 1024
MAX_JPEG_BYTES = PICTURE_MAX_BYTES
MAX_MEDIA_S = 1e10
MAX_REV = 99
"""Three revs make an event's life; the bound keeps a mad box from filling one with records."""
MAX_ALARM_REV = 999
"""An alarm has a rev for each time that somebody joins it."""
_MAX_TEXT = 96
_LATEST_MS = 7_258_118_399_999       # the last of 2199: what every library still counts with
M = TypeVar("M", bound=Message)
_JPEG_START = b"\xff\xd8\xff"
_REV = re.compile(r"0|[1-9][0-9]?")
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class BadMessageError(EdgeError):
    """A message that breaks the contract: counted, told in one line, acknowledged, not kept."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as the broker handed it over."""

    topic: str
    payload: bytes
    retained: bool = False     # an old one, told again because we subscribed


def read(arrival: Arrival, ward: str) -> Incoming:
    """Check one message.

    Raises:
        BadMessageError: it is not what the contract says; the text is one printable line.
    """
    address = parse(arrival.topic)
    if address is None or address.root.ward != ward:
        raise BadMessageError(f"topic {arrival.topic[:120]!r}: not of edge/v1/{ward}/")
    box = f"{address.root.group}/{address.root.box}"
    match address.leaf:
        case ("event", camera, kind):
            return _event(box, address, camera, kind, arrival.payload)
        case ("image", event_id, rev):
            return _picture(box, event_id, rev, Role.SUBJECT, arrival.payload)
        case ("image", event_id, rev, (Role.SCENE | Role.BEFORE) as role):
            return _picture(box, event_id, rev, Role(role), arrival.payload)
        case ("cam", camera, "health"):
            return _health(box, address, camera, arrival.payload)
        case (leaf,) if leaf in _OF_BOX:
            return _OF_BOX[leaf](box, address, arrival.payload)
        case _:
            raise BadMessageError(f"topic {arrival.topic[:120]!r}: nothing of the contract ends like this")


def is_alarm(topic: str) -> bool:
    """Whether a message is for the lane of alarms."""
    address = parse(topic)
    return address is not None and address.leaf == ("alarm",)


def is_event_id(text: str) -> bool:
    """Whether it is a UUIDv7 in lower case: the only text from outside that names a file."""
    return _UUID7.fullmatch(text) is not None


def plain(text: str) -> str:
    """`text` as it may be shown: one line, without control characters, not too long.

    For what is worth more than its form: a call for help is not refused because of a name.
    """
    return _shown(text) or "?"


def title_of(birth: BirthData) -> str | None:
    """Where the box stands, as `plain`; None where it does not tell, or tells nothing that can be seen."""
    return _shown(birth.title or "") or None


def named(box: str, title: str | None) -> str:
    """A box in one line for people: its place first, then the name that no other box has."""
    return f"{title} ({box})" if title else box


def event_id_time(event_id: str) -> datetime:
    """When the box made this UUIDv7, as its clock stood. Source: RFC 9562, 5.7: 48 bits of Unix ms."""
    ms = int(event_id[:8] + event_id[9:13], 16)
    return datetime.fromtimestamp(min(ms, _LATEST_MS) / 1000, UTC)


def ms_of(moment: datetime) -> int:
    """Milliseconds UTC since 1970; a time without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def envelope_of(address: TopicAddress, payload: bytes) -> Envelope:
    """What is around every record. Raises BadMessageError."""
    name = _name(address)
    if len(payload) > MAX_JSON_BYTES:
        raise BadMessageError(f"{name}: {len(payload)} bytes of JSON, at most {MAX_JSON_BYTES} are read")
    try:
        envelope = Envelope.model_validate_json(payload)
    except ValidationError as exc:
        raise BadMessageError(f"{name}: {_first_fault(exc)}") from exc
    if envelope.source != address.root.source:
        raise BadMessageError(f"{name}: source {envelope.source[:120]!r}: want {address.root.source!r}")
    if envelope.seq is not None and not 0 <= envelope.seq <= MAX_SEQ:
        raise BadMessageError(f"{name}: seq: want 0 to {MAX_SEQ}")
    _plain(address, "id", envelope.id)
    _in_range(address, "time", envelope.time)
    return envelope


def _data(kind: type[M], envelope: Envelope) -> M:
    try:
        return kind.model_validate(envelope.data)
    except ValidationError as exc:
        raise BadMessageError(f"{envelope.source}: {kind.__name__}: {_first_fault(exc)}") from exc


def _event(box: str, address: TopicAddress, camera: str, kind: str, payload: bytes) -> EventRecord:
    envelope = envelope_of(address, payload)
    data = _data(EventData, envelope)
    name = _name(address)
    if not is_event_id(data.event_id):
        raise BadMessageError(f"{name}: event_id {data.event_id[:60]!r}: want a UUIDv7 in lower case")
    if data.rev > MAX_REV:
        raise BadMessageError(f"{name}: rev above {MAX_REV}")
    if (data.camera, data.kind) != (camera, kind) or not (is_slug(camera) and is_slug(kind)):
        raise BadMessageError(f"{name}: the record is of camera {data.camera[:60]!r} kind {data.kind[:60]!r}")
    for field, text in (("rule", data.rule), ("zone", data.zone or "-"), ("class", data.object.label),
                        ("boot_id", data.t.boot_id), ("model", data.model), ("config", data.config)):
        _plain(address, field, text)
    if not 1 <= data.object.count <= 100_000:
        raise BadMessageError(f"{name}: count is not between 1 and 100000")
    _in_range(address, "t", data.t.first_seen, data.t.decided)
    return EventRecord(box, envelope, data, _told(address, data), _sizes(data), _picture_seqs(address, data),
                       payload.decode())


def _sizes(data: EventData) -> Sizes:
    told = {} if data.image is None else {Role.SUBJECT: (data.image.width, data.image.height)}
    return told | {picture.role: (picture.width, picture.height) for picture in data.pictures}


def _picture_seqs(address: TopicAddress, data: EventData) -> dict[Role, int]:
    """The numbers of the pictures that a record tells of, by role: one and the same for the subject."""
    given = {picture.role: picture.seq for picture in data.pictures if picture.seq is not None}
    if data.image is not None and data.image.seq is not None \
            and given.setdefault(Role.SUBJECT, data.image.seq) != data.image.seq:
        raise BadMessageError(f"{_name(address)}: image and the picture of role subject differ in seq")
    return given


def _told(address: TopicAddress, data: EventData) -> tuple[PictureFact, ...]:
    """The pictures that a record tells of: all of this event, no role twice, one and the same subject."""
    told = {}
    for picture in data.pictures:
        if picture.role in told:
            raise BadMessageError(f"{_name(address)}: two pictures of role {picture.role}, want at most one")
        told[picture.role] = _told_picture(address, data.event_id, picture.role, picture)
        if not abs(picture.media_s) <= MAX_MEDIA_S:
            raise BadMessageError(f"{_name(address)}: {picture.role} media_s: want at most {MAX_MEDIA_S:g}")
        _in_range(address, f"{picture.role} at", picture.at)
    if data.image is not None:
        subject = _told_picture(address, data.event_id, Role.SUBJECT, data.image)
        if told.setdefault(Role.SUBJECT, subject) != subject:
            raise BadMessageError(f"{_name(address)}: image and the picture of role subject are not the same")
    return tuple(told[role] for role in Role if role in told)


def _told_picture(address: TopicAddress, event_id: str, role: Role,
                  facts: Image | EventPicture) -> PictureFact:
    rev = facts.topic.removesuffix(f"/{role}").rpartition("/")[2]
    if not _REV.fullmatch(rev) or facts.topic != address.root.image(event_id, int(rev), role):
        raise BadMessageError(f"{_name(address)}: {role} topic {facts.topic[:160]!r}: not of this event")
    if not (1 <= facts.width <= MAX_SIDE_PX and 1 <= facts.height <= MAX_SIDE_PX
            and 1 <= facts.bytes <= MAX_JPEG_BYTES):
        raise BadMessageError(f"{_name(address)}: size of {role}: want 1 to {MAX_SIDE_PX} px a side and 1 to "
                              f"{MAX_JPEG_BYTES} bytes")
    return PictureFact(role, int(rev), facts.sha256)


def _picture(box: str, event_id: str, rev: str, role: Role, payload: bytes) -> PictureIn:
    if not is_event_id(event_id) or not _REV.fullmatch(rev):
        raise BadMessageError(f"{box}: image {event_id[:60]!r} rev {rev[:9]!r}: want UUIDv7, 0 to {MAX_REV}")
    if len(payload) > MAX_JPEG_BYTES:
        raise BadMessageError(f"{box}: image of {len(payload)} bytes, at most {MAX_JPEG_BYTES} are kept")
    if not payload.startswith(_JPEG_START):
        raise BadMessageError(f"{box}: image {event_id}: no JPEG, it starts with {payload[:4].hex() or '-'}")
    return PictureIn(box, event_id, int(rev), role, payload, hashlib.sha256(payload).hexdigest(),
                     measured(payload))


def _birth(box: str, address: TopicAddress, payload: bytes) -> BirthIn:
    envelope = envelope_of(address, payload)
    data = _data(BirthData, envelope)
    if not 0 <= data.seq <= MAX_SEQ:
        raise BadMessageError(f"{envelope.source}: birth: seq: want 0 to {MAX_SEQ}")
    if data.oldest_seq is not None and not 1 <= data.oldest_seq <= data.seq + 1:
        raise BadMessageError(f"{envelope.source}: birth: oldest_seq: want 1 to {data.seq + 1}")
    _plain(address, "boot_id", data.boot_id)
    return BirthIn(box, envelope, data)


def _status(box: str, address: TopicAddress, payload: bytes) -> StatusIn:
    return StatusIn(box, _data(StatusData, envelope_of(address, payload)))


def _metrics(box: str, address: TopicAddress, payload: bytes) -> MetricsIn:
    return MetricsIn(box, _data(MetricsData, envelope_of(address, payload)))


def _health(box: str, address: TopicAddress, camera: str, payload: bytes) -> HealthIn:
    envelope = envelope_of(address, payload)
    data = _data(HealthData, envelope)
    if data.camera != camera or not is_slug(camera):
        raise BadMessageError(f"{_name(address)}: the record is of camera {data.camera[:60]!r}")
    _in_range(address, "since", data.since)
    return HealthIn(box, envelope, data)


def _alarm(box: str, address: TopicAddress, payload: bytes) -> AlarmIn:
    envelope = envelope_of(address, payload)
    data, name = _data(AlarmData, envelope), _name(address)
    if not is_event_id(data.alarm_id):
        raise BadMessageError(f"{name}: alarm_id {data.alarm_id[:60]!r}: want a UUIDv7 in lower case")
    if data.rev > MAX_ALARM_REV:
        raise BadMessageError(f"{name}: rev above {MAX_ALARM_REV}")
    _in_range(address, "t", data.t.at, *([data.t.until] if data.t.until else []))
    return AlarmIn(box, envelope, data, payload.decode())


def _panel(box: str, address: TopicAddress, payload: bytes) -> PanelIn:
    envelope = envelope_of(address, payload)
    data = _data(PanelData, envelope)
    _in_range(address, "since", data.since)
    return PanelIn(box, envelope, data)


def _lessons(box: str, address: TopicAddress, payload: bytes) -> LessonsIn:
    envelope = envelope_of(address, payload)
    data = _data(LessonsData, envelope)
    for lesson in data.lessons:
        _in_range(address, "until", lesson.until, *([lesson.muted_last] if lesson.muted_last else []))
    return LessonsIn(box, envelope, data)


def _result(box: str, address: TopicAddress, payload: bytes) -> ResultIn:
    envelope = envelope_of(address, payload)
    data = _data(CommandResultData, envelope)
    _in_range(address, "at", data.at)
    return ResultIn(box, envelope, data, payload.decode())


def _tombstone(box: str, address: TopicAddress, payload: bytes) -> TombstoneIn:
    envelope = envelope_of(address, payload)
    data, own = _data(TombstoneData, envelope), envelope.seq
    if own is None:
        raise BadMessageError(f"{_name(address)}: seq: want one, a tombstone is of a journal")
    for shed in data.shed:
        if not 1 <= shed.first_seq <= shed.last_seq < own:
            raise BadMessageError(f"{_name(address)}: shed {shed.first_seq} to {shed.last_seq}: want numbers "
                                  f"that rise and are below its own, {own}")
        if shed.event_id is not None and not is_event_id(shed.event_id):
            raise BadMessageError(f"{_name(address)}: event_id {shed.event_id[:60]!r}: want a UUIDv7 in "
                                  "lower case")
    return TombstoneIn(box, envelope, data)


def _time(box: str, address: TopicAddress, payload: bytes) -> TimeIn:
    envelope = envelope_of(address, payload)
    data, name = _data(TimeData, envelope), _name(address)
    _plain(address, "boot_id", data.boot_id)
    if not (0 <= data.from_mono_ns < 2**63 and abs(data.offset_ms) <= _LATEST_MS):
        raise BadMessageError(f"{name}: from_mono_ns or offset_ms: beyond what a clock can be wrong by")
    return TimeIn(box, envelope, data)


_OF_BOX: Mapping[str, Callable[[str, TopicAddress, bytes], Incoming]] = {
    "birth": _birth, "status": _status, "metrics": _metrics, "alarm": _alarm, "panel": _panel,
    "lessons": _lessons, "cmd-result": _result,
    "tombstone": _tombstone, "time": _time}


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text[:_MAX_TEXT]).strip()


def _name(address: TopicAddress) -> str:
    return address.root.topic("/".join(address.leaf)[:120]).encode("unicode_escape").decode()


def _plain(address: TopicAddress, field: str, text: str) -> None:
    """What is shown, logged or searched for: short, and without line breaks or control characters."""
    if not (0 < len(text) <= _MAX_TEXT and text.isprintable()):
        raise BadMessageError(f"{_name(address)}: {field}: want 1 to {_MAX_TEXT} printable characters")


def _in_range(address: TopicAddress, field: str, *moments: datetime) -> None:
    if not all(0 <= ms_of(moment) <= _LATEST_MS for moment in moments):
        raise BadMessageError(f"{_name(address)}: {field}: no time between 1970 and 2199")


def _first_fault(exc: ValidationError) -> str:
    """The place and the reason, without the value: that may be long, or hold what no log should."""
    fault = exc.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"]) or "JSON"
    return f"{place[:80]}: {fault['msg'][:120]}".encode("unicode_escape").decode()
