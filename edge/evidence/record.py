"""A draft becomes an entry of the journal: wall time, hashes and the encoded picture are added here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from edge.clock import Stamp
from edge.contract.messages import (
    AlarmWish,
    Ending,
    EventData,
    Image,
    Object,
    Phase,
    Severity,
    Times,
    rfc3339,
    to_json,
)
from edge.contract.topics import Root
from edge.evidence.jpeg import encode
from edge.evidence.story import Draft
from edge.journal.entry import Entry, OpenEvent, Picture, Rank
from edge.values import Rect, Thumbnail

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
                 max_picture_bytes: int) -> None:
        self._from, self._stamp_at, self._max_bytes = provenance, stamp_at, max_picture_bytes

    def entry(self, draft: Draft) -> Entry:
        """The entry for `draft`, its picture encoded; takes some milliseconds."""
        stamp = self._stamp_at(draft.mono_ns)
        thumbnail = encode(draft.shot, self._max_bytes) if draft.shot else None
        topic = self._from.root.image(draft.event_id, draft.rev)
        data = self._data(draft, stamp, _image(topic, thumbnail))
        rank = Rank.ALERT_IMAGE if draft.hit.severity is Severity.ALERT else Rank.IMAGE
        picture = Picture(topic, draft.event_id, draft.rev, thumbnail.jpeg, rank) if thumbnail else None
        return Entry(
            rank=_rank(draft), topic=self._from.root.event(draft.camera_id, draft.hit.kind.value),
            type=f"edgebox.event.{draft.hit.kind.value}", subject=draft.camera_id,
            id=f"{draft.event_id}.{draft.rev}", time=rfc3339(stamp.utc), mono_ns=stamp.mono_ns,
            boot_id=stamp.boot_id, data=to_json(data), event_id=draft.event_id, rev=draft.rev,
            pictures=(picture,) if picture else (), ongoing=draft.phase is not Phase.END, wish=_wish(draft))

    def _data(self, draft: Draft, stamp: Stamp, image: Image | None) -> EventData:
        hit = draft.hit
        seen_ago = timedelta(microseconds=(draft.mono_ns - hit.track.first_ns) // 1000)
        return EventData(
            event_id=draft.event_id, rev=draft.rev, phase=draft.phase, severity=hit.severity,
            camera=draft.camera_id, rule=hit.rule, kind=hit.kind.value, zone=hit.zone,
            object=_object(draft),
            t=Times(first_seen=stamp.utc - seen_ago, decided=stamp.utc, mono_ns=draft.mono_ns,
                    boot_id=stamp.boot_id, clock_synchronised=stamp.clock_synchronised),
            image=image, ended=hit.ending, model=self._from.model, config=self._from.config,
            wish=_wish(draft))


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


def _rank(draft: Draft) -> Rank:
    alert = draft.phase is Phase.NEW and draft.hit.severity is Severity.ALERT
    return Rank.NEW_ALERT if alert else _RANKS[draft.phase]


def _wish(draft: Draft) -> AlarmWish | None:
    """Asked once, when the event begins: what follows of it is no second call for help."""
    return draft.hit.wish if draft.phase is Phase.NEW else None


def _object(draft: Draft) -> Object:
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


def _image(topic: str, thumbnail: Thumbnail | None) -> Image | None:
    if thumbnail is None:
        return None
    return Image(topic=topic, sha256=thumbnail.sha256, width=thumbnail.width, height=thumbnail.height,
                 bytes=len(thumbnail.jpeg), masked=thumbnail.masked)
