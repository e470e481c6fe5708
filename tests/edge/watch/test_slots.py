"""The newest frame wins, and no camera starves another."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.base.testing import ArrayFrame
from edge.base.values import NS_PER_S
from edge.watch.capture.gate import Motion
from edge.watch.slots import Slots
from edge.watch.turns import Urgency

MOVES = Motion(passes=True, moved=True, regions=(), light_changed=False)
STILL = Motion(passes=False, moved=False, regions=(), light_changed=False)
PIXEL = np.zeros((2, 2, 3), np.uint8)


def frame(number: int) -> ArrayFrame:
    return ArrayFrame(PIXEL, mono_ns=number)


def test_the_newest_frame_wins() -> None:
    """
    A frame that passed the gate and was overwritten is told, so that it can be counted.
    """
    slots = Slots(["a"])
    assert [False, True] == [slots.put("a", frame(1), MOVES), slots.put("a", frame(2), MOVES)]
    work = slots.take(0)
    assert work is not None
    assert work.frame is not None
    assert 2 == work.frame.mono_ns
    assert slots.take(0) is None


def test_a_still_frame_does_not_hide_motion() -> None:
    """
    A frame that the gate held back never replaces one that passed and still waits.
    """
    slots = Slots(["a"])
    slots.put("a", frame(1), MOVES)
    slots.put("a", frame(2), STILL)
    work = slots.take(0)
    assert work is not None
    assert work.motion is MOVES


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60))
def test_cameras_are_served_in_turn(puts: list[str]) -> None:
    """
    However often one camera puts, between two turns of it every waiting camera has had one.
    """
    slots, served = Slots("abc"), []
    for name in "abc":
        slots.put(name, frame(0), MOVES)
    for number, name in enumerate(puts):
        slots.put(name, frame(number), MOVES)
    for _ in range(3):
        work = slots.take(0)
        assert work is not None
        served.append(work.camera_id)
        slots.put("a", frame(99), MOVES)
    assert sorted(served) == ["a", "b", "c"]


def test_the_end_comes_after_the_last_frame() -> None:
    """
    A camera that ends still has its waiting frame looked at, then is told ended once.
    """
    slots = Slots(["a"])
    slots.put("a", frame(1), MOVES)
    slots.end("a")
    first, second = slots.take(0), slots.take(0)
    assert first is not None
    assert first.frame is not None
    assert second is not None
    assert second.frame is None
    assert slots.take(0) is None


def test_whose_work_waits() -> None:
    """
    A frame, or the news that the camera has ended, until it is taken.
    """
    slots = Slots(["a", "b"])
    assert not slots.waits("a")
    slots.put("a", frame(1), STILL)
    assert (True, False) == (slots.waits("a"), slots.waits("b"))
    slots.take(0)
    slots.end("a")
    assert slots.waits("a")
    slots.take(0)
    assert not slots.waits("a")


def test_who_needs_it_most_is_served_first() -> None:
    """
    An urgent picture goes before those that came earlier, until those have waited for nearly two seconds.
    """
    now_ns = [NS_PER_S]
    slots = Slots(["still", "moving", "urgent"], lambda: now_ns[0])

    def put_and_take(urgency: Urgency) -> str:
        slots.put("urgent", frame(2), MOVES, urgency)
        work = slots.take(0)
        assert work is not None
        now_ns[0] += NS_PER_S // 10
        return work.camera_id

    slots.put("still", frame(1), STILL, Urgency.RESTING)
    slots.put("moving", frame(1), MOVES, Urgency.MOVING)
    served = [put_and_take(Urgency.URGENT) for _ in range(20)]
    assert [*["urgent"] * 17, "moving", "still", "urgent"] == served
