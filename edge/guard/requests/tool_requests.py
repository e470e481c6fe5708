"""What root's tools ask of the roster while guard runs."""

from __future__ import annotations

from edge.guard.requests.member_requests import denied
from edge.ipc import tools_guard as asking
from edge.ipc.messages import Done, Message
from edge.ipc.tools_guard import HeadIs, InviteMade, LogRows, Verified, WholeRoll
from edge.members.errors import RosterError
from edge.members.roster import Roster


class ToolRequests:
    """Any thread."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    def answer(self, asked: asking.Asked) -> Message:
        """What `Handler` calls. Raises RetryableError, FatalError as Roster."""
        try:
            return self._answer(asked)
        except RosterError as exc:
            return denied(exc)

    def _answer(self, asked: asking.Asked) -> Message:
        roster = self._roster
        match asked:
            case asking.Roll():
                return WholeRoll(members=tuple(roster.members()), invites=tuple(roster.invites()))
            case asking.Invite():
                made = roster.invite(asked.role, asked.by, name=asked.name, member_id=asked.member_id,
                                     expires_s=asked.expires_s)
                return InviteMade(id=made.id, role=made.role, expires_utc=made.expires_utc, token=made.token)
            case asking.Revoke():
                return self._revoke(asked)
            case asking.Unlock():
                roster.unlock(asked.id, asked.by)
                return Done()
            case asking.Log():
                return LogRows(acts=tuple(roster.log(asked.limit, asked.before)))
            case asking.Verify():
                return Verified(broken=roster.verify_log())
            case asking.Head():
                return HeadIs(head=roster.log_head())

    def _revoke(self, asked: asking.Revoke) -> Message:
        match asked.what:
            case "member":
                self._roster.revoke_member(asked.id, asked.by)
            case "phone":
                self._roster.revoke_phone(asked.id, asked.by)
            case "invite":
                self._roster.withdraw(asked.id, asked.by)
        return Done()
