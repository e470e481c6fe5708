"""The contract as an AsyncAPI 3 document, made from the types that both sides run on.

`python -m edge.contract.asyncapi > docs/asyncapi.json` renews it; a test holds it to the types.
Source: AsyncAPI 3.0.0, https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic.json_schema import models_json_schema

from edge.contract.messages import (
    SCHEMA,
    BirthData,
    Envelope,
    EventData,
    HealthData,
    Message,
    MetricsData,
    StatusData,
)
from edge.contract.topics import VERSION

_ROOT = f"edge/{VERSION}/{{ward}}/{{group}}/{{box}}"


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic. `data` is the type of the record's `data`; None for a bare JPEG."""

    name: str
    address: str
    data: type[Message] | None
    qos: int
    retain: bool
    summary: str


CHANNELS = (
    Channel("birth", "birth", BirthData, 1, True, "who the box is, at every connection"),
    Channel("status", "status", StatusData, 1, True, "online or offline; also the last will"),
    Channel("health", "cam/{camera}/health", HealthData, 1, True, "the state of one camera, at each change"),
    Channel("event", "event/{camera}/{kind}", EventData, 1, False, "what a rule decided: new, update, end"),
    Channel("image", "image/{event_id}/{rev}", None, 1, False, "the JPEG that a record names, raw bytes"),
    Channel("metrics", "metrics", MetricsData, 0, False, "counters, losses and gauges, once a minute"),
)


def document() -> dict[str, object]:
    """The whole document as plain values, in a stable order."""
    kinds: list[type[Message]] = [Envelope, *(channel.data for channel in CHANNELS if channel.data)]
    _, schemas = models_json_schema([(kind, "serialization") for kind in kinds], by_alias=True,
                                    ref_template="#/components/schemas/{model}")
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "edgebox to ward", "version": SCHEMA.partition("/")[2],
                 "license": {"name": "Apache-2.0"},
                 "description": "What a box tells the ward over MQTT 5 or 3.1.1. Never video."},
        "defaultContentType": "application/json",
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": {f"send-{channel.name}": _operation(channel) for channel in CHANNELS},
        "components": {"messages": {channel.name: _message(channel) for channel in CHANNELS},
                       "schemas": schemas["$defs"]},
    }


def _channel(channel: Channel) -> dict[str, object]:
    address = f"{_ROOT}/{channel.address}"
    names = [part[1:-1] for part in address.split("/") if part.startswith("{")]
    return {"address": address, "description": channel.summary,
            "parameters": {name: {} for name in names},
            "messages": {channel.name: {"$ref": f"#/components/messages/{channel.name}"}}}


def _operation(channel: Channel) -> dict[str, object]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{channel.name}"},
            "bindings": {"mqtt": {"qos": channel.qos, "retain": channel.retain, "bindingVersion": "0.2.0"}}}


def _message(channel: Channel) -> dict[str, object]:
    if channel.data is None:
        return {"name": channel.name, "contentType": "image/jpeg",
                "payload": {"type": "string", "format": "binary"}}
    return {"name": channel.name, "contentType": "application/cloudevents+json", "payload": {"allOf": [
        {"$ref": "#/components/schemas/Envelope"},
        {"type": "object", "properties": {
            "data": {"$ref": f"#/components/schemas/{channel.data.__name__}"}}}]}}


def as_text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(as_text(), end="")
