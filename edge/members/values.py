"""Who belongs to the group and what they did: the values that the roster gives and takes.

Times as `datetime` are for people and as trustworthy as the box's clock was; nothing is decided by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from edge.base.clock import Stamp

TOOL = "tool"                  # `by` of the command line on the box itself, "tool:NAME" with its user
BUNDLE = f"{TOOL}:bundle"      # `by` of what the ward's bundle brought
INVITE_S = 24 * 3600.0         # how long an invite is good for
INVITE_MAX_S = 7 * 24 * 3600.0


class MemberRole(StrEnum):
    MEMBER = "member"          # raises alarms, cancels with the code
    LEADER = "leader"          # and keeps the roster of the group
    TECHNICIAN = "technician"  # installs and repairs; may do all that leaders may


@dataclass(frozen=True, slots=True)
class Phone:
    """One browser that was let in, by a credential of its own."""

    id: str
    label: str                     # as its owner calls it; may be ""
    created: datetime
    last_seen: datetime | None     # to the hour; None: not since it joined
    revoked: bool


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    name: str                      # no two members that are not revoked have the same
    role: MemberRole
    phones: tuple[Phone, ...]      # oldest first, revoked ones too
    revoked: bool
    created: datetime
    locked: bool = False           # wrong codes: only a leader, a technician or the tool can unlock


@dataclass(frozen=True, slots=True)
class PhoneSession:
    """Who is behind a phone's secret; neither is revoked."""

    member: Member
    phone: Phone


@dataclass(frozen=True, slots=True)
class Credential:
    """What a phone got for its invite. The secret is shown this once: the box keeps its hash alone."""

    member: Member
    phone: Phone
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Invite:
    """A fresh invite. The token is shown this once: the box keeps its hash alone."""

    id: str
    role: MemberRole
    expires_utc: datetime
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody whom the ward's bundle invites. The box never has the token, only whoever has the letter."""

    role: MemberRole
    name: str                      # "" where the invited says it
    token: bytes = field(repr=False)    # its SHA-256


@dataclass(frozen=True, slots=True)
class OpenInvite:
    """An invite that may still be redeemed."""

    id: str
    role: MemberRole
    name: str                      # of whom it is for; "" where the inviter left it open
    member_id: str                 # it adds a phone to this member; "": it makes a new one
    by: str                        # name of the inviter
    expires_utc: datetime
    left_s: float


class CodeResult(StrEnum):
    OK = "ok"
    WRONG = "wrong"                # and counted
    LOCKED = "locked"              # not looked at


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """What came of a code."""

    result: CodeResult
    tries_left: int = 0            # wrong ones before the next long lock
    wait_s: float | None = 0.0     # before the next try; None: until somebody unlocks it

    @property
    def ok(self) -> bool:
        return self.result is CodeResult.OK


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did. Never holds a code, a token or a secret."""

    what: str                      # a slug: "invited", "alarm-raised"
    who: str                       # a member's id, "tool:NAME", or the name of another cause
    subject: str = ""              # a member's, phone's, invite's or alarm's id
    detail: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoggedAct:
    """An act as it stands in the log."""

    seq: int
    at: Stamp
    act: Act
    name: str                      # of who, at that time; "" for none


@dataclass(frozen=True, slots=True)
class LogBreak:
    """The place where the log is not as it was written."""

    seq: int
    why: str                       # in English, for technicians


@dataclass(frozen=True, slots=True)
class LogHead:
    """The end of the log; whoever wrote it down elsewhere can tell whether all up to there was rewritten."""

    seq: int
    sha256: str
