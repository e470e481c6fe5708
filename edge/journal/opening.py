"""The journal where the config has it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from edge.config.folders import made_state_folder, state_folder
from edge.config.model import AckFrom, EdgeSettings
from edge.journal.store import Journal


def open_journal(settings: EdgeSettings) -> Journal:
    """Open the journal in uplink's folder below `box.state_dir`, making the folder where there is none.

    Raises:
        FatalError: the folder cannot be made, or as `Journal.open`.
        RetryableError: as `Journal.open`.
    """
    made_state_folder(settings, "uplink")
    keep_acked_h = settings.mqtt.keep_acked_h if settings.mqtt.ack is AckFrom.WARD else 0.0
    return Journal.open(journal_path(settings), settings.journal.max_bytes,
                        timedelta(hours=keep_acked_h))


def journal_path(settings: EdgeSettings) -> Path:
    return state_folder(settings, "uplink") / "journal.db"
