"""Which objects a rule is not to tell of: still things that it told before, and what the ward has taught.

Wanted: a false alarm dies at its first or second telling. Assumed: what is false stands still, or was taught.
Never: a person who moves is not kept back, whatever was taught or told there; whoever was kept back while
standing still begins the rule's event half a second after moving off. What is kept back starts no cool-down.
One camera, one thread; time and pixels come in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import hypot

from edge.base.values import NS_PER_S, PERSON, TWO_WHEELERS, Frame, Rect, Track
from edge.config.camera_model import RuleSettings
from edge.contract.lessons import Lesson, is_within
from edge.contract.messages import AlarmWish
from edge.watch.hit import Hit, HitPhase
from edge.watch.learning.appearance import Appearance, appearance
from edge.watch.learning.still_things import SAME_PLACE_IOU, StillThing, StillThings

LEARN_S = 3.0               # a person who was told and has not moved since for so long is a still thing
OFF_S = 0.5                 # a detector's rect may leave its place for so long
_LEARN_NS, _OFF_NS = round(LEARN_S * NS_PER_S), round(OFF_S * NS_PER_S)
_LOOK_EVERY_NS = 10 * NS_PER_S
_STILL = 0.25               # of the rect's diagonal: beyond what a detector's jitter fakes
_MAY_LIVE = TWO_WHEELERS | {PERSON}      # people, and what people may sit on


@dataclass(slots=True)
class _Bond:
    """A track that has stood since its first picture at the place of something known."""

    off_ns: int | None = None       # away from there since
    broken: bool = False            # for good: it has moved


@dataclass(slots=True)
class _Told:
    """A still track that rules have told of."""

    rules: set[str]
    thing: StillThing | None = None
    looked_ns: int = 0


class KeptBack:
    """Of one camera."""

    def __init__(self, camera_id: str, rules: Mapping[str, RuleSettings],
                 things: StillThings | None = None) -> None:
        self._camera_id, self._rules = camera_id, rules
        self.things = StillThings() if things is None else things
        self.lessons: Sequence[Lesson] = ()         # in force, of all cameras
        self.again = self.not_that = 0              # kept back so often, by each of the two
        self.muted: Counter[str] = Counter()        # the same by the lesson's id
        self._frame: Frame | None = None
        self._local: datetime | None = None
        self._told: dict[int, _Told] = {}           # by track_id, as all below
        self._known: dict[int, StillThing] = {}     # tracks that are a thing that was told before
        self._bonds: dict[tuple[int, object], _Bond] = {}
        self._counted: set[tuple[int, str]] = set()     # (track, rule)

    def learn(self, lessons: Sequence[Lesson]) -> None:
        """From now on these are in force; what was counted for others is forgotten: it stays bounded."""
        if lessons is not self.lessons:
            self.lessons = lessons
            for gone in self.muted.keys() - {lesson.id for lesson in lessons}:
                del self.muted[gone]

    def look(self, frame: Frame, live: Sequence[Track], local: datetime | None) -> None:
        """Before the rules judge `frame`; `note` follows.

        `local`: None while the clock cannot be trusted; then no lesson with hours holds.
        """
        self._frame, self._local = frame, local
        here = {track.track_id for track in live}
        for known in (self._told, self._known):
            for gone in known.keys() - here:
                del known[gone]
        self._bonds = {key: bond for key, bond in self._bonds.items() if key[0] in here}
        self._counted = {key for key in self._counted if key[0] in here}
        for track in live:
            if track.matched:
                self._follow(track)

    def keeps_back(self, rule: str, track: Track) -> bool:
        """Whether `rule` is not to begin an event about `track`, which was measured in the last frame."""
        lesson = next((it for it in self.lessons if self._is_taught(it, rule, track)), None)
        if lesson is None and not self._was_told(rule, track):
            return False
        if (track.track_id, rule) not in self._counted:
            self._counted.add((track.track_id, rule))
            if lesson is None:
                self.again += 1
            else:
                self.not_that += 1
                self.muted[lesson.id] += 1
        return True

    def note(self, hits: Sequence[Hit]) -> None:
        """After the rules, what they told: whoever of it stands still may be a still thing."""
        self._frame = None          # nobody keeps pictures alive
        for hit in hits:
            track = hit.track
            if hit.phase is not HitPhase.BEGIN or hit.count > 1 or track.label != PERSON:
                continue
            if track.track_id in self._told:
                self._told[track.track_id].rules.add(hit.rule)
            elif _stood_still(track):
                self._told[track.track_id] = _Told({hit.rule}, self._known.get(track.track_id))

    def _is_taught(self, lesson: Lesson, rule: str, track: Track) -> bool:
        """What may live is kept back only where it has never moved; else the place at that moment decides."""
        settings = self._rules.get(rule)
        if (lesson.camera, lesson.rule, lesson.label) != (self._camera_id, rule, track.label) \
                or settings is None or settings.alarm is AlarmWish.SIREN or not self._is_time(lesson):
            return False
        place = Rect(*lesson.rect)
        if track.label in _MAY_LIVE:
            return self._stands(track, lesson.id, place)
        return self._ratios(track.rect).iou(place) >= SAME_PLACE_IOU

    def _is_time(self, lesson: Lesson) -> bool:
        """Guard gives what holds by its clock, be that right or wrong; hours want one that is right."""
        if self._local is None:
            return lesson.hours is None
        return self._local < lesson.until and is_within(lesson.hours, self._local.time())

    def _was_told(self, rule: str, track: Track) -> bool:
        if track.label != PERSON or track.mount is not None:
            return False
        thing = self._known.get(track.track_id) or self._recognised(track)
        return thing is not None and rule in thing.rules and self._stands(track, thing, thing.rect)

    def _recognised(self, track: Track) -> StillThing | None:
        """The thing that was told before, where `track` is one; looked at only where one may be."""
        rect = self._ratios(track.rect)
        is_near = any(thing.rect.iou(rect) >= SAME_PLACE_IOU for thing in self.things)
        if not is_near or not _stood_still(track):
            return None
        look = self._appearance(track)
        thing = None if look is None else self.things.find(rect, look)
        if thing is not None:
            self._known[track.track_id] = thing
        return thing

    def _follow(self, track: Track) -> None:
        """A thing that moves is none; one that stays is remembered, as it looks as time goes by."""
        known = self._known.get(track.track_id)
        if known is not None and not self._stands(track, known, known.rect):
            self.things.forget(known)
            del self._known[track.track_id]
        told = self._told.get(track.track_id)
        if told is None:
            return
        if told.thing is None and not _stood_still(track):
            del self._told[track.track_id]
        elif told.thing is not None and not self._stands(track, told.thing, told.thing.rect):
            self.things.forget(told.thing)
            del self._told[track.track_id]
        elif track.seen_ns - track.first_ns >= _LEARN_NS:
            self._remember(track, told)

    def _remember(self, track: Track, told: _Told) -> None:
        thing, now_ns = told.thing, track.seen_ns
        if thing is None or now_ns - told.looked_ns >= _LOOK_EVERY_NS:
            look = self._appearance(track)
            if look is None:
                return
            told.looked_ns = now_ns
            if thing is None:
                thing = told.thing = self.things.remember(self._ratios(track.rect), look)
            elif thing.add_look(look):
                self.things.changes += 1
        if not told.rules <= thing.rules:
            thing.rules |= told.rules
            self.things.changes += 1

    def _stands(self, track: Track, what: object, place: Rect) -> bool:
        """Whether `track` has been at `place`, ratios, from its first picture on, but for moments."""
        key = track.track_id, what
        bond = self._bonds.get(key)
        is_there = self._is_at(track, place)
        if bond is None:
            if not is_there or not _stood_still(track):
                return False
            bond = self._bonds[key] = _Bond()
        if bond.broken:
            return False
        if is_there:
            bond.off_ns = None
        elif bond.off_ns is None:
            bond.off_ns = track.seen_ns
        else:
            bond.broken = track.seen_ns - bond.off_ns >= _OFF_NS
        return not bond.broken

    def _is_at(self, track: Track, place: Rect) -> bool:
        here = self._ratios(track.rect)
        off = hypot(here.foot[0] - place.foot[0], here.foot[1] - place.foot[1])
        return here.iou(place) >= SAME_PLACE_IOU and off <= _STILL * hypot(place.width, place.height)

    def _ratios(self, rect: Rect) -> Rect:
        assert self._frame is not None
        return rect.scaled(1 / self._frame.width, 1 / self._frame.height)

    def _appearance(self, track: Track) -> Appearance | None:
        return None if self._frame is None else appearance(self._frame.luma, track.rect)


def _stood_still(track: Track) -> bool:
    """Whether its foot has stayed within a small part of its size since its first picture."""
    x, y = track.rect.foot
    reach_px = _STILL * hypot(track.rect.width, track.rect.height)
    return all(hypot(x - then_x, y - then_y) <= reach_px for _, then_x, then_y in track.path)
