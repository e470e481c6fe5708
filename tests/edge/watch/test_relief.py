"""What a strained board gives up: in order, one step at a time, and never what guards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S
from edge.health.power import BoardStrain
from edge.watch.capture.gate import Motion
from edge.watch.relief import (
    BETTER_AFTER_S,
    LEAST_LOOKS_PER_S,
    WORSE_AFTER_S,
    IdleLooks,
    LookAllowance,
    Relief,
    ReliefGovernor,
    allowance,
)

COOL, WARM, HOT = (BoardStrain(temperature_c=celsius) for celsius in (60.0, 78.0, 84.0))
STRAINED = (HOT, BoardStrain(undervolted=True), BoardStrain(slowed=True, temperature_c=50.0))
STILL = Motion(passes=True, moved=False, regions=(), light_changed=False)


@given(st.lists(st.tuples(st.sampled_from([COOL, WARM, *STRAINED]), st.floats(0.1, 40)), max_size=40))
def test_one_step_at_a_time(looks: list[tuple[BoardStrain, float]]) -> None:
    """
    Whatever the board says: never two steps at once, never up unless it is strained, never down unless it was
    well for a minute, and no change within ten seconds of another.
    """
    governor, now_s, changed_s, strained_s = ReliefGovernor(), 100.0, 0.0, 0.0
    for strain, later_s in looks:
        now_s += later_s
        before = governor.relief
        if strain is not COOL:
            strained_s = now_s
        if governor.look(strain, now_s):
            assert 1 == abs(governor.relief - before)
            assert now_s - changed_s >= WORSE_AFTER_S
            if governor.relief > before:
                assert strain in STRAINED
            else:
                assert now_s - max(strained_s, changed_s) >= BETTER_AFTER_S
            changed_s = now_s
        else:
            assert governor.relief is before


def test_up_within_forty_seconds_and_all_the_way_down() -> None:
    """
    A hot board has given up all that it may after some forty seconds; a board that stays well has all of it
    back after four minutes; a board that is warm stays as it is.
    """
    governor = ReliefGovernor()
    for second in range(0, 35, 5):
        governor.look(HOT, 1000.0 + second)
    reliefs = [governor.relief]
    for second in range(40, 400, 5):
        governor.look(WARM, 1000.0 + second)
    reliefs.append(governor.relief)
    for second in range(400, 660, 5):
        governor.look(COOL, 1000.0 + second)
    assert [Relief.ALL, Relief.ALL, Relief.NONE] == [*reliefs, governor.relief]


@given(st.sampled_from(Relief), st.floats(0.5, 60))
def test_what_guards_goes_last(relief: Relief, fps: float) -> None:
    """
    A camera whose rule asks for the alarm keeps every pixel and every idle look, and loses looks in the last
    step alone, never below 2.5 a second; no camera ever gets more than it is set to.
    """
    guards, other = (allowance(relief, fps, asks_alarm=asks) for asks in (True, False))
    assert (1.0, 1.0) == (guards.idle, guards.pixels)
    assert relief is Relief.ALL or guards == LookAllowance()
    assert fps * guards.looks >= min(fps, LEAST_LOOKS_PER_S) - 1e-9
    assert all(0 < share <= 1 for share in (guards.looks, other.looks, other.pixels))
    assert other.idle >= 1.0


def test_each_step_has_those_before_it() -> None:
    """
    The written order.
    """
    steps = [allowance(relief, 5.0, asks_alarm=False) for relief in Relief]
    assert [(1, 1, 1), (4, 1, 1), (4, 0.5, 1), (4, 0.5, 0.5), (4, 0.5, 0.5)] == [
        (step.idle, step.pixels, step.looks) for step in steps]


def test_looks_at_a_still_scene() -> None:
    """
    Relieved, one in four is taken; what moves, and the time after it, is looked at as ever.
    """
    looks = IdleLooks(hold_s=2.0, interval_s=10.0)
    looks.factor = 4.0
    moves = Motion(passes=True, moved=True, regions=(), light_changed=False)
    taken = [second for second in range(100, 220, 10) if looks.takes(STILL, second * NS_PER_S)]
    assert [100, 140, 180] == taken
    assert all(looks.takes(motion, round(second * NS_PER_S)) for motion, second in (
        (moves, 221), (STILL, 222), (STILL, 223)))
    assert not looks.takes(STILL, 224 * NS_PER_S)
