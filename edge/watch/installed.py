"""Makes a detector of the installed model. Used by the composition roots alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from edge.base.errors import ConfigError
from edge.config.camera_model import CameraSettings
from edge.config.model import ModelSettings
from edge.config.wording import unknown_label
from edge.watch.perception import CANDIDATES, LOW_SCORE, ModelTraits
from edge.watch.vision.detector import Detector, open_detector
from models.store import default_dir, load


@dataclass(frozen=True, slots=True)
class Loaded:
    """A detector that is ready, and what records say of it."""

    name: str
    detector: Detector
    short_hash: str        # first 16 hex digits of the weights' sha256
    traits: ModelTraits = field(default_factory=ModelTraits)


def load_detector(settings: ModelSettings, threshold: float | None = None) -> Loaded:
    """Verify the weights and open a session, warmed up: takes a second or so.

    Raises FatalError when the model is missing, damaged or does not fit its decoder.
    """
    model = load(settings.name, default_dir())
    detector = open_detector(model.detector_spec(settings.input_px),
                             LOW_SCORE if threshold is None else threshold, settings.threads, CANDIDATES)
    spec = detector.spec
    return Loaded(settings.name, detector, model.sha256[:16], ModelTraits(
        spec.input_px, detector.free_size, settings.threshold, spec.traits))


def refuse_unknown_labels(camera_id: str, settings: CameraSettings, loaded: Loaded, path: Path) -> None:
    """Raise ConfigError, one line for every class of a rule that the model cannot see."""
    faults = [f"{path}: cameras.{camera_id}.rules.{rule_id}.classes: {fault}"
              for rule_id, rule in settings.rules.items() for fault in unknown_labels(rule.classes, loaded)]
    if faults:
        raise ConfigError("\n".join(faults))


def unknown_labels(classes: Iterable[str], loaded: Loaded) -> list[str]:
    """A line for each of `classes` that the model has no label for."""
    known = loaded.detector.labels
    return [unknown_label(label, loaded.name, known) for label in classes if label not in known]
