"""The debouncer by its laws: sound wires, wires that hum, and wires that only hum."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.gpio.debouncer import CHANGES, SHARE_ON, TOLD_FOR_NS, UNREST, WINDOW, Debouncer

MS = 1_000_000
DEBOUNCE_NS = 30 * MS
WINDOW_NS, UNREST_NS = WINDOW * DEBOUNCE_NS, UNREST * DEBOUNCE_NS
HOLD_NS = 800 * MS
Edge = tuple[int, bool]             # when, and what the contact is from then on
Told = tuple[bool, int, int]        # active, since when, told at


def watched(edges: list[Edge], until_ns: int, late_ns: int = 0) -> tuple[list[Told], Debouncer]:
    """Every change that is told up to `until_ns`; the thread looks at due times, late by so much."""
    contact, told = Debouncer(DEBOUNCE_NS, False, 0), list[Told]()

    def settle(at_ns: int) -> None:
        if contact.settle(at_ns):
            assert contact.stable is not None
            told.append((contact.stable, contact.changed_ns, at_ns))

    for at_ns, active in [*edges, (until_ns, edges[-1][1] if edges else False)]:
        due_ns = contact.due_ns
        if due_ns is not None and due_ns + late_ns < at_ns:
            settle(due_ns + late_ns)
        settle(at_ns)
        contact.see(active, at_ns)
    return told, contact


@st.composite
def trains(draw: st.DrawFn, longest_ms: int = 100) -> list[Edge]:
    """Any edges, each a change."""
    at_ns, edges = 0, list[Edge]()
    for number, after_ms in enumerate(draw(st.lists(st.integers(1, longest_ms), max_size=60))):
        at_ns += after_ms * MS
        edges.append((at_ns, number % 2 == 0))
    return edges


def levels(edges: list[Edge], until_ns: int) -> Iterator[tuple[bool, int, int]]:
    """Each level: what, from, until."""
    for (at_ns, active), (end_ns, _) in pairwise([(0, False), *edges, (until_ns, False)]):
        yield active, at_ns, end_ns


def active_ns(edges: list[Edge], from_ns: int, until_ns: int) -> int:
    """How long the contact was active between the two, added up level by level."""
    return sum(max(0, min(end_ns, until_ns) - max(at_ns, from_ns))
               for active, at_ns, end_ns in levels(edges, until_ns) if active)


def end_of(edges: list[Edge]) -> int:
    return edges[-1][0] if edges else 0


@given(edges=trains(), late_ns=st.integers(0, 50 * MS))
def test_what_is_kept_is_told(edges: list[Edge], late_ns: int) -> None:
    """
    A level kept for the debounce time holds at its end, however late the thread is, whatever was before.
    """
    until_ns = end_of(edges) + 200 * MS
    told, _ = watched(edges, until_ns, late_ns)
    for active, at_ns, end_ns in levels(edges, until_ns):
        if end_ns - at_ns >= DEBOUNCE_NS:
            assert active is [it for it, _, told_ns in told if told_ns <= end_ns][-1]


@given(edges=trains())
def test_a_clean_change_is_told_after_the_debounce_time(edges: list[Edge]) -> None:
    """
    What is told by silence is told exactly the debounce time after the contact came to rest; and all that is
    told differs from what was told before.
    """
    told, _ = watched(edges, end_of(edges) + 200 * MS)
    rests = {at_ns for at_ns, _ in [(0, False), *edges]}
    assert all(told_ns == since_ns + DEBOUNCE_NS for _, since_ns, told_ns in told
               if since_ns in rests and told_ns - since_ns != WINDOW_NS)
    assert all(before[0] is not after[0] for before, after in pairwise(told))
    assert sorted(since_ns for _, since_ns, _ in told) == [since_ns for _, since_ns, _ in told]


@given(edges=trains())
def test_noise_raises_nothing(edges: list[Edge]) -> None:
    """
    Only what was active without a break for the debounce time, or for SHARE_ON of WINDOW, is a press.
    """
    until_ns = end_of(edges) + 200 * MS
    for active, _, told_ns in watched(edges, until_ns)[0]:
        if active:
            assert active_ns(edges, told_ns - DEBOUNCE_NS, told_ns) == DEBOUNCE_NS or \
                active_ns(edges, told_ns - WINDOW_NS, told_ns) >= SHARE_ON * WINDOW_NS


@given(period_ms=st.integers(2, 40), share=st.floats(0.05, 0.95), phase_ms=st.integers(0, 40),
       jitter=st.lists(st.floats(-0.05, 0.05), min_size=8, max_size=8))
def test_a_press_that_hums_is_heard_or_told(period_ms: int, share: float, phase_ms: int,
                                            jitter: list[float]) -> None:
    """
    Held for as long as a hold, on a wire that does not rest: it is heard for as long, or the wire chatters,
    there and then; where the contact is closed most of the time it is heard.
    """
    edges, at_ns, number = list[Edge](), 500 * MS + phase_ms * MS, 0
    while at_ns < 500 * MS + HOLD_NS + 2 * WINDOW_NS:
        on = share + jitter[number % len(jitter)] * min(share, 1 - share)
        edges += [(at_ns, True), (at_ns + max(1, round(on * period_ms * MS)), False)]
        at_ns, number = at_ns + period_ms * MS, number + 1
    until_ns = end_of(edges) + 200 * MS
    told, contact = watched(edges, until_ns)

    longest_ns = max(end_ns - from_ns for _, from_ns, end_ns in levels(edges, end_of(edges)) if from_ns)
    heard = [since_ns for active, since_ns, _ in told if active]
    held = [(since_ns, next((end for is_on, end, _ in told if not is_on and end > since_ns), until_ns))
            for since_ns in heard]
    assert contact.chatters(until_ns) or any(end - since_ns >= HOLD_NS for since_ns, end in held)
    if longest_ns < DEBOUNCE_NS:
        assert contact.chatters(until_ns)
        if share >= SHARE_ON + 0.11:
            assert heard


def hum(from_ns: int, until_ns: int, period_ms: int, low_ms: int) -> list[Edge]:
    return [edge for at_ns in range(from_ns, until_ns, period_ms * MS)
            for edge in ((at_ns, True), (at_ns + low_ms * MS, False))]


def test_mains_hum_chatters_and_a_press_on_it_is_one_press() -> None:
    """
    100 Hz, 3 of 10 ms low, and 50 Hz, 5 of 20: nothing is pressed, the wire chatters. Twice a button is held
    for a second: each time it is told as pressed within the debounce time, and as let go although it hums on.
    """
    for period_ms, low_ms in ((10, 3), (20, 5)):
        pressed_ns, released_ns = [2_000 * MS, 4_000 * MS], [3_000 * MS, 5_000 * MS]
        edges = [*hum(1_000 * MS, 2_000 * MS, period_ms, low_ms), (2_000 * MS, True),
                 (3_000 * MS, False), *hum(3_001 * MS, 4_000 * MS, period_ms, low_ms),
                 (4_000 * MS, True), (5_000 * MS, False), *hum(5_001 * MS, 6_000 * MS, period_ms, low_ms)]
        told, contact = watched(edges, 6_100 * MS)

        assert [False, True, False, True, False] == [active for active, _, _ in told]
        assert [at + DEBOUNCE_NS for at in pressed_ns] == [told_ns for active, _, told_ns in told if active]
        assert all(told_ns <= at + 2 * WINDOW_NS for (_, _, told_ns), at in
                   zip([it for it in told[1:] if not it[0]], released_ns, strict=True))
        assert contact.chatters(6_100 * MS)
        assert not contact.chatters(6_000 * MS + TOLD_FOR_NS)


def test_a_bounce_is_no_chatter() -> None:
    """
    Nine presses that bounce for 20 ms at each end, one a second: eighteen changes, and a sound wire.
    """
    edges = list[Edge]()
    for at_ms in range(500, 9_500, 1_000):
        for from_ms, active in ((at_ms, True), (at_ms + 400, False)):
            edges += [((from_ms + bounce_ms) * MS, active is (bounce_ms % 4 == 0))
                      for bounce_ms in range(0, 22, 2)]
    told, contact = watched(edges, 10_000 * MS)
    assert [False, *[True, False] * 9] == [active for active, _, _ in told]
    assert not contact.chatters(10_000 * MS)


def test_a_loose_contact_that_rests_between_is_told() -> None:
    """
    40 ms on, 40 ms off: each is told, no hold is ever over, and within a second it chatters.
    """
    edges = [edge for at_ms in range(500, 1_500, 80)
             for edge in ((at_ms * MS, True), ((at_ms + 40) * MS, False))]
    told, contact = watched(edges, 2_000 * MS)
    assert CHANGES <= len(told)
    assert contact.chatters(2_000 * MS)
