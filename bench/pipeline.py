"""How much of the CPU goes into the work itself: decoding and inference.

The real `edgebox watch` process runs on the demo's two recordings, in real time, looped. Beside it and
just as long runs `bench.bare`, which decodes the same and infers as often and does nothing else. The
ratio of the bare cost of what watch decoded and inferred to all CPU time of watch, its start included,
is the efficiency. Five runs of half a minute, the median of each figure; the start weighs as in one run of
83 s, as it has since the first figures.

Side by side, since CPU time grows with what else the machine does, and since a picture that is decoded
or inferred five times a second finds colder caches than one after another does: back to back, shown for
comparison, both are a tenth cheaper than anybody gets them in real time.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil

from bench.result import Figure, Result
from dev.footage import fetch_footage
from dev.trial_config import trial_config
from edge.config.model import ModelSettings
from edge.journal.store import Journal
from edge.watch.vision.session import ModelSession
from models.store import default_dir, load

RUNS = 5
SETTLE_S = 8.0
MEASURED_S = 22.0
AS_IF_S = 83.0                  # how long a run the start is weighed against
FPS = 5
IMPORTED = "import edge.cli, edge.config.load, edge.watch.main, onnxruntime, PIL.JpegImagePlugin, uuid6"
CAMERAS = {"plaza": "person", "road": "car"}

CAMERA = """
[cameras.{name}]
source = "{source}"
fps = {fps}
[cameras.{name}.rules.enter]
kind = "enter"
classes = ["{label}"]
"""


def run(args: argparse.Namespace) -> Result:
    sources = {name: path.resolve() for name, path in fetch_footage(Path(".cache") / "footage").items()}
    warm = {name: _decode_s(sources[name]) for name in CAMERAS}, _inference_s()
    with tempfile.TemporaryDirectory() as name:
        environment = _compiled(Path(name) / "compiled")
        runs = [_measured(sources, environment, *warm) for _ in range(RUNS)]
    first = runs[0]
    figures = [replace(each, value=statistics.median(figures[place].value for figures in runs),
                       reference=None if each.reference is None else statistics.median(
                           figures[place].reference or 0.0 for figures in runs))
               for place, each in enumerate(first)]
    spread = [figures[0].value for figures in runs]
    return Result("pipeline", tuple(figures), (
        f"medians of {RUNS} runs; two recordings, looped in real time for {SETTLE_S + MEASURED_S:.0f} s, "
        f"{FPS} fps analysed; efficiency {min(spread):.3f} to {max(spread):.3f}",))


def _measured(sources: dict[str, Path], environment: Mapping[str, str], warm_decode_s: dict[str, float],
              warm_infer_s: float) -> list[Figure]:
    """The figures of one run; CPU times as of one of AS_IF_S."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "edge.toml"
        cameras = "".join(CAMERA.format(name=name, source=sources[name], label=label, fps=FPS)
                          for name, label in CAMERAS.items())
        config.write_text(trial_config(cameras, state=folder, run=folder / "run"))
        bare = _start_bare(sources)
        ran_s, steady_s, counts = _watch(config, folder, environment)
        decode_s, infer_s = _finish_bare(bare)
    longer = AS_IF_S / (SETTLE_S + MEASURED_S)
    start_s = ran_s - steady_s * (MEASURED_S + SETTLE_S) / MEASURED_S
    steady_s *= AS_IF_S / MEASURED_S
    whole_s, bare_s = start_s + steady_s, longer * _bare_s(counts, decode_s, infer_s)
    warm_s = longer * _bare_s(counts, warm_decode_s, warm_infer_s)
    inferred, analysed = longer * _total(counts, "inferred"), longer * _total(counts, "analysed")
    return [
        Figure("efficiency, start included", bare_s / whole_s, "", 0.85, "higher"),
        Figure("efficiency without the start", bare_s / (whole_s - max(0.0, start_s)), ""),
        Figure("efficiency, bare back to back", warm_s / whole_s, ""),
        Figure("all CPU of watch", whole_s, "s", None, "lower", bare_s, "bare decode + inference"),
        Figure("ours, a frame", 1000 * (whole_s - bare_s) / analysed, "ms"),
        Figure("CPU of the start", start_s, "s"),
        Figure("inferences", inferred, "", None, "lower", analysed, "frames analysed"),
        *(Figure(f"bare decode, {name}", 1000 * value, "ms a frame") for name, value in decode_s.items()),
        Figure("bare session.run", 1000 * infer_s, "ms"),
    ]


def _compiled(folder: Path) -> dict[str, str]:
    """The environment of a watch that need not compile its modules, as an installed one need not."""
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(folder), "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run([sys.executable, "-c", IMPORTED], env=environment, check=True)
    return environment


def _start_bare(sources: dict[str, Path]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.bare", "--fps", str(FPS), "--seconds", str(SETTLE_S + MEASURED_S),
         *(f"{name}={sources[name]}" for name in CAMERAS)], stdout=subprocess.PIPE, text=True)


def _finish_bare(process: subprocess.Popen[str]) -> tuple[dict[str, float], float]:
    """CPU seconds a decoded frame of each camera, and an inference."""
    told, _ = process.communicate(timeout=30)
    if process.returncode:
        sys.exit(f"bench pipeline: bench.bare ended with {process.returncode}")
    costs = json.loads(told)
    return costs["decode"], costs["inference"]


def _bare_s(counts: dict[str, int], decode_s: dict[str, float], infer_s: float) -> float:
    """`infer_s`: of one inference at the model's usual input; those of other shapes count by their pixels."""
    looks = _total(counts, "inference_px") / ModelSettings().input_px ** 2
    return infer_s * looks + sum(
        per_frame_s * counts[f"frames_decoded.{name}"] for name, per_frame_s in decode_s.items())


def _watch(config: Path, folder: Path, environment: Mapping[str, str]) -> tuple[float, float, dict[str, int]]:
    """CPU seconds of the whole run, of its steady part, and what was counted.

    Uplink, which stores what watch hands over, counts from when it was ready.
    """
    uplink, uplink_log = _started("uplink", config, folder, environment)
    while "uplink ready" not in uplink_log.read_text():
        time.sleep(0.05)
    ready = uplink.cpu_times()
    process, log = _started("watch", config, folder, environment)
    time.sleep(SETTLE_S)
    before, before_s = process.cpu_times(), _cpu_s(uplink.cpu_times())
    time.sleep(MEASURED_S)
    after, after_s = process.cpu_times(), _cpu_s(uplink.cpu_times())
    process.send_signal(signal.SIGTERM)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"bench pipeline: watch ended with {os.waitstatus_to_exitcode(status)}:\n{log.read_text()}")
    uplink_s = _cpu_s(uplink.cpu_times()) - _cpu_s(ready)
    uplink.terminate()
    uplink.wait(30)
    journal = Journal.open(folder / "uplink" / "journal.db", 1 << 30)
    try:
        counts = journal.counters()
    finally:
        journal.close()
    steady_s = _cpu_s(after) - _cpu_s(before) + after_s - before_s
    return used.ru_utime + used.ru_stime + uplink_s, steady_s, counts


def _started(name: str, config: Path, folder: Path,
             environment: Mapping[str, str]) -> tuple[psutil.Popen, Path]:
    """One of the box's programs, and its log."""
    log = folder / f"{name}.log"
    with log.open("w") as stderr:
        return psutil.Popen([sys.executable, "-m", "edge.cli", name, "--config", str(config)],
                            stderr=stderr, env=environment), log


def _cpu_s(times: Any) -> float:
    return float(times.user + times.system)


def _total(counts: dict[str, int], kind: str) -> int:
    return sum(value for name, value in counts.items() if name.startswith(f"{kind}."))


def _decode_s(path: Path) -> float:
    """CPU seconds a frame of nothing but decoding, on one thread as the box does."""
    costs = []
    for _ in range(3):
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "NONE"
            started_s = time.process_time()
            frames = sum(1 for _ in container.decode(stream))
            costs.append((time.process_time() - started_s) / frames)
    return sorted(costs)[1]


def _inference_s() -> float:
    """CPU seconds of nothing but session.run, as watch opens it."""
    settings = ModelSettings()
    model = load(settings.name, default_dir())
    session = ModelSession(model.path, settings.threads or max(1, (os.cpu_count() or 2) // 2))
    pixels = np.random.default_rng(0).random((1, 3, settings.input_px, settings.input_px), np.float32)
    session.run(pixels)
    costs = []
    for _ in range(3):
        started_s = time.process_time()
        for _ in range(40):
            session.run(pixels)
        costs.append((time.process_time() - started_s) / 40)
    return sorted(costs)[1]
