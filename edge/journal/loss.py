"""What a full journal gives up to take an entry in. Pure; the order is `LOSS_ORDER`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.journal.entry import LOSS_ORDER, Rank


@dataclass(frozen=True, slots=True)
class Part:
    """A record or a picture that wants in."""

    rank: Rank
    bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do. `shed_bytes` are at least to be freed, in `LOSS_ORDER`, oldest first."""

    store_record: bool
    store_picture: bool
    shed_bytes: int


def plan(held: Mapping[Rank, int], record: Part, picture: Part | None, max_bytes: int) -> Plan:
    """Decide what gives way to an entry, or which part of the entry itself is lost.

    What is held gives way only to what is as important or more; within one rank the older goes. Nothing
    is shed for a part that would not fit anyway. A picture never stays without its record. An alarm is
    stored, over the bound if all else has gone.

    Args:
        held: bytes in the journal by rank.
        record, picture: the entry's parts with their sizes.
        max_bytes: the bound of the whole.
    """
    parts = [record] if picture is None else [picture, record]     # of two alike, the picture goes first
    while parts:
        over = sum(held.values()) + sum(part.bytes for part in parts) - max_bytes
        least = min(parts, key=lambda part: _worth(part.rank))
        sheddable = sum(held.get(rank, 0) for rank in LOSS_ORDER if _worth(rank) <= _worth(least.rank))
        if over <= sheddable or least.rank is Rank.ALARM:
            return Plan(True, len(parts) > 1, min(max(0, over), sheddable))
        parts = [] if least is record else [record]
    return Plan(False, False, 0)


def _worth(rank: Rank) -> int:
    return LOSS_ORDER.index(rank) if rank in LOSS_ORDER else len(LOSS_ORDER)
