"""What packets tell of a stream, without decoding them."""

from __future__ import annotations

import pytest

from edge.watch.capture.measured import SeenPacket, StreamMeasure, summed_up


def test_some_seconds_of_a_stream() -> None:
    """
    Rate and bit rate by arrival, the usual distance of key frames, P by I; a burst or a pause among them
    moves the usual little.
    """
    packets = [SeenPacket(100 + index / 10, 40_000 if index % 20 == 0 else 2_000, index % 20 == 0)
               for index in range(101)]
    found = summed_up(packets, "h264", (1280, 720), 90)

    assert (101, 90, "h264", 1280, 720) == (found.pictures, found.turned_deg, found.codec, found.width,
                                            found.height)
    assert (10.0, 10.0, 2.0, 0.05) == pytest.approx(
        (found.seconds, found.fps, found.key_interval_s, found.p_of_i))
    assert found.kbps == pytest.approx(8 * (5 * 40 + 95 * 2) / 10, rel=0.01)


def test_too_little_to_say() -> None:
    """
    No packet, one, or none but key frames: what cannot be told is None and not a number.
    """
    assert StreamMeasure("h264", 0, 0, 0, 0.0, 0) == summed_up([], "h264", (0, 0))
    one = summed_up([SeenPacket(5.0, 100, True)], "h264", (640, 360))
    assert (None, None, None, None) == (one.fps, one.kbps, one.key_interval_s, one.p_of_i)
    keys = summed_up([SeenPacket(index / 5, 100, True) for index in range(11)], "mjpeg", (640, 360))
    assert keys.p_of_i is None
    assert keys.key_interval_s == pytest.approx(0.2)
