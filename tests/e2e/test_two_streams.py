"""A camera with two streams: detection on the small one, pictures of events from the large one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.messages import EventData, EventPicture, Phase, Role
from tests import rtsp_server
from tests.e2e.stage import Stage, heard
from tests.e2e.test_privacy import (
    FULL_BYTES,
    FULL_PX,
    MASK_RATIO,
    OF_CRASHES,
    OF_THE_JOURNAL,
    check_wire,
    follow,
    magenta_ratio,
    pictures_in,
    tinted,
)
from tests.e2e.views import Lookout
from tests.subscriber import Subscriber
from tests.two_streams import TwoStreamCamera

SMALL, LARGE = (640, 360), (1280, 720)
CAMERA = f"""
[evidence]
subject_max_px = {FULL_PX}
subject_max_bytes = {FULL_BYTES}
scene_max_px = {FULL_PX}
scene_max_bytes = {FULL_BYTES}

[cameras.plaza]
source = "{{small}}"
evidence = "{{large}}"
username = "cam"
password_file = "{{password}}"
masks = [[[0.0, 0.0], [{MASK_RATIO}, 0.0], [{MASK_RATIO}, 1.0], [0.0, 1.0]]]
[cameras.plaza.rules.alert]
kind = "dwell"
dwell_s = 0.2
severity = "alert"
"""
MARGIN = 0.15               # the default around a subject


@pytest.fixture
def camera(footage: dict[str, Path], tmp_path: Path) -> Iterator[TwoStreamCamera]:
    reason = rtsp_server.missing()
    if reason is not None:
        pytest.skip(reason)
    small, large = (tinted(footage["plaza"], tmp_path / f"{size[0]}.mp4", size) for size in (SMALL, LARGE))
    with TwoStreamCamera(small, large) as running:
        yield running


def events(stage: Stage) -> list[EventData]:
    return [EventData.model_validate_json(owed.payload) for owed in stage.book.owed(10_000)
            if owed.seq is not None and owed.type.startswith("edgebox.event.")]


def subject(event: EventData) -> EventPicture:
    return next(picture for picture in event.pictures if picture.role is Role.SUBJECT)


def times_as_large(event: EventData) -> float:
    """How high its subject's picture is, in times of what the small stream has of it, margin included."""
    _, top, _, bottom = event.object.rect
    return subject(event).height / ((1 + 2 * MARGIN) * (bottom - top) * SMALL[1])


@pytest.mark.usefixtures("model")
def test_the_large_stream_gives_pixels_to_pictures_and_nothing_else(
        stage: Stage, camera: TwoStreamCamera, tmp_path: Path) -> None:
    """
    Updates of events have the small stream's picture, or one with twice its pixels, and these are counted.
    Meanwhile watch speaks to the camera alone and writes nowhere; no picture shows what is masked.
    """
    password, folders = tmp_path / "password", [tmp_path / name for name in ("home", "temporary", "cwd")]
    password.write_text("secret\n", encoding="utf-8")
    for folder in folders:
        folder.mkdir()
    lookout = Lookout(folders)
    ours = {"HOME": str(folders[0]), "TMPDIR": str(folders[1])}
    config = stage.config(CAMERA, small=camera.url, large=camera.main_url, password=password)
    wire = Subscriber(stage.broker.port, "looker", "#")
    stage.broker.stop()
    uplink = stage.uplink(config, environment=ours, folder=folders[2])
    watch = stage.watch(config, environment=ours, folder=folders[2])
    follow(stage, watch, lambda: stage.book.counters().get("evidence_used.plaza", 0) >= 3,
           # 0: for a moment it listens for itself, for the relay of a camera's login.
           "pictures of the large stream", {camera.port, 0}, OF_CRASHES, timeout_s=120.0)
    assert 0 == watch.stop()

    updates = [each for each in events(stage) if each.phase is Phase.UPDATE]
    large = [each for each in updates if times_as_large(each) > 1.6]
    assert all(times_as_large(each) < 1.3 for each in updates if each not in large)
    assert stage.book.counters()["evidence_used.plaza"] == len(large) >= 3

    assert 0 == uplink.stop()
    stage.close_book()
    stage.broker.start()
    uplink = stage.uplink(config, environment=ours, folder=folders[2])
    follow(stage, uplink, lambda: stage.owed() == 0, "delivery", {stage.broker.port}, OF_THE_JOURNAL)
    stage.close_book()
    assert 0 == uplink.stop()
    arrivals = heard(wire, stage)
    check_wire(arrivals, least=3)
    assert {0.0} == {magenta_ratio(it.payload) for it in arrivals if "/image/" in it.topic}
    assert not lookout.created()
    assert 0 == pictures_in(stage.state)
    lookout.close()
