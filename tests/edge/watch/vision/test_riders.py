"""Who rides a two-wheeler, and what rules see of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from edge.base.values import NS_PER_S, Detection, Rect, Track, Tracks
from edge.config.camera_model import TrackSettings
from edge.watch.vision.riders import Machine, carries, mounts_of
from edge.watch.vision.tracker import Tracker
from edge.watch.vision.units import Units

PICTURE = (1280, 720)
STEP_NS = NS_PER_S // 5
HEAD_ON = Rect(100, 100, 150, 200)          # a rider seen from the front, 100 px high


def machine(x: float, y: float, height: float = 80, score: float = 0.6) -> Detection:
    """Its wheels stand at (x, y)."""
    return Detection(Rect(x - 0.45 * height, y - height, x + 0.45 * height, y), "motorcycle", score)


def person(x: float, y: float, height: float = 100, score: float = 0.8) -> Detection:
    """Their feet are at (x, y)."""
    return Detection(Rect(x - 0.2 * height, y - height, x + 0.2 * height, y), "person", score)


class Street:
    """A tracker and what joins its objects, fed five pictures a second."""

    def __init__(self) -> None:
        self.tracker, self.units, self.now_ns = Tracker(TrackSettings()), Units(), NS_PER_S

    def see(self, *found: Detection) -> Tracks:
        self.now_ns += STEP_NS
        tracks = self.tracker.update(found, self.now_ns, PICTURE)
        return self.units.update(tracks, self.tracker.lives, found, self.now_ns)

    def play(self, pictures: Iterable[tuple[Detection, ...]]) -> list[Tracks]:
        return [self.see(*found) for found in pictures]


def whole(tracks: Tracks) -> list[Track]:
    """What a rule about two-wheelers sees."""
    return [track for track in tracks.live if track.label == "motorcycle"]


def on_foot(tracks: Tracks) -> list[Track]:
    """What a rule about people sees that passes over riders."""
    return [track for track in tracks.live if track.label == "person" and track.mount is None]


@pytest.mark.parametrize(("rect", "expected"), [
    (Rect(95, 140, 155, 215), True),            # under the rider
    (Rect(95, 140, 155, 175), False),           # its wheels above the rider's feet: behind
    (Rect(95, 140, 155, 290), False),           # far in front
    (Rect(150, 140, 210, 215), False),          # beside
    (Rect(95, 80, 155, 215), False),            # higher than the rider's head
    (Rect(40, 140, 210, 215), False),           # more than three times as wide
])
def test_a_rider_sits_on_the_machine(rect: Rect, expected: bool) -> None:
    """
    Machine and rider overlap in width, the wheels are at or below the feet, the head sticks out.
    """
    assert expected is carries(rect, HEAD_ON)


def test_of_two_machines_the_one_underneath_is_ridden() -> None:
    """
    In a dense row the machine whose wheels are under the rider is theirs, not the neighbour's.
    """
    mine = Machine(Rect(95, 140, 155, 220), "motorcycle", 0.5, 1)
    neighbour = Machine(Rect(125, 140, 185, 220), "motorcycle", 0.5, 2)

    assert {7: mine} == mounts_of({7: (HEAD_ON, [neighbour, mine])})


def test_everybody_has_a_machine_before_anybody_shares_one() -> None:
    """
    Two riders close behind one another, the nearer machine fits both: the one behind rides the farther one;
    where there is no other, both ride the same.
    """
    near = Machine(Rect(95, 140, 155, 230), "motorcycle", 0.6, 1)
    far = Machine(Rect(115, 130, 165, 205), "motorcycle", 0.45, 2)
    behind = Rect(112, 80, 160, 185)

    both = {1: (HEAD_ON, [near, far]), 2: (behind, [near, far])}
    assert {1: near, 2: far} == mounts_of(both)
    assert {1: near, 2: near} == mounts_of({key: (rect, [near]) for key, (rect, _) in both.items()})


def test_machine_and_rider_are_one_object() -> None:
    """
    A rule sees one motorcycle with one id, around machine and rider, and nobody on foot.
    """
    shown = Street().play((machine(100 + 30 * i, 420), person(100 + 30 * i, 400)) for i in range(12))

    units = [track for tracks in shown for track in whole(tracks)]
    assert {1} == {len(whole(tracks)) for tracks in shown[4:]}
    assert 1 == len({track.track_id for track in units})
    assert (300.0, 420.0) == (units[-1].rect.y0, units[-1].rect.y1)
    assert 1 == units[-1].riders
    assert [] == [track for tracks in shown for track in on_foot(tracks)]


def test_a_rider_whose_machine_is_doubtful_is_a_two_wheeler() -> None:
    """
    The machine is never sure enough to be followed, and found in every third picture only: one motorcycle is
    told all the same, with room for the machine under its rider.
    """
    shown = Street().play(
        (person(100 + 30 * i, 400), *([machine(100 + 30 * i, 420, score=0.32)] if i % 3 == 0 else []))
        for i in range(12))

    assert [] == [track for tracks in shown for track in on_foot(tracks)]
    assert 1 == len({track.track_id for tracks in shown for track in whole(tracks)})
    assert {420.0} == {whole(tracks)[0].rect.y1 for tracks in shown[5:]}


def test_the_unit_outlives_each_of_its_parts() -> None:
    """
    First the machine is hardly seen for three seconds, then it is back and the rider is not found: it stays
    the same motorcycle.
    """
    def found(i: int) -> tuple[Detection, ...]:
        rider, sure = person(100 + 20 * i, 400), machine(100 + 20 * i, 420)
        if 6 <= i < 22:
            return (rider,) if i % 4 else (rider, machine(100 + 20 * i, 420, score=0.31))
        return (sure,) if 26 <= i < 42 else (sure, rider)

    shown = Street().play(found(i) for i in range(46))

    assert 1 == len({track.track_id for tracks in shown for track in whole(tracks)})
    assert [] == [track for tracks in shown for track in tracks.ended if track.label == "motorcycle"]


@pytest.mark.parametrize("riders", [2, 3])
def test_riders_are_counted_over_the_track(riders: int) -> None:
    """
    Two and three on one machine, one of them hidden now and then.
    """
    shown = Street().play(
        (machine(100 + 8 * i, 420), *(person(80 + 20 * k + 8 * i, 400) for k in range(riders)
                                      if k == 0 or (i + k) % 3)) for i in range(16))

    assert riders == whole(shown[-1])[0].riders


def test_who_walks_past_parked_machines_stays_on_foot() -> None:
    """
    A row of parked motorbikes on the pavement, and somebody who walks along it: nobody rides.
    """
    row = [machine(x, 405) for x in range(200, 900, 70)]
    shown = Street().play((*row, person(150 + 22 * i, 400)) for i in range(30))

    assert {True} == {len(on_foot(tracks)) == 1 for tracks in shown[4:]}


def test_a_walker_whom_the_detector_also_names_bicycle_stays_on_foot() -> None:
    """
    One and the same box, a person's at 0.8 and a bicycle's at 0.38: a lesser name for a person, no machine.
    """
    shown = Street().play((walker := person(100 + 20 * i, 400), replace(walker, label="bicycle", score=0.38))
                          for i in range(20))

    assert {1} == {len(on_foot(tracks)) for tracks in shown[4:]}


def test_who_gets_off_walks_again() -> None:
    """
    The machine stays, its rider walks away from it: after two seconds a person on foot is there.
    """
    ride = [(machine(100 + 20 * i, 420), person(100 + 20 * i, 400)) for i in range(10)]
    walk = [(machine(280, 420), person(280 + 25 * i, 410)) for i in range(16)]

    shown = Street().play([*ride, *walk])

    assert 1 == len(on_foot(shown[-1]))
    assert 1 == len(whole(shown[-1]))


def test_all_that_was_shown_ends_once() -> None:
    """
    Machine, rider and walker leave: each id that was live is told as ended once, and never comes again.
    """
    street = Street()
    shown = street.play((machine(100 + 20 * i, 420), person(100 + 20 * i, 400), person(900, 600))
                        for i in range(10))
    shown += street.play(() for _ in range(20))

    live = {track.track_id for tracks in shown for track in tracks.live}
    assert sorted(live) == sorted(track.track_id for tracks in shown for track in tracks.ended)
