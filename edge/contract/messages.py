"""The messages: CloudEvents 1.0 structured JSON (https://github.com/cloudevents/spec), our data inside.

Unknown keys are ignored on reading, since additions only bump the minor of `dataschema`; they are
never written. Ratios are of the camera's picture, rounded to four places to keep an event small.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = "edgebox/1.5"
HISTORICAL_AFTER_S = 60.0
TITLE_MAX = 80                         # characters of a place that people name

Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Epoch = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]       # names one life of a box's journal
MAX_SEQ = 2**53 - 1                    # the largest whole number that RFC 8785 signs
Seq = Annotated[int, Field(ge=0, le=MAX_SEQ)]


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, ser_json_inf_nan="null")


class Phase(StrEnum):
    """The life of an event."""

    NEW = "new"
    UPDATE = "update"      # at most one, and only with a better picture
    END = "end"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ALERT = "alert"        # its picture goes before ordinary ones


class Ending(StrEnum):
    """Why an event ended."""

    ENDED = "ended"            # what its rule is about is over, the object may still be there
    LEFT = "left"              # the object is gone: out of the picture, or not found again
    VIEW_LOST = "view-lost"    # the pictures stopped, and nobody knows what became of the object


class Role(StrEnum):
    """What one picture of an event shows."""

    SUBJECT = "subject"        # the whole object, as large and as free as it was seen
    SCENE = "scene"            # the whole view when the rule decided, other people made unrecognisable
    BEFORE = "before"          # the whole view before that: on which side of the line, or when it came


class Object(Message):
    """What the event is about. `count` is above one for a crowd, whose `rect` is around all of it.

    The `rect` of a two-wheeler holds the machine and its riders; `riders` says how many were counted.
    """

    track: int | None = None
    label: str = Field(alias="class")
    score: Ratio
    rect: tuple[Ratio, Ratio, Ratio, Ratio]
    path: tuple[tuple[Ratio, Ratio], ...] = ()
    count: int = 1
    riders: Annotated[int, Field(ge=1, le=4)] | None = None


class Times(Message):
    """`first_seen` and `decided` are wall time as the box believed it; trust says `clock_synchronised`."""

    first_seen: datetime
    decided: datetime
    mono_ns: int
    boot_id: str
    clock_synchronised: bool


class Image(Message):
    """Where the JPEG of this revision is published, and what it must hash to."""

    topic: str
    sha256: Sha256
    width: int
    height: int
    bytes: int
    masked: bool
    seq: Seq | None = None     # its own number, given by the journal; the picture itself cannot carry it


class EventPicture(Message):
    """One picture of this revision by its role. The subject is also told as `image`, as of old."""

    role: Role
    topic: str
    sha256: Sha256
    width: int
    height: int
    bytes: int
    media_s: float             # of its frame, as the event's other times of media: position in the stream
    at: datetime               # when that frame was taken, as the box believed it
    masked: bool
    pixelated: bool = False    # other people in it were made unrecognisable
    seq: Seq | None = None     # as of `Image`; the subject's is the same as there


class AlarmWish(StrEnum):
    """What a rule may ask for."""

    LIGHT = "light"
    SIREN = "siren"


class EventData(Message):
    """The `data` of an event record."""

    event_id: str
    rev: int = Field(ge=0)
    phase: Phase
    severity: Severity
    camera: str
    rule: str
    kind: str
    zone: str | None = None
    object: Object
    t: Times
    image: Image | None = None
    pictures: tuple[EventPicture, ...] = ()    # where this revision has more than a thumbnail
    ended: Ending | None = None            # of an END: why
    model: str                             # sha256 of the weights, first 16 hex digits
    config: str                            # sha256 of the effective config, first 16 hex digits
    wish: AlarmWish | None = None          # what its rule asks of the alarm; the alarm records say what came
    chain: dict[str, Any] | None = None    # prev, kid, alg, sig: place kept for the signature


class CameraState(StrEnum):
    """How a camera is; the worst where it is several."""

    OK = "ok"
    LOST = "lost"                      # sends nothing, or nobody watches it
    NO_KEY_FRAMES = "no-key-frames"    # sends, but nothing that can be decoded
    FROZEN = "frozen"                  # the same picture again and again
    DARK = "dark"
    OVER_EXPOSED = "over-exposed"      # most of it is white
    COVERED = "covered"
    SPRAYED = "sprayed"                # much of it hidden, the rest as it was
    MOVED = "moved"                    # turned: it shows another view
    DEFOCUSED = "defocused"            # the same view without its fine detail
    LATE = "late"                      # its pictures are looked at too late
    WRONG_TIME = "wrong-time"          # its own clock is wrong

    @property
    def plain(self) -> CameraState:
        """The same for a reader of version 1.3, which refuses a record with any other."""
        return _PLAIN.get(self, self)


_PLAIN = {
    CameraState.NO_KEY_FRAMES: CameraState.LOST, CameraState.OVER_EXPOSED: CameraState.COVERED,
    CameraState.SPRAYED: CameraState.COVERED, CameraState.DEFOCUSED: CameraState.COVERED,
    CameraState.LATE: CameraState.OK, CameraState.WRONG_TIME: CameraState.OK,
}


class HealthData(Message):
    """A camera's state, as of `since`. `state` is one that every version 1 knows; see `exactly`."""

    camera: str
    state: CameraState
    exact: Annotated[str, Field(max_length=48)] | None = None      # a newer or closer word than `state`
    since: datetime
    count: Annotated[int, Field(ge=1)] = 1     # it has come and gone so often in between
    detail: str = ""

    @property
    def exactly(self) -> CameraState:
        """The closest state that is known here."""
        return CameraState(self.exact) if self.exact in set(CameraState) else self.state


class AlarmCause(StrEnum):
    """What an alarm was raised, or ended, by."""

    BUTTON = "button"
    MEMBER = "member"      # on the phone page
    WARD = "ward"          # by command
    RULE = "rule"
    TAMPER = "tamper"
    TIME = "time"          # ended by itself


class AlarmMode(StrEnum):
    SIREN = "siren"        # siren, strobe, lights
    LIGHT = "light"        # lights alone
    SILENT = "silent"      # the ward alone; nothing at the place shows it


class AlarmPhase(StrEnum):
    """The life of an alarm at the ward. `refused` is a life of its own: nothing was driven."""

    RAISED = "raised"
    ESCALATED = "escalated"    # the light was on first, the siren follows
    JOINED = "joined"          # raised once more while it was on; its end moves
    SILENCED = "silenced"      # by a member's code or a command
    ENDED = "ended"            # by itself, at its time
    REFUSED = "refused"


class Who(Message):
    """Who raised or ended an alarm."""

    cause: AlarmCause
    name: str                  # an input's id, a member's name, an issuer of the ward, "camera/rule"
    member_id: str | None = None


class AlarmTimes(Message):
    """The times of one alarm record. `until` is when the alarm ends by itself; `remaining_s` says so to a
    wrong clock.
    """

    at: datetime
    mono_ns: int
    boot_id: str
    clock_synchronised: bool
    until: datetime | None = None
    remaining_s: float | None = None


class AlarmData(Message):
    """The `data` of an alarm record. The ward upserts on `alarm_id` and keeps the highest `rev`."""

    alarm_id: str                          # UUIDv7
    rev: int = Field(ge=0)
    phase: AlarmPhase
    mode: AlarmMode
    raised_by: Who
    by: Who | None = None                  # who did what this record tells, where it is not `raised_by`
    outputs: tuple[str, ...] = ()          # driven from this record on, by their names in the config
    event_id: str | None = None            # the event whose rule asked
    reason: str | None = None              # of a refusal, in English: "pause", "disarmed", ...
    t: AlarmTimes


class PanelPhase(StrEnum):
    """What the box's alarm is doing."""

    IDLE = "idle"
    CONFIRMING = "confirming"  # a button is held down, or waits for its second press
    ENTRY = "entry"            # a rule asked while armed; the entry delay runs
    LIGHT = "light"            # the light is on, alone or before the siren
    SOUNDING = "sounding"
    SILENT = "silent"
    COOLDOWN = "cooldown"
    TEST = "test"
    FAULT = "fault"            # no outputs can be driven; alarms reach the ward all the same


class FindingData(Message):
    """A fault as codes, for whoever makes words of them; see `edge/base/findings.py` for the values."""

    kind: str                              # what it is about: "siren", "input", "journal", ...
    name: str = ""                         # of the output, input...; "" where there is but one
    code: str                              # what was found: "input-stuck"
    what: str = ""                         # the kind of that output or input in the config: "panic"
    values: dict[str, str] = {}            # what stands in the sentence
    since: datetime | None = None          # of what comes and goes: since when it is so
    count: Annotated[int, Field(ge=1)] = 1 # and how often it has come since then


class PanelData(Message):
    """The state of the box's alarm: retained, sent at every change."""

    phase: PanelPhase
    armed: bool
    outputs: dict[str, bool]               # by their names in the config; a pulsing siren is on
    faults: tuple[str, ...] = ()           # in English, for logs
    findings: tuple[FindingData, ...] = () # the same in the same order, for people
    mains: bool | None = None              # False: on battery
    since: datetime


class SelfTestSummary(Message):
    """What came of the last `edgebox doctor`. A name is a kind and whose: "camera/gate", "clock"."""

    at: datetime
    verdict: Literal["ok", "warn", "bad"]
    bad: tuple[str, ...] = ()
    warn: tuple[str, ...] = ()


class BirthData(Message):
    """Who this box is, told at every connection."""

    firmware: str
    contract: str = SCHEMA
    model: str
    config: str
    cameras: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    command_keys: tuple[str, ...] = ()     # ids of the ward keys that it obeys
    signing_key: str | None = None
    boot_id: str
    seq: int                               # the highest given so far
    doctor: SelfTestSummary | None = None  # absent where this box was never tested
    title: Annotated[str, Field(min_length=1, max_length=TITLE_MAX)] | None = None    # its place, to people
    epoch: Epoch | None = None             # of its journal; another one begins when the numbers were lost
    oldest_seq: Seq | None = None          # the lowest number that it could still send; seq + 1: none


class StatusData(Message):
    state: Literal["online", "offline"]
    boot_id: str


class MetricsData(Message):
    """Counters since the journal was made, and gauges now."""

    counters: dict[str, int]
    gauges: dict[str, float]


class Shed(Message):
    """What the box gave up, of numbers that follow on one another."""

    first_seq: Seq
    last_seq: Seq
    of: Literal["update", "end", "picture", "health", "event", "record"]
    event_id: str | None = None            # where all of it is of one event
    sha256: Sha256                         # of the payload; of several, over their digests, by number


class TombstoneData(Message):
    """Numbers that never come, and why: it fills their holes. Itself it is never shed."""

    shed: Annotated[tuple[Shed, ...], Field(min_length=1, max_length=64)]
    why: Literal["full", "unreadable", "refused"]      # no room; it did not read back; nobody would take it


class ClockState(StrEnum):
    """How far the box's wall time is to be trusted."""

    SYNCHRONISED = "synchronised"
    HOLDING = "holding"        # it was synchronised in this boot, and no source is heard any more
    NEVER = "never"            # not since this boot: its times may be of any year


class TimeData(Message):
    """What the box knows of its clock, at each change, and what it then knows of earlier times of this boot.

    A wall time of this boot that was made before `from_mono_ns` was wrong by `offset_ms`: added to it, it is
    right within `bound_ms`. Several steps of one boot add up.
    """

    boot_id: str
    state: ClockState
    since: datetime | None = None          # of `state`, by the corrected clock
    from_mono_ns: int                      # CLOCK_MONOTONIC of the step, or of the change
    offset_ms: int = 0
    bound_ms: Seq | None = None            # of the clock's error as of now; absent: unknown


class Envelope(Message):
    """One CloudEvents record as it goes over the wire."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    time: datetime
    subject: str | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str = SCHEMA
    seq: int | None = None                 # only records of the journal have one
    epoch: Epoch | None = None             # of the journal that gave `seq`
    historical: bool = False
    data: dict[str, Any]


def to_json(message: Message) -> str:
    """Compact JSON, aliases applied, absent values left out."""
    return message.model_dump_json(by_alias=True, exclude_none=True)


def rfc3339(moment: datetime) -> str:
    """UTC with milliseconds and Z, as pydantic reads it back."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
