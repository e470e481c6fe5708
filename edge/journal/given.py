"""How far the journal's numbers have got, read beside it: for who must say so while it cannot be opened."""

from __future__ import annotations

import zlib
from pathlib import Path

from edge.base import durable
from edge.journal.files import Files

_MAX_BYTES = 64
_DIGITS = 20


def highest_given(path: Path) -> int | None:
    """The highest number that the journal at `path` is known to have given, else the highest that it may
    have; None where neither can be read. Writes nothing, takes no lock.
    """
    at = Files(path)
    found = (_number(file) for file in (at.lock, at.sequence))
    return next((number for number in found if number is not None), None)


def _number(file: Path) -> int | None:
    """Twenty digits, perhaps more, and the CRC-32 of all before it."""
    try:
        text, _, check = durable.read(file, _MAX_BYTES).strip().rpartition(b" ")
        return int(text[:_DIGITS]) if int(check, 16) == zlib.crc32(text) else None
    except (OSError, ValueError):
        return None
