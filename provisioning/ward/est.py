"""Enrolment over Secure Transport (RFC 7030) for boxes: the routes and what they answer.

    GET  /.well-known/est/cacerts           issuing CA and root
    POST /.well-known/est/simpleenroll      HTTP Basic: the box's name and its one-time code
    POST /.well-known/est/simplereenroll    over TLS with the box's present certificate
    GET  /crl.pem                           the revocation list

A refusal is a status and a line of text that begins with a word for programs: `Denial`'s, or request-bad,
name-other, certificate-needed, wait, later.
"""

from __future__ import annotations

import base64
import binascii
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from edge.base.errors import EdgeError, RetryableError
from edge.base.limiter import Limiter
from edge.web.body import TooLargeError, whole_body
from edge.web.protocol import client_certificate
from provisioning.ward import csr, identity
from provisioning.ward.broker_files import CRL
from provisioning.ward.certificates import Authority, common_name, make_box
from provisioning.ward.enrolment import Denial, Enrolment, Issued, RefusedError
from provisioning.ward.folder import WardFolder

log = logging.getLogger("est")

PREFIX = "/.well-known/est"
_BODY_S = 20.0
# Of one address, never of a box's name: else anybody could keep a box from enrolling. A code has 75 random
# bits, so nobody guesses one; this keeps the log short and tells a slip from an attack.
WRONG_CODES, WRONG_CODE_S = 5, 60.0
_RETRY_S = 10
_REALM = {"WWW-Authenticate": 'Basic realm="edgebox enrolment", charset="UTF-8"'}
_STATUS = {Denial.CODE_WRONG: 401, Denial.CODE_EXPIRED: 403, Denial.CODE_USED: 403,
           Denial.BOX_REVOKED: 403, Denial.CERTIFICATE_UNKNOWN: 403, Denial.TOO_MANY: 429}
_SAID = {
    Denial.CODE_WRONG: "no such code for this box; make a new bundle",
    Denial.CODE_EXPIRED: "the code has expired; make a new bundle",
    Denial.CODE_USED: "the code was used by another key; make a new bundle",
    Denial.BOX_REVOKED: "this box was revoked; it needs a new name and a new bundle",
    Denial.CERTIFICATE_UNKNOWN: "this certificate is not one that this ward issued to a box",
    Denial.TOO_MANY: "this box holds more certificates than it needs; revoke it if it was stolen",
}


@dataclass(frozen=True, slots=True)
class Registrar:
    """Issues to boxes. Any thread."""

    issuing: Authority
    book: Enrolment
    issued: Callable[[], None]          # called after a box got its first certificate, before it is told

    def enrol(self, name: str, code: str, request: csr.Request, now: datetime) -> Issued:
        made = self.book.redeem(name, code, request.key,
                                lambda: make_box(self.issuing, name, request.public, now), now)
        self.issued()
        return made

    def renew(self, name: str, serial: str, request: csr.Request, now: datetime) -> Issued:
        return self.book.renew(name, serial, request.key,
                               lambda: make_box(self.issuing, name, request.public, now), now)


def make_app(ward: WardFolder, registrar: Registrar) -> Starlette:
    desk = _Desk(ward, registrar)
    routes = [Route(f"{PREFIX}/cacerts", desk.cacerts, methods=["GET"]),
              Route(f"{PREFIX}/simpleenroll", desk.enrol, methods=["POST"]),
              Route(f"{PREFIX}/simplereenroll", desk.renew, methods=["POST"]),
              Route(f"/{CRL}", desk.revocation_list, methods=["GET"])]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refuse, EdgeError: _fail,
                                                        ClientDisconnect: _gone})


class _Desk:
    """The routes. One event loop's own."""

    def __init__(self, ward: WardFolder, registrar: Registrar) -> None:
        self._ward, self._registrar = ward, registrar
        self._wrong = Limiter(WRONG_CODES, WRONG_CODE_S)

    async def cacerts(self, request: Request) -> Response:
        return _certificates([self._registrar.issuing.pem, self._ward.root_certificate.read_bytes()])

    async def revocation_list(self, request: Request) -> Response:
        return Response((self._ward.broker / CRL).read_bytes(), media_type="application/x-pem-file")

    async def enrol(self, request: Request) -> Response:
        address = _address(request)
        wait_s = self._wrong.wait_s(address, time.monotonic_ns())
        if wait_s:
            raise HTTPException(429, "wait: too many wrong codes from this address",
                                {"Retry-After": str(math.ceil(wait_s))})
        name, code = _basic(request)
        asked = await _asked(request, name)
        try:
            issued = await run_in_threadpool(self._registrar.enrol, name, code, asked, datetime.now(UTC))
        except RefusedError as exc:
            if exc.refusal is Denial.CODE_WRONG:
                self._wrong.count(address, time.monotonic_ns())
            raise
        self._wrong.forget(address)
        return _given(issued, "code", address)

    async def renew(self, request: Request) -> Response:
        der = client_certificate(request)
        if der is None:
            raise HTTPException(403, "certificate-needed: come with the certificate that is to be renewed")
        held = x509.load_der_x509_certificate(der)
        name = common_name(held.subject) or ""
        if identity.root_of(name) is None:      # of one of the ward's own programs
            raise RefusedError(Denial.CERTIFICATE_UNKNOWN, name)
        asked = await _asked(request, name)
        issued = await run_in_threadpool(self._registrar.renew, name, f"{held.serial_number:x}", asked,
                                         datetime.now(UTC))
        return _given(issued, "renewal", _address(request))


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        name, colon, code = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        name = colon = code = ""
    if scheme.lower() != "basic" or not colon or identity.root_of(name) is None:
        raise HTTPException(401, "code-wrong: come with the box's name and its one-time code", _REALM)
    return name, code


async def _asked(request: Request, name: str) -> csr.Request:
    """The request in the body, which must be of `name`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/pkcs10":
        raise HTTPException(415, "request-bad: want application/pkcs10")
    try:
        body = await whole_body(request.stream(), csr.MAX_BYTES, _BODY_S)
    except TooLargeError as exc:
        raise HTTPException(413, f"request-bad: {exc}", {"Connection": "close"}) from exc
    except TimeoutError as exc:
        raise HTTPException(408, "request-bad: too slow", {"Connection": "close"}) from exc
    try:
        asked = csr.parse(body)
    except csr.RequestError as exc:
        raise HTTPException(400, f"request-bad: {exc}") from exc
    if asked.name != name:
        raise HTTPException(403, "name-other: the request is of another name than who sends it")
    return asked


def _given(issued: Issued, why: str, address: str) -> Response:
    log.info("certificate given: name=%s by=%s serial=%s until=%s from=%s", issued.name, why, issued.serial,
             f"{issued.not_after:%Y-%m-%d}", address)
    return _certificates([issued.pem.encode()])


def _certificates(pems: list[bytes]) -> Response:
    return Response(csr.answer(pems), media_type="application/pkcs7-mime; smime-type=certs-only",
                    headers={"Content-Transfer-Encoding": "base64"})


async def _refuse(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    if exc.status_code not in (404, 405):
        log.warning("refused: path=%s from=%s status=%d why=%s", request.url.path, _address(request),
                    exc.status_code, exc.detail.partition(":")[0])
    return PlainTextResponse(f"{exc.detail}\n", exc.status_code, exc.headers)


async def _fail(request: Request, exc: Exception) -> Response:
    """A refusal of the book, or a fault of ours, which is logged in full and told as "later"."""
    if isinstance(exc, RefusedError):
        log.warning("refused: name=%s from=%s why=%s", exc.name, _address(request), exc.refusal.value)
        return PlainTextResponse(f"{exc.refusal.value}: {_SAID[exc.refusal]}\n", _STATUS[exc.refusal],
                                 _REALM if exc.refusal is Denial.CODE_WRONG else None)
    log.error("cannot answer: path=%s error=\"%s\"", request.url.path, exc)
    headers = {"Retry-After": str(_RETRY_S)} if isinstance(exc, RetryableError) else None
    return PlainTextResponse("later: the enrolment server has a fault; look at its log\n", 503, headers)


async def _gone(request: Request, exc: Exception) -> Response:
    """Who asked has hung up: nobody reads this."""
    return Response(status_code=400)


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else "unknown"
