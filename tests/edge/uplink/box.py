"""A guard for tests: delivery as a thread of the test, or as a process of its own."""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import threading
from pathlib import Path

from edge.base import clock, log
from edge.base.backoff import Backoff
from edge.base.supervisor import Supervisor, stop_at_signals
from edge.config.model import MqttSettings
from edge.contract.messages import BirthData, MetricsData
from edge.guard.commands.handler import CommandHandler
from edge.journal.store import Journal
from edge.uplink.ack_judge import AckJudge
from edge.uplink.delivery import run_delivery
from tests.edge.journal.entries import MIB, ROOT

BIRTH = BirthData(firmware="0.0.0", model="0" * 16, config="1" * 16, cameras=("gate",),
                  boot_id=clock.boot_id(), seq=0)


def plain(port: int, **more: object) -> MqttSettings:
    return MqttSettings.model_validate({"host": "127.0.0.1", "port": port, "tls": False} | more)


class Box:
    """Delivery in a thread, from entering to leaving."""

    def __init__(self, journal: Journal, settings: MqttSettings, metrics_every_s: float = 60.0,
                 desk: CommandHandler | None = None, acks: AckJudge | None = None) -> None:
        self._journal, self._settings, self._metrics_every_s = journal, settings, metrics_every_s
        self._desk, self._acks = desk, acks
        self.links: list[bool] = []         # what was told of the way to the ward
        self.birth = BIRTH
        self.supervisor = Supervisor()

    def __enter__(self) -> Box:
        self.supervisor.start("deliver", lambda stop: run_delivery(
            self._journal, self._settings, ROOT, lambda: self.birth, self._metrics, stop,
            on_command=None if self._desk is None else self._desk.arrived, on_link=self.links.append,
            acks=self._acks, backoff=Backoff(0.05, 0.2), metrics_every_s=self._metrics_every_s))
        if self._desk is not None:
            self.supervisor.start("commands", self._desk.run)
        return self

    def __exit__(self, *_: object) -> None:
        self.supervisor.stop.set()
        assert [] == self.supervisor.join(30.0)
        assert self.supervisor.failure is None

    def _metrics(self) -> MetricsData:
        return MetricsData(counters=self._journal.counters(), gauges={"depth": self._journal.depth().records})


def start_guard(path: Path, port: int, record: Path) -> subprocess.Popen[bytes]:
    """The same in a process, whose log goes to `record`."""
    with record.open("ab") as file:
        return subprocess.Popen([sys.executable, "-m", "tests.edge.uplink.box", str(path), str(port)],
                                stderr=file)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("port", type=int)
    args = parser.parse_args()
    log.set_up()
    stop = threading.Event()
    stop_at_signals(stop)
    journal = Journal.open(args.path, 64 * MIB)
    run_delivery(journal, plain(args.port), ROOT, lambda: BIRTH,
                 lambda: MetricsData(counters=journal.counters(), gauges={}), stop,
                 backoff=Backoff(0.05, 0.2))
    journal.close()
    logging.shutdown()


if __name__ == "__main__":
    main()
