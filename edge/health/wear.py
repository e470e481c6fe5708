"""What wears out or runs out: certificates, disk, journal, acks. Cheap to look at, so status does as well."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from edge.base.errors import RetryableError
from edge.base.findings import Finding, Kind, State
from edge.config.folders import state_folder
from edge.config.model import AckFrom, EdgeSettings
from edge.health import rules
from edge.health.system import System, space
from edge.journal.look import JournalSnapshot, look


def certificates(settings: EdgeSettings, now: datetime) -> Iterator[Finding]:
    """The box's own, and whom it believes."""
    own = settings.box.state_dir / "identity" / "box.crt"
    files = {"": own if os.access(own, os.F_OK) else settings.mqtt.cert_file, "ca": settings.mqtt.ca_file,
             "page": settings.page.cert_file}
    if not settings.mqtt.tls:
        files = {"page": settings.page.cert_file}
    elif files[""] is None:
        yield Finding(Kind.CERTIFICATE, "", State.SKIPPED, "certificate-none")
    for name, path in files.items():
        if path is not None:
            yield _certificate(name, path, now)


def _certificate(name: str, path: Path, now: datetime) -> Finding:
    """The state of the certificate in a file; of several, the one that ends first."""
    from cryptography import x509  # some 6 MB, for whoever asks

    try:
        found = min(x509.load_pem_x509_certificates(path.read_bytes()),
                    key=lambda each: each.not_valid_after_utc)
    except FileNotFoundError:
        return Finding(Kind.CERTIFICATE, name, State.SKIPPED, "certificate-none")
    except (OSError, ValueError) as exc:
        return Finding(Kind.CERTIFICATE, name, State.BAD, "certificate-bad", {"path": path, "error": exc})
    return rules.certificate(name, found.not_valid_before_utc, found.not_valid_after_utc, now)


def disks(folder: Path, system: System) -> Iterator[Finding]:
    """The disk of `folder`, which the caller may write: to a sandboxed program all else is read-only."""
    try:
        yield rules.disk("", space(folder))
    except OSError as exc:
        yield Finding(Kind.DISK, "", State.BAD, "disk-missing",
                      {"path": folder, "error": exc.strerror})
    yield from rules.ext4(system.ext4_errors())
    yield from rules.life(system.life_used())


def journal(settings: EdgeSettings) -> tuple[JournalSnapshot | None, Finding]:
    """The journal as it is, where it can be read, and what is to be said of it."""
    try:
        seen = look(state_folder(settings, "uplink") / "journal.db")
    except RetryableError as exc:
        return None, Finding(Kind.JOURNAL, "", State.BAD, "journal-bad", {"error": exc})
    if seen is None:
        return None, Finding(Kind.JOURNAL, "", State.SKIPPED, "journal-none")
    if seen.suspect:
        return seen, Finding(Kind.JOURNAL, "", State.BAD, "journal-damaged")
    return seen, rules.journal(seen.bytes, settings.journal.max_bytes, seen.records, seen.counters)


def acks(settings: EdgeSettings, seen: JournalSnapshot | None, now: datetime) -> Iterator[Finding]:
    """By whose word records leave the journal, and how old the ward's last one is."""
    newest = _moment(seen.acked_utc if seen else "")
    yield rules.acks(settings.mqtt.ack is AckFrom.WARD, newest, now)


def _moment(utc: str) -> datetime | None:
    """None for what a worn card has made of it."""
    try:
        found = datetime.fromisoformat(utc)
    except ValueError:
        return None
    return found if found.tzinfo else None
