"""The packet filter of the broker's machine, loaded by the real nft: what one address may ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.ward.broker_files import firewall_text
from provisioning.ward.settings import HostPort, WardSettings

SETTINGS = WardSettings("phuong-5", HostPort("mqtt.phuong-5.example", 18883), HostPort("est.example", 8443))
pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not all(map(shutil.which, ("nft", "unshare", "ip"))),
                                reason="needs root, nft, unshare and ip")
# In a network of its own there is but the loopback, whose traffic the rules let pass as the station's own.
LOCAL, PACE = "        iif lo accept\n", "5/second burst 60 packets"

CONNECT = """
import socket, subprocess, sys

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
subprocess.run(["ip", "-6", "address", "add", "fd00:1::2/128", "dev", "lo", "nodad"], check=True)
subprocess.run(["ip", "-6", "address", "add", "fd00:1::3/128", "dev", "lo", "nodad"], check=True)
subprocess.run(["ip", "-6", "address", "add", "fd00:2::2/128", "dev", "lo", "nodad"], check=True)
for _ in range(2):                      # loaded twice: it replaces itself
    subprocess.run(["nft", "-f", sys.argv[1]], check=True)
server = socket.create_server(("::", 18883), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1000)
held = []
for source in ("127.0.0.2", "127.0.0.3", "fd00:1::2", "fd00:1::3", "fd00:2::2"):
    before = len(held)
    try:
        while len(held) - before < 150:
            target = "::1" if ":" in source else "127.0.0.1"
            held.append(socket.create_connection((target, 18883), 0.4, source_address=(source, 0)))
    except TimeoutError:
        pass
    print(len(held) - before, flush=True)
"""


def connections(text: str, folder: Path) -> list[int]:
    """How many stay open from each of the sources of CONNECT, until the first that is not answered."""
    (folder / "rules.nft").write_text(text)
    told = subprocess.run(["unshare", "-n", sys.executable, "-c", CONNECT, str(folder / "rules.nft")],
                          text=True, capture_output=True, timeout=60)
    assert (0, "") == (told.returncode, told.stderr)
    return list(map(int, told.stdout.split()))


def test_one_address_holds_a_hundred_connections(tmp_path: Path) -> None:
    """
    The hundred and first is not answered; another address has a hundred of its own. By IPv6 a /64 counts as
    one address.
    """
    text = firewall_text(SETTINGS).replace(LOCAL, "").replace(PACE, "10000/second burst 10000 packets")

    assert [100, 100, 100, 0, 100] == connections(text, tmp_path)


def test_one_address_opens_sixty_at_once(tmp_path: Path) -> None:
    """
    As all boxes behind a carrier's address do when the broker is back; the others come a second later.
    """
    counts = connections(firewall_text(SETTINGS).replace(LOCAL, ""), tmp_path)

    assert all(55 <= count <= 75 for count in (counts[0], counts[1], counts[2], counts[4])), counts
    assert counts[3] <= 15


def test_the_station_itself_is_not_counted(tmp_path: Path) -> None:
    """
    The ward's own programs, and a broker that is watched from its own machine.
    """
    assert [150] * 5 == connections(firewall_text(SETTINGS), tmp_path)
