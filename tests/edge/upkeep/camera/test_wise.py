"""What of a stream is said to be unwise, and that what is wise is left in peace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.base.findings import Finding, State
from edge.upkeep.camera.wise import CameraCare, care_findings, stream_findings
from edge.watch.capture.measured import StreamMeasure

WISE = StreamMeasure("h264", 640, 360, 0, 10.0, 80, 8.0, 256.0, 2.0, 0.1)


def codes(found: list[Finding]) -> list[str]:
    return [finding.code for finding in found]


@pytest.mark.parametrize(("changes", "wanted"), [
    ({}, ["stream-ok"]), ({"fps": 25.0}, ["stream-fast"]), ({"fps": 1.0}, ["stream-slow"]),
    ({"key_interval_s": 10.0}, ["stream-keys-rare"]), ({"key_interval_s": None}, ["stream-no-keys"]),
    ({"key_interval_s": None, "seconds": 3.0}, ["stream-ok"]),      # too short to say
    ({"width": 2560, "height": 1440, "codec": "hevc"}, ["stream-large", "stream-hevc"]),
    ({"codec": "mjpeg", "key_interval_s": None}, ["stream-ok"]),
    ({"fps": None, "kbps": None, "key_interval_s": None, "seconds": 0.0}, ["stream-ok"])])
def test_a_stream_for_detection(changes: dict[str, object], wanted: list[str]) -> None:
    """
    Too many pictures, too few, key frames that are rare or never came, what costs too much to decode.
    """
    assert wanted == codes([*stream_findings("gate", replace(WISE, **changes))])    # type: ignore[arg-type]


def test_a_stream_for_evidence_is_judged_by_its_key_frames_alone() -> None:
    """
    It is decoded for an event's pictures: its size and rate cost nothing.
    """
    large = replace(WISE, width=2560, height=1440, codec="hevc", fps=25.0)
    assert ["stream-ok"] == codes([*stream_findings("gate", large, for_detection=False)])
    rare = replace(large, key_interval_s=12.0)
    assert ["stream-keys-rare"] == codes([*stream_findings("gate", rare, for_detection=False)])


def test_clock_and_password() -> None:
    """
    A clock hours away and a password that cameras are sold with: the box works, somebody should look.
    """
    assert [] == [*care_findings("gate", CameraCare(-4.0))]
    found = [*care_findings("gate", CameraCare(25200.0, has_default_password=True))]
    assert ["stream-clock", "stream-password"] == codes(found)
    assert [State.WARN, State.WARN] == [it.state for it in found]
    assert "+25200" == found[0].values["seconds"]
