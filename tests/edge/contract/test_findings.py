"""Faults on their way to the ward: the same there as at the box, and readable from any version."""

from __future__ import annotations

from collections.abc import Mapping

from edge.base.finding_words import FindingWords
from edge.base.findings import Finding, Kind, State
from edge.contract.findings import finding_data, findings_of

STUCK = Finding(Kind.INPUT, "gate", State.BAD, "input-stuck", what="panic")
NO_PINS = Finding(Kind.PINS, "", State.BAD, "outputs-bad", {"error": "no chip"})


def panel(*findings: Finding) -> dict[str, object]:
    return {"faults": [it.line for it in findings],
            "findings": [finding_data(it).model_dump(mode="json") for it in findings]}


def said(sent: Mapping[str, object], language: str) -> list[str]:
    words = FindingWords(language)
    return [f"{words.title(it)}: {words.found(it)}" for it in findings_of(sent)]


def test_a_fault_is_read_in_the_readers_language() -> None:
    """
    What the box found is said in Vietnamese and in English, by its code and values.
    """
    assert ["nút báo động gate: bị nhấn quá lâu: kẹt nút hoặc chập dây",
            "ngõ ra, ngõ vào: còi, đèn không hoạt động"] == said(panel(STUCK, NO_PINS), "vi")
    assert ["panic button gate: down for too long: stuck, or a short in its wire"] == said(panel(STUCK), "en")


def test_what_another_version_sends_is_said_as_it_says_it() -> None:
    """
    Without codes, with a code or a kind that is newer, or with something else in their place: its own line.
    """
    later = {"kind": "robot", "code": "robot-tired"}
    sings = {"kind": "input", "code": "input-sings"}
    for found in (None, "x", [later], [7], [sings]):
        sent = {"faults": ["input gate: sings"], "findings": found}
        assert ["input gate: sings"] == [
            line.removeprefix("hộp: ").removeprefix("nút, công tắc: ")
            for line in said(sent, "vi")]
    assert [] == said({}, "vi")
    assert [] == said({"faults": "x", "findings": [later]}, "vi")


def test_a_line_for_logs() -> None:
    """
    Kind, name, code and what went wrong, on one line.
    """
    assert ("input gate: input-stuck", "pins: outputs-bad: no chip") == (STUCK.line, NO_PINS.line)
