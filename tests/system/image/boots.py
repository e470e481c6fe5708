"""`./run test image`: the arm64 image, made from the last commit, boots and sees; then boots again.

Not collected by plain pytest: it takes root, QEMU and minutes.
"""

from __future__ import annotations

import ipaddress
import json
import re

from cryptography import x509

from tests.system.image.cable import BOX, TELEPHONE
from tests.system.image.conftest import CARD_BYTES, NAME, Seen


def test_the_four_programs_run(seen: Seen) -> None:
    """
    Power on, and all of them are up, by themselves; no unit has failed.
    """
    for program in ("guard", "watch", "uplink", "page"):
        assert seen.first[program].startswith("active "), program
    assert "" == seen.first["failed"]


def test_the_model_sees(seen: Seen) -> None:
    """
    The model that is baked in finds the people of the golden picture, on an arm64 processor.
    """
    found = json.loads(seen.first["golden"])["detections"]
    people = [each for each in found if each["class"] == "person" and each["score"] > 0.5]

    assert 5 <= len(people)


def test_watch_tells_an_event(seen: Seen) -> None:
    """
    What the camera sees becomes an event in the journal.
    """
    assert "camera=gate" in seen.first["event"]


def test_nothing_but_data_is_written(seen: Seen) -> None:
    """
    The root has no writable bit; the data partition has grown to the card; logs stay in memory.
    """
    size_bytes, kind, *_ = seen.first["data"].split()

    assert seen.first["root"].startswith("erofs ro")
    assert "2" == seen.first["written"]
    assert "ext4" == kind
    assert CARD_BYTES * 0.4 < int(size_bytes)
    assert seen.first["card"].startswith("vfat rw")
    assert "1 0" == seen.first["journal"]


def test_nobody_logs_in(seen: Seen) -> None:
    """
    No password, no console that asks for one, no server that would.
    """
    assert "0" == seen.first["passwords"]
    assert "0" == seen.first["gettys"]
    assert "0" == seen.first["doors"]
    assert "" == seen.first["shells"]


def test_nothing_listens_but_page_and_name(seen: Seen) -> None:
    """
    Open are the group's page, multicast DNS and the network's own; of TCP a telephone finds the page alone.
    """
    listening = seen.first["listening"].split()
    open_ports = {re.sub(r"^(tcp|udp)/.*:(\d+)/.*", r"\1/\2", line) for line in listening
                  if "127.0.0." not in line and "[::1]" not in line}

    assert {"tcp/8443"} <= open_ports <= {"tcp/8443", "udp/5353", "udp/68", "udp/546"}
    assert "policy drop" in seen.first["filter"]
    assert [8443] == seen.asked["ports"]


def test_the_box_is_found_by_its_label(seen: Seen) -> None:
    """
    The name that the printed label opens is answered over IPv4 and IPv6, and the page there has a certificate
    for it.
    """
    certificate = x509.load_pem_x509_certificate(seen.asked["page"]["certificate"].encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert NAME == seen.first["name"]
    assert [BOX] == seen.asked["name"]["ipv4"]
    assert [] != [each for each in seen.asked["name"]["ipv6"] if ipaddress.ip_address(each).is_link_local]
    assert f"{NAME}.local" in names.get_values_for_type(x509.DNSName)
    assert 401 == seen.asked["page"]["status"]      # a stranger is shown the door, by name


def test_network_and_time_are_the_bundles(seen: Seen) -> None:
    """
    What first boot wrote to the data partition rules: NetworkManager's connection, with its name server, and
    chrony's server.
    """
    assert "edgebox-cable:/var/lib/edgebox/network/cable.nmconnection:activated" \
        in seen.first["connections"].split()
    assert f" {TELEPHONE} " in seen.first["clock"]
    assert seen.first["clock"].startswith("active 20")
    assert f"nameserver {TELEPHONE}" == seen.first["resolver"].strip()


def test_a_modem_would_be_served(seen: Seen) -> None:
    """
    ModemManager runs, and answers that there is no modem in QEMU.
    """
    assert seen.first["modems"].startswith("active No modems were found")


def test_nothing_is_reset_or_provisioned_again(seen: Seen) -> None:
    """
    At an ordinary start the erasing of data and first boot are asked, and their conditions say no; the button
    that nobody holds erases nothing.
    """
    for unit in ("reset", "firstboot"):
        told = seen.first[unit].split()
        assert "ConditionResult=no" in told
        assert "ConditionTimestampMonotonic=0" not in told
        assert "Result=success" in told
    assert "ConditionResult=yes" in seen.first["button"].split()
    assert "Result=success" in seen.first["button"].split()
    assert "active" == seen.second["guard"].split()[0]      # `provisioned` still stands


def test_the_system_remembers(seen: Seen) -> None:
    """
    The key of the system's credentials lies on the data partition and outlives a restart, with the machine's
    id that it is tied to: what was encrypted before opens again. So does the box's name.
    """
    mounted, *_ = seen.first["secret"].split()

    assert "/var/lib/systemd" == mounted
    assert "opens again" == seen.first["opened"] == seen.second["opened"]
    assert seen.first["secret"] == seen.second["secret"]
    assert "ed6eb0c500004000800000000000000a" == seen.first["machine"] == seen.second["machine"]
    assert NAME == seen.second["name"]


def test_a_card_without_its_first_partition_starts(seen: Seen) -> None:
    """
    Where the partition that technicians write is gone, the box waits 10 s for it, and guards.
    """
    assert "10s" == seen.second["waited"]
    assert "none" == seen.second["card"]
    assert seen.second["guard"].startswith("active ")
    assert "" == seen.second["failed"]
