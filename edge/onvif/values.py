"""What a camera says of itself, as plain values: who it is, its streams, how each is encoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element


@dataclass(frozen=True, slots=True)
class CameraIdentity:
    """As the camera says; "" for what it does not."""

    maker: str = ""
    model: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How one stream is encoded. None for what the camera does not tell."""

    token: str
    codec: str                          # as ONVIF names it: H264, H265, JPEG, MPV4-ES
    width: int | None
    height: int | None
    fps: float | None                   # at most
    key_interval: int | None            # pictures from one key frame to the next
    bitrate_kbps: int | None            # at most
    constant_bitrate: bool | None
    raw: Element = field(repr=False, compare=False)     # all of it, to be given back with few changes


@dataclass(frozen=True, slots=True)
class OnvifProfile:
    """One stream of a camera."""

    token: str
    name: str
    encoder: EncoderSettings | None     # none: this profile has no video
    rotation_deg: int = 0               # as its video source is set


@dataclass(frozen=True, slots=True)
class EncoderRange:
    """What an encoder may be set to; empty or None where the camera does not say."""

    fps: tuple[float, ...] = ()         # those there are, or the least and the most
    are_bounds: bool = False            # the two of `fps` are bounds
    key_interval: tuple[int, int] | None = None
    can_vary_bitrate: bool = False

    def nearest_fps(self, wanted: float) -> float:
        """What of it comes nearest to `wanted`; `wanted` itself where nothing is known."""
        if not self.fps:
            return wanted
        if self.are_bounds:
            return min(max(wanted, min(self.fps)), max(self.fps))
        return min(self.fps, key=lambda fps: abs(fps - wanted))

    def nearest_key_interval(self, wanted: int) -> int:
        """As `nearest_fps`, in pictures."""
        if self.key_interval is None:
            return wanted
        least, most = self.key_interval
        return min(max(wanted, least), max(least, most))
