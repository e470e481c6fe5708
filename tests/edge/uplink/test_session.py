"""One connection at work, without a broker: what it publishes and what it says in the log."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from edge.base.backoff import Backoff
from edge.base.errors import RetryableError
from edge.base.mqtt_values import Ack, Outgoing
from edge.base.retry import Retry
from edge.base.wake import Pollable
from edge.journal.acked_rows import PART_ROWS
from edge.journal.reopening_journal import AnyJournal, ReopeningJournal
from edge.journal.store import Journal
from edge.uplink.ack_judge import AckJudge
from edge.uplink.mqtt import Link
from edge.uplink.sender import Window
from edge.uplink.session import Session
from tests.edge.journal.entries import MIB, ROOT, make_entry, make_state
from tests.edge.uplink import records
from tests.edge.uplink.acking_ward import KEYS, signed_ack

log = logging.getLogger("deliver")


class FakeLink:
    """Takes what is published, as much as it has `credit` for, and acknowledges at once."""

    maximum_packet_bytes = MIB

    def __init__(self, credit: int = 20) -> None:
        self.credit, self.published = credit, list[Outgoing]()
        self._acks = list[Ack]()

    def publish(self, message: Outgoing) -> int:
        self.published.append(message)
        self._acks.append(Ack(len(self.published), None))
        return len(self.published)

    def pump(self, timeout_s: float, wakes: Sequence[Pollable] = ()) -> None:
        pass

    def call_wait_s(self, answered_ns: int, now_ns: int) -> float | None:
        return None

    def take_acks(self) -> list[Ack]:
        acks, self._acks = self._acks, []
        return acks


def session_of(link: FakeLink, journal: AnyJournal, acks: AckJudge | None = None) -> Session:
    reading = Retry("journal refuses, delivery waits", "journal works again", log, Backoff(0.0, 0.0))
    return Session(cast(Link, link), journal, Window(), ROOT, reading, (), acks, set(), lambda: None)


def refuse() -> Journal:
    raise RetryableError("journal.lock: cannot open: Read-only file system; check the disk")


def test_a_journal_that_stays_away_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """
    However often it is asked, also with a ward that acknowledges: a dead card fills no log.
    """
    session = session_of(FakeLink(), ReopeningJournal(refuse, lambda why: None),
                         AckJudge(KEYS, ROOT, lambda payload: None))
    with caplog.at_level(logging.INFO, "deliver"):
        for _ in range(5):
            session.step(0.0)

    assert 1 == len([it for it in caplog.messages if "journal" in it]), caplog.messages


def test_a_reminder_never_takes_back_what_came_later(tmp_path: Path) -> None:
    """
    A broker that forgot what was retained is reminded of what is the case when its turn comes, also where a
    state has changed since, and where the journal was away when it connected.
    """
    journal = Journal.open(tmp_path / "journal.db", MIB)
    journal.append(make_state(1))
    link = FakeLink(credit=0)
    session = session_of(link, journal)
    session.remind(["gate"])
    session.step(0.0)
    journal.append(make_state(2))
    link.credit = 20
    for _ in range(3):
        session.step(0.0)

    said = [json.loads(it.payload)["data"]["number"] for it in link.published
            if it.topic == ROOT.health("gate")]
    assert 2 == said[-1]
    assert 3 == len(said)
    journal.close()


def test_a_large_ack_leaves_room_between_its_parts(tmp_path: Path) -> None:
    """
    A turn believes one part of it, so that a call made meanwhile goes out before the next; guard gets it
    once, and nothing that a later part covers counts as missed.
    """
    journal, to_guard = Journal.open(tmp_path / "journal.db", 64 * MIB), list[bytes]()
    journal._db.execute("PRAGMA synchronous = OFF")
    seqs = journal.append_all([make_entry(number) for number in range(2 * PART_ROWS)])
    acks, link = AckJudge(KEYS, ROOT, to_guard.append), FakeLink()
    session = session_of(link, journal, acks)
    while acks.resend.waiting < len(seqs):
        session.step(0.0)

    acks.came(signed_ack(ROOT, journal.epoch(), set(seqs), 1, calls=["a1.0"]))
    journal.append(records.alarm())
    session.step(0.0)

    assert (ROOT.alarm, True, PART_ROWS + 1) == (link.published[-1].topic, acks.has_come,
                                                 journal.depth().records)
    session.step(0.0)
    assert (False, 1, 1, 1) == (acks.has_come, len(to_guard), journal.depth().records, acks.resend.waiting)
    journal.close()
