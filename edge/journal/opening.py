"""The journal where the config has it."""

from __future__ import annotations

from edge.config.folders import made_state_folder
from edge.config.model import EdgeSettings
from edge.journal.store import Journal


def open_journal(settings: EdgeSettings) -> Journal:
    """Open the journal in uplink's folder below `box.state_dir`, making the folder where there is none.

    Raises:
        FatalError: the folder cannot be made, or as `Journal.open`.
        RetryableError: as `Journal.open`.
    """
    return Journal.open(made_state_folder(settings, "uplink") / "journal.db", settings.journal.max_bytes)
