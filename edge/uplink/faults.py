"""Why the ward cannot be reached, in words that say what to do. Pure."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum

from edge.base.errors import RetryableError


class FaultKind(StrEnum):
    NETWORK = "network"                # nobody there, no way there, or no answer: it comes back by itself
    NO_ANSWER = "no-answer"            # it was there, but closed or kept silent before CONNACK
    LOST = "lost"                      # was connected
    FLAPPING = "flapping"              # connects, and soon breaks, again and again
    PROTOCOL = "protocol"              # not this version of MQTT
    TLS = "tls"                        # no TLS, or none that we speak
    CREDENTIALS = "credentials"        # user, password, right to connect
    BROKER_CERTIFICATE = "broker-certificate"
    OUR_CERTIFICATE = "our-certificate"
    FILES = "files"                    # a certificate, key or password file of this box
    BROKER = "broker"                  # reachable, but busy, shutting down or refusing


NEEDS_SOMEONE = frozenset({FaultKind.CREDENTIALS, FaultKind.BROKER_CERTIFICATE, FaultKind.OUR_CERTIFICATE,
                           FaultKind.FILES, FaultKind.PROTOCOL, FaultKind.TLS, FaultKind.FLAPPING})
"""Kinds that no waiting cures."""


@dataclass(frozen=True, slots=True)
class LinkFault:
    """One reason. Two that are equal are the same state: it is told once."""

    kind: FaultKind
    text: str              # what was found and what to do; no secret


class LinkError(RetryableError):
    """There is no connection to the ward's broker, or no longer."""

    def __init__(self, fault: LinkFault) -> None:
        super().__init__(fault.text)
        self.fault = fault


# OpenSSL's X509_V_ERR_*: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_CERTIFICATE_CODES = {
    9: "is not yet valid; check the clock of this box first, then the broker's certificate",
    10: "has expired; renew it, unless the clock of this box is wrong",
    18: "is self-signed and not in mqtt.ca_file; copy the ward's CA certificate to the box",
    19: "is signed by a CA that mqtt.ca_file does not hold; copy the ward's CA certificate to the box",
    20: "is signed by a CA that mqtt.ca_file does not hold; copy the ward's CA certificate to the box",
    21: "is signed by a CA that mqtt.ca_file does not hold; copy the ward's CA certificate to the box",
    62: "is for another name than mqtt.host; use the name in the certificate",
    64: "is for another address than mqtt.host; use the name in the certificate",
}

# Alerts by which a broker refuses our certificate; in TLS 1.3 they come with the first read.
_OUR_CERTIFICATE_ALERTS = {
    "UNKNOWN_CA": "is signed by a CA that the broker does not know; enrol this box again",
    "CERTIFICATE_REVOKED": "was revoked by the ward; enrol this box again",
    # OpenSSL sends the same one where the broker's revocation list has ended.
    "CERTIFICATE_EXPIRED": "has expired, or the ward's revocation list has, or the broker's clock is wrong; "
                           "renew it",
    "CERTIFICATE_REQUIRED": "was not sent; set mqtt.cert_file and mqtt.key_file",
    "BAD_CERTIFICATE": "is refused as malformed; enrol this box again",
    "UNSUPPORTED_CERTIFICATE": "is of a kind that the broker does not take; enrol this box again",
    "CERTIFICATE_UNKNOWN": "is refused; ask the ward why, and enrol this box again",
    "ACCESS_DENIED": "is valid but not allowed in; ask the ward",
    "DECRYPT_ERROR": "does not match its key; enrol this box again",
    # Some brokers, mosquitto among them, answer a missing certificate with this one before TLS 1.3.
    "HANDSHAKE_FAILURE": "was not sent or is refused; check mqtt.cert_file and mqtt.key_file",
}

_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE",
           "PACKET_LENGTH_TOO_LONG")

# MQTT 5 reason codes of CONNACK and DISCONNECT; paho maps those of 3.1.1 to them.
_REASONS = {
    0x84: (FaultKind.PROTOCOL, "does not speak this version of MQTT"),
    0x85: (FaultKind.CREDENTIALS, "refuses the client id {client_id!r}; allow it at the broker"),
    0x86: (FaultKind.CREDENTIALS, "refuses user or password; check mqtt.username and mqtt.password_file"),
    0x87: (FaultKind.CREDENTIALS, "does not authorise this box; check mqtt.username, mqtt.password_file, and "
                                  "the broker's list of boxes"),
    0x88: (FaultKind.BROKER, "is not available; it is tried again"),
    0x89: (FaultKind.BROKER, "is busy; it is tried again"),
    0x8A: (FaultKind.CREDENTIALS, "has banned this box; ask the ward"),
    0x8B: (FaultKind.BROKER, "shuts down; it is tried again"),
    0x8C: (FaultKind.CREDENTIALS, "wants another way of authentication; ask the ward"),
    0x8E: (FaultKind.CREDENTIALS, "dropped us for another client with id {client_id!r}; is the card of this "
                                  "box cloned, or does `edgebox guard` run twice?"),
    0x95: (FaultKind.BROKER, "refuses a message as too large; raise its limit, or lower thumbnail.max_bytes"),
    0x97: (FaultKind.BROKER, "says that a quota is exceeded; ask the ward"),
    0x98: (FaultKind.BROKER, "was told by its administrator to drop us; it is tried again"),
    0x9C: (FaultKind.BROKER, "says to use another server; ask the ward for mqtt.host"),
    0x9D: (FaultKind.BROKER, "says that it has moved; ask the ward for mqtt.host"),
    0x9F: (FaultKind.BROKER, "says that we connect too often; it is tried again"),
}


def of_exception(exc: OSError | ValueError, host: str, port: int) -> LinkFault:
    """What an exception while connecting, or of a TLS socket later, means."""
    at = f"{host}:{port}"
    match exc:
        case ssl.SSLCertVerificationError():
            unknown = f"is not valid ({exc.verify_message}); ask the ward"
            why = _CERTIFICATE_CODES.get(exc.verify_code, unknown)
            return LinkFault(FaultKind.BROKER_CERTIFICATE, f"the broker's certificate at {at} {why}")
        case ssl.SSLError():
            return _of_tls(exc, at)
        case socket.gaierror() | UnicodeError():
            return LinkFault(FaultKind.NETWORK, f"cannot find the address of {host!r}; check mqtt.host, the "
                                            "network and its name server")
        case ConnectionRefusedError():
            return LinkFault(FaultKind.NETWORK, f"nobody listens at {at}; check mqtt.port, and whether the "
                                            "broker runs")
        case TimeoutError():
            return LinkFault(FaultKind.NETWORK, f"no answer from {at}; check the network, and the firewall "
                                            "on the way")
        case ConnectionResetError() | BrokenPipeError():
            return _closed_in_handshake(at)
        case OSError(errno=errno.ENETUNREACH | errno.EHOSTUNREACH | errno.ENETDOWN):
            return LinkFault(FaultKind.NETWORK,
                             f"no way to {at}: {_strerror(exc)}; check cable, modem and route")
        case _:
            return LinkFault(FaultKind.NETWORK, f"cannot reach {at}: {exc}")


def of_reason(code: int, name: str, at: str, client_id: str) -> LinkFault:
    """What the broker said in CONNACK or DISCONNECT."""
    kind, text = _REASONS.get(code, (FaultKind.BROKER, f"said {name!r} (0x{code:02x})"))
    return LinkFault(kind, f"the broker at {at} {text.format(client_id=client_id)}")


def closed_early(at: str, with_certificate: bool) -> LinkFault:
    """The connection ended after TCP and TLS, before CONNACK."""
    doubt = "refuses this box's certificate, or " if with_certificate else ""
    return LinkFault(FaultKind.NO_ANSWER,
                     f"{at} closed the connection before an answer; it {doubt}is no MQTT "
                                   "broker, or shuts down: read its log")


def _of_tls(exc: ssl.SSLError, at: str) -> LinkFault:
    reason = (getattr(exc, "reason", None) or "").upper()      # Python's own ones have none
    alert = reason.rpartition("ALERT_")[2] if "ALERT_" in reason else ""
    if alert in _OUR_CERTIFICATE_ALERTS:
        return LinkFault(FaultKind.OUR_CERTIFICATE,
                     f"this box's certificate {_OUR_CERTIFICATE_ALERTS[alert]} (broker {at})")
    if "PROTOCOL_VERSION" in reason or reason in ("UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE"):
        return LinkFault(FaultKind.TLS, f"{at} speaks no TLS of version 1.2 or later; update the broker")
    if any(reason.startswith(known) for known in _NO_TLS):
        return LinkFault(FaultKind.TLS, f"{at} speaks no TLS; check mqtt.port, or set mqtt.tls = false")
    if isinstance(exc, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return _closed_in_handshake(at)
    return LinkFault(FaultKind.TLS, f"TLS with {at} failed: {reason.lower().replace('_', ' ') or exc}")


def _closed_in_handshake(at: str) -> LinkFault:
    return LinkFault(FaultKind.NO_ANSWER,
                     f"{at} closed the connection during the TLS handshake; it speaks no "
                                      "TLS (check mqtt.port and mqtt.tls), or shuts down")


def _strerror(exc: OSError) -> str:
    return os.strerror(exc.errno).lower() if exc.errno else str(exc)
