"""The roster on a card that takes nothing any more: full, and read-only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.base.errors import RetryableError
from edge.bundle.roster_opening import copied, take_copy_back
from edge.members.errors import UnwritableError
from edge.members.roster import Roster
from edge.members.values import Act, CodeResult, MemberRole
from tests.edge.members.rosters import CODE, QUICK, TOOL, WRONG, FakeNow, joined, opened
from tests.mounts import Card, own_card


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    with own_card(tmp_path / "card") as made:
        yield made


def copy_of(card: Card) -> Roster:
    return copied(card.folder / "members.db", card.folder.parent / "members-copy", FakeNow(), QUICK)


def back(roster: Roster, card: Card) -> None:
    take_copy_back(roster, card.folder.parent / "members-copy" / "members.db", FakeNow())


def note_for_ever(roster: Roster, member_id: str) -> None:
    """SQLite's log may have room in itself for some more."""
    while True:
        roster.note(Act("armed", member_id))


def results(roster: Roster, member_id: str, *codes: str) -> list[CodeResult]:
    return [roster.check_code(member_id, code).result for code in codes]


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_read_only_card_is_read(card: Card, tmp_path: Path, is_killed: bool) -> None:
    """
    Guard starts on a card that was mounted read-only, after it had ended or was killed with rows in SQLite's
    log alone: who was in is in, who was revoked is not, and codes are tried, slowed down and locked.
    """
    roster = opened(card.folder)
    lan, gone = joined(roster), joined(roster)
    roster.revoke_phone(gone.phone.id, TOOL)
    if is_killed:
        with contextlib.ExitStack() as undo:        # as a kill leaves it: closing would empty SQLite's log
            kept = {file.name: file.read_bytes() for file in card.folder.iterdir()}
            undo.callback(lambda: [(card.folder / name).write_bytes(text) for name, text in kept.items()])
            roster.close()
        assert (card.folder / "members.db-wal").stat().st_size
    else:
        roster.close()
    card.make_read_only()

    with pytest.raises(UnwritableError):
        opened(card.folder)
    with contextlib.closing(copy_of(card)) as copy:
        session = copy.authenticate(lan.secret)
        assert session is not None
        assert lan.member.id == session.member.id
        assert copy.authenticate(gone.secret) is None
        assert [CodeResult.OK, CodeResult.WRONG, CodeResult.WRONG, CodeResult.WRONG, CodeResult.LOCKED] == \
            results(copy, lan.member.id, CODE, WRONG, WRONG, WRONG, CODE)


def test_the_roster_itself_changes_on_the_card_alone(card: Card) -> None:
    """
    On the copy nobody is invited, let in or revoked: what the card forgets would be no revocation.
    """
    roster = opened(card.folder)
    lan = joined(roster)
    invite = roster.invite(MemberRole.MEMBER, TOOL)
    with contextlib.closing(copy_of(card)) as copy:
        for deed in (lambda: copy.revoke_phone(lan.phone.id, TOOL),
                     lambda: copy.invite(MemberRole.MEMBER, TOOL),
                     lambda: copy.redeem(invite.token, "Hoa", CODE, "phone"),
                     lambda: copy.change_code(lan.member.id, CODE, "508264")):
            with pytest.raises(RetryableError, match="card cannot be written"):
                deed()
    roster.close()


def test_a_full_card_is_told_apart_from_a_busy_one_and_heals(card: Card) -> None:
    """
    Full while guard runs: a try is refused as unwritable. The copy counts tries over a restart of guard; when
    there is room again the card has the tries, and the acts in one unbroken log.
    """
    roster = opened(card.folder)
    lan = joined(roster)
    card.fill_up()
    with pytest.raises(UnwritableError):
        note_for_ever(roster, lan.member.id)
    acts = roster.log_head().seq

    for _ in range(2):                  # each a run of guard
        with contextlib.closing(copy_of(card)) as copy:
            assert [CodeResult.WRONG] == results(copy, lan.member.id, WRONG)
            copy.note(Act("alarm-cancelled", lan.member.id))
    card.make_room()
    back(roster, card)

    assert [CodeResult.WRONG, CodeResult.LOCKED] == results(roster, lan.member.id, WRONG, CODE)
    assert acts + 5 == roster.log_head().seq
    assert roster.verify_log() is None
    assert not (card.folder.parent / "members-copy").exists()
    roster.close()


def test_a_copy_of_an_older_roster_is_left_out(card: Card) -> None:
    """
    The card went on by itself since the copy was made: the copy changes nothing in it, and is made anew.
    """
    with contextlib.closing(opened(card.folder)) as roster:
        lan = joined(roster)
        with contextlib.closing(copy_of(card)) as copy:
            results(copy, lan.member.id, WRONG, WRONG)
        other = joined(roster)
        head = roster.log_head()
        with contextlib.closing(copy_of(card)) as copy:
            assert copy.authenticate(other.secret) is not None
            results(copy, lan.member.id, WRONG)
        roster.revoke_member(other.member.id, TOOL)
        back(roster, card)

        assert head.seq + 1 == roster.log_head().seq
        assert [CodeResult.OK] == results(roster, lan.member.id, CODE)
