"""A camera that sends, but no key frame yet, is asked for one by ONVIF, where the config names the port.

Whoever reads packets says that it waits and reads on: asking takes seconds and has a thread of its own.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edge.base.values import NS_PER_S
from edge.onvif.faults import OnvifError, OnvifFault
from edge.watch.capture.address import CameraAddress
from edge.watch.capture.patience import LOGIN_S
from edge.watch.capture.source import CameraStats

if TYPE_CHECKING:
    from edge.onvif.sync_point import KeyFrameRequest

ASK_AFTER_S = 1.0           # most have one by then, every second or two

log = logging.getLogger("capture")


class KeyFrameAsker:
    """Of one opening of one camera: asks once. One thread calls it."""

    def __init__(self, address: CameraAddress, onvif_port: int | None, stats: CameraStats) -> None:
        """Without a port it asks nobody.

        Args:
            stats: the camera's, over all openings: a refused login is not tried again for `patience.LOGIN_S`,
                however often it is opened meanwhile.
        """
        self._stats = stats
        self._camera_id, self._asked = address.camera_id, onvif_port is None
        self._request = None if onvif_port is None else _request(address, onvif_port)
        self._since_ns: int | None = None

    def none_yet(self, now_ns: int) -> None:
        """A packet came, and no key frame before it. `now_ns`: CLOCK_MONOTONIC."""
        if self._since_ns is None:
            self._since_ns = now_ns
        if not self._asked and now_ns - self._since_ns >= ASK_AFTER_S * NS_PER_S:
            self._asked = True
            if now_ns >= (self._stats.onvif_refused_until_ns or now_ns):
                threading.Thread(target=self._ask, args=(now_ns,), name="key-frame", daemon=True).start()

    def _ask(self, now_ns: int) -> None:
        assert self._request is not None
        try:
            self._request.ask()
        except OnvifError as exc:
            refused = exc.fault in (OnvifFault.LOGIN, OnvifFault.LOCKED)
            if refused:
                self._stats.onvif_refused_until_ns = now_ns + round(LOGIN_S * NS_PER_S)
            log.log(logging.WARNING if refused else logging.INFO,
                    "no key frame to be had by ONVIF: camera=%s fault=%s", self._camera_id, exc.fault)
        else:
            log.info("key frame asked for: camera=%s", self._camera_id)


def _request(address: CameraAddress, onvif_port: int) -> KeyFrameRequest:
    from edge.onvif.exchange import CameraHost  # XML and HTTP: 3 MB that most do without
    from edge.onvif.soap import OnvifLogin
    from edge.onvif.sync_point import KeyFrameRequest

    parts = urlsplit(address.bare)
    login = OnvifLogin(address.login.name, address.login.password) if address.login else None
    return KeyFrameRequest(CameraHost(parts.hostname or "", onvif_port), login, address.bare)
