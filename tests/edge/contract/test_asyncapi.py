"""The published contract is the one that the code speaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edge.contract import asyncapi
from edge.contract.messages import BirthData, CameraState, Envelope, HealthData, Message, StatusData, to_json

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
    made = Envelope(id="1", source="/edge/v1/w/g/b", type="t", time=datetime(2026, 11, 23, tzinfo=UTC),
                    seq=1, data=json.loads(to_json(data)))
    parsed: dict[str, Any] = json.loads(to_json(made))
    return parsed


@pytest.mark.parametrize(("channel", "data"), [
    ("birth", BirthData(firmware="1", model="m", config="c", cameras=("a",), boot_id="b", seq=0)),
    ("status", StatusData(state="online", boot_id="b")),
    ("health", HealthData(camera="a", state=CameraState.OK, since=datetime(2026, 11, 23, tzinfo=UTC))),
])
def test_what_the_types_write_fits_the_published_schema(channel: str, data: Message) -> None:
    """
    A message validates against its channel's schema, and one with a wrong type in it does not.
    """
    document = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    schema = {"$ref": f"#/components/messages/{channel}/payload", "components": document["components"]}
    good = envelope(data)
    jsonschema.validate(good, schema)
    key = next(iter(good["data"]))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(good | {"data": good["data"] | {key: [1]}}, schema)
