"""What is missing is told with why, what somebody must know of with what to do; what is out of use goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from edge.base.words import Words
from edge.contract.messages import Shed, TombstoneData
from tests.ward.samples import JPEG, NOW, WARD, Box, new_event_id
from tests.ward.test_alarm_page import OFFICER, OURS, opened, plain
from tests.ward.test_page import keep
from ward.page.box_pages import GAPS_SHOWN
from ward.page.render import CATALOGUE
from ward.store import incidents
from ward.store.database import connect
from ward.store.incidents import IncidentKind
from ward.store.intake import Arrival, ms_of
from ward.store.reader import Reader
from ward.store.writer import Store

EPOCH = "0123456789abcdef"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def client(data: Path) -> Iterator[TestClient]:
    with opened(data) as made:
        yield made


def of_epoch(arrival: Arrival, picture_seq: int | None = None, **birth: int) -> Arrival:
    """As a box of today sends it: with the journal's epoch, and a number for its picture."""
    said = json.loads(arrival.payload) | {"epoch": EPOCH}
    if picture_seq is not None:
        said["data"]["image"]["seq"] = picture_seq
    said["data"] |= birth
    return Arrival(arrival.topic, json.dumps(said).encode())


def tell(data: Path, box: str, kind: IncidentKind, **detail: object) -> None:
    db = connect(data)
    incidents.tell(db, box, kind, ms_of(NOW), detail)
    db.close()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", IncidentKind)
def test_every_incident_has_words(data: Path, client: TestClient, kind: IncidentKind, language: str) -> None:
    """
    On the box's row, on its page and in the list: what it is and what to do; the bar on every page counts it.
    """
    keep(data, (box := Box()).birth(title="Ngõ 5"))
    of = "" if kind is IncidentKind.SESSION_NEW else box.key
    tell(data, of, kind, numbers=3, note="<b>x</b>")
    words = Words(language, CATALOGUE)
    for address in ("/boxes", "/incidents", *([f"/boxes/{box.key}"] if of else [])):
        page = client.get(f"{address}?lang={language}").text
        assert "numbers: 3" in plain(page), address
        assert words(f"incident-{kind}") in unescape(plain(page)), address
        assert words(f"incident-do-{kind}") in unescape(plain(page)), address
        assert "<b>x</b>" not in page
    assert "1 incident" in plain(client.get("/?lang=en").text)
    assert "1 sự cố" in plain(client.get("/?lang=vi").text)


def test_an_incident_is_put_away(data: Path, client: TestClient) -> None:
    """
    By an officer, from our own page; it stays in the list, and the next of its kind is a new one.
    """
    keep(data, (box := Box()).birth())
    tell(data, box.key, IncidentKind.LOST)
    [told] = client.get("/api/incidents").json()["incidents"]
    address = f"/incidents/{told['id']}/put-away"
    assert 403 == client.post(address, data=OFFICER).status_code
    assert 303 == client.post(address, data=OFFICER, headers=OURS).status_code
    assert 404 == client.post(address, data=OFFICER, headers=OURS).status_code
    for number in ("9" * 30, "-1", "x"):        # SQLite counts no further than 2**63
        assert 404 == client.post(f"/incidents/{number}/put-away", data=OFFICER, headers=OURS).status_code
    assert "Seen to" not in plain(client.get("/boxes?lang=en").text)
    assert "seen to at" in plain(client.get("/incidents?lang=en").text)
    tell(data, box.key, IncidentKind.LOST)
    every = client.get("/api/incidents").json()["incidents"]
    assert [True, False] == [it["put_away"] is None for it in every]


def test_a_picture_that_was_given_up_is_lost(data: Path, client: TestClient) -> None:
    """
    A tombstone says why; a picture that a later birth owes no more is lost unexplained; another may come.
    """
    box, now = Box(), datetime.now(UTC)
    shed, unexplained, coming = (new_event_id() for _ in range(3))
    keep(data, of_epoch(box.birth(now, seq=0), oldest_seq=1), now=now)
    for event_id in (shed, unexplained, coming):
        record = box.event(event_id, jpeg=JPEG, time=now)
        box.seq += 1
        keep(data, of_epoch(record, box.seq), now=now)
    given_up = TombstoneData(why="full", shed=(Shed(first_seq=2, last_seq=2, of="picture", event_id=shed,
                                                    sha256="0" * 64),))
    keep(data, of_epoch(box.record(box.root.topic("tombstone"), "edgebox.tombstone", given_up, now)), now=now)
    keep(data, of_epoch(box.birth(now + timedelta(seconds=5)), oldest_seq=5), now=now)

    page = client.get("/?lang=en").text
    assert ["full", "unexplained", None] == [client.get(f"/api/events/{event_id}").json()["picture_lost"]
                                             for event_id in (shed, unexplained, coming)]
    assert "Picture lost: the box was full and gave it up" in page
    assert "Picture lost, nobody knows why" in page
    assert 1 == page.count("Picture on its way")
    assert "Picture lost: the box was full" in client.get(f"/events/{shed}?lang=en").text
    assert "lost" == client.get(f"/api/events/{unexplained}").json()["picture_states"]["subject"]
    gaps = client.get(f"/boxes/{box.key}/gaps?lang=en").text
    assert f'<a href="/events/{shed}">picture</a>' in gaps
    assert "its memory was full" in gaps

    keep(data, box.picture(unexplained), now=now)
    assert "verified" == client.get(f"/api/events/{unexplained}").json()["picture_states"]["subject"]


def test_a_picture_is_not_on_its_way_for_ever(data: Path, client: TestClient) -> None:
    """
    Of a box that gives pictures no number: after a day it is said that it did not come.
    """
    keep(data, Box().event(new_event_id(), jpeg=JPEG), now=datetime.now(UTC) - timedelta(hours=25))
    assert "The picture did not come within 24 hours" in client.get("/?lang=en").text


def test_gaps_are_paged_newest_first(data: Path, client: TestClient) -> None:
    """
    All of them, on pages of a hundred, from the newest to the oldest.
    """
    box = Box()
    keep(data, box.birth(seq=0))
    sent = []
    for _ in range(GAPS_SHOWN + 20):
        box.seq += 1
        sent.append(box.health())
    keep(data, *sent)
    first = client.get(f"/boxes/{box.key}/gaps?lang=en").text
    second = client.get(f"/boxes/{box.key}/gaps?from={GAPS_SHOWN}&lang=en").text
    assert f"<td>{2 * (GAPS_SHOWN + 20) - 1}</td>" in first.partition("<tbody>")[2][:80]
    assert (GAPS_SHOWN, 20) == (first.count("still at the box"), second.count("still at the box"))
    assert '<td>1</td><td>1</td>' in second
    assert 404 == client.get("/boxes/to-12/none/gaps").status_code


def test_a_box_out_of_use_is_put_away_until_it_speaks(data: Path, client: TestClient) -> None:
    """
    It leaves list and count, may be looked up, and comes back by itself; one that is there stays.
    """
    now, old, here = datetime.now(UTC), Box("hop-old"), Box("hop-1")
    keep(data, old.birth(title="Ngõ cũ"), old.status("online"), old.status("offline"),
         now=now - timedelta(days=2))
    keep(data, here.birth(), here.status("online"), now=now)
    assert 409 == client.post("/boxes/to-12/hop-1/put-away", data=OFFICER, headers=OURS).status_code
    assert "1/2 boxes online" in plain(client.get("/?lang=en").text)
    assert "Put Ngõ cũ (to-12/hop-old) away" in unescape(client.get("/boxes/to-12/hop-old?lang=en").text)

    assert 303 == client.post("/boxes/to-12/hop-old/put-away", data=OFFICER, headers=OURS).status_code

    page = client.get("/boxes?lang=en").text
    assert "1/1 box online" in plain(page)
    assert "Boxes put away: 1" in page
    assert "box-offline" not in page
    assert {"hop-1": False, "hop-old": True} == {
        box["box"]: box["put_away"] for box in client.get("/api/boxes").json()["boxes"]}
    keep(data, old.status("online"), now=datetime.now(UTC))
    assert "2/2 boxes online" in plain(client.get("/?lang=en").text)


def test_a_time_is_shown_with_what_is_known_of_its_clock(data: Path, client: TestClient) -> None:
    """
    The box's time, the state of its clock, the right time and how far that may be off.
    """
    box, event_id, now = Box(), new_event_id(), datetime.now(UTC)
    store = Store(data, WARD)
    wrong = datetime(2020, 1, 1, tzinfo=UTC)
    store.take([of_epoch(box.event(event_id, time=wrong, synchronised=False))], now)
    store.close()
    db = connect(data)
    offset_ms = ms_of(NOW) - ms_of(wrong)
    db.execute("INSERT INTO clocks VALUES (?, ?, 9, 'x', 'holding', ?, 250, 0)",
               (box.key, box.boot_id, offset_ms))
    db.close()
    said = unescape(plain(client.get(f"/events/{event_id}?lang=en").text))
    assert "By the box's clock 07:00:00, 1 Jan 2020 the box's clock holds over: it hears no source" in said
    assert "it was 10:20:00, 23 Nov 2026, within 0.2 s" in said
    assert Reader(data).event_clock(event_id) is not None


@pytest.mark.parametrize(("budget_mb", "is_near"), [(100, False), (1, True)])
def test_what_a_camera_sends_is_counted(data: Path, budget_mb: int, is_near: bool) -> None:
    """
    Its events and megabytes of today on its box's page, and that they come near what it should send.
    """
    box, now, jpeg = Box(), datetime.now(UTC), JPEG[:-2] + b"x" * 40_000 + JPEG[-2:]
    ids = [new_event_id() for _ in range(25)]
    keep(data, box.health(), *(box.event(event_id, jpeg=jpeg, time=now) for event_id in ids),
         *(box.picture(event_id, jpeg=jpeg) for event_id in ids), now=now)
    with opened(data, camera_budget_mb=budget_mb) as client:
        said = plain(client.get(f"/boxes/{box.key}?lang=en").text)
    assert "today 25 events, 1 MB" in said
    assert is_near == (f"near or over {budget_mb} MB a day" in said)
