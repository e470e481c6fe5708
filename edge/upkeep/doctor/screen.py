"""The self-test on one screen, and as plain facts. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from edge.upkeep.doctor.finding import Finding, Kind, State, ordered, verdict
from edge.upkeep.doctor.words import Words

_COLOURS = {State.OK: "32", State.SKIPPED: "2", State.WARN: "33;1", State.BAD: "31;1"}


def screen(findings: Sequence[Finding], box: str, words: Words, coloured: bool) -> str:
    """A line for each finding, and one for what to do; the worst and the verdict last."""
    def paint(state: State, text: str) -> str:
        return f"\033[{_COLOURS[state]}m{text}\033[0m" if coloured else text

    signs = max(len(words.state(state)) for state in State)
    heads = max((len(words.title(finding)) for finding in findings), default=0)
    lines = [words("title", box=box), ""]
    for finding in ordered(findings):
        sign = paint(finding.state, words.state(finding.state).ljust(signs))
        lines.append(f"{sign}  {words.title(finding).ljust(heads)}  {words.found(finding)}")
        if remedy := words.remedy(finding):
            lines.append(" " * (signs + heads + 4) + words("do", text=remedy))
    worst = verdict(findings)
    counts = {state.value: sum(finding.state is state for finding in findings) for state in State}
    return "\n".join([*lines, "", paint(worst, words.verdict(worst, **counts))])


def facts(findings: Sequence[Finding], at: str, box: str, words: Words) -> dict[str, object]:
    """What --json prints and the box keeps. No secret is in any text."""
    def names(state: State) -> list[str]:
        return [f"{it.kind}/{it.name}" if it.name else it.kind.value for it in findings if it.state is state]

    return {"box": box,
            "summary": {"at": at, "verdict": verdict(findings).value, "bad": names(State.BAD),
                        "warn": names(State.WARN)},
            "versions": {key: str(value) for finding in findings if finding.kind is Kind.VERSION
                         for key, value in finding.values.items()},
            "checks": [{"kind": it.kind.value, "name": it.name, "what": str(it.what), "state": it.state.value,
                        "code": it.code, "text": words.found(it), "do": words.remedy(it),
                        "values": {key: str(value) for key, value in it.values.items()}}
                       for it in ordered(findings)]}
