"""Made scenes in which something moves that is no motion: what a gate passes of them costs CPU for nothing.


As `gate_scenes.py` has its own: luma planes, uint8 (360, 640), 5 a second, 700 of them, nothing to be told of
in 300..499, a walker of 36 x 80 px from 500 on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.result import Figure
from edge.base.testing import ArrayFrame
from edge.base.values import NS_PER_S, PERSON, Detection, Frame, Rect
from edge.config.camera_model import CameraSettings, RuleKind, RuleSettings
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.watch.perception import ModelTraits
from edge.watch.pipeline import CameraPipeline
from edge.watch.vision.look import Look

WIDTH, HEIGHT, FRAMES, QUIET_FROM, WALKER_FROM = 640, 360, 700, 300, 500
FPS = 5
Levels = npt.NDArray[np.float64]
Change = Callable[[Levels, int, np.random.Generator], None]


def _flicker(luma: Levels, index: int, _: np.random.Generator) -> None:
    """A lamp whose light beats against the exposure: 8 grey levels, every other picture."""
    luma += 8 * (index % 2)


def _strong_flicker(luma: Levels, index: int, _: np.random.Generator) -> None:
    luma += 16 * (index % 2)


def _washing(luma: Levels, index: int, _: np.random.Generator) -> None:
    """Four cloths on a line, which swing each at their own pace."""
    for cloth in range(4):
        x = 80 + cloth * 60 + round(9 * np.sin(index / (2 + cloth / 3) + cloth))
        luma[60:130, x:x + 40] = 230 - 35 * cloth
        luma[60:130:9, x:x + 40] -= 30


def _leaves(luma: Levels, index: int, reach: float) -> None:
    for leaf in range(40):
        x = 400 + (leaf % 8) * 18 + int(reach * np.sin(index / 2 + leaf))
        y = 40 + (leaf // 8) * 18
        luma[y:y + 12, x:x + 12] = 50 + (leaf * 37) % 150


def _gusts(luma: Levels, index: int, _: np.random.Generator) -> None:
    """Leaves that hardly stir, and toss for four seconds out of twenty."""
    _leaves(luma, index, 12 if index % 100 < 20 else 1)


def _slow_light(luma: Levels, index: int, _: np.random.Generator) -> None:
    luma += 40 * np.sin(2 * np.pi * index / 150)
    _leaves(luma, index, 4)


def _wet_night(luma: Levels, index: int, rng: np.random.Generator) -> None:
    """Headlights every six seconds, in rain, at night."""
    luma *= 0.2
    luma += 12
    if 310 <= index < 480 and (index // 15) % 2 == 0:
        yy, xx = np.mgrid[:HEIGHT, :WIDTH]
        x = (index % 15) / 15 * WIDTH
        luma += 150 * np.exp(-(((xx - x) / 90) ** 2 + ((yy - 230) / 50) ** 2))
    for x, y in zip(rng.integers(0, WIDTH - 2, 60), rng.integers(0, HEIGHT - 14, 60), strict=True):
        luma[y:y + 12, x:x + 1] += 60


PAIRS: Mapping[str, Change] = {
    "lamp flicker": _flicker, "strong lamp flicker": _strong_flicker, "washing": _washing, "gusts": _gusts,
    "slow light, tree": _slow_light, "headlight, rain, night": _wet_night}


def pair(name: str, seed: int) -> Iterator[tuple[npt.NDArray[np.uint8], Rect | None]]:
    """The pictures of one of PAIRS, and where the walker is."""
    rng = np.random.default_rng(seed)
    ground = _smooth(rng.integers(40, 200, (HEIGHT // 16, WIDTH // 16)).astype(float))
    coat = rng.integers(0, 255, (80, 36)).astype(float)
    for index in range(FRAMES):
        luma, walker = ground.copy(), None
        if index >= WALKER_FROM:
            x = int(20 + (index - WALKER_FROM) * 2.5) % (WIDTH - 60)
            luma[200:280, x:x + 36], walker = coat, Rect(x, 200, x + 36, 280)
        PAIRS[name](luma, index, rng)
        noisy = luma + rng.integers(-3, 4, luma.shape)
        yield np.clip(noisy, 0, 255).astype(np.uint8), walker


@dataclass
class FindsWalker:
    """A detector that never errs."""

    walker: Rect | None = None

    def detect(self, frame: Frame, *, threshold: float, labels: frozenset[str],
               look: Look) -> list[Detection]:
        return [] if self.walker is None else [Detection(self.walker, PERSON, 0.8)]


def pair_figures() -> Iterator[Figure]:
    """What one camera's whole pipeline passes on to inference while nothing comes, and of the walker."""
    for name in PAIRS:
        enter = RuleSettings(kind=RuleKind.ENTER)
        settings = CameraSettings(source="rtsp://192.0.2.1/", rules={"enter": enter})
        pipeline = CameraPipeline("bench", settings, ThumbnailSettings(), EvidenceSettings(), ModelTraits())
        finder, passed = FindsWalker(), {False: 0, True: 0}
        for index, (luma, finder.walker) in enumerate(pair(name, 0)):
            mono_ns = (index + 1) * NS_PER_S // FPS
            frame = ArrayFrame(np.repeat(luma[:, :, None], 3, axis=2), mono_ns, mono_ns / NS_PER_S)
            motion = pipeline.gate(frame)
            if motion.passes:
                pipeline.infer(frame, motion, finder, None)
            else:
                pipeline.hold(frame, None)
            if index >= QUIET_FROM:
                passed[finder.walker is not None] += motion.passes
        quiet, walked = WALKER_FROM - QUIET_FROM, FRAMES - WALKER_FROM
        yield Figure(f"{name}: passed for nothing", 100 * passed[False] / quiet, "%", 20.0)
        yield Figure(f"{name}: walker passed", 100 * passed[True] / walked, "%", 100.0, "higher")


def _smooth(values: Levels) -> Levels:
    """Bilinear enlargement."""
    rows = np.linspace(0, values.shape[0] - 1, HEIGHT)
    columns = np.linspace(0, values.shape[1] - 1, WIDTH)
    tall = np.stack([np.interp(rows, np.arange(values.shape[0]), column) for column in values.T], axis=1)
    return np.stack([np.interp(columns, np.arange(values.shape[1]), row) for row in tall])
