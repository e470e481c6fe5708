"""How Vietnamese is spelt, wherever people read it: as in school books, one way everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.base.finding_words import FindingWords
from edge.base.findings import Finding, Kind, State
from edge.base.mqtt_faults import FaultKind
from tests.english import english_in

ROOT = Path(__file__).resolve().parents[1]
# In open syllables of oa, oe, uy the tone stands on the first vowel (khóa), in closed ones on the second
# (khoảng); "quý" is q and u, and its y bears it.
OPEN = re.compile(r"\w*(?:(?<![qQ])[oO][àáảãạ]|[oO][èéẻẽẹ]|(?<![qQ])[uU][ỳýỷỹỵ])\b")
CLOSED = re.compile(r"\w*(?:[òóỏõọ][ae]|[ùúủũụ]y)\w+")


def texts() -> list[Path]:
    found = [path for folder in ("edge", "ward", "provisioning", "docs/guides",
                                                            "docs/papers")
             for suffix in ("*vi.ftl", "*.vi.md") for path in (ROOT / folder).rglob(suffix)]
    return sorted(found)


@pytest.mark.parametrize("path", texts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_tones_stand_where_school_books_have_them(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [] == OPEN.findall(text) + CLOSED.findall(text)


CATALOGUES = [path for path in texts() if path.suffix == ".ftl"]
# Of a camera what it says itself, in quotes; the other two are given words of the same language.
QUOTED = {"unread", "confirm-folder", "onvif-said-no"}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_english_stands_in_a_vietnamese_sentence(path: Path) -> None:
    """
    Neither in the text itself, nor by a value: what a program or library says of a fault is English, so that
    a fault comes as a code with values, and its Vietnamese has no place for such a text.
    """
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert [] == [line for line in lines if english_in(re.sub(r"^[a-z][\w-]* =", "", line))]
    assert set() == {line.split(" = ")[0] for line in lines
                     if re.search(r"\{ \$(error|detail) \}", line)} - QUOTED


def test_a_fault_of_another_tongue_stays_out() -> None:
    """
    Whatever a library says of it, no finding shows that in Vietnamese; and the detector knows English.
    """
    words = FindingWords("vi")
    for kind in FaultKind:
        finding = Finding(Kind.WARD, "", State.BAD, f"ward-bad-{kind}",
                          {"at": "mqtt.example:8883", "error": "the broker is not available"})
        assert not english_in(words.found(finding) + words.remedy(finding))
    assert ["cannot", "the", "of"] == english_in("cannot find the address of mqtt.example")
    assert [] == english_in("chạy: sudo edgebox doctor; xem /var/lib/the/of.txt")


def test_the_rule_knows_right_from_wrong() -> None:
    """
    What is right is passed over, what is wrong is found.
    """
    assert len(texts()) > 6
    for right in ("khóa", "khoảng", "xóa", "hòa", "hoàn", "hủy", "quý", "quỹ", "khỏe", "thuyền", "loại"):
        assert not OPEN.search(right), right
        assert not CLOSED.search(right), right
    for wrong in ("khoá", "khỏang", "xoá", "huỷ", "khoẻ", "hòan", "uỷ"):
        assert OPEN.search(wrong) or CLOSED.search(wrong), wrong
