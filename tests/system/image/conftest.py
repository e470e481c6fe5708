"""One arm64 image, made from the last commit and started twice in QEMU: what was seen of it meanwhile."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from dev.image.__main__ import ROOT
from dev.trial_config import trial_config
from provisioning.box.network_files import network_files
from provisioning.box.plan import Fixed, Network
from tests.system.image.cable import BOX, TELEPHONE, Cable, laid_cable
from tests.system.qemu import Machine, booted, card, made_image

BOOT_S = 1800.0         # emulated, on a machine that others use as well
ASK_S = 600.0
NAME = "hop-01-to-12"
LOOK = Path(__file__).with_name("look.sh")
CARD_BYTES = 8 << 30

CONFIG = trial_config(f"""
[page]
names = ["{NAME}.local"]

[outputs.siren]
kind = "siren"
pin = 17

[cameras.gate]
source = "plaza.mp4"
fps = 2

[cameras.gate.rules.anyone]
kind = "enter"
""")

# No board in QEMU, so no pins; no first boot in this test, so no key, and nothing to renew.
PINS = """\
[Unit]
Wants=test-look.service
[Service]
Environment=EDGEBOX_PINS=simulated:/run/edgebox/guard/pins
"""
NO_CREDENTIAL = """\
[Service]
LoadCredentialEncrypted=
"""
NO_KEY = "systemd.mask=edgebox-renew.timer"

# A real card's partitions are found in time; an emulated machine takes longer to look for them.
FIRST_PARTITION = "dev-disk-by\\x2dpartuuid-ed6eb0c5\\x2d0000\\x2d4000\\x2d8000\\x2d000000000001.device"
SLOW = """\
[Unit]
JobRunningTimeoutSec=infinity
"""

TESTER = """\
[Unit]
After=edgebox-guard.service edgebox-watch.service
Wants=edgebox-guard.service edgebox-watch.service

[Service]
Type=oneshot
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
ExecStart=/bin/sh /var/lib/edgebox/test/look.sh
"""

@dataclass(frozen=True, slots=True)
class Seen:
    """One image, started twice: the second time from a card that has lost its first partition."""

    made: Path
    first: dict[str, str]       # what the box said of itself, by topic
    asked: dict[str, Any]       # what a telephone on its network found out meanwhile
    second: dict[str, str]


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("image")
    started = time.monotonic()
    made = made_image("arm64")
    told = [f"image {time.monotonic() - started:.0f} s"]
    contents = folder / "contents"
    _fill(contents)
    disk = card(made, folder, contents, CARD_BYTES)
    with laid_cable() as cable:
        with _powered(made, disk, cable, {f"systemd.unit-dropin.{FIRST_PARTITION}~test": SLOW}) as machine:
            first = _listen(machine)
            told.append(f"first start to the end of its looks {machine.age_s:.0f} s")
            asked = _ask(cable)
            told.append(f"the network's {machine.age_s:.0f} s")
            _switch_off(machine)
        subprocess.run(["sfdisk", "--quiet", "--no-tell-kernel", "--delete", disk, "1"], check=True)
        with _powered(made, disk, cable, {}) as machine:
            second = _listen(machine)
            told.append(f"second start {machine.age_s:.0f} s")
            _switch_off(machine)
    disk.unlink()
    print(f"\n{made.name}: {'; '.join(told)}; altogether {time.monotonic() - started:.0f} s")
    return Seen(made, first, asked, second)


def _powered(made: Path, disk: Path, cable: Cable, credentials: dict[str, str]) -> Any:
    ours = {"systemd.extra-unit.test-look.service": TESTER,
            "systemd.unit-dropin.edgebox-guard.service~test": PINS,
            "systemd.unit-dropin.edgebox-uplink.service~test": NO_CREDENTIAL}
    return booted("arm64", made, disk, ours | credentials, NO_KEY, cable.inside,
                  "tap,ifname=tap0,script=no,downscript=no")


def _listen(machine: Machine) -> dict[str, str]:
    machine.wait_for(r"TOLD end [\d.]+", BOOT_S)
    return dict(re.findall(r"TOLD (\S+) ?(.*)$", machine.text(), re.MULTILINE))


def _switch_off(machine: Machine) -> None:
    machine.press_enter()
    machine.wait_for_end(BOOT_S)


def _ask(cable: Cable) -> dict[str, Any]:
    return {"name": cable.ask("name", f"{NAME}.local", timeout_s=ASK_S),
            "page": cable.ask("page", BOX, f"{NAME}.local", timeout_s=ASK_S),
            "ports": cable.ask("ports", BOX, timeout_s=ASK_S)}


def _fill(contents: Path) -> None:
    """The data partition of a box that was provisioned, with a recording for a camera."""
    for name in ("config", "test", "ntp"):
        (contents / name).mkdir(parents=True)
    (contents / "provisioned").touch()
    (contents / "hostname").write_text(f"{NAME}\n")
    (contents / "ntp" / "ward.sources").write_text(f"server {TELEPHONE} iburst\n")
    (contents / "config" / "edge.toml").write_text(CONFIG)
    shutil.copy(LOOK, contents / "test" / "look.sh")
    (contents / "network").mkdir(mode=0o700)
    for name, text in network_files(Network(fixed=Fixed(f"{BOX}/24", TELEPHONE, TELEPHONE)), NAME).items():
        keyfile = contents / name
        keyfile.write_bytes(text)
        keyfile.chmod(0o600)
    footage = ROOT / ".cache" / "footage" / "vid.mp4"
    (contents / "config" / "plaza.mp4").write_bytes(footage.read_bytes())
    with av.open(str(footage)) as recording:
        picture: Image.Image = next(recording.decode(video=0)).to_image()  # type: ignore[no-untyped-call]
        picture.save(contents / "test" / "golden.jpg", quality=90)
