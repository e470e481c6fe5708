"""The source of a camera port with the real picamera2 and libcamera, whose virtual cameras need no board.

Run by `./run test camera`, in the root that it makes. What a virtual camera cannot show: exposure, YUV420,
raw streams, a cable that is pulled, and that a camera belongs to one process.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from edge.config.camera_model import CameraSettings
from edge.watch.capture.address import CameraError, locate
from edge.watch.capture.frame import AvFrame
from edge.watch.capture.source import CameraStats, RawPicture
from edge.watch.capture.source_csi import CsiSource
from edge.watch.capture.stream import open_stream
from edge.watch.capture.timing import LookPace

WALKERS, BARS = "csi:Virtual0", "csi:Virtual1"
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
_WAIT_S = 60.0


def opened(source: str, stall_s: float = 30.0, fps: float = 15.0) -> CsiSource:
    settings = CameraSettings(source=source, stall_s=stall_s)
    return CsiSource(locate("gate", settings), settings, CameraStats(), time.monotonic_ns, LookPace(fps))


def pid_of(source: CsiSource) -> int:
    return source._process.pid


def first(source: str) -> AvFrame:
    with open_stream("gate", CameraSettings(source=source), live=True) as frames:
        return next(iter(frames))


def port_processes() -> list[int]:
    """Of every process here, zombies among them, those that are a camera port's."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words, state = (folder / "cmdline").read_bytes(), (folder / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"capture.csi.child" in words or ") Z " in state:
            found.append(int(folder.name))
    return found


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    """
    Whatever a test did to a camera's process: it is gone, and no zombie.
    """
    assert [] == port_processes()
    yield
    deadline_s = time.monotonic() + _WAIT_S
    while port_processes() and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert [] == port_processes()


def test_both_streams_and_the_sensors_own_time() -> None:
    """
    Large and small show the same, and stamps rise by what 15 pictures a second allow, not into the future.
    """
    pictures: list[tuple[RawPicture, int]] = []
    with closing(opened(WALKERS)) as source:
        for picture in source.pictures():
            pictures.append((picture, source.timeline.stamp(picture.media_s, time.monotonic_ns())))
            if len(pictures) == 30:
                break
        assert ("Virtual0", 15.0, 30) == (source.identity, source.source_fps, source.decoded)
    for raw, _ in pictures:
        assert raw.small is not None
        assert (1920, 1080, 768, 432) == (raw.picture.width, raw.picture.height, raw.small.width,
                                          raw.small.height)
    stamps = [stamp for _, stamp in pictures]
    assert min(np.diff(stamps)) >= 0.9e9 / 15
    assert stamps[-1] <= time.monotonic_ns()
    large, small = (it.reformat(96, 54, "gray").to_ndarray().astype(int)
                    for it in (pictures[-1][0].picture, pictures[-1][0].small or pictures[-1][0].picture))
    assert np.abs(large - small).mean() < 4 < large.std()


def test_a_slow_pace_is_kept_by_the_process() -> None:
    """
    Two pictures a second: none comes sooner, so none is copied that nobody looks at.
    """
    with closing(opened(BARS, fps=2)) as source:
        places = [picture.media_s for picture, _ in zip(source.pictures(), range(4), strict=False)]
    assert min(np.diff(places)) >= 0.5 - 0.5 / 15


def test_masks_cover_both_streams() -> None:
    """
    Black where it is private, in what the gate sees and in what a detector is given of either stream.
    """
    settings = CameraSettings(source=WALKERS, masks=(LEFT_HALF,))
    with open_stream("gate", settings, live=True) as frames:
        frame = next(iter(frames))
    assert frame.luma[:, :960].max() == 0 < frame.luma[:, 962:].max()
    for size_px in ((416, 416), (1200, 800)):
        assert frame.rgb(size_px)[:, :size_px[0] // 2 - 2].max() == 0


def test_cameras_are_told_apart_by_their_ids() -> None:
    """
    Each by its own name, whatever their order; where two could be meant, both are listed.
    """
    assert (1280, 720) == (first(BARS).width, first(BARS).height)
    for name in ("csi", "csi:cam0", "csi:Virtual"):
        with pytest.raises(CameraError, match="Virtual1, Virtual0; check its cable"):
            opened(name)


def test_two_cameras_at_once() -> None:
    """
    Each in a process of its own, and both give pictures in turn.
    """
    with closing(opened(WALKERS)) as one, closing(opened(BARS)) as other:
        assert pid_of(one) != pid_of(other)
        both = zip(one.pictures(), other.pictures(), strict=True)
        sizes = [(left.picture.width, right.picture.width)
                 for (left, right), _ in zip(both, range(5), strict=False)]
    assert [(1920, 1280)] * 5 == sizes


@pytest.mark.parametrize(("number", "told"), [
    (signal.SIGKILL, r"its process ended \(SIGKILL\)"), (signal.SIGSEGV, r"its process ended \(SIGSEGV\)"),
    (signal.SIGSTOP, "no picture for 1.0 s")])
def test_a_process_that_dies_or_stands_still_is_made_anew(number: signal.Signals, told: str) -> None:
    """
    The camera is lost with one line, its process is gone, and the next opening gives pictures.
    """
    source = opened(BARS, stall_s=1.0)
    pictures = source.pictures()
    next(pictures)
    os.kill(pid_of(source), number)
    with closing(source), pytest.raises(CameraError, match=told):
        for _ in pictures:
            pass
    assert first(BARS).luma.max() > 0


def test_watch_ends_and_so_do_its_cameras() -> None:
    """
    However suddenly: killed outright, with a camera that runs and one that stands still.
    """
    code = ("import os, signal, time\n"
            "from tests.system.camera.real_port import BARS, WALKERS, opened, pid_of\n"
            "one, other = opened(WALKERS), opened(BARS)\n"
            "os.kill(pid_of(other), signal.SIGSTOP)\n"
            "print('open', flush=True)\n"
            "time.sleep(600)\n")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        assert watch.stdout.readline() == "open\n"
        assert len(port_processes()) == 2
        watch.kill()


_IN_THE_PORT = """
import mmap, sys, virtual_camera
from edge.watch.capture.csi import port
from edge.watch.capture.csi.wire import MEMORY_BYTES
it = port.Port("Virtual1", mmap.mmap(-1, MEMORY_BYTES))
{what}
it.close()
print("closed", flush=True)
import os; os._exit(0)
"""


@pytest.mark.parametrize("what", [
    # sixty looks that are too short for any picture, then pictures
    "looks = iter([True] * 60 + [False]); port._LOOK_S = 1e-6\n"
    "while it.take(0, lambda: next(looks, False)): pass\n"
    "port._LOOK_S = 0.25\n"
    "assert [it.take(0, lambda: True) is not None for _ in range(10)] == [True] * 10",
    # somebody keeps all the buffers: silence, not an error, and it can be given up
    "kept = [it._camera.capture_request(wait=5.0) for _ in range(4)]\n"
    "looks = iter([True] * 4); assert it.take(0, lambda: next(looks, False)) is None",
    # given up in the midst of waiting, again and again
    "for _ in range(10): looks = iter([True]); port._LOOK_S = 1e-6; it.take(0, lambda: next(looks, False))"],
    ids=["short-looks", "starved", "given-up"])
def test_no_wait_costs_a_buffer(what: str) -> None:
    """
    Looks that time out, buffers that somebody keeps, waits that are given up: pictures come on, or the camera
    is flushed and closed, and its process ends by itself and well.
    """
    done = subprocess.run([sys.executable, "-c", _IN_THE_PORT.format(what=what)], capture_output=True,
                          text=True, timeout=_WAIT_S, check=False)
    assert (0, "closed") == (done.returncode, done.stdout.strip()), done.stderr


def test_opened_forty_times_nothing_grows() -> None:
    """
    Of watch's own: no file stays open, no thread, and no memory but a little of the allocator's.
    """
    def used() -> tuple[int, int, int]:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), pages * 4096 >> 20

    first(BARS)
    before = used()
    for _ in range(40):
        first(BARS)
    after = used()
    assert before[:2] == after[:2]
    assert after[2] <= before[2] + 8
