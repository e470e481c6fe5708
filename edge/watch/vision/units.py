"""What rules are about: one object for each machine with its riders, and people on foot.

Wanted: a motorbike is one object from its first picture to its last, whichever part of it is found.
Assumed: the tracker follows machine and riders each by themselves, now one, now the other.
Cannot: tell whom the machine or another rider hides; who stands at a machine at rest passes for its rider.
Not done: pairing boxes before tracking; a part that is missed would change the whole object's size at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from edge.base.values import NS_PER_S, PERSON, TWO_WHEELERS, Detection, Rect, Track, Tracks
from edge.watch.vision.life import Seen, extend, winner
from edge.watch.vision.riders import (
    DOUBTFUL,
    MAX_LOOKS,
    MAX_RIDERS,
    Bond,
    Machine,
    Riding,
    mounts_of,
)

_INFERRED_NS = 2 * NS_PER_S    # a part that is not found is where it was, as seen from the others, so long
_COUNTED = 12                  # of the latest pictures of a unit with a rider in it
_COUNT_SHARE = 0.25            # so many of them must show a rider more
_SAME_PLACE = 0.7              # of the smaller of two lies in the other: one machine
_ELSEWHERE = 0.3               # so little of it: two machines
_SAME_BOX_IOU = 0.75           # a machine's own box reaches below its rider, and not to their head
_SAME_IOU = 0.5                # a detection overlaps the track that it went into at least so much


@dataclass(slots=True)
class _Unit:
    """One two-wheeler with whoever rides it."""

    track_id: int
    machines: set[int] = field(default_factory=set)        # ids of the tracker's objects
    riders: set[int] = field(default_factory=set)
    votes: dict[str, float] = field(default_factory=dict)
    counts: deque[int] = field(default_factory=lambda: deque(maxlen=_COUNTED))
    whole: Bond | None = None      # all of it, as seen from the machine
    whole_ns: int = 0
    path: list[tuple[int, float, float]] = field(default_factory=list)
    last: Track | None = None      # as returned last

    @property
    def members(self) -> set[int]:
        return self.machines | self.riders

    def vote(self, label: str, weight: float) -> None:
        self.votes[label] = self.votes.get(label, 0.0) + weight

    def count(self) -> int:
        """How many ride it, by what was seen of it lately."""
        least = max(1.0, _COUNT_SHARE * len(self.counts))
        return max((n for n in range(1, MAX_RIDERS + 1)
                    if sum(seen >= n for seen in self.counts) >= least), default=0)


class Units:
    """Joins the tracker's objects of one camera. Not thread-safe; deterministic.

    The ids that it gives are its own: 1, 2, ... never reused.
    """

    def __init__(self) -> None:
        self._ids: dict[int, int] = {}                     # of what is no two-wheeler, by the tracker's id
        self._last_id = 0
        self._ridings: dict[int, Riding] = {}              # by the tracker's id of the person
        self._units: list[_Unit] = []
        self._feet: dict[int, deque[tuple[int, float, float]]] = {}    # of machines, by the tracker's id

    def update(self, tracks: Tracks, lives: Sequence[Seen], found: Sequence[Detection],
               mono_ns: int) -> Tracks:
        """Join what the tracker made of one picture.

        Args:
            tracks: its answer.
            lives: all that it follows, tentative and hidden objects too.
            found: the detections of that picture, scores on the common scale.

        Returns:
            Tracks with ids of ours: each two-wheeler once, its rect around machine and riders, `riders`
            counted over its track; people on foot, and those who ride with `mount` set; all else as it is.
        """
        followed = {life.track_id for life in lives}
        self._follow(lives, mono_ns)
        self._pair(lives, self._machines(found, lives), mono_ns)
        shown = {track.track_id: track for track in tracks.live}
        self._join(shown, followed)
        ended = self._end(tracks, followed)
        live = [self._unit_track(unit, shown, mono_ns) for unit in self._units]
        live += [self._other(track) for track in tracks.live if track.label not in TWO_WHEELERS]
        return replace(tracks, live=tuple(track for track in live if track is not None), ended=tuple(ended))

    def rescale(self, x_factor: float, y_factor: float) -> None:
        """The pictures have another size: all paths go along; how parts moved is learnt anew."""
        self._feet.clear()
        for riding in self._ridings.values():
            riding.feet.clear()
        for unit in self._units:
            unit.path = [(ns, x * x_factor, y * y_factor) for ns, x, y in unit.path]

    def _follow(self, lives: Sequence[Seen], mono_ns: int) -> None:
        """Note where each machine is."""
        machines = [life for life in lives if life.label in TWO_WHEELERS]
        self._feet = {life.track_id: self._feet.get(life.track_id) or deque(maxlen=MAX_LOOKS)
                      for life in machines}
        for life in machines:
            if life.matched:
                self._feet[life.track_id].append((mono_ns, *life.rect.foot))

    def _machines(self, found: Sequence[Detection], lives: Sequence[Seen]) -> list[Machine]:
        """The two-wheelers of one picture, doubtful ones too, each with the tracker's object that it is."""
        followed = [life for life in lives if life.matched and life.label in TWO_WHEELERS]
        people = [each for each in found if each.label == PERSON]
        machines = []
        for each in found:
            if each.label in TWO_WHEELERS and each.score >= DOUBTFUL and not _is_one(each, people):
                life = max(followed, key=lambda life: life.rect.iou(each.rect), default=None)
                if life is None or life.rect.iou(each.rect) < _SAME_IOU:
                    machines.append(Machine(each.rect, each.label, each.score, None))
                else:
                    feet = {ns: (x, y) for ns, x, y in self._feet[life.track_id]}
                    machines.append(Machine(each.rect, each.label, each.score, life.track_id, feet))
        return machines

    def _pair(self, lives: Sequence[Seen], machines: Sequence[Machine], mono_ns: int) -> None:
        """Look at every person that was measured in this picture, and at what stands under them."""
        people = [life for life in lives if life.label == PERSON]
        self._ridings = {life.track_id: self._ridings.get(life.track_id) or Riding() for life in people}
        measured = [life for life in people if life.matched]
        mounts = mounts_of({life.track_id: (life.rect, self._ridings[life.track_id].candidates(
            life.rect, machines, mono_ns)) for life in measured})
        on: dict[int, int] = {}
        for life in measured:
            machine, unit = mounts.get(life.track_id), self._unit_of(life.track_id)
            self._ridings[life.track_id].look(life.rect, machine, mono_ns)
            if machine is not None and unit is not None:
                unit.vote(machine.label, machine.score)
                if life.confirmed:
                    on[unit.track_id] = on.get(unit.track_id, 0) + 1
        for unit in self._units:
            if unit.track_id in on:
                unit.counts.append(on[unit.track_id])

    def _join(self, shown: Mapping[int, Track], followed: Set[int]) -> None:
        """Give every machine and every rider a unit; take out who has got off or gone elsewhere."""
        for unit in self._units:
            unit.riders = {life_id for life_id in unit.riders
                           if life_id in self._ridings and self._ridings[life_id].rides}
            self._separate(unit, shown)
        machines = [track for track in shown.values() if track.label in TWO_WHEELERS]
        riders = [track for track in shown.values()
                  if track.label == PERSON and self._ridings[track.track_id].rides]
        for track in machines:
            if self._unit_of(track.track_id) is None:
                home = self._ridden(track.track_id) or self._around(track.rect, shown) or self._new_unit()
                home.machines.add(track.track_id)
        for track in riders:
            seat, mount = self._unit_of(track.track_id), self._mount(track.track_id, followed)
            if seat is None:
                home = mount or self._around(track.rect, shown) or self._new_unit()
                home.riders.add(track.track_id)
            elif mount is not None and mount is not seat:
                self._move(track.track_id, seat, mount)

    def _ridden(self, machine_id: int) -> _Unit | None:
        """The unit of somebody who was seen on that machine before it was sure."""
        return next((unit for unit in self._units for life_id in unit.riders
                     if machine_id in self._ridings[life_id].life_ids()[:1]), None)

    def _mount(self, person_id: int, followed: Set[int]) -> _Unit | None:
        """The unit of the machine that the person was seen on most."""
        machine_id = next((life_id for life_id in self._ridings[person_id].life_ids()
                           if life_id in followed), None)
        return None if machine_id is None else self._unit_of(machine_id)

    def _around(self, rect: Rect, shown: Mapping[int, Track]) -> _Unit | None:
        """The unit that takes up the same place: a detector draws several boxes around one machine."""
        nested = [(_nesting(rect, place), -unit.track_id, unit) for unit in self._units
                  if (place := _place(unit, shown)) is not None]
        share, _, unit = max(nested, default=(0.0, 0, None))
        return unit if share >= _SAME_PLACE else None

    def _separate(self, unit: _Unit, shown: Mapping[int, Track]) -> None:
        """Let go of a machine that has gone away from the others: it hid behind them when it came."""
        machines = [shown[life_id] for life_id in sorted(unit.machines) if life_id in shown]
        for track in machines[1:]:
            if track.matched and machines[0].matched and _nesting(track.rect, machines[0].rect) < _ELSEWHERE:
                unit.machines.discard(track.track_id)

    def _move(self, person_id: int, unit: _Unit, home: _Unit) -> None:
        """A rider belongs to another machine; a unit that is nothing without them goes along."""
        if unit.machines or len(unit.riders) > 1:
            unit.riders.discard(person_id)
            home.riders.add(person_id)
            return
        older, younger = sorted((unit, home), key=lambda each: each.track_id)
        older.machines |= younger.machines
        older.riders |= younger.riders
        for label, weight in younger.votes.items():
            older.vote(label, weight)
        younger.machines, younger.riders = set(), set()

    def _new_unit(self) -> _Unit:
        self._units.append(_Unit(self._next_id()))
        return self._units[-1]

    def _end(self, tracks: Tracks, followed: Set[int]) -> list[Track]:
        """Forget what the tracker no longer follows; return what was shown of it, as last known."""
        ended = [replace(track, track_id=self._ids.pop(track.track_id)) for track in tracks.ended
                 if track.track_id in self._ids]
        for unit in self._units:
            unit.machines &= followed
            unit.riders &= followed
            if not unit.members and unit.last is not None:
                ended.append(unit.last)
        self._units = [unit for unit in self._units if unit.members]
        return ended

    def _unit_track(self, unit: _Unit, shown: Mapping[int, Track], mono_ns: int) -> Track | None:
        """The unit as one track; None while nothing of it is shown."""
        members = [shown[life_id] for life_id in sorted(unit.members) if life_id in shown]
        if not members:
            return None
        parts = [track for track in members if track.matched] or members
        machines = [track for track in parts if track.track_id in unit.machines]
        rect = self._whole(unit, parts, machines, mono_ns)
        for track in machines:
            unit.vote(track.label, track.score * track.matched)
        matched = any(track.matched for track in members)
        if matched:
            unit.path = unit.path or _moved_path(members[0], rect)
            extend(unit.path, mono_ns, rect)
        unit.last = Track(
            unit.track_id, _winner(unit.votes, members), max(track.score for track in members), rect,
            min(track.first_ns for track in members) if unit.last is None else unit.last.first_ns,
            max(track.seen_ns for track in members), matched, tuple(unit.path),
            riders=unit.count() or min(1, len(unit.riders)))
        return unit.last

    def _whole(self, unit: _Unit, parts: Sequence[Track], machines: Sequence[Track], mono_ns: int) -> Rect:
        """The rect around all parts; a part that is not found now lies where it lay as seen from the others.
        """
        rects = [track.rect for track in parts]
        if machines:
            if len(parts) > len(machines):
                whole = Rect.around(rects)
                unit.whole, unit.whole_ns = Bond.of(whole, machines[0].rect), mono_ns
            elif unit.whole is not None and unit.riders and mono_ns - unit.whole_ns <= _INFERRED_NS:
                rects.append(unit.whole.rect(machines[0].rect))
        else:
            for track in parts:
                riding = self._ridings.get(track.track_id)
                if riding and riding.bond and riding.rides:
                    rects.append(riding.bond.rect(track.rect))
        return Rect.around(rects)

    def _other(self, track: Track) -> Track:
        """What is no two-wheeler, under an id of ours."""
        if track.track_id not in self._ids:
            self._ids[track.track_id] = self._next_id()
        unit = self._unit_of(track.track_id)
        return replace(track, track_id=self._ids[track.track_id], mount=unit.track_id if unit else None)

    def _unit_of(self, life_id: int) -> _Unit | None:
        return next((unit for unit in self._units if life_id in unit.members), None)

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id


def _is_one(machine: Detection, people: Sequence[Detection]) -> bool:
    """Whether a box of a machine is but a lesser name for one of `people`, whose very box it has."""
    return any(person.score > machine.score and person.rect.iou(machine.rect) > _SAME_BOX_IOU
               for person in people)


def _place(unit: _Unit, shown: Mapping[int, Track]) -> Rect | None:
    """Where the unit is now, by what is shown of it; None where nothing is."""
    rects = [shown[life_id].rect for life_id in unit.members if life_id in shown]
    return Rect.around(rects) if rects else None


def _nesting(one: Rect, other: Rect) -> float:
    """How much of the smaller rect lies in the other, 0..1."""
    return one.shared_area(other) / max(1.0, min(one.area, other.area))


def _moved_path(part: Track, whole: Rect) -> list[tuple[int, float, float]]:
    """The path that the foot of the whole has gone, by that of a part, whose foot may lie higher."""
    x, y = part.rect.foot
    dx, dy = whole.foot[0] - x, whole.foot[1] - y
    return [(then_ns, then_x + dx, then_y + dy) for then_ns, then_x, then_y in part.path]


def _winner(votes: Mapping[str, float], members: Sequence[Track]) -> str:
    """The label with the most votes; of a unit that nobody has voted on, its member's own."""
    if votes:
        return winner(votes)
    return next((track.label for track in members if track.label in TWO_WHEELERS), "motorcycle")
