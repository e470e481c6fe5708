"""The enrolment server: TLS with optional client certificates, and what must not be forgotten meanwhile.

While its issuing key is open it also renews the revocation list daily, and the servers' certificates.
"""

from __future__ import annotations

import logging
import os
import ssl
import threading
import time
from datetime import UTC, datetime

from edge.base.errors import EdgeError, FatalError
from edge.base.supervisor import beat
from edge.web.listening import listen
from edge.web.places import ConnectionLimits
from edge.web.server import WebServer
from provisioning.ward.certificates import Authority
from provisioning.ward.est import Registrar, make_app
from provisioning.ward.publish import Publisher
from provisioning.ward.settings import HostPort

log = logging.getLogger("est")

# Nobody is known here before the handshake, and a carrier puts many boxes behind one address. A box waits
# for an issuing key that a slow disk holds up.
LIMITS = ConnectionLimits(places=200, strangers=200, per_source=60, per_second=1000, answer_s=60.0)
_UPKEEP_S = 600.0


class EstServer:
    """Listens from construction on; `run` serves, `upkeep` keeps lists and certificates fresh.

    Raises FatalError: the address cannot be listened on, or a certificate cannot be used.
    """

    def __init__(self, publisher: Publisher, issuing: Authority, address: HostPort) -> None:
        self._publisher, self._issuing = publisher, issuing
        publisher.publish(issuing, datetime.now(UTC))
        self._tls = self._context()
        app = make_app(publisher.ward, Registrar(issuing, publisher.book, self._publish_box))
        listening = listen(address.host, address.port, f"--listen {address}", "is another one running?")
        self.port = int(listening.getsockname()[1])
        self._server = WebServer(app, listening, self._tls, LIMITS)

    def run(self, stop: threading.Event) -> None:
        self._server.run(stop)

    def upkeep(self, stop: threading.Event) -> None:
        """Renew what is due, every ten minutes, until `stop`. What fails is logged and tried again."""
        looked_s = time.monotonic()
        while not stop.wait(1.0):
            beat()
            if time.monotonic() - looked_s >= _UPKEEP_S:
                looked_s = time.monotonic()
                self._publish(self._issuing)
                self._load_certificate(self._tls)

    def _publish_box(self) -> None:
        """The broker must know a box before the box hears that it may come."""
        self._publish(None)

    def _publish(self, ca: Authority | None) -> None:
        try:
            self._publisher.publish(ca, datetime.now(UTC))
        except EdgeError as exc:
            log.error("the broker's files are not up to date: error=\"%s\"", exc)

    def _context(self) -> ssl.SSLContext:
        """Certificates are asked for and not needed; one that does not hold ends the handshake."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(self._publisher.ward.chain)
        self._load_certificate(context)
        return context

    def _load_certificate(self, context: ssl.SSLContext) -> None:
        ward = self._publisher.ward
        try:
            context.load_cert_chain(ward.est_certificate, ward.est_key, password="")   # "": never ask
        except (OSError, ssl.SSLError) as exc:
            raise FatalError(f"{ward.est_certificate}: cannot be used with {ward.est_key.name}: {exc}; "
                             "remove both: they are made again", os.EX_DATAERR) from exc
