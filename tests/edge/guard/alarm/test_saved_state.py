"""The alarm's state as a file."""

from __future__ import annotations

import os
import resource
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base import clock, durable
from edge.base.errors import RetryableError
from edge.contract.messages import AlarmCause, AlarmData, AlarmMode, AlarmPhase, AlarmTimes, Who
from edge.guard.alarm import saved_state as saved
from edge.guard.alarm.exchange import Exchange, Snapshot
from edge.guard.alarm.ledger import Ledger
from edge.guard.alarm.record_writer import RecordWriter
from edge.guard.alarm.saved_state import Copy, DamagedStateError, decode, encode
from edge.guard.alarm.state import AlarmState, Saved
from tests import strange

TOLD = AlarmData(
    alarm_id="0198c0de-0000-7000-8000-000000000000", rev=0, phase=AlarmPhase.RAISED, mode=AlarmMode.SIREN,
    raised_by=Who(cause=AlarmCause.MEMBER, name="Cô Hạnh", member_id="m1"), outputs=("siren",),
    t=AlarmTimes(at=datetime(2026, 1, 2, tzinfo=UTC), mono_ns=5, boot_id="here", clock_synchronised=True))


def copy_of(boot_id: str = "here", mono_ns: int = 7) -> Copy:
    return Copy(Saved(AlarmState.initial(mono_ns), mono_ns, boot_id), mono_ns, (TOLD,), {"lid": True})


def test_a_copy_reads_back_as_it_was_written(tmp_path: Path) -> None:
    """State, what is owed and what was pressed come back the same, whether fsynced or not."""
    for lasting in (False, True):
        saved.write(tmp_path / saved.FILE, copy_of(), lasting=lasting)
        assert copy_of() == saved.load([tmp_path / saved.FILE], "here")


@given(st.data())
def test_damage_is_noticed_wherever_it_is(data: st.DataObject) -> None:
    """A flipped bit, a lost end or a foreign file is never taken for a state."""
    whole = encode(copy_of())
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytes([*whole[:at], whole[at] ^ 1 << data.draw(st.integers(0, 7)), *whole[at + 1:]])
    for damaged in (flipped, whole[:at], data.draw(st.binary())):
        with pytest.raises(DamagedStateError):
            decode(damaged)


@pytest.mark.parametrize("content", [
    b"", b"{}\n", durable.sealed(b"{}"), durable.sealed(b"[" * 100_000),
    durable.sealed(durable.unsealed(encode(copy_of())).replace(b'"version": 1', b'"version": 2'))])
def test_what_is_damaged_is_put_aside_and_the_other_copy_serves(tmp_path: Path, content: bytes) -> None:
    """Be it the file or the machine's own part of it: kept for whoever looks into it, and not in the way."""
    working, lasting = tmp_path / "run.json", tmp_path / "state.json"
    working.write_bytes(content)
    saved.write(lasting, copy_of(), lasting=True)

    assert copy_of() == saved.load([lasting, working], "here")
    assert content == (tmp_path / "run.json.damaged").read_bytes()
    assert not working.exists()


def test_the_best_copy_is_of_this_boot_and_the_latest(tmp_path: Path) -> None:
    """Of another boot the time says nothing, so there the lasting copy, which is named first, serves."""
    first, second = tmp_path / "1", tmp_path / "2"
    for one, other, best in ((copy_of("here", 1), copy_of("here", 2), 2),
                             (copy_of("here", 2), copy_of("here", 1), 1),
                             (copy_of("there", 9), copy_of("here", 1), 2),
                             (copy_of("here", 1), copy_of("there", 9), 1),
                             (copy_of("there", 1), copy_of("past", 9), 1)):
        saved.write(first, one, lasting=False)
        saved.write(second, other, lasting=False)
        assert (one, other)[best - 1] == saved.load([first, second], "here")


def test_nothing_saved_is_no_fault(tmp_path: Path) -> None:
    """A new box begins anew."""
    assert saved.load([tmp_path / saved.FILE], "here") is None
    assert [] == list(tmp_path.iterdir())


def test_a_disk_that_refuses_is_told_as_retryable(tmp_path: Path) -> None:
    """And the copy that was there is still whole."""
    saved.write(tmp_path / saved.FILE, copy_of(), lasting=True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(RetryableError, match="File too large"):
            saved.write(tmp_path / saved.FILE, copy_of(mono_ns=8), lasting=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert [tmp_path / saved.FILE] == list(tmp_path.iterdir())
    assert copy_of() == saved.load([tmp_path / saved.FILE], "here")


def test_a_newer_working_copy_goes_before_a_lasting_one_that_took_long(tmp_path: Path) -> None:
    """What is written onto the card is as old as what it says, however late the card is."""
    working, lasting = tmp_path / "run.json", tmp_path / "state.json"
    now, exchange = clock.now(), Exchange()
    before, after = (copy_of(now.boot_id, now.mono_ns - ago_ns) for ago_ns in (2, 1))
    saved.write(working, after, lasting=False)
    exchange.publish(Snapshot(1, 1, before, AlarmState.initial(before.mono_ns), now))
    exchange.close()
    RecordWriter(exchange, Ledger(tmp_path / "calls.json"), lasting).run(threading.Event())

    assert lasting.exists()
    assert after == saved.load([lasting, working], now.boot_id)


@pytest.mark.parametrize("name", [saved.FILE, f".{saved.FILE}.new"])
@pytest.mark.parametrize("kind", strange.KINDS)
def test_what_another_program_lays_there_is_no_harm(tmp_path: Path, name: str, kind: str) -> None:
    """
    A FIFO, a link to the roster, a folder or a huge file, where the copy or the one to come lies: loading
    does not hang, nothing of the roster's is changed, and the state is saved again.
    """
    roster = tmp_path / "members.db"
    roster.write_bytes(b"the roster")
    strange.lie(kind, tmp_path / name, roster)

    def use() -> None:
        assert saved.load([tmp_path / saved.FILE], "here") is None
        saved.write(tmp_path / saved.FILE, copy_of(), lasting=True)
        assert copy_of() == saved.load([tmp_path / saved.FILE], "here")

    strange.within(5.0, use)
    assert b"the roster" == roster.read_bytes()


def test_a_copy_of_another_user_is_not_believed(tmp_path: Path) -> None:
    """
    Watch may write into a shared folder; what guard goes on from is guard's own.
    """
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    saved.write(tmp_path / saved.FILE, copy_of(), lasting=True)
    os.chown(tmp_path / saved.FILE, 12345, -1)
    assert saved.load([tmp_path / saved.FILE], "here") is None
