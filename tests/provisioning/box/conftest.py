"""A real ward, made once and copied for each test."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioning.box.office import Office
from provisioning.ward.folder import WardFolder
from provisioning.ward.foundation import Passphrases, found
from provisioning.ward.settings import HostPort, WardSettings
from tests.provisioning.box.boxes import PASSPHRASE

NOW = datetime.now(UTC)


@pytest.fixture(scope="session")
def made_ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = WardSettings("phuong-5", HostPort("mqtt.phuong-5.example", 8883),
                            HostPort("est.phuong-5.example", 8443))
    folder = tmp_path_factory.mktemp("made") / "ward"
    return found(folder, settings, Passphrases("root passphrase", PASSPHRASE), NOW, lambda fresh: None).path


@pytest.fixture
def ward(made_ward: Path, tmp_path: Path) -> WardFolder:
    """The ward phuong-5, without any box."""
    shutil.copytree(made_ward, tmp_path / "ward")
    return WardFolder(tmp_path / "ward")


@pytest.fixture
def office(ward: WardFolder) -> Office:
    return Office(ward, PASSPHRASE)
