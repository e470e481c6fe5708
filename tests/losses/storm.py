"""Nothing is lost: a storm over three boxes, a broker on a machine of its own, and a ward.

`./run test losses` starts it. Whatever may go wrong goes wrong, in random order and at once: the broker
killed, emptied, its power cut; its queue filled by another box; the receiver killed, its disk filled, its
store put back to an older one; the network cut; acks forged; boxes' programs killed, their clocks in 1970, in
2036 and a day back. EDGEBOX_STORM is the seed of a storm that is wanted again, EDGEBOX_STORM_S how long it
lasts.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

from dev.trial_config import ROOT
from edge.contract.messages import rfc3339
from edge.contract.signing import kid_of, signature_text, signed_part
from provisioning.ward.broker_files import LIMITS
from tests.brokers import free_port, until
from tests.losses.box import StormBox
from tests.losses.guest import GuestBroker
from tests.losses.ward import StormWard
from tests.losses.weather import Ways, quantile
from tests.ward.ack_keys import key_file, public_file
from ward.store.reader import Reader

CALLS, EVENTS = 100, 1000           # of each of three boxes
STORM_S = float(os.environ.get("EDGEBOX_STORM_S", "240"))
CALM_S = 180.0
_DAY_S = 86_400
_BROKER = """
user root
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
listener 1883 0.0.0.0
allow_anonymous true
"""


class Storm:
    """The three machines' parts, and what is done to each by a thread of its own."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._rng = random.Random(seed)
        self.done: dict[str, int] = {}
        self.over = threading.Event()
        port = free_port()
        public, private = public_file(folder), key_file(folder)
        self.broker = GuestBroker(folder / "broker", port, _BROKER + LIMITS)
        self.ward = StormWard(folder / "ward", port, private)
        self.boxes = [StormBox(folder / f"box{n}", n, port, public, _clock(folder)) for n in (1, 2, 3)]
        self.ways = Ways()
        self.bell: dict[str, float] = {}            # id of each alarm's record -> when the ward had it first
        self._ward_busy = threading.Lock()
        self._old_acks: dict[str, bytes] = {}       # of each box one that the ward has signed long ago

    def begin(self) -> None:
        self.broker.power_on()
        self.broker.wait()
        self.ward.start()
        for box in self.boxes:
            box.start()
        until(lambda: self.ward.receives and all(box.serves for box in self.boxes), "all to have begun")

    def threads(self) -> list[threading.Thread]:
        parts = {"broker": (self.broker_killed, self.broker_emptied, self.broker_power_cut,
                            self.queue_filled, self.acks_forged),
                 "ward": (self.receiver_killed, self.disk_full, self.store_put_back),
                 "boxes": (self.network_cut, self.box_killed, self.clock_wrong)}
        return [threading.Thread(target=self._harm, args=(name, acts, random.Random(self._rng.random())),
                                 name=name) for name, acts in parts.items()]

    def _harm(self, name: str, acts: tuple[Callable[[random.Random], None], ...], rng: random.Random) -> None:
        """One act after the other, each at least once, with pauses in which things may work."""
        order: list[Callable[[random.Random], None]] = []
        while not self.over.wait(rng.uniform(3.0, 15.0)):
            order = order or rng.sample(acts, len(acts))
            act = order.pop()
            print(f"{time.strftime('%T')} {name}: {act.__name__}", flush=True)
            act(rng)
            self.done[act.__name__] = self.done.get(act.__name__, 0) + 1

    def broker_killed(self, _rng: random.Random) -> None:
        self.broker.kill()

    def broker_emptied(self, _rng: random.Random) -> None:
        self.broker.kill(erase=True)

    def broker_power_cut(self, rng: random.Random) -> None:
        """Up to a minute after whatever it acknowledged last, since it saves once a minute at most."""
        self.over.wait(rng.uniform(0.0, 20.0))
        self.broker.cut_power()
        time.sleep(rng.uniform(0.0, 3.0))
        self.broker.power_on()
        self.broker.wait()

    def queue_filled(self, rng: random.Random) -> None:
        """A stolen box publishes as much as it can while nobody reads."""
        with self._ward_busy:
            self.ward.kill()
            with suppress(OSError):
                _flood(self.broker.port, rng)
            self.ward.start()

    def acks_forged(self, _rng: random.Random) -> None:
        """Whoever holds the broker says that the ward has everything, and says again what it once said."""
        with suppress(OSError):
            self._old_acks |= _forge(self.broker.port, [box.root.ack for box in self.boxes], self._old_acks)

    def receiver_killed(self, rng: random.Random) -> None:
        with self._ward_busy:
            self.ward.kill()
            time.sleep(rng.uniform(0.0, 10.0))
            self.ward.start()

    def disk_full(self, rng: random.Random) -> None:
        self.ward.fill_disk()
        self.over.wait(rng.uniform(5.0, 15.0))
        self.ward.empty_disk()

    def store_put_back(self, _rng: random.Random) -> None:
        """Yesterday's store instead of today's; the first time it is only kept."""
        with self._ward_busy:
            self.ward.kill()
            self.ward.restore()
            self.ward.back_up()
            self.ward.start()

    def network_cut(self, rng: random.Random) -> None:
        box = rng.choice(self.boxes)
        box.cable.cut()
        self.over.wait(rng.uniform(2.0, 20.0))
        box.cable.restore()

    def box_killed(self, rng: random.Random) -> None:
        box = rng.choice(self.boxes)
        box.kill()
        time.sleep(rng.uniform(0.0, 3.0))
        box.start()

    def clock_wrong(self, rng: random.Random) -> None:
        """1970, 2036, or a day back; then right again."""
        box = rng.choice(self.boxes)
        now = datetime.now(UTC)
        ahead_s = rng.choice([-now.timestamp() + 60, (datetime(2036, 1, 1, tzinfo=UTC) - now).total_seconds(),
                              -_DAY_S])
        box.kill()
        box.start(round(ahead_s))
        self.over.wait(rng.uniform(5.0, 15.0))
        box.kill()
        box.start()

    def look(self) -> None:
        """Note how the ways are, and what the ward has that it had not before."""
        whole = self.broker.listens and self.ward.receives
        self.ways.note({box.name: whole and box.cable.is_whole and box.serves for box in self.boxes},
                       time.time())
        for name, received_s in self.ward.calls():
            self.bell.setdefault(name, received_s)

    def close(self) -> None:
        self.over.set()
        for box in self.boxes:
            box.close()
        self.ward.close()
        self.broker.close()


@pytest.mark.timeout(600)
def test_nothing_is_lost_in_a_storm(tmp_path: Path) -> None:
    """
    Every call and every event with its picture is at the ward, once; no hole is left without a reason. What
    calls took, from a whole way on, is printed.
    """
    seed = int(os.environ.get("EDGEBOX_STORM") or random.randrange(10_000))
    print(f"\nseed {seed}", flush=True)
    with _storm(tmp_path, seed) as storm:
        storm.begin()
        harming = storm.threads()
        for thread in harming:
            thread.start()
        _press_and_see(storm)
        storm.over.set()
        for thread in harming:
            thread.join()
        print(f"{time.strftime('%T')} calm after {storm.done}", flush=True)
        _until_delivered(storm)
        storm.look()
        _print_delays(storm)
        _judge(storm)


@pytest.mark.timeout(600)
def test_ordinary_faults_cost_little_data(tmp_path: Path) -> None:
    """
    A day's faults within a minute, each network cut, broker, receiver and every box started anew, and 900
    events meanwhile: what the boxes sent is at most 1.1 times what the ward then has, all of it.
    """
    with _storm(tmp_path, 0) as storm:
        storm.begin()
        faults: Iterator[Callable[[], None]] = iter([
            *(partial(_cut, box) for box in storm.boxes), storm.broker.kill,
            partial(storm.receiver_killed, random.Random(0)),
            *(partial(_start_anew, box) for box in storm.boxes)])
        for number in range(1, 31):
            for box in storm.boxes:
                box.see(10 * number)
                if number % 3 == 0:
                    box.calls.press(number)
            if number % 3 == 1:
                next(faults, lambda: None)()
            time.sleep(1.0)
        until(lambda: {} == _missing(storm, 300), "all of it to be at the ward", CALM_S)
        time.sleep(5.0)         # whatever is still sent again
        sent, stored = sum(box.cable.sent_bytes for box in storm.boxes), storm.ward.stored_bytes()
        print(f"sent {sent} bytes for {stored}: {sent / stored:.3f} times")
        assert sent <= 1.1 * stored


def _cut(box: StormBox) -> None:
    box.cable.cut()
    time.sleep(5.0)
    box.cable.restore()


def _start_anew(box: StormBox) -> None:
    box.kill()
    box.start()


def _press_and_see(storm: Storm) -> None:
    """Calls and events at an even pace, as long as the storm lasts."""
    began_s = time.monotonic()
    pressed = 0
    while (share := (time.monotonic() - began_s) / STORM_S) < 1.0:
        for box in storm.boxes:
            box.see(round(EVENTS * share))
        if pressed < round(CALLS * share):
            pressed += 1
            for box in storm.boxes:
                box.calls.press(pressed)
        storm.look()
        time.sleep(0.2)
    for box in storm.boxes:
        box.see(EVENTS)
        for number in range(pressed, CALLS):
            box.calls.press(number + 1)


def _until_delivered(storm: Storm) -> None:
    def done() -> bool:
        storm.look()
        time.sleep(0.2)
        return (all(box.stored == EVENTS and not box.calls.waiting for box in storm.boxes)
                and not _missing(storm) and not _holes(storm))
    until(done, "all of it to be at the ward: " + repr(_missing(storm)), CALM_S)


def _missing(storm: Storm, each: int = EVENTS) -> dict[str, int]:
    """What is not at the ward yet of calls and of `each` events a box, by kind."""
    events, pictures = storm.ward.events()
    wanted = set().union(*(box.event_ids(each) for box in storm.boxes))
    calls = set().union(*(box.calls.pressed for box in storm.boxes))
    found = {"events": len(wanted - events), "pictures": len(wanted - pictures),
             "calls": len(calls - {name for name, _ in storm.ward.calls()})}
    return {kind: count for kind, count in found.items() if count}


def _holes(storm: Storm) -> dict[str, object]:
    """Numbers of our boxes that have not come and that nothing explains."""
    return {box.box: box.gaps for box in Reader(storm.ward.data).boxes()
            if box.gaps and not box.box.endswith("hop-99")}


def _judge(storm: Storm) -> None:
    assert not storm.ward.ended_by_itself
    assert {} == _missing(storm)
    events, _ = storm.ward.events()
    calls = [name for name, _ in storm.ward.calls()]
    assert 3 * EVENTS == len(events), "events that nobody made"
    assert len(set(calls)) == len(calls) == 3 * 2 * CALLS, "calls that nobody made, or twice"
    assert {} == _holes(storm), "numbers that are missing without a reason"
    assert {"broker_power_cut", "store_put_back", "disk_full", "acks_forged"} <= storm.done.keys()


def _print_delays(storm: Storm) -> None:
    """How long calls took, and how many came later than five seconds after a whole way."""
    delays, late = list[float](), 0
    for box in storm.boxes:
        for name, pressed in box.calls.pressed.items():
            received_s = storm.bell.get(name)
            if received_s is None:
                continue
            delays.append(received_s - pressed.timestamp())
            due_s = storm.ways.due_s(box.name, pressed.timestamp())
            late += due_s is not None and received_s > due_s
    print(f"calls: median {quantile(delays, 0.5):.2f} s, p95 {quantile(delays, 0.95):.1f} s, "
          f"most {quantile(delays, 1.0):.1f} s; later than 5 s after a whole way: {late} of {len(delays)}")


def _flood(port: int, rng: random.Random) -> None:
    """200 messages of 200 KB by a box that is none of ours."""
    flooder = paho.Client(CallbackAPIVersion.VERSION2, f"{ROOT.ward}.{ROOT.group}.hop-99")
    flooder.connect("127.0.0.1", port, 10)
    flooder.loop_start()
    payload = rng.randbytes(200_000)
    for number in range(200):
        flooder.publish(f"edge/v1/{ROOT.ward}/{ROOT.group}/hop-99/image/x/{number}", payload, 1)
    time.sleep(3.0)
    flooder.disconnect()
    flooder.loop_stop()


def _forge(port: int, topics: list[str], old: Mapping[str, bytes]) -> dict[str, bytes]:
    """Publish false acks, retained: the ward's own with other numbers, one by another key, an old one.

    Returns the ward's own of those boxes that `old` does not have.
    """
    found: dict[str, bytes] = {}
    client = paho.Client(CallbackAPIVersion.VERSION2, "forger")

    def note(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        found.setdefault(message.topic, bytes(message.payload))
    client.on_message = note
    client.connect("127.0.0.1", port, 10)
    client.loop_start()
    client.subscribe([(topic, 1) for topic in topics])
    time.sleep(1.0)
    stranger = Ed25519PrivateKey.generate()
    for topic, payload in [*found.items()]:
        inflated = json.loads(payload) | {"upto_seq": 2**52, "beyond": [],
                                          "ward_time": rfc3339(datetime.now(UTC) + timedelta(hours=1))}
        own = {key: value for key, value in inflated.items() if key != "sig"} | {
            "kid": kid_of(stranger.public_key())}
        signed = own | {"sig": signature_text(stranger.sign(signed_part(own)))}
        for false in (json.dumps(inflated).encode(), json.dumps(signed).encode(), old.get(topic, b"{}")):
            client.publish(topic, false, 1, retain=True).wait_for_publish(2.0)
    client.disconnect()
    client.loop_stop()
    return {topic: payload for topic, payload in found.items() if topic not in old}


def _clock(folder: Path) -> Path:
    library = folder / "clock.so"
    if not library.exists():
        source = Path(__file__).parents[1] / "system" / "box" / "clock.c"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
    return library


@contextmanager
def _storm(folder: Path, seed: int) -> Iterator[Storm]:
    storm = Storm(folder, seed)
    try:
        yield storm
    finally:
        storm.close()
