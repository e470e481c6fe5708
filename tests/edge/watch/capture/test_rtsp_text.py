"""What a camera writes, read without believing it."""

from __future__ import annotations

import time

import pytest

from edge.watch.capture.rtsp_text import MAX_BODY_BYTES, answer_head, video_offers


@pytest.mark.parametrize("sign", ["1", " ", "x", "m=", "\nm=", "1 "])
def test_a_line_without_end_costs_little(sign: str) -> None:
    """
    A description of the longest allowed length is read in far less than a second, whatever stands in it:
    meanwhile no other camera is looked at.
    """
    began_s = time.thread_time()
    video_offers(("m=video 1" + sign * MAX_BODY_BYTES)[:MAX_BODY_BYTES])
    assert time.thread_time() - began_s < 3


@pytest.mark.parametrize(("told", "count"), [
    ("12", 12), ("", 0), ("-1", 0), ("x", 0), ("9" * 12, MAX_BODY_BYTES), ("9" * 5000, 0)])
def test_the_length_of_a_body(told: str, count: int) -> None:
    """
    It is bounded; a number without end is none, and no error that would end the program for all cameras.
    """
    answer = answer_head(f"RTSP/1.0 200 OK\r\nContent-Length: {told}".encode())
    assert answer is not None
    assert count == answer.body_bytes
