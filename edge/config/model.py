"""The settings of a box, as types. What a value means to a technician stands in its description."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from edge.base.limits import HOLD_MAX_S, LIGHT_MAX_S, PAUSE_MIN_S, PER_HOUR_MAX, SIREN_MAX_S
from edge.config import checks, wiring
from edge.config.camera_model import CameraSettings
from edge.config.fields import (
    MAX_S,
    File,
    Folder,
    Host,
    Ratio,
    SecurityContact,
    Settings,
    Slug,
    Text,
    raise_first,
)
from edge.config.schedule import ScheduleSettings
from edge.contract.messages import TITLE_MAX, AlarmMode
from edge.contract.sizes import PICTURE_MAX_BYTES
from edge.contract.topics import Root

LIGHT_FIRST_MAX_S = 120         # nobody waits longer for the siren that was asked for
INPUT_PX = range(128, 1280 + 1, 32)     # sides of a network's input that can be asked for


class BoxSettings(Settings):
    """The names of this box, its group and its ward, which begin every topic, and where its files lie."""

    ward: Slug
    group: Slug
    id: Slug
    title: Text | None = Field(None, max_length=TITLE_MAX,
                               description="how people call it, as on the group's page")
    state_dir: Folder = Field(Path("/var/lib/edgebox"), description="journal, members; survives a power cut")
    runtime_dir: Folder = Field(Path("/run/edgebox"), description="the alarm as it is; in memory: "
                                "survives a crash, not a power cut")

    @property
    def root(self) -> Root:
        """The topic that all topics of this box lie under."""
        return Root(self.ward, self.group, self.id)


class ModelSettings(Settings):
    name: str = Field("picodet-s-coco", description="an entry of `edgebox models list`")
    input_px: int = Field(416, ge=INPUT_PX[0], le=INPUT_PX[-1], multiple_of=INPUT_PX.step,
                          description="the square that a picture is stretched to; larger sees smaller things")
    threshold: Ratio = Field(0.4, description="least score of a detection")
    threads: int = Field(0, ge=0, le=16, description="of one inference; 0 takes half the cores")


class JournalSettings(Settings):
    max_bytes: int = Field(512 * 1024 * 1024, ge=1024 * 1024, description="what is owed to the ward, at most")


class ThumbnailSettings(Settings):
    max_bytes: int = Field(48 * 1024, ge=4096, le=PICTURE_MAX_BYTES)
    max_px: int = Field(480, ge=64, le=1920, description="longest side")
    margin_ratio: Ratio = 0.25


class EvidenceSettings(Settings):
    """The pictures of a rule that has full ones; at most four an event, five with a scene from `evidence`."""

    subject_max_bytes: int = Field(96 * 1024, ge=4096, le=PICTURE_MAX_BYTES)
    subject_max_px: int = Field(1280, ge=640, le=1920, description="longest side; never enlarged")
    subject_margin_ratio: Ratio = Field(0.15, description="around the object")
    scene_max_bytes: int = Field(32 * 1024, ge=4096, le=PICTURE_MAX_BYTES, description="of the whole view")
    scene_max_px: int = Field(640, ge=480, le=1280, description="its longest side")


class AckFrom(StrEnum):
    """Who is believed that a record has arrived."""

    BROKER = "broker"
    WARD = "ward"


class MqttSettings(Settings):
    """How to reach the ward's broker."""

    host: Host = Field(description="name or address alone")
    port: int = Field(8883, ge=1, le=65535)
    tls: bool = True
    ca_file: File | None = Field(None, description="who signed the broker's certificate")
    cert_file: File | None = Field(None, description="this box's certificate")
    key_file: File | None = Field(None, description="its private key")
    username: Text | None = None
    password_file: File | None = None
    keepalive_s: int = Field(30, ge=5, le=600)
    ack: AckFrom = Field(AckFrom.BROKER, description="whose word that it has a record ends the box's own "
                         "keeping of it: the broker's PUBACK, or the ward's signed ack")
    ack_keys: tuple[File, ...] = Field((), max_length=2, description="public keys of the ward's receiver, "
                                       "PEM; two while it changes")
    resend_after_s: float = Field(600.0, ge=5, le=86400, description="acks of the ward that come for so long "
                                  "without a record that the broker has: it is sent again")
    keep_acked_h: float = Field(26.0, ge=0, le=168, description="hours for which what the ward has is kept, "
                                "where there is room, in case its store is put back to a backup")

    @model_validator(mode="after")
    def _fits(self) -> MqttSettings:
        raise_first(checks.mqtt_faults(vars(self)))
        return self


class OutputKind(StrEnum):
    SIREN = "siren"
    STROBE = "strobe"
    FLOOD = "flood"        # a flood light
    BEACON = "beacon"      # a small status light
    BUZZER = "buzzer"      # tells who presses that it was heard


class Pattern(StrEnum):
    """How an output behaves while it is on."""

    STEADY = "steady"
    SLOW = "slow"          # 1 s on, 1 s off
    FAST = "fast"          # 0.25 s on, 0.25 s off
    WAIL = "wail"          # 4 s on, 1 s off


Pin = Annotated[int, Field(ge=2, le=27, description="GPIO number (BCM), not the pin's place on the header")]


class OutputSettings(Settings):
    kind: OutputKind
    pin: Pin
    active_high: bool = Field(True, description="false only for boards that cannot be wired otherwise")
    pattern: Pattern = Field(Pattern.STEADY, description="how it behaves while on")
    max_on_s: float | None = Field(None, gt=0, description="on at most so long for one alarm; "
                                   "its kind's limit without")

    @model_validator(mode="after")
    def _fits(self) -> OutputSettings:
        raise_first(wiring.output_faults(vars(self)))
        return self


class InputKind(StrEnum):
    PANIC = "panic"        # a button that sets off the siren
    SILENT = "silent"      # a button that calls the ward alone
    REMOTE = "remote"      # a radio receiver's dry contact: as panic, but the sender's button was held
    KEY = "key"            # a key switch: active means armed
    TAMPER = "tamper"      # a lid or cable switch: active means opened
    MAINS = "mains"        # a UPS's contact: active means that the mains are there


class Confirm(StrEnum):
    """How a press of a button becomes an alarm."""

    HOLD = "hold"
    SECOND_PRESS = "second_press"


class InputSettings(Settings):
    kind: InputKind
    pin: Pin
    pull: Literal["up", "down", "none"] = Field("up", description="'none' needs a resistor of its own")
    active: Literal["low", "high"] = Field("low", description="the level that means pressed, armed, opened, "
                                           "or mains there")
    confirm: Confirm = Field(Confirm.HOLD, description="of a button: how a press becomes an alarm")
    hold_s: float = Field(0.8, ge=0, le=HOLD_MAX_S, description="of a button: held so long")
    second_press_s: float = Field(3.0, gt=0, le=10, description="of a button: pressed again within")
    debounce_s: float = Field(0.03, ge=0, le=1, description="shorter changes are noise")
    stuck_s: float = Field(60.0, gt=HOLD_MAX_S, le=MAX_S,
                           description="of a button: down for so long means broken")

    @model_validator(mode="after")
    def _fits(self) -> InputSettings:
        raise_first(wiring.input_faults(vars(self)))
        return self


LightFirst = Annotated[float, Field(ge=0, le=LIGHT_FIRST_MAX_S)]


class LightFirstSettings(Settings):
    """How long the lights are on alone before the siren follows, unless someone cancels; 0: siren at once."""

    button: LightFirst = 0.0
    member: LightFirst = 0.0
    ward: LightFirst = 0.0
    tamper: LightFirst = 10.0
    rule_info: LightFirst = Field(60.0, description="rules by the severity of their event")
    rule_warning: LightFirst = 30.0
    rule_alert: LightFirst = 15.0


class AlarmSettings(Settings):
    """How long and how often; edge/base/limits.py has what no setting lifts."""

    siren_s: float = Field(60.0, gt=0, le=SIREN_MAX_S, description="how long one alarm sounds")
    light_s: float = Field(300.0, gt=0, le=LIGHT_MAX_S, description="how long lights alone are on")
    silent_s: float = Field(600.0, gt=0, le=MAX_S, description="how long a silent call stays open")
    cooldown_s: float = Field(60.0, ge=PAUSE_MIN_S, le=3600,
                              description="rest after a sounding; a person may raise a new alarm in it")
    max_per_hour: int = Field(6, ge=1, le=PER_HOUR_MAX, description="soundings that no person asked for")
    entry_delay_s: float = Field(0.0, ge=0, le=300, description="for rules: time to disarm after coming in")
    exit_delay_s: float = Field(45.0, ge=0, le=300, description="time to leave after arming by hand")
    tamper: AlarmMode = Field(AlarmMode.LIGHT, description="what a tamper switch sets off; "
                              "silent: the ward alone is told")
    light_first_s: LightFirstSettings = LightFirstSettings()
    schedule: tuple[ScheduleSettings, ...] = Field((), description="when armed; by hand alone without one")


class PageSettings(Settings):
    """The group's page, over HTTPS on the local network."""

    enabled: bool = True
    host: Host = Field("::", description="address to listen on; all by default")
    port: int = Field(8443, ge=1, le=65535)
    names: tuple[Host, ...] = Field(
        (), description="names and addresses that phones use; those of the box without")
    cert_file: File | None = Field(None, description="its certificate; the box makes one without")
    key_file: File | None = Field(None, description="its private key")
    security_contact: SecurityContact | None = Field(
        None, description="the ward's own, for whoever found a security hole, in /.well-known/security.txt: "
                          "mailto:, tel: or https:")

    @model_validator(mode="after")
    def _fits(self) -> PageSettings:
        raise_first(checks.pair_faults(vars(self)))
        return self


class MembersSettings(Settings):
    """Who belongs to the group; the roster itself is in box.state_dir."""

    invites_file: File | None = Field(None, description="whom the ward's bundle invites, by hashes: the "
                                      "letters of the handover sheet")


class CommandSettings(Settings):
    """Commands from the ward."""

    keys: tuple[File, ...] = Field((), description="public keys of the ward, PEM; obey nobody without")
    max_per_minute: int = Field(30, ge=1, le=600, description="more than these are refused")


class EdgeSettings(Settings):
    """The whole file."""

    box: BoxSettings
    mqtt: MqttSettings
    alarm: AlarmSettings = AlarmSettings()
    outputs: Mapping[Slug, OutputSettings] = {}
    inputs: Mapping[Slug, InputSettings] = {}
    page: PageSettings = PageSettings()
    members: MembersSettings = MembersSettings()
    commands: CommandSettings = CommandSettings()
    model: ModelSettings = ModelSettings()
    journal: JournalSettings = JournalSettings()
    thumbnail: ThumbnailSettings = ThumbnailSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    cameras: Annotated[Mapping[Slug, CameraSettings], Field(min_length=1)]

    @property
    def may_cameras_raise(self) -> bool:
        """Whether any camera's rule may raise an alarm; what people are told of cameras goes by it."""
        return any(rule.alarm is not None for camera in self.cameras.values()
                   for rule in camera.rules.values())

    @model_validator(mode="after")
    def _fits(self) -> EdgeSettings:
        raise_first(wiring.shared_pins(vars(self)))
        raise_first(checks.port_faults(vars(self)))
        return self
