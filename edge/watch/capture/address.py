"""Where a camera is, with its password, and how to speak of it without.

FFmpeg takes the password inside the URL and repeats that URL in its messages. So the URL is made
here, handed to `av.open` alone, and every text that might quote it goes through `redact`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, urlsplit, urlunsplit

from edge.base.errors import RetryableError
from edge.base.http_digest import DigestUser
from edge.base.redact import hide, redact, redact_addresses
from edge.config.camera_model import CameraSettings
from edge.config.source import WANT, SourceKind, kind_of


class CameraFault(StrEnum):
    """What is wrong with a camera, for whoever says it in words of his own."""

    LOGIN = "login"
    LOGIN_KIND = "login-kind"       # wants a way of logging in that we do not know
    BASIC = "basic"                 # wants its password in clear
    FORBIDDEN = "forbidden"         # the user may not watch this stream
    NO_STREAM = "no-stream"
    BUSY = "busy"                   # too many viewers
    BAD_REQUEST = "bad-request"     # does not take what it is asked
    CAMERA_FAULT = "camera-fault"   # says that something is wrong with itself
    TRANSPORT = "transport"         # sends pictures over another transport than was asked for
    REDIRECTED = "redirected"       # sends on to another host, or in circles
    REFUSED = "refused"             # nothing listens at that port
    SILENT = "silent"               # no answer, or no picture
    HUNG_UP = "hung-up"             # ends the connection
    NO_KEY_FRAME = "no-key-frame"   # sends, but nothing that decoding could begin with
    GARBLED = "garbled"             # sends what cannot be decoded
    NO_HOST = "no-host"             # a name that nobody knows
    NOT_RTSP = "not-rtsp"
    NOT_VIDEO = "not-video"         # nothing in it that can be decoded
    TOO_SMALL = "too-small"
    NO_LIBRARY = "no-library"       # of cameras at the port, on this machine
    NOT_AT_PORT = "not-at-port"     # no such camera, or several that could be meant
    PORT_IN_USE = "port-in-use"     # another process has the camera
    PORT_FAULT = "port-fault"       # camera, driver or library at the port fail or fall silent
    OTHER = "other"


class CameraError(RetryableError):
    """A camera gives no picture. The message says which, what was found, and what to do.

    `reason` is the same without the camera and its address, for where these stand already; `found` is without
    what to do, for who says that in words of his own.
    """

    def __init__(self, message: str, reason: str = "", fault: CameraFault = CameraFault.OTHER,
                 found: str = "") -> None:
        super().__init__(message)
        self.reason, self.fault = reason or message, fault
        self.found = found or self.reason


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """One camera's source, ready to be opened."""

    camera_id: str
    kind: SourceKind
    url: str = field(repr=False)        # with credentials: for `av.open` alone
    shown: str                          # without: for people
    secrets: tuple[str, ...] = field(default=(), repr=False)
    bare: str = field(default="", repr=False)       # `url` without who logs in; its query may be secret, too
    login: DigestUser | None = None
    basic: bool = False                 # the password may go in clear

    def redact(self, text: str) -> str:
        """`text`, of others than us, without credentials, whichever way they were written into it."""
        return redact_addresses(hide(text, self.secrets))

    def elsewhere(self, bare: str) -> CameraAddress:
        """The same camera, and who logs in, at another address of the same host."""
        return replace(_with_login(self.camera_id, self.kind, bare, self.login), secrets=self.secrets,
                       basic=self.basic)

    def error(self, found: str, advice: str, fault: CameraFault = CameraFault.OTHER) -> CameraError:
        """Said the same way by all: camera, source, what was found; what to do.

        Our own words stand as they are: hiding a password like "password" in them would give it away.
        What a camera or FFmpeg said is given through `redact`.
        """
        reason = f"{found}; {advice}"
        return CameraError(f"camera {self.camera_id!r}: {self.shown}: {reason}", reason, fault,
                           reason if fault is CameraFault.OTHER else found)


def locate(camera_id: str, settings: CameraSettings) -> CameraAddress:
    """Read the password file, if there is one, and put the URL together.

    Raises:
        CameraError: the password file cannot be read or is empty, or the source is none of ours.
    """
    source, kind = settings.source, kind_of(settings.source)
    match kind:
        case SourceKind.RTSP | SourceKind.HTTP:
            return _network(camera_id, settings)
        case _:
            return CameraAddress(camera_id, kind, source, source)


def _network(camera_id: str, settings: CameraSettings) -> CameraAddress:
    parts = urlsplit(settings.source)
    if parts.scheme.lower() not in ("rtsp", "rtsps", "http", "https") or not parts.hostname:
        shown = f"an address that starts with '{parts.scheme}:'"
        raise CameraError(f"camera {camera_id!r}: want {WANT}, got {shown}")
    user = settings.username or unquote(parts.username or "")
    password = _password(camera_id, settings.password_file) or unquote(parts.password or "")
    bare = urlunsplit((parts.scheme.lower(), parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    address = camera_address(camera_id, bare, user, password)
    return replace(address, secrets=address.secrets + _spellings("", parts.password or ""),
                   basic=settings.basic)


def _with_login(camera_id: str, kind: SourceKind, bare: str, login: DigestUser | None) -> CameraAddress:
    """`bare`: the address without credentials."""
    scheme, _, rest = bare.partition("://")
    user_info = f"{quote(login.name, safe='')}:{quote(login.password, safe='')}@" if login else ""
    return CameraAddress(camera_id, kind, f"{scheme}://{user_info}{rest}", redact(bare), bare=bare,
                         login=login)


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
    login = DigestUser(user, password) if user or password else None
    return replace(_with_login(camera_id, kind_of(source), source, login),
                   secrets=_spellings(user, password))
