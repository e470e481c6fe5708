"""Who may change whom: the table, and that a group is never left without a leader by its own people."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.members.errors import DeniedError, DeniedReason
from edge.members.rights import Deed, may
from edge.members.values import MemberRole
from tests.edge.members.rosters import TOOL, joined, opened

MEMBER, LEADER, TECHNICIAN = MemberRole.MEMBER, MemberRole.LEADER, MemberRole.TECHNICIAN


def why(attempt: Callable[[], object]) -> DeniedReason:
    with pytest.raises(DeniedError) as refused:
        attempt()
    return refused.value.reason


@pytest.mark.parametrize("deed", [*Deed])
def test_the_table(deed: Deed) -> None:
    """
    Members keep nobody; leaders members and leaders; technicians everybody.
    """
    allowed = {(role, target) for role in MemberRole for target in MemberRole if may(role, deed, target)}

    assert {(LEADER, MEMBER), (LEADER, LEADER), (TECHNICIAN, MEMBER), (TECHNICIAN, LEADER),
            (TECHNICIAN, TECHNICIAN)} == allowed


def test_what_one_may_do_to_oneself() -> None:
    """
    Everybody adds and drops his own phones and leaves; nobody unlocks or promotes himself, or grows.
    """
    own = {role: {deed for deed in Deed if may(role, deed, role, own=True)} for role in MemberRole}

    assert {Deed.ADD_PHONE, Deed.REVOKE_PHONE, Deed.REVOKE_MEMBER, Deed.WITHDRAW} == own[MEMBER]
    assert own[TECHNICIAN] == {*Deed} - {Deed.UNLOCK} == own[LEADER]


def test_what_is_not_allowed_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    """
    Of members, of those who are revoked, of strangers; the reason tells.
    """
    roster = opened(tmp_path)
    boss, one, gone = (joined(roster, role=role).member.id for role in (LEADER, MEMBER, LEADER))
    technician = joined(roster, role=TECHNICIAN)
    roster.revoke_member(gone, TOOL)
    before = roster.members(), roster.log_head()

    for by in (one, gone, "m-nobody", ""):
        for attempt in (partial(roster.invite, MEMBER, by), partial(roster.rename, boss, "X", by),
                        partial(roster.change_role, boss, MEMBER, by),
                        partial(roster.revoke_member, boss, by),
                        partial(roster.unlock, boss, by),
                        partial(roster.invite, MEMBER, by, member_id=boss)):
            assert DeniedReason.NOT_ALLOWED is why(attempt)
    for attempt in (partial(roster.invite, TECHNICIAN, boss), partial(roster.unlock, boss, boss),
                    partial(roster.change_role, one, TECHNICIAN, boss),
                    partial(roster.change_role, technician.member.id, MEMBER, boss),
                    partial(roster.revoke_phone, technician.phone.id, boss),
                    partial(roster.change_role, one, LEADER, one)):
        assert DeniedReason.NOT_ALLOWED is why(attempt)
    for attempt in (partial(roster.revoke_member, "m-x", TOOL), partial(roster.revoke_phone, "p-x", TOOL),
                    partial(roster.withdraw, "i-x", TOOL), partial(roster.unlock, gone, TOOL),
                    partial(roster.unlock, "\ud800", TOOL),
                    partial(roster.invite, MEMBER, TOOL, member_id=gone)):
        assert DeniedReason.UNKNOWN is why(attempt)

    assert before == (roster.members(), roster.log_head())


def test_invites_go_with_their_maker(tmp_path: Path) -> None:
    """
    Of a leader who is revoked, or is one no more, no invite stays open: he shall not come back by it.
    """
    roster = opened(tmp_path)
    one, two = (joined(roster, role=LEADER).member.id for _ in range(2))
    for leader in (one, two):
        roster.invite(LEADER, leader)
    roster.invite(MEMBER, TOOL)

    roster.revoke_member(one, TOOL)
    roster.change_role(two, MEMBER, TOOL)

    assert [TOOL] == [invite.by for invite in roster.invites()]


class Group(RuleBasedStateMachine):
    """Three leaders and a member, who do to each other whatever they may, by two processes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.rosters = [opened(Path(self.folder.name)) for _ in range(2)]
        self.ids = [joined(self.rosters[0], role=role).member.id for role in (LEADER, LEADER, LEADER, MEMBER)]

    def teardown(self) -> None:
        for roster in self.rosters:
            roster.close()
        self.folder.cleanup()

    one = st.integers(0, 3)

    @rule(which=st.integers(0, 1), by=one, to=one, role=st.sampled_from([*MemberRole]))
    def changes_a_role(self, which: int, by: int, to: int, role: MemberRole) -> None:
        with contextlib.suppress(DeniedError):
            self.rosters[which].change_role(self.ids[to], role, self.ids[by])

    @rule(which=st.integers(0, 1), by=one, to=one)
    def revokes(self, which: int, by: int, to: int) -> None:
        with contextlib.suppress(DeniedError):
            self.rosters[which].revoke_member(self.ids[to], self.ids[by])

    @invariant()
    def has_a_leader(self) -> None:
        assert any(each.role is LEADER and not each.revoked for each in self.rosters[0].members())


TestGroup = Group.TestCase
TestGroup.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


def test_the_tool_may_leave_a_group_without_a_leader(tmp_path: Path) -> None:
    """
    A technician at the box clears it out, the last leader too.
    """
    roster = opened(tmp_path)
    last = joined(roster, role=LEADER).member.id

    roster.revoke_member(last, TOOL)

    assert roster.members()[0].revoked
