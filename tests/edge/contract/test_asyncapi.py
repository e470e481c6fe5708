"""The published contract is the one that the code speaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, ValidationError

from edge.config.model import BoxSettings
from edge.contract import asyncapi
from edge.contract.command import Command, CommandResultData
from edge.contract.lessons import Lesson, LessonsData
from edge.contract.messages import (
    AlarmCause,
    AlarmData,
    AlarmMode,
    AlarmPhase,
    AlarmTimes,
    BirthData,
    CameraState,
    ClockState,
    Envelope,
    HealthData,
    Message,
    PanelData,
    PanelPhase,
    Shed,
    StatusData,
    TimeData,
    TombstoneData,
    Who,
    to_json,
)
from tests.edge.contract.samples import AT, COMMAND, LESSON, NOT_THAT

PUBLISHED = Path(__file__).resolve().parents[3] / "docs" / "asyncapi.json"


def test_the_published_document_is_current() -> None:
    """
    docs/asyncapi.json says what the types say; `python -m edge.contract.asyncapi` renews it.
    """
    assert asyncapi.as_text() == PUBLISHED.read_text(encoding="utf-8")


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_resolves() -> None:
    """
    A generator can follow each $ref.
    """
    document = asyncapi.document()
    for reference in references(document):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def envelope(data: Message) -> dict[str, Any]:
    made = Envelope(id="1", source="/edge/v1/w/g/b", type="t", time=AT, seq=1, data=json.loads(to_json(data)))
    parsed: dict[str, Any] = json.loads(to_json(made))
    return parsed


def schema_of(channel: str) -> dict[str, Any]:
    document = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return {"$ref": f"#/components/messages/{channel}/payload", "components": document["components"]}


@pytest.mark.parametrize(("channel", "data"), [
    ("birth", BirthData(firmware="1", model="m", config="c", cameras=("a",), boot_id="b", seq=0)),
    ("birth", BirthData(firmware="1", model="m", config="c", cameras=("a",), boot_id="b", seq=0,
                        title="Tổ 12, ngõ 5", epoch="0" * 16, oldest_seq=1)),
    ("status", StatusData(state="online", boot_id="b")),
    ("health", HealthData(camera="a", state=CameraState.OK, since=AT)),
    ("health", HealthData(camera="a", state=CameraState.COVERED, exact="sprayed", since=AT, count=4)),
    ("alarm", AlarmData(alarm_id="a", rev=0, phase=AlarmPhase.RAISED, mode=AlarmMode.SIREN,
                        raised_by=Who(cause=AlarmCause.BUTTON, name="gate"), outputs=("siren",),
                        t=AlarmTimes(at=AT, mono_ns=1, boot_id="b", clock_synchronised=True))),
    ("panel", PanelData(phase=PanelPhase.IDLE, armed=True, outputs={"siren": False}, since=AT)),
    ("lessons", LessonsData(lessons=(Lesson.model_validate(LESSON),))),
    ("tombstone", TombstoneData(shed=(Shed(first_seq=7, last_seq=9, of="picture", sha256="0" * 64),),
                                why="full")),
    ("time", TimeData(boot_id="b", state=ClockState.SYNCHRONISED, since=AT, from_mono_ns=1,
                      offset_ms=-3600000, bound_ms=20)),
    ("cmd-result", CommandResultData(name="siren", accepted=False, reason="expired", at=AT,
                                     clock_synchronised=True)),
])
def test_what_the_types_write_fits_the_published_schema(channel: str, data: Message) -> None:
    """
    A message validates against its channel's schema, and one with a wrong type in it does not.
    """
    good = envelope(data)
    jsonschema.validate(good, schema_of(channel))
    key = next(iter(good["data"]))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(good | {"data": good["data"] | {key: [1]}}, schema_of(channel))


def taken(command: dict[str, object]) -> tuple[bool, bool]:
    """Whether a command is well formed by the published schema, and by the box's own reading."""
    try:
        Command.model_validate(command)
        fits_type = True
    except ValidationError:
        fits_type = False
    return jsonschema.Draft202012Validator(schema_of("cmd")).is_valid(command), fits_type


@pytest.mark.parametrize("change", [
    {}, {"more": 1}, {"duration_s": -1}, {"duration_s": 1801}, {"duration_s": "30"}, {"alg": "none"},
    {"sig": "AAAA"}, {"cmd_id": "1"}, {"issued": 1700000000}, {"name": "reboot"}, {"box": ""},
])
def test_a_client_made_from_the_document_sends_what_a_box_takes(change: dict[str, object]) -> None:
    """
    The published schema of a command and the box's own reading agree on what is well formed.
    """
    assert (not change, not change) == taken(COMMAND | change)


@pytest.mark.parametrize("change", [
    {}, {"x1": 1.5}, {"days": 31}, {"days": 0}, {"hours": "18-06"}, {"hours": "24:00-06:00"}, {"label": ""},
    {"camera": "Gate"}, {"event_id": "1"}, {"undo": "1"},
])
def test_a_lesson_is_read_alike(change: dict[str, object]) -> None:
    """
    What a client made from the document may teach, a box takes, and nothing wider.
    """
    assert (not change, not change) == taken(NOT_THAT | change)


@pytest.mark.parametrize("title", [None, "x", "Tổ 12, ngõ 5", "ỗ" * 80, "ỗ" * 81, ""])
def test_a_birth_holds_every_title_that_a_config_may_have(title: str | None) -> None:
    """
    Config, birth and published document agree on a title; a box without one says nothing of it.
    """
    birth: dict[str, object] = {"firmware": "1", "model": "m", "config": "c", "cameras": [], "boot_id": "b",
                                "seq": 0}
    given = birth if title is None else birth | {"title": title}

    def takes(kind: type[BaseModel], values: dict[str, object]) -> bool:
        try:
            kind.model_validate(values)
        except ValidationError:
            return False
        return True

    fits = title is None or 1 <= len(title) <= 80
    whole = envelope(StatusData(state="online", boot_id="b")) | {"data": given}
    assert [fits] * 3 == [
        takes(BoxSettings, {"ward": "w", "group": "g", "id": "b", "title": title}), takes(BirthData, given),
        jsonschema.Draft202012Validator(schema_of("birth")).is_valid(whole)]
    if fits:
        assert given.get("title") == json.loads(to_json(BirthData.model_validate(given))).get("title")


def test_a_box_hears_commands_and_tells_all_else() -> None:
    """
    Every operation is the box's own: it receives `ack` and `cmd/{name}` and sends the rest; alarms go at
    least once.
    """
    operations = asyncapi.document()["operations"]
    assert isinstance(operations, dict)

    received = [name for name, made in operations.items() if made["action"] == "receive"]
    assert ["receive-ack", "receive-cmd"] == received
    assert ({"qos": 1, "retain": False, "bindingVersion": "0.2.0"}
            == operations["send-alarm"]["bindings"]["mqtt"] == operations["receive-cmd"]["bindings"]["mqtt"])
    assert operations["send-panel"]["bindings"]["mqtt"]["retain"]
