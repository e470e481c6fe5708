"""A picture becomes detections: pre-processing, inference, decoding, suppression.

What a model wants is told by its `DetectorSpec`, which the composition root reads from the installed
model; this file knows no model by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from edge.base.values import Detection, Frame, Rect
from edge.watch.vision import picodet, yolox
from edge.watch.vision.errors import ModelError
from edge.watch.vision.look import Look
from edge.watch.vision.nms import MAX_CANDIDATES, Candidates, Ints, best_first, suppress
from edge.watch.vision.pixels import Colour, InputPicture, Resize
from edge.watch.vision.scores import ClassTraits
from edge.watch.vision.session import ModelSession

Family = Literal["picodet", "yolox"]

MAX_DETECTIONS = 100        # of one picture


@dataclass(frozen=True, slots=True)
class DetectorSpec:
    """How to feed and read one model. A pixel enters as (value * scale - mean) / std."""

    name: str
    path: Path
    family: Family
    labels: tuple[str, ...]             # by class index
    input_px: int                       # side of the square input that its figures were measured with
    colour: Colour                      # order of the channels
    resize: Resize                      # "letterbox" keeps the aspect ratio and pads right and below
    scale: float
    mean: tuple[float, float, float]    # in the order of the channels
    std: tuple[float, float, float]
    max_iou: float                      # two boxes of a class that overlap more are one object
    traits: Mapping[str, ClassTraits] = field(default_factory=dict)    # by label, where not as usual


class Detector:
    """Finds objects in frames. Not thread-safe: it owns one input buffer."""

    def __init__(self, spec: DetectorSpec, session: ModelSession, threshold: float, most: int) -> None:
        """Use `open_detector`, which also checks that the model fits."""
        self._spec, self._session, self._threshold, self._most = spec, session, threshold, most
        self._wanted: dict[frozenset[str], Ints] = {}
        self._picture = InputPicture(spec.colour, spec.resize, spec.scale, spec.mean, spec.std)
        self._usual = Look((spec.input_px, spec.input_px))

    @property
    def labels(self) -> tuple[str, ...]:
        return self._spec.labels

    @property
    def spec(self) -> DetectorSpec:
        return self._spec

    @property
    def free_size(self) -> bool:
        """Whether the network takes inputs of any shape; otherwise only squares of `spec.input_px`."""
        return self._session.free_size

    def detect(self, frame: Frame, threshold: float | None = None, labels: frozenset[str] | None = None,
               look: Look | None = None) -> list[Detection]:
        """Find objects.

        Args:
            threshold: least score, 0..1; the detector's own where it is None.
            labels: look for these only, which is cheaper; None looks for all. Unknown ones are not found.
            look: at which part and how large; None is the whole picture in the model's own square.

        Returns:
            At most MAX_DETECTIONS, highest score first, clipped to what was looked at, in pixels of the
            frame. Empty boxes are left out.

        Raises:
            ModelError: the network does not take an input of that shape.
        """
        least, look = self._threshold if threshold is None else threshold, look or self._usual
        batch = self._picture.fill(frame, look.input_px, look.window)
        found = self._decode(self._session.run(batch), least, self._indices(labels), look.input_px)
        found = suppress(found, self._spec.max_iou)
        return self._detections(best_first(found, MAX_DETECTIONS), frame, look)

    def check(self) -> None:
        """Run once on a grey picture: the first real inference is then as quick as any other.

        Raises:
            ModelError: the outputs do not fit the family or the labels.
        """
        spec = self._spec
        outputs = self._session.run(self._picture.blank(self._usual.input_px))
        family = picodet if spec.family == "picodet" else yolox
        try:
            family.check(outputs, len(spec.labels), self._usual.input_px)
        except ValueError as exc:
            raise ModelError(f"model {spec.name!r}: its outputs do not fit family {spec.family!r} with "
                             f"{len(spec.labels)} labels at {spec.input_px} px: {exc}; "
                             f"check --family, --labels and --input") from exc

    def _decode(self, outputs: dict[str, np.ndarray], threshold: float, wanted: Ints | None,
                input_px: tuple[int, int]) -> Candidates:
        if self._spec.family == "picodet":
            return picodet.decode(outputs, threshold, wanted, self._most)
        return yolox.decode(outputs, threshold, input_px, wanted, self._most)

    def _indices(self, labels: frozenset[str] | None) -> Ints | None:
        if labels is not None and labels not in self._wanted:       # one set a camera
            self._wanted[labels] = np.flatnonzero([label in labels for label in self._spec.labels])
        return None if labels is None else self._wanted[labels]

    def _detections(self, found: Candidates, frame: Frame, look: Look) -> list[Detection]:
        seen = look.window or Rect(0, 0, frame.width, frame.height)
        factors = np.array(self._picture.factors(look.input_px, seen.width, seen.height) * 2, np.float32)
        boxes = found.boxes * factors + np.array([seen.x0, seen.y0] * 2, np.float32)
        lowest, highest = (np.array(sides, np.float32) for sides in (
            [seen.x0, seen.y0] * 2, [seen.x1, seen.y1] * 2))
        boxes = np.clip(boxes, lowest, highest)
        return [Detection(Rect(x0, y0, x1, y1), self._spec.labels[kind], score)
                for (x0, y0, x1, y1), kind, score in zip(
                    boxes.tolist(), found.classes.tolist(), found.scores.tolist(), strict=True)
                if x1 > x0 and y1 > y0]


def open_detector(spec: DetectorSpec, threshold: float, threads: int,
                  max_candidates: int = MAX_CANDIDATES) -> Detector:
    """Load the model and prove that it fits; takes up to a second and holds the GIL in part.

    Args:
        threshold: least score of a detection, 0..1.
        threads: of one inference; 0 takes half the cores.
        max_candidates: of one picture, the best of which go into suppression; several are one object.

    Raises:
        ModelError: the file is missing or broken, or its outputs do not fit the spec.
    """
    session = ModelSession(spec.path, threads)
    detector = Detector(spec, session, threshold, max_candidates)
    detector.check()
    return detector
