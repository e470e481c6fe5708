"""Which of what was published is to be published again, since the ward may not have it. Pure: time comes in.

Wanted: what the broker took and lost reaches the ward all the same, at little cost where it lost nothing.
Assumed: a broker hands messages on in their order, in two lanes, calls and all the rest, since the ward reads
them by two sessions; the ward's ack comes once a second while there is something new.
It cannot tell a message that is lost from one that waits in the broker while no ack comes: then calls alone
are published again. No row goes more often than its own waits allow, whoever says what.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from edge.base.values import NS_PER_S
from edge.journal.entry import Rank

RESEND_AFTER_S = 600.0              # acks come for so long without it
GRACE_S = 3.0                       # an ack that has a hole may be followed by one that has none
CALL_FIRST_S, CALL_CAP_S = 2.0, 60.0
CALL_IN_VAIN, CALL_VAIN_S = 64, 600.0       # so often in vain: the ward is away, its broker keeps them all
REST_FIRST_S, REST_CAP_S = 10.0, 600.0      # after the second time; the first time is at once
UNANSWERED_S = 3600.0               # PUBACKs without any ack for so long are told
_ACKS_STOPPED_S = 60.0              # the first ack after so long makes calls impatient again
_MAX_TIMES = 20_000                 # rows of which it is known how often they went


@dataclass(slots=True)
class _Published:
    order: int                      # of the PUBACKs, over all rows
    at_ns: int
    missed_ns: int | None = None    # since when an ack says that it should be there


class Resend:
    """Knows what waits for the ward's ack. Not thread-safe."""

    def __init__(self, after_s: float = RESEND_AFTER_S) -> None:
        self._after_ns = _ns(after_s)
        self._calls: dict[int, _Published] = {}     # both in the order of their PUBACKs
        self._rest: dict[int, _Published] = {}
        self._times: dict[int, int] = {}            # how often a row was published
        self._order = 0
        self._lost_ns: int | None = None            # when the ward said last that something is lost
        self._ack_ns: int | None = None             # when the last ack came
        self._unanswered_ns: int | None = None      # since when PUBACKs come and no ack does
        self._cut_at, self._cut_ns = 0, 0           # the last ack without room for more, and when

    def published(self, row_id: int, rank: Rank, now_ns: int) -> None:
        """The broker has it now."""
        self._order += 1
        self._times[row_id] = self._times.pop(row_id, 0) + 1
        was_under_way = self._lost_ns is not None and now_ns - self._lost_ns < _ns(GRACE_S)
        self._lane(rank)[row_id] = _Published(self._order, now_ns, now_ns if was_under_way else None)
        if self._unanswered_ns is None:
            self._unanswered_ns = now_ns
        while len(self._times) > max(_MAX_TIMES, 2 * (len(self._calls) + len(self._rest))):
            del self._times[next(iter(self._times))]

    def restored(self, rows: Iterable[tuple[int, Rank]], now_ns: int) -> None:
        """An earlier run published these, in an order that nobody knows any more."""
        for row_id, rank in rows:
            self.published(row_id, rank, now_ns)
            self._lane(rank)[row_id].order = 0

    def acked(self, covered: Collection[int], cut_at: int | None, now_ns: int) -> None:
        """An ack came, and these rows left the journal by it.

        Args:
            cut_at: it tells of numbers up to this one alone, since it has no room for more; None: of all.
        """
        if self._ack_ns is None or now_ns - self._ack_ns > _ns(_ACKS_STOPPED_S):
            self._forget_times(self._calls)
        self._ack_ns, self._unanswered_ns = now_ns, None
        if cut_at is not None:
            self._cut_at, self._cut_ns = cut_at, now_ns
        newest = 0
        for row_id in covered:
            self._times.pop(row_id, None)
            self._calls.pop(row_id, None)
            if (gone := self._rest.pop(row_id, None)) is not None:
                newest = max(newest, gone.order)
        for row_id, row in self._rest.items():
            if row.order >= newest:
                break
            if row.missed_ns is None and (cut_at is None or row_id <= cut_at):
                row.missed_ns = now_ns

    def ward_lost(self, now_ns: int) -> None:
        """The ward's own word: its store went back, or the broker has kept nothing for it."""
        self._forget_times(self._calls)
        self._forget_times(self._rest)
        self._lost_ns = now_ns
        self.broker_lost(now_ns)

    def broker_lost(self, now_ns: int) -> None:
        """The broker has forgotten us, so perhaps what it held. That may be said falsely, and often."""
        for row in self._rest.values():
            row.missed_ns = now_ns - _ns(GRACE_S)

    def due(self, now_ns: int, limit: int) -> list[int]:
        """Rows to be published again now, calls first, the others in their order."""
        found = [row_id for row_id, row in self._calls.items()
                 if now_ns >= row.at_ns + self._call_wait(row_id)]
        for row_id, row in self._rest.items():
            if len(found) >= limit or not self._may_be_missed(row, now_ns):
                break
            if self._is_missed(row_id, row, now_ns) and now_ns >= row.at_ns + self._rest_wait(row_id):
                found.append(row_id)
        return found[:limit]

    def again(self, row_ids: Iterable[int]) -> None:
        """These are owed again, as if they had not been published."""
        for row_id in row_ids:
            self._calls.pop(row_id, None)
            self._rest.pop(row_id, None)

    def unanswered_s(self, now_ns: int) -> float:
        """Seconds for which PUBACKs have come and no ack has."""
        return 0.0 if self._unanswered_ns is None else (now_ns - self._unanswered_ns) / NS_PER_S

    @property
    def waiting(self) -> int:
        """Rows that the broker has, and of which the ward has not said that it does."""
        return len(self._calls) + len(self._rest)

    def _lane(self, rank: Rank) -> dict[int, _Published]:
        return self._calls if rank is Rank.ALARM else self._rest

    def _may_be_missed(self, row: _Published, now_ns: int) -> bool:
        """Whether it, or a later one, may be missed: both reasons reach the oldest first."""
        return row.missed_ns is not None or self._is_overdue(row.at_ns)

    def _is_missed(self, row_id: int, row: _Published, now_ns: int) -> bool:
        if row.missed_ns is not None and now_ns - row.missed_ns >= _ns(GRACE_S):
            return True
        is_told_of = row_id <= self._cut_at or not self._cut_ns
        return self._is_overdue(row.at_ns if is_told_of else max(row.at_ns, self._cut_ns))

    def _is_overdue(self, since_ns: int) -> bool:
        return self._ack_ns is not None and self._ack_ns - since_ns >= self._after_ns

    def _call_wait(self, row_id: int) -> int:
        before = self._times.get(row_id, 1) - 1
        return _ns(CALL_VAIN_S if before >= CALL_IN_VAIN else
                   min(CALL_CAP_S, CALL_FIRST_S * 2.0 ** min(before, 16)))

    def _rest_wait(self, row_id: int) -> int:
        before = self._times.get(row_id, 1) - 1
        return _ns(0.0 if before == 0 else min(REST_CAP_S, REST_FIRST_S * 2.0 ** min(before - 1, 16)))

    def _forget_times(self, lane: Iterable[int]) -> None:
        for row_id in lane:
            self._times[row_id] = 1


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)
