"""Rosters that the tests start from: real files, a clock to move, a hash that is quick."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.base.clock import Stamp
from edge.base.values import NS_PER_S
from edge.members.codes import Cost
from edge.members.roster import Roster
from edge.members.values import Credential, MemberRole

TOOL = "tool:test"
CODE = "730518"
WRONG = "730519"
QUICK = Cost(memory_kib=8, passes=1)       # argon2's least

_START = Stamp(datetime(2026, 11, 23, 20, 0, tzinfo=UTC), 1_000 * NS_PER_S, "boot-1", True)
_numbers = itertools.count(1)


@dataclass
class FakeNow:
    """Both clocks, moved by hand."""

    at: Stamp = _START

    def __call__(self) -> Stamp:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at = replace(self.at, utc=self.at.utc + timedelta(seconds=seconds),
                          mono_ns=self.at.mono_ns + round(seconds * NS_PER_S))

    def set_wall(self, utc: datetime, *, synchronised: bool) -> None:
        self.at = replace(self.at, utc=utc, clock_synchronised=synchronised)

    def reboot(self, off_s: float, *, synchronised: bool) -> None:
        """Off for so long; the wall clock is right again only where it is synchronised."""
        utc = self.at.utc + timedelta(seconds=off_s) if synchronised else datetime(1970, 1, 1, tzinfo=UTC)
        self.at = Stamp(utc, 5 * NS_PER_S, f"boot-{next(_numbers) + 1}", synchronised)


def opened(folder: Path, now: FakeNow | None = None) -> Roster:
    return Roster.open(folder / "members.db", now or FakeNow(), QUICK)


def joined(roster: Roster, name: str = "", role: MemberRole = MemberRole.MEMBER,
           code: str = CODE) -> Credential:
    """A new member with one phone."""
    invite = roster.invite(role, TOOL)
    return roster.redeem(invite.token, name or f"Member {next(_numbers)}", code, "phone")
