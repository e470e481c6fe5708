"""`./run test image`: the arm64 image, made from the last commit, boots and sees.

Not collected by plain pytest: it takes root, QEMU and minutes.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import av
import pytest
from PIL import Image

from dev.image.__main__ import ROOT
from tests.system.qemu import Machine, booted, card, made_image

BOOT_S = 1800.0         # emulated, on a machine that others use as well
_CARD_BYTES = 8 << 30

CONFIG = """\
[box]
ward = "phuong-5"
group = "to-12"
id = "hop-01"

[mqtt]
host = "127.0.0.1"
tls = false

[outputs.siren]
kind = "siren"
pin = 17

[cameras.gate]
source = "plaza.mp4"
fps = 2

[cameras.gate.rules.anyone]
kind = "enter"
"""

# No board in QEMU, so no pins; no first boot in this test, so no key.
PINS = """\
[Unit]
Wants=edgebox-look.service
[Service]
Environment=EDGEBOX_PINS=simulated:/run/edgebox/pins
LoadCredentialEncrypted=
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

LOOK = """\
tell() { echo "TOLD $1 $2"; }
late() { [ "$(cut -d. -f1 /proc/uptime)" -gt "$1" ]; }
for unit in guard watch; do
    until systemctl --quiet is-active edgebox-$unit || late 600; do sleep 1; done
    tell $unit "$(systemctl show --value -p ActiveState edgebox-$unit) $(cut -d' ' -f1 /proc/uptime)"
done
edgebox detect /var/lib/edgebox/test/golden.jpg --json | while read -r line; do tell golden "$line"; done
until journalctl -b -u edgebox-watch | grep -q 'event stored' || late 800; do sleep 1; done
journalctl -b -u edgebox-watch -o cat | grep 'event stored' | head -1 | while read -r line; do
    tell event "$line at $(cut -d' ' -f1 /proc/uptime)"; done
tell failed "$(systemctl --failed --plain --no-legend | cut -d' ' -f1 | tr '\\n' ' ')"
tell root "$(findmnt -no FSTYPE,OPTIONS /)"
tell written "$(touch /usr/x /etc/x 2>&1 | grep -c 'Read-only')"
tell data "$(findmnt -bno SIZE /var/lib/edgebox) $(findmnt -no FSTYPE,OPTIONS /var/lib/edgebox)"
tell card "$(findmnt -no FSTYPE,OPTIONS /boot/firmware)"
tell listening "$(ss -Hltun | awk '{print $1 "/" $5}' | sort -u | tr '\\n' ' ')"
tell filter "$(nft list chain inet edgebox input | tr '\\n\\t' '  ')"
tell passwords "$(grep -c -v ':[!*][^:]*:' /etc/shadow)"
tell gettys "$(systemctl list-units --plain --no-legend '*getty*' --state=active | wc -l)"
tell journal "$(ls -d /run/log/journal/* | wc -l) $(ls -d /var/log/journal 2>/dev/null | wc -l)"
tell machine "$(cat /etc/machine-id)"
tell secret "$(systemd-creds --with-key=host encrypt - - < /etc/hostname > /run/x && \
    ls /var/lib/edgebox/.system/systemd/credential.secret)"
tell clock "$(systemctl is-active chrony) $(date +%Y)"
journalctl -b -o short-monotonic --no-pager -u edgebox-watch -u edgebox-guard -n 60
systemctl --failed --no-pager
systemd-analyze --no-pager
systemd-analyze --no-pager blame | head -25
echo "TOLD end $(cut -d' ' -f1 /proc/uptime)"
systemctl poweroff
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the booted image said of itself, by topic."""
    folder = tmp_path_factory.mktemp("image")
    started = time.monotonic()
    made = made_image("arm64")
    built_s = time.monotonic() - started
    contents = folder / "contents"
    _fill(contents)
    disk = card(made, folder, contents, _CARD_BYTES)
    credentials = {"systemd.extra-unit.edgebox-look.service": TESTER,
                   "systemd.unit-dropin.edgebox-guard.service~test": PINS}
    with booted("arm64", made, disk, credentials, folder / "serial.log") as machine:
        found = _listen(machine)
        print(f"\nimage: {built_s:.0f} s; boot to the end of all looks {machine.age_s:.0f} s; "
              f"altogether {time.monotonic() - started:.0f} s")
    disk.unlink()
    return found


def _listen(machine: Machine) -> dict[str, str]:
    machine.wait_for(r"TOLD end [\d.]+", BOOT_S)
    return dict(line.removeprefix("TOLD ").partition(" ")[::2] for line in machine.text().splitlines()
                if line.startswith("TOLD "))


def _fill(contents: Path) -> None:
    """The data partition of a box that was provisioned, with a recording for a camera."""
    for name in ("config", "test"):
        (contents / name).mkdir(parents=True)
    (contents / "provisioned").touch()
    (contents / "config" / "edge.toml").write_text(CONFIG)
    (contents / "test" / "look.sh").write_text(LOOK)
    footage = ROOT / ".cache" / "footage" / "vid.mp4"
    (contents / "config" / "plaza.mp4").write_bytes(footage.read_bytes())
    with av.open(str(footage)) as recording:
        picture: Image.Image = next(recording.decode(video=0)).to_image()  # type: ignore[no-untyped-call]
        picture.save(contents / "test" / "golden.jpg", quality=90)


def test_guard_and_watch_run(told: dict[str, str]) -> None:
    """
    Power on, and both services are up, by themselves; no unit has failed.
    """
    assert told["guard"].startswith("active ")
    assert told["watch"].startswith("active ")
    assert "" == told["failed"]


def test_the_model_sees(told: dict[str, str]) -> None:
    """
    The model that is baked in finds the people of the golden picture, on an arm64 processor.
    """
    found = json.loads(told["golden"])["detections"]
    people = [each for each in found if each["class"] == "person" and each["score"] > 0.5]

    assert 5 <= len(people)


def test_watch_tells_an_event(told: dict[str, str]) -> None:
    """
    What the camera sees becomes an event in the journal.
    """
    assert "camera=gate" in told["event"]


def test_nothing_but_data_is_written(told: dict[str, str]) -> None:
    """
    The root has no writable bit; the data partition has grown to the card; logs stay in memory.
    """
    size_bytes, kind, *_ = told["data"].split()

    assert told["root"].startswith("erofs ro")
    assert "2" == told["written"]
    assert "ext4" == kind
    assert _CARD_BYTES * 0.4 < int(size_bytes)
    assert told["card"].startswith("vfat rw")
    assert "1 0" == told["journal"]


def test_nobody_gets_in(told: dict[str, str]) -> None:
    """
    No password, no console, and no open port but the group's page.
    """
    ports = {address.rpartition(":")[2] for address in told["listening"].split()
             if "127.0.0.1" not in address and "[::1]" not in address}

    assert ports <= {"8443", "68", "546"}
    assert "policy drop" in told["filter"]
    assert "0" == told["passwords"]
    assert "0" == told["gettys"]


def test_the_system_remembers(told: dict[str, str]) -> None:
    """
    The key of the system's credentials lies on the data partition, and the machine's id stands.
    """
    assert told["secret"].endswith("credential.secret")
    assert "ed6eb0c500004000800000000000000a" == told["machine"]
