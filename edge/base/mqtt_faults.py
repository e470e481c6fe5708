"""Why a broker cannot be reached, or no longer, in words that say what to do. Pure.

The same for the box and for the ward's programs: they differ in what they call their settings.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.base.errors import RetryableError
from edge.base.mqtt_values import BrokerSettings, OptionNames


class FaultKind(StrEnum):
    NETWORK = "network"                # nobody there, no way there, or no answer: it comes back by itself
    NO_ANSWER = "no-answer"            # it was there, but closed or kept silent before CONNACK
    LOST = "lost"                      # was connected
    FLAPPING = "flapping"              # connects, and soon breaks, again and again
    PROTOCOL = "protocol"              # not this version of MQTT
    TLS = "tls"                        # no TLS, or none that we speak
    GARBAGE = "garbage"                # no MQTT, or what was not agreed: too large, of another quality
    CREDENTIALS = "credentials"        # user, password, right to connect
    BROKER_CERTIFICATE = "broker-certificate"
    OUR_CERTIFICATE = "our-certificate"
    FILES = "files"                    # a certificate, key or password file of ours
    BROKER = "broker"                  # reachable, but busy, shutting down or refusing


NEEDS_SOMEONE = frozenset({FaultKind.CREDENTIALS, FaultKind.BROKER_CERTIFICATE, FaultKind.OUR_CERTIFICATE,
                           FaultKind.FILES, FaultKind.PROTOCOL, FaultKind.TLS, FaultKind.FLAPPING,
                           FaultKind.GARBAGE})
"""Kinds that no waiting cures."""

OTHER_VERSION_MAY_HELP = frozenset({FaultKind.PROTOCOL, FaultKind.NO_ANSWER})
"""Kinds after which the other version of MQTT is worth a try."""


@dataclass(frozen=True, slots=True)
class LinkFault:
    """One reason. Two that are equal are the same state: it is told once."""

    kind: FaultKind
    text: str              # what was found and what to do; no secret

    @property
    def needs_someone(self) -> bool:
        return self.kind in NEEDS_SOMEONE


class LinkError(RetryableError):
    """There is no connection to the broker, or no longer."""

    def __init__(self, fault: LinkFault) -> None:
        super().__init__(fault.text)
        self.fault = fault


# OpenSSL's X509_V_ERR_*: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_CERTIFICATE_CODES = {
    9: "is not yet valid; check the clock of {names.us} first, then the broker's certificate",
    10: "has expired; renew it, unless the clock of {names.us} is wrong",
    18: "is self-signed and not in {names.ca_file}; {names.get_ca}",
    19: "is signed by a CA that {names.ca_file} does not hold; {names.get_ca}",
    20: "is signed by a CA that {names.ca_file} does not hold; {names.get_ca}",
    21: "is signed by a CA that {names.ca_file} does not hold; {names.get_ca}",
    62: "is for another name than {names.host}; use the name in the certificate",
    64: "is for another address than {names.host}; use the name in the certificate",
}

# Alerts by which a broker refuses our certificate; in TLS 1.3 they come with the first read.
_OUR_CERTIFICATE_ALERTS = {
    "UNKNOWN_CA": "is signed by a CA that the broker does not know; {names.get_certificate}",
    "CERTIFICATE_REVOKED": "was revoked by the ward; {names.get_certificate}",
    # OpenSSL sends the same one where the broker's revocation list has ended.
    "CERTIFICATE_EXPIRED": "has expired, or the ward's revocation list has, or the broker's clock is wrong; "
                           "renew it",
    "CERTIFICATE_REQUIRED": "was not sent; set {names.cert_file} and {names.key_file}",
    "BAD_CERTIFICATE": "is refused as malformed; {names.get_certificate}",
    "UNSUPPORTED_CERTIFICATE": "is of a kind that the broker does not take; {names.get_certificate}",
    "CERTIFICATE_UNKNOWN": "is refused; ask the ward why, and {names.get_certificate}",
    "ACCESS_DENIED": "is valid but not allowed in; ask the ward",
    "DECRYPT_ERROR": "does not match its key; {names.get_certificate}",
    # Some brokers, mosquitto among them, answer a missing certificate with this one before TLS 1.3.
    "HANDSHAKE_FAILURE": "was not sent or is refused; check {names.cert_file} and {names.key_file}",
}

_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE",
           "PACKET_LENGTH_TOO_LONG")

# MQTT 5 reason codes of CONNACK and DISCONNECT; paho maps those of 3.1.1 to them.
_REASONS = {
    0x84: (FaultKind.PROTOCOL, "does not speak this version of MQTT"),
    0x85: (FaultKind.CREDENTIALS, "refuses the client id {client_id!r}; allow it at the broker"),
    0x86: (FaultKind.CREDENTIALS, "refuses user or password; check {names.username} and "
                                  "{names.password_file}"),
    0x87: (FaultKind.CREDENTIALS, "does not authorise {names.us}; check {names.username}, "
                                  "{names.password_file}, {names.cert_file}, and the broker's access list"),
    0x88: (FaultKind.BROKER, "is not available; it is tried again"),
    0x89: (FaultKind.BROKER, "is busy; it is tried again"),
    0x8A: (FaultKind.CREDENTIALS, "has banned {names.us}; ask the ward"),
    0x8B: (FaultKind.BROKER, "shuts down; it is tried again"),
    0x8C: (FaultKind.CREDENTIALS, "wants another way of authentication; ask the ward"),
    0x8E: (FaultKind.CREDENTIALS, "dropped us for another client with id {client_id!r}; {names.id_taken}"),
    0x95: (FaultKind.BROKER, "refuses a message as too large; {names.too_large}"),
    0x97: (FaultKind.BROKER, "says that a quota is exceeded; ask the ward"),
    0x98: (FaultKind.BROKER, "was told by its administrator to drop us; it is tried again"),
    0x9C: (FaultKind.BROKER, "says to use another server; ask for the right {names.host}"),
    0x9D: (FaultKind.BROKER, "says that it has moved; ask for the right {names.host}"),
    0x9F: (FaultKind.BROKER, "says that we connect too often; it is tried again"),
}


class Diagnosis:
    """What the troubles of one connection mean; a `LinkFault` each, without secrets."""

    def __init__(self, settings: BrokerSettings, names: OptionNames) -> None:
        self._settings, self._names, self._at = settings, names, settings.name

    def of_exception(self, exc: OSError | ValueError) -> LinkFault:
        """What an exception while connecting, or of a TLS socket later, means."""
        match exc:
            case ssl.SSLCertVerificationError():
                known = _CERTIFICATE_CODES.get(exc.verify_code, "").format(names=self._names)
                why = known or f"is not valid ({exc.verify_message}); ask the ward"
                return LinkFault(FaultKind.BROKER_CERTIFICATE,
                                 f"the broker's certificate at {self._at} {why}")
            case ssl.SSLError():
                return self._of_tls(exc)
            case ConnectionResetError() | BrokenPipeError():
                return self._closed_in_handshake()
            case _:
                return LinkFault(FaultKind.NETWORK, self._unreached(exc))

    def _unreached(self, exc: OSError | ValueError) -> str:
        at, names = self._at, self._names
        match exc:
            case socket.gaierror() | UnicodeError():
                return (f"cannot find the address of {self._settings.host!r}; check {names.host}, the "
                        "network and its name server")
            case ConnectionRefusedError():
                return f"nobody listens at {at}; check {names.port}, and whether the broker runs"
            case TimeoutError():
                return f"no answer from {at}; check the network, and the firewall on the way"
            case OSError(errno=errno.ENETUNREACH | errno.EHOSTUNREACH | errno.ENETDOWN):
                return f"no way to {at}: {_strerror(exc)}; check cable, modem and route"
            case _:
                return f"cannot reach {at}: {exc}"

    def of_reason(self, code: int, name: str) -> LinkFault:
        """What the broker said in CONNACK or DISCONNECT."""
        kind, text = _REASONS.get(code, (FaultKind.BROKER, "said {said!r} (0x{code:02x})"))
        found = text.format(names=self._names, client_id=self._settings.client_id, said=name, code=code)
        return LinkFault(kind, f"the broker at {self._at} {found}")

    def closed_early(self) -> LinkFault:
        """The connection ended after TCP and TLS, before CONNACK."""
        doubt = "" if self._settings.cert_file is None else f"refuses {self._names.our_certificate}, or "
        return LinkFault(FaultKind.NO_ANSWER, f"{self._at} closed the connection before an answer; it "
                                              f"{doubt}is no MQTT broker, or shuts down: read its log")

    def silent(self) -> LinkFault:
        """It took the connection, and that was all."""
        return LinkFault(FaultKind.NO_ANSWER, f"{self._at} takes connections but does not answer; check that "
                                              "it is an MQTT broker")

    def broke(self) -> LinkFault:
        """A connection that worked is gone, and nobody said why."""
        return LinkFault(FaultKind.LOST, f"the connection to {self._at} broke; it is tried again")

    def garbage(self, found: str, connected: bool) -> LinkFault:
        """It sent what no broker of ours sends; before CONNACK it may be none, or of another version."""
        if not connected:
            return LinkFault(FaultKind.NO_ANSWER,
                             f"{self._at} answers with {found}; check that it is an MQTT broker")
        return LinkFault(FaultKind.GARBAGE, f"the broker at {self._at} sends {found}; the connection was "
                                            "ended: look in its log who sent that, and who runs it")

    def unheard(self, topic: str, reason: str) -> LinkFault:
        """It refuses a subscription."""
        return LinkFault(FaultKind.CREDENTIALS, f"the broker at {self._at} does not let us read {topic} "
                                                f"({reason}); let {self._names.us} in its access list")

    def unusable(self, option: str, path: Path, problem: str) -> LinkFault:
        """A file that a setting names."""
        return LinkFault(FaultKind.FILES, f"{option} {path}: {problem}")

    def _of_tls(self, exc: ssl.SSLError) -> LinkFault:
        at, names = self._at, self._names
        reason = (getattr(exc, "reason", None) or "").upper()      # Python's own ones have none
        alert = reason.rpartition("ALERT_")[2] if "ALERT_" in reason else ""
        if alert in _OUR_CERTIFICATE_ALERTS:
            found = _OUR_CERTIFICATE_ALERTS[alert].format(names=names)
            return LinkFault(FaultKind.OUR_CERTIFICATE, f"{names.our_certificate} {found} (broker {at})")
        if "PROTOCOL_VERSION" in reason or reason in ("UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE"):
            return LinkFault(FaultKind.TLS, f"{at} speaks no TLS of version 1.2 or later; update the broker")
        if any(reason.startswith(known) for known in _NO_TLS):
            return LinkFault(FaultKind.TLS, f"{at} speaks no TLS; check {names.port}, or {names.no_tls}")
        if isinstance(exc, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return self._closed_in_handshake()
        return LinkFault(FaultKind.TLS, f"TLS with {at} failed: {reason.lower().replace('_', ' ') or exc}")

    def _closed_in_handshake(self) -> LinkFault:
        found = f"speaks no TLS (check {self._names.port} and {self._names.tls}), or shuts down"
        return LinkFault(FaultKind.NO_ANSWER,
                         f"{self._at} closed the connection during the TLS handshake; it {found}")


def _strerror(exc: OSError) -> str:
    return os.strerror(exc.errno).lower() if exc.errno else str(exc)
