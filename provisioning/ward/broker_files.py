"""What mosquitto 2.0 is told: its config and its access list. Pure text.

Two listeners. Boxes come to the first, where a client's id is its certificate's name whatever it says: a
stolen box cannot push another from its session by taking its id. The ward's own programs come to the second,
on the broker's machine alone, where one certificate may hold several sessions.

mosquitto cannot take a name such as phuong-5.to-12.hop-01 apart, so the access list has lines for each box
instead of one pattern.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.contract.asyncapi import CHANNELS
from edge.contract.topics import VERSION
from provisioning.ward.enrolment import Holder
from provisioning.ward.identity import root_of
from provisioning.ward.settings import WardSettings

CONFIG, ACL, CRL, CA = "mosquitto.conf", "acl", "crl.pem", "ca.crt"
SERVER, SERVER_KEY = "server.crt", "server.key"
ACK = "ack"                 # the ward's own acknowledgement
MAY = {
    "receive": (("read", "#"), ("write", ACK)),
    "command": (("write", "cmd/+"), ("read", "cmd-result"), ("read", "birth"), ("read", "status"),
                ("read", "panel")),
}
"""What a program of the ward may do, of every box of the ward."""


def config_text(settings: WardSettings) -> str:
    """mosquitto.conf. The limits: docs/ward-keys.md says why each."""
    folder = settings.broker_folder.rstrip("/")
    tls = f"""\
cafile {folder}/{CA}
certfile {folder}/{SERVER}
keyfile {folder}/{SERVER_KEY}
crlfile {folder}/{CRL}
tls_version tlsv1.3
require_certificate true
use_identity_as_username true
"""
    return f"""\
# mosquitto 2.0 of ward {settings.ward}. Made by `edgebox-provision ward broker-files`; changes are lost.
user mosquitto
pid_file /run/mosquitto/mosquitto.pid
log_dest stderr
log_type error
log_type warning
log_type notice

persistence true
persistence_location /var/lib/mosquitto/
autosave_interval 60
persistent_client_expiration 60d

allow_anonymous false
allow_zero_length_clientid false
acl_file {folder}/{ACL}

max_packet_size 2162688
max_inflight_messages 100
max_queued_messages 0
max_queued_bytes 1073741824
set_tcp_nodelay true

# Boxes. Who comes here is called by the name in its certificate, as user and as client.
listener {settings.broker.port}
use_username_as_clientid true
max_connections 1000
{tls}
# The ward's own programs, on this machine.
listener {settings.station_port} 127.0.0.1
max_connections 100
{tls}"""


def acl_text(ward: str, holders: Iterable[Holder]) -> str:
    """The access list: who is not in it may do nothing, and who was revoked is not in it."""
    blocks = [f"# Ward {ward}. Made by `edgebox-provision ward broker-files`; changes are lost.\n"]
    for holder in holders:
        if holder.revoked is None:
            lines = _box_lines(holder.name) if holder.kind == "box" else _client_lines(ward, holder)
            if lines:
                blocks.append("\n".join([f"user {holder.name}", *lines]) + "\n")
    return "\n".join(blocks)


def _box_lines(name: str) -> list[str]:
    root = root_of(name)
    assert root is not None
    written = [f"topic write {root.topic(_filter(channel.address))}"
               for channel in CHANNELS if channel.action == "send"]
    read = [f"topic read {root.topic(_filter(channel.address))}"
            for channel in CHANNELS if channel.action == "receive"]
    return [*written, *read]


def _client_lines(ward: str, holder: Holder) -> list[str]:
    return [f"topic {access} edge/{VERSION}/{ward}/+/+/{leaf}"
            for role in holder.may for access, leaf in MAY[role]]


def _filter(address: str) -> str:
    """cam/{camera}/health as a filter: cam/+/health."""
    return "/".join("+" if part.startswith("{") else part for part in address.split("/"))
