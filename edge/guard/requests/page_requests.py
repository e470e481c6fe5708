"""Every request of page: whose phone asks, whether its role may, and who answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from edge.guard.requests.act_log import ActLog
from edge.guard.requests.alarm_requests import AlarmRequests
from edge.guard.requests.care_requests import CareRequests
from edge.guard.requests.limits import CodeGate
from edge.guard.requests.member_requests import MemberRequests, denied
from edge.guard.requests.outlook import Outlook
from edge.guard.requests.sessions import Sessions
from edge.ipc import page_guard as asking
from edge.ipc.health import Chores
from edge.ipc.messages import Message
from edge.ipc.page_guard import Denied, Follow, Followed, LookUp, PhoneRequest, Redeem, Seen, Stranger, Whose
from edge.ipc.panel import Panel
from edge.members.errors import DeniedReason, RosterError
from edge.members.roster import Roster
from edge.members.values import MemberRole, PhoneSession

Kind = TypeVar("Kind", bound=PhoneRequest)
Standing = Literal["gone", "member", "keeper"]


class PageRequests:
    """Answers of one roster. Any thread."""

    def __init__(self, panel: Panel, roster: Roster, outlook: Outlook, chores: Chores, acts: ActLog) -> None:
        codes = CodeGate()
        self._outlook, self._sessions = outlook, Sessions(roster)
        self._alarm = AlarmRequests(panel, roster, outlook, acts, codes)
        self._members = MemberRequests(roster, outlook, codes)
        self._care = CareRequests(chores, acts)
        self._answers: dict[type[PhoneRequest], Callable[[Any, PhoneSession], Message]] = {}
        self._for_keepers: set[type[PhoneRequest]] = set()
        self._register()

    def answer(self, asked: asking.Asked) -> Message:
        """What `Handler` calls.

        Raises RetryableError where it may be asked again, FatalError where the roster is damaged or replaced.
        """
        try:
            match asked:
                case Follow():
                    return self._follow(asked)
                case LookUp():
                    return self._members.look_up(asked)
                case Redeem():
                    return self._members.redeem(asked)
                case _:
                    return self._of_phone(asked)
        except RosterError as exc:
            return denied(exc)

    def _of_phone(self, asked: PhoneRequest) -> Message:
        session = self._sessions.of(asked.credential)
        if session is None:
            return Stranger()
        if type(asked) in self._for_keepers and session.member.role is MemberRole.MEMBER:
            return Denied(about="deed", reason=DeniedReason.NOT_ALLOWED)
        return self._answers[type(asked)](asked, session)

    def _register(self) -> None:
        anybody, keepers = self._add, self._add_for_keepers
        anybody(asking.WhoIs, lambda _, session: Whose(session=session))
        anybody(asking.Look, lambda _, session: Seen(shown=self._outlook.shown(session)))
        anybody(asking.RaiseAlarm, self._alarm.raise_alarm)
        anybody(asking.CancelAlarm, self._alarm.cancel)
        anybody(asking.ArmBox, self._alarm.arm)
        anybody(asking.DisarmBox, self._alarm.disarm)
        anybody(asking.ChangeCode, self._members.change_code)
        anybody(asking.SignOut, self._members.sign_out)
        anybody(asking.InvitePhone, self._members.invite_phone)
        anybody(asking.RevokePhone, self._members.revoke_phone)
        keepers(asking.TryOutputs, self._alarm.try_outputs)
        keepers(asking.StartTest, self._care.start_test)
        keepers(asking.StartBundle, self._care.start_bundle)
        keepers(asking.BundlePart, self._care.bundle_part)
        keepers(asking.ListMembers, self._members.list_members)
        keepers(asking.InviteMember, self._members.invite)
        keepers(asking.WithdrawInvite, self._members.withdraw)
        keepers(asking.RevokeMember, self._members.revoke_member)
        keepers(asking.UnlockCode, self._members.unlock)
        keepers(asking.ChangeRole, self._members.change_role)
        keepers(asking.ReadLog, self._members.read_log)

    def _add(self, kind: type[Kind], does: Callable[[Kind, PhoneSession], Message]) -> None:
        self._answers[kind] = does

    def _add_for_keepers(self, kind: type[Kind], does: Callable[[Kind, PhoneSession], Message]) -> None:
        self._add(kind, does)
        self._for_keepers.add(kind)

    def _follow(self, asked: Follow) -> Message:
        now = self._followed(asked)
        if set(now.standing) == {"gone"}:
            return Stranger()
        if now.mark == asked.seen:
            self._outlook.wait(lambda: self._followed(asked).mark != asked.seen, asked.timeout_s)
            now = self._followed(asked)
        return now

    def _followed(self, asked: Follow) -> Followed:
        """What is shown to all, with a mark of all that these phones may know of, and of nothing else."""
        sessions = [self._sessions.recall(credential) for credential in asked.credentials]
        standing = tuple(_standing(session) for session in sessions)
        shown = self._outlook.shown_to_all(with_health="keeper" in standing)
        callers = self._outlook.callers()
        own = {place: self._outlook.shown(session) for place, session in enumerate(sessions)
               if session is not None and session.member.id in callers}
        numbers = [(place, its.run, its.number) for place, its in own.items()]
        known = repr((shown.run, shown.number, standing, numbers, asked.credentials))
        return Followed(mark=hashlib.sha256(known.encode()).hexdigest()[:32], shown=shown, own=own,
                        standing=standing)


def _standing(session: PhoneSession | None) -> Standing:
    if session is None:
        return "gone"
    return "member" if session.member.role is MemberRole.MEMBER else "keeper"
