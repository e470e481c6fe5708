"""The ward's own units under a real systemd, sandboxes and all: on a box's root, with the ward's programs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provisioning.ward import settings as ward_settings
from provisioning.ward.folder import WardFolder
from provisioning.ward.publish import read_list
from tests.system.box.conftest import Street
from tests.system.box.disks import call
from tests.system.box.layer import make_layer
from tests.system.box.machine import Box, made_box
from tests.system.box.ward import _PASSPHRASE

REPOSITORY = Path(__file__).resolve().parents[3]
UNITS = REPOSITORY / "systemd" / "ward"
ENROLMENT, LIST, WARD = ("edgebox-enrolment.service", "edgebox-revocation-list.service",
                         "edgebox-ward.service")
# There is no mosquitto on this root; what it is asked to do is seen.
MOSQUITTO = """\
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecReload=/bin/touch /run/reloaded
"""
STORE = """\
[Mount]
What=tmpfs
Where=/var/lib/edgebox-ward
Type=tmpfs
"""


@pytest.fixture(scope="module")
def station(street: Street) -> Iterator[Box]:
    """A machine with the ward's folder, its units, and the passphrase as a credential of this machine."""
    place = street.folder / "station"
    place.mkdir()
    layer = make_layer(place / "layer", street.ward.anchor, {})
    units = layer / "etc/systemd/system"
    for unit in (*UNITS.glob("*.service"), *UNITS.glob("*.timer")):
        shutil.copy(unit, units)
    (units / "mosquitto.service").write_text(MOSQUITTO)
    for name in ("passwd", "group", "shadow", "gshadow"):
        shutil.copy(street.root / "etc" / name, layer / "etc")
    call("systemd-sysusers", f"--root={layer}", UNITS / "sysusers.d" / "edgebox-ward.conf")
    add_programs(layer, street.root)
    # The root is read-only here; on a ward's server these are ordinary folders.
    (layer / "var/lib/edgebox-ward").mkdir(parents=True)
    (units / "var-lib-edgebox\\x2dward.mount").write_text(STORE)
    for link, target in (("var/lib/edgebox-keys", "keys"), ("etc/mosquitto/edgebox", "broker"),
                         ("etc/credstore.encrypted", "credentials")):
        (layer / link).parent.mkdir(parents=True, exist_ok=True)
        (layer / link).symlink_to(f"/var/lib/edgebox/{target}")
    (layer / "etc/edgebox").mkdir()
    (layer / "etc/edgebox/ward.options").write_text(f"--ward {street.ward.name} --broker localhost:8884\n")
    with made_box(place / "box", (layer, street.root), street.network) as box:
        keys = box.data.folder / "keys"
        shutil.copytree(street.ward.folder.path, keys)
        settings = ward_settings.read_settings(keys / "ward.toml")
        here = replace(settings, broker_folder=ward_settings.BROKER_FOLDER, reload=ward_settings.RELOAD)
        (keys / "ward.toml").write_text(ward_settings.as_text(here))
        for name in ("broker", "credentials"):
            (box.data.folder / name).mkdir(mode=0o700, exist_ok=True)
        box.power_on()
        box.wait("the machine", lambda: box.is_active("multi-user.target"), 120.0)
        (box.path("/run") / "passphrase").write_text(f"{_PASSPHRASE}\n")
        box.say("systemd-creds", "encrypt", "--name=issuing-passphrase", "/run/passphrase",
                "/etc/credstore.encrypted/issuing-passphrase")
        box.say("systemctl", "start", "mosquitto.service")
        yield box


def add_programs(layer: Path, root: Path) -> None:
    """What a box has no use for, beside the libraries that it has."""
    [site] = root.glob("usr/lib/edgebox/venv/lib/python3*/site-packages")
    for package in ("provisioning", "ward"):
        shutil.copytree(REPOSITORY / package, layer / site.relative_to(root) / package)
    (layer / "usr/bin").mkdir(parents=True)
    for tool, module in (("edgebox-provision", "provisioning.cli"), ("edgebox-ward", "ward.cli")):
        path = layer / "usr/bin" / tool
        path.write_text(f"#!/usr/lib/edgebox/venv/bin/python\nimport sys\nfrom {module} import main\n"
                        "sys.exit(main())\n")
        path.chmod(0o755)


def started(station: Box, unit: str) -> None:
    done = station.run("systemctl", "start", unit)
    assert done.returncode == 0, station.log(unit)[-3000:]


def keys_of(station: Box) -> WardFolder:
    return WardFolder(station.data.folder / "keys")


def test_the_enrolment_server_runs_in_its_sandbox(station: Box) -> None:
    """
    Ready, with the passphrase by its credential; the broker has its files, and was made to read them.
    """
    started(station, ENROLMENT)         # returns at READY

    assert station.is_active(ENROLMENT)
    assert "serving https://" in station.show(ENROLMENT, "StatusText")
    assert station.path("/run/reloaded").exists()
    assert {"acl", "ca.crt", "crl.pem", "mosquitto.conf", "server.crt", "server.key"} == {
        it.name for it in (station.data.folder / "broker").iterdir()}
    assert _PASSPHRASE not in station.say("systemctl", "show", ENROLMENT)


def test_the_list_is_renewed_without_the_server(station: Box) -> None:
    """
    The timer's service alone makes a new list, gives it to the broker, and makes it read it.
    """
    station.say("systemctl", "stop", ENROLMENT)
    station.path("/run/reloaded").unlink(missing_ok=True)
    path = station.data.folder / "broker" / "crl.pem"
    before = path.read_bytes()

    started(station, LIST)

    assert before != path.read_bytes()
    assert read_list(path) is not None
    assert station.path("/run/reloaded").exists()


def test_receiver_and_page_run_with_four_files(station: Box) -> None:
    """
    As their own user; the page answers, and no other key can be read from inside the unit.
    """
    started(station, WARD)
    station.wait("the page", lambda: "page: http://127.0.0.1:8800" in station.log(WARD), 60.0)

    assert station.is_active(WARD)
    pid = station.show(WARD, "MainPID")
    assert "edgebox-ward" == station.say("ps", "-o", "user:20=", "-p", pid).strip()
    seen = station.say("ls", f"/run/credentials/{WARD}").split()
    assert ["ack.key", "ca.pem", "client.crt", "client.key"] == sorted(seen)
    assert 0o700 == (keys_of(station).path.stat().st_mode & 0o777)
