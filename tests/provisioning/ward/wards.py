"""A ward made by the real tool, its broker, its enrolment server, and boxes as a test needs them."""

from __future__ import annotations

import base64
import contextlib
import getpass
import http.client
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from provisioning.ward import certificates
from provisioning.ward.broker_files import CONFIG
from provisioning.ward.certificates import Authority
from provisioning.ward.client import make_client_files
from provisioning.ward.enrolment import Enrolment
from provisioning.ward.folder import WardFolder
from provisioning.ward.foundation import Passphrases, found
from provisioning.ward.issuer import open_issuing
from provisioning.ward.keys import bare
from provisioning.ward.publish import Publisher, Reload
from provisioning.ward.settings import HostPort, WardSettings, as_text
from tests.brokers import MOSQUITTO, Broker, free_port, listens, until

ROOT, ISSUING = "passphrase of the root", "passphrase of every day"
PASSPHRASES = Passphrases(ROOT, ISSUING)
BOX, OTHER_BOX = "phuong-5.to-12.hop-01", "phuong-5.to-12.hop-02"
EST = "/.well-known/est"


def settings(folder: Path, ward: str = "phuong-5") -> WardSettings:
    """Of a ward whose broker runs right in its own folder."""
    return WardSettings(ward, HostPort("127.0.0.1", free_port()), HostPort("127.0.0.1", free_port()),
                        free_port(), str(folder / "broker"), "")


@cache
def _pattern() -> Path:
    """Made once a process: to derive the keys of the passphrases takes a second."""
    folder = Path(tempfile.mkdtemp(prefix="edgebox-test-ward-")) / "ward"
    found(folder, settings(folder), PASSPHRASES, datetime.now(UTC), lambda ward: None)
    return folder


@pytest.fixture(scope="session")
def pattern_ward() -> Iterator[Path]:
    yield _pattern()
    shutil.rmtree(_pattern().parent)


@dataclass(frozen=True)
class Ward:
    """A ward of one test, and what it needs all the time."""

    folder: WardFolder
    issuing: Authority
    publisher: Publisher

    @property
    def book(self) -> Enrolment:
        return self.publisher.book

    @property
    def settings(self) -> WardSettings:
        return self.publisher.settings

    @property
    def passphrase_file(self) -> Path:
        path = self.folder.path.parent / "passphrase"
        path.write_text(f"{ISSUING}\n")
        return path

    def publish(self) -> None:
        self.publisher.publish(self.issuing, datetime.now(UTC))

    def code(self, name: str = BOX) -> str:
        return self.book.new_code(name, datetime.now(UTC) + timedelta(days=3))

    def box(self, name: str = BOX) -> Papers:
        """A box that has enrolled."""
        now, private = datetime.now(UTC), certificates.new_key()
        issued = certificates.make_box(self.issuing, name, private.public_key(), now)
        self.book.redeem(name, self.code(name), issued.key, lambda: issued, now)
        return papers(self.folder.path.parent / name, issued.pem, private)

    def client(self, name: str, *may: str) -> Papers:
        _, cert, key = make_client_files(self.publisher, self.issuing, name, may, datetime.now(UTC))
        return Papers(cert, key)

    def pid_reload(self) -> Ward:
        reload = Reload(pid_file=self.folder.path / "pid")
        return replace(self, publisher=replace(self.publisher, reload=reload))


@dataclass(frozen=True)
class Papers:
    """A certificate and its key."""

    cert: Path
    key: Path


def papers(stem: Path, pem: str, private: ec.EllipticCurvePrivateKey) -> Papers:
    made = Papers(stem.with_name(f"{stem.name}.crt"), stem.with_name(f"{stem.name}.key"))
    made.cert.write_text(pem)
    made.key.write_bytes(bare(private))
    return made


def make_ward(folder: Path, pattern: Path) -> Ward:
    """A copy of `pattern` with ports of its own."""
    shutil.copytree(pattern, folder)
    ward = WardFolder(folder)
    ward.settings.write_text(as_text(settings(folder)))
    publisher = replace(Publisher.of(ward), to=None)
    made = Ward(ward, open_issuing(ward, ISSUING), publisher)
    made.publish()
    return made


def mosquitto(ward: Ward) -> Broker:
    """The real broker with the very files, but for what only root may write; not yet started."""
    if MOSQUITTO is None:
        pytest.skip("needs the mosquitto broker: apt-get install mosquitto")
    text = (ward.folder.broker / CONFIG).read_text()
    for ours, tests in (("user mosquitto", f"user {getpass.getuser()}"),
                        ("/run/mosquitto/mosquitto.pid", str(ward.folder.path / "pid")),
                        ("/var/lib/mosquitto/", f"{ward.folder.path}/")):
        assert 1 == text.count(ours)
        text = text.replace(ours, tests)
    config = ward.folder.path / "test.conf"
    config.write_text(text)
    return Broker([MOSQUITTO, "-c", str(config)], ward.settings.broker.port, ward.folder.path / "broker.log")


class Client:
    """An MQTT client that says what happened to it."""

    def __init__(self, ward: Ward, papers: Papers | None, name: str, port: int | None = None) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.answers: list[int] = []            # reason codes of PUBACKs
        self.connects, self.gone, self.refused = 0, 0, 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.reconnect_delay_set(1, 1)
        context = ssl.create_default_context(cafile=ward.folder.chain)
        if papers is not None:
            context.load_cert_chain(papers.cert, papers.key)
        self._client.tls_set_context(context)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_connect_fail = self._on_fail
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.connect_async("127.0.0.1", port or ward.settings.broker.port, clean_start=True)
        self._client.loop_start()

    def _on_connect(self, _c: Any, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        self.connects += not reason.is_failure
        self.refused += reason.is_failure

    def _on_disconnect(self, *_: Any) -> None:
        self.gone += 1

    def _on_fail(self, *_: Any) -> None:
        self.refused += 1

    def _on_message(self, _c: Any, _u: Any, message: mqtt.MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload)))

    def _on_publish(self, _c: Any, _u: Any, _mid: int, reason: Any, _p: Any) -> None:
        self.answers.append(reason.value)

    def subscribe(self, *topics: str) -> Client:
        done: list[int] = []
        self._client.on_subscribe = lambda *_: done.append(1)
        self._client.subscribe([(topic, 1) for topic in topics])
        until(lambda: done, "the broker to answer a subscription")
        return self

    def publish(self, topic: str, payload: bytes = b"x") -> int:
        """The broker's reason code: 0 taken, 16 nobody listens, 135 not authorised."""
        before = len(self.answers)
        self.send(topic, payload)
        until(lambda: len(self.answers) > before, "the broker to answer a publication")
        return self.answers[-1]

    def send(self, topic: str, payload: bytes) -> None:
        """Publish, whatever the broker makes of it; paho sends what it was told is too large."""
        self._client.publish(topic, payload, 1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextlib.contextmanager
def connected(ward: Ward, papers: Papers, name: str, port: int | None = None) -> Iterator[Client]:
    client = Client(ward, papers, name, port)
    try:
        until(lambda: client.connects, f"{name} to connect")
        yield client
    finally:
        client.close()


def csr(name: str, private: Any) -> bytes:
    """A request in base64, as RFC 7030 sends it."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    built = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    algorithm = None if "Ed25519" in type(private).__name__ else hashes.SHA256()
    return base64.encodebytes(built.sign(private, algorithm).public_bytes(Encoding.DER))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def word(self) -> str:
        return self.body.decode().partition(":")[0]

    @property
    def certificates(self) -> list[x509.Certificate]:
        assert 200 == self.status, self.body
        return load_der_pkcs7_certificates(base64.b64decode(self.body))


class Est:
    """The enrolment server as a process of its own, and a plain client of it."""

    def __init__(self, ward: Ward, *options: str) -> None:
        self._ward, self._options = ward, options
        self.port = ward.settings.est.port
        self.log = ward.folder.path.parent / "est.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Est:
        command = [sys.executable, "-m", "provisioning.cli", "ward", "serve", str(self._ward.folder.path),
                   "--listen", "127.0.0.1", "--passphrase-file", str(self._ward.passphrase_file),
                   *self._options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        process = self.process
        until(lambda: listens(self.port) or process.poll() is not None, "the enrolment server", 60)
        assert process.poll() is None, self.log.read_text()
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def connect(self, papers: Papers | None = None, timeout_s: float = 60) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=self._ward.folder.chain)
        if papers is not None:
            context.load_cert_chain(papers.cert, papers.key)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout_s, context=context)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None,
            papers: Papers | None = None) -> Answer:
        with contextlib.closing(self.connect(papers)) as connection:
            connection.request(method, path, body, headers or {})
            found = connection.getresponse()
            return Answer(found.status, {key.lower(): value for key, value in found.getheaders()},
                          found.read())

    def enrol(self, name: str, code: str, request: bytes) -> Answer:
        return self.ask("POST", f"{EST}/simpleenroll", request, basic(name, code))

    def renew(self, papers: Papers | None, request: bytes) -> Answer:
        return self.ask("POST", f"{EST}/simplereenroll", request, {"Content-Type": "application/pkcs10"},
                        papers)


def basic(name: str, code: str, kind: str = "application/pkcs10") -> dict[str, str]:
    token = base64.b64encode(f"{name}:{code}".encode()).decode()
    return {"Authorization": f"Basic {token}", "Content-Type": kind, "Content-Transfer-Encoding": "base64"}


def openssl(*words: str | Path) -> str:
    """Its output; fails the test when it says no."""
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True)
    assert 0 == done.returncode, done.stderr
    return done.stdout


def seconds_since(mono_s: float) -> float:
    return time.monotonic() - mono_s
