"""ONVIF's requests: SOAP over HTTP with the camera's user, and what the answer says.

A password goes out hashed, as a WS-UsernameToken with the camera's own time, since cameras refuse one of
another minute and their clocks are wrong; a camera that asks for HTTP's Digest gets that instead. Neither is
tried twice: three or five wrong passwords lock an account.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import escape

from edge.base.http_digest import DigestChallenge, DigestUser, authorization, challenge_of
from edge.base.redact import hide
from edge.onvif.exchange import ANSWER_WITHIN_S, CameraHost, HttpAnswer, post
from edge.onvif.faults import OnvifError, OnvifFault
from edge.onvif.untrusted import UnreadableError, below, child, moment, parse, shown

DEVICE_PATH = "/onvif/device_service"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"

_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_LOGIN_CODES = ("NotAuthorized", "FailedAuthentication", "InvalidSecurity")
_CANNOT_CODES = ("ActionNotSupported", "OptionalActionNotImplemented", "ConfigurationNotSupported",
                 "NoSuchService", "UnknownAction", "MustUnderstand")


@dataclass(frozen=True, slots=True)
class OnvifLogin:
    """A camera's user."""

    user: str
    password: str = field(default="", repr=False)


def request(namespace: str, name: str, values: Mapping[str, str | None] | None = None,
            inside: str = "") -> bytes:
    """A request's element, with a text for each of `values` that has one, and XML of ours `inside` it."""
    told = "".join(f"<{key}>{escape(text)}</{key}>" for key, text in (values or {}).items()
                   if text is not None)
    return f'<{name} xmlns="{namespace}">{told}{inside}</{name}>'.encode()


class SoapClient:
    """Speaks to one camera. One thread."""

    def __init__(self, host: CameraHost, login: OnvifLogin | None = None,
                 within_s: float = ANSWER_WITHIN_S) -> None:
        """`within_s`: for each request."""
        self.host, self._login, self._within_s = host, login, within_s
        self.ahead: timedelta | None = None         # of the camera's clock before ours, once it is known
        self._challenge: DigestChallenge | None = None
        self._count = 0                             # of the requests with this nonce

    def learn_time(self) -> timedelta | None:
        """How far the camera's clock is ahead of ours; None where it does not tell. Needs no login.

        Raises OnvifError: nothing there speaks ONVIF.
        """
        try:
            answer = self.call(DEVICE_PATH, request(DEVICE, "GetSystemDateAndTime"), anonymous=True)
        except OnvifError as exc:
            if exc.fault in (OnvifFault.LOGIN, OnvifFault.CANNOT, OnvifFault.SAID_NO):
                return None         # it does speak ONVIF
            raise
        told = next((at for each in below(answer, "UTCDateTime") if (at := moment(each))), None)
        self.ahead = None if told is None else told - datetime.now(UTC)
        return self.ahead

    def call(self, path: str, body: bytes, anonymous: bool = False) -> Element:
        """The element of the answer, such as GetProfilesResponse.

        Raises OnvifError.
        """
        login = None if anonymous else self._login
        answer = self._sent(path, body, login)
        if login is not None and answer.status == 401 and self._takes(answer):
            answer = self._sent(path, body, login)
        return self._read(answer)

    def _takes(self, answer: HttpAnswer) -> bool:
        """Whether to ask again by Digest: what it wants was not known yet, or its nonce is too old."""
        challenge = challenge_of(answer.all_of("www-authenticate"))
        if challenge is None or (self._challenge is not None and not challenge.stale):
            return False
        self._challenge, self._count = challenge, 0
        return True

    def _sent(self, path: str, body: bytes, login: OnvifLogin | None) -> HttpAnswer:
        headers, token = {"Content-Type": "application/soap+xml; charset=utf-8"}, ""
        if login is not None and self._challenge is not None:
            self._count += 1
            headers["Authorization"] = authorization(
                self._challenge, DigestUser(login.user, login.password), "POST", path,
                secrets.token_hex(8), self._count)
        elif login is not None:
            token = self._token(login)
        envelope = (f'<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope xmlns:s="{_SOAP}">{token}<s:Body>'
                    ).encode() + body + b"</s:Body></s:Envelope>"
        return post(self.host, path, envelope, headers, self._within_s)

    def _token(self, login: OnvifLogin) -> str:
        """WS-Security's UsernameToken: base64(SHA-1(nonce + created + password))."""
        created = (datetime.now(UTC) + (self.ahead or timedelta())).strftime("%Y-%m-%dT%H:%M:%SZ")
        nonce = secrets.token_bytes(16)
        hashed = hashlib.sha1(nonce + (created + login.password).encode(), usedforsecurity=False).digest()
        return (f'<s:Header><Security s:mustUnderstand="1" xmlns="{_WSS}wssecurity-secext-1.0.xsd">'
                f'<UsernameToken><Username>{escape(login.user)}</Username>'
                f'<Password Type="{_WSS}username-token-profile-1.0#PasswordDigest">{_base64(hashed)}'
                f'</Password>'
                f'<Nonce EncodingType="{_WSS}soap-message-security-1.0#Base64Binary">{_base64(nonce)}</Nonce>'
                f'<Created xmlns="{_WSS}wssecurity-utility-1.0.xsd">{created}</Created>'
                f'</UsernameToken></Security></s:Header>')

    def _read(self, answer: HttpAnswer) -> Element:
        if 300 <= answer.status < 400:
            raise self.error(OnvifFault.ELSEWHERE)
        try:
            root = parse(answer.body)
        except UnreadableError as exc:
            raise self._unreadable(answer.status, exc) from None
        fault = next(below(root, "Fault"), None)
        if fault is not None:
            raise self._refusal(fault)
        body = child(root, "Body")
        found = None if body is None else next(iter(body), None)
        if answer.status in (401, 403):
            raise self.error(OnvifFault.LOGIN)
        if found is None or answer.status >= 400:
            raise self.error(OnvifFault.NO_ONVIF)
        return found

    def _unreadable(self, status: int, refused: UnreadableError) -> OnvifError:
        if status in (401, 403):
            return self.error(OnvifFault.LOGIN)
        if status != 200 or str(refused) == "not XML":
            return self.error(OnvifFault.NO_ONVIF)
        return self.error(OnvifFault.BAD_ANSWER, str(refused))

    def _refusal(self, fault: Element) -> OnvifError:
        codes = {word.strip().rpartition(":")[2] for word in _texts(fault, "Value", "faultcode")}
        said = next(iter(_texts(fault, "Text", "faultstring")), "")
        low = said.lower()
        if "lock" in low and ("account" in low or "user" in low or "device" in low):
            return self.error(OnvifFault.LOCKED)
        if codes & set(_LOGIN_CODES) or "authori" in low or "authenti" in low:
            return self.error(OnvifFault.LOGIN)
        if codes & set(_CANNOT_CODES) or "not implemented" in low or "not supported" in low:
            return self.error(OnvifFault.CANNOT)
        return self.error(OnvifFault.SAID_NO, said or ", ".join(sorted(codes)))

    def error(self, fault: OnvifFault, detail: str = "") -> OnvifError:
        """Of this camera; a password that it repeats is taken out."""
        if self._login is not None and self._login.password:
            detail = hide(detail, (self._login.password, shown(self._login.password)))
        return OnvifError(str(self.host), fault, detail)


def _texts(fault: Element, *names: str) -> Iterator[str]:
    return (shown(found.text or "") for name in names for found in below(fault, name))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def speaks_onvif(host: CameraHost, within_s: float) -> bool:
    """Whether something there does, asked without a login."""
    with suppress(OnvifError):
        SoapClient(host, within_s=within_s).learn_time()
        return True
    return False


def rewritten(element: Element, namespace: str, name: str) -> str:
    """`element` under another name, with all that stands in it."""
    made = Element(f"{{{namespace}}}{name}", element.attrib)
    made.extend(list(element))
    return tostring(made, encoding="unicode")

