"""SORT, ByteTrack and OC-SORT beside ours, each at its best of 18 settings on the same detections.

Their library brings OpenCV, SciPy and more, some 750 MB, so it gets an environment of its own in
.cache/peers, made when first needed. Where that fails (no network) they are left out.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.scenes import CACHE
from bench.truth import Labelled
from dev.environment import ensure_venv
from edge.base.values import Detection, Rect

KINDS = ("sort", "bytetrack", "oc-sort")
LOST_S, LEAST_IOU, HITS = (1.0, 2.0, 3.0), (0.1, 0.2, 0.3), (1, 3)
WORKER = Path(__file__).with_name("peer_trackers.py")
ROOT = Path(__file__).resolve().parent.parent

Told = Sequence[Sequence[Labelled]]         # by picture


def peer_environment() -> Path | None:
    """Its python; None where it could not be made."""
    try:
        return ensure_venv(ROOT, "peers", Path(".cache") / "peers")
    except SystemExit as exc:
        print(exc, flush=True)
        return None


def best_of(python: Path, fps: float, pictures: Sequence[Sequence[Detection]],
            score: Callable[[Told], float]) -> dict[str, float]:
    """The best `score` of each kind of tracker over its settings."""
    runs = [{"kind": kind, "lost_s": lost_s, "least_iou": least_iou, "hits": hits}
            for kind, lost_s, least_iou, hits in itertools.product(KINDS, LOST_S, LEAST_IOU, HITS)]
    request = json.dumps({"fps": fps, "runs": runs, "pictures": [
        [[each.rect.x0, each.rect.y0, each.rect.x1, each.rect.y1, each.score] for each in picture]
        for picture in pictures]})
    best = dict.fromkeys(KINDS, 0.0)
    for run, answer in zip(runs, _answers(python, request), strict=True):
        told = [[Labelled(int(track), Rect(*rect)) for track, *rect in picture] for picture in answer]
        kind = str(run["kind"])
        best[kind] = max(best[kind], score(told))
    return best


def _answers(python: Path, request: str) -> list[list[list[list[float]]]]:
    """What the peers make of it, kept: it takes minutes, and changes with the detector alone."""
    lock = ROOT / "requirements" / "peers.lock"
    recipe = hashlib.sha256(request.encode() + WORKER.read_bytes() + lock.read_bytes())
    kept = CACHE / f"peers-{recipe.hexdigest()[:12]}.json"
    if not kept.is_file():
        done = subprocess.run([str(python), str(WORKER)], input=request, text=True, stdout=subprocess.PIPE,
                              check=True)
        kept.write_text(done.stdout)
    answers: list[list[list[list[float]]]] = json.loads(kept.read_text())
    return answers
