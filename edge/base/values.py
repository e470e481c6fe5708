"""The values that pass between the stages. Frozen, without behaviour beyond geometry.

Coordinates have their origin at the top left; x1 and y1 are exclusive. Pixels are those of the
full-resolution picture of the camera unless a name says `_ratio`. Pipeline time is
CLOCK_MONOTONIC in nanoseconds (`mono_ns`); `media_s` is the position in a stream or file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:           # guard has no pixels, and stays small
    import numpy as np
    import numpy.typing as npt

NS_PER_S = 1_000_000_000

# The labels that mean more than a name: who rides is told from who walks.
PERSON = "person"
TWO_WHEELERS = frozenset({"bicycle", "motorcycle"})


@dataclass(frozen=True, slots=True)
class Rect:
    """An upright rectangle; empty when x1 <= x0 or y1 <= y0."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return max(0.0, self.x1 - self.x0)

    @property
    def height(self) -> float:
        return max(0.0, self.y1 - self.y0)

    @property
    def area(self) -> float:
        return max(0.0, self.x1 - self.x0) * max(0.0, self.y1 - self.y0)

    @property
    def foot(self) -> tuple[float, float]:
        """The middle of the lower edge: where the object stands. Rules decide by it."""
        return (self.x0 + self.x1) / 2, self.y1

    def intersection(self, other: Rect) -> Rect:
        return Rect(max(self.x0, other.x0), max(self.y0, other.y0),
                    min(self.x1, other.x1), min(self.y1, other.y1))

    def shared_area(self, other: Rect) -> float:
        """The area that both cover. It makes no rect of it, which a crowd of pairs would feel."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return width * height if width > 0.0 and height > 0.0 else 0.0

    def iou(self, other: Rect) -> float:
        """Intersection over union, 0..1; 0 when both are empty."""
        shared = self.shared_area(other)
        if shared <= 0.0:
            return 0.0
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    @staticmethod
    def around(rects: Iterable[Rect]) -> Rect:
        """The smallest that holds all of `rects`, at least one."""
        x0, y0, x1, y1 = zip(*((rect.x0, rect.y0, rect.x1, rect.y1) for rect in rects), strict=True)
        return Rect(min(x0), min(y0), max(x1), max(y1))

    def scaled(self, x_factor: float, y_factor: float) -> Rect:
        return Rect(self.x0 * x_factor, self.y0 * y_factor, self.x1 * x_factor, self.y1 * y_factor)

    def clipped(self, width: float, height: float) -> Rect:
        return self.intersection(Rect(0, 0, width, height))

    def grown(self, margin_ratio: float) -> Rect:
        """Larger by `margin_ratio` of its width and height on each side."""
        dx, dy = self.width * margin_ratio, self.height * margin_ratio
        return Rect(self.x0 - dx, self.y0 - dy, self.x1 + dx, self.y1 + dy)


class Frame(Protocol):
    """One picture of one camera, as it came (planar YUV), privacy masks already burnt in.

    Colour is only made for what is looked at. A frame may be read from any one thread at a time.
    Adapters in `edge.watch.capture` implement it; `edge.base.testing.ArrayFrame` does so for tests.
    """

    @property
    def camera_id(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def mono_ns(self) -> int:
        """When it was exposed, CLOCK_MONOTONIC; increasing within one camera."""
    @property
    def media_s(self) -> float:
        """Position in the stream or file, seconds from its start."""
    @property
    def masked(self) -> bool:
        """Whether a privacy mask covers any part of it."""
    @property
    def drifts(self) -> bool:
        """Whether it was decoded from others in a way that strays from what was filmed, more with each."""
    @property
    def luma(self) -> npt.NDArray[np.uint8]:
        """Shape (height, width), read only, maybe strided; valid while the frame lives."""
    def rgb(self, size_px: tuple[int, int] | None = None,
            crop: Rect | None = None) -> npt.NDArray[np.uint8]:
        """RGB of the whole picture or of `crop`, shape (h, w, 3), any strides, the caller's own.

        Args:
            size_px: (width, height) to stretch to, aspect ratio not kept; None keeps the size.
            crop: a part in pixels, clipped to the picture and rounded outwards to even numbers.
        """
    def copy(self, size_px: tuple[int, int] | None = None, crop: Rect | None = None) -> Frame:
        """The same part, as a frame of its own that keeps no other memory alive: half the size of `rgb`."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One object found in one frame."""

    rect: Rect
    label: str         # a name from the model's labels, e.g. "person"
    score: float       # 0..1; not comparable between models


@dataclass(frozen=True, slots=True)
class Track:
    """One object followed over time, as known at `seen_ns`."""

    track_id: int                          # 1, 2, ... per camera and process; never reused
    label: str                             # decided by vote over the track's life
    score: float                           # smoothed, 0..1
    rect: Rect                             # where it is now: measured, or predicted when not `matched`
    first_ns: int                          # of its first detection
    seen_ns: int                           # last time it was measured or known to be unchanged
    matched: bool                          # measured in this very frame
    path: tuple[tuple[int, float, float], ...]   # (mono_ns, foot x, foot y), thinned, oldest first
    riders: int = 0                        # of a two-wheeler: how many people were counted on it
    mount: int | None = None               # of a person: the track_id of the two-wheeler that they ride


@dataclass(frozen=True, slots=True)
class Tracks:
    """What the tracker knows after one frame."""

    live: tuple[Track, ...]                # confirmed and not lost
    ended: tuple[Track, ...]               # confirmed ones given up since the last call, each told once
    view_lost: bool = False                # `ended` were given up because the pictures stopped
