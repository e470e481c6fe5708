"""What the ward has stays for a day, and is owed again when the ward has it no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract.ack import WardAck, runs_of
from edge.journal.acked_rows import PART_ROWS
from edge.journal.store import Journal
from tests.edge.contract.samples import AT
from tests.edge.journal.entries import MIB, ROOT
from tests.edge.uplink import records

DAY = timedelta(hours=26)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.db", MIB, DAY)
    yield opened
    opened.close()


def ack(journal: Journal, covered: set[int], at: datetime) -> WardAck:
    """One that is as good as signed: the journal gets only what was judged."""
    runs = [run for run in runs_of(covered | {0}) if run != (0, 0)]
    upto = runs.pop(0)[1] if runs and runs[0][0] <= 1 else 0
    return WardAck.model_construct(
        box=ROOT.path, epoch=journal.epoch(), upto_seq=upto, beyond=tuple(runs), calls=(), session="s",
        ward_time=at, kid="0" * 16, alg="Ed25519", sig="")


def owed(journal: Journal) -> set[int]:
    return {row.row_id for row in journal.owed(1000)}


def test_what_a_restored_ward_lost_is_owed_again(journal: Journal) -> None:
    """
    Covered: owed no more, and nothing in the gauges. An ack that covers less, as after a backup was put back:
    what is missing is owed again, as it was; what is covered again is not.
    """
    seqs = {*journal.append_all([records.alarm(rev=rev) for rev in range(4)])}
    before = {row.row_id: row.payload for row in journal.owed(1000)}
    journal.believe(ack(journal, seqs, AT))
    assert (set(), 0) == (owed(journal), journal.depth().records)
    assert 1 == journal.oldest_seq()

    covered = journal.believe(ack(journal, {1, 3}, AT + timedelta(seconds=1)))

    assert covered.lost_held
    assert {2: before[2], 4: before[4]} == {row.row_id: row.payload for row in journal.owed(1000)}


@pytest.mark.parametrize(("session", "lost"), [("s", False), ("another", True)])
def test_what_went_to_nobody_is_known_by_the_first_ack(journal: Journal, session: str, lost: bool) -> None:
    """
    A receiver that is there for the first time had no session at the broker before: as by another session,
    what was published until then is lost to it. The next ack of the same session says nothing of the kind.
    """
    journal.append_all([records.alarm(rev=0)])
    assert journal.believe(ack(journal, set(), AT)).lost_held

    again = ack(journal, set(), AT + timedelta(seconds=1)).model_copy(update={"session": session})
    assert journal.believe(again).lost_held is lost


def test_it_is_kept_for_a_day_of_the_wards_time(journal: Journal) -> None:
    """
    After so long, by the ward's clock, it is gone for good, and the box says that it cannot send it.
    """
    journal.append_all([records.alarm(rev=0)])
    journal.believe(ack(journal, {1}, AT))
    journal.append_all([records.alarm(rev=1)])
    journal.believe(ack(journal, {1, 2}, AT + DAY + timedelta(seconds=1)))
    assert 2 == journal.oldest_seq()

    journal.believe(ack(journal, set(), AT + DAY + timedelta(seconds=2)))

    assert {2} == owed(journal)


def test_what_is_owed_comes_before_it(tmp_path: Path) -> None:
    """
    Where the journal is full, what the ward has goes first, and nothing is counted as lost.
    """
    small = Journal.open(tmp_path / "journal.db", 40_000, DAY)
    for rev in range(40):
        small.append_all([records.alarm(rev=rev)])
    small.believe(ack(small, set(range(1, 41)), AT))
    for rev in range(40, 200):
        small.append_all([records.alarm(rev=rev)])

    assert (160, 0) == (small.depth().records, small.depth().lost)
    assert 41 == small.oldest_seq()
    small.close()


def test_much_is_done_in_parts(journal: Journal) -> None:
    """
    A call that comes meanwhile waits for one part alone. The ward's word is noted with the last one, so that
    after a kill in between the same ack is believed once more.
    """
    count = 2 * PART_ROWS + 1
    everything = set(journal.append_all([records.alarm(rev=rev) for rev in range(count)]))
    for covered, left in ((everything, (PART_ROWS + 1, 1, 0)),
                          (set[int](), (PART_ROWS, 2 * PART_ROWS, count))):
        said = ack(journal, covered, AT + timedelta(seconds=not covered))
        word = journal.ward_word()
        for part, owed_now in enumerate(left, start=1):
            believed = journal.believe(said)
            assert (owed_now, part == 3) == (len(owed(journal)), believed.is_whole)
            assert (journal.ward_word() == word) is not believed.is_whole


def test_a_box_that_believes_the_broker_keeps_nothing(tmp_path: Path) -> None:
    """
    Nobody would ever delete what an earlier config kept: pictures of people among it.
    """
    path = tmp_path / "journal.db"
    before = Journal.open(path, MIB, DAY)
    before.append_all([records.alarm()])
    before.believe(ack(before, {1}, AT))
    before.close()

    after = Journal.open(path, MIB)

    assert 2 == after.oldest_seq()
    after.close()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sets(st.integers(1, 12)), min_size=1, max_size=6))
def test_owed_is_what_the_last_ack_does_not_cover(tmp_path_factory: pytest.TempPathFactory,
                                                  acks: list[set[int]]) -> None:
    """
    Whatever acks say one after the other: owed is exactly what the last of them does not cover.
    """
    journal = Journal.open(tmp_path_factory.mktemp("law") / "journal.db", MIB, DAY)
    journal.append_all([records.alarm(rev=rev) for rev in range(12)])
    for number, covered in enumerate(acks):
        journal.believe(ack(journal, covered, AT + timedelta(seconds=number)))
        assert set(range(1, 13)) - covered == owed(journal)
    journal.close()
