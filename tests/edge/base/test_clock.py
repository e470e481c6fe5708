"""The clocks of the box."""

from __future__ import annotations

from edge.base.clock import SleepWatch
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
