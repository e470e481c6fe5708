"""What is known of a box before it is hung: the answers to all questions. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import TypeAdapter, ValidationError

from edge.config.alarm_notes import ANSWERS
from edge.contract.topics import Root

MAX_CAMERAS = 16            # more than a Pi can look at


class Watch(StrEnum):
    """When someone in the picture makes an event, until zones and rules are drawn."""

    NIGHT = "night"
    ALWAYS = "always"


class CameraAlarm(StrEnum):
    """What a person in the picture sets off at the box, while its camera alarm is on."""

    NONE = "none"               # the ward gets the event, and that is all
    LIGHT = "light"
    SIREN = "siren"


def possible_alarms(wired: Iterable[str]) -> tuple[CameraAlarm, ...]:
    """What these outputs of the standard wiring, whose names are their kinds, can do."""
    connected = set(wired)
    return (CameraAlarm.NONE, *(CameraAlarm(wish) for wish, kinds in ANSWERS.items()
                                if not connected.isdisjoint(kinds)))


@dataclass(frozen=True, slots=True)
class Camera:
    name: str
    source: str                                     # rtsp://host/path, /dev/video0, or csi
    username: str = ""
    password: str = field(default="", repr=False)
    evidence: str = ""                              # its larger stream, for events' pictures; "" without
    onvif_port: int | None = None                   # where it may be asked for key frames


@dataclass(frozen=True, slots=True)
class Wifi:
    ssid: str                                       # as it was typed, spaces at its ends among it
    password: str = field(repr=False)
    hidden: bool = False                            # does not tell its name: the box asks for it by name
    wpa3: bool = False                              # WPA3 alone; one of WPA2 and WPA3 together needs no word

    @property
    def has_edge_spaces(self) -> bool:
        """Whether name or password begins or ends with a space: meant by a few, typed by mistake by most."""
        return self.ssid != self.ssid.strip() or self.password != self.password.strip()


@dataclass(frozen=True, slots=True)
class Mobile:
    apn: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """A fixed address on the cable; DHCP without."""

    address: str                                    # 192.168.1.50/24
    gateway: str
    dns: str


@dataclass(frozen=True, slots=True)
class Network:
    """The cable works in any case; Wi-Fi and 4G come to it, and the cable is preferred."""

    wifi: Wifi | None = None
    mobile: Mobile | None = None
    fixed: Fixed | None = None

    @property
    def mobile_alone(self) -> bool:
        """Whether the box has 4G alone, as far as anybody has said."""
        return self.mobile is not None and self.wifi is None and self.fixed is None


@dataclass(frozen=True, slots=True)
class BoxPlan:
    """One box. `repr` shows no password."""

    group: str
    box: str
    title: str
    cameras: tuple[Camera, ...]
    wired: tuple[str, ...]                          # names of the standard wiring that are connected
    network: Network = Network()
    watch: Watch = Watch.NIGHT
    leader: str = ""                                # the group's first leader; nobody without
    ntp: tuple[str, ...] = ()
    alarm: CameraAlarm = CameraAlarm.NONE           # as asked for; see camera_alarm

    @property
    def camera_alarm(self) -> CameraAlarm:
        """What rules may set off: nothing where no wire is there for it, as after a change of the wiring."""
        return self.alarm if self.alarm in possible_alarms(self.wired) else CameraAlarm.NONE

    def root(self, ward: str) -> Root:
        return Root(ward, self.group, self.box)


def place_of(group: str, title: str) -> tuple[str, str]:
    """The same for what people write in several ways: large and small letters, more or fewer spaces."""
    return group, " ".join(unicodedata.normalize("NFC", title).casefold().split())


_FORM = TypeAdapter(BoxPlan)


def to_json(plan: BoxPlan) -> bytes:
    """The plan with its passwords, to be encrypted next."""
    return _FORM.dump_json(plan)


def from_json(raw: bytes) -> BoxPlan:
    """Raises ValueError whose text holds nothing of `raw`."""
    try:
        return _FORM.validate_json(raw)
    except ValidationError as exc:
        raise ValueError(f"{exc.error_count()} fields are not of this version") from None
