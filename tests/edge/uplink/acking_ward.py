"""A ward that acknowledges when its test says so: what came, signed, by docs/contract.md."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as paho
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

from edge.contract.ack import MAX_BEYOND, runs_of
from edge.contract.messages import rfc3339
from edge.contract.signing import kid_of, signature_text, signed_part
from edge.contract.topics import Root
from tests.brokers import WAIT_S
from tests.subscriber import Arrival, Subscriber

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {kid_of(KEY.public_key()): KEY.public_key()}
_BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def signed_ack(root: Root, epoch: str, seqs: set[int], number: int, **changes: object) -> bytes:
    """An ack of `seqs`, the `number`th of its ward, with `changes` made before the signing."""
    runs = runs_of({0, *seqs})
    document: dict[str, object] = {
        "box": root.path, "epoch": epoch, "upto_seq": runs[0][1],
        "beyond": [list(run) for run in runs[1:1 + MAX_BEYOND]], "calls": [], "session": "s",
        "ward_time": rfc3339(_BEGAN + timedelta(seconds=number)), "kid": kid_of(KEY.public_key()),
        "alg": "Ed25519"} | changes
    return json.dumps(document | {"sig": signature_text(KEY.sign(signed_part(document)))}).encode()


class AckingWard:
    """Remembers every number that came."""

    def __init__(self, port: int, root: Root, epoch: str) -> None:
        self._root, self._epoch = root, epoch
        self.subscriber = Subscriber(port)
        self._publisher = paho.Client(CallbackAPIVersion.VERSION2, "acks")
        self._publisher.reconnect_delay_set(1, 1)
        self._publisher.connect("127.0.0.1", port)
        self._publisher.loop_start()
        self._number = 0
        self.session = "s"

    @property
    def records(self) -> list[Arrival]:
        """What came with a number, in order."""
        came = self.subscriber.on("/event/") + self.subscriber.on("/alarm")
        return [it for it in came if it.json.get("seq")]

    @property
    def seqs(self) -> set[int]:
        """Numbers of records, and of those pictures that came."""
        images = [it.json["data"].get("image") or {} for it in self.records]
        named = {image["topic"]: image["seq"] for image in images if image}
        came = {it.topic for it in self.subscriber.on("/image/")}
        return {it.json["seq"] for it in self.records} | {named[topic] for topic in came & named.keys()}

    def ack(self, seqs: set[int] | None = None, **changes: object) -> None:
        """Acknowledge what came, or `seqs`; returns once the broker has it."""
        self._number += 1
        self.publish(signed_ack(self._root, self._epoch, self.seqs if seqs is None else seqs, self._number,
                                **{"session": self.session} | changes))

    def publish(self, payload: bytes) -> None:
        self._publisher.publish(self._root.ack, payload, 1, True).wait_for_publish(WAIT_S)

    def close(self) -> None:
        self.subscriber.close()
        self._publisher.disconnect()
        self._publisher.loop_stop()
