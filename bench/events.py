"""Events against ground truth: does every person get one event, and each event a person?

`edgebox replay` on PETS09-S2L1 (vtest.avi), whole picture, `enter` person, 5 fps. An event is on a
person when the rect that it tells overlaps a labelled one of that very frame with IoU >= 0.5.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter, defaultdict
from pathlib import Path

from bench.result import Figure, Result, need_shared
from edge.contract.messages import Phase
from edge.installed import load_detector
from edge.replay import Summary, Told, plan, replay
from edge.values import Rect

VIDEO_FPS = 10
LEAST_IOU = 0.5
FRIGATE_EVENTS, FRIGATE_INFERENCES = 26, 4.26      # quoted: its own model and settings, same clip, 5 fps

Truth = dict[int, list[tuple[int, Rect]]]


def ground_truth(path: Path) -> Truth:
    """MOTChallenge's gt.txt: labelled frame (from 1) -> (person, rect)."""
    truth: Truth = defaultdict(list)
    with path.open(newline="") as file:
        for row in csv.reader(file):
            x, y, w, h = (float(value) for value in row[2:6])
            truth[int(row[0])].append((int(row[1]), Rect(x, y, x + w, y + h)))
    return truth


def person_of(told: Told, truth: Truth, width: int, height: int) -> int | None:
    """Whom the event is about; video frame k (from 0) is labelled as frame k + 1."""
    x0, y0, x1, y1 = told.envelope.data["object"]["rect"]
    rect = Rect(x0, y0, x1, y1).scaled(width, height)
    labelled = truth[round(told.video_s * VIDEO_FPS) + 1]
    best = max(labelled, key=lambda pair: pair[1].iou(rect), default=None)
    return best[0] if best and best[1].iou(rect) >= LEAST_IOU else None


def run(args: argparse.Namespace) -> Result:
    folder = need_shared(args) / "data" / "mot" / "PETS09-S2L1"
    truth = ground_truth(folder / "gt.txt")
    people = {person for labelled in truth.values() for person, _ in labelled}
    what = plan([str(folder / "vtest.avi")], None, fps=5, classes=("person",))
    summary = Summary()
    records = list(replay(what, load_detector(what.model), summary))
    begun = [told for told in records if told.envelope.data["phase"] == Phase.NEW]
    whom = [person_of(told, truth, 768, 576) for told in begun]
    per_person = Counter(person for person in whom if person is not None)
    json_bytes: Counter[str] = Counter()
    for told in records:
        json_bytes[told.event_id] += len(told.envelope.model_dump_json(by_alias=True, exclude_none=True))
    return Result("events", (
        Figure("people with an event", len(per_person), f"of {len(people)}", 17, "higher"),
        Figure("events", len(begun), "", None, "lower", FRIGATE_EVENTS, "Frigate, quoted"),
        Figure("events a person", len(begun) / len(people), "", 1.3),
        Figure("most events of one person", max(per_person.values(), default=0), ""),
        Figure("events on a real person", sum(per_person.values()) / max(1, len(begun)), "", 0.95, "higher"),
        Figure("inferences a frame", summary.inferences / summary.frames, "", 1.5, "lower",
               FRIGATE_INFERENCES, "Frigate, quoted"),
        Figure("most JSON of one event", max(json_bytes.values(), default=0), "bytes", 4096, "lower",
               50_000, "Frigate per person, quoted"),
        Figure("CPU a frame", 1000 * summary.as_dict()["cpu_s"] / summary.frames, "ms"),
    ), ("one labelled clip by day; no labelled night, motorbike or Vietnamese footage was to be had",))
