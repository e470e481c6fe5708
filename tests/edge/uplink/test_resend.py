"""What is published again, and what is not: without a network."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.base.values import NS_PER_S
from edge.journal.entry import Rank
from edge.uplink.resend import CALL_CAP_S, CALL_VAIN_S, REST_CAP_S, REST_FIRST_S, Resend

MANY = 1000


def at(seconds: float) -> int:
    return round(seconds * NS_PER_S)


def sent_at(resend: Resend, row_id: int, rank: Rank, until_s: int,
            ack_every_s: int | None = None) -> list[int]:
    """The seconds at which a row is published anew, where the broker takes it at once and no ack names it."""
    times = []
    for second in range(1, until_s + 1):
        if ack_every_s is not None and second % ack_every_s == 0:
            resend.acked((), None, at(second))
        if row_id in resend.due(at(second), MANY):
            resend.again([row_id])
            resend.published(row_id, rank, at(second))
            times.append(second)
    return times


def test_what_the_ward_has_is_never_published_again() -> None:
    """
    Whatever comes after it was covered: a hole elsewhere, a new session, hours.
    """
    resend = Resend()
    for row_id in (1, 2, 3):
        resend.published(row_id, Rank.NEW, 0)
    resend.acked((1, 2, 3), None, at(1))
    resend.ward_lost(at(2))
    resend.broker_lost(at(3))
    resend.acked((), None, at(5000))

    assert ([], 0) == (resend.due(at(9999), MANY), resend.waiting)


def test_nothing_goes_again_while_the_ward_is_merely_away() -> None:
    """
    Without any ack a day long: the broker keeps them, and what it holds need not be sent twice.
    """
    resend = Resend()
    resend.published(1, Rank.NEW, 0)

    assert [] == sent_at(resend, 1, Rank.NEW, 24 * 3600)


def test_a_hole_behind_an_ack_is_filled() -> None:
    """
    An ack covers what was published later: three seconds on, what was published before is missed, and what
    came after it is not. What the ack has no room to tell of is not missed either.
    """
    resend = Resend()
    for row_id in (1, 2, 3, 9):
        resend.published(row_id, Rank.NEW, 0)
    resend.acked((3,), 8, at(1))
    resend.published(4, Rank.NEW, at(1))

    assert [] == resend.due(at(3.9), MANY)
    assert [1, 2] == resend.due(at(4), MANY)
    resend.acked((2,), None, at(4.5))
    assert [1] == resend.due(at(4.5), MANY)


def test_a_row_that_acks_never_name_goes_again_every_ten_minutes() -> None:
    """
    Acks come and do not name it; those that were cut before its number do not count.
    """
    assert [600, 1200, 1800] == sent_at(_with(1), 1, Rank.NEW, 1900, ack_every_s=10)
    resend = _with(50)
    for second in range(0, 3000, 10):
        resend.acked((), 40, at(second))
    assert [] == resend.due(at(3000), MANY)
    resend.acked((), None, at(3500))
    assert [] == resend.due(at(3500), MANY)
    resend.acked((), None, at(3600))
    assert [50] == resend.due(at(3600), MANY)


def _with(row_id: int, rank: Rank = Rank.NEW) -> Resend:
    resend = Resend()
    resend.published(row_id, rank, 0)
    return resend


def test_a_call_goes_again_soon_and_then_later() -> None:
    """
    After 2, 4, 8... 60 seconds, whether or not acks come; where the ward has not answered 64 of them, every
    ten minutes, and soon again with its first ack.
    """
    resend = _with(1, Rank.ALARM)
    times = sent_at(resend, 1, Rank.ALARM, 2 * 3600)
    waits = [b - a for a, b in pairwise([0, *times])]

    assert [2, 4, 8, 16, 32, 60, 60] == waits[:7]
    assert ({60}, {600}) == (set(waits[5:64]), set(waits[64:]))
    resend.acked((), None, at(7201))
    assert [1] == resend.due(at(7201), MANY)


def test_what_the_ward_or_the_broker_lost_goes_at_once() -> None:
    """
    The ward says it (its session, or its store went back), or the broker has forgotten this box: all that was
    not acknowledged, in its order. A broker that says so again and again moves a row no more often.
    """
    resend = Resend()
    for row_id in (3, 1, 2):
        resend.published(row_id, Rank.NEW, 0)
    resend.ward_lost(at(1))
    assert [3, 1, 2] == resend.due(at(1), MANY)
    assert [3, 1] == resend.due(at(1), 2)

    resend = _with(1)
    sent = 0
    for second in range(4000):
        resend.broker_lost(at(second))
        if resend.due(at(second), MANY):
            resend.again([1])
            resend.published(1, Rank.NEW, at(second))
            sent += 1
    assert sent <= 13


def test_what_an_earlier_run_published_is_missed_by_later_ones() -> None:
    """
    Nobody knows their order any more: none of them says anything of another, all that comes later does.
    """
    resend = Resend()
    resend.restored([(1, Rank.NEW), (2, Rank.NEW), (3, Rank.NEW)], 0)
    resend.acked((3,), None, at(1))
    assert [] == resend.due(at(100), MANY)
    resend.published(4, Rank.NEW, at(100))
    resend.acked((4,), None, at(101))
    assert [1, 2] == resend.due(at(104), MANY)


def test_an_hour_without_an_ack_is_known() -> None:
    """
    From the first PUBACK that no ack has followed; an ack ends it, a silence without PUBACKs is none.
    """
    resend = Resend()
    assert 0 == resend.unanswered_s(at(9999))
    resend.published(1, Rank.NEW, at(10))
    resend.published(2, Rank.NEW, at(1000))
    assert 3600 == resend.unanswered_s(at(3610))
    resend.acked((1,), None, at(3611))
    assert 0 == resend.unanswered_s(at(9999))


@dataclass
class _World:
    """A box, a broker that may lose, and a ward that may lose; one step is a second."""

    resend: Resend = field(default_factory=Resend)
    now_s: int = 0
    ranks: dict[int, Rank] = field(default_factory=dict)
    unsent: list[int] = field(default_factory=list)
    broker: list[int] = field(default_factory=list)
    ward: set[int] = field(default_factory=set)
    covered: set[int] = field(default_factory=set)
    sent: dict[int, list[int]] = field(default_factory=dict)

    def make(self, rank: Rank) -> None:
        row_id = len(self.ranks) + 1
        self.ranks[row_id] = rank
        self.unsent.append(row_id)

    def step(self, loses: bool) -> None:
        self.now_s += 1
        due = self.resend.due(at(self.now_s), MANY)
        assert not set(due) & self.covered
        self.resend.again(due)
        for row_id in [*self.unsent, *due]:
            self.resend.published(row_id, self.ranks[row_id], at(self.now_s))
            self.sent.setdefault(row_id, []).append(self.now_s)
            self.broker += [] if loses else [row_id]
        self.unsent = []

    def hand_on(self) -> None:
        self.ward |= set(self.broker)
        self.broker = []

    def ack(self) -> None:
        new = self.ward - self.covered
        self.covered |= new
        self.resend.acked(new, None, at(self.now_s))


@settings(deadline=None)
@given(st.lists(st.sampled_from(["call", "event", "step", "lose", "hand on", "ack", "broker lost",
                                 "ward lost"]), max_size=60), st.integers())
def test_the_laws(script: list[str], seed: int) -> None:
    """
    Whatever is lost, and whenever: what is covered is not published again, no row goes more often than its
    waits say, and once the broker hands on and acks come, the ward has everything.
    """
    world, rng = _World(), random.Random(seed)
    for word in script:
        match word:
            case "call" | "event":
                world.make(Rank.ALARM if word == "call" else rng.choice([Rank.NEW, Rank.IMAGE]))
            case "step" | "lose":
                world.step(word == "lose")
            case "hand on":
                world.hand_on()
            case "ack":
                world.ack()
            case "broker lost":
                world.broker = []
                world.resend.broker_lost(at(world.now_s))
            case "ward lost":
                world.broker = []
                world.resend.ward_lost(at(world.now_s))
    for _ in range(700):
        world.step(False)
        world.hand_on()
        world.ack()

    assert world.ranks.keys() == world.covered
    signed = script.count("ward lost") + 1          # by which waits may begin anew, and the first ack
    for row_id, times in world.sent.items():
        first_s = 2 if world.ranks[row_id] is Rank.ALARM else REST_FIRST_S
        assert all(b - a >= 2 for a, b in pairwise(times[1:])) or signed > 1
        assert len(times) <= 2 + signed * (1 + world.now_s / first_s)
    assert CALL_CAP_S < CALL_VAIN_S <= REST_CAP_S


def test_what_was_under_way_when_the_ward_lost_something_goes_again() -> None:
    """
    It went to a broker where the ward's session was not yet, and its PUBACK came after the ward's word: it
    goes again seconds later without an ack, also where nothing follows it. What comes later is in no doubt.
    """
    resend = Resend()
    resend.ward_lost(at(1))
    resend.published(7, Rank.NEW, at(2))
    resend.published(8, Rank.NEW, at(5))

    assert [] == resend.due(at(4), MANY)
    assert [7] == resend.due(at(6), MANY)
