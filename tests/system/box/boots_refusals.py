"""What a booted box refuses: with one clear line, and with nothing half-done."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.box.conftest import Street
from tests.system.box.layer import CLOCK
from tests.system.box.machine import FIRSTBOOT, GUARD, Box
from tests.system.box.ward import Ward

LEFT_BYTES = 16 * 1024


@pytest.fixture
def box(street: Street, request: pytest.FixtureRequest) -> Iterator[Box]:
    """A box that has never run, named after the test, without power."""
    with street.box(_name(request)) as box:
        yield box


def _name(request: pytest.FixtureRequest) -> str:
    return str(request.node.name).replace("_", "-").removeprefix("test-")[:24].rstrip("-")


def refusal(box: Box) -> str:
    """Power on, and wait until the box has refused; its line. Whatever it refuses, nothing is half-done."""
    box.power_on()
    box.wait("a refusal", lambda: box.report().get("fault") and box.report()["state"] != "working", 120.0)
    report = box.report()
    text = str(report["text"])
    print(f"\n{report['fault']}: {text}")
    assert 1 == len(text.splitlines())
    box.wait("the same on the status line", lambda: text == box.show(FIRSTBOOT, "StatusText"))
    assert report["vi"]
    assert report["flashes"]
    assert not box.is_active(GUARD)
    assert not (box.data.folder / "provisioned").exists()
    return str(report["fault"])


def nothing_written(box: Box) -> bool:
    return not {"config", "identity", "network"} & {path.name for path in box.data.folder.iterdir()}


@pytest.mark.parametrize(("change", "fault"), [
    (lambda folder: (folder / "edge.toml").open("a").write("\n"), "damaged-bundle"),
    (lambda folder: (folder / "ward-ca.pem").unlink(), "damaged-bundle"),
    (lambda folder: _retitle(folder / "bundle.json"), "bad-signature"),
], ids=["file-changed", "file-missing", "list-changed"])
def test_a_tampered_bundle(street: Street, box: Box, request: pytest.FixtureRequest,
                           change: Callable[[Path], object], fault: str) -> None:
    """
    A byte more in a file, a file less, another word in the signed list: nothing of it is used.
    """
    name = request.node.callspec.id
    street.write_card(name, box)
    change(box.card.folder / "edge-bundle")

    assert fault == refusal(box)

    assert nothing_written(box)
    assert () == tuple(street.ward.issued(name))


def _retitle(path: Path) -> None:
    listed = json.loads(path.read_text())
    path.write_text(json.dumps(listed | {"title": "Nơi khác"}))


def test_a_bundle_of_another_ward(street: Street) -> None:
    """
    An image of one ward believes no bundle of another.
    """
    other = Ward(street.folder / "other-ward", street.network, "phuong-6")
    with street.box("of-phuong-6", anchor=other.anchor) as box:
        street.write_card("astray", box)

        assert "other-ward" == refusal(box)

        assert nothing_written(box)
        assert [] == street.ward.issued("astray")


def test_an_expired_code(street: Street, box: Box) -> None:
    """
    A code that the ward's book has as expired gets no certificate.
    """
    street.write_card("late", box)
    with closing(sqlite3.connect(street.ward.folder.enrolment, isolation_level=None)) as db:
        db.execute("UPDATE code SET expires = '2020-01-01T00:00:00.000Z' WHERE name = 'phuong-5.to-12.late'")

    assert "code-expired" == refusal(box)

    assert [] == street.ward.issued("late")
    assert not (box.data.folder / "identity" / "box.key.cred").exists()


def test_a_used_code(street: Street, box: Box) -> None:
    """
    The copy of a card whose box has enrolled gets no certificate.
    """
    street.write_card("twin", box)
    with street.box("first-twin") as first:
        shutil.copytree(box.card.folder / "edge-bundle", first.card.folder / "edge-bundle")
        first.power_on()
        first.wait("a first boot", lambda: first.report().get("state") == "provisioned", 180.0)

    assert "code-used" == refusal(box)

    assert 1 == len(street.ward.issued("twin"))
    assert not (box.data.folder / "identity" / "box.key.cred").exists()


@pytest.mark.parametrize("which", ["card", "data"])
def test_a_full_disk(street: Street, box: Box, which: str) -> None:
    """
    No room, on the card or on the data partition: told, and nothing is begun. With room it goes on by itself.
    """
    street.write_card(f"full-{which}", box)
    disk = box.card if which == "card" else box.data
    (box.card.folder / "report.json").write_text("{}")      # a full card has a block for it already
    filler = disk.fill(LEFT_BYTES)

    assert "disk-full" == refusal(box)

    assert nothing_written(box)
    assert [] == street.ward.issued(f"full-{which}")
    filler.unlink()
    box.wait("a first boot", lambda: box.report().get("state") == "provisioned", 180.0)
    assert 1 == len(street.ward.issued(f"full-{which}"))


@pytest.mark.parametrize("may_set", [True, False])
def test_a_clock_in_1970(street: Street, may_set: bool) -> None:
    """
    No certificate holds then. The clock is set to when the bundle was made, and the report tells so; where
    it cannot be set nothing is believed.
    """
    name = "set" if may_set else "fixed"
    unit = f"[Service]\nEnvironment=LD_PRELOAD={CLOCK}\n" + ("" if may_set else "Environment=CLOCK_FIXED=1\n")
    with street.box(f"clock-{name}", units={FIRSTBOOT: unit}) as box:
        street.write_card(f"clock-{name}", box)
        if not may_set:
            assert "no-time" == refusal(box)
            assert [] == street.ward.issued(f"clock-{name}")
            return
        box.power_on()
        box.wait("a first boot", lambda: box.report().get("state") == "provisioned", 180.0)
        assert str(box.report()["clock_set_forward_from"]).startswith("1970-01-01T")
        assert 1 == len(street.ward.issued(f"clock-{name}"))
