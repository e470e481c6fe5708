"""The page tells what is wrong with the station itself, and takes in every desk that comes."""

from __future__ import annotations

import asyncio
import json
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from edge.base.findings import Finding, Kind, State
from tests.threads import running
from tests.ward.samples import WARD, Box, new_event_id
from tests.ward.test_alarm_page import plain
from tests.ward.test_page import HERE, ZONE
from ward.page.app import make_app
from ward.page.feed import POLL_S, DeskFeed
from ward.page.server import DeskSettings, PageServer
from ward.page.station import StationWatch, merged
from ward.page.stream import BEAT_S, DeskWords, stream
from ward.station_health import FULL_BYTES, SILENT_MS, FreeSpace
from ward.station_report import StationReport, write_report
from ward.store.calls import CallStore
from ward.store.database import CALLS_NAME, FILE_NAME
from ward.store.desk import Desk
from ward.store.intake import ms_of
from ward.store.reader import Reader
from ward.store.rows import EventFilter
from ward.store.writer import Store

PLAIN = DeskWords("plain", lambda row: {}, lambda: None, None)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def beats(data: Path, state: str = "connected", now: datetime | None = None) -> None:
    """The receiver says how both of its lanes stand."""
    now = now or datetime.now(UTC)
    for lane in (Store(data, WARD), CallStore(data, WARD)):
        lane.tell_link(state, now, "broker:8884", now)
        lane.close()


@pytest.fixture
def client(data: Path, tmp_path: Path) -> Iterator[TestClient]:
    reader = Reader(data)
    station = StationWatch(reader, data, tmp_path / "station.json", lambda _: 100 * FULL_BYTES)
    app = make_app(reader, DeskFeed(reader), ZONE, Desk(data), station=station)
    with TestClient(app, base_url=HERE) as opened:
        yield opened


def test_a_well_station_says_nothing(data: Path, client: TestClient) -> None:
    """
    No banner, and nothing that sounds.
    """
    beats(data)
    assert "data-sounds" not in client.get("/").text


@pytest.mark.parametrize(("state", "vietnamese", "english"), [
    ("stopped", "Máy thu đã dừng", "The receiver was stopped"),
    ("connected", "Máy thu không trả lời", "The receiver does not answer"),
    ("retrying", "Máy thu không trả lời", "The receiver does not answer")])
def test_a_receiver_that_is_gone_is_told_large(data: Path, client: TestClient, state: str, vietnamese: str,
                                               english: str) -> None:
    """
    On every page, in both languages, with what to do; it sounds.
    """
    beats(data, state, datetime.fromtimestamp(datetime.now(UTC).timestamp() - 60, UTC))
    for address in ("/", "/boxes", "/alarms", "/none"):
        page = client.get(f"{address}?lang=en").text
        assert 'data-sounds="yes" role="alert"' in page
        assert english in plain(page)
    assert vietnamese in plain(client.get("/?lang=vi").text)


def test_that_is_told_within_ten_seconds() -> None:
    """
    The receiver's silence, the poll of the store and the beat to the page, at their longest.
    """
    assert SILENT_MS / 1000 + POLL_S + BEAT_S < 10


def test_what_the_watchdog_alone_can_see(data: Path, tmp_path: Path, client: TestClient) -> None:
    """
    The receiver's certificate is told from its report; a report that is old is told as such.
    """
    beats(data)
    ending = Finding(Kind.CERTIFICATE, "", State.WARN, "certificate-expires", {"days": 12})
    write_report(tmp_path / "station.json", StationReport(ms_of(datetime.now(UTC)), (ending,)))
    said = client.get("/?lang=en").text
    assert "certificate ends in 12 days" in plain(said).replace("&#39;", "'")
    assert 'data-sounds="no"' in said
    old = merged((), StationReport(0, (ending,)), 60_000)
    assert ["watchdog-silent"] == [finding.code for finding in old]


def test_a_full_disk_is_told(data: Path) -> None:
    """
    Before it is full with the days that are left, then that it is full.
    """
    beats(data)
    now_ms, report = ms_of(datetime.now(UTC)), data / "station.json"
    write_report(report, StationReport(now_ms, (), (FreeSpace(now_ms - 86_400_000, 10 * FULL_BYTES),)))
    codes = []
    for free in (4, 0):
        watch = StationWatch(Reader(data), data, report, lambda _, free=free: free * FULL_BYTES)  # type: ignore[misc]
        codes.append([(finding.code, finding.state) for finding in watch.findings(now_ms)])
    assert [[("disk-full-soon", State.BAD)], [("disk-full", State.BAD)]] == codes


def test_a_store_that_cannot_be_read_is_told(data: Path) -> None:
    """
    The page comes all the same, says so large and sounds; the API says it in JSON.
    """
    beats(data)
    reader = Reader(data)
    for name in (FILE_NAME, CALLS_NAME):
        (data / name).write_bytes(b"damaged" * 1000)
    with TestClient(make_app(reader, DeskFeed(reader), ZONE, Desk(data)), base_url=HERE) as client:
        answer = client.get("/?lang=en")
        assert 503 == answer.status_code
        assert "The store cannot be read: " in plain(answer.text)
        assert 'data-code="store-unreadable" data-sounds="yes"' in answer.text
        assert 503 == client.get("/api/events").status_code


def test_calls_stand_there_without_the_rest_of_the_store(data: Path) -> None:
    """
    Where ward.db is damaged, a call in calls.db rings on every page, also on one that is started now, and
    is taken; what else is asked for is said to be unreadable, and no call is said to stay away.
    """
    beats(data)
    box, alarm_id, event_id = Box(), new_event_id(), new_event_id()
    with closing(CallStore(data, WARD)) as lane:
        lane.take([box.alarm(alarm_id, event_id=event_id, time=(now := datetime.now(UTC)))], now)
    (data / FILE_NAME).write_bytes(b"damaged" * 1000)
    reader = Reader(data)
    with TestClient(make_app(reader, DeskFeed(reader), ZONE, Desk(data)), base_url=HERE,
                    client=("127.0.0.1", 50_000)) as client:
        page = client.get("/?lang=en")
        assert (503, 1) == (page.status_code, page.text.count(f'id="a-{alarm_id}" data-rings="yes"'))
        assert 'data-code="events-unreadable"' in page.text
        assert 'data-sounds="yes"' not in page.text
        done = client.post(f"/alarms/{alarm_id}/seen", data={"officer": "Minh"},
                           headers={"Origin": HERE, "Accept": "application/json"})
        assert {"state": "done"} == done.json()
        assert f'id="a-{alarm_id}" data-rings="no"' in client.get("/alarms").text


def test_the_newest_stream_always_has_a_place(data: Path) -> None:
    """
    Of too many the one without news for longest ends, and is told to come back later.
    """
    reader = Reader(data)

    async def crowd() -> list[str]:
        feed, told = DeskFeed(reader, most_streams=3), list[str]()
        with ExitStack() as seats:
            busy = seats.enter_context(feed.seat())
            messages = stream(reader, feed, None, EventFilter(), PLAIN).body_iterator  # type: ignore[attr-defined]
            told.append((await anext(messages)).event)
            idle = seats.enter_context(feed.seat())
            feed.had_news(busy)
            newest = [seats.enter_context(feed.seat()) for _ in range(2)]
            told += [message.event async for message in messages]
            assert [False, True, False, False] == [seat.is_over for seat in (busy, idle, *newest)]
        return told

    assert ["beat", "crowded"] == asyncio.run(crowd())


def test_half_open_connections_keep_nobody_out(data: Path) -> None:
    """
    300 that say nothing and 300 that say half a request, then a desk: it is answered at once.
    """
    beats(data)
    server = PageServer(DeskSettings(port=0), Reader(data), Desk(data))
    host, port = server.address.removeprefix("http://").rstrip("/").split(":")
    with running(server.run), ExitStack() as opened:
        for n in range(600):
            connection = opened.enter_context(socket.create_connection((host, int(port)), 5))
            if n % 2:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x")
        with urllib.request.urlopen(f"{server.address}api/boxes", timeout=10) as answer:
            assert [] == json.load(answer)["boxes"]
