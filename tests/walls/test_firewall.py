"""The image's packet filter, loaded into a network of its own: who reaches the group's page through it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from edge.onvif.discovery import ANSWERS_TO
from edge.upkeep.firewall.endpoints import Reachable
from edge.upkeep.firewall.rules import text_of
from tests.firewall import USERS, write_rules

MOST = 160                     # connections of one address, as the rules have it

# Source and target. Foreign are public addresses, the modem's network, and its address on the cable.
OURS = (("192.168.7.2", "192.168.7.1"), ("fd00:7::2", "fd00:7::1"))
FOREIGN = (("203.0.113.5", "192.168.7.1"), ("2001:db8::5", "fd00:7::1"), ("192.168.8.2", "192.168.8.1"),
           ("fd00:8::2", "fd00:8::1"), ("192.168.8.77", "192.168.7.1"))

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not (shutil.which("nft") and shutil.which("ip")),
                                reason="needs root, nft (nftables) and ip (iproute2)")

LISTEN = """
import socket
server = socket.create_server(("::", 8443), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1000)
print("listening", flush=True)
held = []
while True:
    held.append(server.accept())
"""
CONNECT = """
import socket, sys
source, target, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
held = []
for _ in range(count):
    try:
        held.append(socket.create_connection((target, 8443), 0.5, source_address=(source, 0)))
    except OSError:
        break
print(len(held))
"""
HEAR = """
import socket, sys
ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ours.bind(("", int(sys.argv[1])))
ours.settimeout(1)
print("listening", flush=True)
try:
    ours.recv(10)
    print("heard")
except TimeoutError:
    print("nothing")
"""
SAY = """
import socket, sys
ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ours.bind((sys.argv[1], 3702))
for _ in range(3):
    ours.sendto(b"x", (sys.argv[2], int(sys.argv[3])))
"""

REACH = """
import os, socket, sys
os.setgroups([])
os.setresuid(*[int(sys.argv[1])] * 3)
for port in map(int, sys.argv[2:]):
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.168.7.2", port))
        print("sent")
    except PermissionError:
        print("refused")
"""

LOOK = """
import os, socket, sys
os.setgroups([])
os.setresuid(*[int(sys.argv[1])] * 3)
for host in sys.argv[2:]:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (host, 8443))
        print("sent")
    except PermissionError:
        print("refused")
"""

ASK = """
import contextlib, os, socket, sys
def told(name, act):
    try:
        act()
        print(name)
    except OSError:
        print("refused")
def relay():
    with socket.create_server(("127.0.0.1", 0)) as ours:
        socket.create_connection(ours.getsockname(), 2).close()
def datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.sendto(b"x", ("192.168.7.2", 6970))
"here".encode("idna")         # loaded now: later this user may not read Python's own files
os.setgroups([])
os.setresuid(*[int(sys.argv[1])] * 3)
told("page", lambda: socket.create_connection(("127.0.0.1", 8443), 2))
told("relay", relay)
told("before", datagram)
with contextlib.suppress(OSError):          # nobody listens there; that it was let out is enough
    socket.create_connection(("192.168.7.2", 554), 2)
told("after", datagram)
"""


class Cables:
    """Two namespaces with a cable for each interface of the box: the box has .1 of its networks."""

    def __init__(self) -> None:
        self.box, self.world = (f"walls-{os.getpid()}-{name}" for name in ("box", "world"))
        for name in (self.box, self.world):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")

    def plug(self, interface: str, number: int) -> None:
        outside = f"out{number}"
        ip("-n", self.box, "link", "add", interface, "type", "veth", "peer", "name", outside,
           "netns", self.world)
        for name, link, host in ((self.box, interface, 1), (self.world, outside, 2)):
            ip("-n", name, "link", "set", link, "up")
            ip("-n", name, "address", "add", f"192.168.{number}.{host}/24", "dev", link)
            ip("-n", name, "-6", "address", "add", f"fd00:{number}::{host}/64", "dev", link, "nodad")

    def reached(self, source: str, target: str, count: int = 1) -> int:
        """How many of `count` connections come through, until the first that does not."""
        return int(inside(self.world, CONNECT, source, target, str(count)).communicate(timeout=60)[0])

    def close(self) -> None:
        for name in (self.box, self.world):
            ip("netns", "delete", name)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def inside(name: str, program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(["ip", "netns", "exec", name, sys.executable, "-c", program, *arguments],
                            stdout=subprocess.PIPE, text=True)


@pytest.fixture
def cables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cables]:
    """A box with Ethernet, a modem and a default route by Ethernet, and the page's port open."""
    made = Cables()
    with contextlib.ExitStack() as stack:
        stack.callback(made.close)
        made.plug("eth0", 7)
        made.plug("wwan0", 8)
        ip("-n", made.box, "route", "add", "default", "via", "192.168.7.2")
        ip("-n", made.box, "-6", "route", "add", "default", "via", "fd00:7::2")
        for address in ("203.0.113.5/32", "192.168.8.77/32", "192.168.7.3/24"):
            ip("-n", made.world, "address", "add", address, "dev", "out7")
        for address in ("2001:db8::5/128", "fd00:7::3/64"):
            ip("-n", made.world, "-6", "address", "add", address, "dev", "out7", "nodad")
        ip("netns", "exec", made.box, "nft", "-f",
           str(write_rules(tmp_path_factory.mktemp("firewall") / "rules.nft")))
        page = inside(made.box, LISTEN)
        stack.callback(page.communicate)
        stack.callback(page.kill)
        assert page.stdout is not None
        assert "listening\n" == page.stdout.readline()
        time.sleep(0.5)                 # until neighbours are found
        yield made


def test_the_page_answers_its_own_network_alone(cables: Cables) -> None:
    """
    A phone at the cable, by IPv4 and IPv6; no public address, though the way back to it goes by that cable;
    nobody by the modem; no address of the modem's network by the cable.
    """
    assert [1, 1] == [cables.reached(*way) for way in OURS]
    assert [0] * 5 == [cables.reached(*way) for way in FOREIGN]
    ip("netns", "exec", cables.box, "nft", "insert", "rule", "inet", "edgebox", "page", "accept")
    assert [1] * 5 == [cables.reached(*way) for way in FOREIGN]         # so it was the rules


def test_cameras_that_answer_a_search_are_heard(cables: Cables) -> None:
    """
    A datagram from the box's own network to the port of `edgebox camera find`, and to no other; none from a
    public address, none by the modem.
    """
    heard = {}
    for port, source in ((ANSWERS_TO, "192.168.7.2"), (ANSWERS_TO + 1, "192.168.7.2"),
                         (ANSWERS_TO, "203.0.113.5"), (ANSWERS_TO, "192.168.8.2")):
        box = inside(cables.box, HEAR, str(port))
        assert box.stdout is not None
        assert "listening\n" == box.stdout.readline()
        target = "192.168.8.1" if source == "192.168.8.2" else "192.168.7.1"
        inside(cables.world, SAY, source, target, str(port)).communicate(timeout=60)
        heard[port, source] = box.communicate(timeout=60)[0]
    assert ["heard\n", "nothing\n", "nothing\n", "nothing\n"] == list(heard.values())


def test_who_looks_for_cameras_stays_on_the_cable(cables: Cables) -> None:
    """
    To a host of the box's own network; not into the modem's network, whose addresses are private as well, not
    to the box's own page, and to no public address.
    """
    sent = inside(cables.box, LOOK, str(USERS["edgebox-camera"]), "192.168.7.2", "192.168.8.2", "192.168.7.1",
                  "203.0.113.5").communicate(timeout=60)[0]
    assert ["sent", "refused", "refused", "refused"] == sent.split()


def test_whoever_fills_the_firewall_may_do_that_and_ask_for_names(cables: Cables) -> None:
    """
    The user of `edgebox firewall` changes the sets with the one right that its unit gives it, and is let
    through to name servers and to nobody else.
    """
    user = USERS["edgebox-firewall"]
    camera = Reachable(frozenset({(ipaddress.ip_address("192.168.7.9"), 554)}), frozenset())
    change = text_of({"watch": camera, "uplink": Reachable(frozenset(), frozenset())})
    rights = [f"--{kind}=-all,+net_admin" for kind in ("inh-caps", "ambient-caps", "bounding-set")]

    subprocess.run(["ip", "netns", "exec", cables.box, "setpriv", f"--reuid={user}", "--clear-groups",
                    *rights, "nft", "-f", "-"], input=change, text=True, check=True, timeout=60)
    sent = inside(cables.box, REACH, str(user), "53", "80", "554").communicate(timeout=60)[0]

    listed = subprocess.run(["ip", "netns", "exec", cables.box, "nft", "list", "set", "inet", "edgebox",
                             "watch4"], text=True, capture_output=True, check=True, timeout=60).stdout
    assert "tcp . 192.168.7.9 . 554" in listed
    assert ["sent", "refused", "refused"] == sent.split()


def test_watch_hears_its_cameras_over_udp_and_reaches_itself_alone(cables: Cables) -> None:
    """
    Datagrams go to a camera that watch has a connection to, its relay's both ends to each other: no page.
    """
    camera = Reachable(frozenset({(ipaddress.ip_address("192.168.7.2"), 554)}), frozenset())
    subprocess.run(["ip", "netns", "exec", cables.box, "nft", "-f", "-"], text=True, check=True, timeout=60,
                   input=text_of({"watch": camera, "uplink": Reachable(frozenset(), frozenset())}))

    said = inside(cables.box, ASK, str(USERS["edgebox-watch"])).communicate(timeout=60)[0]

    assert ["refused", "relay", "refused", "after"] == said.split()


@pytest.mark.parametrize(("source", "target"), OURS)
def test_one_address_has_so_many_connections_and_no_more(cables: Cables, source: str, target: str) -> None:
    """
    A flood from one address ends in the kernel: its first hundreds come through, at the rate allowed, and
    another address is served meanwhile.
    """
    assert 100 < cables.reached(source, target, 2 * MOST) <= MOST + 1
    assert 1 == cables.reached(source.replace("7.2", "7.3").replace("::2", "::3"), target)
