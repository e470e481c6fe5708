"""First boot as a technician meets it: a card with a bundle, a real ward, the real `edgebox firstboot`."""

from __future__ import annotations

import shutil
import stat
from datetime import UTC, datetime

from edge.bundle import form
from tests.brokers import free_port
from tests.edge.upkeep.firstboot.stand import Box, config_text


def test_a_box_is_provisioned(box: Box) -> None:
    """
    Config, network, an encrypted key, a certificate of its name, a report; and no code on the card.
    """
    code = box.put_bundle()

    done = box.run()

    assert (0, "") == (done.returncode, done.stdout), done.stderr
    report = box.report()
    assert ("provisioned", box.identity) == (report["state"], report["box"])
    assert config_text(box.name) == box.places.config_file.read_text()
    assert f"{box.name}-to-12\n" == box.places.host_name.read_text()
    assert 0o600 == stat.S_IMODE((box.places.network / "wifi.nmconnection").stat().st_mode)
    assert 1 == box.issued()
    assert {form.LIST, form.SIGNER} == {path.name for path in box.places.bundle.iterdir()}
    assert [] == [path for path in box.path.rglob("*") if path.is_file() and (
        code.encode() in path.read_bytes() or b"PRIVATE KEY" in path.read_bytes())]


def test_again_changes_nothing(box: Box) -> None:
    """
    A provisioned box that is told once more asks the ward nothing.
    """
    box.put_bundle()
    assert 0 == box.run().returncode
    before = {path: path.read_bytes() for path in box.places.state.rglob("*") if path.is_file()}

    assert 0 == box.run().returncode

    assert before == {path: path.read_bytes() for path in box.places.state.rglob("*") if path.is_file()}
    assert 1 == box.issued()
    assert "provisioned" == box.report()["state"]


def test_a_provisioned_box_without_its_card(box: Box) -> None:
    """
    Somebody has wiped the card's bundle: nothing to complain about.
    """
    box.put_bundle()
    assert 0 == box.run().returncode
    shutil.rmtree(box.places.bundle)

    assert 0 == box.run().returncode
    assert ("provisioned", box.identity) == (box.report()["state"], box.report()["box"])


def test_another_bundle_changes_the_config(box: Box) -> None:
    """
    A technician brings a card with a new code: config and network are the new ones, the certificate stays.
    """
    box.put_bundle(files={"secrets/gate": b"pass word\n"})
    assert 0 == box.run().returncode
    box.put_bundle(config=config_text(box.name) + "# second\n", ntp=["192.0.2.7"])

    assert 0 == box.run().returncode

    assert box.places.config_file.read_text().endswith("# second\n")
    assert "server 192.0.2.7 iburst\n" == (box.places.ntp / "ward.sources").read_text()
    assert not (box.places.config / "secrets").exists()
    assert 1 == box.issued()
    assert not box.places.code.exists()


def test_an_old_bundle_brings_nothing_back(box: Box) -> None:
    """
    A copy of a former card, its code and all: one line that names both times, and the box stays as it is.
    """
    box.put_bundle()
    shutil.copytree(box.places.bundle, box.path / "old")
    assert 0 == box.run().returncode
    box.put_bundle(config=config_text(box.name) + "# second\n", issued=datetime.now(UTC).isoformat())
    assert 0 == box.run().returncode
    shutil.rmtree(box.places.bundle)
    shutil.copytree(box.path / "old", box.places.bundle)

    refused = box.run()

    assert 0 != refused.returncode
    assert "code-expired" == box.report()["fault"]
    assert "before the one that this box runs by" in str(box.report()["text"])
    assert box.places.config_file.read_text().endswith("# second\n")


def test_the_real_self_test(box: Box) -> None:
    """
    Nobody answers at the camera's address: told by its name, and the box is provisioned all the same.
    """
    box.self_test = True
    folders = f'state_dir = "{box.places.state}"\nruntime_dir = "{box.path}/run"\n'
    camera = f"rtsp://127.0.0.1:{free_port()}/"
    box.put_bundle(config=config_text(box.name).replace("\n[mqtt]", f"{folders}\n[mqtt]", 1).replace(
        "rtsp://192.0.2.1/", camera))

    assert 0 == box.run().returncode

    report = box.report()
    assert ("provisioned", "bad-camera") == (report["state"], report["fault"])
    assert str(report["text"]).startswith("camera: gate: ")
    assert camera not in str(report)


def test_a_foreign_bundle_without_a_code_is_left_alone(box: Box) -> None:
    """
    On a provisioned box it is none of ours: neither used nor erased.
    """
    box.put_bundle()
    assert 0 == box.run().returncode
    box.put_bundle(config=config_text(box.name) + "# second\n")
    box.places.code.unlink()

    assert 0 == box.run().returncode

    assert (box.places.bundle / form.CONFIG).exists()
    assert "# second" not in box.places.config_file.read_text()
