"""A clock that is moved: when that is told, and when it is what shall be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from edge.base.clock import Stamp
from edge.base.values import NS_PER_S
from edge.health.clock_steps import STEP_S, ClockSteps

START, DAY_S = datetime(2026, 11, 23, 12, tzinfo=UTC), 86_400


def at(mono_s: float, moved_s: float = 0, right: bool = True) -> Stamp:
    return Stamp(START + timedelta(seconds=mono_s + moved_s), round(mono_s * NS_PER_S), "boot", right)


def test_a_right_clock_that_is_moved_is_told_for_a_day() -> None:
    """
    Forward or back, by more than a minute; slewing never is. After a day it is told no more.
    """
    steps = ClockSteps()

    assert [None] * 3 == [steps.look(it) for it in (at(0), at(5, 0.4), at(10, STEP_S))]
    found = steps.look(at(15, 2 * STEP_S + 1))
    assert found is not None
    assert ("clock-stepped", {"seconds": 61}) == (found.code, found.values)
    assert found == steps.look(at(DAY_S, 121))
    assert steps.look(at(DAY_S + 15, 121)) is None
    back = steps.look(at(DAY_S + 20, -3600))
    assert back is not None
    assert {"seconds": -3721} == back.values


def test_the_first_time_of_a_box_is_no_step() -> None:
    """
    It boots in the past without a battery, and is set by years; then it is right, and the next step is told.
    """
    steps = ClockSteps()

    assert [None] * 3 == [steps.look(it) for it in (at(0, -4e8, False), at(5, -4e8, False), at(10, 0))]
    assert steps.look(at(15, 0)) is None
    assert steps.look(at(20, 3.15e8)) is not None


def test_a_machine_that_slept_was_not_moved() -> None:
    steps = ClockSteps()
    steps.look(at(0))

    assert steps.look(at(5, 3600), slept=True) is None
    assert steps.look(at(10, 3600)) is None
