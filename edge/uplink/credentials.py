"""This box's certificate, key and password, read anew for every connection: a renewed one is used at once."""

from __future__ import annotations

import contextlib
import select
import ssl
from pathlib import Path

from edge.config.model import MqttSettings
from edge.uplink.faults import FaultKind, LinkError, LinkFault

_TICKET_WAIT_S = 1.0


class TlsContext(ssl.SSLContext):
    """Remembers the last error of its sockets, which paho only writes to its log."""

    failure: ssl.SSLError | None = None


class _TellingSocket(ssl.SSLSocket):
    """In TLS 1.3 a broker refuses our certificate after the handshake, by an alert to our first read."""

    def do_handshake(self, block: bool = False) -> None:
        """As ever, then wait for what a broker says first: session tickets, or that alert.

        Were CONNECT sent at once, a broker that has closed would answer it by a reset, which may overtake
        the alert. A broker without tickets costs `_TICKET_WAIT_S`.
        """
        super().do_handshake(block)
        if self.version() == "TLSv1.3":
            before_s = self.gettimeout()
            select.select([self], [], [], _TICKET_WAIT_S)
            self.settimeout(0.0)
            with contextlib.suppress(ssl.SSLWantReadError):
                super().recv(1)         # no byte of MQTT comes before our CONNECT
            self.settimeout(before_s)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            return super().recv(buflen, flags)
        except ssl.SSLError as exc:
            if isinstance(self.context, TlsContext) and not isinstance(exc, ssl.SSLWantReadError):
                self.context.failure = exc
            raise


def tls_context(settings: MqttSettings) -> TlsContext:
    """TLS 1.2 or later, the broker's certificate and name checked, our own certificate where configured.

    Raises LinkError that names the key of the config and the file.
    """
    context = TlsContext(ssl.PROTOCOL_TLS_CLIENT)       # checks certificate and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _TellingSocket
    if settings.ca_file is None:
        context.load_default_certs()
    else:
        _load_ca(context, settings.ca_file)
    if settings.cert_file is not None and settings.key_file is not None:
        _load_own(context, settings.cert_file, settings.key_file)
    return context


def password(settings: MqttSettings) -> str | None:
    """The first line of the password file. Raises LinkError."""
    if settings.password_file is None:
        return None
    try:
        text = _read("password_file", settings.password_file).decode()
    except UnicodeDecodeError as exc:
        raise _fault("password_file", settings.password_file, "is no UTF-8 text") from exc
    first = text.partition("\n")[0].rstrip("\r")
    if not first:
        raise _fault("password_file", settings.password_file, "first line is empty; write the password there")
    return first


def _load_ca(context: ssl.SSLContext, path: Path) -> None:
    _read("ca_file", path)
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError as exc:
        raise _fault("ca_file", path, "holds no certificate in PEM format; copy the ward's CA there") from exc


def _load_own(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    _read("cert_file", certificate)
    _read("key_file", key)
    try:
        context.load_cert_chain(certificate, key, password="")      # "": never ask on a terminal
    except ssl.SSLError as exc:
        if exc.reason == "KEY_VALUES_MISMATCH":
            raise _fault("key_file", key, f"does not belong to {certificate}; enrol this box again") from exc
        raise _fault("key_file", key, f"cannot be used with {certificate}: want both in PEM format, and the "
                                      "key without a passphrase") from exc


def _read(key: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        problem = (exc.strerror or "cannot be read").lower()
        raise _fault(key, path, f"{problem}; check the path, its owner and its mode") from exc


def _fault(key: str, path: Path, problem: str) -> LinkError:
    return LinkError(LinkFault(FaultKind.FILES, f"mqtt.{key} {path}: {problem}"))
