"""Other programs' trackers over the same detections; runs in an environment of its own (bench/peers.py).

`python bench/peer_trackers.py < request.json > answer.json`, the one object
{"fps": float, "pictures": [[[x0, y0, x1, y1, score], ...], ...], "runs": [{"kind": "sort", ...settings}]};
the answer has for each run and picture [[track, x0, y0, x1, y1], ...]. Nothing of edgebox is imported.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def tracker_of(kind: str, fps: float, lost_s: float, least_iou: float, hits: int) -> Any:
    """All take a picture's score for sure from 0.4 up, as the box does."""
    import trackers

    # The libraries count lost pictures at 30 a second and convert.
    shared = {"lost_track_buffer": max(1, round(lost_s * 30)), "frame_rate": fps,
              "minimum_iou_threshold": least_iou, "minimum_consecutive_frames": hits}
    if kind == "sort":
        return trackers.SORTTracker(track_activation_threshold=0.4, **shared)
    if kind == "bytetrack":
        return trackers.ByteTrackTracker(track_activation_threshold=0.4, high_conf_det_threshold=0.4,
                                         **shared)
    if kind == "oc-sort":
        return trackers.OCSORTTracker(high_conf_det_threshold=0.4, **shared)
    raise ValueError(f"kind {kind!r}: want sort, bytetrack or oc-sort")


def follow(tracker: Any, pictures: list[list[list[float]]], least_score: float) -> list[list[list[float]]]:
    import numpy as np
    import supervision

    told = []
    for picture in pictures:
        seen = np.array([each for each in picture if each[4] >= least_score], np.float32).reshape(-1, 5)
        found = tracker.update(supervision.Detections(
            xyxy=seen[:, :4], confidence=seen[:, 4], class_id=np.zeros(len(seen), int)))
        told.append([[int(track), *map(float, rect)]
                     for rect, track in zip(found.xyxy, found.tracker_id, strict=True) if track >= 0])
    return told


def main() -> None:
    request = json.load(sys.stdin)
    answers = []
    for run in request["runs"]:
        least_score = 0.4 if run["kind"] == "sort" else 0.0         # SORT knows no doubtful ones
        answers.append(follow(tracker_of(fps=request["fps"], **run), request["pictures"], least_score))
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
