"""`ward.toml`: who the ward is and where its servers are. No secrets."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from edge.contract.topics import is_slug
from provisioning.errors import WordedError
from provisioning.ward.controller import Controller, as_table, read_table

BROKER_PORT, STATION_PORT, EST_PORT = 8883, 8884, 8443
BROKER_FOLDER, RELOAD = "/etc/mosquitto/edgebox", "systemctl reload mosquitto"
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class HostPort:
    """A host by name or IP, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class WardSettings:
    """What all certificates and files of one ward are made from."""

    ward: str
    broker: HostPort
    est: HostPort
    station_port: int = STATION_PORT        # of the broker on its own machine, for the ward's programs
    broker_folder: str = BROKER_FOLDER      # where the broker's machine keeps its files
    reload: str = RELOAD                    # makes the broker read them again, where it runs on this machine
    controller: Controller = field(default_factory=Controller)

    @property
    def est_url(self) -> str:
        """The enrolment server's address as it stands in a bundle."""
        return f"https://{self.est}"


def parse_address(text: str, option: str, default_port: int) -> HostPort:
    """HOST, HOST:PORT or [IPV6]:PORT. Raises FatalError that names `option`."""
    found = _ADDRESS.fullmatch(text)
    port = int(found["port"]) if found and found["port"] else default_port
    host = _host((found["six"] or found["host"]) if found else "")
    if not 0 < port < 65536 or host is None:
        raise WordedError("address-bad", os.EX_USAGE, option=option, text=repr(text))
    return HostPort(host, port)


def check_ward(text: str) -> str:
    """Raises FatalError."""
    if not is_slug(text):
        raise WordedError("ward-name", os.EX_USAGE, text=repr(text))
    return text


def as_text(settings: WardSettings) -> str:
    return (f"# Made by `edgebox-provision ward init`. No secrets are in this file.\n"
            f'format = 1\nward = "{settings.ward}"\n\n'
            f"[broker]\n"
            f'host = "{settings.broker.host}"\nport = {settings.broker.port}\n'
            f"station_port = {settings.station_port}     # for the ward's programs, on the broker's machine\n"
            f"folder = {json.dumps(settings.broker_folder)}\n"
            f"reload = {json.dumps(settings.reload)}     # where that folder is on this machine\n\n"
            f'[est]\nhost = "{settings.est.host}"\nport = {settings.est.port}\n'
            f"{as_table(settings.controller)}")


def read_settings(path: Path) -> WardSettings:
    """Raises FatalError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        broker, est = document["broker"], document["est"]
        hosts = _host(str(broker["host"])), _host(str(est["host"]))
        found = WardSettings(str(document["ward"]), HostPort(hosts[0] or "", int(broker["port"])),
                             HostPort(hosts[1] or "", int(est["port"])), int(broker["station_port"]),
                             str(broker["folder"]), str(broker["reload"]),
                             read_table(document.get("controller", {})))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise WordedError("settings-bad", os.EX_CONFIG, path=str(path), detail=str(exc)) from exc
    if document.get("format") != 1 or not is_slug(found.ward) or None in hosts:
        raise WordedError("settings-bad", os.EX_CONFIG, path=str(path),
                        detail="want format = 1, a ward of a-z 0-9 -, and hosts by name or IP address")
    return found


def _host(text: str) -> str | None:
    """The host in the one form that certificates have; None when it is neither a name nor an IP address."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text.lower() if _HOST.fullmatch(text) else None
