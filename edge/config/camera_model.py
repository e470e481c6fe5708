"""The settings of one camera: where its picture comes from, what is looked at, and the rules.

What a value means to a technician stands in its description.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from edge.config import checks
from edge.config.fields import (
    MAX_S,
    File,
    Line,
    Polygon,
    Ratio,
    Settings,
    Slug,
    Text,
    anchored,
    raise_first,
    refuse,
)
from edge.config.schedule import ScheduleSettings
from edge.config.source import WANT, SourceKind, evidence_fault, kind_of, source_fault
from edge.contract.messages import AlarmWish, CameraState, Severity


def _source(source: str, info: ValidationInfo) -> str:
    refuse(source_fault(source))
    if info.context and kind_of(source) is SourceKind.FILE:
        return str(anchored(Path(source), info))
    return source


def _evidence(source: str) -> str:
    refuse(evidence_fault(source))
    return source


class MotionSettings(Settings):
    enabled: bool = True
    min_area_ratio: Ratio = Field(0.001, description="least moving part of the picture")
    hold_s: float = Field(2.0, ge=0, le=MAX_S, description="stay open after the last motion")
    idle_interval_s: float = Field(10.0, gt=0, le=MAX_S,
                                   description="look at a still scene this often anyway")


class TrackSettings(Settings):
    confirm_s: float = Field(0.3, ge=0, le=MAX_S, description="seen this long before it is told")
    lost_s: float = Field(2.0, gt=0, le=MAX_S, description="given up after being hidden this long")


class RuleKind(StrEnum):
    ENTER = "enter"
    DWELL = "dwell"
    CROSS = "cross"
    CROWD = "crowd"


class PictureSet(StrEnum):
    """Which pictures the events of a rule get."""

    AUTO = "auto"          # small for severity info, full for warning and alert
    SMALL = "small"        # a thumbnail of the object
    FULL = "full"          # the object as large as the camera has it, the scene, and what was before


class Direction(StrEnum):
    """The direction of a crossing, seen by someone who looks from the line's first point to its second."""

    ANY = "any"
    LEFT_TO_RIGHT = "left_to_right"
    RIGHT_TO_LEFT = "right_to_left"


LEAST_HEIGHT_RATIO = 0.08      # of the picture: unless rule or model say another, smaller is passed over


class RuleSettings(Settings):
    kind: RuleKind
    zone: Slug | None = Field(None, description="a name under zones; the whole picture without one")
    line: Slug | None = Field(None, description="a name under lines; for kind cross")
    direction: Direction = Direction.ANY
    classes: tuple[Text, ...] = Field(("person",), min_length=1, description="labels of the model")
    min_height_ratio: Ratio | None = Field(
        None, description="smaller objects, riders and machine as one, are passed over; without it what is "
        "too small for the model")
    dwell_s: float = Field(60.0, gt=0, le=MAX_S, description="for kind dwell: how long it must stay")
    crowd_count: int = Field(5, ge=2, description="for kind crowd: how many at once")
    crowd_s: float = Field(10.0, ge=0, le=MAX_S, description="for kind crowd: for how long")
    cooldown_s: float = Field(0.0, ge=0, le=MAX_S,
                              description="after an event, this rule keeps still so long")
    riders: bool = Field(False, description="whoever rides a two-wheeler counts as a person, too")
    min_riders: int = Field(0, ge=0, le=4, description="two-wheelers with fewer people on are passed over")
    severity: Severity = Severity.INFO
    pictures: PictureSet = Field(PictureSet.AUTO, description="of its events: small, full, or auto: full for "
                                 "warning and alert")
    alarm: AlarmWish | None = Field(None, description="what its event may set off; nothing without it")
    schedule: tuple[ScheduleSettings, ...] = Field((), description="when it applies; always without one")

    @property
    def has_full_pictures(self) -> bool:
        """Whether its events get a subject, a scene and a before."""
        if self.pictures is PictureSet.AUTO:
            return self.severity is not Severity.INFO
        return self.pictures is PictureSet.FULL

    @model_validator(mode="after")
    def _fits_kind(self) -> RuleSettings:
        raise_first(checks.rule_faults(vars(self)))
        return self


class AtEnd(StrEnum):
    LOOP = "loop"
    STOP = "stop"


class Latency(StrEnum):
    """How long after it comes in something may first be seen, while nothing moves in a camera's picture."""

    PROMPT = "prompt"      # half a second
    RELAXED = "relaxed"    # one interval between key frames, the only pictures decoded until something moves


class Transport(StrEnum):
    """How an IP camera sends its pictures."""

    AUTO = "auto"       # TCP, and UDP where the camera refuses that
    TCP = "tcp"
    UDP = "udp"


TAMPERED = (CameraState.COVERED, CameraState.SPRAYED, CameraState.MOVED)


class CameraHealthSettings(Settings):
    """What a state of the camera itself may set off, armed or not: as a tamper switch of the box does."""

    alarm: AlarmWish | None = Field(None, description="what such a state may set off; nothing without it")
    states: tuple[CameraState, ...] = Field(TAMPERED, min_length=1,
                                            description="of the camera; the ward is told of each anyway")

    @model_validator(mode="after")
    def _fits(self) -> CameraHealthSettings:
        raise_first(checks.camera_health_faults(vars(self)))
        return self


class CameraSettings(Settings):
    source: Annotated[str, AfterValidator(_source)] = Field(description=WANT)
    evidence: Annotated[str, AfterValidator(_evidence)] | None = Field(
        None, description="a larger stream of the same rtsp:// camera, for full pictures of events; user and "
        "password are the same")
    username: Text | None = None
    password_file: File | None = Field(None, description="first line is the password of an IP camera")
    basic: bool = Field(False, description="the password may go in clear where the camera wants it (Basic)")
    transport: Transport = Field(Transport.AUTO, description="of an IP camera: auto takes TCP, and UDP where "
                                 "the camera refuses TCP and has no password")
    onvif_port: int | None = Field(None, ge=1, le=65535, description="of an IP camera's ONVIF service: it is "
                                   "asked for a key frame where none comes by itself")
    fps: float = Field(5.0, gt=0, le=60, description="the budget: so many looks a second with the model's "
                       "usual input")
    view_deg: float | None = Field(None, ge=5, le=170, description="horizontal angle of view, as in its data "
                                   "sheet; for distances in check and doctor")
    at_end: AtEnd = Field(AtEnd.LOOP, description="what a video file does at its end")
    latency: Latency | None = Field(
        None, description="how soon something is seen that comes into a still picture: prompt, within half a "
        "second; relaxed, within one interval between key frames, at a third of the cost; without it prompt "
        "where a rule has an alarm or severity warning or alert, else relaxed")
    stall_s: float = Field(10.0, gt=0, le=MAX_S, description="no picture for this long means that it is lost")
    masks: tuple[Polygon, ...] = Field((), description="privacy: blacked out before anything else sees it")
    zones: Mapping[Slug, Polygon] = {}
    lines: Mapping[Slug, Line] = {}
    motion: MotionSettings = MotionSettings()
    track: TrackSettings = TrackSettings()
    health: CameraHealthSettings = CameraHealthSettings()
    rules: Mapping[Slug, RuleSettings] = {}

    @property
    def is_relaxed(self) -> bool:
        """Whether something may be seen late, by `latency` or else by what the rules are about."""
        if self.latency is not None:
            return self.latency is Latency.RELAXED
        return all(rule.severity is Severity.INFO and rule.alarm is None for rule in self.rules.values())

    @model_validator(mode="after")
    def _names_exist(self) -> CameraSettings:
        raise_first(checks.camera_faults(vars(self)))
        return self
