"""Who belongs to an object, who else is there, and how the others are made unrecognisable. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.base.values import PERSON, TWO_WHEELERS, Detection, Rect, Track

_SAME_IOU = 0.7           # two tracks that overlap so much are one object
_KNOWN_IOU = 0.4          # a detection that overlaps a person so much is that person
_INSIDE = 0.6             # of a doubtful person's area within the subject: its own rider, or itself
_DOUBTFUL = 0.2           # least score of a person who is not followed (yet)
_SLACK = 0.12             # of width and height around a person: heads stick out, and tracks lag
_HEAD_RATIO = 0.4         # of a person's height: head and shoulders
_HELMET = 0.12            # of a two-wheeler's height: its rect may end at a rider's neck
_HEADROOM, _HEADROOM_ASIDE = 0.9, 0.6      # of a machine's height: a rider rises above it, seen along, aside,
_RIDDEN_ASPECT = 2.6      # up to so many times its width
_NEAR_RATIO = 0.25        # of a person's height, between two feet of one person
_BLOCKS = 6               # over the height of a person with the slack: a head is one of them
_LEAST_BLOCK_PX = 6       # and never finer than this


def belongs(subject: Track, other: Track) -> bool:
    """Whether `other` is the subject itself, its machine, its rider, or who rides with it."""
    return (other.track_id == subject.track_id or other.mount == subject.track_id
            or subject.mount == other.track_id or (other.mount is not None and other.mount == subject.mount)
            or (other.label == subject.label and other.rect.iou(subject.rect) >= _SAME_IOU))


def others_of(subject: Track, live: Iterable[Track]) -> list[Rect]:
    """The rects of all that is there and does not belong to the subject."""
    return [other.rect for other in live if not belongs(subject, other)]


def shown_of(subject: Track, live: Iterable[Track]) -> Rect:
    """What a picture of the subject is to show: a rider with the machine, and room for a rider's head.

    A two-wheeler on which nobody was counted may have a rider all the same, as far as its shape leaves one
    out; above a parked one there is air.
    """
    mounts = (other.rect for other in live if other.track_id == subject.mount)
    rect = Rect.around((subject.rect, *mounts))
    if subject.label in TWO_WHEELERS:
        room = _HELMET * rect.height
        if not subject.riders:
            most = (_HEADROOM if rect.height > rect.width else _HEADROOM_ASIDE) * rect.height
            room = max(room, min(most, _RIDDEN_ASPECT * rect.width - rect.height))
        rect = Rect(rect.x0, rect.y0 - room, rect.x1, rect.y1)
    return rect


@dataclass(frozen=True, slots=True)
class People:
    """Who was to be seen in one frame, in its pixels."""

    live: tuple[Track, ...]        # all that was followed, things too
    doubtful: tuple[Rect, ...]     # people who were not followed, or not yet

    def of(self, subject: Track) -> Rect | None:
        """The rect of an event's subject; None where it was not followed yet."""
        return next((track.rect for track in self.live if track.track_id == subject.track_id), None)

    def besides(self, subject: Track, mono_ns: int) -> list[Rect]:
        """The rects of those who are not the subject of an event; `mono_ns` is of the frame."""
        then = next((track for track in self.live if track.track_id == subject.track_id), None)
        others = [track.rect for track in self.live
                  if _is_somebody(track) and not belongs(then or subject, track)]
        if not _is_somebody(subject):
            return others + list(self.doubtful)
        if then is not None:
            return others + [rect for rect in self.doubtful if _share_inside(rect, then.rect) < _INSIDE]
        return others + [rect for rect in self.doubtful if not _stood(subject, rect, mono_ns)]

    def everybody(self, also: Rect) -> list[Rect]:
        """The rects of all people, those on two-wheelers too, and `also`."""
        return [also, *(track.rect for track in self.live if _is_somebody(track)), *self.doubtful]

    def outside(self, rect: Rect) -> list[Rect]:
        """The rects of those who stand outside `rect`, as of a crowd that is around all of it."""
        everyone = [*(track.rect for track in self.live if _is_somebody(track)), *self.doubtful]
        return [other for other in everyone if _share_inside(other, rect) < _INSIDE]


def people(live: Sequence[Track], found: Iterable[Detection]) -> People:
    """Everybody in a frame: `live` tracks, and of its detections `found` those that no track stands for."""
    known = [track.rect for track in live if track.label == PERSON]
    doubtful = tuple(each.rect for each in found
                     if each.label == PERSON and each.score >= _DOUBTFUL
                     and all(rect.iou(each.rect) < _KNOWN_IOU for rect in known))
    return People(tuple(live), doubtful)


def _is_somebody(track: Track) -> bool:
    """A person, or a two-wheeler with somebody on it."""
    return track.label == PERSON or (track.label in TWO_WHEELERS and track.riders > 0)


def pixelated(rgb: npt.NDArray[np.uint8], strangers: Iterable[Rect],
              subject: Rect | None = None) -> npt.NDArray[np.uint8]:
    """A copy of a picture in which each of `strangers` is a few blocks of its mean colours.

    Nobody can be made out again: over the height of a person there are some five blocks. Of `subject` only
    that is lost which somebody nearer hides, and where somebody's head is.
    """
    made, hidden = rgb.copy(), np.zeros(rgb.shape[:2], bool)
    for stranger in strangers:
        rect = stranger.grown(_SLACK)
        _to_blocks(made, rect)
        mine = hidden.copy()
        _part(hidden, rect)[...] = True
        if subject is not None and stranger.y1 < subject.y1:
            below_head = Rect(rect.x0, rect.y0 + _HEAD_RATIO * rect.height, rect.x1, rect.y1)
            spared = below_head.intersection(subject)
            _part(hidden, spared)[...] = _part(mine, spared)
    return np.where(hidden[..., None], made, rgb)


def _to_blocks(rgb: npt.NDArray[np.uint8], rect: Rect) -> None:
    part = _part(rgb, rect)
    block = max(_LEAST_BLOCK_PX, ceil(rect.height / _BLOCKS))
    for y in range(0, part.shape[0], block):
        for x in range(0, part.shape[1], block):
            cell = part[y:y + block, x:x + block]
            cell[...] = cell.reshape(-1, 3).mean(axis=0).round()


def _part(pixels: npt.NDArray[Any], rect: Rect) -> npt.NDArray[Any]:
    """A view of what `rect` touches of a picture."""
    part = rect.clipped(pixels.shape[1], pixels.shape[0])
    if part.area <= 0:
        return pixels[:0, :0]
    return pixels[floor(part.y0):ceil(part.y1), floor(part.x0):ceil(part.x1)]


def _stood(subject: Track, rect: Rect, mono_ns: int) -> bool:
    """Whether `rect` is where the subject stood then, by its path: it was found, and not followed yet."""
    feet = [(abs(then_ns - mono_ns), x, y) for then_ns, x, y in subject.path]
    _, x, y = min(feet, default=(0, *subject.rect.foot))
    near = _NEAR_RATIO * rect.height
    return abs(rect.foot[0] - x) <= near and abs(rect.foot[1] - y) <= near


def _share_inside(rect: Rect, within: Rect) -> float:
    return rect.shared_area(within) / max(rect.area, 1e-9)
