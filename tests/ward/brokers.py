"""Real brokers for the ward's tests: mosquitto, and amqtt as the demo runs it. On loopback, free ports."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ward.store.intake import Arrival

_LIMIT_S = 20.0


def wait_until(done: Callable[[], bool], what: str, limit_s: float = _LIMIT_S) -> None:
    """Bounded waiting on a real process; fails with `what` when it takes too long."""
    until_s = time.monotonic() + limit_s
    while not done():
        if time.monotonic() > until_s:
            pytest.fail(f"not within {limit_s:.0f} s: {what}")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Mosquitto:
    """A mosquitto that can be stopped and started again on its port, with what it stored."""

    def __init__(self, folder: Path, *lines: str) -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        if program is None:
            pytest.skip("needs a real broker: apt install mosquitto")
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text("\n".join([
            "per_listener_settings false", f"listener {self.port} 127.0.0.1",
            *(lines or ("allow_anonymous true",)), "persistence true", f"persistence_location {folder}/",
            "max_queued_messages 0", "max_inflight_messages 100", "autosave_interval 1",
            *(() if any(line.startswith("user ") for line in lines) else ("user root",)), ""]))
        self._command = [program, "-c", str(self._config)]
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        wait_until(lambda: answers(self.port), f"mosquitto on its port; it said {self._log.read_text()!r}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_LIMIT_S)
            self._process = None

    def __enter__(self) -> Mosquitto:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()


_AMQTT = """
import asyncio, sys
from amqtt.broker import Broker
async def main():
    broker = Broker({
        "listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:" + sys.argv[1], "max_connections": 20}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}})
    await broker.start()
    await asyncio.Event().wait()
asyncio.run(main())
"""


@contextmanager
def amqtt(folder: Path) -> Iterator[int]:
    """The demo's kind of broker, which speaks 3.1.1 only; yields its port."""
    port = free_port()
    with (folder / "amqtt.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", _AMQTT, str(port)], stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(port), "amqtt on its port")
        yield port
    finally:
        process.terminate()
        process.wait(_LIMIT_S)


@contextmanager
def publisher(port: int) -> Iterator[Callable[[Sequence[Arrival]], None]]:
    """Publishes at QoS 1 and waits until the broker has all; retains what is marked so."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()

    def publish(arrivals: Sequence[Arrival]) -> None:
        sent = [client.publish(arrival.topic, arrival.payload, 1, arrival.retained) for arrival in arrivals]
        for message in sent:
            message.wait_for_publish(_LIMIT_S)

    try:
        yield publish
    finally:
        client.disconnect()
        client.loop_stop()
