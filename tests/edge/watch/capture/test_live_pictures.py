"""A real camera of which little is decoded while nothing moves, and all that led to a motion once it does."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from edge.base.values import Rect
from edge.config.camera_model import CameraSettings, Latency
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.watch.capture.source import CameraStats
from edge.watch.capture.stream import open_stream
from edge.watch.perception import ModelTraits
from edge.watch.pipeline import CameraPipeline
from tests import rtsp_server
from tests.media import make_clip

FPS, INTERVAL, COMES = 25, 50, 160      # in pictures; somebody comes in amid an interval
BLOCK = Rect(120, 100, 200, 220)


def test_what_came_between_two_key_frames_is_not_lost(tmp_path: Path) -> None:
    """
    A relaxed camera decodes key frames alone; the one that shows something brings the pictures before it,
    looked at from the moment that it came in, in order and with their own times.
    """
    if reason := rtsp_server.missing():
        pytest.skip(reason)
    still = np.random.default_rng(0).integers(60, 190, (18, 32), np.uint8).repeat(20, 0).repeat(20, 1)
    pictures = np.stack([still] * 250)[..., None].repeat(3, 3)
    for number in range(COMES, 250):
        left = int(BLOCK.x0) + 2 * (number - COMES)
        pictures[number, int(BLOCK.y0):int(BLOCK.y1), left:left + int(BLOCK.width)] = 250
    clip = make_clip(tmp_path / "comes.mp4", pictures, fps=FPS, gop=INTERVAL)
    password = tmp_path / "password"
    password.write_text("secret\n")
    password.chmod(0o600)
    stats, moved_s, all_s = CameraStats(), list[float](), list[float]()

    with rtsp_server.RtspServer(clip) as server:
        settings = CameraSettings(source=server.url, username="cam", password_file=password, fps=5,
                                  latency=Latency.RELAXED)
        pipeline = CameraPipeline("gate", settings, ThumbnailSettings(), EvidenceSettings(), ModelTraits())
        with open_stream("gate", settings, live=True, stats=stats, pace=pipeline.pace) as stream:
            for frame in stream:
                if not moved_s:
                    decoded = stats.decoded
                if pipeline.gate(frame).moved:
                    moved_s.append(frame.media_s)
                all_s.append(frame.mono_ns / 1e9)
                if frame.media_s > 8.5:
                    break

    assert decoded < 2 * INTERVAL + 50
    assert moved_s[0] == pytest.approx(COMES / FPS, abs=0.5)
    assert moved_s[0] < 8 - 0.5         # of the next key frame
    assert all(before < after for before, after in pairwise(all_s))
