"""The roster: who belongs to the group, which phones may come in, and the log of what they did.

What it promises:
- A token lets one phone in, once, whichever process is asked and however often at once.
- Nothing that lets anybody in is in the file: tokens and secrets as hashes, codes as edge/members/codes.py.
- Expiry and locks go by CLOCK_MONOTONIC; a wall clock that jumps changes nothing, a restart shortens no lock.
- What changes something has come through fsync when it returns (SQLite, WAL, synchronous=FULL), together with
  its row in the log: both or neither.
- Two processes may use it at once; in each, one Roster may be used by any thread. Whoever reads waits for
  nobody who writes, so that an alarm is never held up by a slow card: `authenticate` above all.

Every method may raise RetryableError where the disk is full, fails or is busy, FatalError where the file is
damaged or was replaced. `by` is the id of a member or "tool:NAME"; what his role does not allow is refused
with DeniedError. A guard that cannot open it can do without its page, but must not do without its alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from edge.base import clock
from edge.base.clock import Stamp
from edge.base.errors import EdgeError
from edge.base.sqlite import Connection, prove_writable
from edge.members import acts, codes, invites, people, working_copy
from edge.members import attempts as tried
from edge.members import bundle_invites as brought
from edge.members.codes import Codes, Cost
from edge.members.database import prepare, translated
from edge.members.errors import CodeError, CodeReason, DeniedError, DeniedReason, InviteError, InviteReason
from edge.members.invites import StoredInvite
from edge.members.phones_seen import PhonesSeen
from edge.members.rights import Deed
from edge.members.roster_file import RosterFile
from edge.members.tokens import new_id, new_secret, new_token, secret_hash, token_hash
from edge.members.tries import Tries, bucket_counted, bucket_wait_s, bucket_without
from edge.members.values import (
    INVITE_MAX_S,
    INVITE_S,
    Act,
    CodeCheck,
    CodeResult,
    Credential,
    Expected,
    Invite,
    LogBreak,
    LoggedAct,
    LogHead,
    Member,
    MemberRole,
    OpenInvite,
    PhoneSession,
)


class Roster:
    """The members of one box. Any thread; see the module's promises."""

    def __init__(self, path: Path, now: Callable[[], Stamp], codes: Codes, *, is_copy: bool = False) -> None:
        """Use `Roster.open`."""
        self._file, self._now, self._codes = RosterFile(path, now, is_copy=is_copy), now, codes
        self._data_version = self._revision = -1
        self._seen = PhonesSeen()

    @classmethod
    def open(cls, path: Path, now: Callable[[], Stamp] = clock.now, cost: Cost | None = None, *,
             is_copy: bool = False) -> Roster:
        """Open the roster at `path`, make it where there is none; `cost` of a code's hash is for tests.

        `is_copy`: what `working_copy` made. Codes are tried and acts noted in it, and nothing else changes.

        Raises:
            FatalError: no such folder, not ours to write; damaged; of a newer version; its key is gone.
            RetryableError: the disk is full or fails; UnwritableError where it takes nothing.
        """
        key = prepare(path)
        with translated(path, "open the roster"):
            roster = cls(path, now, Codes(key, cost or Cost()), is_copy=is_copy)
        try:
            with roster._file.changing("begin locks anew", in_copy=True) as (db, at):
                prove_writable(db)
                tried.begin_anew(db, at)
        except EdgeError:
            roster.close()
            raise
        return roster

    @property
    def is_copy(self) -> bool:
        return self._file.is_copy

    def take_back(self, copy: Roster) -> bool:
        """Adopt the acts and tries of a copy; False where it does not go on from this roster: it is left."""
        with copy._file.reading("read the copy") as lent, self._file.changing("take a copy back") as (db, _):
            return working_copy.merge(lent, db)

    # Coming in

    def invite(self, role: MemberRole, by: str, *, name: str = "", member_id: str = "",
               expires_s: float = INVITE_S) -> Invite:
        """Invite somebody of `role`, or another phone of the member `member_id`, whose role then stays.

        Raises:
            DeniedError: not allowed; no such member; too many are open.
            MemberNameError: `name` cannot be used.
            ValueError: `expires_s` is not above 0 and at most INVITE_MAX_S.
        """
        if not 0 < expires_s <= INVITE_MAX_S:
            raise ValueError(f"expires_s: want above 0, at most {INVITE_MAX_S:.0f}, got {expires_s}")
        token = new_token()
        with self._file.changing("invite") as (db, at):
            who = people.keeper(db, by)
            if member_id:
                member = people.present(db, member_id)
                role, name = member.role, member.name
                people.allow(who, Deed.ADD_PHONE, role, member_id)
            else:
                people.allow(who, Deed.INVITE, role)
                name = people.good_name(name) if name else ""
                people.refuse_taken(db, name)
            invites.refuse_too_many(db, at)
            made = StoredInvite(new_id("i"), role, name, member_id, who.id, who.name, expires_s, at, "open")
            invites.add(db, made, token_hash(token))
            acts.append(db, Act("invited", by, made.id, {"role": str(role), "name": name,
                                                         "member": member_id, "expires_s": expires_s}), at)
        return Invite(made.id, role, at.utc + timedelta(seconds=expires_s), token)

    def expect(self, expected: Sequence[Expected]) -> list[OpenInvite]:
        """Invite whom the bundle in force invites, for INVITE_MAX_S from now on; returns what is new.

        Each token once for ever: one that was brought before is passed over, whatever became of it. What a
        former bundle brought and is still open is withdrawn. A name that a member has is left out: whoever
        comes says another.
        """
        with self._file.changing("take in a bundle's invites") as (db, at):
            return [invite.shown(at) for invite in brought.take_in(db, expected, INVITE_MAX_S, at)]

    def invites(self) -> list[OpenInvite]:
        """Those that may still be redeemed, oldest first."""
        with self._file.reading("list invites") as db:
            now = self._now()
            return [invite.shown(now) for invite in invites.still_open(db, now)]

    def look_up(self, token: str) -> OpenInvite:
        """What a token would do, without using it. Raises InviteError."""
        with self._file.reading("look up an invite") as db:
            now = self._now()
            return invites.of_token(db, token_hash(token), now).shown(now)

    def withdraw(self, invite_id: str, by: str) -> None:
        """Raises DeniedError."""
        with self._file.changing("withdraw an invite") as (db, at):
            invite = invites.of_id(db, invite_id, at)
            people.allow(people.keeper(db, by), Deed.WITHDRAW, invite.role, invite.by_id)
            invites.close(db, invite_id, "withdrawn")
            acts.append(db, Act("invite-withdrawn", by, invite_id), at)

    def redeem(self, token: str, name: str, code: str, phone_label: str) -> Credential:
        """Let a new member in with this code, or, where the invite is for a member's phone, `add_phone`.

        A name that the inviter gave goes before `name`. A refusal uses nothing up.

        Raises:
            InviteError, CodeError, MemberNameError.
        """
        invite = self.look_up(token)
        if invite.member_id:
            return self.add_phone(token, code, phone_label)
        name = people.good_name(invite.name or name)
        fault = codes.fault(code, name)
        if fault is not None:
            raise CodeError(fault)
        with self._file.reading("look up a name") as db:
            people.refuse_taken(db, name)
        hashed = self._codes.hashed(code)               # slow, so in no transaction
        with self._file.changing("let a member in") as (db, at):
            member_id = new_id("m")
            stored = invites.of_token(db, token_hash(token), at)
            people.add_member(db, member_id, name, stored.role, hashed, at)
            return self._let_in(db, stored, member_id, phone_label, "joined", at)

    def add_phone(self, token: str, code: str, phone_label: str) -> Credential:
        """Let another phone of a member in: by an invite for it and by the member's own code.

        Raises:
            InviteError; CodeError with the reason `wrong` or `locked`, which counts as `check_code`.
        """
        member_id = self.look_up(token).member_id
        if not member_id:
            raise InviteError(InviteReason.UNKNOWN)
        checked = self.check_code(member_id, code)
        if not checked.ok:
            raise CodeError(CodeReason(checked.result), checked.wait_s)
        with self._file.changing("let a phone in") as (db, at):
            stored = invites.of_token(db, token_hash(token), at)
            return self._let_in(db, stored, member_id, phone_label, "phone-added", at)

    def authenticate(self, secret: str) -> PhoneSession | None:
        """Whose phone this is; None of nobody's and of what is revoked. Writes nothing, waits for nobody."""
        with self._file.reading("look up a phone") as db:
            session = people.session_of(db, secret_hash(secret))
        if session is not None:
            self._seen.note(session.phone.id, self._now())
        return session

    def version(self) -> int:
        """Changes whenever anybody came in, was revoked, renamed or given another role, by any process.

        For a poll: some microseconds. Whoever keeps a stream open authenticates it again when it changes.
        """
        with self._file.polling("read") as db:
            found = int(db.execute("PRAGMA data_version").fetchone()[0])
            if found != self._data_version:
                self._revision = int(db.execute("SELECT revision FROM roster").fetchone()[0])
                self._data_version = found
            return self._revision

    # Codes

    def check_code(self, member_id: str, code: str) -> CodeCheck:
        """Whether it is the member's code; wrong ones slow down and lock, by edge/members/tries.py.

        Costs the same time for a member who does not exist. Blocks while argon2id computes, other codes too.
        """
        with self._file.changing("count a try", in_copy=True) as (db, at):
            stored = people.code_of(db, member_id)
            tries = Tries() if stored is None else tried.load(db, member_id)
            debt = tried.load(db, tried.BOX).wait
            wait_s, box_wait_s = tries.wait_s(at), bucket_wait_s(debt, at)
            if wait_s is None or wait_s > 0 or box_wait_s > 0:
                longest_s = None if wait_s is None else max(wait_s, box_wait_s)
                return CodeCheck(CodeResult.LOCKED, wait_s=longest_s)
            counted = tries.counted(at)
            if stored is not None:
                tried.save(db, member_id, counted)
            tried.save(db, tried.BOX, Tries(0, bucket_counted(debt, at)))
        right = self._codes.verify(stored, code)
        with self._file.changing("settle a try", in_copy=True) as (db, at):
            if right:
                self._give_back(db, member_id, counted, at)
                return CodeCheck(CodeResult.OK)
            acts.append(db, Act("code-wrong", member_id, member_id, {"failures": counted.failures}), at)
        return CodeCheck(CodeResult.WRONG, counted.left, counted.wait_s(at))

    def change_code(self, member_id: str, old: str, new: str) -> CodeCheck:
        """Give the member another code, if `old` is his; else as `check_code`.

        Raises CodeError where `new` is refused; then `old` was not looked at.
        """
        with self._file.reading("look up a member") as db:
            fault = codes.fault(new, people.present(db, member_id).name)
        if fault is not None:
            raise CodeError(fault)
        checked = self.check_code(member_id, old)
        if checked.ok:
            hashed = self._codes.hashed(new)
            with self._file.changing("change a code") as (db, at):
                people.present(db, member_id)
                people.set_code(db, member_id, hashed)
                acts.append(db, Act("code-changed", member_id, member_id), at)
        return checked

    def unlock(self, member_id: str, by: str) -> None:
        """Forget the wrong codes of a member. Raises DeniedError."""
        with self._file.changing("unlock") as (db, at):
            member = people.present(db, member_id)
            people.allow(people.keeper(db, by), Deed.UNLOCK, member.role, member_id)
            tried.forget(db, member_id)
            acts.append(db, Act("unlocked", by, member_id), at)

    # Keeping

    def members(self) -> list[Member]:
        """Everybody, those who are revoked last."""
        with self._file.reading("list members") as db:
            return people.everybody(db)

    def revoke_phone(self, phone_id: str, by: str) -> None:
        """Raises DeniedError."""
        with self._file.changing("revoke a phone") as (db, at):
            member, phone = people.owner_of(db, phone_id)
            people.allow(people.keeper(db, by), Deed.REVOKE_PHONE, member.role, member.id)
            people.revoke_phone(db, phone_id)
            acts.append(db, Act("phone-revoked", by, phone_id,
                                {"member": member.id, "name": member.name, "label": phone.label}), at)

    def revoke_member(self, member_id: str, by: str) -> None:
        """Revoke a member with every phone and every invite of theirs. Raises DeniedError."""
        with self._file.changing("revoke a member") as (db, at):
            member = people.present(db, member_id)
            who = people.keeper(db, by)
            people.allow(who, Deed.REVOKE_MEMBER, member.role, member_id)
            _keep_a_leader(db, member, who)
            people.revoke_member(db, member_id)
            invites.close_of(db, member_id)
            tried.forget(db, member_id)
            acts.append(db, Act("member-revoked", by, member_id, {"name": member.name}), at)

    def rename(self, member_id: str, name: str, by: str) -> None:
        """Raises DeniedError, MemberNameError."""
        name = people.good_name(name)
        with self._file.changing("rename a member") as (db, at):
            member = people.present(db, member_id)
            people.allow(people.keeper(db, by), Deed.RENAME, member.role, member_id)
            people.rename(db, member_id, name)
            acts.append(db, Act("renamed", by, member_id, {"from": member.name, "to": name}), at)

    def change_role(self, member_id: str, role: MemberRole, by: str) -> None:
        """Raises DeniedError. Whoever may invite nobody any more loses his open invites."""
        with self._file.changing("change a role") as (db, at):
            member = people.present(db, member_id)
            who = people.keeper(db, by)
            for target in (member.role, role):
                people.allow(who, Deed.CHANGE_ROLE, target, member_id)
            if role is not MemberRole.LEADER:
                _keep_a_leader(db, member, who)
            people.change_role(db, member_id, role)
            invites.close_of(db, member_id)
            acts.append(db, Act("role-changed", by, member_id,
                                {"from": str(member.role), "to": str(role)}), at)

    # The log

    def note(self, act: Act) -> None:
        """Add to the log; durable when it returns. Long texts are cut."""
        with self._file.changing("write the log", in_copy=True) as (db, at):
            acts.append(db, act, at)

    def log(self, limit: int, before: int | None = None) -> list[LoggedAct]:
        """The newest first; those older than the seq `before`, where it is given."""
        with self._file.reading("read the log") as db:
            return acts.newest(db, limit, before)

    def verify_log(self) -> LogBreak | None:
        """The first place where the log is not as it was written. Reads all of it: a second or two."""
        with self._file.reading_at_length("verify the log") as db:
            return acts.verify(db)

    def log_head(self) -> LogHead:
        with self._file.reading("read the log") as db:
            return acts.head(db)

    def tend(self) -> None:
        """Do what can wait; to be called now and then by a thread that may wait for the disk.

        Writes down when phones were seen, at most once an hour each; and dates the invites that were made
        before the clock was right, so that they outlast a restart.
        """
        seen = self._seen.due(self._now())
        if seen:
            with self._file.changing("note phones") as (db, _):
                people.note_seen(db, seen)
        with self._file.reading("look for invites without a date") as db:
            any_undated = bool(invites.undated(db, self._now()))
        if any_undated:
            with self._file.changing("date invites") as (db, at):
                for invite in invites.undated(db, at):
                    invites.date(db, invite, at)

    def close(self) -> None:
        """Let go of the file. The Roster cannot be used afterwards; closing twice is fine."""
        self._file.close()

    def _let_in(self, db: Connection, invite: StoredInvite, member_id: str, label: str, what: str,
                at: Stamp) -> Credential:
        """Use up the invite, which was seen open in this transaction, for a phone of the member."""
        if people.code_of(db, member_id) is None:
            raise InviteError(InviteReason.REVOKED)
        secret, phone_id = new_secret(), new_id("p")
        people.add_phone(db, phone_id, member_id, label, secret_hash(secret), at)
        invites.close(db, invite.id, "used")
        acts.append(db, Act(what, member_id, phone_id, {"invite": invite.id, "role": str(invite.role)}), at)
        session = people.session_of(db, secret_hash(secret))
        assert session is not None
        return Credential(session.member, session.phone, secret)

    @staticmethod
    def _give_back(db: Connection, member_id: str, counted: Tries, at: Stamp) -> None:
        """A try that was counted as wrong was right."""
        tried.save(db, member_id, tried.load(db, member_id).without(counted))
        debt = tried.load(db, tried.BOX).wait
        tried.save(db, tried.BOX, Tries(0, bucket_without(debt, at)))


def _keep_a_leader(db: Connection, member: Member, who: people.RosterEditor) -> None:
    """Check that another leader is left before `member` ceases to be one. Raises DeniedError."""
    if member.role is MemberRole.LEADER and not who.is_tool and not people.leaders_besides(db, member.id):
        raise DeniedError(DeniedReason.LAST_LEADER,
                          f"{member.name!r} is the last leader; make another one first")
