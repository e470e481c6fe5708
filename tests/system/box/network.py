"""A switch on this machine: the ward stands at its own address, each box is plugged in by its own cable."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator

from tests.system.box.disks import call


class Network:
    """10.219.N.0/24, where N tells apart who runs this on one machine."""

    def __init__(self) -> None:
        taken = call("ip", "-o", "-4", "address")
        number = next(n for n in range(os.getpid() % 200, 255) if f"10.219.{n}." not in taken)
        self._prefix, self._switch = f"10.219.{number}", f"edgebox{number}"
        self._hosts = itertools.count(2)
        call("ip", "link", "add", self._switch, "type", "bridge")
        call("ip", "address", "add", f"{self.ward}/24", "dev", self._switch)
        call("ip", "link", "set", self._switch, "up")

    @property
    def ward(self) -> str:
        return f"{self._prefix}.1"

    def plug(self, name: str) -> Cable:
        """A network namespace `name` with one cable to the switch."""
        host = next(self._hosts)
        return Cable(name, f"{self._switch}p{host}"[-15:], self._switch, f"{self._prefix}.{host}/24")

    def close(self) -> None:
        call("ip", "link", "delete", self._switch)


class Cable:
    def __init__(self, name: str, port: str, switch: str, address: str) -> None:
        self._name, self._port = name, port
        call("ip", "netns", "add", name)
        call("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
        call("ip", "link", "set", port, "master", switch, "up")
        call("ip", "-n", name, "address", "add", address, "dev", "eth0")
        for link in ("lo", "eth0"):
            call("ip", "-n", name, "link", "set", link, "up")

    def pull(self) -> None:
        call("ip", "link", "delete", self._port)        # its other end goes with it
        call("ip", "netns", "delete", self._name)


@contextlib.contextmanager
def made_network() -> Iterator[Network]:
    network = Network()
    try:
        yield network
    finally:
        network.close()
