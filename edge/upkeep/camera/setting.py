"""Set a camera as is wise for a box, over ONVIF: what would change, then the change, then a look at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from edge.onvif.change import EncoderChange, EncoderWish, change_of, encoder_changed, is_done
from edge.onvif.clock_and_users import set_password, set_time_server, time_keeping
from edge.onvif.device import OnvifDevice
from edge.onvif.faults import OnvifError, OnvifFault
from edge.onvif.soap import OnvifLogin, SoapClient
from edge.onvif.values import EncoderSettings, OnvifProfile
from edge.upkeep.camera.choice import StreamForm, choose


class Setting(StrEnum):
    """What of a camera can be set."""

    FPS = "fps"
    KEY_INTERVAL = "key-interval"
    BITRATE = "bitrate"
    TIME_SERVER = "time-server"
    PASSWORD = "password"           # noqa: S105 - the name of a setting


@dataclass(frozen=True, slots=True)
class SettingWish:
    """What somebody wants. The streams' part is what is wise, unless it is said otherwise."""

    fps: float = 8.0                # of the stream for detection
    key_interval_s: float = 2.0     # of all that the box uses
    time_server: str = ""           # "" leaves the clock alone
    new_password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One line of what would change. Texts are numbers and names."""

    setting: Setting
    stream: str                     # as the camera calls it; "" for what is of the whole camera
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SettingPlan:
    """All that would change."""

    changes: tuple[PlannedChange, ...]
    encoders: tuple[tuple[OnvifProfile, EncoderChange], ...]
    wish: SettingWish
    fixed_rate: tuple[str, ...] = ()        # streams whose bit rate is constant, and that ONVIF cannot change

    @property
    def is_none(self) -> bool:
        return not self.changes


def plan(device: OnvifDevice, wish: SettingWish, user: str) -> SettingPlan:
    """Ask the camera how it is, and what it can. `user`: whose password it would be. Raises OnvifError."""
    changes, encoders, fixed = list[PlannedChange](), list[tuple[OnvifProfile, EncoderChange]](), list[str]()
    for profile, encoder, wanted in _used(device.profiles(), wish):
        can = device.encoder_range(profile)
        change = change_of(encoder, wanted, can)
        if wanted.varies_bitrate and encoder.constant_bitrate and not can.can_vary_bitrate:
            fixed.append(profile.name)
        if not change.is_none:
            encoders.append((profile, change))
            changes += _lines(profile.name, encoder, change)
    if wish.time_server:
        changes += _clock(device, wish.time_server)
    if wish.new_password and user:
        changes.append(PlannedChange(Setting.PASSWORD, "", "***", "***"))
    return SettingPlan(tuple(changes), tuple(encoders), wish, tuple(fixed))


def _used(profiles: tuple[OnvifProfile, ...],
          wish: SettingWish) -> Iterator[tuple[OnvifProfile, EncoderSettings, EncoderWish]]:
    """The streams that a box would use. Of that for evidence the rate stays: it costs nothing undecoded."""
    encoders = [profile.encoder for profile in profiles if profile.encoder]
    choice = choose([StreamForm(encoder.codec, encoder.width, encoder.height) for encoder in encoders])
    if choice.detection is not None:
        yield (profiles[choice.detection], encoders[choice.detection],
               EncoderWish(wish.fps, wish.key_interval_s, varies_bitrate=True))
    if choice.evidence is not None:
        yield (profiles[choice.evidence], encoders[choice.evidence],
               EncoderWish(None, wish.key_interval_s, varies_bitrate=True))


def _lines(name: str, now: EncoderSettings, change: EncoderChange) -> Iterator[PlannedChange]:
    fps = change.fps or now.fps
    if change.fps is not None:
        yield PlannedChange(Setting.FPS, name, _number(now.fps), _number(change.fps))
    if change.key_interval is not None:
        yield PlannedChange(Setting.KEY_INTERVAL, name, _seconds(now.key_interval, now.fps),
                            _seconds(change.key_interval, fps))
    if change.constant_bitrate is not None:
        yield PlannedChange(Setting.BITRATE, name, "CBR", "VBR")


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"


def _seconds(pictures: int | None, fps: float | None) -> str:
    return f"{pictures / fps:.1f} s ({pictures})" if pictures is not None and fps else _number(pictures)


def _clock(device: OnvifDevice, server: str) -> Iterator[PlannedChange]:
    now = time_keeping(device)
    if not now.by_server or server not in now.servers:
        yield PlannedChange(Setting.TIME_SERVER, "", (", ".join(now.servers) if now.by_server else "") or "-",
                            server)


def apply(device: OnvifDevice, wanted: SettingPlan, user: str) -> Iterator[tuple[PlannedChange, bool]]:
    """Do it, step by step; each change with whether the camera has it now that it is asked again.

    The password comes last, so that all else is done by the one that is known to be right.

    Raises OnvifError: the camera refuses a step. What was yielded is done.
    """
    for profile, change in wanted.encoders:
        assert profile.encoder is not None
        device.set_encoder(encoder_changed(profile.encoder, change, device.has_media2))
        after = next((it.encoder for it in device.profiles() if it.token == profile.token), None)
        for line in (it for it in wanted.changes if it.stream == profile.name):
            yield line, after is not None and is_done(after, _alone(line.setting, change))
    for line in (it for it in wanted.changes if it.setting is Setting.TIME_SERVER):
        set_time_server(device, wanted.wish.time_server)
        now = time_keeping(device)
        yield line, now.by_server and wanted.wish.time_server in now.servers
    for line in (it for it in wanted.changes if it.setting is Setting.PASSWORD):
        set_password(device, user, wanted.wish.new_password)
        yield line, _lets_in(device, OnvifLogin(user, wanted.wish.new_password))


def _alone(setting: Setting, change: EncoderChange) -> EncoderChange:
    """The part of `change` that one line is about."""
    match setting:
        case Setting.FPS:
            return EncoderChange(fps=change.fps)
        case Setting.KEY_INTERVAL:
            return EncoderChange(key_interval=change.key_interval)
        case _:
            return EncoderChange(constant_bitrate=change.constant_bitrate)


def _lets_in(device: OnvifDevice, login: OnvifLogin) -> bool:
    try:
        OnvifDevice(SoapClient(device.client.host, login), device.device_path).identity()
    except OnvifError as exc:
        if exc.fault not in (OnvifFault.LOGIN, OnvifFault.LOCKED):
            raise
        return False
    return True
