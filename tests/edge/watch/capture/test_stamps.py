from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S
from edge.watch.capture.stamps import LiveTime, MediaTime

Stamps = Sequence[int | None]
BASE = Fraction(1, 90_000)
CUT_S = 4.0
PERIOD = 3600                   # of 25 pictures a second

wild = st.lists(st.one_of(st.none(), st.integers(-10**9, 10**12)), min_size=1, max_size=60)
lengths = st.integers(5, 80)
astray = st.one_of(st.sampled_from([300, -300, 40_000, -40_000, 1, -1]).map(lambda s: s * 90_000),
                   st.integers(-10**10, 10**10))


def _places(script: Stamps, base: Fraction = BASE, period_s: float = 0.04) -> list[float]:
    """What a recording's pictures get, read one ahead as `Stream` does."""
    media = MediaTime(base, period_s, CUT_S)
    return [media.seconds(pts, ahead) for pts, ahead in zip(script, [*script[1:], None], strict=True)]


@given(wild)
def test_media_time_always_increases(script: list[int | None]) -> None:
    """
    Whatever time stamps come, missing, repeated or backwards, the first is 0 and the rest increase.
    """
    got = _places(script)

    assert got[0] == 0
    assert all(b > a for a, b in pairwise(got))


def test_media_time_counts_from_the_first_picture() -> None:
    """
    A stream that begins at 0.8 s begins at 0 for us; a gap stays a gap.
    """
    got = _places((8, 9, 10, None, 28, 29), Fraction(1, 10), 0.1)

    assert pytest.approx([0, 0.1, 0.2, 0.3, 2.0, 2.1]) == got


def test_media_time_mends_a_clock_set_back() -> None:
    """
    After a small step back the stream goes on one period later, at its old pace.
    """
    got = _places((100, 101, 102, 85, 86, 88), Fraction(1, 10), 0.1)

    assert pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.6]) == got


@pytest.mark.parametrize("first", [(None, None, 900_000), (900_000, None, None)])
def test_media_time_without_stamps_at_first(first: tuple[int | None, ...]) -> None:
    """
    Pictures without a stamp are one period apart, and the first stamp after them is no gap.
    """
    got = _places([*first, 903_600 + 3600 * (first[0] is not None), None])

    assert pytest.approx([0, .04, .08, .12, .16], abs=.041) == got


@given(lengths, st.integers(1, 10**9), st.data())
def test_a_stray_stamp_is_no_hole(count: int, shift: int, data: st.DataObject) -> None:
    """
    One stamp that is seconds, minutes or hours off, anywhere but at the first and the last picture, moves no
    picture by more than two periods, its own and the others'.
    """
    at = data.draw(st.integers(1, count - 2))
    script = [shift + k * PERIOD for k in range(count)]
    script[at] += data.draw(astray)

    got = _places(script)

    assert all(abs(place - k * 0.04) <= 0.08 for k, place in enumerate(got))
    assert pytest.approx([k * 0.04 for k in range(at + 2, count)]) == got[at + 2:]


@given(st.lists(st.tuples(st.integers(3, 20), astray), min_size=1, max_size=10))
def test_stray_stamps_do_not_add_up(strays: list[tuple[int, int]]) -> None:
    """
    However many of them there are, with some regular ones between: the end is where it was.
    """
    script: list[int] = []
    for regular, _ in strays:
        script += [(len(script) + k) * PERIOD for k in range(regular + 1)]
    at = -1
    for regular, off in strays:
        at += regular + 1
        script[at] += off
    script += [(len(script) + k) * PERIOD for k in range(3)]

    assert pytest.approx((len(script) - 1) * 0.04) == _places(script)[-1]


@given(lengths, st.integers(PERIOD, 10**10), st.data())
def test_a_gap_is_as_long_as_it_was(count: int, gap: int, data: st.DataObject) -> None:
    """
    A gap in a recording, of any length, is known at the first picture after it, and all later ones stay so.
    """
    at = data.draw(st.integers(1, count - 2))

    got = _places([k * PERIOD + gap * (k >= at) for k in range(count)])

    want = [k * 0.04 + gap / 90_000 * (k >= at) for k in range(count)]
    assert pytest.approx(want) == got


@given(lengths, st.integers(0, 10**10), st.data())
def test_recordings_put_together(count: int, back: int, data: st.DataObject) -> None:
    """
    Stamps that begin anew at an earlier time are a cut: they go on after a pause, once and for good.
    """
    at = data.draw(st.integers(2, count - 2))
    back += 3 * 90_000 + 2 * at * PERIOD
    media = MediaTime(BASE, 0.04, CUT_S)
    script = [k * PERIOD - back * (k >= at) for k in range(count)]

    got = [media.seconds(pts, ahead) for pts, ahead in zip(script, [*script[1:], None], strict=True)]

    assert pytest.approx([k * 0.04 + (CUT_S - 0.04) * (k >= at) for k in range(count)]) == got
    assert media.cuts == 1


def test_a_last_stamp_that_nobody_confirms() -> None:
    """
    The last picture of a recording stamped an hour later is one period later.
    """
    assert pytest.approx([0, .04, .08]) == _places([0, PERIOD, 3600 * 90_000])


arrivals = st.lists(st.tuples(st.one_of(st.none(), st.integers(-10**12, 10**12)), st.integers(0, 10**10)),
                    min_size=2, max_size=60)


@given(arrivals)
def test_live_time_is_never_ahead_of_arrival(script: list[tuple[int | None, int]]) -> None:
    """
    Whatever a camera stamps, its time increases, by no more than what passed here and a network's delay.
    """
    live, now_ns, places = LiveTime(BASE), 0, list[float]()
    for pts, wait_ns in script:
        now_ns += wait_ns
        places.append(live.seconds(pts, now_ns))

    assert places[0] == 0
    for (a, b), (_, wait_ns) in zip(pairwise(places), script[1:], strict=True):
        assert a < b <= a + wait_ns / NS_PER_S + 1.0 + 1e-9


@given(lengths, astray, st.data())
def test_live_a_stray_stamp_is_no_hole(count: int, off: int, data: st.DataObject) -> None:
    """
    A stray stamp of a camera, and a clock that it sets, move nothing by more than a network's delay.
    """
    at = data.draw(st.integers(0, count - 1))
    for until in (at + 1, count):
        live = LiveTime(BASE)
        got = [live.seconds(k * PERIOD + off * (at <= k < until), k * NS_PER_S // 25) for k in range(count)]

        assert all(abs(place - k * 0.04) <= 1.0 + 1e-6 for k, place in enumerate(got))


def test_live_time_keeps_the_cameras_pace() -> None:
    """
    Pictures that come late and in heaps lie as far apart as the camera says.
    """
    live, came_ms = LiveTime(BASE), [0, 40, 300, 300, 310, 310, 310, 320]

    got = [live.seconds(k * PERIOD, came * 1_000_000) for k, came in enumerate(came_ms)]

    assert pytest.approx([k * 0.04 for k in range(8)]) == got


def test_live_time_without_stamps_is_that_of_arrival() -> None:
    """
    A camera that stamps nothing, or all the same, is timed by when its pictures come.
    """
    for pts in (None, 7):
        live = LiveTime(BASE)
        assert pytest.approx([0, .1, .3]) == [live.seconds(pts, ms * 1_000_000) for ms in (5, 105, 305)]
