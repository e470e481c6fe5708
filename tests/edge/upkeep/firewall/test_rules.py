"""The box's firewall in a network of its own, with the real nft and real connections."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from edge.upkeep.firewall.endpoints import Reachable
from edge.upkeep.firewall.rules import text_of
from tests.firewall import USERS, write_rules

needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("nft", "unshare", "setpriv", "ip"))),
    reason="needs root, nft, unshare, setpriv and ip")

NOWHERE = Reachable(frozenset(), frozenset())
CAMERA = Reachable(frozenset({(ip_address("10.9.0.2"), 554)}), frozenset())


def test_the_text_is_one_transaction_for_each_program() -> None:
    """
    Sets are emptied and filled together, so that no connection finds them empty in between.
    """
    assert ("flush set inet edgebox watch4\n"
            "add element inet edgebox watch4 { tcp . 10.9.0.2 . 554 }\n"
            "flush set inet edgebox watch6\n"
            "flush set inet edgebox uplink4\n"
            "flush set inet edgebox uplink6\n") == text_of({"watch": CAMERA, "uplink": NOWHERE})


def test_what_could_not_be_found_leaves_what_was() -> None:
    """
    While a name server is away nothing that was open closes.
    """
    text = text_of({"watch": Reachable(CAMERA.tcp, frozenset(), ("gate.lan",)), "uplink": NOWHERE})

    assert "flush set inet edgebox watch4" not in text
    assert "add element inet edgebox watch4" in text


@needs_namespaces
def test_who_reaches_what(tmp_path: Path) -> None:
    """
    With the box's own rules loaded, watch reaches its camera and no other port or host, guard and page call
    nobody, who looks for cameras reaches its own relay alone of what is on the box (tests/walls has the local
    network), and root is not held back.
    """
    write_rules(tmp_path / "rules.nft")
    (tmp_path / "fill.nft").write_text(text_of({"watch": CAMERA, "uplink": NOWHERE}))
    script = tmp_path / "try.py"
    script.write_text(TRY)
    told = subprocess.run(["unshare", "-n", sys.executable, str(script), str(tmp_path)], text=True,
                          capture_output=True, timeout=60)

    assert (0, "") == (told.returncode, told.stderr)
    assert ["watch camera yes", "watch camera-other-port no", "watch elsewhere no", "uplink camera no",
            "guard camera no", "page camera no", "root elsewhere yes", "camera itself no",
            "camera world no", "camera relay yes", "camera page no"] == told.stdout.splitlines()


TRY = f"""
import os, socket, subprocess, sys

folder = sys.argv[1]


def do(*words):
    subprocess.run(words, check=True)


do("ip", "link", "set", "lo", "up")
for address in ("10.9.0.2", "10.9.0.3", "203.0.113.5"):
    do("ip", "address", "add", address + "/32", "dev", "lo")
do("nft", "-f", folder + "/rules.nft")
do("nft", "-f", folder + "/fill.nft")
"x".encode("idna")      # loaded here: another user may not read this Python's files
held = []
for place in (("10.9.0.2", 554), ("10.9.0.2", 80), ("10.9.0.3", 554), ("203.0.113.5", 80),
              ("127.0.0.1", 40123), ("127.0.0.1", 8443)):
    listener = socket.create_server(place)
    held.append(listener)


def reaches(uid, place):
    child = os.fork()
    if child == 0:
        os.setuid(uid)
        try:
            socket.create_connection(place, 1).close()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


users = {USERS!r}
for who, what, place in (
        ("watch", "camera", ("10.9.0.2", 554)), ("watch", "camera-other-port", ("10.9.0.2", 80)),
        ("watch", "elsewhere", ("10.9.0.3", 554)), ("uplink", "camera", ("10.9.0.2", 554)),
        ("guard", "camera", ("10.9.0.2", 554)), ("page", "camera", ("10.9.0.2", 554)),
        ("root", "elsewhere", ("10.9.0.3", 554)), ("camera", "itself", ("10.9.0.2", 80)),
        ("camera", "world", ("203.0.113.5", 80)), ("camera", "relay", ("127.0.0.1", 40123)),
        ("camera", "page", ("127.0.0.1", 8443))):
    uid = users.get("edgebox-" + who, 0)
    print(who, what, "yes" if reaches(uid, place) else "no", flush=True)
"""
