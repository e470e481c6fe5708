"""Objects found again in a camera's large stream: at their own moment, and where they have gone meanwhile.

Each labelled street of data/vn_streets is encoded as a large stream of 1280x720 and as small ones of 640x360
and 352x288, as cameras do: H.264, a key frame every 2 s, few bits. Every labelled object that is half visible
and large enough is looked for in the large stream, at the small picture's moment and up to 2 s from it. A
picture that shows a place which the object has left by more than half of its size must not be taken.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av

from bench.result import Figure, Result, need_shared
from edge.base.values import Rect
from edge.watch.capture.frame import AvFrame
from edge.watch.evidence.likeness import SAME, likeness

STEPS = {"hp": 4, "tc": 6}              # pictures of the clip for one that is labelled
LARGE, SMALL = (1280, 720), ((640, 360), (352, 288))
BIT_RATES = {1280: 3_000_000, 640: 300_000, 352: 200_000}
AWAY = (-60, -30, -18, -12, -6, 6, 12, 18, 30, 60)         # pictures from the own moment
LEFT_IOU, LEAST_PX, HALF_VISIBLE = 0.4, (10, 30), 0.5

Truth = Mapping[int, Mapping[int, Rect]]        # who -> picture -> where, in ratios


@dataclass
class Tally:
    """How many were looked for and found, and how long that took."""

    own: list[bool] = field(default_factory=list)
    left: list[bool] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def each_ms(self) -> float:
        return 1000 * self.took_s / (len(self.own) + len(self.left))


def run(args: argparse.Namespace) -> Result:
    clips = need_shared(args) / "data" / "vn_streets" / "clips"
    tallies: dict[int, Tally] = defaultdict(Tally)
    for name, step in STEPS.items():
        with tempfile.TemporaryDirectory() as folder:
            large, *smalls = (frames(encoded(clips / f"{name}.mp4", Path(folder) / f"{size[0]}.mp4", size))
                              for size in (LARGE, *SMALL))
        truth = truth_of(clips / name / "gt.txt", clips / f"{name}.mp4", step)
        for small in smalls:
            look_for(truth, small, large, tallies[small[0].width])
    return Result("evidence", tuple(figures(tallies)), (
        f"{sum(len(it.own) for it in tallies.values())} objects at their own moment, "
        f"{sum(len(it.left) for it in tallies.values())} places that one has left",))


def figures(tallies: Mapping[int, Tally]) -> Iterator[Figure]:
    for width, tally in tallies.items():
        yield Figure(f"found at its own moment, {width} px wide", share(tally.own), "%", 97.0, "higher")
        yield Figure(f"taken though it has left, {width} px wide", share(tally.left), "%", 0.5)
    yield Figure("to look at one picture", max(it.each_ms for it in tallies.values()), "ms of CPU")


def share(found: list[bool]) -> float:
    return 100 * sum(found) / len(found)


def look_for(truth: Truth, small: list[AvFrame], large: list[AvFrame], tally: Tally) -> None:
    for places in truth.values():
        for picture, place in places.items():
            frame = small[picture]
            rect = place.scaled(frame.width, frame.height).clipped(frame.width, frame.height)
            if rect.width < LEAST_PX[0] or rect.height < LEAST_PX[1]:
                continue
            for away in (0, *AWAY):
                other = picture + away
                has_left = other in places and places[other].iou(place) < LEFT_IOU
                if away == 0 or has_left:
                    began_s = time.thread_time()
                    alike = likeness(frame, rect, large[other], place.scaled(*LARGE).clipped(*LARGE))
                    tally.took_s += time.thread_time() - began_s
                    (tally.left if away else tally.own).append(alike >= SAME)


def truth_of(path: Path, video: Path, step: int) -> Truth:
    """All that counts and is half visible, whatever it is."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        width, height = stream.width, stream.height
    truth: dict[int, dict[int, Rect]] = defaultdict(dict)
    with path.open(newline="") as file:
        for row in csv.reader(file):
            picture, who, x, y, w, h, counted, _, visible = map(float, row)
            if counted and visible >= HALF_VISIBLE:
                place = Rect(x, y, x + w, y + h).scaled(1 / width, 1 / height)
                truth[int(who)][(int(picture) - 1) * step] = place
    return truth


def encoded(source: Path, target: Path, size: tuple[int, int]) -> Path:
    with av.open(str(source)) as whole, av.open(str(target), "w") as part:
        stream = part.add_stream("libx264", rate=25, options={"preset": "veryfast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size, stream.bit_rate = 50, BIT_RATES[size[0]]
        for index, picture in enumerate(whole.decode(video=0)):
            again = picture.reformat(*size, "yuv420p")
            again.pts, again.time_base, again.pict_type = index, Fraction(1, 25), 0
            part.mux(stream.encode(again))
        part.mux(stream.encode())
    return target


def frames(clip: Path) -> list[AvFrame]:
    with av.open(str(clip)) as container:
        return [AvFrame(picture, "bench", 0, 0.0) for picture in container.decode(video=0)]
