"""What is told of the clock, and what is not: without one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from edge.base import clock
from edge.base.errors import RetryableError
from edge.base.values import NS_PER_S
from edge.contract.messages import ClockState
from edge.journal.entry import Rank
from edge.journal.reopening_journal import ReopeningJournal
from edge.journal.store import Journal
from edge.uplink.clock_teller import ClockTeller, reading
from edge.uplink.clock_watch import APART_S, MANY, ClockReading, ClockWatch
from edge.uplink.envelope import of_owed
from tests.edge.contract.test_asyncapi import schema_of
from tests.edge.journal.entries import MIB, ROOT

BEGAN = datetime(2020, 1, 1, tzinfo=UTC)


def at(mono_s: float, ahead_s: float = 0.0, synchronised: bool = False, slept_s: float = 0.0) -> ClockReading:
    """`ahead_s`: how far the wall clock was moved since the boot."""
    mono_ns = round(mono_s * NS_PER_S)
    boottime_ns = mono_ns + round(slept_s * NS_PER_S)
    real_ns = round((BEGAN.timestamp() + ahead_s) * NS_PER_S) + boottime_ns
    return ClockReading(real_ns, boottime_ns, mono_ns, synchronised, 12_345)


def test_a_box_that_boots_in_the_past_says_how_far() -> None:
    """
    First that its clock was never right; when a time server sets it, by how much earlier times of this boot
    were wrong, and that it is right now; when no server is heard any more, that it holds.
    """
    watch = ClockWatch("boot-1")
    first = watch.look(at(5))
    assert first is not None
    assert (ClockState.NEVER, 0, None) == (first.state, first.offset_ms, first.bound_ms)
    assert watch.look(at(6)) is None

    right = watch.look(at(60, ahead_s=86_400.25, synchronised=True))
    assert right is not None
    assert (ClockState.SYNCHRONISED, 86_400_250, 60 * NS_PER_S, 13, "boot-1") == (
        right.state, right.offset_ms, right.from_mono_ns, right.bound_ms, right.boot_id)
    assert right.since is not None
    assert 86_400 + 60 == int((right.since - BEGAN).total_seconds())

    holding = watch.look(at(4000, ahead_s=86_400.25))
    assert holding is not None
    assert (ClockState.HOLDING, 0, None) == (holding.state, holding.offset_ms, holding.bound_ms)


def test_slewing_and_sleep_tell_nothing() -> None:
    """
    A fraction of a second, however often, and a machine that slept, whose wall clock went on.
    """
    watch = ClockWatch("boot-1")
    watch.look(at(1, synchronised=True))
    for second in range(2, 100):
        assert watch.look(at(second, ahead_s=0.4 * (second % 2) + second * 0.05, synchronised=True)) is None
    assert watch.look(at(100, ahead_s=4.95, slept_s=3600, synchronised=True)) is None
    assert watch.look(at(101, ahead_s=5.5, slept_s=3600, synchronised=True)) is not None


def test_another_run_of_the_same_boot_says_nothing_twice() -> None:
    """
    What was told is known; and that the clock was right in this boot.
    """
    assert ClockWatch("boot-1", ClockState.NEVER).look(at(9)) is None
    told = ClockWatch("boot-1", ClockState.SYNCHRONISED).look(at(9))
    assert told is not None
    assert ClockState.HOLDING is told.state


@given(st.lists(st.integers(-5000, 5000), max_size=300))
def test_all_steps_add_up_and_no_clock_fills_the_journal(steps_ms: list[int]) -> None:
    """
    However a clock jumps: once it is quiet, what was told adds up to all steps of half a second and more, and
    a record comes no more often than every ten seconds.
    """
    watch, told, ahead_ms = ClockWatch("boot-1"), list[int](), 0
    watch.look(at(0))
    records = []
    for second, step_ms in enumerate([*steps_ms, *[0] * 700], start=1):
        ahead_ms += step_ms
        data = watch.look(at(second, ahead_s=ahead_ms / 1000))
        if data is not None:
            told.append(data.offset_ms)
            records.append(second)
    assert sum(step for step in steps_ms if abs(step) >= 500) == sum(told)
    assert all(b - a >= APART_S for a, b in pairwise(records))
    assert len(records) <= MANY


def test_what_is_told_is_a_record_of_the_contract(tmp_path: Path) -> None:
    """
    Durable, before events, as the published schema says; a second run of this boot does not repeat it.
    """
    journal = Journal.open(tmp_path / "journal.db", MIB)
    for _ in range(2):
        ClockTeller(journal, ROOT, tmp_path).look(reading())

    (owed,) = journal.owed(9)
    message = of_owed(owed, ROOT, clock.now(), journal.epoch())
    assert (Rank.TIME, ROOT.time, False) == (owed.rank, message.topic, message.retain)
    jsonschema.validate(json.loads(message.payload), schema_of("time"))
    journal.close()


def test_what_the_journal_never_took_is_told_by_the_next_run(tmp_path: Path) -> None:
    """
    A run that ends while the journal is away has told nothing.
    """
    def refuse() -> Journal:
        raise RetryableError("read-only")

    ClockTeller(ReopeningJournal(refuse, lambda why: None), ROOT, tmp_path).look(reading())
    journal = Journal.open(tmp_path / "journal.db", MIB)
    ClockTeller(journal, ROOT, tmp_path).look(reading())

    assert [Rank.TIME] == [owed.rank for owed in journal.owed(9)]
    journal.close()
