"""What may be sent next, what is on its way, and what waits after a refusal. Pure: time comes in.

Little is on the way at a time, so that an alarm waits behind at most `SendLimits.bytes` on a slow uplink. A
row that the broker refuses waits by itself, longer each time, while others go on; when many of a rank are
refused (a missing right, a quota), the whole rank waits; so it does where the broker hangs up as it refuses
one, as mosquitto 2.0.11 does. A row that is on its way each time the connection
breaks, whatever else was taken, is found by sending one at a time, and then waits as if refused: no message
blocks those behind it.

The answer to a call is awaited for two seconds in which nothing else is answered either: then the path may
have swallowed it, and a new connection is made. On a path that is merely slow the wait doubles each time.

Where nobody is subscribed to a row, the broker drops it, so it waits as well, and with it its rank, of which
every few seconds one row is tried: others of it may go elsewhere. The first that somebody gets frees all.
Meanwhile pictures and updates of events that nobody has got are not sent at all.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from edge.base.backoff import Backoff
from edge.base.values import NS_PER_S
from edge.journal.entry import Pending, Rank

RETRY_FIRST_S = 1.0
RETRY_CAP_S = 300.0
CALL_RETRY_CAP_S = 5.0              # a call is small, and nothing is worth more
_ASK_S = 3.0                        # between two rows of a rank that nobody is subscribed to
_ASK_LATER_S = 60.0                 # of those that tell more: large, and mobile data is paid for
_TELL_MORE = (Rank.ALERT_IMAGE, Rank.UPDATE, Rank.SCENE, Rank.BEFORE, Rank.IMAGE)
_FORGET_NS = 600 * NS_PER_S         # a refused row that has not come back since was shed by the journal
_WITH_REFUSAL_NS = NS_PER_S         # an end so soon after a refusal is part of it
_SUSPICIOUS = 3                     # breaks of a connection with the same row under way
_MOST_BREAKS = 1000                 # rows of which breaks are counted
_CALL_ANSWER_S, _CALL_ANSWER_CAP_S = 2.0, 60.0


@dataclass(frozen=True, slots=True)
class SendLimits:
    rows: int = 20                  # mosquitto's own default
    bytes: int = 256 * 1024
    refused_rows: int = 64          # that wait one by one; beyond, their rank waits


@dataclass(slots=True)
class _Flight:
    rank: Rank
    bytes: int
    sent_ns: int
    retained: bool


class _Wait:
    """When something refused may be tried again."""

    def __init__(self, rng: random.Random, rank: Rank) -> None:
        cap_s = CALL_RETRY_CAP_S if rank is Rank.ALARM else RETRY_CAP_S
        self._backoff = Backoff(RETRY_FIRST_S, cap_s, rng)
        self.until_ns = 0
        self.breaks_links = False
        self.unclaimed = False

    def longer(self, now_ns: int) -> None:
        """Wait, and the next time for longer."""
        self.until_ns = now_ns + round(self._backoff.next_s() * NS_PER_S)


def call_wait_s(sent_ns: int, answered_ns: int, in_vain: int, now_ns: int) -> float:
    """Seconds for which the answer to a call may still be awaited.

    Args:
        sent_ns: when the first of those under way was sent.
        answered_ns: when the broker last answered to anything.
        in_vain: connections in a row that broke with a call under way.
    """
    most_s = min(_CALL_ANSWER_CAP_S, _CALL_ANSWER_S * 2.0 ** min(in_vain, 16))
    return most_s - (now_ns - max(sent_ns, answered_ns)) / NS_PER_S


class Window:
    """The bookkeeping between journal and broker. Not thread-safe.

    A row is in exactly one place: owed (the journal has it, nothing here), on its way (`sent`), or
    confirmed (`acknowledged`, until `settled`).
    """

    def __init__(self, limits: SendLimits | None = None, rng: random.Random | None = None) -> None:
        self._limits, self._rng = limits or SendLimits(), rng or random.Random()
        self._flights: dict[int, _Flight] = {}
        self._confirmed: dict[int, None] = {}
        self._refused: dict[int, _Wait] = {}
        self._held: dict[Rank, _Wait] = {}
        self._unclaimed: dict[Rank, int] = {}       # nobody is subscribed to it -> when to ask again
        self._breaks: dict[int, int] = {}           # row -> connections that broke with it under way
        self._last_refusal: tuple[Rank, int] | None = None      # of this connection: what, and when
        self._calls_in_vain = 0                     # connections in a row that broke with a call under way
        self.answered_ns = 0                        # when the broker last answered

    @property
    def on_their_way(self) -> int:
        return len(self._flights)

    @property
    def confirmed(self) -> list[int]:
        """Rows that may leave the journal, in the order of their confirmation."""
        return list(self._confirmed)

    @property
    def waits(self) -> bool:
        """Whether anything waits after a refusal."""
        return bool(self._refused or self._held or self._unclaimed)

    @property
    def unclaimed(self) -> bool:
        """Whether anything waits for somebody to subscribe to it."""
        return bool(self._unclaimed) or any(wait.unclaimed for wait in self._refused.values())

    def room(self, credit: int) -> int:
        """How many more rows may be sent; `credit` is what the broker itself allows."""
        rows = 1 if self._suspects_any() else self._limits.rows
        return max(0, min(rows - len(self._flights), credit))

    def fits(self, size_bytes: int) -> bool:
        """Whether a message of this size may go now; one that is larger than the limit goes alone."""
        under_way = sum(flight.bytes for flight in self._flights.values())
        return not self._flights or under_way + size_bytes <= self._limits.bytes

    def asking(self, rank: Rank) -> bool:
        """Whether one row of a rank that nobody was subscribed to is under way: no second one may go."""
        return rank in self._unclaimed and any(flight.rank is rank for flight in self._flights.values())

    def not_now(self, now_ns: int) -> list[int]:
        """Rows to leave out when asking the journal."""
        return [*self._flights, *self._confirmed,
                *(row_id for row_id, wait in self._refused.items() if wait.until_ns > now_ns)]

    def ranks(self, now_ns: int) -> list[Rank]:
        """Ranks to ask the journal for."""
        untold = any(rank not in _TELL_MORE for rank in self._unclaimed)
        return [rank for rank in Rank
                if (rank not in self._held or self._held[rank].until_ns <= now_ns)
                and self._unclaimed.get(rank, now_ns) <= now_ns and not self.asking(rank)
                and not (untold and rank in _TELL_MORE)]

    def sent(self, owed: Pending, size_bytes: int, now_ns: int) -> None:
        assert owed.row_id not in self._flights
        assert owed.row_id not in self._confirmed
        self._flights[owed.row_id] = _Flight(owed.rank, size_bytes, now_ns, owed.retain)

    def answered(self, now_ns: int) -> None:
        """The broker has answered to something."""
        self.answered_ns = now_ns

    def acknowledged(self, row_id: int) -> None:
        """The broker has it."""
        flight = self._flights.pop(row_id)
        self._breaks.pop(row_id, None)
        if flight.rank is Rank.ALARM:
            self._calls_in_vain = 0
        self._confirmed[row_id] = None
        self._refused.pop(row_id, None)
        self._held.pop(flight.rank, None)
        if self._unclaimed.pop(flight.rank, None) is not None:
            self._ask_all()

    def settled(self, row_ids: Iterable[int]) -> None:
        """They have left the journal."""
        for row_id in row_ids:
            self._confirmed.pop(row_id, None)

    def refused(self, row_id: int, now_ns: int) -> None:
        """The broker does not take it, not now at least."""
        self._breaks.pop(row_id, None)
        rank = self._flights.pop(row_id).rank
        self._set_aside(row_id, rank, now_ns)
        self._last_refusal = (rank, now_ns)

    def not_claimed(self, row_id: int, now_ns: int) -> None:
        """The broker had nobody to give it to. What is retained it keeps all the same, for whoever comes."""
        flight = self._flights[row_id]
        if flight.retained:
            self.acknowledged(row_id)
            return
        del self._flights[row_id]
        self._breaks.pop(row_id, None)
        again_s = _ASK_LATER_S if flight.rank in _TELL_MORE else _ASK_S
        self._unclaimed[flight.rank] = now_ns + round(again_s * NS_PER_S)
        wait = self._wait_of(row_id, flight.rank, now_ns)
        if wait is not None:            # beyond the limit, the wait of the rank is enough
            wait.unclaimed = True
            wait.longer(now_ns)

    def too_large(self, owed: Pending, now_ns: int) -> None:
        """It was not sent, since the broker said beforehand that it does not take so much."""
        self._set_aside(owed.row_id, owed.rank, now_ns)

    def connected(self) -> None:
        """A new connection: rights and limits may be other ones now, so what was refused may go again."""
        for wait in [*self._refused.values(), *self._held.values()]:
            if not wait.breaks_links:
                wait.until_ns = 0
        self._ask_all()

    def lost(self, now_ns: int) -> None:
        """The connection broke: what was on its way is owed again."""
        if (last := self._last_refusal) is not None and now_ns - last[1] < _WITH_REFUSAL_NS:
            wait = self._held.setdefault(last[0], _Wait(self._rng, last[0]))
            wait.breaks_links = True
            wait.longer(now_ns)
        self._last_refusal = None
        was_alone = self._suspects_any() and len(self._flights) == 1
        self._calls_in_vain += any(flight.rank is Rank.ALARM for flight in self._flights.values())
        for row_id, flight in self._flights.items():
            self._breaks[row_id] = self._breaks.pop(row_id, 0) + 1
            if was_alone and self._breaks[row_id] > _SUSPICIOUS:
                del self._breaks[row_id]
                self._set_aside(row_id, flight.rank, now_ns, breaks_links=True)
        while len(self._breaks) > _MOST_BREAKS:
            del self._breaks[next(iter(self._breaks))]
        self._flights.clear()

    def overdue(self, now_ns: int, after_s: float) -> bool:
        """Whether any acknowledgement is missing for longer than `after_s`."""
        return any(now_ns - flight.sent_ns > after_s * NS_PER_S for flight in self._flights.values())

    def call_wait_s(self, now_ns: int) -> float | None:
        """Seconds for which the answer to a call may still be awaited; None where none is under way."""
        sent = [flight.sent_ns for flight in self._flights.values() if flight.rank is Rank.ALARM]
        if not sent:
            return None
        return call_wait_s(min(sent), self.answered_ns, self._calls_in_vain, now_ns)

    def _suspects_any(self) -> bool:
        return any(breaks >= _SUSPICIOUS for breaks in self._breaks.values())

    def _set_aside(self, row_id: int, rank: Rank, now_ns: int, breaks_links: bool = False) -> None:
        wait = self._wait_of(row_id, rank, now_ns) or self._held.setdefault(rank, _Wait(self._rng, rank))
        wait.breaks_links |= breaks_links
        wait.longer(now_ns)

    def _wait_of(self, row_id: int, rank: Rank, now_ns: int) -> _Wait | None:
        """None where too many rows wait one by one already."""
        for old in [old for old, wait in self._refused.items() if wait.until_ns < now_ns - _FORGET_NS]:
            del self._refused[old]
        if row_id in self._refused or len(self._refused) < self._limits.refused_rows:
            return self._refused.setdefault(row_id, _Wait(self._rng, rank))
        return None

    def _ask_all(self) -> None:
        """Somebody may be there now: what nobody was subscribed to goes again, in order."""
        self._unclaimed = dict.fromkeys(self._unclaimed, 0)
        for wait in self._refused.values():
            if wait.unclaimed:
                wait.until_ns = 0
