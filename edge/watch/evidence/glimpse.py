"""The whole view, small: when a rule decides, and from before, for as long as an event may ask for it.

Pure apart from asking a frame for a copy. Nothing is taken unless a rule of the camera has full pictures and
something that it is about is there. What is held is bounded: RING + ARRIVALS small pictures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.base.values import NS_PER_S, Detection, Frame, Rect, Track
from edge.config.camera_model import RuleKind, RuleSettings
from edge.watch.evidence.company import People, people
from edge.watch.hit import Hit

BEFORE_PX = 480           # the longest side of what is kept on suspicion: 0.2 MB each
EVERY_S = 0.5
RING = 7                  # the latest of them: three seconds
ARRIVALS = 12             # of those who may dwell; who comes with others shares one
BEFORE_S = 0.5            # a crossing is shown from so long before it, where that was seen
_LATE_S = 3.0             # a newcomer's arrival is no longer taken
_LINGER_S = 60.0          # beyond the longest dwell: then whoever came has long been told, or never will be


@dataclass(frozen=True, slots=True)
class SceneShot:
    """Pixels of the whole view, not yet encoded, with everybody in it still to be seen."""

    rgb: npt.NDArray[np.uint8]     # (h, w, 3)
    strangers: tuple[Rect, ...]    # in its pixels: to be pixelated before anything else
    subject: Rect | None           # in its pixels: to stay clear, as far as that goes
    mono_ns: int
    media_s: float
    masked: bool


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The whole view at one moment, in the frame's own colours."""

    small: Frame
    people: People                 # in pixels of the frame, which was
    bounds: tuple[int, int]        # (width, height) large

    @property
    def mono_ns(self) -> int:
        return self.small.mono_ns

    def scene(self, hit: Hit) -> SceneShot:
        """The view as the event of `hit` shows it."""
        if hit.count == 1:
            strangers, subject = self.people.besides(hit.track, self.mono_ns), self.people.of(hit.track)
        else:
            strangers, subject = self.people.outside(hit.rect), None
        scale = self.small.width / self.bounds[0], self.small.height / self.bounds[1]
        return SceneShot(self.small.rgb(), tuple(rect.scaled(*scale) for rect in strangers),
                         subject.scaled(*scale) if subject else None,
                         self.small.mono_ns, self.small.media_s, self.small.masked)


def glimpse(frame: Frame, live: Sequence[Track], found: Sequence[Detection], max_px: int) -> Glimpse:
    """The whole of `frame` with its longest side at `max_px` at most."""
    return Glimpse(frame.copy(fitted_px(frame, max_px)), people(live, found), (frame.width, frame.height))


def fitted_px(frame: Frame, max_px: int) -> tuple[int, int]:
    """Width and height of `frame` with its longest side at `max_px` at most; even, for colour's sake."""
    shrink = min(1.0, max_px / max(frame.width, frame.height))
    return 2 * round(frame.width * shrink / 2), 2 * round(frame.height * shrink / 2)


class Memory:
    """Glimpses of one camera that an event may ask for. Not thread-safe."""

    def __init__(self, rules: Mapping[str, RuleSettings]) -> None:
        """`rules` of the camera; those without full pictures ask for nothing."""
        full = [rule for rule in rules.values() if rule.has_full_pictures]
        self._crossing = {label for rule in full if rule.kind is RuleKind.CROSS for label in rule.classes}
        dwells = [rule for rule in full if rule.kind is RuleKind.DWELL]
        self._dwelling = {label for rule in dwells for label in rule.classes}
        self._stays_ns = round((max((rule.dwell_s for rule in dwells), default=0.0) + _LINGER_S) * NS_PER_S)
        self._ring: deque[Glimpse] = deque(maxlen=RING)
        self._arrivals: dict[int, Glimpse] = {}
        self._due_ns = 0

    def look(self, frame: Frame, live: Sequence[Track], found: Sequence[Detection]) -> None:
        """Take the view of `frame` in, where it is due and something asks for it."""
        if frame.mono_ns < self._due_ns or not (self._crossing or self._dwelling):
            return
        newcomers = self._newcomers(live, frame.mono_ns)
        crossing = any(track.label in self._crossing for track in live)
        if not (newcomers or crossing):
            return
        self._due_ns = frame.mono_ns + round(EVERY_S * NS_PER_S)
        seen = glimpse(frame, live, found, BEFORE_PX)
        self._arrivals.update(dict.fromkeys(newcomers, seen))
        if crossing:
            self._ring.append(seen)

    def before(self, hit: Hit) -> Glimpse | None:
        """What shows how the event of `hit` came about; None where nothing does."""
        if hit.kind is RuleKind.CROSS:
            return self._before_crossing(hit)
        if hit.kind is RuleKind.DWELL:
            return self._arrivals.pop(hit.track.track_id, None)
        return None

    def keep_only(self, track_ids: Collection[int]) -> None:
        """Forget the arrivals of all others, and with the last of them everything."""
        for gone in self._arrivals.keys() - set(track_ids):
            del self._arrivals[gone]
        if not track_ids:
            self._ring.clear()

    def forget(self) -> None:
        """The view was lost: what was before it is no before."""
        self._ring.clear()
        self._arrivals.clear()

    def _before_crossing(self, hit: Hit) -> Glimpse | None:
        """The latest from half a second before the crossing, or else the first that shows the object."""
        there = [seen for seen in self._ring if hit.track.first_ns <= seen.mono_ns < hit.since_ns]
        early = [seen for seen in there if hit.since_ns - seen.mono_ns >= BEFORE_S * NS_PER_S]
        return early[-1] if early else there[0] if there else None

    def _newcomers(self, live: Sequence[Track], mono_ns: int) -> list[int]:
        """Who has just come and may dwell, as far as there is room."""
        for track_id, seen in list(self._arrivals.items()):
            if mono_ns - seen.mono_ns > self._stays_ns:
                del self._arrivals[track_id]
        if len({seen.mono_ns for seen in self._arrivals.values()}) >= ARRIVALS:
            return []
        return [track.track_id for track in live
                if track.label in self._dwelling and track.track_id not in self._arrivals
                and mono_ns - track.first_ns <= _LATE_S * NS_PER_S]
