"""The page as a thread of guard: its own socket, TLS, and an end that does not hang.

Heavy to import; guard does so in the page's own thread, once the alarm stands.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable

import anyio.to_thread
import uvicorn

from edge.base import clock
from edge.base.supervisor import beat
from edge.config.model import EdgeSettings
from edge.ipc.health import Chores, Surroundings
from edge.ipc.panel import Panel
from edge.members.address import page_address
from edge.members.roster import Roster
from edge.page import certificate
from edge.page.addresses import own_names
from edge.page.app import make_app
from edge.page.certificate import Files
from edge.page.feed import Feed
from edge.page.slow_client import PatientProtocol
from edge.web.listening import listen

log = logging.getLogger("page")

_STOP_POLL_S = 0.1
_GRACE_S = 2
_RENEW_LOOK_S = 30.0
_MAX_CONNECTIONS = 400
_KEEP_ALIVE_S = 120            # a thumb finds its connection ready, without another handshake


class GroupPage:
    """Listens from construction on; serves in `run`.

    Raises:
        FatalError: the address cannot be listened on, or the certificate cannot be used or made.
    """

    def __init__(self, settings: EdgeSettings, panel: Panel, roster: Roster,
                 surroundings: Callable[[], Surroundings], chores: Chores) -> None:
        self._whole, self._settings = settings, settings.page
        self._files = Files.of(settings.page, settings.box.state_dir)
        self._names = own_names(settings.page.names)
        self._renew()
        self._tls = certificate.context(self._files)
        host, port = settings.page.host, settings.page.port
        self._socket = listen(host, port, f"page.host {host}, page.port {port}",
                              "is another guard running? Choose another page.port")
        self._feed = Feed(panel, roster, surroundings)
        kinds = {name: output.kind for name, output in settings.outputs.items()}
        inputs = {name: contact.kind for name, contact in settings.inputs.items()}
        app = make_app(panel, roster, self._feed, chores, kinds, inputs, names=lambda: self._names,
                       address=self.address, authority=certificate.authority(self._files),
                       self_made=self._files.self_made)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, ws="none", lifespan="off",
            http=PatientProtocol, proxy_headers=False, log_level="warning",
            timeout_graceful_shutdown=_GRACE_S, timeout_keep_alive=_KEEP_ALIVE_S,
            limit_concurrency=_MAX_CONNECTIONS)
        config.load()
        config.ssl = self._tls
        self._server = _Server(config, self._feed)

    @property
    def address(self) -> str:
        """Where phones find it, as the invites of `edgebox members` say; ends with a slash."""
        return page_address(self._whole) + "/"

    @property
    def listeners(self) -> int:
        """Phones that have the page open now."""
        return self._feed.listeners

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop`. What the panel or the roster raises ends it."""
        asyncio.run(self._serve(stop))

    def close(self) -> None:
        """Stop listening, of a page that never ran."""
        self._socket.close()

    async def _serve(self, stop: threading.Event) -> None:
        serving = asyncio.create_task(self._server.serve([self._socket]))
        feeding = asyncio.create_task(self._feed.run())
        looked_s = time.monotonic()
        while not (stop.is_set() or serving.done() or feeding.done()):
            await asyncio.sleep(_STOP_POLL_S)
            beat()
            if time.monotonic() - looked_s > _RENEW_LOOK_S:
                looked_s = time.monotonic()
                await anyio.to_thread.run_sync(self.look_at_certificate, own_names(self._settings.names))
        self._server.should_exit = True
        self._feed.close()
        await serving
        await feeding

    def look_at_certificate(self, names: tuple[str, ...]) -> None:
        """The box is known by `names` now: addresses come after the start, with the network; so does time."""
        self._names = names
        if self._renew():
            self._tls.load_cert_chain(self._files.cert, self._files.key)

    def _renew(self) -> bool:
        now = clock.now()
        return certificate.ensure(self._files, self._names, now.utc, now.clock_synchronised)


class _Server(uvicorn.Server):
    """Ends the open streams before uvicorn waits for their connections; leaves signals to the process."""

    def __init__(self, config: uvicorn.Config, feed: Feed) -> None:
        super().__init__(config)
        self._feed = feed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._feed.close()
        await super().shutdown(sockets)
