"""The life of an event: new, at most one update with a better picture, end.

Pure: frames, tracks, hits and time come in; drafts come out. Encoding a draft's picture and storing
it is the recorder's work, so that inference never waits for a disk.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.config.model import ThumbnailSettings
from edge.contract.messages import Phase
from edge.evidence.shot import BestShots, Shot
from edge.hit import Hit, HitPhase
from edge.values import NS_PER_S, Frame, Rect, Track, Tracks

ARRIVAL_S = 0.6           # an object that the border cuts has this long to come in before it is told
_BORDER_RATIO = 0.02      # of the picture's width and height: nearer than this it may be cut
UPDATE_AFTER_S = 3.0      # by then an object that walks in has shown itself
UPDATE_BETTER = 1.4       # a second picture must be this much better to be worth a ward's attention


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where an object was, last time that it was measured."""

    rect: Rect
    media_s: float


@dataclass(frozen=True, slots=True)
class Draft:
    """An event record before it has wall time, an encoded picture and a place in the journal."""

    camera_id: str
    event_id: str
    rev: int
    phase: Phase
    hit: Hit               # the BEGIN of the event; for END the END
    rect: Rect             # of the object in the frame at `media_s`, pixels
    media_s: float
    mono_ns: int           # of the decision
    size_px: tuple[int, int]
    shot: Shot | None


@dataclass(slots=True)
class _Story:
    event_id: str
    begin: Hit
    rev: int
    sent_quality: float    # of the picture that the ward has
    updated: bool = False


class Storyteller:
    """Turns the hits of one camera into drafts. Not thread-safe: one thread owns it."""

    def __init__(self, camera_id: str, settings: ThumbnailSettings,
                 new_event_id: Callable[[], str] | None = None) -> None:
        """`new_event_id` gives a fresh UUIDv7 each time (RFC 9562); tests pass their own."""
        self._camera_id = camera_id
        self._shots = BestShots(settings.max_px, settings.margin_ratio)
        self._open: dict[int, _Story] = {}
        self._arriving: dict[int, Hit] = {}     # begun, not yet told: the border may cut them
        self._sightings: dict[int, Sighting] = {}
        self._new_event_id = new_event_id or _uuid7
        self._size_px, self._media_s = (1, 1), 0.0

    def step(self, frame: Frame, tracks: Tracks, hits: Sequence[Hit]) -> list[Draft]:
        """Fold in one analysed frame and what the rules said of it."""
        self._size_px, self._media_s = (frame.width, frame.height), frame.media_s
        for track in tracks.live:
            if track.matched:
                self._sightings[track.track_id] = Sighting(track.rect, frame.media_s)
                if self._wants_shot(track):
                    self._shots.offer(frame, track)
        drafts = self._tell(hits, frame) + self._arrived(frame)
        for story in self._open.values():
            if frame.mono_ns - story.begin.mono_ns >= UPDATE_AFTER_S * NS_PER_S:
                drafts += self._update(story, frame.mono_ns)
        self._forget({track.track_id for track in tracks.live})
        return drafts

    def finish(self, hits: Sequence[Hit]) -> list[Draft]:
        """The camera ended: close what is open, with the END hits of the rules for all of it."""
        drafts = self._tell(hits, None)
        self._forget(set())
        return drafts

    def _tell(self, hits: Sequence[Hit], frame: Frame | None) -> list[Draft]:
        drafts: list[Draft] = []
        for hit in hits:
            if hit.phase is HitPhase.BEGIN:
                self._arriving[hit.hit_id] = hit
                continue
            begun = self._arriving.pop(hit.hit_id, None)
            if begun is not None:
                drafts.append(self._begin(begun, frame))
            story = self._open.pop(hit.hit_id)
            drafts += self._update(story, hit.mono_ns)
            drafts.append(self._draft(story, Phase.END, hit, None))
        return drafts

    def _arrived(self, frame: Frame) -> list[Draft]:
        """Tell what has come in whole or was given its time: the first picture shall show all of it."""
        ready = [hit for hit in self._arriving.values()
                 if frame.mono_ns - hit.mono_ns >= ARRIVAL_S * NS_PER_S
                 or not self._at_border(self._where(hit, Phase.NEW, None)[0])]
        for hit in ready:
            del self._arriving[hit.hit_id]
        return [self._begin(hit, frame) for hit in ready]

    def _at_border(self, rect: Rect) -> bool:
        width, height = self._size_px
        dx, dy = width * _BORDER_RATIO, height * _BORDER_RATIO
        return rect.x0 < dx or rect.y0 < dy or rect.x1 > width - dx or rect.y1 > height - dy

    def _begin(self, hit: Hit, frame: Frame | None) -> Draft:
        """`frame` is the present one; None at the end of the camera."""
        shot = self._shots.best(hit.track.track_id)
        if hit.count > 1 and frame is not None:       # a crowd is shown whole, as it is now
            shot = self._shots.cut(frame, hit.rect)
        story = _Story(self._new_event_id(), hit, 0, shot.quality if shot else 0.0, updated=hit.count > 1)
        self._open[hit.hit_id] = story
        return self._draft(story, Phase.NEW, hit, shot)

    def _update(self, story: _Story, mono_ns: int) -> list[Draft]:
        shot = self._shots.best(story.begin.track.track_id)
        if story.updated or shot is None or shot.quality < UPDATE_BETTER * story.sent_quality:
            return []
        story.updated = True
        story.sent_quality = shot.quality
        return [self._draft(story, Phase.UPDATE, story.begin, shot, mono_ns)]

    def _draft(self, story: _Story, phase: Phase, hit: Hit, shot: Shot | None,
               mono_ns: int | None = None) -> Draft:
        rect, media_s = self._where(hit, phase, shot)
        draft = Draft(self._camera_id, story.event_id, story.rev, phase, hit, rect, media_s,
                      hit.mono_ns if mono_ns is None else mono_ns, self._size_px, shot)
        story.rev += 1
        return draft

    def _where(self, hit: Hit, phase: Phase, shot: Shot | None) -> tuple[Rect, float]:
        """The rect that a record tells, and the frame that it was measured in."""
        if phase is Phase.UPDATE and shot is not None:
            return shot.rect, shot.media_s
        sighting = self._sightings.get(hit.track.track_id)
        if hit.count > 1 or sighting is None:
            return hit.rect, self._media_s
        return sighting.rect, sighting.media_s

    def _wants_shot(self, track: Track) -> bool:
        """No picture is collected of an object whose events have all had their update."""
        told = [story for story in self._open.values() if story.begin.track.track_id == track.track_id]
        return not told or any(not story.updated for story in told)

    def _forget(self, live: set[int]) -> None:
        needed = live | {story.begin.track.track_id for story in self._open.values()}
        needed |= {hit.track.track_id for hit in self._arriving.values()}
        self._shots.keep_only(needed)
        for gone in self._sightings.keys() - needed:
            del self._sightings[gone]


def _uuid7() -> str:
    import uuid6

    made: uuid.UUID = uuid6.uuid7()
    return str(made)
