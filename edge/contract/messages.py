"""The messages: CloudEvents 1.0 structured JSON (https://github.com/cloudevents/spec), our data inside.

Unknown keys are ignored on reading, since additions only bump the minor of `dataschema`; they are
never written. Ratios are of the camera's picture, rounded to four places to keep an event small.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from edge.base.limits import LIGHT_MAX_S

SCHEMA = "edgebox/1.3"
HISTORICAL_AFTER_S = 60.0
TITLE_MAX = 80                         # characters of a place that people name
_RFC3339 = (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
            r"(Z|[+-][0-9]{2}:[0-9]{2})")
_CMD_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


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
    OK = "ok"
    LOST = "lost"
    FROZEN = "frozen"
    DARK = "dark"
    COVERED = "covered"
    MOVED = "moved"


class HealthData(Message):
    camera: str
    state: CameraState
    since: datetime
    detail: str = ""


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
    """Of this record. `until` is when the alarm ends by itself, `remaining_s` the same for a wrong clock."""

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


class PanelData(Message):
    """The state of the box's alarm: retained, sent at every change."""

    phase: PanelPhase
    armed: bool
    outputs: dict[str, bool]               # by their names in the config; a pulsing siren is on
    faults: tuple[str, ...] = ()           # in English, for logs
    findings: tuple[FindingData, ...] = () # the same in the same order, for people
    mains: bool | None = None              # False: on battery
    since: datetime


class CommandName(StrEnum):
    SIREN = "siren"
    LIGHT = "light"
    SILENCE = "silence"
    ARM = "arm"
    DISARM = "disarm"
    SELFTEST = "selftest"


def _moment(given: object) -> object:
    """Text as RFC 3339 has it, with its zone: pydantic alone would take a count of seconds as well."""
    if isinstance(given, datetime):
        if given.tzinfo is None:
            raise ValueError("want a time with its zone")
    elif not isinstance(given, str) or not re.fullmatch(_RFC3339, given):
        raise ValueError("want a time such as 2026-03-01T08:00:00.000Z, with its zone")
    return given


def _one_line(text: str) -> str:
    """It is shown to people, at the place and in logs."""
    if not text.isprintable() or text != text.strip():
        raise ValueError("want one line of printable text")
    return text


Moment = Annotated[datetime, Field(strict=False), BeforeValidator(_moment)]


class Command(BaseModel):
    """What the ward sends to `cmd/{name}`, as it is, without an envelope.

    Strict: what is not known is refused, since it was signed and would have meant something. `sig` is Ed25519
    (RFC 8032) over the RFC 8785 canonical form of all the rest, base64 with padding; see signing.py.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    cmd_id: Annotated[str, Field(pattern=f"^{_CMD_ID}$")]            # a UUID, never used again
    name: Annotated[CommandName, Field(strict=False)]
    box: Annotated[str, Field(min_length=1, max_length=200)]          # its root: edge/v1/{ward}/{group}/{box}
    boot_id: Annotated[str, Field(min_length=1, max_length=64)]       # of its latest birth
    issued: Moment
    expires: Moment                                                   # after `issued`, 300 s at most
    issuer: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_one_line)]
    duration_s: Annotated[float, Field(gt=0, le=LIGHT_MAX_S)] | None = None      # of siren and light alone
    with_siren: bool | None = None                                    # of selftest alone: sound it, too
    kid: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    alg: Literal["Ed25519"]
    sig: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]

    @model_validator(mode="after")
    def _fits(self) -> Command:
        if self.expires <= self.issued:
            raise ValueError("expires: want a time after issued")
        if self.duration_s is not None and self.name not in (CommandName.SIREN, CommandName.LIGHT):
            raise ValueError("duration_s: only siren and light have one")
        if self.with_siren is not None and self.name is not CommandName.SELFTEST:
            raise ValueError("with_siren: only selftest has it")
        return self


def is_cmd_id(text: str) -> bool:
    return re.fullmatch(_CMD_ID, text) is not None


class CommandRefusal(StrEnum):
    """Why a command was not obeyed, where it was not the panel that refused."""

    OVERSIZED = "oversized"
    MALFORMED = "malformed"            # no flat JSON object, or not of the form
    RETAINED = "retained"
    UNKNOWN_KEY = "unknown-key"
    BAD_SIGNATURE = "bad-signature"    # unsigned, or not by that key
    OTHER_BOX = "other-box"
    OTHER_BOOT = "other-boot"
    OTHER_NAME = "other-name"          # sent to another topic than it was signed for
    EXPIRED = "expired"
    NOT_YET = "not-yet"                # issued in the future
    TOO_LONG_LIVED = "too-long-lived"
    REPEATED = "repeated"
    TOO_MANY = "too-many"
    NO_KEYS = "no-keys"                # this box obeys nobody: its config names no ward key
    UNREADY = "unready"                # this box cannot write down that it obeys, so it would obey twice


class CommandResultData(Message):
    """The answer to one command."""

    cmd_id: str | None = None              # absent where none could be read
    name: str                              # of the topic; "" where that is no name, or in a flood
    accepted: bool
    reason: str | None = None              # a CommandRefusal, or why the panel refused
    alarm_id: str | None = None
    issuer: str | None = None              # only where the signature held
    at: datetime                           # by the box's clock: a refused sender can tell how wrong it is
    clock_synchronised: bool


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


class StatusData(Message):
    state: Literal["online", "offline"]
    boot_id: str


class MetricsData(Message):
    """Counters since the journal was made, and gauges now."""

    counters: dict[str, int]
    gauges: dict[str, float]


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
    historical: bool = False
    data: dict[str, Any]


def to_json(message: Message) -> str:
    """Compact JSON, aliases applied, absent values left out."""
    return message.model_dump_json(by_alias=True, exclude_none=True)


def rfc3339(moment: datetime) -> str:
    """UTC with milliseconds and Z, as pydantic reads it back."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
