"""Findings as they travel: codes and values to the ward, made into words where somebody reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from edge.base.findings import Finding, Kind, State
from edge.contract.messages import FindingData, rfc3339


def finding_data(finding: Finding) -> FindingData:
    """What is sent of `finding`; all its values as text."""
    return FindingData(kind=finding.kind, name=finding.name, code=finding.code, what=finding.what,
                       values={name: str(value) for name, value in finding.values.items()},
                       since=datetime.fromisoformat(finding.since_utc) if finding.since_utc else None,
                       count=finding.count)


def findings_of(panel: Mapping[str, object]) -> tuple[Finding, ...]:
    """The faults in a panel's message, whichever version sent it.

    A code that is not known here keeps the English line beside it as the value `text`, and so does each line
    of a box that sends no codes.
    """
    lines, found = (panel.get(name) for name in ("faults", "findings"))
    lines = [str(line) for line in lines] if isinstance(lines, list | tuple) else []
    if not isinstance(found, list | tuple) or len(found) != len(lines):
        found = [{} for _ in lines]
    return tuple(_finding(each, line) for each, line in zip(found, lines, strict=True))


def _finding(sent: object, line: str) -> Finding:
    try:
        data = FindingData.model_validate(sent)
    except ValidationError:
        return Finding(Kind.BOX, "", State.BAD, "", {"text": line})
    kind = Kind(data.kind) if data.kind in set(Kind) else Kind.BOX
    return Finding(kind, data.name, State.BAD, data.code, {"text": line, **data.values}, data.what,
                   rfc3339(data.since) if data.since else "", data.count)
