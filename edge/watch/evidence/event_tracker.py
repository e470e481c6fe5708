"""The life of an event: new, at most one update with a better picture, end.

Pure: frames, tracks, hits and time come in; drafts come out. Hiding strangers in a draft's pictures, encoding
and storing them is the recorder's work, so that inference never waits for a disk.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from edge.base.values import NS_PER_S, Detection, Frame, Rect, Track, Tracks
from edge.config.camera_model import RuleSettings
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.contract.messages import Phase
from edge.watch.evidence.company import shown_of
from edge.watch.evidence.enlarging import (
    LargerRequest,
    LargerStream,
    SceneRequest,
    is_better,
    request_larger,
    request_scene,
)
from edge.watch.evidence.glimpse import Glimpse, Memory, SceneShot, glimpse
from edge.watch.evidence.quality import Quality
from edge.watch.evidence.shot import BestShots, CropStyle, FrameCut, Shot, cut
from edge.watch.hit import Hit, HitPhase

ARRIVAL_S = 0.6           # an object that the border cuts has this long to come in before it is told
_BORDER_RATIO = 0.02      # of the picture's width and height: nearer than this it may be cut
UPDATE_AFTER_S = 3.0      # by then an object that walks in has shown itself,
SETTLED_S = 1.0           # once it has not been seen better for so long: who comes nearer is waited for,
UPDATE_LATEST_S = 10.0    # up to here


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where an object was, last time that it was measured."""

    rect: Rect
    media_s: float


@dataclass(frozen=True, slots=True)
class EventChange:
    """An event record before it has wall time, encoded pictures and a place in the journal."""

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
    is_full: bool = False  # its rule has full pictures
    scene: SceneShot | None = None
    before: SceneShot | None = None
    larger: LargerRequest | None = None    # instead of `shot`, where that can be had,
    larger_scene: SceneRequest | None = None       # and beside that


@dataclass(frozen=True, slots=True)
class _Begun:
    """The beginning of an event, and what it is to show beside its object."""

    hit: Hit
    scene: Glimpse | None = None
    before: Glimpse | None = None


@dataclass(slots=True)
class _Story:
    event_id: str
    begin: Hit
    rev: int
    sent: Quality | None   # of the picture that the ward has
    scene: Glimpse | None  # until the update
    updated: bool = False


class EventTracker:
    """Turns the hits of one camera into drafts. Not thread-safe: one thread owns it."""

    def __init__(self, camera_id: str, rules: Mapping[str, RuleSettings], thumbnail: ThumbnailSettings,
                 evidence: EvidenceSettings, new_event_id: Callable[[], str] | None = None,
                 larger: LargerStream | None = None) -> None:
        """Args:
            rules: of the camera, by name.
            new_event_id: gives a fresh UUIDv7 each time, tests their own.
            larger: another stream of the camera, which full pictures may be taken from.
        """
        self._camera_id = camera_id
        self._full = {name for name, rule in rules.items() if rule.has_full_pictures}
        self._labels = {label for rule in rules.values() for label in rule.classes}
        self._small = CropStyle(thumbnail.max_px, thumbnail.margin_ratio)
        self._large = CropStyle(evidence.subject_max_px, evidence.subject_margin_ratio)
        self._scene_px = evidence.scene_max_px
        self._shots = BestShots(self._small.around(self._large) if self._full else self._small)
        self._larger = larger
        self._recent = BestShots(self._large)       # of open events: what a larger stream still reaches
        self._memory = Memory(rules)
        self._open: dict[int, _Story] = {}
        self._arriving: dict[int, _Begun] = {}  # begun, not yet told: the border may cut them
        self._sightings: dict[int, Sighting] = {}
        self._new_event_id = new_event_id or _uuid7
        self._size_px, self._media_s = (1, 1), 0.0
        self._live: Sequence[Track] = ()
        self._found: Sequence[Detection] = ()

    def step(self, frame: Frame, tracks: Tracks, hits: Sequence[Hit],
             found: Sequence[Detection] | None = None) -> list[EventChange]:
        """Fold in one analysed frame and what the rules said of it.

        `found` is what was detected in it; None: nobody looked, and all is as before.
        """
        self._size_px, self._media_s = (frame.width, frame.height), frame.media_s
        self._live, self._found = tracks.live, self._found if found is None else found
        self._memory.look(frame, tracks.live, self._found)
        for track in tracks.live:
            if track.matched:
                self._sightings[track.track_id] = Sighting(track.rect, frame.media_s)
                if self._wants_shot(track):
                    self._shots.offer(frame, track, tracks.live, self._found)
                if self._wants_recent(track):
                    self._recent.offer(frame, track, tracks.live, self._found)
        drafts = self._tell(hits, frame) + self._arrived(frame)
        for story in self._open.values():
            if self._is_due(story, frame.mono_ns):
                drafts += self._update(story, frame.mono_ns)
        self._forget({track.track_id for track in tracks.live})
        return drafts

    def finish(self, hits: Sequence[Hit]) -> list[EventChange]:
        """The camera ended: close what is open, with the END hits of the rules for all of it."""
        drafts = self._tell(hits, None)
        self._memory.forget()
        self._forget(set())
        return drafts

    def _tell(self, hits: Sequence[Hit], frame: Frame | None) -> list[EventChange]:
        drafts: list[EventChange] = []
        for hit in hits:
            if hit.phase is HitPhase.BEGIN:
                self._arriving[hit.hit_id] = self._begun(hit, frame)
                continue
            begun = self._arriving.pop(hit.hit_id, None)
            if begun is not None:
                drafts += self._begin(begun, frame)
            story = self._open.pop(hit.hit_id)
            drafts += self._update(story, hit.mono_ns)
            drafts.append(self._draft(story, Phase.END, hit, None))
        return drafts

    def _begun(self, hit: Hit, frame: Frame | None) -> _Begun:
        """The event that begins with `hit`, with the view of this very moment, whenever it is published."""
        if frame is None or hit.rule not in self._full:
            return _Begun(hit)
        return _Begun(hit, glimpse(frame, self._live, self._found, self._scene_px), self._memory.before(hit))

    def _arrived(self, frame: Frame) -> list[EventChange]:
        """Tell what has come in whole or was given its time: the first picture shall show all of it."""
        ready = [begun for begun in self._arriving.values()
                 if frame.mono_ns - begun.hit.mono_ns >= ARRIVAL_S * NS_PER_S
                 or not self._at_border(self._where(begun.hit, Phase.NEW, None)[0])]
        for begun in ready:
            del self._arriving[begun.hit.hit_id]
        return [draft for begun in ready for draft in self._begin(begun, frame)]

    def _at_border(self, rect: Rect) -> bool:
        width, height = self._size_px
        dx, dy = width * _BORDER_RATIO, height * _BORDER_RATIO
        return rect.x0 < dx or rect.y0 < dy or rect.x1 > width - dx or rect.y1 > height - dy

    def _begin(self, begun: _Begun, frame: Frame | None) -> list[EventChange]:
        """`frame` is the present one; None at the end of the camera."""
        hit = begun.hit
        style = self._style(hit)
        kept = self._shots.best(hit.track.track_id)
        if frame is not None and (hit.count > 1 or kept is None):     # a crowd is shown whole, as it is now
            shown = shown_of(hit.track, self._live) if hit.count == 1 else hit.rect
            kept = cut(frame, hit.rect, style, shown=shown)
        story = _Story(self._new_event_id(), hit, 0, kept.quality if kept else None, begun.scene,
                       updated=hit.count > 1)
        self._open[hit.hit_id] = story
        draft = self._draft(story, Phase.NEW, hit, kept.shot(style) if kept else None)
        scene, before = (seen.scene(hit) if seen else None for seen in (begun.scene, begun.before))
        new = replace(draft, scene=scene, before=before)
        return [new, *self._larger_crowd(story, kept)]

    def _larger_crowd(self, story: _Story, kept: FrameCut | None) -> list[EventChange]:
        """Of a crowd the moment of its picture is asked for at once: it gets no other."""
        hit = story.begin
        if hit.count == 1 or kept is None or hit.rule not in self._full:
            return []
        larger = request_larger(self._larger, (kept,), self._large, None)
        return [self._shown_anew(story, kept, larger, hit.mono_ns)] if larger else []

    def _style(self, hit: Hit) -> CropStyle:
        return self._large if hit.rule in self._full else self._small

    def _is_due(self, story: _Story, mono_ns: int) -> bool:
        """Whether its update can go: after a while, and once nothing better has come for a moment."""
        kept = self._shots.best(story.begin.track.track_id)
        open_ns = mono_ns - story.begin.mono_ns
        return open_ns >= UPDATE_LATEST_S * NS_PER_S or (
            open_ns >= UPDATE_AFTER_S * NS_PER_S and kept is not None
            and mono_ns - kept.part.mono_ns >= SETTLED_S * NS_PER_S)

    def _update(self, story: _Story, mono_ns: int) -> list[EventChange]:
        """The better picture, if there is one: never one that is worse in any respect."""
        if story.updated:
            return []
        kept = self._shots.best(story.begin.track.track_id)
        larger = self._request(story, kept)
        if kept is not None and is_better(kept.quality, story.sent):
            larger = replace(larger, is_needed=False) if larger else None
        elif larger is None:
            return []
        else:
            kept = larger.kept
        story.updated, story.sent = True, kept.quality
        return [self._shown_anew(story, kept, larger, mono_ns)]

    def _request(self, story: _Story, kept: FrameCut | None) -> LargerRequest | None:
        if story.begin.rule not in self._full:
            return None
        recent = self._recent.best(story.begin.track.track_id)
        return request_larger(self._larger, (kept, recent), self._large, story.sent)

    def _shown_anew(self, story: _Story, kept: FrameCut, larger: LargerRequest | None,
                    mono_ns: int) -> EventChange:
        shot = kept.shot(self._style(story.begin))
        scene = request_scene(self._larger, story.scene, story.begin, self._scene_px) if larger else None
        story.scene = None
        return replace(self._draft(story, Phase.UPDATE, story.begin, shot, mono_ns), larger=larger,
                       larger_scene=scene)

    def _draft(self, story: _Story, phase: Phase, hit: Hit, shot: Shot | None,
               mono_ns: int | None = None) -> EventChange:
        rect, media_s = self._where(hit, phase, shot)
        draft = EventChange(self._camera_id, story.event_id, story.rev, phase, hit, rect, media_s,
                      hit.mono_ns if mono_ns is None else mono_ns, self._size_px, shot,
                      hit.rule in self._full)
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
        """No picture is collected of what no rule is about, or whose events have all had their update."""
        told = [story for story in self._open.values() if story.begin.track.track_id == track.track_id]
        return any(not story.updated for story in told) if told else track.label in self._labels

    def _wants_recent(self, track: Track) -> bool:
        """What an open event may still want from the larger stream, which forgets what was long before."""
        return self._larger is not None and self._larger.width > 0 and any(
            story.begin.track.track_id == track.track_id and not story.updated
            and story.begin.rule in self._full for story in self._open.values())

    def _forget(self, live: set[int]) -> None:
        needed = live | {story.begin.track.track_id for story in self._open.values()}
        needed |= {begun.hit.track.track_id for begun in self._arriving.values()}
        self._shots.keep_only(needed)
        self._recent.keep_only({story.begin.track.track_id for story in self._open.values()
                                if not story.updated})
        self._memory.keep_only(live)
        for gone in self._sightings.keys() - needed:
            del self._sightings[gone]


def _uuid7() -> str:
    import uuid6

    made: uuid.UUID = uuid6.uuid7()
    return str(made)
