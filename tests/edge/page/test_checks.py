"""The page on which keepers see and test the box: what it says, whom it obeys, what is written down."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator

import pytest

from edge.base.findings import Finding, Kind, State
from edge.base.values import NS_PER_S
from edge.contract.messages import PanelPhase
from edge.guard.care.caretaker import BUNDLE, BUNDLE_WANTED, TEST_WANTED
from edge.health import last_result, progress
from edge.ipc.health import MAX_BUNDLE_BYTES
from edge.ipc.panel import Contact, SelfTest
from edge.members.values import Credential, MemberRole
from edge.upkeep.doctor import screen
from tests.brokers import until
from tests.edge.page.stand import TECHNICIAN, Stand

FOUND = (Finding(Kind.CAMERA, "ngo", State.OK, "camera-ok", {"size": "640x360", "seconds": "0.4"}),
         Finding(Kind.WARD, "", State.BAD, "ward-guard-away", {"records": 7}),
         Finding(Kind.CLOCK, "", State.WARN, "clock-free"))
AT = "2026-11-23T05:00:00.000Z"


def keep(stand: Stand, *found: Finding) -> None:
    """As `edgebox doctor` leaves its result."""
    last_result.write(stand.folder, screen.facts(found, AT, "hop-1", "vi"))


def acts(stand: Stand) -> list[tuple[str, str]]:
    return [(entry.act.what, entry.name) for entry in reversed(stand.roster.log(20))
            if entry.act.what not in ("invited", "joined")]


@pytest.fixture
def technician(stand: Stand, leader: Credential) -> Credential:
    return stand.join(TECHNICIAN, MemberRole.TECHNICIAN)


@pytest.fixture
def served(stand: Stand) -> Iterator[threading.Event]:
    """What systemd and the doctor do; it is in the middle of it until the event is set."""
    go_on, stop = threading.Event(), threading.Event()
    wanted = stand.folder / "guard" / TEST_WANTED

    def serve() -> None:
        while not stop.wait(0.01):
            if wanted.exists():
                wanted.unlink()
                with progress.reporting(stand.folder) as tell:
                    tell(1, 8, Kind.CAMERA)
                    go_on.wait(20)
                    keep(stand, *FOUND[:1])

    thread = threading.Thread(target=serve)
    thread.start()
    yield go_on
    go_on.set()
    stop.set()
    thread.join()


def test_the_last_self_test_is_told_in_either_language(stand: Stand, technician: Credential) -> None:
    """
    The verdict, then the worst first, each with its word and what to do; also in the language that the doctor
    did not speak.
    """
    keep(stand, *FOUND)
    with stand.phone(technician) as client:
        until(lambda: "7 bản ghi" in client.get("/check").text, "the result")
        page = client.get("/check").text
        assert "Hộp có lỗi: 1 điểm hỏng, 1 điểm cần chú ý." in page
        assert page.index("nối về phường") < page.index("chưa đồng bộ") < page.index("camera ngo")
        english = client.get("/check?lang=en").text
    for text in ("The box has faults: 1 bad, 1 to look at.", "7 records wait",
                 "check network and time server", "a fresh picture, 640x360, after 0.4 s"):
        assert text in english


def test_what_can_be_seen_without_a_test(stand: Stand, technician: Credential) -> None:
    """
    Cameras, the way to the ward, disk, queue, certificates, power and heat, as they are now.
    """
    with stand.phone(technician) as client:
        page = client.get("/check").text
    for text in ("Chưa kiểm tra lần nào", "Camera ngo", "đã kết nối", "sổ sự kiện", "0 bản ghi chờ gửi",
                 "thẻ nhớ", "nhiệt độ"):
        assert text in page


def test_a_self_test_is_run_and_its_result_comes(stand: Stand, technician: Credential, leader: Credential,
                                                 served: threading.Event) -> None:
    """
    Asked for, it runs and says what it looks at; another keeper's request joins it; the result comes by
    itself; who asked stands in the log; and right after there is a wait.
    """
    with stand.phone(technician) as client, stand.phone(leader, Accept="application/json") as other:
        asked = client.post("/check/test")
        assert (303, "/check") == (asked.status_code, asked.headers["location"])
        until(lambda: "Đang xem: camera" in client.get("/check").text, "the step")
        assert 'max="8" value="1"' in client.get("/check").text
        assert 200 == other.post("/check/test").status_code
        served.set()
        until(lambda: "Hộp tốt." in client.get("/check").text, "the result")
        assert "Đã kiểm tra xong." in client.get("/check").text
        again = other.post("/check/test")

    assert (429, False) == (again.status_code, again.json()["ok"])
    assert 0 < again.json()["wait_s"] <= 60
    assert [("self-test", technician.member.name), ("self-test", leader.member.name)] == acts(stand)


def test_the_stream_tells_of_it(stand: Stand, technician: Credential) -> None:
    """
    The parts of the page come at once and again when the result is another one.
    """
    with stand.phone(technician) as client, client.stream("GET", "/check/stream") as answer:
        lines = answer.iter_lines()

        def parts() -> dict[str, str]:
            for line in lines:
                if line.startswith("data: ") and "parts" in (news := json.loads(line[6:])):
                    found: dict[str, str] = news["parts"]
                    return found
            raise AssertionError("the stream ended")

        assert "Chưa kiểm tra lần nào" in parts()["tested"]
        keep(stand, *FOUND)
        while "Hộp có lỗi" not in (told := parts())["tested"]:
            pass
        assert "Camera ngo" in told["now"]


def test_who_is_a_keeper_no_more_hears_nothing_more(stand: Stand, technician: Credential,
                                                    leader: Credential) -> None:
    """
    A technician who is made a plain member loses the stream within seconds, not when the phone asks again.
    """
    with stand.phone(technician) as client, client.stream("GET", "/check/stream") as answer:
        lines = answer.iter_lines()
        assert any(line.startswith("event: state") for line in lines)
        stand.roster.change_role(technician.member.id, MemberRole.MEMBER, "tool:test")
        assert "event: gone" in [line for line in lines if line.startswith("event")]


def result(*checks: object) -> str:
    return json.dumps({"summary": {"at": AT}, "checks": checks})


@pytest.mark.parametrize("text", [
    "", "[", "[]", "[" * 100_000, '{"summary": 7}', '{"summary": {"at": "x"}, "checks": []}',
    result(7, {"kind": ["x"]}, {"kind": "camera"}),
    result({"kind": "camera", "name": "<b>", "state": "bad", "code": "camera-bad",
            "values": {"error": ["<i>"]}},
           {"kind": "ward", "state": "bad", "code": "of-later", "text": "a later sentence",
            "do": "<script>"})])
def test_whatever_lies_in_the_result_breaks_no_page(stand: Stand, technician: Credential, text: str) -> None:
    """
    Damaged, of another version, or written by somebody else: what fits is told, as text.
    """
    (stand.folder / last_result.FILE).write_text(text)
    with stand.phone(technician) as client:
        page = client.get("/check")
        assert 200 == page.status_code
        assert "<script>" not in page.text
        assert "<i>" not in page.text
        if "of-later" in text:
            until(lambda: "a later sentence" in client.get("/check").text, "the sentence")


def tried(stand: Stand) -> list[tuple[str, bool]]:
    """Whose self-tests the panel was asked for, and whether with the siren."""
    return [(it.actor.member_id, it.with_siren) for it in stand.memory.requests if isinstance(it, SelfTest)]


def test_lights_and_then_the_siren_are_tried(stand: Stand, technician: Credential) -> None:
    """
    Lights at a touch, the siren only for whoever has warned the neighbours; in the member's name, at the
    panel and in the log; what is driven is told as it is, and stays ticked.
    """
    with stand.phone(technician, **{"Accept-Language": "en"}) as client:
        assert 303 == client.post("/check/outputs").status_code
        until(lambda: "was on," in client.get("/check").text, "the tick")
        stand.memory.show(phase=PanelPhase.IDLE, outputs={"siren": False, "flood": False})
        unwarned = client.post("/check/outputs", data={"siren": "yes"})
        assert (422, True) == (unwarned.status_code, "Warn the neighbours first" in unwarned.text)
        assert [(technician.member.id, False)] == tried(stand)
        assert 303 == client.post("/check/outputs", data={"siren": "yes", "warned": "yes"}).status_code
        page = client.get("/check").text

    assert [(technician.member.id, False), (technician.member.id, True)] == tried(stand)
    assert [("lights-tried", TECHNICIAN), ("siren-tried", TECHNICIAN)] == acts(stand)
    assert page.count("was on,") == 1


def test_the_neighbours_ears(stand: Stand, technician: Credential, leader: Credential) -> None:
    """
    The siren is tried at most once a minute, whoever asks; a panel that is busy is told as such.
    """
    siren = {"siren": "yes", "warned": "yes"}
    with stand.phone(technician) as client, stand.phone(leader, Accept="application/json") as other:
        assert 303 == client.post("/check/outputs", data=siren).status_code
        soon = other.post("/check/outputs", data=siren)
        busy = other.post("/check/outputs")
    assert (429, True) == (soon.status_code, 50 < soon.json()["wait_s"] <= 60)
    assert (409, "Lúc này chưa thử được.") == (busy.status_code, busy.json()["text"].partition(" Đợi")[0])
    assert 2 == len(tried(stand)), "the siren's, and the lights' that found the panel busy"
    assert [("siren-tried", TECHNICIAN)] == acts(stand)


def test_a_panel_that_does_not_answer(stand: Stand, technician: Credential) -> None:
    """
    Nothing is claimed, nothing written down.
    """
    stand.memory.answers = False
    with stand.phone(technician) as client:
        assert 503 == client.post("/check/outputs").status_code
    assert [] == acts(stand)


def test_inputs_are_ticked_as_they_change(stand: Stand, technician: Credential) -> None:
    """
    Each with its word and whether it has changed; what a silent button does is not told, nor that it is down.
    """
    ago = {0: time.monotonic_ns(), 1: time.monotonic_ns() - 90 * NS_PER_S}
    stand.memory.show(inputs={"panic": Contact(False, ago[0]), "key": Contact(True, ago[1]),
                              "lid": Contact(None, None), "mains": Contact(True, None),
                              "silent": Contact(True, ago[0])})
    with stand.phone(technician, **{"Accept-Language": "en"}) as client:
        page = client.get("/check").text

    rows = dict(re.findall(r'state-label">([^<]*)</span>.*?state-value">([^<]*)</span>', page))
    seen = dict(re.findall(r'state-label">([^<]*)</span>.*?<small[^>]*>(.*?)</small>', page, re.DOTALL))
    assert {"Panic button panic": "up", "Key switch key": "camera alarm on", "Lid lid": "not read yet",
            "Mains mains": "on", "Silent button silent": "not shown here"}.items() <= rows.items()
    said = {name: re.sub(r"<[^>]*>", "", text) for name, text in seen.items()}
    assert {"Panic button panic": "has changed, just now", "Key switch key": "has changed, 2 minutes ago",
            "Mains mains": "not seen to change yet"}.items() <= said.items()
    assert "ask the ward" in seen["Silent button silent"]
    assert "a real alarm" in page


def test_a_support_bundle_is_made_and_downloaded(stand: Stand, technician: Credential) -> None:
    """
    Asked for, made by another service, and handed out whole under a name with its time; who made and who took
    it stands in the log, once however often a phone asks.
    """
    content = bytes(range(256)) * 1000
    with stand.phone(technician) as client:
        assert 404 == client.get("/check/bundle.tar.gz").status_code
        assert 303 == client.post("/check/bundle").status_code
        until(lambda: "Đang chuẩn bị gói" in client.get("/check").text, "that it is asked for")
        (stand.folder / "guard" / BUNDLE_WANTED).unlink()
        (stand.folder / "fresh").write_bytes(content)
        (stand.folder / "fresh").rename(stand.folder / BUNDLE)
        until(lambda: "Tải về (250 KB)" in client.get("/check").text, "the link")
        answers = [client.get("/check/bundle.tar.gz") for _ in range(2)]
        assert 429 == client.post("/check/bundle").status_code

    assert [content, content] == [answer.content for answer in answers]
    assert re.fullmatch(r'attachment; filename="edgebox-support-\d{8}T\d{6}Z\.tar\.gz"',
                        answers[0].headers["content-disposition"])
    assert "no-store" == answers[0].headers["cache-control"]
    assert [("bundle-made", TECHNICIAN), ("bundle-taken", TECHNICIAN)] == acts(stand)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "huge"])
def test_what_is_no_bundle_is_not_handed_out(stand: Stand, technician: Credential, kind: str) -> None:
    """
    Others of the box's programs write this folder: a link to a secret, a pipe without an end, a file that
    would fill a phone.
    """
    place = stand.folder / BUNDLE
    match kind:
        case "link":
            place.symlink_to(stand.folder / "page.key")
        case "pipe":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case "huge":
            place.touch()
            os.truncate(place, MAX_BUNDLE_BYTES + 1)
    with stand.phone(technician) as client:
        assert 404 == client.get("/check/bundle.tar.gz").status_code
        assert "/check/bundle.tar.gz" not in client.get("/check").text
    assert [] == acts(stand)
