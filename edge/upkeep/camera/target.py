"""Which camera somebody means, and who logs in there. Pure."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from edge.config.camera_model import CameraSettings
from edge.config.source import SourceKind, kind_of, source_fault
from edge.onvif.exchange import path_in
from edge.onvif.soap import DEVICE_PATH

_PORTS = {"rtsp": 554, "rtsps": 322}


@dataclass(frozen=True, slots=True)
class CameraTarget:
    """Where a camera is, as far as somebody has said."""

    name: str                   # of the config, or what a snippet calls it
    host: str                   # a name or an address, IPv6 without brackets
    port: int | None = None     # of its web server; None: to be found out
    tls: bool = False
    path: str = DEVICE_PATH
    stream: str = ""            # the RTSP address, where that is what was given
    user: str = ""
    settings: CameraSettings | None = None      # where it is one of the config's


class UnclearTargetError(ValueError):
    """It names no camera on a network. The text is a key of the catalogue."""


def target_of(text: str, cameras: Mapping[str, CameraSettings]) -> CameraTarget:
    """What `text` means: a camera of the config, an address, `http://...` of its ONVIF service, `rtsp://...`.

    An address that a camera of the config has is that camera: so its masks and its user are never passed by.

    Raises:
        UnclearTargetError.
    """
    if (settings := cameras.get(text)) is not None:
        if kind_of(settings.source) is not SourceKind.RTSP:
            raise UnclearTargetError("target-local")
        return _of_config(text, settings)
    found = _of_address(text)
    for name, settings in cameras.items():
        if kind_of(settings.source) is SourceKind.RTSP and _is_same(found, settings):
            return _of_config(name, settings)
    return found


def _is_same(found: CameraTarget, settings: CameraSettings) -> bool:
    """A stream by its whole address, a host by itself; the first of several, as a recorder has them."""
    if found.stream:
        return _canonical(found.stream) in map(_canonical, filter(None, (settings.source, settings.evidence)))
    return canonical_host(found.host) == canonical_host(urlsplit(settings.source).hostname or "")


def canonical_host(host: str) -> str:
    """One spelling of an address (of IPv4 every one that the system takes) or of a name."""
    bare = host.partition("%")[0].rstrip(".").lower()       # behind % stands through which interface
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(bare)
        return str(getattr(address, "ipv4_mapped", None) or address)
    with contextlib.suppress(OSError):
        return socket.inet_ntoa(socket.inet_aton(bare))
    return bare


def _canonical(stream: str) -> tuple[str, str, int, str, str]:
    """What an address of a stream comes to, however it is spelled."""
    parts = urlsplit(stream)
    scheme = parts.scheme.lower()
    return (scheme, canonical_host(parts.hostname or ""), parts.port or _PORTS.get(scheme, 0),
            unquote(parts.path).rstrip("/"), parts.query)


def _of_config(name: str, settings: CameraSettings) -> CameraTarget:
    host = urlsplit(settings.source).hostname or ""
    return CameraTarget(name, host, stream=settings.source, user=settings.username or "", settings=settings)


def _of_address(text: str) -> CameraTarget:
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UnclearTargetError("target-bad") from None
    if not host or not text.isprintable() or " " in text or port == 0:
        raise UnclearTargetError("target-bad")
    user = unquote(parts.username or "")
    match parts.scheme.lower():
        case "":
            if parts.path not in ("", "/"):
                raise UnclearTargetError("target-bad")
            return CameraTarget("camera", host, port, user=user)
        case "http" | "https" as scheme:
            tls = scheme == "https"
            return CameraTarget("camera", host, port or (443 if tls else 80), tls,
                                (path_in(text) if len(parts.path) > 1 else "") or DEVICE_PATH, user=user)
        case "rtsp" | "rtsps":
            bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
            if source_fault(bare):
                raise UnclearTargetError("target-bad")
            return CameraTarget("camera", host, stream=bare, user=user)
        case _:
            raise UnclearTargetError("target-bad")
