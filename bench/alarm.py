"""Times the way from a call for help to the siren's pin, while two `edgebox watch` take all the CPU there is.

The real `edgebox guard`, on simulated pins (gpiozero's MockFactory, in a folder), and around it what is there
on a box: TLS, mosquitto, a journal on a disk. Three ways to call: a button, a phone on the page, a signed
command of the ward. Beside it, on pins of the same kind and pressed in turn, the least there is: gpiozero's
own button, whose callback sets an output. Then, without all that, the way on to the ward's desks (bell.py).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import secrets
import shutil
import ssl
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import paho.mqtt.client as paho
import psutil
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bench import bell
from bench.delivery import running_broker
from bench.result import Figure, LeftOutError, Result
from dev.demo_box import free_port
from dev.footage import fetch_footage
from dev.trial_config import ROOT, trial_config
from dev.troupe import Troupe
from edge.base import clock
from edge.base.priority import favour_thread
from edge.contract.command import CommandName
from edge.contract.messages import AlarmWish, Severity
from edge.gpio import simulated
from edge.gpio.pins import PINS_VARIABLE, SIMULATED
from edge.ipc.channels import WATCH_TO_GUARD
from edge.ipc.messages import Done, ask
from edge.ipc.to_guard import ANSWERS
from edge.ipc.watch_guard import Wish
from edge.members.roster import Roster
from edge.members.values import MemberRole
from edge.page.request_context import CREDENTIAL
from ward.command.keys import CommandKey, make_key, open_key, public_path
from ward.command.order import Order, signed

SETTLE_S = 5.0              # until models are built and every camera plays
PRESSES = 250
TAPS = COMMANDS = 200
EVENTS = 100
HOLD_S = 0.1
MEMORY = Path("/dev/shm")       # noqa: S108 - a folder of our own in it
SIREN_PIN, FLOOD_PIN, BUTTON_PIN = 17, 27, 5

GUARD = """
[page]
host = "127.0.0.1"
port = {page_port}
[commands]
keys = ["{key}"]
max_per_minute = 600
[alarm]
siren_s = 0.15
light_s = 0.15
[outputs.siren]
kind = "siren"
pin = {siren}
[outputs.flood]
kind = "flood"
pin = {flood}
[inputs.gate]
kind = "panic"
pin = {button}
hold_s = {hold_s}
[cameras.plaza]
source = "{plaza}"
[cameras.plaza.rules.night]
kind = "enter"
severity = "warning"
alarm = "light"
"""
GREEDY = """
[cameras.{name}]
source = "{source}"
fps = 30
motion = {{ enabled = false }}
[cameras.{name}.rules.enter]
kind = "enter"
"""


def run(args: argparse.Namespace) -> Result:
    broker = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if broker is None:
        raise LeftOutError("needs the mosquitto broker: apt-get install mosquitto")
    if args.quick:
        rung, notes = bell.figures(Path(broker), quick=True)
        return Result("alarm", tuple(rung), (*notes, "the way to the siren is left out"))
    footage = {name: path.resolve() for name, path in fetch_footage(Path(".cache") / "footage").items()}
    # State beside the repository, where fsync costs; the rest in memory, as /run is.
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as disk, \
            tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as memory, \
            running_broker(Path(broker), Path(disk)) as mqtt_port, \
            Troupe(Path(disk), "bench alarm") as troupe:
        house = _House(Path(disk), Path(memory), mqtt_port)
        house.open(troupe, footage["plaza"])
        for name in ("watch-1", "watch-2"):
            config = Path(disk) / f"{name}.toml"
            config.write_text(trial_config("".join(
                GREEDY.format(name=camera, source=source) for camera, source in footage.items()),
                state=Path(disk) / name, run=Path(memory) / name))
            troupe.start(f"uplink-of-{name}", ["edge.cli", "uplink", "--config", str(config)], ready="ready")
            troupe.start(name, ["edge.cli", "watch", "--config", str(config)], ready="watching")
        time.sleep(SETTLE_S)
        psutil.cpu_percent()
        favour_thread()                     # a finger waits for no CPU
        ours, bare = house.presses()
        taps, commands, events = house.taps(), house.commands(), house.events()
        busy = psutil.cpu_percent()
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    rung, notes = bell.figures(Path(broker), quick=False)
    return Result("alarm", (
        *_figures("press to siren, beyond the hold", ours, 20.0, bare),
        *_figures("phone tap to siren, loopback TLS", taps, 150.0),
        *_figures("ward command to light, mosquitto", commands, 150.0),
        *_figures("rule's wish to light", events, 200.0),
        Figure("CPU in use meanwhile", busy, "%"), *rung), (
        f"{PRESSES} presses of each in turn, {TAPS} taps, {COMMANDS} commands, {EVENTS} events; guard, "
        f"broker and two watches on {os.cpu_count()} cores",
        "the phone's connection stays open, as a browser keeps it", *notes))


def _figures(name: str, ms: list[float], target_ms: float,
             bare_ms: list[float] | None = None) -> Iterator[Figure]:
    reference = "bare gpiozero, no hold" if bare_ms else ""
    yield Figure(f"{name}, median", statistics.median(ms), "ms",
                 reference=statistics.median(bare_ms) if bare_ms else None, reference_name=reference)
    yield Figure(f"{name}, p99", _p99(ms), "ms", target_ms, reference=_p99(bare_ms) if bare_ms else None,
                 reference_name=reference)


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


class _Wire:
    """The levels that one output takes, as they come."""

    def __init__(self, pins: Path, gpio: int) -> None:
        self._gpio = gpio
        self._file = (pins / "levels.jsonl").open()
        self.wait(False, 0)                 # as it was claimed

    def wait(self, level: bool, since_ns: int) -> int:
        """When it next took `level` after `since_ns`."""
        until_s = time.monotonic() + 20.0
        while time.monotonic() < until_s:
            for line in self._file:
                told = json.loads(line)
                if (told["gpio"], told["level"]) == (self._gpio, level) and told["mono_ns"] >= since_ns:
                    return int(told["mono_ns"])
            time.sleep(0.002)
        sys.exit(f"bench alarm: GPIO {self._gpio} did not become {level} within 20 s")

    def flash_ms(self, since_ns: int) -> float:
        """Milliseconds from `since_ns` until it went on; returns when it is off again."""
        on_ns = self.wait(True, since_ns)
        self.wait(False, on_ns)
        return (on_ns - since_ns) / 1e6


class _House:
    """A guard, the bare button, and all who may call them."""

    def __init__(self, disk: Path, memory: Path, mqtt_port: int) -> None:
        self._disk, self._memory, self._mqtt_port = disk, memory, mqtt_port
        self._pins, self._bare_pins = memory / "pins", memory / "bare"
        self._page_port = free_port()
        self._rng = random.Random(7)
        self._key = _new_key(memory / "ward.key")

    def open(self, troupe: Troupe, plaza: Path) -> None:
        """Returns when guard and the bare button answer."""
        config = self._disk / "guard.toml"
        config.write_text(trial_config(GUARD.format(
            page_port=self._page_port, key=public_path(self._memory / "ward.key"), siren=SIREN_PIN,
            flood=FLOOD_PIN, button=BUTTON_PIN, hold_s=HOLD_S, plaza=plaza),
            state=self._disk / "state", run=self._memory / "run", mqtt_port=self._mqtt_port))
        os.environ[PINS_VARIABLE] = f"{SIMULATED}{self._pins}"
        for pins in (self._pins, self._bare_pins):
            simulated.press(pins, BUTTON_PIN, "high")
        troupe.start("uplink", ["edge.cli", "uplink", "--config", str(config)], ready="uplink ready")
        troupe.start("guard", ["edge.cli", "guard", "--config", str(config)], ready="roster open")
        troupe.start("page", ["edge.cli", "page", "--config", str(config)], ready="group page:")
        troupe.start("bare", ["bench.bare_button", str(self._bare_pins), str(SIREN_PIN), str(BUTTON_PIN)],
                     ready="ready")

    def presses(self) -> tuple[list[float], list[float]]:
        """Milliseconds beyond the hold by guard, and from the press by the bare button, in turn."""
        ours, bare = list[float](), list[float]()
        siren, bare_siren = _Wire(self._pins, SIREN_PIN), _Wire(self._bare_pins, SIREN_PIN)
        for _ in range(PRESSES):
            ours.append(self._press(self._pins, siren) - HOLD_S * 1000)
            bare.append(self._press(self._bare_pins, bare_siren))
        return ours, bare

    def _press(self, pins: Path, siren: _Wire) -> float:
        self._wait_a_moment()
        pressed_ns = time.monotonic_ns()
        simulated.press(pins, BUTTON_PIN, "low")
        on_ns = siren.wait(True, pressed_ns)
        simulated.press(pins, BUTTON_PIN, "high")
        siren.wait(False, on_ns)
        return (on_ns - pressed_ns) / 1e6

    def taps(self) -> list[float]:
        """Milliseconds from the request to the siren, as a member's phone sends it."""
        trust = ssl.create_default_context(cafile=self._disk / "state" / "page" / "page.crt")
        headers = {"Cookie": f"{CREDENTIAL}={self._join()}", "Sec-Fetch-Site": "same-origin",
                   "Content-Type": "application/x-www-form-urlencoded"}
        phone = http.client.HTTPSConnection("127.0.0.1", self._page_port, timeout=20, context=trust)
        siren, took_ms = _Wire(self._pins, SIREN_PIN), list[float]()
        for _ in range(TAPS):
            self._wait_a_moment()
            body = urlencode({"mode": "siren", "request_id": secrets.token_hex(16)})
            tapped_ns = time.monotonic_ns()
            phone.request("POST", "/api/raise", body, headers)
            on_ns = siren.wait(True, tapped_ns)
            answer = phone.getresponse()
            if answer.status != http.HTTPStatus.OK:
                sys.exit(f"bench alarm: the page answers {answer.status}")
            answer.read()
            siren.wait(False, on_ns)
            took_ms.append((on_ns - tapped_ns) / 1e6)
        phone.close()
        return took_ms

    def commands(self) -> list[float]:
        """Milliseconds from publishing to the light: the siren's pause and count an hour bind the ward."""
        client = paho.Client(CallbackAPIVersion.VERSION2, "ward", protocol=MQTTProtocolVersion.MQTTv5)
        client.connect("127.0.0.1", self._mqtt_port)
        client.loop_start()
        light, took_ms = _Wire(self._pins, FLOOD_PIN), list[float]()
        for _ in range(COMMANDS):
            self._wait_a_moment()
            took_ms.append(light.flash_ms(self._send(client, CommandName.LIGHT)))
        self._send(client, CommandName.ARM)     # for the rules
        client.disconnect()
        client.loop_stop()
        return took_ms

    def _send(self, client: paho.Client, name: CommandName) -> int:
        """When it was published."""
        payload = signed(Order(name), str(uuid.uuid4()), ROOT, clock.boot_id(), "bench", datetime.now(UTC),
                         self._key)
        sent_ns = time.monotonic_ns()
        client.publish(ROOT.command(name.value), payload, 1).wait_for_publish(20.0)
        return sent_ns

    def events(self) -> list[float]:
        """Milliseconds from the call by which watch asks for an alarm, to the light that it asks for."""
        client = WATCH_TO_GUARD.client(self._memory / "run")
        light, took_ms = _Wire(self._pins, FLOOD_PIN), list[float]()
        for _ in range(EVENTS):
            self._wait_a_moment()
            asked_ns = time.monotonic_ns()
            answer = ask(client, _wish(asked_ns), ANSWERS, 20.0)
            if not isinstance(answer, Done):
                sys.exit(f"bench alarm: guard answers {answer}")
            took_ms.append(light.flash_ms(asked_ns))
        client.close()
        return took_ms

    def _join(self) -> str:
        """A member's phone; returns its credential's secret."""
        roster = Roster.open(self._disk / "state" / "guard" / "members.db")
        invite = roster.invite(MemberRole.LEADER, "tool:bench")
        credential = roster.redeem(invite.token, "Lan", "472816", "bench")
        roster.close()
        return credential.secret

    def _wait_a_moment(self) -> None:
        time.sleep(self._rng.uniform(0.02, 0.08))        # at any moment of whatever else goes on


def _wish(mono_ns: int) -> Wish:
    """A wish for light, of a new event."""
    return Wish(event_id=str(uuid.uuid4()), camera="plaza", rule="night", severity=Severity.WARNING,
                mode=AlarmWish.LIGHT, mono_ns=mono_ns, boot_id=clock.boot_id())


def _new_key(path: Path) -> CommandKey:
    passphrase = secrets.token_hex(16)
    make_key(path, passphrase)
    return open_key(path, passphrase)
