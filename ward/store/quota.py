"""How much one box may have stored: a bucket each for messages and bytes. Pure: the caller says the time.

Wanted: no box, broken or taken over, fills the station's disk. What a box has kept through a long outage must
fit: hence budgets of a day, all of which may come at once. Calls for help have a lane of their own and count
for nothing here, nor does what only replaces what the box said before. Records of alerts have a budget of
their own: no flood of others keeps one out, and who calls all that a box sends an alert fills no disk.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.contract.messages import Severity
from ward.store.incoming import EventRecord, Incoming, PictureIn, ResultIn, TimeIn, TombstoneIn

DAY_MESSAGES = 200_000
DAY_BYTES = 2 * 1024**3
_DAY_MS = 86_400_000
_COUNTED = (EventRecord, PictureIn, ResultIn, TombstoneIn, TimeIn)


@dataclass(slots=True)
class TokenBucket:
    """Holds `size` at most, and fills in a day."""

    size: float
    left: float
    at_ms: int

    def take(self, amount: float, now_ms: int) -> bool:
        """Whether there was so much in it; else nothing is taken. A clock that goes back fills nothing."""
        if not self.holds(amount, now_ms):
            return False
        self.left -= amount
        return True

    def holds(self, amount: float, now_ms: int) -> bool:
        """Whether there is so much in it."""
        self.left = min(self.size, self.left + self.size * max(0, now_ms - self.at_ms) / _DAY_MS)
        self.at_ms = now_ms
        return amount <= self.left


@dataclass(slots=True)
class Quotas:
    """The budgets of all boxes, since this process began. One thread."""

    messages: int = DAY_MESSAGES
    bytes: int = DAY_BYTES
    _boxes: dict[tuple[str, bool], tuple[TokenBucket, TokenBucket]] = field(default_factory=dict)

    def allows(self, incoming: Incoming, size_bytes: int, now_ms: int) -> bool:
        """Whether a message is within what its box may send."""
        if not isinstance(incoming, _COUNTED):
            return True
        is_alert = isinstance(incoming, EventRecord) and incoming.data.severity is Severity.ALERT
        messages, content = self._boxes.setdefault((incoming.box, is_alert), (
            TokenBucket(self.messages, self.messages, now_ms), TokenBucket(self.bytes, self.bytes, now_ms)))
        # What is refused takes nothing: it will come again.
        return content.holds(size_bytes, now_ms) and messages.take(1, now_ms) and content.take(
            size_bytes, now_ms)
