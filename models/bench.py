"""What one inference costs on this very machine, by the shape of its input, and how many cameras that is."""

from __future__ import annotations

import argparse
import math
import re
import statistics
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edge.config.camera_model import CameraSettings
from edge.config.model import ModelSettings
from edge.watch.vision.planner import Budget, shape_of
from edge.watch.vision.session import ModelSession
from models.manifest import INPUT_PX
from models.store import InstalledModel

Shape = tuple[int, int]                 # width, height, pixels
OnRound = Callable[[int, int], None]    # rounds done, of how many

USUAL: Shape = (ModelSettings().input_px,) * 2      # what a camera's `fps` counts
LOOKS_A_SECOND: float = CameraSettings.model_fields["fps"].default
_BUDGET = Budget.of(LOOKS_A_SECOND, USUAL[0])
# Of the whole of a wide picture: what the default budget gives it where little moves, and where much does.
WHOLE, BUSY = (shape_of(cost_px, 16 / 9) for cost_px in (_BUDGET.usual_px, _BUDGET.wide_px))
SHAPES: tuple[Shape, ...] = ((256, 256), (320, 320), USUAL, WHOLE, (640, 352), BUSY, (640, 640), (832, 480))
ROUNDS = 20
_COLUMNS = 90
_SEED = 8
_SHAPE = re.compile(r"(\d{1,4})x(\d{1,4})")


@dataclass(frozen=True, slots=True)
class ShapeCost:
    """What one shape of input costs, over all rounds."""

    shape: Shape
    median_s: float
    p90_s: float


def measure(session: ModelSession, shapes: Sequence[Shape], rounds: int,
            on_round: OnRound) -> list[ShapeCost]:
    """Run each shape once a round, so that a board that grows hot slows down all of them alike.

    Args:
        rounds: at least 1; one more comes first, in which memory is laid out.

    Raises:
        ModelError: the network does not take one of the shapes.
    """
    noise = np.random.default_rng(_SEED)
    batches = [noise.random((1, 3, height, width), np.float32) for width, height in shapes]
    took_s: list[list[float]] = [[] for _ in shapes]
    for batch in batches:
        session.run(batch)
    for number in range(rounds):
        on_round(number, rounds)
        for batch, times_s in zip(batches, took_s, strict=True):
            began_s = time.perf_counter()
            session.run(batch)
            times_s.append(time.perf_counter() - began_s)
    on_round(rounds, rounds)
    return [ShapeCost(shape, statistics.median(times_s), _p90(times_s))
            for shape, times_s in zip(shapes, took_s, strict=True)]


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What was measured with a number of threads, and what it means for a box."""

    costs: tuple[ShapeCost, ...]
    usual: ShapeCost             # what the default budget is counted in
    threads: int

    @property
    def cameras(self) -> int:
        """How many can be busy at once, at the default budget: one inference runs at a time."""
        return math.floor(1 / (LOOKS_A_SECOND * self.usual.median_s))

    def as_text(self) -> str:
        return "\n".join([*self._table(), "", textwrap.fill(self._meaning(), _COLUMNS)])

    def as_json(self) -> dict[str, object]:
        return {"threads": self.threads, "cameras": self.cameras, "fps": LOOKS_A_SECOND,
                "usual": named(self.usual.shape),
                "shapes": [{"shape": named(cost.shape), "median_ms": round(1000 * cost.median_s, 2),
                            "p90_ms": round(1000 * cost.p90_s, 2), "cost": round(self._relative(cost), 3)}
                           for cost in self.costs]}

    def _table(self) -> Iterator[str]:
        yield f"{'SHAPE':>9}  {'MS':>7}  {'P90':>7}  {'COST':>5}  A SECOND"
        for cost in self.costs:
            relative = self._relative(cost)
            yield (f"{named(cost.shape):>9}  {1000 * cost.median_s:7.1f}  {1000 * cost.p90_s:7.1f}  "
                   f"{relative:5.2f}  {LOOKS_A_SECOND / relative:8.1f}")

    def _meaning(self) -> str:
        usual, busy = named(self.usual.shape), LOOKS_A_SECOND * self.usual.median_s
        return (f"COST is against {usual}. A SECOND is how many such looks cost what the default budget of a"
                f" camera does, fps = {LOOKS_A_SECOND:g} at {usual}. A camera where something moves takes"
                f" {100 * busy:.0f}% of the time for inference: this board carries {self.cameras} that are"
                " busy at once. With more, looks are skipped in turn; still scenes cost next to nothing.")

    def _relative(self, cost: ShapeCost) -> float:
        return cost.median_s / self.usual.median_s


def bench(model: InstalledModel, shapes: Sequence[Shape], rounds: int, threads: int,
          on_round: OnRound) -> BenchReport:
    """Measure `shapes`; of a network that takes no other shape than its own, that one.

    Args:
        threads: of one inference; 0 takes as many as watch does.

    Raises:
        ModelError: the model cannot be loaded.
    """
    session = ModelSession(model.path, threads)
    own = (model.entry.input.px,) * 2
    usual = USUAL if session.free_size else own
    shapes = shapes if session.free_size else [own]
    costs = measure(session, list(dict.fromkeys([*shapes, usual])), rounds, on_round)
    known = {cost.shape: cost for cost in costs}
    return BenchReport(tuple(known[shape] for shape in shapes), known[usual], session.threads)


def shapes_in(text: str) -> tuple[Shape, ...]:
    """A `type` of add_argument: `640x352,832x480`, width before height."""
    found = [_SHAPE.fullmatch(part.strip()) for part in text.split(",")]
    shapes = tuple((int(match[1]), int(match[2])) for match in found if match)
    if len(shapes) != len(found) or not all(side in INPUT_PX for shape in shapes for side in shape):
        raise argparse.ArgumentTypeError(
            f"want shapes such as 640x352,832x480, sides a multiple of {INPUT_PX.step}, got {text!r}")
    return shapes


def named(shape: Shape) -> str:
    return f"{shape[0]}x{shape[1]}"


def _p90(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.9 * len(values)) - 1]
