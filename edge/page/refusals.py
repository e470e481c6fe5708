"""What guard refuses, as a sentence for people."""

from __future__ import annotations

from edge.base.errors import EdgeError, RetryableError
from edge.base.words import Text
from edge.members.errors import CodeError, CodeReason, InviteError, MemberNameError, RosterError
from edge.members.values import CodeCheck, CodeResult
from edge.page.guard_link import AwayError, TooSoonError, WrongCodeError
from edge.page.request_context import Reply, refused
from edge.page.show import CODE_MAX, CODE_MIN

_AGAIN_S = 2.0                 # a restart of guard takes less


def refusal(error: EdgeError, back: str = "/") -> Reply:
    """The reply to a refusal, but for a stranger's credential. Raises what is our own fault."""
    match error:
        case WrongCodeError():
            return wrong_code(error.check, back)
        case TooSoonError():
            return Reply(False, Text("check-too-soon"), 429, error.wait_s, back=back)
        case AwayError():
            return Reply(False, Text("box-away"), 503, _AGAIN_S, call=True, back=back)
        case RetryableError():
            return Reply(False, Text("box-busy"), 503, _AGAIN_S, back=back)
        case RosterError():
            return _of_roster(error, back)
        case _:
            raise error


def _of_roster(error: RosterError, back: str) -> Reply:
    match error:
        case InviteError():
            return refused(f"invite-{error.reason}", 403, back)
        case CodeError(reason=CodeReason.WRONG | CodeReason.LOCKED):
            return wrong_code(CodeCheck(CodeResult(error.reason), 1, error.wait_s), back)
        case CodeError():
            return refused(f"code-{error.reason}", 422, back, min=CODE_MIN, max=CODE_MAX)
        case MemberNameError():
            return refused(f"name-{error.reason}", 422, back)
        case _:
            return refused(f"denied-{error.reason}", 403, back)


def wrong_code(check: CodeCheck, back: str = "/") -> Reply:
    """What a member is told of a code that was not right."""
    if check.wait_s is None:
        return refused("code-locked-for-good", 423, back)
    if check.result is CodeResult.LOCKED:
        return Reply(False, Text("code-locked"), 429, wait_s=check.wait_s, back=back)
    return Reply(False, Text("code-wrong", {"left": check.tries_left}), 403, wait_s=check.wait_s, back=back)
