"""How a camera's pictures look while nobody has touched it, as a file of watch's; how that is confirmed.

No picture is in it: see `edge/watch/capture/structure.py`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.base import durable

MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class ReferenceSummary:
    """Of a reference that there is."""

    is_confirmed: bool
    lights: int             # in which it is known


def reference_path(folder: Path, camera_id: str) -> Path:
    return folder / f"reference-{camera_id}.json"


def read_reference(folder: Path, camera_id: str) -> Mapping[str, object]:
    """All that is known of it; empty where nothing is, or nothing that can be read. Never waits."""
    try:
        found = json.loads(durable.read(reference_path(folder, camera_id), MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def summary(folder: Path, camera_id: str) -> ReferenceSummary | None:
    """None: not known yet, or there is nothing in it to hold on to."""
    found = read_reference(folder, camera_id)
    lights = found.get("lights")
    if not isinstance(lights, list) or not lights:
        return None
    return ReferenceSummary(found.get("confirmed") is True, len(lights))


def ask_to_confirm(folder: Path, camera_id: str) -> None:
    """Say that what the camera shows now is right. Raises OSError: there is no such folder, ..."""
    durable.write(_request(folder, camera_id), b"", durable.PUBLIC)


def take_request(folder: Path, camera_id: str) -> bool:
    """Whether it was asked since the last call; for watch."""
    with contextlib.suppress(OSError):
        _request(folder, camera_id).unlink()
        return True
    return False


def is_asked(folder: Path, camera_id: str) -> bool:
    """Whether watch has yet to take up what it was asked."""
    return _request(folder, camera_id).exists()


def _request(folder: Path, camera_id: str) -> Path:
    return folder / f"confirm-{camera_id}"
