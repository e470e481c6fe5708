"""Findings, of now and of the last self-test, in every language that the page speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from edge.ipc.health import Check, Said, Tested
from edge.upkeep.doctor.finding import Finding, Kind, State, ordered
from edge.upkeep.doctor.words import LANGUAGES, Words

_WORDS = {language: Words(language) for language in LANGUAGES}


def check_of(finding: Finding) -> Check:
    """Of our own version."""
    return Check(finding.state.value, {
        language: Said(words.title(finding), words.found(finding), words.remedy(finding))
        for language, words in _WORDS.items()})


def checks_of(findings: Iterable[Finding]) -> tuple[Check, ...]:
    """The worst first, as a phone is read from above."""
    return tuple(check_of(finding) for finding in reversed(ordered(findings)))


def tested_of(kept: Mapping[str, object] | None) -> Tested | None:
    """Of doctor.json, whoever has written it: what does not fit is left out. None without a time."""
    summary = kept.get("summary") if kept else None
    at = summary.get("at") if isinstance(summary, dict) else None
    checks = kept.get("checks") if kept else None
    if not isinstance(at, str) or not isinstance(checks, list):
        return None
    try:
        datetime.fromisoformat(at)
    except ValueError:
        return None
    return Tested(at, tuple(_checks(reversed(checks))))


def step_of(kind: str) -> Mapping[str, str]:
    """What is looked at now."""
    if kind not in set(Kind):
        return {}
    return {language: words.kind(Kind(kind)) for language, words in _WORDS.items()}


def _checks(checks: Iterable[object]) -> Iterator[Check]:
    for check in checks:
        if isinstance(check, dict) and str(check.get("kind")) in set(Kind) \
                and str(check.get("state")) in set(State):
            yield _check(check)


def _check(check: Mapping[str, object]) -> Check:
    """Said anew in each language; as it was said then where a later version does not know the sentence."""
    values, code = check.get("values"), str(check.get("code", ""))
    finding = Finding(Kind(str(check["kind"])), str(check.get("name", "")), State(str(check["state"])), code,
                      values if isinstance(values, dict) else {}, str(check.get("what", "")))
    try:
        return check_of(finding)
    except KeyError:
        said = {language: Said(words.title(finding), str(check.get("text", "")), str(check.get("do", "")))
                for language, words in _WORDS.items()}
        return Check(finding.state.value, said)
