"""What a full journal gives up to take an entry in. Pure; the order is `LOSS_ORDER`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.journal.entry import LOSS_ORDER, Rank


@dataclass(frozen=True, slots=True)
class Part:
    """A record or a picture that wants in."""

    rank: Rank
    bytes: int


@dataclass(frozen=True, slots=True)
class SheddingPlan:
    """What to do. `shed_bytes` are at least to be freed, in `LOSS_ORDER`, oldest first."""

    store_record: bool
    store_pictures: tuple[bool, ...]       # one for each
    shed_bytes: int


def plan(held: Mapping[Rank, int], record: Part, pictures: Sequence[Part], max_bytes: int) -> SheddingPlan:
    """Decide what gives way to an entry, or which part of the entry itself is lost.

    What is held gives way only to what is as important or more; within one rank the older goes. Nothing
    is shed for a part that would not fit anyway. A picture never stays without its record. What is never
    lost is stored, over the bound if all else has gone.

    Args:
        held: bytes in the journal by rank.
        record, pictures: the entry's parts with their sizes.
        max_bytes: the bound of the whole.
    """
    parts = dict(enumerate([*pictures, record]))        # of two alike, a picture goes before its record
    last = len(pictures)
    while last in parts:
        over = sum(held.values()) + sum(part.bytes for part in parts.values()) - max_bytes
        index, least = min(parts.items(), key=lambda item: _worth(item[1].rank))
        sheddable = sum(held.get(rank, 0) for rank in LOSS_ORDER if _worth(rank) <= _worth(least.rank))
        if over <= sheddable or least.rank not in LOSS_ORDER:
            return SheddingPlan(True, tuple(index in parts for index in range(last)), min(max(0, over),
                                                                                          sheddable))
        del parts[index]
    return SheddingPlan(False, (False,) * last, 0)


def _worth(rank: Rank) -> int:
    return LOSS_ORDER.index(rank) if rank in LOSS_ORDER else len(LOSS_ORDER)
