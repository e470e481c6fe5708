"""What holds of the ring whatever a stream sends."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from edge.watch.capture.packet_ring import OVERHEAD_BYTES, PacketRing, StoredPacket

LIMIT_BYTES = 20 * OVERHEAD_BYTES


@dataclass(frozen=True)
class Sent:
    """A packet as a stream may send it."""

    is_key: bool
    bytes: int
    after_ns: int


streams = st.lists(st.builds(Sent, st.booleans(), st.integers(0, 6 * OVERHEAD_BYTES), st.integers(0, 9)),
                   max_size=80)


def filled(stream: list[Sent]) -> tuple[PacketRing[int], list[StoredPacket[int]]]:
    """A ring after a whole stream, and all that was sent; a packet's content is its number."""
    ring, sent, now_ns = PacketRing[int](LIMIT_BYTES), [], 0
    for number, each in enumerate(stream):
        now_ns += each.after_ns
        sent.append(StoredPacket(number, each.bytes, each.is_key, now_ns))
        ring.add(sent[-1])
    return ring, sent


@given(streams)
def test_memory_is_bounded_and_counted_right(stream: list[Sent]) -> None:
    """
    After every packet all that is kept is within the bound, and is what the ring says that it is.
    """
    ring, _ = filled([])
    for number, each in enumerate(stream):
        ring.add(StoredPacket(number, each.bytes, each.is_key, number))
        kept = ring.needed_for(ring.oldest_ns, number) if ring.oldest_ns is not None else []
        assert ring.bytes <= LIMIT_BYTES
        assert ring.bytes >= sum(it.bytes + OVERHEAD_BYTES for it in kept)
        assert len(ring) >= len(kept)


@given(streams, st.integers(0, 400), st.integers(0, 50))
def test_what_is_given_out_can_be_decoded(stream: list[Sent], first_ns: int, length_ns: int) -> None:
    """
    It begins with the last key frame that is not after the span, and goes on without a gap to its end.
    """
    ring, sent = filled(stream)
    needed = ring.needed_for(first_ns, first_ns + length_ns)
    if not needed:
        assert ring.oldest_ns is None or ring.oldest_ns > first_ns
        return
    begins = needed[0].content
    assert needed[0].is_key
    assert needed[0].mono_ns <= first_ns
    assert [each.content for each in needed] == list(range(begins, begins + len(needed)))
    assert not any(each.is_key and each.mono_ns <= first_ns for each in sent[begins + 1:])
    rest = sent[begins + len(needed):]
    assert not any(each.mono_ns <= first_ns + length_ns for each in rest)


@given(streams)
def test_as_much_is_kept_as_fits(stream: list[Sent]) -> None:
    """
    The group that goes on is kept if it fits, and so is each before it that fits beside those after it.
    """
    ring, sent = filled(stream)
    keys = [each.content for each in sent if each.is_key]
    if not keys:
        assert len(ring) == 0
        return
    fits = [key for key in keys
            if sum(each.bytes + OVERHEAD_BYTES for each in sent[key:]) <= LIMIT_BYTES]
    assert len(ring) <= (len(sent) - fits[0] if fits else 0)
    if fits and keys[-1] in fits:
        assert len(ring) >= len(sent) - keys[-1]


def test_a_group_that_never_ends_is_given_up_until_the_next_key_frame() -> None:
    """
    An interval that is too long for the memory is counted once, and the next one is kept again.
    """
    ring, _ = filled([Sent(True, OVERHEAD_BYTES, 1), *[Sent(False, OVERHEAD_BYTES, 1)] * 30])
    assert (0, 0, 1) == (len(ring), ring.bytes, ring.overflows)
    ring.add(StoredPacket(31, 10, False, 40))
    assert ring.needed_for(40, 40) == []
    ring.add(StoredPacket(32, 10, True, 41))
    assert [32] == [each.content for each in ring.needed_for(41, 41)]


def test_a_ring_that_was_cleared_waits_for_a_key_frame() -> None:
    """
    What comes after a stream broke off is not decoded from what came before.
    """
    ring, _ = filled([Sent(True, 10, 1), Sent(False, 10, 1)])
    ring.clear()
    ring.add(StoredPacket(2, 10, False, 3))
    assert (0, None, None) == (ring.bytes, ring.oldest_ns, ring.newest_ns)
