"""Real brokers for tests: mosquitto and amqtt as processes, with a small certificate authority."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

WAIT_S = 60.0       # for whatever a real process does: only a failure takes so long, and machines are shared
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")

_EC_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def until(holds: Callable[[], object], what: str, timeout_s: float = WAIT_S) -> None:
    """Wait for a real process, looking every 10 ms; fails the test in the end."""
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline_s:
            pytest.fail(f"waited {timeout_s:.0f} s in vain: {what}")
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Certificate:
    cert: Path
    key: Path


class Authority:
    """A certificate authority of one test, by `openssl ca`; EC keys, since they are made at once."""

    def __init__(self, folder: Path, name: str = "Ward CA") -> None:
        if shutil.which("openssl") is None:
            pytest.skip("needs the openssl tool: apt-get install openssl")
        folder.mkdir(parents=True)
        self._folder = folder
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        (folder / "crlnumber").write_text("01\n")
        (folder / "ca.cnf").write_text(f"""
[ca]
default_ca = this
[this]
database = {folder}/index.txt
serial = {folder}/serial
crlnumber = {folder}/crlnumber
new_certs_dir = {folder}
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
unique_subject = no
copy_extensions = copy
policy = any
[any]
commonName = supplied
""")
        self._openssl("req", "-x509", *_EC_KEY, "-days", "30", "-subj", f"/CN={name}",
                      "-keyout", folder / "ca.key", "-out", folder / "ca.pem",
                      "-addext", "basicConstraints=critical,CA:TRUE",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self.ca = folder / "ca.pem"

    def issue(self, name: str, alt: str = "DNS:localhost,IP:127.0.0.1", valid: tuple[str, str] | None = None,
              ) -> Certificate:
        """A certificate and its key; `valid` is (from, to) as YYYYMMDDHHMMSSZ."""
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request = self._folder / f"{name}.csr"
        self._openssl("req", *_EC_KEY, "-subj", f"/CN={name}", "-keyout", made.key, "-out", request,
                      "-addext", f"subjectAltName={alt}")
        period = () if valid is None else ("-startdate", valid[0], "-enddate", valid[1])
        self._openssl("ca", "-batch", "-notext", "-config", self._folder / "ca.cnf", *period, "-in", request,
                      "-out", made.cert)
        return made

    def revoke(self, certificate: Certificate) -> Path:
        """Put it on the list; return the list."""
        self._openssl("ca", "-config", self._folder / "ca.cnf", "-revoke", certificate.cert)
        return self.revoked()

    def revoked(self) -> Path:
        crl = self._folder / "crl.pem"
        self._openssl("ca", "-config", self._folder / "ca.cnf", "-gencrl", "-out", crl)
        return crl

    @staticmethod
    def _openssl(*words: str | Path) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Broker:
    """A broker process on one port, which it keeps over restarts."""

    def __init__(self, command: list[str], port: int, log: Path) -> None:
        self.port, self._command, self._log = port, command, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        _running.append(self)
        process = self._process
        until(lambda: listens(self.port) or process.poll() is not None, "the broker to listen")
        if process.poll() is not None:
            pytest.fail(f"the broker ended: {self._log.read_text()}")

    def stop(self) -> None:
        """As `systemctl stop`."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    @property
    def log_text(self) -> str:
        return self._log.read_text()

    def freeze(self) -> None:
        """It keeps its connections and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(WAIT_S)
        self._process = None


_running: list[Broker] = []


def kill_all() -> None:
    """For a fixture: end the brokers that a failed test has left behind."""
    while _running:
        _running.pop().kill()


def mosquitto(folder: Path, *, server: Certificate | None = None, ca: Path | None = None,
              crl: Path | None = None, passwords: Mapping[str, str] | None = None, acl: str | None = None,
              extra: str = "") -> Broker:
    """A mosquitto with persistence, not yet started.

    Args:
        server: its certificate; TLS with it.
        ca: whom to believe about clients; then a client certificate is required.
        crl: clients' certificates that are refused.
        passwords: by user; nobody else gets in.
        acl: text of an access list.
        extra: further lines of its config.
    """
    if MOSQUITTO is None:
        pytest.skip("needs the mosquitto broker: apt-get install mosquitto")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    lines = [f"user {getpass.getuser()}", f"listener {port} 127.0.0.1", "persistence true",
             f"persistence_location {folder}/", "autosave_interval 1", "autosave_on_changes true",
             "max_queued_messages 0", "log_type all", f"allow_anonymous {str(passwords is None).lower()}"]
    if server is not None:
        lines += [f"certfile {server.cert}", f"keyfile {server.key}"]
    if ca is not None:
        lines += [f"cafile {ca}", "require_certificate true", "use_identity_as_username true"]
    if crl is not None:
        lines += [f"crlfile {crl}"]
    if passwords is not None:
        file = folder / "passwords"
        file.write_text("".join(f"{user}:{word}\n" for user, word in passwords.items()))
        subprocess.run(["mosquitto_passwd", "-U", file], check=True, capture_output=True)
        lines += [f"password_file {file}"]
    if acl is not None:
        (folder / "acl").write_text(acl)
        lines += [f"acl_file {folder}/acl"]
    config = folder / "mosquitto.conf"
    config.write_text("\n".join([*lines, extra]) + "\n")
    return Broker([MOSQUITTO, "-c", str(config)], port, folder / "broker.log")


_AMQTT = """
import asyncio, sys
from amqtt.broker import Broker

async def main():
    config = {"listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:" + sys.argv[1]}},
              "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}}
    broker = Broker(config)
    await broker.start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


def amqtt(folder: Path) -> Broker:
    """The demo's broker, which speaks MQTT 3.1.1 alone, not yet started."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    return Broker([sys.executable, "-c", _AMQTT, str(port)], port, folder / "broker.log")
