"""Page while guard restarts: it says so at once, and all goes on by itself."""

from __future__ import annotations

import re
import threading

import pytest

from edge.contract.messages import AlarmMode
from edge.ipc.panel import Raise
from edge.members.values import Credential
from tests.edge.page.stand import Stand
from tests.edge.page.test_stream import events

ID = "0123456789abcdef"


def test_without_guard_every_request_is_answered_with_words(stand: Stand, lan: Credential) -> None:
    """
    503 that says what to do, as a page and as JSON, to members and strangers; and then all works again.
    """
    stand.stop_guard()
    with stand.phone(lan, **{"Accept-Language": "en"}) as client:
        page = client.get("/")
        cancel = client.post("/cancel", data={"code": "472816"}, headers={"Accept": "application/json"})
    assert (503, 503) == (page.status_code, cancel.status_code)
    assert "The box is restarting." in page.text
    assert "The box is restarting." in cancel.json()["text"]
    assert "2" == cancel.headers["retry-after"]

    stand.start_guard()
    with stand.phone(lan) as client:
        assert 200 == client.get("/").status_code


def test_a_call_is_sent_again_until_guard_is_back(stand: Stand, lan: Credential) -> None:
    """
    A phone that calls while guard restarts gets its answer by the same request, as soon as guard answers.
    """
    stand.stop_guard()
    restart = threading.Timer(1.0, stand.start_guard)
    restart.start()
    with stand.phone(lan) as client:
        answer = client.post("/api/raise", json={"mode": "siren", "request_id": ID})
    restart.join()
    assert (200, True) == (answer.status_code, answer.json()["ok"])
    assert [AlarmMode.SIREN] == [it.mode for it in stand.memory.requests if isinstance(it, Raise)]


def test_a_call_waits_for_the_roster_as_well(stand: Stand, lan: Credential,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Guard that is back answers before its roster is open, that it cannot for now: the same request is then
    answered, too, as soon as it is.
    """
    stand.stop_guard()
    may_open, opened = threading.Event(), stand._opened
    monkeypatch.setattr(stand, "_opened", lambda: may_open.wait(20.0) and opened())
    restart = threading.Thread(target=stand.start_guard)
    restart.start()
    opening = threading.Timer(1.0, may_open.set)
    opening.start()
    with stand.phone(lan) as client:
        answer = client.post("/api/raise", json={"mode": "siren", "request_id": ID})
    restart.join()
    opening.join()
    assert (200, True) == (answer.status_code, answer.json()["ok"])
    assert [AlarmMode.SIREN] == [it.mode for it in stand.memory.requests if isinstance(it, Raise)]


def test_an_open_page_is_told(stand: Stand, lan: Credential) -> None:
    """
    Its stream stays: it shows that the box restarts, and then the box as it is.
    """
    with stand.phone(lan, **{"Accept-Language": "en"}) as client, client.stream("GET", "/stream") as answer:
        told = (data for name, data in events(answer) if name == "state")
        first = next(told)
        assert "calm" == first["tone"]
        stand.stop_guard()
        away = next(it for it in told if it["tone"] == "fault")
        assert "The box is restarting" == away["announce"]
        assert not away["can_cancel"]
        assert "Camera alarm: not known" in " ".join(re.sub("<[^>]*>", "", away["guard"]).split())
        assert "<li" not in away["rows"]        # nothing from before is told as if it were so now
        stand.start_guard()
        back = next(it for it in told if it["tone"] == "calm")
    assert len({first["run"], away["run"], back["run"]}) == 3
