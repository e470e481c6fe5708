"""The page as a thread of its process: its own socket, uvicorn, and an end that does not hang.

On this machine only, unless told otherwise: there is no sign-in yet.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from edge.base.errors import FatalError
from edge.web.addresses import is_loopback
from edge.web.listening import listen
from edge.web.places import ConnectionLimits
from edge.web.server import WebServer
from ward.command.send import Sender
from ward.page.app import CAMERA_BUDGET_MB, make_app
from ward.page.feed import DeskFeed
from ward.page.show import zone_named
from ward.page.station import StationWatch
from ward.store.desk import Desk
from ward.store.reader import Reader

# Desks are not told apart, and all may sit behind one tunnel: each keeps its event stream for hours.
_LIMITS = ConnectionLimits(places=300, strangers=300, per_source=300, per_second=1000, answer_s=None)


@dataclass(frozen=True, slots=True)
class DeskSettings:
    host: str = "127.0.0.1"
    port: int = 8800                   # 0: any that is free
    timezone: str = "Asia/Ho_Chi_Minh"
    no_sign_in: bool = False           # may listen where others can reach it
    commands_from_others: bool = False  # and what others ask is done
    report: Path | None = None         # what the station's watchdog writes
    camera_budget_mb: int = CAMERA_BUDGET_MB       # what a camera should send a day at most
    security_contact: str = ""         # whom to tell of a security hole


class PageServer:
    """Listens from construction on; serves in `run`.

    Raises:
        FatalError: the address is not of this machine alone and nobody said that this is meant, or it
            cannot be listened on.
        ConfigError: no such time zone.
    """

    def __init__(self, settings: DeskSettings, reader: Reader, desk: Desk,
                 sender: Sender | None = None) -> None:
        zone = zone_named(settings.timezone)
        open_to_all = settings.host != "localhost" and not is_loopback(settings.host)
        if open_to_all and not settings.no_sign_in:
            raise FatalError(
                f"--host {settings.host}: others could reach the page, and it has no sign-in yet; use "
                "127.0.0.1 with `ssh -L 8800:127.0.0.1:8800`, or add --i-know-there-is-no-sign-in",
                os.EX_USAGE)
        feed = DeskFeed(reader)
        app = make_app(reader, feed, zone, desk, sender, open_to_all=open_to_all,
                       station=StationWatch(reader, reader.folder, settings.report),
                       camera_budget_mb=settings.camera_budget_mb,
                       commands_from_others=settings.commands_from_others,
                       security_contact=settings.security_contact)
        self._socket = listen(settings.host, settings.port, f"--host {settings.host} --port {settings.port}",
                              "is another page running? Choose another --port")
        self._server = WebServer(app, self._socket, limits=_LIMITS, on_end=feed.close, has_lifespan=True,
                                 behind_proxy=True)

    def close(self) -> None:
        """Stop listening, of a server that never ran."""
        self._socket.close()

    @property
    def address(self) -> str:
        host, port = self._socket.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop`."""
        self._server.run(stop)
