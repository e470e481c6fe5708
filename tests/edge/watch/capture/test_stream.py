from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from edge.base.testing import FakeClock
from edge.config.camera_model import CameraSettings
from edge.watch.capture.address import CameraError
from edge.watch.capture.source import CameraStats
from edge.watch.capture.stream import open_stream
from edge.watch.capture.timing import LookPace
from tests.edge.watch.capture.waiting import FakeStop
from tests.media import make_clip, moving_block, restamped


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds at 10 fps."""
    return make_clip(tmp_path_factory.mktemp("clip") / "block.mp4", moving_block(30))


def _block_left(luma: npt.NDArray[np.uint8]) -> int:
    """Where the bright square of `moving_block` begins."""
    return int(np.flatnonzero(luma[140] > 190)[0])


@pytest.mark.parametrize(("fps", "step"), [(5, 2), (10, 1), (60, 1), (2, 5)])
def test_files_are_looked_at_evenly(clip: Path, fps: float, step: int) -> None:
    """
    Of a 10 fps file every n-th picture is passed on, each with its own place; all are decoded.
    """
    stats = CameraStats()

    with open_stream("yard", CameraSettings(source=str(clip), fps=fps), live=False, stats=stats) as stream:
        frames = list(stream)

    assert (30, 10.0) == (stream.decoded, stream.source_fps)
    assert CameraStats(decoded=30, analysed=len(frames), opened=1) == stats
    assert pytest.approx([k / 10 for k in range(0, 30, step)]) == [it.media_s for it in frames]
    assert [round(it.media_s * 1e9) for it in frames] == [it.mono_ns for it in frames]
    assert [4 * k for k in range(0, 30, step)] == [round(_block_left(it.luma) / 4) * 4 for it in frames]
    assert {("yard", 320, 240, False)} == {(it.camera_id, it.width, it.height, it.masked) for it in frames}


def test_who_iterates_may_hurry(clip: Path) -> None:
    """
    From the next picture on every one is passed on for as long as was asked, then as before.
    """
    pace, times = LookPace(1), list[float]()

    with open_stream("yard", CameraSettings(source=str(clip)), live=False, pace=pace) as stream:
        for it in stream:
            times.append(it.media_s)
            if it.media_s == pytest.approx(1):
                pace.hurry_until_ns = it.mono_ns + 500_000_000

    assert pytest.approx([0, 1, 1.1, 1.2, 1.3, 1.4, 2.4]) == times


@pytest.mark.parametrize("name", ["block.mkv", "block.avi", "block.ts"])
def test_containers(tmp_path: Path, name: str) -> None:
    """
    Matroska, AVI and MPEG-TS keep the time as MP4 does.
    """
    source = make_clip(tmp_path / name, moving_block(30))

    with open_stream("yard", CameraSettings(source=str(source), fps=5), live=False) as stream:
        times = [it.media_s for it in stream]

    assert pytest.approx([k / 5 for k in range(15)], abs=0.002) == times


@pytest.mark.parametrize("thumbnail", [b"", b"Exif\0\0 a thumbnail: \xff\xd8\xff\xe0 and so on \xff\xd9"])
def test_a_row_of_jpegs(tmp_path: Path, thumbnail: bytes) -> None:
    """
    Raw MJPEG of any encoder is read at FFmpeg's 25 a second, also where each picture has another within.
    """
    source = tmp_path / "block.mjpeg"
    with source.open("wb") as file:
        for pixels in moving_block(50):
            Image.fromarray(pixels).save(file, "JPEG", exif=thumbnail)

    with open_stream("yard", CameraSettings(source=str(source), fps=5), live=False) as stream:
        got = [(round(it.media_s * 25), round(_block_left(it.luma) / 4)) for it in stream]

    assert [(k, k) for k in range(0, 50, 5)] == got


def test_stamps_gone_astray_in_a_file(clip: Path, tmp_path: Path) -> None:
    """
    Single pictures stamped minutes or hours off are no hole: time goes on at the others' pace.
    """
    source = restamped(clip, tmp_path / "astray.mp4", {7: 300, 14: 40_000, 26: 5})

    with open_stream("yard", CameraSettings(source=str(source), fps=60), live=False) as stream:
        times = [it.media_s for it in stream]

    assert pytest.approx([k / 10 for k in range(30)]) == times


def test_real_footage(shared: Path) -> None:
    """
    vtest.avi at 5 fps gives every other picture, so that frame k of its ground truth is media_s * 10.
    """
    source = shared / "data/mot/PETS09-S2L1/vtest.avi"

    with open_stream("yard", CameraSettings(source=str(source), fps=5), live=False) as stream:
        times = [it.media_s for it in stream]

    assert 795 == stream.decoded
    assert pytest.approx([k / 5 for k in range(398)]) == times


def test_a_live_file_keeps_its_own_pace(clip: Path) -> None:
    """
    A file as a camera waits for each picture's time, and for the last one to be over.
    """
    clock = FakeClock()
    stop = FakeStop(clock)
    settings = CameraSettings(source=str(clip), fps=5)

    with open_stream("yard", settings, live=True, stop=stop, clock=clock) as stream:
        got = [(it.mono_ns, clock.now_ns) for it in stream]

    start_ns = 1_000_000_000
    assert pytest.approx([start_ns + k * 200_000_000 for k in range(15)]) == [mono for mono, _ in got]
    assert all(mono == now for mono, now in got)
    assert pytest.approx(start_ns + 3_000_000_000) == clock.now_ns


def test_stop_ends_a_live_file(clip: Path) -> None:
    """
    Told to stop, a paced file gives no further picture.
    """
    clock = FakeClock()
    stop = FakeStop(clock, end_s=1.1)
    settings = CameraSettings(source=str(clip), fps=5)

    with open_stream("yard", settings, live=True, stop=stop, clock=clock) as stream:
        assert 6 == len(list(stream))


def test_masks_are_in_every_frame(clip: Path) -> None:
    """
    A frame of a camera with masks says so, and its luma is black there.
    """
    half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))

    with open_stream("yard", CameraSettings(source=str(clip), masks=(half,)), live=False) as stream:
        for it in stream:
            assert it.masked
            assert it.luma[:, :160].max() == 0 < it.luma[:, 164:].min()
            assert it.rgb((32, 24))[:, :15].max() == 0


def test_a_name_with_signs_in_it(tmp_path: Path) -> None:
    """
    A colon or a percent sign in a name is nothing special.
    """
    source = make_clip(tmp_path / "http:%03d a.mp4", moving_block(5))

    with open_stream("yard", CameraSettings(source=str(source), fps=60), live=False) as stream:
        assert 5 == len(list(stream))


def test_a_picture_too_small_to_see_anything_is_told(tmp_path: Path) -> None:
    """
    A camera that sends postage stamps is a fault of that camera, which is told and retried.
    """
    tiny = make_clip(tmp_path / "tiny.mp4", moving_block(5, 16, 16))
    with (open_stream("yard", CameraSettings(source=str(tiny)), live=False) as stream,
          pytest.raises(CameraError, match="its picture is 16x16; want at least 32x32")):
        list(stream)
