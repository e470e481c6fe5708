"""What a test lays over the image's root, read-only as the root is: the ward's anchor, simulated pins, and
nothing of what would reach for the machine that the test runs on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.system.box.disks import call
from tests.system.box.machine import DOCTOR, FIRSTBOOT, GUARD, PINS

# They would set a clock, partition a disk or look for radios; the cable is plugged in by `Network`.
_NOT_HERE = ("NetworkManager.service", "ModemManager.service", "wpa_supplicant.service", "chrony.service",
             "systemd-repart.service")
_DROP_INS = {
    GUARD: f"[Service]\nEnvironment=EDGEBOX_PINS=simulated:{PINS}\n",
    # Pins of its own: on a board they have no owner, and files have.
    FIRSTBOOT: "[Service]\nEnvironment=EDGEBOX_PINS=simulated:/tmp/pins\n",
    DOCTOR: "[Service]\nEnvironment=EDGEBOX_PINS=simulated:/tmp/pins\n",
}


# Where `clock.c` lies in a box, for a unit whose clock starts in 1970.
CLOCK = "/usr/lib/edgebox-test/clock.so"


def make_layer(folder: Path, anchor: Path, drop_ins: Mapping[str, str]) -> Path:
    units, shared = folder / "etc/systemd/system", folder / "usr/share/edgebox"
    units.mkdir(parents=True)
    shared.mkdir(parents=True)
    (shared / "anchor.pem").write_bytes(anchor.read_bytes())
    for name in _NOT_HERE:
        (units / name).symlink_to("/dev/null")
    for number, (unit, text) in enumerate([*_DROP_INS.items(), *drop_ins.items()]):
        place = units / f"{unit}.d"
        place.mkdir(exist_ok=True)
        (place / f"{number}-test.conf").write_text(text)
    library = folder / CLOCK.lstrip("/")
    library.parent.mkdir(parents=True)
    call("gcc", "-shared", "-fPIC", "-O2", "-o", library, Path(__file__).with_name("clock.c"))
    return folder
