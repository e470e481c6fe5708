"""Which of a camera's streams is for what, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# Walkers of 8 % of the height wake the gate as surely in 640x360 as in 1280x720, for a quarter of the work.
ENOUGH_PX = (600, 340)          # width, height
_LARGER = 1.5                   # times as many pixels: less is not worth a second stream
_DECODED = ("h264", "hevc", "h265", "mjpeg", "jpeg")


class ChoiceReason(StrEnum):
    """Why a stream was chosen, or none was."""

    SMALL_ENOUGH = "small-enough"       # the smallest that shows people well enough
    ALL_SMALL = "all-small"             # the largest, and yet small
    ONLY_ONE = "only-one"
    LARGEST = "largest"                 # for evidence: what the camera has of detail
    NONE_LARGER = "none-larger"
    NONE = "none"                       # nothing that can be decoded


@dataclass(frozen=True, slots=True)
class StreamForm:
    """What of a stream the choice depends on."""

    codec: str                  # ONVIF's or FFmpeg's name
    width: int | None           # pixels
    height: int | None

    @property
    def pixels(self) -> int:
        return (self.width or 0) * (self.height or 0)

    @property
    def is_decoded(self) -> bool:
        """Whether the box can decode it."""
        return self.codec.lower().replace(".", "") in _DECODED


@dataclass(frozen=True, slots=True)
class StreamChoice:
    """Indexes of the streams, and why."""

    detection: int | None
    why_detection: ChoiceReason
    evidence: int | None            # None: the pictures of detection do for evidence, too
    why_evidence: ChoiceReason


def choose(streams: Sequence[StreamForm]) -> StreamChoice:
    """The sub stream for detection, the main one for evidence, as far as there are such."""
    usable = [index for index, stream in enumerate(streams) if stream.is_decoded and stream.pixels]
    if not usable:
        return StreamChoice(None, ChoiceReason.NONE, None, ChoiceReason.NONE)
    detection, why = _for_detection(streams, usable)
    largest = max(usable, key=lambda index: streams[index].pixels)
    if streams[largest].pixels < _LARGER * streams[detection].pixels:
        return StreamChoice(detection, why, None, ChoiceReason.NONE_LARGER)
    return StreamChoice(detection, why, largest, ChoiceReason.LARGEST)


def _for_detection(streams: Sequence[StreamForm], usable: Sequence[int]) -> tuple[int, ChoiceReason]:
    if len(usable) == 1:
        return usable[0], ChoiceReason.ONLY_ONE
    enough = [index for index in usable if _is_enough(streams[index])]
    if not enough:
        return max(usable, key=lambda index: streams[index].pixels), ChoiceReason.ALL_SMALL
    # Of two alike, H.264: H.265 costs 1.4 times as much to decode.
    smallest = min(enough, key=lambda index: (streams[index].pixels, "264" not in streams[index].codec))
    return smallest, ChoiceReason.SMALL_ENOUGH


def _is_enough(stream: StreamForm) -> bool:
    return (stream.width or 0) >= ENOUGH_PX[0] and (stream.height or 0) >= ENOUGH_PX[1]
