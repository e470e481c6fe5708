"""Recordings through the code of `edgebox replay`, with settings that a bench names, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.probe import FIVE_LOOKS_PX, Moment, Probe
from edge.commands.replay import ReplayRecord, ReplaySummary, Take, plan, replay
from edge.config.camera_model import CameraSettings
from edge.config.model import ModelSettings
from edge.contract.messages import Phase
from edge.watch.installed import load_detector

# Persons, two-wheelers and four-wheelers apart, so that an event says as what something was told.
ENTER_EACH: Mapping[str, Any] = {
    "someone": {"kind": "enter", "classes": ["person"]},
    "two": {"kind": "enter", "classes": ["motorcycle", "bicycle"]},
    "four": {"kind": "enter", "classes": ["car", "truck", "bus"]}}
ENTER_PERSON: Mapping[str, Any] = {"someone": ENTER_EACH["someone"]}


@dataclass(frozen=True, slots=True)
class Played:
    """One recording's run. Times are of the recording, from its first picture."""

    records: tuple[ReplayRecord, ...]
    moments: tuple[Moment, ...]     # every analysed picture
    summary: Mapping[str, float]
    looks: int
    input_px: int                   # pixels of all inferences' inputs together
    infer_s: float                  # CPU time of session.run
    open_s: float                   # how long the gate was open

    @property
    def begun(self) -> list[ReplayRecord]:
        return [told for told in self.records if told.envelope.data["phase"] == Phase.NEW]

    @property
    def cost(self) -> float:
        """Inference a second of motion; five looks at 416x416 are 1."""
        return self.input_px / max(1.0, self.open_s) / FIVE_LOOKS_PX


def play(video: Path, rules: Mapping[str, Any], changes: Iterable[str] = (), camera_id: str = "") -> Played:
    """Run `video` at the product's defaults but for `changes`, each `model.KEY=VALUE` or `camera.KEY=VALUE`.

    Inference runs on one thread, so that its CPU time is the caller's. Raises ValueError for a change
    that names no setting, FatalError where the recording or the model is not to be had.
    """
    model: dict[str, Any] = {"threads": 1}
    camera: dict[str, Any] = {"source": str(video), "at_end": "stop", "rules": json.loads(json.dumps(rules))}
    for change in changes:
        _apply({"model": model, "camera": camera}, change)
    settings = ModelSettings.model_validate(model)
    take = Take(camera_id or video.stem.lower(), CameraSettings.model_validate(camera))
    what = replace(plan([str(video)], None), takes=(take,), model=settings)
    loaded, summary = load_detector(settings), ReplaySummary()
    with Probe() as probe:
        records = tuple(replay(what, loaded, summary))
    return Played(records, tuple(probe.moments), summary.as_dict(), probe.looks, probe.input_px,
                  probe.infer_s, probe.open_s)


def _apply(settings: dict[str, Any], change: str) -> None:
    path, is_there, value = change.partition("=")
    *parents, key = path.split(".")
    if not is_there or not parents or parents[0] not in settings:
        raise ValueError(f"--set {change}: want model.KEY=VALUE or camera.KEY=VALUE, "
                         "e.g. model.input_px=832, camera.rules.two.min_height_ratio=0.04")
    for parent in parents:
        settings = settings.setdefault(parent, {})
    try:
        settings[key] = json.loads(value)
    except ValueError:
        settings[key] = value
