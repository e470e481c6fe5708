from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.watch.capture.csi.wire import (
    MAX_BYTES,
    MEMORY_BYTES,
    Message,
    Plane,
    PortFailed,
    PortFault,
    PortOpened,
    PortTaken,
    ask,
    asked,
    decode,
    encode,
)

FULL_HD, SMALL = Plane("nv12", 1920, 1080, 1920, 0), Plane("yuv420p", 768, 432, 768, 1920 * 1620)


@pytest.mark.parametrize("message", [
    PortOpened("/base/soc/i2c0mux/i2c@1/imx708@1a", 15.0, FULL_HD, SMALL),
    PortOpened("Virtual0", 15.0, FULL_HD, None), PortTaken(24_675_704_477_949, 33_333_000),
    PortFailed(PortFault.BUSY, "Device or resource busy")])
def test_what_is_said_is_understood(message: Message) -> None:
    """
    Every message arrives as it was, in one datagram.
    """
    assert message == decode(encode(message))
    assert len(encode(message)) < MAX_BYTES


@pytest.mark.parametrize("after_ns", [0, 1, 466_666_667])
def test_what_is_asked_is_understood(after_ns: int) -> None:
    """
    How much later the next picture shall be; all else, and nothing, means that none is wanted.
    """
    assert after_ns == asked(ask(after_ns))
    assert [None] * 4 == [asked(datagram) for datagram in (b"", b"next", b"next -1", b"end 5")]


@pytest.mark.parametrize("change", [
    {"form": "rgb24"}, {"width": 1921}, {"width": 0}, {"height": -2}, {"stride": 1900}, {"offset": -1},
    {"offset": MEMORY_BYTES - 1920 * 1620 + 1}, {"height": 8194}, {"height": "1080"}, {"width": None},
    {"height": 100_000_000, "stride": 2_000_000_000}])
def test_no_picture_lies_outside_of_the_memory(change: dict[str, object]) -> None:
    """
    A stream that would be read from beyond the shared memory, or in another format, is refused.
    """
    told = json.loads(encode(PortOpened("x", 15.0, FULL_HD, None)))
    told["opened"]["main"] |= change

    with pytest.raises(ValueError, match="cannot be read"):
        decode(json.dumps(told).encode())


@given(st.one_of(st.binary(max_size=200), st.sampled_from([
    "{}", "[]", "null", "[1]", '{"opened": 1}', "1e999", '{"taken": {}}', '{"x": 1, "y": 2}', '{"x": {}}'])))
def test_whatever_else_comes_is_refused(datagram: bytes | str) -> None:
    """
    Nothing but ValueError comes of what is no message.
    """
    with pytest.raises(ValueError):  # noqa: PT011 (its text is in the test above)
        decode(datagram if isinstance(datagram, bytes) else datagram.encode())
