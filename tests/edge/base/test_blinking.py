"""The lights' language: what each says at every moment, and that nothing looks like anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.blinking import AT_WORK, QUICK, STEADY, UNWELL, WELL, Flashes, played
from edge.base.values import NS_PER_S
from edge.upkeep.firstboot.signals import PATTERNS

LIGHTS = {"well": WELL, "unwell": UNWELL, "at work": AT_WORK, "alarm": QUICK}
TENTH_NS = NS_PER_S // 10
DAY_NS = 24 * 3600 * NS_PER_S
flashes = st.lists(st.tuples(st.floats(0.05, 3600), st.floats(0.05, 3600)), max_size=6).map(tuple)


def drawn(light: Flashes, seconds: float) -> str:
    """A sign for each tenth of a second."""
    return "".join("#" if played(light, at * TENTH_NS).on else "." for at in range(round(seconds * 10)))


@pytest.mark.parametrize(("light", "picture"), [
    (WELL, ("#" * 28 + "..") * 2),
    (UNWELL, ("##...##" + "." * 23) * 2),
    (AT_WORK, "#####....." * 6),
])
def test_a_light_says_what_the_guides_say(light: Flashes, picture: str) -> None:
    """
    Lit with a wink of 0.2 s every 3 s; dark with two short flashes every 3 s; half a second on and off.
    """
    assert picture == drawn(light, 6)


def test_no_light_that_is_stuck_says_anything() -> None:
    """
    What tells of a box is both on and off within 3 seconds, so a dead one is known within that time.
    """
    for light in LIGHTS.values():
        assert {True, False} == {played(light, at * TENTH_NS).on for at in range(30)}


def test_no_two_lights_look_alike() -> None:
    """
    Whoever looks for as long as the longest takes sees which it is, whenever they began to look.
    """
    every = [*LIGHTS.values(), *(pattern.flashes for pattern in PATTERNS.values())]
    assert len(every) == len({seen_as(light) for light in every})


def seen_as(light: Flashes) -> tuple[tuple[int, int], ...]:
    """The same for one light, wherever in it one begins: the least of its rotations, in hundredths."""
    parts = [(round(on_s * 100), round(off_s * 100)) for on_s, off_s in light]
    return min(tuple(parts[at:] + parts[:at]) for at in range(len(parts)))


@given(flashes, st.integers(0, 365 * DAY_NS))
def test_nothing_changes_before_it_is_said(light: Flashes, elapsed_ns: int) -> None:
    """
    Up to the next change the light is as it is now, and from then on it is otherwise.
    """
    now = played(light, elapsed_ns)
    if now.next_ns is None:
        assert light == STEADY
        assert now.on
        return
    assert now.next_ns > 0
    assert now.on is played(light, elapsed_ns + now.next_ns - 1).on
    assert now.on is not played(light, elapsed_ns + now.next_ns).on


@given(flashes.filter(bool))
def test_rounds_are_counted(light: Flashes) -> None:
    """
    A buzzer that is to beep five times stops after the fifth round.
    """
    at_ns, rounds = 0, []
    for _ in range(4 * len(light)):
        now = played(light, at_ns)
        rounds.append(now.rounds)
        assert now.next_ns is not None
        at_ns += now.next_ns
    assert [0] * 2 * len(light) + [1] * 2 * len(light) == rounds
