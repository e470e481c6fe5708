"""One HTTP request to a camera and its answer: so many bytes, within so many seconds, and never elsewhere.

No redirect is followed and no proxy asked. A camera's certificate is its own, so TLS is not verified: it
keeps out who listens, not who stands in between.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from edge.base.deadline import ended_at
from edge.base.unchecked_tls import unchecked_tls
from edge.onvif.faults import OnvifError, OnvifFault
from edge.onvif.untrusted import MAX_BYTES

ANSWER_WITHIN_S = 8.0       # the whole exchange; a slow camera under load takes 3


@dataclass(frozen=True, slots=True)
class CameraHost:
    """Where a camera's web server is: the one place that is ever connected to on its behalf."""

    host: str               # a name or an address, IPv6 without brackets
    port: int = 80
    tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back; header names in small letters."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all_of(self, name: str) -> tuple[str, ...]:
        """Every header `name`, which is in small letters."""
        return tuple(value for key, value in self.headers if key == name)


def path_in(address: str) -> str | None:
    """The path and query of an address that a camera gave; None where there is none to be asked for.

    Its host and port are passed over on purpose: behind a router they are wrong, and a camera that names
    another machine would have us knock there.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.path.startswith("/"):
        return None
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if path.isascii() and path.isprintable() and " " not in path else None


def post(host: CameraHost, path: str, body: bytes, headers: Mapping[str, str],
         within_s: float = ANSWER_WITHIN_S) -> HttpAnswer:
    """Send `body` to `path` and return the answer, whatever its status.

    Raises OnvifError: no connection, no answer in time, or one that is too long or not HTTP.
    """
    end_s = time.monotonic() + within_s
    connection = _connected(host, within_s)
    try:
        with ended_at(connection.sock, end_s):
            if isinstance(connection.sock, ssl.SSLSocket):
                connection.sock.do_handshake()
            connection.request("POST", path, body, {"Connection": "close", **headers})
            response = connection.getresponse()
            content = response.read(MAX_BYTES + 1)
            found = tuple((name.lower(), value) for name, value in response.getheaders())
    except (http.client.HTTPException, OSError, ValueError):
        fault = OnvifFault.SILENT if time.monotonic() >= end_s else OnvifFault.NO_ONVIF
        raise OnvifError(str(host), fault) from None
    finally:
        connection.close()
    if time.monotonic() >= end_s:
        raise OnvifError(str(host), OnvifFault.SILENT)
    if len(content) > MAX_BYTES:
        raise OnvifError(str(host), OnvifFault.BAD_ANSWER, f"more than {MAX_BYTES} bytes")
    return HttpAnswer(response.status, found, content)


def _connected(host: CameraHost, within_s: float) -> http.client.HTTPConnection:
    """TLS is not begun yet: its handshake may drip as well. Raises OnvifError."""
    made = http.client.HTTPConnection(host.host, host.port, timeout=within_s)
    try:
        made.connect()
        if host.tls:
            made.sock = unchecked_tls().wrap_socket(made.sock, server_hostname=host.host,
                                                  do_handshake_on_connect=False)
    except socket.gaierror:
        raise OnvifError(str(host), OnvifFault.NO_HOST) from None
    except TimeoutError:
        raise OnvifError(str(host), OnvifFault.SILENT) from None
    except ConnectionError:
        raise OnvifError(str(host), OnvifFault.REFUSED) from None
    except (OSError, UnicodeError):
        raise OnvifError(str(host), OnvifFault.SILENT) from None
    return made
