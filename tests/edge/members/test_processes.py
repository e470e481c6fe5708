"""Two processes at once: guard and the technician's tool, at their worst."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.members.codes import Codes
from edge.members.errors import DeniedError, DeniedReason, InviteError
from edge.members.roster import Roster
from edge.members.values import MemberRole
from tests.edge.members.rosters import CODE, QUICK, TOOL, FakeNow, joined, opened

TOKENS = 12
spawn = multiprocessing.get_context("spawn")


def _redeem_all(folder: Path, who: str, tokens: list[str], start: multiprocessing.synchronize.Barrier,
                results: multiprocessing.queues.Queue[list[tuple[str, str]]]) -> None:
    roster = opened(folder)
    secrets = []
    for number, token in enumerate(tokens):
        start.wait(60)
        try:
            secrets.append((token, roster.redeem(token, f"{who} {number}", CODE, who).secret))
        except InviteError:
            continue
    results.put(secrets)
    results.close()
    results.join_thread()
    os.kill(os.getpid(), signal.SIGKILL)        # what was acknowledged needs no goodbye


def test_two_processes_redeem_each_token_once(tmp_path: Path) -> None:
    """
    At the same moment, time after time: one comes in, the other is refused; what was given holds although
    both are killed.
    """
    roster = opened(tmp_path)
    tokens = [roster.invite(MemberRole.MEMBER, TOOL).token for _ in range(TOKENS)]
    start, results = spawn.Barrier(2), spawn.Queue()
    processes = [spawn.Process(target=_redeem_all, args=(tmp_path, who, tokens, start, results))
                 for who in ("An", "Bình")]
    for process in processes:
        process.start()
    given = results.get(timeout=90) + results.get(timeout=90)
    for process in processes:
        process.join(60)

    assert sorted(tokens) == sorted(token for token, _ in given)
    assert TOKENS == len(roster.members()) == len({secret for _, secret in given})
    assert all(roster.authenticate(secret) for _, secret in given)
    assert [] == roster.invites()
    assert None is roster.verify_log()


class InterruptedCodes(Codes):
    """Something else happens while a code is hashed: the one gap between looking a token up and using it."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__(b"", QUICK)
        self._happens = happens

    def hashed(self, code: str) -> str:
        self._happens()
        return super().hashed(code)


@pytest.mark.parametrize("what", ["used", "withdrawn", "expired"])
def test_a_token_that_goes_while_it_is_redeemed_is_gone(tmp_path: Path, what: str) -> None:
    """
    Used or withdrawn by another process, or expired, between its look-up and its use.
    """
    now = FakeNow()
    other = opened(tmp_path, now)
    invite = other.invite(MemberRole.MEMBER, TOOL)
    happens = {"used": lambda: other.redeem(invite.token, "first", CODE, ""),
               "withdrawn": lambda: other.withdraw(invite.id, TOOL),
               "expired": lambda: now.advance(86400)}[what]
    roster = Roster(tmp_path / "members.db", now, InterruptedCodes(happens))

    with pytest.raises(InviteError) as refused:
        roster.redeem(invite.token, "second", CODE, "")

    assert what == refused.value.reason
    assert "second" not in {each.name for each in roster.members()}


def _open_only(folder: Path, start: multiprocessing.synchronize.Barrier) -> None:
    start.wait(60)
    roster = opened(folder)
    joined(roster, name=str(os.getpid()))


def test_processes_may_make_it_at_the_same_time(tmp_path: Path) -> None:
    """
    One key, one roster: what each wrote is there.
    """
    start = spawn.Barrier(3)
    processes = [spawn.Process(target=_open_only, args=(tmp_path, start)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(90)

    assert [0, 0, 0] == [process.exitcode for process in processes]
    assert {str(process.pid) for process in processes} == {each.name for each in opened(tmp_path).members()}


def test_reading_waits_for_nobody_who_writes(tmp_path: Path) -> None:
    """
    While this process or another is in the middle of a change, phones come in.
    """
    roster = opened(tmp_path)
    one = joined(roster)
    for writer in (roster, opened(tmp_path)):
        with writer._file.changing("stay in it"):
            session = roster.authenticate(one.secret)
            roster.version()

        assert session is not None


def test_two_leaders_cannot_revoke_each_other_at_once(tmp_path: Path) -> None:
    """
    The second one is refused, by whichever process it is asked.
    """
    roster, other = opened(tmp_path), opened(tmp_path)
    one, two = (joined(roster, role=MemberRole.LEADER).member.id for _ in range(2))

    roster.revoke_member(two, one)
    with pytest.raises(DeniedError) as refused:
        other.revoke_member(one, two)
    assert DeniedReason.NOT_ALLOWED is refused.value.reason
    with pytest.raises(DeniedError) as refused:
        other.revoke_member(one, one)
    assert DeniedReason.LAST_LEADER is refused.value.reason
