"""How to reach the broker, and why it does not work in words that name the option to set. Pure."""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from edge.base.errors import RetryableError

# Reason codes of MQTT 5; paho translates those of 3.1.1 into them.
_BAD_VERSION, _BAD_USER, _NOT_AUTHORISED, _TAKEN_OVER = 132, 134, 135, 142
_LOG = "read the broker's log, it knows the reason"


class BrokerError(RetryableError):
    """The connection failed or ended. `needs_someone`: waiting alone will hardly heal it."""

    def __init__(self, message: str, needs_someone: bool = False) -> None:
        super().__init__(message)
        self.needs_someone = needs_someone


class ProtocolRefusedError(BrokerError):
    """The broker does not speak this version of MQTT, or hung up where one would expect that."""


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """How to reach the broker, and as whom."""

    host: str
    port: int
    client_id: str
    tls: bool = True
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    username: str | None = None
    password_file: Path | None = None
    keepalive_s: int = 30

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


def not_reached(settings: BrokerSettings, exc: OSError) -> BrokerError:
    """What an exception while connecting means."""
    match exc:
        case ssl.SSLCertVerificationError():
            ca = "check --ca" if settings.ca_file else "name who signed it with --ca FILE"
            text = (f"the broker's certificate does not hold: {exc.verify_message}; {ca}, that --broker is "
                    "the name in it, and the clock of this machine")
        case ssl.SSLError() if "ALERT" in str(exc.reason):
            text = f"the broker refuses the TLS handshake ({_plain(exc)}): {_our_papers(settings)}"
        case ssl.SSLError():
            text = (f"no TLS there: {_plain(exc)}; check the port of --broker (8883 is usual for TLS), or "
                    "use --no-tls for a broker on this machine")
        case socket.gaierror():
            text = (f"cannot find its address: {exc.strerror}; check the name in --broker, the network and "
                    "its name server")
        case ConnectionRefusedError():
            text = (f"no way to the broker: {exc.strerror}; check the port of --broker, and whether the "
                    "broker runs")
        case ConnectionResetError() if settings.tls:
            text = ("it closed the connection in the TLS handshake; check the port of --broker (8883 is "
                    "usual for TLS), or use --no-tls for a broker on this machine")
        case _:
            text = (f"no way to the broker: {exc.strerror or exc}; check --broker, the network and the "
                    "firewall on the way")
    return BrokerError(f"{settings.name}: {text}", needs_someone=isinstance(exc, ssl.SSLError))


def refused(settings: BrokerSettings, code: int, reason: str) -> BrokerError:
    """What a CONNACK that is no yes means."""
    if code == _BAD_VERSION:
        return ProtocolRefusedError(f"{settings.name}: does not speak this version of MQTT")
    if code not in (_BAD_USER, _NOT_AUTHORISED):
        return BrokerError(f"{settings.name}: the broker refuses us ({reason}); {_LOG}")
    if settings.username is not None:
        todo = "check --username, --password-file and the broker's list of users"
    elif settings.cert_file is not None:
        todo = "check that the broker's list of users has the name (CN) in --cert, or set --username"
    else:
        todo = "it wants to know who we are: set --username and --password-file, or --cert and --key"
    return BrokerError(f"{settings.name}: the broker refuses us ({reason}); {todo}", needs_someone=True)


def hung_up(settings: BrokerSettings, trouble: str) -> BrokerError:
    """The connection ended before CONNACK.

    TLS 1.3 ends for us before the broker has looked at our certificate: it refuses by hanging up.
    """
    if not settings.tls:
        return ProtocolRefusedError(f"{settings.name}: hung up before it answered CONNECT; check that "
                                    "--broker is an MQTT port without TLS (1883 is usual)")
    alert = re.search(r"\] (.*alert.*?) \(", trouble)
    said = f" ({alert[1]})" if alert else ""
    return ProtocolRefusedError(f"{settings.name}: hung up after the TLS handshake{said}: "
                                f"{_our_papers(settings)}", needs_someone=True)


def ended(settings: BrokerSettings, from_broker: bool, code: int, reason: str, trouble: str) -> BrokerError:
    """A connection that worked is gone; `from_broker`: it said goodbye, and why."""
    if from_broker and code == _TAKEN_OVER:
        return BrokerError(f"{settings.name}: another receiver came with client id {settings.client_id!r}; "
                           "stop it, or give this one its own with --client-id", needs_someone=True)
    if from_broker:
        return BrokerError(f"{settings.name}: the broker ended the connection: {reason}; {_LOG}")
    why = f": {trouble}" if trouble else ""
    return BrokerError(f"{settings.name}: connection lost{why}; the broker closed it or the network broke: "
                       "check whether the broker runs, and its log")


def _our_papers(settings: BrokerSettings) -> str:
    if settings.cert_file is None:
        return f"it probably wants a certificate; set --cert and --key, or {_LOG}"
    return ("it probably refuses our certificate; check that who signed --cert is known to the broker and "
            f"that it has not expired, or {_LOG}")


def _plain(exc: ssl.SSLError) -> str:
    return exc.reason.lower().replace("_", " ") if exc.reason else str(exc)
