"""The roster for root's tools: guard is asked where it runs; where it does not, its file is opened here.

Then guard's lock is held meanwhile, so that no guard starts beside us.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NoReturn, Protocol, TypeVar

from edge.base.errors import FatalError, RetryableError
from edge.base.sockets import Client
from edge.bundle.roster_opening import open_roster
from edge.config.folders import runtime_folder
from edge.config.model import EdgeSettings
from edge.gpio.pins import hold
from edge.ipc import tools_guard as asking
from edge.ipc.channels import TOOLS_TO_GUARD, Program
from edge.ipc.messages import Done, Message, Refused, ask
from edge.ipc.page_guard import Denied
from edge.ipc.tools_guard import HeadIs, InviteMade, LogRows, Verified, WholeRoll
from edge.members.errors import raised
from edge.members.values import INVITE_S, Invite, LogBreak, LoggedAct, LogHead, Member, MemberRole, OpenInvite

_ANSWER_S = 30.0               # a slow card; and a whole log is read

Wanted = TypeVar("Wanted", bound=Message)


class RosterAccess(Protocol):
    """What the tools need of `edge.members.roster.Roster`, which says what each does and raises."""

    def members(self) -> list[Member]: ...

    def invites(self) -> list[OpenInvite]: ...

    def invite(self, role: MemberRole, by: str, *, name: str = "", member_id: str = "",
               expires_s: float = INVITE_S) -> Invite: ...

    def withdraw(self, invite_id: str, by: str) -> None: ...

    def revoke_phone(self, phone_id: str, by: str) -> None: ...

    def revoke_member(self, member_id: str, by: str) -> None: ...

    def unlock(self, member_id: str, by: str) -> None: ...

    def log(self, limit: int, before: int | None = None) -> list[LoggedAct]: ...

    def verify_log(self) -> LogBreak | None: ...

    def log_head(self) -> LogHead: ...


@contextlib.contextmanager
def opened(settings: EdgeSettings, by: str) -> Iterator[RosterAccess]:
    """`by`: "tool:USER". Raises as `Roster.open`; FatalError: guard runs, and does not answer."""
    client = TOOLS_TO_GUARD.client(settings.box.runtime_dir)
    with contextlib.closing(client):
        guards = GuardsRoster(client, by)
        if guards.answers():
            yield guards
            return
    with hold(runtime_folder(settings, Program.GUARD)), contextlib.closing(open_roster(settings)) as roster:
        yield roster


class GuardsRoster:
    """Implements `RosterAccess` by asking guard."""

    def __init__(self, client: Client, by: str) -> None:
        self._client, self._by = client, by

    def answers(self) -> bool:
        """Whether guard does."""
        try:
            self.log_head()
        except RetryableError:
            return False
        return True

    def members(self) -> list[Member]:
        return list(self._ask(asking.Roll(by=self._by), WholeRoll).members)

    def invites(self) -> list[OpenInvite]:
        return list(self._ask(asking.Roll(by=self._by), WholeRoll).invites)

    def invite(self, role: MemberRole, by: str, *, name: str = "", member_id: str = "",
               expires_s: float = INVITE_S) -> Invite:
        made = self._ask(asking.Invite(by=by, role=role, name=name, member_id=member_id, expires_s=expires_s),
                         InviteMade)
        return Invite(made.id, made.role, made.expires_utc, made.token)

    def withdraw(self, invite_id: str, by: str) -> None:
        self._ask(asking.Revoke(by=by, what="invite", id=invite_id), Done)

    def revoke_phone(self, phone_id: str, by: str) -> None:
        self._ask(asking.Revoke(by=by, what="phone", id=phone_id), Done)

    def revoke_member(self, member_id: str, by: str) -> None:
        self._ask(asking.Revoke(by=by, what="member", id=member_id), Done)

    def unlock(self, member_id: str, by: str) -> None:
        self._ask(asking.Unlock(by=by, id=member_id), Done)

    def log(self, limit: int, before: int | None = None) -> list[LoggedAct]:
        found: list[LoggedAct] = []
        while len(found) < limit:
            asked = asking.Log(by=self._by, limit=min(asking.LOG_AT_ONCE, limit - len(found)), before=before)
            rows = self._ask(asked, LogRows).acts
            if not rows:
                break
            found += rows
            before = rows[-1].seq
        return found

    def verify_log(self) -> LogBreak | None:
        return self._ask(asking.Verify(by=self._by), Verified).broken

    def log_head(self) -> LogHead:
        return self._ask(asking.Head(by=self._by), HeadIs).head

    def _ask(self, asked: asking.Asked, want: type[Wanted]) -> Wanted:
        answer = ask(self._client, asked, asking.ANSWERS, _ANSWER_S)
        if not isinstance(answer, want):
            _refuse(answer)
        return answer


def _refuse(answer: asking.Answered) -> NoReturn:
    match answer:
        case Denied():
            raise raised(answer.about, answer.reason, answer.wait_s, answer.why)
        case Refused(again=True):
            raise RetryableError(answer.why)
        case Refused():
            raise FatalError(answer.why)
        case _:
            raise AssertionError(f"guard answers with {type(answer).__name__}")
