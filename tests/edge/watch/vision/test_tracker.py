"""One identity for one object."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.base.values import NS_PER_S, Detection, Rect, Track, Tracks
from edge.config.camera_model import TrackSettings
from edge.watch.vision.tracker import Tracker

STEP_NS = NS_PER_S // 5


def person(x: float, y: float = 100.0, score: float = 0.8, label: str = "person") -> Detection:
    """40 x 100 pixels with the top left at x, y."""
    return Detection(Rect(x, y, x + 40, y + 100), label, score)


def make_tracker(confirm_s: float = 0.35, lost_s: float = 2.0) -> Tracker:
    return Tracker(TrackSettings(confirm_s=confirm_s, lost_s=lost_s))


def play(tracker: Tracker, frames: Sequence[Sequence[Detection]], first: int = 1) -> list[Tracks]:
    """Frame number `first` and on, at 5 a second."""
    return [tracker.update(frame, (first + i) * STEP_NS) for i, frame in enumerate(frames)]


def ids(tracks: Sequence[Track]) -> list[int]:
    return [track.track_id for track in tracks]


def test_first_told_0_4_s_after_entry() -> None:
    """
    At 5 pictures a second a walker is told with the third picture, with all that is known by then.
    """
    told = play(make_tracker(), [[person(100 + 12 * i)] for i in range(4)])

    assert [[], [], [1], [1]] == [ids(tracks.live) for tracks in told]
    track = told[2].live[0]
    assert (STEP_NS, 3 * STEP_NS) == (track.first_ns, track.seen_ns)
    assert (True, "person") == (track.matched, track.label)
    assert person(124).rect == track.rect
    assert ((STEP_NS, 120, 200), (2 * STEP_NS, 132, 200), (3 * STEP_NS, 144, 200)) == track.path
    assert track.score == pytest.approx(0.8)


@given(st.floats(0, 2), st.lists(st.integers(1, 8), min_size=1, max_size=20))
def test_confirmed_only_after_a_time_and_twice(confirm_s: float, gaps: list[int]) -> None:
    """
    However irregular the pictures, nobody is told before confirm_s, nor at first sight.
    """
    tracker = make_tracker(confirm_s, lost_s=9)
    times_ns = list(itertools.accumulate(gap * STEP_NS // 4 for gap in gaps))
    for count, now_ns in enumerate(times_ns, start=1):
        live = tracker.update([person(100)], now_ns).live

        assert not live or (count >= 2 and now_ns - times_ns[0] >= round(confirm_s * NS_PER_S))


@pytest.mark.parametrize(("fps", "good_s", "weak_s"), [
    (1, 1.0, 2.0), (2, 0.5, 1.0), (2.5, 0.4, 0.8), (5, 0.4, 0.4), (10, 0.4, 0.4), (25, 0.36, 0.4)])
def test_told_in_time_at_any_rate(fps: float, good_s: float, weak_s: float) -> None:
    """
    Two good pictures 0.4 s apart do, however many come between; a weak score wants the evidence of three.
    """
    def delay_s(score: float) -> float:
        tracker = make_tracker()
        steps = range(round(4 * fps))
        return next(i / fps for i in steps if tracker.update(
            [person(100 + 60 * i / fps, score=score)], round((1 + i / fps) * NS_PER_S)).live)

    assert (good_s, weak_s) == (delay_s(0.8), delay_s(0.51))


def test_who_is_half_in_the_picture_is_told_later() -> None:
    """
    Who comes in over the edge is told once whole for a while; who stays cut by it, after a second.
    """
    def told_at(edge: Sequence[float]) -> int:
        tracker = make_tracker()
        return next(i for i, x in enumerate(edge) if tracker.update(
            [Detection(person(x).rect.clipped(640, 480), "person", 0.8)], (1 + i) * STEP_NS, (640, 480)).live)

    assert 2 == told_at([500 - 12 * i for i in range(9)])
    assert 4 == told_at([640 - 20 - 12 * i for i in range(9)])
    assert 6 == told_at([615] * 9)


def test_doubtful_scores_start_nothing() -> None:
    """
    A thousand detections below high_score never become a track, nor does a signpost at 0.5 that stands still.
    """
    tracker = make_tracker()

    assert not any(tracks.live for tracks in play(tracker, [[person(100, score=0.39)]] * 200))
    assert not any(tracks.live for tracks in play(tracker, [[person(100, score=0.5)]] * 200, first=300))


def test_doubtful_scores_keep_a_track() -> None:
    """
    Someone half hidden, found at 0.2 for three seconds, is matched all the time.
    """
    told = play(make_tracker(), [[person(100 + 8 * i, score=0.8 if i < 4 else 0.2)] for i in range(19)])

    assert [(1, True)] * 17 == [(t.track_id, t.matched) for tracks in told[2:] for t in tracks.live]


def test_missed_track_coasts_hides_and_comes_back() -> None:
    """
    Behind a tree for 1.4 s: live at the predicted place for 0.5 s, then hidden, then back under its id.
    """
    walk = [[] if 6 <= i < 13 else [person(100 + 12 * i)] for i in range(16)]

    told = play(make_tracker(), walk)

    assert [False] * 2 == [track.matched for tracks in told[6:8] for track in tracks.live]
    assert told[7].live[0].rect.x0 > person(100 + 12 * 5).rect.x0 + 12
    assert [[]] * 5 == [ids(tracks.live) for tracks in told[8:13]]
    assert [[1]] * 3 == [ids(tracks.live) for tracks in told[13:]]
    assert not any(tracks.ended for tracks in told)


def test_lost_track_is_ended_once() -> None:
    """
    Given up when missed for more than lost_s; told once; whoever comes there later is someone else.
    """
    tracker = make_tracker()
    told = play(tracker, [[person(100)]] * 4 + [[]] * 14 + [[person(100)]] * 4)

    assert [(14, [1])] == [(i, ids(tracks.ended)) for i, tracks in enumerate(told) if tracks.ended]
    assert 4 * STEP_NS == told[14].ended[0].seen_ns
    assert [2] == ids(told[-1].live)
    assert [2] == ids(tracker.give_up(99 * STEP_NS).ended)
    assert Tracks((), (), view_lost=True) == tracker.give_up(100 * STEP_NS)


def test_who_walks_out_of_the_picture_is_not_who_comes_in() -> None:
    """
    With the picture's size known, a track ends at its edge at once, and the next person there is new.
    """
    tracker, ended = make_tracker(), []
    for i in range(12):
        x = 560 + 20 * i
        tracks = tracker.update([person(x)] if x < 620 else [], (1 + i) * STEP_NS, (640, 480))
        ended += [(i, track.track_id) for track in tracks.ended]

    assert [(4, 1)] == ended
    assert [2] == ids(tracker.update([person(600)], 13 * STEP_NS, (640, 480)).live
                      or tracker.update([person(588)], 14 * STEP_NS, (640, 480)).live
                      or tracker.update([person(576)], 15 * STEP_NS, (640, 480)).live)


def test_fast_motorbike_without_overlap_is_one() -> None:
    """
    90 pixels a picture for a rect of 60 x 50: no two rects overlap, yet it stays one track.
    """
    ride = [[Detection(Rect(90 * i, 100, 90 * i + 60, 150), "motorcycle", 0.7)] for i in range(12)]

    told = play(make_tracker(), ride)

    assert [[1]] * 10 == [ids(tracks.live) for tracks in told[2:]]


# A car that drives towards the camera out of the far distance, every 0.2 s in 640 x 352.
APPROACHING = np.array([
    (213, 125, 250, 149), (216, 121, 258, 154), (220, 124, 267, 162), (226, 129, 280, 171),
    (231, 131, 298, 184), (239, 139, 319, 197), (252, 147, 350, 218), (274, 159, 398, 246),
    (304, 175, 474, 294), (352, 199, 582, 351), (407, 230, 639, 352), (520, 272, 640, 352)], dtype=float)


@pytest.mark.parametrize("fps", [2, 2.5, 5, 10, 25])
def test_approaching_car_is_one(fps: float) -> None:
    """
    It doubles its size within 0.4 s at last and leaves below: one id, found in every picture.
    """
    tracker, told = make_tracker(), []
    for at_s in np.arange(0, 2.2 + 1e-6, 1 / fps).tolist():
        rect = [float(np.interp(at_s / 0.2, range(12), side)) for side in APPROACHING.T]
        car = Detection(Rect(*rect), "car", 0.8)
        tracks = tracker.update([car], round((1 + at_s) * NS_PER_S), (640, 352))
        told.append([(track.track_id, track.matched) for track in tracks.live])

    first = next(i for i, tracks in enumerate(told) if tracks)
    assert {((1, True),)} == set(map(tuple, told[first:]))


def drive(fps: float, speed_m_s: float, seed: int, *, away: bool) -> Iterator[list[Detection]]:
    """A car on a straight road under a camera 5 m up, as a noisy detector finds it in 640 x 360."""
    rng, focus_px, horizon_px = np.random.default_rng(seed), 400, 100
    lane_m, side_noise = rng.uniform(-3, 3), 0.03
    for step_m in np.arange(0, 42, speed_m_s / fps):
        away_m = 3 + step_m if away else 45 - step_m
        width, height = focus_px * 1.8 / away_m, focus_px * 1.6 / away_m
        x, foot = 320 + focus_px * lane_m / away_m, horizon_px + focus_px * 5 / away_m
        sides = np.array([x - width / 2, foot - height, x + width / 2, foot])
        sides += rng.normal(0, side_noise, 4) * [width, height, width, height]
        rect = Rect(*sides.tolist()).clipped(640, 360)
        yield [Detection(rect, "car", 0.75)] if rect.width > 8 and rect.height > 8 else []


@pytest.mark.slow
@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("fps", [2.5, 5, 10, 25])
def test_vehicle_on_its_road_crosses_each_line_once(fps: float, away: bool) -> None:
    """
    Towards the camera and away from it, at 22 to 54 km/h: one id, and its feet go over each line once.
    """
    for seed, speed_m_s in enumerate((6, 8, 10, 12, 15)):
        tracker, feet, known = make_tracker(), dict[int, float](), set[int]()
        for i, found in enumerate(drive(fps, speed_m_s, seed, away=away), start=1):
            for track in tracker.update(found, round(i / fps * NS_PER_S), (640, 360)).live:
                known.add(track.track_id)
                feet.update((then_ns, y) for then_ns, _, y in track.path)
                if track.matched:
                    feet[track.seen_ns] = track.rect.y1
        assert {1} == known, speed_m_s
        path = [feet[then_ns] for then_ns in sorted(feet)]
        for line in (0.5, 0.6, 0.7, 0.8):
            sides = [y > line * 360 for y in path if abs(y - line * 360) > 8]
            assert 1 == sum(a != b for a, b in itertools.pairwise(sides)), (speed_m_s, line)


def test_two_who_cross_keep_their_identities() -> None:
    """
    Two walkers meet, one hides the other for 0.6 s, and each goes on under its own id.
    """
    frames = []
    for i in range(30):
        right, left = person(100 + 12 * i), person(460 - 12 * i, y=108)
        frames.append([right] if abs(right.rect.x0 - left.rect.x0) < 30 else [left, right])

    told = play(make_tracker(), frames)

    before, after = ({t.track_id: t.rect.x0 for t in told[i].live} for i in (5, 29))
    assert 2 == len(before) == len(after)
    assert sorted(before, key=lambda i: before[i]) == sorted(after, key=lambda i: after[i], reverse=True)


def test_flickering_label_is_one_track() -> None:
    """
    Car, truck and bus are one object, also when told in one picture; the label is the one best voted for.
    """
    labels = ["car", "truck", "car", "bus", "car", "truck"] * 3
    both = [[person(100, label=label), person(101, label="car", score=0.45)] for label in labels]

    told = play(make_tracker(), both)

    assert [[1]] * 16 == [ids(tracks.live) for tracks in told[2:]]
    assert "car" == told[-1].live[0].label


@pytest.mark.parametrize("swap", [False, True])
def test_motorbike_with_its_headlight_on_is_one(swap: bool) -> None:
    """
    Half a car and half a motorbike in one place is one track of one label, whichever is better in a picture.
    """
    scores = [(0.62, 0.55) if swap and i % 3 == 0 else (0.5, 0.61) for i in range(12)]
    ride = [[person(100 + 8 * i, score=car, label="car"), person(101 + 8 * i, score=two, label="motorcycle")]
            for i, (car, two) in enumerate(scores)]

    told = play(make_tracker(), ride)

    assert [[1]] * 10 == [ids(tracks.live) for tracks in told[2:]]
    assert "motorcycle" == told[-1].live[0].label


def test_car_behind_a_motorbike_is_another() -> None:
    """
    A motorbike in front of a car stays apart from it, also when one of the two is missed.
    """
    def car(x: float) -> Detection:
        return Detection(Rect(x, 80, x + 160, 200), "car", 0.8)

    frames = [[person(160 + 8 * i, label="motorcycle"), car(100)] for i in range(8)]
    told = play(make_tracker(), [*frames[:4], frames[4][1:], *frames[5:6], frames[6][:1], frames[7]])

    assert {(1, "car"), (2, "motorcycle")} == {
        (track.track_id, track.label) for tracks in told for track in tracks.live}


def test_machine_found_with_its_rider_and_without_is_one() -> None:
    """
    A detector gives the machine alone beside the whole: one track, with the better box.
    """
    def machine(x: float) -> Detection:
        return Detection(Rect(x + 3, 140, x + 37, 199), "motorcycle", 0.55)

    told = play(make_tracker(), [
        [person(100 + 20 * i, score=0.7, label="motorcycle"), machine(100 + 20 * i)] for i in range(8)])

    assert {1} == {i for tracks in told for i in ids(tracks.live)}
    assert person(240).rect == told[-1].live[0].rect


def test_person_on_a_motorbike_are_two() -> None:
    """
    Labels that are not compatible never share a track, however well they overlap.
    """
    told = play(make_tracker(), [[person(100), person(100, label="motorcycle")]] * 4)

    assert ["motorcycle", "person"] == sorted(track.label for track in told[-1].live)


def test_a_motorbike_does_not_carry_on_a_person() -> None:
    """
    A detection of another kind on the very place leaves the track unmatched.
    """
    tracker = make_tracker()
    play(tracker, [[person(100)]] * 4)

    tracks = tracker.update([person(100, label="motorcycle")], 5 * STEP_NS)

    assert [(1, False)] == [(t.track_id, t.matched) for t in tracks.live]


def test_duplicate_is_dropped() -> None:
    """
    Two tracks that end up on one place are one object: the older lives on, the younger is over.
    """
    tracker = make_tracker()
    told = play(tracker, [[person(100 + 2 * i), person(140 - 2 * i)] for i in range(9)])
    older, younger = ids(told[-1].live)

    told = play(tracker, [[person(117)], [person(123)]] * 4, first=10)

    assert [younger] == [i for tracks in told for i in ids(tracks.ended)]
    assert [older] == ids(told[-1].live)


def test_part_of_somebody_is_not_told() -> None:
    """
    Legs found apart from their body are told only once they walk away by themselves.
    """
    def legs(x: float) -> Detection:
        return Detection(Rect(x, 150, x + 36, 200), "person", 0.75)

    tracker = make_tracker()
    play(tracker, [[person(100)]] * 4)

    within = play(tracker, [[person(100), legs(102)]] * 10, first=5)
    apart = play(tracker, [[person(100), legs(102 + 6 * i)] for i in range(6)], first=15)

    assert [[1]] * 10 == [ids(tracks.live) for tracks in within]
    assert [1, 2] == ids(apart[-1].live)


@pytest.mark.slow
def test_parked_car_is_one_track_of_bounded_memory() -> None:
    """
    An hour at one look a second, one of five missed: one id, at most 16 points, evenly spread.
    """
    tracker, rng = make_tracker(), random.Random(1)
    live: tuple[Track, ...] = ()
    for second in range(1, 3601):
        missed = second % 3 > 0 and rng.random() < 0.3
        seen = [] if missed and second > 5 else [person(300 + rng.gauss(0, 2), label="car")]
        tracks = tracker.update(seen, second * NS_PER_S)
        assert not tracks.ended
        live = tracks.live or live

    assert [1] == ids(live)
    times = [point[0] / NS_PER_S for point in live[0].path]
    assert 16 == len(times)
    assert 1 == times[0]
    assert times[-1] > 3590
    assert max(b - a for a, b in itertools.pairwise(times)) < 3 * 3600 / 15


def test_hold_keeps_what_was_there() -> None:
    """
    A still scene for ten minutes: live and unmatched with the last rect; then found again under the same id.
    """
    tracker = make_tracker()
    play(tracker, [[person(100 + 12 * i)] for i in range(5)])

    held = [tracker.hold((6 + i) * STEP_NS) for i in range(3_000)]

    want = {(1, person(148).rect, False)}
    assert want == {(t.track_id, t.rect, t.matched) for tracks in held for t in tracks.live}
    assert 3_005 * STEP_NS == held[-1].live[0].seen_ns
    back = tracker.update([person(140)], 3_006 * STEP_NS)
    assert [(1, True)] == [(t.track_id, t.matched) for t in back.live]


def test_hold_stops_a_walker() -> None:
    """
    Who was walking when the scene went still is expected where it stands, not further on.
    """
    tracker = make_tracker()
    play(tracker, [[person(100 + 12 * i)] for i in range(6)])
    tracker.hold(7 * STEP_NS)

    tracks = tracker.update([], 8 * STEP_NS)

    assert tracks.live[0].rect.x0 == pytest.approx(person(160).rect.x0, abs=3)


def test_hold_lets_the_missing_expire() -> None:
    """
    Who was missing for longer than the coasting time when the scene went still ends by lost_s.
    """
    tracker = make_tracker()
    play(tracker, [[person(100)]] * 4 + [[]] * 3)

    held = [tracker.hold((8 + i) * STEP_NS) for i in range(20)]

    assert not any(tracks.live for tracks in held)
    assert [(7, [1])] == [(i, ids(tracks.ended)) for i, tracks in enumerate(held) if tracks.ended]


def test_rare_looks_at_a_still_scene_end_what_is_gone() -> None:
    """
    One look in ten seconds: one miss is forgiven, the third makes a track unseen, and then it ends.
    """
    tracker, now = make_tracker(), 4
    play(tracker, [[person(100)]] * 4)
    live, ended = [], []
    for _ in range(5):
        for _ in range(50):
            now += 1
            tracks = tracker.hold(now * STEP_NS)
            ended += ids(tracks.ended)
        live.append(ids(tracks.live))
        now += 1
        tracker.update([], now * STEP_NS)

    assert [[1], [1], [1], [], []] == live
    assert [1] == ended


@pytest.mark.parametrize("fps", [2, 5, 10])
def test_newcomer_is_not_who_vanished(fps: int) -> None:
    """
    One walks through a door; another comes 1.2 s later from twice their height ahead, the other way.
    """
    tracker, known = make_tracker(), set[int]()
    for index in range(8 * fps):
        now_s = index / fps
        there = [person(300 + 45 * now_s)] if now_s <= 3 else [person(635 - 50 * (now_s - 4.2))]
        if 3 < now_s < 4.2:
            there = []
        known.update(ids(tracker.update(there, round((1 + now_s) * NS_PER_S)).live))

    assert {1, 2} == known


def test_who_is_hidden_is_who_scores_low() -> None:
    """
    Two pass each other within one picture: who was scored high all the time is so on the other side, too.
    """
    tracker = make_tracker()
    play(tracker, [[person(100, score=0.85), person(124, score=0.45)]] * 6)
    plain, hidden = sorted(tracker.lives, key=lambda life: life.rect.x0)

    tracker.update([person(114, score=0.85), person(106, score=0.45)], 7 * STEP_NS)

    now = {life.track_id: life.rect.x0 for life in tracker.lives}
    assert {plain.track_id: 114, hidden.track_id: 106} == now


@pytest.mark.parametrize("gap_s", [2.5, 10, 70, 600])
@pytest.mark.parametrize("moved_px", [0, 30, 200])
def test_nobody_inherits_an_identity_through_a_hole(gap_s: float, moved_px: int) -> None:
    """
    After a hole longer than lost_s the old track is ended as of when it was seen, and who is there is new.
    """
    tracker = make_tracker()
    play(tracker, [[person(100)]] * 15)

    told = play(tracker, [[person(100 + moved_px)]] * 4, first=15 + int(gap_s * 5))

    assert [1] == ids(told[0].ended)
    assert (True, 15 * STEP_NS) == (told[0].view_lost, told[0].ended[0].seen_ns)
    assert [2] == ids(told[-1].live)
    assert not any(tracks.view_lost or tracks.ended for tracks in told[1:])


def test_hole_in_a_still_scene() -> None:
    """
    A hole ends tracks as well when the first picture after it is held back.
    """
    tracker = make_tracker()
    play(tracker, [[person(100)]] * 5)

    tracks = tracker.hold(100 * STEP_NS)

    assert ([1], True, ()) == (ids(tracks.ended), tracks.view_lost, tracks.live)


def test_a_slow_camera_has_no_holes() -> None:
    """
    At one picture in three seconds, more than lost_s, who stands there is one person all the time.
    """
    tracker = make_tracker()

    told = [tracker.update([person(100)], i * 3 * NS_PER_S) for i in range(1, 12)]

    assert 1 == len({i for tracks in told for i in ids(tracks.live)})
    assert not any(tracks.ended for tracks in told)


def test_given_up_because_the_pictures_stopped() -> None:
    """
    Every confirmed track is ended once, with the reason; tentative ones are forgotten, ids go on.
    """
    tracker = make_tracker()
    play(tracker, [[person(100)]] * 4 + [[person(100), person(300)]])

    tracks = tracker.give_up(7 * STEP_NS)

    assert ([1], True, ()) == (ids(tracks.ended), tracks.view_lost, tracks.live)
    assert Tracks((), (), view_lost=True) == tracker.give_up(8 * STEP_NS)
    assert () == tracker.lives
    assert [3] == ids(play(tracker, [[person(100)]] * 4, first=9)[-1].live)


def test_another_resolution_is_the_same_scene() -> None:
    """
    A camera that goes from 640 to 1280 pixels in width keeps everybody, with path and prediction.
    """
    tracker = make_tracker()
    play(tracker, [[person(100 + 12 * i)] for i in range(6)])
    tracker.rescale(2, 1.5)

    wide = [Detection(person(100 + 12 * i).rect.scaled(2, 1.5), "person", 0.8) for i in range(6, 12)]
    told = play(tracker, [[], *([found] for found in wide[1:])], first=7)

    assert told[0].live[0].rect.x0 == pytest.approx(wide[0].rect.x0, abs=8)
    assert [[1]] * 6 == [ids(tracks.live) for tracks in told]
    assert (STEP_NS, 240, 300) == told[-1].live[0].path[0]


def test_lives_show_tentative_ones_too() -> None:
    """
    What pairs riders and machines sees each from its first detection on, and whether it is told yet.
    """
    tracker = make_tracker()
    play(tracker, [[person(100)]] * 11 + [[person(300, label="motorcycle")]])

    old, new = tracker.lives

    assert (1, "person", False) == (old.track_id, old.label, old.matched)
    assert (True, True) == (old.confirmed, old.resting)
    assert (2, "motorcycle", True) == (new.track_id, new.label, new.matched)
    assert (False, False) == (new.confirmed, new.resting)
    assert (12 * STEP_NS, 12 * STEP_NS, person(300).rect) == (new.first_ns, new.seen_ns, new.rect)


def test_outside_the_window_nobody_is_missed() -> None:
    """
    Looks at a window for a minute: who stands outside is held, in its place, and found by the next full look.
    """
    tracker, window = make_tracker(), Rect(0, 0, 256, 256)
    play(tracker, [[person(100), person(400)]] * 6)

    for i in range(7, 307):
        tracks = tracker.update([person(100)], i * STEP_NS, (640, 480), window=window)
        assert [(1, True), (2, False)] == [(track.track_id, track.matched) for track in tracks.live]
        assert (400, i * STEP_NS) == (round(tracks.live[1].rect.x0), tracks.live[1].seen_ns)
    tracks = tracker.update([person(100), person(402)], 307 * STEP_NS, (640, 480))

    assert [(1, True), (2, True)] == [(track.track_id, track.matched) for track in tracks.live]


def test_a_box_cut_by_the_window_tells_nothing() -> None:
    """
    What an inner edge cuts starts no track and does not shrink one; an edge of the picture cuts rightly.
    """
    tracker, window = make_tracker(), Rect(0, 0, 256, 256)
    play(tracker, [[person(230)]] * 5)
    cut = Detection(Rect(230, 100, 255.5, 200), "person", 0.8)
    low = Detection(Rect(0, 50, 30, 150), "person", 0.8)

    told = [tracker.update([cut, low], i * STEP_NS, (640, 480), window=window) for i in range(6, 16)]

    assert [[1, 2]] * 4 == [ids(tracks.live) for tracks in told[6:]]
    assert {person(230).rect.width} == {round(tracks.live[0].rect.width) for tracks in told}


def test_a_far_look_does_not_miss_who_is_small() -> None:
    """
    Found in close looks only, someone 50 px high is held in the full look between two of them; two full
    looks on end, or a close one, miss who is gone.
    """
    tracker, small = make_tracker(), Detection(Rect(100, 100, 120, 150), "person", 0.8)
    for i in range(1, 20):
        far = i % 5 == 0
        tracks = tracker.update([] if far else [small], i * STEP_NS, enlargement=0.5 if far else 2.0)
        assert [] == ids(tracks.live) or i * STEP_NS == tracks.live[0].seen_ns

    for i in (20, 21):
        tracks = tracker.update([], i * STEP_NS, enlargement=0.5)

    assert 20 * STEP_NS == tracks.live[0].seen_ns
    assert 20 * STEP_NS == tracker.update([], 22 * STEP_NS, enlargement=2.0).live[0].seen_ns


def test_margins_by_label() -> None:
    """
    A motorbike at a red light is told at 0.45 where its label needs no margin, a person is not.
    """
    tracker = Tracker(TrackSettings(), margins={"motorcycle": (0.0, 0.0)})

    told = play(tracker, [[person(100, score=0.45, label="motorcycle"), person(300, score=0.45)]] * 9)

    assert ["motorcycle"] == [track.label for track in told[-1].live]


@pytest.mark.parametrize("call", ["update", "hold"])
@pytest.mark.parametrize("back_ns", [0, 1])
def test_time_must_increase(call: str, back_ns: int) -> None:
    """
    A time that is not greater than the last is refused, and the tracker is as before.
    """
    tracker = make_tracker()
    play(tracker, [[person(100)]] * 3)

    for again_ns in (3 * STEP_NS - back_ns, 3 * STEP_NS):
        with pytest.raises(ValueError, match=f"want more than the last one, {3 * STEP_NS}"):
            getattr(tracker, call)(*([[]] if call == "update" else []), again_ns)
    assert [1] == ids(tracker.update([person(100)], 4 * STEP_NS).live)


_frames = st.lists(st.lists(st.builds(
    person, x=st.floats(0, 600), y=st.floats(0, 380), score=st.floats(0.1, 1.0),
    label=st.sampled_from(["person", "car", "truck", "dog"])), max_size=5), max_size=25)


@pytest.mark.slow
@given(_frames, st.randoms(use_true_random=False), st.data())
@settings(deadline=None)
def test_laws_of_identity(frames: list[list[Detection]], rng: random.Random, data: st.DataObject) -> None:
    """
    Whatever comes: ids are unique, live and ended are apart, an ended id never returns, each is told
    ended once, an unknown one never, and the order of the detections changes nothing.
    """
    one, other, ended, known = make_tracker(lost_s=0.6), make_tracker(lost_s=0.6), set[int](), set[int]()
    for i, frame in enumerate(frames, start=1):
        if data.draw(st.integers(0, 3)):
            tracks = one.update(frame, i * STEP_NS)
            assert tracks == other.update(rng.sample(frame, len(frame)), i * STEP_NS)
        else:
            tracks = one.hold(i * STEP_NS)
            assert tracks == other.hold(i * STEP_NS)
        live, gone = ids(tracks.live), ids(tracks.ended)
        assert len({*live, *gone}) == len(live) + len(gone)
        assert not ended & {*live, *gone}
        known.update(live)
        ended.update(gone)
        assert ended <= known
    ended.update(ids(one.give_up((len(frames) + 1) * STEP_NS).ended))
    assert known == ended


@pytest.mark.slow
@given(st.integers(0, 2 ** 32), st.floats(0, 3), st.floats(0, 0.4))
@settings(deadline=None, max_examples=15)
def test_still_object_keeps_one_id(seed: int, jitter_px: float, miss_ratio: float) -> None:
    """
    A minute of jitter, misses of up to a second and swinging scores: never a second track.
    """
    rng, tracker, known, missed = random.Random(seed), make_tracker(), set[int](), 0
    for i in range(1, 300):
        missed = missed + 1 if i > 5 and rng.random() < miss_ratio and missed < 5 else 0
        rect = Rect(*(v + rng.gauss(0, jitter_px) for v in (100, 100, 140, 200)))
        found = replace(person(0, score=rng.uniform(0.2 if i > 5 else 0.7, 1.0)), rect=rect)
        known.update(ids(tracker.update([] if missed else [found], i * STEP_NS).live))

    assert {1} == known


def test_who_walks_out_while_a_window_follows_has_left() -> None:
    """
    A window that reaches to the border shows all that is left of somebody who goes beyond it: the track ends.
    """
    tracker, told = Tracker(TrackSettings()), list[Tracks]()
    for step in range(40):
        walker = person(60 - 8 * step)
        found = [replace(walker, rect=walker.rect.clipped(640, 480))] if step < 9 else []
        told.append(tracker.update(found, (1 + step) * STEP_NS, (640, 480), window=Rect(0, 0, 200, 480),
                                   enlargement=2.0))

    assert 1 == sum(len(tracks.ended) for tracks in told)
    assert () == told[-1].live
