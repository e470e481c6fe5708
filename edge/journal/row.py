"""One row of the journal, made of an entry and read back as something owed. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import NamedTuple

from edge.journal.entry import MAX_PICTURES, Entry, Pending, Picture, Rank

ROW_BYTES = 128         # what a row costs beyond its content: header, index, half-filled pages
IDS = 1 + MAX_PICTURES  # row ids of one record and its pictures; schema.sql counts on it
PICTURE_TYPE = "image"


class Row(NamedTuple):
    """The columns of table `item`, in their order."""

    row_id: int
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
    def intact(self) -> bool:
        """Whether it reads back as it was written."""
        return isinstance(self.payload, bytes) and self.checksum == _checksum(self)


def record_id(seq: int) -> int:
    """The row of record `seq`. Its pictures follow at once, so that JSON goes before its images."""
    return IDS * seq


def seq_of(row_id: int) -> int:
    return row_id // IDS


def is_picture(row_id: int) -> bool:
    return row_id % IDS != 0


def rows_of(entry: Entry, seq: int) -> tuple[Row, tuple[Row, ...]]:
    """The record and the pictures of `entry`, in their order.

    A picture never ranks before its record: an update's picture is no more urgent than the update.
    """
    assert len(entry.pictures) <= MAX_PICTURES, "a record has one picture of each role at most"
    record = _sealed(Row(
        record_id(seq), entry.rank, entry.topic, int(entry.retain), entry.type, entry.subject, entry.id,
        entry.time, entry.mono_ns, entry.boot_id, entry.event_id, entry.rev, 0, 0, entry.data.encode()))
    return record, tuple(_picture_row(picture, entry, record.row_id + place)
                         for place, picture in enumerate(entry.pictures, start=1))


def _picture_row(picture: Picture, entry: Entry, row_id: int) -> Row:
    return _sealed(Row(
        row_id, max(entry.rank, picture.rank), picture.topic, 0, PICTURE_TYPE, entry.subject, entry.id,
        entry.time, entry.mono_ns, entry.boot_id, picture.event_id, picture.rev, 0, 0, picture.jpeg))


def owed_of(row: Row) -> Pending:
    return Pending(row.row_id, Rank(row.rank), row.topic, bool(row.retain), row.payload,
                None if is_picture(row.row_id) else seq_of(row.row_id),
                row.type, row.subject, row.id, row.time, row.mono_ns, row.boot_id)


def _sealed(row: Row) -> Row:
    size = ROW_BYTES + len(row.payload) + sum(len(cell.encode()) for cell in row if isinstance(cell, str))
    row = row._replace(size_bytes=size)
    return row._replace(checksum=_checksum(row))


def checksum_of(cells: Iterable[object]) -> int:
    """CRC-32 of a row's numbers and texts, in their order."""
    return zlib.crc32("\x1f".join(map(str, cells)).encode())


def _checksum(row: Row) -> int:
    return zlib.crc32(row.payload, checksum_of(row[:Row._fields.index("checksum")]))
