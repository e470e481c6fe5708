"""Our certificate, key and password for a broker, read for each connection: a renewed one is used at once."""

from __future__ import annotations

import contextlib
import select
import ssl
from pathlib import Path

from edge.base.mqtt_faults import Diagnosis, LinkError
from edge.base.mqtt_values import BrokerSettings, OptionNames

_TICKET_WAIT_S = 1.0


class TlsContext(ssl.SSLContext):
    """Remembers the last error of its sockets, which paho only writes to its log."""

    failure: ssl.SSLError | None = None


class _TellingSocket(ssl.SSLSocket):
    """A TLS socket that hears why a broker refuses our certificate: in TLS 1.3 by an alert after the
    handshake.
    """

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands, then wait for what a broker says first: session tickets, or that alert.

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


class Credentials:
    """Reads what `settings` name; what cannot be used is a LinkError that names the setting and the file."""

    def __init__(self, settings: BrokerSettings, names: OptionNames) -> None:
        self._settings, self._names, self._diagnosis = settings, names, Diagnosis(settings, names)

    def tls_context(self) -> TlsContext:
        """TLS 1.2 or later, the broker's certificate and name checked, our own one where there is one."""
        settings = self._settings
        context = TlsContext(ssl.PROTOCOL_TLS_CLIENT)       # checks certificate and host name
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.sslsocket_class = _TellingSocket
        if settings.ca_file is None:
            context.load_default_certs()
        else:
            self._load_ca(context, settings.ca_file)
        if settings.cert_file is not None and settings.key_file is not None:
            self._load_own(context, settings.cert_file, settings.key_file)
        return context

    def password(self) -> str | None:
        """The first line of the password file."""
        path, option = self._settings.password_file, self._names.password_file
        if path is None:
            return None
        try:
            text = self._read(option, path).decode()
        except UnicodeDecodeError as exc:
            raise self._error(option, path, "is no UTF-8 text") from exc
        first = text.partition("\n")[0].rstrip("\r")
        if not first:
            raise self._error(option, path, "first line is empty; write the password there")
        return first

    def _load_ca(self, context: ssl.SSLContext, path: Path) -> None:
        self._read(self._names.ca_file, path)
        try:
            context.load_verify_locations(cafile=path)
        except ssl.SSLError as exc:
            problem = "holds no certificate in PEM format; copy the ward's CA there"
            raise self._error(self._names.ca_file, path, problem) from exc

    def _load_own(self, context: ssl.SSLContext, certificate: Path, key: Path) -> None:
        names = self._names
        self._read(names.cert_file, certificate)
        self._read(names.key_file, key)
        try:
            context.load_cert_chain(certificate, key, password="")      # "": never ask on a terminal
        except ssl.SSLError as exc:
            if exc.reason == "KEY_VALUES_MISMATCH":
                problem = f"does not belong to {certificate}; {names.get_certificate}"
            else:
                problem = (f"cannot be used with {certificate}: want both in PEM format, and the key without "
                           "a passphrase")
            raise self._error(names.key_file, key, problem) from exc

    def _read(self, option: str, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as exc:
            problem = (exc.strerror or "cannot be read").lower()
            raise self._error(option, path, f"{problem}; check the path, its owner and its mode") from exc

    def _error(self, option: str, path: Path, problem: str) -> LinkError:
        return LinkError(self._diagnosis.unusable(option, path, problem))
