"""Where looks find nothing there are fewer of them, and whoever comes is looked at as soon as ever."""

from __future__ import annotations

from edge.base.values import NS_PER_S, Rect
from edge.watch.fruitless import Fruitless

SIZE_PX = (1280, 720)
TREE, WALKER = Rect(800, 40, 1000, 240), Rect(200, 400, 280, 580)
LOOK_NS = NS_PER_S // 5


def looks(fruitless: Fruitless, seconds: float, regions: list[Rect], found: list[Rect],
          since_ns: int = NS_PER_S) -> list[bool]:
    """Play a place at five pictures a second; which of them were looked at."""
    taken = list[bool]()
    for number in range(round(5 * seconds)):
        mono_ns = since_ns + number * LOOK_NS
        taken.append(fruitless.is_worth_it(regions, SIZE_PX, mono_ns))
        if taken[-1]:
            fruitless.note(regions, found, SIZE_PX, mono_ns)
    return taken


def test_leaves_are_looked_at_once_a_second() -> None:
    """
    After ten looks in vain one in five is enough, and that one is never left out.
    """
    taken = looks(Fruitless(), 20, [TREE], [])

    assert all(taken[:10])
    assert taken[15:].count(True) == len(taken[15:]) // 5


def test_who_is_found_is_looked_at_each_time() -> None:
    """
    Where something is followed no look is in vain, however long it moves there.
    """
    assert all(looks(Fruitless(), 30, [WALKER], [WALKER]))


def test_who_comes_elsewhere_is_looked_at_at_once() -> None:
    """
    A tree that is known hides nobody beside it; somebody found before it makes it worth looks again.
    """
    fruitless = Fruitless()
    looks(fruitless, 20, [TREE], [])

    assert all(looks(fruitless, 1, [TREE, WALKER], [], since_ns=22 * NS_PER_S))
    fruitless.note([TREE], [TREE], SIZE_PX, 24 * NS_PER_S)
    assert all(looks(fruitless, 1, [TREE], [TREE], since_ns=25 * NS_PER_S))


def test_a_place_is_forgotten() -> None:
    """
    Where nothing has moved for ten minutes the next motion is new.
    """
    fruitless = Fruitless()
    looks(fruitless, 20, [TREE], [])
    fruitless.note([], [], SIZE_PX, 620 * NS_PER_S)

    assert all(looks(fruitless, 1, [TREE], [], since_ns=621 * NS_PER_S))
