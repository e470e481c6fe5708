"""How long an append takes, and how fast a full journal reaches a broker.

References in the same run: the same bytes by the least that is as durable (write and fsync of a plain file),
and by bare paho with the same window, from memory, without a journal.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bench.result import Figure, Result
from edge.base import clock
from edge.config.model import MqttSettings
from edge.contract.messages import BirthData, MetricsData
from edge.contract.topics import Root
from edge.journal.entry import Entry, Picture, Rank
from edge.journal.store import Journal
from edge.uplink.delivery import run_delivery
from tests.swallowing_proxy import SwallowingProxy

APPENDS = 300
PICTURE_BYTES = 24 * 1024
RECORD_BYTES = 1000
ARRIVALS = 60
CALLS = 5
ROOT = Root("bench", "bench", "bench")


def run(args: argparse.Namespace) -> Result:
    broker = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    # Beside the repository, not in /tmp, which may be memory and then has no fsync to pay.
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name:
        folder = Path(name)
        bare_ms, append_ms = _appends(folder)
        figures = [
            Figure("append record and picture, median", statistics.median(append_ms), "ms",
                   reference=statistics.median(bare_ms), reference_name="bare write + fsync"),
            Figure("append record and picture, p99", _p99(append_ms), "ms", reference=_p99(bare_ms),
                   reference_name="bare write + fsync")]
        notes = [f"{APPENDS} entries of {RECORD_BYTES} B and a {PICTURE_BYTES // 1024} KiB picture each, "
                 "alternating with the reference on the same disk"]
        if broker is None:
            notes.append("delivery left out: apt-get install mosquitto")
        else:
            with running_broker(Path(broker), folder) as port:
                ours, bare = _deliveries(folder / "journal.db", port)
                arrival_ms = _arrivals(folder / "latency.db", port)
                call_s = _calls_over_lost_paths(folder / "calls.db", port)
            figures.append(Figure("messages delivered a second", ours, "/s", better="higher", reference=bare,
                                  reference_name="bare paho, QoS 1, window 20, no journal"))
            figures.append(Figure("from append to a subscriber, median", statistics.median(arrival_ms), "ms"))
            figures.append(Figure("from append to a subscriber, p99", _p99(arrival_ms), "ms"))
            figures.append(Figure("from a call to a subscriber, its path just lost, most", max(call_s), "s",
                                  5.0))
            notes.append(f"{2 * APPENDS} messages, median of 3, mosquitto on loopback; ours are deleted too")
            notes.append(f"{ARRIVALS} records one by one, by another connection to the journal")
        return Result("delivery", tuple(figures), tuple(notes))


def _entry(number: int, picture: bytes) -> Entry:
    event_id = f"{number:036d}"
    return Entry(Rank.NEW, ROOT.event("gate", "enter"), "edgebox.event.enter", "gate", f"{event_id}.0",
                 "2026-01-01T00:00:00.000Z", time.monotonic_ns(), clock.boot_id(),
                 '{"pad":"' + "x" * (RECORD_BYTES - 10) + '"}', event_id, 0, False,
                 (Picture(ROOT.image(event_id, 0), event_id, 0, picture),))


def _appends(folder: Path) -> tuple[list[float], list[float]]:
    journal = Journal.open(folder / "journal.db", 512 * 1024 * 1024)
    picture = random.Random(1).randbytes(PICTURE_BYTES)
    bare_ms, append_ms = [], []
    handle = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in range(APPENDS):
        start_ns = time.perf_counter_ns()
        os.write(handle, bytes(RECORD_BYTES) + picture)
        os.fsync(handle)
        middle_ns = time.perf_counter_ns()
        journal.append(_entry(number, picture))
        bare_ms.append((middle_ns - start_ns) / 1e6)
        append_ms.append((time.perf_counter_ns() - middle_ns) / 1e6)
    os.close(handle)
    journal.close()
    return bare_ms, append_ms


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


@contextlib.contextmanager
def running_broker(program: Path, folder: Path, more: str = "") -> Iterator[int]:
    """Mosquitto on a port of its own, which this gives; `more` are further lines of its config."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nlog_type none\n{more}")
    process = subprocess.Popen([program, "-c", config])
    try:
        deadline_s = time.monotonic() + 10.0
        while time.monotonic() < deadline_s:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def _deliveries(path: Path, port: int) -> tuple[float, float]:
    """Messages a second: ours, and paho alone; somebody is subscribed, or ours would be kept."""
    ours, bare = [], []
    _subscribe_once(port)
    for _ in range(3):
        copy = path.with_name("copy.db")
        shutil.copyfile(path, copy)
        ours.append(_deliver(copy, port))
        bare.append(_publish(port))
        for file in copy.parent.glob("copy.*"):
            file.unlink()
    return statistics.median(ours), statistics.median(bare)


@contextlib.contextmanager
def _delivering(path: Path, port: int) -> Iterator[Journal]:
    journal = Journal.open(path, 512 * 1024 * 1024)
    stop = threading.Event()
    birth = BirthData(firmware="", model="", config="", cameras=(), boot_id=clock.boot_id(), seq=0)
    settings = MqttSettings.model_validate({"host": "127.0.0.1", "port": port, "tls": False})
    thread = threading.Thread(daemon=True, target=run_delivery, args=(
        journal, settings, ROOT, lambda: birth, lambda: MetricsData(counters={}, gauges={}), stop))
    thread.start()
    try:
        yield journal
    finally:
        stop.set()
        thread.join()
        journal.close()


def _deliver(path: Path, port: int) -> float:
    start_s = time.perf_counter()
    with _delivering(path, port) as journal:
        while journal.depth().bytes:
            time.sleep(0.002)
        return 2 * APPENDS / (time.perf_counter() - start_s)


def _subscribe_once(port: int) -> None:
    """Subscribe with QoS 0, so that the broker queues nothing while this one is away, and costs no time."""
    subscribed = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, "somebody", clean_session=False,
                         protocol=MQTTProtocolVersion.MQTTv311)
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(ROOT.topic("#"), 0)
    subscribed.wait(10.0)
    client.disconnect()
    client.loop_stop()


def _arrivals(path: Path, port: int) -> list[float]:
    """Milliseconds from the call of append to a subscriber's callback."""
    subscribed, arrived = threading.Event(), threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, "ward", protocol=MQTTProtocolVersion.MQTTv5)
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda *_: arrived.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(ROOT.topic("event/#"), 1)
    subscribed.wait(10.0)
    took_ms, rng = [], random.Random(2)
    writer = Journal.open(path, 512 * 1024 * 1024)
    with _delivering(path, port):
        for number in range(ARRIVALS):
            time.sleep(rng.uniform(0.02, 0.12))         # at any moment of the poll
            arrived.clear()
            start_ns = time.perf_counter_ns()
            writer.append(replace(_entry(APPENDS + number, b""), pictures=()))
            arrived.wait(10.0)
            took_ms.append((time.perf_counter_ns() - start_ns) / 1e6)
    writer.close()
    client.disconnect()
    client.loop_stop()
    return took_ms[1:]          # the first waits for the connection


def _calls_over_lost_paths(path: Path, port: int) -> list[float]:
    """Seconds from the append of a call to a subscriber's callback, each time after the connection that is
    there has begun to lead nowhere, as when a mobile network forgets it."""
    subscribed, arrived = threading.Event(), threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, "ward-calls", protocol=MQTTProtocolVersion.MQTTv5)
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda *_: arrived.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe([(ROOT.alarm, 1), (ROOT.topic("birth"), 1)])
    subscribed.wait(10.0)
    took_s, writer = list[float](), Journal.open(path, 512 * 1024 * 1024)
    with SwallowingProxy(port) as proxy, _delivering(path, proxy.port):
        arrived.wait(20.0)
        for number in range(CALLS):
            proxy.swallow()
            arrived.clear()
            start_s = time.perf_counter()
            writer.append(replace(_entry(number, b""), rank=Rank.ALARM, topic=ROOT.alarm, pictures=(),
                                  id=f"call.{number}"))
            while writer.owes(Rank.ALARM) and time.perf_counter() < start_s + 90.0:
                time.sleep(0.02)
            took_s.append(time.perf_counter() - start_s)
    writer.close()
    client.disconnect()
    client.loop_stop()
    return took_s


def _publish(port: int) -> float:
    done, left = threading.Event(), [2 * APPENDS]
    client = paho.Client(CallbackAPIVersion.VERSION2, "bare", protocol=MQTTProtocolVersion.MQTTv5)

    def on_publish(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            done.set()

    client.on_publish = on_publish
    picture = bytes(PICTURE_BYTES)
    start_s = time.perf_counter()
    client.connect("127.0.0.1", port)
    client.loop_start()
    for number in range(APPENDS):
        client.publish(ROOT.event("gate", "enter"), bytes(RECORD_BYTES), 1)
        client.publish(ROOT.image(f"{number:036d}", 0), picture, 1)
    done.wait(60.0)
    took_s = time.perf_counter() - start_s
    client.disconnect()
    client.loop_stop()
    return 2 * APPENDS / took_s
