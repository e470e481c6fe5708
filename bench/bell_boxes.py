"""Boxes that tell so many events a second in all, each with its picture: `python -m bench.bell_boxes PORT`.

Each has a connection and an epoch of its own, and numbers for records and pictures, as the contract says. By
the clock, not by what the broker takes: a broker that is slow gets no less.
"""

from __future__ import annotations

import random
import secrets
import signal
import sys
import threading
import time
from datetime import UTC, datetime

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bench.receiver import noise_jpeg
from dev.trial_config import ROOT
from edge.contract.messages import Severity
from tests.ward.samples import Box, new_event_id
from ward.store.intake import Arrival

BOXES, RATE = 8, 200
_PICTURES = 64
_SEVERITIES = (Severity.INFO,) * 12 + (Severity.WARNING,) * 3 + (Severity.ALERT,)


class _Sender:
    """One box and its connection."""

    def __init__(self, number: int, port: int) -> None:
        self.box = Box(f"hop-{number + 20}", "to-99", ROOT.ward, epoch=secrets.token_hex(8))
        self._client = paho.Client(CallbackAPIVersion.VERSION2, f"bench-{self.box.name}",
                                   protocol=MQTTProtocolVersion.MQTTv5)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.send(self.box.birth(datetime.now(UTC)), self.box.status("online"))

    def send(self, *messages: Arrival) -> None:
        for message in messages:
            self._client.publish(message.topic, message.payload, 1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def main(port: int) -> None:
    dice, stop = random.Random(3), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    pictures = [noise_jpeg(dice) for _ in range(_PICTURES)]
    senders = [_Sender(number, port) for number in range(BOXES)]
    print("telling", flush=True)
    began_s, told, late_s = time.monotonic(), 0, 0.0
    while not stop.is_set():
        due_s = began_s + told / RATE
        if (wait_s := due_s - time.monotonic()) > 0:
            stop.wait(wait_s)
        late_s = max(late_s, -wait_s)
        sender, jpeg, event_id = senders[told % BOXES], dice.choice(pictures), new_event_id()
        sender.send(sender.box.event(event_id, jpeg=jpeg, time=datetime.now(UTC),
                                     severity=dice.choice(_SEVERITIES)),
                    sender.box.picture(event_id, jpeg=jpeg))
        told += 1
    print(f"told {told} events, at most {late_s:.2f} s late", flush=True)
    for sender in senders:
        sender.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
