"""A real ward with its enrolment server, and boxes of folders: card, data partition, machine key."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from edge.bundle import form
from edge.upkeep.firstboot.places import CardPlaces
from provisioning.ward.certificates import Authority
from provisioning.ward.enrolment import Enrolment
from provisioning.ward.est_server import EstServer
from provisioning.ward.folder import WardFolder
from provisioning.ward.foundation import Passphrases, found
from provisioning.ward.issuer import open_issuing
from provisioning.ward.keys import load_signer
from provisioning.ward.publish import Publisher
from provisioning.ward.settings import HostPort, WardSettings
from tests.brokers import free_port
from tests.edge.bundle import made
from tests.threads import running

WARD = "phuong-5"
PASSPHRASES = Passphrases("correct horse battery", "staple of the ward 5")
RUN_LIMIT_S = 90.0


@dataclass
class WardStand:
    """A ward, and its server while `serving`."""

    folder: WardFolder
    settings: WardSettings
    book: Enrolment
    issuing: Authority
    signs: made.Ward

    @property
    def publisher(self) -> Publisher:
        return Publisher(self.folder, self.settings, self.book)

    @contextmanager
    def serving(self) -> Iterator[None]:
        with running(EstServer(self.publisher, self.issuing, self.settings.est).run):
            yield


def make_ward(folder: Path, ward: str = WARD) -> WardStand:
    settings = WardSettings(ward, HostPort("127.0.0.1", 8883), HostPort("127.0.0.1", free_port()))
    made_folder = found(folder, settings, PASSPHRASES, datetime.now(UTC), lambda _: None)
    signer = load_signer(folder, PASSPHRASES.issuing)
    root = x509.load_pem_x509_certificate(made_folder.root_certificate.read_bytes())
    signs = made.Ward(None, root, signer._private, x509.load_pem_x509_certificate(signer.certificate))
    return WardStand(made_folder, settings, Enrolment.open(made_folder.enrolment),
                     open_issuing(made_folder, PASSPHRASES.issuing), signs)


def config_text(box: str = "hop-01", more: str = "") -> str:
    return f"""\
[box]
ward = "{WARD}"
group = "to-12"
id = "{box}"

[mqtt]
host = "127.0.0.1"
ca_file = "ward-ca.pem"
cert_file = "/run/credentials/edgebox-uplink.service/box.key"
key_file = "/run/credentials/edgebox-uplink.service/box.key"

[commands]
keys = ["command.pub"]

[cameras.gate]
source = "rtsp://192.0.2.1/"
{more}"""


@dataclass
class Box:
    """One box: its folders, and the process that is `edgebox`."""

    path: Path
    ward: WardStand
    name: str = "hop-01"
    environment: dict[str, str] = field(default_factory=dict)
    self_test: bool = False

    def __post_init__(self) -> None:
        if shutil.which("systemd-creds") is None:
            pytest.skip("needs systemd-creds: systemd 250 or later")
        self.places.card.mkdir(parents=True, exist_ok=True)

    @property
    def places(self) -> CardPlaces:
        return CardPlaces(self.path / "card", self.path / "state", self.ward.folder.root_certificate)

    @property
    def identity(self) -> str:
        return f"{WARD}.to-12.{self.name}"

    @property
    def machine(self) -> dict[str, str]:
        """The environment in which this machine's own key is found."""
        return {"SYSTEMD_CREDENTIAL_SECRET": str(self.path / "machine.secret")}

    def put_bundle(self, life: timedelta = timedelta(days=3), config: str | None = None,
                   files: dict[str, bytes] | None = None, signed_by: made.Ward | None = None,
                   code: str | None = None, **changes: object) -> str:
        """Write one to the card, as a technician does; returns its code."""
        now = datetime.now(UTC)
        code = code or self.ward.book.new_code(self.identity, now + life)
        shutil.rmtree(self.places.bundle, ignore_errors=True)
        whole = {form.CONFIG: (config or config_text(self.name)).encode(),
                 form.WARD_CA: self.ward.folder.chain.read_bytes(),
                 form.COMMAND_KEY: self.ward.folder.command_public.read_bytes(),
                 form.CODE: f"{code}\n".encode(),
                 f"{form.NETWORK}/wifi.nmconnection": b"[connection]\nid=wifi\n", **(files or {})}
        made.write_bundle(self.places.card, signed_by or self.ward.signs, whole, **{
            "box": self.name, "issued": (now - timedelta(minutes=5)).isoformat(),
            "code_expires": (now + life).isoformat(), "est": self.ward.settings.est_url, **changes})
        return code

    def arguments(self, command: str = "firstboot") -> list[str]:
        arguments = [command, "--state-dir", str(self.places.state)]
        if command == "firstboot":
            arguments += ["--once", "--card", str(self.places.card), "--leds", str(self.path / "leds"),
                          "--anchor", str(self.places.anchor)]
            arguments += [] if self.self_test else ["--no-self-test"]
        return arguments

    def run(self, command: str = "firstboot", *more: str) -> subprocess.CompletedProcess[str]:
        """The real process, to its end."""
        return subprocess.run([sys.executable, "-m", "edge.cli", *self.arguments(command), *more],
                              env={**os.environ, **self.machine, **self.environment}, text=True,
                              capture_output=True, timeout=RUN_LIMIT_S, check=False)

    def report(self) -> dict[str, object]:
        document = json.loads(self.places.report.read_text(encoding="utf-8"))
        assert isinstance(document, dict)
        return document

    def issued(self) -> int:
        return len(self.ward.book.issued(self.identity))
