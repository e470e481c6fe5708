"""What the store tells its readers. Frozen; times are milliseconds UTC since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from edge.base.findings import Finding
from edge.contract.messages import Ending, Role
from ward.store.seqs import Gap

BEAT_S = 2.0
"""How often a receiver says that it lives; see `ReceiverLink`."""


@dataclass(frozen=True, slots=True)
class VerifiedPicture:
    """A verified picture, that is shown."""

    rev: int
    sha256: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as it stands. Field for field the columns of the table `events`, but for the last five."""

    event_id: str
    change: int
    box: str                    # "group/box"
    camera: str
    kind: str
    rule: str
    zone: str | None
    label: str
    count: int
    score: float
    severity: str
    phase: str
    rev: int
    time_ms: int
    first_seen_ms: int
    ended_ms: int | None        # where it ended for want of pictures: when it was last seen
    ended_why: Ending | None    # None: it has not, or its end does not tell
    riders: int | None          # on a two-wheeler; None: not counted
    clock_synchronised: bool
    historical: bool
    received_ms: int
    picture_wanted: bool        # a record tells of a subject's picture
    pictures: Mapping[Role, VerifiedPicture]       # of each role the best; those that are here and verified
    heard_ms: int               # when the last of its records came
    box_gone: bool              # its box is offline, or has started anew since its highest rev
    box_title: str | None       # where that box stands, as people call it; None: it does not tell
    said_late: bool             # its box says that it was delivered late
    subject_lost: str | None    # why its picture never comes; None or "": it is here, or may come

    @property
    def subject(self) -> VerifiedPicture | None:
        return self.pictures.get(Role.SUBJECT)

    @property
    def scene(self) -> VerifiedPicture | None:
        return self.pictures.get(Role.SCENE)


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One phase of an event. `envelope` is the JSON as it came."""

    rev: int
    phase: str
    seq: int | None
    historical: bool
    received_ms: int
    json_bytes: int
    envelope: str


@dataclass(frozen=True, slots=True)
class ImageRow:
    rev: int
    role: str                   # subject, scene, before
    sha256: str
    bytes: int
    state: str                  # pending, verified, quarantined
    received_ms: int


@dataclass(frozen=True, slots=True)
class CameraRow:
    camera: str
    state: str
    since_ms: int
    detail: str


@dataclass(frozen=True, slots=True)
class PanelRow:
    """The alarm panel of a box, as it last told."""

    phase: str
    armed: bool
    outputs: dict[str, bool]
    faults: tuple[Finding, ...]
    mains: bool | None          # False: on battery; None: it has no such input
    since_ms: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm as it stands. Field for field the columns of the table `alarms`, but for the last six."""

    alarm_id: str
    change: int
    box: str                    # "group/box"
    phase: str
    mode: str
    rev: int
    cause: str
    name: str
    by_cause: str | None
    by_name: str | None
    outputs: tuple[str, ...]
    event_id: str | None
    reason: str | None
    time_ms: int
    until_ms: int | None
    ended_ms: int | None
    clock_synchronised: bool
    historical: bool
    received_ms: int
    heard_ms: int               # when the last of its records came
    box_state: str | None
    box_title: str | None       # where that box stands, as people call it; None: it does not tell
    seen_by: str | None         # who was the first at the ward to see it, and when
    seen_ms: int | None
    said_late: bool             # its box says that it was delivered late

    @property
    def is_closed(self) -> bool:
        return self.ended_ms is not None


@dataclass(frozen=True, slots=True)
class BoxCalls:
    """What calls an officer from one box."""

    box: str
    first: tuple[AlarmRow, ...] # those that matter most
    count: int                  # all of them
    last_ms: int                # when the last of them came


@dataclass(frozen=True, slots=True)
class LastCallRow:
    """How one box was heard, and the last call or tampering there that was told when it happened."""

    box: str
    box_title: str | None
    state: str | None           # online, offline; None: it never said
    state_ms: int | None        # since when
    heard_ms: int               # of any message, its last will among them
    alarm_id: str
    alarm_heard_ms: int         # when the last record of that call came
    seen_by: str | None         # who took it that the box fell silent after that call
    seen_ms: int | None


@dataclass(frozen=True, slots=True)
class AlarmRecordRow:
    """One record of an alarm. `envelope` is the JSON as it came."""

    rev: int
    seq: int | None
    historical: bool
    received_ms: int
    envelope: str


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command that this ward sent, with the last word on it."""

    asked_id: str
    box: str
    name: str
    duration_s: float | None
    with_siren: bool
    issuer: str
    asked_ms: int
    signings: int               # 2 where the box's clock was wrong
    accepted: bool | None       # by the box; None: it has not answered
    reason: str | None          # of its refusal
    alarm_id: str | None
    told_ms: int | None         # when the answer or the failure was known
    failure: str | None         # what we found out ourselves, where the box has not answered


@dataclass(frozen=True, slots=True)
class LessonRow:
    """What a box has learned not to tell, as it last told. Texts are fit to be shown."""

    lesson_id: str
    event_id: str
    camera: str
    rule: str
    label: str
    hours: str | None           # None: all day
    until_ms: int
    issuer: str
    muted: int                  # events kept back since it was taught
    muted_last_ms: int | None


@dataclass(frozen=True, slots=True)
class BoxRow:
    box: str
    title: str | None           # where it stands, as people call it; None: it does not tell
    first_heard_ms: int
    heard_ms: int
    state: str | None           # online, offline; None: it never said
    state_ms: int | None
    boot_id: str | None
    birth: str | None           # JSON of BirthData
    metrics: str | None         # JSON of MetricsData
    metrics_ms: int | None
    restarts: int               # of its journal
    last_seq: int | None
    waiting: int                # told by its birth, not yet here, above all that arrived
    gaps: tuple[Gap, ...]       # the first hundred, of its present journal first
    cameras: tuple[CameraRow, ...]
    panel: PanelRow | None
    lessons: tuple[LessonRow, ...]      # also those whose time is over
    counters: dict[str, int]
    lost: int                   # of the gaps: numbers that the box owes no more, and that it did not explain


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """What somebody at the ward must know of: see `incidents.IncidentKind`."""

    incident_id: int
    box: str                    # "group/box"; "" is the station itself
    kind: str
    first_ms: int
    last_ms: int
    count: int
    detail: Mapping[str, object]    # what was found the last time
    put_away_ms: int | None     # None: open
    box_title: str | None       # where that box stands, as people call it; None: it does not tell


@dataclass(frozen=True, slots=True)
class TombstoneRow:
    """Numbers that a box gave up, and why."""

    journal: str
    first_seq: int
    last_seq: int
    what: str                   # update, end, picture, health, event, record
    why: str                    # full, unreadable, refused
    event_id: str | None        # where all of it is of one
    sha256: str                 # of the payload; of several, over their digests
    received_ms: int


@dataclass(frozen=True, slots=True)
class SentRow:
    """What one camera has sent in some time."""

    events: int
    bytes: int                  # of records and pictures


@dataclass(frozen=True, slots=True)
class GapRow:
    """Numbers of one journal that have not come."""

    journal: int                # 0, 1, ... as we first heard of them
    gap: Gap
    is_lost: bool               # the box owes them no more


@dataclass(frozen=True, slots=True)
class ReceiverLink:
    """How a lane of the receiver stands with its broker."""

    state: str                  # connected, retrying, stopped
    since_ms: int
    detail: str
    beat_ms: int                # when it last said so


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list of events or alarms, newest first: what comes after it came earlier."""

    received_ms: int
    subject_id: str             # of the event, or of the alarm


Changed = TypeVar("Changed")


@dataclass(frozen=True, slots=True)
class Changes(Generic[Changed]):
    """What changed after a change number, oldest change first."""

    rows: list[Changed]
    upto: int                   # all up to this number was looked at; go on from here


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to tell; None lets all pass. Times are of receipt: from inclusive, until exclusive."""

    box: str | None = None
    camera: str | None = None
    kind: str | None = None
    severity: str | None = None
    label: str | None = None
    from_ms: int | None = None
    until_ms: int | None = None

    def terms(self) -> tuple[str, list[object]]:
        """An SQL condition and its values."""
        terms: list[tuple[str, object]] = [
            (f"{name} = ?", value) for name in ("box", "camera", "kind", "severity", "label")
            if (value := getattr(self, name)) is not None]
        if self.from_ms is not None:
            terms.append(("received_ms >= ?", self.from_ms))
        if self.until_ms is not None:
            terms.append(("received_ms < ?", self.until_ms))
        return " AND ".join(["1", *(term for term, _ in terms)]), [value for _, value in terms]


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to filter by, each sorted."""

    cameras: tuple[tuple[str, str], ...] = ()     # (box, camera)
    kinds: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    titles: dict[str, str] = field(default_factory=dict)      # of the boxes that tell one


@dataclass(frozen=True, slots=True)
class Summary:
    """The store in numbers. `gaps` counts missing numbers per box, of its present journal."""

    events: int
    records: dict[str, int]             # per phase
    severities: dict[str, int]
    images: dict[str, int]              # per state
    json_bytes: int                     # every message but pictures, as received
    image_bytes: int
    max_event_json_bytes: int           # all records of one event
    gaps: dict[str, int]
    boxes: dict[str, str | None]        # state of each
    alarms: dict[str, int] = field(default_factory=dict)      # per phase
    counters: dict[str, int] = field(default_factory=dict)
