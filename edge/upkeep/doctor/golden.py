"""Whether the model sees what it must in a picture that is known, and how quickly."""

from __future__ import annotations

import statistics
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files

from edge.base.errors import FatalError
from edge.base.findings import Finding, Kind, State
from edge.config.camera_model import CameraSettings
from edge.config.model import ModelSettings
from edge.health import rules
from edge.watch.capture.still import read_image
from edge.watch.installed import load_detector

_RUNS = 3
_LEAST_SCORE = 0.05     # of a detection that is looked at here, to tell how far off it is


@dataclass(frozen=True, slots=True)
class Golden:
    """The picture that a model is tried with, as golden.toml describes it."""

    file: str
    sha256: str
    label: str
    least_score: float
    limit_s: float


def golden() -> Golden:
    return Golden(**tomllib.loads((files("edge.upkeep.doctor") / "golden.toml").read_text("utf-8")))


def try_model(settings: ModelSettings, cameras: Mapping[str, CameraSettings]) -> Finding:
    """Load it as watch does, and look at the golden picture a few times; takes a second or so."""
    picture = golden()
    try:
        detector = load_detector(settings, _LEAST_SCORE).detector
    except FatalError as exc:
        return Finding(Kind.MODEL, settings.name, State.BAD, "model-bad", {"error": exc})
    if picture.label not in detector.labels:
        return Finding(Kind.MODEL, settings.name, State.SKIPPED, "model-other", {"label": picture.label})
    with as_file(files("edge.upkeep.doctor") / picture.file) as path:
        frame = read_image(path)
    took_s, score = [], 0.0
    for _ in range(_RUNS):
        began_s = time.monotonic()
        found = detector.detect(frame)
        took_s.append(time.monotonic() - began_s)
        score = max((each.score for each in found if each.label == picture.label), default=0.0)
    return rules.inference(statistics.median(took_s), score, picture.label, picture.least_score,
                           picture.limit_s, sum(camera.fps for camera in cameras.values()))
