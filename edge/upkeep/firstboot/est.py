"""A client for Enrolment over Secure Transport (RFC 7030): three operations, and why each may fail.

The server is believed by the ward's certificates alone, which came with the bundle: by none of the system's.
What goes wrong comes back as a value, since each of it has a light of its own.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import errno
import http.client
import os
import select
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from edge.base.redact import printable
from edge.upkeep.firstboot.faults import SetupFault

PREFIX = "/.well-known/est"
TIMEOUT_S = 20.0
_TICKET_WAIT_S = 1.0
_MAX_ANSWER_BYTES = 64 * 1024
_TOLD_CHARS = 120

_SAID = {"code-used": SetupFault.CODE_USED, "code-expired": SetupFault.CODE_EXPIRED}     # all else: REFUSED
_LATER = frozenset({202, 408, 425, 429, 500, 502, 503, 504})
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})
# X509_V_ERR_* of <openssl/x509_vfy.h>: not yet valid, expired; the same for a revocation list.
_OF_TIME = frozenset({9, 10, 11, 12})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the server gave nothing. One line, no secret in it."""

    fault: SetupFault
    text: str


class EstClient:
    """One enrolment server. Each call is one connection. Not thread-safe."""

    def __init__(self, url: str, ward_ca: bytes, own: bytes | None = None,
                 timeout_s: float = TIMEOUT_S) -> None:
        """
        Args:
            url: https://host:port, as a bundle tells it.
            ward_ca: PEM; who must have issued the server's certificate.
            own: PEM of our key and certificate, for renewal.
            timeout_s: for each wait, not for all of a call.

        Raises ValueError: `ward_ca` or `own` is no PEM that OpenSSL reads.
        """
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 443
        self._timeout_s = timeout_s
        self._context = _context(ward_ca, own)
        self._has_own = own is not None

    def cacerts(self) -> list[x509.Certificate] | Problem:
        """Whom the ward tells us to believe. With our own certificate also a proof that it is accepted."""
        answer = self._ask("GET", "cacerts", None, {})
        return answer if isinstance(answer, Problem) else self._certificates(answer)

    def enrol(self, request: x509.CertificateSigningRequest, identity: str,
              code: str) -> x509.Certificate | Problem:
        """The first certificate, for the one-time code."""
        secret = base64.b64encode(f"{identity}:{code}".encode()).decode()
        return self._issued("simpleenroll", request, {"Authorization": f"Basic {secret}"})

    def renew(self, request: x509.CertificateSigningRequest) -> x509.Certificate | Problem:
        """The next certificate, for the one that this client came with."""
        return self._issued("simplereenroll", request, {})

    def _issued(self, operation: str, request: x509.CertificateSigningRequest,
                headers: dict[str, str]) -> x509.Certificate | Problem:
        answer = self._ask("POST", operation, base64.encodebytes(request.public_bytes(Encoding.DER)),
                           {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64",
                            **headers})
        found = answer if isinstance(answer, Problem) else self._certificates(answer)
        if isinstance(found, Problem):
            return found
        ours = [it for it in found if it.public_key() == request.public_key()]
        return ours[0] if ours else self._problem(
            SetupFault.REFUSED, "answered with a certificate of another key than was sent")

    def _certificates(self, answer: bytes) -> list[x509.Certificate] | Problem:
        """Source: RFC 7030, 4.1.3: base64 of a "certs-only" CMS."""
        try:
            return load_der_pkcs7_certificates(base64.b64decode(b"".join(answer.split()), validate=True))
        except (binascii.Error, ValueError, UnsupportedAlgorithm):
            return self._problem(SetupFault.REFUSED, "answered with something that holds no certificates")

    def _ask(self, method: str, operation: str, body: bytes | None,
             headers: dict[str, str]) -> bytes | Problem:
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout_s,
                                                 context=self._context)
        try:
            connection.connect()
            if self._has_own:
                _hear_refusal(connection.sock)
            connection.request(method, f"{PREFIX}/{operation}", body, {"Connection": "close", **headers})
            response = connection.getresponse()
            answer = response.read(_MAX_ANSWER_BYTES)
        except ssl.SSLError as exc:
            return self._distrusted(exc)
        except (OSError, http.client.HTTPException) as exc:
            return self._unreached(exc)
        finally:
            connection.close()
        return answer if response.status == http.HTTPStatus.OK else self._refused(response.status, answer)

    def _refused(self, status: int, answer: bytes) -> Problem:
        """The fault of a refusal: by its first word (provisioning/ward/est.py), else by its status."""
        said = _plain(answer)
        if status in _LATER:
            return self._problem(SetupFault.NO_SERVER, f"asks to come again later (status {status}): {said}")
        return self._problem(_SAID.get(said.partition(":")[0], SetupFault.REFUSED),
                             f"refuses this box (status {status}): {said}")

    def _distrusted(self, exc: ssl.SSLError) -> Problem:
        if isinstance(exc, ssl.SSLCertVerificationError):
            if exc.verify_code in _OF_TIME:
                return self._problem(SetupFault.NO_TIME,
                                     f"{exc.verify_message} by this box's clock; check the "
                                     "ward's time server")
            return self._problem(SetupFault.WRONG_SERVER, f"is not the ward's: {exc.verify_message}")
        reason = (exc.reason or str(exc)).lower().replace("_", " ")
        if "alert" in reason:           # the other side has refused what we came with
            return self._problem(SetupFault.REFUSED, f"refuses this box's certificate: {reason}; make a new "
                                 "bundle with `edgebox-provision box renew`")
        return self._problem(SetupFault.NO_SERVER, f"does not speak TLS as we do: {reason}")

    def _unreached(self, exc: Exception) -> Problem:
        if isinstance(exc, socket.gaierror):
            return self._problem(SetupFault.NO_NETWORK, f"its name cannot be resolved: {exc.strerror}")
        if isinstance(exc, OSError) and exc.errno in _NO_ROUTE:
            return self._problem(SetupFault.NO_NETWORK, f"there is no way to it: {exc.strerror}")
        if isinstance(exc, TimeoutError):
            return self._problem(SetupFault.NO_SERVER, f"has not answered for {self._timeout_s:.0f} s")
        return self._problem(SetupFault.NO_SERVER, f"does not answer: {_plain(str(exc).encode())}")

    def _problem(self, fault: SetupFault, text: str) -> Problem:
        return Problem(fault, f"enrolment server {self._host}:{self._port}: {text}")


def _context(ward_ca: bytes, own: bytes | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)       # checks certificate and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cadata=ward_ca.decode("ascii"))
        if own is not None:
            _load_own(context, own)
    except (ssl.SSLError, UnicodeDecodeError) as exc:
        raise ValueError(f"want certificates in PEM: {exc}") from exc
    return context


def _load_own(context: ssl.SSLContext, own: bytes) -> None:
    """OpenSSL reads files only; this one is in memory and has no name."""
    handle = os.memfd_create("own")
    try:
        os.write(handle, own)
        context.load_cert_chain(f"/proc/self/fd/{handle}", password="")     # "": never ask on a terminal
    finally:
        os.close(handle)


def _hear_refusal(connection: ssl.SSLSocket) -> None:
    """Wait for what a server says first: session tickets, or that it refuses our certificate.

    In TLS 1.3 that alert comes after the handshake. Were the request sent at once, a server that has closed
    would answer it by a reset, which may overtake the alert. Raises ssl.SSLError for an alert.
    """
    if connection.version() != "TLSv1.3":
        return
    select.select([connection], [], [], _TICKET_WAIT_S)
    before_s = connection.gettimeout()
    connection.settimeout(0.0)
    with contextlib.suppress(ssl.SSLWantReadError):
        connection.recv(1)              # no byte of HTTP comes before our request
    connection.settimeout(before_s)


def _plain(answer: bytes) -> str:
    """The first line, as far as it can be shown."""
    first = answer.decode("utf-8", "replace").strip().partition("\n")[0][:_TOLD_CHARS]
    return printable(first, "?") or "without a word"
