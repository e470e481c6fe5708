"""What the detector answers to a clip's whole pictures, kept so that trackers are quick to try."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from bench.scenes import CACHE
from edge.base.values import Detection, Rect
from edge.config.camera_model import CameraSettings
from edge.watch.capture.stream import open_stream
from edge.watch.installed import Loaded
from edge.watch.perception import LOW_SCORE
from edge.watch.vision import picodet
from edge.watch.vision.scores import ScoreScale

PERSON = frozenset({"person"})


@dataclass(frozen=True, slots=True)
class PictureDetections:
    """One picture's persons, doubtful ones too."""

    mono_ns: int
    detections: tuple[Detection, ...]


def detections(video: Path, fps: float, loaded: Loaded) -> list[PictureDetections]:
    """Every picture at `fps`, at the model's own square; scores on the common scale."""
    recipe = hashlib.sha256(video.read_bytes())
    recipe.update(f"{fps} {loaded.short_hash}".encode() + Path(picodet.__file__).read_bytes())
    kept = CACHE / f"seen-{video.stem}-{recipe.hexdigest()[:12]}.json"
    if not kept.is_file():
        camera = CameraSettings(source=str(video), fps=fps)
        with open_stream("bench", camera, live=False) as stream:
            rows = [[frame.mono_ns, [[*_sides(each.rect), each.score]
                                     for each in loaded.detector.detect(frame, labels=PERSON)]]
                    for frame in stream]
        CACHE.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(rows))
    scale = ScoreScale(loaded.traits.classes)
    return [PictureDetections(mono_ns, tuple(scale.apply([Detection(Rect(x0, y0, x1, y1), "person", score)
                                             for x0, y0, x1, y1, score in found], LOW_SCORE)))
            for mono_ns, found in json.loads(kept.read_text())]


def _sides(rect: Rect) -> tuple[float, float, float, float]:
    return rect.x0, rect.y0, rect.x1, rect.y1
