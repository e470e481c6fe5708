"""The settings of a box, as types. What a value means to a technician stands in its description.

Lengths in the picture are ratios (0..1) of its width and height, so that a camera can change its
resolution. Durations are seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from edge.config import checks
from edge.config.shapes import line_fault, polygon_fault
from edge.config.source import WANT, SourceKind, kind_of, source_fault
from edge.contract.messages import AlarmMode, AlarmWish, Severity
from edge.contract.topics import SLUG, is_slug
from edge.limits import (
    HOLD_MAX_S,
    LIGHT_MAX_S,
    PAUSE_MIN_S,
    PER_HOUR_MAX,
    SIREN_MAX_S,
)

LOCAL_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?$"
INPUT_PX = range(128, 1280 + 1, 32)     # sides of a network's input that can be asked for
MAX_S = 7 * 24 * 3600          # no duration of a box is longer than a week


def _slug(text: str) -> str:
    if not is_slug(text):
        raise ValueError("use 1 to 48 of a-z 0-9 and -, not at the start or end")
    return text


def _polygon(points: tuple[Point, ...]) -> tuple[Point, ...]:
    _refuse(polygon_fault(points))
    return points


def _line(points: tuple[Point, Point]) -> tuple[Point, Point]:
    _refuse(line_fault(points))
    return points


def _refuse(fault: str | None) -> None:
    if fault is not None:
        raise ValueError(fault)


def _clock(moment: object) -> object:
    """Read text ourselves: pydantic would take a count of seconds, and a time of another zone."""
    if not isinstance(moment, str):
        return moment
    if not re.fullmatch(LOCAL_TIME, moment):
        raise PydanticCustomError("local_time", "want a local time such as 22:30:00")
    return time.fromisoformat(moment)


def _anchored(path: Path, info: ValidationInfo) -> Path:
    """A relative path starts at the config file's folder, which the loader gives as context."""
    return Path(info.context["folder"]) / path if info.context else path


def _file(path: Path, info: ValidationInfo) -> Path:
    if not path.name or not str(path).isprintable():
        raise ValueError("want the path of a file")
    return _anchored(path, info)


def _source(source: str, info: ValidationInfo) -> str:
    _refuse(source_fault(source))
    if info.context and kind_of(source) is SourceKind.FILE:
        return str(_anchored(Path(source), info))
    return source


def _host(host: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%a-z]*", host):
        raise ValueError("want the broker's name or address alone, such as 'mqtt.example'; "
                         "no mqtt://, no port, no user")
    return host


Slug = Annotated[str, Field(pattern=f"^{SLUG.pattern}$"), AfterValidator(_slug)]
Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Point = tuple[Ratio, Ratio]
Polygon = Annotated[tuple[Point, ...], Field(min_length=3, max_length=100), AfterValidator(_polygon)]
Line = Annotated[tuple[Point, Point], AfterValidator(_line)]
LocalTime = Annotated[time, BeforeValidator(_clock),
                      WithJsonSchema({"type": "string", "pattern": LOCAL_TIME})]
File = Annotated[Path, AfterValidator(_file)]
Folder = Annotated[Path, AfterValidator(_anchored)]
Text = Annotated[str, Field(min_length=1)]


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _raise_first(faults: Iterator[checks.KeyFault]) -> None:
    """Refuse by the first fault between keys.

    A validator may only point at the whole table, and runs only once every key in it is right;
    the loader, which tells all faults with their keys, runs the same checks itself and knows
    these by their type.
    """
    for fault in faults:
        raise PydanticCustomError(checks.ERROR_TYPE, "{fault}", {"fault": str(fault)})


class BoxSettings(Settings):
    """Where this box belongs; the first part of every topic."""

    ward: Slug
    group: Slug
    id: Slug
    title: Text | None = Field(None, description="how people call it, such as 'Tổ 12, ngõ 5'")
    state_dir: Folder = Field(Path("/var/lib/edgebox"), description="journal, members; survives restarts")
    runtime_dir: Folder = Field(Path("/run/edgebox"), description="the alarm; in memory, survives a crash")


class ModelSettings(Settings):
    name: str = Field("picodet-s-coco", description="an entry of `edgebox models list`")
    input_px: int = Field(416, ge=INPUT_PX[0], le=INPUT_PX[-1], multiple_of=INPUT_PX.step,
                          description="the square that a picture is stretched to; larger sees smaller things")
    threshold: Ratio = Field(0.4, description="least score of a detection")
    threads: int = Field(0, ge=0, le=16, description="of one inference; 0 takes half the cores")


class MotionSettings(Settings):
    enabled: bool = True
    min_area_ratio: Ratio = Field(0.001, description="least moving part of the picture")
    hold_s: float = Field(2.0, ge=0, le=MAX_S, description="stay open after the last motion")
    idle_interval_s: float = Field(10.0, gt=0, le=MAX_S,
                                   description="look at a still scene this often anyway")


class TrackSettings(Settings):
    confirm_s: float = Field(0.35, ge=0, le=MAX_S, description="seen this long before it counts")
    confirm_hits: int = Field(4, ge=1, description="and in this many pictures")
    lost_s: float = Field(2.0, gt=0, le=MAX_S, description="given up after being hidden this long")


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
    start: LocalTime = Field(time(0, 0), description="local time, such as 22:30:00")
    end: LocalTime = Field(time(0, 0), description="as start; equal to it: all day")


class RuleSettings(Settings):
    kind: RuleKind
    zone: Slug | None = Field(None, description="a name under zones; the whole picture without one")
    line: Slug | None = Field(None, description="a name under lines; for kind cross")
    direction: Direction = Direction.ANY
    classes: tuple[Text, ...] = Field(("person",), min_length=1, description="labels of the model")
    min_height_ratio: Ratio = Field(
        0.08, description="smaller objects are passed over; below 0.08 a detector guesses")
    dwell_s: float = Field(60.0, gt=0, le=MAX_S, description="for kind dwell: how long it must stay")
    crowd_count: int = Field(5, ge=2, description="for kind crowd: how many at once")
    crowd_s: float = Field(10.0, ge=0, le=MAX_S, description="for kind crowd: for how long")
    cooldown_s: float = Field(0.0, ge=0, le=MAX_S,
                              description="after an event, this rule keeps still so long")
    severity: Severity = Severity.INFO
    alarm: AlarmWish | None = Field(None, description="what its event may set off; nothing without it")
    schedule: tuple[ScheduleSettings, ...] = Field((), description="when it applies; always without one")

    @model_validator(mode="after")
    def _fits_kind(self) -> RuleSettings:
        _raise_first(checks.rule_faults(vars(self)))
        return self


class AtEnd(StrEnum):
    LOOP = "loop"
    STOP = "stop"


class CameraSettings(Settings):
    source: Annotated[str, AfterValidator(_source)] = Field(description=WANT)
    username: Text | None = None
    password_file: File | None = Field(None, description="first line is the password of an IP camera")
    fps: float = Field(5.0, gt=0, le=60, description="pictures a second that are looked at")
    at_end: AtEnd = Field(AtEnd.LOOP, description="what a video file does at its end")
    stall_s: float = Field(10.0, gt=0, le=MAX_S, description="no picture for this long means that it is lost")
    masks: tuple[Polygon, ...] = Field((), description="privacy: blacked out before anything else sees it")
    zones: Mapping[Slug, Polygon] = {}
    lines: Mapping[Slug, Line] = {}
    motion: MotionSettings = MotionSettings()
    track: TrackSettings = TrackSettings()
    rules: Mapping[Slug, RuleSettings] = {}

    @model_validator(mode="after")
    def _names_exist(self) -> CameraSettings:
        _raise_first(checks.camera_faults(vars(self)))
        return self


class JournalSettings(Settings):
    max_bytes: int = Field(512 * 1024 * 1024, ge=1024 * 1024, description="what is owed to the ward, at most")


class ThumbnailSettings(Settings):
    max_bytes: int = Field(48 * 1024, ge=4096, le=512 * 1024)
    max_px: int = Field(480, ge=64, le=1920, description="longest side")
    margin_ratio: Ratio = 0.25


class MqttSettings(Settings):
    """How to reach the ward's broker."""

    host: Annotated[str, AfterValidator(_host)] = Field(description="name or address alone")
    port: int = Field(8883, ge=1, le=65535)
    tls: bool = True
    ca_file: File | None = Field(None, description="who signed the broker's certificate")
    cert_file: File | None = Field(None, description="this box's certificate")
    key_file: File | None = Field(None, description="its private key")
    username: Text | None = None
    password_file: File | None = None
    keepalive_s: int = Field(30, ge=5, le=600)
    ack: Literal["broker"] = Field("broker", description="a record leaves the journal on PUBACK")

    @model_validator(mode="after")
    def _fits(self) -> MqttSettings:
        _raise_first(checks.mqtt_faults(vars(self)))
        return self


class OutputKind(StrEnum):
    SIREN = "siren"
    STROBE = "strobe"
    FLOOD = "flood"        # a flood light
    BEACON = "beacon"      # the status light that technicians read
    BUZZER = "buzzer"      # tells who presses that it was heard


class Pattern(StrEnum):
    """How an output behaves while it is on."""

    STEADY = "steady"
    SLOW = "slow"          # 1 s on, 1 s off
    FAST = "fast"          # 0.25 s on, 0.25 s off
    WAIL = "wail"          # 4 s on, 1 s off


Pin = Annotated[int, Field(ge=2, le=27, description="GPIO number (BCM), not the header's pin number")]

class OutputSettings(Settings):
    kind: OutputKind
    pin: Pin
    active_high: bool = Field(True, description="false only for boards that cannot be wired otherwise")
    pattern: Pattern = Field(Pattern.STEADY, description="how it behaves while on")
    max_on_s: float | None = Field(None, gt=0, description="at most so long; its kind's limit without")

    @model_validator(mode="after")
    def _fits(self) -> OutputSettings:
        _raise_first(checks.output_faults(vars(self)))
        return self


class InputKind(StrEnum):
    PANIC = "panic"        # a button that sets off the siren
    SILENT = "silent"      # a button that calls the ward alone
    REMOTE = "remote"      # a radio receiver's dry contact: as panic, its own hold has happened at the sender
    KEY = "key"            # a key switch: active means armed
    TAMPER = "tamper"      # a lid or cable switch
    MAINS = "mains"        # a UPS's contact: active means that the mains are there


class Confirm(StrEnum):
    HOLD = "hold"
    SECOND_PRESS = "second_press"


class InputSettings(Settings):
    kind: InputKind
    pin: Pin
    pull: Literal["up", "down", "none"] = Field("up", description="'none' needs a resistor of its own")
    active: Literal["low", "high"] = Field("low", description="the level that means pressed, open or present")
    confirm: Confirm = Field(Confirm.HOLD, description="of a button: how a press becomes an alarm")
    hold_s: float = Field(0.8, ge=0, le=HOLD_MAX_S, description="of a button: held so long")
    second_press_s: float = Field(3.0, gt=0, le=10, description="of a button: pressed again within")
    debounce_s: float = Field(0.03, ge=0, le=1, description="shorter changes are noise")
    stuck_s: float = Field(60.0, gt=0, le=MAX_S, description="of a button: down for so long means broken")


class LightFirstSettings(Settings):
    """How long the lights are on alone before the siren follows, unless someone cancels; 0: siren at once."""

    button: float = Field(0.0, ge=0, le=120)
    member: float = Field(0.0, ge=0, le=120)
    ward: float = Field(0.0, ge=0, le=120)
    tamper: float = Field(10.0, ge=0, le=120)
    rule_info: float = Field(60.0, ge=0, le=120, description="by the severity of the rule's event")
    rule_warning: float = Field(30.0, ge=0, le=120)
    rule_alert: float = Field(15.0, ge=0, le=120)


class AlarmSettings(Settings):
    siren_s: float = Field(60.0, gt=0, le=SIREN_MAX_S, description="how long one alarm sounds")
    light_s: float = Field(300.0, gt=0, le=LIGHT_MAX_S, description="how long lights alone are on")
    silent_s: float = Field(600.0, gt=0, le=MAX_S, description="how long a silent call stays open")
    cooldown_s: float = Field(60.0, ge=PAUSE_MIN_S, le=3600,
                              description="rest after a sounding; a person may raise a new alarm in it")
    max_per_hour: int = Field(6, ge=1, le=PER_HOUR_MAX, description="soundings that no person asked for")
    entry_delay_s: float = Field(0.0, ge=0, le=300, description="for rules: time to disarm after coming in")
    exit_delay_s: float = Field(45.0, ge=0, le=300, description="time to leave after arming by hand")
    tamper: AlarmMode | None = Field(AlarmMode.LIGHT, description="what a tamper switch sets off")
    light_first_s: LightFirstSettings = LightFirstSettings()
    schedule: tuple[ScheduleSettings, ...] = Field((), description="when armed; by hand alone without one")


class PageSettings(Settings):
    """The group's page, over HTTPS on the local network."""

    enabled: bool = True
    host: Annotated[str, AfterValidator(_host)] = Field("::", description="to listen on; all by default")
    port: int = Field(8443, ge=1, le=65535)
    names: tuple[Annotated[str, AfterValidator(_host)], ...] = Field(
        (), description="names and addresses that phones use; those of the box without")
    cert_file: File | None = Field(None, description="its certificate; the box makes one without")
    key_file: File | None = None

    @model_validator(mode="after")
    def _fits(self) -> PageSettings:
        _raise_first(checks.pair_faults(vars(self)))
        return self


class CommandSettings(Settings):
    """Commands from the ward."""

    keys: tuple[File, ...] = Field((), description="public keys of the ward, PEM; obey nobody without")
    max_per_minute: int = Field(30, ge=1, le=600)


class EdgeSettings(Settings):
    """The whole file."""

    box: BoxSettings
    mqtt: MqttSettings
    alarm: AlarmSettings = AlarmSettings()
    outputs: Mapping[Slug, OutputSettings] = {}
    inputs: Mapping[Slug, InputSettings] = {}
    page: PageSettings = PageSettings()
    commands: CommandSettings = CommandSettings()
    model: ModelSettings = ModelSettings()
    journal: JournalSettings = JournalSettings()
    thumbnail: ThumbnailSettings = ThumbnailSettings()
    cameras: Annotated[Mapping[Slug, CameraSettings], Field(min_length=1)]
