"""The published contract, docs/asyncapi.json, as a judge of what goes over the wire in tests."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from tests.edge.journal.entries import ROOT

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "asyncapi.json"
_STAND_INS = f"{ROOT.path}/"        # of the journal's and uplink's tests, where any `data` will do


@dataclass(frozen=True)
class Channel:
    """One topic of the document; a picture has no schema."""

    address: re.Pattern[str]
    from_box: bool
    retain: bool
    whole: jsonschema.Draft202012Validator | None
    envelope: jsonschema.Draft202012Validator


@cache
def channels() -> tuple[Channel, ...]:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))

    def judge(part: str) -> jsonschema.Draft202012Validator:
        return jsonschema.Draft202012Validator(
            {"$ref": f"#/components/{part}", "components": document["components"]})

    def channel(operation: dict[str, Any]) -> Channel:
        name = operation["channel"]["$ref"].rpartition("/")[2]
        address = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(document["channels"][name]["address"]))
        is_json = document["components"]["messages"][name]["contentType"] != "image/jpeg"
        return Channel(re.compile(address), operation["action"] == "send",
                       operation["bindings"]["mqtt"]["retain"],
                       judge(f"messages/{name}/payload") if is_json else None, judge("schemas/Envelope"))

    return tuple(channel(operation) for operation in document["operations"].values())


def faults_of(topic: str, payload: bytes, *, retained: bool = False, from_box: bool = True) -> list[str]:
    """What is wrong with a message by the published contract.

    Args:
        retained: the broker had kept it.
        from_box: judge what boxes send alone; what goes to a box is wrong on purpose in many a test.
    """
    if not topic.startswith("edge/"):
        return []                       # a test's own mark
    channel = next((it for it in channels() if it.address.fullmatch(topic)), None)
    if channel is None:
        return [f"{topic}: no such topic"]
    if from_box and not channel.from_box:
        return []
    found = ["is retained"] if retained and not channel.retain else []
    if channel.whole is not None:
        judge = channel.envelope if topic.startswith(_STAND_INS) else channel.whole
        try:
            document = json.loads(payload)
            found += [f"{fault.json_path}: {fault.message}" for fault in judge.iter_errors(document)]
        except ValueError:
            found.append("is no JSON")
    return [f"{topic}: {fault}" for fault in found]
