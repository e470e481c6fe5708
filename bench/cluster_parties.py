"""Who watches the cameras in `bench cluster`: the box's four programs, bare work, and programs of others.

Each party is some processes whose CPU time is read before and after one window that all share.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.programs import READY
from dev.demo_box import free_port
from dev.trial_config import trial_config
from dev.troupe import Troupe
from edge.gpio.pins import PINS_VARIABLE, SIMULATED
from tests.rtsp_server import RtspServer

PEERS = ("motion", "ffmpeg")
LOOKS_A_SECOND = 5

CAMERA = """
[cameras.cam{number}]
source = "{url}"
username = "{username}"
password_file = "{password}"
fps = {fps}
latency = "{latency}"
[cameras.cam{number}.rules.enter]
kind = "enter"
"""
PINS = """
[page]
host = "127.0.0.1"
port = {page_port}
[outputs.siren]
kind = "siren"
pin = 17
[inputs.gate]
kind = "panic"
pin = 5
"""
MOTION = """
daemon off
setup_mode off
log_level 4
framerate {fps}
picture_output off
movie_output off
webcontrol_port 0
stream_port 0
"""
MOTION_CAMERA = """
camera_id {number}
netcam_url {url}
netcam_userpass {username}:{password}
netcam_params rtsp_transport = tcp
width {width}
height {height}
"""


@dataclass
class Party:
    """Some processes that do one thing; CPU by the kernel's account of each."""

    name: str
    processes: Mapping[str, psutil.Process] = field(default_factory=dict)
    began_s: Mapping[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """The window begins."""
        self.began_s = {name: _cpu_s(process) for name, process in self.processes.items()}

    def end(self) -> dict[str, float]:
        """CPU seconds of each process since `begin`."""
        return {name: _cpu_s(process) - self.began_s[name] for name, process in self.processes.items()}

    def rss_mb(self) -> dict[str, float]:
        return {name: process.memory_info().rss / 1e6 for name, process in self.processes.items()}


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def bare(work: str, urls: Sequence[str], folder: Path) -> Party:
    """`work` of bench.bare_rtsp on addresses with their password."""
    with (folder / f"bare-{work}.log").open("w") as log:
        process = psutil.Popen([sys.executable, "-m", "bench.bare_rtsp", work, *urls],
                               stdout=log, stderr=log)
    return Party(work, {work: process})


def motion(server: RtspServer, urls: Sequence[str], size: tuple[int, int], folder: Path) -> Party:
    """Debian's motion, which looks as often as watch and keeps nothing."""
    folder = folder / "motion"
    folder.mkdir()
    lines = MOTION.format(fps=LOOKS_A_SECOND)
    for number, url in enumerate(urls, 1):
        path = folder / f"camera{number}.conf"
        path.write_text(MOTION_CAMERA.format(number=number, url=url, username=server.username, width=size[0],
                                             password=server.password, height=size[1]))
        lines += f"camera {path}\n"
    (folder / "motion.conf").write_text(lines)
    with (folder / "log").open("w") as log:
        process = psutil.Popen(["motion", "-n", "-c", str(folder / "motion.conf")], stdout=log, stderr=log)
    return Party("motion", {"motion": process})


def ffmpeg(urls: Sequence[str]) -> Party:
    """What decodes for Frigate: a process a camera that hands out raw pictures."""
    command = ["ffmpeg", "-loglevel", "quiet", "-nostdin", "-threads", "1", "-rtsp_transport", "tcp"]
    raw = ["-r", str(LOOKS_A_SECOND), "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:"]
    return Party("ffmpeg", {f"ffmpeg{number}": psutil.Popen([*command, "-i", url, *raw],
                                                           stdout=subprocess.DEVNULL)
                            for number, url in enumerate(urls)})


def box(name: str, latency: str, server: RtspServer, urls: Sequence[str], mqtt_port: int, folder: Path,
        troupe: Troupe) -> Party:
    """All four programs, on simulated pins and with a broker."""
    folder = folder / name
    folder.mkdir()
    password = folder / "password"
    password.write_text(server.password + "\n")
    password.chmod(0o600)
    cameras = "".join(CAMERA.format(number=number, url=url, username=server.username, password=password,
                                    fps=LOOKS_A_SECOND, latency=latency) for number, url in enumerate(urls))
    config = folder / "edge.toml"
    config.write_text(trial_config(cameras + PINS.format(page_port=free_port()), state=folder / "state",
                                   run=folder / "run", mqtt_port=mqtt_port))
    environment = {PINS_VARIABLE: f"{SIMULATED}{folder}/pins"}
    heaps = {"MALLOC_ARENA_MAX": "2"}         # as watch's unit has it
    processes = {}
    for program, ready in {**READY, "watch": "watching"}.items():
        started = troupe.start(f"{name}-{program}", ["edge.cli", program, "--config", str(config)],
                               ready=ready,
                               environment=environment | (heaps if program == "watch" else {}))
        processes[program] = psutil.Process(started.pid)
    return Party(name, processes)


def end(parties: Sequence[Party]) -> None:
    """Those that no troupe ends."""
    started = [process for party in parties for process in party.processes.values()
               if isinstance(process, psutil.Popen)]
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(10)
        except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
            process.kill()
            process.wait(10)


def missing_peers() -> list[str]:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    return [name for name in PEERS if shutil.which(name, path=path) is None]


def window(parties: Sequence[Party], seconds: float) -> dict[str, dict[str, float]]:
    """CPU seconds a minute of each process of each party, over one window."""
    for party in parties:
        party.begin()
    began_s = time.monotonic()
    time.sleep(seconds)
    used = {party.name: party.end() for party in parties}
    per_minute = 60 / (time.monotonic() - began_s)
    return {name: {process: cpu_s * per_minute for process, cpu_s in each.items()}
            for name, each in used.items()}
