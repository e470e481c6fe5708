"""Calling for help, ending an alarm, arming, trying outputs: what a member may ask of the alarm."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from edge.base.limiter import Flow
from edge.contract.messages import AlarmCause, AlarmMode
from edge.guard.requests.act_log import ActLog
from edge.guard.requests.limits import CodeGate, Endings
from edge.guard.requests.outlook import Outlook
from edge.ipc.messages import Message
from edge.ipc.page_guard import (
    Acted,
    ArmBox,
    CancelAlarm,
    CodeRefused,
    DisarmBox,
    RaiseAlarm,
    TooSoon,
    TryOutputs,
)
from edge.ipc.panel import Actor, Answer, Arm, Cancel, Panel, Raise, Refusal, Request, SelfTest
from edge.members.roster import Roster
from edge.members.values import Act, CodeCheck, PhoneSession

ANSWER_S = 3.0                 # a phone asks again after a while; the panel knows the request by its id
_LIGHTS_EVERY_S, _SIREN_EVERY_S = 5.0, 60.0     # the neighbours have ears
_MAX_LOGGED = 500


class AlarmRequests:
    """Answers what known phones ask of the alarm. Any thread."""

    def __init__(self, panel: Panel, roster: Roster, outlook: Outlook, acts: ActLog, codes: CodeGate,
                 now_s: Callable[[], float] = time.monotonic) -> None:
        self._panel, self._roster, self._outlook, self._acts = panel, roster, outlook, acts
        self._codes, self._now_s = codes, now_s
        self._endings = Endings()
        self._lights, self._sirens = Flow(1, _LIGHTS_EVERY_S), Flow(1, _SIREN_EVERY_S)
        self._logged: OrderedDict[str, None] = OrderedDict()     # requests that stand in the log
        self._logged_lock = Lock()

    def raise_alarm(self, asked: RaiseAlarm, session: PhoneSession) -> Message:
        """Never refused here, and never waiting for the roster's disk."""
        request_id = f"{session.phone.id}/{asked.request_id}"       # no phone swallows another's call
        answer = self._panel.request(Raise(_actor(session), asked.mode, request_id=request_id), ANSWER_S)
        if answer.refusal is not Refusal.STOPPING and self._is_first(request_id):
            what = "alarm-refused" if not answer.accepted else \
                "alarm-silent" if asked.mode is AlarmMode.SILENT else "alarm-raised"
            self._acts.later(_act(what, session, answer))
        return self._acted(answer, session)

    def cancel(self, asked: CancelAlarm, session: PhoneSession) -> Message:
        """End the alarm with the member's code; no try is spent where this member knows of no alarm."""
        if self._outlook.shown(session).view.alarm is None:
            return Acted(accepted=False, refusal=Refusal.NOTHING)
        wait_s = self._endings.wait_s(session.member.id, self._now_s())
        if wait_s:
            return TooSoon(wait_s=wait_s)
        refused = self._wrong_code(session, asked.code)
        if refused is not None:
            return refused
        answered = self._ask(Cancel(_actor(session)), "alarm-cancelled", session)
        if answered.accepted:
            self._endings.count(session.member.id, self._now_s())
        return answered

    def arm(self, _: ArmBox, session: PhoneSession) -> Message:
        """Arm the box, as any member may: it takes nothing from anybody, and the log names who did it."""
        return self._ask(Arm(_actor(session), True), "armed", session)

    def disarm(self, asked: DisarmBox, session: PhoneSession) -> Message:
        """Disarm the box with the member's code: a stolen phone opens no door."""
        return self._wrong_code(session, asked.code) or \
            self._ask(Arm(_actor(session), False), "disarmed", session)

    def try_outputs(self, asked: TryOutputs, session: PhoneSession) -> Message:
        wait_s = (self._sirens if asked.with_siren else self._lights).take(self._now_s())
        if wait_s:
            return TooSoon(wait_s=wait_s)
        what = "siren-tried" if asked.with_siren else "lights-tried"
        return self._ask(SelfTest(_actor(session), asked.with_siren), what, session)

    def _wrong_code(self, session: PhoneSession, code: str) -> CodeRefused | None:
        with self._codes.passing():
            checked = self._roster.check_code(session.member.id, code)
        return None if checked.ok else code_refused(checked)

    def _ask(self, request: Request, what: str, session: PhoneSession) -> Acted:
        answer = self._panel.request(request, ANSWER_S)
        if answer.accepted:
            self._acts.now(_act(what, session, answer))
        return self._acted(answer, session)

    def _acted(self, answer: Answer, session: PhoneSession) -> Acted:
        return Acted(accepted=answer.accepted, refusal=answer.refusal,
                     shown=self._outlook.shown(session) if answer.accepted else None)

    def _is_first(self, request_id: str) -> bool:
        with self._logged_lock:
            if request_id in self._logged:
                return False
            self._logged[request_id] = None
            while len(self._logged) > _MAX_LOGGED:
                self._logged.popitem(last=False)
            return True


def code_refused(checked: CodeCheck) -> CodeRefused:
    return CodeRefused(result=checked.result, tries_left=checked.tries_left, wait_s=checked.wait_s)


def _actor(session: PhoneSession) -> Actor:
    return Actor(AlarmCause.MEMBER, session.member.name, session.member.id)


def _act(what: str, session: PhoneSession, answer: Answer) -> Act:
    detail = {"phone": session.phone.label or session.phone.id}
    if answer.refusal is not None:
        detail["refusal"] = answer.refusal.value
    return Act(what, session.member.id, answer.alarm_id, detail)
