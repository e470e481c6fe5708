from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from edge.base.backoff import Backoff
from edge.base.testing import FakeClock
from edge.base.values import NS_PER_S, Frame
from edge.config.camera_model import AtEnd, CameraSettings
from edge.contract.messages import CameraState
from edge.watch.capture.address import CameraError, CameraFault
from edge.watch.capture.camera import run_camera
from edge.watch.capture.course import Course
from edge.watch.capture.frame import AvFrame, plane_views
from edge.watch.capture.source import CameraStats
from edge.watch.capture.timing import LookPace
from tests.edge.watch.capture.pictures import flat, gradient
from tests.edge.watch.capture.waiting import FakeStop
from tests.media import make_clip, moving_block


@dataclass
class Script:
    """A fake camera: for each opening, for how many seconds it works, and how it fails then."""

    clock: FakeClock
    plays: list[tuple[float, str | None]]
    frozen: bool = False
    kind: CameraFault = CameraFault.REFUSED
    settings: list[CameraSettings] = field(default_factory=list)
    closed: int = 0

    def __call__(self, camera_id: str, settings: CameraSettings, *, live: bool, stop: threading.Event,
                 stats: CameraStats, pace: LookPace | None, clock: Callable[[], int],
                 on_waiting: Callable[[CameraError], None]) -> FakeStream:
        self.settings.append(settings)
        seconds, fault = self.plays.pop(0) if self.plays else (1e9, None)
        if seconds == 0:
            raise CameraError(f"camera 'gate': {fault}", str(fault), self.kind)
        return FakeStream(self, seconds, fault, stop)


@dataclass
class FakeStream:
    script: Script
    seconds: float
    fault: str | None
    stop: threading.Event
    source_fps: float = 10.0
    course: Course = field(default_factory=lambda: Course(0.1, None))

    def __iter__(self) -> Iterator[AvFrame]:
        picture = flat(64, 48, (0, 128, 128))
        for k in range(round(self.seconds)):
            plane_views(picture)[0][:] = gradient(64, 48) + (0 if self.script.frozen else k % 7)
            yield AvFrame(picture, "gate", self.script.clock(), float(k))
            if self.stop.wait(1.0):
                return
        if self.fault:
            raise CameraError(f"camera 'gate': {self.fault}", self.fault, self.script.kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.script.closed += 1


@dataclass
class Seen:
    frames: list[Frame] = field(default_factory=list)
    health: list[tuple[CameraState, str]] = field(default_factory=list)
    stats: CameraStats = field(default_factory=CameraStats)


def _run(plays: list[tuple[float, str | None]], end_s: float, source: str = "rtsp://host/x",
         at_end: AtEnd = AtEnd.LOOP, frozen: bool = False) -> tuple[Seen, Script, FakeStop]:
    clock, seen = FakeClock(), Seen()
    script, stop = Script(clock, plays, frozen), FakeStop(clock, end_s)
    run_camera("gate", CameraSettings(source=source, at_end=at_end), on_frame=seen.frames.append,
               on_health=lambda state, detail: seen.health.append((state, detail)), stop=stop,
               stats=seen.stats, opener=script, backoff=Backoff(1, 30, random.Random(7)), clock=clock)
    return seen, script, stop


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{record.levelname} {record.getMessage()}" for record in caplog.records]


def test_lost_and_back_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """
    A camera that fails four times for one reason is one line and one state, and one more when it is back.
    """
    caplog.set_level(logging.INFO)
    refused = "connection refused; check the port"

    seen, script, stop = _run([(40, "no picture for 10.0 s; look"), *[(0.0, refused)] * 4], end_s=100)

    assert [CameraState.OK, CameraState.LOST, CameraState.LOST, CameraState.OK] == [s for s, _ in seen.health]
    assert ["64x48", "no picture for 10.0 s; look", refused, "64x48"] == [detail for _, detail in seen.health]
    pauses_s = [wait_s for wait_s in stop.waits_s if wait_s != 1.0]
    assert [
        "INFO camera opened: camera=gate size=64x48 rate_fps=5 source_fps=10",
        'WARNING camera lost: camera=gate error="no picture for 10.0 s; look" '
        f"attempt=1 retry_in_s={pauses_s[0]:.1f}",
        'WARNING camera lost: camera=gate error="connection refused; check the port" '
        f"attempt=2 retry_in_s={pauses_s[1]:.1f}",
        f"INFO camera back: camera=gate down_s={sum(pauses_s):.1f} attempts=5",
    ] == _lines(caplog)
    assert 1 == seen.stats.lost
    assert 2 == script.closed


def test_what_heals_by_itself_is_asked_again_soon() -> None:
    """
    A camera that is away is asked every few seconds, however long it is: who plugs it in waits beside it.
    """
    _, _, stop = _run([(0, "connection refused; look")] * 400, end_s=600)

    assert stop.waits_s[0] <= 1
    assert max(stop.waits_s) <= 3
    assert len(stop.waits_s) >= 200


def test_stop_ends_the_loop_while_waiting() -> None:
    """
    A camera that is away does not hold up the end of the process.
    """
    seen, _, stop = _run([(0, "connection refused; look")] * 1000, end_s=50)

    assert stop.is_set()
    assert [] == seen.frames


def test_a_frozen_camera_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """
    Pictures that keep coming but never change are a state of the camera, although nothing failed.
    """
    caplog.set_level(logging.INFO)

    seen, _, _ = _run([], end_s=60, frozen=True)

    assert [CameraState.OK, CameraState.FROZEN] == [state for state, _ in seen.health]
    assert 'WARNING camera health: camera=gate state=frozen detail="the same picture again and again; ' \
           'restart the camera"' == _lines(caplog)[-1]
    assert 60 == len(seen.frames)


def test_files_loop_or_stop() -> None:
    """
    A file that ends is played again, or ends the loop; neither is a loss.
    """
    looped, script, _ = _run([(10, None)] * 9, end_s=35, source="yard.mp4", at_end=AtEnd.LOOP)
    stopped, _, stop = _run([(10, None)] * 9, end_s=35, source="yard.mp4", at_end=AtEnd.STOP)

    assert [0, 1, 2] == [it.media_s for it in looped.frames[20:23]]
    assert 4 == len(script.settings)
    assert 10 == len(stopped.frames)
    assert not stop.is_set()
    for seen in (looped, stopped):
        assert [(CameraState.OK, "64x48")] == seen.health
        assert all(b.mono_ns > a.mono_ns for a, b in zip(seen.frames, seen.frames[1:], strict=False))


def test_a_dark_file_is_dark_in_every_round(tmp_path: Path) -> None:
    """
    State is kept over the end of a short file that loops: it is told once, not once a round.
    """
    source = make_clip(tmp_path / "dark.mp4", (np.full((48, 64, 3), 3, np.uint8) for _ in range(20)))
    clock, health = FakeClock(), list[CameraState]()

    run_camera("gate", CameraSettings(source=str(source)), on_frame=lambda frame: None,
               on_health=lambda state, detail: health.append(state), stop=FakeStop(clock, 30),
               stats=CameraStats(), clock=clock)

    assert [CameraState.OK, CameraState.DARK] == health


def test_a_real_file_loops_with_time_that_goes_on(tmp_path: Path) -> None:
    """
    Over three rounds of a real file media time starts again, pipeline time never goes back or stands.
    """
    source = make_clip(tmp_path / "block.mp4", moving_block(10))
    clock, seen = FakeClock(), Seen()

    run_camera("gate", CameraSettings(source=str(source), fps=5), on_frame=seen.frames.append,
               on_health=lambda state, detail: None, stop=FakeStop(clock, 2.9), stats=seen.stats, clock=clock)

    assert pytest.approx([0, .2, .4, .6, .8] * 3) == [it.media_s for it in seen.frames]
    due_ns = [seen.frames[0].mono_ns + k * NS_PER_S // 5 for k in range(15)]
    assert pytest.approx(due_ns) == [it.mono_ns for it in seen.frames]
    assert (3, 0) == (seen.stats.opened, seen.stats.lost)


def test_a_file_of_one_picture_does_not_race(tmp_path: Path) -> None:
    """
    Each round lasts as long as the picture: 25 rounds a second, not thousands.
    """
    source = make_clip(tmp_path / "one.mp4", moving_block(1), fps=25)
    clock, stats = FakeClock(), CameraStats()

    run_camera("gate", CameraSettings(source=str(source), fps=5), on_frame=lambda frame: None,
               on_health=lambda state, detail: None, stop=FakeStop(clock, 1), stats=stats, clock=clock)

    assert stats.opened <= 26


def test_who_looks_sets_the_pace(tmp_path: Path) -> None:
    """
    A pace changed from within `on_frame` holds from the next picture on, also after the file began anew.
    """
    source = make_clip(tmp_path / "block.mp4", moving_block(20))
    clock, times, pace = FakeClock(), list[float](), LookPace(1)

    def on_frame(frame: Frame) -> None:
        times.append(frame.media_s)
        if frame.media_s == pytest.approx(1):
            pace.fps = 2

    run_camera("gate", CameraSettings(source=str(source), fps=5), on_frame=on_frame,
               on_health=lambda state, detail: None, stop=FakeStop(clock, 3.9), stats=CameraStats(),
               pace=pace, clock=clock)

    assert pytest.approx([0, 1, 1.5, 0, .5, 1, 1.5]) == times


def test_what_on_frame_raises_is_not_the_cameras_fault(tmp_path: Path) -> None:
    """
    A bug behind the camera ends the thread instead of being retried.
    """
    source = make_clip(tmp_path / "one.mp4", moving_block(3))

    def broken(frame: Frame) -> None:
        raise AssertionError("our bug")

    with pytest.raises(AssertionError, match="our bug"):
        run_camera("gate", CameraSettings(source=str(source)), on_frame=broken,
                   on_health=lambda state, detail: None, stop=threading.Event(), stats=CameraStats())
