"""The label that is stuck on a box: a QR code, its name, its place. For label printers and for sheets of A4.

The QR code holds the address of the group's page and the box's name: nothing secret, since everybody who
passes may read it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fpdf import FPDF

from provisioning.box.printing import FONT, POINT_MM, draw_code, fitting, new_pdf
from provisioning.errors import WordedError

_LINE = 1.16                    # height of a line, of the size of its letters


class Size(StrEnum):
    """What is printed on."""

    ROLL = "62"                 # endless roll of 62 mm, as label printers of offices have it
    SMALL = "50x30"
    SHEET = "a4"                # 24 labels of 70 x 37 mm, without gaps


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one."""

    identity: str
    title: str
    page: str                   # https://hop-01-to-12.local:8443

    @property
    def qr_text(self) -> str:
        """The page's address, with the box's name behind the #, which a browser sends to nobody."""
        return f"{self.page}/#{self.identity}"


@dataclass(frozen=True, slots=True)
class _Cell:
    """A label's place on a page, in mm."""

    x: float
    y: float
    width: float
    height: float
    margin: float


_ROLL, _SMALL = (62.0, 29.0), (50.0, 30.0)
_ACROSS, _DOWN, _CELL = 3, 8, (70.0, 37.0)


def write_labels(path: Path, labels: Sequence[Label], size: Size, hints: Sequence[str],
                 skip: int = 0) -> None:
    """One PDF.

    Args:
        hints: lines below the address: what to do with the code, which model it is.
        skip: of a sheet, how many labels are gone already.

    Raises FatalError.
    """
    pdf = new_pdf("A4" if size is Size.SHEET else _paper(size))
    for index, label in enumerate(labels):
        _draw(pdf, label, _place(pdf, size, index, skip), hints)
    try:
        pdf.output(str(path))
    except OSError as exc:
        raise WordedError("cannot-write", os.EX_UNAVAILABLE, path=str(path), why=exc) from exc


def _paper(size: Size) -> tuple[float, float]:
    return _ROLL if size is Size.ROLL else _SMALL


def _place(pdf: FPDF, size: Size, index: int, skip: int) -> _Cell:
    """Begins a page where one is needed."""
    if size is not Size.SHEET:
        pdf.add_page()
        return _Cell(0, 0, *_paper(size), margin=2.0)
    place = (index + skip) % (_ACROSS * _DOWN)
    if index == 0 or place == 0:
        pdf.add_page()
    row, column = divmod(place, _ACROSS)
    width, height = _CELL
    return _Cell(column * width, row * height + (297 - _DOWN * height) / 2, width, height, margin=4.5)


def _draw(pdf: FPDF, label: Label, cell: _Cell, hints: Sequence[str]) -> None:
    side = cell.height - 2 * cell.margin
    side = min(side, (cell.width - 2 * cell.margin) * 0.46)
    draw_code(pdf, label.qr_text, cell.x + cell.margin, cell.y + (cell.height - side) / 2, side)
    left = cell.x + cell.margin + side + 1.5
    width = cell.x + cell.width - cell.margin - left
    ward, group, box = label.identity.split(".")
    lines = [*_wrapped(pdf, label.title, width, 3), (box, "B", fitting(pdf, box, "B", 12, width)),
             *((part, "", fitting(pdf, part, "", 8, width)) for part in (group, ward)),
             (label.page.removeprefix("https://"), "",
              fitting(pdf, label.page.removeprefix("https://"), "", 6.5, width)),
             *((hint, "", fitting(pdf, hint, "", 6, width)) for hint in hints)]
    heights = [points * POINT_MM * _LINE for _, _, points in lines]
    y = cell.y + (cell.height - sum(heights)) / 2
    for (text, style, points), height in zip(lines, heights, strict=True):
        pdf.set_font(FONT, style, points)
        pdf.set_xy(left, y)
        pdf.cell(width, height, text)
        y += height


def _wrapped(pdf: FPDF, text: str, width: float, lines: int) -> list[tuple[str, str, float]]:
    """Bold, as large as fits into so many lines."""
    points = 10.0
    while True:
        pdf.set_font(FONT, "B", points)
        split = pdf.multi_cell(width, 1, text, dry_run=True, output="LINES", align="L")
        assert isinstance(split, list)
        if len(split) <= lines or points <= 4:
            return [(line, "B", points) for line in split[:lines]]
        points -= 0.5
