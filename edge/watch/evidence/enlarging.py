"""The same picture of an object, from another stream of its camera that has more pixels. Pure.

Used only where the object is found again in it, at its place: a picture of another moment, or of a view that
is cut differently, would show who happens to stand there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from edge.base.values import Frame
from edge.watch.evidence.glimpse import Glimpse, SceneShot, fitted_px
from edge.watch.evidence.likeness import SAME, likeness
from edge.watch.evidence.quality import Quality
from edge.watch.evidence.shot import CropStyle, FrameCut, Shot, cut
from edge.watch.hit import Hit

UPDATE_BETTER = 1.4       # a second picture must be this much better to be worth a ward's attention


class LargerStream(Protocol):
    """What there is to know of a camera's other stream before anything is asked of it."""

    @property
    def width(self) -> int:
        """Of its pictures, pixels; 0 while it has none to show."""
    @property
    def reaches_ns(self) -> int | None:
        """Since when it can show pictures, pipeline time; None while it has none to show."""


@dataclass(frozen=True, slots=True)
class LargerRequest:
    """What a picture of an event is to be replaced by, if that can be had."""

    kept: FrameCut             # the picture as the small stream shows it
    style: CropStyle
    is_needed: bool        # without it, there is nothing to tell

    @property
    def small(self) -> Frame:
        """What the small stream shows, at the moment that is asked for."""
        return self.kept.part

    def likeness(self, large: Frame) -> float:
        """How alike `large` is at the object's place, -1 to 1."""
        return likeness(self.kept.part, self.kept.inside(self.kept.seen), large,
                        self.kept.seen.scaled(*self._scale(large)))

    def shot(self, large: Frame) -> Shot:
        """The object as `large` shows it; its rect is in pixels of the small stream, as the event's is."""
        scale = self._scale(large)
        bigger = cut(large, self.kept.rect.scaled(*scale), self.style, shown=self.kept.shown.scaled(*scale))
        return bigger.shot(self.style, rect=self.kept.rect)

    def _scale(self, large: Frame) -> tuple[float, float]:
        """By ratios, since the streams may be of another shape: 704x576 beside 1920x1080."""
        width, height = self.kept.bounds
        return large.width / width, large.height / height


@dataclass(frozen=True, slots=True)
class SceneRequest:
    """The view of a decision, to be shown with more pixels.

    Everybody in it must be found again: who is hidden is hidden where the small stream showed them.
    """

    glimpse: Glimpse
    hit: Hit
    max_px: int

    @property
    def small(self) -> Frame:
        """What the small stream shows, at the moment that is asked for."""
        return self.glimpse.small

    def likeness(self, large: Frame) -> float:
        """How alike `large` is where it is least so, of all that was there, -1 to 1."""
        small, (width, height) = self.small, self.glimpse.bounds
        rects = [rect.clipped(width, height) for rect in self.glimpse.people.everybody(self.hit.rect)]
        return min(likeness(small, rect.scaled(small.width / width, small.height / height),
                            large, rect.scaled(large.width / width, large.height / height))
                   for rect in rects)

    def scene(self, large: Frame) -> SceneShot:
        """As the event shows it, of `large`."""
        return replace(self.glimpse, small=large.copy(fitted_px(large, self.max_px))).scene(self.hit)


def request_scene(stream: LargerStream | None, glimpse: Glimpse | None, hit: Hit,
                  max_px: int) -> SceneRequest | None:
    """The view of `hit`, if the stream can still show it and that would be worth its bytes."""
    if stream is None or glimpse is None or (reaches_ns := stream.reaches_ns) is None:
        return None
    gain = min(stream.width, max_px) / max(glimpse.small.width, glimpse.small.height)
    if gain < UPDATE_BETTER or glimpse.mono_ns < reaches_ns:
        return None
    return SceneRequest(glimpse, hit, max_px)


def is_better(quality: Quality, sent: Quality | None) -> bool:
    """Whether a picture is worth an update, after one of `sent`: never one that is worse in any respect."""
    return sent is None or (quality.worth >= UPDATE_BETTER * sent.worth and quality.keeps(sent))


def request_larger(stream: LargerStream | None, candidates: Iterable[FrameCut | None], style: CropStyle,
                sent: Quality | None) -> LargerRequest | None:
    """The best of `candidates` that the stream can still show, if it would be worth an update."""
    if stream is None or (reaches_ns := stream.reaches_ns) is None:
        return None
    there = [kept for kept in candidates if kept is not None and kept.part.mono_ns >= reaches_ns]
    if not there:
        return None
    best = max(there, key=lambda kept: kept.quality.worth)
    longest_px = max(best.crop.width, best.crop.height)
    gain = min(stream.width / best.bounds[0], style.max_px / longest_px)
    if gain <= 1 or not is_better(replace(best.quality, side_px=gain * best.quality.side_px), sent):
        return None
    return LargerRequest(best, style, is_needed=True)


def is_found(alike: float) -> bool:
    """Whether a picture that is so alike shows the object itself."""
    return alike >= SAME
