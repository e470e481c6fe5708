"""A wish is held against guard's own config: a taken-over watch sounds no siren that no rule may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.contract.messages import AlarmPhase
from edge.guard.alarm.wishes import AT_ONCE, breach
from edge.ipc.messages import Done, Refused
from tests.edge.guard.alarm.house import a_wish, house, settings_of

CAMERAS = settings_of(Path("/nowhere")).cameras


@pytest.mark.parametrize("changes", [
    {"camera": "yard"}, {"rule": "day"}, {"mode": "siren"}, {"severity": "alert"}, {"severity": "info"}])
def test_only_what_the_config_says_may_be_asked(changes: dict[str, Any]) -> None:
    """
    The rule exists, may raise exactly that, and its events are so severe.
    """
    assert breach(a_wish(), CAMERAS) is None
    assert breach(a_wish(**changes), CAMERAS)


def test_forged_wishes_set_nothing_off_and_are_told_once(at_rest: Path) -> None:
    """
    A thousand of them: no light, no record of an alarm, one fault that the ward reads with the panel's state.
    """
    with house(at_rest) as h:
        h.arm()
        answers = {type(h.alarm.wishes.answer(a_wish(mode="siren"))) for _ in range(1000)}
        h.until(lambda: h.alarm.view().faults, "the fault")

        assert ({Refused}, 1000) == (answers, h.alarm.wishes.refused)
        assert ["wish-refused"] == [finding.code for finding in h.alarm.view().faults]
        h.until(lambda: any(panel.faults for panel in h.panels()), "the ward to be told")
        assert [] == h.records()
        assert not h.is_on("flood")


def test_a_flood_of_wishes_that_are_allowed_fills_no_card(at_rest: Path) -> None:
    """
    While disarmed each is a refusal that is never shed: beyond a bound they are not taken up.
    """
    with house(at_rest) as h:
        answers = [h.alarm.wishes.answer(a_wish()) for _ in range(AT_ONCE + 100)]
        h.until(lambda: len(h.records()) >= AT_ONCE, "the refusals")

        assert AT_ONCE <= answers.count(Done()) <= AT_ONCE + 3
        assert {AlarmPhase.REFUSED} == set(h.phases())
        assert answers.count(Done()) == len(h.records())


def test_an_event_asks_for_one_thing(at_rest: Path) -> None:
    """
    The same event with other words is no wish of a rule's.
    """
    with house(at_rest) as h:
        h.arm()
        first = a_wish()
        assert Done() == h.alarm.wishes.answer(first)
        assert isinstance(h.alarm.wishes.answer(first.model_copy(update={"mono_ns": 1})), Refused)
