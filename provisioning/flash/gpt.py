"""Read a GUID partition table: of an image before it is written, of a card afterwards. Never writes.

Source: UEFI 2.10, 5.3: header at LBA 1, checked by CRC-32, as are the entries that it points to.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Protocol

SECTOR = 512                # of cards and images; disks of 4096 are no cards
HEAD_BYTES = 1024 * 1024    # table and entries stand well within
_HEADER = struct.Struct("<8s4sIIIQQQQ16sQIII")
_ENTRY = struct.Struct("<16s16sQQQ72s")
_MAX_ENTRIES = 1024


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class GptError(ValueError):
    """Why there is no table that can be used."""


@dataclass(frozen=True, slots=True)
class Partition:
    name: str
    first_sector: int
    last_sector: int        # inclusive


@dataclass(frozen=True, slots=True)
class Table:
    partitions: tuple[Partition, ...]
    size_bytes: int         # of the whole image: its second table stands in its last sector

    def named(self, name: str) -> Partition | None:
        return next((partition for partition in self.partitions if partition.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(partition.name for partition in self.partitions)


def read_table(file: Readable) -> Table:
    """Read the partition table at the beginning of `file`. Raises GptError."""
    return parse(_up_to(file, HEAD_BYTES))


def parse(head: bytes) -> Table:
    """`head`: the first bytes of the disk, HEAD_BYTES where there are as many. Raises GptError."""
    raw = head[SECTOR:SECTOR + _HEADER.size]
    if len(raw) < _HEADER.size or not raw.startswith(b"EFI PART"):
        raise GptError("no GUID partition table")
    (_, _, header_size, crc, _, _, other, _, _, _,
     entries_at, count, entry_size, entries_crc) = _HEADER.unpack(raw)
    whole = head[SECTOR:SECTOR + header_size] if _HEADER.size <= header_size <= SECTOR else b""
    if zlib.crc32(whole[:16] + bytes(4) + whole[20:]) != crc or not whole:
        raise GptError("its partition table is damaged")
    if entry_size < _ENTRY.size or entry_size % 8 or count > _MAX_ENTRIES or other < 2:
        raise GptError("its partition table is damaged")
    start = entries_at * SECTOR
    entries = head[start:start + count * entry_size]
    if len(entries) < count * entry_size or zlib.crc32(entries) != entries_crc:
        raise GptError("its list of partitions is damaged")
    found = (_partition(entries[at:at + _ENTRY.size]) for at in range(0, len(entries), entry_size))
    return Table(tuple(partition for partition in found if partition is not None), (other + 1) * SECTOR)


def _partition(raw: bytes) -> Partition | None:
    kind, _, first, last, _, name = _ENTRY.unpack(raw)
    if kind == bytes(16):
        return None
    return Partition(name.decode("utf-16-le", "replace").partition("\0")[0], first, last)


def _up_to(file: Readable, size: int) -> bytes:
    parts, got = [], 0
    while got < size and (part := file.read(size - got)):
        parts.append(part)
        got += len(part)
    return b"".join(parts)
