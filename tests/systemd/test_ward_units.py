"""The units of the ward's server: understood, hardened, and none of them sees more keys than it needs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from provisioning.cli import _parser as provision_parser
from provisioning.ward.broker_files import FIREWALL
from tests.systemd.judged import UNITS, exposure, needs_systemd, units, verified
from tests.systemd.test_units import lines
from ward.cli import _parser as ward_parser

WARD = UNITS / "ward"
SERVICES = sorted(WARD.glob("*.service"))
LOADABLE = units(WARD)


@needs_systemd
@pytest.mark.parametrize("name", [path.name for path in LOADABLE])
def test_systemd_takes_the_unit(tmp_path: Path, name: str) -> None:
    """
    It knows every key and value, and finds every unit that is named.
    """
    assert (0, "") == verified(name, LOADABLE, tmp_path)


@needs_systemd
@pytest.mark.parametrize("path", SERVICES, ids=[path.name for path in SERVICES])
def test_the_unit_is_hardened(path: Path, tmp_path: Path) -> None:
    """
    Systemd finds it exposed 2.5 of 10 at most.
    """
    assert exposure(path, tmp_path) <= 2.5


@pytest.mark.parametrize("path", SERVICES, ids=[path.name for path in SERVICES])
def test_the_tools_take_what_the_unit_says(path: Path, tmp_path: Path) -> None:
    """
    Each ExecStart is taken by the tool's own parser; no passphrase stands in it, and none is in the
    environment.
    """
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    options = tmp_path / "ward.options"
    options.write_text("--ward phuong-5 --broker localhost:8884\n")
    command = dict(lines_of(text))["ExecStart"].replace("/etc/edgebox/ward.options", str(options)).split()

    if command[0] == "/usr/sbin/nft":
        assert ["-f", f"/var/lib/edgebox-keys/broker/{FIREWALL}"] == command[1:]
    elif command[0] == "/usr/bin/edgebox-ward":
        ward_parser().parse_args(command[1:])
    else:
        assert "/usr/bin/edgebox-provision" == command[0]
        provision_parser(command[1]).parse_args(command[1:])
        assert ("LoadCredentialEncrypted",
                "issuing-passphrase:/etc/credstore.encrypted/issuing-passphrase") in lines_of(text)
    assert "passphrase" not in " ".join(command)
    assert "Environment" not in dict(lines_of(text))


def lines_of(text: str) -> list[tuple[str, str]]:
    return [(key.strip(), value.strip()) for key, _, value in
            (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))]


def test_the_ward_sees_four_files_of_the_keys() -> None:
    """
    It has a user of its own, and gets certificate, key and CA of its own connection by name, and the
    key that signs acks.
    """
    told = lines(WARD / "edgebox-ward.service")

    assert ("User", "edgebox-ward") in told
    assert ["ca.pem", "client.crt", "client.key", "ack.key"] == [
        value.split(":")[0] for key, value in told if key == "LoadCredential"]
    assert [] == [value for key, value in told if key == "ReadWritePaths"]


@needs_systemd
def test_its_user_can_be_made(tmp_path: Path) -> None:
    """
    systemd-sysusers takes the line, and makes the user that the unit names.
    """
    made = (WARD / "sysusers.d" / "edgebox-ward.conf").read_text(encoding="utf-8")
    told = subprocess.run(["systemd-sysusers", "--dry-run", f"--root={tmp_path}", "-"], input=made,
                          capture_output=True, text=True, timeout=60)

    assert told.returncode == 0, told.stderr
    assert "user 'edgebox-ward'" in told.stderr + told.stdout


def test_the_list_is_renewed_daily() -> None:
    """
    Also after the server was off at that hour.
    """
    told = lines(WARD / "edgebox-revocation-list.timer")

    assert {("OnCalendar", "daily"), ("Persistent", "yes")} <= set(told)


def test_none_of_them_comes_onto_a_box() -> None:
    """
    The image takes the units beside this folder, and the folder is none of them.
    """
    hook = (UNITS.parent / "provisioning/image/hooks/customize30-edgebox").read_text()

    assert '"$units"/*.service' in hook
    assert '"$units"/ward' not in hook
