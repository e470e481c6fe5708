"""Alarms and commands on the page and its API, without a browser."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from edge.base.findings import Finding, Kind, State
from edge.contract.messages import AlarmCause, AlarmMode, AlarmPhase, PanelPhase, Who
from edge.ipc.panel import Answer, Raise, Refusal
from tests.brokers import mosquitto
from tests.edge.journal.entries import ROOT
from tests.ward.household import BOX, new_key, obeying
from tests.ward.samples import JPEG, NOW, Box, new_event_id
from tests.ward.test_command import is_there
from tests.ward.test_page import HERE, ZONE, keep
from tests.ward.wire import running, settings_for
from ward.command.send import Sender
from ward.page.app import make_app
from ward.page.desk import is_our_name
from ward.page.feed import DeskFeed
from ward.page.stream import news_of
from ward.store.desk import Asked, Desk
from ward.store.intake import ms_of
from ward.store.reader import Reader
from ward.store.rows import EventFilter
from ward.store.writer import Store

OURS = {"sec-fetch-site": "same-origin"}
OFFICER = {"officer": "Trung uý Lan"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def opened(data: Path, sender: Sender | None = None, client: str = "127.0.0.1",
           **options: Any) -> TestClient:
    reader = Reader(data)
    app = make_app(reader, DeskFeed(reader), ZONE, Desk(data), sender, **options)
    return TestClient(app, base_url=HERE, client=(client, 50_000), follow_redirects=False)


@pytest.fixture
def client(data: Path) -> Iterator[TestClient]:
    with opened(data) as made:
        yield made


def plain(page: str) -> str:
    """What is to be read there, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_call_for_help_stands_on_every_page(data: Path, client: TestClient) -> None:
    """
    Who called, from which box, since when, until when, and the rule's event with its picture; it rings.
    """
    box, event_id, alarm_id, now = Box(), new_event_id(), new_event_id(), datetime.now(UTC)
    keep(data, box.status("online"), box.event(event_id, jpeg=JPEG, time=now), box.picture(event_id),
         box.alarm(alarm_id, cause=AlarmCause.RULE, name="cong-truoc/dem", event_id=event_id, time=now),
         now=now)

    for address in ("/", "/alarms", "/boxes", "/boxes/to-12/hop-1", f"/events/{event_id}", "/officer",
                    "/none"):
        page = client.get(f"{address}?lang=en").text
        assert f'id="a-{alarm_id}" data-rings="yes"' in page, address
        said = plain(page)
        assert "Alarm · The siren sounds" in said, address
        assert "Camera rule: cong-truoc/dem" in said
        assert "Person entered the area" in said
        assert f'src="/images/{event_id}/0?' in page
    assert "Báo động · Còi đang kêu" in plain(client.get("/?lang=vi").text)


@pytest.mark.parametrize(("cause", "name", "vietnamese", "english"), [
    (AlarmCause.BUTTON, "nut-cong", "Nút bấm nut-cong", "Button nut-cong"),
    (AlarmCause.MEMBER, "Lan, số 14", "Lan, số 14 (thành viên)", "Lan, số 14 (member)"),
    (AlarmCause.TAMPER, "vo-hop", "Có người phá hộp: vo-hop", "Somebody tampers with the box: vo-hop"),
    (AlarmCause.WARD, "Trung uý Lan", "Công an phường: Trung uý Lan", "Ward police: Trung uý Lan"),
])
def test_who_called(data: Path, client: TestClient, cause: AlarmCause, name: str, vietnamese: str,
                    english: str) -> None:
    """
    Each cause in both languages.
    """
    now = datetime.now(UTC)
    keep(data, Box().alarm(new_event_id(), cause=cause, name=name, time=now), now=now)
    assert vietnamese in plain(client.get("/").text)
    assert english in plain(client.get("/?lang=en").text)


def test_a_silent_call_is_marked(data: Path, client: TestClient) -> None:
    """
    That nobody at the place knows stands there in words, and what not to do.
    """
    now = datetime.now(UTC)
    keep(data, Box().alarm(alarm_id := new_event_id(), mode=AlarmMode.SILENT, outputs=(), time=now), now=now)
    for address in ("/", f"/alarms/{alarm_id}"):
        assert "BÁO NGẦM: tại chỗ không ai biết" in plain(client.get(f"{address}?lang=vi").text)
        assert "SILENT: nobody at the place knows" in plain(client.get(f"{address}?lang=en").text)


def test_what_is_late_does_not_ring(data: Path, client: TestClient) -> None:
    """
    It stands there, marked as late.
    """
    now = datetime.now(UTC)
    keep(data, Box().alarm(new_event_id(), time=now - timedelta(minutes=5)), now=now)
    page = client.get("/?lang=en").text
    assert 'data-rings="no"' in page
    assert "Alarm · Alarm with siren" in plain(page)
    assert ">Late<" in page


def test_an_alarm_that_is_over_stays_until_somebody_has_seen_it(data: Path, client: TestClient) -> None:
    """
    It rings until then; the officer's name is kept with it and in a cookie, and is not asked again.
    """
    box, alarm_id, now = Box(), new_event_id(), datetime.now(UTC)
    keep(data, box.alarm(alarm_id, time=now),
         box.alarm(alarm_id, 1, AlarmPhase.SILENCED, by=Who(cause=AlarmCause.MEMBER, name="Ông Bảy"),
                   time=now, left_s=None), now=now)
    before = client.get("/?lang=en").text
    assert 'data-rings="yes"' in before
    assert "Silenced: Ông Bảy (member)" in plain(before)
    assert 'name="officer"' in before

    assert 400 == client.post(f"/alarms/{alarm_id}/seen", headers=OURS).status_code
    answer = client.post(f"/alarms/{alarm_id}/seen", data=OFFICER, headers=OURS)

    assert (303, f"/alarms/{alarm_id}") == (answer.status_code, answer.headers["location"])
    assert f"a-{alarm_id}" not in client.get("/").text
    assert "Trung uý Lan took it at" in plain(client.get(f"/alarms/{alarm_id}").text)
    assert "Trung uý Lan" in client.get("/").text
    assert 404 == client.post(f"/alarms/{new_event_id()}/seen", headers=OURS).status_code
    assert "httponly" in answer.headers["set-cookie"].lower()


def test_a_box_that_was_cut_off(data: Path, client: TestClient) -> None:
    """
    It fell silent right after a call: that calls by itself, in both languages, and is taken like a call.
    """
    box, alarm_id, now = Box(), new_event_id(), datetime.now(UTC)
    keep(data, box.birth(title="Ngõ 5"), box.status("online"), box.alarm(alarm_id, time=now), now=now)
    keep(data, box.status("offline"), now=now + timedelta(seconds=50))
    english = client.get("/?lang=en").text
    assert f'id="a-{alarm_id}-cut" data-rings="yes"' in english
    assert "Cut off! The box fell silent right after a call. Ngõ 5 (to-12/hop-1)" in english
    assert "The call just before: Lan, số 14 (member)" in plain(english)
    assert "Hộp không gửi gì nữa ngay sau báo động" in plain(client.get("/?lang=vi").text)
    assert [True] == [each["cut_off"]["rings"] for each in client.get("/api/calls").json()["boxes"]]

    address = f"/alarms/{alarm_id}/cut-off/seen"
    assert 403 == client.post(address, data=OFFICER).status_code
    assert 303 == client.post(address, data=OFFICER, headers=OURS).status_code
    assert 404 == client.post(f"/alarms/{new_event_id()}/cut-off/seen", headers=OURS).status_code

    assert f'id="a-{alarm_id}-cut" data-rings="no"' in (after := client.get("/?lang=en").text)
    assert f'id="a-{alarm_id}" data-rings="yes"' in after
    assert ["Trung uý Lan"] == [each["cut_off"]["seen"]["officer"]
                                for each in client.get("/api/calls").json()["boxes"]]


def test_many_calls_of_one_box(data: Path, client: TestClient) -> None:
    """
    One card, the others counted, all taken with one press; the list counts them too and leads to them.
    """
    box, now = Box(), datetime.now(UTC)
    for n in range(8):
        keep(data, box.alarm(alarm_id := new_event_id(), time=now), box.alarm(
            alarm_id, 1, AlarmPhase.ENDED, left_s=None, time=now), now=now - timedelta(seconds=30 - n))
    page = client.get("/?lang=en").text
    assert 1 == page.count('data-rings="yes"')
    assert "7 more of to-12/hop-1" in plain(page)
    assert "3 more of to-12/hop-1" in plain(client.get("/alarms?lang=en").text.partition("<main")[2])
    assert 8 == client.get("/alarms?box=to-12/hop-1").text.partition("<main")[2].count("<h2>")
    upto = re.search(r'name="upto" value="(\d+)"', page)
    assert upto

    answer = client.post("/boxes/to-12/hop-1/seen", data=OFFICER | {"upto": upto[1]}, headers=OURS)

    assert (303, "/alarms?box=to-12/hop-1") == (answer.status_code, answer.headers["location"])
    assert "data-rings" not in client.get("/").text
    for odd in ({}, {"upto": "x"}, {"upto": "-1"}):
        assert 400 == client.post("/boxes/to-12/hop-1/seen", data=OFFICER | odd, headers=OURS).status_code


def test_an_end_that_was_not_told(data: Path, client: TestClient) -> None:
    """
    While a box is offline its siren may go on: it counts as on until its time is over, then as not known.
    """
    box, now = Box(), datetime.now(UTC)
    keep(data, box.alarm(new_event_id(), time=now), box.status("offline"), now=now)
    assert "its siren may still sound until its time is over" in plain(client.get("/?lang=en").text)

    keep(data, Box("hop-2").alarm(other := new_event_id(), time=now - timedelta(minutes=10), left_s=60),
         now=now)
    assert "no end was told: ask at the place" in plain(client.get(f"/alarms/{other}?lang=en").text)


def test_the_life_of_an_alarm(data: Path, client: TestClient) -> None:
    """
    Its page tells each step with who did it and when, the outputs, who has seen it, and the records.
    """
    box, alarm_id = Box(), new_event_id()
    keep(data, box.alarm(alarm_id, mode=AlarmMode.LIGHT), box.alarm(alarm_id, 1, AlarmPhase.ESCALATED),
         box.alarm(alarm_id, 2, AlarmPhase.JOINED, by=Who(cause=AlarmCause.BUTTON, name="nut-cong")),
         box.alarm(alarm_id, 3, AlarmPhase.ENDED, by=Who(cause=AlarmCause.TIME, name=""), left_s=None))
    Desk(data).seen(alarm_id, "Đại uý Minh", ms_of(NOW))

    page = client.get(f"/alarms/{alarm_id}?lang=en").text
    said = plain(page)
    for text in ("Raised", "The siren followed the light", "Raised once more", "Button nut-cong",
                 "Ended by itself", "its time was over", "coi-ngo, den-pha",
                 "Đại uý Minh took it at 10:20:00"):
        assert text in said, text
    assert 4 == page.count('<details class="record">')
    assert 404 == client.get(f"/alarms/{new_event_id()}").status_code
    assert 404 == client.get("/alarms/x").status_code


def test_a_refused_alarm_says_why(data: Path, client: TestClient) -> None:
    """
    It calls nobody; it stands in the list, with the reason in words.
    """
    now = datetime.now(UTC)
    keep(data, Box().alarm(alarm_id := new_event_id(), phase=AlarmPhase.REFUSED, cause=AlarmCause.RULE,
                           name="san/dem", reason="pause", time=now), now=now)
    assert "data-rings" not in client.get("/").text
    assert "Không thực hiện: vừa kêu xong, phải nghỉ" in plain(client.get(f"/alarms/{alarm_id}").text)


def test_the_list_shows_each_once(data: Path, client: TestClient) -> None:
    """
    Following "older" leads through all alarms, the last to come first.
    """
    ids = [new_event_id() for _ in range(45)]
    for n, alarm_id in enumerate(ids):
        keep(data, Box(f"hop-{n % 9}").alarm(alarm_id), now=NOW - timedelta(seconds=n))
    found: list[str] = []
    address = "/alarms"
    while address:
        main = client.get(address).text.partition("<main")[2]
        found += re.findall(r'<h2><a href="/alarms/([^"]+)"', main)
        older = re.search(r'href="([^"]+)" rel="next"', main)
        address = f"/alarms{older[1]}" if older else ""
    assert ids == found


def test_the_state_of_a_panel(data: Path, client: TestClient) -> None:
    """
    What it does, armed or not, what is on, faults, and no mains; in the list of boxes and on the box's page.
    """
    keep(data, (box := Box()).birth(), box.panel(
        PanelPhase.SOUNDING, armed=True, outputs={"coi-ngo": True, "den-pha": False}, mains=False,
        faults=["input nut-cong: <b>stuck</b>"]))
    for address in ("/boxes", "/boxes/to-12/hop-1"):
        said = plain(page := client.get(f"{address}?lang=en").text)
        for text in ("The siren sounds", "Camera alarm: on", "Power cut, on battery", "On now: coi-ngo "):
            assert text in said, text
        assert "input nut-cong: &lt;b&gt;stuck&lt;/b&gt;" in page
        assert "den-pha" not in said
    assert "Camera tự báo: đang bật" in client.get("/boxes?lang=vi").text


def test_a_fault_is_read_in_the_officers_language(data: Path, client: TestClient) -> None:
    """
    What the box sends as codes stands in Vietnamese or English; names and values in it stay text.
    """
    keep(data, (box := Box()).birth(), box.panel(findings=[
        Finding(Kind.INPUT, "nut-cong", State.BAD, "input-stuck", what="panic"),
        Finding(Kind.PINS, "", State.BAD, "outputs-bad", {"error": "<b>no chip</b>"})]))

    vietnamese, english = (client.get(f"/boxes?lang={language}").text for language in ("vi", "en"))

    assert "Nút báo động nut-cong: bị nhấn quá lâu" in vietnamese
    assert "Panic button nut-cong: down for too long" in english
    assert "siren and lights are not working: &lt;b&gt;no chip&lt;/b&gt;" in english


def test_a_box_that_nobody_knows(client: TestClient) -> None:
    """
    Its page does not exist.
    """
    assert 404 == client.get("/boxes/to-12/hop-9").status_code


@pytest.mark.parametrize("title", ["Tổ 12, ngõ 5", "Chợ <b>Cũ</b> & \"Mới\"", "x" * 80])
def test_a_place_stands_before_the_name(data: Path, client: TestClient, title: str) -> None:
    """
    Wherever a box is named: boxes, events, alarms, calls, filters. Two boxes of one title are told apart
    by their names, which stand beside it; what a box says stays text.
    """
    now, first, second = datetime.now(UTC), Box("hop-1"), Box("hop-2", boot_id="boot-b")
    event_id, alarm_id = new_event_id(), new_event_id()
    for box in (first, second):
        keep(data, box.birth(title=title), box.status("online"), now=now)
    keep(data, first.event(event_id, time=now), first.alarm(alarm_id, time=now),
         second.event(new_event_id(), time=now), second.alarm(new_event_id(), time=now), now=now)

    for address in ("/", "/boxes", "/alarms", "/boxes/to-12/hop-1", f"/events/{event_id}",
                    f"/alarms/{alarm_id}"):
        page = client.get(address).text
        said = " ".join(unescape(re.sub(r"<[^>]+>", "", page)).split())
        assert f"{title} to-12/hop-1" in said, address
        assert f"{title} to-12/hop-2" in said, address          # at least the call on top
        assert "<b>Cũ" not in page
        assert f". {title} (to-12/hop-1), " in unescape(page), address     # what a screen reader says
    labels = [unescape(label) for label in re.findall('optgroup label="([^"]*)"', client.get("/").text)]
    assert [f"{title} (to-12/hop-1)", f"{title} (to-12/hop-2)"] == labels
    assert {title} == {alarm["box_title"] for alarm in client.get("/api/alarms").json()["alarms"]} == {
        box["title"] for box in client.get("/api/boxes").json()["boxes"]}


def handlers_in(page: str) -> set[str]:
    """What could run a script, as a browser's parser sees it: attributes named on..., inline scripts."""
    found: set[str] = set()

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            names = {name for name, _ in attrs}
            found.update(name for name in names if name.startswith("on") or name == "style")
            if tag == "style" or (tag == "script" and "src" not in names):
                found.add(tag)

    Tags().feed(page)
    return found


def test_hostile_texts_stay_texts(data: Path, client: TestClient) -> None:
    """
    Names out of boxes and forms run nowhere.
    """
    now, bad = datetime.now(UTC), "<script>alert(1)</script>"
    keep(data, (box := Box()).birth(title=bad), box.panel(outputs={bad: True}),
         box.alarm(alarm_id := new_event_id(), name=bad, outputs=[bad], time=now), now=now)
    client.post(f"/alarms/{alarm_id}/seen", data={"officer": "<img src=x onerror=alert(1)>"}, headers=OURS)
    for address in ("/", "/alarms", f"/alarms/{alarm_id}", "/boxes", "/boxes/to-12/hop-1", "/officer"):
        page = client.get(address).text
        assert bad not in page
        assert "<img src=x" not in page
        assert set() == handlers_in(page)


POSTS = ["/alarms/{alarm}/seen", "/alarms/{alarm}/cut-off/seen", "/boxes/to-12/hop-1/seen",
         "/boxes/to-12/hop-1/commands", "/events/{alarm}/notthat", "/officer"]


@pytest.mark.slow
@pytest.mark.parametrize("address", POSTS)
@pytest.mark.parametrize("headers", [
    {}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"},
    {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:9999"},
    {"sec-fetch-site": "cross-site", "origin": HERE}, {"referer": HERE},
    {"sec-fetch-site": "same-origin", "origin": "http://evil.example"}])
def test_other_sites_make_nothing_happen(data: Path, client: TestClient, address: str,
                                         headers: dict[str, str]) -> None:
    """
    A page elsewhere, or on another port, can send no form here, whatever cookies the browser adds.
    """
    keep(data, (box := Box()).birth(), box.alarm(alarm_id := new_event_id()))
    client.cookies.set("officer", "Lan")
    answer = client.post(address.replace("{alarm}", alarm_id), data={"name": "siren", **OFFICER},
                         headers=headers)
    assert 403 == answer.status_code
    assert "set-cookie" not in answer.headers
    reader = Reader(data)
    assert ([], []) == (reader.alarms.seen(alarm_id), reader.alarms.commands(5))


def test_who_may_act() -> None:
    """
    Under a numeric address or "localhost" alone: any other name may have been pointed here by its owner.
    """
    assert [True, True, True, False, False] == [
        is_our_name(name) for name in ("127.0.0.1", "::1", "localhost", "station.evil.example", "")]


def test_others_act_only_when_that_is_meant(data: Path) -> None:
    """
    From another machine nothing is taken, and the page says so; --commands-from-others lets it be; a name
    of the web that was pointed here acts never.
    """
    keep(data, Box().alarm(alarm_id := new_event_id()))
    address = f"/alarms/{alarm_id}/seen"
    with opened(data, client="192.0.2.7", open_to_all=True) as other:
        assert "Chỉ máy đang chạy trang này" in other.post(address, data=OFFICER, headers=OURS).text
    with opened(data, client="192.0.2.7", open_to_all=True, commands_from_others=True) as other:
        assert 303 == other.post(address, data=OFFICER, headers=OURS).status_code
        named = {**OURS, "host": "evil.example:8800", "origin": "http://evil.example:8800"}
        assert 403 == other.post(address, data=OFFICER, headers=named).status_code


@pytest.mark.parametrize("body", [
    b"x" * 5000, b"officer=%ff", b"&".join([b"a=1"] * 20), b"officer=" + b"x" * 61,
    "officer=\u202e\n".encode()])
def test_odd_forms_are_refused(data: Path, client: TestClient, body: bytes) -> None:
    """
    Too large, no UTF-8, too many fields, a name that is none: 4xx, and nothing is kept.
    """
    answer = client.post("/officer", content=body, headers=OURS)
    assert answer.status_code in (400, 413)
    assert "set-cookie" not in answer.headers


def test_a_page_without_a_key_commands_nobody(data: Path, client: TestClient) -> None:
    """
    It says how to start it; a form that is sent all the same is refused.
    """
    keep(data, Box().birth())
    assert "start it with --command-key" in client.get("/boxes/to-12/hop-1?lang=en").text
    answer = client.post("/boxes/to-12/hop-1/commands", data={"name": "siren", **OFFICER}, headers=OURS)
    assert 403 == answer.status_code


def test_a_box_is_commanded_from_its_page(data: Path, tmp_path: Path) -> None:
    """
    Through a real broker to a real judge: the answer in words for the script, a redirect for a browser
    without one, and a line in the box's list; offline, refused and odd forms are told.
    """
    (folder := tmp_path / "key").mkdir()
    key = new_key(folder / "ward.key")
    with running(mosquitto(tmp_path / "broker")) as port:
        sender = Sender(settings_for(port), ROOT.ward, key, Desk(data))
        keep_box(data)
        with opened(data, sender) as desk:
            address, as_json = f"/boxes/{BOX}/commands", {**OURS, "accept": "application/json"}

            def post(**fields: str) -> Any:
                return desk.post(address, data=fields | OFFICER, headers=as_json).json()

            with obeying(tmp_path / "box", port, folder / "ward.key", Answer(True, alarm_id=new_event_id()),
                         Answer(False, Refusal.PER_HOUR)) as panel:
                is_there(port)
                assert {"state": "accepted", "text": "Hộp đã nhận lệnh: còi và đèn đã bật."} == post(
                    name="siren", duration_s="30")
                refused = post(name="light")
                assert ("refused", True) == (refused["state"], "hãy gọi điện cho tổ" in refused["text"])
                assert 303 == desk.post(address, data={"name": "silence"}, headers=OURS).status_code
            assert ("failed", "Chưa gửi: hộp đang mất kết nối. Hãy gọi điện cho tổ.") == (
                (told := post(name="arm"))["state"], told["text"])
            for odd in ({"name": "dance"}, {"name": "siren", "duration_s": "nan"}, {}, {"name": "siren",
                        "duration_s": "9999"}, {"name": "arm", "with_siren": "on"}):
                assert "refused" == post(**odd)["state"]
            page = plain(desk.get(f"/boxes/{BOX}?lang=en").text)
            log = desk.get("/api/commands").json()["commands"]

    assert [30.0, None] == [asked.duration_s for asked in panel.asked if isinstance(asked, Raise)]
    assert {"Trung uý Lan"} == {asked.actor.name for asked in panel.asked}
    assert ["arm", "silence", "light", "siren"] == [row["name"] for row in log]
    assert "Not sent: the box is offline" in page
    assert "The box refuses: too many alarms within the hour" in page


def keep_box(data: Path) -> None:
    """The store of the ward that the box of the household belongs to."""
    box = Box(ROOT.box, ROOT.group, ROOT.ward)
    store = Store(data, ROOT.ward)
    store.take([box.birth()], NOW)
    store.close()


def test_the_answer_that_came_by_the_receiver_alone(data: Path, client: TestClient) -> None:
    """
    A command that the page gave up on: the box's late answer takes the place of "has not answered".
    """
    box, cmd_id, desk = Box(), str(uuid.uuid4()), Desk(data)
    keep(data, box.birth())
    desk.asked(Asked(cmd_id, box.key, "siren", "Lan", 30.0), ms_of(NOW))
    desk.signed(cmd_id, cmd_id, "0" * 16, "{}", ms_of(NOW))
    assert "Waiting for its answer" in client.get("/boxes/to-12/hop-1?lang=en").text
    desk.failed(cmd_id, "no-answer", "x", ms_of(NOW))
    assert "whether it has obeyed is not known" in client.get("/boxes/to-12/hop-1?lang=en").text
    keep(data, box.result(cmd_id))
    said = plain(client.get("/boxes/to-12/hop-1?lang=en").text)
    assert "Sound the siren 30 s Lan, 10:20:00" in said
    assert "The box obeys" in said
    keep(data, Box("hop-2").result(cmd_id, accepted=False, reason="pause"), now=NOW + timedelta(seconds=5))
    assert "The box obeys" in client.get("/boxes/to-12/hop-1?lang=en").text


def test_alarms_for_programs(data: Path, client: TestClient) -> None:
    """
    Newest first with a place for the next page; changes since a number; one with its records as they came.
    """
    box, first, second = Box(), new_event_id(), new_event_id()
    keep(data, box.alarm(first), box.alarm(second, time=NOW + timedelta(seconds=1)))
    newest = client.get("/api/alarms?limit=1").json()
    rest = client.get(f"/api/alarms?before={newest['older']}").json()
    assert [second, first] == [alarm["alarm_id"] for alarm in newest["alarms"] + rest["alarms"]]
    assert {"mode": "siren", "raised_by": {"cause": "member", "name": "Lan, số 14"}, "seen": None,
            "until": "2026-11-23T03:21:00.000Z"}.items() <= rest["alarms"][0].items()

    assert [] == client.get(f"/api/alarms?since={newest['change']}").json()["alarms"]
    keep(data, box.alarm(first, 1, AlarmPhase.ENDED))
    changed = client.get(f"/api/alarms?since={newest['change']}").json()
    assert [(first, "ended")] == [(alarm["alarm_id"], alarm["state"]) for alarm in changed["alarms"]]
    one = client.get(f"/api/alarms/{first}").json()
    assert [0, 1] == [record["rev"] for record in one["records"]]
    assert first == json.loads(one["records"][0]["record"])["data"]["alarm_id"]
    assert 404 == client.get("/api/alarms/x").status_code
    assert {"raised": 1, "ended": 1} == client.get("/api/summary").json()["alarms"]


def test_the_stream_tells_alarms_in_their_order(data: Path) -> None:
    """
    Events and alarms by their change number, none twice, none left out, also beyond one batch.
    """
    box = Box()
    made = [box.alarm(new_event_id()) if n % 3 else box.event(new_event_id()) for n in range(150)]
    keep(data, *made)
    reader, seen, told = Reader(data), 0, []
    while True:
        seen, messages = news_of(reader, seen, EventFilter(), lambda row: {"n": row.change})
        told += [json.loads(message.data)["n"] for message in messages if message.data]
        if not messages:
            break
    assert list(range(1, 151)) == told
