"""What the tracker knows of one object beside its motion: evidence, label, path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot
from types import MappingProxyType

from edge.base.values import NS_PER_S, Detection, Rect, Track

Margins = tuple[float, float]       # above the least score: of what moves, of what stands where it was found

NO_MARGINS: Mapping[str, Margins] = MappingProxyType({})

PATH_POINTS = 16

_SMOOTH_HITS = 5               # the score is a mean at first, then forgets with this weight
_NEWS_NS = NS_PER_S // 5        # a picture sooner after the last one tells nothing new
_CUT_WEIGHT = 1 / 3            # of the time: who is still coming in over the edge is hardly known
_PICTURES = 3                  # so many make sure of an object,
_LACKING_MARGIN = 0.1          # and of the score so much more for each that is lacking
_REST_NS = 2 * NS_PER_S
_MOVED = 0.2                   # of the rect's diagonal: beyond what a detector's jitter fakes


@dataclass(frozen=True, slots=True)
class Seen:
    """One object as known after the last picture, told or not; for what pairs objects."""

    track_id: int
    label: str                                 # decided by vote over its life
    rect: Rect                                 # measured, or predicted while not `matched`
    matched: bool                              # measured in the last picture
    confirmed: bool
    resting: bool                              # has not moved for a while
    first_ns: int
    seen_ns: int                               # last measured, or known to be unchanged


@dataclass(slots=True)
class Life:
    """One object from its first detection on. Written by its tracker only."""

    track_id: int
    group: int                                 # labels of one group may be one object
    first: Detection
    first_ns: int
    seen_ns: int                               # last matched, or known to be unchanged
    missed_ns: int = 0                         # pictures without it, in time; a still scene does not count
    whole: bool = False                        # once seen without the picture's edge cutting it
    shown_ns: int = 0                          # how long it was seen; counts less until it is whole
    overlap_ns: int = 0                        # how long it has shared its place with an older track
    enlargement: float = 1.0                   # of the last look at it
    hits: int = 0
    score: float = 0.0
    matched: bool = False
    confirmed: bool = False
    rect: Rect = field(init=False)             # measured, or predicted while not matched
    votes: dict[str, float] = field(default_factory=dict)
    path: list[tuple[int, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rect = self.first.rect

    def hit(self, detection: Detection, mono_ns: int, also: Sequence[Detection] = (), *,
            cut: bool = False) -> None:
        """It was found again.

        Args:
            also: weaker boxes of it, which count for the label alone.
            cut: by the edge of the picture, so that less of it is known.
        """
        self.whole |= not cut
        self.shown_ns += round((mono_ns - self.seen_ns) * (1.0 if self.whole else _CUT_WEIGHT))
        self.seen_ns, self.missed_ns, self.matched = mono_ns, 0, True
        self.hits += 1
        self.score += (detection.score - self.score) / min(self.hits, _SMOOTH_HITS)
        for vote in (detection, *also):
            self.votes[vote.label] = self.votes.get(vote.label, 0.0) + vote.score
        self.rect = detection.rect
        extend(self.path, mono_ns, detection.rect)

    def miss(self, dt_ns: int, mono_ns: int, *, held: bool) -> None:
        """It was not found for `dt_ns` more; where `held`, it is known to be there all the same."""
        if held:
            self.seen_ns = mono_ns
        else:
            self.missed_ns += dt_ns

    def rescale(self, x_factor: float, y_factor: float) -> None:
        """Pictures have another size from now on: all that is in pixels times these."""
        self.rect = self.rect.scaled(x_factor, y_factor)
        self.first = replace(self.first, rect=self.first.rect.scaled(x_factor, y_factor))
        self.path = [(then_ns, x * x_factor, y * y_factor) for then_ns, x, y in self.path]

    def is_due(self, confirm_ns: int, least_score: float, margins: Margins) -> bool:
        """Whether it was seen for long enough, often enough and well enough to be told.

        Pictures count as evidence, but those that follow closely show the same thing again: one in
        _NEWS_NS counts, and what is lacking to three of them must be made up for by the score.
        """
        if not self.matched or self.hits < 2 or self.shown_ns < confirm_ns:
            return False
        lacking = max(0.0, _PICTURES - min(self.hits, 1 + self.shown_ns / _NEWS_NS))
        return self.is_sure(least_score + _LACKING_MARGIN * lacking, *margins)

    def is_sure(self, least_score: float, moving_margin: float, still_margin: float) -> bool:
        """Whether the scores speak for a real object, `least_score` being what starts a track.

        Signposts and cones are found again and again at middling scores, but they never move.
        """
        old, new = self.first.rect, self.rect
        off_px = hypot(new.x0 + new.x1 - old.x0 - old.x1, new.y0 + new.y1 - old.y0 - old.y1) / 2
        moved = off_px > _MOVED * hypot(new.width, new.height)
        return self.score >= least_score + (moving_margin if moved else still_margin)

    @property
    def is_resting(self) -> bool:
        """Whether its foot has stayed within a small part of its size for _REST_NS up to now."""
        x, y = self.rect.foot
        reach_px = _MOVED * hypot(self.rect.width, self.rect.height)
        for then_ns, then_x, then_y in reversed(self.path):
            if hypot(x - then_x, y - then_y) > reach_px:
                return False
            if self.seen_ns - then_ns >= _REST_NS:
                return True
        return False

    @property
    def label(self) -> str:
        """The label with the greatest sum of scores over its life; of equals the last by name."""
        return winner(self.votes)

    def as_seen(self) -> Seen:
        return Seen(self.track_id, self.label, self.rect, self.matched, self.confirmed, self.is_resting,
                    self.first_ns, self.seen_ns)

    def as_track(self) -> Track:
        return Track(self.track_id, self.label, min(1.0, max(0.0, self.score)), self.rect,
                     self.first_ns, self.seen_ns, self.matched, tuple(self.path))


def winner(votes: Mapping[str, float]) -> str:
    """The label with the most votes; of equals the last by name."""
    return max(votes, key=lambda name: (votes[name], name))


def extend(path: list[tuple[int, float, float]], mono_ns: int, rect: Rect) -> None:
    """Add where the foot of `rect` is now; of one moment the last word counts. At most PATH_POINTS stay."""
    if path and path[-1][0] == mono_ns:
        path.pop()
    path.append((mono_ns, *rect.foot))
    if len(path) > PATH_POINTS:
        thin(path)


def thin(path: list[tuple[int, float, float]]) -> None:
    """Remove the inner point whose two neighbours are closest in time; the ends stay.

    Called after each new point this keeps the path evenly spread over the whole life.
    """
    gaps = [after[0] - before[0] for before, after in zip(path, path[2:], strict=False)]
    del path[1 + gaps.index(min(gaps))]
