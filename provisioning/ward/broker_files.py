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
from edge.contract.sizes import PACKET_MAX_BYTES
from edge.contract.topics import VERSION
from provisioning.ward.enrolment import Holder
from provisioning.ward.identity import root_of
from provisioning.ward.settings import WardSettings

CONFIG, ACL, CRL, CA = "mosquitto.conf", "acl", "crl.pem", "ca.crt"
SERVER, SERVER_KEY = "server.crt", "server.key"
FIREWALL = "edgebox-broker.nft"
QUEUED_MAX_BYTES = 128 * 1024 * 1024        # of one session; all of it is written anew at each autosave
MEMORY_MAX_BYTES = 1024 * 1024 * 1024
ACK = "ack"                 # the ward's own acknowledgement
LIMITS = f"""\
persistence true
persistence_location /var/lib/mosquitto/
autosave_interval 5
persistent_client_expiration 60d

max_packet_size {PACKET_MAX_BYTES}
max_inflight_messages 100
max_queued_messages 0
max_queued_bytes {QUEUED_MAX_BYTES}
memory_limit {MEMORY_MAX_BYTES}
set_tcp_nodelay true
"""
"""What mosquitto keeps, how soon it is on its disk, and how much of it; docs/ward-keys.md says why each."""
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

{LIMITS}
allow_anonymous false
allow_zero_length_clientid false
acl_file {folder}/{ACL}

# Boxes. Who comes here is called by the name in its certificate, as user and as client.
listener {settings.broker.port}
use_username_as_clientid true
max_connections 1000
{tls}
# The ward's own programs, on this machine.
listener {settings.station_port} 127.0.0.1
max_connections 100
{tls}"""


_FIREWALL = """\
#!/usr/sbin/nft -f
# What one address may ask of the broker of ward {ward}. Made by `edgebox-provision ward broker-files`;
# changes are lost. A table of its own: what else filters on this machine stays as it is.
add table inet edgebox_broker
delete table inet edgebox_broker
table inet edgebox_broker {{
    set open4 {{ type ipv4_addr; flags dynamic; size 65536; }}
    set open6 {{ type ipv6_addr; flags dynamic; size 65536; }}
    set pace4 {{ type ipv4_addr; flags dynamic, timeout; timeout 1m; size 65536; }}
    set pace6 {{ type ipv6_addr; flags dynamic, timeout; timeout 1m; size 65536; }}
    set flow4 {{ type ipv4_addr; flags dynamic, timeout; timeout 1m; size 65536; }}
    set flow6 {{ type ipv6_addr; flags dynamic, timeout; timeout 1m; size 65536; }}

    # A carrier puts many boxes behind one address; who has IPv6 has at least a /64. What is over is dropped,
    # and TCP tries again: a box that brings what waited for days is slowed, and nothing of it is lost.
    chain boxes {{
        ct state new add @open4 {{ ip saddr ct count over {connections} }} drop
        ct state new add @open6 {{ ip6 saddr & ffff:ffff:ffff:ffff:: ct count over {connections} }} drop
        ct state new update @pace4 {{ ip saddr limit rate over {pace} }} drop
        ct state new update @pace6 {{ ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over {pace} }} drop
        update @flow4 {{ ip saddr limit rate over {flow} }} drop
        update @flow6 {{ ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over {flow} }} drop
    }}
    chain input {{
        type filter hook input priority filter - 5; policy accept;
        iif lo accept
        tcp dport {port} jump boxes
    }}
}}
"""


def firewall_text(settings: WardSettings) -> str:
    """Rules of nftables for the broker's machine: bounds for each source address, of which mosquitto has
    none.
    """
    return _FIREWALL.format(ward=settings.ward, port=settings.broker.port, connections=100,
                            pace="5/second burst 60 packets", flow="2 mbytes/second burst 16 mbytes")


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
