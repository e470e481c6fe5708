"""What there is to say of a connection to an MQTT broker, whoever opens it and whichever library speaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Protocol(Enum):
    """The versions of MQTT that we speak. Brokers of both are in use."""

    V5 = "5"
    V311 = "3.1.1"

    @property
    def other(self) -> Protocol:
        return Protocol.V311 if self is Protocol.V5 else Protocol.V5


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """How to reach the broker, and as whom."""

    host: str
    port: int
    client_id: str
    tls: bool = True
    ca_file: Path | None = None             # None: the system's authorities
    cert_file: Path | None = None
    key_file: Path | None = None
    username: str | None = None
    password_file: Path | None = None
    keepalive_s: int = 30

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class OptionNames:
    """What the reader of a fault calls the settings, so that it says which one to look at."""

    us: str                 # who connects, as in "the clock of ..."
    our_certificate: str    # as in "... has expired"
    host: str
    port: str
    tls: str
    no_tls: str             # how to do without
    ca_file: str
    cert_file: str
    key_file: str
    username: str
    password_file: str
    get_ca: str             # what to do where the broker's authority is not known
    get_certificate: str    # what to do where ours is of no use
    id_taken: str           # what to do, or to ask, where two connect as one
    too_large: str          # what to do where the broker takes no message so large


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish."""

    topic: str
    payload: bytes
    qos: int
    retain: bool = False

    @property
    def size_bytes(self) -> int:
        """The size on the wire, but for a few bytes of header."""
        return len(self.topic) + len(self.payload)


@dataclass(frozen=True, slots=True)
class Received:
    """One message that came."""

    topic: str              # "" where it is no UTF-8, which no broker should let in
    payload: bytes
    retained: bool          # the broker had kept it
    mid: int
    qos: int


@dataclass(frozen=True, slots=True)
class Ack:
    """A PUBACK. MQTT 3.1.1 knows no refusal: its acks are all good."""

    mid: int
    refusal: str | None         # the broker's reason, None when it took the message
    unclaimed: bool = False     # taken, but nobody is subscribed to it: dropped, unless it is retained


@dataclass(frozen=True, slots=True)
class Terms:
    """What one client asks of its connections."""

    packet_max_bytes: int       # what is larger ends the connection unread; a broker of MQTT 5 is told
    session_s: int              # the broker keeps our session so long (3.1.1: for ever); 0: it forgets us
    will: Outgoing | None = None
    acks_itself: bool = False   # messages are acknowledged by `Connection.acknowledge` and not as they come
