"""Kinds enter and dwell."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from edge.base.values import NS_PER_S, Track
from edge.config.camera_model import RuleKind, RuleSettings
from edge.config.schedule import ScheduleSettings
from edge.contract.messages import AlarmWish, Severity
from edge.watch.hit import HitPhase
from tests.edge.watch.rules.world import Camera, at

ENTER = RuleSettings(kind=RuleKind.ENTER, zone="yard")
DWELL = RuleSettings(kind=RuleKind.DWELL, zone="yard", dwell_s=10)
NIGHT = ScheduleSettings(start=time(22), end=time(5))
EVENING, LATE = datetime(2026, 1, 5, 21, 59), datetime(2026, 1, 5, 22, 1)


def test_enter_begins_in_the_zone_and_ends_outside() -> None:
    """The first foot in the zone begins; a second outside it ends; coming back begins anew."""
    camera = Camera(ENTER)
    for x in (0.1, 0.5, 0.1, 0.5):
        camera.watch(2, at(7, x))

    assert ["2 begin 7", "5 end 7", "6 begin 7"] == camera.told


def test_hit_says_what_a_reader_needs() -> None:
    """BEGIN and END share the id and when it began; each has the object as it is then."""
    camera = Camera(RuleSettings(kind=RuleKind.DWELL, zone="yard", dwell_s=1, severity=Severity.ALERT,
                                 alarm=AlarmWish.LIGHT))
    (begun,) = camera.watch(3, at(7, 0.5))
    (ended,) = camera.see(ended=[at(7, 0.6)])

    assert ("rule", RuleKind.DWELL, "yard", Severity.ALERT, 1, AlarmWish.LIGHT) == (
        begun.rule, begun.kind, begun.zone, begun.severity, begun.count, begun.wish)
    assert (HitPhase.BEGIN, 0, NS_PER_S, at(7, 0.5).rect) == (
        begun.phase, begun.since_ns, begun.mono_ns, begun.track.rect)
    assert (begun.hit_id, HitPhase.END, 0, 3 * NS_PER_S, at(7, 0.6), at(7, 0.6).rect) == (
        ended.hit_id, ended.phase, ended.since_ns, ended.mono_ns, ended.track, ended.rect)


def test_the_foot_decides() -> None:
    """A body over the zone with its foot beside it is not in it."""
    camera = Camera(ENTER)
    camera.see(at(1, 0.5, 0.85, height=0.6))
    camera.see(at(2, 0.5, 0.25, height=0.2))

    assert ["0 begin 2"] == camera.told


def test_foot_below_the_picture_stands_on_its_edge() -> None:
    """A zone that reaches the lower edge holds whom that edge cuts."""
    camera = Camera(ENTER, zones={"yard": ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))})
    camera.see(at(1, 0.5, 1.02, height=0.3))

    assert ["0 begin 1"] == camera.told


@pytest.mark.parametrize("beside", [0.15, 0.1])
def test_jitter_at_the_edge_is_one_stay(beside: float) -> None:
    """Out for less than a second, however often, is not leaving."""
    camera = Camera(ENTER)
    for _ in range(10):
        camera.watch(0.4, at(1, 0.21))
        camera.watch(0.8, at(1, beside))

    assert ["0 begin 1"] == camera.told


def test_slack_grows_with_the_object() -> None:
    """To leave, the foot must be outside by 1 % of the picture, or 5 % of a large object's height."""
    camera = Camera(ENTER)
    camera.watch(1, at(1, 0.5, height=0.1), at(2, 0.5, height=0.5))
    camera.watch(3, at(1, 0.191, height=0.1), at(2, 0.18, height=0.5))
    camera.watch(3, at(1, 0.189, height=0.1), at(2, 0.17, height=0.5))

    assert ["0 begin 1", "0 begin 2", "5 end 1", "5 end 2"] == camera.told


def test_beside_the_zone_is_not_entering() -> None:
    """The slack is for leaving alone."""
    camera = Camera(ENTER)
    camera.watch(3, at(1, 0.195))

    assert [] == camera.told


def test_whole_picture_tells_each_track_once() -> None:
    """Without a zone nobody leaves but by the track's end."""
    camera = Camera(RuleSettings(kind=RuleKind.ENTER))
    camera.watch(2, at(1, 0.0))
    camera.watch(2)                                 # lost for two seconds
    camera.watch(2, at(1, 1.0), at(2, 0.5))
    camera.see(at(2, 0.5), ended=[at(1, 1.0)])

    assert ["0 begin 1", "4 begin 2", "6 end 1"] == camera.told


def test_predicted_tracks_begin_nothing() -> None:
    """Only a measured object enters, and dwells long enough; predicted ones wait for the measurement."""
    camera = Camera({"enter": ENTER, "dwell": DWELL})
    camera.watch(2, at(1, 0.5, matched=False))
    camera.watch(0.2, at(1, 0.5))
    camera.watch(13, at(1, 0.5, matched=False))
    camera.see(at(1, 0.5))

    assert ["2 begin 1", "15.2 begin 1"] == camera.told


def test_predicted_tracks_end_nothing() -> None:
    """A prediction that drifts out of the zone proves nothing, nor does being lost for a while."""
    camera = Camera(ENTER)
    camera.watch(1, at(1, 0.5))
    camera.watch(3, at(1, 0.05, matched=False))
    camera.watch(1.6)
    camera.watch(1, at(1, 0.6))

    assert ["0 begin 1"] == camera.told


def test_dwell_needs_its_time_in_one_piece() -> None:
    """A second outside starts the time anew; less is forgiven, and so is not being measured."""
    camera = Camera(DWELL)
    camera.watch(9, at(1, 0.5))
    camera.watch(1.4, at(1, 0.1))                   # over at 10.0
    camera.watch(5, at(1, 0.5))                     # anew from 10.4
    camera.watch(0.8, at(1, 0.1))
    camera.watch(2, at(1, 0.5, matched=False))
    camera.watch(6, at(1, 0.5))

    assert ["20.4 begin 1"] == camera.told


def test_dwell_does_not_begin_on_the_way_out() -> None:
    """Time that runs full while the foot is already outside begins nothing."""
    camera = Camera(DWELL)
    camera.watch(9.6, at(1, 0.5))
    camera.watch(3, at(1, 0.1))

    assert [] == camera.told


@pytest.mark.parametrize("unsuitable", [at(1, 0.5, label="dog"), at(1, 0.5, height=0.04)])
def test_class_and_size_decide_who_begins(unsuitable: Track) -> None:
    """Others are passed over; once the object suits it enters; an event outlives a change of either."""
    camera = Camera(RuleSettings(kind=RuleKind.ENTER, zone="yard", min_height_ratio=0.05))
    camera.watch(2, unsuitable)
    camera.watch(2, at(1, 0.5))
    camera.watch(2, unsuitable)
    camera.watch(2, at(1, 0.5))
    camera.lose_view()

    assert ["2 begin 1", "7.8 end 1"] == camera.told


def test_another_class_stops_the_dwell_time() -> None:
    """A label that flickers is forgiven; one that is another for a second makes the stay anew."""
    camera = Camera(DWELL)
    camera.watch(5, at(1, 0.5))
    camera.watch(0.8, at(1, 0.5, label="dog"))
    camera.watch(4.2, at(1, 0.5))
    camera.watch(1.2, at(1, 0.5, label="dog"))
    camera.watch(11, at(1, 0.5))

    assert ["21.2 begin 1"] == camera.told


def test_enter_passes_over_who_comes_in_a_cooldown() -> None:
    """Two at once begin one event; the second has none when the cool-down ends, but on coming back."""
    camera = Camera(RuleSettings(kind=RuleKind.ENTER, zone="yard", cooldown_s=10))
    camera.watch(12, at(1, 0.5), at(2, 0.6))
    camera.watch(2, at(1, 0.5), at(2, 0.1))
    camera.watch(2, at(1, 0.5), at(2, 0.6))

    assert ["0 begin 1", "14 begin 2"] == camera.told


def test_dwell_waits_for_the_end_of_a_cooldown() -> None:
    """Who still stands there when the cool-down ends begins then; who left does not."""
    camera = Camera(RuleSettings(kind=RuleKind.DWELL, zone="yard", dwell_s=5, cooldown_s=10))
    camera.watch(8, at(1, 0.5), at(2, 0.6), at(3, 0.7))
    camera.watch(8, at(1, 0.5), at(2, 0.6), at(3, 0.1))

    assert ["5 begin 1", "15 begin 2"] == camera.told


def test_opening_hours_count_from_their_start() -> None:
    """Who is there when the hours begin enters then, and dwells from then on."""
    hours = {"schedule": (NIGHT,)}
    camera = Camera({"enter": ENTER.model_copy(update=hours), "dwell": DWELL.model_copy(update=hours)})
    camera.watch(20, at(1, 0.5), local=EVENING)
    hits = camera.watch(12, at(1, 0.5), local=LATE)

    assert ["20 begin 1", "30 begin 1"] == camera.told
    assert [20 * NS_PER_S] * 2 == [hit.since_ns for hit in hits]


def test_event_outlasts_its_hours() -> None:
    """Closing ends no event and begins none; a dwell that was under way is forgotten."""
    camera = Camera(RuleSettings(kind=RuleKind.DWELL, zone="yard", dwell_s=10, schedule=(NIGHT,)))
    camera.watch(12, at(1, 0.5), local=LATE)
    camera.watch(4, at(1, 0.5), at(2, 0.5), local=LATE)
    camera.watch(10, at(1, 0.5), at(2, 0.5), local=EVENING)
    camera.watch(8, at(1, 0.5), at(2, 0.5), local=LATE)
    camera.watch(2, at(1, 0.1), at(2, 0.5), local=EVENING)

    assert ["10 begin 1", "35 end 1"] == camera.told


def test_no_clock_keeps_the_rule_awake() -> None:
    """Without a trusted clock the hours count as open."""
    camera = Camera(RuleSettings(kind=RuleKind.ENTER, zone="yard", schedule=(NIGHT,)))
    camera.see(at(1, 0.5), local=None)

    assert ["0 begin 1"] == camera.told


def test_a_lost_view_ends_all_and_hit_ids_go_on() -> None:
    """It closes what is open; what is seen later gets fresh ids."""
    camera = Camera({"a": ENTER, "b": ENTER})
    first = camera.see(at(1, 0.5), at(2, 0.6))
    ended = camera.lose_view()
    second = camera.see(at(3, 0.5))

    assert {hit.hit_id for hit in first} == {hit.hit_id for hit in ended} == {1, 2, 3, 4}
    assert [5, 6] == [hit.hit_id for hit in second]
    assert [] == [hit for hit in camera.lose_view() if hit.hit_id < 5]


def test_a_track_that_vanishes_untold_is_forgotten() -> None:
    """Should a tracker forget to tell an end, the event is ended after ten minutes."""
    camera = Camera(ENTER)
    camera.see(at(1, 0.5))
    for seconds in (599, 1):
        camera.clock.advance(seconds)
        camera.see()

    assert ["0 begin 1", "600 end 1"] == camera.told
