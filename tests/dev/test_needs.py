"""A new machine has nothing of ours: what our code and our tests run is declared, and really brought."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from dev.needs import NEEDS, SBIN
from tests.called_programs import ROOT, called

# What Debian's essential packages have, and what `./run` asks for.
GIVEN = frozenset("""
    apt-cache apt-get basename cat chmod chown chroot cp cut date dd dirname dpkg dpkg-deb dpkg-query env find
    findmnt grep head hostname install ldd ln ls lsblk mkdir mktemp mv nsenter partx pivot_root rm sed setpriv
    sh sha256sum sleep sort sync tar touch tr unshare wc""".split())       # noqa: SIM905
ASKED_FOR = frozenset({"git", "sudo"})

# Who runs what lies where: the first that fits. A box's programs are the image's affair.
PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("edge/", ("box",)),
    ("provisioning/image/files/", ("box",)),
    ("tests/system/image/look.sh", ()),
    ("tests/system/gpio/play.py", ()),
    ("provisioning/image/", ("image", "test system", "test image", "test gpio")),
    ("dev/camera/", ("test camera",)),
    ("tests/system/camera/", ("test camera",)),
    ("dev/image/", ("image", "test system", "test image", "test gpio")),
    ("tests/losses/", ("test losses",)),
    ("tests/system/box/", ("test system",)),
    ("tests/system/image/", ("test image",)),
    ("tests/system/gpio/", ("test gpio",)),
    ("tests/system/", ("test image", "test gpio")),
    ("bench/", ("bench",)),
    ("", ("test",)),
)

# Of the image: what brings each program, as provisioning/image/packages.toml names it.
BOX = {
    "systemctl": "systemd-sysv", "journalctl": "systemd-sysv", "hostnamectl": "systemd-sysv",
    "systemd-creds": "systemd-sysv", "chronyc": "chrony", "mkfs.ext4": "e2fsprogs", "mount": "systemd-sysv",
    "pinctrl": "raspi-utils", "nft": "nftables",
}
ARGUMENTS = {"edge/upkeep/firstboot/sealing.py": {"encrypt"}}       # of systemd-creds


def scripts() -> Iterator[Path]:
    for folder in ("edge", "ward", "provisioning", "models", "bench", "dev", "tests", ".ci"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix == ".py" or (path.is_file() and path.read_bytes()[:20].startswith(
                    (b"#!/bin/sh", b"#!/usr/bin/env bash"))):
                yield path


def declared(command: str) -> frozenset[str]:
    if command == "box":
        packages = str(tomllib.loads((ROOT / "provisioning/image/packages.toml").read_text()))
        return frozenset(program for program, package in BOX.items() if repr(package) in packages)
    return frozenset(program for need in NEEDS[command] for program in need.programs)


def undeclared(path: Path) -> dict[str, set[str]]:
    """The programs that `path` runs and that its commands do not declare, by command."""
    name = str(path.relative_to(ROOT))
    commands = next(commands for place, commands in PLACES if name.startswith(place))
    programs = called(path) - GIVEN - ASKED_FOR - ARGUMENTS.get(name, set())
    return {command: left for command in commands if (left := programs - declared(command))}


@pytest.mark.slow
def test_every_program_that_we_run_is_declared() -> None:
    """
    A program that no package of its command brings fails here, not on a new machine; see dev/needs.py.
    """
    assert {} == {str(path.relative_to(ROOT)): left for path in scripts() if (left := undeclared(path))}


@pytest.mark.parametrize(("name", "text", "programs"), [
    ("bench/made.py", 'import subprocess\nsubprocess.run(["ffprobe", path])', {"ffprobe"}),
    ("bench/made.py", 'import subprocess\nTOOL = "sox"\nsubprocess.Popen((TOOL, "-n"))', {"sox"}),
    ("dev/image/made.py", 'call(["xz", *words], log)', {"xz"}),
    ("tests/made.py", 'import shutil\nshutil.which("tshark")', {"tshark"}),
    ("tests/made.py", 'tools.call("models", "fetch")', set()),
    ("dev/made.py", 'COMMAND = {"a": ("qemu-img", "-f", "raw")}', {"qemu-img"}),
    ("dev/made.py", 'start(["dev.broker", "-p", "1"])', set()),
    ("provisioning/image/hooks/made",
     'set -eu\nchroot "$1" passwd\nx=$(rsync -a a b) # sox', {"chroot", "rsync"}),
])
def test_what_a_file_runs_is_found(name: str, text: str, programs: set[str],
                                   monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """
    A check that sees nothing would hold for ever.
    """
    monkeypatch.setattr("tests.called_programs.ROOT", tmp_path)
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(text)
    (tmp_path / "dev").mkdir(exist_ok=True)
    (tmp_path / "dev/broker.py").touch()

    assert programs == called(tmp_path / name)


on_debian = pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="needs a Debian")


@on_debian
def test_packages_bring_the_programs_that_they_are_declared_for() -> None:
    """
    On this machine, whatever is installed of it is from the package that is said to bring it.
    """
    needs = [need for needs in NEEDS.values() for need in needs]
    found = packages_of(program for need in needs for program in need.programs)

    assert {} == {program: found[program] for need in needs for program in need.programs
                  if program in found and not found[program] & set(need.packages)}


@on_debian
def test_what_is_taken_as_given_is_essential() -> None:
    """
    Not declared is only what no Debian can be without.
    """
    told = subprocess.run(["dpkg-query", "--show", "--showformat=${Package} ${Essential}\n"],
                          check=True, capture_output=True, text=True).stdout
    essential = {"apt"} | {line.split()[0] for line in told.splitlines() if line.endswith(" yes")}

    assert {} == {program: packages for program, packages in packages_of(GIVEN).items()
                  if not packages & essential}


def packages_of(programs: Iterable[str]) -> dict[str, set[str]]:
    """By program, the packages that have it; without those that are not here, or not Debian's."""
    places = {place: program for program in programs
              if (found := shutil.which(program, path=f"/usr/bin:/bin:{SBIN}"))
              for place in (found, found.removeprefix("/usr"), os.path.realpath(found))}
    told = subprocess.run(["dpkg-query", "--search", *places], capture_output=True, text=True,
                          check=False).stdout
    packages = dict[str, set[str]]()
    for line in told.splitlines():
        owners, _, place = line.rpartition(": ")
        if place in places and not owners.startswith("diversion "):
            packages.setdefault(places[place], set()).update(
                owner.partition(":")[0] for owner in owners.split(", "))
    return packages
