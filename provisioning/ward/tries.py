"""Who sent wrong codes lately. Pure: time comes in. Not thread-safe: one event loop's own.

A code has 75 random bits, so nobody guesses one; this keeps the log short and tells a slip from an attack.
Only the address is held back, never the box's name: else anybody could keep a box from enrolling.
"""

from __future__ import annotations

from collections import OrderedDict

from edge.base.values import NS_PER_S

FREE = 5                    # wrong codes before the first wait
FIRST_WAIT_S, LONGEST_WAIT_S = 30, 1800
_KEPT = 1000


class WrongCodes:
    """Counts by address; a right code forgets."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, tuple[int, int]] = OrderedDict()      # how many, and when the last

    def wait_s(self, address: str, mono_ns: int) -> int:
        """How long `address` has to wait before it may try; 0 when it may."""
        count, last_ns = self._wrong.get(address, (0, 0))
        if count < FREE:
            return 0
        wait_s = min(FIRST_WAIT_S << min(count - FREE, 20), LONGEST_WAIT_S)
        return max(0, -(-(last_ns + wait_s * NS_PER_S - mono_ns) // NS_PER_S))

    def wrong(self, address: str, mono_ns: int) -> None:
        count, _ = self._wrong.pop(address, (0, 0))
        self._wrong[address] = (count + 1, mono_ns)
        while len(self._wrong) > _KEPT:
            self._wrong.popitem(last=False)

    def right(self, address: str) -> None:
        self._wrong.pop(address, None)
