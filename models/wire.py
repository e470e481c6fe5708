"""The wire format of Protocol Buffers: enough of it to read Paddle's files and to write ONNX.

Written out because the two schemas are small and fixed: a box needs no protobuf and no onnx package
to install a model, and the bytes of a converted model depend on no package's version.

Source: "Encoding", Protocol Buffers documentation (varint, fixed32, fixed64, length-delimited).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

Field = tuple[int, "int | bytes"]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WORD_BITS = 64


def fields(message: bytes) -> Iterator[Field]:
    """Yield (field number, value) in file order: an int for a varint, else the raw bytes.

    Raises:
        ValueError: the message ends inside a field, or has a wire type that nobody writes any more.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {kind} at byte {at}")
        if at + size > len(message):
            raise ValueError(f"ends at byte {len(message)}, inside a field of {size} bytes")
        yield key >> 3, message[at:at + size]
        at += size


def as_bytes(value: int | bytes) -> bytes:
    """The value of a length-delimited or fixed field; ValueError where a varint stands instead."""
    if isinstance(value, int):
        raise ValueError(f"want bytes, got the number {value}")
    return value


def as_text(value: int | bytes) -> str:
    return as_bytes(value).decode()


def as_ints(value: int | bytes) -> list[int]:
    """A repeated int64, whether it was written packed (bytes) or one by one (int)."""
    if isinstance(value, int):
        return [_signed(value)]
    numbers, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        numbers.append(_signed(number))
    return numbers


def as_int(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise ValueError(f"want a number, got {len(value)} bytes")
    return _signed(value)


def as_float(value: int | bytes) -> float:
    return float(struct.unpack("<f", as_bytes(value))[0])


def varint(field: int, value: int) -> bytes:
    """One number field; a negative one takes ten bytes, as int64 does."""
    return _write_varint(field << 3 | _VARINT) + _write_varint(value % (1 << _WORD_BITS))


def float32(field: int, value: float) -> bytes:
    return _write_varint(field << 3 | _FIXED32) + struct.pack("<f", value)


def block(field: int, content: bytes | str) -> bytes:
    """One length-delimited field: bytes, text or an embedded message."""
    raw = content.encode() if isinstance(content, str) else content
    return _write_varint(field << 3 | _BYTES) + _write_varint(len(raw)) + raw


def varints(field: int, values: Sequence[int]) -> bytes:
    """A repeated number field, one by one, which every reader takes."""
    return b"".join(varint(field, value) for value in values)


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < _WORD_BITS + 7:
        if at >= len(message):
            raise ValueError(f"ends at byte {at}, inside a number")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError(f"a number longer than 64 bits before byte {at}")


def _write_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _signed(value: int) -> int:
    return value - (1 << _WORD_BITS) if value >> (_WORD_BITS - 1) else value
