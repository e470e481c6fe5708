"""A camera that is decoded without the filter while nothing moves: whoever comes in is seen all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from edge.base.values import NS_PER_S, Rect
from edge.config.camera_model import CameraSettings, Latency
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.watch.capture.address import CameraAddress, locate
from edge.watch.capture.course import Course
from edge.watch.capture.decoder import PictureDecoder
from edge.watch.capture.framing import Framing
from edge.watch.capture.gate import Motion
from edge.watch.capture.live_pictures import LivePictures
from edge.watch.capture.packets import ArrivedPacket
from edge.watch.capture.source import CameraStats, RawPicture
from edge.watch.capture.timing import LiveClock, Timeline
from edge.watch.perception import ModelTraits
from edge.watch.pipeline import CameraPipeline

FPS, INTERVAL_S, WIDTH, HEIGHT = 15, 2, 640, 360
NOISE, RATE_BITS = 2.5, 300_000         # so much of the one for so little of the other becomes blotches
COMES_S = 9.3                           # early in an interval: the next key frame is far

Levels = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Passer:
    """Something that comes in through a door, and how it moves on."""

    width_px: int
    height_px: int
    contrast: float         # grey levels
    speed_px: float         # a second
    glow: float = 0.0       # grey levels of light around it
    night: bool = False

    def draw(self, luma: Levels, coat: Levels, since_s: float) -> None:
        left, top = round(180 + self.speed_px * since_s), 150
        if self.glow:
            y, x = np.mgrid[:HEIGHT, :WIDTH]
            luma += self.glow * np.exp(-((x - left) / 60) ** 2 - ((y - top) / 30) ** 2)
        rows, columns = slice(top, top + self.height_px), slice(left, left + self.width_px)
        luma[rows, columns] = luma[rows, columns].mean() + self.contrast * coat[rows, :self.width_px]


PASSERS = {
    "near": Passer(60, 150, 40, 80), "far": Passer(12, 30, 40, 14), "far and slow": Passer(14, 34, 40, 4),
    "of low contrast": Passer(24, 60, 10, 30), "standing": Passer(24, 60, 40, 0),
    "at night": Passer(24, 60, 14, 30, night=True), "headlights": Passer(30, 20, 60, 100, 100.0, night=True),
}


def clip(path: Path, seconds: float, passer: Passer | None) -> Path:
    """A still place as a camera with little to spend encodes it."""
    random = np.random.default_rng(1)
    patches = random.normal(120, 25, (HEIGHT // 40, WIDTH // 40)).repeat(40, 0).repeat(40, 1)
    ground = patches + random.normal(0, 3, (HEIGHT // 4, WIDTH // 4)).repeat(4, 0).repeat(4, 1)
    if passer is not None and passer.night:
        ground = 0.2 * ground + 10
    coat = 1 + random.normal(0, 0.5, (HEIGHT // 4, 40)).repeat(4, 0).repeat(4, 1)
    noises = [random.normal(0, NOISE, ground.shape) for _ in range(24)]
    gop = str(FPS * INTERVAL_S)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={
            "preset": "veryfast", "tune": "zerolatency", "profile": "main", "g": gop, "keyint_min": gop,
            "sc_threshold": "0", "b": str(RATE_BITS), "maxrate": str(RATE_BITS),
            "bufsize": str(RATE_BITS // 3)})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(round(seconds * FPS)):
            luma = ground.copy()
            if passer is not None and index / FPS >= COMES_S:
                passer.draw(luma, coat, index / FPS - COMES_S)
            luma += noises[int(random.integers(len(noises)))]
            picture = av.VideoFrame.from_ndarray(np.clip(luma, 0, 255).astype(np.uint8), "gray")
            picture.pts, picture.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(picture.reformat(format="yuv420p")))
        container.mux(stream.encode())
    return path


@dataclass
class PlayedCamera:
    """A recording as the source of a camera, in made time."""

    live: LivePictures
    packets: Iterator[ArrivedPacket]
    address: CameraAddress
    now_ns: int = 0
    source_fps: float = float(FPS)
    aspect: Fraction | None = None
    timeline: Timeline = field(default_factory=LiveClock)
    course: Course = field(default_factory=lambda: Course(1 / FPS, None))
    decoded: int = 0

    def pictures(self) -> Iterator[RawPicture]:
        yield from self.live.of(self.packets)

    def rewind(self) -> None:
        self.live.rewind()

    def end_s(self) -> float:
        return 0.0

    def close(self) -> None: ...


def played(path: Path) -> Iterator[tuple[float, bool, Motion]]:
    """Of each picture that is looked at: its second, whether it drifts, and what the gate says."""
    settings = CameraSettings(source="rtsp://192.0.2.1/", fps=5, latency=Latency.PROMPT)
    pipeline = CameraPipeline("gate", settings, ThumbnailSettings(), EvidenceSettings(), ModelTraits())
    stats = CameraStats()
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        live = LivePictures("gate", video, PictureDecoder(stats, video), pipeline.pace, stats,
                            lambda *_: None, relaxed=False)
        packets = (ArrivedPacket(packet, NS_PER_S + number * NS_PER_S // FPS, packet.is_keyframe,
                                 NS_PER_S // FPS) for number, packet in enumerate(container.demux(video))
                   if packet.size)
        camera = PlayedCamera(live, packets, locate("gate", settings))
        for frame in Framing(camera, settings, pipeline.pace, stats, threading.Event(), lambda: 0):
            yield frame.media_s, frame.drifts, pipeline.gate(frame)


@pytest.mark.parametrize("name", PASSERS)
def test_who_comes_in_amid_an_interval_is_seen_within_a_second(name: str, tmp_path: Path) -> None:
    """
    Near or far, slow or standing, of low contrast, by night, with headlights: the gate opens
    where they are, although it does not believe a picture that drifts.
    """
    passer = PASSERS[name]

    def shows(media_s: float, motion: Motion) -> bool:
        left = 180 + passer.speed_px * (media_s - COMES_S)
        around = Rect(left, 150, left + passer.width_px, 150 + passer.height_px).grown(0.5)
        return motion.is_open and any(each.intersection(around).area > 0 for each in motion.regions)

    seen = list(played(clip(tmp_path / "comes.mkv", COMES_S + 1.5, passer)))

    first_s = next(media_s for media_s, _, motion in seen if media_s >= COMES_S and shows(media_s, motion))
    assert any(drifts for _, drifts, _ in seen)
    assert first_s - COMES_S < 1.05
    assert all(before < after for (before, *_), (after, *_) in pairwise(seen))
