"""What the box's programs take at rest: memory of each, and how long guard needs until it is at work.

Guard, uplink and page as they are on a box, on simulated pins, with a real broker and a key of the ward that
has signed nothing yet: the first command that guard verifies costs it 9 MB more. Watch, which is as large as
its model and its cameras, is left to `bench pipeline`. The reference is a Python that only imports numpy.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bench.delivery import running_broker
from bench.result import Figure, LeftOutError, Result
from dev.demo_box import free_port
from dev.troupe import Troupe
from edge.gpio.pins import PINS_VARIABLE, SIMULATED
from ward.command.keys import make_key

RUNS = 5
REST_S = 6.0                # after the last has started: what they read at first is read
TARGETS_MB = {"guard": 50.0, "uplink": 60.0, "page": 90.0}
READY = {"guard": "guarding", "uplink": "uplink", "page": "group page"}
READY_TARGET_S = 0.5

CONFIG = """
[box]
ward = "bench"
group = "bench"
id = "bench"
state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
[mqtt]
host = "127.0.0.1"
port = {port}
tls = false
[page]
host = "127.0.0.1"
port = {page_port}
[outputs.siren]
kind = "siren"
pin = 17
[inputs.gate]
kind = "panic"
pin = 5
[cameras.gate]
source = "rtsp://127.0.0.1:9/none"
[commands]
keys = ["{folder}/ward.key.pub"]
"""


def run(args: argparse.Namespace) -> Result:
    """Raises LeftOutError without a broker."""
    broker = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if broker is None:
        raise LeftOutError("needs the mosquitto broker: apt-get install mosquitto")
    sizes: dict[str, list[float]] = {name: [] for name in TARGETS_MB}
    ready_s = list[float]()
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory(prefix="b-") as folder, \
                running_broker(Path(broker), Path(folder)) as port, Troupe(Path(folder), "bench") as troupe:
            ready_s.append(_run_once(Path(folder), port, troupe, sizes))
    bare_s = statistics.median(_bare_s() for _ in range(RUNS))
    return Result("programs", (
        *(Figure(f"{name} at rest, RSS", statistics.median(found), "MB", TARGETS_MB[name])
          for name, found in sizes.items()),
        Figure("guard ready after its start", statistics.median(ready_s), "s", READY_TARGET_S,
               reference=bare_s, reference_name="python, numpy imported")),
        (f"median of {RUNS} starts; MB are 10^6 bytes",))


def _run_once(folder: Path, port: int, troupe: Troupe, sizes: dict[str, list[float]]) -> float:
    """Start all three; note what each holds at rest; return the seconds until guard was ready."""
    make_key(folder / "ward.key", "a passphrase of the bench")
    config = folder / "edge.toml"
    config.write_text(CONFIG.format(folder=folder, port=port, page_port=free_port()))
    os.environ[PINS_VARIABLE] = f"{SIMULATED}{folder}/pins"
    began_s, ready_s, processes = time.monotonic(), 0.0, {}
    for name, text in READY.items():
        processes[name] = troupe.start(name, ["edge.cli", name, "--config", str(config)], ready=text)
        ready_s = ready_s or time.monotonic() - began_s
    time.sleep(REST_S)
    for name, process in processes.items():
        sizes[name].append(psutil.Process(process.pid).memory_info().rss / 1e6)
    return ready_s


def _bare_s() -> float:
    began_s = time.monotonic()
    subprocess.run([sys.executable, "-c", "import numpy"], check=True)
    return time.monotonic() - began_s
