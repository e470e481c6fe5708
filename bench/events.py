"""Events and identities against ground truth: does every person get one event, each event a person, and when?

Every labelled clip in data/mot (a folder with seqinfo.ini, gt.txt and one video), `enter` person on the
whole picture through the code of `edgebox replay`, at 5 pictures a second and at the clip's own rate. An
event is on a person when the rect that it tells overlaps a labelled one of that very frame with IoU >= 0.4,
or, where nobody is, of a frame up to 0.2 s before: who has just left is told by where they were. Its delay
counts from the first picture in which that person is labelled and, where the labels say so, half visible.
IDF1 is the tracker's alone, on the detector's answers to whole pictures; SORT, ByteTrack and OC-SORT get the
same answers. PETS09-S2L1 also plays at 2, 3 and 4 times its speed. `--quick`: 5 a second only, no peers.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import av
import numpy as np

from bench.clip_detections import PictureDetections, detections
from bench.peers import KINDS, Told, best_of, peer_environment
from bench.replays import ENTER_PERSON, Played, play
from bench.result import Figure, Result, need_shared
from bench.truth import Labelled, Truth, idf1, read_truth
from edge.base.values import NS_PER_S, Rect
from edge.config.camera_model import TrackSettings
from edge.config.model import ModelSettings
from edge.watch.installed import Loaded, load_detector
from edge.watch.perception import ModelTraits
from edge.watch.vision.tracker import Tracker

FRIGATE_EVENTS, FRIGATE_INFERENCES = 26, 4.26      # quoted: its own model and settings, PETS at 5 fps
HALF_VISIBLE = 0.5
ENOUGH_IOU, JUST_LEFT_S = 0.4, 0.2
USUAL_FPS = 5.0


@dataclass(frozen=True)
class Clip:
    """A labelled recording; video frame k (from 0) is labelled as k."""

    folder: Path
    video: Path

    @cached_property
    def truth(self) -> Truth:
        return read_truth(self.folder / "gt.txt")

    @cached_property
    def shape(self) -> tuple[int, int, float]:
        """Width and height in pixels, pictures a second."""
        with av.open(str(self.video)) as container:
            video = container.streams.video[0]
            return video.width, video.height, float(video.average_rate or 25)

    @property
    def people(self) -> frozenset[int]:
        return frozenset(each.who for there in self.truth.values() for each in there)


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised of one clip; None: nothing is."""

    found: int | None = None
    precision: float | None = None
    events_each: float | None = None
    idf1: tuple[float | None, float | None] = (None, None)     # at 5 a second, at the clip's own rate
    delay_s: tuple[float | None, float | None] = (None, None)   # median, 90 of 100


PROMISES = {"PETS09-S2L1": Promise(18, 0.95, 1.2, (0.88, None), (0.45, 1.0)),
            "TUD-Campus": Promise(6, None, None, (0.65, 0.68), (0.45, 1.0))}


def clips(shared: Path) -> Iterator[Clip]:
    for folder in sorted((shared / "data" / "mot").iterdir()):
        videos = [path for path in folder.iterdir() if path.suffix in (".avi", ".mp4", ".mkv")]
        if len(videos) == 1 and (folder / "gt.txt").is_file() and (folder / "seqinfo.ini").is_file():
            yield Clip(folder, videos[0])


def run(args: argparse.Namespace) -> Result:
    shared = need_shared(args)
    python = None if args.quick else peer_environment()
    loaded = load_detector(ModelSettings(threads=1))
    figures: list[Figure] = []
    for clip in clips(shared):
        promise = PROMISES.get(clip.folder.name, Promise())
        rates = [USUAL_FPS] if args.quick else [USUAL_FPS, clip.shape[2]]
        for place, fps in enumerate(rates):
            played = play(clip.video, ENTER_PERSON, [f"camera.fps={fps}", *args.set])
            figures += event_figures(clip, fps, played, promise if fps == USUAL_FPS else Promise())
            figures += identity_figures(clip, fps, promise.idf1[place], python, loaded)
        if not args.quick and clip.folder.name == "PETS09-S2L1":
            figures += fast_figures(clip, args.set)
    return Result("events", tuple(figures), (
        "labelled clips by day; the streets' are in bench streets",
        *([] if python or args.quick else ["SORT, ByteTrack, OC-SORT left out: no environment for them"])))


def whom(clip: Clip, played: Played, speed: int = 1) -> list[tuple[int | None, float]]:
    """Whom each event is about, and at which frame of the clip it was published."""
    width, height, rate = clip.shape
    answers = []
    for told in played.begun:
        rect = Rect(*told.envelope.data["object"]["rect"]).scaled(width, height)
        frame = round(told.video_s * rate * speed)
        near = range(frame, frame - round(JUST_LEFT_S * rate * speed) - 1, -1)
        covers = (covered(clip.truth.get(each, ()), rect) for each in near)
        answers.append((next((who for who in covers if who is not None), None), frame / rate))
    return answers


def covered(there: Sequence[Labelled], rect: Rect) -> int | None:
    """Who of them lies best under `rect`, if anybody does."""
    best = max(there, key=lambda each: each.rect.iou(rect), default=None)
    return best.who if best and best.rect.iou(rect) >= ENOUGH_IOU else None


def delays_s(clip: Clip, events: Sequence[tuple[int | None, float]]) -> list[float]:
    """Seconds from being there to their first event, for each person that had one."""
    came_s: dict[int, float] = {}
    for frame in sorted(clip.truth):
        for each in clip.truth[frame]:
            if each.visible >= HALF_VISIBLE:
                came_s.setdefault(each.who, frame / clip.shape[2])
    first_s: dict[int, float] = {}
    for person, told_s in events:
        if person is not None:
            first_s.setdefault(person, told_s)
    return [max(0.0, told_s - came_s.get(person, told_s)) for person, told_s in first_s.items()]


def event_figures(clip: Clip, fps: float, played: Played, promise: Promise) -> Iterator[Figure]:
    name = f"{clip.folder.name} {fps:g}/s"
    events = whom(clip, played)
    each = Counter(person for person, _ in events if person is not None)
    late_s = delays_s(clip, events) or [0.0]
    pets = clip.folder.name == "PETS09-S2L1" and fps == USUAL_FPS
    right, there = each.total(), f"of {len(clip.people)}"
    yield Figure(f"{name}: people with an event", len(each), there, promise.found, "higher")
    yield Figure(f"{name}: events on a person", right / max(1, len(events)), "", promise.precision, "higher")
    yield Figure(f"{name}: events a person", right / max(1, len(each)), "", promise.events_each, "lower",
                 *((FRIGATE_EVENTS / 19, "Frigate, quoted") if pets else ()))
    yield Figure(f"{name}: delay, median", statistics.median(late_s), "s", promise.delay_s[0])
    yield Figure(f"{name}: delay, 90 of 100", float(np.percentile(late_s, 90)), "s", promise.delay_s[1])
    yield Figure(f"{name}: cost a second of motion", played.cost, "")
    if pets:
        inferences = played.looks / played.summary["frames"]
        yield Figure(f"{name}: inferences a frame", inferences, "", 1.5, "lower", FRIGATE_INFERENCES,
                     "Frigate, quoted")
        yield most_json(played)
        yield Figure(f"{name}: CPU a frame", 1000 * played.summary["cpu_s"] / played.summary["frames"], "ms")


def most_json(played: Played) -> Figure:
    json_bytes: Counter[str] = Counter()
    for told in played.records:
        json_bytes[told.event_id] += len(told.envelope.model_dump_json(by_alias=True, exclude_none=True))
    return Figure("most JSON of one event", max(json_bytes.values(), default=0), "bytes", 4096, "lower",
                  50_000, "Frigate per person, quoted")


def identity_figures(clip: Clip, fps: float, promised: float | None, python: Path | None,
                     loaded: Loaded) -> Iterator[Figure]:
    seen = detections(clip.video, fps, loaded)
    frames = [round(each.mono_ns / NS_PER_S * clip.shape[2]) for each in seen]
    score = partial(agreement, clip, frames)
    ours = score(followed(seen, clip.shape[:2], loaded.traits))
    best = {} if python is None else best_of(python, fps, [each.detections for each in seen], score)
    peer = max(best, key=lambda kind: best[kind], default=None)
    yield Figure(f"{clip.folder.name} {fps:g}/s: IDF1 of the tracker", ours, "", promised, "higher",
                 *((best[peer], f"{peer}, the best peer") if peer else ()))
    for kind in KINDS if best else ():
        yield Figure(f"{clip.folder.name} {fps:g}/s: IDF1 of {kind}", best[kind], "", better="higher")


def agreement(clip: Clip, frames: Sequence[int], told: Told) -> float:
    return idf1((clip.truth.get(frame, ()), each) for frame, each in zip(frames, told, strict=True))


def followed(seen: Sequence[PictureDetections], size: tuple[int, int],
             traits: ModelTraits) -> list[list[Labelled]]:
    """Who our tracker says is live in each picture."""
    tracker = Tracker(TrackSettings(), high_score=traits.threshold,
                      margins={label: each.margins for label, each in traits.classes.items()})
    return [[Labelled(track.track_id, track.rect)
             for track in tracker.update(each.detections, each.mono_ns + 1, size).live] for each in seen]


def fast_figures(clip: Clip, changes: Sequence[str]) -> Iterator[Figure]:
    for speed in (2, 3, 4):
        played = play(hurried(clip, speed), ENTER_PERSON, changes)
        each = Counter(person for person, _ in whom(clip, played, speed) if person is not None)
        yield Figure(f"{clip.folder.name} at {speed} times the speed: events", len(played.begun),
                     f"for {len(clip.people)} people")
        yield Figure(f"{clip.folder.name} at {speed} times the speed: people with an event", len(each), "",
                     better="higher")


def hurried(clip: Clip, speed: int) -> Path:
    """The same pictures, each for a shorter time."""
    path = Path(".cache") / "bench" / f"{clip.folder.name}-x{speed}.mkv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(clip.video)) as source, av.open(str(path), "w") as target:
        video = source.streams.video[0]
        copy = target.add_stream_from_template(video)
        for packet in source.demux(video):
            if packet.dts is not None and packet.time_base is not None:
                packet.time_base /= speed
                packet.stream = copy
                target.mux(packet)
    return path
