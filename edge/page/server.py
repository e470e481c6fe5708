"""The page as a server: its own socket, TLS, and an end that does not hang."""

from __future__ import annotations

import logging
import threading

import anyio.to_thread

from edge.base import clock
from edge.config.folders import runtime_folder, state_folder
from edge.config.model import EdgeSettings
from edge.ipc.channels import Program
from edge.members.address import page_address
from edge.page import certificate
from edge.page.addresses import own_names
from edge.page.app import make_app
from edge.page.certificate import CertificateFiles, CertificateUnsavedError
from edge.page.feed import Feed
from edge.page.guard_link import GuardLink
from edge.web.listening import listen
from edge.web.server import WebServer

log = logging.getLogger("page")

_RENEW_LOOK_S = 30.0


class GroupPage:
    """Listens from construction on, with all that it is made of in memory; serves in `run`.

    Raises:
        FatalError: the address cannot be listened on, or the certificate cannot be used or made.
    """

    def __init__(self, settings: EdgeSettings, guard: GuardLink) -> None:
        self._whole, self._settings = settings, settings.page
        self._files = CertificateFiles.of(settings.page, state_folder(settings, Program.PAGE))
        self._spare = CertificateFiles.of(settings.page, runtime_folder(settings, Program.PAGE))
        self._served, self._unsaved = self._files, ""
        self._names = own_names(settings.page.names)
        self._renew()
        self._tls = certificate.context(self._served)
        host, port = settings.page.host, settings.page.port
        self._feed = Feed(guard)
        kinds = {name: output.kind for name, output in settings.outputs.items()}
        inputs = {name: contact.kind for name, contact in settings.inputs.items()}
        app = make_app(guard, self._feed, kinds, inputs, names=lambda: self._names,
                       camera_alarm=settings.may_cameras_raise,
                       title=settings.box.title or settings.box.id, address=self.address,
                       authority=certificate.authority(self._files), self_made=self._files.self_made,
                       security_contact=settings.page.security_contact or "")
        listening = listen(host, port, f"page.host {host}, page.port {port}",
                           "is another page running? Choose another page.port")
        self._server = WebServer(app, listening, self._tls, on_end=self._feed.close)

    @property
    def address(self) -> str:
        """Where phones find it, as the invites of `edgebox members` say; ends with a slash."""
        return page_address(self._whole) + "/"

    @property
    def listeners(self) -> int:
        """Phones that have the page open now."""
        return self._feed.listeners

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop`."""
        self._server.run(stop, self._feed.run, self._look_after_certificate)

    def close(self) -> None:
        """Stop listening, of a page that never ran."""
        self._server.close()

    def look_at_certificate(self, names: tuple[str, ...]) -> None:
        """The box is known by `names` now: addresses come after the start, with the network; so does time."""
        self._names = names
        if self._renew():
            self._tls.load_cert_chain(self._served.cert, self._served.key)

    async def _look_after_certificate(self) -> None:
        while not await self._feed.closes_within(_RENEW_LOOK_S):
            await anyio.to_thread.run_sync(self.look_at_certificate, own_names(self._settings.names))

    def _renew(self) -> bool:
        """Whether there is another one to be served. Raises CertificateUnsavedError: none can be made."""
        now, before, unsaved = clock.now(), self._served, ""
        try:
            is_new = certificate.ensure(self._files, self._names, now.utc, now.clock_synchronised,
                                        self._spare)
            self._served = self._files
        except CertificateUnsavedError as exc:
            unsaved, is_new = str(exc), False
            self._served = self._files if certificate.is_usable(self._files) else self._spare
            if self._served == self._spare:
                is_new = certificate.ensure(self._spare, self._names, now.utc, now.clock_synchronised)
        if unsaved and not self._unsaved:
            log.error("page certificate not saved: served=%s error=\"%s\"", self._served.cert, unsaved)
        self._unsaved = unsaved
        return is_new or self._served != before
