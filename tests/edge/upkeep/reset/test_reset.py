"""`edgebox factory-reset` on a real ext4 in a file: afterwards none of its bytes tells of the box."""

from __future__ import annotations

import mmap
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.base.values import NS_PER_S
from edge.cli import main
from edge.gpio.pins import hold
from edge.gpio.simulated import changes, press
from edge.journal.entry import Entry, Picture, Rank
from edge.journal.store import Journal
from edge.members.roster import Roster
from edge.members.values import MemberRole
from edge.upkeep.reset import erase
from edge.upkeep.reset.button import _BLINK_S, asked_for
from edge.upkeep.reset.partition import device_of
from tests.brokers import until
from tests.edge.members.rosters import CODE, QUICK
from tests.edge.upkeep.doctor.house import PINS, config
from tests.mounts import own_mounts

MIB = 1024 * 1024
SECRETS = ("CO-HANH-SO-NHA-12", "KEY-OF-THIS-BOX", "PICTURE-OF-PEOPLE", "a-zone-of-this-box",
           "DELETED-LONG-AGO", "wifi-cua-to-12", "hop-01-of-somebody", "NAME-OF-A-FILE")
needs_loop = pytest.mark.skipif(os.geteuid() != 0 or shutil.which("losetup") is None,
                                reason="needs root and losetup: an ext4 of its own is mounted")


def told(*command: object) -> str:
    return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def partition(image: Path, mount: Path) -> Iterator[str]:
    """A data partition in a file, on a loop device that discards as a card does.

    It is mounted for this process alone: a copy of the mount in another's namespace would keep it busy.
    """
    with image.open("wb") as file:
        file.truncate(96 * MIB)
    told("mkfs.ext4", "-q", "-F", image)
    mount.mkdir(parents=True, exist_ok=True)
    device = told("losetup", "--find", "--show", image)
    try:
        with own_mounts():
            told("mount", device, mount)
            yield device
            subprocess.run(["umount", str(mount)], check=False, capture_output=True)
    finally:
        told("losetup", "--detach", device)


def lived_in(state: Path) -> None:
    """What a box has on its partition after some weeks, deleted files among it."""
    for name, text in {"config/edge.toml": '[box]\nid = "hop-01"\n# hop-01-of-somebody', "provisioned": "",
                       "identity/box.key.cred": "KEY-OF-THIS-BOX" * 99, "NAME-OF-A-FILE": "",
                       "network/wifi.nmconnection": "psk=wifi-cua-to-12",
                       ".system/systemd/credential.secret": "KEY-OF-THIS-BOX",
                       "journal.damaged-20260101": "DELETED-LONG-AGO" * 9999}.items():
        (state / name).parent.mkdir(parents=True, exist_ok=True)
        (state / name).write_text(text)
    os.sync()
    (state / "journal.damaged-20260101").unlink()
    (state / "link").symlink_to("/etc/hostname")
    journal = Journal.open(state / "journal.db", 8 * MIB)
    for number in range(40):
        journal.append(Entry(
            Rank.NEW, "t", "edgebox.event.enter", "gate", f"e-{number}", "2026-11-23T12:00:00Z", number,
            "boot", '{"zone": "a-zone-of-this-box"}', event_id=f"event-{number}",
            pictures=(Picture("i", f"event-{number}", 0, b"PICTURE-OF-PEOPLE" * 2000),)))
    journal.settle([owed.row_id for owed in journal.owed(20)])
    journal.close()
    (state / "guard").mkdir()
    roster = Roster.open(state / "guard/members.db", cost=QUICK)
    invite = roster.invite(MemberRole.LEADER, "tool:root", name=SECRETS[0])
    roster.redeem(invite.token, "", CODE, "phone")
    roster.close()
    os.sync()


def found_in(image: Path) -> list[str]:
    os.sync()
    with image.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return [secret for secret in SECRETS if content.find(secret.encode()) >= 0]


def reset(folder: Path, *arguments: str) -> int:
    places = {"--state-dir": "state", "--card": "card", "--runtime-dir": "run", "--fstab": "fstab"}
    return main(["factory-reset", "--no-restart", *arguments,
                 *(f"{option}={folder / name}" for option, name in places.items())])


def prepared(folder: Path, device: str) -> None:
    (folder / "card").mkdir()
    (folder / "fstab").write_text(f"# comment\n{device} {folder}/state ext4 rw 0 2\n")
    lived_in(folder / "state")


@needs_loop
def test_nothing_is_left_on_the_partition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Command, restart: no byte tells of keys, members, events, config, of what was deleted before, or of a
    file's name; the file system is new and empty, and so the box is not provisioned.
    """
    image, state = tmp_path / "data.img", tmp_path / "state"
    with partition(image, state) as device:
        prepared(tmp_path, device)
        assert sorted(SECRETS) == sorted(found_in(image))

        assert 0 == reset(tmp_path, "--yes-erase", "hop-01")
        assert [] == [*state.iterdir()]
        after_first = found_in(image)
        told("umount", state)
        assert 0 == reset(tmp_path, "--at-start")

        assert [] == found_in(image)
        assert not (tmp_path / "card/factory-reset").exists()
        assert "discarded" in capsys.readouterr().out
        told("e2fsck", "-fn", device)
        told("mount", device, state)
        assert ["lost+found"] == [it.name for it in state.iterdir()]
    # What the first step cannot reach is why there is a second one.
    assert {"DELETED-LONG-AGO"} <= set(after_first)
    assert not {"KEY-OF-THIS-BOX", "wifi-cua-to-12"} & set(after_first)


@needs_loop
def test_a_power_cut_between_or_within_the_steps(tmp_path: Path) -> None:
    """
    The flag comes first and goes last: whatever was cut off is done at the next start.
    """
    image, state = tmp_path / "data.img", tmp_path / "state"
    with partition(image, state) as device:
        prepared(tmp_path, device)
        (tmp_path / "card/factory-reset").write_bytes(b"")      # cut before the first file was erased
        told("umount", state)
        with Path(device).open("r+b") as half:                  # and again after half a wipe
            half.write(bytes(MIB))

        assert 0 == reset(tmp_path, "--at-start")
        assert 0 == reset(tmp_path, "--at-start")               # without a flag: nothing happens

        assert [] == found_in(image)
        told("mount", device, state)


@needs_loop
def test_a_partition_that_is_mounted_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    The second step erases nothing under anybody's feet.
    """
    with partition(tmp_path / "data.img", tmp_path / "state") as device:
        prepared(tmp_path, device)
        (tmp_path / "card/factory-reset").write_bytes(b"")

        assert 74 == reset(tmp_path, "--at-start")
        assert (tmp_path / "state/identity/box.key.cred").exists()
        assert "busy" in capsys.readouterr().err


def test_a_card_that_cannot_discard_is_overwritten(tmp_path: Path) -> None:
    """
    From end to end, whatever its size.
    """
    card = tmp_path / "card.img"
    card.write_bytes(b"KEY-OF-THIS-BOX" * 700_001)

    quick = erase.wipe(card)

    assert (False, 0) == (quick, card.read_bytes().strip(b"\0").__len__())


def test_a_card_that_only_pretends_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What was discarded is looked at: cells that still hold something are overwritten.
    """
    card = tmp_path / "card.img"
    card.write_bytes(b"KEY-OF-THIS-BOX" * 3_000_000)
    monkeypatch.setattr(erase, "_discard", lambda *_: True)

    assert not erase.wipe(card)
    assert b"" == card.read_bytes().strip(b"\0")


@pytest.mark.parametrize(("arguments", "said"), [
    (["--yes-erase", "hop-02"], "want the box's name, hop-01, got 'hop-02'"), ([], "got None")])
def test_another_name_erases_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str],
                                     said: str) -> None:
    """
    Whoever is at another box than they think keeps it.
    """
    prepared(tmp_path, "/dev/none")

    assert 64 == reset(tmp_path, *arguments)

    assert said in capsys.readouterr().err
    assert (tmp_path / "state/guard/members.db").exists()


def test_while_guard_runs_nothing_is_erased(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Files that are written on would come back.
    """
    prepared(tmp_path, "/dev/none")
    with hold(tmp_path / "run/guard"):
        assert 75 == reset(tmp_path, "--yes-erase", "hop-01")

    assert "guard still runs" in capsys.readouterr().err
    assert (tmp_path / "state/guard/members.db").exists()


def test_without_the_card_nothing_is_begun(tmp_path: Path) -> None:
    """
    Where the second step cannot be asked for, the first is not done either.
    """
    prepared(tmp_path, "/dev/none")
    shutil.rmtree(tmp_path / "card")

    assert 73 == reset(tmp_path, "--yes-erase", "hop-01")
    assert (tmp_path / "state/guard/members.db").exists()


def test_a_laptop_loses_its_folder_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Where the folder is no partition, its files go, no link is followed, and what that means is said.
    """
    prepared(tmp_path, "/dev/none")
    (tmp_path / "fstab").write_text("")
    neighbour = tmp_path / "neighbour"
    neighbour.write_text("mine")
    (tmp_path / "state/other").symlink_to(neighbour)

    assert 0 == reset(tmp_path, "--yes-erase", "hop-01", "--lang", "en")

    assert [] == [*(tmp_path / "state").iterdir()]
    assert "mine" == neighbour.read_text()
    assert "no data partition" in capsys.readouterr().out


@pytest.mark.parametrize(("is_new", "stays"), [(False, False), (True, True)])
def test_the_bundle_on_the_card(tmp_path: Path, is_new: bool, stays: bool) -> None:
    """
    The old one goes with its report; one with a code that was not used is for what comes next.
    """
    prepared(tmp_path, "/dev/none")
    (tmp_path / "card/edge-bundle").mkdir()
    (tmp_path / "card/edge-bundle/bundle.json").write_text("{}")
    (tmp_path / "card/report.json").write_text("{}")
    if is_new:
        (tmp_path / "card/edge-bundle/enrol-code").write_text("12-34")

    assert 0 == reset(tmp_path, "--yes-erase", "hop-01")

    assert stays == (tmp_path / "card/edge-bundle/bundle.json").exists()
    assert not (tmp_path / "card/report.json").exists()


@pytest.mark.parametrize(("line", "device"), [
    ("PARTUUID=ed6e-06 {} ext4 rw 0 2", "/dev/disk/by-partuuid/ed6e-06"),
    ("/dev/sda6 {} ext4 rw 0 2", "/dev/sda6"),
    ("#/dev/sda6 {} ext4 rw 0 2", None), ("/dev/sda6 {} none bind 0 0", None)])
def test_which_partition(tmp_path: Path, line: str, device: str | None) -> None:
    """
    The one that fstab mounts there, and no other.
    """
    (tmp_path / "fstab").write_text(line.format("/var/lib/edgebox"))

    found = device_of(Path("/var/lib/edgebox"), tmp_path / "fstab")
    assert (None if device is None else Path(device)) == found


def test_a_hand_at_the_button(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    On the pins: held, answered by the buzzer, let go, pressed again; the buzzer is off in the end.
    """
    monkeypatch.setattr("edge.upkeep.reset.gesture.HOLD_S", 0.5)
    monkeypatch.setattr("edge.upkeep.reset.gesture.PRESS_S", 0.2)
    monkeypatch.setattr("edge.upkeep.reset.gesture.AGAIN_S", 30.0)
    monkeypatch.setenv("EDGEBOX_PINS", f"simulated:{tmp_path}/pins")
    path = config(tmp_path, more=PINS + '[outputs.beep]\nkind = "buzzer"\npin = 24\n')
    press(tmp_path / "pins", 5, "low")
    answer: list[bool] = []

    def steady() -> bool:
        last = changes(tmp_path / "pins")[-1]
        return last.level and time.monotonic_ns() - last.mono_ns > 3 * _BLINK_S * NS_PER_S

    hand = threading.Thread(target=lambda: answer.append(asked_for(path, tmp_path / "run")))
    hand.start()

    until(lambda: any(it.gpio == 24 and it.level for it in changes(tmp_path / "pins")), "the buzzer's answer")
    press(tmp_path / "pins", 5, "high")
    until(steady, "the buzzer's word that the release was seen")
    press(tmp_path / "pins", 5, "low")
    hand.join(20)

    assert [True] == answer
    assert not changes(tmp_path / "pins")[-1].level


@pytest.mark.parametrize("down", [(), (5, 6)])
def test_no_button_or_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                               down: tuple[int, ...]) -> None:
    """
    Nobody there costs no time; several at once are water in a box, not a hand. Outputs are not touched.
    """
    monkeypatch.setenv("EDGEBOX_PINS", f"simulated:{tmp_path}/pins")
    two = PINS.replace('kind = "tamper"', 'kind = "panic"')
    for gpio in down:
        press(tmp_path / "pins", gpio, "low")

    assert not asked_for(config(tmp_path, more=two), tmp_path / "run")
    assert [] == changes(tmp_path / "pins")
