"""The wiring drawing, the example config and the unit agree with one another and with their own tools."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

import pytest

from edge.config.load import load
from edge.config.model import InputKind, InputSettings, OutputKind, OutputSettings
from edge.gpio.pins import HEADER_PIN

ROOT = Path(__file__).resolve().parents[3]
DRAWING = ROOT / "edge/gpio/wiring.svg"

Wired = Mapping[str, OutputSettings] | Mapping[str, InputSettings]


@pytest.fixture(scope="module")
def drawing() -> ElementTree.Element:
    return ElementTree.parse(DRAWING).getroot()


@pytest.fixture(scope="module")
def wired() -> dict[str, Wired]:
    settings = load(ROOT / "edge/config/example.toml").settings
    return {"output": settings.outputs, "input": settings.inputs}


@pytest.mark.parametrize("group", ["output", "input"])
def test_every_wire_is_in_the_example_and_the_reverse(drawing: ElementTree.Element, wired: dict[str, Wired],
                                                      group: str) -> None:
    """
    The drawing has a wire for each output and input of the example, with its GPIO and pin, and no other.
    """
    drawn = {str(wire.get(f"data-{group}")): (wire.get("data-gpio"), wire.get("data-pin"))
             for wire in drawing.iter() if wire.get(f"data-{group}")}

    assert {name: (str(it.pin), str(HEADER_PIN[it.pin])) for name, it in wired[group].items()} == drawn


def test_every_wire_ends_in_its_pin(drawing: ElementTree.Element) -> None:
    """
    A wire touches the circle of the header pin that it names.
    """
    circles = {circle.get("id"): (circle.get("cx"), circle.get("cy")) for circle in drawing.iter()
               if (circle.get("id") or "").startswith("pin-")}
    assert len(circles) == 40
    for wire in drawing.iter():
        if wire.get("data-pin"):
            x, y = circles[f"pin-{wire.get('data-pin')}"]
            assert re.search(rf"(^M{x} {y}H)|(^M\d+ {y}H{x}$)", wire.get("d") or ""), wire.attrib


def test_the_table_says_the_same(drawing: ElementTree.Element, wired: dict[str, Wired]) -> None:
    """
    The table that the technician reads has each pin, GPIO and name as the example.
    """
    rows = {str(row.get("data-row")): ["".join(text.itertext()) for text in row if text.tag.endswith("text")]
            for row in drawing.iter() if row.get("data-row")}
    want = {name: [str(HEADER_PIN[it.pin]), str(it.pin), name] for group in wired.values()
            for name, it in group.items()}

    assert want == {name: cells[:3] for name, cells in rows.items()}


def test_the_example_has_one_of_each(wired: dict[str, Wired]) -> None:
    """
    Every kind of output and input is in the example, so that the drawing shows how each is wired.
    """
    assert set(OutputKind) == {it.kind for it in wired["output"].values()}
    assert set(InputKind) == {it.kind for it in wired["input"].values()}


def test_outputs_keep_off_pins_that_start_high(wired: dict[str, Wired]) -> None:
    """
    No output of the example is on a pin that has its pull-up on while the board starts.
    """
    assert all(it.pin >= 9 for it in wired["output"].values())


def test_the_drawing_needs_nothing_from_outside(drawing: ElementTree.Element) -> None:
    """
    It opens from a stick without network: no link, no script, no font file; its title can be read out.
    """
    text = DRAWING.read_text(encoding="utf-8")
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in text
    assert drawing.get("aria-labelledby") == "title desc"
