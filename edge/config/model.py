"""The settings of a box, as types. What a value means to a technician stands in its description.

Lengths in the picture are ratios (0..1) of its width and height, so that a camera can change its
resolution. Durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from edge.contract.messages import Severity
from edge.contract.topics import SLUG, is_slug


def _slug(text: str) -> str:
    if not is_slug(text):
        raise ValueError("use 1 to 48 of a-z 0-9 and -, not at the start or end")
    return text


Slug = Annotated[str, Field(pattern=f"^{SLUG.pattern}$"), AfterValidator(_slug)]
Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Point = tuple[Ratio, Ratio]
Polygon = Annotated[tuple[Point, ...], Field(min_length=3)]
Line = tuple[Point, Point]


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BoxSettings(Settings):
    """Where this box belongs; the first part of every topic."""

    ward: Slug
    group: Slug
    id: Slug
    state_dir: Path = Field(Path("/var/lib/edgebox"), description="journal and models; survives restarts")


class ModelSettings(Settings):
    name: str = Field("picodet-s-coco", description="an entry of `edgebox models list`")
    input_px: int = Field(416, ge=128, le=1280, multiple_of=32,
                          description="the square that a picture is stretched to; larger sees smaller things")
    threshold: Ratio = Field(0.4, description="least score of a detection")
    threads: int = Field(0, ge=0, le=16, description="of one inference; 0 takes half the cores")


class MotionSettings(Settings):
    enabled: bool = True
    min_area_ratio: Ratio = Field(0.001, description="least moving part of the picture")
    hold_s: float = Field(2.0, ge=0, description="stay open after the last motion")
    idle_interval_s: float = Field(10.0, gt=0, description="look at a still scene this often anyway")


class TrackSettings(Settings):
    confirm_s: float = Field(0.35, ge=0, description="seen this long before it counts")
    confirm_hits: int = Field(3, ge=1, description="and in this many pictures")
    lost_s: float = Field(2.0, gt=0, description="given up after being hidden this long")


class RuleKind(StrEnum):
    ENTER = "enter"
    DWELL = "dwell"
    CROSS = "cross"
    CROWD = "crowd"


class Direction(StrEnum):
    """Of a crossing, seen by someone who looks from the line's first point to its second."""

    ANY = "any"
    LEFT_TO_RIGHT = "left_to_right"
    RIGHT_TO_LEFT = "right_to_left"


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class ScheduleSettings(Settings):
    """Local time. `start` after `end` runs over midnight and belongs to the day it starts on."""

    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    start: time = time(0, 0)
    end: time = time(0, 0)         # equal to start: all day


class RuleSettings(Settings):
    kind: RuleKind
    zone: Slug | None = Field(None, description="a name under zones; the whole picture without one")
    line: Slug | None = Field(None, description="a name under lines; for kind cross")
    direction: Direction = Direction.ANY
    classes: tuple[str, ...] = Field(("person",), min_length=1, description="labels of the model")
    min_height_ratio: Ratio = Field(0.0, description="smaller objects are passed over")
    dwell_s: float = Field(60.0, gt=0, description="for kind dwell: how long it must stay")
    crowd_count: int = Field(5, ge=2, description="for kind crowd: how many at once")
    crowd_s: float = Field(10.0, ge=0, description="for kind crowd: for how long")
    cooldown_s: float = Field(0.0, ge=0, description="after an event, this rule keeps still so long")
    severity: Severity = Severity.INFO
    schedule: tuple[ScheduleSettings, ...] = Field((), description="when it applies; always without one")

    @model_validator(mode="after")
    def _fits_kind(self) -> RuleSettings:
        if (self.kind is RuleKind.CROSS) != (self.line is not None):
            raise ValueError("kind 'cross' needs a line, and only it takes one")
        if self.kind is RuleKind.CROSS and self.zone is not None:
            raise ValueError("kind 'cross' takes a line and no zone")
        return self


class AtEnd(StrEnum):
    LOOP = "loop"
    STOP = "stop"


class CameraSettings(Settings):
    source: str = Field(description="rtsp://host/path, /dev/video0, or the path of a video file")
    username: str | None = None
    password_file: Path | None = Field(None, description="first line is the password of an IP camera")
    fps: float = Field(5.0, gt=0, le=60, description="pictures a second that are looked at")
    at_end: AtEnd = Field(AtEnd.LOOP, description="what a video file does at its end")
    stall_s: float = Field(10.0, gt=0, description="no picture for this long means that it is lost")
    masks: tuple[Polygon, ...] = Field((), description="privacy: blacked out before anything else sees it")
    zones: Mapping[Slug, Polygon] = {}
    lines: Mapping[Slug, Line] = {}
    motion: MotionSettings = MotionSettings()
    track: TrackSettings = TrackSettings()
    rules: Mapping[Slug, RuleSettings] = {}

    @model_validator(mode="after")
    def _names_exist(self) -> CameraSettings:
        for name, rule in self.rules.items():
            if rule.zone is not None and rule.zone not in self.zones:
                raise ValueError(f"rules.{name}.zone: no zone {rule.zone!r}; there are {sorted(self.zones)}")
            if rule.line is not None and rule.line not in self.lines:
                raise ValueError(f"rules.{name}.line: no line {rule.line!r}; there are {sorted(self.lines)}")
        return self


class JournalSettings(Settings):
    max_bytes: int = Field(512 * 1024 * 1024, ge=1024 * 1024, description="what is owed to the ward, at most")


class ThumbnailSettings(Settings):
    max_bytes: int = Field(48 * 1024, ge=4096, le=512 * 1024)
    max_px: int = Field(480, ge=64, le=1920, description="longest side")
    margin_ratio: Ratio = 0.25


class MqttSettings(Settings):
    """How to reach the ward's broker."""

    host: str
    port: int = Field(8883, ge=1, le=65535)
    tls: bool = True
    ca_file: Path | None = Field(None, description="who signed the broker's certificate")
    cert_file: Path | None = Field(None, description="this box's certificate")
    key_file: Path | None = Field(None, description="its private key")
    username: str | None = None
    password_file: Path | None = None
    keepalive_s: int = Field(30, ge=5, le=600)
    ack: Literal["broker"] = Field("broker", description="a record leaves the journal on PUBACK")

    @model_validator(mode="after")
    def _fits(self) -> MqttSettings:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together")
        if not self.tls and (self.ca_file or self.cert_file):
            raise ValueError("ca_file, cert_file and key_file need tls = true")
        return self


class EdgeSettings(Settings):
    """The whole file."""

    box: BoxSettings
    mqtt: MqttSettings
    model: ModelSettings = ModelSettings()
    journal: JournalSettings = JournalSettings()
    thumbnail: ThumbnailSettings = ThumbnailSettings()
    cameras: Annotated[Mapping[Slug, CameraSettings], Field(min_length=1)]
