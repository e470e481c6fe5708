"""A process that was stopped knows how old the pictures are that a real camera has sent meanwhile."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from itertools import islice, pairwise
from pathlib import Path

import pytest

from tests import rtsp_server
from tests.media import make_clip, moving_block

STOPPED_S = 4.0
READER = """
import json, sys
from edge.config.camera_model import CameraSettings
from edge.watch.capture.source import CameraStats
from edge.watch.capture.stream import open_stream
stats = CameraStats()
settings = CameraSettings(source=sys.argv[1], username="cam", password_file=sys.argv[2], fps=25)
with open_stream("gate", settings, live=True, stats=stats) as stream:
    for frame in stream:
        print(json.dumps([frame.media_s, frame.mono_ns / 1e9, stats.late]), flush=True)
"""


def test_a_process_that_was_stopped_believes_no_old_picture_to_be_new(tmp_path: Path) -> None:
    """
    Stopped for four seconds and going on, it takes no picture for more than half a second younger than it is,
    counts that it was late, leaves out what is older than a second, and soon sees the present again.
    """
    if reason := rtsp_server.missing():
        pytest.skip(reason)
    clip = make_clip(tmp_path / "long.mp4", moving_block(750, 160, 120), fps=25, gop=25)
    password = tmp_path / "password"
    password.write_text("secret\n")
    password.chmod(0o600)
    with rtsp_server.RtspServer(clip) as server, subprocess.Popen(
            [sys.executable, "-c", READER, server.url, str(password)], stdout=subprocess.PIPE,
            text=True) as reader:
        assert reader.stdout is not None
        told = [json.loads(line) for line in islice(reader.stdout, 75)]
        offset_s = min(mono_s - media_s for media_s, mono_s, _ in told)
        reader.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_S)
        reader.send_signal(signal.SIGCONT)
        after = [json.loads(line) for line in islice(reader.stdout, 75)]
        reader.kill()

    younger_s = [mono_s - media_s - offset_s for media_s, mono_s, _ in after]
    hole_s = max(later[0] - earlier[0] for earlier, later in pairwise([told[-1], *after]))
    assert max(younger_s) < 0.5
    assert after[-1][2] > told[-1][2]
    assert hole_s > 1
