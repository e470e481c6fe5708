"""Whether the ward can be reached: one message there, acknowledged.

While uplink runs nothing is sent: the ward's broker knows a box by its certificate, and a second connection
would throw uplink out. Then uplink's own word is taken.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from edge.base import clock
from edge.base.findings import Finding, Kind, State
from edge.base.mqtt_faults import OTHER_VERSION_MAY_HELP, LinkError
from edge.base.mqtt_values import Outgoing, Protocol
from edge.config.folders import runtime_folder
from edge.config.model import EdgeSettings, MqttSettings
from edge.contract.messages import MetricsData
from edge.contract.topics import Root
from edge.health.link import read_link, uplink_runs
from edge.ipc.channels import Program
from edge.upkeep.firstboot.faults import FirstbootError
from edge.upkeep.firstboot.sealing import unseal
from edge.uplink.envelope import of_metrics
from edge.uplink.mqtt import Link

ANSWER_S = 10.0
_POLL_S = 0.05
_CREDENTIAL = "box.key"


def reach(settings: EdgeSettings, counters: Mapping[str, int], records: int) -> Finding:
    """Send the box's counters there and wait for the acknowledgement."""
    if uplink_runs(runtime_folder(settings, Program.UPLINK)):
        link = read_link(runtime_folder(settings, Program.UPLINK))
        if link is not None and link.up:
            return Finding(Kind.WARD, "", State.OK, "ward-guarded", {"records": records})
        return Finding(Kind.WARD, "", State.BAD, "ward-guard-away", {"records": records})
    root = settings.box.root
    # Metrics: what may be told at any time and says nothing untrue. To be acknowledged, QoS 1.
    metrics = of_metrics(MetricsData(counters=dict(counters), gauges={}), root, clock.now())
    message = Outgoing(metrics.topic, metrics.payload, 1)
    try:
        with _own_key(settings) as mqtt:
            return _round_trip(mqtt, root, message)
    except PermissionError:
        return Finding(Kind.WARD, "", State.SKIPPED, "ward-not-allowed")
    except LinkError as exc:
        return Finding(Kind.WARD, "", State.BAD, f"ward-bad-{exc.fault.kind}",
                       {"at": f"{settings.mqtt.host}:{settings.mqtt.port}", "error": exc})
    except FirstbootError as exc:
        return Finding(Kind.WARD, "", State.BAD, "ward-no-key", {"error": exc})


@contextlib.contextmanager
def _own_key(settings: EdgeSettings) -> Iterator[MqttSettings]:
    """The settings with a key that can be read: systemd decrypts it for uplink alone, and while it runs.

    Raises PermissionError, or FirstbootError where it cannot be decrypted.
    """
    mqtt, sealed = settings.mqtt, settings.box.state_dir / "identity" / f"{_CREDENTIAL}.cred"
    if mqtt.key_file is None or _is_there(mqtt.key_file) or not _is_there(sealed):
        if mqtt.key_file is not None and _is_there(mqtt.key_file) and not os.access(mqtt.key_file, os.R_OK):
            raise PermissionError
        yield mqtt
        return
    plain = unseal(_CREDENTIAL, sealed.read_bytes())
    settings.box.runtime_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".doctor-", dir=settings.box.runtime_dir) as folder:    # memory
        path = Path(folder) / _CREDENTIAL
        path.touch(0o600)
        path.write_bytes(plain)
        yield mqtt.model_copy(update={"key_file": path, "cert_file": path})


def _is_there(path: Path) -> bool:
    """Raises PermissionError where this user may not even look."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _round_trip(mqtt: MqttSettings, root: Root, message: Outgoing) -> Finding:
    """Raises LinkError."""
    began_s = time.monotonic()
    try:
        link = _opened(mqtt, root, message, Protocol.V5)
    except LinkError as exc:
        if exc.fault.kind not in OTHER_VERSION_MAY_HELP:
            raise
        try:
            link = _opened(mqtt, root, message, Protocol.V311)
        except LinkError:
            raise exc from None
    try:
        link.publish(message)
        while not (acks := link.take_acks()) and time.monotonic() - began_s < ANSWER_S:
            link.pump(_POLL_S)
        values: dict[str, object] = {"ms": round((time.monotonic() - began_s) * 1000),
                                     "how": f"{'TLS, ' if mqtt.tls else ''}MQTT {link.protocol.value}"}
        if not acks:
            return Finding(Kind.WARD, "", State.BAD, "ward-no-ack", {"seconds": f"{ANSWER_S:.0f}"})
        if acks[0].refusal is not None:
            return Finding(Kind.WARD, "", State.BAD, "ward-refused", {"error": acks[0].refusal})
        return Finding(Kind.WARD, "", State.OK, "ward-ok", values)
    finally:
        link.close(1.0)


def _opened(mqtt: MqttSettings, root: Root, will: Outgoing, protocol: Protocol) -> Link:
    """The will is the message itself: a connection that breaks says nothing untrue. Raises LinkError."""
    link = Link(mqtt, f"{root.ward}.{root.group}.{root.box}", will, protocol)
    link.open(lambda: False)
    return link
