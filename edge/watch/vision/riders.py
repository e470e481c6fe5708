"""Whether a person rides a two-wheeler: geometry in one picture, evidence over some seconds.

A detector gives the machine and each of its riders as objects of their own, the machine often as a doubtful
one. Who rides is no pedestrian, and machine and riders together are what a neighbour calls one motorbike.

Limits: who stands close beside a machine at rest looks like its rider; whom the machine hides is not counted.
Geometry and share are those that were measured on 44 two-wheelers with 61 riders and on 719 people on foot
(docs/figures.md).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot

from edge.base.values import NS_PER_S, Rect

DOUBTFUL = 0.3                 # least score on the common scale of a machine that may carry somebody
MAX_RIDERS = 4
MAX_LOOKS = 32                 # that are remembered of one person or machine

_MEMORY_NS = 3 * NS_PER_S      # what was seen longer ago says nothing about now
_RIDES_SHARE = 0.2             # of the pictures: a rider hides half of the machine, so it is often missed
_DISMOUNTED_NS = 2 * NS_PER_S  # measured for so long without any machine: walks again
_ELSEWHERE = 0.4               # of the person's height: a machine that is so far off is another one
_SHARED = 0.5                  # of the person's height: so much better must a machine fit that has a rider
_APART = 0.35                  # of the person's height, that both have moved apart: they go different ways
_TOGETHER_NS = NS_PER_S        # looked at over so long


@dataclass(frozen=True, slots=True, eq=False)
class Machine:
    """A two-wheeler in one picture, however doubtful."""

    rect: Rect
    label: str
    score: float                   # on the common scale
    life_id: int | None            # of the tracker's object that it belongs to
    feet: Mapping[int, tuple[float, float]] = field(default_factory=dict)   # where that stood, by mono_ns


def carries(machine: Rect, person: Rect) -> bool:
    """Whether `person` is where a rider of `machine` would be; pixels of one picture."""
    width = min(machine.x1, person.x1) - max(machine.x0, person.x0)
    height = min(machine.y1, person.y1) - max(machine.y0, person.y0)
    below = machine.y1 - person.y1
    return (width >= 0.4 * min(machine.width, person.width)
            and height >= 0.15 * person.height
            and -0.2 * person.height <= below <= 0.8 * person.height
            and machine.y0 >= person.y0 - 0.1 * person.height
            and machine.width <= 3 * person.width)


def mounts_of(people: Mapping[int, tuple[Rect, Sequence[Machine]]]) -> dict[int, Machine]:
    """Which machine each person rides, by the person's key.

    Args:
        people: where each is, and the machines that come into question. In a dense row several do: the best
            fit of all is taken first, and a machine that has a rider already is worse for the next.
    """
    fits = {(key, index): _misfit(machine, rect) for key, (rect, machines) in people.items()
            for index, machine in enumerate(machines) if carries(machine.rect, rect)}
    mounts: dict[int, Machine] = {}
    taken: Counter[Machine] = Counter()
    while fits:
        key, index = min(fits, key=lambda pair: (
            fits[pair] + _SHARED * taken[people[pair[0]][1][pair[1]]], pair))
        mounts[key] = people[key][1][index]
        taken[mounts[key]] += 1
        fits = {pair: misfit for pair, misfit in fits.items() if pair[0] != key}
    return mounts


def _misfit(machine: Machine, person: Rect) -> float:
    """How far the wheels' middle is from where it belongs, in heights of the person; less for sure ones."""
    x, y = machine.rect.foot
    foot_x, foot_y = person.foot
    return hypot(x - foot_x, y - foot_y - 0.2 * person.height) / person.height - 0.5 * machine.score


@dataclass(frozen=True, slots=True)
class Bond:
    """Where one rect lies as seen from another, so that either can be inferred from the other."""

    x0: float
    y0: float
    x1: float
    y1: float

    @staticmethod
    def of(rect: Rect, seen_from: Rect) -> Bond:
        x, y, scale = *seen_from.foot, max(1.0, seen_from.height)
        return Bond((rect.x0 - x) / scale, (rect.y0 - y) / scale,
                    (rect.x1 - x) / scale, (rect.y1 - y) / scale)

    def rect(self, seen_from: Rect) -> Rect:
        x, y, scale = *seen_from.foot, max(1.0, seen_from.height)
        return Rect(x + self.x0 * scale, y + self.y0 * scale, x + self.x1 * scale, y + self.y1 * scale)

    def off(self, other: Bond) -> float:
        """How far apart the two put the middle of the lower edge."""
        return hypot((self.x0 + self.x1 - other.x0 - other.x1) / 2, self.y1 - other.y1)


@dataclass(slots=True)
class Riding:
    """What is known of one person's riding. One tracker's thread."""

    looks: deque[tuple[int, int | None, bool]] = field(     # when; the machine's life; whether one was there
        default_factory=lambda: deque(maxlen=MAX_LOOKS))
    feet: deque[tuple[int, float, float]] = field(default_factory=lambda: deque(maxlen=MAX_LOOKS))
    bond: Bond | None = None       # of the machine as seen from the person, when last paired
    first_bond: Bond | None = None     # of the pairings that count
    seen_ns: int = 0               # last paired
    rides: bool = False

    def candidates(self, person: Rect, machines: Sequence[Machine], mono_ns: int) -> list[Machine]:
        """The machines that the person, measured now, may ride by how both have moved."""
        self.feet.append((mono_ns, *person.foot))
        others = [each for each in machines if self._parts_from(each, person, mono_ns)]
        self._void({each.life_id for each in others})
        return [each for each in machines if each not in others]

    def look(self, person: Rect, machine: Machine | None, mono_ns: int) -> None:
        """Fold in one picture in which the person was measured; `machine` is the one under them."""
        if machine is not None:
            self._bind(Bond.of(machine.rect, person), mono_ns)
        self.looks.append((mono_ns, machine.life_id if machine else None, machine is not None))
        while mono_ns - self.looks[0][0] > _MEMORY_NS:
            self.looks.popleft()
        self._decide(mono_ns)

    def life_ids(self) -> list[int]:
        """The tracker's machines that it was paired with lately, the most frequent first."""
        return [life_id for life_id, _ in Counter(
            life_id for _, life_id, _ in self.looks if life_id is not None).most_common()]

    def _bind(self, bond: Bond, mono_ns: int) -> None:
        """A machine that stays behind or comes by is none that one rides: what was counted of it is void."""
        if self.first_bond is None or bond.off(self.first_bond) > _ELSEWHERE:
            self.looks = deque(((then_ns, None, False) for then_ns, _, _ in self.looks), maxlen=MAX_LOOKS)
            self.first_bond = bond
        self.bond, self.seen_ns = bond, mono_ns

    def _void(self, life_ids: Collection[int | None]) -> None:
        """What was counted with machines that turn out to go another way was chance.

        Unless they went together for long: then it is the machine's track that has gone astray, or the rider
        gets off, which time tells.
        """
        with_them = [ns for ns, life_id, there in self.looks if there and life_id in life_ids]
        if with_them and with_them[-1] - with_them[0] < _TOGETHER_NS:
            self.looks = deque(((ns, None, False) if life_id in life_ids else (ns, life_id, there)
                                for ns, life_id, there in self.looks), maxlen=MAX_LOOKS)
            self.rides = self.rides and any(there for _, _, there in self.looks)

    def _parts_from(self, machine: Machine, person: Rect, mono_ns: int) -> bool:
        """Whether the two have gone different ways lately: one walks past a parked machine."""
        then = machine.feet
        now_x, now_y = machine.rect.foot
        x, y = person.foot
        # Half of what is vertical: a rider's lower edge is now the feet, now the seat.
        apart = (hypot((x - was_x) - (now_x - then[ns][0]), ((y - was_y) - (now_y - then[ns][1])) / 2)
                 for ns, was_x, was_y in self.feet if ns in then and mono_ns - ns <= _TOGETHER_NS)
        return any(each > _APART * person.height for each in apart)

    def _decide(self, mono_ns: int) -> None:
        if self.rides:
            self.rides = mono_ns - self.seen_ns < _DISMOUNTED_NS
        else:
            paired = sum(there for _, _, there in self.looks)
            self.rides = paired > 0 and paired >= _RIDES_SHARE * len(self.looks)
