"""What of a camera is to be changed, and the request that does it: made of what the camera told, pure.

A camera's own element is given back with a few values changed, so that all else in it, also what only its
maker knows, stays as it was: some refuse one in which anything is missing.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from edge.onvif.soap import MEDIA, MEDIA2, rewritten
from edge.onvif.untrusted import child
from edge.onvif.values import EncoderRange, EncoderSettings


@dataclass(frozen=True, slots=True)
class EncoderWish:
    """How a stream is to be encoded. None: as it is."""

    fps: float | None = None
    key_interval_s: float | None = None
    varies_bitrate: bool = False            # quality first: few bits where nothing moves


@dataclass(frozen=True, slots=True)
class EncoderChange:
    """What becomes of an encoder. None: as it is."""

    fps: float | None = None
    key_interval: int | None = None         # pictures
    constant_bitrate: bool | None = None

    @property
    def is_none(self) -> bool:
        return self == EncoderChange()


def change_of(now: EncoderSettings, wish: EncoderWish, can: EncoderRange) -> EncoderChange:
    """The steps from `now` towards `wish` that the camera can do."""
    fps = now.fps if wish.fps is None else can.nearest_fps(wish.fps)
    interval = now.key_interval
    if wish.key_interval_s is not None and fps and now.key_interval is not None:
        interval = can.nearest_key_interval(max(1, round(wish.key_interval_s * fps)))
    vary = wish.varies_bitrate and now.constant_bitrate is True and can.can_vary_bitrate
    return EncoderChange(fps if fps != now.fps else None, interval if interval != now.key_interval else None,
                         False if vary else None)


def encoder_changed(now: EncoderSettings, change: EncoderChange, media2: bool) -> str:
    """The element Configuration of SetVideoEncoderConfiguration, with `change` done."""
    made = copy.deepcopy(now.raw)
    rate = child(made, "RateControl")
    if change.fps is not None:
        _write(child(rate, "FrameRateLimit"), f"{change.fps:g}" if media2 else f"{round(change.fps)}")
    if change.key_interval is not None:
        if made.get("GovLength"):
            made.set("GovLength", str(change.key_interval))
        for codec in ("H264", "MPEG4"):
            _write(child(made, codec, "GovLength"), str(change.key_interval))
    if change.constant_bitrate is not None and rate is not None:
        rate.set("ConstantBitRate", str(change.constant_bitrate).lower())
    return rewritten(made, MEDIA2 if media2 else MEDIA, "Configuration")


def _write(element: Element | None, text: str) -> None:
    if element is not None:
        element.text = text


def is_done(after: EncoderSettings, change: EncoderChange) -> bool:
    """Whether the camera, asked again, has all of `change`."""
    return ((change.fps is None or after.fps == change.fps)
            and (change.key_interval is None or after.key_interval == change.key_interval)
            and (change.constant_bitrate is None or after.constant_bitrate == change.constant_bitrate))
