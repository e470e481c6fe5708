"""Kind crowd."""

from __future__ import annotations

from datetime import datetime, time

from edge.base.values import NS_PER_S, Rect, Track
from edge.config.camera_model import RuleKind, RuleSettings
from edge.config.schedule import ScheduleSettings
from edge.watch.hit import HitPhase
from tests.edge.watch.rules.world import Camera, at

CROWD = RuleSettings(kind=RuleKind.CROWD, zone="yard", crowd_count=3, crowd_s=5)
THREE = (at(1, 0.3), at(2, 0.4, height=0.3), at(3, 0.6))
TWO = THREE[:2]


def test_crowd_begins_after_its_time_and_ends_when_it_is_gone() -> None:
    """Three for five seconds begin, named by the largest; two seconds of fewer end it."""
    camera = Camera(CROWD)
    camera.watch(2, *TWO)
    camera.watch(6, *THREE)
    camera.watch(3, *TWO)
    camera.watch(4, *THREE)             # too short to begin another

    assert ["7 begin 2", "10 end 2"] == camera.told


def test_hit_is_around_all_of_them() -> None:
    """BEGIN tells the number and rectangle then; END those of the moment when they were most."""
    camera = Camera(CROWD)
    (begun,) = camera.watch(6, *THREE)
    camera.watch(1, *THREE, at(4, 0.7, 0.7, height=0.4))
    camera.watch(1, *THREE, at(4, 0.5))      # as many, but not more
    (ended,) = camera.lose_view()

    assert (HitPhase.BEGIN, 3, 0, Rect(290, 100, 610, 250)) == (
        begun.phase, begun.count, begun.since_ns, begun.rect)
    assert (HitPhase.END, 4, 4, Rect(290, 100, 710, 350), begun.hit_id, round(7.8 * NS_PER_S)) == (
        ended.phase, ended.count, ended.track.track_id, ended.rect, ended.hit_id, ended.mono_ns)


def test_members_are_in_the_zone_and_of_the_classes() -> None:
    """Those beside the zone, of other classes or too small do not count."""
    camera = Camera(CROWD.model_copy(update={"min_height_ratio": 0.08}))
    camera.watch(8, *TWO, at(3, 0.1), at(4, 0.5, label="dog"), at(5, 0.5, height=0.05))

    assert [] == camera.told


def test_short_dips_are_forgiven_before() -> None:
    """Too few for less than a second go on; a whole second starts the time anew."""
    camera = Camera(CROWD)
    camera.watch(4, *THREE)
    camera.watch(1.2, *TWO)                  # over at 5.0
    for _ in range(2):                       # anew from 5.2
        camera.watch(1, *THREE)
        camera.watch(0.8, *TWO)
    camera.watch(3, *THREE)

    assert ["10.2 begin 2"] == camera.told


def test_short_dips_are_forgiven_after() -> None:
    """An event goes on over many dips of less than two seconds; there is never a second one."""
    camera = Camera(CROWD)
    for _ in range(6):
        camera.watch(5.2, *THREE)
        camera.watch(1.8, *TWO)

    assert ["5 begin 2"] == camera.told


def test_predicted_members_stay_but_do_not_join_nor_begin() -> None:
    """A missed detection costs no member; a picture without any measurement begins nothing."""
    camera = Camera(CROWD)
    predicted: list[Track] = [at(n, 0.2 + n / 10, matched=False) for n in (1, 2, 3)]
    camera.watch(8, *predicted)
    camera.watch(1, *THREE)
    camera.watch(6, *predicted)
    camera.see(predicted[0], predicted[1], THREE[2])

    assert ["15 begin 3"] == camera.told


def test_who_leaves_the_zone_is_no_member() -> None:
    """Walking out of the zone counts like going away; a foot on the edge stays in."""
    camera = Camera(CROWD)
    camera.watch(6, *TWO, at(3, 0.795))
    camera.watch(4, *TWO, at(3, 0.805))
    camera.watch(3, *TWO, at(3, 0.85))

    assert ["5 begin 2", "12 end 2"] == camera.told


def test_crowd_that_outlasts_the_cooldown_begins_then() -> None:
    """It dispersed and gathered again within the cool-down: told when that ends."""
    camera = Camera(CROWD.model_copy(update={"cooldown_s": 20}))
    camera.watch(6, *THREE)
    camera.watch(3)
    camera.watch(20, *THREE)

    assert ["5 begin 2", "8 end 2", "25 begin 2"] == camera.told


def test_hours_count_from_their_start() -> None:
    """A crowd that gathered before the hours is timed from their beginning; an event outlasts them."""
    night = ScheduleSettings(start=time(22), end=time(5))
    early, late = datetime(2026, 1, 5, 21), datetime(2026, 1, 5, 23)
    camera = Camera(CROWD.model_copy(update={"schedule": (night,)}))
    for local in (early, late):
        camera.watch(4, *THREE, local=local)
    camera.watch(10, *THREE, local=early)
    camera.watch(6, *THREE, local=late)
    camera.watch(10, *THREE, local=early)
    camera.watch(3, *TWO, local=early)

    assert ["23 begin 2", "36 end 2"] == camera.told


def test_whole_picture() -> None:
    """Without a zone everybody counts, wherever they stand; at once when no time is asked for."""
    camera = Camera(RuleSettings(kind=RuleKind.CROWD, crowd_count=2, crowd_s=0))
    camera.see(at(1, 0.0, 0.1), at(2, 1.0, 1.0, height=0.2))

    assert ["0 begin 2"] == camera.told


def test_finish_forgets_the_members() -> None:
    """In another stream, predictions do not make a crowd of those who were in the last one."""
    camera = Camera(CROWD.model_copy(update={"crowd_s": 0}))
    camera.see(*THREE)
    camera.lose_view()
    camera.see(at(1, 0.3), at(2, 0.4, matched=False), at(3, 0.6, matched=False))

    assert ["0 begin 2", "0 end 2"] == camera.told
