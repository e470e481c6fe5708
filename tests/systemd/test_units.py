"""The units: systemd understands each of them, each is hardened, and each keeps what the box lives by."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from edge.commands import reset as reset_tool
from edge.guard.care import caretaker
from edge.ipc.channels import CHANNELS, Channel, Program
from edge.upkeep.firstboot.places import ANCHOR, CARD, STATE, CardPlaces
from provisioning.box.config_text import SECRETS
from tests.firewall import RULES, USERS
from tests.systemd.judged import UNITS, exposure, needs_systemd, units, verified

SERVICES = sorted(UNITS.glob("*.service"))
LOADABLE = units(UNITS)
PROGRAMS = [f"edgebox-{program}.service" for program in Program if program is not Program.TOOLS]


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


def words_of(name: str, key: str) -> set[str]:
    """The words of every `key` of the unit `name`."""
    return {word for found, value in lines(UNITS / name) if found == key for word in value.split()}


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
    Systemd finds it exposed 2.5 of 10 at most, guard 1.5; doctor 2.8: what it gives up root with counts.
    """
    assert exposure(path, tmp_path) <= {"edgebox-guard.service": 1.5, "edgebox-doctor.service": 2.8}.get(
        path.name, 2.5)


@pytest.mark.parametrize("name", PROGRAMS)
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
    However it ends outputs go off, and the alarm that is on survives it.
    """
    unit = service("edgebox-guard.service")

    assert "/usr/bin/edgebox alarm off --config /etc/edgebox/edge.toml" == unit["ExecStopPost"]
    assert ("edgebox/guard", "yes") == (unit["RuntimeDirectory"], unit["RuntimeDirectoryPreserve"])
    assert 30 <= int(unit["TimeoutStartSec"]) <= 120, "ready as soon as the alarm stands"
    assert "ProcSubset" not in unit         # it would hide the board's revision and the boot's id
    assert "ProtectClock" not in unit       # it would hide whether the clock is right


def test_guard_has_no_network() -> None:
    """
    None at all, by its own unit: whoever speaks to it speaks over its sockets.
    """
    unit = service("edgebox-guard.service")

    assert ("yes", "AF_UNIX", "any") == (
        unit["PrivateNetwork"], unit["RestrictAddressFamilies"], unit["IPAddressDeny"])


def test_the_key_is_decrypted_for_uplink_alone() -> None:
    """
    No other program gets the box's key.
    """
    keyed = [path.name for path in SERVICES if "LoadCredentialEncrypted" in dict(lines(path))]

    assert ["edgebox-uplink.service"] == keyed
    assert "box.key:/var/lib/edgebox/identity/box.key.cred" == \
        service("edgebox-uplink.service")["LoadCredentialEncrypted"]


def test_who_fills_the_firewall_is_a_user_of_its_own() -> None:
    """
    With the one right that it needs; the image makes the user, and its firewall knows it.
    """
    unit = service("edgebox-firewall.service")
    users = (UNITS / "sysusers.d" / "edgebox.conf").read_text(encoding="utf-8")

    assert ("edgebox-firewall", "edgebox") == (unit["User"], unit["Group"])
    assert {"CAP_NET_ADMIN"} == {unit["CapabilityBoundingSet"], unit["AmbientCapabilities"]}
    for user in USERS:
        assert f"\nu {user} " in users
        assert f"meta skuid {user} " in RULES.read_text(encoding="utf-8")


def test_guard_comes_before_all_in_everything() -> None:
    """
    For the CPU, and when memory is short; watch comes last. Each program has a user of its own.
    """
    guard, watch = service("edgebox-guard.service"), service("edgebox-watch.service")

    assert int(guard["Nice"]) < 0 < int(watch["Nice"])
    by_worth = sorted(PROGRAMS, key=lambda name: int(service(name)["OOMScoreAdjust"]))
    assert ("edgebox-guard.service", "edgebox-watch.service") == (by_worth[0], by_worth[-1])
    assert len(PROGRAMS) == len({service(name)["User"] for name in PROGRAMS})


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_writes_its_own_folders_alone(name: str) -> None:
    """
    Systemd makes them for it, closed to all others; what is another's is not even to be seen.
    """
    unit, own = service(name), name.removeprefix("edgebox-").removesuffix(".service")
    folders = {f"edgebox/{own}"}
    places = CardPlaces(CARD, STATE, ANCHOR)

    assert "ReadWritePaths" not in unit
    assert {unit["RuntimeDirectory"], unit.get("StateDirectory", f"edgebox/{own}")} == folders
    assert {"0700"} >= {unit.get("StateDirectoryMode", "0700")}
    hidden = words_of(name, "InaccessiblePaths")
    others = {program.value for program in (Program.GUARD, Program.UPLINK, Program.PAGE)} - {own}
    assert {f"-/var/lib/edgebox/{each}" for each in others} <= hidden
    assert {f"-{places.network}", f"-{STATE / '.system'}"} <= hidden
    # Of the identity, uplink gets the key and guard tells keepers when the certificate ends.
    assert (own in ("uplink", "guard")) == (f"-{places.identity}" not in hidden)
    assert (own in ("guard", "page")) == (f"-{places.config}/{SECRETS}" in hidden)


def test_the_images_own_units_do_what_the_hardening_of_all_forbids() -> None:
    """
    Its services bear our name, so the drop-in holds for them too: the data partition's folders are made, and
    the box gets its name.
    """
    folder = UNITS.parent / "provisioning/image/files/usr/lib/systemd/system"
    drop_ins = sorted(path.name for path in (*UNITS.glob("edgebox-.service.d/*"),
                                             *folder.glob("edgebox-hostname.service.d/*")))

    assert ("ReadWritePaths", str(STATE)) in lines(folder / "edgebox-data.service")
    assert ("ProtectHostname", "no") in lines(folder / "edgebox-hostname.service.d" / drop_ins[-1])
    assert ["edgebox-data.service", "edgebox-hostname.service"] == sorted(
        path.name for path in folder.glob("edgebox-*.service"))


def test_strangers_memory_is_limited() -> None:
    """
    What the network can reach has a limit of memory, of files and of tasks.
    """
    for name in ("edgebox-page.service", "edgebox-uplink.service"):
        assert {"MemoryMax", "LimitNOFILE", "TasksMax"} <= set(service(name)), name


@pytest.mark.parametrize("channel", CHANNELS, ids=[channel.name for channel in CHANNELS])
def test_each_socket_is_its_senders_alone(channel: Channel) -> None:
    """
    Systemd holds the socket where the table says, for the one user that may connect, and stops it with all.
    """
    told = dict(lines(UNITS / f"edgebox-{channel.name}.socket"))

    assert (str(channel.path(Path("/run/edgebox"))), channel.name, channel.sender.user, "0600") == (
        told["ListenStream"], told["FileDescriptorName"], told["SocketUser"], told["SocketMode"])
    assert str(channel.limits.backlog) == told["Backlog"]
    assert "edgebox.target" == told["PartOf"]
    assert f"edgebox-{channel.receiver}.service" == told["Service"]
    assert f"edgebox-{channel.name}.socket" in words_of("edgebox.target", "Wants")


def test_no_socket_is_without_its_line_in_the_table() -> None:
    """
    The table says every way by which one program reaches another.
    """
    assert {f"edgebox-{channel.name}.socket" for channel in CHANNELS} == {
        path.name for path in UNITS.glob("*.socket")}


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
    assert f"{name}.path" in words_of("edgebox.target", "Wants")
    assert f"enable {name}.path" in (UNITS / "system-preset/50-edgebox.preset").read_text()


def test_doctor_can_give_up_root_for_its_cameras() -> None:
    """
    It may become another user, and do nothing more that root may than open files.
    """
    unit = lines(UNITS / "edgebox-doctor.service")
    assert ("CapabilityBoundingSet", "CAP_DAC_OVERRIDE CAP_SETUID CAP_SETGID") in unit
    assert "@setuid" in [value for name, value in unit if name == "SystemCallFilter"][-1].split()


def test_the_bundle_lies_where_guard_looks_for_it() -> None:
    """
    In memory, made by a program that reads everything and writes this file alone, and talks to no network.
    """
    told = dict(lines(UNITS / "edgebox-support.service"))

    assert f"--replace --out /run/edgebox/{caretaker.BUNDLE} " in told["ExecStart"]
    assert ("CAP_DAC_OVERRIDE CAP_CHOWN", "yes") == (told["CapabilityBoundingSet"], told["PrivateNetwork"])
    assert "edgebox" == told["Group"]


def test_a_factory_reset_stops_whatever_writes() -> None:
    """
    Each service that may write the data partition, and what would start it again; not the reset itself.
    """
    writers = {path.name for path in SERVICES if any(
        key == "StateDirectory" or (key == "ReadWritePaths" and "/var/lib/edgebox" in value)
        for key, value in lines(path))}
    starters = {path.name for path in LOADABLE if path.suffix in (".timer", ".path", ".target", ".socket")}

    assert writers | starters <= set(reset_tool._UNITS) | {"edgebox-reset-button.service"}


def test_the_card_is_read_by_root_alone() -> None:
    """
    Passwords of Wi-Fi and cameras and the code lie on its first partition in the clear until the box is
    provisioned, and for as long as a new bundle is refused: nothing that the services may read.
    """
    fstab = UNITS.parent / "provisioning" / "image" / "files" / "etc" / "fstab"
    [options] = [line.split()[3].split(",") for line in fstab.read_text(encoding="utf-8").splitlines()
                 if " /boot/firmware " in line]

    assert {"umask=0077", "nosuid", "nodev", "noexec"} <= set(options)
