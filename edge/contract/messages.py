"""The messages: CloudEvents 1.0 structured JSON (https://github.com/cloudevents/spec), our data inside.

Unknown keys are ignored on reading, since additions only bump the minor of `dataschema`; they are
never written. Ratios are of the camera's picture, rounded to four places to keep an event small.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = "edgebox/1.0"
HISTORICAL_AFTER_S = 60.0

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


class Object(Message):
    """What the event is about. `count` is above one for a crowd, whose `rect` is around all of it."""

    track: int | None = None
    label: str = Field(alias="class")
    score: Ratio
    rect: tuple[Ratio, Ratio, Ratio, Ratio]
    path: tuple[tuple[Ratio, Ratio], ...] = ()
    count: int = 1


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
    model: str                             # sha256 of the weights, first 16 hex digits
    config: str                            # sha256 of the effective config, first 16 hex digits
    actions: tuple[str, ...] = ()          # outputs driven; filled when the alarm piece arrives
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


class BirthData(Message):
    """Who this box is, told at every connection."""

    firmware: str
    contract: str = SCHEMA
    model: str
    config: str
    cameras: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    signing_key: str | None = None
    boot_id: str
    seq: int                               # the highest given so far


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
