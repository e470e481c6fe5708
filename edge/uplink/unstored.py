"""What the ward must hear although the journal cannot take it: calls, and answers to its commands.

A card that takes nothing must not mute a box. So what the journal refuses is kept here as well, and goes out
by the same connection, without a number: none may ever be given twice, and only the journal knows which were.
Whoever made a call keeps it, and hands it over again for as long as it is not durable, so it comes once more,
with a number, when the card can be written again; the ward knows both by alarm and rev.

A broker may lose what it has acknowledged. So where the ward itself acknowledges, a call that is handed over
still, a minute after the broker took it, goes again; then after two minutes, up to ten.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.base import clock
from edge.base.clock import Stamp
from edge.base.mqtt_values import Ack, Outgoing
from edge.base.values import NS_PER_S
from edge.contract.topics import Root
from edge.journal.entry import Entry, Rank
from edge.uplink import envelope, sender

RANKS = (Rank.ALARM, Rank.ANSWER)
KEPT = 1000             # as many calls as guard keeps
_AGAIN_NS = 3 * NS_PER_S
_PUBLISHED_AGAIN_NS, _PUBLISHED_CAP_NS = 60 * NS_PER_S, 600 * NS_PER_S


@dataclass(frozen=True, slots=True)
class _AtBroker:
    """When the broker took an entry last, and how often it has."""

    at_ns: int
    times: int

    def may_be_lost(self, now_ns: int) -> bool:
        wait_ns = min(_PUBLISHED_CAP_NS, _PUBLISHED_AGAIN_NS << min(self.times - 1, 8))
        return now_ns - self.at_ns >= wait_ns


@dataclass(frozen=True, slots=True)
class _Sent:
    """An entry under way, and since when."""

    entry: Entry
    at_ns: int


class Unstored:
    """`take` is for any thread; the rest for the one of the connection."""

    def __init__(self, root: Root, now: Callable[[], Stamp] = clock.now, *, by_ward: bool = False) -> None:
        """`by_ward`: whoever hands a call over stops once the ward has it; else the broker's word is all."""
        self._root, self._now, self._by_ward = root, now, by_ward
        self._mutex = threading.Lock()
        self._waiting = OrderedDict[str, Entry]()       # by id, in order
        self._published = OrderedDict[str, _AtBroker]()     # so that what is handed over again is no news
        self._under_way: dict[int, _Sent] = {}
        self._calls_in_vain = 0             # connections in a row that broke with a call under way
        self._not_before_ns: dict[str, int] = {}        # what the broker refused, or nobody got

    def take(self, entries: Sequence[Entry]) -> bool:
        """Keep these until the broker has them; False where not all are such as these: then none is kept."""
        if not entries or any(entry.rank not in RANKS or entry.pictures for entry in entries):
            return False
        with self._mutex:
            self._waiting |= {entry.id: entry for entry in entries if self._is_news(entry)}
            while len(self._waiting) > KEPT:
                self._waiting.popitem(last=False)
        return True

    def owes_call(self) -> bool:
        """Whether the broker has yet to get a call."""
        with self._mutex:
            return any(entry.rank is Rank.ALARM for entry in self._waiting.values())

    def connected(self) -> None:
        """Another connection: what was under way by the former one goes again."""
        self._calls_in_vain += bool(self._calls_sent_ns)
        self._under_way.clear()
        self._not_before_ns.clear()

    def send(self, publish: Callable[[Outgoing], int], credit: int) -> None:
        """Publish what waits, `credit` messages at most; `publish` returns the id that its ack will carry."""
        with self._mutex:
            under_way = {sent.entry.id for sent in self._under_way.values()}
            now_ns = self._now().mono_ns
            due = [entry for entry in self._waiting.values() if entry.id not in under_way
                   and self._not_before_ns.get(entry.id, now_ns) <= now_ns][:max(0, credit)]
        for entry in due:
            mid = publish(envelope.of_unstored(entry, self._root, self._now()))
            self._under_way[mid] = _Sent(entry, now_ns)

    def call_wait_s(self, answered_ns: int, now_ns: int) -> float | None:
        """Seconds for which the answer to a call may still be awaited, where the broker last answered to
        anything at `answered_ns`; None where none is under way.
        """
        sent_ns = self._calls_sent_ns
        return sender.call_wait_s(min(sent_ns), answered_ns, self._calls_in_vain, now_ns) if sent_ns else None

    def acknowledged(self, ack: Ack) -> bool:
        """Whether it was for one of these, which the broker has then. One that was refused, or that nobody
        got, goes again after a while.
        """
        sent = self._under_way.pop(ack.mid, None)
        if sent is None:
            return False
        entry = sent.entry
        if entry.rank is Rank.ALARM:
            self._calls_in_vain = 0
        if ack.refusal is not None or ack.unclaimed:
            self._not_before_ns[entry.id] = self._now().mono_ns + _AGAIN_NS
        else:
            self._not_before_ns.pop(entry.id, None)
            with self._mutex:
                self._waiting.pop(entry.id, None)
                times = before.times if (before := self._published.pop(entry.id, None)) is not None else 0
                self._published[entry.id] = _AtBroker(self._now().mono_ns, times + 1)
                while len(self._published) > KEPT:
                    self._published.popitem(last=False)
        return True

    @property
    def _calls_sent_ns(self) -> list[int]:
        return [sent.at_ns for sent in self._under_way.values() if sent.entry.rank is Rank.ALARM]

    def _is_news(self, entry: Entry) -> bool:
        """Whether the broker has not had it, or may have lost it."""
        published = self._published.get(entry.id)
        return published is None or (self._by_ward and entry.rank is Rank.ALARM
                                     and published.may_be_lost(self._now().mono_ns))
