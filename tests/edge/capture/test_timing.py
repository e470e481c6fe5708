from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.timing import LiveClock, MediaTime, Pace, PacedClock, RateSelector, ReplayClock
from edge.values import NS_PER_S

seconds = st.floats(0, 3600, allow_nan=False)
gaps = st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=80)
stamps = st.lists(st.one_of(st.none(), st.integers(-10**9, 10**12)), min_size=1, max_size=60)


def _ns(value: float) -> int:
    return round(value * NS_PER_S)


@given(stamps)
def test_media_time_always_increases(script: list[int | None]) -> None:
    """
    Whatever time stamps come, missing, repeated or backwards, the first is 0 and the rest increase.
    """
    media = MediaTime(Fraction(1, 90_000), period_s=0.04)

    got = [media.seconds(pts) for pts in script]

    assert got[0] == 0
    assert all(b > a for a, b in pairwise(got))


def test_media_time_counts_from_the_first_picture() -> None:
    """
    A stream that begins at 0.8 s begins at 0 for us; a gap stays a gap.
    """
    media = MediaTime(Fraction(1, 10), period_s=0.1)

    assert pytest.approx([0, 0.1, 0.2, 0.3, 2.0]) == [media.seconds(pts) for pts in (8, 9, 10, None, 28)]


def test_media_time_mends_a_clock_set_back() -> None:
    """
    After a jump back the stream goes on one period later, at its old pace.
    """
    media = MediaTime(Fraction(1, 10), period_s=0.1)

    got = [media.seconds(pts) for pts in (100, 101, 102, 5, 6, 8)]

    assert pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.6]) == got


@given(st.lists(st.tuples(st.floats(-3600, 3600), st.floats(1e-6, 5)), min_size=1, max_size=80))
def test_live_clock_is_monotonic_and_close(script: list[tuple[float, float]]) -> None:
    """
    Whatever the camera's clock does: stamps increase strictly, lie at most 1 s before the arrival (but
    for those held up by the order), and never after it.
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


def test_live_clock_anchors_anew_after_a_second() -> None:
    """
    A camera clock that is 2 % slow drifts until a second is lost, then anchors at the arrival again.
    """
    clock = LiveClock()

    lags = [now_s - clock.stamp(now_s * 0.98, _ns(now_s)) / NS_PER_S for now_s in range(1, 120)]

    assert clock.anchored == 3
    assert max(lags) <= 1.0
    assert lags[51] < 0.03 < 0.9 < lags[50]


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
    (25, 5, 12.5), (30, 2.5, 15), (60, 5, 15), (10, 2.5, 5), (10, 8, 8), (25, 25, 25)])
def test_a_hurry_is_every_second_picture(source_fps: float, fps: float, hurried: float) -> None:
    """
    Until the moment given every second picture is looked at, at most 15 a second, never fewer than else.
    """
    pace = Pace(fps, hurry_until_ns=_ns(10.5))

    assert (hurried, fps) == (pace.at(_ns(10.4), source_fps), pace.at(_ns(10.5), source_fps))
