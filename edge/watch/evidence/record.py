"""A draft becomes an entry of the journal: wall time, hashes and the encoded picture are added here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from edge.base.clock import Stamp
from edge.base.values import Rect
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.contract.messages import (
    AlarmWish,
    Ending,
    EventData,
    EventPicture,
    Image,
    Object,
    Phase,
    Role,
    Severity,
    Times,
    rfc3339,
    to_json,
)
from edge.contract.topics import Root
from edge.journal.entry import Entry, OpenEvent, Picture, Rank
from edge.watch.evidence.company import pixelated
from edge.watch.evidence.event_tracker import EventChange
from edge.watch.evidence.glimpse import BEFORE_PX, SceneShot
from edge.watch.evidence.jpeg import Jpeg, encode
from edge.watch.evidence.shot import ENOUGH_PX, Shot

_RANKS = {Phase.NEW: Rank.NEW, Phase.UPDATE: Rank.UPDATE, Phase.END: Rank.END}
_MOST_RIDERS = 4          # that the contract tells
_MAX_PATH = 12            # points; keeps an event's JSON within the contract's 4 KB


@dataclass(frozen=True, slots=True)
class Provenance:
    """What every record of this process says of where it comes from."""

    root: Root
    model: str             # first 16 hex digits of the weights' sha256
    config: str            # first 16 hex digits of the config's


class RecordMaker:
    """Makes entries. Any one thread; `stamp_at` says what the clocks showed at a pipeline time."""

    def __init__(self, provenance: Provenance, stamp_at: Callable[[int], Stamp],
                 thumbnail: ThumbnailSettings, evidence: EvidenceSettings) -> None:
        self._from, self._stamp_at = provenance, stamp_at
        self._thumbnail, self._evidence = thumbnail, evidence

    def entry(self, draft: EventChange) -> Entry:
        """The entry for `draft`, strangers hidden, its pictures encoded; takes some milliseconds each."""
        stamp = self._stamp_at(draft.mono_ns)
        shown = list(self._shown(draft))
        pictures = tuple(_picture(draft, facts, jpeg) for facts, jpeg in shown)
        data = self._data(draft, stamp, [facts for facts, _ in shown])
        return Entry(
            rank=_rank(draft), topic=self._from.root.event(draft.camera_id, draft.hit.kind.value),
            type=f"edgebox.event.{draft.hit.kind.value}", subject=draft.camera_id,
            id=f"{draft.event_id}.{draft.rev}", time=rfc3339(stamp.utc), mono_ns=stamp.mono_ns,
            boot_id=stamp.boot_id, data=to_json(data), event_id=draft.event_id, rev=draft.rev,
            pictures=pictures, ongoing=draft.phase is not Phase.END)

    def _shown(self, draft: EventChange) -> Iterator[tuple[EventPicture, bytes]]:
        """What the ward is told of each picture, and the picture."""
        wants = self._evidence
        if draft.shot is not None:
            jpeg = (encode(draft.shot.rgb, wants.subject_max_bytes, ENOUGH_PX) if draft.is_full
                    else encode(draft.shot.rgb, self._thumbnail.max_bytes))
            yield self._facts(draft, Role.SUBJECT, draft.shot, jpeg), jpeg.content
        for role, scene in ((Role.SCENE, draft.scene), (Role.BEFORE, draft.before)):
            if scene is not None:
                clean = pixelated(scene.rgb, scene.strangers, scene.subject)
                jpeg = encode(clean, wants.scene_max_bytes, BEFORE_PX)
                yield self._facts(draft, role, scene, jpeg, bool(scene.strangers)), jpeg.content

    def _facts(self, draft: EventChange, role: Role, of: Shot | SceneShot, jpeg: Jpeg,
               is_pixelated: bool = False) -> EventPicture:
        return EventPicture(
            role=role, topic=self._from.root.image(draft.event_id, draft.rev, role), sha256=jpeg.sha256,
            width=jpeg.width, height=jpeg.height, bytes=len(jpeg.content), media_s=round(of.media_s, 3),
            at=self._stamp_at(of.mono_ns).utc, masked=of.masked, pixelated=is_pixelated)

    def _data(self, draft: EventChange, stamp: Stamp, shown: Sequence[EventPicture]) -> EventData:
        hit = draft.hit
        seen_ago = timedelta(microseconds=(draft.mono_ns - hit.track.first_ns) // 1000)
        return EventData(
            event_id=draft.event_id, rev=draft.rev, phase=draft.phase, severity=hit.severity,
            camera=draft.camera_id, rule=hit.rule, kind=hit.kind.value, zone=hit.zone,
            object=_object(draft),
            t=Times(first_seen=stamp.utc - seen_ago, decided=stamp.utc, mono_ns=draft.mono_ns,
                    boot_id=stamp.boot_id, clock_synchronised=stamp.clock_synchronised),
            image=next((_image(facts) for facts in shown if facts.role is Role.SUBJECT), None),
            pictures=tuple(shown) if draft.is_full else (), ended=hit.ending,
            model=self._from.model, config=self._from.config, wish=wish_of(draft))


def closing_entry(event: OpenEvent, stamp: Stamp) -> Entry:
    """The END of an event that an earlier run of the box began and could not end, made at `stamp`.

    Its view was lost at some time after its last record, and nobody knows when: that record's times stay.
    """
    last = EventData.model_validate_json(event.data)
    data = last.model_copy(update={
        "rev": event.rev + 1, "phase": Phase.END, "image": None, "pictures": (), "wish": None,
        "ended": Ending.VIEW_LOST})
    return Entry(
        rank=Rank.END, topic=event.topic, type=event.type, subject=event.subject,
        id=f"{event.event_id}.{data.rev}", time=rfc3339(stamp.utc), mono_ns=stamp.mono_ns,
        boot_id=stamp.boot_id, data=to_json(data), event_id=event.event_id, rev=data.rev, ongoing=False)


def _rank(draft: EventChange) -> Rank:
    alert = draft.phase is Phase.NEW and draft.hit.severity is Severity.ALERT
    return Rank.NEW_ALERT if alert else _RANKS[draft.phase]


def _picture(draft: EventChange, facts: EventPicture, jpeg: bytes) -> Picture:
    return Picture(facts.topic, draft.event_id, draft.rev, jpeg, _picture_rank(draft, facts.role), facts.role)


def _picture_rank(draft: EventChange, role: Role) -> Rank:
    if role is Role.SUBJECT:
        return Rank.ALERT_IMAGE if draft.hit.severity is Severity.ALERT else Rank.IMAGE
    return Rank.SCENE if role is Role.SCENE else Rank.BEFORE


def wish_of(draft: EventChange) -> AlarmWish | None:
    """Asked once, when the event begins: what follows of it is no second call for help."""
    return draft.hit.wish if draft.phase is Phase.NEW else None


def _object(draft: EventChange) -> Object:
    hit, (width, height) = draft.hit, draft.size_px
    label = hit.track.label
    points = hit.track.path if draft.phase is not Phase.UPDATE else ()
    step = max(1, -(-len(points) // _MAX_PATH))
    thinned = [*points[:-1:step], *points[-1:]]
    return Object(
        track=hit.track.track_id if hit.count == 1 else None, label=label, score=_round(hit.track.score),
        rect=_ratios(draft.rect, width, height), count=hit.count,
        riders=(min(hit.track.riders, _MOST_RIDERS) or None) if hit.count == 1 else None,
        path=tuple((_round(x / width), _round(y / height)) for _, x, y in thinned) if hit.count == 1 else ())


def _ratios(rect: Rect, width: int, height: int) -> tuple[float, float, float, float]:
    part = rect.scaled(1 / width, 1 / height)
    return _round(part.x0), _round(part.y0), _round(part.x1), _round(part.y1)


def _round(ratio: float) -> float:
    """Four places are a fifth of a pixel in 1080p; the picture's bounds are kept."""
    return round(min(1.0, max(0.0, ratio)), 4)


def _image(subject: EventPicture) -> Image:
    """The same in the words of old, for readers that know no other."""
    return Image(topic=subject.topic, sha256=subject.sha256, width=subject.width, height=subject.height,
                 bytes=subject.bytes, masked=subject.masked)
