"""Guard's own ledger: a call stays until the ward has it, whatever is killed or lies."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from dev.trial_config import ROOT
from edge.base.errors import RetryableError
from edge.base.values import NS_PER_S
from edge.contract.messages import AlarmPhase, PanelPhase
from edge.guard.alarm.exchange import Exchange
from edge.guard.alarm.ledger import AGAIN_FIRST_S, MAX_CALLS, UNSTORED_AGAIN_S, Ledger
from edge.guard.alarm.record_sender import RecordSender
from edge.ipc.panel import PanelView
from edge.ipc.records import UNNUMBERED
from edge.journal.entry import Entry, OpenEvent, Present
from tests.edge.uplink.records import call

FIRST, SECOND = call(0), call(1, AlarmPhase.ENDED)


def test_what_was_written_is_there_in_the_next_run(tmp_path: Path) -> None:
    """
    In order; what came in twice once; what the ward has no more.
    """
    ledger = Ledger.load(tmp_path / "calls.json")
    ledger.add([FIRST, SECOND])
    ledger.add([FIRST])
    ledger.write()
    assert [FIRST, SECOND] == Ledger.load(tmp_path / "calls.json").due(0, 9)

    ledger.delivered(["a1.0", "never"])
    ledger.write()

    assert [SECOND] == Ledger.load(tmp_path / "calls.json").due(0, 9)


def test_it_is_safe_once_it_is_on_the_card_or_with_uplink(tmp_path: Path) -> None:
    """
    A card that takes nothing is told as retryable; then uplink's word counts.
    """
    (tmp_path / "nowhere").touch()          # a file where the folder should be
    ledger = Ledger(tmp_path / "nowhere" / "calls.json")
    assert ledger.is_safe
    ledger.add([FIRST])
    with pytest.raises(RetryableError, match="ledger of calls"):
        ledger.write()
    assert not ledger.is_safe

    ledger.handed_over([FIRST], 0)
    assert ledger.is_safe


def test_what_was_handed_over_is_so_again_after_a_while_and_to_a_new_uplink(tmp_path: Path) -> None:
    """
    Later and later, until the ward has it; at once where another uplink is there.
    """
    ledger = Ledger(tmp_path / "calls.json")
    ledger.add([FIRST])
    ledger.handed_over(ledger.due(0, 9), 0)
    first_ns = round(AGAIN_FIRST_S * NS_PER_S)
    assert ([], [FIRST]) == (ledger.due(first_ns - 1, 9), ledger.due(first_ns, 9))

    ledger.handed_over([FIRST], first_ns)
    assert ([], [FIRST]) == (ledger.due(2 * first_ns, 9), ledger.due(3 * first_ns, 9))

    ledger.hand_over_again()
    assert [FIRST] == ledger.due(0, 9)


class Forgetful:
    """An uplink that tells the ward and can store nothing; or can, from some time on."""

    def __init__(self) -> None:
        self.asked, self.stores = list[str](), False

    def append_all(self, entries: Sequence[Entry]) -> list[int]:
        self.asked += [entry.id for entry in entries]
        return [number if self.stores else UNNUMBERED for number, _ in enumerate(entries, start=1)]

    def count_all(self, counts: Mapping[str, int]) -> None:
        raise AssertionError("nothing is counted")

    def open_events(self) -> list[OpenEvent]:
        raise AssertionError("no event is open")

    def said_last(self, topic: str) -> Present | None:
        raise RetryableError("the journal is away")


def test_what_uplink_could_not_store_is_handed_over_until_it_can(tmp_path: Path) -> None:
    """
    All of it is handed over although nobody knows what the panel said last; it does not count as safe, and in
    half a minute it comes again.
    """
    ledger, uplink = Ledger(tmp_path / "no" / "folder" / "calls.json"), Forgetful()
    ledger.add([call(rev) for rev in range(20)])
    sender = RecordSender(Exchange(), ledger, uplink, ROOT,
                          lambda snapshot: PanelView(0, PanelPhase.IDLE, armed=False))
    while calls := ledger.due(time.monotonic_ns(), 8):
        sender._hand_over(calls)
    assert [f"a1.{rev}" for rev in range(20)] == uplink.asked
    assert not ledger.is_safe

    uplink.stores = True
    later_ns = time.monotonic_ns() + round(UNSTORED_AGAIN_S * NS_PER_S)
    again = ledger.due(later_ns, 99)
    assert 20 == len(again)
    sender._hand_over(again)
    assert ledger.is_safe


def test_joins_push_no_call_out(tmp_path: Path) -> None:
    """
    Nor does one phone that raises what is on all night.
    """
    ledger = Ledger(tmp_path / "calls.json")
    ledger.add([FIRST])
    ledger.add([call(rev, AlarmPhase.JOINED, "a2") for rev in range(1, MAX_CALLS + 50)])
    kept = ledger.due(0, 2 * MAX_CALLS)
    assert (MAX_CALLS, FIRST, MAX_CALLS + 49) == (len(kept), kept[0], kept[-1].rev)


def test_it_is_bounded_and_refusals_go_first(tmp_path: Path) -> None:
    """
    A flood of refusals pushes no call out.
    """
    ledger = Ledger(tmp_path / "calls.json")
    ledger.add([FIRST])
    ledger.add([call(0, AlarmPhase.REFUSED, f"r{number}") for number in range(MAX_CALLS + 50)])

    kept = ledger.due(0, 2 * MAX_CALLS)
    assert (MAX_CALLS, FIRST, f"r{MAX_CALLS + 49}") == (len(kept), kept[0], kept[-1].alarm_id)


@pytest.mark.parametrize("content", [b"", b"[]", b"[]\n00000000\n", b"\xff" * 100, b"{" * 5_000_000])
def test_a_damaged_file_is_put_aside(tmp_path: Path, content: bytes,
                                     caplog: pytest.LogCaptureFixture) -> None:
    """
    The ledger begins anew, somebody is told, and the file is kept for whoever looks into it.
    """
    file = tmp_path / "calls.json"
    file.write_bytes(content)

    assert [] == Ledger.load(file).due(0, 9)
    assert "put aside" in caplog.text
    assert content == file.with_name("calls.json.damaged").read_bytes()
