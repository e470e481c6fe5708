"""The journal against a model of it, for any order of appends, settlements and restarts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.journal.entry import LOSS_ORDER, Entry, Pending, Rank
from edge.journal.row import rows_of
from edge.journal.store import Journal
from tests.edge.journal.entries import make_entry, make_state

pytestmark = pytest.mark.slow

MAX_BYTES = 20_000


class JournalLaw(RuleBasedStateMachine):
    """Keeps the bound, the order, the order of loss, and what is never lost; gives each seq once.

    What a topic said last stays until it says something else, whatever is delivered or shed. What is handed
    over again is not stored again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.journal = self._open()
        self.last_seq = 0
        self.alarms: set[int] = set()
        self.held: list[Pending] = []
        self.alarm_bytes: dict[int, int] = {}
        self.record_of: dict[int, int] = {}         # by number: a picture's, or its own
        self.made = self.settled = self.states = 0
        self.settled_numbers: list[int] = []
        self.entries: dict[int, Entry] = {}
        self.present: dict[str, str] = {}

    def _open(self) -> Journal:
        journal = Journal.open(Path(self.folder.name) / "journal.db", MAX_BYTES)
        journal._db.execute("PRAGMA synchronous = OFF")
        return journal

    @rule(rank=st.sampled_from(Rank), pad=st.integers(0, 6000), picture=st.sampled_from([0, 0, 500, 9000]),
          picture_rank=st.sampled_from([Rank.IMAGE, Rank.ALERT_IMAGE]), views=st.sampled_from([0, 700, 3000]),
          is_event=st.booleans())
    def append(self, rank: Rank, pad: int, picture: int, picture_rank: Rank, views: int,
               is_event: bool) -> None:
        entry = make_entry(len(self.entries) + self.states + 1, rank, picture, pad=pad,
                           picture_rank=picture_rank, ongoing=is_event or None, views_bytes=views)
        self.entries[self._append(entry)] = entry

    @rule(data=st.data())
    def append_again(self, data: st.DataObject) -> None:
        if self.entries:
            seq, entry = data.draw(st.sampled_from(sorted(self.entries.items(), key=lambda item: item[0])))
            assert seq == self.journal.append(entry)

    @rule(camera=st.sampled_from(["gate", "yard"]))
    def tell_state(self, camera: str) -> None:
        self.states += 1
        entry = make_state(len(self.entries) + self.states, camera)
        self._append(entry)
        self.present[entry.topic] = entry.data

    def _append(self, entry: Entry) -> int:
        before = {owed.row_id: owed.rank for owed in self.held}

        seq = self.journal.append(entry)

        assert seq == self.last_seq + 1
        record, pictures = rows_of(entry, seq)
        self.last_seq = seq + len(pictures)
        self.record_of |= {row.row_id: seq for row in (record, *pictures)}
        self.made += 1 + len(pictures)
        before |= {row.row_id: Rank(row.rank) for row in (record, *pictures)}
        if entry.rank not in LOSS_ORDER:
            self.alarms.add(seq)
            self.alarm_bytes[seq] = record.size_bytes
        self.held = self.journal.owed(10_000)
        self._lost_in_order(before)
        return seq

    def _lost_in_order(self, before: dict[int, Rank]) -> None:
        """What is gone is worth no more than what stayed; of one rank the oldest, or the newcomer's own."""
        kept = {owed.row_id for owed in self.held}
        gone = {row_id: rank for row_id, rank in before.items() if row_id not in kept}
        newest = self.record_of[self.last_seq]
        for row_id, rank in gone.items():
            assert rank in LOSS_ORDER
            own = self.record_of[row_id]
            with_its_record = own != row_id and own in gone
            for other, other_rank in before.items():
                if other in kept and newest not in (self.record_of[other], own) and not with_its_record:
                    assert LOSS_ORDER.index(rank) <= _worth(other_rank)
                    assert rank is not other_rank or row_id < other

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        chosen = data.draw(st.lists(st.sampled_from(self.held), max_size=5, unique=True)) if self.held else []
        self.journal.settle(owed.row_id for owed in chosen)
        self.settled += len(chosen)
        self.settled_numbers += [owed.row_id for owed in chosen]
        for owed in chosen:
            self.alarms.discard(owed.seq or 0)
        self.held = self.journal.owed(10_000)

    @rule()
    def restart(self) -> None:
        self.journal.close()
        self.journal = self._open()

    @invariant()
    def bound_is_kept(self) -> None:
        assert self.journal.depth().bytes <= max(MAX_BYTES, sum(self.alarm_bytes[seq] for seq in self.alarms))

    @invariant()
    def no_alarm_is_lost(self) -> None:
        assert self.alarms == {owed.seq for owed in self.held if owed.rank not in LOSS_ORDER and owed.seq}

    @invariant()
    def every_number_is_held_settled_or_buried(self) -> None:
        buried = [seq for run in self.journal.shed() for seq in range(run.first_seq, run.last_seq + 1)]
        numbers = [*(owed.row_id for owed in self.held), *self.settled_numbers, *buried]
        assert list(range(1, self.last_seq + 1)) == sorted(numbers)

    @invariant()
    def what_is_present_was_said_last(self) -> None:
        assert self.present == {topic: state.data for topic, state in self.journal.present().items()}

    @invariant()
    def order_is_kept(self) -> None:
        assert self.held == sorted(self.held, key=lambda owed: (owed.rank, owed.row_id)) == (
            self.journal.owed(10_000))

    @invariant()
    def all_is_accounted_for(self) -> None:
        depth = self.journal.depth()
        assert len(self.held) == depth.records + depth.pictures
        assert self.made == len(self.held) + self.settled + depth.lost

    @invariant()
    def no_picture_without_its_record_was_shed(self) -> None:
        assert self.journal.last_seq() == self.last_seq

    def teardown(self) -> None:
        self.journal.close()
        self.folder.cleanup()


def _worth(rank: Rank) -> int:
    return LOSS_ORDER.index(rank) if rank in LOSS_ORDER else len(LOSS_ORDER)


TestJournalLaw = JournalLaw.TestCase
TestJournalLaw.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
