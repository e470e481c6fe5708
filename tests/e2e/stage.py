"""One box, one broker and one ward as real processes, for tests that look from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import av
import pytest
from paho.mqtt import publish

from dev.trial_config import ROOT, trial_config
from edge.journal.store import Journal
from tests.brokers import WAIT_S, Broker, mosquitto, until
from tests.subscriber import Arrival, Subscriber
from ward.store.reader import Reader
from ward.store.rows import BoxRow

REPOSITORY = Path(__file__).resolve().parents[2]
BOX = f"{ROOT.group}/{ROOT.box}"            # as the ward's store names it
MIB = 1024 * 1024
END_S = WAIT_S

# onnxruntime keeps its telemetry to itself where one of these is set.
_TELL_OF_A_TEST = ("CI", "APPVEYOR", "BITBUCKET_BUILD_NUMBER", "BUILDKITE", "CIRCLECI", "CODEBUILD_BUILD_ID",
                   "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TEAMCITY_VERSION", "TF_BUILD", "TRAVIS")

_MORE = """
[page]
enabled = false

[model]
threads = 1
"""


class Actor:
    """One process of ours; all that it says goes to its log."""

    def __init__(self, name: str, command: list[str], log: Path, environment: Mapping[str, str],
                 folder: Path | None) -> None:
        self.name, self.log, self.may_fail = name, log, False
        with log.open("ab") as file:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                             env=environment, cwd=folder)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def failed(self) -> bool:
        """It ended by itself, and not well."""
        return not self.may_fail and self._process.poll() not in (None, 0)

    def wait(self, timeout_s: float = END_S) -> int:
        return self._process.wait(timeout_s)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, as systemd does; return its exit code."""
        self._process.send_signal(number)
        return self.wait()

    def kill(self) -> None:
        """As the kernel does when memory is short."""
        self.may_fail = True
        self._process.kill()
        self.wait()


class Stage:
    """Everything of one test lies in `folder`; the broker listens from the start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.ward_data = folder / "ward"
        self.broker: Broker = mosquitto(folder / "broker")
        self.broker.start()
        self.actors: list[Actor] = []
        self._book: Journal | None = None
        self._desk: Reader | None = None

    def start(self, name: str, module: str, *words: str | Path, environment: Mapping[str, str] | None = None,
              folder: Path | None = None) -> Actor:
        """`python -m MODULE WORDS...`; one name is one log, whoever writes to it."""
        actor = Actor(name, [sys.executable, "-m", module, *map(str, words)], self.folder / f"{name}.log",
                      surroundings(environment), folder)
        self.actors.append(actor)
        return actor

    def watch(self, config: Path, **more: Any) -> Actor:
        return self.start("watch", "edge.cli", "watch", "--config", config, **more)

    def guard(self, config: Path, **more: Any) -> Actor:
        return self.start("guard", "edge.cli", "guard", "--config", config, **more)

    def page(self, config: Path, **more: Any) -> Actor:
        return self.start("page", "edge.cli", "page", "--config", config, **more)

    def uplink(self, config: Path, **more: Any) -> Actor:
        return self.start("uplink", "edge.cli", "uplink", "--config", config, **more)

    def ward(self) -> Actor:
        """A receiver; returns when the broker keeps for it what it misses."""
        actor = self.start("ward", "ward.cli", "receive", "--ward", ROOT.ward, "--no-tls", "--print",
                           "--broker", f"127.0.0.1:{self.broker.port}", "--data", self.ward_data)
        before = actor.text.count("receiving:")
        self.until(lambda: actor.text.count("receiving:") > before, "the ward to be connected")
        return actor

    def config(self, cameras: str, **values: object) -> Path:
        """The box's config with these cameras, in which `{words}` stand for `values`."""
        text = trial_config(_MORE, state=self.state, run=self.state / "run", title="Tổ 12, ngõ 5",
                            mqtt_port=self.broker.port)
        for name, value in values.items():
            cameras = cameras.replace("{" + name + "}", str(value))
        path = self.folder / "edge.toml"
        path.write_text(text + cameras, encoding="utf-8")
        return path

    @property
    def book(self) -> Journal:
        """The box's journal, opened beside its two owners."""
        if self._book is None:
            self.until((self.state / "uplink" / "journal.db").exists, "a journal to be made")
            self._book = Journal.open(self.state / "uplink" / "journal.db", 512 * MIB)
        return self._book

    def close_book(self) -> None:
        """So that the box's own processes are the last to close the journal."""
        if self._book is not None:
            self._book.close()
            self._book = None

    def owed(self) -> int:
        depth = self.book.depth()
        return depth.records + depth.pictures

    def until(self, holds: Callable[[], object], what: str, timeout_s: float = WAIT_S) -> None:
        """Wait, unless a process has died meanwhile that should not."""
        def over() -> bool:
            dead = [actor.name for actor in self.actors if actor.failed]
            assert not dead, f"while waiting for {what}: {dead[0]} ended by itself, see its log"
            return bool(holds())
        until(over, what, timeout_s)

    def until_delivered(self) -> None:
        """The box owes nothing, and the ward has stored every number that was given and every picture."""
        self.until(lambda: self.owed() == 0, "the journal to be emptied")
        last = self.book.last_seq()
        self.until(lambda: self.box.last_seq == last and not self.desk.summary().images.get("pending"),
                   f"the ward to have stored all up to {last}")

    @property
    def desk(self) -> Reader:
        """The ward's store, read beside its receiver."""
        if self._desk is None:
            self.until((self.ward_data / "ward.db").exists, "the ward's store to be made")
            self._desk = Reader(self.ward_data)
        return self._desk

    @property
    def box(self) -> BoxRow:
        """What the ward knows of our box, once it has heard of it."""
        self.until(self.desk.boxes, "the ward to have heard of the box")
        (box,) = self.desk.boxes()
        return box

    def summary(self) -> dict[str, Any]:
        """What `edgebox-ward summary --json` says."""
        command = [sys.executable, "-m", "ward.cli", "summary", "--json", "--data", str(self.ward_data)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=surroundings())
        summary: dict[str, Any] = json.loads(done.stdout)
        return summary

    def logs(self) -> list[tuple[str, str]]:
        """Name and text of every log, for the report of a failure."""
        return [(path.name, path.read_text(encoding="utf-8", errors="replace")[-8000:])
                for path in sorted(self.folder.rglob("*.log"))]

    def close(self) -> None:
        for actor in reversed(self.actors):
            actor.kill()
        self.close_book()
        self.broker.kill()


def surroundings(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process of ours: it finds our code and models wherever it runs.

    Without what makes libraries behave better in a test than on a box.
    """
    ours = {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("ORT_") and name not in _TELL_OF_A_TEST}
    return {**kept, **ours, **(changes or {})}


def cut(source: Path, target: Path, seconds: float) -> Path:
    """The first `seconds` of a recording, its packets copied as they are."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as part:
        video = whole.streams.video[0]
        copy = part.add_stream_from_template(video)
        for packet in whole.demux(video):
            if packet.dts is None or video.time_base is None or packet.dts * video.time_base > seconds:
                break
            packet.stream = copy
            part.mux(packet)
    return target


def heard(wire: Subscriber, stage: Stage) -> list[Arrival]:
    """All that the broker held for `wire` until now, which is then closed: a mark of our own comes last."""
    publish.single("test/mark", b"{}", qos=1, port=stage.broker.port)
    stage.until(lambda: wire.on("test/mark"), "our own mark")
    wire.close()
    return [arrival for arrival in wire.arrivals if arrival.topic != "test/mark"]


def needs_model() -> None:
    """Skip where the weights are not installed."""
    from models.manifest import DEFAULT_MODEL
    from models.store import default_dir, installed

    if DEFAULT_MODEL not in installed(default_dir()):
        pytest.skip(f"needs the weights in {default_dir()}: run `./run test`, which fetches them, "
                    "or `edgebox models fetch`")
