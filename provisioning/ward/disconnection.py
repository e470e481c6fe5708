"""Cut a box's connection to the broker: come with its name, and it has to go.

mosquitto looks at certificates when somebody connects and never again, so a revoked box would stay for
weeks. It does let a second client of the same id take the place of the first. The id of a box is the name in
its certificate, so we make ourselves one of that name, for ten minutes, whose key is never kept. The only
file here that imports paho.
"""

from __future__ import annotations

import select
import ssl
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.base.durable import SECRET
from provisioning.errors import WordedRetryableError
from provisioning.ward import certificates
from provisioning.ward.certificates import Authority
from provisioning.ward.keys import bare
from provisioning.ward.settings import Address
from provisioning.ward.writing import write_new

TIMEOUT_S = 10.0


def cut(broker: Address, ca_file: Path, issuing: Authority, name: str, now: datetime) -> None:
    """Take the place of `name` at the broker, forget its session there, and go.

    Raises RetryableError: the broker was not reached, or did not let us in; then whoever is connected as
    `name` still is.
    """
    done: list[ReasonCode] = []

    def connected(_client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _more: Any) -> None:
        done.append(reason)

    client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
    client.connect_timeout = TIMEOUT_S
    client.on_connect = connected
    client.tls_set_context(_context(ca_file, issuing, name, now))
    try:
        client.connect(broker.host, broker.port, clean_start=True)
        deadline_s = time.monotonic() + TIMEOUT_S
        while not done and (sock := client.socket()) is not None and time.monotonic() < deadline_s:
            if select.select([sock], [], [], 0.1)[0]:
                client.loop_read()
    except (OSError, ValueError) as exc:
        raise WordedRetryableError("cut-unreached", broker=str(broker), detail=str(exc)) from exc
    finally:
        client.disconnect()
    if not done or done[0].is_failure:
        answer = str(done[0]) if done else "no answer"
        raise WordedRetryableError("cut-refused", broker=str(broker), name=name, detail=answer)


def _context(ca_file: Path, issuing: Authority, name: str, now: datetime) -> ssl.SSLContext:
    private = certificates.new_key()
    made = certificates.make_client(issuing, name, private.public_key(), now, certificates.CUT_LIFE)
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with tempfile.TemporaryDirectory() as folder:       # 0700; the library reads files only
        cert, key = Path(folder) / "crt", Path(folder) / "key"
        write_new(cert, certificates.pem_of(made), SECRET)
        write_new(key, bare(private), SECRET)
        context.load_cert_chain(cert, key)
    return context
