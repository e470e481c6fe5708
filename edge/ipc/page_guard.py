"""What page asks guard, and what guard answers. Page is a front without authority.

Every request but those with an invite's token carries the phone's credential, the secret of its cookie. Guard
finds out whose it is, judges rights and code itself, and trusts nothing else that page says. So a page that
was taken over can misuse what phones send it meanwhile, and no more.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from edge.contract.messages import AlarmMode
from edge.ipc.messages import Done, Message, Refused
from edge.ipc.panel import Refusal
from edge.ipc.shown import Shown
from edge.members.values import CodeResult, LoggedAct, Member, MemberRole, OpenInvite, PhoneSession

MAX_PHONES = 200               # that one Follow may name
FOLLOW_MAX_S = 5.0
LOG_MAX = 100                  # acts in one answer
PART_BYTES = 256 * 1024        # of the support bundle in one answer

Text = Annotated[str, Field(max_length=4096)]
Secret = Annotated[str, Field(max_length=4096, repr=False)]
Id = Annotated[str, Field(max_length=100)]
Credential = Annotated[str, Field(max_length=200, repr=False)]


class PhoneRequest(Message):
    """What a phone asks."""

    credential: Credential


# Requests of the channel for calls; of them WhoIs and Look go by the ordinary one as well.


class WhoIs(PhoneRequest):
    """Whose phone this is: Whose."""

    kind: Literal["who-is"] = "who-is"


class Look(PhoneRequest):
    """All that this phone may see: Seen."""

    kind: Literal["look"] = "look"


class RaiseAlarm(PhoneRequest):
    """Call for help: Acted. The same `request_id` of one phone is one alarm, however often it is sent."""

    kind: Literal["raise"] = "raise"
    mode: Literal[AlarmMode.SIREN, AlarmMode.SILENT]
    request_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{16,64}$")]


# Ordinary requests.


class Follow(Message):
    """Ask for Followed as soon as it differs from the answer `seen`, or after `timeout_s`, for the phones
    that have a page open. Nothing that none of them may know wakes it.
    """

    kind: Literal["follow"] = "follow"
    credentials: Annotated[tuple[Annotated[str, Field(max_length=200)], ...],
                           Field(min_length=1, max_length=MAX_PHONES, repr=False)]
    seen: Annotated[str, Field(max_length=200)] = ""
    timeout_s: Annotated[float, Field(ge=0.0, le=FOLLOW_MAX_S)]


class CancelAlarm(PhoneRequest):
    """End the alarm: Acted, CodeRefused or TooSoon. Somebody else's silent call does not exist here."""

    kind: Literal["cancel"] = "cancel"
    code: Secret


class ArmBox(PhoneRequest):
    """Acted."""

    kind: Literal["arm"] = "arm"


class DisarmBox(PhoneRequest):
    """Acted or CodeRefused."""

    kind: Literal["disarm"] = "disarm"
    code: Secret


class TryOutputs(PhoneRequest):
    """Drive lights, and where `with_siren` is true sirens, for a moment: Acted or TooSoon. Keepers."""

    kind: Literal["try-outputs"] = "try-outputs"
    with_siren: bool = False


class StartTest(PhoneRequest):
    """Have the box test itself: Done or TooSoon. Keepers."""

    kind: Literal["start-test"] = "start-test"


class StartBundle(PhoneRequest):
    """Have a support bundle made: Done or TooSoon. Keepers."""

    kind: Literal["start-bundle"] = "start-bundle"


class BundlePart(PhoneRequest):
    """A piece of the last support bundle: Part. `made_ns` is an earlier piece's, 0 for the first. Keepers."""

    kind: Literal["bundle-part"] = "bundle-part"
    offset: Annotated[int, Field(ge=0)] = 0
    made_ns: int = 0


class LookUp(Message):
    """What an invite's token would do: Found."""

    kind: Literal["look-up"] = "look-up"
    token: Secret


class Redeem(Message):
    """Use an invite up: LetIn."""

    kind: Literal["redeem"] = "redeem"
    token: Secret
    name: Text
    code: Secret
    label: Text


class ChangeCode(PhoneRequest):
    """Done or CodeRefused."""

    kind: Literal["change-code"] = "change-code"
    old: Secret
    new: Secret


class SignOut(PhoneRequest):
    """The credential dies: Done."""

    kind: Literal["sign-out"] = "sign-out"


class ListMembers(PhoneRequest):
    """People. Keepers."""

    kind: Literal["list-members"] = "list-members"


class InviteMember(PhoneRequest):
    """Invited. Keepers."""

    kind: Literal["invite"] = "invite"
    role: MemberRole
    name: Text


class InvitePhone(PhoneRequest):
    """Another phone for a member, oneself or whom one keeps: Invited."""

    kind: Literal["invite-phone"] = "invite-phone"
    member_id: Id


class WithdrawInvite(PhoneRequest):
    """Done. Keepers."""

    kind: Literal["withdraw"] = "withdraw"
    invite_id: Id


class RevokeMember(PhoneRequest):
    """Done. Keepers."""

    kind: Literal["revoke-member"] = "revoke-member"
    member_id: Id


class RevokePhone(PhoneRequest):
    """Done."""

    kind: Literal["revoke-phone"] = "revoke-phone"
    phone_id: Id


class UnlockCode(PhoneRequest):
    """Done. Keepers."""

    kind: Literal["unlock"] = "unlock"
    member_id: Id


class ChangeRole(PhoneRequest):
    """Done. Keepers."""

    kind: Literal["change-role"] = "change-role"
    member_id: Id
    role: MemberRole


class ReadLog(PhoneRequest):
    """The newest acts first, without those of a silent call that is none of this phone's: Acts. Keepers."""

    kind: Literal["read-log"] = "read-log"
    limit: Annotated[int, Field(ge=1, le=LOG_MAX)]
    before: Annotated[int, Field(ge=0, lt=2**62)] | None = None


CallRequest = WhoIs | Look | RaiseAlarm
CodedRequest = CancelAlarm | DisarmBox | ChangeCode | Redeem      # each costs an argon2id hash
OrdinaryRequest = (
    WhoIs | Look | Follow | CancelAlarm | ArmBox | DisarmBox | TryOutputs | StartTest | StartBundle
    | BundlePart | LookUp | Redeem | ChangeCode | SignOut | ListMembers | InviteMember | InvitePhone
    | WithdrawInvite | RevokeMember | RevokePhone | UnlockCode | ChangeRole | ReadLog)
Asked = CallRequest | OrdinaryRequest

# Answers.


class Stranger(Message):
    """Nobody's credential, or a revoked one."""

    kind: Literal["stranger"] = "stranger"


class Denied(Message):
    """The roster, or the phone's role, does not allow it; `reason` as of edge/members/errors.py."""

    kind: Literal["denied"] = "denied"
    about: Literal["invite", "code", "name", "deed"]
    reason: str
    wait_s: float | None = 0.0          # of a code, as CodeCheck
    why: str = ""                       # in English, for technicians


class Whose(Message):
    kind: Literal["whose"] = "whose"
    session: PhoneSession


class Seen(Message):
    kind: Literal["seen"] = "seen"
    shown: Shown


class Followed(Message):
    """`shown` as everybody may see it, `own` for phones that see more, by their place in the request."""

    kind: Literal["followed"] = "followed"
    mark: str                           # for the next `seen`
    shown: Shown
    own: dict[int, Shown]
    standing: tuple[Literal["gone", "member", "keeper"], ...]   # of each phone, in the request's order


class Acted(Message):
    """What came of a request to the alarm; where it was accepted, what there is to see now."""

    kind: Literal["acted"] = "acted"
    accepted: bool
    refusal: Refusal | None = None
    shown: Shown | None = None


class CodeRefused(Message):
    """A code was refused; the fields are those of CodeCheck."""

    kind: Literal["code-refused"] = "code-refused"
    result: CodeResult
    tries_left: int
    wait_s: float | None


class TooSoon(Message):
    kind: Literal["too-soon"] = "too-soon"
    wait_s: float


class Found(Message):
    kind: Literal["found"] = "found"
    invite: OpenInvite


class LetIn(Message):
    """The phone's credential, shown this once."""

    kind: Literal["let-in"] = "let-in"
    credential: Credential


class Invited(Message):
    """The token is shown this once."""

    kind: Literal["invited"] = "invited"
    token: Secret
    name: str
    role: MemberRole


class People(Message):
    """Members and phones that are not revoked, and invites that are open."""

    kind: Literal["people"] = "people"
    members: tuple[Member, ...]
    invites: tuple[OpenInvite, ...]


class Acts(Message):
    kind: Literal["acts"] = "acts"
    acts: tuple[LoggedAct, ...]
    older: int | None                   # `before` of those that follow; None: there are none


class Part(Message):
    """`size` 0: there is no bundle, or not that one any more."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    kind: Literal["part"] = "part"
    made_ns: int = 0
    size: int = 0
    data: bytes = b""


Answered = (
    Stranger | Denied | Whose | Seen | Followed | Acted | CodeRefused | TooSoon | Found | LetIn | Invited
    | People | Acts | Part | Done | Refused)

CALL_REQUESTS: TypeAdapter[CallRequest] = TypeAdapter(Annotated[CallRequest, Field(discriminator="kind")])
ORDINARY_REQUESTS: TypeAdapter[OrdinaryRequest] = TypeAdapter(
    Annotated[OrdinaryRequest, Field(discriminator="kind")])
ANSWERS: TypeAdapter[Answered] = TypeAdapter(Annotated[Answered, Field(discriminator="kind")])
