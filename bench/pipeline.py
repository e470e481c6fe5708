"""How much of the CPU goes into the work itself: decoding and inference.

The real `edgebox watch` process runs on the demo's two recordings, in real time, looped. Then the same
number of frames is decoded and the same number of inferences run, bare. The ratio of bare to all CPU
time of watch, its start included, is the efficiency.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import psutil

from bench.result import Figure, Result
from dev.footage import fetch_footage
from edge.config.model import ModelSettings
from edge.journal.store import Journal
from edge.vision.session import Session
from models.store import default_dir, load

SETTLE_S = 8.0
MEASURED_S = 75.0
CAMERAS = {"plaza": "person", "road": "car"}

CONFIG = """
[box]
ward = "bench"
group = "bench"
id = "bench"
state_dir = "{folder}"
[mqtt]
host = "127.0.0.1"
tls = false
"""
CAMERA = """
[cameras.{name}]
source = "{source}"
fps = 5
[cameras.{name}.rules.enter]
kind = "enter"
classes = ["{label}"]
"""


def run(args: argparse.Namespace) -> Result:
    sources = fetch_footage(Path(".cache") / "footage")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "edge.toml"
        cameras = "".join(CAMERA.format(name=name, source=sources[name].resolve(), label=label)
                          for name, label in CAMERAS.items())
        config.write_text(CONFIG.format(folder=folder) + cameras)
        whole_s, steady_s, counts = _watch(config, folder)
    decode_s = {name: _decode_s(sources[name]) for name in CAMERAS}
    infer_s = _inference_s()
    bare_s = infer_s * _total(counts, "inferred") + sum(
        per_frame_s * counts[f"frames_decoded.{name}"] for name, per_frame_s in decode_s.items())
    start_s = whole_s - steady_s * (MEASURED_S + SETTLE_S) / MEASURED_S
    return Result("pipeline", (
        Figure("efficiency, start included", bare_s / whole_s, "", 0.85, "higher"),
        Figure("efficiency without the start", bare_s / (whole_s - max(0.0, start_s)), ""),
        Figure("all CPU of watch", whole_s, "s", None, "lower", bare_s, "bare decode + inference"),
        Figure("CPU of the start", start_s, "s"),
        Figure("inferences", _total(counts, "inferred"), "", None, "lower", _total(counts, "analysed"),
               "frames analysed"),
        *(Figure(f"bare decode, {name}", 1000 * value, "ms a frame") for name, value in decode_s.items()),
        Figure("bare session.run", 1000 * infer_s, "ms"),
    ), (f"two recordings, looped in real time for {SETTLE_S + MEASURED_S:.0f} s, 5 fps analysed each",))


def _watch(config: Path, folder: Path) -> tuple[float, float, dict[str, int]]:
    """CPU seconds of the whole run, of its steady part, and what was counted."""
    process = subprocess.Popen([sys.executable, "-m", "edge.cli", "watch", "--config", str(config)],
                               stderr=subprocess.PIPE, text=True)
    seen = psutil.Process(process.pid)
    time.sleep(SETTLE_S)
    before = seen.cpu_times()
    time.sleep(MEASURED_S)
    after = seen.cpu_times()
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=30)
    if process.returncode:
        sys.exit(f"bench pipeline: watch ended with {process.returncode}:\n{log}")
    journal = Journal.open(folder / "journal.db", 1 << 30)
    try:
        counts = journal.counters()
    finally:
        journal.close()
    steady_s = after.user + after.system - before.user - before.system
    return _children_s(), steady_s, counts


def _children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system - _BEFORE_S


_BEFORE_S = os.times().children_user + os.times().children_system


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
    session = Session(model.path, settings.threads or max(1, (os.cpu_count() or 2) // 2))
    pixels = np.random.default_rng(0).random((1, 3, settings.input_px, settings.input_px), np.float32)
    session.run(pixels)
    costs = []
    for _ in range(3):
        started_s = time.process_time()
        for _ in range(40):
            session.run(pixels)
        costs.append((time.process_time() - started_s) / 40)
    return sorted(costs)[1]
