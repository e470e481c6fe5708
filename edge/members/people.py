"""Members and phones in the database. Each function runs within the caller's transaction."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from edge.base.clock import Stamp
from edge.base.sqlite import Connection
from edge.members.errors import DeniedError, DeniedReason, MemberNameError, NameReason
from edge.members.rights import Deed, may
from edge.members.tries import LOCK_FOR_GOOD_AT
from edge.members.values import TOOL, Member, MemberRole, Phone, PhoneSession

MAX_NAME = 60
MAX_LABEL = 60

_PHONE = "id, member_id, label, created, last_seen, revoked"
_MEMBER = "member.id, name, role, created, revoked, coalesce(failures, 0)"


@dataclass(frozen=True, slots=True)
class RosterEditor:
    """Who changes the roster."""

    id: str
    name: str
    role: MemberRole | None              # None: the tool, which may do everything

    @property
    def is_tool(self) -> bool:
        return self.role is None


def keeper(db: Connection, by: str) -> RosterEditor:
    """Raises DeniedError where `by` is neither the tool nor a member who is not revoked."""
    if by.split(":")[0] == TOOL:
        return RosterEditor(by, "", None)
    member = find(db, by)
    if member is None or member.revoked:
        raise DeniedError(DeniedReason.NOT_ALLOWED, f"{by!r} is no member")
    return RosterEditor(member.id, member.name, member.role)


def allow(who: RosterEditor, deed: Deed, target: MemberRole, target_id: str = "") -> None:
    """Raises DeniedError where `who` may not do `deed` to the member `target_id` of the role `target`."""
    if who.role is not None and not may(who.role, deed, target, own=target_id == who.id):
        raise DeniedError(DeniedReason.NOT_ALLOWED, f"a {who.role} may not {deed} a {target}")


def everybody(db: Connection) -> list[Member]:
    """Those who are not revoked first, then by name."""
    rows = db.execute(f"SELECT {_MEMBER} FROM member LEFT JOIN tries ON subject = member.id"   # noqa: S608
                      " ORDER BY revoked, name_key, member.id").fetchall()
    phones = _phones(db.execute(f"SELECT {_PHONE} FROM phone ORDER BY seq"))      # noqa: S608
    return [_member(row, phones[row[0]]) for row in rows]


def find(db: Connection, member_id: str) -> Member | None:
    """Revoked ones too."""
    row = db.execute(f"SELECT {_MEMBER} FROM member LEFT JOIN tries ON subject = member.id"    # noqa: S608
                     " WHERE member.id = ?", (member_id,)).fetchone()
    if row is None:
        return None
    phones = db.execute(f"SELECT {_PHONE} FROM phone WHERE member_id = ? ORDER BY seq",   # noqa: S608
                        (member_id,))
    return _member(row, _phones(phones)[member_id])


def present(db: Connection, member_id: str) -> Member:
    """Raises DeniedError where there is none, or a revoked one."""
    member = find(db, member_id)
    if member is None or member.revoked:
        raise DeniedError(DeniedReason.UNKNOWN, f"no member {member_id!r}; see `edgebox members list`")
    return member


def code_of(db: Connection, member_id: str) -> str | None:
    """The stored hash; None of nobody and of who is revoked."""
    row = db.execute("SELECT code FROM member WHERE id = ? AND revoked = 0", (member_id,)).fetchone()
    return None if row is None else str(row[0])


def session_of(db: Connection, secret: bytes) -> PhoneSession | None:
    """Whose phone has the secret of this hash; None where it or its member is revoked."""
    found = db.execute("SELECT phone.id, member_id FROM phone JOIN member ON member.id = member_id"
                       " WHERE secret = ? AND phone.revoked = 0 AND member.revoked = 0", (secret,)).fetchone()
    if found is None:
        return None
    member = find(db, found[1])
    assert member is not None       # a foreign key, and both in one read
    return PhoneSession(member, next(phone for phone in member.phones if phone.id == found[0]))


def owner_of(db: Connection, phone_id: str) -> tuple[Member, Phone]:
    """Raises DeniedError where there is no such phone, or it is revoked."""
    row = db.execute("SELECT member_id FROM phone WHERE id = ? AND revoked = 0", (phone_id,)).fetchone()
    member = None if row is None else find(db, row[0])
    if member is None:
        raise DeniedError(DeniedReason.UNKNOWN, f"no phone {phone_id!r}; see `edgebox members list`")
    return member, next(phone for phone in member.phones if phone.id == phone_id)


def leaders_besides(db: Connection, member_id: str) -> int:
    (count,) = db.execute("SELECT count(*) FROM member WHERE role = 'leader' AND revoked = 0 AND id != ?",
                          (member_id,)).fetchone()
    return int(count)


def add_member(db: Connection, member_id: str, name: str, role: MemberRole, code: str, at: Stamp) -> None:
    """Raises MemberNameError where the name is taken."""
    refuse_taken(db, name)
    db.execute("INSERT INTO member VALUES (?, ?, ?, ?, ?, ?, 0)",
               (member_id, name, _name_key(name), role, code, at.utc.isoformat()))


def add_phone(db: Connection, phone_id: str, member_id: str, label: str, secret: bytes,
              at: Stamp) -> None:
    db.execute("INSERT INTO phone VALUES (NULL, ?, ?, ?, ?, ?, NULL, 0)",
               (phone_id, member_id, _tidy(label)[:MAX_LABEL], secret, at.utc.isoformat()))


def rename(db: Connection, member_id: str, name: str) -> None:
    """Raises MemberNameError where the name is taken by somebody else."""
    refuse_taken(db, name, besides=member_id)
    db.execute("UPDATE member SET name = ?, name_key = ? WHERE id = ?", (name, _name_key(name), member_id))


def change_role(db: Connection, member_id: str, role: MemberRole) -> None:
    db.execute("UPDATE member SET role = ? WHERE id = ?", (role, member_id))


def set_code(db: Connection, member_id: str, hashed: str) -> None:
    db.execute("UPDATE member SET code = ? WHERE id = ?", (hashed, member_id))


def revoke_phone(db: Connection, phone_id: str) -> None:
    db.execute("UPDATE phone SET revoked = 1 WHERE id = ?", (phone_id,))


def revoke_member(db: Connection, member_id: str) -> None:
    """Revoke a member with all phones. The name stays, for the log; the code does not."""
    db.execute("UPDATE member SET revoked = 1, code = '' WHERE id = ?", (member_id,))
    db.execute("UPDATE phone SET revoked = 1 WHERE member_id = ?", (member_id,))


def note_seen(db: Connection, seen: Iterable[tuple[str, datetime]]) -> None:
    db.executemany("UPDATE phone SET last_seen = ?2 WHERE id = ?1",
                   ((phone_id, utc.isoformat()) for phone_id, utc in seen))


def refuse_taken(db: Connection, name: str, besides: str = "") -> None:
    """Raises MemberNameError."""
    if is_taken(db, name, besides):
        raise MemberNameError(NameReason.TAKEN)


def is_taken(db: Connection, name: str, besides: str = "") -> bool:
    """Two of one name could not be told apart in an alarm."""
    return db.execute("SELECT 1 FROM member WHERE name_key = ? AND revoked = 0 AND id != ?",
                      (_name_key(name), besides)).fetchone() is not None


def good_name(name: str) -> str:
    """The name as it is kept. Raises MemberNameError."""
    tidy = _tidy(name)
    if not tidy:
        raise MemberNameError(NameReason.EMPTY)
    if len(tidy) > MAX_NAME:
        raise MemberNameError(NameReason.TOO_LONG)
    if not tidy.isprintable():
        raise MemberNameError(NameReason.UNPRINTABLE)
    return tidy


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split()).encode("utf-8", "replace").decode()


def _name_key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _phones(rows: Iterable[tuple[str, str, str, str, str | None, int]]) -> dict[str, tuple[Phone, ...]]:
    found: defaultdict[str, tuple[Phone, ...]] = defaultdict(tuple)
    for phone_id, member_id, label, created, last_seen, revoked in rows:
        found[member_id] += (Phone(phone_id, label, datetime.fromisoformat(created),
                                   None if last_seen is None else datetime.fromisoformat(last_seen),
                                   bool(revoked)),)
    return found


def _member(row: tuple[str, str, str, str, int, int], phones: tuple[Phone, ...]) -> Member:
    member_id, name, role, created, revoked, failures = row
    return Member(member_id, name, MemberRole(role), phones, bool(revoked), datetime.fromisoformat(created),
                  failures >= LOCK_FOR_GOOD_AT)
