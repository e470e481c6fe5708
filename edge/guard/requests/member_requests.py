"""Coming in, going out, and keeping the roster. The roster judges each deed by the role of who asks."""

from __future__ import annotations

from dataclasses import replace

from edge.guard.requests.alarm_requests import code_refused
from edge.guard.requests.limits import CodeGate
from edge.guard.requests.outlook import Outlook
from edge.ipc.messages import Done, Message
from edge.ipc.page_guard import (
    Acts,
    ChangeCode,
    ChangeRole,
    Denied,
    Found,
    Invited,
    InviteMember,
    InvitePhone,
    LetIn,
    ListMembers,
    LookUp,
    People,
    ReadLog,
    Redeem,
    RevokeMember,
    RevokePhone,
    SignOut,
    UnlockCode,
    WithdrawInvite,
)
from edge.members.errors import (
    CodeError,
    DeniedError,
    DeniedReason,
    InviteError,
    MemberNameError,
    RosterError,
)
from edge.members.roster import Roster
from edge.members.values import Member, PhoneSession


class MemberRequests:
    """Answers what phones ask of the roster. Any thread; each may raise RosterError, which `denied` answers.
    """

    def __init__(self, roster: Roster, outlook: Outlook, codes: CodeGate) -> None:
        self._roster, self._outlook, self._codes = roster, outlook, codes

    def look_up(self, asked: LookUp) -> Message:
        return Found(invite=self._roster.look_up(asked.token))

    def redeem(self, asked: Redeem) -> Message:
        with self._codes.passing():
            made = self._roster.redeem(asked.token, asked.name, asked.code, asked.label)
        return LetIn(credential=made.secret)

    def change_code(self, asked: ChangeCode, session: PhoneSession) -> Message:
        with self._codes.passing():
            checked = self._roster.change_code(session.member.id, asked.old, asked.new)
        return Done() if checked.ok else code_refused(checked)

    def sign_out(self, _: SignOut, session: PhoneSession) -> Message:
        self._roster.revoke_phone(session.phone.id, session.member.id)
        return Done()

    def list_members(self, _: ListMembers, __: PhoneSession) -> Message:
        return People(members=tuple(_present(self._roster.members())), invites=tuple(self._roster.invites()))

    def invite(self, asked: InviteMember, session: PhoneSession) -> Message:
        made = self._roster.invite(asked.role, session.member.id, name=asked.name)
        return Invited(token=made.token, name=asked.name, role=made.role)

    def invite_phone(self, asked: InvitePhone, session: PhoneSession) -> Message:
        found = [member for member in _present(self._roster.members()) if member.id == asked.member_id]
        if not found:
            raise DeniedError(DeniedReason.UNKNOWN, f"no such member: {asked.member_id}")
        (member,) = found
        made = self._roster.invite(member.role, session.member.id, member_id=member.id)
        return Invited(token=made.token, name=member.name, role=made.role)

    def withdraw(self, asked: WithdrawInvite, session: PhoneSession) -> Message:
        self._roster.withdraw(asked.invite_id, session.member.id)
        return Done()

    def revoke_member(self, asked: RevokeMember, session: PhoneSession) -> Message:
        self._roster.revoke_member(asked.member_id, session.member.id)
        return Done()

    def revoke_phone(self, asked: RevokePhone, session: PhoneSession) -> Message:
        self._roster.revoke_phone(asked.phone_id, session.member.id)
        return Done()

    def unlock(self, asked: UnlockCode, session: PhoneSession) -> Message:
        self._roster.unlock(asked.member_id, session.member.id)
        return Done()

    def change_role(self, asked: ChangeRole, session: PhoneSession) -> Message:
        self._roster.change_role(asked.member_id, asked.role, session.member.id)
        return Done()

    def read_log(self, asked: ReadLog, session: PhoneSession) -> Message:
        """A page of the log. An open silent call stands in it for its own callers alone, for all once it is
        over.
        """
        acts = self._roster.log(asked.limit + 1, asked.before)
        older = acts[asked.limit - 1].seq if len(acts) > asked.limit else None
        hidden = self._outlook.hidden_from(session)
        shown = tuple(act for act in acts[:asked.limit]
                      if act.act.what != "alarm-silent" or act.act.subject not in hidden)
        return Acts(acts=shown, older=older)


def denied(error: RosterError) -> Denied:
    match error:
        case InviteError():
            return Denied(about="invite", reason=error.reason)
        case CodeError():
            return Denied(about="code", reason=error.reason, wait_s=error.wait_s)
        case MemberNameError():
            return Denied(about="name", reason=error.reason)
        case _:
            return Denied(about="deed", reason=error.reason, why=str(error))


def _present(members: list[Member]) -> list[Member]:
    """The members without those who were revoked, and without their phones that were."""
    return [replace(member, phones=tuple(phone for phone in member.phones if not phone.revoked))
            for member in members if not member.revoked]
