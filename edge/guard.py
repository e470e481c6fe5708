"""`edgebox guard`: everything that must never be away. Delivery now; alarm, outputs and page follow.

A composition root. It imports nothing that decodes, infers or draws, so that it stays small and starts
at once.
"""

from __future__ import annotations

import logging
import threading
import time

from edge import __version__, clock
from edge.config.load import Config
from edge.contract.messages import BirthData, CameraState, MetricsData
from edge.contract.topics import Root
from edge.delivery.deliver import run_delivery
from edge.errors import RetryableError
from edge.health import BEAT, Vigil, health_entry
from edge.journal.store import Journal
from edge.state import open_journal
from edge.worker import Crew

log = logging.getLogger("guard")

_LOOK_EVERY_S = 5.0
_STOP_LIMIT_S = 25.0          # connecting to a broker that is away blocks up to some 20 s


def guard(config: Config, crew: Crew, model_hash: str) -> None:
    """Deliver until `crew.stop` is set. Raises FatalError before any thread is started.

    `model_hash` is told in the birth: first 16 hex digits of the weights' sha256, "" where unknown.
    """
    settings = config.settings
    root = Root(settings.box.ward, settings.box.group, settings.box.id)
    journal = open_journal(settings)
    vigil = Vigil(time.monotonic())

    def birth() -> BirthData:
        return BirthData(firmware=__version__, model=model_hash, config=config.short_hash,
                         cameras=tuple(settings.cameras), boot_id=clock.boot_id(), seq=journal.last_seq())

    def metrics() -> MetricsData:
        depth = journal.depth()
        return MetricsData(counters=journal.counters(), gauges={
            "journal_records": depth.records, "journal_pictures": depth.pictures,
            "journal_bytes": depth.bytes, "watch_silent_s": round(vigil.silent_s(time.monotonic()), 1)})

    crew.start("deliver", lambda stop: run_delivery(journal, settings.mqtt, root, birth, metrics, stop))
    crew.start("vigil", lambda stop: _keep_vigil(vigil, journal, root, tuple(settings.cameras), stop))
    log.info("guarding: box=%s broker=%s:%d", root.path, settings.mqtt.host, settings.mqtt.port)
    crew.stop.wait()
    stuck = crew.join(_STOP_LIMIT_S)
    if stuck:
        log.warning("threads still busy at exit, left to the system: %s", ",".join(stuck))
    else:
        journal.close()


def _keep_vigil(vigil: Vigil, journal: Journal, root: Root, cameras: tuple[str, ...],
                stop: threading.Event) -> None:
    """Tell the ward that its cameras are not watched, when the process that watches them is gone."""
    untold: tuple[str, ...] = ()
    while not stop.wait(_LOOK_EVERY_S):
        try:
            if vigil.look(journal.counters().get(BEAT, 0), time.monotonic()):
                untold = cameras if vigil.silent else ()
                log.warning("watch is %s", "silent: its cameras are told lost" if vigil.silent else "back")
            for camera in untold:
                journal.append(health_entry(root, camera, CameraState.LOST,
                                            "nothing watches it: edgebox watch does not run or hangs",
                                            clock.now()))
                untold = untold[1:]
        except RetryableError as exc:       # a full disk: the state is told once there is room
            log.warning("vigil waits: error=\"%s\"", exc)
