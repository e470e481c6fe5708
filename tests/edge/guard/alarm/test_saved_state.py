"""The alarm's state as a file."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base import clock
from edge.base.errors import RetryableError
from edge.contract.messages import AlarmCause, AlarmData, AlarmMode, AlarmPhase, AlarmTimes, Who
from edge.guard.alarm import saved_state as saved
from edge.guard.alarm.exchange import Exchange, Snapshot
from edge.guard.alarm.ledger import Ledger
from edge.guard.alarm.record_writer import RecordWriter
from edge.guard.alarm.saved_state import Copy, DamagedError, decode, encode
from edge.guard.alarm.state import AlarmState, to_json

TOLD = AlarmData(
    alarm_id="0198c0de-0000-7000-8000-000000000000", rev=0, phase=AlarmPhase.RAISED, mode=AlarmMode.SIREN,
    raised_by=Who(cause=AlarmCause.MEMBER, name="Cô Hạnh", member_id="m1"), outputs=("siren",),
    t=AlarmTimes(at=datetime(2026, 1, 2, tzinfo=UTC), mono_ns=5, boot_id="here", clock_synchronised=True))


def copy_of(boot_id: str = "here", mono_ns: int = 7) -> Copy:
    state = to_json(AlarmState.initial(mono_ns), mono_ns, boot_id)
    return Copy(state, boot_id, mono_ns, (TOLD,), {"lid": True})


def test_a_copy_reads_back_as_it_was_written(tmp_path: Path) -> None:
    """State, what is owed and what was pressed come back the same, whether fsynced or not."""
    for durable in (False, True):
        saved.write(tmp_path / saved.FILE, copy_of(), durable=durable)
        assert copy_of() == saved.load([tmp_path / saved.FILE], "here")


@given(st.data())
def test_damage_is_noticed_wherever_it_is(data: st.DataObject) -> None:
    """A flipped bit, a lost end or a foreign file is never taken for a state."""
    whole = encode(copy_of())
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytes([*whole[:at], whole[at] ^ 1 << data.draw(st.integers(0, 7)), *whole[at + 1:]])
    for damaged in (flipped, whole[:at], data.draw(st.binary())):
        with pytest.raises(DamagedError):
            decode(damaged)


@pytest.mark.parametrize("content", [b"", b"{}\n", encode(Copy("{}", "here", 7))])
def test_what_is_damaged_is_put_aside_and_the_other_copy_serves(tmp_path: Path, content: bytes) -> None:
    """Be it the file or the machine's own part of it: kept for whoever looks into it, and not in the way."""
    working, lasting = tmp_path / "run.json", tmp_path / "state.json"
    working.write_bytes(content)
    saved.write(lasting, copy_of(), durable=True)

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
        saved.write(first, one, durable=False)
        saved.write(second, other, durable=False)
        assert (one, other)[best - 1] == saved.load([first, second], "here")


def test_nothing_saved_is_no_fault(tmp_path: Path) -> None:
    """A new box begins anew."""
    assert saved.load([tmp_path / saved.FILE], "here") is None
    assert [] == list(tmp_path.iterdir())


def test_a_disk_that_refuses_is_told_as_retryable(tmp_path: Path) -> None:
    """And the copy that was there is still whole."""
    saved.write(tmp_path / saved.FILE, copy_of(), durable=True)
    (tmp_path / "alarm.new").symlink_to("/dev/full")

    with pytest.raises(RetryableError, match="No space left on device"):
        saved.write(tmp_path / saved.FILE, copy_of(mono_ns=8), durable=True)

    assert copy_of() == saved.load([tmp_path / saved.FILE], "here")


def test_a_newer_working_copy_goes_before_a_lasting_one_that_took_long(tmp_path: Path) -> None:
    """What is written onto the card is as old as what it says, however late the card is."""
    working, lasting = tmp_path / "run.json", tmp_path / "state.json"
    now, exchange = clock.now(), Exchange()
    before, after = (copy_of(now.boot_id, now.mono_ns - ago_ns) for ago_ns in (2, 1))
    saved.write(working, after, durable=False)
    exchange.publish(Snapshot(1, 1, before, AlarmState.initial(before.mono_ns), now))
    exchange.close()
    RecordWriter(exchange, Ledger(tmp_path / "calls.json"), lasting).run(threading.Event())

    assert lasting.exists()
    assert after == saved.load([lasting, working], now.boot_id)
