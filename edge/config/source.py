"""What a camera's `source` may be, told from its text alone: nothing is opened."""

from __future__ import annotations

import re
from enum import Enum
from urllib.parse import urlsplit

WANT = "rtsp:// or http://host/path, /dev/video0, csi, or the path of a video file"
CSI_PREFIX = "csi"          # alone: the only camera at the box's own port; csi:NAME where there are several

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/")
_DEVICE = re.compile(r"/dev/(?:video\d{1,3}|v4l/by-(?:id|path)/[^/]+)")
_CSI = re.compile(r"csi(?::(.*))?", re.IGNORECASE)
_CSI_NAME = re.compile(r"[A-Za-z0-9@/._-]{1,200}")
_CREDENTIALS = re.compile(r"[^/\s]*:[^/\s]*@")


class SourceKind(Enum):
    RTSP = "rtsp"
    HTTP = "http"       # MJPEG
    DEVICE = "device"
    CSI = "csi"
    FILE = "file"


NETWORK = frozenset({SourceKind.RTSP, SourceKind.HTTP})        # cameras with an address


def kind_of(source: str) -> SourceKind:
    """What `source` names; anything without a scheme that is no device is a file."""
    if _CSI.fullmatch(source):
        return SourceKind.CSI
    scheme = _SCHEME.match(source)
    if scheme:
        return SourceKind.HTTP if scheme[1].lower() in ("http", "https") else SourceKind.RTSP
    if source.startswith("/dev/") and not source.startswith("/dev/shm/"):  # noqa: S108 (files in memory)
        return SourceKind.DEVICE
    return SourceKind.FILE


def source_fault(source: str) -> str | None:
    """What is wrong with a `source`; None when it can be tried. The text never repeats the source.

    A password in an address would end up in logs and process lists, so it is refused here.
    """
    if not source.strip() or not source.isprintable():
        return f"want {WANT}, got an empty text or one with control characters"
    match kind_of(source):
        case SourceKind.CSI:
            return _port_fault(source)
        case SourceKind.RTSP | SourceKind.HTTP:
            return _address_fault(source)
        case SourceKind.DEVICE:
            if not _DEVICE.fullmatch(source):
                return "want a camera such as /dev/video0 (`ls /dev/video*`) or /dev/v4l/by-id/NAME"
        case SourceKind.FILE:
            return _file_fault(source)
    return None


def evidence_fault(source: str) -> str | None:
    """What is wrong with a camera's `evidence`; None when it can be tried. The text never repeats it."""
    if source.strip() and source.isprintable() and kind_of(source) is not SourceKind.RTSP:
        return "want rtsp://host/path: only a network camera has a second stream"
    return source_fault(source)


def _file_fault(source: str) -> str | None:
    if _CREDENTIALS.match(source):
        return ("looks like an address with a password in it; write rtsp://host/path and put the rest "
                "under username and password_file")
    if source.isdigit():
        return f"want {WANT}; for USB camera {source} write '/dev/video{source}'"
    return None


def _port_fault(source: str) -> str | None:
    name = source.partition(":")[2]
    if source == CSI_PREFIX or (source.startswith(f"{CSI_PREFIX}:") and _CSI_NAME.fullmatch(name)
                                and not name.isdigit()):
        return None
    found = "a number is another camera's once a cable is loose" if name.isdigit() else "that is no name"
    return ("want csi for the only camera at the port, csi:cam0 or csi:cam1 for a connector of the board, or "
            f"csi: with a part of the camera's id such as imx708@1a; {found}")


def _address_fault(source: str) -> str | None:
    scheme = source.split(":", 1)[0].lower()
    if scheme == "file":
        return "write the path of the file alone, without file://"
    if scheme not in ("rtsp", "rtsps", "http", "https"):
        return f"want {WANT}, got an address that starts with '{scheme}:'"
    if "@" in source:
        return ("a password does not belong in the address; write rtsp://host/path and put the rest under "
                "username and password_file (an @ in the path is written %40)")
    try:
        parts = urlsplit(source)
        if not parts.hostname or parts.port == 0:
            raise ValueError("no host")
    except ValueError:
        return "want rtsp://host/path or rtsp://host:port/path with a port 1..65535"
    return None
