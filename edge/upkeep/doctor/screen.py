"""The self-test on one screen, and as plain facts. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from edge.base.finding_words import FindingWords
from edge.base.findings import Finding, Kind, State, count, ordered, verdict
from edge.base.words import Words

CATALOGUE = "edge.upkeep.doctor.doctor"

_COLOURS = {State.OK: "32", State.SKIPPED: "2", State.WARN: "33;1", State.BAD: "31;1"}


def screen(findings: Sequence[Finding], box: str, language: str, coloured: bool) -> str:
    """A line for each finding, and one for what to do; the worst and the verdict last."""
    def paint(state: State, text: str) -> str:
        return f"\033[{_COLOURS[state]}m{text}\033[0m" if coloured else text

    words, finding_words = Words(language, CATALOGUE), FindingWords(language)
    signs = max(len(finding_words.state(state)) for state in State)
    heads = max((len(finding_words.title(finding)) for finding in findings), default=0)
    lines = [words("title", box=box), ""]
    for finding in ordered(findings):
        sign = paint(finding.state, finding_words.state(finding.state).ljust(signs))
        lines.append(f"{sign}  {finding_words.title(finding).ljust(heads)}  {finding_words.found(finding)}")
        if remedy := finding_words.remedy(finding):
            lines.append(" " * (signs + heads + 4) + words("do", text=remedy))
    worst = verdict(findings)
    return "\n".join([*lines, "", paint(worst, finding_words.verdict(worst, count(findings)).upper())])


def facts(findings: Sequence[Finding], at: str, box: str, language: str) -> dict[str, object]:
    """What --json prints and the box keeps. No secret is in any text."""
    def names(state: State) -> list[str]:
        return [f"{it.kind}/{it.name}" if it.name else it.kind.value for it in findings if it.state is state]

    words = FindingWords(language)
    return {"box": box,
            "summary": {"at": at, "verdict": verdict(findings).value, "bad": names(State.BAD),
                        "warn": names(State.WARN)},
            "versions": {key: str(value) for finding in findings if finding.kind is Kind.VERSION
                         for key, value in finding.values.items()},
            "checks": [{"kind": it.kind.value, "name": it.name, "what": str(it.what), "state": it.state.value,
                        "code": it.code, "text": words.found(it), "do": words.remedy(it),
                        "values": {key: str(value) for key, value in it.values.items()}}
                       for it in ordered(findings)]}
