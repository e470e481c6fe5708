"""Where a camera is, with its password, and how to speak of it without.

FFmpeg takes the password inside the URL and repeats that URL in its messages. So the URL is made
here, handed to `av.open` alone, and every text that might quote it goes through `redact`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, urlsplit, urlunsplit

from edge.base.errors import RetryableError
from edge.base.redact import hide, redact_addresses, redact_parameters
from edge.config.camera_model import CameraSettings
from edge.config.source import WANT, SourceKind, kind_of


class CameraFault(StrEnum):
    """What is wrong with a camera, for whoever says it in words of his own."""

    LOGIN = "login"
    FORBIDDEN = "forbidden"         # the user may not watch this stream
    NO_STREAM = "no-stream"
    BUSY = "busy"                   # too many viewers
    REFUSED = "refused"             # nothing listens at that port
    SILENT = "silent"               # no answer, or no picture
    NO_HOST = "no-host"             # a name that nobody knows
    NOT_RTSP = "not-rtsp"
    NOT_VIDEO = "not-video"         # nothing in it that can be decoded
    TOO_SMALL = "too-small"
    OTHER = "other"


class CameraError(RetryableError):
    """A camera gives no picture. The message says which, what was found, and what to do.

    `reason` is the same without the camera and its address, for where these stand already.
    """

    def __init__(self, message: str, reason: str = "", fault: CameraFault = CameraFault.OTHER) -> None:
        super().__init__(message)
        self.reason, self.fault = reason or message, fault


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """One camera's source, ready to be opened."""

    camera_id: str
    kind: SourceKind
    url: str = field(repr=False)        # with credentials: for `av.open` alone
    shown: str                          # without: for people
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def redact(self, text: str) -> str:
        """`text` without credentials, whichever way they were written into it."""
        return redact_addresses(hide(text, self.secrets))

    def error(self, found: str, advice: str, fault: CameraFault = CameraFault.OTHER) -> CameraError:
        """Said the same way by all: camera, source, what was found; what to do."""
        reason = f"{self.redact(found)}; {advice}"
        return CameraError(f"camera {self.camera_id!r}: {self.shown}: {reason}", reason, fault)


def locate(camera_id: str, settings: CameraSettings) -> CameraAddress:
    """Read the password file, if there is one, and put the URL together.

    Raises:
        CameraError: the password file cannot be read or is empty, or the source is none of ours.
    """
    source, kind = settings.source, kind_of(settings.source)
    match kind:
        case SourceKind.RTSP:
            return _network(camera_id, settings)
        case _:
            return CameraAddress(camera_id, kind, source, source)


def _network(camera_id: str, settings: CameraSettings) -> CameraAddress:
    parts = urlsplit(settings.source)
    if parts.scheme.lower() not in ("rtsp", "rtsps") or not parts.hostname:
        shown = f"an address that starts with '{parts.scheme}:'"
        raise CameraError(f"camera {camera_id!r}: want {WANT}, got {shown}")
    user = settings.username or unquote(parts.username or "")
    password = _password(camera_id, settings.password_file) or unquote(parts.password or "")
    host = parts.netloc.rpartition("@")[2]
    user_info = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user or password else ""
    url = urlunsplit((parts.scheme.lower(), user_info + host, parts.path, parts.query, ""))
    secrets = _spellings(user, password) + _spellings("", parts.password or "")
    path = hide(redact_parameters(parts.path) + ("?..." if parts.query else ""), secrets)
    return CameraAddress(camera_id, SourceKind.RTSP, url, f"{parts.scheme}://{host}{path}", secrets)


def _password(camera_id: str, path: Path | None) -> str:
    if path is None:
        return ""
    try:
        first_line = path.read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise CameraError(f"camera {camera_id!r}: password_file {path}: cannot read it: {reason}; "
                          "it must be a file that this service may read") from None
    if not first_line:
        raise CameraError(f"camera {camera_id!r}: password_file {path}: its first line is empty; "
                          "write the camera's password there")
    return first_line


def _spellings(user: str, password: str) -> tuple[str, ...]:
    """Every way in which a password may turn up in a text, longest first; none for an empty one."""
    if not password:
        return ()
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    quoted = {quote(password), quote(password, safe=""), quote_plus(password)}
    ways = {password, unquote(password), pair} | quoted
    return tuple(sorted(ways, key=len, reverse=True))


def camera_address(camera_id: str, source: str, user: str, password: str) -> CameraAddress:
    """Of a camera on the network that no config has yet: `source` is its address without who logs in."""
    parts = urlsplit(source)
    user_info = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user or password else ""
    url = urlunsplit((parts.scheme.lower(), user_info + parts.netloc, parts.path, parts.query, ""))
    return CameraAddress(camera_id, SourceKind.RTSP, url, redact_addresses(source.partition("?")[0]),
                         _spellings(user, password))
