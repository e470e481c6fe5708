"""Holes in the pictures: nothing is told that nobody saw, whoever is there afterwards is, events end soon.

Two halves of real footage with a hole between them, replayed at 5 fps: the second half goes on where the
first one stopped, or shows another scene (mirrored), which without a hole is a cut. What each half gives
alone is the measure. Half a clip is shorter than the rule's dwell, so every dwell is false. Live, the real
`edgebox watch` loses a real RTSP camera while events are open.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from bench.holes_live import lost_live
from bench.result import Figure, Result, need_shared
from dev.footage import fetch_footage
from dev.trial_config import trial_config
from edge.base.values import NS_PER_S
from edge.commands.replay import ReplayRecord, ReplaySummary, plan, replay
from edge.config.model import ModelSettings
from edge.contract.messages import EventData
from edge.watch.installed import Loaded, load_detector
from tests import rtsp_server

Picture = npt.NDArray[np.uint8]         # RGB, (h, w, 3)
Key = tuple[float, bool]                # seconds of the hole, whether another scene follows it

HOLES_S = (0.0, 1.0, 3.0, 10.0, 70.0, 600.0)
HALF_S, FPS, WIDTH_PX = 4.0, 10, 640
LOST_S, SOON_S = 2.0, 2.0               # the config's track.lost_s, and how much later an event may end

CONFIG = trial_config(state="{folder}", run="{folder}/run", more="""
[cameras.cam]
source = "{source}"
{more}
[cameras.cam.lines]
middle = [[0.5, 0.0], [0.5, 1.0]]
[cameras.cam.rules.enter]
kind = "enter"
classes = {classes}
[cameras.cam.rules.cross]
kind = "cross"
line = "middle"
classes = {classes}
[cameras.cam.rules.dwell]
kind = "dwell"
dwell_s = 5.0
classes = {classes}
""")
PEOPLE, VEHICLES = '["person"]', '["car", "bus", "truck"]'


@dataclass(frozen=True, slots=True)
class Footage:
    """Both halves of one clip, at FPS."""

    name: str
    classes: str
    first: list[Picture]
    second: list[Picture]


@dataclass(frozen=True, slots=True)
class Heard:
    """What one recording gave."""

    begun: Counter[str]         # events by kind
    entered_after: int          # of kind enter, in the second half
    inherited: int              # begun in the second half, about somebody first seen in the first
    late: int                   # begun in the first half, ended too late


def footage(name: str, path: Path, classes: str) -> Footage:
    pictures: list[Picture] = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        for picture in container.decode(stream):
            if (picture.time or 0.0) + 1e-6 < len(pictures) / FPS:
                continue
            height = round(WIDTH_PX * picture.height / picture.width / 2) * 2
            scaled = picture.reformat(WIDTH_PX, height, "rgb24")
            pictures.append(np.asarray(scaled.to_ndarray(), dtype=np.uint8))
            if len(pictures) == round(2 * HALF_S * FPS):
                break
    half = len(pictures) // 2
    return Footage(name, classes, pictures[:half], pictures[half:])


def write(path: Path, first: list[Picture], second: list[Picture], hole_s: float) -> Path:
    """`second` begins `hole_s` later than the next picture after `first` would come."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "20"})
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = (first or second)[0].shape[:2]
        stream.pix_fmt, stream.gop_size, stream.max_b_frames = "yuv420p", FPS, 0
        stream.codec_context.time_base = Fraction(1, FPS)
        for index, pixels in enumerate(first + second):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
            picture.pts = index + (round(hole_s * FPS) if index >= len(first) else 0)
            picture.time_base = Fraction(1, FPS)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


class Bench:
    """Replays made recordings, one after the other, in one folder."""

    def __init__(self, folder: Path, loaded: Loaded) -> None:
        self._folder, self._loaded = folder, loaded

    def hear(self, clip: Footage, first: list[Picture], second: list[Picture], hole_s: float) -> Heard:
        video = write(self._folder / "clip.mp4", first, second, hole_s)
        config = self._folder / "edge.toml"
        config.write_text(CONFIG.format(folder=self._folder, source=video, classes=clip.classes, more=""))
        records = list(replay(plan([f"cam={video}"], config), self._loaded, ReplaySummary()))
        stopped_s = len(first) / FPS
        begun = [told for told in records if told.envelope.data["phase"] == "new"]
        entered = [told for told in begun if told.envelope.data["kind"] == "enter"]
        after = [told for told in begun if decided_s(told) >= stopped_s]
        return Heard(Counter(told.envelope.data["kind"] for told in begun),
                     sum(told in after for told in entered),
                     sum(first_s(told) < stopped_s - 0.01 for told in after),
                     late_ends(records, stopped_s))


def decided_s(told: ReplayRecord) -> float:
    mono_ns: int = told.envelope.data["t"]["mono_ns"]
    return mono_ns / NS_PER_S


def first_s(told: ReplayRecord) -> float:
    """When its object was first seen, in the recording's time."""
    data = EventData.model_validate(told.envelope.data)
    return decided_s(told) - (data.t.decided - data.t.first_seen).total_seconds()


def late_ends(records: list[ReplayRecord], stopped_s: float) -> int:
    """Events from before the pictures stopped that ended too late."""
    open_then = {told.event_id for told in records if decided_s(told) < stopped_s}
    return sum(told.event_id in open_then and told.envelope.data["phase"] == "end"
               and decided_s(told) > stopped_s + LOST_S + SOON_S for told in records)


def kinds_of_hole() -> Iterator[Key]:
    for hole_s in HOLES_S:
        for other in (False, True):
            if hole_s or other:
                yield hole_s, other


@dataclass(slots=True)
class Sum:
    """What came of one kind of hole over all clips, and what both halves give alone."""

    crossed_beyond: int = 0
    dwelt: int = 0
    entered: int = 0
    entered_alone: int = 0
    after: int = 0
    after_alone: int = 0
    inherited: int = 0
    late: int = 0

    def add(self, whole: Heard, first: Heard, second: Heard, is_long: bool) -> None:
        if is_long:     # in a second or two it is chance which pictures are looked at, and who is told
            self.crossed_beyond += max(0, (whole.begun - first.begun - second.begun)["cross"])
        self.inherited += whole.inherited
        self.dwelt += whole.begun["dwell"]
        self.entered += whole.begun["enter"]
        self.entered_alone += first.begun["enter"] + second.begun["enter"]
        self.after += whole.entered_after
        self.after_alone += second.begun["enter"]
        self.late += whole.late

    def figures(self, key: Key) -> Iterator[Figure]:
        hole_s, other = key
        name = f"{hole_s:g} s, {'another scene' if other else 'the same'}"
        if not hole_s:
            name = "a cut"
        yield Figure(f"{name}: crossings beyond the halves", self.crossed_beyond, "", 0)
        if other or hole_s > LOST_S:        # within its patience an object may be the same
            yield Figure(f"{name}: dwells", self.dwelt, "", 0)
            yield Figure(f"{name}: events of somebody from before", self.inherited, "", 0)
            share = 100 * (self.entered / self.entered_alone - 1)
            yield Figure(f"{name}: entries beyond both halves", abs(share), "%", 10)
            yield Figure(f"{name}: entries after it", self.after, f"of {self.after_alone} alone",
                         math.ceil(0.9 * self.after_alone), "higher")
            yield Figure(f"{name}: events that end late", self.late, "", 0)


def replayed(bench: Bench, clips: list[Footage]) -> Iterator[Figure]:
    sums = {key: Sum() for key in kinds_of_hole()}
    for clip in clips:
        mirrored = [pixels[:, ::-1] for pixels in clip.second]
        first = bench.hear(clip, clip.first, [], 0)
        alone = {other: bench.hear(clip, [], second, 0)
                 for other, second in ((False, clip.second), (True, mirrored))}
        for (hole_s, other), total in sums.items():
            whole = bench.hear(clip, clip.first, mirrored if other else clip.second, hole_s)
            total.add(whole, first, alone[other], is_long=len(clip.first) >= HALF_S * FPS)
    for key, total in sums.items():
        yield from total.figures(key)


def run(args: argparse.Namespace) -> Result:
    mot = need_shared(args) / "data" / "mot"
    demo = fetch_footage(Path(".cache") / "footage")
    clips = [footage("plaza", demo["plaza"], PEOPLE), footage("road", demo["road"], VEHICLES),
             footage("PETS", mot / "PETS09-S2L1" / "vtest.avi", PEOPLE),
             footage("Campus", mot / "TUD-Campus" / "TUD-Campus.mp4", PEOPLE)]
    notes = [f"{', '.join(clip.name for clip in clips)}: two halves of {HALF_S:g} s at most each, summed"]
    with tempfile.TemporaryDirectory() as name:
        figures = list(replayed(Bench(Path(name), load_detector(ModelSettings())), clips))
    missing = rtsp_server.missing()
    if missing is not None:
        notes.append(f"live: left out, {missing}")
    else:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            video = write(folder / "camera.mp4", clips[0].first, clips[0].second, 0)
            figures += lost_live(folder, video, CONFIG.replace("{classes}", PEOPLE))
    return Result("holes", tuple(figures), tuple(notes))
