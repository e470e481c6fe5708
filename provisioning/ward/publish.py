"""Bring the broker's files up to what the book says, and make a running mosquitto read them.

What nobody may forget happens in one place: whoever changes the book calls `publish`. A mark is left before
the first change and taken away after the reload, so that what a crash or a failed reload left is done the
next time.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from edge.base.durable import PUBLIC, SECRET, holds, locked
from provisioning.errors import WordedError
from provisioning.ward import broker_files, certificates
from provisioning.ward.certificates import Authority
from provisioning.ward.enrolment import Enrolment
from provisioning.ward.expiry import Expiry, LifeState
from provisioning.ward.folder import WardFolder
from provisioning.ward.keys import bare, open_key, read_certificate
from provisioning.ward.settings import WardSettings, read_settings
from provisioning.ward.writing import replace

log = logging.getLogger("publish")

FRESH = timedelta(hours=20)         # a younger revocation list is renewed only when it lacks somebody
_RELOAD_TIMEOUT_S = 20
_MARK, _LOCK = ".reload-due", ".lock"
_MODES = {broker_files.CONFIG: PUBLIC, broker_files.ACL: SECRET, broker_files.CA: PUBLIC,
          broker_files.CRL: PUBLIC, broker_files.SERVER: PUBLIC, broker_files.SERVER_KEY: SECRET,
          broker_files.FIREWALL: PUBLIC}


@dataclass(frozen=True, slots=True)
class Reload:
    """How a running broker is told to read its files again; neither of them: somebody else does it."""

    command: tuple[str, ...] = ()
    pid_file: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.command or self.pid_file)

    def __call__(self) -> None:
        """Raises FatalError; the files are in place all the same."""
        try:
            if self.pid_file is not None:
                os.kill(_process_in(self.pid_file), signal.SIGHUP)
            if self.command:
                subprocess.run(self.command, check=True, timeout=_RELOAD_TIMEOUT_S, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
        except (OSError, ValueError, subprocess.SubprocessError) as exc:
            raise WordedError("reload-failed", os.EX_UNAVAILABLE, detail=str(exc)) from exc


def _process_in(pid_file: Path) -> int:
    """The number of one process: 0 and less mean many to kill(2). Raises OSError, ValueError."""
    number = int(pid_file.read_text(encoding="ascii"))
    if number < 2:
        raise ValueError(f"{pid_file}: holds no number of a process")
    return number


@dataclass(frozen=True, slots=True)
class Publisher:
    """Any thread, any process: one at a time works on a ward's folder."""

    ward: WardFolder
    settings: WardSettings
    book: Enrolment
    to: Path | None = None              # a second place to write to: the broker's own folder
    reload: Reload = Reload()

    @classmethod
    def of(cls, ward: WardFolder) -> Publisher:
        """The publisher that ward.toml describes: where the broker's folder is on this machine, it gets the
        files and is reloaded.

        Raises FatalError.
        """
        settings = read_settings(ward.settings)
        here = Path(settings.broker_folder)
        is_here = here.is_dir()
        reload = Reload(tuple(shlex.split(settings.reload)) if is_here else ())
        return cls(ward, settings, Enrolment.open(ward.enrolment), here if is_here else None, reload)

    def publish(self, ca: Authority | None, now: datetime, fresh: timedelta = FRESH,
                always: bool = False) -> bool:
        """Write what has changed, then reload the broker; returns whether anything had to be done.

        Args:
            ca: for a new revocation list and new server certificates; without it they stay as they are.
            fresh: a younger revocation list that lacks nobody is not made anew.
            always: reload where nothing has changed as well.

        Raises FatalError.
        """
        with self._alone():
            if ca is not None:
                self._renew_servers(ca, now)
                self._renew_list(ca, now, fresh)
            folder, holders = self.ward.broker, self.book.holders()
            self._put(folder / broker_files.CONFIG, broker_files.config_text(self.settings).encode())
            self._put(folder / broker_files.FIREWALL, broker_files.firewall_text(self.settings).encode())
            self._put(folder / broker_files.ACL, broker_files.acl_text(self.settings.ward, holders).encode())
            self._put(folder / broker_files.CA, self.ward.chain.read_bytes())
            if self.to is not None:
                for name in _MODES:
                    self._put(self.to / name, (folder / name).read_bytes())
            due = always or reload_is_due(self.ward)
            if due and self.reload:
                self.reload()
            self._mark.unlink(missing_ok=True)
        return due

    def _renew_servers(self, ca: Authority, now: datetime) -> None:
        broker = [self.settings.broker.host, "localhost", "127.0.0.1"]
        self._renew_server(ca, self.ward.broker / broker_files.SERVER,
                           self.ward.broker / broker_files.SERVER_KEY, broker, now)
        self._renew_server(ca, self.ward.est_certificate, self.ward.est_key, [self.settings.est.host], now)

    def _renew_server(self, ca: Authority, path: Path, key_path: Path, hosts: Sequence[str],
                      now: datetime) -> None:
        if path.exists() and key_path.exists() and _is_good(path, key_path, hosts, now):
            return
        private = certificates.new_key()
        made = certificates.make_server(ca, hosts, private.public_key(), now)
        self._put(key_path, bare(private), SECRET)      # a power cut between the two: both are made again
        self._put(path, certificates.pem_of(made) + ca.pem, PUBLIC)
        log.info("server certificate made: host=%s days=%d", hosts[0], certificates.SERVER_DAYS)

    def _renew_list(self, ca: Authority, now: datetime, fresh: timedelta) -> None:
        path, listed = self.ward.broker / broker_files.CRL, self.book.listed(now)
        current = read_list(path)
        # A list of the future was made by a clock that was wrong: no broker takes it yet.
        if current is not None and timedelta() <= now - life_of(current).begins < fresh and (
                {entry.serial_number for entry in current} == {int(issued.serial, 16) for issued in listed}):
            return
        self._put(path, ca.revocation_list(listed, now))
        log.info("revocation list made: entries=%d days=%d", len(listed), certificates.CRL_DAYS)

    def _put(self, path: Path, content: bytes, mode: int | None = None) -> None:
        if holds(path, content):
            return
        self._mark.touch(mode=PUBLIC)
        replace(path, content, _MODES[path.name] if mode is None else mode)

    @property
    def _mark(self) -> Path:
        return self.ward.path / _MARK

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with locked(self.ward.path / _LOCK):
            try:
                yield
            except OSError as exc:
                raise WordedError("cannot-write", os.EX_CANTCREAT, path=str(exc.filename), why=exc) from exc


def reload_is_due(ward: WardFolder) -> bool:
    """Whether files were changed, and the broker was not told: a crash, or a reload that failed."""
    return (ward.path / _MARK).exists()


def read_list(path: Path) -> x509.CertificateRevocationList | None:
    """The revocation list at `path`; None where there is none that can be read."""
    try:
        return x509.load_pem_x509_crl(path.read_bytes())
    except (OSError, ValueError):
        return None


def life_of(found: x509.Certificate | x509.CertificateRevocationList) -> Expiry:
    if isinstance(found, x509.Certificate):
        return Expiry(found.not_valid_before_utc, found.not_valid_after_utc)
    assert found.next_update_utc is not None
    return Expiry(found.last_update_utc, found.next_update_utc)


def _is_good(path: Path, key_path: Path, hosts: Sequence[str], now: datetime) -> bool:
    certificate = read_certificate(path)
    if open_key(key_path, None).public_key() != certificate.public_key():
        return False
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = {str(name.value) for name in named}
    return names == set(hosts) and life_of(certificate).state(now) is LifeState.GOOD
