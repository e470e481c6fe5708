"""A camera port's process seen from watch: its pictures, and whatever else it may do."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from edge.config.camera_model import CameraSettings
from edge.watch.capture.address import CameraError, locate
from edge.watch.capture.csi.process import PortProcess
from edge.watch.capture.frame import AvFrame
from edge.watch.capture.framing import Framing
from edge.watch.capture.source import CameraStats
from edge.watch.capture.source_csi import CsiSource
from edge.watch.capture.stream import open_stream
from edge.watch.capture.timing import LookPace
from tests.brokers import until
from tests.edge.watch.capture.csi import strange_port
from tests.edge.watch.capture.csi.strange_port import EXPOSURE_NS

ROOT = Path(__file__).resolve().parents[4]
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
strange = partial(PortProcess, module=strange_port.__name__)


def _source(name: str, stall_s: float = 20.0, started: list[PortProcess] | None = None,
            pace: LookPace | None = None) -> CsiSource:
    def start(name: str) -> PortProcess:
        process = strange(name)
        (started if started is not None else []).append(process)
        return process

    settings = CameraSettings(source=f"csi:{name}", stall_s=stall_s)
    return CsiSource(locate("gate", settings), settings, CameraStats(), time.monotonic_ns,
                     pace or LookPace(50), start)


def _frames(name: str, count: int, **settings: object) -> list[AvFrame]:
    made = CameraSettings.model_validate({"source": f"csi:{name}", **settings})
    with Framing(_source(name), made, LookPace(60), CameraStats(), threading.Event(),
                 time.monotonic_ns) as frames:
        return [frame for frame, _ in zip(frames, range(count), strict=False)]


def _is_gone(pid: int) -> bool:
    """Not even a zombie of it is left."""
    return not Path(f"/proc/{pid}").exists()


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_pictures_of_both_streams_come_through() -> None:
    """
    In its own formats and without its rows' padding, each with the time of its exposure, and kept as they are
    while later ones come.
    """
    frames = _frames("good", 4)

    smaller = [it.small for it in frames if it.small is not None]
    assert [(128, 96, "nv12")] * 4 == [(it.width, it.height, it.picture.format.name) for it in frames]
    assert [(64, 48, "yuv420p")] * 4 == [(it.width, it.height, it.format.name) for it in smaller]
    assert [101, 102, 103, 104] == [int(it.luma.max()) for it in frames] == [
        int(it.luma.min()) for it in frames]
    ages_ns = [time.monotonic_ns() - it.mono_ns for it in frames]
    assert sorted(ages_ns, reverse=True) == ages_ns
    assert min(ages_ns) > EXPOSURE_NS
    for size_px in ((60, 40), (100, 80)):           # of the small one, and of the large one
        red, green, blue = frames[0].rgb(size_px).mean(axis=(0, 1))
        assert red > green + 40 > blue + 40
        assert np.ptp(frames[0].rgb(size_px), axis=(0, 1)).max() <= 2


def test_no_picture_is_asked_for_that_nobody_looks_at() -> None:
    """
    Pictures come as far apart as the pace wants them, from the next one on when it changes.
    """
    pace, places = LookPace(5), list[float]()
    with closing(_source("good", pace=pace)) as source:
        for picture in source.pictures():
            places.append(picture.media_s)
            if len(places) == 3:
                pace.hurry_until_ns = time.monotonic_ns() + 60_000_000_000
            if len(places) == 5:
                break
        assert source.decoded == 5
    steps_s = np.diff(places)
    assert min(steps_s[:2]) >= 0.19
    assert min(steps_s[2:]) >= 1 / 50


def test_a_mask_covers_both_streams() -> None:
    """
    Whichever of the two a detector is given, what is private is black in it.
    """
    [frame] = _frames("good", 1, masks=[LEFT_HALF])

    assert frame.small is not None
    for size_px in ((60, 40), (100, 80)):
        assert frame.rgb(size_px)[:, :size_px[0] // 2 - 2].max() == 0
        assert frame.rgb(size_px)[:, size_px[0] // 2 + 2:].max() > 0


@pytest.mark.parametrize(("name", "stall_s", "told"), [
    ("no-camera", 20, "there is no camera at the port; check its cable with the power off"),
    ("crashes", 20, "its process ended (SIGSEGV): terminate called after throwing"),
    ("stalls", 0.3, "no picture for 0.3 s; check its cable"),
    ("frozen-stamp", 0.3, "no picture for 0.3 s; check its cable"),
    ("babbles", 20, "what it says cannot be read"),
    ("lies", 20, "what it says cannot be read"),
    ("hangs-at-the-end", 20, "")])
def test_whatever_it_does_it_is_told_and_leaves_nothing_behind(name: str, stall_s: float, told: str) -> None:
    """
    A camera that is not there, a crash, a stall, pictures that are no new ones, babble: one line that says
    what to do, no process, and no file left open.
    """
    before, started = _open_files(), list[PortProcess]()

    def look_twice_or_more() -> None:
        with closing(_source(name, stall_s, started)) as source:
            for number, _ in enumerate(source.pictures()):
                if number == 1 and not told:
                    return

    if told:
        with pytest.raises(CameraError, match=re.escape(f"camera 'gate': csi:{name}: {told}")):
            look_twice_or_more()
    else:
        look_twice_or_more()
    assert _is_gone(started[0].pid)
    assert before == _open_files()


def test_no_port_process_outlives_watch() -> None:
    """
    Watch is killed outright: the process of its camera is gone as well, even one that hangs.
    """
    code = ("import time; from tests.edge.watch.capture.test_source_csi import strange\n"
            "one, other = strange('good'), strange('hangs-at-once')\n"
            "print(one.pid, other.pid, flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as watch:
        assert watch.stdout is not None
        pids = [int(text) for text in watch.stdout.readline().split()]
        assert not any(map(_is_gone, pids))
        watch.send_signal(signal.SIGKILL)
    until(lambda: all(_stopped(pid) for pid in pids), "the processes of two cameras end")


def _stopped(pid: int) -> bool:
    """Whoever reaps orphans here may take its time."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_machine_without_picamera2_says_so() -> None:
    """
    The real process of a port, where its library is not installed.
    """
    with pytest.raises(CameraError, match="No module named 'picamera2'; install it on the box: sudo apt"):
        open_stream("gate", CameraSettings(source="csi"), live=True)
