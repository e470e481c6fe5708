"""One camera's bug blinds the others for a restart or two, and no longer."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.errors import RetryableError
from edge.base.testing import FakeClock
from edge.base.values import NS_PER_S
from edge.contract.messages import CameraState
from edge.watch.camera_crashes import FORGIVEN_NS, CameraCrashes, CrashCount, after_crash

MIN_NS = 60 * NS_PER_S


class _Stop(threading.Event):
    """Waiting on it moves the clock."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.now_ns += round((timeout or 0) * NS_PER_S)
        return self.is_set()


Told = list[tuple[CameraState, str]]


def crash(folder: Path, clock: FakeClock, camera: str = "gate") -> tuple[int, Told]:
    """A watch that opens `camera` as soon as it may, and dies of it: how long that was, and what it told."""
    crashes, told, began_ns = CameraCrashes(folder, "boot", clock), Told(), clock()
    crashes.wait_aside(camera, _Stop(clock), lambda *it: told.append(it))
    with pytest.raises(ZeroDivisionError), crashes.blamed_on(camera):
        raise ZeroDivisionError
    return clock() - began_ns, told


def test_the_second_time_it_is_set_aside(tmp_path: Path) -> None:
    """
    Once is a restart. From the second time on the camera waits, longer each time, and is told lost, with why;
    other cameras do not wait, and a boot begins anew.
    """
    clock = FakeClock()
    waited = [crash(tmp_path, clock)[0] // MIN_NS for _ in range(10)]
    assert [0, 0, 10, 20, 40, 80, 160, 320, 360, 360] == waited
    _, [(state, why)] = crash(tmp_path, clock)
    assert state is CameraState.LOST
    assert why.startswith("set aside for 360 min: what it sends has ended edgebox watch 10 times")
    assert (0, []) == crash(tmp_path, clock, "yard")
    other_boot = CameraCrashes(tmp_path, "another boot", clock)
    other_boot.wait_aside("gate", threading.Event(), lambda *_: pytest.fail("set aside"))


def test_half_an_hour_in_use_is_forgiven(tmp_path: Path) -> None:
    """
    A bug that comes once a day costs a restart a day.
    """
    clock = FakeClock()
    for _ in range(3):
        assert (0, []) == crash(tmp_path, clock)
        clock.now_ns += FORGIVEN_NS + 1


@pytest.mark.parametrize(("threads", "waited_min"), [
    (["capture-gate-2"], [0, 10]), (["evidence-gate-2", "enlarger", "capture-gate-2"], [0, 10]),
    (["inference"], [0, 0]), (["capture-gate-2", "capture-yard"], [0, 0]), (["capture-yard"], [0, 0])])
def test_who_hangs_is_counted(threads: list[str], waited_min: list[int], tmp_path: Path) -> None:
    """
    Threads of one camera that hang are that camera's; where those of several do, or others, it is nobody's.
    """
    clock = FakeClock()
    CameraCrashes(tmp_path, "boot", clock).blame_hung(threads)
    assert waited_min == [crash(tmp_path, clock, "gate-2")[0] // MIN_NS for _ in range(2)]


def test_it_ends_when_watch_is_told_to(tmp_path: Path) -> None:
    """
    A camera that is set aside holds up no end.
    """
    clock = FakeClock()
    for _ in range(2):
        crash(tmp_path, clock)
    stop = threading.Event()
    stop.set()
    CameraCrashes(tmp_path, "boot", clock).wait_aside("gate", stop, lambda *_: None)


def test_errors_raised_on_purpose_are_no_crashes(tmp_path: Path) -> None:
    """
    They end in a line of their own; nor is the end of a thread that was asked to end.
    """
    clock = FakeClock()
    for _ in range(3):
        crashes = CameraCrashes(tmp_path, "boot", clock)
        with pytest.raises(RetryableError), crashes.blamed_on("gate"):
            raise RetryableError("away")
        with crashes.blamed_on("gate"):
            pass
    assert [] == [*tmp_path.iterdir()]


def test_a_signal_is_counted_against_the_camera_of_its_thread(tmp_path: Path,
                                                              caplog: pytest.LogCaptureFixture) -> None:
    """
    What Python wrote of a fatal signal names a thread, and the table whose it was; it is counted once, and
    logged without signs for the terminal. Of a thread that worked for no camera nobody is blamed.
    """
    clock = FakeClock()
    with CameraCrashes(tmp_path, "boot", clock).working_for("gate"):
        ours = f"0x{threading.get_ident():016x}"

    def aside_after(said: str) -> list[str]:
        (tmp_path / "fatal-error.txt").write_text(said)
        CameraCrashes(tmp_path, "boot", clock)
        assert not (tmp_path / "fatal-error.txt").exists()
        told = Told()
        crashes = CameraCrashes(tmp_path, "boot", FakeClock(clock()))
        stop = threading.Event()
        stop.set()
        crashes.wait_aside("gate", stop, lambda *it: told.append(it))
        return [why.partition(":")[0] for _, why in told]

    fatal = ('Fatal Python error: Segmentation fault\n\nThread 0x7 (most recent call first):\n  File "x"\n\n'
             'Current thread {} (most recent call first):\n  File "y\x1b[2J"\n')
    assert [] == aside_after(fatal.format(ours))
    assert [] == aside_after(fatal.format("0x0000000000000001"))
    assert [] == aside_after("")
    assert ["set aside for 10 min"] == aside_after(fatal.format(ours))
    assert "y [2J" in caplog.text
    (tmp_path / "camera-threads.json").write_text("{")
    assert ["set aside for 10 min"] == aside_after(fatal.format(ours))


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"boot_id": "boot", "cameras": {"gate": 7}}'])
def test_a_file_that_cannot_be_read_sets_nothing_aside(content: bytes, tmp_path: Path) -> None:
    """
    Rather a restart too many than a camera that is blind for nothing.
    """
    (tmp_path / "camera-crashes.json").write_bytes(content)
    CameraCrashes(tmp_path, "boot").wait_aside("gate", threading.Event(), lambda *_: pytest.fail("set aside"))


@given(st.lists(st.integers(0, 10 * 3600), min_size=1, max_size=60))
def test_what_a_camera_can_cost_is_bounded(pauses_s: list[int]) -> None:
    """
    However a camera times what it does after it is opened: of any three restarts that it causes, the last is
    ten minutes after the first or later.
    """
    counts, now_ns, before = list[int](), 0, None
    for pause_s in pauses_s:
        now_ns = max(now_ns, before.aside_until_ns if before else 0) + pause_s * NS_PER_S
        before = after_crash(before, now_ns)
        counts.append(now_ns)
    assert all(third - first >= 10 * MIN_NS for first, third in zip(counts, counts[2:], strict=False))
    assert isinstance(before, CrashCount)
