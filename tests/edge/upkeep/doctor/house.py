"""A box of folders: config, state, made-up /sys, simulated pins, a picture for each camera."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

CAMERA_FPS = 5


def clip(folder: Path, name: str = "gate.mkv", luma: int = 120) -> Path:
    """A second of moving noise around `luma`, as a camera's recording."""
    noise = np.random.default_rng(7)
    with av.open(folder / name, "w") as container:
        stream = container.add_stream("mpeg4", rate=CAMERA_FPS)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for _ in range(CAMERA_FPS):
            pixels = noise.integers(max(0, luma - 20), luma + 20, (120, 160, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return folder / name


def config(folder: Path, mqtt: str = 'host = "127.0.0.1"\nport = 1\ntls = false', cameras: str = "",
           more: str = "") -> Path:
    path = folder / "edge.toml"
    path.write_text(f"""
[box]
ward = "phuong-5"
group = "to-12"
id = "hop-01"
title = "Hộp đầu ngõ"
state_dir = "state"
runtime_dir = "run"
[mqtt]
{mqtt}
{cameras or CAMERAS}
{more}
""")
    for name in ("state", "run"):
        (folder / name).mkdir(exist_ok=True)
    return path


CAMERAS = '[cameras.gate]\nsource = "gate.mkv"'
PINS = """
[outputs.horn]
kind = "siren"
pin = 17
[outputs.yard]
kind = "flood"
pin = 22
[inputs.door]
kind = "panic"
pin = 5
[inputs.lid]
kind = "tamper"
pin = 6
"""


# Root decodes no camera where its user for that is missing: to the program it is somebody else who calls.
AS_ORDINARY_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []


def doctor(config: Path, *arguments: str, as_whom: Sequence[str] = AS_ORDINARY_USER,
           ) -> tuple[int, dict[str, Any]]:
    """`edgebox doctor --json` as a process of its own: exit code and result."""
    done = subprocess.run([*as_whom, sys.executable, "-m", "edge.cli", "doctor", "--json", *arguments,
                           "--root", str(config.parent), "--config", str(config)], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=90)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def codes(result: dict[str, Any]) -> dict[str, str]:
    """kind/name -> code"""
    return {f"{it['kind']}/{it['name']}".rstrip("/"): it["code"] for it in result["checks"]}
