"""Ask a camera that sends MJPEG over HTTP before FFmpeg does: what it has, where, and why it refuses.

As with RTSP (rtsp_asking.py): one try to log in, redirects within the host, and nothing but moving pictures.
"""

from __future__ import annotations

import http.client
import ssl
import time
from urllib.parse import urlsplit

from edge.base.deadline import ended_at
from edge.base.redact import shorten
from edge.base.unchecked_tls import unchecked_tls
from edge.watch.capture import faults
from edge.watch.capture.address import CameraAddress, CameraFault
from edge.watch.capture.login import CameraLogin
from edge.watch.capture.rtsp_asking import MAX_REDIRECTS, redirected

# What FFmpeg calls the form of a stream that is told as this.
_FORMS = {"multipart/x-mixed-replace": "mpjpeg", "video/x-motion-jpeg": "mjpeg", "video/x-jpeg": "mjpeg"}


def ask_http(address: CameraAddress, limit_s: float) -> tuple[CameraAddress, str]:
    """Where its pictures are, and FFmpeg's name for their form. Raises CameraError, without secrets."""
    for _ in range(1 + MAX_REDIRECTS):
        answer = _got(address, limit_s)
        if 300 <= answer.status < 400:
            address = redirected(address, answer.headers.get("location", ""))
            continue
        if answer.status != 200:
            raise faults.by_status(address, answer.status, "GET")
        told = answer.headers.get_content_type()
        if told not in _FORMS:
            raise address.error(f"what it sends is {shorten(address.redact(told))}, no stream of MJPEG",
                                "look up the address of its MJPEG or RTSP stream in the camera's manual",
                                CameraFault.NOT_VIDEO)
        return address, _FORMS[told]
    raise faults.sent_in_circles(address, MAX_REDIRECTS)


def _got(address: CameraAddress, limit_s: float) -> http.client.HTTPResponse:
    """The head of the answer, logged in where that is asked for."""
    login = CameraLogin(address)
    answer = _asked(address, login, limit_s)
    if answer.status == 401:
        login.take(answer.headers.get_all("www-authenticate", []))
        faults.refuse_unspoken(address, login.challenge)
        answer = _asked(address, login, limit_s)
    return answer


def _asked(address: CameraAddress, login: CameraLogin, limit_s: float) -> http.client.HTTPResponse:
    parts = urlsplit(address.bare)
    host, uri = parts.hostname or "", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = (http.client.HTTPConnection(host, parts.port, timeout=limit_s) if parts.scheme == "http" else
                  http.client.HTTPSConnection(host, parts.port, timeout=limit_s, context=unchecked_tls()))
    said, end_s = login.header("GET", uri), time.monotonic() + limit_s
    try:
        connection.connect()
        with ended_at(connection.sock, end_s):
            connection.request("GET", uri, headers={"Authorization": said.encode()} if said else {})
            answer = connection.getresponse()
        answer.close()
        if time.monotonic() < end_s:
            return answer
        fault = faults.silent(address, limit_s)
    except (http.client.HTTPException, ssl.SSLError, UnicodeError):     # of where a camera sends us on to
        late = time.monotonic() >= end_s
        fault = faults.silent(address, limit_s) if late else faults.not_spoken(address)
    except OSError as exc:
        fault = faults.unreachable(address, exc, host, limit_s)
    finally:
        connection.close()
    raise fault                 # not within `except`: nothing is chained
