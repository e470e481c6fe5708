"""Delivery to a ward that acknowledges by itself: what leaves the journal, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.journal.entry import Entry, Rank
from edge.journal.store import Journal
from edge.uplink import burial
from edge.uplink.ack_judge import AckJudge
from tests.brokers import Broker, until
from tests.edge.journal.entries import MIB, ROOT, make_entry
from tests.edge.uplink import records
from tests.edge.uplink.acking_ward import KEYS, AckingWard, signed_ack
from tests.edge.uplink.box import Box, plain


@pytest.fixture
def ward(broker: Broker, journal: Journal) -> Iterator[AckingWard]:
    made = AckingWard(broker.port, ROOT, journal.epoch())
    yield made
    made.close()


class Desk:
    """The ward's acks, as uplink has them, and what guard was given."""

    def __init__(self) -> None:
        self.to_guard: list[bytes] = []
        self.acks = AckJudge(KEYS, ROOT, self.to_guard.append)


def event(number: int) -> Entry:
    """With a picture that it tells of."""
    entry = make_entry(number, picture_bytes=300)
    return replace(entry, data=json.dumps({"image": {"topic": entry.pictures[0].topic}}))


def held(journal: Journal) -> int:
    depth = journal.depth()
    return depth.records + depth.pictures


def test_rows_leave_the_journal_by_the_wards_word(broker: Broker, journal: Journal, ward: AckingWard) -> None:
    """
    Published once and held: the broker's word is not enough. An ack takes what it covers, a hole stays; guard
    gets each ack that names calls, and the first one, byte for byte.
    """
    journal.append_all([*map(event, range(1, 6)), records.alarm()])
    desk = Desk()
    with Box(journal, plain(broker.port), acks=desk.acks):
        until(lambda: len(ward.seqs) == 11, "all to arrive")
        until(lambda: desk.acks.resend.waiting == 11, "the broker's word")
        assert (11, ["a1.0"]) == (held(journal), journal.delivered(ROOT.alarm, ["a1.0"]))

        ward.ack({1, 2, 3, 5, 6, 11}, calls=["a1.0"])
        until(lambda: held(journal) == 5, "what is covered to leave")
        assert 4 == journal.oldest_seq()
        ward.ack()
        until(lambda: held(journal) == 0, "the rest to leave")
        assert 1 == len(desk.to_guard)

        ward.ack(calls=["a1.0"])
        until(lambda: len(desk.to_guard) == 2, "the ack to reach guard")
    assert {"a1.0"} == {name for ack in desk.to_guard for name in json.loads(ack)["calls"]}
    assert 6 == len(ward.records)


def test_what_is_not_believed_is_counted_and_takes_nothing(broker: Broker, journal: Journal,
                                                           ward: AckingWard) -> None:
    """
    Forged, of another epoch, above what was given, older: each by its reason in the metrics; guard gets none
    that is forged.
    """
    desk, epoch = Desk(), journal.epoch()
    journal.append_all([event(1), event(2)])
    good = signed_ack(ROOT, epoch, {1}, 5)
    with Box(journal, plain(broker.port), metrics_every_s=0.05, acks=desk.acks):
        until(lambda: len(ward.seqs) == 4, "all to arrive")
        forged = good.replace(b'"upto_seq": 1', b'"upto_seq": 4')
        ward.publish(forged)
        ward.publish(signed_ack(ROOT, "0" * 16, {1, 2, 3, 4}, 6))
        ward.publish(signed_ack(ROOT, epoch, {1, 2, 3, 4, 5}, 7))
        ward.publish(good)
        ward.publish(signed_ack(ROOT, epoch, {1, 2, 3, 4}, 4))
        ward.publish(b"x" * 9000)
        until(lambda: journal.counters().get("ack_oversized"), "the last to be counted")

    assert 3 == held(journal)
    assert {"ack_bad-signature": 1, "ack_other-epoch": 1, "ack_above-given": 1, "ack_older": 1,
            "ack_oversized": 1} == journal.counters()
    assert forged not in desk.to_guard


def test_a_restart_publishes_only_what_it_must(broker: Broker, journal: Journal, ward: AckingWard) -> None:
    """
    What the broker has is not published again; what the ward has by the ack that the broker keeps leaves the
    journal, published or not.
    """
    journal.append_all([event(1), event(2)])
    with Box(journal, plain(broker.port), acks=Desk().acks):
        until(lambda: len(ward.seqs) == 4, "all to arrive")
        until(lambda: len(journal.published()) == 4, "the broker's word")
    journal.append_all([event(3), event(4)])
    ward.ack({1, 2, 5, 6})

    desk = Desk()
    with Box(journal, plain(broker.port), acks=desk.acks):
        until(lambda: len(ward.seqs) >= 6 and desk.acks.resend.waiting == 4 and [3, 4, 7, 8] == [
            row_id for row_id, _ in sorted(journal.published())], "the new ones, and the ack")
    assert [1, 3] == [it.json["seq"] for it in ward.records][:2]
    assert {7} <= {it.json["seq"] for it in ward.records[2:]} <= {5, 7}     # 5: sent before the ack was read


def test_what_the_broker_lost_reaches_the_ward_all_the_same(tmp_path: Path, broker: Broker, journal: Journal,
                                                            ward: AckingWard) -> None:
    """
    The ward's receiver is away, the broker says that it has a call and an event, and its machine loses power:
    as soon as it is back and the receiver, both are there. By the broker's word alone they were lost.
    """
    ward.subscriber.close()
    desk = Desk()
    with Box(journal, plain(broker.port), acks=desk.acks):
        journal.append_all([records.alarm(), event(1)])
        until(lambda: desk.acks.resend.waiting == 3, "the broker's word")
        broker.kill()
        for file in (tmp_path / "broker").glob("mosquitto.db*"):
            file.unlink()
        broker.start()
        again = AckingWard(broker.port, ROOT, journal.epoch())
        until(lambda: len(again.seqs) == 3, "all to arrive")
        again.ack(session="another")
        until(lambda: held(journal) == 0, "the journal to be emptied")
        again.close()


def test_what_the_broker_lost_while_the_box_was_off_is_known(tmp_path: Path, broker: Broker, journal: Journal,
                                                             ward: AckingWard) -> None:
    """
    The box published, was started anew, and finds a broker that has forgotten its session: it goes again.
    """
    ward.subscriber.close()
    journal.append(event(1))
    with Box(journal, plain(broker.port), acks=Desk().acks):
        until(lambda: len(journal.published()) == 2, "the broker's word")
    broker.kill()
    for file in (tmp_path / "broker").glob("mosquitto.db*"):
        file.unlink()
    broker.start()
    again = AckingWard(broker.port, ROOT, journal.epoch())
    with Box(journal, plain(broker.port), acks=Desk().acks):
        until(lambda: len(again.seqs) == 2, "both to arrive")
    again.close()


def test_without_the_wards_key_the_brokers_word_is_enough(broker: Broker, journal: Journal,
                                                          ward: AckingWard) -> None:
    """
    A box whose config goes back to the broker's word sends once more what waited for the ward, and is done.
    """
    journal.append_all([event(1), make_entry(2, Rank.PANEL)])
    with Box(journal, plain(broker.port), acks=Desk().acks):
        until(lambda: len(journal.published()) == 3, "the broker's word")
    with Box(journal, plain(broker.port)):
        until(lambda: held(journal) == 0, "the journal to be emptied")
    assert 4 == len(ward.records)


def test_a_call_that_guard_hands_over_again_is_published_anew(journal: Journal) -> None:
    """
    Guard waits until the ward names it: a record that has left the journal is stored with a new number, one
    that is still there is not, and other records never are.
    """
    call, other = records.alarm(), records.panel()
    assert [1, 2] == journal.append_all([call, other], renew_calls=True)
    assert [1] == journal.append_all([call], renew_calls=True)
    journal.settle([1, 2])

    assert [1, 2] == journal.append_all([call, other])
    assert [3, 2] == journal.append_all([call, other], renew_calls=True)
    assert ([3], []) == ([it.seq for it in journal.owed(9)], journal.delivered(ROOT.alarm, ["a1.0"]))


def test_what_was_given_up_is_told_and_its_holes_are_filled(tmp_path: Path, broker: Broker,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A journal that was full while the ward was away: tombstones name every number that never comes, so with
    what came there is no hole, and the ward's ack empties the journal.
    """
    monkeypatch.setattr(burial, "WAIT_S", 0.0)
    journal = Journal.open(tmp_path / "small.db", MIB)
    journal._db.execute("PRAGMA synchronous = OFF")
    for number in range(1, 100):
        journal.append(make_entry(number, pad=20_000))
    given, desk = journal.last_seq(), Desk()
    ward = AckingWard(broker.port, ROOT, journal.epoch())
    with Box(journal, plain(broker.port), acks=desk.acks):
        until(lambda: journal.shed_count() == 0, "the tombstones to be made")
        until(lambda: desk.acks.resend.waiting == held(journal), "all to be published")
        stones = [it.json for it in ward.subscriber.on("/tombstone")]
        lost = {seq for it in stones for run in it["data"]["shed"]
                for seq in range(run["first_seq"], run["last_seq"] + 1)}
        until(lambda: ward.seqs | lost >= {*range(1, given + 1)}, "every number to be explained")
        ward.ack(ward.seqs | lost | {it["seq"] for it in stones})
        until(lambda: held(journal) == 0, "the journal to be emptied")
    assert not lost & ward.seqs
    ward.close()
    journal.close()
