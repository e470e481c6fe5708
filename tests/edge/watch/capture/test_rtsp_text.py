"""What a camera writes, read without believing it."""

from __future__ import annotations

import time

import pytest

from edge.watch.capture.rtsp_text import MAX_BODY_BYTES, video_offers


@pytest.mark.parametrize("sign", ["1", " ", "x", "m=", "\nm=", "1 "])
def test_a_line_without_end_costs_little(sign: str) -> None:
    """
    A description of the longest allowed length is read in far less than a second, whatever stands in it:
    meanwhile no other camera is looked at.
    """
    began_s = time.thread_time()
    video_offers(("m=video 1" + sign * MAX_BODY_BYTES)[:MAX_BODY_BYTES])
    assert time.thread_time() - began_s < 3
