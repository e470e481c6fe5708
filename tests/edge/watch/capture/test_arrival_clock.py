"""When a picture was taken: a late one is known to be late, and an odd clock is not taken for lateness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S
from edge.watch.capture.arrival_clock import ArrivalClock

MS = NS_PER_S // 1000
FPS = 15


@dataclass
class LateReader:
    """Reads pictures that lie in the kernel's buffer from when they were sent, and keeps time."""

    pace: float = 1.0               # of the camera's stamps
    fps: int = FPS
    work_ns: int = 2 * MS           # between two reads
    clock: ArrivalClock = field(default_factory=ArrivalClock)
    now_ns: int = NS_PER_S
    number: int = 0

    def read(self, seconds: float) -> Iterator[tuple[int, int]]:
        """What is true and what is believed of each picture, until `seconds` from now."""
        end_ns = self.now_ns + round(seconds * NS_PER_S)
        while self.now_ns < end_ns:
            taken_ns = NS_PER_S + self.number * NS_PER_S // self.fps
            asked_ns = self.now_ns
            self.now_ns = max(self.now_ns, taken_ns + 5 * MS) + MS // 10
            media_s = self.pace * self.number / self.fps
            yield taken_ns, self.clock.stamp(media_s, self.now_ns, self.now_ns - asked_ns)
            self.number += 1
            self.now_ns += self.work_ns

    def younger_s(self, seconds: float) -> list[float]:
        """By how much each picture is believed to be younger than it is."""
        return [(believed - true) / NS_PER_S for true, believed in self.read(seconds)]


@pytest.mark.parametrize("stopped_s", [1, 10, 60])
def test_who_was_stopped_knows_how_old_its_pictures_are(stopped_s: int) -> None:
    """
    After a stop, in which the kernel keeps what is sent, no picture is believed half a second younger.
    """
    reader = LateReader()
    reader.younger_s(20)
    reader.now_ns += stopped_s * NS_PER_S

    assert max(reader.younger_s(30)) < 0.5


@pytest.mark.parametrize("stopped_s", [1, 10, 60])
def test_a_stop_amid_a_read_is_no_fresh_picture(stopped_s: int) -> None:
    """
    Most stops come while it waits for a picture: that wait was long, and the picture is old all the same.
    """
    reader = LateReader()
    reader.younger_s(20)
    asked_ns, taken_ns = reader.now_ns, NS_PER_S + reader.number * NS_PER_S // FPS
    reader.now_ns += stopped_s * NS_PER_S
    believed_ns = reader.clock.stamp(reader.number / FPS, reader.now_ns, reader.now_ns - asked_ns)
    reader.number += 1

    assert believed_ns - taken_ns < NS_PER_S // 2
    assert max(reader.younger_s(30)) < 0.5


def test_who_starves_knows_how_far_it_falls_behind() -> None:
    """
    With five times the work that there is time for, the pictures' true age is known within half a second.
    """
    reader = LateReader(work_ns=5 * NS_PER_S // FPS)
    errors_s = reader.younger_s(60)

    assert -0.5 < min(errors_s)
    assert max(errors_s) < 0.5


@pytest.mark.parametrize("pace", [0.4, 0.5, 0.999, 1.001, 2.0])
def test_a_camera_that_counts_wrongly_is_not_late(pace: float) -> None:
    """
    Stamps of 25 a second while 10 come, and any other pace, are followed: nothing is far from the truth.
    """
    errors_s = LateReader(pace=pace, fps=10).younger_s(60)

    assert max(map(abs, errors_s[20:])) < 0.9


def test_a_pause_of_the_camera_is_forgiven() -> None:
    """
    A camera that stood still for ten seconds and goes on counting where it was is fresh two seconds later.
    """
    reader = LateReader()
    reader.younger_s(20)
    zero = reader.clock
    for index in range(60):
        came_ns = reader.now_ns + 10 * NS_PER_S + index * NS_PER_S // FPS
        waited_ns = 10 * NS_PER_S if index == 0 else 60 * MS
        believed_ns = zero.stamp((reader.number + index) / FPS, came_ns, waited_ns)

    assert came_ns - believed_ns < NS_PER_S // 10


class PlainClock:
    """The rule of ArrivalClock with all reads in a list, which is looked through at each."""

    def __init__(self) -> None:
        self.anchor_ns: int | None = None
        self.reads: list[tuple[int, int, int]] = []

    def stamp(self, media_s: float, came_ns: int, waited_ns: int) -> int:
        media_ns = round(media_s * NS_PER_S)
        offset_ns = came_ns - media_ns
        drift_ns = round((came_ns - self.reads[-1][0]) * 0.0005) if self.reads else 0
        self.anchor_ns = offset_ns if self.anchor_ns is None else min(offset_ns, self.anchor_ns + drift_ns)
        self.reads.append((came_ns, waited_ns, offset_ns))
        while len(self.reads) > 5 and self.reads[1][0] <= came_ns - NS_PER_S:
            del self.reads[0]
        span_ns, waits = came_ns - self.reads[0][0], [waited for _, waited, _ in self.reads[1:]]
        if len(waits) >= 4 and span_ns >= NS_PER_S and min(waits) >= 2 * MS \
                and 0.3 * span_ns <= sum(waits) <= 3 * span_ns:
            self.anchor_ns = max(self.anchor_ns, min(offset for _, _, offset in self.reads))
        return media_ns + self.anchor_ns


@given(st.lists(st.tuples(st.sampled_from([0, MS, 3 * MS, 66 * MS, 200 * MS, 5 * NS_PER_S]),
                          st.sampled_from([0, 2 * MS]), st.sampled_from([0.0, 0.066, 0.2])), max_size=300))
def test_what_is_kept_of_the_reads_tells_the_same(reads: list[tuple[int, int, float]]) -> None:
    """
    However reads come, sums and least values that run along give the times that all reads would.
    """
    kept, plain, now_ns, media_s = ArrivalClock(), PlainClock(), NS_PER_S, 0.0
    for waited_ns, work_ns, frame_s in reads:
        now_ns, media_s = now_ns + waited_ns, media_s + frame_s
        assert plain.stamp(media_s, now_ns, waited_ns) == kept.stamp(media_s, now_ns, waited_ns)
        now_ns += work_ns
