"""All checks and probes, in the order in which a technician thinks of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from edge import __version__, clock
from edge.config.load import Config
from edge.config.model import EdgeSettings
from edge.contract.topics import Root
from edge.doctor import rules
from edge.doctor.cameras import look_at_all
from edge.doctor.finding import Finding, Kind, State
from edge.doctor.golden import try_model
from edge.doctor.pins import MaySound, try_pins
from edge.doctor.system import System, space, time_source
from edge.doctor.ward import reach
from edge.errors import RetryableError
from edge.journal.entry import Present
from edge.journal.look import Look, look


def examine(config: Config, system: System, may_sound: MaySound) -> list[Finding]:
    """Everything; some seconds, or as long as the slowest camera and the broker take to fail."""
    settings = config.settings
    seen, of_journal = _journal(settings)
    present: Mapping[str, Present] = seen.present if seen else {}
    root = Root(settings.box.ward, settings.box.group, settings.box.id)
    return [
        version(config, system),
        *look_at_all(settings.cameras, root, present),
        try_model(settings.model, settings.cameras),
        *try_pins(settings, present, may_sound),
        reach(settings, seen.counters if seen else {}, seen.records if seen else 0),
        *certificates(settings, datetime.now(UTC)),
        rules.clock(datetime.now(UTC), clock.clock_synchronised(), time_source()),
        *disks(settings, system),
        of_journal,
        rules.power(system.undervolted(), system.throttled()),
        rules.heat(system.temperature_c(), system.throttled())]


def version(config: Config, system: System) -> Finding:
    return Finding(Kind.VERSION, "", State.OK, "version", {
        "firmware": __version__, "config": config.short_hash, "release": system.release()[:12] or "-"})


def certificates(settings: EdgeSettings, now: datetime) -> Iterator[Finding]:
    """The box's own, and whom it believes."""
    own = settings.box.state_dir / "identity" / "box.crt"
    files = {"": own if own.exists() else settings.mqtt.cert_file, "ca": settings.mqtt.ca_file,
             "page": settings.page.cert_file}
    if not settings.mqtt.tls:
        files = {"page": settings.page.cert_file}
    elif files[""] is None:
        yield Finding(Kind.CERTIFICATE, "", State.SKIPPED, "certificate-none")
    for name, path in files.items():
        if path is not None:
            yield _certificate(name, path, now)


def _certificate(name: str, path: Path, now: datetime) -> Finding:
    """Of several in one file, the one that ends first."""
    try:
        found = min(x509.load_pem_x509_certificates(path.read_bytes()),
                    key=lambda each: each.not_valid_after_utc)
    except FileNotFoundError:
        return Finding(Kind.CERTIFICATE, name, State.SKIPPED, "certificate-none")
    except (OSError, ValueError) as exc:
        return Finding(Kind.CERTIFICATE, name, State.BAD, "certificate-bad", {"error": f"{path}: {exc}"})
    return rules.certificate(name, found.not_valid_before_utc, found.not_valid_after_utc, now)


def disks(settings: EdgeSettings, system: System) -> Iterator[Finding]:
    folder = settings.box.state_dir
    try:
        yield rules.disk("", space(folder))
    except OSError as exc:
        yield Finding(Kind.DISK, "", State.BAD, "disk-missing", {"error": f"{folder}: {exc.strerror}"})
    yield from rules.ext4(system.ext4_errors())
    yield from rules.life(system.life_used())


def _journal(settings: EdgeSettings) -> tuple[Look | None, Finding]:
    try:
        seen = look(settings.box.state_dir / "journal.db")
    except RetryableError as exc:
        return None, Finding(Kind.JOURNAL, "", State.BAD, "journal-bad", {"error": exc})
    if seen is None:
        return None, Finding(Kind.JOURNAL, "", State.SKIPPED, "journal-none")
    if seen.suspect:
        return seen, Finding(Kind.JOURNAL, "", State.BAD, "journal-damaged")
    return seen, rules.journal(seen.bytes, settings.journal.max_bytes, seen.records, seen.counters)
