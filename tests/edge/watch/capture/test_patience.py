from __future__ import annotations

import random
from pathlib import Path

import pytest

from edge.base.backoff import Backoff
from edge.base.testing import FakeClock
from edge.watch.capture.address import CameraFault
from edge.watch.capture.patience import CameraPatience, wait_to_reopen
from tests.edge.watch.capture.waiting import FakeStop


def _patience() -> CameraPatience:
    return CameraPatience(Backoff(0.5, 30, random.Random(7)))


@pytest.mark.parametrize(("fault", "most_s"), [
    (CameraFault.SILENT, 3), (CameraFault.REFUSED, 3), (CameraFault.GARBLED, 3), (CameraFault.BUSY, 3),
    (CameraFault.NOT_RTSP, 3), (CameraFault.NO_STREAM, 30), (CameraFault.NOT_VIDEO, 30),
])
def test_each_kind_of_fault_has_its_patience(fault: CameraFault, most_s: float) -> None:
    """
    What heals by itself is looked at every three seconds, what somebody has to change every half minute.
    """
    patience = _patience()
    pauses_s = [patience.pause_s(fault, None) for _ in range(50)]

    assert pauses_s[0] <= 0.5
    assert most_s / 2 <= max(pauses_s) <= most_s


def test_a_refused_login_waits_a_quarter_of_an_hour() -> None:
    """
    From the first time on: a camera locks the account after a few.
    """
    assert _patience().pause_s(CameraFault.LOGIN, None) == 900


def test_a_camera_that_flaps_is_left_alone_for_longer() -> None:
    """
    One that works for a second at a time is opened less and less often; one that worked for long at once.
    """
    patience = _patience()
    flapping_s = [patience.pause_s(CameraFault.HUNG_UP, 1.0) for _ in range(20)]

    assert max(flapping_s[:3]) <= 3
    assert min(flapping_s[10:]) >= 5
    assert patience.pause_s(CameraFault.HUNG_UP, 40.0) <= 0.5


class Writing(FakeStop):
    """Writes into a file at some of its waits."""

    def __init__(self, clock: FakeClock, file: Path, texts: dict[int, str]) -> None:
        super().__init__(clock)
        self._file, self._texts = file, texts

    def wait(self, timeout: float | None = None) -> bool:
        if (text := self._texts.get(len(self.waits_s))) is not None:
            self._file.write_text(text, encoding="utf-8")
        return super().wait(timeout)


def test_another_password_ends_the_waiting(tmp_path: Path) -> None:
    """
    The file is looked at each second; who writes the same into it changes nothing.
    """
    file, clock = tmp_path / "password", FakeClock()
    file.write_text("old", encoding="utf-8")
    stop = Writing(clock, file, {10: "old", 20: "new"})

    wait_to_reopen(CameraFault.LOGIN, 900, file, stop, clock)

    assert len(stop.waits_s) == 21


def test_without_a_file_it_waits_to_the_end_or_for_the_stop() -> None:
    """
    A password that stands nowhere cannot change; the process may end at any time.
    """
    clock = FakeClock()
    for end_s, waited in ((float("inf"), 900), (5, 5)):
        stop = FakeStop(clock, end_s)
        wait_to_reopen(CameraFault.LOGIN, 900, None, stop, clock)
        assert waited == sum(stop.waits_s)
    other = FakeStop(clock)
    wait_to_reopen(CameraFault.SILENT, 2.5, None, other, clock)
    assert [2.5] == other.waits_s
