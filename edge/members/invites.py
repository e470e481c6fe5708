"""Invites in the database. Each function runs within the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.base.clock import Stamp
from edge.base.sqlite import Connection
from edge.members.errors import DeniedError, DeniedReason, InviteError, InviteReason
from edge.members.timing import invite_left_s
from edge.members.values import MemberRole, OpenInvite

MAX_OPEN = 100
KEEP_CLOSED = 400              # so that a token used twice is told so; older ones are unknown

_COLUMNS = ("id, role, name, member_id, by_id, by_name, lasts_s, utc, mono_ns, boot_id, synchronised, state")


@dataclass(frozen=True, slots=True)
class StoredInvite:
    id: str
    role: MemberRole
    name: str
    member_id: str
    by_id: str
    by_name: str
    lasts_s: float
    made: Stamp
    state: str

    def left_s(self, now: Stamp) -> float:
        return invite_left_s(self.made, self.lasts_s, now)

    def shown(self, now: Stamp) -> OpenInvite:
        return OpenInvite(self.id, self.role, self.name, self.member_id, self.by_name or self.by_id,
                          self.made.utc + timedelta(seconds=self.lasts_s), self.left_s(now))


def refuse_too_many(db: Connection, now: Stamp) -> None:
    """Raises DeniedError."""
    if sum(1 for _ in still_open(db, now)) >= MAX_OPEN:
        raise DeniedError(DeniedReason.TOO_MANY, f"{MAX_OPEN} invites are open; withdraw some")


def add(db: Connection, invite: StoredInvite, token: bytes) -> None:
    """Store an invite, and forget the oldest of those that are no longer open."""
    made = invite.made
    db.execute("INSERT INTO invite VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               (invite.id, token, invite.role, invite.name, invite.member_id, invite.by_id, invite.by_name,
                invite.lasts_s, made.utc.isoformat(), made.mono_ns, made.boot_id,
                int(made.clock_synchronised), invite.state))
    still = json.dumps([each.id for each in still_open(db, made)])
    db.execute("DELETE FROM invite WHERE seq <= (SELECT max(seq) FROM invite) - ?"
               " AND id NOT IN (SELECT value FROM json_each(?))", (MAX_OPEN + KEEP_CLOSED, still))


def still_open(db: Connection, now: Stamp) -> Iterator[StoredInvite]:
    """Neither used, withdrawn nor expired; oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM invite WHERE state = 'open' ORDER BY seq").fetchall()  # noqa: S608
    return (invite for invite in map(_stored, rows) if invite.left_s(now) > 0)


def of_token(db: Connection, token: bytes, now: Stamp) -> StoredInvite:
    """Raises InviteError where it cannot be redeemed."""
    row = db.execute(f"SELECT {_COLUMNS} FROM invite WHERE token = ?", (token,)).fetchone()     # noqa: S608
    if row is None:
        raise InviteError(InviteReason.UNKNOWN)
    invite = _stored(row)
    if invite.state != "open":
        raise InviteError(InviteReason(invite.state))
    if invite.left_s(now) <= 0:
        raise InviteError(InviteReason.EXPIRED)
    return invite


def of_id(db: Connection, invite_id: str, now: Stamp) -> StoredInvite:
    """Raises DeniedError where no such one is open."""
    for invite in still_open(db, now):
        if invite.id == invite_id:
            return invite
    raise DeniedError(DeniedReason.UNKNOWN, f"no open invite {invite_id!r}; see `edgebox members list`")


def close(db: Connection, invite_id: str, state: str) -> None:
    """`used` or `withdrawn`; whoever calls has seen it open in the same transaction."""
    db.execute("UPDATE invite SET state = ? WHERE id = ?", (state, invite_id))


def close_of(db: Connection, member_id: str) -> None:
    """Withdraw what this member has made and what would give him a phone: he shall not come back by it."""
    db.execute("UPDATE invite SET state = 'withdrawn' WHERE state = 'open' AND ? IN (by_id, member_id)",
               (member_id,))


def undated(db: Connection, now: Stamp) -> list[StoredInvite]:
    """Those open ones that were made in this boot while its clock was not right yet, and now it is."""
    if not now.clock_synchronised:
        return []
    return [invite for invite in still_open(db, now)
            if invite.made.boot_id == now.boot_id and not invite.made.clock_synchronised]


def date(db: Connection, invite: StoredInvite, now: Stamp) -> None:
    """Date the invite by the right time of `now`, in the boot in which it was made."""
    made = now.utc - timedelta(microseconds=(now.mono_ns - invite.made.mono_ns) // 1000)
    db.execute("UPDATE invite SET utc = ?, synchronised = 1 WHERE id = ?", (made.isoformat(), invite.id))


def begin_anew(db: Connection, token: bytes, now: Stamp) -> None:
    """Let an open invite of another boot, made while the time was not known, begin now."""
    db.execute("UPDATE invite SET utc = ?, mono_ns = ?, boot_id = ?, synchronised = ? WHERE token = ?"
               " AND state = 'open' AND synchronised = 0 AND boot_id != ?",
               (now.utc.isoformat(), now.mono_ns, now.boot_id, int(now.clock_synchronised), token,
                now.boot_id))


def _stored(row: tuple[str, str, str, str, str, str, float, str, int, str, int, str]) -> StoredInvite:
    (invite_id, role, name, member_id, by_id, by_name, lasts_s, utc, mono_ns, boot_id, synchronised,
     state) = row
    return StoredInvite(invite_id, MemberRole(role), name, member_id, by_id, by_name, lasts_s,
                        Stamp(datetime.fromisoformat(utc), mono_ns, boot_id, bool(synchronised)), state)
