from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S
from edge.watch.capture.stamps import LiveTime
from edge.watch.capture.timing import LiveClock, LookPace, PacedClock, RateSelector, ReplayClock

gaps = st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=80)


def _ns(value: float) -> int:
    return round(value * NS_PER_S)


@given(st.lists(st.tuples(st.floats(-3600, 3600), st.floats(1e-6, 5)), min_size=1, max_size=80))
def test_live_clock_is_monotonic_and_close(script: list[tuple[float, float]]) -> None:
    """
    Whatever the camera's clock does: stamps increase strictly, lie at most 1 s before the arrival and never
    after it.
    """
    clock, now_ns, last_ns = LiveClock(), NS_PER_S, -1
    for media_s, gap_s in script:
        now_ns += max(1000, _ns(gap_s))
        mono_ns = clock.stamp(media_s, now_ns)
        assert last_ns < mono_ns <= now_ns
        assert mono_ns >= now_ns - NS_PER_S
        last_ns = mono_ns


def test_live_clock_removes_network_jitter() -> None:
    """
    Pictures taken every 100 ms that arrive up to 80 ms late are stamped 100 ms apart, once one was prompt.
    """
    late_ms = [0, 80, 10, 55, 0, 30, 79]
    clock = LiveClock()

    got = [clock.stamp(i / 10, 5 * NS_PER_S + i * NS_PER_S // 10 + late * 1_000_000)
           for i, late in enumerate(late_ms)]

    assert [5 * NS_PER_S + i * NS_PER_S // 10 for i in range(7)] == got


@given(st.floats(0.2, 4), st.floats(5, 30))
def test_live_clock_follows_a_camera_that_counts_wrongly(pace: float, fps: float) -> None:
    """
    A camera whose clock runs at a fifth or at four times the pace of ours: once it is known, pictures lie as
    far apart as they were exposed.
    """
    clock = LiveClock()

    got = [clock.stamp(k / fps * pace, _ns(1 + k / fps)) for k in range(round(10 * fps))]

    steps_ns = [b - a for a, b in pairwise(got[round(3 * fps):])]
    assert pytest.approx([NS_PER_S / fps] * len(steps_ns), rel=0.01) == steps_ns


def test_live_clock_follows_a_clock_that_drifts() -> None:
    """
    A camera clock that is 2 % slow never makes its pictures later than by what it loses in two seconds.
    """
    clock = LiveClock()

    lags = [now_s - clock.stamp(now_s * 0.98, _ns(now_s)) / NS_PER_S for now_s in range(1, 120)]

    assert max(lags) <= 0.041


def test_live_clock_after_a_jam() -> None:
    """
    After a jam of 3 s in the network, pictures that then come in a heap are stamped a second ago or later, in
    order; those that come on time again are stamped on time at once.
    """
    clock, came_s = LiveClock(), [k / 10 for k in range(20)] + [5.0] * 31 + [5.1, 5.2]

    got = [clock.stamp(k / 10, _ns(1 + at_s)) for k, at_s in enumerate(came_s)]

    assert all(b > a for a, b in pairwise(got))
    assert min(got[20:]) >= _ns(5.0)
    assert [_ns(6.1), _ns(6.2)] == got[-2:]


@given(gaps)
def test_paced_clock_follows_media_time(media_gaps: list[float]) -> None:
    """
    While the box keeps up, due times differ exactly as media times do.
    """
    clock, now_ns, media_s = PacedClock(), 7 * NS_PER_S, 0.0
    start_ns = clock.stamp(0.0, now_ns)
    assert start_ns == now_ns
    for gap_s in media_gaps:
        media_s += gap_s + 0.001
        due_ns = clock.stamp(media_s, now_ns)
        assert due_ns == start_ns + _ns(media_s)
        now_ns = due_ns


def test_paced_clock_gives_up_what_is_lost() -> None:
    """
    A box that fell 3 s behind plays on from there; 0.9 s it catches up.
    """
    clock = PacedClock()
    clock.stamp(0.0, 0)

    assert _ns(1.0) == clock.stamp(1.0, _ns(1.9))
    assert _ns(5.0) == clock.stamp(2.0, _ns(5.0))
    assert _ns(6.0) == clock.stamp(3.0, _ns(5.1))


def test_paced_clock_skips_a_hole() -> None:
    """
    Half a minute without pictures is waited for, a time stamp hours ahead is not.
    """
    clock = PacedClock()
    clock.stamp(0.0, 0)

    assert _ns(30.0) == clock.stamp(30.0, _ns(1.0))
    assert _ns(31.0) == clock.stamp(9000.0, _ns(31.0))
    assert _ns(32.0) == clock.stamp(9001.0, _ns(31.5))


def test_replay_clock_is_media_time() -> None:
    """
    A replay does not depend on when or how fast it runs.
    """
    clock = ReplayClock()

    assert [0, 200_000_000, 1_000_000_000] == [clock.stamp(m, 12345) for m in (0.0, 0.2, 1.0)]


def _taken(source_fps: float, fps: float, count: int = 200, jitter: list[float] | None = None) -> list[int]:
    selector = RateSelector()
    shift = jitter or [0.0]
    return [k for k in range(count)
            if selector.takes((k + shift[k % len(shift)]) / source_fps, fps)]


@pytest.mark.parametrize(("source_fps", "fps", "step"), [
    (30, 5, 6), (25, 5, 5), (10, 5, 2), (10, 10, 1), (10, 60, 1), (24, 25, 1), (29.97, 5, 6), (15, 5, 3),
    (30, 1, 30)])
def test_even_rates_take_every_nth(source_fps: float, fps: float, step: int) -> None:
    """
    30 fps looked at 5 times a second is every 6th picture; a rate above the source's takes all.
    """
    assert list(range(0, 200, step))[:30] == _taken(source_fps, fps)[:30]


@given(st.integers(2, 12), st.integers(1, 30), st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=17))
def test_jitter_does_not_change_the_choice(step: int, fps: int, jitter: list[float]) -> None:
    """
    Time stamps that shake by a fifth of a period leave every n-th picture the n-th.
    """
    first_sets_the_grid = [0.0]
    shifts = (first_sets_the_grid + jitter * 200)[:200]

    assert list(range(0, 200, step)) == _taken(step * fps, fps, jitter=shifts)


@given(st.floats(1, 60), st.floats(1, 60))
def test_any_rates_are_regular(source_fps: float, fps: float) -> None:
    """
    Between any rates: at most `fps` a second are taken, not fewer than the source allows, evenly spread.
    """
    taken = _taken(source_fps, fps, count=300)

    ratio = max(1.0, source_fps / fps)
    assert abs(len(taken) - 300 / ratio) <= 2
    assert all(int(ratio) - 1e-9 <= b - a <= int(ratio) + 1 for a, b in pairwise(taken))


@pytest.mark.parametrize("stamps_fps", [5, 10, 25, 50])
def test_how_often_is_decided_by_arrival(stamps_fps: int) -> None:
    """
    A camera that sends 10 pictures a second is looked at 5 times a second whatever its stamps say they are.
    """
    live, clock, selector, taken_s = LiveTime(Fraction(1, 90_000)), LiveClock(), RateSelector(), list[float]()
    for k in range(200):
        now_ns = NS_PER_S + k * NS_PER_S // 10
        mono_ns = clock.stamp(live.seconds(k * 90_000 // stamps_fps, now_ns), now_ns)
        if selector.takes(mono_ns / NS_PER_S, 5):
            taken_s.append(k / 10)

    steady_s = [at_s for at_s in taken_s if at_s >= 3]
    assert pytest.approx([0.2] * (len(steady_s) - 1)) == [b - a for a, b in pairwise(steady_s)]
    assert steady_s[-1] >= 19.8


def test_after_a_gap_the_rate_goes_on() -> None:
    """
    A pause in the stream is not made up for by a burst.
    """
    selector = RateSelector()
    times = [k / 10 for k in range(10)] + [60 + k / 10 for k in range(10)]

    assert [0, 0.2, 0.4, 0.6, 0.8, 60, 60.2, 60.4, 60.6, 60.8] == [t for t in times if selector.takes(t, 5)]


@given(st.integers(4, 30), st.lists(st.floats(1, 30), min_size=2, max_size=6))
def test_another_rate_holds_at_once(source_fps: int, rates: list[float]) -> None:
    """
    Whatever rates follow each other, the next picture comes at most one period of the new rate, and one of
    the source, after the last.
    """
    selector, last_s = RateSelector(), 0.0
    for k in range(50 * len(rates)):
        at_s, fps = k / source_fps, rates[k // 50]
        if selector.takes(at_s, fps):
            last_s = at_s
        assert at_s - last_s <= 1 / fps + 1 / source_fps + 1e-6


@pytest.mark.parametrize(("source_fps", "fps", "hurried"), [
    (25, 5, 15), (30, 2.5, 15), (60, 5, 15), (10, 2.5, 10), (10, 8, 10), (25, 25, 25)])
def test_in_a_hurry_every_picture_is_looked_at(source_fps: float, fps: float, hurried: float) -> None:
    """
    Until the moment given every picture is looked at, at most 15 a second, never fewer than else.
    """
    pace = LookPace(fps, hurry_until_ns=_ns(10.5))

    assert (hurried, fps) == (pace.at(_ns(10.4), source_fps), pace.at(_ns(10.5), source_fps))


@given(st.floats(0.5, 700), st.integers(1, 40))
def test_what_follows_a_hole_is_looked_at_as_by_itself(hole_s: float, before: int) -> None:
    """
    However long a recording ran before a hole, of the pictures after it the same are taken as of a recording
    of its own.
    """
    pictures_s = [k / 25 for k in range(100)]
    begins_s = before / 25 + hole_s
    alone, whole = RateSelector(), RateSelector()
    for k in range(before):
        whole.takes(k / 25, 5)

    assert [alone.takes(at_s, 5) for at_s in pictures_s] == [
        whole.takes(begins_s + at_s, 5) for at_s in pictures_s]
