"""The latest packets of a stream, whole groups from a key frame on, within a bound of memory. Pure.

A picture can be decoded from the key frame before it alone, so what is kept always begins with one. Where one
group is more than there is room for, nothing is kept until the next begins.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeVar

T = TypeVar("T")

OVERHEAD_BYTES = 512      # of what stands around a packet's own bytes: two objects, padding, the allocator


@dataclass(frozen=True, slots=True)
class StoredPacket(Generic[T]):
    """One packet of a stream, in the order of decoding."""

    content: T
    bytes: int
    is_key: bool
    mono_ns: int           # of its picture, CLOCK_MONOTONIC, by the stream that it came with


@dataclass(slots=True)
class _Group(Generic[T]):
    """A key frame and what needs it."""

    packets: list[StoredPacket[T]] = field(default_factory=list)
    bytes: int = 0


class PacketRing(Generic[T]):
    """Not thread-safe."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._groups: deque[_Group[T]] = deque()
        self.bytes = 0             # of all that is kept, with overhead
        self.overflows = 0         # groups that were too long to be kept

    def __len__(self) -> int:
        return sum(len(group.packets) for group in self._groups)

    def add(self, packet: StoredPacket[T]) -> None:
        """Take in the next packet; the oldest groups make room for it."""
        if packet.is_key:
            self._groups.append(_Group())
        if not self._groups:           # nothing to decode it from
            return
        group, cost_bytes = self._groups[-1], packet.bytes + OVERHEAD_BYTES
        group.packets.append(packet)
        group.bytes += cost_bytes
        self.bytes += cost_bytes
        while self.bytes > self._limit_bytes:
            self.overflows += len(self._groups) == 1
            self.bytes -= self._groups.popleft().bytes

    @property
    def oldest_ns(self) -> int | None:
        """When what is kept begins; None while nothing is."""
        return self._groups[0].packets[0].mono_ns if self._groups else None

    @property
    def newest_ns(self) -> int | None:
        return self._groups[-1].packets[-1].mono_ns if self._groups else None

    def needed_for(self, first_ns: int, last_ns: int) -> list[StoredPacket[T]]:
        """What to decode for the pictures of that span, from a key frame on, in order.

        Empty where the span begins before all that is kept. It may end later than that.
        """
        begins = [index for index, group in enumerate(self._groups)
                  if group.packets[0].mono_ns <= first_ns]
        if not begins:
            return []
        groups = list(self._groups)[begins[-1]:]
        packets = list(chain.from_iterable(group.packets for group in groups))
        ends = max((index for index, packet in enumerate(packets) if packet.mono_ns <= last_ns), default=0)
        return packets[:ends + 1]

    def clear(self) -> None:
        """The stream broke off: what comes after it cannot be decoded from this."""
        self._groups.clear()
        self.bytes = 0
