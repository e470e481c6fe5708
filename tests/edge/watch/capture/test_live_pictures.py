"""A real camera of which little is decoded while nothing moves, and all that led to a motion once it does."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from edge.base.values import NS_PER_S, Rect
from edge.config.camera_model import CameraSettings, Latency
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.watch.capture import live_pictures
from edge.watch.capture.decoder import PictureDecoder
from edge.watch.capture.live_pictures import LivePictures
from edge.watch.capture.packets import ArrivedPacket
from edge.watch.capture.source import CameraStats
from edge.watch.capture.stream import open_stream
from edge.watch.capture.timing import ALWAYS_NS, LookPace
from edge.watch.perception import ModelTraits
from edge.watch.pipeline import CameraPipeline
from tests import rtsp_server
from tests.media import make_clip, moving_block

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


def _with_b_frames(path: Path) -> Path:
    """Twenty seconds at 10 fps, a key frame every two, whose decoder keeps pictures back."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={
            "preset": "veryfast", "x264-params": "bframes=2:b-adapt=0:scenecut=0:keyint=20"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for index, pixels in enumerate(moving_block(200, 160, 120)):
            picture = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuv420p")
            picture.pts, picture.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def test_what_a_decoder_kept_back_is_never_shown_as_new(tmp_path: Path) -> None:
    """
    Awake, nine seconds still, and awake again: what the decoder of the awake pictures still had of before the
    pause does not come out with the time of now.
    """
    stats, pace = CameraStats(), LookPace(5.0)
    with av.open(str(_with_b_frames(tmp_path / "b.mkv"))) as container:
        video = container.streams.video[0]
        assert video.time_base is not None
        live = LivePictures("gate", video, PictureDecoder(stats, video), pace, stats, lambda *_: None,
                            relaxed=False)

        def packets() -> Iterator[ArrivedPacket]:
            for number, packet in enumerate(container.demux(video)):
                pace.awake_until_ns = 0 if 25 <= number < 120 else ALWAYS_NS
                if packet.size:
                    yield ArrivedPacket(packet, (10 + number) * NS_PER_S // 10, packet.is_keyframe,
                                        NS_PER_S // 10)

        late_s = [raw.mono_ns / NS_PER_S - float(raw.picture.pts * video.time_base)
                  for raw in live.of(packets()) if raw.mono_ns is not None and raw.picture.pts is not None]

    assert len(late_s) > 150
    assert max(late_s) - min(late_s) < 1


def test_tiny_packets_that_come_late_fill_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What is kept while it catches up is counted with all that stands around it: a camera whose stamps lag ever
    more and whose packets are next to nothing is not collected for ever.
    """
    monkeypatch.setattr(live_pictures, "_LATE_BYTES", 16 << 10)
    still = np.full((100, 120, 160, 3), 128, np.uint8)
    stats, decoded, came_ns = CameraStats(), list[int](), NS_PER_S
    with av.open(str(make_clip(tmp_path / "still.mkv", still, gop=100))) as container:
        video = container.streams.video[0]
        live = LivePictures("gate", video, PictureDecoder(stats, video), LookPace(5.0), stats,
                            lambda count, at_ns: decoded.append(at_ns), relaxed=False)
        arrived = list[ArrivedPacket]()
        for number, packet in enumerate(packet for packet in container.demux(video) if packet.size):
            packet.pts = packet.dts = number        # a millisecond on, after a hundred
            came_ns += NS_PER_S // 10
            arrived.append(ArrivedPacket(packet, came_ns, packet.is_keyframe))
        list(live.of(arrived))

    assert stats.late
    assert sum(each.packet.size for each in arrived[1:]) < 16 << 10
    assert len(decoded) > 20
