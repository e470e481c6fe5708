"""The wire format, as laws."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import AttributeProto

from models import wire

numbers = st.integers(-(1 << 63), (1 << 63) - 1)
field_numbers = st.integers(1, 1000)


@given(st.lists(st.tuples(field_numbers, st.one_of(numbers, st.binary(max_size=300)))))
def test_what_is_written_is_read(made: list[tuple[int, int | bytes]]) -> None:
    """
    Any message of numbers and blocks comes back field by field, in order, signs kept.
    """
    message = b"".join(wire.varint(field, value) if isinstance(value, int) else wire.block(field, value)
                       for field, value in made)

    read = [(field, wire.as_int(value) if isinstance(value, int) else value)
            for field, value in wire.fields(message)]

    assert made == read


@given(st.lists(numbers, max_size=20), st.floats(width=32, allow_nan=False))
def test_the_real_library_reads_it(ints: list[int], number: float) -> None:
    """
    protobuf, through the onnx package, reads what we write, and we read what it writes, packed or not.
    """
    attribute = AttributeProto.FromString(wire.varints(8, ints) + wire.float32(2, number))

    assert (ints, number) == (list(attribute.ints), attribute.f)
    back = [value for field, value in wire.fields(attribute.SerializeToString()) if field == 8]
    assert ints == [each for value in back for each in wire.as_ints(value)]


@given(st.binary(max_size=60))
def test_noise_is_read_or_refused(noise: bytes) -> None:
    """
    Any bytes are either fields or a ValueError; nothing else, and no endless loop.
    """
    with suppress(ValueError):
        read = list(wire.fields(noise))
        assert sum(len(value) for _, value in read if isinstance(value, bytes)) < len(noise) + 1


def test_a_packed_list_is_read() -> None:
    """
    Several numbers in one block, as newer writers do it.
    """
    assert [1, 300, -1] == wire.as_ints(b"\x01\xac\x02" + b"\xff" * 9 + b"\x01")


@pytest.mark.parametrize(("message", "expected"), [
    (b"\x0a\x05abc", "inside a field of 5 bytes"), (b"\x08", "inside a number"),
    (b"\x0b", "wire type 3"), (b"\x08" + b"\xff" * 11, "longer than 64 bits")])
def test_faults_are_told_with_their_place(message: bytes, expected: str) -> None:
    """
    A cut or foreign message says what ends where.
    """
    with pytest.raises(ValueError, match=expected):
        list(wire.fields(message))
