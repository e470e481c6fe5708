"""One row of the journal, made of an entry and read back as something owed. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from edge.journal.entry import MAX_PICTURES, Entry, Pending, Picture, Rank

ROW_BYTES = 128         # what a row costs beyond its content: header, index, half-filled pages
PICTURE_TYPE = "image"


class Row(NamedTuple):
    """The columns of table `item`, in their order."""

    row_id: int
    record: int             # row_id of the record; a picture has another one
    rank: int
    topic: str
    retain: int
    type: str
    subject: str
    id: str
    time: str
    mono_ns: int
    boot_id: str
    event_id: str
    rev: int
    size_bytes: int         # column `bytes`
    checksum: int
    payload: bytes

    @property
    def is_picture(self) -> bool:
        return self.row_id != self.record

    @property
    def intact(self) -> bool:
        """Whether it reads back as it was written."""
        return isinstance(self.payload, bytes) and self.checksum == _checksum(self)


def numbers_of(entry: Entry) -> int:
    """How many numbers `entry` takes: its own, and one for each picture, which follow at once."""
    assert len(entry.pictures) <= MAX_PICTURES, "a record has one picture of each role at most"
    return 1 + len(entry.pictures)


def rows_of(entry: Entry, seq: int) -> tuple[Row, tuple[Row, ...]]:
    """The record and the pictures of `entry`, in their order; the record names its pictures' numbers.

    A picture never ranks before its record: an update's picture is no more urgent than the update.
    """
    seqs = {picture.topic: seq + place for place, picture in enumerate(entry.pictures, start=1)}
    record = sealed(Row(
        seq, seq, entry.rank, entry.topic, int(entry.retain), entry.type, entry.subject, entry.id,
        entry.time, entry.mono_ns, entry.boot_id, entry.event_id, entry.rev, 0, 0,
        _with_numbers(entry.data, seqs).encode()))
    return record, tuple(_picture_row(picture, entry, seq, seq + place)
                         for place, picture in enumerate(entry.pictures, start=1))


def _with_numbers(data: str, seqs: Mapping[str, int]) -> str:
    """`data` of a record, in which each picture that is told of has its number, found by its topic."""
    if not seqs:
        return data
    document = json.loads(data)
    told = [document.get("image"), *(document.get("pictures") or ())]
    named = [picture for picture in told if isinstance(picture, dict) and picture.get("topic") in seqs]
    if not named:
        return data
    for picture in named:
        picture["seq"] = seqs[picture["topic"]]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _picture_row(picture: Picture, entry: Entry, record: int, row_id: int) -> Row:
    return sealed(Row(
        row_id, record, max(entry.rank, picture.rank), picture.topic, 0, PICTURE_TYPE, entry.subject,
        entry.id, entry.time, entry.mono_ns, entry.boot_id, picture.event_id, picture.rev, 0, 0,
        picture.jpeg))


def owed_of(row: Row) -> Pending:
    return Pending(row.row_id, Rank(row.rank), row.topic, bool(row.retain), row.payload,
                   None if row.is_picture else row.row_id,
                   row.type, row.subject, row.id, row.time, row.mono_ns, row.boot_id)


def sealed(row: Row) -> Row:
    """`row` with its size and its checksum."""
    size = ROW_BYTES + len(row.payload) + sum(len(cell.encode()) for cell in row if isinstance(cell, str))
    row = row._replace(size_bytes=size)
    return row._replace(checksum=_checksum(row))


def checksum_of(cells: Iterable[object]) -> int:
    """CRC-32 of a row's numbers and texts, in their order."""
    return zlib.crc32("\x1f".join(map(str, cells)).encode())


def _checksum(row: Row) -> int:
    return zlib.crc32(row.payload, checksum_of(row[:Row._fields.index("checksum")]))
