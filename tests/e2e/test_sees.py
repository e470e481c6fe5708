"""The main job from end to end: real footage, real processes, a real broker, and a ward that has it all."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.trial_config import ROOT
from edge.contract.messages import BirthData, Envelope, EventData, StatusData
from tests.e2e.stage import BOX, Stage, cut, heard
from tests.e2e.writer import BEFORE
from tests.subscriber import Arrival, Subscriber

CAMERAS = """
[cameras.plaza]
source = "{plaza}"
at_end = "stop"
[cameras.plaza.zones]
square = [[0.0, 0.35], [1.0, 0.35], [1.0, 1.0], [0.0, 1.0]]
[cameras.plaza.rules.someone]
kind = "enter"
zone = "square"
classes = ["person"]
min_height_ratio = 0.12
[cameras.plaza.rules.gathering]
kind = "crowd"
zone = "square"
crowd_count = 4
crowd_s = 1
severity = "alert"

[cameras.road]
source = "{road}"
at_end = "stop"
[cameras.road.lines]
here = [[0.2, 0.62], [0.85, 0.62]]
[cameras.road.rules.passes]
kind = "cross"
line = "here"
classes = ["car", "motorcycle", "bus", "truck"]
"""
HEALTH = ["ok", "lost"]         # what is told of each camera: it works, and then that nobody watches it


def total(counters: dict[str, int], kind: str) -> int:
    """Over both cameras."""
    return sum(counters[f"{kind}.{camera}"] for camera in ("plaza", "road"))


@pytest.mark.usefixtures("model")
def test_what_happens_on_the_recordings_is_at_the_ward(stage: Stage, footage: dict[str, Path],
                                                       tmp_path: Path) -> None:
    """
    Watch ends by itself after six seconds of two recordings, and the ward has every event, record and
    verified picture that the journal counted, each number once, within 4 KB of JSON an event.
    """
    config = stage.config(CAMERAS, **{name: cut(path, tmp_path / path.name, 6.0)
                                      for name, path in footage.items()})
    wire = Subscriber(stage.broker.port, "looker", "#")
    stage.ward()
    uplink, guard = stage.uplink(config), stage.guard(config)
    watch = stage.watch(config)

    assert 0 == watch.wait(40.0)
    stage.until_delivered()

    arrivals = heard(wire, stage)
    check_counts(stage)
    check_order(arrivals, stage.book.last_seq())
    check_retained(stage, "online")
    assert 0 == guard.stop()
    assert 0 == uplink.stop()
    check_retained(stage, "offline")


def check_counts(stage: Stage) -> None:
    """What the box counted and what the ward stored are the same."""
    made, seen, last = stage.book.counters(), stage.summary(), stage.book.last_seq()

    assert total(made, "frames_decoded") in range(320, 340)         # 6 s at 25 and at 30 a second
    assert total(made, "analysed") in range(29, 48)                 # 6 s of each, busy: 2.5 to 4 a second
    assert total(made, "inferred") > 20
    assert total(made, "events") >= 8
    assert ("cross", "crowd", "enter") == stage.desk.choices().kinds
    assert total(made, "events") == seen["events"] == seen["records"]["new"] == seen["records"]["end"]
    assert made["records"] + made["pictures"] == last - BEFORE      # each with a number of its own
    assert made["records"] == sum(seen["records"].values()) + 2 * len(HEALTH)
    assert made["pictures"] == seen["images"] >= seen["events"]
    assert (0, 0, {BOX: 0}) == (seen["images_pending"], seen["quarantined"], seen["gaps"])
    assert {} == {name: lost for name, lost in made.items() if "lost" in name}
    assert 0 < seen["max_event_json_bytes"] <= 4096
    assert {"plaza": HEALTH[-1], "road": HEALTH[-1]} == {row.camera: row.state for row in stage.box.cameras}


def check_order(arrivals: list[Arrival], last: int) -> None:
    """Every number came, a picture only after the record that names it, a camera's states in turn."""
    numbers, named = list[int](), dict[str, int | None]()
    states: dict[str, list[str]] = {"plaza": [], "road": []}
    for arrival in arrivals:
        if "/image/" in arrival.topic:
            assert arrival.topic in named
            continue
        record = Envelope.model_validate_json(arrival.payload)
        numbers += [record.seq] if record.seq is not None else []
        if "/event/" in arrival.topic:
            data = EventData.model_validate(record.data)
            named |= {picture.topic: picture.seq for picture in (data.image, *data.pictures) if picture}
        if "/health" in arrival.topic:
            states[record.data["camera"]].append(record.data["state"])
    assert {"plaza": HEALTH, "road": HEALTH} == states
    numbers += [seq for seq in named.values() if seq is not None]
    assert list(range(1, last + 1)) == sorted(numbers)


def check_retained(stage: Stage, state: str) -> None:
    """Who comes later is told who the box is, how it is, and how its cameras are; no event, no picture."""
    late = heard(Subscriber(stage.broker.port, f"late-{state}", "#"), stage)

    kept = {"birth", "status", "cam/plaza/health", "cam/road/health", "panel"}
    assert {ROOT.topic(leaf) for leaf in kept} == {it.topic for it in late if it.retain}
    data = {it.topic.removeprefix(f"{ROOT.path}/"): it.json["data"] for it in late}
    birth = BirthData.model_validate(data["birth"])
    assert (("plaza", "road"), "Tổ 12, ngõ 5") == (birth.cameras, birth.title)
    assert state == StatusData.model_validate(data["status"]).state
    assert {HEALTH[-1]} == {data[f"cam/{name}/health"]["state"] for name in ("plaza", "road")}
