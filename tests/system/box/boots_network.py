"""What a booted box's firewall lets through: by the program's user outwards, and the page inwards."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.system.box.conftest import Street
from tests.system.box.machine import PROGRAMS, Box

# Prints whether the address HOST:PORT takes a connection.
KNOCK = ("import socket, sys; "
         "connection = socket.socket(); connection.settimeout(3.0); "
         "print(connection.connect_ex((sys.argv[1], int(sys.argv[2]))) == 0)")


@pytest.fixture(scope="module")
def box(street: Street) -> Iterator[Box]:
    """A box that is provisioned and runs."""
    with street.box("hop-06") as box:
        street.write_card("hop-06", box)
        box.power_on()
        box.wait("the programs", lambda: all(map(box.is_active, PROGRAMS)), 180.0)
        yield box


def reaches(box: Box, program: str, host: str, port: int) -> bool:
    return box.say("setpriv", f"--reuid=edgebox-{program}", "--regid=edgebox", "--clear-groups",
                   "/usr/bin/python3", "-c", KNOCK, host, str(port)) == "True"


def test_each_program_reaches_its_own_alone(street: Street, box: Box) -> None:
    """
    Watch its camera, uplink the broker, page and guard nobody; the config has said so.
    """
    ward, camera = street.ward, urlsplit(street.camera.url).port or 0

    found = {program: tuple(reaches(box, program, ward.address, port)
                            for port in (camera, ward.broker_port, ward.est_port))
             for program in ("watch", "uplink", "page", "guard")}

    assert {"watch": (True, False, False), "uplink": (False, True, False),
            "page": (False, False, False), "guard": (False, False, False)} == found


def test_the_page_answers_who_is_on_the_same_network(box: Box) -> None:
    """
    Over TLS, and a stranger is shown the door; no other port of the box answers.
    """
    own = box.say("sh", "-c", "ip -4 -o address show dev eth0 | sed 's,.*inet ,,; s,/.*,,'")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE      # the box's own: a browser warns
    connection = http.client.HTTPSConnection(own, 8443, timeout=10.0, context=context)
    connection.request("GET", "/")

    assert 401 == connection.getresponse().status

    with pytest.raises(TimeoutError):
        http.client.HTTPConnection(own, 8444, timeout=2.0).connect()
