"""The page and its API, without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jinja2
import pytest
from starlette.testclient import TestClient

from edge.base.errors import FatalError
from edge.base.security_contact import WELL_KNOWN
from edge.base.words import Words
from edge.contract.messages import (
    CameraState,
    Ending,
    HealthData,
    Phase,
    Role,
    SelfTestSummary,
    Severity,
    rfc3339,
)
from tests.ward.samples import JPEG, NOW, THREE, WARD, Box, new_event_id
from ward.page.app import PAGE_SIZE, make_app
from ward.page.feed import DeskFeed
from ward.page.render import CATALOGUE
from ward.page.server import DeskSettings, PageServer
from ward.page.show import Show, zone_named
from ward.store.desk import Desk
from ward.store.intake import Arrival
from ward.store.reader import Reader
from ward.store.writer import Store

ZONE = zone_named("Asia/Ho_Chi_Minh")
HERE = "http://127.0.0.1:8800"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def client(data: Path) -> Iterator[TestClient]:
    reader = Reader(data)
    with TestClient(make_app(reader, DeskFeed(reader), ZONE, Desk(data)), base_url=HERE) as opened:
        yield opened


def keep(data: Path, *arrivals: Arrival, now: datetime = NOW) -> None:
    store = Store(data, WARD)
    store.take(arrivals, now)
    store.close()


def test_an_event_is_shown_in_plain_words(data: Path, client: TestClient) -> None:
    """
    Severity, what, where, when in local time, and the picture, in both languages; the choice is kept.
    """
    box, event_id = Box(), new_event_id()
    keep(data, box.event(event_id, jpeg=JPEG, kind="cross", label="motorcycle", severity=Severity.WARNING),
         box.picture(event_id))

    vietnamese = client.get("/").text
    english = client.get("/?lang=en").text

    for text in ("Cảnh báo", "Xe máy vượt vạch", "cong-truoc", ">to-12/</span>", ">hop-1</span>", "10:20:00",
                 "23/11/2026", f'src="/images/{event_id}/0?'):
        assert text in vietnamese
    for text in ('<html lang="en">', "Warning", "Motorcycle crossed a line", "23 Nov 2026"):
        assert text in english
    assert '<html lang="en">' in client.get("/").text


@pytest.mark.parametrize(("kind", "label", "zone", "vietnamese", "english"), [
    ("enter", "person", "san", "Người vào khu vực", "Person entered the area"),
    ("enter", "person", None, "Người xuất hiện", "Person appeared"),
    ("dwell", "person", "san", "Người ở lại lâu", "Person stayed long"),
    ("dwell", "car", "san", "Ô tô đỗ lâu", "Car parked long"),
    ("dwell", "suitcase", "san", "Va li bị để lại lâu", "Suitcase left behind long"),
])
def test_the_deed_fits_the_object(data: Path, client: TestClient, kind: str, label: str, zone: str | None,
                                  vietnamese: str, english: str) -> None:
    """
    Vehicles park where people stay, and where there is no zone nobody enters one.
    """
    keep(data, Box().event(new_event_id(), kind=kind, label=label, zone=zone))
    assert f"<h3>{vietnamese}</h3>" in client.get("/").text
    assert f"<h3>{english}</h3>" in client.get("/?lang=en").text


def test_an_event_goes_on_only_while_its_box_could_end_it(data: Path, client: TestClient) -> None:
    """
    Open, until the box is offline, has booted anew, or told nothing for a day; a known end stays one.
    """
    now, box = datetime.now(UTC), Box()
    event_id, ended = new_event_id(), new_event_id()

    def said() -> str:
        """For the open event and the ended one, on the list; the open one's own page has to agree."""
        page = client.get("/").text
        chip = {"Đang diễn ra", "Không rõ kết thúc"}.intersection(re.findall(r">([^<>]+)</span>", page)).pop()
        assert f">{chip}</span>" in client.get(f"/events/{event_id}").text
        assert 1 == page.count("Đã kết thúc sau")
        return str(chip)

    keep(data, box.birth(), box.status("online"), box.event(event_id, time=now),
         box.event(ended, 1, Phase.END, time=now), now=now)
    assert "Đang diễn ra" == said()
    keep(data, box.status("offline"), now=now)
    assert "Không rõ kết thúc" == said()
    keep(data, box.status("online"), now=now)
    assert "Đang diễn ra" == said()

    box.boot_id = "boot-b"
    keep(data, box.birth(NOW + timedelta(seconds=1)), box.status("online"), now=now)
    assert "Không rõ kết thúc" == said()
    keep(data, box.event(event_id, 1, Phase.UPDATE, time=now), now=now)
    assert "Đang diễn ra" == said()


def test_an_event_without_news_for_a_day_is_not_told_as_going_on(data: Path, client: TestClient) -> None:
    """
    The box lives, but nothing came of this event for over 24 hours.
    """
    box, now = Box(), datetime.now(UTC)
    keep(data, box.birth(), box.status("online"), box.event(new_event_id()), now=now - timedelta(hours=23))
    assert "Ongoing" in client.get("/?lang=en").text
    keep(data, Box("hop-2").event(new_event_id()), now=now - timedelta(hours=25))
    page = client.get("/?lang=en").text
    assert (1, 1) == (page.count(">Ongoing<"), page.count(">End not known<"))


def test_flags_are_said(data: Path, client: TestClient) -> None:
    """
    A late event, one of an unset clock, a crowd and an end each have their words.
    """
    box = Box()
    keep(data, box.event(new_event_id(), time=NOW - timedelta(minutes=5)),
         box.event(new_event_id(), synchronised=False), box.event(new_event_id(), kind="crowd", count=12),
         box.event(new_event_id(), 1, Phase.END))

    page = client.get("/?lang=en").text

    assert page.count(">Late<") == 1
    assert page.count("clock, never set: ") == 1
    assert "Crowd: 12 × person" in page
    assert "Ended after 2 s" in page


def test_unknown_values_stay_as_they_are_and_harmless(data: Path, client: TestClient) -> None:
    """
    A kind, class or rule that is newer than the page, or hostile, is shown as text.
    """
    box, event_id = Box(), new_event_id()
    keep(data, box.event(event_id, kind="fly-over", label="<img src=x onerror=alert(1)>",
                         rule='"><script>alert(1)</script>', zone="{{ 7 * 7 }}"))

    for page in (client.get("/").text, client.get(f"/events/{event_id}").text):
        assert "fly-over" in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page
        assert "<img src=x" not in page
        assert "<script>alert" not in page
    assert "{{ 7 * 7 }}" in client.get(f"/events/{event_id}").text


def test_pages_are_locked_down(data: Path, client: TestClient) -> None:
    """
    Every answer forbids what is not ours; nothing in a page points elsewhere or runs inline.
    """
    box, event_id = Box(), new_event_id()
    keep(data, box.birth(), box.event(event_id, jpeg=JPEG), box.picture(event_id))

    for address in ("/", "/boxes", f"/events/{event_id}", "/nothing", "/api/events", "/static/page.css"):
        answer = client.get(address)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "nosniff" == answer.headers["x-content-type-options"]
        assert "same-origin" == answer.headers["cross-origin-resource-policy"]
        if "html" in answer.headers["content-type"]:
            assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", answer.text)
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", answer.text)
    picture = client.get(f"/images/{event_id}/0")
    assert (JPEG, "image/jpeg") == (picture.content, picture.headers["content-type"])
    assert "private" in picture.headers["cache-control"]


@pytest.mark.parametrize("address", [
    "/images/../../ward.db/0", "/images/%2e%2e%2f%2e%2e%2fward.db/0", "/static/../app.py",
    "/static/__init__.py", "/static/..%2fapp.py", "/events/..%2f..",
    *(f"/images/019346b2-7c1a-7d3e-8f00-0123456789ab/{rev}" for rev in ("0", "-1", "99999999999")),
])
def test_no_way_out_of_the_folders(client: TestClient, address: str) -> None:
    """
    No address reaches a file that is not a verified picture or one of our own.
    """
    assert 404 == client.get(address).status_code


def test_only_names_of_this_machine_are_answered(data: Path, client: TestClient) -> None:
    """
    A web site that points its own name here (DNS rebinding) reads nothing; what only tells takes no POST.
    """
    assert 400 == client.get("/api/events", headers={"host": "evil.example"}).status_code
    for name in ("localhost:8800", "127.0.0.1", "[::1]:8800"):
        assert 200 == client.get("/api/events", headers={"host": name}).status_code
    assert 405 == client.post("/api/events").status_code


def test_unverified_pictures_are_not_served(data: Path, client: TestClient) -> None:
    """
    A picture with a wrong hash exists for the page as a count only.
    """
    box, event_id = Box(), new_event_id()
    keep(data, box.event(event_id, jpeg=JPEG), box.picture(event_id, jpeg=JPEG + b"forged"),
         now=datetime.now(UTC))

    assert 404 == client.get(f"/images/{event_id}/0").status_code
    assert "1 picture with a wrong hash is quarantined" in client.get(f"/events/{event_id}?lang=en").text
    assert "Picture on its way" in client.get("/?lang=en").text


def test_detail_checks_the_picture_again(data: Path, client: TestClient) -> None:
    """
    The hash is computed when one looks: a file that was changed on disk is called so, loudly.
    """
    box, event_id = Box(), new_event_id()
    keep(data, box.event(event_id, jpeg=JPEG, masked=True), box.picture(event_id),
         box.event(event_id, 1, Phase.END, path=((0.1, 0.9), (0.5, 0.5))))
    address = f"/events/{event_id}?lang=en"
    page = client.get(address).text
    assert "Verified: the file" in page
    assert "Private areas are blacked out" in page
    assert 'points="160.0,810.0 800.0,450.0"' in page
    assert page.count('<details class="record">') == 2

    [file] = (data / "images").rglob("*.jpg")
    file.write_bytes(JPEG + b"changed")
    assert "DOES NOT MATCH" in client.get(address).text
    assert "broken" == client.get(f"/api/events/{event_id}").json()["picture_state"]

    file.unlink()
    assert "no longer on disk" in client.get(address).text


def test_three_pictures_are_told_at_a_glance(data: Path, client: TestClient) -> None:
    """
    Subject, scene and what was before, each with what it is, when it was taken and what in it was covered;
    frame and way are drawn over the scene by the page: files stay as they came. The list shows two of them.
    """
    box, event_id = Box(), new_event_id()
    keep(data, box.event(event_id, kind="cross", label="motorcycle", riders=2, pictures=THREE, masked=True),
         *box.pictures(event_id), box.event(event_id, 1, Phase.END, kind="cross", ended=Ending.LEFT))

    vietnamese, english = (client.get(f"/events/{event_id}?lang={name}").text for name in ("vi", "en"))

    for text in ("Đối tượng", "Toàn cảnh lúc vượt vạch", "Trước đó 1,2 giây, chưa qua vạch", ">10:19:58 ",
                 "Người khác trong ảnh đã được làm mờ.", "Có vùng riêng tư đã che.", "2 người trên xe",
                 "<b>Đã rời khỏi</b>, 10:20:00", "640 × 360 điểm ảnh", "Vẽ khung và lối đi"):
        assert text in vietnamese, text
    for text in ("The subject", "The scene as it crossed the line", "1.2 s before, not yet across",
                 "Other people in it are pixelated.", "2 people on it", "<b>Left</b>, 10:20:00"):
        assert text in english, text
    assert 3 == english.count("Verified: the file")
    assert 2 == english.count('<svg class="overlay" viewBox="0 0 640 360"')
    assert 1 == english.count('<rect class="drawn-frame" x="256.0" y="108.0" width="64.0" height="144.0"/>')
    assert 2 == english.count('<polyline class="drawn-way" points="128.0,288.0 288.0,252.0"/>')
    for role, path in ((Role.SUBJECT, ""), (Role.SCENE, "/scene"), (Role.BEFORE, "/before")):
        assert THREE[role] == client.get(f"/images/{event_id}/0{path}").content
    assert 404 == client.get(f"/images/{event_id}/0/plate").status_code
    listed = client.get("/?lang=vi").text
    for text in (f'src="/images/{event_id}/0?', f'src="/images/{event_id}/0/scene?', ">2 người trên xe<",
                 "Đã rời khỏi sau 2 giây"):
        assert text in listed, text
    assert f"/images/{event_id}/0/before" not in listed


def test_pictures_that_are_not_here_or_not_right_are_told_each(data: Path, client: TestClient) -> None:
    """
    One waits, one was changed on disk, one is gone: the page and its API say which.
    """
    box, event_id = Box(), new_event_id()
    keep(data, box.event(event_id, kind="dwell", label="car", pictures=THREE),
         *box.pictures(event_id, pictures={role: THREE[role] for role in (Role.SUBJECT, Role.BEFORE)}),
         now=datetime.now(UTC))
    [file] = (data / "images").rglob("*-before-*.jpg")
    file.unlink()
    [file] = (data / "images").rglob("*.jpg")
    file.write_bytes(JPEG)

    page = client.get(f"/events/{event_id}?lang=en").text
    told = client.get(f"/api/events/{event_id}").json()

    for text in ("DOES NOT MATCH", "no longer on disk", "The picture has not come yet.", "Picture on its way",
                 "1.2 s before, when it came"):
        assert text in page, text
    assert {"subject": "broken", "scene": "coming", "before": "missing"} == told["picture_states"]
    assert {"subject", "before"} == set(told["pictures"])
    assert ["subject", "before"] == [image["role"] for image in told["images"]]
    assert told["picture"] == told["pictures"]["subject"]


@pytest.mark.parametrize(("path", "drawn"), [
    (((0.2, 0.5), (0.6, 0.5)), ["384.0,180.0 361.6,190.1 361.6,169.9"]),
    (((0.2, 0.5), (0.6, 0.5), (0.601, 0.49)), ["384.6,176.4 362.3,186.8 362.1,166.6"]),
    (((0.2, 0.5), (0.21, 0.51), (0.2, 0.5)), []),
    ((), []),
])
def test_the_arrow_says_where_to(data: Path, client: TestClient, path: tuple[tuple[float, float], ...],
                                 drawn: list[str]) -> None:
    """
    Its head stands at the end of the way and looks as its last part went, not as the last step; of who stood,
    or of no told way, there is none.
    """
    box, event_id, pictures = Box(), new_event_id(), {Role.SCENE: THREE[Role.SCENE]}
    keep(data, box.event(event_id, pictures=pictures, path=path), *box.pictures(event_id, pictures=pictures))

    assert drawn == re.findall(r'drawn-head" points="([^"]+)"', client.get(f"/events/{event_id}").text)


@pytest.mark.parametrize(("scene_s", "before_s", "media_s", "caption"), [
    (0, -371, 98.8, "6 min 11 s before, when it came"),
    (0, -9.97, 98.8, "10 s before, when it came"),
    (-2, -900 * 86_400, 98.8, "1.2 s before, when it came"),
    (-5, 5, 98.8, "1.2 s before, when it came"),
    (-5, 5, 100.0, "Before"),
])
def test_how_long_before(data: Path, client: TestClient, scene_s: float, before_s: float, media_s: float,
                         caption: str) -> None:
    """
    By the times that are shown; by the stream where the clock was set in between; else nothing is claimed.
    """
    box, event_id = Box(), new_event_id()
    good = box.event(event_id, kind="dwell", pictures=THREE)
    record = json.loads(good.payload)
    _, scene, before = record["data"]["pictures"]
    scene["at"] = rfc3339(NOW + timedelta(seconds=scene_s))
    before |= {"at": rfc3339(NOW + timedelta(seconds=before_s)), "media_s": media_s}
    keep(data, Arrival(good.topic, json.dumps(record).encode()))

    assert f"<figcaption><b>{caption}</b>" in client.get(f"/events/{event_id}?lang=en").text


@pytest.mark.parametrize(("kind", "label", "zone", "vietnamese", "english"), [
    ("enter", "person", "san", "Toàn cảnh lúc vào khu vực", "The scene as it entered the area"),
    ("enter", "car", None, "Toàn cảnh lúc xuất hiện", "The scene as it appeared"),
    ("dwell", "car", "san", "Toàn cảnh lúc đã đỗ lâu", "The scene when it had parked long"),
    ("crowd", "person", "san", "Toàn cảnh lúc tụ tập đông", "The scene when the crowd was there"),
    ("fly-over", "person", None, "Toàn cảnh", "The scene"),
])
def test_a_scene_says_of_what(data: Path, client: TestClient, kind: str, label: str, zone: str | None,
                              vietnamese: str, english: str) -> None:
    """
    Its caption fits what happened; a kind that is newer than the page has a plain one.
    """
    box, event_id = Box(), new_event_id()
    pictures = {Role.SCENE: THREE[Role.SCENE]}
    keep(data, box.event(event_id, kind=kind, label=label, zone=zone, pictures=pictures),
         *box.pictures(event_id, pictures=pictures))
    assert f"<figcaption><b>{vietnamese}</b>" in client.get(f"/events/{event_id}").text
    assert f"<figcaption><b>{english}</b>" in client.get(f"/events/{event_id}?lang=en").text


def test_after_a_lost_view_nobody_knows(data: Path, client: TestClient) -> None:
    """
    An event that ended because the camera's pictures stopped is told apart from one whose object left.
    """
    box, event_id = Box(), new_event_id()
    keep(data, box.event(event_id), box.event(event_id, 1, Phase.END, ended=Ending.VIEW_LOST))

    assert ">Mất hình sau 2 giây</span>" in client.get("/").text
    assert ">View lost after 2 s</span>" in client.get("/?lang=en").text
    page = client.get(f"/events/{event_id}?lang=en").text
    assert "The camera's pictures stopped at 10:20:00" in page.replace("&#39;", "'")
    assert "What became of it after that, nobody knows." in page
    assert "<b>View lost</b>, 10:20:00" in page
    assert "view-lost" == client.get(f"/api/events/{event_id}").json()["ended_why"]


def test_detail_tells_a_gap_before_a_record(data: Path, client: TestClient) -> None:
    """
    A record whose predecessor never came says so.
    """
    box, event_id = Box(), new_event_id()
    first = box.event(event_id)
    box.seq += 3
    keep(data, first, box.event(event_id, 1, Phase.END))

    assert 1 == client.get(f"/events/{event_id}?lang=en").text.count("the number before it is missing")


def test_filters_and_paging_cover_everything_once(data: Path, client: TestClient) -> None:
    """
    Following "older" shows each matching event once; each filter lets only its own pass.
    """
    box, other = Box(), Box("hop-2")
    ids = [new_event_id() for _ in range(PAGE_SIZE + 5)]
    for n, event_id in enumerate(ids):
        keep(data, box.event(event_id), now=NOW - timedelta(seconds=n))
    keep(data, other.event(new_event_id(), label="car", kind="dwell", camera="ngo-3",
                           severity=Severity.ALERT), now=NOW - timedelta(days=1))

    def shown(address: str) -> list[str]:
        found: list[str] = []
        while address:
            page = client.get(address).text
            found += re.findall(r'id="e-([^"]+)"', page)
            older = re.search(r'href="([^"]+)" rel="next"', page)
            address = older[1].replace("&amp;", "&") if older else ""
        return found

    assert ids == shown("/?camera=to-12/hop-1")
    assert PAGE_SIZE + 6 == len(shown("/"))
    for query in ("camera=to-12/hop-2/ngo-3", "class=car", "kind=dwell", "severity=alert", "day=2026-11-22"):
        assert 1 == len(shown(f"/?{query}")), query
    assert 0 == len(shown("/?severity=alert&kind=enter"))
    assert PAGE_SIZE + 6 == len(shown("/?severity=nonsense&day=99-99-99&camera=../..&before=x"))


def test_boxes_page_tells_what_is_wrong(data: Path, client: TestClient) -> None:
    """
    Offline boxes first; lost cameras, missing numbers, losses told by the box, and refused messages.
    """
    good, bad = Box("hop-1"), Box("hop-2", boot_id="boot-b")
    records = [bad.health("ngo-3", CameraState.LOST, detail="no frame for 30 s") for _ in range(6)]
    keep(data, good.birth(), good.status("online"), good.health(), bad.birth(seq=0), bad.status("offline"),
         records[0], records[5], bad.metrics(updates_lost=3, lost_image=1200, lost_recorder_end=1, frames=9),
         Arrival(bad.root.topic("event/a/b"), b"x"))

    english, vietnamese = (client.get(f"/boxes?lang={language}").text for language in ("en", "vi"))
    page = re.sub(r"<[^>]+>|\s+", " ", english)

    assert page.index("hop-2") < page.index("hop-1")
    for text in ("Offline", "no picture", "no frame for 30 s", "4 records are missing: 2–5",
                 "updates_lost: 3", "pictures: 1,200", "ends not written in time: 1",
                 "1 message against the contract refused"):
        assert text in page
    assert "1/2 boxes online" in page
    for text in ("mất hình", '<small lang="en">no frame for 30 s</small>', "ảnh: 1.200",
                 "tin kết thúc không kịp ghi: 1", "updates_lost: 3", "Nhận tin lần cuối"):
        assert text in vietnamese


def test_a_camera_is_shown_by_the_closest_word_that_is_known(data: Path, client: TestClient) -> None:
    """
    A sprayed lens is told as that, and a state of tomorrow by the one beside it that every version knows.
    """
    box = Box("hop-1")
    tomorrow = HealthData(camera="bai-xe", state=CameraState.LOST, exact="stolen", since=NOW)
    keep(data, box.birth(), box.health("cong-truoc", CameraState.SPRAYED),
         box.record(box.root.health("bai-xe"), "edgebox.health", tomorrow, NOW))

    page = re.sub(r"<[^>]+>|\s+", " ", client.get("/boxes?lang=en").text)

    assert "cong-truoc partly covered, perhaps sprayed" in re.sub(" +", " ", page)
    assert "bai-xe no picture" in re.sub(" +", " ", page)


def test_a_box_that_fell_silent_is_not_online(data: Path, client: TestClient) -> None:
    """
    A box whose connection was cut leaves no last will behind: after four minutes without a word it is silent,
    since when is told, and it is not counted. Silence while the receiver was away is not the box's.
    """
    now, minute = datetime.now(UTC), timedelta(minutes=1)
    cut, there = Box("hop-1"), Box("hop-2", boot_id="boot-b")

    def said() -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", client.get("/boxes?lang=en").text).split())

    keep(data, cut.birth(), cut.status("online"), now=now - 6 * minute)
    keep(data, there.birth(), there.status("online"), now=now - 3 * minute)
    assert "2/2 boxes online" in said()             # there was no receiver that could have heard
    store = Store(data, WARD)
    store.tell_link("connected", now - 2 * minute, "", now)
    assert "2/2 boxes online" in said()
    store.tell_link("connected", now - 60 * minute, "", now)
    page = said()
    assert "1/2 boxes online" in page
    assert page.index("hop-1") < page.index("Silent") < page.index("hop-2")
    assert "6 min" in page[page.index("Silent"):page.index("hop-2")]
    store.tell_link("retrying", now - minute, "no way", now)
    assert "2/2 boxes online" in said()
    store.close()


def test_a_boxs_self_test_is_told(data: Path, client: TestClient) -> None:
    """
    When it was, what came of it, and in plain words what is wrong; a box that was never tested says so.
    """
    at = datetime(2026, 3, 1, 1, 2, 3, tzinfo=UTC)
    bad = SelfTestSummary(at=at, verdict="bad", bad=("camera/cong",), warn=("clock", "new-kind/<b>"))
    keep(data, Box("hop-1").birth(doctor=bad),
         Box("hop-2", boot_id="b").birth(doctor=SelfTestSummary(at=at, verdict="ok")),
         Box("hop-3", boot_id="c").birth())

    vietnamese, english = (" ".join(re.sub(r"<[^>]+>", " ", client.get(f"/boxes?lang={it}").text).split())
                           for it in ("vi", "en"))

    assert "Tự kiểm tra lần cuối có lỗi: camera cong, đồng hồ, new-kind &lt;b&gt;, 08:02:03 01/03/2026" in \
        vietnamese
    assert "Last self-test good, 08:02:03 1 Mar 2026" in english
    assert "Last self-test never tested" in english


def test_the_receivers_state_is_told(data: Path, client: TestClient) -> None:
    """
    Connected, lost, stopped, silent and never there are five different lines.
    """
    def said() -> str:
        return str(client.get("/?lang=en").text)

    now = datetime.now(UTC)
    assert "No receiver ever wrote" in said()
    store = Store(data, WARD)
    store.tell_link("connected", now, "", now)
    assert "The receiver is connected" in said()
    store.tell_link("retrying", now, "no way", now)
    assert "The receiver lost the broker at" in said()
    store.tell_link("stopped", now, "", now)
    assert "The receiver was stopped at" in said()
    store.tell_link("connected", now, "", now - timedelta(minutes=2))
    assert "The receiver has not answered since" in said()
    store.close()


def test_api(data: Path, client: TestClient) -> None:
    """
    Events newest first with a place for the next page; changes since a number; one with its records.
    """
    box, first, second = Box(), new_event_id(), new_event_id()
    keep(data, box.birth(seq=0), box.event(first, jpeg=JPEG), box.picture(first),
         box.event(second, time=NOW + timedelta(seconds=1)))

    newest = client.get("/api/events?limit=1").json()
    rest = client.get(f"/api/events?before={newest['older']}").json()
    assert [second, first] == [event["event_id"] for event in newest["events"] + rest["events"]]
    assert {"group": "to-12", "box": "hop-1", "class": "person", "time": "2026-11-23T03:20:00.000Z",
            "historical": False}.items() <= rest["events"][0].items()

    change = newest["change"]
    assert [] == client.get(f"/api/events?since={change}").json()["events"]
    keep(data, box.event(first, 1, Phase.END))
    changed = client.get(f"/api/events?since={change}").json()
    assert [(first, "end")] == [(event["event_id"], event["phase"]) for event in changed["events"]]
    assert change + 1 == changed["change"]

    event = client.get(f"/api/events/{first}").json()
    assert ["new", "end"] == [record["phase"] for record in event["records"]]
    assert first == json.loads(event["records"][0]["record"])["data"]["event_id"]
    assert ("verified", "verified") == (event["picture_state"], event["images"][0]["state"])
    assert 404 == client.get("/api/events/x").status_code
    assert [{"box": "hop-1", "gaps": [], "last_seq": 3}] == [
        {name: row[name] for name in ("box", "gaps", "last_seq")}
        for row in client.get("/api/boxes").json()["boxes"]]
    summary = client.get("/api/summary").json()
    assert (2, {"end": 1, "new": 2}, 1, 0) == (summary["events"], summary["records"], summary["images"],
                                              summary["duplicates_refused"])
    assert 0 < summary["max_event_json_bytes"] < summary["json_bytes"]


def test_templates_ask_for_texts_that_exist() -> None:
    """
    Every key that a template or the code names is in the catalogue.
    """
    folder = Path(jinja2.PackageLoader("ward.page", "templates")._template_root)
    sources = "".join(path.read_text() for path in [*folder.glob("*.html"), *folder.parent.glob("*.py")])
    asked = set(re.findall(r"(?:\bw|words)\(\s*[\"']([a-z-]+[a-z])[\"']\s*[,)]", sources))
    assert len(asked) > 100
    assert set() == {key for key in asked if key not in Words("vi", CATALOGUE)}


def test_one_is_not_many() -> None:
    """
    "1 alert", "0 alerts", "2 alerts"; Vietnamese has one form for all.
    """
    assert ["0 alerts", "1 alert", "2 alerts"] == [
        Words("en", CATALOGUE)("count-alert", count=number, n=number) for number in (0, 1, 2)]
    assert ["1 khẩn cấp", "2 khẩn cấp"] == [
        Words("vi", CATALOGUE)("count-alert", count=number, n=number) for number in (1, 2)]


def test_times_and_numbers() -> None:
    """
    Local time; two units of a duration; thousands as each language writes them.
    """
    show = Show(Words("vi", CATALOGUE), ZONE, NOW)
    ms = round(NOW.timestamp() * 1000)
    assert "10:20:00" == show.time(ms)
    assert "23:59:59 22/11/2026" == show.time(ms - 10 * 3_600_000 - 20 * 60_000 - 1000)
    assert ["0 giây", "59 giây", "1 phút 1 giây", "2 giờ 0 phút"] == [
        show.duration(value * 1000) for value in (-5, 59, 61, 7200)]
    assert ("1.234.567", "0,25") == (show.number(1234567), show.number(0.25))
    assert "1,234,567" == Show(Words("en", CATALOGUE), ZONE, NOW).number(1234567)
    bounds = show.day_bounds("2026-11-23")
    assert bounds is not None
    assert (86_400_000, True) == (bounds[1] - bounds[0], bounds[0] <= ms < bounds[1])
    assert [None] * 3 == [show.day_bounds(day) for day in ("", "2026-02-30", "0000-01-01")]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "box.example"])
def test_others_reach_the_page_only_when_meant(data: Path, host: str) -> None:
    """
    An address beyond this machine is refused, with what to do instead.
    """
    with pytest.raises(FatalError, match=r"it has no sign-in yet; use 127\.0\.0\.1 with `ssh -L"):
        PageServer(DeskSettings(host=host, port=0), Reader(data), Desk(data))


def test_a_taken_port_is_told(data: Path) -> None:
    """
    A second page on the same port, and a port that does not exist: one line each.
    """
    first = PageServer(DeskSettings(port=0), Reader(data), Desk(data))
    port = int(first.address.rsplit(":", 1)[1].rstrip("/"))
    with pytest.raises(FatalError, match=f"--port {port}: cannot listen: Address already in use"):
        PageServer(DeskSettings(port=port), Reader(data), Desk(data))
    with pytest.raises(FatalError, match="--port 70000: cannot listen"):
        PageServer(DeskSettings(port=70000), Reader(data), Desk(data))
    first.close()


def test_whoever_found_a_hole_is_told_whom_to_tell(data: Path) -> None:
    """
    The ward's contact at the well-known address; without one, whom to ask.
    """
    reader, contact = Reader(data), "mailto:bao-mat@phuong-5.example"
    for given, status in ((contact, 200), ("", 404)):
        app = make_app(reader, DeskFeed(reader), ZONE, Desk(data), security_contact=given)
        with TestClient(app, base_url=HERE) as client:
            answer = client.get(WELL_KNOWN)
        assert status == answer.status_code
        assert (f"\nContact: {contact}\n" in answer.text) is bool(given)
