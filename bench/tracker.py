"""The tracker on made objects: time an update, identities, and lines that cars cross towards the camera.

Few things: what grows, shrinks, hides, swaps, returns, is fast (bench/movers.py), at 2 to 25 pictures a
second; the worst of eight seeds. Cars: real cut-outs that grow or shrink along a road (bench/scenes.py)
through the code of `edgebox replay`, with four lines across their way.

Many things: twenty objects swing across a picture of 1280 x 720 at 5 pictures a second with jitter in time,
one frame in ten dropped. Each is missed one time in ten and jitters by 4 % of its size; doubtful false
detections rain down everywhere, and who covers another hides it for the detector as in life. Turning back
takes time, as for all that has mass: objects that reversed a run within one picture came to 21 to 29
identities over as many seeds. `--quick` leaves the cars out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import movers
from bench.movers import Mover
from bench.replays import play
from bench.result import Figure, Result, need_shared
from bench.scenes import Scene, approach, make
from edge.base.values import NS_PER_S, Detection, Rect, Tracks
from edge.config.camera_model import TrackSettings
from edge.watch.vision.tracker import Tracker

OBJECTS, SECONDS, SEEDS = 20, 60, range(8)
WIDTH, HEIGHT, FPS = 1280, 720, 5
DROPPED, MISSED, JITTER, RAIN = 0.1, 0.1, 0.04, 3.0
RATES, CROSSED_AT = (2.0, 5.0, 10.0, 25.0), (0.5, 0.6, 0.7, 0.8)
LEAST_CROSSINGS = 31            # of 32
HIDDEN_IOU = 0.6               # the detector's own suppression swallows the one behind
NORFAIR_SCALAR_MS, NORFAIR_SCALAR_IDS = 14.0, 21       # quoted: Frigate's tracker, one x86 core
NORFAIR_VECTOR_MS, NORFAIR_VECTOR_IDS = 1.0, 41


@dataclass(frozen=True, slots=True)
class Picture:
    mono_ns: int
    detections: list[Detection]


class Street:
    """Objects that swing to and fro across the picture, each at its own pace; each keeps its size."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        height = self.rng.uniform(60, 140, OBJECTS)
        self.size = np.stack([height * self.rng.uniform(0.35, 0.5, OBJECTS), height], axis=1)
        room = np.array([WIDTH, HEIGHT]) - self.size
        self.reach = room * self.rng.uniform([0.2, 0.1], [0.5, 0.3], (OBJECTS, 2))
        self.middle = self.reach + (room - 2 * self.reach) * self.rng.uniform(0, 1, (OBJECTS, 2))
        speed = (height * self.rng.uniform(0.3, 1.2, OBJECTS))[:, None] * [1.0, 0.4]
        self.pace = speed / self.reach                     # radians a second
        self.phase = self.rng.uniform(0, 2 * np.pi, (OBJECTS, 2))
        self.walk(0.0)

    def walk(self, dt_s: float) -> None:
        self.phase = self.phase + self.pace * dt_s
        self.place = self.middle + self.reach * np.sin(self.phase)

    def seen(self) -> list[Detection]:
        """What a detector makes of it."""
        rng, found = self.rng, list[Detection]()
        for i in np.argsort(-(self.place + self.size)[:, 1]):      # the nearest first
            noise = rng.normal(0, JITTER, 4) * np.tile(self.size[i], 2)
            rect = Rect(*(np.concatenate([self.place[i], self.place[i] + self.size[i]]) + noise).tolist())
            hidden = any(rect.iou(other.rect) > HIDDEN_IOU for other in found)
            if not hidden and rng.random() >= MISSED:
                score = rng.uniform(0.15, 0.4) if rng.random() < 0.1 else rng.uniform(0.55, 0.95)
                found.append(Detection(rect, "person", float(score)))
        for _ in range(rng.poisson(RAIN)):
            x, y, h = rng.uniform(0, WIDTH - 60), rng.uniform(0, HEIGHT - 140), rng.uniform(40, 140)
            found.append(Detection(Rect(x, y, x + 0.42 * h, y + h), "person", float(rng.uniform(0.1, 0.35))))
        return found


def pictures(seed: int) -> Iterator[Picture]:
    street, mono_ns = Street(seed), NS_PER_S
    for _ in range(SECONDS * FPS):
        dt_s = street.rng.uniform(0.7, 1.3) / FPS
        street.walk(dt_s)
        mono_ns += round(dt_s * NS_PER_S)
        if street.rng.random() >= DROPPED:
            yield Picture(mono_ns, street.seen())


def identities(seed: int) -> tuple[int, list[float]]:
    """How many tracks were ever confirmed, and what each update took, milliseconds."""
    tracker, known, times_ms = Tracker(TrackSettings()), set[int](), list[float]()
    for picture in pictures(seed):
        start_ns = time.perf_counter_ns()
        tracks: Tracks = tracker.update(picture.detections, picture.mono_ns, (WIDTH, HEIGHT))
        times_ms.append((time.perf_counter_ns() - start_ns) / 1e6)
        known.update(track.track_id for track in tracks.live)
    return len(known), times_ms


def followed(mover: Mover, fps: float, seed: int) -> set[int]:
    """Every track that was ever told."""
    tracker, known = Tracker(TrackSettings()), set[int]()
    for mono_ns, found in movers.pictures(mover, fps, seed):
        known.update(track.track_id for track in tracker.update(found, mono_ns, (WIDTH, HEIGHT)).live)
    return known


def mover_figures() -> Iterator[Figure]:
    """Identities at every rate, each the worst of the seeds: the one farthest from what is right."""
    for mover in movers.MOVERS:
        worst = [max((len(followed(mover, fps, seed)) for seed in SEEDS),
                     key=lambda count: abs(count - mover.identities)) for fps in RATES]
        wrong = sum(count != mover.identities for count in worst)
        told = ", ".join(f"{count} at {fps:g}" for count, fps in zip(worst, RATES, strict=True))
        yield Figure(f"{mover.name}: rates with other than {mover.identities} identities", wrong,
                     f"of {len(RATES)} ({told})", 0)


def approach_figures(shared: Path) -> Iterator[Figure]:
    """Eight cars over four lines, four of them coming: 32 crossings and 8 entries."""
    scene = approach()
    made = make(scene, shared)
    classes = ["car", "truck", "bus"]
    lines = {f"line-{index}": [[0.02, y], [0.98, y]] for index, y in enumerate(CROSSED_AT)}
    rules = {"enter": {"kind": "enter", "classes": classes, "min_height_ratio": 0.05}} | {
        name: {"kind": "cross", "line": name, "classes": classes} for name in lines}
    for fps in (2.5, 5.0, 10.0):
        played = play(made.video, rules, [f"camera.fps={fps}", f"camera.lines={json.dumps(lines)}"])
        # The street's own two parked cars stand at its upper edge.
        crossed = Counter((told.envelope.data["rule"], car_at(scene, told.video_s)) for told in played.begun
                          if told.envelope.data["object"]["rect"][3] > 0.2)
        entered = {car: count for (rule, car), count in crossed.items() if rule == "enter"}
        first = sum(count > 0 for (rule, _), count in crossed.items() if rule != "enter")
        name, again = f"8 cars at {fps:g}/s", crossed.total() - sum(entered.values()) - first
        yield Figure(f"{name}: lines crossed", first, "of 32", LEAST_CROSSINGS, "higher")
        yield Figure(f"{name}: crossed again", again, "", 0)
        yield Figure(f"{name}: told", len(entered), "of 8", 8, "higher")
        yield Figure(f"{name}: events each", sum(entered.values()) / max(1, len(entered)), "", 1.0)


def car_at(scene: Scene, video_s: float) -> int:
    """Which car drives then; -1 where none has yet."""
    return max((index for index, drive in enumerate(scene.drives) if drive.since_s <= video_s), default=-1)


def run(args: argparse.Namespace) -> Result:
    runs = [identities(seed) for seed in SEEDS]
    times_ms = [each for _, times in runs for each in times]
    counts = [count for count, _ in runs]
    figures = [
        Figure(f"update with {OBJECTS} objects, median", statistics.median(times_ms), "ms", 2.0, "lower",
               NORFAIR_SCALAR_MS, "Norfair, quoted"),
        Figure("update, 99 of 100", float(np.percentile(times_ms, 99)), "ms"),
        Figure(f"identities for {OBJECTS}, worst of {len(SEEDS)} seeds", max(counts), "", 21, "lower",
               NORFAIR_SCALAR_IDS, "Norfair, quoted"),
        Figure("identities, median", statistics.median(counts), ""),
        Figure("identities, least", min(counts), "", OBJECTS, "higher"),
        *mover_figures()]
    notes = [f"Norfair with vectorised IoU, quoted: {NORFAIR_VECTOR_MS:.0f} ms, {NORFAIR_VECTOR_IDS} "
             "identities",
             "the quoted figures are from another scene of 20 objects on another machine"]
    if args.quick:
        notes.append("quick: cars over lines left out")
    elif args.shared is None:
        notes.append("cars over lines left out: they need the evaluation data, --shared DIR")
    else:
        figures += approach_figures(need_shared(args))
    return Result("tracker", tuple(figures), tuple(notes))
