"""Tampering on all clips: how soon each is found, and how often a camera that nobody touches is accused.

Each clip plays in a loop at a look a second, with sensor noise that is never the same. A minute of it is the
reference that the box takes by itself. Then something is done to the camera for 40 s; found is what is told
within 10 s of its beginning. Innocent things must not be told at all. Untouched, each clip goes through days
and nights: dusk, street lamps, infra-red, headlights, dawn.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from bench import tampers
from bench.result import Figure, Result, median_ms, need_shared
from bench.tampers import INNOCENT, TAMPERS, Luma
from dev.footage import fetch_footage
from edge.base.values import NS_PER_S
from edge.contract.messages import CameraState
from edge.watch.capture.health import HealthWatch
from edge.watch.capture.structure import structure_of
from edge.watch.capture.tamper import TamperWatch
from edge.watch.capture.view_reference import LEARN_LOOKS, ViewReference

PICTURES, WIDTH = 40, 800           # of each clip
LASTS_S, AFTER_S, WITHIN_S = 40, 20, 10.0
NOISE = 1.2
FALSE_HOURS = 3.0                   # of all clips together, with --long
DAY_S, QUICK_DAY_S = 1800, 300      # from noon to noon
TURNS = {"turned by 15 %": 0.15, "turned by 30 %": tampers.RIGHT}
TURNED = frozenset({CameraState.MOVED})


@dataclass(frozen=True, slots=True)
class Clip:
    name: str
    pictures: tuple[Luma, ...]
    reference: ViewReference

    def watch(self) -> HealthWatch:
        return HealthWatch(10.0, live=True, tamper=TamperWatch(self.reference))

    def at(self, second: int, turned_by: float = 0.0) -> Luma:
        return tampers.view(self.pictures[second % len(self.pictures)], turned_by)


@dataclass(frozen=True, slots=True)
class Told:
    """A state, and when, counted from the beginning of what was done."""

    after_s: int
    state: CameraState


def run(args: argparse.Namespace) -> Result:
    clips = [clip for path in videos(need_shared(args)) if (clip := read(path)) is not None]
    figures = [*tamper_figures(clips), *innocent_figures(clips),
               untouched_figure(clips, long=args.long), cost_figure(clips[0])]
    return Result("tamper", tuple(figures), (
        f"clips: {', '.join(clip.name for clip in clips)}; what is done to them is drawn (bench/tampers.py), "
        "no camera was harmed",
        "reference: what the box takes by itself from the first minute, nobody has confirmed it",
    ))


def videos(shared: Path) -> list[Path]:
    """All there are: the demo's and the evaluation data's."""
    footage = fetch_footage(Path(".cache") / "footage")
    found = [*(shared / "data").rglob("*.mp4"), *(shared / "data").rglob("*.avi")]
    return [*footage.values(), *sorted(found)]


def read(path: Path) -> Clip | None:
    """Some pictures of a clip and the reference that they give; None where they give none."""
    lumas = list(_lumas(path))
    pictures = tuple(lumas[::max(1, len(lumas) // PICTURES)])
    watch = TamperWatch()
    for second in range(LEARN_LOOKS):
        picture = tampers.view(pictures[second % len(pictures)])
        watch.look(structure_of(tampers.noisy(picture, NOISE, second)))
    return None if watch.reference is None else Clip(path.stem, pictures, watch.reference)


def _lumas(path: Path) -> Iterator[Luma]:
    with av.open(str(path)) as container:
        for picture in container.decode(video=0):
            height = round(picture.height * WIDTH / picture.width / 2) * 2
            yield np.asarray(picture.reformat(WIDTH, height, "gray").to_ndarray(), np.uint8)


def play(watch: HealthWatch, pictures: Callable[[int], Luma], seconds: range) -> list[Told]:
    """What `watch` tells of one picture a second."""
    told = []
    for second in seconds:
        change = watch.look(pictures(second), False, (second + 1000) * NS_PER_S)
        if change is not None:
            told.append(Told(second, change.state))
    return told


def tampered(clip: Clip, change: Callable[[Luma, float], Luma], turned_by: float = 0.0) -> list[Told]:
    """Half a minute untouched, then what is done to it, then untouched again."""
    def picture(second: int) -> Luma:
        if not 0 <= second < LASTS_S:
            return tampers.noisy(clip.at(second), NOISE, second)
        return tampers.noisy(change(clip.at(second, turned_by), float(second)), NOISE, second)
    return play(clip.watch(), picture, range(-30, LASTS_S + AFTER_S))


def frozen(clip: Clip) -> list[Told]:
    still = tampers.noisy(clip.at(0), NOISE, 0)
    return play(clip.watch(), lambda second: still if 0 <= second < LASTS_S else tampers.noisy(
        clip.at(second), NOISE, second), range(-30, LASTS_S + AFTER_S))


def tamper_figures(clips: list[Clip]) -> Iterator[Figure]:
    named = healed = done = 0
    for name, right, stories in _stories(clips):
        first = [next((told for told in story if 0 <= told.after_s < LASTS_S), None) for story in stories]
        yield Figure(f"{name}: found", max(LASTS_S if it is None else it.after_s for it in first),
                     "s, the slowest clip", WITHIN_S)
        done += len(stories)
        named += sum(it is not None and it.state in right for it in first)
        healed += sum(story[-1:] != [] and story[-1].state is CameraState.OK for story in stories)
    yield Figure("named as what it is", 100 * named / done, "%", 90, "higher")
    yield Figure("well again within 20 s of its end", 100 * healed / done, "%", 100, "higher")


def _stories(clips: list[Clip]) -> Iterator[tuple[str, frozenset[CameraState], list[list[Told]]]]:
    for name, (change, right) in TAMPERS.items():
        yield name, right, [tampered(clip, change) for clip in clips]
    for name, turned_by in TURNS.items():
        yield name, TURNED, [tampered(clip, lambda luma, _: luma, turned_by) for clip in clips]
    yield "frozen", frozenset({CameraState.FROZEN}), [frozen(clip) for clip in clips]


def innocent_figures(clips: list[Clip]) -> Iterator[Figure]:
    for name, change in INNOCENT.items():
        accused = [clip.name for clip in clips if tampered(clip, change)]
        yield Figure(f"{name} for {LASTS_S} s: told", len(accused), f"of {len(clips)} clips", 0)


def untouched_figure(clips: list[Clip], long: bool) -> Figure:
    """Day and night of each clip."""
    seconds = round(FALSE_HOURS * 3600 / len(clips)) if long else 2 * QUICK_DAY_S
    day_s = DAY_S if long else QUICK_DAY_S
    told = [(clip.name, it) for clip in clips for it in play(
        clip.watch(), lambda second, clip=clip: lit(clip.at(second), second, day_s), range(seconds))]  # type: ignore[misc]
    false = sum(it.state is not CameraState.OK for _, it in told)
    hours = seconds * len(clips) / 3600
    return Figure(f"told in {hours:.1f} h of untouched days and nights", false, "times", 1)


def lit(luma: Luma, second: int, day_s: int) -> Luma:
    """A street at that time: noon at 0, midnight at half of `day_s`."""
    sun = 0.5 + 0.5 * math.cos(2 * math.pi * second / day_s)
    if sun < 0.25:                                      # infra-red takes over, the sensor's gain is up
        lit = tampers.infra_red(luma, 0)
        if second % 40 < 3:                             # headlights pass
            lit = np.clip(lit + 120 * tampers.blotches(luma.shape, 3, second % 7) ** 4, 0, 255)
        return tampers.noisy(lit, 4.0, second)
    cloud = 0.85 + 0.15 * math.sin(second / 17)
    gain = np.float32(0.25 + 0.75 * sun * cloud)
    return tampers.noisy(luma * gain + np.float32(12 * (1 - sun)), NOISE + 3 * (1 - sun), second)


def cost_figure(clip: Clip) -> Figure:
    """Of one look at a picture of the clip's size."""
    watch, ticks = clip.watch(), itertools.count()
    pictures = [tampers.noisy(clip.at(second), NOISE, second) for second in range(16)]

    def one() -> None:
        tick = next(ticks)
        watch.look(pictures[tick % 16], False, tick * NS_PER_S)

    height, width = pictures[0].shape
    return Figure(f"a look, {width}x{height}, once a second", median_ms(one, 100), "ms")
