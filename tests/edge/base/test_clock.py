"""The clocks of the box."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from edge.base.clock import SleepWatch, Stamp, TrustedTime
from edge.base.values import NS_PER_S


def test_sleep_is_told_once() -> None:
    """Time in which the monotonic clock stood still is told when it is over; a moment of it is nothing."""
    asleep_ns = 5 * NS_PER_S
    watch = SleepWatch(lambda: asleep_ns)
    assert not watch.woke()
    asleep_ns += 60 * NS_PER_S
    assert watch.woke()
    assert not watch.woke()
    asleep_ns += NS_PER_S // 2
    assert not watch.woke()


def test_this_machine_is_awake() -> None:
    """The two clocks go together."""
    assert not SleepWatch().woke()


def test_time_is_trusted_onwards_once_it_was_right() -> None:
    """
    The kernel calls the clock unsynchronised again after hours without a server, and somebody may move the
    wall clock meanwhile: what was right goes on by the monotonic clock. Before it was right there is no time.
    """
    right, trusted = datetime(2026, 1, 31, 21, 59, tzinfo=UTC), TrustedTime()

    def at(seconds: float, utc: datetime, *, synchronised: bool) -> datetime | None:
        return trusted.local(Stamp(utc, round(seconds * NS_PER_S), "boot", synchronised))

    assert at(10, datetime(1970, 1, 1, tzinfo=UTC), synchronised=False) is None
    assert right == at(20, right, synchronised=True)
    assert right + timedelta(hours=1) == at(3620, datetime(1999, 1, 1, tzinfo=UTC), synchronised=False)
    assert right + timedelta(hours=3) == at(10820, right + timedelta(hours=3), synchronised=True)
