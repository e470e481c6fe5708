"""What holds whatever the tracks, the clock and the settings do."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time
from types import FunctionType, ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S, Track, Tracks
from edge.config.camera_model import LEAST_HEIGHT_RATIO, Direction, RuleKind, RuleSettings
from edge.config.schedule import ScheduleSettings, applies
from edge.contract.messages import Ending
from edge.watch.hit import Hit, HitPhase
from edge.watch.rules.geometry import contains, contains_nearly
from edge.watch.rules.scene import Sight, foot_in_ratios
from tests.edge.watch.rules.world import SIZE_PX, YARD, Camera, at

pytestmark = pytest.mark.slow

NIGHT = ScheduleSettings(days=("mon", "wed"), start=time(22), end=time(5))
NOON = ScheduleSettings(start=time(12), end=time(13))


@dataclass(frozen=True)
class Step:
    after_s: float
    live: tuple[Track, ...]
    ended: tuple[Track, ...]
    local: datetime | None
    hole: bool = False         # `after_s` was time without pictures, and nobody is known after it
    paused: bool = False       # it was, but tracks were kept


@st.composite
def rule_settings(draw: st.DrawFn) -> RuleSettings:
    kind = draw(st.sampled_from(RuleKind))
    cross = kind is RuleKind.CROSS
    return RuleSettings(
        kind=kind, line="line" if cross else None,
        zone=None if cross else draw(st.sampled_from([None, "yard"])),
        direction=draw(st.sampled_from(Direction)),
        classes=draw(st.sampled_from([("person",), ("person", "car", "motorcycle")])),
        min_height_ratio=draw(st.sampled_from([None, 0, 0.15])), riders=draw(st.booleans()),
        min_riders=draw(st.sampled_from([0, 0, 2])), dwell_s=draw(st.sampled_from([0.5, 3])),
        crowd_count=draw(st.sampled_from([2, 3])), crowd_s=draw(st.sampled_from([0, 1.5])),
        cooldown_s=draw(st.sampled_from([0, 0, 4])),
        schedule=draw(st.sampled_from([(), (), (NIGHT,), (NIGHT, NOON)])))


ids = st.integers(1, 5)
# Beside, on, in and across everything that the rules look at.
coordinates = st.sampled_from([0.0, 0.1, 0.195, 0.2, 0.35, 0.495, 0.5, 0.505, 0.65, 0.8, 0.805, 1.02])
labels = st.sampled_from(["person", "person", "car", "dog", "motorcycle"])
tracks = st.builds(at, ids, coordinates, coordinates, label=labels, height=st.sampled_from([0.1, 0.3]),
                   matched=st.sampled_from([True, True, True, False]), riders=st.sampled_from([0, 0, 1, 2]),
                   mount=st.sampled_from([None, None, 9]))
local_times = st.sampled_from([None, datetime(2026, 1, 5, 12, 30), datetime(2026, 1, 5, 18),
                               datetime(2026, 1, 6, 3)])
steps = st.builds(
    Step, after_s=st.sampled_from([0, 0.2, 0.2, 0.5, 1, 2.5, 700]),
    live=st.lists(tracks, max_size=5, unique_by=lambda track: track.track_id).map(tuple),
    ended=st.lists(tracks, max_size=1).map(tuple),
    local=local_times, hole=st.sampled_from([False, False, False, True]),
    paused=st.sampled_from([False, False, True]))
scripts = st.lists(steps, max_size=30)
rule_sets = st.lists(rule_settings(), min_size=1, max_size=4)


def play(camera: Camera, script: Iterable[Step]) -> list[tuple[Step, list[Hit]]]:
    played = []
    for step in script:
        camera.clock.advance(step.after_s)
        hits = camera.lose_view() if step.hole else []
        played.append((step, hits + see(camera, step)))
    return played


def see(camera: Camera, step: Step) -> list[Hit]:
    return camera.see(*step.live, ended=step.ended, local=step.local,
                      unseen_s=step.after_s if step.paused else 0)


def make(rules: list[RuleSettings]) -> Camera:
    return Camera({f"rule-{number}": settings for number, settings in enumerate(rules)})


@given(rule_sets, scripts, scripts)
def test_every_begin_gets_exactly_one_end(rules: list[RuleSettings], first: list[Step],
                                          second: list[Step]) -> None:
    """END pairs with an open BEGIN, ids are never reused, a lost view closes all, also over two streams."""
    camera = make(rules)
    opened: dict[int, Hit] = {}
    used: set[int] = set()
    for script in (first, second):
        hits = [hit for _, told in play(camera, script) for hit in told] + camera.lose_view()
        for hit in hits:
            if hit.phase is HitPhase.BEGIN:
                assert hit.hit_id not in used
                used.add(hit.hit_id)
                opened[hit.hit_id] = hit
            else:
                begun = opened.pop(hit.hit_id)
                assert begun.since_ns <= begun.mono_ns <= hit.mono_ns
                same = ("rule", "kind", "zone", "severity", "since_ns")
                assert [getattr(begun, name) for name in same] == [getattr(hit, name) for name in same]
                assert begun.kind is RuleKind.CROWD or begun.track.track_id == hit.track.track_id
        assert {} == opened
        assert [] == camera.lose_view()


@given(rule_sets, scripts)
def test_at_most_one_open_per_rule_and_track(rules: list[RuleSettings], script: list[Step]) -> None:
    """A crowd has one open at all; nothing stays open for a track that ended."""
    open_now: dict[int, tuple[str, int]] = {}
    for step, hits in play(make(rules), script):
        for hit in hits:
            if hit.phase is HitPhase.END:
                del open_now[hit.hit_id]
                continue
            about = hit.rule, 0 if hit.kind is RuleKind.CROWD else hit.track.track_id
            assert about not in open_now.values()
            open_now[hit.hit_id] = about
        ended = {track.track_id for track in step.ended}
        assert not ended & {track_id for _, track_id in open_now.values()}


@given(rule_sets, scripts)
def test_cooldown_parts_the_begins_of_a_rule(rules: list[RuleSettings], script: list[Step]) -> None:
    """Two BEGINs of a rule are at least its cool-down apart."""
    last_ns: dict[str, int] = {}
    for _, hits in play(make(rules), script):
        for hit in hits:
            if hit.phase is HitPhase.BEGIN:
                cooldown_s = rules[int(hit.rule.removeprefix("rule-"))].cooldown_s
                assert hit.mono_ns - last_ns.get(hit.rule, -10**18) >= cooldown_s * NS_PER_S
                last_ns[hit.rule] = hit.mono_ns


@given(rule_sets, scripts)
def test_a_begin_has_its_reasons(rules: list[RuleSettings], script: list[Step]) -> None:
    """It names a track measured in this frame, of the classes, large enough, within hours, in the zone."""
    for step, hits in play(make(rules), script):
        for hit in hits:
            if hit.phase is HitPhase.BEGIN:
                settings = rules[int(hit.rule.removeprefix("rule-"))]
                height_ratio = hit.track.rect.height / SIZE_PX[1]
                assert hit.track in [replace(track, seen_ns=hit.mono_ns) for track in step.live]
                assert hit.track.matched
                assert hit.track.label in settings.classes
                least_ratio = settings.min_height_ratio
                assert height_ratio >= (LEAST_HEIGHT_RATIO if least_ratio is None else least_ratio)
                assert hit.track.mount is None or settings.riders
                assert hit.track.label != "motorcycle" or hit.track.riders >= settings.min_riders
                assert applies(settings.schedule, step.local)
                assert settings.zone is None or in_yard(hit.track, exactly=hit.kind is RuleKind.ENTER)
                assert hit.count == 1 or hit.count >= settings.crowd_count


@given(rule_sets, scripts)
def test_time_without_pictures_counts_for_nothing(rules: list[RuleSettings], script: list[Step]) -> None:
    """
    Whatever holes come: what was open ends before them, as lost from view and no later than the last picture;
    what begins after them is about what was seen after them alone; a dwell has lasted its time in pictures.
    """
    camera, open_now, pauses = make(rules), set[int](), list[tuple[int, float]]()
    resumed_ns = seen_ns = 0
    for step in script:
        camera.clock.advance(step.after_s)
        if step.hole:
            lost, resumed_ns = camera.lose_view(), camera.clock()
            assert {hit.hit_id for hit in lost} == open_now
            assert all(hit.ending is Ending.VIEW_LOST and hit.mono_ns <= seen_ns for hit in lost)
            open_now.clear()
        seen_ns = camera.clock()
        if step.paused:
            pauses.append((seen_ns, step.after_s))
        for hit in see(camera, step):
            if hit.phase is HitPhase.END:
                assert hit.ending in (Ending.ENDED, Ending.LEFT)
                open_now.remove(hit.hit_id)
                continue
            open_now.add(hit.hit_id)
            assert hit.ending is None
            assert hit.since_ns >= resumed_ns
            settings = rules[int(hit.rule.removeprefix("rule-"))]
            wanted_s = {RuleKind.DWELL: settings.dwell_s, RuleKind.CROWD: settings.crowd_s}
            unseen_s = sum(pause_s for at_ns, pause_s in pauses if at_ns > hit.since_ns)
            seen_s = (hit.mono_ns - hit.since_ns) / NS_PER_S - unseen_s
            assert seen_s >= wanted_s.get(hit.kind, 0) - 1e-6 or hit.kind is RuleKind.CROSS


def in_yard(track: Track, exactly: bool) -> bool:
    sight = Sight(track, foot_in_ratios(*track.rect.foot, SIZE_PX), track.rect.height / SIZE_PX[1])
    return contains(YARD, sight.foot) if exactly else contains_nearly(YARD, sight.foot, sight.slack_ratio)


@given(rule_sets, scripts)
def test_decisions_depend_on_durations_alone(rules: list[RuleSettings], script: list[Step]) -> None:
    """The same script later in the life of the box gives the same hits, as much later."""
    later_s = 12_345
    early, late = make(rules), make(rules)
    late.clock.advance(later_s)
    first, second = (
        [(hit.hit_id, hit.phase, hit.mono_ns - camera_ns, hit.count) for _, hits in play(camera, script)
         for hit in hits] for camera, camera_ns in ((early, 0), (late, later_s * NS_PER_S)))

    assert first == second


ALL_KINDS = {
    "enter": RuleSettings(kind=RuleKind.ENTER, zone="yard"),
    "slow": RuleSettings(kind=RuleKind.ENTER, cooldown_s=1000),
    "dwell": RuleSettings(kind=RuleKind.DWELL, dwell_s=0.2),
    "cross": RuleSettings(kind=RuleKind.CROSS, line="line"),
    "crowd": RuleSettings(kind=RuleKind.CROWD, crowd_count=2, crowd_s=0)}


def test_memory_is_bounded() -> None:
    """Thousands of passers-by leave no more behind than ten do, also if their ends are never told."""
    for ends_told in (True, False):
        camera = Camera(ALL_KINDS)
        few = passers_by(camera, range(1, 11), ends_told)
        many = passers_by(camera, range(11, 2011), ends_told)
        assert few == many


def passers_by(camera: Camera, track_ids: range, ends_told: bool) -> int:
    """Let pairs walk through the picture; return how many objects the engine holds after."""
    for track_id in track_ids:
        for x in (0.1, 0.4, 0.6, 0.9):
            camera.see(at(track_id, x), at(-track_id, x, label="dog"), at(100_000 + track_id, x))
            camera.clock.advance(0.2)
        if ends_told:
            camera.see(ended=[at(n, 0.9) for n in (track_id, -track_id, 100_000 + track_id)])
    for _ in range(2):              # a crowd ends once it has been seen to be gone for two seconds
        camera.clock.advance(1000)
        camera.see()
    assert len(camera.told) == 2 * sum(" begin " in line for line in camera.told) > 0
    return held_by(camera.engine)


def held_by(root: object) -> int:
    """Objects that the collector finds from `root`; no classes, globals, nor ints, which may be shared."""
    found: dict[int, object] = {}
    todo = [root]
    while todo:
        thing = todo.pop()
        if id(thing) in found or isinstance(thing, int | type | ModuleType):
            continue
        found[id(thing)] = thing
        todo += thing.__closure__ or () if isinstance(thing, FunctionType) else gc.get_referents(thing)
    return len(found)


def test_ended_wins_over_live() -> None:
    """A track that is told as live and as ended at once has ended: it begins nothing."""
    camera = Camera(ALL_KINDS)
    camera.engine.step(Tracks((at(1, 0.5),), (at(1, 0.5),)), SIZE_PX, 0, None)

    assert [] == camera.lose_view()
