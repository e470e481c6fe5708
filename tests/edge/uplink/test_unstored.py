"""A journal that takes nothing: calls and answers reach the ward all the same, and count as not durable."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from edge.base import clock
from edge.base.backoff import Backoff
from edge.base.clock import Stamp
from edge.base.errors import RetryableError
from edge.base.mqtt_values import Ack, Outgoing
from edge.base.supervisor import Supervisor
from edge.base.values import NS_PER_S
from edge.contract.messages import MetricsData
from edge.ipc.channels import GUARD_TO_UPLINK
from edge.ipc.records import UNNUMBERED, Append, Durable, EntryForm
from edge.journal.entry import Entry
from edge.journal.given import GivenNumbers, highest_given
from edge.journal.reopening_journal import ReopeningJournal
from edge.journal.store import Journal
from edge.uplink.ack_judge import AckJudge
from edge.uplink.delivery import run_delivery
from edge.uplink.intake import Intake
from edge.uplink.permissions import Permissions
from edge.uplink.unstored import KEPT, Unstored
from tests.brokers import Broker, mosquitto, until
from tests.edge.journal.entries import MIB, ROOT, make_entry
from tests.edge.uplink import records
from tests.edge.uplink.acking_ward import KEYS, signed_ack
from tests.edge.uplink.box import BIRTH, plain
from tests.mounts import own_card
from tests.subscriber import Subscriber


def refuse() -> Journal:
    raise RetryableError("journal.lock: cannot open: Read-only file system; check the disk")


def append(*entries: Entry) -> Append:
    return Append(entries=tuple(EntryForm.model_validate(entry) for entry in entries))


class Broken:
    """A journal that cannot be opened, what uplink does without it, and a ward."""

    def __init__(self, broker: Broker) -> None:
        self.journal = ReopeningJournal(refuse, lambda why: None, Backoff(0.05, 0.1))
        self.unstored = Unstored(ROOT)
        self.intake = Intake(GUARD_TO_UPLINK.sender, self.journal, Permissions(ROOT, ("gate",)),
                             take_unstored=self._take)
        self.ward, self.port = Subscriber(broker.port), broker.port

    def _take(self, entries: Sequence[Entry]) -> bool:
        is_taken = self.unstored.take(entries)
        self.journal.appended.set()
        return is_taken

    def deliver(self, stop: threading.Event) -> None:
        run_delivery(self.journal, plain(self.port), ROOT, lambda: BIRTH,
                     lambda: MetricsData(counters={}, gauges={}), stop, appended=self.journal.appended,
                     backoff=Backoff(0.05, 0.2), unstored=self.unstored)


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    made = mosquitto(tmp_path / "broker")
    made.start()
    return made


def test_a_call_reaches_the_ward_without_a_number(broker: Broker) -> None:
    """
    Guard is told that it is not durable. Handed over once more, it is not published again; what is no call
    and no answer is refused for now, so that its maker keeps it.
    """
    box = Broken(broker)
    supervisor = Supervisor()
    supervisor.start("deliver", box.deliver)
    answer = box.intake.answer(append(records.alarm(), records.alarm(rev=1)))
    assert isinstance(answer, Durable)
    assert (UNNUMBERED, UNNUMBERED) == answer.seqs
    until(lambda: len(box.ward.on("/alarm")) == 2, "the ward to hear")
    with pytest.raises(RetryableError):
        box.intake.answer(append(records.alarm(), records.health()))
    box.intake.answer(append(records.alarm(), records.result()))
    until(lambda: box.ward.on("/cmd-result"), "the answer")
    supervisor.stop.set()
    assert [] == supervisor.join(30.0)
    assert supervisor.failure is None

    heard = [arrival.json for arrival in box.ward.on("/alarm")]
    assert [("a1.0", None), ("a1.1", None)] == [(it["id"], it.get("seq")) for it in heard]
    box.ward.close()


class Moved:
    """The clock's stamp, moved by hand."""

    def __init__(self) -> None:
        self.at: Stamp = clock.now()

    def __call__(self) -> Stamp:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at = replace(self.at, mono_ns=self.at.mono_ns + round(seconds * NS_PER_S))


def test_what_a_connection_had_under_way_goes_again() -> None:
    """
    With its end, what was not acknowledged goes by the next one; what nobody got, or was refused, after three
    seconds.
    """
    now, sent = Moved(), list[Outgoing]()
    unstored = Unstored(ROOT, now)
    unstored.take([records.alarm(), records.alarm(rev=1), records.alarm(rev=2)])

    def publish(message: Outgoing) -> int:
        sent.append(message)
        return len(sent)

    unstored.send(publish, 2)
    unstored.send(publish, 0)
    assert 2 == len(sent)
    assert unstored.acknowledged(Ack(1, None))
    assert not unstored.acknowledged(Ack(7, None))
    unstored.connected()
    unstored.send(publish, 9)
    assert 4 == len(sent)
    assert unstored.acknowledged(Ack(3, "quota"))
    assert unstored.acknowledged(Ack(4, None, unclaimed=True))
    unstored.send(publish, 9)
    assert 4 == len(sent)
    now.advance(3.0)
    unstored.send(publish, 9)
    assert 6 == len(sent)


def test_an_answer_to_a_call_is_awaited_for_two_seconds() -> None:
    """
    As of one in the journal: then the path may lead nowhere. Where that broke the connection, twice as long;
    an answer to anything counts, and that to the call itself ends it. An answer to a command is no call.
    """
    now, sent = Moved(), list[Outgoing]()
    unstored = Unstored(ROOT, now)

    def publish(message: Outgoing) -> int:
        sent.append(message)
        return len(sent)

    def wait_s(answered_s: float = -100.0) -> float | None:
        at_ns = now.at.mono_ns
        return unstored.call_wait_s(at_ns + round(answered_s * NS_PER_S), at_ns)

    unstored.take([records.result()])
    unstored.send(publish, 9)
    assert wait_s() is None
    unstored.take([records.alarm()])
    unstored.send(publish, 9)
    now.advance(1.5)
    assert (0.5, 1.0) == (wait_s(), wait_s(-1.0))
    unstored.connected()
    unstored.send(publish, 9)
    assert 4.0 == wait_s()
    unstored.acknowledged(Ack(len(sent) - 1, None))
    unstored.acknowledged(Ack(len(sent), None))
    assert wait_s() is None


@pytest.mark.parametrize(("by_ward", "sent_in_all"), [(True, [1, 1, 2, 2, 3]), (False, [1, 1, 1, 1, 1])])
def test_a_call_that_the_broker_took_and_lost_goes_again(by_ward: bool, sent_in_all: list[int]) -> None:
    """
    For as long as guard hands it over, since the ward has not named it: after one minute, after two more...
    With the broker's word as the last one it goes once; so does an answer, which nobody hands over again.
    """
    now, sent = Moved(), list[Outgoing]()
    unstored = Unstored(ROOT, now, by_ward=by_ward)

    def publish(message: Outgoing) -> int:
        sent.append(message)
        return len(sent)

    found = []
    answer = records.result()
    for wait_s in (0, 59, 1, 119, 1):
        now.advance(wait_s)
        unstored.take([records.alarm()])
        unstored.take([answer])
        unstored.send(publish, 9)
        for mid in range(1, len(sent) + 1):
            unstored.acknowledged(Ack(mid, None))
        found.append(sum(message.topic == ROOT.alarm for message in sent))

    assert sent_in_all == found
    assert 1 == sum(message.topic == ROOT.command_result for message in sent)


def test_it_is_bounded() -> None:
    """
    Of too many the newest stay.
    """
    unstored, sent = Unstored(ROOT), list[Outgoing]()
    for rev in range(KEPT + 5):
        unstored.take([records.alarm(rev=rev)])

    def publish(message: Outgoing) -> int:
        sent.append(message)
        return len(sent)

    unstored.send(publish, 2 * KEPT)
    assert KEPT == len(sent)
    assert b'"a1.5"' in sent[0].payload


def test_how_far_the_numbers_got_is_read_from_a_read_only_card(tmp_path: Path) -> None:
    """
    As the journal said it last; where that is unreadable, what was reserved; where nothing is, nothing.
    """
    with own_card(tmp_path / "card") as card:
        path = card.folder / "journal.db"
        assert highest_given(path) is None
        journal = Journal.open(path, MIB)
        for number in range(1, 4):
            journal.append(make_entry(number))
        last, epoch = journal.last_seq(), journal.epoch()
        journal.close()
        card.make_read_only()
        assert GivenNumbers(last, epoch) == highest_given(path)
        card.make_writable()
        (card.folder / "journal.lock").write_bytes(b"")
        reserved = highest_given(path)
        assert reserved is not None
        assert (True, epoch) == (last < reserved.seq, reserved.epoch)


def test_guard_hears_the_ward_also_while_the_journal_is_away() -> None:
    """
    Each ack that names calls goes on to guard once, though none can be believed yet; the newest waits.
    """
    to_guard = list[bytes]()
    acks = AckJudge(KEYS, ROOT, to_guard.append)
    came = [signed_ack(ROOT, "0" * 16, set(), number, calls=[f"a1.{number}"]) for number in range(3)]
    for payload in came:
        acks.came(payload)
    away = ReopeningJournal(refuse, lambda why: None)
    for _ in range(2):
        with pytest.raises(RetryableError):
            acks.judge(away, 0)
    assert came == to_guard
