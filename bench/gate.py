"""The motion gate on made scenes of night and weather, and on real footage of people.

A false frame is one of the quiet frames in which motion is told; a recalled frame is one with the
walker in which a region touches it. Shares are the worst of three seeds.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import numpy.typing as npt

from bench.gate_pairs import pair_figures
from bench.result import Figure, Result, median_ms, need_shared
from edge.base.values import NS_PER_S, Rect
from edge.config.camera_model import MotionSettings
from edge.watch.capture.gate import Motion, MotionGate

Luma = npt.NDArray[np.uint8]
Seen = tuple[Luma, Rect | None]        # a frame, and where the walker is

FPS, QUIET_FROM, WALKER_FROM, SEEDS = 5, 300, 500, (0, 1, 2)
FRAME_NS = NS_PER_S // FPS
WARM_UP, STEP_AFTER = 60, 100          # frames: quiet ones before the walker, his before the light steps
FALSE_TARGET = {"headlight": 25.0, "insect": None}      # an insect does move: the detector tells what it is

# Quoted from a study of peers on the same scenes, seed 0, not measured here: whichever of Frigate 0.18
# and Viseron's MOG2 (its least area lowered) did better, and its per cent of false and recalled frames.
QUOTED = {"plain": ("Frigate", 0, 100), "night": ("Frigate", 0, 0), "noise15": ("Frigate", 0, 100),
          "slowlight": ("Frigate", 12, 72), "irstep": ("MOG2", 0, 100), "headlight": ("MOG2", 40, 100),
          "rain": ("MOG2", 0, 100), "insect": ("Frigate", 84, 100), "tree": ("MOG2", 0, 100)}
QUOTED_BLIND_S = {"start": 7.0, "step": 4.2}            # Frigate; the shortest seen after a step


def load_scenes(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("gate_scenes", shared / "tools" / "gate_scenes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def touches(motion: Motion, rect: Rect) -> bool:
    return any(region.intersection(rect).area > 0 for region in motion.regions)


@dataclass(frozen=True, slots=True)
class Shares:
    """Per cent of the frames of one scene."""

    false: float
    recall: float


def play(frames: Iterable[Seen]) -> Iterator[tuple[Motion, Rect | None]]:
    gate = MotionGate(MotionSettings())
    for index, (luma, walker) in enumerate(frames):
        yield gate.look(luma, index * FRAME_NS), walker


def measure_scene(frames: Iterable[Seen]) -> Shares:
    false, recalled, walked = 0, 0, 0
    for index, (motion, walker) in enumerate(play(frames)):
        if walker is not None:
            walked += 1
            recalled += touches(motion, walker)
        elif index >= QUIET_FROM:
            false += motion.moved
    return Shares(100 * false / (WALKER_FROM - QUIET_FROM), 100 * recalled / walked)


def blind_s(frames: Iterable[Seen], since: int) -> float:
    """Seconds from frame `since` until the walker is touched and stays so for a second."""
    told = [touches(motion, walker) for motion, walker in play(frames) if walker is not None]
    lost = [index for index in range(since, len(told) - FPS) if not all(told[index:index + FPS])]
    return (lost[-1] + 1 - since) / FPS if lost else 0.0


def lit(frames: Iterable[Seen], change: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
        since: int) -> Iterator[Seen]:
    for index, (luma, walker) in enumerate(frames):
        if index < since:
            yield luma, walker
        else:
            yield np.clip(change(luma.astype(float)), 0, 255).astype(np.uint8), walker


STEPS: dict[str, Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]] = {
    "lamp on": lambda luma: luma + 40, "lamp off": lambda luma: luma - 40,
    "infra-red": lambda luma: luma * 0.35 + 20, "exposure": lambda luma: luma * 1.3,
}


class PlainAverage:
    """What a gate costs at least when written plainly: a float32 running mean and its difference."""

    def __init__(self, luma: Luma) -> None:
        self._mean = luma.astype(np.float32)

    def look(self, luma: Luma) -> bool:
        difference = luma - self._mean
        self._mean += 0.02 * difference
        return float((np.abs(difference) > 25).mean()) > 0.001


def cost_figures(frames: list[Luma]) -> Iterator[Figure]:
    """Time at 1280 x 720: with nobody (first half of `frames`), and with a walker."""
    frames = [np.repeat(np.repeat(luma, 2, axis=0), 2, axis=1) for luma in frames]
    half = len(frames) // 2
    plain = PlainAverage(frames[0])
    reference_ms = median_ms(lambda: plain.look(frames[0]), 100, warm_up=20)
    for name, part in (("still", frames[:half]), ("with a walker", frames[half:])):
        gate, ticks = MotionGate(MotionSettings()), itertools.count()
        for luma in frames[:half]:
            gate.look(luma, next(ticks) * FRAME_NS)
        shown = zip(itertools.cycle(part), ticks, strict=False)

        def one(gate: MotionGate = gate, shown: Iterator[tuple[Luma, int]] = shown) -> None:
            luma, tick = next(shown)
            gate.look(luma, tick * FRAME_NS)

        yield Figure(f"1280x720, {name}", median_ms(one, 200, warm_up=20), "ms a frame", 1.1,
                     reference=reference_ms, reference_name="plain float32 mean, same run")


def footage_figures(folder: Path) -> Iterator[Figure]:
    """Real footage with labelled people, every second frame of 10 a second."""
    people: dict[int, list[Rect]] = defaultdict(list)
    with (folder / "gt.txt").open(newline="") as file:
        for row in csv.reader(file):
            x, y, w, h = (float(value) for value in row[2:6])
            people[int(row[0]) - 1].append(Rect(x, y, x + w, y + h))
    gate, passed, frames, touched, labelled = MotionGate(MotionSettings()), 0, 0, 0, 0
    with av.open(str(folder / "vtest.avi")) as container:
        for index, picture in enumerate(container.decode(video=0)):
            if index % 2 or not people[index]:
                continue
            plane = picture.planes[0]
            luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, :plane.width]
            motion = gate.look(luma, index * NS_PER_S // 10)
            frames, passed = frames + 1, passed + motion.passes
            labelled += len(people[index])
            touched += sum(touches(motion, rect) for rect in people[index])
    yield Figure("vtest.avi: frames with people that pass", 100 * passed / frames, "%", 98, "higher")
    yield Figure("vtest.avi: people touched by a region", 100 * touched / labelled, "%")


def scene_figures(name: str, shares: list[Shares]) -> Iterator[Figure]:
    peer, false, recall = QUOTED[name]
    yield Figure(f"{name}: false", max(share.false for share in shares), "%", FALSE_TARGET.get(name, 5.0),
                 reference=false, reference_name=f"{peer}, quoted")
    yield Figure(f"{name}: recall", min(share.recall for share in shares), "%", 95, "higher",
                 reference=recall, reference_name=f"{peer}, quoted")


def blind_figures(scenes: list[list[Seen]]) -> Iterator[Figure]:
    """Worst over `scenes`, each WARM_UP quiet frames and then the walker's."""
    start_s = max(blind_s(seen[WARM_UP:], 0) for seen in scenes)
    yield Figure("blind after start, walker from frame 0", start_s, "s", 1.0,
                 reference=QUOTED_BLIND_S["start"], reference_name="Frigate, quoted")
    for name, change in STEPS.items():
        step_s = max(blind_s(lit(seen, change, WARM_UP + STEP_AFTER), STEP_AFTER) for seen in scenes)
        yield Figure(f"blind after a light step: {name}", step_s, "s", 1.0,
                     reference=QUOTED_BLIND_S["step"], reference_name="Frigate, quoted")


def run(args: argparse.Namespace) -> Result:
    shared = need_shared(args)
    scenes = load_scenes(shared)

    def frames(kind: str, seed: int) -> Iterator[Seen]:
        for _, luma, walker in scenes.scene(kind, seed=seed):
            yield luma, None if walker is None else Rect(*walker)

    figures: list[Figure] = []
    for kind in scenes.SCENES:
        figures += scene_figures(kind, [measure_scene(frames(kind, seed)) for seed in SEEDS])
    ends = [list(itertools.islice(frames(kind, seed), WALKER_FROM - WARM_UP, None))
            for kind, seed in (("plain", 0), ("plain", 1), ("night", 0))]
    figures += pair_figures()
    figures += blind_figures(ends)
    figures += footage_figures(shared / "data" / "mot" / "PETS09-S2L1")
    figures += cost_figures([luma for luma, _ in ends[0][:2 * WARM_UP]])
    return Result("gate", tuple(figures), (
        f"scenes: worst of seeds {SEEDS}, 200 quiet and 200 walker frames each; peers on seed 0",
        "the insect has no target: it is a thing that moves, and the gate says so",
        "made scenes rank gates; they are no field truth",
    ))
