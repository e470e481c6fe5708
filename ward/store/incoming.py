"""What came from the wire, as types: `intake.read` makes them, and nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.contract.command import CommandResultData
from edge.contract.lessons import LessonsData
from edge.contract.messages import (
    AlarmData,
    BirthData,
    Envelope,
    EventData,
    HealthData,
    MetricsData,
    PanelData,
    Role,
    StatusData,
    TimeData,
    TombstoneData,
)


@dataclass(frozen=True, slots=True)
class PictureFact:
    """What a record says of one picture: its place in its event, and what it must hash to."""

    role: Role
    rev: int                   # of the picture, by its topic; the record itself may be a later one
    sha256: str


Sizes = Mapping[Role, tuple[int, int]]
"""Width and height in px, as a record tells them."""


@dataclass(frozen=True, slots=True)
class EventRecord:
    box: str                   # "group/box", as in every type below
    envelope: Envelope
    data: EventData
    told: tuple[PictureFact, ...]     # no role twice
    sizes: Sizes               # of all in `told`
    picture_seqs: Mapping[Role, int]  # their own numbers, where the box gives pictures any
    raw: str                   # the payload as it came


@dataclass(frozen=True, slots=True)
class PictureIn:
    box: str
    event_id: str
    rev: int
    role: Role
    jpeg: bytes
    sha256: str
    size: tuple[int, int] | None      # width and height in px; None: it does not decode


@dataclass(frozen=True, slots=True)
class BirthIn:
    box: str
    envelope: Envelope
    data: BirthData


@dataclass(frozen=True, slots=True)
class StatusIn:
    box: str
    data: StatusData


@dataclass(frozen=True, slots=True)
class HealthIn:
    box: str
    envelope: Envelope
    data: HealthData


@dataclass(frozen=True, slots=True)
class MetricsIn:
    box: str
    data: MetricsData


@dataclass(frozen=True, slots=True)
class AlarmIn:
    """Texts in `data` are as the box wrote them: see `plain`."""

    box: str
    envelope: Envelope
    data: AlarmData
    raw: str                   # the payload as it came


@dataclass(frozen=True, slots=True)
class PanelIn:
    box: str
    envelope: Envelope
    data: PanelData


@dataclass(frozen=True, slots=True)
class LessonsIn:
    """What a box has learned not to tell. Texts are as the box wrote them: see `plain`."""

    box: str
    envelope: Envelope
    data: LessonsData


@dataclass(frozen=True, slots=True)
class ResultIn:
    """What a box answered to a command."""

    box: str
    envelope: Envelope
    data: CommandResultData
    raw: str                   # the payload as it came


@dataclass(frozen=True, slots=True)
class TombstoneIn:
    """What a box gave up of what it owed."""

    box: str
    envelope: Envelope
    data: TombstoneData


@dataclass(frozen=True, slots=True)
class TimeIn:
    """What a box knows of its clock."""

    box: str
    envelope: Envelope
    data: TimeData


Record = EventRecord | HealthIn | AlarmIn | PanelIn | LessonsIn | ResultIn | TombstoneIn | TimeIn
"""What may have a number of the box's journal."""
Incoming = Record | PictureIn | BirthIn | StatusIn | MetricsIn
