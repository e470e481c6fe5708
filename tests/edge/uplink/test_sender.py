"""What may be sent, what is on its way, what waits: without a network."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.base.values import NS_PER_S
from edge.journal.entry import Pending, Rank
from edge.uplink.sender import SendLimits, Window

CALLS = (Rank.ALARM, Rank.PANEL, Rank.ANSWER, Rank.TOMBSTONE, Rank.TIME)


def row(row_id: int, rank: Rank = Rank.NEW, size: int = 10, retain: bool = False) -> Pending:
    return Pending(row_id, rank, "t", retain, b"x" * size, row_id // 2, "", "", "", "", 0, "")


def window(rows: int = 20, size: int = 1000, refused_rows: int = 64) -> Window:
    return Window(SendLimits(rows, size, refused_rows), random.Random(1))


def test_few_rows_and_bytes_at_a_time() -> None:
    """
    Neither the window, nor its bytes, nor what the broker allows is exceeded; a giant goes alone.
    """
    w = window(rows=3)
    assert (3, 2, 0) == (w.room(credit=9), w.room(credit=2), w.room(credit=0))
    assert w.fits(5000)

    w.sent(row(2), 600, now_ns=0)

    assert (2, True, False) == (w.room(9), w.fits(400), w.fits(401))


def test_only_what_is_acknowledged_may_leave() -> None:
    """
    Confirmed rows stay excluded until they are settled, so that they are not sent again meanwhile.
    """
    w = window()
    for row_id in (2, 4, 6):
        w.sent(row(row_id), 10, 0)
    w.acknowledged(4)

    assert ([4], [2, 6, 4]) == (w.confirmed, w.not_now(0))
    w.settled([4])
    assert ([], [2, 6], 2) == (w.confirmed, w.not_now(0), w.on_their_way)


def test_a_lost_connection_makes_rows_owed_again() -> None:
    """
    But not those that were acknowledged before.
    """
    w = window()
    w.sent(row(2), 10, 0)
    w.sent(row(4), 10, 0)
    w.acknowledged(2)

    w.lost(0)

    assert [2] == w.not_now(0)


def test_a_refused_row_waits_longer_each_time() -> None:
    """
    A second at most, then up to two, up to five minutes; a new connection may try it at once.
    """
    w, now_ns, waits = window(), 0, []
    for _ in range(12):
        w.sent(row(2), 10, now_ns)
        w.refused(2, now_ns)
        began_ns = now_ns
        while w.not_now(now_ns):
            now_ns += NS_PER_S // 10
        waits.append((now_ns - began_ns) / NS_PER_S)

    assert 0.5 <= waits[0] <= 1.1
    assert all(150 <= wait <= 300.1 for wait in waits[9:])
    w.sent(row(2), 10, now_ns)
    w.refused(2, now_ns)
    assert [2] == w.not_now(now_ns)
    w.connected()
    assert [] == w.not_now(now_ns)


def test_a_rank_that_is_refused_waits_as_a_whole() -> None:
    """
    Beyond a number of refused rows, their rank is not asked for; others are. One that is taken ends it.
    """
    w = window(refused_rows=3)
    for row_id in range(1, 9, 2):
        w.sent(row(row_id, Rank.IMAGE), 10, 0)
        w.refused(row_id, 0)

    assert [rank for rank in Rank if rank is not Rank.IMAGE] == w.ranks(0)
    assert [1, 3, 5] == w.not_now(0)
    assert list(Rank) == w.ranks(2 * NS_PER_S)
    w.sent(row(1, Rank.IMAGE), 10, 2 * NS_PER_S)
    w.acknowledged(1)
    assert list(Rank) == w.ranks(0)


def test_what_nobody_is_subscribed_to_is_asked_for_again() -> None:
    """
    A row that the broker drops stays owed. Its rank is tried by one row every three seconds, by another one
    each time, while other records go on; the first that somebody gets frees the rank and all that waits.
    """
    w, now_ns = window(refused_rows=2), 0
    for row_id in (2, 4):
        w.sent(row(row_id), 10, now_ns)
    w.sent(row(3, Rank.IMAGE), 10, now_ns)
    w.not_claimed(2, now_ns)
    assert w.asking(Rank.NEW)                       # row 4 is still under way
    w.not_claimed(4, now_ns)
    w.acknowledged(3)

    assert ([3], True, True) == (w.confirmed, w.waits, w.unclaimed)
    assert [*CALLS, Rank.NEW_ALERT, Rank.END, Rank.HEALTH] == w.ranks(3 * NS_PER_S - 1)
    now_ns = 3 * NS_PER_S
    assert [*CALLS, Rank.NEW_ALERT, Rank.NEW, Rank.END, Rank.HEALTH] == w.ranks(now_ns)
    w.sent(row(6), 10, now_ns)
    assert w.asking(Rank.NEW)
    assert Rank.NEW not in w.ranks(now_ns)
    w.not_claimed(6, now_ns)                        # a third, more than may wait one by one
    assert Rank.NEW not in w.ranks(now_ns + 3 * NS_PER_S - 1)
    now_ns += 3 * NS_PER_S
    w.sent(row(2), 10, now_ns)
    w.not_claimed(2, now_ns)
    assert 2 in w.not_now(now_ns)
    now_ns += 3 * NS_PER_S
    w.sent(row(6), 10, now_ns)
    w.acknowledged(6)

    assert (list(Rank), [3, 6]) == (w.ranks(now_ns), w.not_now(now_ns))
    assert w.unclaimed                              # 2 and 4 have yet to go
    for row_id in (2, 4):
        w.sent(row(row_id), 10, now_ns)
        w.acknowledged(row_id)
    assert (False, False) == (w.waits, w.unclaimed)


def test_pictures_are_asked_for_seldom() -> None:
    """
    A picture that nobody gets costs mobile data: one a minute where records are taken, none where not.
    """
    w = window()
    w.sent(row(3, Rank.IMAGE), 10, 0)
    w.not_claimed(3, 0)
    assert Rank.IMAGE not in w.ranks(60 * NS_PER_S - 1)
    assert Rank.IMAGE in w.ranks(60 * NS_PER_S)

    w.sent(row(4), 10, 0)
    w.not_claimed(4, 0)
    more = {Rank.IMAGE, Rank.ALERT_IMAGE, Rank.UPDATE, Rank.SCENE, Rank.BEFORE}
    assert not more & set(w.ranks(60 * NS_PER_S))
    w.sent(row(4), 10, 3 * NS_PER_S)
    w.acknowledged(4)

    assert ([4], list(Rank)) == (w.not_now(3 * NS_PER_S), w.ranks(3 * NS_PER_S))


def test_what_is_retained_needs_nobody() -> None:
    """
    The broker keeps it for whoever subscribes: it is delivered, and a newer one is never overtaken by it.
    """
    w = window()
    w.sent(row(2, Rank.HEALTH, retain=True), 10, 0)
    w.not_claimed(2, 0)

    assert ([2], False, False) == (w.confirmed, w.waits, w.unclaimed)


def test_a_row_that_breaks_the_connection_is_found_and_set_aside() -> None:
    """
    After three fruitless connections rows go one by one; the one under way when it breaks again waits, and
    those behind it are delivered.
    """
    w, poison = window(), 4
    delivered: list[int] = []
    connections = 0
    while len(delivered) < 9 and connections < 20:
        connections += 1
        w.connected()
        broken = False
        while not broken:
            free = [r for r in range(2, 22, 2) if r not in w.not_now(0) and r not in delivered]
            batch = free[:w.room(99)]
            if not batch:
                break
            for row_id in batch:
                w.sent(row(row_id), 10, 0)
            if poison in batch:
                broken = True           # the broker drops us before it acknowledges anything of this batch
                w.lost(0)
            else:
                for row_id in batch:
                    w.acknowledged(row_id)
                    delivered.append(row_id)
                w.settled(batch)

    assert sorted(delivered) == [r for r in range(2, 22, 2) if r != poison]
    assert connections <= 10
    assert poison in w.not_now(0)


def test_a_silent_broker_is_noticed() -> None:
    """
    An acknowledgement that is missing for longer than it may.
    """
    w = window()
    w.sent(row(2), 10, now_ns=0)

    assert (False, True) == (w.overdue(60 * NS_PER_S, 60), w.overdue(60 * NS_PER_S + 1, 60))
    w.acknowledged(2)
    assert not w.overdue(100 * NS_PER_S, 60)


class _Broker:
    """A journal and a broker that acknowledge, refuse and break as a script says."""

    def __init__(self, count: int) -> None:
        self.owed = {2 * n: row(2 * n, Rank(n % len(Rank))) for n in range(1, count + 1)}
        self.delivered: list[int] = []
        self.way: list[int] = []

    def send(self, w: Window, now_ns: int) -> None:
        ranks, out = w.ranks(now_ns), set(w.not_now(now_ns))
        for r in sorted(self.owed.values(), key=lambda r: (r.rank, r.row_id)):
            if r.rank in ranks and r.row_id not in out and w.room(99) and w.fits(10) and (
                    not w.asking(r.rank)):
                w.sent(r, 10, now_ns)
                self.way.append(r.row_id)

    def settle(self, w: Window) -> None:
        for row_id in w.confirmed:
            del self.owed[row_id]
        w.settled(w.confirmed)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["send", "ack", "refuse", "drop", "lose", "settle", "wait"]), max_size=80))
def test_nothing_is_lost_or_confirmed_unsent(script: list[str]) -> None:
    """
    Whatever the broker does: a row leaves the journal only once it was acknowledged, is never under way
    twice, and when the broker behaves in the end, everything has been delivered.
    """
    w, world, now_ns = window(rows=4, refused_rows=2), _Broker(12), 0
    for step in [*script, *["wait", "send", "ack", "ack", "ack", "ack", "settle"] * 400]:
        if step == "send":
            world.send(w, now_ns)
        elif step == "ack" and world.way:
            row_id = world.way.pop(0)
            world.delivered.append(row_id)
            w.acknowledged(row_id)
        elif step == "refuse" and world.way:
            w.refused(world.way.pop(0), now_ns)
        elif step == "drop" and world.way:
            w.not_claimed(world.way.pop(0), now_ns)
        elif step == "lose":
            w.lost(now_ns)
            world.way.clear()
        elif step == "settle":
            world.settle(w)
        elif step == "wait":
            now_ns += NS_PER_S
        assert w.on_their_way == len(world.way) <= 4
        assert set(w.confirmed) <= set(world.delivered)

    assert {} == world.owed
    assert sorted(set(world.delivered)) == [2 * n for n in range(1, 13)]


def test_the_answer_to_a_call_is_awaited_shortly() -> None:
    """
    Two seconds in which nothing else is answered either; on a path that is merely slow longer each time, and
    two again once a call was taken. A call that is refused is tried again within five seconds.
    """
    w = window()
    assert w.call_wait_s(0) is None
    waits = []
    for _ in range(7):
        w.sent(row(2, Rank.ALARM), 10, 0)
        waits.append(w.call_wait_s(0))
        w.lost(0)
    assert [2, 4, 8, 16, 32, 60, 60] == waits

    w.sent(row(2, Rank.ALARM), 10, 0)
    w.sent(row(4), 10, 0)
    w.answered(NS_PER_S)
    assert 60 == w.call_wait_s(NS_PER_S)
    w.acknowledged(2)
    w.sent(row(6, Rank.ALARM), 10, 2 * NS_PER_S)
    assert 2 == w.call_wait_s(2 * NS_PER_S)
    for _ in range(9):
        w.refused(6, 0)
        assert 6 not in w.not_now(5 * NS_PER_S)
        w.sent(row(6, Rank.ALARM), 10, 0)


def test_a_refusal_with_which_the_broker_hangs_up_holds_its_rank() -> None:
    """
    Else each of a hundred pictures that it refuses would cost a connection, which frees them all again.
    """
    w = window()
    w.sent(row(2, Rank.IMAGE), 10, 0)
    w.refused(2, 0)
    w.lost(1)
    w.connected()
    assert Rank.IMAGE not in w.ranks(NS_PER_S // 4)
    assert Rank.NEW in w.ranks(0)

    w.sent(row(4), 10, 0)
    w.refused(4, 0)
    w.lost(2 * NS_PER_S)            # for another reason
    w.connected()
    assert Rank.NEW in w.ranks(2 * NS_PER_S)
