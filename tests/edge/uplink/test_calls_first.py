"""A call is at the broker soon after the path is usable, whatever came before."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.base.backoff import Backoff
from edge.base.wake import Wake
from edge.contract.messages import MetricsData
from edge.journal.reopening_journal import ReopeningJournal
from edge.journal.store import Journal
from edge.uplink.delivery import run_delivery
from tests.brokers import free_port, mosquitto, until
from tests.edge.journal.entries import MIB, ROOT, make_entry
from tests.edge.uplink import records
from tests.edge.uplink.box import BIRTH, plain
from tests.subscriber import Subscriber
from tests.swallowing_proxy import SwallowingProxy
from tests.threads import running


@contextlib.contextmanager
def delivering(journal: Journal, port: int, appended: Wake | None = None, *,
               pauses_s: float = 300.0) -> Iterator[None]:
    """Delivery with pauses that outlast any test, and a keep-alive that notices nothing."""
    settings = plain(port).model_copy(update={"keepalive_s": 600})
    with running(lambda stop: run_delivery(
            journal, settings, ROOT, lambda: BIRTH, lambda: MetricsData(counters={}, gauges={}), stop,
            appended=appended, backoff=Backoff(pauses_s, pauses_s))):
        yield


@pytest.mark.parametrize("wakes", [True, False])
def test_a_call_waits_for_no_pause(tmp_path: Path, journal: Journal, caplog: pytest.LogCaptureFixture,
                                   wakes: bool) -> None:
    """
    The broker was away, so the box waits for minutes; it comes back, and a call is made: it arrives. An event
    would have waited.
    """
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    ward = Subscriber(broker.port)
    broker.stop()
    wake = Wake() if wakes else None
    with delivering(journal, broker.port, wake):
        until(lambda: "ward away" in caplog.text, "the pause")
        broker.start()
        for entry in (make_entry(1), records.alarm()):
            journal.append(entry)
            if wake is not None:
                wake.set()
        until(lambda: ward.on("/alarm"), "the call")
    ward.close()
    broker.stop()


def test_a_call_on_a_path_that_swallows_takes_another(tmp_path: Path, journal: Journal) -> None:
    """
    What is sent leads nowhere, and the keep-alive has not noticed: seconds later there is another connection,
    and the call goes over that. While that is swallowed as well, another one is tried.
    """
    broker = mosquitto(tmp_path / "broker")
    broker.start()
    ward = Subscriber(broker.port)
    with SwallowingProxy(broker.port) as proxy, delivering(journal, proxy.port):
        until(lambda: ward.on("/birth"), "the connection")
        proxy.swallow()
        journal.append(records.alarm())
        until(lambda: ward.on("/alarm"), "the call")

        proxy.is_down = True
        proxy.swallow()
        tried = proxy.connections
        journal.append(records.alarm(1))
        until(lambda: proxy.connections > tried, "another attempt")
        proxy.is_down = False
        until(lambda: len({it.payload for it in ward.on("/alarm")}) == 2, "the other call")
    ward.close()
    broker.stop()


class PickyBroker:
    """Takes every message but those of one topic, at which it hangs up, in the same breath as its PUBACKs."""

    def __init__(self, hates: bytes) -> None:
        self._hates = hates
        self.port, self.taken, self.hangups = free_port(), list[bytes](), 0
        self._listener = socket.create_server(("127.0.0.1", self.port))

    def run(self, _stop: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, contextlib.suppress(OSError):
                    client.settimeout(20.0)
                    self._serve(client)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, client: socket.socket) -> None:
        data = b""
        while chunk := client.recv(65536):
            data += chunk
            answer, is_hated = b"", False
            while (packet := _first(data)) is not None:
                data = data[len(packet):]
                kind = packet[0] & 0xF0
                body = packet[2 if packet[1] < 128 else 3:]
                if kind == 0x10:
                    answer += b"\x20\x03\x00\x00\x00"
                elif kind == 0x30 and packet[0] & 0x06:
                    size = int.from_bytes(body[:2])
                    topic, mid = body[2:2 + size], body[2 + size:4 + size]
                    if self._hates in topic:
                        is_hated = True
                    else:
                        self.taken.append(topic)
                        answer += b"\x40\x02" + mid
            client.sendall(answer)
            if is_hated:
                self.hangups += 1
                return


def _first(data: bytes) -> bytes | None:
    """The first MQTT packet in `data`, of less than 16 KB; None where it is not whole."""
    if len(data) < 2 or (data[1] >= 128 and len(data) < 3):
        return None
    size, head = (data[1], 2) if data[1] < 128 else (data[1] - 128 + 128 * data[2], 3)
    return data[:head + size] if len(data) >= head + size else None


def test_a_message_at_which_the_broker_hangs_up_blocks_no_other(journal: Journal,
                                                                caplog: pytest.LogCaptureFixture) -> None:
    """
    PUBACKs that come together with the end of the connection count, so nothing is sent again and again; the
    one message that was under way at each end is found, though others were taken each time, and waits.
    """
    caplog.set_level(logging.INFO, "deliver")
    for number in range(1, 31):
        journal.append(make_entry(number, picture_bytes=100 if number == 3 else 0))
    broker = PickyBroker(b"/image/")
    with running(broker.run):
        with delivering(journal, broker.port, pauses_s=0.02):
            until(lambda: journal.depth().records == 0, "all records")
            until(lambda: broker.hangups >= 4, "the one to be blamed")
            journal.append(make_entry(99))
            until(lambda: journal.depth().records == 0, "what came later")
            assert 1 == journal.depth().pictures
        broker.close()

    assert 31 == sum(b"/event/" in topic for topic in broker.taken)


def test_a_call_makes_a_journal_that_is_away_be_tried_soon(tmp_path: Path) -> None:
    """
    The journal's next opening would be in minutes: a call that it refuses makes it be opened within a second.
    """
    attempts, is_broken = [0], True

    def opening() -> Journal:
        attempts[0] += 1
        if is_broken:
            raise OSError("the disk is read-only")
        return Journal.open(tmp_path / "journal.db", MIB)

    journal = ReopeningJournal(opening, lambda why: None, Backoff(300.0, 300.0))
    with running(journal.run):
        until(lambda: journal.tried, "the first attempt")
        is_broken = False
        with pytest.raises(Exception, match="away"):
            journal.append(records.alarm())
        assert journal.wait_open(20.0)
    journal.close()
