"""The units: systemd understands each of them, each is hardened, and each keeps what the box lives by."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from edge.commands import reset as reset_tool
from edge.guard.care import caretaker
from edge.upkeep.firstboot.places import ANCHOR, CARD, STATE, Places
from tests.systemd.judged import UNITS, assert_hardened, needs_systemd, units, verified

SERVICES = sorted(UNITS.glob("*.service"))
LOADABLE = units(UNITS)


def lines(path: Path) -> list[tuple[str, str]]:
    """Every key and value of a unit, in order; a key may stand many times."""
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines()
             if "=" in line and not line.startswith("#"))
    return [(key.strip(), value.strip()) for key, _, value in pairs]


def service(name: str) -> configparser.SectionProxy:
    """The [Service] section; of a key that stands many times, the last."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters="=")
    parser.optionxform = str        # type: ignore[assignment,method-assign]
    parser.read(UNITS / name)
    return parser["Service"]


@needs_systemd
@pytest.mark.parametrize("name", [path.name for path in LOADABLE])
def test_systemd_takes_the_unit(tmp_path: Path, name: str) -> None:
    """
    It knows every key and value, and finds every unit that is named.
    """
    assert (0, "") == verified(name, LOADABLE, tmp_path)


@needs_systemd
@pytest.mark.parametrize("path", SERVICES, ids=[path.name for path in SERVICES])
def test_the_unit_is_hardened(path: Path) -> None:
    assert_hardened(path)


@pytest.mark.parametrize("name", ["edgebox-guard.service", "edgebox-watch.service"])
def test_a_service_is_restarted_for_ever_but_not_with_a_bad_config(name: str) -> None:
    """
    It tells systemd when it is ready and that it lives; it is never given up; exit code 78 ends it.
    """
    unit = service(name)

    assert ("notify", "always") == (unit["Type"], unit["Restart"])
    assert "78" in unit["RestartPreventExitStatus"].split()
    assert ("StartLimitIntervalSec", "0") in lines(UNITS / name)
    assert int(unit["WatchdogSec"]) <= 30
    assert unit["ExecStart"].endswith("--config /etc/edgebox/edge.toml")
    assert ("ConditionPathExists", "/var/lib/edgebox/provisioned") in lines(UNITS / name)


def test_guard_keeps_the_alarm_and_puts_outputs_off() -> None:
    """
    However it ends outputs go off, and the alarm that is on survives it; its key is decrypted for it alone.
    """
    unit = service("edgebox-guard.service")

    assert "/usr/bin/edgebox alarm off --config /etc/edgebox/edge.toml" == unit["ExecStopPost"]
    assert ("edgebox", "yes") == (unit["RuntimeDirectory"], unit["RuntimeDirectoryPreserve"])
    assert "box.key:/var/lib/edgebox/identity/box.key.cred" == unit["LoadCredentialEncrypted"]
    assert 30 <= int(unit["TimeoutStartSec"]) <= 120, "ready as soon as the alarm stands, journal or none"
    assert "ProcSubset" not in unit         # it would hide the board's revision and the boot's id
    assert "ProtectClock" not in unit       # it would hide whether the clock is right


def test_guard_comes_before_watch_in_everything() -> None:
    """
    For the CPU, and when memory is short; each has a user of its own.
    """
    guard, watch = service("edgebox-guard.service"), service("edgebox-watch.service")

    assert int(guard["Nice"]) < 0 < int(watch["Nice"])
    assert int(guard["OOMScoreAdjust"]) < 0 < int(watch["OOMScoreAdjust"])
    assert guard["User"] != watch["User"]
    assert guard["Group"] == watch["Group"] == "edgebox"


@pytest.mark.parametrize(("name", "hidden"), [
    ("edgebox-watch.service", ("identity", "network", ".system", "members.db", "page.key")),
    ("edgebox-guard.service", ("network", ".system"))])
def test_a_service_can_move_nothing_that_root_believes(name: str, hidden: tuple[str, ...]) -> None:
    """
    Both write the folder of the journal, and whoever may write a folder may put another one in the place of
    what is in it. What first boot and the image keep there is mounted away, or mounted read-only.
    """
    places, told = Places(CARD, STATE, ANCHOR), lines(UNITS / name)

    def listed(*keys: str) -> set[str]:
        return {path for key, value in told if key in keys for path in value.split()}

    assert {f"-{STATE / each}" for each in hidden} <= listed("InaccessiblePaths")
    assert {f"-{path}" for path in (places.config, places.identity, places.network, places.ntp,
                                    places.host_name, places.marker, STATE / ".system")} <= listed(
        "ReadOnlyPaths", "InaccessiblePaths")


def test_first_boot_starts_the_rest() -> None:
    """
    It runs on a new box and for a new code, goes on as long as a fault shows, and then starts the target.
    """
    unit, told = service("edgebox-firstboot.service"), lines(UNITS / "edgebox-firstboot.service")

    assert "notify" == unit["Type"]
    assert ("OnSuccess", "edgebox.target") in told
    assert ("ConditionPathExists", "|!/var/lib/edgebox/provisioned") in told
    assert ("ConditionPathExists", "|/boot/firmware/edge-bundle/enrol-code") in told
    assert "CAP_SYS_TIME" in unit["CapabilityBoundingSet"]      # a Pi 4 has no clock battery


def test_the_certificate_is_renewed_by_itself() -> None:
    """
    Daily, and when the clock jumps: as it does when a box comes out of a cupboard.
    """
    told = lines(UNITS / "edgebox-renew.timer")

    assert ("OnCalendar", "daily") in told
    assert ("OnClockChange", "yes") in told
    assert ("Persistent", "yes") in told


@pytest.mark.parametrize(("name", "wanted", "limit_s"), [
    ("edgebox-doctor", caretaker.TEST_WANTED, caretaker.TEST_LIMIT_S),
    ("edgebox-support", caretaker.BUNDLE_WANTED, caretaker.BUNDLE_LIMIT_S)])
def test_the_page_has_it_started(name: str, wanted: str, limit_s: float) -> None:
    """
    Guard's file starts it, on a provisioned box; the service takes the file away before anything can fail,
    so that it runs once; and guard waits longer than it may take.
    """
    path, unit = lines(UNITS / f"{name}.path"), service(f"{name}.service")

    assert ("PathExists", f"/run/edgebox/guard/{wanted}") in path
    assert ("ConditionPathExists", "/var/lib/edgebox/provisioned") in path
    assert ("WantedBy", "edgebox.target") in path
    assert unit["ExecStartPre"].startswith(f"/usr/bin/rm -f /run/edgebox/guard/{wanted}")
    assert int(unit["TimeoutStartSec"]) < limit_s
    assert f"{name}.path" in dict(lines(UNITS / "edgebox.target"))["Wants"].split()
    assert f"enable {name}.path" in (UNITS / "system-preset/50-edgebox.preset").read_text()


def test_the_bundle_lies_where_guard_looks_for_it() -> None:
    """
    In memory, made by a program that reads everything and writes this file alone, and talks to no network.
    """
    told = dict(lines(UNITS / "edgebox-support.service"))

    assert f"--replace --out /run/edgebox/{caretaker.BUNDLE} " in told["ExecStart"]
    assert ("CAP_DAC_OVERRIDE", "yes") == (told["CapabilityBoundingSet"], told["PrivateNetwork"])
    assert "edgebox" == told["Group"]


def test_a_factory_reset_stops_whatever_writes() -> None:
    """
    Each service that may write the data partition, and what would start it again; not the reset itself.
    """
    writers = {path.name for path in SERVICES if "/var/lib/edgebox" in " ".join(
        value for key, value in lines(path) if key == "ReadWritePaths")}
    starters = {path.name for path in LOADABLE if path.suffix in (".timer", ".path", ".target")}

    assert writers | starters == set(reset_tool._UNITS) | {"edgebox-reset-button.service"}


def test_the_card_is_read_by_root_alone() -> None:
    """
    Passwords of Wi-Fi and cameras and the code lie on its first partition in the clear until the box is
    provisioned, and for as long as a new bundle is refused: nothing that the services may read.
    """
    fstab = UNITS.parent / "provisioning" / "image" / "files" / "etc" / "fstab"
    [options] = [line.split()[3].split(",") for line in fstab.read_text(encoding="utf-8").splitlines()
                 if " /boot/firmware " in line]

    assert {"umask=0077", "nosuid", "nodev", "noexec"} <= set(options)
