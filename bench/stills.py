"""Labelled pictures of streets: how much of what stands in them the bare detector finds, by height."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.result import Figure
from edge.base.values import Detection, Rect
from edge.config.model import ModelSettings
from edge.watch.capture.still import read_image
from edge.watch.installed import load_detector
from edge.watch.vision.scores import ScoreScale

LEAST_IOU = 0.5
HEIGHTS = (0.0, 0.08, 0.16, 1.01)           # of the picture
LABELLED = {"person": "persons", "rider": "persons", "motorcycle": "two-wheelers", "bicycle": "two-wheelers",
            "car": "four-wheelers", "truck": "four-wheelers", "bus": "four-wheelers"}
LABELS = {"persons": frozenset({"person"}), "two-wheelers": frozenset({"motorcycle", "bicycle"}),
          "four-wheelers": frozenset({"car", "truck", "bus"})}


def recall_figures(shared: Path, changes: Sequence[str]) -> Iterator[Figure]:
    """One figure for each kind and each band of heights."""
    folder = shared / "data" / "vn_streets"
    labels = json.loads((folder / "instances.json").read_text())
    model = ModelSettings.model_validate({"threads": 1} | {
        key.removeprefix("model."): json.loads(value) for key, _, value in (c.partition("=") for c in changes)
        if key.startswith("model.")})
    loaded = load_detector(model)
    scale = ScoreScale(loaded.traits.classes)
    least = scale.least_own(frozenset[str]().union(*LABELS.values()), model.threshold)
    found: dict[tuple[str, int], int] = defaultdict(int)
    there: dict[tuple[str, int], int] = defaultdict(int)
    for image in labels["images"]:
        frame = read_image(folder / "images" / image["file_name"])
        seen = scale.apply(loaded.detector.detect(frame, least), model.threshold)
        for kind, rect in labelled(labels, image["id"]):
            band = sum(rect.height / image["height"] >= least for least in HEIGHTS[1:])
            there[kind, band] += 1
            found[kind, band] += hit(kind, rect, seen)
    for (kind, band), count in sorted(there.items()):
        low, high = HEIGHTS[band:band + 2]
        yield Figure(f"pictures: {kind}, {low:.2f} to {min(1.0, high):.2f} high", found[kind, band] / count,
                     f"of {count}", better="higher")


def labelled(labels: dict[str, list[dict[str, object]]], image_id: int) -> Iterator[tuple[str, Rect]]:
    names = {each["id"]: str(each["name"]) for each in labels["categories"]}
    for each in labels["annotations"]:
        kind = LABELLED.get(names[each["category_id"]])
        if each["image_id"] == image_id and kind and not each["iscrowd"]:
            box = each["bbox"]
            assert isinstance(box, list)
            x, y, width, height = box
            yield kind, Rect(x, y, x + width, y + height)


def hit(kind: str, rect: Rect, seen: Sequence[Detection]) -> bool:
    return any(each.label in LABELS[kind] and each.rect.iou(rect) >= LEAST_IOU for each in seen)
