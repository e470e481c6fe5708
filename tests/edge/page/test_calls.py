"""Calling for help, ending it, the guard: what reaches the panel and the log, and what is answered."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge.contract.messages import AlarmCause, AlarmMode
from edge.ipc.panel import Arm, Cancel, Raise
from edge.members.values import Credential
from tests.brokers import until
from tests.edge.page.stand import CODE, MEMBER, Stand, standing

ID = "0123456789abcdef"


def acts(stand: Stand) -> list[str]:
    """What stands in the log, oldest first, without who came in."""
    return [entry.act.what for entry in reversed(stand.roster.log(100))
            if entry.act.what not in ("invited", "joined")]


def test_one_request_is_one_alarm(stand: Stand, lan: Credential) -> None:
    """
    A phone that asks again, or eight times at once, gets the same answer for one alarm that names the member,
    and the log has it once.
    """
    def ask(_: int) -> tuple[int, str]:
        with stand.phone(lan) as client:
            answer = client.post("/api/raise", json={"mode": "siren", "request_id": ID})
            return answer.status_code, answer.json()["state"]["tone"]

    with ThreadPoolExecutor(8) as many:
        assert [(200, "alarm")] * 8 == list(many.map(ask, range(8)))
    [asked] = stand.memory.requests
    assert isinstance(asked, Raise)
    assert (AlarmCause.MEMBER, MEMBER, lan.member.id) == (
        asked.actor.cause, asked.actor.name, asked.actor.member_id)
    assert asked.request_id == f"{lan.phone.id}/{ID}"
    until(lambda: acts(stand), "the log")
    assert ["alarm-raised"] == acts(stand)


def test_two_phones_may_choose_the_same_id(stand: Stand, lan: Credential) -> None:
    """
    A request's id is its phone's own: nobody's call is swallowed by another's.
    """
    other = stand.join("Bà Tư")
    for who in (lan, other):
        with stand.phone(who) as client:
            client.post("/api/raise", json={"mode": "siren", "request_id": ID})
    assert 2 == len(stand.memory.requests)


@pytest.mark.parametrize("body", [
    {}, {"mode": "siren"}, {"mode": "light", "request_id": ID}, {"mode": "siren", "request_id": "short"},
    {"mode": "siren", "request_id": ID + "/../x"}, {"mode": ["siren"], "request_id": ID},
    {"mode": "siren", "request_id": "a" * 65}, [1], "text", None])
def test_nonsense_raises_nothing(stand: Stand, lan: Credential, body: object) -> None:
    """
    What is no request of our page is refused, and the panel does not hear of it.
    """
    with stand.phone(lan) as client:
        assert 400 == client.post("/api/raise", json=body).status_code
    assert [] == stand.memory.requests


def test_a_silent_panel_is_told_as_such(stand: Stand, lan: Credential) -> None:
    """
    No answer within time is 503, in words that say what to do; nothing is written into the log.
    """
    stand.memory.answers = False
    with stand.phone(lan) as client:
        answer = client.post("/api/raise", json={"mode": "siren", "request_id": ID})
    assert (503, "Hộp không trả lời. Hãy hô to và gọi 113.") == (answer.status_code, answer.json()["text"])
    assert [] == acts(stand)


def test_a_code_ends_an_alarm_and_only_a_code(stand: Stand, lan: Credential) -> None:
    """
    Without, with a wrong and with a locked code it goes on, each with its own word; with the right one it
    ends. Without an alarm no try is spent.
    """
    with stand.phone(lan, Accept="application/json", **{"Accept-Language": "en"}) as client:
        def cancel(code: str) -> tuple[int, str]:
            answer = client.post("/cancel", data={"code": code})
            return answer.status_code, answer.json()["text"]

        for _ in range(20):
            assert (409, "There is no alarm to end.") == cancel("000000")
        client.post("/api/raise", json={"mode": "siren", "request_id": ID})
        assert (403, "Wrong code. 4 more tries before it locks.") == cancel("")
        assert (403, "Wrong code. 3 more tries before it locks.") == cancel("999999")
        assert 403 == cancel("999999")[0]
        assert (429, "Too many wrong codes.") == cancel(CODE)
        stand.roster.unlock(lan.member.id, "tool:test")
        assert (200, "The alarm is off.") == cancel(CODE)
    assert [Raise, Cancel] == [type(request) for request in stand.memory.requests]
    until(lambda: "alarm-raised" in acts(stand), "the log")
    assert "alarm-cancelled" in acts(stand)


def test_arming_needs_a_phone_and_disarming_a_code(stand: Stand, lan: Credential) -> None:
    """
    Any member arms; only his code disarms; both are in the log by name.
    """
    with stand.phone(lan) as client:
        assert 303 == client.post("/arm").status_code
        assert 403 == client.post("/disarm", data={"code": "999999"}).status_code
        assert 303 == client.post("/disarm", data={"code": CODE}).status_code
    assert [True, False] == [request.armed for request in stand.memory.requests if isinstance(request, Arm)]
    assert ["armed", "code-wrong", "disarmed"] == acts(stand)


@pytest.mark.parametrize(("camera_alarm", "said", "can_switch"), [
    ("light", "Camera thấy có người thì tự báo động.", True),
    ("", "Camera chỉ báo về phường, không báo động ở đây.", False)])
def test_a_page_says_of_cameras_what_the_config_lets_them(
        tmp_path: Path, camera_alarm: str, said: str, can_switch: bool) -> None:
    """
    Where no rule may raise an alarm, none is promised, armed or not, and there is nothing to switch.
    """
    with standing(tmp_path, camera_alarm=camera_alarm) as stand:
        stand.memory.show(armed=True, arming_in_s=30.0)
        with stand.phone(stand.join(), **{"Accept-Language": "vi"}) as client:
            page = client.get("/").text
    assert said in page
    assert can_switch is ("tự báo động." in page)
    assert can_switch is ("Camera tự báo sau" in page)
    assert can_switch is ('guard-forms" >' in page)


def test_nobody_ends_anothers_silent_call(stand: Stand, lan: Credential, leader: Credential) -> None:
    """
    For a leader it does not exist: no code ends it, the page shows a box at rest; its caller can end it.
    """
    with stand.phone(lan) as client:
        client.post("/api/raise", json={"mode": "silent", "request_id": ID})
    with stand.phone(leader, Accept="application/json") as client:
        assert 409 == client.post("/cancel", data={"code": CODE}).status_code
        page = client.get("/", headers={"Accept": "text/html"}).text
        assert 'data-tone="calm"' in page
        assert MEMBER not in page
    with stand.phone(lan) as client:
        assert 'data-tone="quiet"' in client.get("/").text
        assert 303 == client.post("/cancel", data={"code": CODE}).status_code
    assert [AlarmMode.SILENT] == [asked.mode for asked in stand.memory.requests if isinstance(asked, Raise)]


def test_a_busy_disk_keeps_no_known_phone_from_calling(stand: Stand, lan: Credential) -> None:
    """
    While another process holds the roster's file, a phone raises and is answered; its log entry may miss.
    """
    with stand.phone(lan) as client:
        client.get("/")
        with sqlite3.connect(stand.roster_file, isolation_level=None) as other:
            other.execute("BEGIN EXCLUSIVE")
            answer = client.post("/api/raise", json={"mode": "siren", "request_id": ID})
            other.execute("ROLLBACK")
        other.close()
    assert (200, True) == (answer.status_code, answer.json()["ok"])
    assert 1 == len(stand.memory.requests)
