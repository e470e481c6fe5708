"""What the tracker knows of one object beside its motion: evidence, label, path."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import hypot

from edge.values import Detection, Rect, Track

PATH_POINTS = 16

_SMOOTH_HITS = 5               # the score is a mean at first, then forgets with this weight
_MOVED = 0.2                   # of the rect's diagonal: beyond what a detector's jitter fakes
_SURE_MARGIN = 0.1             # an event needs that much more than a track
_STILL_MARGIN = 0.2            # and more yet where the object stands where it was found


@dataclass(slots=True)
class Life:
    """One object from its first detection on. Written by its tracker only."""

    track_id: int
    group: int                                 # labels of one group may be one object
    first: Detection
    first_ns: int
    seen_ns: int                               # last matched, or known to be unchanged
    missed_ns: int = 0                         # pictures without it, in time; a still scene does not count
    overlap_ns: int = 0                        # how long it has shared its place with an older track
    hits: int = 0
    score: float = 0.0
    matched: bool = False
    confirmed: bool = False
    rect: Rect = field(init=False)             # measured, or predicted while not matched
    votes: dict[str, float] = field(default_factory=dict)
    path: list[tuple[int, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rect = self.first.rect

    def hit(self, detection: Detection, mono_ns: int) -> None:
        """It was found again."""
        self.seen_ns, self.missed_ns, self.matched = mono_ns, 0, True
        self.hits += 1
        self.score += (detection.score - self.score) / min(self.hits, _SMOOTH_HITS)
        self.votes[detection.label] = self.votes.get(detection.label, 0.0) + detection.score
        self.rect = detection.rect
        self.path.append((mono_ns, *detection.rect.foot))
        if len(self.path) > PATH_POINTS:
            thin(self.path)

    def is_sure(self, least_score: float) -> bool:
        """Whether the scores speak for a real object, `least_score` being what starts a track.

        Signposts and cones are found again and again at middling scores, but they never move.
        """
        old, new = self.first.rect, self.rect
        off_px = hypot(new.x0 + new.x1 - old.x0 - old.x1, new.y0 + new.y1 - old.y0 - old.y1) / 2
        moved = off_px > _MOVED * hypot(new.width, new.height)
        return self.score >= least_score + (_SURE_MARGIN if moved else _STILL_MARGIN)

    @property
    def label(self) -> str:
        """The label with the greatest sum of scores over its life; of equals the last by name."""
        return max(self.votes, key=lambda name: (self.votes[name], name))

    def as_track(self) -> Track:
        return Track(self.track_id, self.label, min(1.0, max(0.0, self.score)), self.rect,
                     self.first_ns, self.seen_ns, self.matched, tuple(self.path))


def thin(path: list[tuple[int, float, float]]) -> None:
    """Remove the inner point whose two neighbours are closest in time; the ends stay.

    Called after each new point this keeps the path evenly spread over the whole life.
    """
    gaps = [after[0] - before[0] for before, after in zip(path, path[2:], strict=False)]
    del path[1 + gaps.index(min(gaps))]
