"""`edgebox detect IMAGE...`: what the detector sees in still pictures."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.base.errors import FatalError
from edge.base.values import Detection, Frame
from edge.config.model import INPUT_PX
from edge.watch.capture.still import ImageError, read_image
from edge.watch.vision.detector import open_detector
from models.manifest import DEFAULT_MODEL
from models.store import default_dir, load

_SOME_FAILED = 1


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `detect` to the box's tool; it sets `run(args) -> exit code`."""
    parser = subparsers.add_parser("detect", help="detect objects in pictures", description=__doc__)
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="a JPEG or PNG")
    parser.add_argument("--json", action="store_true", help="one JSON object a line and picture")
    parser.add_argument("--threshold", type=float, default=0.4, metavar="T", help="least score, 0..1; 0.4")
    parser.add_argument("--model", default=DEFAULT_MODEL, metavar="NAME", help=f"{DEFAULT_MODEL} without one")
    parser.add_argument("--input", type=int, metavar="N",
                        help="side of the network's square input, pixels; the model's own without")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Detect in every picture that can be read; 1 when one could not, which is told on stderr."""
    if not 0 <= args.threshold <= 1:
        raise FatalError(f"--threshold {args.threshold}: want 0..1", os.EX_USAGE)
    if args.input is not None and args.input not in INPUT_PX:
        raise FatalError(f"--input {args.input}: want a multiple of {INPUT_PX.step}, "
                         f"{INPUT_PX[0]}..{INPUT_PX[-1]}", os.EX_USAGE)
    spec = load(args.model, default_dir()).detector_spec(args.input)
    detector = open_detector(spec, args.threshold, threads=0)
    code = os.EX_OK
    for path in args.images:
        try:
            frame = read_image(path)
        except ImageError as exc:
            print(f"edgebox: {exc}", file=sys.stderr, flush=True)
            code = _SOME_FAILED
            continue
        found = detector.detect(frame)
        print(json.dumps(record(path, frame, found), ensure_ascii=False) if args.json
              else as_text(path, frame, found), flush=True)
    return code


def record(image: Path, frame: Frame, found: Sequence[Detection]) -> dict[str, object]:
    """One line of --json. Rects are [x0, y0, x1, y1] in pixels of the picture, origin top left."""
    return {"image": _shown(image), "width": frame.width, "height": frame.height, "detections": [
        {"class": each.label, "score": round(each.score, 4),
         "rect": [round(side, 2) for side in (each.rect.x0, each.rect.y0, each.rect.x1, each.rect.y1)]}
        for each in found]}


def as_text(image: Path, frame: Frame, found: Sequence[Detection]) -> str:
    """The same for people: a line for the picture, one for each object."""
    lines = [f"{_shown(image)}: {frame.width}x{frame.height}, {len(found)} found"]
    for each in found:
        rect = each.rect
        lines.append(f"  {each.label:<14} {each.score:.2f}  at {rect.x0:.0f},{rect.y0:.0f} "
                     f"size {rect.width:.0f}x{rect.height:.0f}")
    return "\n".join(lines)


def _shown(image: Path) -> str:
    """Its path as text; a byte of it that is no UTF-8 is written \\xf4."""
    return os.fsencode(image).decode("utf-8", "backslashreplace")
