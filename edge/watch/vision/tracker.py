"""Detections become tracks: one identity for one object, through misses, crossings and dropped frames.

Each picture is associated twice, sure detections first and then doubtful ones for the tracks that are
still without, after Zhang et al., "ByteTrack" (ECCV 2022). What differs: the motion model takes the
time that really passed, a pair is judged by how surprising it is to that model and not by overlap
alone (at 5 pictures a second a motorbike's rects do not overlap), by its scores, too, after Yang et al.,
"Hybrid-SORT" (AAAI 2024), since of two who cross the one behind scores low, every limit is a duration, and
whoever is in sight chooses before those who were lost and those who are new, so that neither takes
the place of the other.

Pure: time comes in as an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from edge.base.values import NS_PER_S, Detection, Rect, Track, Tracks
from edge.config.camera_model import TrackSettings
from edge.watch.vision.association import Floats, Mask, Rows, assign, iou_matrix, nesting_matrix
from edge.watch.vision.coverage import Coverage
from edge.watch.vision.interval import UsualInterval
from edge.watch.vision.life import NO_MARGINS, Life, Margins, Seen
from edge.watch.vision.motion_model import MotionModel
from edge.watch.vision.scores import USUAL
from edge.watch.vision.sightings import (
    COMPATIBLE,
    DUPLICATE_IOU,
    NESTED_RATIO,
    Sightings,
    as_array,
    related,
    sightings,
)

COAST_NS = NS_PER_S // 2       # a missed object is still told as live this long, then hidden
TENTATIVE_NS = NS_PER_S        # an unconfirmed object is forgotten after being missed this long
KNOWN_NS = NS_PER_S            # how an object moves is known that was seen so long
DUPLICATE_NS = NS_PER_S // 2   # two tracks that share one place this long are one object

# Chosen on PETS09-S2L1, also at 2 to 4 times its speed, TUD-Campus and two street clips at 2.5 to 25
# pictures a second, each from every first picture, and on cars that come and go: broad optima, not edges.
_MOST_SURPRISE = 24.0
_LOST_SURPRISE = 9.0           # of who was hidden: 19 of 20 that come back surprise less, newcomers more
_ENOUGH_IOU = 0.1              # overlaps so well that it fits, however surprising its size
_DOUBTFUL_IOU = 0.5            # a doubtful detection must lie where its track is expected
_RELATED_IOU = 0.6             # and so must one that says two-wheeler where the track was a car
_IOU_WEIGHT = 4.0
_SCORE_WEIGHT = 12.0           # of how far a detection's score is from its track's
_ALONE = 30.0                  # what a track without a detection costs: more than any pair of like scores
_VISIBLE_RATIO = 0.5           # expected further outside the picture than this, it has left


class Tracker:
    """Follow the objects of one camera.

    Not thread-safe: one tracker belongs to one camera's inference. Deterministic, and the order of
    the detections does not matter. Memory is bounded by the number of objects in the picture.

    A track is confirmed, and told from then on, when it was seen over `confirm_s` with scores 0.1 above
    `high_score` on average (0.2 while it has not moved; `margins` says otherwise by label), or more
    where the pictures were few (see `Life.is_due`), and not while it lies within another, as parts
    of a body do. Missed, it stays in `live` for COAST_NS only, at its
    predicted place with `matched` False, so that rules do not act on ghosts; then it is hidden and
    may come back under the same id until `lost_s` is over and it is told as `ended`; at once where
    it was about to leave the picture.
    """

    def __init__(self, settings: TrackSettings, *, high_score: float = 0.4,
                 margins: Mapping[str, Margins] = NO_MARGINS) -> None:
        """Follow nothing yet.

        Args:
            high_score: separates sure detections, which may start a track, from doubtful ones.
            margins: by label, what a track's score needs above `high_score` before it is told: while
                it moves, and while it stands where it was found; 0.1 and 0.2 where it is not named.
        """
        self._confirm_ns = round(settings.confirm_s * NS_PER_S)
        self._lost_ns = round(settings.lost_s * NS_PER_S)
        self._high_score = high_score
        self._margins = margins
        self._interval = UsualInterval()
        self._motion = MotionModel()
        self._lives: list[Life] = []           # row by row with the motion model, oldest first
        self._groups = {label: group for group, labels in enumerate(COMPATIBLE) for label in labels}
        self._seen: tuple[Seen, ...] | None = None     # of `lives`, until anything changes
        self._last_id = 0
        self._now_ns: int | None = None
        self.watched_ns = 0         # until then pictures came, and nothing moved: no hole begins before

    @property
    def lives(self) -> tuple[Seen, ...]:
        """All that is followed now, tentative and hidden ones too, oldest first."""
        if self._seen is None:
            self._seen = tuple(life.as_seen() for life in self._lives)
        return self._seen

    def update(self, detections: Sequence[Detection], mono_ns: int,
               picture_px: tuple[int, int] | None = None, *,
               window: Rect | None = None, enlargement: float = 1.0) -> Tracks:
        """Fold in one picture that the detector looked at.

        After a hole in the pictures nobody is who was there before: all that was followed is ended,
        with `view_lost`, as by `give_up`.

        Args:
            detections: all of that look, doubtful ones (score 0.15 and up) too; any order.
            mono_ns: when it was exposed, CLOCK_MONOTONIC; greater than at the last call of any method.
            picture_px: its width and height, by which the tracker knows who has left.
            window: the part of the picture that was looked at, pixels; None is all of it. Tracks outside
                are held as by `hold`, and detections that its inner edges cut are passed over.
            enlargement: pixels of the detector's input a pixel of the picture, in height. Who was small
                in this look and was looked at closer before is held where this look misses it.

        Raises:
            ValueError: `mono_ns` is not greater than the last one.
        """
        look = Coverage(window, enlargement, picture_px)
        dt_ns, lost = self._advance(mono_ns)
        covered = look.covers(self._motion.rects)
        self._motion.stop(~covered)
        if self._lives:
            self._motion.predict(dt_ns / NS_PER_S, unseen=self._which(lambda life: life.missed_ns > 0))
        seen = sightings(look.whole(detections), self._groups)
        free = self._associate(seen, look, mono_ns)
        self._miss(look, covered, dt_ns, mono_ns)
        self._start(seen, look, free, mono_ns)
        return self._settle(dt_ns, picture_px, lost)

    def hold(self, mono_ns: int) -> Tracks:
        """Nothing was inferred, since the picture did not change: what was there is there still.

        Tracks that were not missing yet stay where they are, with `matched` False and `seen_ns` now,
        at rest. Those missing for longer than COAST_NS expire by `lost_s` as ever. After a hole all end.

        Raises:
            ValueError: `mono_ns` is not greater than the last one.
        """
        dt_ns, lost = self._advance(mono_ns)
        held = self._which(lambda life: life.missed_ns <= COAST_NS)
        self._motion.stop(held)
        for life, still in zip(self._lives, held.tolist(), strict=True):
            life.miss(dt_ns, mono_ns, held=still)
        return self._settle(dt_ns, None, lost)

    def give_up(self, mono_ns: int) -> Tracks:
        """There are no pictures: every confirmed track is ended, with `view_lost`, the others are forgotten.

        Whoever is there afterwards is new: nobody can know who it is. Ids go on, time does not.

        Raises:
            ValueError: `mono_ns` is less than the last one.
        """
        if self._now_ns is not None and mono_ns < self._now_ns:
            raise ValueError(f"mono_ns: want at least the last one, {self._now_ns}, got {mono_ns}")
        return Tracks((), self._end_all(), view_lost=True)

    def rescale(self, x_factor: float, y_factor: float) -> None:
        """The camera's pictures have another size from now on: all that is in pixels times these, > 0."""
        self._motion.rescale(x_factor, y_factor)
        self._seen = None
        for life in self._lives:
            life.rescale(x_factor, y_factor)

    def _take_time(self, mono_ns: int) -> int:
        """The clock goes on to `mono_ns`; returns since when, 0 at first, in ns."""
        last_ns = self._now_ns
        if last_ns is not None and mono_ns <= last_ns:
            raise ValueError(f"mono_ns: want more than the last one, {last_ns}, got {mono_ns}")
        self._now_ns, self._seen = mono_ns, None
        return mono_ns - last_ns if last_ns is not None else 0

    def _advance(self, mono_ns: int) -> tuple[int, tuple[Track, ...]]:
        """One more picture: the time since the last one, and the tracks that a hole between them ended."""
        dt_ns = self._take_time(mono_ns)
        pause_ns = min(dt_ns, max(0, mono_ns - self.watched_ns))
        lost = self._end_all() if self._interval.is_hole(pause_ns, self._lost_ns) else ()
        if pause_ns:
            self._interval.note(pause_ns)
        for life in self._lives:
            life.matched = False
        return dt_ns, lost

    def _end_all(self) -> tuple[Track, ...]:
        ended = tuple(life.as_track() for life in self._lives if life.confirmed)
        self._remove(np.ones(len(self._lives), dtype=bool))
        return ended

    def _which(self, holds: Callable[[Life], bool]) -> Mask:
        return np.fromiter(map(holds, self._lives), dtype=bool, count=len(self._lives))

    def _associate(self, seen: Sightings, look: Coverage, mono_ns: int) -> Mask:
        """Give tracks their detections; return which detections are left over, bool (len(found),)."""
        found, rects = seen.found, seen.rects
        waiting, free = np.ones(len(self._lives), dtype=bool), np.ones(len(found), dtype=bool)
        if not self._lives or not found:
            return free
        cost, doubtful_cost = self._costs(seen)
        sure = np.array([d.score >= self._high_score for d in found])
        fresh = self._which(lambda life: life.confirmed and life.missed_ns <= COAST_NS)
        pairs: list[tuple[Rows, Rows]] = []
        for tracks, choices, price in ((fresh, sure, cost), (~fresh, sure, cost),
                                       (waiting, ~sure, doubtful_cost)):
            rows, columns = np.flatnonzero(tracks & waiting), np.flatnonzero(choices & free)
            picked, taken = assign(price[np.ix_(rows, columns)], _ALONE)
            rows, columns = rows[picked], columns[taken]
            waiting[rows] = free[columns] = False
            pairs.append((rows, columns))
        rows, columns = map(np.concatenate, zip(*pairs, strict=True))
        self._motion.correct(rows, rects[columns])
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            life = self._lives[row]
            life.hit(found[column], mono_ns, seen.also[column], cut=look.cuts(found[column].rect))
            life.group = self._groups[life.label]
        return free

    def _costs(self, seen: Sightings) -> tuple[Floats, Floats]:
        """What each pair of track and detection costs, inf where it cannot be: sure ones, doubtful ones."""
        mine = self._group_rows()
        surprise = self._motion.surprise(seen.rects)
        overlap = iou_matrix(self._motion.rects, seen.rects)
        alike = mine[:, None] == seen.groups
        may_be = alike | (related(mine, seen.groups) & (overlap >= _RELATED_IOU))
        hidden = self._which(lambda life: life.missed_ns > COAST_NS and life.shown_ns >= KNOWN_NS)
        most = np.where(hidden, _LOST_SURPRISE, _MOST_SURPRISE)[:, None]
        fits = may_be & ((surprise < most) | (overlap >= _ENOUGH_IOU))
        scores = np.array([life.score for life in self._lives])[:, None]
        unlike = np.abs(scores - np.array([each.score for each in seen.found]))
        price = np.minimum(surprise, _MOST_SURPRISE) + _IOU_WEIGHT * (1 - overlap) + _SCORE_WEIGHT * unlike
        cost = np.where(fits, price, np.inf)
        return cost, np.where(overlap >= _DOUBTFUL_IOU, cost, np.inf)

    def _group_rows(self) -> Rows:
        return np.array([life.group for life in self._lives], dtype=np.intp)

    def _miss(self, look: Coverage, covered: Mask, dt_ns: int, mono_ns: int) -> None:
        """Tracks without a detection were missed, or are held where this look could tell nothing of them."""
        for life, row, shown in zip(self._lives, self._motion.rects.tolist(), covered.tolist(), strict=True):
            if not life.matched:
                life.rect = Rect(*row)
                unknown = not shown or look.misses(life.rect.height, life.enlargement)
                life.miss(dt_ns, mono_ns, held=unknown and life.missed_ns <= COAST_NS)
            if life.matched or shown:
                life.enlargement = look.enlargement

    def _start(self, seen: Sightings, look: Coverage, free: Mask, mono_ns: int) -> None:
        found = seen.found
        new = [i for i in np.flatnonzero(free).tolist() if found[i].score >= self._high_score]
        if not new:
            return
        self._motion.add(seen.rects[new])
        for i in new:
            self._last_id += 1
            life = Life(self._last_id, int(seen.groups[i]), found[i], mono_ns, mono_ns,
                        enlargement=look.enlargement)
            life.hit(found[i], mono_ns, seen.also[i], cut=look.cuts(found[i].rect))
            self._lives.append(life)

    def _settle(self, dt_ns: int, picture_px: tuple[int, int] | None, lost: tuple[Track, ...]) -> Tracks:
        """Confirm, give up, and tell; `lost` are those that a hole ended already."""
        self._mark_duplicates(dt_ns)
        self._confirm()
        gone = self._which(self._is_over) | self._has_left(picture_px)
        ended = tuple(life.as_track() for life, over in zip(self._lives, gone.tolist(), strict=True)
                      if over and life.confirmed)
        self._remove(gone)
        live = tuple(life.as_track() for life in self._lives if life.confirmed and life.missed_ns <= COAST_NS)
        return Tracks(live, lost + ended, view_lost=bool(lost))

    def _confirm(self) -> None:
        due = [row for row, life in enumerate(self._lives) if not life.confirmed and self._is_due(life)]
        if not due:
            return
        rects = as_array([life.rect for life in self._lives])
        nested = np.asarray(nesting_matrix(rects[due], rects) > NESTED_RATIO)
        for row, inside in zip(due, nested, strict=True):
            life = self._lives[row]
            life.confirmed = not any(
                inside[i] and other.confirmed and other.group == life.group and other.missed_ns <= COAST_NS
                for i, other in enumerate(self._lives))

    def _is_due(self, life: Life) -> bool:
        margins = self._margins.get(life.label, USUAL.margins)
        return life.is_due(self._confirm_ns, self._high_score, margins)

    def _is_over(self, life: Life) -> bool:
        patience_ns = self._lost_ns if life.confirmed else min(TENTATIVE_NS, self._lost_ns)
        return life.missed_ns > patience_ns or life.overlap_ns > DUPLICATE_NS

    def _has_left(self, picture_px: tuple[int, int] | None) -> Mask:
        """Where an unmatched track is expected to be mostly outside the picture."""
        if picture_px is None:
            return np.zeros(len(self._lives), dtype=bool)
        rects = self._motion.rects
        inside = np.clip(rects, 0, np.tile(np.asarray(picture_px, dtype=np.float64), 2))
        visible = (inside[:, 2:] - inside[:, :2]).prod(axis=1) / self._motion.size.prod(axis=1)
        return np.asarray((visible < _VISIBLE_RATIO) & self._which(lambda life: not life.matched))

    def _mark_duplicates(self, dt_ns: int) -> None:
        """Count how long each track has shared its place with an older one that it may be."""
        rects = as_array([life.rect for life in self._lives])
        group = self._group_rows()
        present = self._which(lambda life: life.missed_ns <= COAST_NS)
        same = (iou_matrix(rects, rects) > DUPLICATE_IOU) & related(group, group)
        younger = np.asarray(np.tril(same & present[:, None] & present, -1).any(axis=1))
        for life, shares in zip(self._lives, younger.tolist(), strict=True):
            life.overlap_ns = life.overlap_ns + dt_ns if shares else 0

    def _remove(self, gone: Mask) -> None:
        if gone.any():
            self._motion.keep(~gone)
            self._seen = None
            self._lives = [life for life, over in zip(self._lives, gone.tolist(), strict=True) if not over]

