"""What a technician can get wrong, or a card can do to us: one clear line each, by the real commands.

`edgebox check`, pictures for `detect`, and every kind of certificate are tested beside their own modules.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev.trial_config import trial_config
from edge.journal.store import Journal
from models.manifest import DEFAULT_MODEL
from models.store import MODEL_FILE, default_dir
from tests.brokers import Authority, mosquitto
from tests.e2e.stage import MIB, Stage, cut, heard, needs_model, surroundings
from tests.edge.journal.entries import make_entry
from tests.edge.journal.test_full_disk import fill_up, small_disk
from tests.subscriber import Subscriber

__all__ = ["small_disk"]

BOX = trial_config("[page]\nenabled = false\n", state="state", run="run", mqtt_port=1)
CAMERA = """
[cameras.gate]
source = "gate.mp4"
at_end = "stop"
[cameras.gate.rules.someone]
kind = "enter"
"""
FIVE_FAULTS = """
[box]
ward = "Phường 5"
group = "to-12"
id = "hop-01"
[mqtt]
host = "mqtt://127.0.0.1"
[model]
treshold = 0.5
[cameras.gate]
source = "gate.mp4"
fps = 0
[cameras.gate.rules.someone]
kind = "enter"
zone = "drive"
"""


_LOG_LINE = re.compile(r"\d\d:\d\d:\d\d (DEBUG|INFO|WARN|ERROR)")


def edgebox(*words: str | Path, **environment: str) -> tuple[int, list[str]]:
    """Run one command to its end; its exit code and what it said at last, its log apart."""
    done = subprocess.run([sys.executable, "-m", "edge.cli", *map(str, words)], capture_output=True,
                          text=True, timeout=60, check=False, env=surroundings(environment))
    assert "Traceback" not in done.stderr
    return done.returncode, [line for line in done.stderr.splitlines() if not _LOG_LINE.match(line)]


def written(folder: Path, text: str = BOX + CAMERA) -> Path:
    path = folder / "edge.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("service", ["watch", "guard", "uplink", "check"])
def test_a_config_with_five_faults(tmp_path: Path, service: str) -> None:
    """
    All five are told at once, each with its line and key; exit code 78, at which systemd does not try again.
    """
    path = written(tmp_path, FIVE_FAULTS)

    code, said = edgebox(service, *([path] if service == "check" else ["--config", path]))

    assert (os.EX_CONFIG, 5) == (code, len(said))
    for line, (number, key) in zip(said, [(3, "box.ward"), (7, "mqtt.host"), (9, "model.treshold"),
                                          (12, "cameras.gate.fps"), (15, "cameras.gate.rules.someone.zone")],
                                   strict=True):
        assert f"edge.toml:{number}: {key}: " in line
    assert "did you mean 'threshold'?" in said[2]


@pytest.mark.parametrize("command", [("watch", "--config", "edge.toml"), ("replay", "gate.mp4"),
                                     ("detect", "gate.png")])
def test_no_model(tmp_path: Path, command: tuple[str, ...]) -> None:
    """
    Whoever needs the weights says where they were sought and how to get them.
    """
    (tmp_path / "models").mkdir()
    written(tmp_path)
    (tmp_path / "gate.mp4").touch()
    (tmp_path / "gate.png").touch()

    code, said = edgebox(*(tmp_path / word if "." in word else word for word in command),
                         EDGEBOX_MODELS=str(tmp_path / "models"))

    assert (os.EX_DATAERR, 1) == (code, len(said))
    assert f"model '{DEFAULT_MODEL}': not installed in {tmp_path}/models; run `" in said[0]
    assert f"edgebox models fetch {DEFAULT_MODEL}`" in said[0]


def test_a_truncated_model(tmp_path: Path) -> None:
    """
    Weights that were cut short are never loaded: the line names the file and both sizes.
    """
    needs_model()
    mine = tmp_path / "models" / DEFAULT_MODEL
    shutil.copytree(default_dir() / DEFAULT_MODEL, mine)
    whole = (mine / MODEL_FILE).stat().st_size
    os.truncate(mine / MODEL_FILE, whole // 2)

    code, said = edgebox("watch", "--config", written(tmp_path), EDGEBOX_MODELS=str(tmp_path / "models"))

    assert (os.EX_DATAERR, 1) == (code, len(said))
    assert f"{mine / MODEL_FILE}: " in said[0]
    assert str(whole) in said[0]
    assert str(whole // 2) in said[0]


@pytest.mark.parametrize("command", ["watch", "check"])
def test_a_class_that_the_model_does_not_know(tmp_path: Path, command: str) -> None:
    """
    Watch would run for ever and tell nothing: it refuses as check does, one line for each class with its
    place, before any weights are read.
    """
    text = BOX + CAMERA + 'classes = ["person", "motorbike", "policeman"]\n'
    path, line = written(tmp_path, text), text.count("\n")

    code, said = edgebox(command, *([path] if command == "check" else ["--config", path]),
                         EDGEBOX_MODELS=str(tmp_path / "none"))

    assert (os.EX_CONFIG, 2) == (code, len(said))
    assert f"edge.toml:{line}: cameras.gate.rules.someone.classes[1]: " in said[0]
    assert f"edge.toml:{line}: cameras.gate.rules.someone.classes[2]: " in said[1]
    assert "knows no 'motorbike', did you mean 'motorcycle'?" in said[0]
    assert "knows no 'policeman'" in said[1]


@pytest.mark.usefixtures("model")
def test_a_video_that_cannot_be_read(tmp_path: Path) -> None:
    """
    Noise, a text, nothing at all, and no file: a line each, and not a success.
    """
    (tmp_path / "noise.mp4").write_bytes(random.Random(1).randbytes(100_000))
    (tmp_path / "text.mp4").write_text("no video\n" * 100)
    (tmp_path / "empty.mp4").touch()

    for name in ("noise.mp4", "text.mp4", "empty.mp4", "missing.mp4"):
        code, said = edgebox("replay", tmp_path / name)
        assert 0 != code
        assert 1 == len(said)
        assert name in said[0]


def test_a_journal_with_flipped_bytes(stage: Stage) -> None:
    """
    Guard sets it aside, says so in one line, rebuilds it, and delivers what could still be read; what could
    not is counted.
    """
    path = stage.state / "uplink" / "journal.db"
    path.parent.mkdir(parents=True)
    journal = Journal.open(path, 64 * MIB)
    for number in range(1, 101):
        journal.append(make_entry(number, pad=600))
    journal.close()
    content = bytearray(path.read_bytes())
    leaves = [at for at in range(0, len(content), 4096)
              if content[at] == 13 and b"edgebox.event" in content[at:at + 4096]]
    for at in (leaves[3] + 3, leaves[6] + 2000):        # a page's count of rows, and what is in another
        content[at] ^= 0xFF
    path.write_bytes(content)

    wire = Subscriber(stage.broker.port, "looker", "#")
    uplink = stage.uplink(stage.config(CAMERA))
    stage.until(lambda: "ward connected" in uplink.text, "uplink to be connected")
    stage.until(lambda: stage.owed() == 0, "what was readable to be delivered")

    (line,) = [line for line in uplink.text.splitlines() if "journal damaged" in line]
    assert f"file={path}" in line
    assert "aside=" in line
    assert [path for path in (stage.state / "uplink").iterdir() if "journal.damaged-" in path.name]
    arrived = [arrival for arrival in heard(wire, stage) if "/event/" in arrival.topic]
    assert stage.book.counters()["journal_salvaged"] == len(arrived) >= 50
    assert 0 < stage.book.counters()["journal_lost"] < 50
    assert stage.book.last_seq() >= 100
    assert "Traceback" not in uplink.text


def test_a_broker_that_refuses_our_certificate(stage: Stage, tmp_path: Path) -> None:
    """
    Uplink says once what is wrong with it and what to do, goes on trying, and ends well when it is told to.
    """
    ours, other = Authority(tmp_path / "ours"), Authority(tmp_path / "other", "Another CA")
    broker = mosquitto(tmp_path / "tls", server=ours.issue("broker"), ca=ours.ca)
    broker.start()
    stranger = other.issue("hop-01")
    config = stage.config(CAMERA)
    config.write_text(config.read_text(encoding="utf-8").replace(
        f"port = {stage.broker.port}\ntls = false", f"port = {broker.port}\nca_file = \"{ours.ca}\"\n"
        f"cert_file = \"{stranger.cert}\"\nkey_file = \"{stranger.key}\""), encoding="utf-8")

    uplink = stage.uplink(config)
    stage.until(lambda: broker.log_text.count("certificate verify failed") >= 3, "the third attempt")
    assert 0 == uplink.stop()
    broker.kill()

    (line,) = [line for line in uplink.text.splitlines() if "ward away" in line]
    assert "ERROR" in line
    assert "certificate is signed by a CA that the broker does not know; enrol this box again" in line


@pytest.mark.usefixtures("model")
def test_a_disk_that_becomes_full(stage: Stage, small_disk: Path, footage: dict[str, Path],
                                  tmp_path: Path) -> None:
    """
    Watch says so once and waits; when there is room again it stores what had waited and goes on.
    """
    stage.state = small_disk
    config = stage.config(CAMERA.replace("stop", "loop").replace("gate.mp4", "{plaza}"),
                          plaza=cut(footage["plaza"], tmp_path / "plaza.mp4", 6.0))
    stage.broker.stop()
    uplink, watch = stage.uplink(config), stage.watch(config)
    stage.until(lambda: "event stored" in watch.text, "the first event")
    ballast = fill_up(small_disk)
    stage.until(lambda: "uplink takes no records" in watch.text, "the disk to be found full")
    assert watch.running
    stored = stage.book.last_seq()
    ballast.unlink()
    stage.until(lambda: "uplink takes records again" in watch.text, "room to be found")
    stage.until(lambda: stage.book.last_seq() >= stored + 3, "what had waited")
    assert 0 == watch.stop()
    assert uplink.running

    assert 1 == watch.text.count("uplink takes no records")
    assert "free some of" in watch.text
    assert "lost" not in " ".join(stage.book.counters())
    numbers = [owed.row_id for owed in stage.book.owed(1000)]
    assert list(range(1, stage.book.last_seq() + 1)) == sorted(numbers)
