"""The life of an event."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.base.clock import Stamp
from edge.base.testing import ArrayFrame
from edge.base.values import NS_PER_S, Rect, Track, Tracks
from edge.config.camera_model import RuleKind, RuleSettings
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.contract.messages import AlarmWish, Ending, EventData, Phase, Role, Severity
from edge.contract.topics import Root
from edge.journal.entry import OpenEvent, Rank
from edge.watch.evidence.event_tracker import EventChange, EventTracker
from edge.watch.evidence.record import Provenance, RecordMaker, closing_entry, wish_of
from edge.watch.hit import Hit, HitPhase

PIXELS = np.random.default_rng(2).integers(0, 255, (480, 640, 3), dtype=np.uint8)
SMALL, LARGE = Rect(100, 100, 120, 140), Rect(200, 100, 300, 400)


def frame(second: float) -> ArrayFrame:
    return ArrayFrame(PIXELS, mono_ns=round(second * NS_PER_S), media_s=second)


def coming(second: float) -> Rect:
    """Somebody who comes nearer for three seconds, and then stands."""
    height = 40 * 1.3 ** min(second, 3)
    return Rect(100, 100, 100 + height / 2, 100 + height)


def track(rect: Rect, track_id: int = 1, second: float = 0.0) -> Track:
    path = tuple((i, float(i), float(i)) for i in range(40))
    return Track(track_id, "person", 0.8, rect, 0, round(second * NS_PER_S), True, path)


def hit(phase: HitPhase, of: Track, second: float, hit_id: int = 1, count: int = 1,
        kind: RuleKind = RuleKind.ENTER) -> Hit:
    severity = Severity.INFO if kind is RuleKind.ENTER else Severity.ALERT
    mono_ns = round(second * NS_PER_S)
    return Hit(hit_id, phase, "gate", kind, None, severity, of, of.rect, count, mono_ns, mono_ns)


RULE = RuleSettings(kind=RuleKind.ENTER)
FULL = RULE.model_copy(update={"severity": Severity.ALERT})
CROSS = FULL.model_copy(update={"kind": RuleKind.CROSS, "line": "exit"})


def teller(rule: RuleSettings = RULE) -> EventTracker:
    ids = (f"0198c0de-0000-7000-8000-{n:012d}" for n in itertools.count(1))
    return EventTracker("cam", {"gate": rule}, ThumbnailSettings(), EvidenceSettings(), lambda: next(ids))


def phases(drafts: list[EventChange]) -> list[tuple[Phase, int]]:
    return [(draft.phase, draft.rev) for draft in drafts]


def test_new_then_one_better_picture_then_end() -> None:
    """
    New at once, one update when a clearly better picture has come, end with the track.
    """
    story, told = teller(), []
    for second in range(8):
        seen = track(coming(second), second=second)
        begins = [hit(HitPhase.BEGIN, seen, second)] if second == 0 else []
        told += story.step(frame(second), Tracks((seen,), ()), begins)
    gone = track(coming(7), second=7)
    told += story.step(frame(8), Tracks((), (gone,)), [hit(HitPhase.END, gone, 8)])

    assert [(Phase.NEW, 0), (Phase.UPDATE, 1), (Phase.END, 2)] == phases(told)
    assert [coming(0), coming(3), coming(7)] == [draft.rect for draft in told]
    assert [0.0, 3.0, 7.0] == [draft.media_s for draft in told]
    assert [True, True, False] == [draft.shot is not None for draft in told]


def test_a_short_event_still_gets_its_better_picture() -> None:
    """
    An object that leaves before the update was due sends its better picture with the end.
    """
    story = teller()
    told = story.step(frame(0), Tracks((track(SMALL),), ()), [hit(HitPhase.BEGIN, track(SMALL), 0)])
    told += story.step(frame(1), Tracks((track(LARGE, second=1),), ()), [])
    told += story.step(frame(2), Tracks((), (track(LARGE),)), [hit(HitPhase.END, track(LARGE), 2)])

    assert [(Phase.NEW, 0), (Phase.UPDATE, 1), (Phase.END, 2)] == phases(told)


def test_no_update_without_a_better_picture() -> None:
    """
    A parked car is told twice: when it came and when it went.
    """
    story = teller()
    told = story.step(frame(0), Tracks((track(LARGE),), ()), [hit(HitPhase.BEGIN, track(LARGE), 0)])
    for second in range(1, 60):
        told += story.step(frame(second), Tracks((track(LARGE, second=second),), ()), [])
    told += story.finish([hit(HitPhase.END, track(LARGE), 60)])

    assert [(Phase.NEW, 0), (Phase.END, 1)] == phases(told)


def test_a_crowd_is_shown_whole() -> None:
    """
    The picture of a crowd is around all of it, not of its largest member.
    """
    around = Rect(50, 50, 600, 400)
    begin = replace(hit(HitPhase.BEGIN, track(LARGE), 0, count=6), rect=around)
    (new,) = teller().step(frame(0), Tracks((track(LARGE),), ()), [begin])

    assert new.shot is not None
    assert (around, around) == (new.rect, new.shot.rect)


ENVELOPE_BYTES = 450         # what delivery adds around `data`; tests of delivery hold it to that
STAMP = Stamp(datetime(2026, 11, 23, 12, tzinfo=UTC), 5 * NS_PER_S, "boot", True)


def stamp_at(mono_ns: int) -> Stamp:
    return replace(STAMP, utc=STAMP.utc + timedelta(microseconds=mono_ns // 1000), mono_ns=mono_ns)


def maker() -> RecordMaker:
    provenance = Provenance(Root("ward", "group", "box"), "m" * 16, "c" * 16)
    return RecordMaker(provenance, stamp_at, ThumbnailSettings(max_bytes=16_384), EvidenceSettings())


def test_an_event_fits_its_budget() -> None:
    """
    All records of an ordinary event, with the longest path and names, are at most 4 KB of JSON.
    """
    story, told = teller(), []
    for second in range(5):
        seen = track(coming(second), second=second)
        begins = [hit(HitPhase.BEGIN, seen, second)] if second == 0 else []
        told += story.step(frame(second), Tracks((seen,), ()), begins)
    told += story.finish([hit(HitPhase.END, track(LARGE), 5)])
    entries = [maker().entry(draft) for draft in told]

    assert [Rank.NEW, Rank.UPDATE, Rank.END] == [entry.rank for entry in entries]
    assert sum(len(entry.data.encode()) + ENVELOPE_BYTES for entry in entries) <= 4096


def crossing(strangers: Sequence[Track] = ()) -> list[EventChange]:
    """An alert by a full rule about crossing: somebody comes, crosses at 2 s, stands, and leaves."""
    story, told = teller(CROSS), []
    for second in range(8):
        seen = track(coming(second - 2), second=second)
        begins = [hit(HitPhase.BEGIN, seen, second, kind=RuleKind.CROSS)] if second == 2 else []
        told += story.step(frame(second), Tracks((seen, *strangers), ()), begins)
    gone = track(coming(8), second=8)
    return told + story.step(frame(8), Tracks((), (gone,)), [hit(HitPhase.END, gone, 8, kind=RuleKind.CROSS)])


def test_a_full_event_shows_subject_scene_and_before() -> None:
    """
    The new one has all three, each with its own time and topic, and tells that nobody was hidden; the update
    has a better subject alone, the end none. `image` is the subject for those who know no more.
    """
    entries = [maker().entry(draft) for draft in crossing()]
    new, update, end = (EventData.model_validate_json(entry.data) for entry in entries)

    topic = "edge/v1/ward/group/box/image/0198c0de-0000-7000-8000-000000000001"
    assert [(Role.SUBJECT, f"{topic}/0", 2.0), (Role.SCENE, f"{topic}/0/scene", 2.0),
            (Role.BEFORE, f"{topic}/0/before", 1.0)] == [
        (picture.role, picture.topic, picture.media_s) for picture in new.pictures]
    assert [2, 2, 1] == [(picture.at - STAMP.utc).total_seconds() for picture in new.pictures]
    assert not any(picture.pixelated or picture.masked for picture in new.pictures)
    assert [[(Role.SUBJECT, f"{topic}/1")], []] == [
        [(picture.role, picture.topic) for picture in data.pictures] for data in (update, end)]
    for data in (new, update):
        assert data.image is not None
        subject = data.pictures[0]
        assert (subject.topic, subject.sha256, subject.bytes) == (
            data.image.topic, data.image.sha256, data.image.bytes)
    assert [Rank.NEW_ALERT, Rank.UPDATE, Rank.END] == [entry.rank for entry in entries]
    assert [Rank.ALERT_IMAGE, Rank.SCENE, Rank.BEFORE] == [picture.rank for picture in entries[0].pictures]


def test_every_picture_is_what_its_record_says() -> None:
    """
    Hash, size and bytes are those of the JPEG beside it, and each is within its bound.
    """
    most = EvidenceSettings()
    bounds = {Role.SUBJECT: (most.subject_max_bytes, most.subject_max_px),
              Role.SCENE: (most.scene_max_bytes, most.scene_max_px),
              Role.BEFORE: (most.scene_max_bytes, most.scene_max_px)}
    for entry in (maker().entry(draft) for draft in crossing()):
        told = EventData.model_validate_json(entry.data).pictures
        for facts, picture in zip(told, entry.pictures, strict=True):
            with Image.open(io.BytesIO(picture.jpeg)) as opened:
                assert (facts.width, facts.height) == opened.size
                assert max(opened.size) <= bounds[facts.role][1]
            assert hashlib.sha256(picture.jpeg).hexdigest() == facts.sha256
            assert len(picture.jpeg) == facts.bytes <= bounds[facts.role][0]


def test_strangers_are_hidden_in_scene_and_before_and_the_subject_is_not() -> None:
    """
    Who is there by chance is a handful of blocks in the JPEG itself, and the record says so.
    """
    stranger = track(Rect(400, 100, 480, 340), track_id=7)
    new = maker().entry(crossing([stranger])[0])
    data = EventData.model_validate_json(new.data)

    assert [False, True, True] == [picture.pixelated for picture in data.pictures]
    for facts, picture in zip(data.pictures[1:], new.pictures[1:], strict=True):
        with Image.open(io.BytesIO(picture.jpeg)) as opened:
            pixels = np.asarray(opened.convert("L")).astype(float)
        scale = facts.width / 640
        there, wall = (np.s_[round(r.y0 * scale):round(r.y1 * scale), round(r.x0 * scale):round(r.x1 * scale)]
                       for r in (stranger.rect, Rect(250, 20, 370, 440)))
        assert pixels[there].var() < pixels[wall].var() / 20


def test_an_event_without_full_pictures_is_as_it_was() -> None:
    """
    One small picture of the object, and no word of others.
    """
    (new,) = teller().step(frame(0), Tracks((track(LARGE),), ()), [hit(HitPhase.BEGIN, track(LARGE), 0)])
    entry = maker().entry(new)
    data = EventData.model_validate_json(entry.data)

    assert ((), 1, (None, None)) == (data.pictures, len(entry.pictures), (new.scene, new.before))
    assert data.image is not None
    assert max(data.image.width, data.image.height) <= ThumbnailSettings().max_px


def test_a_full_subject_keeps_the_pixels_that_the_camera_has() -> None:
    """
    Of a large object more than 640 px come to the ward, and no margin in which it is lost.
    """
    pixels = np.random.default_rng(4).integers(90, 160, (1080, 1920, 3), dtype=np.uint8)
    near = track(Rect(400, 300, 1100, 900))
    story = teller(FULL)
    (new,) = story.step(ArrayFrame(pixels), Tracks((near,), ()), [hit(HitPhase.BEGIN, near, 0)])
    data = EventData.model_validate_json(maker().entry(new).data)

    assert new.shot is not None
    assert (910, 780) == (new.shot.rgb.shape[1], new.shot.rgb.shape[0])
    assert data.image is not None
    assert data.image.width >= 640


def test_an_object_of_another_name_until_now_is_shown_as_it_is() -> None:
    """
    Nothing was collected of what no rule was about; once one is, its picture is of now, and as whole as any.
    """
    story = teller(RULE.model_copy(update={"classes": ("motorcycle",)}))
    story.step(frame(0), Tracks((replace(track(LARGE), label="car"),), ()), [])
    bike = replace(track(LARGE), label="motorcycle", riders=1)
    (new,) = story.step(frame(1), Tracks((bike,), ()), [hit(HitPhase.BEGIN, bike, 1)])

    assert new.shot is not None
    assert (1.0, LARGE) == (new.shot.media_s, new.shot.rect)
    assert new.shot.rgb.shape[0] > 1.5 * LARGE.height


def test_an_update_waits_for_who_comes_nearer() -> None:
    """
    While each picture is better than the last, the one update is not spent; ten seconds are the longest.
    """
    def told_at(growing_s: int) -> list[float]:
        story, told = teller(), []
        for second in range(20):
            size = 40 * 1.3 ** min(second, growing_s)
            seen = track(Rect(20, 20, 20 + size / 2, 20 + size), second=second)
            begins = [hit(HitPhase.BEGIN, seen, second)] if second == 0 else []
            told += story.step(frame(second), Tracks((seen,), ()), begins)
        return [draft.media_s for draft in told if draft.phase is Phase.UPDATE]

    assert [[5.0], [2.0]] == [told_at(5), told_at(2)]


def test_a_full_event_fits_its_budget() -> None:
    """
    All records of an event with three pictures, with long names, are at most 6 KB of JSON.
    """
    root = Root("phuong-phan-dinh-phung", "to-tu-quan-12", "hop-cong-truoc-01")
    strangers = [track(Rect(400, 100, 480, 340), track_id=7)]
    made = RecordMaker(Provenance(root, "m" * 16, "c" * 16), stamp_at, ThumbnailSettings(),
                       EvidenceSettings())
    entries = [made.entry(replace(draft, camera_id="cong-sau-nha-van-hoa")) for draft in crossing(strangers)]

    assert [3, 1, 0] == [len(entry.pictures) for entry in entries]
    assert sum(len(entry.data.encode()) + ENVELOPE_BYTES for entry in entries) <= 6144


def test_an_event_asks_for_the_alarm_once() -> None:
    """
    What its rule asks stands in the record of its beginning, for the journal and for the ward, and in no
    later one, nor in the end that a later run tells of it.
    """
    story = teller()
    begin, gone = (replace(hit(phase, track(LARGE), second), wish=AlarmWish.SIREN)
                   for phase, second in ((HitPhase.BEGIN, 0), (HitPhase.END, 9)))
    told = story.step(frame(0), Tracks((track(SMALL),), ()), [begin])
    for second in range(1, 9):
        told += story.step(frame(second), Tracks((track(LARGE, second=second),), ()), [])
    told += story.finish([gone])
    entries = [maker().entry(draft) for draft in told]
    first = entries[0]
    entries.append(closing_entry(OpenEvent(first.event_id, 0, first.topic, first.type, first.subject,
                                           first.data), STAMP))

    assert [Phase.NEW, Phase.UPDATE, Phase.END] == [draft.phase for draft in told]
    assert [AlarmWish.SIREN, None, None] == [wish_of(draft) for draft in told]
    assert ["siren", None, None, None] == [json.loads(entry.data).get("wish") for entry in entries]


def test_a_record_can_be_read_back_and_names_its_picture() -> None:
    """
    The JSON of a record validates as the contract's EventData, and its image is the one stored with it.
    """
    (new,) = teller().step(frame(3), Tracks((track(LARGE),), ()), [hit(HitPhase.BEGIN, track(LARGE), 3)])
    entry = maker().entry(new)
    data = EventData.model_validate_json(entry.data)

    (picture,) = entry.pictures
    assert data.image is not None
    assert ("edge/v1/ward/group/box/event/cam/enter", picture.topic) == (entry.topic, data.image.topic)
    assert (len(picture.jpeg), 0) == (data.image.bytes, data.rev)
    assert (200 / 640, round(100 / 480, 4)) == data.object.rect[:2]
    assert 3.0 == (data.t.decided - data.t.first_seen).total_seconds()
    assert "person" == json.loads(entry.data)["object"]["class"]


@given(st.floats(-50, 700), st.floats(-50, 700), st.floats(-50, 700), st.floats(-50, 700))
def test_ratios_stay_in_the_picture(x0: float, y0: float, x1: float, y1: float) -> None:
    """
    A rect that a tracker predicted beyond the picture is told within it.
    """
    far = track(Rect(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    (draft,) = teller().step(frame(0), Tracks((track(LARGE),), ()), [hit(HitPhase.BEGIN, far, 0)])
    data = EventData.model_validate_json(maker().entry(replace(draft, rect=far.rect)).data)

    assert all(0 <= ratio <= 1 for ratio in data.object.rect)


def test_a_record_says_why_its_event_ended_and_how_many_ride() -> None:
    """
    `ended` stands in the END alone; `riders` are left out where there are none, and four at most.
    """
    story, rider = teller(), replace(track(LARGE), riders=5)
    drafts = story.step(frame(0), Tracks((rider,), ()), [hit(HitPhase.BEGIN, rider, 0)])
    drafts += story.finish([replace(hit(HitPhase.END, track(LARGE), 9), ending=Ending.VIEW_LOST)])
    new, end = (json.loads(maker().entry(draft).data) for draft in drafts)

    assert (None, "view-lost") == (new.get("ended"), end["ended"])
    assert (4, None) == (new["object"]["riders"], end["object"].get("riders"))


def test_what_a_killed_watch_left_open_ends_as_lost_from_view() -> None:
    """
    As of its last record, since nobody knows when after that; the record itself is of now.
    """
    (new,) = teller().step(frame(3), Tracks((track(LARGE),), ()), [hit(HitPhase.BEGIN, track(LARGE), 3)])
    first = maker().entry(new)
    open_event = OpenEvent(first.event_id, 0, first.topic, first.type, first.subject, first.data)
    closing = closing_entry(open_event, replace(STAMP, mono_ns=1, boot_id="later"))
    begun, ended = (EventData.model_validate_json(entry.data) for entry in (first, closing))

    assert (Ending.VIEW_LOST, Phase.END, 1, begun.t) == (ended.ended, ended.phase, ended.rev, ended.t)
    assert ("later", 1) == (closing.boot_id, closing.mono_ns)
