"""Against a real RTSP server on loopback, which is frozen, killed and started again."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from edge.base.backoff import Backoff
from edge.base.values import Frame
from edge.config.camera_model import CameraSettings
from edge.contract.messages import CameraState
from edge.watch.capture.address import CameraError
from edge.watch.capture.camera import run_camera
from edge.watch.capture.source import CameraStats
from edge.watch.capture.stream import open_stream
from tests import rtsp_server
from tests.edge.watch.capture.waiting import until
from tests.fake_camera import PASSWORD as PASSWORD_OF_FAKE
from tests.fake_camera import USER, FakeCamera, coded
from tests.media import make_clip, moving_block

PASSWORD = "p@ss:w/ö%r d#1"
WRONG = "hunter2 & söns"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty seconds at 25 fps, a key frame each second."""
    pictures = moving_block(750, 160, 120)
    return make_clip(tmp_path_factory.mktemp("rtsp") / "long.mp4", pictures, fps=25, gop=25)


@pytest.fixture
def server(clip: Path) -> Iterator[rtsp_server.RtspServer]:
    reason = rtsp_server.missing()
    if reason is not None:
        pytest.skip(reason)
    with rtsp_server.RtspServer(clip, password=PASSWORD) as running:
        yield running


def _settings(server: rtsp_server.RtspServer, tmp_path: Path, password: str = PASSWORD,
              stall_s: float = 5.0, path: str = "cam") -> CameraSettings:
    file = tmp_path / "password"
    file.write_text(f"{password}\n", encoding="utf-8")
    return CameraSettings(source=f"rtsp://127.0.0.1:{server.port}/{path}", username="cam", password_file=file,
                          stall_s=stall_s, fps=5)


def test_frames_come_with_the_time_of_now(server: rtsp_server.RtspServer, tmp_path: Path) -> None:
    """
    With the right password pictures come 5 times a second, stamped at most a second before their arrival.
    """
    stats, lags_s, frames = CameraStats(), [], list[Frame]()

    with open_stream("gate", _settings(server, tmp_path), live=True, stats=stats) as stream:
        for frame in stream:
            lags_s.append((time.monotonic_ns() - frame.mono_ns) / 1e9)
            frames.append(frame)
            if len(frames) == 6:
                break

    assert {(160, 120)} == {(it.width, it.height) for it in frames}
    # the first packet comes without a stamp: how long it was before the second, arrival tells
    assert pytest.approx([0.2] * 4, abs=0.001) == [b.media_s - a.media_s for a, b in pairwise(frames[1:])]
    assert all(b.mono_ns > a.mono_ns for a, b in pairwise(frames))
    assert min(lags_s) >= 0
    assert max(lags_s) < 1.5
    assert stats.decoded in (26, 27)        # the first one's place in the grid goes by its arrival


def test_a_wrong_password_is_told_and_never_printed(server: rtsp_server.RtspServer, tmp_path: Path,
                                                    capfd: pytest.CaptureFixture[str]) -> None:
    """
    401 is told as such; neither our message, its chain, nor FFmpeg's own output has the password.
    """
    with pytest.raises(CameraError) as told:
        open_stream("gate", _settings(server, tmp_path, password=WRONG), live=True)

    assert f"camera 'gate': rtsp://127.0.0.1:{server.port}/cam: wrong user name or password (401); " \
           "set username and password_file to those of the camera" == str(told.value)
    assert (None, None) == (told.value.__cause__, told.value.__context__)
    printed = capfd.readouterr()
    for text in (repr(told.value), printed.out, printed.err):
        assert "hunter2" not in text


def test_a_wrong_path_is_told(server: rtsp_server.RtspServer, tmp_path: Path) -> None:
    """
    404 names the path that the camera does not have.
    """
    with pytest.raises(CameraError, match=r"/nothere: the camera has no such stream \(404\)"):
        open_stream("gate", _settings(server, tmp_path, path="nothere"), live=True)


def test_a_frozen_server_is_told_in_time(server: rtsp_server.RtspServer, tmp_path: Path) -> None:
    """
    A camera that stops sending with its connection open is lost after stall_s, not after twice that.
    """
    with open_stream("gate", _settings(server, tmp_path, stall_s=2), live=True) as stream:
        frames = iter(stream)
        next(frames)
        server.freeze()
        began_s = time.monotonic()
        with pytest.raises(CameraError, match=r"no picture for 2\.0 s; check its power and network"):
            list(frames)

    assert 1.5 < time.monotonic() - began_s < 3.9


def test_a_silent_port_is_told(tmp_path: Path) -> None:
    """
    A port that accepts and never answers is a camera without an answer, after stall_s.
    """
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = CameraSettings(source=f"rtsp://127.0.0.1:{silent.getsockname()[1]}/cam", stall_s=0.5)
        with pytest.raises(CameraError, match=r"no answer for 0.5 s; check its power, cable and address"):
            open_stream("gate", settings, live=True)


def test_a_closed_port_is_told(tmp_path: Path) -> None:
    """
    Nobody listens there: refused, at once.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(CameraError, match="connection refused; check the port"):
        open_stream("gate", CameraSettings(source=f"rtsp://127.0.0.1:{port}/cam"), live=True)


def test_another_protocol_is_told(tmp_path: Path) -> None:
    """
    A web server on that port is no RTSP camera.
    """
    with socket.create_server(("127.0.0.1", 0)) as web:
        def answer() -> None:
            connection, _ = web.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        settings = CameraSettings(source=f"rtsp://127.0.0.1:{web.getsockname()[1]}/cam", stall_s=1)
        with pytest.raises(CameraError, match="no answer that can be read as RTSP; check that this is"):
            open_stream("gate", settings, live=True)
        thread.join()


@dataclass
class Running:
    """`run_camera` in a thread of its own."""

    settings: CameraSettings
    frames: list[Frame] = field(default_factory=list)
    health: list[tuple[CameraState, str]] = field(default_factory=list)
    stats: CameraStats = field(default_factory=CameraStats)
    stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=run_camera, args=("gate", self.settings), kwargs={
            "on_frame": self.frames.append, "stop": self.stop, "stats": self.stats,
            "on_health": lambda state, detail: self.health.append((state, detail)),
            "backoff": Backoff(0.2, 0.2)})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


def test_a_server_that_is_killed_and_back(server: rtsp_server.RtspServer, tmp_path: Path,
                                          caplog: pytest.LogCaptureFixture) -> None:
    """
    Killed and started again, the camera is lost once and back once, and time goes on.
    """
    caplog.set_level(logging.DEBUG)
    with Running(_settings(server, tmp_path)) as camera:
        until("first frames", lambda: len(camera.frames) >= 3)
        server.kill()
        until("refused", lambda: any("refused" in detail for _, detail in camera.health))
        before = len(camera.frames)
        server.start()
        until("frames after the restart", lambda: len(camera.frames) >= before + 3)

    states = [state for state, _ in camera.health]
    assert (CameraState.OK, CameraState.OK) == (states[0], states[-1])
    assert {CameraState.LOST} == set(states[1:-1])
    assert (2, 1) == (camera.stats.opened, camera.stats.lost)
    assert all(b.mono_ns > a.mono_ns for a, b in pairwise(camera.frames))
    said = "\n".join([*(record.getMessage() for record in caplog.records), *(it for _, it in camera.health)])
    assert 1 == said.count("camera opened:") == said.count("camera back:")
    assert "p@ss" not in said
    assert "p%40ss" not in said


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeCamera]:
    with FakeCamera(coded(60, 20)) as camera:
        yield camera


def _of(fake: FakeCamera, mode: str, tmp_path: Path, password: str = PASSWORD_OF_FAKE) -> CameraSettings:
    file = tmp_path / "password"
    file.write_text(password, encoding="utf-8")
    return CameraSettings(source=fake.url(mode), username=USER, password_file=file, stall_s=2, fps=10)


def test_a_refused_login_waits_for_another_password(fake: FakeCamera, tmp_path: Path,
                                                    caplog: pytest.LogCaptureFixture) -> None:
    """
    A camera hears a wrong password once, as it would lock the account; another one in the file opens it.
    """
    caplog.set_level(logging.DEBUG)
    with Running(_of(fake, "digest", tmp_path, WRONG)) as camera:
        until("told", lambda: camera.health)
        time.sleep(2.5)         # in which any other fault would have been tried again
        asked = fake.asked("digest", "DESCRIBE")
        (tmp_path / "password").write_text(PASSWORD_OF_FAKE, encoding="utf-8")
        until("frames with the right password", lambda: camera.frames)

    assert 2 == asked
    assert CameraState.LOST is camera.health[0][0]
    assert "tried again with another password, or in 15 minutes" in camera.health[0][1]
    assert not any("hunter2" in record.getMessage() for record in caplog.records)


def test_a_missing_key_frame_is_told_while_the_stream_goes_on(fake: FakeCamera, tmp_path: Path) -> None:
    """
    Joined in the middle of a long interval: what is missing is said, and the picture comes without a new try.
    """
    # one key frame in 20 pictures, joined at the second: it is 19 pictures away, 3.8 s at 5 a second
    mode = "start=1+fps=5"
    with Running(_of(fake, mode, tmp_path)) as camera:
        until("frames", lambda: camera.frames)

    assert [CameraState.NO_KEY_FRAMES, CameraState.OK] == [state for state, _ in camera.health]
    assert "it sends, but no key frame in 2 s; set its I-frame interval to 2 s" == camera.health[0][1]
    assert 1 == fake.asked(mode, "PLAY")


def test_who_waits_for_a_key_frame_stops_at_once(fake: FakeCamera, tmp_path: Path) -> None:
    """
    A camera that sends and never has a picture ends with watch, not when systemd has killed that.
    """
    with Running(_of(fake, "nokeys", tmp_path)) as camera:
        until("told", lambda: camera.health)

    assert [] == camera.frames          # and `Running` has seen its thread end


@pytest.mark.parametrize("mode", ["endat=30+downfor=4", "endat=30+downfor=4+reset"])
def test_it_heals_soon_after_the_cause_has_ended(fake: FakeCamera, tmp_path: Path, mode: str) -> None:
    """
    A camera that was away for seconds is asked again every few, and has given pictures again soon after.
    """
    with Running(_of(fake, mode, tmp_path)) as camera:
        until("lost", lambda: any(state is CameraState.LOST for state, _ in camera.health))
        before = len(camera.frames)
        until("back", lambda: len(camera.frames) > before)
        back_s = time.monotonic()

    assert back_s - fake.down_until_s[mode] < 10      # 5 on a machine that does nothing else
