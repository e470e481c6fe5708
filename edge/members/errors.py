"""What the roster refuses, each by a reason that the page has its own sentence for."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Literal

from edge.base.errors import EdgeError, RetryableError


class InviteReason(StrEnum):
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"            # the member whom it would give a phone


class CodeReason(StrEnum):
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    TOO_SIMPLE = "too-simple"
    WRONG = "wrong"                # of a member who adds a phone
    LOCKED = "locked"              # likewise


class NameReason(StrEnum):
    EMPTY = "empty"
    TOO_LONG = "too-long"
    UNPRINTABLE = "unprintable"
    TAKEN = "taken"


class DeniedReason(StrEnum):
    UNKNOWN = "unknown"            # no such member, phone or open invite
    NOT_ALLOWED = "not-allowed"    # not with this role
    LAST_LEADER = "last-leader"    # only the tool on the box may leave a group without one
    TOO_MANY = "too-many"          # open invites


class UnwritableError(RetryableError):
    """The disk takes nothing now: full, read-only, dying. What is there may still be read."""


class RosterError(EdgeError):
    """The roster refused. `reason` is for people's sentences; the message is for technicians."""

    exit_code = os.EX_DATAERR

    def __init__(self, reason: StrEnum, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class InviteError(RosterError):
    reason: InviteReason

    def __init__(self, reason: InviteReason) -> None:
        super().__init__(reason, f"invite: {reason}; ask for a new one")


class CodeError(RosterError):
    """`wait_s` as of `CodeCheck`."""

    reason: CodeReason

    def __init__(self, reason: CodeReason, wait_s: float | None = 0.0) -> None:
        super().__init__(reason, f"code: {reason}")
        self.wait_s = wait_s


class MemberNameError(RosterError):
    reason: NameReason

    def __init__(self, reason: NameReason) -> None:
        super().__init__(reason, f"name: {reason}")


class DeniedError(RosterError):
    reason: DeniedReason

    def __init__(self, reason: DeniedReason, message: str) -> None:
        super().__init__(reason, message)


def raised(about: Literal["invite", "code", "name", "deed"], reason: str, wait_s: float | None,
           why: str) -> RosterError:
    """The error of another program's roster, as its answer tells it. ValueError: no such reason."""
    match about:
        case "invite":
            return InviteError(InviteReason(reason))
        case "code":
            return CodeError(CodeReason(reason), wait_s)
        case "name":
            return MemberNameError(NameReason(reason))
        case "deed":
            return DeniedError(DeniedReason(reason), why)
