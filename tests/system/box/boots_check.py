"""What a keeper asks for on the group's page, as guard asks systemd for it on a booted box."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator

import pytest

from edge.guard.care.caretaker import BUNDLE, BUNDLE_WANTED, TEST_WANTED
from tests.system.box.conftest import Street
from tests.system.box.machine import DOCTOR, GUARD, SUPPORT, UPLINK, Box

RUN = "/run/edgebox"
WANTED = f"{RUN}/guard"          # where guard asks, and nobody else can
PYTHON = "/usr/lib/edgebox/venv/bin/python"
RESULT_S = 180.0


@pytest.fixture(scope="module")
def box(street: Street) -> Iterator[Box]:
    """A box that is provisioned and on guard."""
    with street.box("hop-05") as box:
        street.write_card("hop-05", box)
        box.power_on()
        box.wait("guard", lambda: box.report().get("state") == "provisioned" and box.is_active(GUARD), 180.0)
        yield box


def ask(box: Box, wanted: str) -> None:
    """By guard's own user, who may start no unit."""
    box.say("runuser", "-u", "edgebox-guard", "-g", "edgebox", "--", "touch", f"{WANTED}/{wanted}")


def at(box: Box) -> str:
    """When the kept self-test was."""
    told = json.loads((box.data.folder / "doctor.json").read_text())
    return str(told["summary"]["at"])


def test_guard_finds_the_box_well(box: Box) -> None:
    """
    What it tells phones of certificates and disk is so, though little of the box is its to see or to write.
    """
    look = ("from pathlib import Path; from edge.base.findings import Finding, Kind, State; "
            "from edge.config.load import load; from edge.guard.care.caretaker import Caretaker; "
            "settings = load(Path('/etc/edgebox/edge.toml')).settings; "
            "care = Caretaker(settings, lambda: Finding(Kind.JOURNAL, '', State.OK, 'journal-ok')); "
            "print(*(f'{it.kind}={it.code}' for it in care.health().now))")

    found = box.say("nsenter", "-t", box.show(GUARD, "MainPID"), "--mount", "--net", "setpriv",
                    "--reuid=edgebox-guard", "--regid=edgebox", "--clear-groups", PYTHON, "-c", look).split()

    assert 2 == found.count("certificate=certificate-ok")
    assert "disk=disk-ok" in found


def test_a_file_starts_the_self_test(box: Box) -> None:
    """
    The path unit listens on a box that first boot has just made; the file goes away at once, a result comes,
    with guard's word for pins and ward; and a second time as well.
    """
    guard, before = box.main_pid(GUARD), at(box)
    for _ in range(2):
        assert box.is_active("edgebox-doctor.path")
        ask(box, TEST_WANTED)
        box.wait("the start", lambda: not box.path(f"{WANTED}/{TEST_WANTED}").exists())
        box.wait("a result", lambda before=before: at(box) != before, RESULT_S)
        box.wait("its end", lambda: box.show(DOCTOR, "ActiveState") == "inactive")
        before = at(box)

    assert "success" == box.show(DOCTOR, "Result")
    checks = json.loads((box.data.folder / "doctor.json").read_text())["checks"]
    found = {check["kind"]: check for check in checks}
    assert "ward-guarded" == found["ward"]["code"]
    assert "pins-held" == found["siren"]["code"]
    assert guard == box.main_pid(GUARD)
    print("\nself-test on guard:", {kind: check["code"] for kind, check in found.items()})


def test_whoever_reads_a_database_leaves_it_to_its_owner(box: Box) -> None:
    """
    While guard and uplink are away root reads roster and journal, and tries the ward in uplink's stead. When
    they are back, no file lies there that they may not use.
    """
    before = at(box)
    box.stop(UPLINK)
    box.stop(GUARD)

    for unit in (DOCTOR, SUPPORT):
        box.say("systemctl", "start", unit)         # returns at its end

    assert at(box) != before
    checks = json.loads((box.data.folder / "doctor.json").read_text())["checks"]
    assert ["ward-ok"] == [check["code"] for check in checks if check["kind"] == "ward"]
    box.say("systemctl", "start", "edgebox.target")
    for unit, told in ((GUARD, "roster open"), (UPLINK, "ward connected")):
        box.wait(told, lambda unit=unit, told=told: told in box.say(
            "journalctl", "-b", "-o", "cat", f"_PID={box.show(unit, 'MainPID')}"))


def test_a_file_has_a_support_bundle_made(box: Box) -> None:
    """
    In memory, for guard to read and for nobody outside the group; with what services and the kernel said,
    which guard itself may not read.
    """
    ask(box, BUNDLE_WANTED)
    place = box.path(f"{RUN}/{BUNDLE}")
    wanted = box.path(f"{WANTED}/{BUNDLE_WANTED}")
    box.wait("the request to be taken", lambda: not wanted.exists(), RESULT_S)
    box.wait("the bundle", place.exists, RESULT_S)

    assert 0o640 == place.stat().st_mode & 0o777
    assert 0 == box.run("runuser", "-u", "edgebox-guard", "-g", "edgebox", "--", "test", "-r",
                        f"{RUN}/{BUNDLE}").returncode
    assert 0 != box.run("runuser", "-u", "nobody", "--", "test", "-r", f"{RUN}/{BUNDLE}").returncode
    with tarfile.open(fileobj=io.BytesIO(place.read_bytes())) as tar:
        parts = {it.name.rpartition("/")[2]: (tar.extractfile(it) or io.BytesIO()).read().decode()
                 for it in tar}
    assert "guarding" in parts["logs.txt"]
    assert "refused" not in parts["kernel.txt"]         # a box in namespaces hears nothing of its kernel
    status = json.loads(parts["status.json"])
    assert {"edgebox-guard", "edgebox-watch"} <= {unit["name"] for unit in status["units"]}
    assert [] == [it["code"] for it in status["upkeep"] if it["code"] == "disk-read-only"]
    assert json.loads(parts["doctor.json"])["checks"]
    print("\nbundle:", place.stat().st_size, "bytes;", {name: len(text) for name, text in parts.items()})
