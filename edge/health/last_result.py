"""The last self-test, kept beside the box's state: what guard tells the ward of it with its birth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from edge.base import durable
from edge.base.findings import Finding, Kind, State
from edge.contract.messages import SelfTestSummary
from edge.ipc.health import Tested

FILE = "doctor.json"
_MAX_BYTES = 256 * 1024


def write(state_dir: Path, result: Mapping[str, object]) -> None:
    """Store the result where any user may look at it, since no secret is in it. Raises OSError."""
    durable.write(state_dir / FILE, json.dumps(result, ensure_ascii=False).encode(), durable.PUBLIC)


def read(state_dir: Path) -> dict[str, object] | None:
    """The whole result; None where there is none that can be read. Never waits, whatever lies there."""
    try:
        found = json.loads(durable.read(state_dir / FILE, _MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def tested(result: Mapping[str, object] | None) -> Tested | None:
    """What `read` has returned as findings, whoever wrote it: what does not fit is left out.

    None where there is no time of a test in it. Its own sentences stand by as the values `text` and `do`, for
    codes that a later version does not know.
    """
    about, checks = (result.get(key) for key in ("summary", "checks")) if result else (None, None)
    at = about.get("at") if isinstance(about, dict) else None
    if not isinstance(at, str) or not isinstance(checks, list):
        return None
    try:
        datetime.fromisoformat(at)
    except ValueError:
        return None
    return Tested(at, tuple(_findings(reversed(checks))))


def _findings(checks: Iterable[object]) -> Iterator[Finding]:
    for check in checks:
        if isinstance(check, dict) and str(check.get("kind")) in set(Kind) \
                and str(check.get("state")) in set(State):
            values = check.get("values")
            yield Finding(
                Kind(str(check["kind"])), str(check.get("name", "")), State(str(check["state"])),
                str(check.get("code", "")), {**{key: str(check.get(key, "")) for key in ("text", "do")},
                                             **(values if isinstance(values, dict) else {})},
                str(check.get("what", "")))


def summary(state_dir: Path) -> SelfTestSummary | None:
    """What the birth message says of it: when it ran, its verdict, and what is not well."""
    kept = read(state_dir)
    try:
        return None if kept is None else SelfTestSummary.model_validate(kept["summary"])
    except (KeyError, ValueError):
        return None
