"""Wrong codes slow down and lock, whatever is tried: in parallel, over restarts, with any clock."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.base.values import NS_PER_S
from edge.members.codes import Codes
from edge.members.errors import CodeError, InviteError
from edge.members.roster import Roster
from edge.members.timing import Wait
from edge.members.values import CodeCheck, CodeResult, Credential, Invite, MemberRole
from tests.edge.members.rosters import CODE, QUICK, TOOL, WRONG, FakeNow, joined, opened

OK, LOCKED = CodeCheck(CodeResult.OK), CodeResult.LOCKED


def wrong(left: int, wait_s: float | None) -> CodeCheck:
    return CodeCheck(CodeResult.WRONG, left, wait_s)


def locked(wait_s: float | None) -> CodeCheck:
    return CodeCheck(LOCKED, wait_s=wait_s)


def test_the_ladder(tmp_path: Path) -> None:
    """
    Two are free, the third and fourth cost seconds, five and more five minutes each, fifteen are the end
    until somebody unlocks it; while it is locked, the right code is not looked at either.
    """
    now = FakeNow()
    roster = opened(tmp_path, now)
    member_id = joined(roster).member.id

    def fail(expected: CodeCheck) -> None:
        assert expected == roster.check_code(member_id, WRONG)
        if expected.wait_s:
            now.advance(expected.wait_s - 1)
            assert locked(1.0) == roster.check_code(member_id, CODE)
            now.advance(1)

    for step in (wrong(4, 0), wrong(3, 0), wrong(2, 5), wrong(1, 10), *[wrong(0, 300)] * 10, wrong(0, None)):
        assert not roster.members()[0].locked
        fail(step)
    now.advance(7 * 24 * 3600)
    assert locked(None) == roster.check_code(member_id, CODE)
    assert roster.members()[0].locked
    roster.unlock(member_id, TOOL)
    assert OK == roster.check_code(member_id, CODE)


def test_a_right_code_begins_the_ladder_anew(tmp_path: Path) -> None:
    """
    Only wrong ones in a row count.
    """
    roster = opened(tmp_path)
    member_id = joined(roster).member.id
    for _ in range(5):
        assert [wrong(4, 0), wrong(3, 0), OK] == [roster.check_code(member_id, code)
                                                  for code in (WRONG, WRONG, CODE)]


def test_many_accounts_are_no_quicker_than_one(tmp_path: Path) -> None:
    """
    Twenty wrong codes of all members together, then one in half a minute; nobody's account counts too, and
    an own right code in between gives nothing back.
    """
    now = FakeNow()
    roster = opened(tmp_path, now)
    members = [joined(roster).member.id for _ in range(10)]
    mine = joined(roster).member.id
    for member_id in members[:9]:
        assert [wrong(4, 0), wrong(3, 0)] == [roster.check_code(member_id, WRONG) for _ in range(2)]
        assert OK == roster.check_code(mine, CODE)
    assert [wrong(4, 0)] * 2 == [roster.check_code("m-nobody", WRONG) for _ in range(2)]

    assert locked(30.0) == roster.check_code(members[9], WRONG)
    now.advance(29)
    assert locked(1.0) == roster.check_code(mine, CODE)
    now.advance(1)
    assert wrong(4, 0) == roster.check_code(members[9], WRONG)
    assert locked(30.0) == roster.check_code(members[9], WRONG)


def test_nobody_and_who_is_revoked_are_told_wrong(tmp_path: Path) -> None:
    """
    As slowly as a member is: hashed, written, logged.
    """
    roster = opened(tmp_path)
    gone = joined(roster).member.id
    roster.revoke_member(gone, TOOL)

    for member_id in (gone, "m-nobody", ""):
        assert wrong(4, 0) == roster.check_code(member_id, CODE)
        assert ("code-wrong", member_id) == (roster.log(1)[0].act.what, roster.log(1)[0].act.subject)


def test_a_code_can_be_changed_by_who_knows_it(tmp_path: Path) -> None:
    """
    A wrong old one counts as any wrong code; a new one that is refused tries nothing.
    """
    roster = opened(tmp_path)
    member_id = joined(roster).member.id
    with pytest.raises(CodeError):
        roster.change_code(member_id, WRONG, "123456")
    assert wrong(4, 0) == roster.change_code(member_id, WRONG, "480157")
    assert OK == roster.change_code(member_id, CODE, "480157")

    assert OK == roster.check_code(member_id, " 480157 ")
    assert OK == roster.check_code(member_id, "４８０１５７")
    assert wrong(4, 0) == roster.check_code(member_id, CODE)


class PowerCutError(BaseException):
    """The plug is pulled while a code is being looked at."""


class UnpluggedCodes(Codes):
    """Never lives to say what came of it."""

    def verify(self, stored: str | None, code: str) -> bool:
        raise PowerCutError


class InterruptedCodes(Codes):
    """Something else happens while a code is looked at."""

    def __init__(self, key: bytes, happens: Callable[[], object]) -> None:
        super().__init__(key, QUICK)
        self._happens = happens

    def verify(self, stored: str | None, code: str) -> bool:
        self._happens()
        return super().verify(stored, code)


def test_a_right_code_forgives_only_what_came_before_it(tmp_path: Path) -> None:
    """
    Wrong ones that came while it was looked at count on, as if they had come after it.
    """
    other = opened(tmp_path)
    member_id = joined(other).member.id
    other.check_code(member_id, WRONG)
    meanwhile: list[CodeCheck] = []
    codes = InterruptedCodes((tmp_path / "members.key").read_bytes(), lambda: meanwhile.append(
        other.check_code(member_id, WRONG)))
    roster = Roster(tmp_path / "members.db", FakeNow(), codes)

    assert OK == roster.check_code(member_id, CODE)

    assert [wrong(2, 5)] == meanwhile
    assert [wrong(3, 0), wrong(2, 5)] == [other.check_code(member_id, WRONG) for _ in range(2)]


@given(total_s=st.integers(0, 10**6), steps=st.lists(st.tuples(st.booleans(), st.integers(0, 10**5))))
def test_a_wait_is_over_after_so_much_uptime_and_not_before(
        total_s: int, steps: list[tuple[bool, int]]) -> None:
    """
    Whatever restarts lie in it, and wherever the monotonic clock begins after them.
    """
    now = FakeNow()
    wait, up_s = Wait.until(total_s, now.at), 0
    for reboots, seconds in steps:
        if reboots:
            now.reboot(60, synchronised=True)
            now.advance(seconds)                # until the box looks at it again
            assert wait.left_s(now.at) == wait.ns / NS_PER_S
            wait, up_s = wait.begun_in(now.at), 0
        else:
            now.advance(seconds)
            up_s += seconds
        assert max(0, total_s - up_s) == wait.left_s(now.at)


def test_pulling_the_plug_buys_no_tries(tmp_path: Path) -> None:
    """
    A try counts before it is looked at, so a box that is cut off before it answers has counted it.
    """
    now = FakeNow()
    roster = opened(tmp_path, now)
    member_id = joined(roster).member.id
    for _ in range(3):
        with pytest.raises(PowerCutError):
            Roster(tmp_path / "members.db", now, UnpluggedCodes(b"", QUICK)).check_code(member_id, WRONG)
        now.reboot(10, synchronised=False)

    assert locked(5.0) == opened(tmp_path, now).check_code(member_id, CODE)


def _try_often(folder: Path, member_id: str, start: multiprocessing.synchronize.Barrier,
               results: multiprocessing.queues.Queue[list[str]]) -> None:
    """One of two processes: eight threads at once, in a moment that does not pass."""
    roster = opened(folder)
    with ThreadPoolExecutor(8) as pool:
        start.wait(60)
        results.put([str(each.result) for each in pool.map(lambda _: roster.check_code(member_id, WRONG),
                                                           range(16))])


def test_parallel_tries_count_as_those_one_after_the_other(tmp_path: Path) -> None:
    """
    Of 32 at once, from two processes with eight threads each, three are looked at.
    """
    member_id = joined(opened(tmp_path)).member.id
    spawn = multiprocessing.get_context("spawn")
    start, results = spawn.Barrier(2), spawn.Queue()
    processes = [spawn.Process(target=_try_often, args=(tmp_path, member_id, start, results))
                 for _ in range(2)]
    for process in processes:
        process.start()
    found = Counter(results.get(timeout=90) + results.get(timeout=90))
    for process in processes:
        process.join(60)

    assert {"wrong": 3, "locked": 29} == found


class Box(RuleBasedStateMachine):
    """A box with two processes over days: invites and codes, restarts, and a wall clock that lies.

    `up_s` is the time that the box was on, which is all that counts for a lock.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = FakeNow()
        self.up_s = self.boot_up_s = 0.0
        self.rosters = [opened(Path(self.folder.name), self.now) for _ in range(2)]
        self.members: list[Credential] = [joined(self.rosters[0])]
        self.invites: list[tuple[Invite, float, int]] = []      # token, up_s and boot of its end
        self.closed: set[str] = set()
        self.not_before_s: dict[str, float] = {}
        self.failures: Counter[str] = Counter()
        self.wrong_at_s: list[float] = []
        self.boots = 0

    def teardown(self) -> None:
        for roster in self.rosters:
            roster.close()
        self.folder.cleanup()

    which = st.integers(0, 1)

    @rule(seconds=st.sampled_from([0.5, 4, 29, 60, 299, 301, 3600, 100_000]))
    def time_passes(self, seconds: float) -> None:
        self.now.advance(seconds)
        self.up_s += seconds

    @rule(year=st.sampled_from([1970, 2026, 2100]), synchronised=st.booleans())
    def wall_clock_jumps(self, year: int, synchronised: bool) -> None:
        self.now.set_wall(datetime(year, 6, 1, tzinfo=UTC), synchronised=synchronised)

    @rule(off_s=st.sampled_from([1, 1000, 1_000_000]), synchronised=st.booleans())
    def reboots(self, off_s: float, synchronised: bool) -> None:
        for roster in self.rosters:
            roster.close()
        self.now.reboot(off_s, synchronised=synchronised)
        self.boots += 1
        self.rosters = [opened(Path(self.folder.name), self.now) for _ in range(2)]

    @rule(which=which, expires_s=st.sampled_from([30, 3600, 86400]))
    def invites_somebody(self, which: int, expires_s: float) -> None:
        made = self.rosters[which].invite(MemberRole.MEMBER, TOOL, expires_s=expires_s)
        self.invites.append((made, self.up_s + expires_s, self.boots))

    @precondition(lambda self: self.invites)
    @rule(which=which, data=st.data())
    def redeems(self, which: int, data: st.DataObject) -> None:
        invite, end_s, boot = data.draw(st.sampled_from(self.invites))
        try:
            made = self.rosters[which].redeem(invite.token, f"Member {len(self.members)}", CODE, "")
        except InviteError:
            assert invite.id in self.closed or boot != self.boots or self.up_s >= end_s
            return
        assert invite.id not in self.closed, "twice"
        assert boot != self.boots or self.up_s < end_s, "after its end"
        assert self.now.at.clock_synchronised or boot == self.boots, "of an age that nobody knows"
        self.closed.add(invite.id)
        self.members.append(made)

    @precondition(lambda self: self.invites)
    @rule(which=which, data=st.data())
    def withdraws(self, which: int, data: st.DataObject) -> None:
        invite = data.draw(st.sampled_from(self.invites))[0]
        if invite.id in {each.id for each in self.rosters[which].invites()}:
            self.rosters[which].withdraw(invite.id, TOOL)
            self.closed.add(invite.id)

    @rule(which=which, data=st.data(), right=st.sampled_from([False, False, False, True]))
    def tries_a_code(self, which: int, data: st.DataObject, right: bool) -> None:
        member_id = data.draw(st.sampled_from(self.members)).member.id
        checked = self.rosters[which].check_code(member_id, CODE if right else WRONG)
        if checked.result is LOCKED:
            assert checked.wait_s is None or checked.wait_s > 0
            return
        assert self.up_s >= self.not_before_s.get(member_id, 0.0) - 1e-6, "before its lock was over"
        assert self.failures[member_id] < 15
        assert checked.ok == right
        if right:
            self.failures[member_id] = 0
            return
        self.failures[member_id] += 1
        self.wrong_at_s.append(self.up_s)
        wait_s = {1: 0, 2: 0, 3: 5, 4: 10}.get(self.failures[member_id], 300)
        self.not_before_s[member_id] = self.up_s + wait_s
        assert checked.wait_s is None or checked.wait_s == wait_s

    @precondition(lambda self: self.failures)
    @rule(which=which, data=st.data())
    def unlocks(self, which: int, data: st.DataObject) -> None:
        member_id = data.draw(st.sampled_from(self.members)).member.id
        self.rosters[which].unlock(member_id, TOOL)
        self.failures[member_id] = 0
        self.not_before_s[member_id] = 0.0

    @invariant()
    def the_box_is_slow_as_well(self) -> None:
        """
        Over any stretch of uptime, at most 20 wrong codes and one more in half a minute.
        """
        for first, first_s in enumerate(self.wrong_at_s):
            in_it = len(self.wrong_at_s) - first
            assert in_it <= 20 + (self.wrong_at_s[-1] - first_s) / 30 + 1e-6

    @invariant()
    def whoever_came_in_is_in(self) -> None:
        for roster in self.rosters:
            assert all(roster.authenticate(each.secret) for each in self.members)


TestBox = pytest.mark.slow(Box.TestCase)
TestBox.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
