"""The large stream of a camera, against a real RTSP server with two streams in step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from edge.base.testing import ArrayFrame
from edge.base.values import Frame
from edge.config.camera_model import CameraSettings
from edge.watch.capture.evidence_stream import EvidenceStream
from edge.watch.capture.source import CameraStats
from edge.watch.capture.stream import open_stream
from tests import rtsp_server
from tests.edge.watch.capture.waiting import until
from tests.media import make_clip, moving_block
from tests.threads import running
from tests.two_streams import TwoStreamCamera

PASSWORD = "p@ss:w/ö%r d#1"
SMALL, LARGE = (160, 120), (480, 360)
NEARBY = 6                  # pictures at 25 a second within a tenth of a second, both ways
STEP_PX = 4                 # by which the block moves from picture to picture, of the small stream


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Ten seconds at 25 fps, a key frame each second; one view in two sizes."""
    folder, pictures = tmp_path_factory.mktemp("two"), list(moving_block(250, *SMALL))
    return (make_clip(folder / "small.mp4", pictures, fps=25, gop=25),
            make_clip(folder / "large.mp4", pictures, fps=25, gop=25, size=LARGE))


@pytest.fixture(scope="module")
def camera(clips: tuple[Path, Path]) -> Iterator[TwoStreamCamera]:
    reason = rtsp_server.missing()
    if reason is not None:
        pytest.skip(reason)
    with TwoStreamCamera(*clips, password=PASSWORD) as running:
        yield running


def settings(camera: TwoStreamCamera, folder: Path, **more: object) -> CameraSettings:
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    return CameraSettings.model_validate({
        "source": camera.url, "evidence": camera.main_url, "username": "cam",
        "password_file": folder / "password", "fps": 25, "stall_s": 2.0, **more})


def kept_open(stream: EvidenceStream) -> AbstractContextManager[None]:
    return running(stream.run, ends_within_s=10)


def column(frame: Frame) -> float:
    """Where the left edge of the block is, as a ratio of the width."""
    return float(np.argmax(frame.luma[frame.height // 2 + frame.height // 12] > 170)) / frame.width


def always(done: int, of: int) -> bool:
    return True


def test_the_moment_of_a_small_picture_is_found_in_the_large_stream(
        camera: TwoStreamCamera, tmp_path: Path) -> None:
    """
    Before and after the camera tells its time, the picture of that very moment is among those given out,
    large, with the small one's time; and where both streams tell it, few others are.
    """
    stats, off, given = CameraStats(), list[float](), list[int]()
    stream = EvidenceStream("gate", settings(camera, tmp_path), stats)
    with kept_open(stream), open_stream("gate", settings(camera, tmp_path), live=True, stats=stats) as small:
        asked = None
        for index, frame in enumerate(small):
            if asked is not None and index % 25 == 12:      # so that the large one has come, too
                excerpt = stream.excerpt(asked.mono_ns)
                assert excerpt is not None
                frames = list(stream.frames(excerpt, asked, always))
                assert {LARGE} == {(it.width, it.height) for it in frames}
                assert {asked.mono_ns} == {it.mono_ns for it in frames}
                off.append(min(abs(column(it) - column(asked)) for it in frames))
                given.append(len(frames))
            if stream.width and index % 25 == 0:
                asked = frame.copy()
            if index > 60 and stats.ahead_ns is not None and len(off) > 3:
                break
    assert max(off) * SMALL[0] <= STEP_PX / 2
    assert given[-1] <= NEARBY              # the last knew the camera's time
    assert stream.fault == ""


def test_masks_are_burnt_into_the_large_picture(camera: TwoStreamCamera, tmp_path: Path) -> None:
    """
    What a mask hides in the one stream it hides in the other, and nobody can ask for it without.
    """
    mask = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]
    stream = EvidenceStream("gate", settings(camera, tmp_path, masks=[mask]), CameraStats(decoded=1))
    with kept_open(stream):
        until("pictures", lambda: stream.reaches_ns is not None)
        assert stream.reaches_ns is not None
        excerpt = stream.excerpt(stream.reaches_ns + 200_000_000)
        assert excerpt is not None
        frame = next(stream.frames(excerpt, _frame(), always))
    assert frame.masked
    assert frame.luma[:, :LARGE[0] // 2].max() <= 16
    assert frame.luma[:, LARGE[0] // 2 + 2:].min() > 16


def test_decoding_ends_where_it_is_not_allowed(camera: TwoStreamCamera, tmp_path: Path) -> None:
    """
    Who asks says before each packet whether to go on.
    """
    stream, asked = EvidenceStream("gate", settings(camera, tmp_path), CameraStats(decoded=1)), list[int]()
    with kept_open(stream):
        until("pictures", lambda: stream.reaches_ns is not None)
        assert stream.reaches_ns is not None
        excerpt = stream.excerpt(stream.reaches_ns + 600_000_000)
        assert excerpt is not None

        def some(done: int, of: int) -> bool:
            asked.append(done)
            return done < 3
        assert [] == list(stream.frames(excerpt, _frame(), some))
    assert [0, 1, 2, 3] == asked


def test_an_interval_that_is_too_long_is_told_and_nothing_is_kept(camera: TwoStreamCamera,
                                                                   tmp_path: Path) -> None:
    """
    Where one second from key frame to key frame is more than there is room for, it says what to set.
    """
    stream = EvidenceStream("gate", settings(camera, tmp_path), CameraStats(decoded=1), ring_bytes=3000)
    with kept_open(stream):
        until("a fault", lambda: stream.fault != "")
        assert "key-frame (I-frame) interval" in stream.fault
        assert stream.excerpt(0) is None


def test_a_stream_without_key_frames_is_told_and_waited_for(
        clips: tuple[Path, Path], tmp_path: Path) -> None:
    """
    Joined within a long interval, it says what is missing and what to set, and shows something in the end.
    """
    pictures = moving_block(100, *SMALL)
    large = make_clip(tmp_path / "long.mp4", pictures, fps=25, gop=100, size=LARGE)
    with TwoStreamCamera(clips[0], large, password=PASSWORD) as camera:
        patient = settings(camera, tmp_path, stall_s=20)
        first, stream = (EvidenceStream("gate", patient, CameraStats(decoded=1), no_key_s=0.2)
                         for _ in range(2))
        with kept_open(first):            # a key frame begins what the server sends to its first viewer
            until("pictures", lambda: first.width > 0)
            with kept_open(stream):
                until("a fault or pictures", lambda: stream.fault or stream.width)
                assert "no key frame" in stream.fault
                assert "I-frame interval" in stream.fault
                until("pictures", lambda: stream.width > 0)
                assert stream.fault == ""


def test_a_stream_that_breaks_off_is_told_once_and_opened_again(
        clips: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    Its loss is one line, without the password; nothing of before is given out; it comes back by itself.
    """
    with TwoStreamCamera(*clips, password=PASSWORD) as camera:
        stream = EvidenceStream("gate", settings(camera, tmp_path), CameraStats(decoded=1))
        with kept_open(stream):
            until("pictures", lambda: stream.width > 0)
            camera.kill()
            until("a fault", lambda: stream.fault != "")
            assert (0, None) == (stream.width, stream.reaches_ns)
            camera.start()
            until("pictures", lambda: stream.width > 0)
            assert stream.fault == ""
    assert PASSWORD not in caplog.text


def test_it_is_not_opened_before_the_small_stream_shows_something(
        camera: TwoStreamCamera, tmp_path: Path) -> None:
    """
    A wrong password would be tried twice as often, and cameras lock accounts for that.
    """
    stats = CameraStats()
    stream = EvidenceStream("gate", settings(camera, tmp_path), stats)
    (tmp_path / "password").write_text("hunter2", encoding="utf-8")
    with kept_open(stream):
        time.sleep(1.2)
        assert stream.fault == ""
        stats.decoded = 1
        until("a fault", lambda: stream.fault != "")
    assert "wrong user name or password" in stream.fault


def _frame() -> Frame:
    return ArrayFrame(np.zeros((*SMALL[::-1], 3), np.uint8), mono_ns=5)
