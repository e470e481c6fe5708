"""The page before the real alarm: from a thumb to the pin of the siren, and into the journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.messages import AlarmPhase
from edge.ipc.panel import CallStage
from edge.members.values import Credential, MemberRole
from tests.brokers import until
from tests.edge.guard.alarm.house import House, house
from tests.edge.page.stand import CODE, MEMBER, TECHNICIAN, Stand, standing
from tests.edge.page.test_stream import events

ID = "0123456789abcdef"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path / "house") as made:
        made.until(lambda: made.alarm.view().mains is not None, "inputs to be open")
        yield made


@pytest.fixture
def stand(tmp_path: Path, home: House) -> Iterator[Stand]:
    (tmp_path / "page").mkdir()
    with standing(tmp_path / "page", home.alarm) as made:
        yield made


def test_a_call_reaches_siren_and_journal_by_name(stand: Stand, home: House, lan: Credential) -> None:
    """
    By the time the phone is answered the siren's pin is on and the record names the member; asked again it
    is the same alarm; the code ends it and silences everything.
    """
    with stand.phone(lan) as client:
        answers = [client.post("/api/raise", json={"mode": "siren", "request_id": ID}) for _ in range(2)]
        assert home.is_on("siren")
        assert home.is_on("flood")
        assert [(200, "alarm", "Còi đang kêu")] * 2 == [
            (answer.status_code, answer.json()["state"]["tone"], answer.json()["state"]["announce"])
            for answer in answers]
        [record] = home.records()
        assert (AlarmPhase.RAISED, MEMBER, lan.member.id) == (
            record.phase, record.raised_by.name, record.raised_by.member_id)

        assert 403 == client.post("/cancel", data={"code": "999999"}).status_code
        assert home.is_on("siren")
        assert 303 == client.post("/cancel", data={"code": CODE}).status_code
        assert not home.is_on("siren")
        until(lambda: len(home.records()) == 2, "the record of its end")
        ended = home.records()[1]
        assert (AlarmPhase.SILENCED, MEMBER) == (ended.phase, ended.by.name if ended.by else "")


def test_a_silent_call_drives_nothing(stand: Stand, home: House, lan: Credential, leader: Credential) -> None:
    """
    No siren, no light, a record for the ward; another phone sees nothing of it, its caller can end it.
    """
    with stand.phone(lan) as client, stand.phone(leader) as other:
        state = client.post("/api/raise", json={"mode": "silent", "request_id": ID}).json()["state"]
        assert "quiet" == state["tone"]
        assert not home.is_on("siren")
        assert not home.is_on("flood")
        assert 'data-tone="calm"' in other.get("/").text
        assert ["silent"] == [record.mode for record in home.records()]
        assert 303 == client.post("/cancel", data={"code": CODE}).status_code


def test_the_callers_phone_says_when_the_ward_has_it(stand: Stand, home: House, lan: Credential) -> None:
    """
    First that it is being passed on; once the ward has said that it has the call, that, at once and by the
    stream.
    """
    with stand.phone(lan) as client, client.stream("GET", "/stream") as answer:
        told = events(answer)
        scene = client.post("/api/raise", json={"mode": "siren", "request_id": ID}).json()["state"]["scene"]
        assert 1 == scene.count("is-reached")
        assert "Đang chuyển đi" in scene
        home.alarm.acked([f"{home.records()[0].alarm_id}.0"], "2026-12-01T00:00:00.000Z")
        said = next(state for _, state in told if state.get("scene", "").count("is-reached") == 3)
        assert "Còi đang kêu. Công an phường đã nhận" == said["announce"]


def test_a_silent_call_beside_an_alarm_changes_no_stage(stand: Stand, home: House, lan: Credential,
                                                        leader: Credential) -> None:
    """
    Others still read that the ward has the loud one, with no newer version of what they see; the caller in
    silence reads of the own call that it is on its way.
    """
    with stand.phone(lan) as client, stand.phone(leader) as other:
        client.post("/api/raise", json={"mode": "siren", "request_id": ID})
        home.alarm.acked([f"{home.records()[0].alarm_id}.0"], "2026-12-01T00:00:00.000Z")
        before = home.alarm.view().alarm
        other.post("/api/raise", json={"mode": "silent", "request_id": ID})
        view = home.alarm.view()
        assert before is not None
        assert CallStage.WARD is before.progress.stage
        assert view.outward is not None
        assert view.outward.alarm is not None
        assert CallStage.WARD is view.outward.alarm.progress.stage
        assert 3 == client.get("/").text.count("is-reached")


def test_a_button_at_the_gate_is_seen_on_the_phone(stand: Stand, home: House, lan: Credential) -> None:
    """
    Who pressed what is told to everybody at once.
    """
    home.press("panic")
    until(lambda: home.is_on("siren"), "the siren")
    with stand.phone(lan) as client:
        page = client.get("/").text
    assert "Bấm nút panic" in page
    assert 'data-tone="alarm"' in page


def test_a_technician_tries_lights_and_inputs(stand: Stand, home: House, leader: Credential) -> None:
    """
    From the phone to the pins: the light goes on and off, the siren stays silent; the page has seen it, and
    the key that was turned; a press of the panic button meanwhile is an alarm like any other.
    """
    with stand.phone(stand.join(TECHNICIAN, MemberRole.TECHNICIAN)) as client:
        assert 303 == client.post("/check/outputs").status_code
        until(lambda: [level for _, level in home.levels("flood")][-2:] == [True, False], "the light")
        home.press("key")
        until(lambda: client.get("/check").text.count("ticked") == 2, "the light and the key to be ticked")
        assert not any(level for _, level in home.levels("siren"))
        home.press("panic")
        until(lambda: home.is_on("siren"), "the siren")
