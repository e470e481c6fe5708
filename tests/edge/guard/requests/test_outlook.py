"""What is new to whom."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from edge.contract.messages import AlarmCause, AlarmMode, PanelPhase
from edge.guard.requests.outlook import Outlook
from edge.ipc.health import Surroundings
from edge.ipc.panel import Actor, CallProgress, CallStage, Ongoing, Outward, Panel, PanelView
from edge.members.values import PhoneSession
from tests.edge.page.stand import Stand

LOUD = Ongoing("a", AlarmMode.SIREN, Actor(AlarmCause.BUTTON, "gate"), 0, "2026-11-23T03:20:00.000Z", 60.0)


class StillPanel:
    """A panel that changes when it is told to."""

    def __init__(self, view: PanelView) -> None:
        self.now = view

    def view(self) -> PanelView:
        return self.now


def test_that_a_call_has_come_further_is_new_to_those_who_may_know_of_it(stand: Stand) -> None:
    """
    The alarm itself has not changed. While a silent call is open, that it has come further changes nothing
    for anybody else, not even a number.
    """
    lan, binh = (stand.roster.authenticate(stand.join(name).secret) for name in ("Lan", "Bình"))
    assert lan is not None
    assert binh is not None
    caller = Actor(AlarmCause.MEMBER, "Lan", lan.member.id)
    panel = StillPanel(PanelView(1, PanelPhase.SOUNDING, True, alarm=LOUD))
    outlook = Outlook(cast(Panel, panel), Surroundings)

    def number(session: PhoneSession) -> int:
        return outlook.shown(session).number

    was = number(lan), number(binh)
    panel.now = replace(panel.now, alarm=replace(LOUD, progress=CallProgress(CallStage.UPLINK)))
    assert (was[0] + 1, was[1] + 1) == (number(lan), number(binh))
    assert (was[0] + 1, was[1] + 1) == (number(lan), number(binh))

    outward = Outward((caller,), PanelPhase.SOUNDING, panel.now.alarm)
    panel.now = replace(panel.now, version=2, alarm=LOUD, outward=outward)
    was = number(lan), number(binh)
    panel.now = replace(panel.now, alarm=replace(LOUD, progress=CallProgress(CallStage.WARD)))
    assert (was[0] + 1, was[1]) == (number(lan), number(binh))
    seen = [outlook.shown(session).view.alarm for session in (lan, binh)]
    assert [CallStage.WARD, CallStage.UPLINK] == [alarm.progress.stage for alarm in seen if alarm is not None]
