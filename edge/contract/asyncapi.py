"""The contract as an AsyncAPI 3 document, made from the types that both sides run on.

`python -m edge.contract.asyncapi > docs/asyncapi.json` renews it; a test holds it to the types.
Source: AsyncAPI 3.0.0, https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from edge.contract.ack import WardAck
from edge.contract.command import Command, CommandResultData
from edge.contract.lessons import LessonsData
from edge.contract.messages import (
    SCHEMA,
    AlarmData,
    BirthData,
    Envelope,
    EventData,
    HealthData,
    Message,
    MetricsData,
    PanelData,
    StatusData,
    TimeData,
    TombstoneData,
)
from edge.contract.topics import VERSION

_ROOT = f"edge/{VERSION}/{{ward}}/{{group}}/{{box}}"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, seen from the box.

    `data` is the type of a record's `data`; None for a bare JPEG; a command and an ack are sent as they are,
    without an envelope around them.
    """

    name: str
    address: str
    data: type[Message] | type[Command] | None
    qos: int
    retain: bool
    summary: str
    action: Literal["send", "receive"] = "send"

    @property
    def enveloped(self) -> bool:
        return self.data is not None and issubclass(self.data, Message) and self.data is not WardAck


CHANNELS = (
    Topic("birth", "birth", BirthData, 1, True, "who the box is, at every connection"),
    Topic("status", "status", StatusData, 1, True, "online or offline; also the last will"),
    Topic("health", "cam/{camera}/health", HealthData, 1, True, "the state of one camera, at each change"),
    Topic("alarm", "alarm", AlarmData, 1, False, "the life of an alarm: who raised it, what came of it"),
    Topic("panel", "panel", PanelData, 1, True, "the state of the box's alarm, at each change"),
    Topic("lessons", "lessons", LessonsData, 1, True, "what the box has learned not to tell, and how often"),
    Topic("event", "event/{camera}/{kind}", EventData, 1, False, "what a rule decided: new, update, end"),
    Topic("image", "image/{event_id}/{rev}", None, 1, False, "the JPEG that a record names, raw bytes"),
    Topic("view", "image/{event_id}/{rev}/{role}", None, 1, False,
          "the JPEG of another role that a record names: scene or before"),
    Topic("metrics", "metrics", MetricsData, 0, False, "counters, losses and gauges, once a minute"),
    Topic("tombstone", "tombstone", TombstoneData, 1, False, "what the box gave up of what it owed"),
    Topic("time", "time", TimeData, 1, False, "what the box knows of its clock, at each change"),
    Topic("ack", "ack", WardAck, 1, True, "what the ward has committed, signed", "receive"),
    Topic("cmd", "cmd/{name}", Command, 1, False, "what the ward asks of the box, signed", "receive"),
    Topic("cmd-result", "cmd-result", CommandResultData, 1, False, "the answer to one command"),
)


def document() -> dict[str, object]:
    """The whole document as plain values, in a stable order."""
    kinds: list[type[BaseModel]] = [Envelope, *(channel.data for channel in CHANNELS if channel.data)]
    _, schemas = models_json_schema([(kind, "serialization") for kind in kinds], by_alias=True,
                                    ref_template="#/components/schemas/{model}")
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "edgebox and ward", "version": SCHEMA.partition("/")[2],
                 "license": {"name": "Apache-2.0"},
                 "description": "What a box tells the ward, and what it obeys, over MQTT 5 or 3.1.1. "
                                "Operations are the box's. Never video."},
        "defaultContentType": "application/json",
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": {f"{channel.action}-{channel.name}": _operation(channel) for channel in CHANNELS},
        "components": {"messages": {channel.name: _message(channel) for channel in CHANNELS},
                       "schemas": schemas["$defs"]},
    }


def _channel(channel: Topic) -> dict[str, object]:
    address = f"{_ROOT}/{channel.address}"
    names = [part[1:-1] for part in address.split("/") if part.startswith("{")]
    return {"address": address, "description": channel.summary,
          "parameters": {name: {} for name in names},
          "messages": {channel.name: {"$ref": f"#/components/messages/{channel.name}"}}}


def _operation(channel: Topic) -> dict[str, object]:
    return {"action": channel.action, "channel": {"$ref": f"#/channels/{channel.name}"},
          "bindings": {"mqtt": {"qos": channel.qos, "retain": channel.retain, "bindingVersion": "0.2.0"}}}


def _message(channel: Topic) -> dict[str, object]:
    if channel.data is None:
        return {"name": channel.name, "contentType": "image/jpeg",
                "payload": {"type": "string", "format": "binary"}}
    data = {"$ref": f"#/components/schemas/{channel.data.__name__}"}
    if not channel.enveloped:
        return {"name": channel.name, "contentType": "application/json", "payload": data}
    return {"name": channel.name, "contentType": "application/cloudevents+json", "payload": {"allOf": [
        {"$ref": "#/components/schemas/Envelope"}, {"type": "object", "properties": {"data": data}}]}}


def as_text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(as_text(), end="")
