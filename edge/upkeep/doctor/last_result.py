"""The last self-test, kept beside the box's state: what guard tells the ward of it with its birth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from edge.base import durable
from edge.contract.messages import SelfTestSummary

FILE = "doctor.json"
_MAX_BYTES = 256 * 1024


def write(state_dir: Path, result: Mapping[str, object]) -> None:
    """For any user to look at, since no secret is in it. Raises OSError."""
    durable.write(state_dir / FILE, json.dumps(result, ensure_ascii=False).encode(), durable.PUBLIC)


def read(state_dir: Path) -> dict[str, object] | None:
    """The whole result; None where there is none that can be read. Never waits, whatever lies there."""
    try:
        found = json.loads(durable.read(state_dir / FILE, _MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def summary(state_dir: Path) -> SelfTestSummary | None:
    """For the birth: when, what came of it, and what is not well."""
    kept = read(state_dir)
    try:
        return None if kept is None else SelfTestSummary.model_validate(kept["summary"])
    except (KeyError, ValueError):
        return None
