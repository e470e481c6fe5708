"""The ward outside of the boxes: all of it real, made and run by its own tools."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edge.base.durable import PUBLIC
from provisioning.ward.enrolment import Enrolment, Issued
from provisioning.ward.folder import WardFolder
from provisioning.ward.issuer import open_issuing
from provisioning.ward.writing import replace
from tests.brokers import MOSQUITTO, Broker, free_port, until
from tests.system.box.network import Network

NAME = "phuong-5"
_PASSPHRASE, _ROOT_PASSPHRASE = "of every day in a test", "of the root in a test"

# The generated config as it is: user, paths and all. What it names in /run and /var/lib is given to it alone.
_MOSQUITTO = """\
mount -t tmpfs run /run
mkdir /run/mosquitto
chown mosquitto /run/mosquitto
mount --bind "$1" /var/lib/mosquitto
echo $$ > "$2"
exec "$3" -c "$4"
"""


class Ward:
    """A ward at `network`'s address, up as long as it is entered."""

    def __init__(self, folder: Path, network: Network, name: str = NAME) -> None:
        folder.mkdir()
        self.folder, self.name, self.address = WardFolder(folder / name), name, network.ward
        self.anchor = self.folder.root_certificate
        self._place, self._station_port = folder, free_port()
        self.broker_port, self.est_port = free_port(), free_port()
        self._pid, self._state, self._files = folder / "mosquitto.pid", folder / "state", folder / "mosquitto"
        self._passphrase = self._written("passphrase", _PASSPHRASE)
        self._store = folder / "store"
        for path in (self._state, self._files):
            path.mkdir(mode=0o700)
            shutil.chown(path, "mosquitto", "mosquitto")
        self.provision("ward", "init", self.folder.path, "--ward", name,
                       "--broker-host", f"{self.address}:{self.broker_port}",
                       "--est-host", f"{self.address}:{self.est_port}",
                       "--station-port", self._station_port, "--broker-folder", self._files,
                       "--reload-command", f"sh -c 'test ! -e {self._pid} || kill -HUP $(cat {self._pid})'",
                       "--root-passphrase-file", self._written("root-passphrase", _ROOT_PASSPHRASE),
                       "--passphrase-file", self._passphrase)
        self.broker = Broker(["unshare", "--mount", "--propagation", "private", "sh", "-ec", _MOSQUITTO, "sh",
                              str(self._state), str(self._pid), str(MOSQUITTO),
                              str(self._files / "mosquitto.conf")], self._station_port, folder / "broker.log")

    def provision(self, *words: object) -> str:
        """`edgebox-provision`, in English."""
        done = subprocess.run([sys.executable, "-m", "provisioning.cli", *map(str, words), "--lang", "en"],
                              capture_output=True, text=True, timeout=120, check=False,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{words}: {done.stderr.strip()}"
        return done.stdout

    @contextlib.contextmanager
    def up(self) -> Iterator[None]:
        """Broker, enrolment server and receiver."""
        with contextlib.ExitStack() as stack:
            self.provision("ward", "broker-files", self.folder.path)
            self.broker.start()
            stack.callback(self.broker.kill)
            stack.enter_context(self.enrolling())
            self.provision("ward", "client", self.folder.path, "receiver", "--may", "receive",
                           "--passphrase-file", self._passphrase)
            stack.enter_context(self._started(
                "receiver", "ward.cli", "run", "--data", self._store, "--ward", self.name,
                "--broker", f"127.0.0.1:{self._station_port}", "--ca", self.folder.chain,
                "--cert", self._client("crt"), "--key", self._client("key"),
                "--ack-key", self.folder.ack_key, "--port", free_port()))
            yield

    @contextlib.contextmanager
    def enrolling(self) -> Iterator[None]:
        with self._started("est", "provisioning.cli", "ward", "serve", self.folder.path,
                           "--listen", f"{self.address}:{self.est_port}",
                           "--passphrase-file", self._passphrase) as log:
            until(lambda: "serving:" in log.read_text(), "the enrolment server")
            yield

    def new_box(self, box: str, out: Path, camera: str, password: str, *more: object) -> str:
        """A bundle for `box` below `out`, as a technician makes it; returns the one-time code."""
        self.provision("box", "new", self.folder.path, "--group", "to-12", "--box", box, "--title",
                       "Nhà văn hóa", "--same-place", "--camera", f"gate={camera}", "--camera-user", "cam",
                       "--camera-password-file", self._written("camera-password", password),
                       "--wired", "siren,flood,gate-button", "--watch", "always", "--yes", "--out", out,
                       "--passphrase-file", self._passphrase, *more)
        return (out / "edge-bundle" / "enrol-code").read_text().strip()

    def revoke(self, box: str) -> str:
        return self.provision("ward", "revoke", self.folder.path, f"to-12/{box}", "--why", "a test",
                              "--passphrase-file", self._passphrase)

    def renew_list(self) -> None:
        self.provision("ward", "crl", self.folder.path, "--passphrase-file", self._passphrase)

    def let_list_expire(self) -> None:
        """As if nobody had renewed it for long: the broker gets one that ended, and reads it."""
        issuing = open_issuing(self.folder, _PASSPHRASE)
        replace(self._files / "crl.pem", issuing.revocation_list([], datetime.now(UTC) - timedelta(days=40)),
                PUBLIC)
        os.kill(int(self._pid.read_text()), signal.SIGHUP)

    def events(self) -> list[dict[str, Any]]:
        """What the receiver has stored."""
        done = subprocess.run([sys.executable, "-m", "ward.cli", "list", "--json", "--data", self._store],
                              capture_output=True, text=True, check=False, timeout=60)
        return [json.loads(line) for line in done.stdout.splitlines()] if done.returncode == 0 else []

    def issued(self, box: str) -> list[Issued]:
        return list(Enrolment.open(self.folder.enrolment).issued(f"{self.name}.to-12.{box}"))

    def _client(self, kind: str) -> Path:
        return next((self.folder.path / "clients").glob(f"*receiver*.{kind}"))

    def _written(self, name: str, text: str) -> Path:
        path = self._place / name
        path.write_text(f"{text}\n")
        return path

    @contextlib.contextmanager
    def _started(self, name: str, module: str, *words: object) -> Iterator[Path]:
        path = self._place / f"{name}.log"
        with path.open("ab") as log, subprocess.Popen(
                [sys.executable, "-m", module, *map(str, words)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=os.environ | {"PYTHONUNBUFFERED": "1"}) as process:
            try:
                yield path
            finally:
                process.kill()

