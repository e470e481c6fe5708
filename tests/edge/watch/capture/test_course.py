from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from edge.base.testing import FakeClock
from edge.config.camera_model import CameraSettings
from edge.watch.capture.camera import run_camera
from edge.watch.capture.course import Course
from edge.watch.capture.source import CameraStats
from edge.watch.capture.stream import open_stream
from tests.edge.watch.capture.waiting import FakeStop
from tests.media import make_clip, moving_block, restamped

CUT = "it ends at 4.0 s of 10.0 s: it was cut short or is damaged; what came before was analysed"


def _course(script: list[tuple[int, float | None]], told_s: float | None = None) -> Course:
    """Of packets at 10 a second: for each how many pictures it gave, and when the last of them lies."""
    course = Course(0.1, told_s)
    for pictures, media_s in script:
        course.packet(pictures)
        if media_s is not None:
            course.picture(media_s, (320, 240))
    return course


def _regular(count: int, from_s: float = 0.0) -> list[tuple[int, float | None]]:
    return [(1, from_s + k / 10) for k in range(count)]


NOTHING: list[tuple[int, float | None]] = [(0, None)]


def test_a_whole_recording_has_nothing_to_tell() -> None:
    """
    Neither a decoder that keeps some packets first, nor sound that ends later, nor stutters are faults.
    """
    it = _course(NOTHING * 16 + _regular(30) + _regular(370, from_s=4.5), told_s=42)

    assert ([], []) == (it.faults(), it.remarks())


def test_an_early_end_is_told() -> None:
    """
    A recording that says it is longer than what is in it.
    """
    assert [CUT] == _course(_regular(40), told_s=10).faults()
    assert [] == _course(_regular(40)).faults()


def test_what_cannot_be_decoded_is_told() -> None:
    """
    At the beginning, in the middle, at the end: from when on and how long, and not as a gap or early end.
    """
    it = _course(NOTHING * 30 + _regular(30) + NOTHING * 40 + _regular(30, from_s=7), told_s=13)

    assert ["nothing can be decoded for 7.0 s in 2 places, the first at 0.0 s: it is damaged there, or "
            "begins without a key frame; the rest was analysed"] == it.faults()
    assert [] == it.remarks()
    assert ["nothing from 3.0 s on can be decoded: it is damaged, or its codec changes there; what came "
            "before was analysed"] == _course(_regular(30) + NOTHING * 50).faults()


def test_gaps_and_sizes_are_remarked() -> None:
    """
    Time that nothing was recorded for, and pictures of another size, are told without being faults.
    """
    it = _course(_regular(30) + _regular(30, from_s=73) + _regular(30, from_s=86))
    it.picture(89, (320, 240), cut=True)
    for k, width in enumerate([640, 640, 320, 160, 640, 320]):
        it.picture(90 + k / 10, (width, 240))

    assert [] == it.faults()
    assert ["nothing was recorded for 80.0 s in 2 places, the first at 3.0 s",
            "2 recordings were put together, the second from 89.0 s on",
            "its pictures change their size: 320x240 from 0.0 s on, 640x240 from 90.0 s on, 320x240 from "
            "90.2 s on, 160x240 from 90.3 s on, ..."] == it.remarks()


def _told(source: Path) -> list[str]:
    with open_stream("yard", CameraSettings(source=str(source)), live=False) as stream:
        assert list(stream)
    return [*stream.course.faults(), *stream.course.remarks()]


def _index_first(source: Path, target: Path) -> Path:
    """An MP4 as cameras upload it: the index before the pictures."""
    with av.open(str(source)) as old, av.open(str(target), "w", options={"movflags": "faststart"}) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    return target


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "flv"])
def test_recordings_cut_short(tmp_path: Path, suffix: str) -> None:
    """
    Two fifths of a recording, as a power cut or a download leave it, in containers that keep its length.
    """
    whole = make_clip(tmp_path / f"whole.{suffix}", moving_block(100))
    if suffix == "mp4":
        whole = _index_first(whole, tmp_path / "index.mp4")
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(whole.read_bytes()[:whole.stat().st_size * 2 // 5])

    assert [] == _told(whole)
    (line,) = _told(cut)
    assert line.startswith(("it ends at 3.", "it ends at 4."))
    assert line.endswith(CUT[len("it ends at 4.0 s"):])


@pytest.mark.parametrize("suffix", ["h264", "ts"])
@pytest.mark.parametrize(("other", "said"), [
    ({"codec": "mpeg2video"}, "on can be decoded: it is damaged, or its codec changes there"),
    ({"size": (160, 120)}, "its pictures change their size: 320x240 from 0.0 s on, 160x120 from"),
    ({}, "2 recordings were put together, the second from"),
])
def test_recordings_that_become_others(tmp_path: Path, suffix: str, other: dict[str, str], said: str) -> None:
    """
    Streams, of another codec or size or the same, that were copied one after the other.
    """
    source = make_clip(tmp_path / f"one.{suffix}", moving_block(60))
    second = "m2v" if "codec" in other and suffix == "h264" else suffix
    more = make_clip(tmp_path / f"two.{second}", moving_block(60), **other)  # type: ignore[arg-type]
    source.write_bytes(source.read_bytes() + more.read_bytes())

    lines = _told(source)

    assert any(said in line for line in lines) or (suffix == "h264" and not other)      # it has no stamps


@pytest.mark.parametrize(("make", "said"), [
    (lambda whole, out: out.write_bytes(whole.read_bytes()[:whole.stat().st_size * 2 // 5]), "it ends at "),
    (lambda whole, out: restamped(whole, out, dict.fromkeys(range(50, 100), 70)), "nothing was recorded for"),
])
def test_a_camera_that_plays_a_file_tells_it_once(tmp_path: Path, caplog: pytest.LogCaptureFixture, said: str,
                                                  make: Callable[[Path, Path], object]) -> None:
    """
    A recording that stands for a camera, and plays again and again, is told of in its first round.
    """
    source = tmp_path / "camera.mkv"
    make(make_clip(tmp_path / "whole.mkv", moving_block(100)), source)
    clock, stats = FakeClock(), CameraStats()

    with caplog.at_level(logging.WARNING):
        run_camera("gate", CameraSettings(source=str(source)), on_frame=lambda frame: None,
                   on_health=lambda state, detail: None, stop=FakeStop(clock, 200), stats=stats, clock=clock)

    assert stats.opened > 1
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f'recording: camera=gate found="{said}')
