"""Where a camera's ONVIF service is, of which nothing but the host is known."""

from __future__ import annotations

from collections.abc import Iterable

from edge.onvif.device import OnvifDevice
from edge.onvif.discovery import PORT, find_cameras
from edge.onvif.exchange import CameraHost
from edge.onvif.faults import OnvifError, OnvifFault
from edge.onvif.soap import DEVICE_PATH, OnvifLogin, SoapClient, speaks_onvif

# Most makers; TP-Link, Tapo, VIGI; Hikvision's others; Reolink; Xiongmai and who is like it.
USUAL_PORTS = (80, 2020, 8000, 8080, 8899)
_ASK_S, _TRY_S = 1.0, 2.0


def open_device(host: str, login: OnvifLogin | None, port: int | None = None, path: str = DEVICE_PATH,
                tls: bool = False, probe_port: int = PORT) -> OnvifDevice:
    """The camera's device service at `host`.

    Args:
        port: where it is; None: the camera is asked by WS-Discovery, then the usual ports are tried.

    Raises:
        OnvifError: NO_ONVIF where nothing there speaks it; LOGIN.
    """
    if port is not None:
        return OnvifDevice(SoapClient(CameraHost(host, port, tls), login), path)
    for where, its_path in _candidates(host, probe_port):
        if speaks_onvif(where, _TRY_S):
            return OnvifDevice(SoapClient(where, login), its_path)
    raise OnvifError(host, OnvifFault.NO_ONVIF)


def _candidates(host: str, probe_port: int) -> Iterable[tuple[CameraHost, str]]:
    for found in find_cameras([host], _ASK_S, probe_port, enough=1):
        yield CameraHost(host, found.host.port, found.host.tls), found.path
    for port in USUAL_PORTS:
        yield CameraHost(host, port), DEVICE_PATH
