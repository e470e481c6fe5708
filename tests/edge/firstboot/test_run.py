"""First boot as a technician meets it: a card with a bundle, a real ward, the real `edgebox firstboot`."""

from __future__ import annotations

import stat

from edge.bundle import form
from tests.edge.firstboot.stand import Box, config_text


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
    assert 0o600 == stat.S_IMODE((box.places.network / "wifi.nmconnection").stat().st_mode)
    assert 1 == box.issued()
    assert not box.places.code.exists()
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
    assert form.CODE not in {path.name for path in box.places.bundle.iterdir()}
