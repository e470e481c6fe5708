"""How far the journal's numbers have got, read beside it: for who must say so while it cannot be opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.base import durable
from edge.journal.files import Files, noted_in, read_reservation

_MAX_BYTES = 64


@dataclass(frozen=True, slots=True)
class GivenNumbers:
    """The highest number that was given, or that may have been."""

    seq: int
    epoch: str | None       # of these numbers, where it is known


def highest_given(path: Path) -> GivenNumbers | None:
    """As the journal at `path` noted it last, else as it reserved; None where neither can be read. Writes
    nothing, takes no lock.
    """
    at = Files(path)
    try:
        reserved = read_reservation(at.sequence)
    except OSError:
        reserved = None
    seq, epoch = _noted(at.lock), None
    if reserved is not None:
        seq, epoch = reserved.ceiling if seq is None else seq, reserved.epoch or None
    return None if seq is None else GivenNumbers(seq, epoch)


def _noted(lock: Path) -> int | None:
    """As `files.Lock` noted it; nothing is there before the first number."""
    try:
        if not lock.stat().st_size and not lock.with_suffix(".seq").exists():
            return 0
        return noted_in(durable.read(lock, _MAX_BYTES))
    except (OSError, ValueError):       # of a strange file
        return None
