"""Choose the picture that shows an object best, and keep only that one.

Pure apart from asking a frame for a part. A part is kept when it is clearly better than the last one, so a
car that stands for an hour costs one copy, and no colour is made and nothing encoded before an event asks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from edge.base.values import PERSON, Detection, Frame, Rect, Track
from edge.watch.evidence.company import others_of, shown_of
from edge.watch.evidence.quality import (
    NOTHING,
    TWO_FACTOR,
    Quality,
    Shapes,
    freedom_of,
    holds_two,
    is_whole,
    sharpness_of,
    usual_stature,
)
from edge.watch.evidence.stature import Statures

BETTER = 1.2              # a new picture must beat the kept one by this factor to be worth its cost
ENOUGH_PX = 640           # of the longest side: kept even where many large pictures are
_LEAST_PX = 16            # a smaller picture shows nothing, and no encoder likes it
_ROUNDED_PX = 3           # a frame rounds a crop outwards to even numbers
_ALL_PX = 3_000_000       # pixels kept of one camera: some 5 MB; beyond, parts are kept at ENOUGH_PX


@dataclass(frozen=True, slots=True)
class CropStyle:
    """How a picture of an object is cut."""

    max_px: int            # bounds the longest side
    margin_ratio: float    # added around the object, on each side

    def around(self, other: CropStyle) -> CropStyle:
        """Enough for either."""
        return CropStyle(max(self.max_px, other.max_px), max(self.margin_ratio, other.margin_ratio))


@dataclass(frozen=True, slots=True)
class Shot:
    """Pixels of one object, not yet encoded."""

    rgb: npt.NDArray[np.uint8]     # (h, w, 3), with margin
    rect: Rect                     # of the object, in pixels of the frame
    mono_ns: int
    media_s: float
    masked: bool


@dataclass(frozen=True, slots=True)
class FrameCut:
    """A part of a frame with an object in it, in the frame's own colours."""

    part: Frame
    rect: Rect             # of the object, in pixels of the frame
    shown: Rect            # what is to be seen of it with margin: more than the rect of a machine alone
    crop: Rect             # what `part` shows of the frame
    bounds: tuple[int, int]        # (width, height) of the frame
    quality: Quality

    def shot(self, style: CropStyle, rect: Rect | None = None) -> Shot:
        """Its pixels, cut as an event wants them; `rect` is what it tells, if not its own."""
        inside = self.inside(self.shown.grown(style.margin_ratio).clipped(*self.bounds))
        rgb = self.part.rgb(_fitted(inside, style.max_px), inside)
        return Shot(rgb, rect or self.rect, self.part.mono_ns, self.part.media_s, self.part.masked)

    def inside(self, rect: Rect) -> Rect:
        """What `part` has of a rect of the frame, in its own pixels."""
        part = rect.intersection(self.crop)
        x_scale, y_scale = self.part.width / self.crop.width, self.part.height / self.crop.height
        return Rect((part.x0 - self.crop.x0) * x_scale, (part.y0 - self.crop.y0) * y_scale,
                    (part.x1 - self.crop.x0) * x_scale, (part.y1 - self.crop.y0) * y_scale)

    @property
    def seen(self) -> Rect:
        """What of the object `part` shows, in pixels of the frame."""
        return self.rect.intersection(self.crop)


def cut(frame: Frame, rect: Rect, style: CropStyle, quality: Quality = NOTHING,
        shown: Rect | None = None) -> FrameCut:
    """Any part of a frame, with margin around `shown`, or else around `rect`."""
    shown = shown or rect
    crop = _even(shown.grown(style.margin_ratio), frame.width, frame.height)
    part = frame.copy(_fitted(crop, style.max_px), crop)
    return FrameCut(part, rect, shown, crop, (frame.width, frame.height), quality)


class BestShots:
    """The best picture of every track of one camera. Not thread-safe."""

    def __init__(self, style: CropStyle) -> None:
        """`style` is the widest and largest that any event of the camera asks for."""
        self._style = style
        self._best: dict[int, FrameCut] = {}
        self._shapes: dict[int, Shapes] = {}
        self._statures = Statures()

    def offer(self, frame: Frame, track: Track, live: Sequence[Track], found: Sequence[Detection]) -> None:
        """Keep this picture of `track`, matched in `frame`, if it beats the kept one.

        `live` is all that is followed, the track itself too, `found` all that was detected there.
        """
        if track.track_id not in self._shapes:
            self._shapes[track.track_id] = Shapes()
        shapes = self._shapes[track.track_id]
        shapes.note(track.rect)
        kept = self._best.get(track.track_id)
        bar = kept.quality.worth * BETTER if kept else 0.0
        seen = track.rect.clipped(frame.width, frame.height)
        whole = is_whole(track.rect, frame.width, frame.height)
        if whole and track.label == PERSON:
            self._statures.note(track.track_id, track.rect, frame.height)
        ceiling = Quality(seen.area ** 0.5, 1.0, 1.0, 1.0, whole)
        if kept and ceiling.worth < bar:         # not even if it were perfect in all else
            return
        alike = [each.rect for each in found if each.label == track.label]
        shape = shapes.usual() * (TWO_FACTOR if holds_two(track.rect, alike) else 1.0)
        if track.label == PERSON:
            shape *= usual_stature(self._statures.times(track.track_id, track.rect, frame.height))
        quality = Quality(ceiling.side_px, sharpness_of(frame, track.rect),
                          freedom_of(track.rect, self._style.margin_ratio, others_of(track, live)),
                          shape, whole)
        if kept is None or (quality.worth >= bar and quality.keeps(kept.quality)):
            self._best[track.track_id] = cut(frame, track.rect, self._room(track.track_id), quality,
                                             shown_of(track, live))

    def best(self, track_id: int) -> FrameCut | None:
        return self._best.get(track_id)

    def keep_only(self, track_ids: Collection[int]) -> None:
        """Forget the pictures of all other tracks."""
        for store in (self._best, self._shapes):
            for gone in store.keys() - set(track_ids):
                del store[gone]

    def _room(self, track_id: int) -> CropStyle:
        """How large one more picture may be: many large ones are more than a small board has memory for."""
        held_px = sum(kept.part.width * kept.part.height for other, kept in self._best.items()
                      if other != track_id)
        if held_px < _ALL_PX:
            return self._style
        return CropStyle(min(ENOUGH_PX, self._style.max_px), self._style.margin_ratio)


def _even(rect: Rect, width: int, height: int) -> Rect:
    """Outwards to even numbers, as a frame cuts; else the part would show more than is said of it."""
    return Rect(floor(rect.x0 / 2) * 2, floor(rect.y0 / 2) * 2,
                ceil(rect.x1 / 2) * 2, ceil(rect.y1 / 2) * 2).clipped(width, height)


def _fitted(crop: Rect, max_px: int) -> tuple[int, int] | None:
    """What to stretch a part to; None: as it is, where a rounding error would cost more than all the rest."""
    short, long = sorted((crop.width, crop.height))
    if short >= _LEAST_PX and long <= max_px - _ROUNDED_PX:
        return None
    shrink = min(1.0, max_px / max(long, 1.0))
    return (max(_LEAST_PX, 2 * round(crop.width * shrink / 2)),       # even, for colour's sake
            max(_LEAST_PX, 2 * round(crop.height * shrink / 2)))
