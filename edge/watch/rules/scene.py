"""What the rules of one camera see at one moment, and what they share in judging it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from edge.base.values import NS_PER_S, TWO_WHEELERS, Rect, Track
from edge.config.camera_model import LEAST_HEIGHT_RATIO, RuleSettings
from edge.contract.messages import Ending
from edge.watch.hit import Hit, HitPhase
from edge.watch.rules.geometry import Point

_LEAST_SLACK_RATIO = 0.01
_SLACK_PER_HEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class Sight:
    """A live track with its measures in ratios of the picture."""

    track: Track
    foot: Point                # as of `foot_in_ratios`
    height_ratio: float        # of the whole object: a two-wheeler's with its riders
    least_ratio: float = LEAST_HEIGHT_RATIO     # lower ones of its class the model does not tell reliably

    @property
    def slack_ratio(self) -> float:
        """How far a foot may be off for no better reason than a detector's jitter.

        That grows with the object: the lower edge of a person close by swings with each stride.
        """
        return max(_LEAST_SLACK_RATIO, _SLACK_PER_HEIGHT * self.height_ratio)


@dataclass(frozen=True, slots=True)
class EngineStep:
    """One step of the engine."""

    mono_ns: int
    size_px: tuple[int, int]
    sights: tuple[Sight, ...]  # of live tracks, as the tracker orders them
    gone: tuple[Track, ...]    # given up since the last step, as last known; none is among the sights
    unseen_ns: int = 0         # how long before this picture nobody looked; 0 where pictures came as usual
    resumed_ns: int = 0        # of the first picture after the last such pause


def foot_in_ratios(x_px: float, y_px: float, size_px: tuple[int, int]) -> Point:
    """Clipped to the picture, so that who is cut by its lower edge stands on it."""
    return min(1.0, max(0.0, x_px / size_px[0])), min(1.0, max(0.0, y_px / size_px[1]))


@dataclass(frozen=True, slots=True)
class LastView:
    """What was known when the pictures stopped."""

    mono_ns: int               # of the last picture
    tracks: Mapping[int, Track]     # by id, each as last seen

    def end(self, begun: Hit, track: Track | None) -> Hit:
        """The END of `begun`, as of when its object was last seen; without `track`, of the last picture."""
        seen_ns = self.mono_ns if track is None else track.seen_ns
        return end(begun, max(begun.mono_ns, seen_ns), Ending.VIEW_LOST, track)


class Rule(Protocol):
    """One rule of one camera; keeps its state between steps. One thread."""

    def step(self, scene: EngineStep, applies: bool) -> list[Hit]:
        """Decide on `scene`; `applies` says whether the schedule is open."""

    def lose_view(self, last: LastView) -> list[Hit]:
        """END all that is open and forget all objects: the pictures stopped."""


KeepsBack = Callable[[str, Track], bool]
"""Whether the rule of this name is not to begin anything about this track, at present."""


class HitReporter:
    """Words the decisions of one rule as hits, and keeps its cool-down."""

    def __init__(self, name: str, settings: RuleSettings, next_id: Callable[[], int],
                 keeps_back: KeepsBack | None = None) -> None:
        self._name, self._settings, self._next_id = name, settings, next_id
        self._keeps_back = keeps_back
        self._cooldown_ns = round(settings.cooldown_s * NS_PER_S)
        self._begun_ns: int | None = None

    def may_begin(self, mono_ns: int) -> bool:
        return self._begun_ns is None or mono_ns - self._begun_ns >= self._cooldown_ns

    def keeps_back(self, track: Track) -> bool:
        """Whether nothing begins about this object now, and no cool-down either: it is false, or known."""
        return self._keeps_back is not None and self._keeps_back(self._name, track)

    def begin(self, track: Track, since_ns: int, mono_ns: int,
              rect: Rect | None = None, count: int = 1) -> Hit:
        self._begun_ns = mono_ns
        settings = self._settings
        return Hit(self._next_id(), HitPhase.BEGIN, self._name, settings.kind, settings.zone or settings.line,
                   settings.severity, track, track.rect if rect is None else rect, count, since_ns, mono_ns,
                   settings.alarm)


def end(begun: Hit, mono_ns: int, ending: Ending, track: Track | None = None) -> Hit:
    """The END of `begun`; `track` is the object as last known, without one it stays as it was."""
    hit = replace(begun, phase=HitPhase.END, mono_ns=mono_ns, ending=ending)
    return hit if track is None else replace(hit, track=track, rect=track.rect)


def suits(settings: RuleSettings, sight: Sight) -> bool:
    """Whether the object is of the rule's classes, large enough, and ridden as the rule wants it.

    Who rides a two-wheeler is no pedestrian, unless the rule says so.
    """
    track = sight.track
    if track.label not in settings.classes:
        return False
    if track.label in TWO_WHEELERS and track.riders < settings.min_riders:
        return False
    if track.mount is not None and not settings.riders:
        return False
    least_ratio = sight.least_ratio if settings.min_height_ratio is None else settings.min_height_ratio
    return sight.height_ratio >= least_ratio
