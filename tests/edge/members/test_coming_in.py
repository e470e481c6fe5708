"""Invites, phones and sessions: who comes in, how, and for how long."""

from __future__ import annotations

import contextlib
import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from edge.base.errors import FatalError
from edge.base.values import NS_PER_S
from edge.members.codes import Codes
from edge.members.database import connect
from edge.members.errors import (
    CodeError,
    CodeReason,
    DeniedError,
    DeniedReason,
    InviteError,
    InviteReason,
    MemberNameError,
    NameReason,
)
from edge.members.roster import Roster
from edge.members.values import INVITE_MAX_S, MemberRole
from tests.edge.members.rosters import CODE, QUICK, TOOL, WRONG, FakeNow, joined, opened

HOUR_S = 3600.0


def why(roster: Roster, token: str) -> InviteReason:
    with pytest.raises(InviteError) as refused:
        roster.redeem(token, "An", CODE, "")
    return refused.value.reason


def test_an_invite_makes_a_member_whose_phone_comes_in(tmp_path: Path) -> None:
    """
    The invited has the role, name, phone and code asked for, and a secret that is good at once.
    """
    roster = opened(tmp_path)
    invite = roster.invite(MemberRole.LEADER, TOOL)

    made = roster.redeem(invite.token, "  Bà   Năm ", CODE, "Samsung A15")

    session = roster.authenticate(made.secret)
    assert session is not None
    assert (made.member, made.phone) == (session.member, session.phone)
    assert ("Bà Năm", MemberRole.LEADER, "Samsung A15") == (
        made.member.name, made.member.role, made.phone.label)
    assert [made.member] == roster.members()
    assert roster.check_code(made.member.id, CODE).ok
    assert None is roster.authenticate(made.secret[:-1])
    assert None is roster.authenticate("")


def test_a_token_is_good_once(tmp_path: Path) -> None:
    """
    Used, withdrawn and unknown ones are told apart; a refused code or name uses nothing up.
    """
    roster = opened(tmp_path)
    token = roster.invite(MemberRole.MEMBER, TOOL).token
    with pytest.raises(CodeError):
        roster.redeem(token, "An", "123456", "")
    with pytest.raises(MemberNameError):
        roster.redeem(token, " ", CODE, "")

    roster.redeem(token, "An", CODE, "")

    assert InviteReason.USED is why(roster, token)
    withdrawn = roster.invite(MemberRole.MEMBER, TOOL)
    roster.withdraw(withdrawn.id, TOOL)
    assert InviteReason.WITHDRAWN is why(roster, withdrawn.token)
    assert InviteReason.UNKNOWN is why(roster, "0" * 32)
    assert [] == roster.invites()


def test_a_token_may_be_typed(tmp_path: Path) -> None:
    """
    Lower case, hyphens, and O for 0 or L for 1 do not matter.
    """
    roster = opened(tmp_path)
    token = roster.invite(MemberRole.MEMBER, TOOL).token
    typed = "-".join(token[at:at + 4] for at in range(0, 32, 4)).lower().replace("0", "o").replace("1", "l")

    assert "An" == roster.redeem(f" {typed} ", "An", CODE, "").member.name
    assert 160 == 5 * len(token)


def test_an_invite_expires_by_the_monotonic_clock(tmp_path: Path) -> None:
    """
    Within one boot no jump of the wall clock lengthens or shortens it.
    """
    now = FakeNow()
    roster = opened(tmp_path, now)
    invite = roster.invite(MemberRole.MEMBER, TOOL, expires_s=HOUR_S)
    assert now.at.utc + timedelta(hours=1) == invite.expires_utc

    now.advance(HOUR_S - 1)
    for year in (1970, 2060):
        now.set_wall(datetime(year, 1, 1, tzinfo=UTC), synchronised=True)
        assert [1.0] == [each.left_s for each in roster.invites()]
    now.advance(1)
    now.set_wall(datetime(1970, 1, 1, tzinfo=UTC), synchronised=False)

    assert InviteReason.EXPIRED is why(roster, invite.token)


@pytest.mark.parametrize(("before", "after", "off_s", "good"), [
    (True, True, 1800, True), (True, True, 3600, False), (True, True, -1, False),
    (True, False, 60, False), (False, True, 60, False), (False, False, 60, False),
])
def test_over_a_restart_only_a_clock_that_is_synchronised_counts(
        tmp_path: Path, before: bool, after: bool, off_s: float, good: bool) -> None:
    """
    Where the box cannot know how long it was off, an invite has expired.
    """
    now = FakeNow()
    now.set_wall(now.at.utc, synchronised=before)
    roster = opened(tmp_path, now)
    token = roster.invite(MemberRole.MEMBER, TOOL, expires_s=HOUR_S).token
    roster.close()

    later = now.at.utc + timedelta(seconds=off_s)
    now.reboot(off_s, synchronised=after)
    now.set_wall(later, synchronised=after)         # right, by chance, where nobody vouches for it
    roster = opened(tmp_path, now)

    if good:
        roster.redeem(token, "An", CODE, "")
    else:
        assert InviteReason.EXPIRED is why(roster, token)


def test_the_inviter_may_name_the_invited(tmp_path: Path) -> None:
    """
    Then that name counts, whatever the invited types.
    """
    roster = opened(tmp_path)
    token = roster.invite(MemberRole.MEMBER, TOOL, name="Cô Sáu").token

    assert "Cô Sáu" == roster.look_up(token).name
    assert "Cô Sáu" == roster.redeem(token, "Công an phường", CODE, "").member.name


@pytest.mark.parametrize(("name", "reason"), [
    ("", "empty"), ("  ", "empty"), ("x" * 61, "too-long"), ("a\u202eb", "unprintable"), ("BÀ NĂM", "taken"),
    ("Ba\u0300  na\u0306m", "taken"),
])
def test_names_that_are_refused(tmp_path: Path, name: str, reason: str) -> None:
    """
    Each with its reason; two who cannot be told apart in an alarm are one too many.
    """
    roster = opened(tmp_path)
    first = joined(roster, "Bà Năm").member
    token = roster.invite(MemberRole.MEMBER, TOOL).token

    with pytest.raises(MemberNameError) as refused:
        roster.redeem(token, name, CODE, "")

    assert NameReason(reason) is refused.value.reason
    roster.revoke_member(first.id, TOOL)
    assert "Bà Năm" == roster.redeem(token, "Bà Năm", CODE, "").member.name


@pytest.mark.parametrize(("code", "reason"), [
    ("73051", "too-short"), (" 73051 ", "too-short"), ("7" * 129, "too-long"),
    *((code, "too-simple") for code in (
        "111111", "121212", "123123", "123456", "654321", "024680", "890123", "112233", "123321",
        "１２３４５６", "abcdef", "MatKhau123", "qwerty", "147258", "115115", "an an an", "Nguyễn Văn An")),
    ("730518", None), ("020975", None), ("ổi xoài mít", None),
])
def test_codes_that_are_refused(tmp_path: Path, code: str, reason: str | None) -> None:
    """
    Short ones and those that a thief tries first: one digit, runs, repeats, common ones, the own name.
    """
    roster = opened(tmp_path)
    token = roster.invite(MemberRole.MEMBER, TOOL).token

    if reason is None:
        assert roster.check_code(roster.redeem(token, "Nguyễn Văn An", code, "").member.id, code).ok
        return
    with pytest.raises(CodeError) as refused:
        roster.redeem(token, "Nguyễn Văn An", code, "")
    assert CodeReason(reason) is refused.value.reason


def test_a_second_phone_needs_an_invite_and_the_members_code(tmp_path: Path) -> None:
    """
    So whoever sends the invite cannot come in under another's name; wrong codes count as elsewhere.
    """
    roster = opened(tmp_path)
    first = joined(roster, "Bà Năm")
    token = roster.invite(MemberRole.LEADER, TOOL, member_id=first.member.id).token
    found = roster.look_up(token)
    assert (first.member.id, MemberRole.MEMBER) == (found.member_id, found.role)

    for reason in ("wrong", "wrong", "wrong", "locked"):
        with pytest.raises(CodeError) as refused:
            roster.redeem(token, "", WRONG, "")
        assert CodeReason(reason) is refused.value.reason
    assert 5.0 == refused.value.wait_s
    roster.unlock(first.member.id, TOOL)
    second = roster.redeem(token, "", CODE, "tablet")

    assert ["phone", "tablet"] == [phone.label for phone in second.member.phones]
    assert first.secret != second.secret
    assert InviteReason.USED is why(roster, token)
    for each in (first, second):
        session = roster.authenticate(each.secret)
        assert session is not None
        assert (first.member.id, each.phone.id) == (session.member.id, session.phone.id)


def test_what_is_revoked_is_out_at_once(tmp_path: Path) -> None:
    """
    A phone alone, or a member with every phone, code and invite; for another process as well.
    """
    roster, other = opened(tmp_path), opened(tmp_path)
    boss, one = joined(roster, role=MemberRole.LEADER), joined(roster)
    token = roster.invite(MemberRole.MEMBER, TOOL, member_id=one.member.id).token
    two = roster.redeem(token, "", CODE, "second")
    mine = roster.invite(MemberRole.MEMBER, one.member.id, member_id=one.member.id).token

    other.revoke_phone(one.phone.id, boss.member.id)
    assert None is roster.authenticate(one.secret)
    assert None is not roster.authenticate(two.secret)
    other.revoke_member(one.member.id, boss.member.id)

    assert None is roster.authenticate(two.secret)
    assert not roster.check_code(one.member.id, CODE).ok
    assert InviteReason.WITHDRAWN is why(roster, mine)
    gone = roster.members()[-1]
    assert (True, [True, True]) == (gone.revoked, [phone.revoked for phone in gone.phones])
    with contextlib.closing(connect(tmp_path / "members.db")) as db:
        assert [("",)] == db.execute("SELECT code FROM member WHERE revoked = 1").fetchall()


def test_version_tells_of_every_change_of_who_may_come_in(tmp_path: Path) -> None:
    """
    By whichever process; and of nothing else, so that streams are not asked in vain.
    """
    roster, other = opened(tmp_path), opened(tmp_path)
    joined(roster, role=MemberRole.LEADER)
    one = joined(roster)
    now = roster.version()

    other.invite(MemberRole.MEMBER, TOOL)
    other.check_code(one.member.id, WRONG)
    roster.authenticate(one.secret)
    roster.tend()
    assert now == roster.version() == other.version()
    for change in (lambda: other.rename(one.member.id, "Another", TOOL),
                   lambda: roster.change_role(one.member.id, MemberRole.LEADER, TOOL),
                   lambda: joined(other),
                   lambda: other.revoke_phone(one.phone.id, TOOL),
                   lambda: other.revoke_member(one.member.id, TOOL)):
        before = roster.version()
        change()
        assert before < roster.version() == other.version()


def test_when_a_phone_was_seen_is_written_once_an_hour(tmp_path: Path) -> None:
    """
    `authenticate` itself writes nothing; `tend` does, when there is something new.
    """
    now = FakeNow()
    roster = opened(tmp_path, now)
    one = joined(roster)

    def seen() -> datetime | None:
        roster.authenticate(one.secret)
        assert [before] == [each.phones[0].last_seen for each in roster.members()]
        roster.tend()
        return roster.members()[0].phones[0].last_seen

    before = None
    first = before = seen()
    assert now.at.utc == first
    now.advance(HOUR_S - 1)
    assert first == seen()
    now.advance(1)
    assert now.at.utc == seen()


def test_limits_of_invites(tmp_path: Path) -> None:
    """
    At most a week, at most 100 open at once.
    """
    roster = opened(tmp_path)
    for seconds in (0, -1, INVITE_MAX_S + 1, float("nan")):
        with pytest.raises(ValueError, match="expires_s"):
            roster.invite(MemberRole.MEMBER, TOOL, expires_s=seconds)
    for _ in range(100):
        roster.invite(MemberRole.MEMBER, TOOL, expires_s=INVITE_MAX_S)

    with pytest.raises(DeniedError) as refused:
        roster.invite(MemberRole.MEMBER, TOOL)

    assert DeniedReason.TOO_MANY is refused.value.reason


def test_nothing_in_the_files_lets_anybody_in(tmp_path: Path) -> None:
    """
    No token, secret or code is in any byte of database and log, nor is a plain hash of the code; and the
    files are for their owner alone.
    """
    roster = opened(tmp_path)
    one = joined(roster)
    waiting = roster.invite(MemberRole.MEMBER, TOOL).token
    roster.check_code(one.member.id, WRONG)
    roster.change_code(one.member.id, CODE, "correct horse")
    roster.authenticate(one.secret)
    roster.tend()

    files = sorted(tmp_path.iterdir())
    assert ["members.db", "members.db-shm", "members.db-wal", "members.key"] == [each.name for each in files]
    assert {0o600} == {each.stat().st_mode & 0o777 for each in files}
    content = b"".join(each.read_bytes() for each in files)
    for secret in (waiting, one.secret, CODE, WRONG, "correct horse"):
        assert secret.encode() not in content
        assert hashlib.sha256(secret.encode()).hexdigest().encode() not in content
    for code in (CODE, "correct horse"):
        assert hashlib.sha256(code.encode()).digest() not in content


def test_the_database_alone_verifies_no_code(tmp_path: Path) -> None:
    """
    A copy of it, without members.key, tells not even whoever tries all million codes.
    """
    roster = opened(tmp_path)
    joined(roster)
    with contextlib.closing(connect(tmp_path / "members.db")) as db:
        ((stored,),) = db.execute("SELECT code FROM member").fetchall()

    assert stored.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(stored, CODE)
    assert Codes((tmp_path / "members.key").read_bytes(), QUICK).verify(stored, CODE)
    assert not Codes(b"another key", QUICK).verify(stored, CODE)


def test_codes_need_the_key_that_they_were_made_with(tmp_path: Path) -> None:
    """
    The database alone, with another key or none, is refused with what to do; the key is never made again.
    """
    joined(opened(tmp_path))
    key = tmp_path / "members.key"
    right = key.read_bytes()

    for wrong in (b"x" * 32, b"", right[:-1]):
        key.write_bytes(wrong)
        with pytest.raises(FatalError, match="put it back"):
            opened(tmp_path)
    key.unlink()
    with pytest.raises(FatalError, match="put it back"):
        opened(tmp_path)
    key.write_bytes(right)

    assert 1 == len(opened(tmp_path).members())


def test_what_a_crash_left_of_making_it_is_no_roster(tmp_path: Path) -> None:
    """
    An empty database, or a key of half its length, is made anew.
    """
    (tmp_path / "members.key").write_bytes(b"half")
    (tmp_path / "members.db").touch()

    assert [] == opened(tmp_path).members()


def test_foreign_and_moved_files_are_told(tmp_path: Path) -> None:
    """
    One line that says what to do, never a new roster beside the old one.
    """
    with pytest.raises(FatalError, match="folder does not exist"):
        opened(tmp_path / "none")
    roster = opened(tmp_path)
    (tmp_path / "members.db").rename(tmp_path / "else.db")
    with pytest.raises(FatalError, match="was moved or deleted"):
        roster.authenticate("x")
    (tmp_path / "members.db").write_bytes(b"no database at all, and longer than a header" * 100)
    with pytest.raises(FatalError, match="damaged"):
        opened(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_made_by_root_it_belongs_to_the_folders_owner(tmp_path: Path) -> None:
    """
    A technician may invite, as root, before guard has ever run as its own user.
    """
    os.chown(tmp_path, 65534, 65534)

    joined(opened(tmp_path))

    assert {(65534, 65534)} == {(each.stat().st_uid, each.stat().st_gid) for each in tmp_path.iterdir()}


def test_locks_of_another_boot_are_taken_over_when_it_opens(tmp_path: Path) -> None:
    """
    A lock that nobody asks about passes all the same once the box is on again.
    """
    now = FakeNow()
    roster = opened(tmp_path, now)
    one = joined(roster)
    for _ in range(3):
        roster.check_code(one.member.id, WRONG)
    now.reboot(60, synchronised=False)

    roster = opened(tmp_path, now)
    now.advance(5)

    assert 5 * NS_PER_S < now.at.mono_ns
    assert roster.check_code(one.member.id, CODE).ok
