"""`edgebox guard`: everything that must never be away. Delivery now; alarm, outputs and page follow.

A composition root. It imports nothing that decodes, infers or draws, so that it stays small and starts
at once.
"""

from __future__ import annotations

import logging

from edge import __version__, clock
from edge.config.load import Config
from edge.contract.messages import BirthData, MetricsData
from edge.contract.topics import Root
from edge.delivery.deliver import run_delivery
from edge.state import open_journal
from edge.worker import Crew

log = logging.getLogger("guard")


def guard(config: Config, crew: Crew, model_hash: str) -> None:
    """Deliver until `crew.stop` is set. Raises FatalError before any thread is started.

    `model_hash` is told in the birth: first 16 hex digits of the weights' sha256, "" where unknown.
    """
    settings = config.settings
    root = Root(settings.box.ward, settings.box.group, settings.box.id)
    journal = open_journal(settings)

    def birth() -> BirthData:
        return BirthData(firmware=__version__, model=model_hash, config=config.short_hash,
                         cameras=tuple(settings.cameras), boot_id=clock.boot_id(), seq=journal.last_seq())

    def metrics() -> MetricsData:
        depth = journal.depth()
        return MetricsData(counters=journal.counters(), gauges={
            "journal_records": depth.records, "journal_pictures": depth.pictures,
            "journal_bytes": depth.bytes})

    try:
        crew.start("deliver", lambda stop: run_delivery(journal, settings.mqtt, root, birth, metrics, stop))
        log.info("guarding: box=%s broker=%s:%d", root.path, settings.mqtt.host, settings.mqtt.port)
        crew.stop.wait()
        crew.join()
    finally:
        journal.close()
