"""Where looks find nothing there are fewer of them, and whoever comes is looked at as soon as ever."""

from __future__ import annotations

import numpy as np

from edge.base.testing import ArrayFrame
from edge.base.values import NS_PER_S, Rect
from edge.watch.fruitless import Fruitless

TREE, WALKER = Rect(800, 40, 1000, 240), Rect(200, 400, 280, 580)
LOOK_NS = NS_PER_S // 5


def picture(mono_ns: int, seed: int) -> ArrayFrame:
    """Another everywhere for each seed."""
    return ArrayFrame(np.full((720, 1280, 3), 60 + 40 * (seed % 4), np.uint8), mono_ns)


def looks(fruitless: Fruitless, seconds: float, regions: list[Rect], found: list[Rect],
          since_ns: int = NS_PER_S, *, changes: bool = True) -> list[bool]:
    """Play a place at five pictures a second; which of them were looked at."""
    taken = list[bool]()
    for number in range(round(5 * seconds)):
        mono_ns = since_ns + number * LOOK_NS
        frame = picture(mono_ns, number if changes else 0)
        taken.append(fruitless.is_worth_it(frame, regions))
        if taken[-1]:
            fruitless.note(frame, regions, found)
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
    fruitless.note(picture(24 * NS_PER_S, 0), [TREE], [TREE])
    assert all(looks(fruitless, 1, [TREE], [TREE], since_ns=25 * NS_PER_S))


def test_what_has_not_changed_since_a_look_in_vain_is_not_looked_at_again() -> None:
    """
    A blotch that stands gets one look a second, from the second picture on; what changes gets all of them.
    """
    assert [True, False, False, False, False, True] == looks(Fruitless(), 1.2, [WALKER], [], changes=False)
    assert all(looks(Fruitless(), 1.2, [WALKER], []))


def test_a_place_is_forgotten() -> None:
    """
    Where nothing has moved for ten minutes the next motion is new.
    """
    fruitless = Fruitless()
    looks(fruitless, 20, [TREE], [])
    fruitless.note(picture(620 * NS_PER_S, 0), [], [])

    assert all(looks(fruitless, 1, [TREE], [], since_ns=621 * NS_PER_S))
