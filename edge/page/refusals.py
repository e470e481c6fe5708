"""What the roster refuses, as a sentence for people."""

from __future__ import annotations

from edge.members.errors import CodeError, InviteError, MemberNameError, RosterError
from edge.page.request_context import Reply, refused
from edge.page.show import CODE_MAX, CODE_MIN


def refusal(error: RosterError, back: str = "/") -> Reply:
    match error:
        case InviteError():
            return refused(f"invite-{error.reason}", 403, back)
        case CodeError():
            return refused(f"code-{error.reason}", 422, back, min=CODE_MIN, max=CODE_MAX)
        case MemberNameError():
            return refused(f"name-{error.reason}", 422, back)
        case _:
            return refused(f"denied-{error.reason}", 403, back)
