"""A camera goes away amid events, and comes back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bench.holes import PEOPLE, write
from bench.holes import footage as halves
from edge.contract.messages import Ending, EventData
from tests import rtsp_server
from tests.e2e.stage import Stage

CAMERA = """
[cameras.plaza]
source = "{url}"
username = "cam"
password_file = "{password}"
stall_s = 3.0
[cameras.plaza.rules.someone]
kind = "enter"
[cameras.plaza.rules.stays]
kind = "dwell"
dwell_s = 9.0
"""
LOST_S = 2.0            # the default of track.lost_s


def events(stage: Stage) -> list[EventData]:
    return [EventData.model_validate_json(owed.payload) for owed in stage.book.owed(10_000)
            if owed.seq is not None and owed.type.startswith("edgebox.event.")]


@pytest.mark.usefixtures("model")
def test_events_end_while_the_camera_is_away(stage: Stage, footage: dict[str, Path], tmp_path: Path) -> None:
    """
    Within `lost_s` and two seconds of the last picture all are ended, as lost from view, not seen later than
    that picture. When it is back whoever is there enters anew, and nobody has dwelt.
    """
    reason = rtsp_server.missing()
    if reason is not None:
        pytest.skip(reason)
    password = tmp_path / "password"
    password.write_text("secret\n", encoding="utf-8")
    clip = halves("plaza", footage["plaza"], PEOPLE)        # with a key frame each second
    with rtsp_server.RtspServer(write(tmp_path / "plaza.mp4", clip.first, clip.second, 0)) as camera:
        config = stage.config(CAMERA, url=camera.url, password=password)
        stage.uplink(config)
        watch = stage.watch(config)
        stage.until(lambda: len(stage.book.open_events()) >= 3, "some events")
        camera.kill()
        gone_ns = time.monotonic_ns()
        stage.until(lambda: not stage.book.open_events(), "their ends")
        took_s = (time.monotonic_ns() - gone_ns) / 1e9
        before = events(stage)
        camera.start()
        stage.until(lambda: len({each.event_id for each in events(stage)})
                    >= len({each.event_id for each in before}) + 3, "people after it")
        known = {each.event_id for each in before}
        after = [each for each in events(stage) if each.event_id not in known]
        assert 0 == watch.stop()

    assert took_s < LOST_S + 2
    lost = [each for each in before if each.ended is Ending.VIEW_LOST]
    assert lost
    assert all(each.t.mono_ns <= gone_ns for each in lost)
    assert {"enter"} == {each.kind for each in after}
