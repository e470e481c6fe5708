"""Streets of Hải Phòng, Hà Nội and Sài Gòn: is every two-wheeler told once, as what it is, and at what cost?

Clips: `edgebox replay`, one enter rule each for persons, two-wheelers and four-wheelers, its events held
against the labels by the data's own `match.py`. A second of motion costs 1 when it takes as many pixels of
network input as five looks at 416x416. Pictures: what the bare detector finds at the model's thresholds.
`--set model.input_px=832 --set camera.fps=2.5` measures other settings than the default.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.replays import ENTER_EACH, Played, play
from bench.result import Figure, Result, need_shared
from bench.stills import recall_figures
from edge.config.model import ModelSettings
from edge.watch.vision.session import ModelSession
from models.store import default_dir, load

Score = Mapping[str, Any]

# Of clips -> two-wheelers told, promised: of the two that are public, and of all three.
TWO_TOLD = {("hp", "tc"): 22, ("hp", "sg", "tc"): 30}
FOUR_TOLD = 15 / 17


def run(args: argparse.Namespace) -> Result:
    shared = need_shared(args)
    folder = shared / "data" / "vn_streets" / "clips"
    names = sorted(path.name for path in folder.iterdir() if (folder / f"{path.name}.mp4").is_file())
    played = [play(folder / f"{name}.mp4", ENTER_EACH, args.set, name) for name in names]
    score = match(folder, names, played)
    figures = [*told_figures(score, tuple(names)), *cost_figures(played)]
    if not args.quick:
        figures += [quiet_figure(shared, args.set), *recall_figures(shared, args.set)]
    return Result("streets", tuple(figures), tuple(notes(score, names)))


def match(folder: Path, names: Sequence[str], played: Sequence[Played]) -> Score:
    """The row of match.py over all clips; raises CalledProcessError where it could not be made."""
    events = "\n".join(told.as_json() for each in played for told in each.records)
    command = [sys.executable, str(folder / "match.py"), "--clips", *(str(folder / name) for name in names)]
    done = subprocess.run(command, input=events, capture_output=True, text=True, check=False)
    if not done.stdout:
        done.check_returncode()
    score = json.loads(done.stdout)
    return score if isinstance(score, dict) else {}


def told_figures(score: Score, names: tuple[str, ...]) -> Iterator[Figure]:
    yield Figure("two-wheelers told", score["two_told"], f"of {score['two']}", TWO_TOLD.get(names), "higher")
    yield Figure("events each", score["two_events_each"] or 0.0, "", 1.15)
    yield Figure("two-wheelers told as person", score["two_as_person"], "", 2)
    yield Figure("as car", score["two_as_four"], "", 1)
    yield Figure("events on nothing", score["on_nothing"], "", 1)
    yield Figure("cars of 60 px told", score["four_60_told"], f"of {score['four_60']}",
                 round(score["four_60"] * FOUR_TOLD), "higher")
    yield Figure("cars of 40 px told", score["four_told"], f"of {score['four']}")
    yield Figure("events each car", score["four_events_each"] or 0.0, "")
    yield Figure("cars told as something else", score["four_as_other_events"], "events")
    yield Figure("people on foot told", score["foot_told"], f"of {score['foot']}")
    yield Figure("two-wheelers in 5 pictures and more, told", score["two_long_told"],
                 f"of {score['two_long']}")


def cost_figures(played: Sequence[Played]) -> Iterator[Figure]:
    """The cost in pixels, which does not depend on the machine, and in the time that inference took."""
    open_s, infer_s = sum(each.open_s for each in played), sum(each.infer_s for each in played)
    cost = sum(each.cost * each.open_s for each in played) / open_s
    five_looks_s = 5 * look_s()
    before = "5 looks at 416x416"
    yield Figure("inference a second of motion, by pixels", cost, "", 1.15, "lower", 1.0, before)
    yield Figure("the same by CPU time", infer_s / open_s / five_looks_s, "", None, "lower", 1.0, before)
    yield Figure("inference a second of motion", 1000 * infer_s / open_s, "ms", None, "lower",
                 1000 * five_looks_s, before)
    looks = sum(each.looks for each in played) / open_s
    yield Figure("looks a second of motion", looks, "", None, "lower", 5.0, before)


def look_s(side_px: int = 416, repeats: int = 30) -> float:
    """Median CPU seconds of one inference of the default model at `side_px` squared, one thread."""
    session = ModelSession(load(ModelSettings().name, default_dir()).path, threads=1)
    pixels = np.random.default_rng(0).random((1, 3, side_px, side_px), np.float32)
    session.run(pixels)
    spent = []
    for _ in range(repeats):
        started_ns = time.thread_time_ns()
        session.run(pixels)
        spent.append((time.thread_time_ns() - started_ns) / 1e9)
    return statistics.median(spent)


def quiet_figure(shared: Path, changes: Sequence[str]) -> Figure:
    """The two-wheelers that are reported where only people walk: none is there."""
    folders = [folder for folder in (shared / "data" / "mot").iterdir()
               if folder.name.startswith(("PETS", "TUD"))]
    events = [told.envelope.data["object"]["class"] for folder in folders
              for video in (*folder.glob("*.mp4"), *folder.glob("*.avi"))
              for told in play(video, ENTER_EACH, changes).begun]
    wrong = sum(label in ENTER_EACH["two"]["classes"] for label in events)
    return Figure(f"two-wheelers told in {len(folders)} clips of people on foot", wrong,
                  f"of {len(events)} events", 0)


def notes(score: Score, names: Sequence[str]) -> Iterator[str]:
    yield (f"clips {', '.join(names)}: three daylight crossings from above at most, 24 s; no night, no "
           "rain, no alley; differences of 3 or fewer two-wheelers mean nothing")
    for name, clip in score["clips"].items():
        yield (f"{name}: two-wheelers {clip['two_told']} of {clip['two']}, not told {clip['two_not_told']}, "
               f"told twice {clip['told_twice']}, on nothing {clip['nothing']}")
