from __future__ import annotations

from fractions import Fraction

import av
import pytest

from edge.base.values import NS_PER_S
from edge.watch.capture.sender_time import SenderTime, shift_ns


def test_a_stream_that_tells_no_time_has_none() -> None:
    """
    A packet without a report says nothing, nor does a picture without a stamp.
    """
    sender, packet = SenderTime(Fraction(1, 90_000)), av.Packet(10)
    packet.pts = 90_000
    sender.note(packet)

    assert sender.of(90_000) is None
    assert sender.of(None) is None


@pytest.mark.parametrize(("small_s", "large_s", "shift_s"), [
    (1000.0, 999.6, 0.4),           # the large stream comes 0.4 s later, so its pictures are believed younger
    (1000.0, 1000.2, -0.2), (5.0, 1.0, None), (None, 1.0, None), (1.0, None, None)])
def test_a_moment_is_shifted_by_what_the_streams_are_late(
        small_s: float | None, large_s: float | None, shift_s: float | None) -> None:
    """
    By the difference of the camera's clock as each stream tells it; not where they tell of two clocks.
    """
    small, large, shift = (None if each is None else round(each * NS_PER_S)
                           for each in (small_s, large_s, shift_s))

    assert shift == shift_ns(small, large)
