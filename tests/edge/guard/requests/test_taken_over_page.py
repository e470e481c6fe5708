"""A page that was taken over: it sends whatever it likes, in whoever's name it has a credential of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest

from edge.base.sockets import Client
from edge.contract.messages import AlarmCause, AlarmMode
from edge.ipc import page_guard as asking
from edge.ipc.channels import PAGE_CALLS_TO_GUARD, PAGE_TO_GUARD
from edge.ipc.messages import Message, Refused, ask
from edge.ipc.page_guard import Acted, Denied, Followed, PhoneRequest, Seen, Stranger
from edge.ipc.panel import Actor, Cancel, Raise
from edge.members.values import Credential, MemberRole
from tests.edge.page.stand import CODE, TOOL, Stand

WRONG = "999999"
CALL_ID = "0123456789abcdef"
KEEPERS_ONLY: set[type[PhoneRequest]] = {
    asking.TryOutputs, asking.StartTest, asking.StartBundle, asking.BundlePart, asking.ListMembers,
    asking.InviteMember, asking.WithdrawInvite, asking.RevokeMember, asking.UnlockCode, asking.ChangeRole,
    asking.ReadLog}


class MadePage:
    """Speaks to guard's sockets as page does, and says what page would never say."""

    def __init__(self, stand: Stand) -> None:
        runtime_dir = stand.settings.box.runtime_dir
        self.calls, self.ordinary = (channel.client(runtime_dir)
                                     for channel in (PAGE_CALLS_TO_GUARD, PAGE_TO_GUARD))

    def ask(self, message: Message, by: Client | None = None) -> Message:
        return ask(by or self.ordinary, message, asking.ANSWERS, 20.0)

    def close(self) -> None:
        self.calls.close()
        self.ordinary.close()


@pytest.fixture
def page(stand: Stand) -> Iterator[MadePage]:
    made = MadePage(stand)
    yield made
    made.close()


def every_request(credential: str, victim: Credential, code: str) -> list[PhoneRequest]:
    """One of each that a phone may ask, against the member `victim`."""
    mine, theirs = {"credential": credential}, {"credential": credential, "member_id": victim.member.id}
    made: list[PhoneRequest] = [
        asking.WhoIs(**mine), asking.Look(**mine), asking.CancelAlarm(**mine, code=code),
        asking.DisarmBox(**mine, code=code), asking.TryOutputs(**mine, with_siren=True),
        asking.StartTest(**mine), asking.StartBundle(**mine), asking.BundlePart(**mine),
        asking.ChangeCode(**mine, old=code, new="508264"), asking.ListMembers(**mine),
        asking.InviteMember(**mine, role=MemberRole.LEADER, name="Kẻ lạ"), asking.InvitePhone(**theirs),
        asking.WithdrawInvite(**mine, invite_id="i-0"), asking.RevokeMember(**theirs),
        asking.RevokePhone(**mine, phone_id=victim.phone.id), asking.UnlockCode(**theirs),
        asking.ChangeRole(**theirs, role=MemberRole.MEMBER), asking.ReadLog(**mine, limit=10),
        asking.ArmBox(**mine), asking.SignOut(**mine)]
    raising = asking.RaiseAlarm(**mine, mode=AlarmMode.SIREN, request_id=CALL_ID)
    assert {type(it) for it in (*made, raising)} == {
        kind for kind in get_args(asking.Asked) if issubclass(kind, PhoneRequest)}, "one of each"
    return made


def state_of(stand: Stand) -> object:
    """Everything that a request could change."""
    return (stand.roster.members(), [invite.id for invite in stand.roster.invites()],
            len(stand.memory.requests), stand.memory.view(), [act.act for act in stand.roster.log(100)])


@pytest.mark.parametrize("credential", ["", "x" * 43, "' OR 1=1 --"])
def test_without_a_credential_nothing_is_had_and_nothing_changes(
        stand: Stand, leader: Credential, page: MadePage, credential: str) -> None:
    """
    An alarm is on. Whatever is asked with nobody's credential is answered with `Stranger`.
    """
    stand.memory.request(Raise(Actor(AlarmCause.BUTTON, "gate"), AlarmMode.SIREN))
    before = state_of(stand)

    asked = every_request(credential, leader, CODE)
    asked.append(asking.RaiseAlarm(credential=credential, mode=AlarmMode.SILENT, request_id=CALL_ID))
    answers = [page.ask(it, page.calls if isinstance(it, asking.RaiseAlarm) else None) for it in asked]
    follows = page.ask(asking.Follow(credentials=(credential,), timeout_s=0.0))

    assert [Stranger()] * (len(asked) + 1) == [*answers, follows]
    assert before == state_of(stand)


def test_a_members_credential_does_what_a_member_may(stand: Stand, leader: Credential, lan: Credential,
                                                     page: MadePage) -> None:
    """
    With a member's credential and no code: no alarm ends, nobody is let in, shut out or renamed, and nothing
    is learned of members, log and health. Arming and leaving are a member's right.
    """
    stand.memory.request(Raise(Actor(AlarmCause.BUTTON, "gate"), AlarmMode.SIREN))
    members, invites = stand.roster.members(), stand.roster.invites()

    *asked, arm, leave = every_request(lan.secret, leader, WRONG)
    answers = {type(it): page.ask(it) for it in asked}

    denied = {kind for kind, answer in answers.items()
              if isinstance(answer, Denied) and answer.about == "deed" and answer.reason == "not-allowed"}
    others: set[type[PhoneRequest]] = {asking.InvitePhone, asking.RevokePhone}
    assert denied == KEEPERS_ONLY | others
    assert [AlarmCause.BUTTON] == [it.actor.cause for it in stand.memory.requests]
    assert stand.memory.view().alarm is not None
    seen = answers[asking.Look]
    assert isinstance(seen, Seen)
    assert () == seen.shown.around.health.now
    assert (members, invites) == (stand.roster.members(), stand.roster.invites())
    assert isinstance(page.ask(arm), Acted)
    assert "done" == page.ask(leave).model_dump()["kind"]
    assert [Stranger()] == [page.ask(asking.WhoIs(credential=lan.secret))]


def test_wrong_codes_are_counted_whoever_sends_them(stand: Stand, leader: Credential, lan: Credential,
                                                    page: MadePage) -> None:
    """
    Page cannot try codes faster than a phone could: after a few, not even the right one is looked at.
    """
    stand.memory.request(Raise(Actor(AlarmCause.BUTTON, "gate"), AlarmMode.SIREN))

    answers = [page.ask(asking.CancelAlarm(credential=lan.secret, code=code)).model_dump()
               for code in (WRONG, WRONG, WRONG, CODE)]

    assert ["wrong", "wrong", "wrong", "locked"] == [answer["result"] for answer in answers]
    assert not any(isinstance(it, Cancel) for it in stand.memory.requests)


def test_a_silent_call_is_not_told_to_page(stand: Stand, leader: Credential, lan: Credential,
                                           page: MadePage) -> None:
    """
    Its caller's phone is listening, the leader's too: in the leader's name page gets the same answers before,
    during and after, byte by byte but for the times, and no answer comes early.
    """
    def looks() -> tuple[object, ...]:
        seen = page.ask(asking.Look(credential=leader.secret))
        followed = page.ask(asking.Follow(credentials=(leader.secret,), timeout_s=0.0))
        acts = page.ask(asking.ReadLog(credential=leader.secret, limit=50))
        assert isinstance(seen, Seen)
        assert isinstance(followed, Followed)
        return (seen.shown.number, seen.shown.run, seen.shown.view, followed.mark, followed.own,
                followed.shown.view, acts)

    def raised() -> None:
        call = asking.RaiseAlarm(credential=lan.secret, mode=AlarmMode.SILENT, request_id=CALL_ID)
        assert isinstance(page.ask(call, page.calls), Acted)

    page.ask(asking.Look(credential=leader.secret))
    before = looks()
    raised()
    assert before == looks()
    own = page.ask(asking.Follow(credentials=(leader.secret, lan.secret), timeout_s=0.0))
    assert isinstance(own, Followed)
    assert [1] == [*own.own]
    assert own.own[1].view.alarm is not None


def test_what_belongs_to_calls_is_no_ordinary_request(stand: Stand, lan: Credential, page: MadePage) -> None:
    """
    The way of calls takes calls and looks alone, so that page itself cannot fill it by mistake.
    """
    code = asking.CancelAlarm(credential=lan.secret, code=CODE)
    raising = asking.RaiseAlarm(credential=lan.secret, mode=AlarmMode.SIREN, request_id=CALL_ID)

    assert isinstance(page.ask(code, page.calls), Refused)
    assert isinstance(page.ask(raising, page.ordinary), Refused)
    assert [] == stand.memory.requests


def test_nonsense_ends_nothing(stand: Stand, lan: Credential, page: MadePage) -> None:
    """
    Lines that are no requests are refused, and the next one that is, is answered.
    """
    lines = [b"", b"{}", b"[]", b'{"kind":"raise"}', b'{"kind":"cancel","credential":1}', b"\xff\xfe",
             b"{" * 9000, b'{"kind":"who-is","credential":"\\ud800"}',
             b'{"kind":"invite-phone","credential":"%s","member_id":"\\u0000"}' % lan.secret.encode()]
    answers = [asking.ANSWERS.validate_json(page.ordinary.ask(line, 20.0)) for line in lines]

    assert {"refused", "denied"} == {answer.kind for answer in answers}
    stand.roster.unlock(lan.member.id, TOOL)
    assert isinstance(page.ask(asking.Look(credential=lan.secret)), Seen)
