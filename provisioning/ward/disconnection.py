"""Cut a box's connection to the broker: come with its name, and it has to go.

mosquitto looks at certificates when somebody connects and never again, so a revoked box would stay for
weeks. It does let a second client of the same id take the place of the first. The id of a box is the name in
its certificate, so we make ourselves one of that name, for ten minutes, whose key is never kept.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from edge.base.durable import SECRET
from edge.base.mqtt import Connection
from edge.base.mqtt_faults import FaultKind, LinkError
from edge.base.mqtt_values import BrokerSettings, OptionNames, Protocol, Terms
from provisioning.errors import WordedRetryableError
from provisioning.ward import certificates
from provisioning.ward.certificates import Authority
from provisioning.ward.keys import bare
from provisioning.ward.settings import HostPort
from provisioning.ward.writing import write_new

TIMEOUT_S = 10.0
_PACKET_MAX_BYTES = 64 * 1024       # of its answer; nothing is subscribed to
_AGAIN = "run `edgebox-provision ward revoke` again"
_UNREACHED = frozenset({FaultKind.NETWORK, FaultKind.TLS, FaultKind.BROKER_CERTIFICATE, FaultKind.FILES})

_NAMES = OptionNames(
    us="this machine", our_certificate="the certificate made for this", host="the broker in ward.toml",
    port="its port in ward.toml", tls="its TLS", no_tls="give the broker its certificate",
    ca_file="the ward's chain", cert_file="the certificate made for this", key_file="its key",
    username="its list of users",
    password_file="its passwords",      # noqa: S106 - words, and no password
    get_ca="give the broker its certificate of `edgebox-provision ward broker-files`", get_certificate=_AGAIN,
    id_taken=_AGAIN, too_large="raise its limit")


def cut(broker: HostPort, ca_file: Path, issuing: Authority, name: str, now: datetime) -> None:
    """Take the place of `name` at the broker, forget its session there, and go.

    Raises RetryableError: the broker was not reached, or did not let us in; then whoever is connected as
    `name` still is.
    """
    try:
        with _papers(issuing, name, now) as (cert, key):
            settings = BrokerSettings(broker.host, broker.port, name, ca_file=ca_file, cert_file=cert,
                                      key_file=key)
            connection = Connection(settings, _NAMES, Terms(_PACKET_MAX_BYTES, session_s=0), Protocol.V5)
        connection.open(lambda: False, TIMEOUT_S)
    except LinkError as exc:
        if exc.fault.kind in _UNREACHED:
            raise WordedRetryableError("cut-unreached", broker=str(broker), detail=exc.fault.text) from exc
        raise WordedRetryableError("cut-refused", broker=str(broker), name=name,
                                   detail=exc.fault.text) from exc
    connection.close(0.0)


@contextlib.contextmanager
def _papers(issuing: Authority, name: str, now: datetime) -> Iterator[tuple[Path, Path]]:
    """A certificate of that name and its key, which are gone afterwards."""
    private = certificates.new_key()
    made = certificates.make_client(issuing, name, private.public_key(), now, certificates.CUT_LIFE)
    with tempfile.TemporaryDirectory() as folder:       # 0700; the library reads files only
        cert, key = Path(folder) / "crt", Path(folder) / "key"
        write_new(cert, certificates.pem_of(made), SECRET)
        write_new(key, bare(private), SECRET)
        yield cert, key
