"""The alarm on a card that takes nothing any more: all of it works, the ward hears of it, and it is told."""

from __future__ import annotations

from pathlib import Path

from edge.contract.messages import AlarmMode, AlarmPhase, PanelPhase
from edge.ipc.panel import Cancel, Raise
from tests.edge.guard.alarm.house import HANH, House, house
from tests.mounts import own_card


def codes(h: House) -> list[str]:
    return [fault.code for fault in h.alarm.view().faults]


def test_a_full_card_hinders_neither_siren_nor_ward(at_rest: Path) -> None:
    """
    Uplink has the records of a call although the ledger cannot be written. That is a fault of the panel until
    there is room again; then the card has what the ward is owed.
    """
    with own_card(at_rest / "state/guard") as card, house(at_rest) as h:
        card.fill_up()
        assert h.alarm.request(Raise(HANH, AlarmMode.SIREN)).accepted
        assert h.is_on("siren")
        h.until(lambda: h.phases() == [AlarmPhase.RAISED], "the ward to hear")
        h.until(lambda: "calls-unsaved" in codes(h), "the fault")
        assert h.alarm.request(Cancel(HANH)).accepted

        card.make_room()
        h.until(lambda: h.listed() == [AlarmPhase.RAISED, AlarmPhase.SILENCED], "the card to have it")
        h.until(lambda: "calls-unsaved" not in codes(h), "no fault")


def test_guard_starts_again_on_a_read_only_card(at_rest: Path) -> None:
    """The siren that sounded goes on, its end is asked for and told, and nothing is told twice anew."""
    with own_card(at_rest / "state/guard") as card:
        with house(at_rest) as h:
            assert h.alarm.request(Raise(HANH, AlarmMode.SIREN)).accepted
        card.make_read_only()
        with house(at_rest) as h:
            assert h.is_on("siren")
            h.until(lambda: "calls-unsaved" in codes(h), "the fault")
            assert h.alarm.request(Cancel(HANH)).accepted
            h.until_phase(PanelPhase.COOLDOWN)
            h.until(lambda: h.phases() == [AlarmPhase.RAISED, AlarmPhase.SILENCED], "the ward to hear")
