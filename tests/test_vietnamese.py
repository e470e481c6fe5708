"""How Vietnamese is spelt, wherever people read it: as in school books, one way everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
