"""The wiring drawing, the example config and the unit agree with one another and with their own tools."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

import pytest

from edge.alarm.pins import HEADER_PIN
from edge.config.load import load
from edge.config.model import InputKind, InputSettings, OutputKind, OutputSettings

ROOT = Path(__file__).resolve().parents[3]
DRAWING = ROOT / "edge/alarm/wiring.svg"
UNIT = ROOT / "systemd/edgebox-guard.service"

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


needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


@pytest.fixture
def unit_here(tmp_path: Path) -> Path:
    """The unit with a program that exists on any machine, since `verify` looks for it."""
    here = tmp_path / UNIT.name
    here.write_text(re.sub(r"/opt/edgebox/bin/edgebox", "/bin/true", UNIT.read_text()))
    return here


@needs_systemd
def test_systemd_takes_the_unit(unit_here: Path) -> None:
    """
    systemd knows every key and value of the unit.
    """
    told = subprocess.run(["systemd-analyze", "verify", "--recursive-errors=no", str(unit_here)],
                          capture_output=True, text=True, timeout=60)

    assert (0, "") == (told.returncode, told.stderr)


@needs_systemd
def test_the_unit_is_hardened(unit_here: Path) -> None:
    """
    Its exposure is at most 2.5 of 10.
    """
    told = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager",
                           str(unit_here)], capture_output=True, text=True, timeout=60)

    assert told.returncode == 0, told.stdout


def test_the_unit_keeps_the_alarm_and_puts_outputs_off() -> None:
    """
    However guard ends outputs go off, the alarm that is on survives, and a bad config is not tried again.
    """
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters="=")
    parser.optionxform = str        # type: ignore[assignment,method-assign]
    parser.read(UNIT)
    service = parser["Service"]

    assert service["ExecStopPost"].endswith("/edgebox alarm off --config /etc/edgebox/edge.toml")
    assert service["ExecStart"].endswith("/edgebox guard --config /etc/edgebox/edge.toml")
    assert ("always", "78") == (service["Restart"], service["RestartPreventExitStatus"])
    assert ("edgebox", "yes") == (service["RuntimeDirectory"], service["RuntimeDirectoryPreserve"])
    assert "ProcSubset" not in service      # it would hide the board's revision and the boot's id
    assert "ProtectClock" not in service    # it would hide whether the clock is right
