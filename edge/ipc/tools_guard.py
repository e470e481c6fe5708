"""What root's `edgebox members` asks guard: everything is allowed, and what is done stands in the log.

Every answer that is no Denied or Refused is told by the request's own docstring.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from edge.ipc.messages import Done, Message, Refused
from edge.ipc.page_guard import Denied, Id, Secret, Text
from edge.members.values import INVITE_MAX_S, LogBreak, LoggedAct, LogHead, Member, MemberRole, OpenInvite

LOG_AT_ONCE = 200


class ToolRequest(Message):
    """`by` is "tool:USER", as the log names who did it."""

    by: Annotated[str, Field(pattern=r"^tool:.{1,80}$")]


class Roll(ToolRequest):
    """Everybody, those who were revoked too: WholeRoll."""

    kind: Literal["roll"] = "roll"


class Invite(ToolRequest):
    """Somebody of `role`, or another phone of `member_id`: InviteMade."""

    kind: Literal["invite"] = "invite"
    role: MemberRole
    name: Text
    member_id: Id
    expires_s: Annotated[float, Field(gt=0.0, le=INVITE_MAX_S)]


class Revoke(ToolRequest):
    """Done."""

    kind: Literal["revoke"] = "revoke"
    what: Literal["member", "phone", "invite"]
    id: Id


class Unlock(ToolRequest):
    """Done."""

    kind: Literal["unlock"] = "unlock"
    id: Id


class Log(ToolRequest):
    """The newest first: LogRows."""

    kind: Literal["log"] = "log"
    limit: Annotated[int, Field(ge=0, le=LOG_AT_ONCE)]
    before: int | None = None


class Verify(ToolRequest):
    """Read the whole log: Verified."""

    kind: Literal["verify"] = "verify"


class Head(ToolRequest):
    """HeadIs."""

    kind: Literal["head"] = "head"


class WholeRoll(Message):
    kind: Literal["whole-roll"] = "whole-roll"
    members: tuple[Member, ...]
    invites: tuple[OpenInvite, ...]


class InviteMade(Message):
    kind: Literal["invite-made"] = "invite-made"
    id: str
    role: MemberRole
    expires_utc: datetime
    token: Secret


class LogRows(Message):
    kind: Literal["log-rows"] = "log-rows"
    acts: tuple[LoggedAct, ...]


class Verified(Message):
    kind: Literal["verified"] = "verified"
    broken: LogBreak | None


class HeadIs(Message):
    kind: Literal["head-is"] = "head-is"
    head: LogHead


Asked = Roll | Invite | Revoke | Unlock | Log | Verify | Head
Answered = WholeRoll | InviteMade | LogRows | Verified | HeadIs | Denied | Done | Refused

REQUESTS: TypeAdapter[Asked] = TypeAdapter(Annotated[Asked, Field(discriminator="kind")])
ANSWERS: TypeAdapter[Answered] = TypeAdapter(Annotated[Answered, Field(discriminator="kind")])
