"""`./run box MY.TOML`: a whole box on a laptop."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from dev.demo_box import PROGRAMS
from dev.trial_config import trial_config
from edge.cli import SERVICES
from edge.gpio.simulated import press
from tests.brokers import free_port, until
from tests.e2e.stage import END_S, REPOSITORY, surroundings

pytestmark = [pytest.mark.usefixtures("model"), pytest.mark.timeout(300)]
BUTTON = 5
CONFIG = """\
[page]
host = "127.0.0.1"
port = {page_port}

[outputs]
siren = {{ kind = "siren", pin = 17 }}

[inputs]
gate-button = {{ kind = "panic", pin = {button} }}

[cameras.gate]
source = "{folder}/nothing.mp4"

[cameras.gate.rules.anyone]
kind = "enter"
"""


def test_a_box_of_ones_own_on_a_laptop(tmp_path: Path) -> None:
    """
    Every program with its own config and no broker: one log with the program before each line, a press of the
    simulated button drives the simulated siren, and Ctrl-C ends all, the siren's program last.
    """
    config, said = tmp_path / "my.toml", tmp_path / "said"
    config.write_text(trial_config(
        CONFIG.format(folder=tmp_path, page_port=free_port(), button=BUTTON),
        state=tmp_path / "state", run=tmp_path / "state" / "run", mqtt_port=free_port()))
    pins = tmp_path / "kept" / "pins"
    with said.open("w") as log, subprocess.Popen(
            [REPOSITORY / "run", "box", config, "--keep", tmp_path / "kept"], stdout=log, stderr=log,
            start_new_session=True, env=surroundings()) as process:
        try:
            until(lambda: "guarding" in said.read_text() and (pins / "inputs.sock").exists(), "guard", 60)
            until(lambda: "watching" in said.read_text(), "watch", 60)
            children = psutil.Process(process.pid).children(recursive=True)
            press(pins, BUTTON, "low")
            until(lambda: re.search(r"^pins +\| \[SIREN\]", said.read_text(), re.MULTILINE), "the siren", 30)
            press(pins, BUTTON, "high")
            os.killpg(process.pid, signal.SIGINT)
            assert 0 == process.wait(END_S), said.read_text()
        finally:
            process.kill()

    text = said.read_text()
    assert f"config {config}, state {tmp_path}/state" in text
    assert "page   https://127.0.0.1:" in text
    assert f"pins   {pins}" in text
    assert {"box:", "pins", *PROGRAMS} == {line.split()[0] for line in text.splitlines() if line}
    assert "\x1b" not in text                   # no terminal, no colour
    assert len(PROGRAMS) == len(children)
    assert not any(child.is_running() for child in children)


def test_guard_is_the_first_to_come_and_the_last_to_go() -> None:
    """
    All services are programs of a box, and whichever ends first, the siren has its master till the end.
    """
    assert "guard" == PROGRAMS[0]
    assert sorted(SERVICES) == sorted(PROGRAMS)
