"""Who gets a place and who goes for it: numbers and order, without a socket."""

from __future__ import annotations

import random

from edge.base.values import NS_PER_S
from edge.web.places import KNOWN_FOR_S, ConnectionLimits, ConnectionPlace, Places

LIMITS = ConnectionLimits(places=12, strangers=6, per_source=3, known_per_source=4, per_second=1e6,
                known_per_second=1e6)


class Door:
    """Places with a clock that a test moves; each connection that is ended is noted."""

    def __init__(self, limits: ConnectionLimits = LIMITS) -> None:
        self.places, self.now_ns = Places(limits), NS_PER_S
        self.ended: list[ConnectionPlace] = []

    def enter(self, source: str, busy: bool = False) -> ConnectionPlace | None:
        self.now_ns += 10_000
        place = self.places.enter(source, self.now_ns)
        if place is not None:
            place.end = lambda: self.ended.append(place)
            place.idle_since_ns = None if busy else self.now_ns
        return place

    def known(self, source: str) -> ConnectionPlace:
        place = self.enter(source)
        assert place is not None
        self.places.recognise(place, self.now_ns)
        return place


def test_a_source_with_its_share_pushes_out_itself() -> None:
    """
    The fourth silent connection of one address costs its first, never another's.
    """
    door = Door()
    other, first = door.enter("b"), door.enter("a")
    for _ in range(3):
        assert door.enter("a")
    assert [first] == door.ended
    assert other not in door.ended


def test_the_largest_crowd_goes_first() -> None:
    """
    Without room for strangers the oldest of the address with most goes; of equals, the oldest of all.
    """
    door = Door()
    old = door.enter("a")
    crowd = [door.enter("b") for _ in range(3)]
    for source in "cde":
        assert door.enter(source)
    assert [crowd[0]] == door.ended
    assert door.enter("f")
    assert door.enter("g")
    assert [crowd[0], crowd[1], old] == door.ended


def test_who_is_answered_stays() -> None:
    """
    Nobody who waits for an answer is pushed out; where all do, the next one is refused.
    """
    door = Door()
    for _ in range(3):
        assert door.enter("a", busy=True)
    assert door.enter("a") is None
    for source in "bcd":
        assert door.enter(source, busy=True)
    assert door.enter("e") is None
    assert ([], 2) == (door.ended, door.places.tally.refused)


def test_places_are_kept_for_the_known() -> None:
    """
    Strangers never take more than their part; a known address gets in while they fill it, for ten minutes.
    """
    door = Door()
    door.places.leave(door.known("phone"))
    for number in range(50):
        assert door.enter(str(number))
    assert 6 == len(door.places)
    ended = len(door.ended)
    assert door.enter("phone")
    assert (7, ended) == (len(door.places), len(door.ended))
    door.now_ns += round(KNOWN_FOR_S * NS_PER_S)
    assert door.enter("phone")
    assert ended + 1 == len(door.ended)          # a stranger's again: one had to go for it


def test_a_known_phone_pushes_out_strangers_before_the_known() -> None:
    """
    When all is taken, strangers go first, then neighbours of the known, the known last.
    """
    door = Door()
    known = [door.known(f"phone-{number}") for number in range(6)]
    strangers = [door.enter(str(number)) for number in range(6)]
    neighbours = [door.enter("phone-0") for _ in range(3)]
    assert strangers[:3] == door.ended
    for number in range(1, 4):
        assert door.enter(f"phone-{number}")
    assert strangers == door.ended
    assert door.enter("phone-4")
    assert [*strangers, neighbours[0]] == door.ended
    assert not any(place in door.ended for place in known)


def test_pages_that_are_merely_open_keep_no_call_out() -> None:
    """
    Where every place has an open page the newcomer gets in, and the page that has listened longest goes; an
    idle connection goes before it, and who waits for an answer never.
    """
    door = Door()
    calling, *pages = (door.known(f"phone-{number % 3}") for number in range(12))
    calling.idle_since_ns = None
    for number, page in enumerate(pages):
        page.idle_since_ns, page.listening_since_ns = None, number + 1
    pages[5].idle_since_ns, pages[5].listening_since_ns = 99, None
    assert door.enter("phone-0")
    assert [pages[5]] == door.ended
    assert door.enter("phone-9", busy=True)
    assert door.enter("phone-1")
    assert [pages[5], pages[0]] == [place for place in door.ended if place in pages][:2]
    assert calling not in door.ended


def test_one_source_of_open_pages_pushes_out_itself() -> None:
    """
    An address with its share of listening pages gives one of its own for the next connection.
    """
    door = Door()
    other = door.known("other")
    other.idle_since_ns, other.listening_since_ns = None, 1
    door.places.leave(door.known("home"))
    pages = [door.enter("home", busy=True) for _ in range(LIMITS.known_per_source)]
    for number, page in enumerate(pages):
        assert page is not None
        page.listening_since_ns = number + 5
    assert door.enter("home")
    assert [pages[0]] == door.ended


def test_one_source_is_not_known_without_end() -> None:
    """
    Beyond its number of recognised connections a source's further ones are strangers'.
    """
    door = Door()
    known = [door.known("phone") for _ in range(6)]
    assert [True] * 4 + [False] * 2 == [place.is_known for place in known]


def test_no_order_of_events_exceeds_the_limits() -> None:
    """
    2,000 comings, goings, answers and recognitions by chance: the numbers hold after each, nobody is ended
    twice or while answered.
    """
    chance, door = random.Random(9), Door()
    here: list[ConnectionPlace] = []
    for _ in range(2000):
        here = [place for place in here if place not in door.ended]
        one = chance.choice(here) if here else None
        match chance.randrange(7):
            case 0 if one:
                door.places.leave(one)
                here.remove(one)
            case 1 if one:
                one.idle_since_ns = one.listening_since_ns = None
            case 2 if one:
                one.idle_since_ns, one.listening_since_ns = door.now_ns, None
            case 4 if one:
                one.idle_since_ns, one.listening_since_ns = None, door.now_ns
            case 3 if one:
                door.places.recognise(one, door.now_ns)
            case _:
                came = door.enter(chance.choice("abcdefghijkl"))
                here += [came] if came else []
        here = [place for place in here if place not in door.ended]
        assert len(here) == len(door.places) <= LIMITS.places
        assert all((place.idle_since_ns or place.listening_since_ns) is not None for place in door.ended)
        assert len(door.ended) == len(set(map(id, door.ended)))


def test_handshakes_have_a_pace() -> None:
    """
    A source begins its share of connections at once, then four a second; another's are its own.
    """
    door = Door(ConnectionLimits())
    assert all(door.enter("a") for _ in range(ConnectionLimits().per_source))
    assert door.enter("a") is None
    assert door.enter("b")
    door.now_ns += NS_PER_S
    assert [True] * 4 + [False] == [door.enter("a") is not None for _ in range(5)]


def test_few_file_descriptors_make_few_places() -> None:
    """
    Connections never take what the process has not got.
    """
    few = ConnectionLimits().within(100)
    assert few.places + few.silent <= 100
    assert few.strangers < few.places
    assert ConnectionLimits() == ConnectionLimits().within(100_000)
