"""Invites that a bundle brings: each token lets in at most once, for ever, whatever happens in between."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle as Drawn
from hypothesis.stateful import RuleBasedStateMachine, consumes, initialize, rule

from edge.base.errors import EdgeError, FatalError
from edge.members import invites
from edge.members.database import connect
from edge.members.errors import InviteError, InviteReason
from edge.members.roster import Roster
from edge.members.tokens import new_token, token_hash
from edge.members.values import INVITE_MAX_S, Expected, MemberRole
from tests.edge.members.rosters import CODE, TOOL, FakeNow, joined, opened

DAY_S = 24 * 3600.0
LEADER, TECHNICIAN = "7" * 32, "8" * 32


def of(token: str, role: MemberRole = MemberRole.LEADER, name: str = "") -> Expected:
    return Expected(role, name, token_hash(token))


def why(roster: Roster, token: str) -> InviteReason:
    with pytest.raises(InviteError) as refused:
        roster.look_up(token)
    return refused.value.reason


def test_a_letter_lets_its_reader_in(tmp_path: Path) -> None:
    """
    By the token of the paper, with role and name of the bundle; a stranger's token does nothing.
    """
    roster = opened(tmp_path)
    new = roster.expect([of(LEADER, name="Nguyễn Văn An"), of(TECHNICIAN, MemberRole.TECHNICIAN)])

    expected = [("Nguyễn Văn An", MemberRole.LEADER), ("", MemberRole.TECHNICIAN)]
    assert expected == [(it.name, it.role) for it in new]
    assert {INVITE_MAX_S} == {it.left_s for it in roster.invites()}
    an = roster.redeem(LEADER, "somebody else", CODE, "").member
    minh = roster.redeem(TECHNICIAN, "Minh", CODE, "").member
    assert [("Nguyễn Văn An", MemberRole.LEADER), ("Minh", MemberRole.TECHNICIAN)] == [(it.name, it.role)
                                                                                       for it in (an, minh)]
    assert InviteReason.UNKNOWN is why(roster, "9" * 32)


def test_the_log_tells_that_the_bundle_did_it(tmp_path: Path) -> None:
    roster = opened(tmp_path)
    roster.expect([of(LEADER, name="An")])
    roster.expect([of(TECHNICIAN, MemberRole.TECHNICIAN)])
    told = [(row.act.what, row.act.who, row.act.detail.get("role", "")) for row in roster.log(9)[::-1]]

    assert [("invited", "tool:bundle", "leader"), ("invite-withdrawn", "tool:bundle", ""),
            ("invited", "tool:bundle", "technician")] == told
    assert roster.verify_log() is None


def test_what_was_taken_in_is_never_taken_in_again(tmp_path: Path) -> None:
    """
    Neither a used, nor a withdrawn, nor an expired one; also after the table has forgotten all three.
    """
    now = FakeNow()
    roster = opened(tmp_path, now)
    tokens = [new_token() for _ in range(3)]
    bundle = [of(token) for token in tokens]
    roster.expect(bundle)
    roster.redeem(tokens[0], "An", CODE, "")
    roster.withdraw(roster.look_up(tokens[1]).id, TOOL)
    now.advance(INVITE_MAX_S)
    assert [] == roster.expect(bundle)
    reasons = [InviteReason.USED, InviteReason.WITHDRAWN, InviteReason.EXPIRED]
    assert reasons == [why(roster, token) for token in tokens]
    for _ in range(invites.KEEP_CLOSED + invites.MAX_OPEN):
        roster.withdraw(roster.invite(MemberRole.MEMBER, TOOL).id, TOOL)
    assert {InviteReason.UNKNOWN} == {why(roster, token) for token in tokens}
    roster.close()

    again = opened(tmp_path, now)
    assert [] == again.expect(bundle)
    assert [] == again.invites()
    assert {InviteReason.UNKNOWN} == {why(again, token) for token in tokens}


@pytest.mark.slow
def test_hundreds_of_other_invites_push_no_open_one_out(tmp_path: Path) -> None:
    """
    However many were made and taken back since: the leader who comes on the sixth day comes in. Nor do those
    that are open keep the bundle's out.
    """
    roster = opened(tmp_path)
    for _ in range(invites.MAX_OPEN):
        roster.invite(MemberRole.MEMBER, TOOL)
    roster.expect([of(LEADER)])
    roster.withdraw(roster.invites()[0].id, TOOL)
    roster.withdraw(roster.invites()[0].id, TOOL)
    for _ in range(invites.KEEP_CLOSED + invites.MAX_OPEN):
        roster.withdraw(roster.invite(MemberRole.MEMBER, TOOL).id, TOOL)

    assert MemberRole.LEADER is roster.redeem(LEADER, "An", CODE, "").member.role


def test_a_renewed_bundle_takes_the_old_letters_back(tmp_path: Path) -> None:
    """
    Those that nobody has used, and nobody else's invites. Also where a wrong clock hides whether they hold.
    """
    now = FakeNow()
    roster = opened(tmp_path, now)
    roster.expect([of(LEADER), of(TECHNICIAN, MemberRole.TECHNICIAN)])
    roster.redeem(LEADER, "An", CODE, "")
    other = roster.invite(MemberRole.MEMBER, "tool:bundle").token      # somebody whom the system calls so
    roster.close()
    now.reboot(60, synchronised=False)
    roster = opened(tmp_path, now)

    renewed = new_token()
    roster.expect([of(renewed)])
    now.set_wall(FakeNow().at.utc + timedelta(minutes=2), synchronised=True)

    assert InviteReason.WITHDRAWN is why(roster, TECHNICIAN)
    assert InviteReason.USED is why(roster, LEADER)
    assert MemberRole.MEMBER is roster.look_up(other).role
    assert MemberRole.LEADER is roster.look_up(renewed).role


def test_a_group_that_has_a_leader_takes_a_renewed_letter_all_the_same(tmp_path: Path) -> None:
    """
    The leader's phone may be lost. His name is taken, so he says another.
    """
    roster = opened(tmp_path)
    joined(roster, "Nguyễn Văn An", MemberRole.LEADER)

    (new,) = roster.expect([of(LEADER, name="NGUYỄN VĂN AN")])

    assert "" == new.name
    assert "An, máy mới" == roster.redeem(LEADER, "An, máy mới", CODE, "").member.name


def test_a_letter_is_dated_once_the_clock_is_right(tmp_path: Path) -> None:
    """
    Taken in before the time was known, it still holds after a restart, counted from when it was taken in.
    """
    now = FakeNow()
    right = now.at.utc
    now.set_wall(right - timedelta(days=900), synchronised=False)
    roster = opened(tmp_path, now)
    roster.expect([of(LEADER)])
    roster.tend()
    now.advance(DAY_S)
    now.set_wall(right + timedelta(days=1), synchronised=True)
    roster.tend()
    roster.close()

    now.reboot(5 * DAY_S, synchronised=True)
    roster = opened(tmp_path, now)
    assert [DAY_S] == [pytest.approx(it.left_s, abs=1) for it in roster.invites()]
    now.advance(DAY_S)
    assert InviteReason.EXPIRED is why(roster, LEADER)


def test_the_plug_pulled_before_the_time_is_known_voids_no_letter(tmp_path: Path) -> None:
    """
    On the bench, in the van, on the wall: each start without the time counts anew; once it is known, the days
    run, over restarts as well.
    """
    now = FakeNow()
    right = now.at.utc
    roster = opened(tmp_path, now)
    for _ in range(3):
        now.reboot(DAY_S, synchronised=False)
        roster.close()
        roster = opened(tmp_path, now)
        roster.expect([of(LEADER)])
        assert [INVITE_MAX_S] == [it.left_s for it in roster.invites()]
    now.set_wall(right + timedelta(days=3), synchronised=True)
    roster.tend()
    roster.close()

    now.reboot(5 * DAY_S, synchronised=True)
    roster = opened(tmp_path, now)
    roster.expect([of(LEADER)])
    assert [2 * DAY_S] == [pytest.approx(it.left_s, abs=1) for it in roster.invites()]
    roster.redeem(LEADER, "An", CODE, "")
    now.reboot(DAY_S, synchronised=False)
    roster.expect([of(LEADER)])
    assert InviteReason.USED is why(roster, LEADER)


def test_a_roster_of_another_version_is_refused(tmp_path: Path) -> None:
    """
    One line says which schema was found, which is known and what to do; nobody is invited anew meanwhile.
    """
    opened(tmp_path).close()
    with contextlib.closing(connect(tmp_path / "members.db")) as db:
        db.execute("PRAGMA user_version = 2")
    with pytest.raises(FatalError, match="roster of schema 2, this edgebox knows 1: another version wrote "
                                         "it; install that version again, put back a copy, or move it away"):
        opened(tmp_path)


def test_what_was_brought_cannot_be_taken_away(tmp_path: Path) -> None:
    roster = opened(tmp_path)
    roster.expect([of(LEADER)])
    with contextlib.closing(connect(tmp_path / "members.db")) as db, \
            pytest.raises(sqlite3.IntegrityError, match="once"):
        db.execute("DELETE FROM brought")


class Letters(RuleBasedStateMachine):
    """Bundles come, guard restarts, others are invited, time passes: each letter is good at most once."""

    letters = Drawn("letters")

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.now = FakeNow()
        self.roster = opened(Path(self.folder.name), self.now)
        self.named: list[Expected] = []
        self.let_in: list[str] = []
        self.brought_s: dict[str, float] = {}
        self.undated: set[str] = set()          # taken in while the time was never known since
        self.passed_s = 0.0

    def teardown(self) -> None:
        self.roster.close()
        self.folder.cleanup()

    @rule(target=letters, role=st.sampled_from(MemberRole))
    def renew(self, role: MemberRole) -> str:
        """The ward prints a letter with a new bundle; the box takes it in at its next start."""
        token = hashlib.sha256(str(len(self.brought_s)).encode()).hexdigest()[:32].upper()
        self.named = [of(token, role), *self.named[:1]]
        self.brought_s[token] = self.passed_s
        self.undated |= set() if self.now.at.clock_synchronised else {token}
        self.roster.expect(self.named)
        return token

    @rule(off_s=st.sampled_from((5.0, DAY_S)), synchronised=st.booleans())
    def restart(self, off_s: float, synchronised: bool) -> None:
        self.roster.close()
        self.passed_s += off_s
        self.now.reboot(off_s, synchronised=False)
        self.roster = opened(Path(self.folder.name), self.now)
        if synchronised:
            self._set_clock()
        self.roster.expect(self.named)
        named = {each.token for each in self.named}
        self.brought_s.update({token: self.passed_s for token in self.undated if token_hash(token) in named})
        if synchronised:
            self.undated.clear()

    @rule()
    def know_the_time(self) -> None:
        self._set_clock()
        self.undated.clear()

    def _set_clock(self) -> None:
        self.now.set_wall(FakeNow().at.utc + timedelta(seconds=self.passed_s), synchronised=True)
        self.roster.tend()

    @rule(days=st.integers(1, 8))
    def wait(self, days: int) -> None:
        self.passed_s += days * DAY_S
        self.now.advance(days * DAY_S)
        self.roster.expect(self.named)

    @rule(number=st.integers(1, 12))
    def others(self, number: int) -> None:
        for _ in range(number):
            self.roster.withdraw(self.roster.invite(MemberRole.MEMBER, TOOL).id, TOOL)

    @rule(token=letters)
    def come(self, token: str) -> None:
        with contextlib.suppress(EdgeError):
            self.roster.redeem(token, f"Member {len(self.let_in)}", CODE, "")
            assert token not in self.let_in
            assert token_hash(token) in {each.token for each in self.named}
            assert self.passed_s - self.brought_s[token] < INVITE_MAX_S
            self.let_in.append(token)

    @rule(token=consumes(letters))
    def withdraw(self, token: str) -> None:
        with contextlib.suppress(EdgeError):
            self.roster.withdraw(self.roster.look_up(token).id, TOOL)


TestLetters = pytest.mark.usefixtures("few_kept")(Letters.TestCase)
TestLetters.settings = settings(max_examples=25, stateful_step_count=25, deadline=None,
                                suppress_health_check=[*HealthCheck])


@pytest.fixture
def few_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the table forgets within a test's few invites."""
    monkeypatch.setattr(invites, "MAX_OPEN", 12)
    monkeypatch.setattr(invites, "KEEP_CLOSED", 4)
