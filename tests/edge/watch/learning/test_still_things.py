"""What is remembered of still things, and written down."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import Rect
from edge.watch.learning.appearance import Appearance, appearance
from edge.watch.learning.still_things import MAX_LOOKS, MAX_THINGS, StillThings
from edge.watch.learning.things_folder import ThingsFolder
from tests.edge.watch.learning.street import clothes


def look(seed: int = 1) -> Appearance:
    found = appearance(clothes(seed), Rect(0, 0, 50, 120))
    assert found is not None
    return found


def place(number: int) -> Rect:
    return Rect(number / 100, 0, number / 100 + 0.005, 0.3)


def filled(count: int) -> StillThings:
    things = StillThings()
    for number in range(count):
        thing = things.remember(place(number), look(number))
        thing.rules.add("enter")
    return things


def test_what_was_seen_longest_ago_goes_first() -> None:
    """
    The list never grows beyond its bound, and who was found again stays.
    """
    things = filled(MAX_THINGS)
    assert things.find(place(0), look(0)) is not None
    things.remember(place(99), look(99))
    assert MAX_THINGS == len(things)
    assert things.find(place(0), look(0)) is not None
    assert things.find(place(1), look(1)) is None


def test_a_thing_has_a_few_looks() -> None:
    """
    By day, by lamplight, in infra-red: the newest are kept.
    """
    thing = filled(1).remember(place(0), look(0))
    assert all(thing.add_look(look(seed)) for seed in range(1, 20))
    assert not thing.add_look(look(19))
    assert MAX_LOOKS == len(thing.looks)


def test_written_and_read_again(tmp_path: Path) -> None:
    """
    Another watch knows the same things, at the same places, with the rules that told them.
    """
    folder = ThingsFolder(tmp_path)
    assert 0 == len(folder.restored("gate"))
    ThingsFolder(tmp_path).write("gate", filled(3))
    again = folder.restored("gate")
    assert filled(3).dumped() == again.dumped()
    assert 0 == len(folder.restored("yard"))


@given(st.binary() | st.text().map(str.encode) | st.just(b'{"things": [{"rect": [0, 0, 1, 1]}]}')
       | st.just(filled(1).dumped().replace(b"0.3", b"1e99"))
       | st.just(filled(1).dumped().replace(b"A", b"*")))
def test_what_is_no_dump_is_refused(content: bytes) -> None:
    """
    Whatever lies there: a ValueError, and nothing is believed.
    """
    with pytest.raises(ValueError, match="still things"):
        StillThings.restored(content)
