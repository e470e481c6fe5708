"""What a technician sees and hears: every fault has flashes of its own, in the program and on paper."""

from __future__ import annotations

from pathlib import Path

from edge.base.blinking import played
from edge.base.values import NS_PER_S
from edge.bundle import form
from edge.upkeep.firstboot.faults import SetupFault
from edge.upkeep.firstboot.report import fault_text
from edge.upkeep.firstboot.signals import PATTERNS, FlashPattern

ROOT = Path(__file__).resolve().parents[4]


def test_each_fault_has_its_own_flashes_and_words() -> None:
    """
    No two look alike, none is without words, and every fault of a bundle is among them.
    """
    assert [*SetupFault] == [*PATTERNS]
    assert len(SetupFault) == len(set(PATTERNS.values()))
    assert {fault.value for fault in form.BundleFault} <= {fault.value for fault in SetupFault}
    assert all(1 <= it.long <= 5 and 1 <= it.short <= 5 for it in PATTERNS.values())


def test_the_page_lists_the_same() -> None:
    """
    docs/first-boot.md has one row for each fault: code, flashes, both languages.
    """
    page = (ROOT / "docs" / "first-boot.md").read_text(encoding="utf-8")
    listed = [line for line in page.splitlines() if line.startswith("| `")]

    assert [f"| `{fault}` | {it.long} | {it.short} | {fault_text(fault, 'vi')} | {fault_text(fault, 'en')} |"
            for fault, it in PATTERNS.items()] == [line for line in listed if line.count("|") == 6]


def test_two_long_one_short() -> None:
    """
    As somebody counts it: each flash apart, then a pause that is longer than all.
    """
    levels = [played(FlashPattern(2, 1).flashes, (2 * tenth + 1) * NS_PER_S // 20).on for tenth in range(65)]

    drawn = "".join("#" if on else "." for on in levels)
    assert "##########...##########...##" + "." * 25 + "##########.." == drawn
