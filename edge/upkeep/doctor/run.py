"""All checks and probes, in the order in which a technician thinks of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from edge import __version__
from edge.base import clock
from edge.base.findings import Finding, Kind, State
from edge.config.load import Config
from edge.health import power, rules
from edge.health.progress import OnStep
from edge.health.system import System, time_source
from edge.health.wear import acks, certificates, disks, journal
from edge.journal.entry import Present
from edge.upkeep.doctor.cameras import look_at_all
from edge.upkeep.doctor.golden import try_model
from edge.upkeep.doctor.pins import MaySound, try_pins
from edge.upkeep.doctor.reach import Needs
from edge.upkeep.doctor.ward import reach


def examine(config: Config, system: System, needs: Needs, may_sound: MaySound,
            on_step: OnStep) -> list[Finding]:
    """Everything; some seconds, or as long as the slowest camera and the broker take to fail.

    Args:
        needs: of the model that the config names.
    """
    settings = config.settings
    seen, of_journal = journal(settings)
    present: Mapping[str, Present] = seen.present if seen else {}
    root = settings.box.root
    steps: tuple[tuple[Kind, Callable[[], Iterable[Finding]]], ...] = (
        (Kind.VERSION, lambda: [version(config, system)]),
        (Kind.CAMERA, lambda: look_at_all(settings.cameras, root, present, needs)),
        (Kind.MODEL, lambda: [try_model(settings.model, settings.cameras)]),
        (Kind.SIREN, lambda: try_pins(settings, present, may_sound)),
        (Kind.WARD, lambda: [reach(settings, seen.counters if seen else {}, seen.records if seen else 0),
                             *acks(settings, seen, datetime.now(UTC))]),
        (Kind.CERTIFICATE, lambda: certificates(settings, datetime.now(UTC))),
        (Kind.CLOCK, lambda: [rules.clock(datetime.now(UTC), clock.clock_synchronised(), time_source())]),
        (Kind.DISK, lambda: [*disks(settings.box.state_dir, system), of_journal,
                             *rules.board(power.read(system))]))
    found: list[Finding] = []
    for number, (kind, look) in enumerate(steps):
        on_step(number, len(steps), kind)
        found += look()
    return found


def version(config: Config, system: System) -> Finding:
    return Finding(Kind.VERSION, "", State.OK, "version", {
        "firmware": __version__, "config": config.short_hash, "release": system.release()[:12] or "-"})
