"""How well and how fast the default model sees, through the code of `edgebox detect`, on COCO pictures."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.result import Figure, Result, need_shared
from edge.commands.detect import record
from edge.watch.capture.still import read_image
from edge.watch.vision.detector import Detector, open_detector
from edge.watch.vision.pixels import InputPicture
from edge.watch.vision.session import ModelSession
from models.manifest import DEFAULT_MODEL
from models.store import default_dir, load

STREET = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
THRESHOLD = 0.025           # as the model's makers evaluate it: the curve needs the weak ones too
IN_USE = 0.4                # the box's default, at which the time is measured
REFERENCE_AP = 0.365        # of a reference decoder over the same weights and pictures (issue 2)
_IOU_50 = 0                 # index of IoU 0.50 in COCOeval's table
_ALL_AREAS, _MOST = 0, 2    # its indices of "all sizes" and "100 detections a picture"


def run(args: argparse.Namespace) -> Result:
    data = need_shared(args) / "data" / "coco_dev"
    model = load(DEFAULT_MODEL, default_dir())
    spec = model.detector_spec()
    detector = open_detector(spec, THRESHOLD, threads=1)
    table, street = evaluate(detector, data)
    bare_ms, whole_ms, stretch_ms = times_ms(detector, data)
    return Result("accuracy", (
        Figure("AP, all 80 classes", table, "", 0.36, "higher", REFERENCE_AP, "reference decoder, stated"),
        Figure("AP50, street classes", street, "", better="higher"),
        Figure("detect, one picture", whole_ms, "ms", reference=bare_ms, reference_name="session.run alone"),
        Figure("of it, stretching to RGB", stretch_ms, "ms"),
        Figure("of it, ours: before and after", whole_ms - bare_ms - stretch_ms, "ms", 1.1),
        Figure("session.run / detect", bare_ms / whole_ms, "", better="higher"),
    ), notes=(
        f"{model.name} at {spec.input_px} px; {data.name}: half of 287 pictures of COCO val2017, on which "
        "figures are 3 to 4 points above those on all of val2017; times are of CPU, 1 thread",
        f"street classes: {', '.join(STREET)}",
        "no labelled footage of motorbikes, alleys at night or Vietnamese streets exists in it",
    ))


def times_ms(detector: Detector, data: Path, repeats: int = 60) -> tuple[float, float, float]:
    """Median CPU time of session.run alone, of detect, and of stretching one picture, 4:2:0 as cameras
    send it; in turns, so that whatever else the machine does meets all three."""
    spec = detector.spec
    still = read_image(min((data / "images").glob("*.jpg")))
    frame = replace(still, picture=still.picture.reformat(format="yuv420p"))
    batch = InputPicture(spec.colour, spec.resize, spec.scale, spec.mean, spec.std).blank(
        (spec.input_px, spec.input_px))
    session = ModelSession(spec.path, threads=1)
    calls: tuple[Callable[[], object], ...] = (
        lambda: session.run(batch), lambda: detector.detect(frame, IN_USE),
        lambda: frame.rgb((spec.input_px, spec.input_px)))
    spent: tuple[list[float], ...] = ([], [], [])
    for _ in range(repeats):
        for call, times in zip(calls, spent, strict=True):
            start_ns = time.thread_time_ns()
            call()
            times.append((time.thread_time_ns() - start_ns) / 1e6)
    bare, whole, stretch = (statistics.median(times) for times in spent)
    return bare, whole, stretch


def evaluate(detector: Detector, data: Path) -> tuple[float, float]:
    """AP over all classes, and AP50 over the street's, both 0..1, by pycocotools."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(data / "instances.json"))
        numbers = {kind["name"]: kind["id"] for kind in truth.dataset["categories"]}
        answers: list[dict[str, Any]] = []
        for image in truth.dataset["images"]:
            answers += _answers(detector, data / "images" / image["file_name"], image["id"], numbers)
        scored = COCOeval(truth, truth.loadRes(answers), "bbox")
        scored.evaluate()
        scored.accumulate()
        scored.summarize()
    precision = scored.eval["precision"]            # (IoU, recall, class, area, most), -1: no such object
    wanted = [scored.params.catIds.index(numbers[name]) for name in STREET]
    at_50 = precision[_IOU_50, :, wanted, _ALL_AREAS, _MOST]
    return float(scored.stats[0]), float(at_50[at_50 > -1].mean())


def _answers(detector: Detector, path: Path, image_id: int, numbers: dict[str, int]) -> list[dict[str, Any]]:
    """One picture's detections through the very record that `edgebox detect --json` prints."""
    frame = read_image(path)
    line = json.loads(json.dumps(record(path, frame, detector.detect(frame))))
    return [{"image_id": image_id, "category_id": numbers[found["class"]], "score": found["score"],
             "bbox": [x0, y0, x1 - x0, y1 - y0]}
            for found in line["detections"] for x0, y0, x1, y1 in [found["rect"]]]
