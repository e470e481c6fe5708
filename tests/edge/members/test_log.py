"""The log tells every act, cannot be changed unseen, and does not grow for ever."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.members import acts
from edge.members.database import connect
from edge.members.values import Act, MemberRole
from tests.edge.members.rosters import CODE, TOOL, WRONG, FakeNow, joined, opened

COLUMNS = ("seq", "utc", "mono_ns", "boot_id", "synchronised", "what", "who", "name", "subject", "detail",
           "prev", "sha256")
TRIGGERS = ("act_never_changes", "act_never_goes", "act_only_at_the_end", "act_range_only_grows",
            "act_range_stays")


def test_every_act_is_told_with_who_and_when(tmp_path: Path) -> None:
    """
    In order, with both clocks and the name of that time; never a code, a token or a secret.
    """
    now = FakeNow()
    roster = opened(tmp_path, now)
    boss = joined(roster, "Chú Tư", MemberRole.LEADER)
    invite = roster.invite(MemberRole.MEMBER, boss.member.id, name="Bà Năm")
    one = roster.redeem(invite.token, "", CODE, "Nokia")
    phone = roster.invite(MemberRole.MEMBER, one.member.id, member_id=one.member.id)
    two = roster.redeem(phone.token, "", CODE, "tablet")
    roster.withdraw(roster.invite(MemberRole.MEMBER, TOOL).id, TOOL)
    roster.check_code(one.member.id, WRONG)
    roster.change_code(one.member.id, CODE, "480157")
    roster.unlock(one.member.id, boss.member.id)
    roster.rename(boss.member.id, "Tư", TOOL)
    roster.change_role(one.member.id, MemberRole.LEADER, boss.member.id)
    roster.revoke_phone(two.phone.id, boss.member.id)
    roster.revoke_member(one.member.id, boss.member.id)
    now.advance(1)
    roster.note(Act("alarm-raised", boss.member.id, "a-1", {"mode": "siren", "silent": False}))

    rows = roster.log(100)[::-1]
    assert [*range(1, len(rows) + 1)] == [row.seq for row in rows]
    assert ["invited", "joined", "invited", "joined", "invited", "phone-added", "invited",
            "invite-withdrawn", "code-wrong", "code-changed", "unlocked", "renamed", "role-changed",
            "phone-revoked", "member-revoked", "alarm-raised"] == [row.act.what for row in rows]
    assert ("Bà Năm", one.phone.id) == (rows[3].name, rows[3].act.subject)
    assert ["Chú Tư", "Tư"] == [rows[at].name for at in (10, 12)]
    last = rows[-1]
    assert (now.at, {"mode": "siren", "silent": False}) == (last.at, dict(last.act.detail))
    text = repr(rows)
    for secret in (invite.token, phone.token, one.secret, two.secret, CODE, WRONG, "480157"):
        assert secret not in text
    assert rows[4:7][::-1] == roster.log(3, before=8)
    assert None is roster.verify_log()


def test_an_act_and_its_row_are_one(tmp_path: Path) -> None:
    """
    What was refused is not told; what cannot be told is not done.
    """
    roster = opened(tmp_path)
    one = joined(roster)
    seq = roster.log_head().seq
    with contextlib.closing(connect(tmp_path / "members.db")) as db:
        db.execute("CREATE TRIGGER full BEFORE INSERT ON act BEGIN SELECT raise(ABORT, 'no room'); END")

    with pytest.raises(sqlite3.IntegrityError):
        roster.revoke_member(one.member.id, TOOL)

    assert not roster.members()[0].revoked
    assert roster.authenticate(one.secret)
    assert seq == roster.log_head().seq


@pytest.mark.parametrize("statement", [
    "UPDATE act SET what = 'x' WHERE seq = 2", "DELETE FROM act WHERE seq = 1", "DELETE FROM act",
    "INSERT OR REPLACE INTO act SELECT * FROM act WHERE seq = 2",
    "UPDATE act_range SET last_seq = 2", "UPDATE act_range SET last_seq = 9",
    "UPDATE act_range SET first_seq = 3", "UPDATE act_range SET sha256 = zeroblob(32)",
    "DELETE FROM act_range",
])
def test_sqlite_refuses_to_change_the_log(tmp_path: Path, statement: str) -> None:
    """
    Whoever looks at the file with `sqlite3` cannot change it by mistake.
    """
    roster = opened(tmp_path)
    for number in range(5):
        roster.note(Act(f"act-{number}", TOOL))
    before = roster.log(9)

    with contextlib.closing(connect(tmp_path / "members.db")) as db, \
            pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)

    assert before == roster.log(9)


def _written(folder: Path, rows: int) -> Path:
    """A log of so many acts, without the triggers that guard it."""
    roster = opened(folder)
    for number in range(rows):
        roster.note(Act("act", TOOL, str(number % 2), {"n": 1}))    # rows that look alike
    roster.close()
    path = folder / "members.db"
    with contextlib.closing(connect(path)) as db:
        for trigger in TRIGGERS:
            db.execute(f"DROP TRIGGER {trigger}")
    return path


@settings(max_examples=60, deadline=None)
@given(data=st.data())
@pytest.mark.slow
def test_a_change_of_any_one_row_is_found(data: st.DataObject) -> None:
    """
    Any cell of any row made another, with the row's own hash put right or not; any row taken out, doubled or
    swapped with its neighbour: also the first, the last, and the row that tells where the log ends.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = _written(Path(folder), rows=6)
        seq = data.draw(st.integers(1, 6))
        with contextlib.closing(connect(path)) as db:
            kind = data.draw(st.sampled_from(["cell", "cell", "out", "swapped", "added", "range"]))
            if kind == "cell":
                column = data.draw(st.sampled_from(COLUMNS[1:]))
                (old,) = db.execute(f"SELECT {column} FROM act WHERE seq = ?", (seq,)).fetchone()
                other: dict[type, st.SearchStrategy[object]] = {
                    str: st.text(max_size=4), int: st.integers(-2**40, 2**40), bytes: st.binary(max_size=33)}
                db.execute(f"UPDATE act SET {column} = ? WHERE seq = ?",
                           (data.draw(other[type(old)].filter(lambda new: new != old)), seq))
                if column != "sha256" and data.draw(st.booleans()):
                    (row,) = db.execute("SELECT * FROM act WHERE seq = ?", (seq,))
                    db.execute("UPDATE act SET sha256 = ? WHERE seq = ?", (acts._Row(*row).hashed(), seq))
            elif kind == "out":
                db.execute("DELETE FROM act WHERE seq = ?", (seq,))
            elif kind == "swapped":
                neighbour = seq % 6 + 1
                for old_seq, new_seq in ((seq, 99), (neighbour, seq), (99, neighbour)):
                    db.execute("UPDATE act SET seq = ? WHERE seq = ?", (new_seq, old_seq))
            elif kind == "added":
                db.execute("INSERT INTO act SELECT 7, utc, mono_ns, boot_id, synchronised, what, who, name, "
                           "subject, detail, prev, sha256 FROM act WHERE seq = ?", (seq,))
            else:
                column = data.draw(st.sampled_from(["first_seq", "last_seq"]))
                db.execute(f"UPDATE act_range SET {column} = ?", (data.draw(st.sampled_from([0, 3, 5, 7])),))

        roster = opened(Path(folder))
        broken = roster.verify_log()
        roster.close()

    assert broken is not None
    assert broken.why


@pytest.mark.slow
def test_the_oldest_are_forgotten_and_the_rest_still_holds(tmp_path: Path) -> None:
    """
    The newest 50,000 are kept, and not many more; the chain begins where they do.
    """
    now = FakeNow()
    roster = opened(tmp_path, now)
    with roster._file.changing("write many") as (db, at):
        for number in range(acts.KEEP + acts.TRIM - 1):
            acts.append(db, Act("act", TOOL, str(number)), at)
    roster.note(Act("the last", TOOL))

    total = acts.KEEP + acts.TRIM
    assert total == roster.log_head().seq == roster.log(1)[0].seq
    oldest = roster.log(10, before=total - acts.KEEP + 3)
    assert [total - acts.KEEP + 2, total - acts.KEEP + 1] == [row.seq for row in oldest]
    assert None is roster.verify_log()
    assert (tmp_path / "members.db").stat().st_size < 30_000_000
    roster.note(Act("and on", TOOL))
    assert None is roster.verify_log()


@given(text=st.text(max_size=300) | st.just("\ud800\0" * 150), number=st.integers() | st.booleans())
@settings(max_examples=30, deadline=None)
def test_whatever_is_noted_can_be_read_and_verified(text: str, number: int) -> None:
    """
    Any text and number; long ones are cut to 200 characters.
    """
    with tempfile.TemporaryDirectory() as folder:
        roster = opened(Path(folder))
        roster.note(Act(text, text, text, {text: text, "n": number}))
        (row,) = roster.log(1)
        broken = roster.verify_log()
        roster.close()

    assert None is broken
    assert number == row.act.detail["n"]
    for told in (row.act.what, row.act.who, row.act.subject):
        assert len(text[:200]) == len(told)
