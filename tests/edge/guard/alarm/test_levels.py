"""What is on, and its level at every moment: patterns, a beacon's glow, limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.blinking import AT_WORK, QUICK, STEADY, UNWELL, WELL, Flashes
from edge.base.values import NS_PER_S
from edge.config.model import OutputKind, Pattern
from edge.contract.messages import AlarmMode
from edge.guard.alarm.levels import levels, next_change_ns, wanted
from edge.guard.alarm.signals import OutputsFailed, Pressed
from edge.ipc.panel import Cancel, SelfTest
from tests.edge.guard.alarm.played import MEMBER, Played, call, make_policy, steady

KINDS = {"siren": OutputKind.SIREN, "strobe": OutputKind.STROBE, "flood": OutputKind.FLOOD,
         "beacon": OutputKind.BEACON, "buzzer": OutputKind.BUZZER}


def box_with(pattern: Pattern, max_on_s: float | None = None) -> Played:
    return Played(make_policy({name: steady(kind, 9 + pin, max_on_s, pattern)
                               for pin, (name, kind) in enumerate(KINDS.items())}))


def edges_s(box: Played, name: str, glow: Flashes | None, until_s: float) -> list[tuple[float, bool]]:
    """When the level of `name` changes, and to what, from now on, looked at only when told to look."""
    at_ns = since_ns = box.now_ns
    seen = [(0.0, levels(box.state, box.policy, at_ns, glow)[name])]
    while (due_ns := next_change_ns(box.state, box.policy, at_ns, glow)) is not None:
        if due_ns > since_ns + until_s * NS_PER_S:
            break
        assert due_ns > at_ns
        at_ns = due_ns
        level = levels(box.state, box.policy, at_ns, glow)[name]
        if level is not seen[-1][1]:
            seen.append(((at_ns - since_ns) / NS_PER_S, level))
    return seen


@pytest.mark.parametrize(("pattern", "edges"), [
    (Pattern.STEADY, [(0.0, True)]),
    (Pattern.SLOW, [(0.0, True), (1.0, False), (2.0, True), (3.0, False), (4.0, True), (5.0, False)]),
    (Pattern.FAST, [(n / 4, n % 2 == 0) for n in range(23)]),
    (Pattern.WAIL, [(0.0, True), (4.0, False), (5.0, True)]),
])
def test_a_pattern_begins_with_on(pattern: Pattern, edges: list[tuple[float, bool]]) -> None:
    """
    From the moment the alarm begins, at the pattern's own times, looked at no more often than it says.
    """
    box = box_with(pattern)
    box.tell(call(MEMBER))
    for name in ("siren", "strobe", "flood"):
        assert edges == edges_s(box, name, None, 5.5)


def test_a_pulsing_siren_is_on() -> None:
    """
    In the off part of its pattern, too: people hear one siren.
    """
    box = box_with(Pattern.WAIL)
    box.tell(call(MEMBER))
    box.wait(4.5)
    assert (True, False) == ("siren" in box.on, levels(box.state, box.policy, box.now_ns, None)["siren"])


def test_a_beacon_glows_by_health_until_an_alarm_can_be_seen() -> None:
    """
    Its glow while calm and during a silent call, fast with lights or siren, whatever its own pattern.
    """
    box = box_with(Pattern.STEADY)
    calm = edges_s(box, "beacon", WELL, 6)
    box.tell(Pressed("quiet"))
    box.wait(6)
    assert calm == edges_s(box, "beacon", WELL, 6)
    assert "beacon" not in box.on
    box.tell(call(MEMBER, AlarmMode.LIGHT))
    assert [(0.0, True), (0.25, False), (0.5, True)] == edges_s(box, "beacon", WELL, 0.5)
    box.tell(Cancel(MEMBER))
    assert calm == edges_s(box, "beacon", WELL, 6)


def test_without_a_glow_the_beacon_is_dark() -> None:
    """
    And nothing wakes the thread.
    """
    box = box_with(Pattern.FAST)
    assert not any(levels(box.state, box.policy, box.now_ns, None).values())
    assert next_change_ns(box.state, box.policy, box.now_ns, None) is None


def test_a_steady_glow_has_no_edges() -> None:
    """
    A beacon that is simply on wakes nobody.
    """
    box = box_with(Pattern.FAST)
    assert levels(box.state, box.policy, box.now_ns, STEADY)["beacon"]
    assert next_change_ns(box.state, box.policy, box.now_ns, STEADY) is None


def test_nothing_stays_on_when_nobody_ticks() -> None:
    """
    With the books as they were at the request, hours later, every output is off at its time.
    """
    box = box_with(Pattern.STEADY)
    for signal, off_s in ((call(MEMBER), 60), (call(MEMBER, AlarmMode.LIGHT), 300), (Pressed("panic"), 0.8),
                          (SelfTest(MEMBER, with_siren=True), 6.5)):
        box = box_with(Pattern.STEADY)
        box.tell(signal)
        off_ns = box.now_ns + round(off_s * NS_PER_S)
        assert wanted(box.state, box.policy, off_ns - 1)
        assert frozenset() == wanted(box.state, box.policy, off_ns)


def test_what_is_on_does_not_hang_on_whether_outputs_work() -> None:
    """
    One that fails leaves the others their level, and finds its own when it works again.
    """
    box = box_with(Pattern.STEADY)
    box.tell(call(MEMBER))
    before = levels(box.state, box.policy, box.now_ns, None)
    box.tell(OutputsFailed("output 'flood': no chip"))
    assert before == levels(box.state, box.policy, box.now_ns, None)


@given(st.sampled_from(Pattern), st.sampled_from([None, STEADY, WELL, UNWELL, AT_WORK, QUICK]),
       st.sampled_from(AlarmMode), st.floats(0.3, 200), st.floats(0, 250))
def test_no_change_between_the_changes(pattern: Pattern, glow: Flashes | None, mode: AlarmMode,
                                       max_on_s: float, at_s: float) -> None:
    """
    Up to the moment that `next_change_ns` tells, all levels stay; the level is on only of what is wanted.
    """
    box = box_with(pattern, min(max_on_s, 30.0))
    box.tell(call(MEMBER, mode))
    now_ns = box.now_ns + round(at_s * NS_PER_S)
    due_ns = next_change_ns(box.state, box.policy, now_ns, glow)
    at_now = levels(box.state, box.policy, now_ns, glow)
    assert due_ns is None or due_ns > now_ns
    last_ns = now_ns + 10 * NS_PER_S if due_ns is None else due_ns - 1
    for between_ns in (now_ns, (now_ns + last_ns) // 2, last_ns):
        assert at_now == levels(box.state, box.policy, between_ns, glow)
    on = {name for name, level in at_now.items() if level}
    assert on <= wanted(box.state, box.policy, now_ns) | (set() if glow is None else {"beacon"})


def test_a_clock_behind_the_books_shows_the_books() -> None:
    """
    A moment before the last signal is taken as that moment.
    """
    box = box_with(Pattern.STEADY)
    box.tell(call(MEMBER))
    assert {"siren", "strobe", "flood", "beacon"} == wanted(box.state, box.policy, 0)
    assert levels(box.state, box.policy, 0, None)["siren"]
