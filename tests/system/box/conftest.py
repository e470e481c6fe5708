"""One root, one switch, one ward and one camera for all tests here; a box for each that wants one."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest

from dev.footage import fetch_footage
from dev.image.__main__ import ROOT, build_root
from dev.image.recipe import Mirrors, Request, configured_mirrors, look_up
from models.store import default_dir
from tests.rtsp_server import RtspServer
from tests.system.box.layer import make_layer
from tests.system.box.machine import Box, made_box
from tests.system.box.network import Network, made_network
from tests.system.box.ward import Ward

PASSWORD = "of the camera"


@dataclass(frozen=True)
class Street:
    """Where boxes are hung up: the root they run, the ward, a camera."""

    folder: Path
    root: Path
    network: Network
    ward: Ward
    camera: RtspServer

    @contextlib.contextmanager
    def box(self, name: str, anchor: Path | None = None,
            units: Mapping[str, str] = MappingProxyType({})) -> Iterator[Box]:
        """A box without power, its card empty; `units` are drop-ins for one test: unit -> text."""
        place = self.folder / name
        place.mkdir()
        layer = make_layer(place / "layer", anchor or self.ward.anchor, units)
        with made_box(place / "box", (layer, self.root), self.network) as box:
            yield box

    def write_card(self, name: str, box: Box, *more: object) -> str:
        """A technician's bundle for the box `name`, on its card; returns the code."""
        return self.ward.new_box(name, box.card.folder, self.camera.url, PASSWORD, *more)


@pytest.fixture(scope="session")
def root() -> Path:
    """The image's root, of the last commit, made if need be."""
    plain, security = configured_mirrors()
    return build_root(look_up(ROOT, Request("amd64", "debian", Mirrors(plain, security)), default_dir()))


@pytest.fixture(scope="session")
def street(root: Path) -> Iterator[Street]:
    if os.geteuid():
        pytest.exit("it mounts, and makes namespaces: run it as root")
    folder = Path(tempfile.mkdtemp(prefix="edgebox-system-"))
    folder.chmod(0o755)         # mosquitto is another user
    footage = fetch_footage(ROOT / ".cache" / "footage")
    try:
        with made_network() as network:
            ward = Ward(folder / "ward", network)
            with ward.up(), RtspServer(footage["plaza"], password=PASSWORD, address=network.ward) as camera:
                yield Street(folder, root, network, ward, camera)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
