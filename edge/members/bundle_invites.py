"""Invites that came in the ward's bundle. Each function runs within the caller's transaction.

A bundle stays installed, so guard reads its invites at every start: each token counts once for ever, whatever
became of it, also after the table of invites has forgotten it.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.base.clock import Stamp
from edge.base.sqlite import Connection
from edge.members import acts, invites, people
from edge.members.invites import StoredInvite
from edge.members.tokens import new_id
from edge.members.values import BUNDLE, Act, Expected


def take_in(db: Connection, expected: Sequence[Expected], lasts_s: float,
            at: Stamp) -> list[StoredInvite]:
    """What is new, invited; what a former bundle brought and nobody has used, withdrawn.

    A letter of another boot that was never dated counts anew from now on: to have tried the box on the bench,
    without the time, must not void it.
    """
    _withdraw_besides(db, {each.token for each in expected}, at)
    for each in expected:
        invites.begin_anew(db, each.token, at)
    return [_invited(db, each, lasts_s, at) for each in expected if _is_new(db, each.token)]


def _withdraw_besides(db: Connection, tokens: set[bytes], at: Stamp) -> None:
    """Those as well that seem expired: a clock that is not right yet cannot tell."""
    rows = db.execute("SELECT id, token FROM invite JOIN brought USING (token) WHERE state = 'open'"
                      " ORDER BY seq").fetchall()
    for invite_id, token in rows:
        if token not in tokens:
            invites.close(db, invite_id, "withdrawn")
            acts.append(db, Act("invite-withdrawn", BUNDLE, invite_id), at)


def _is_new(db: Connection, token: bytes) -> bool:
    """Record `token` as used; False if it was used before."""
    if db.execute("SELECT 1 FROM invite WHERE token = ?", (token,)).fetchone():
        return False
    return db.execute("INSERT OR IGNORE INTO brought VALUES (?)", (token,)).rowcount == 1


def _invited(db: Connection, who: Expected, lasts_s: float, at: Stamp) -> StoredInvite:
    """A name that a member has is left out: the leader who lost his phone comes in under another one."""
    name = "" if people.is_taken(db, who.name) else who.name
    made = StoredInvite(new_id("i"), who.role, name, "", BUNDLE, "", lasts_s, at, "open")
    invites.add(db, made, who.token)
    acts.append(db, Act("invited", BUNDLE, made.id,
                        {"role": str(made.role), "name": name, "member": "", "expires_s": lasts_s}), at)
    return made
