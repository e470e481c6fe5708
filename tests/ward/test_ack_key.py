"""The receiver's key as its files come: made by `edgebox-provision ward`, handed over by systemd."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.base.errors import FatalError
from edge.contract.signing import kid_of, load_public
from provisioning.ward import ack_key
from provisioning.ward.folder import WardFolder
from ward.ack import load_ack_key


def test_the_receiver_opens_what_provisioning_made(tmp_path: Path) -> None:
    """
    And signs by the very key whose public half bundles hold.
    """
    ward = WardFolder(tmp_path)
    kid = ack_key.make(ward)
    (tmp_path / "receiver.pub").write_bytes(ack_key.public_halves(ward)[0])

    assert kid == load_ack_key(ward.ack_key).kid == kid_of(load_public(tmp_path / "receiver.pub"))


def test_a_key_that_systemd_hands_over_may_seem_to_be_the_groups(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    systemd lets the unit's user read a credential by an access control list where it can, which the mode
    shows as the group's; any other file that others can read is refused.
    """
    ward = WardFolder(tmp_path)
    kid = ack_key.make(ward)
    ward.ack_key.chmod(0o440)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(FatalError, match="mode 440"):
        load_ack_key(ward.ack_key)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "other"))
    with pytest.raises(FatalError, match="mode 440"):
        load_ack_key(ward.ack_key)

    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert kid == load_ack_key(ward.ack_key).kid
