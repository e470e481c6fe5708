"""Whose credential it is, also while the roster's disk fails."""

from __future__ import annotations

from typing import cast

import pytest

from edge.base.errors import FatalError, RetryableError
from edge.guard.requests.sessions import Sessions
from edge.members.roster import Roster
from edge.members.values import Credential, PhoneSession
from tests.edge.page.stand import TOOL, Stand


class FailingRoster:
    """A roster whose disk can be made to fail."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self.error: Exception | None = None

    def version(self) -> int:
        if self.error is not None:
            raise self.error
        return self._roster.version()

    def authenticate(self, secret: str) -> PhoneSession | None:
        if self.error is not None:
            raise self.error
        return self._roster.authenticate(secret)


def test_a_failing_disk_locks_out_nobody_who_was_in(stand: Stand, lan: Credential) -> None:
    """
    A phone that was seen before stays known while the disk fails; one that was not, or was revoked when last
    seen, does not; a damaged roster knows nobody.
    """
    revoked, unseen = stand.join("Tạm"), stand.join("Mới")
    roster = FailingRoster(stand.roster)
    sessions = Sessions(cast(Roster, roster))
    assert None not in [sessions.of(who.secret) for who in (lan, revoked)]
    stand.roster.revoke_phone(revoked.phone.id, TOOL)
    assert sessions.of(revoked.secret) is None

    roster.error = RetryableError("disk I/O error")
    known = sessions.of(lan.secret)
    assert known is not None
    assert lan.member.id == known.member.id
    assert [None] * 4 == [sessions.of(secret) for secret in (revoked.secret, unseen.secret, "", "x" * 300)]
    roster.error = FatalError("damaged")
    with pytest.raises(FatalError):
        sessions.of(lan.secret)
