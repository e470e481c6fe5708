"""The enrolment server: TLS with optional client certificates, and what must not be forgotten meanwhile.

While its issuing key is open it also renews the revocation list daily, and the servers' certificates.
"""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import threading
import time
from asyncio import TimerHandle, Transport
from datetime import UTC, datetime

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.base.errors import EdgeError, FatalError
from edge.base.supervisor import beat
from edge.web import listening
from provisioning.ward.certificates import Authority
from provisioning.ward.est import CERTIFICATE, Registrar, make_app
from provisioning.ward.publish import Publisher
from provisioning.ward.settings import Address

log = logging.getLogger("est")

CONNECTION_S = 60.0         # no exchange takes longer
MAX_CONNECTIONS = 200
_STOP_POLL_S = 0.1
_UPKEEP_S = 600.0


class _Protocol(H11Protocol):
    """Tells the client's certificate, which uvicorn keeps to itself, and ends what takes too long.

    When all places are taken, who has waited longest without a whole request goes for the next: a crowd of
    silent connections, from wherever, keeps no box out.
    """

    _end: TimerHandle | None = None
    _made_s = 0.0

    def connection_made(self, transport: Transport) -> None:    # type: ignore[override]
        super().connection_made(transport)
        self._made_s = self.loop.time()
        if len(self.connections) > MAX_CONNECTIONS:
            self._make_room()
        der = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        if der is not None:             # verified in the handshake
            self.app_state = {**self.app_state, CERTIFICATE: der}
        self._end = self.loop.call_later(CONNECTION_S, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def _make_room(self) -> None:
        waiting = [each for each in self.connections if isinstance(each, _Protocol) and each._is_waiting]
        if waiting:
            oldest = min(waiting, key=lambda each: each._made_s)
            self.connections.discard(oldest)        # at once: an aborted one is told only later
            oldest.transport.abort()

    @property
    def _is_waiting(self) -> bool:
        """For us it has nothing to do: its request is not whole, or was answered."""
        return self.cycle is None or self.cycle.more_body or self.cycle.response_complete


class EstServer:
    """Listens from construction on; `run` serves, `upkeep` keeps lists and certificates fresh.

    Raises FatalError: the address cannot be listened on, or a certificate cannot be used.
    """

    def __init__(self, publisher: Publisher, issuing: Authority, listen: Address) -> None:
        self._publisher, self._issuing = publisher, issuing
        publisher.publish(issuing, datetime.now(UTC))
        self._tls = self._context()
        self._socket = listening.listen(listen.host, listen.port, f"--listen {listen}",
                                        "is another one running?")
        self.port = int(self._socket.getsockname()[1])
        registrar = Registrar(issuing, publisher.book, self._publish_box)
        config = uvicorn.Config(
            make_app(publisher.ward, registrar), http=_Protocol, log_config=None, access_log=False,
            server_header=False, ws="none", lifespan="off", proxy_headers=False, log_level="warning",
            limit_concurrency=2 * MAX_CONNECTIONS, timeout_graceful_shutdown=2)
        config.load()
        config.ssl = self._tls
        self._server = uvicorn.Server(config)

    def run(self, stop: threading.Event) -> None:
        asyncio.run(self._serve(stop))

    def upkeep(self, stop: threading.Event) -> None:
        """Renew what is due, every ten minutes, until `stop`. What fails is logged and tried again."""
        looked_s = time.monotonic()
        while not stop.wait(1.0):
            beat()
            if time.monotonic() - looked_s >= _UPKEEP_S:
                looked_s = time.monotonic()
                self._publish(self._issuing)
                self._load_certificate(self._tls)

    async def _serve(self, stop: threading.Event) -> None:
        serving = asyncio.create_task(self._server.serve([self._socket]))
        while not stop.is_set() and not serving.done():
            await asyncio.sleep(_STOP_POLL_S)
            beat()
        self._server.should_exit = True
        await serving

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
