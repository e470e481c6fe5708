"""What labels and sheets are made of: letters with Vietnamese, and QR codes as sharp as the printer is."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import as_file

import segno
from fpdf import FPDF

from provisioning import fonts

FONT = "Roboto"
POINT_MM = 25.4 / 72
_QUIET_MODULES = 4              # ISO/IEC 18004: white around the code


def new_pdf(paper: str | tuple[float, float]) -> FPDF:
    """An empty document in mm, without margins and page breaks of its own; FONT is there, regular and bold.
    """
    pdf = FPDF(unit="mm", format=paper)
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.c_margin = 0
    with as_file(fonts.REGULAR) as regular, as_file(fonts.BOLD) as bold:
        pdf.add_font(FONT, "", regular)
        pdf.add_font(FONT, "B", bold)
    return pdf


def draw_code(pdf: FPDF, text: str, x: float, y: float, side: float) -> None:
    """A QR code in the square at (x, y), with the white that belongs around it."""
    rows = [[module == 1 for module in row] for row in segno.make(text, error="m", micro=False).matrix]
    module = side / (len(rows) + 2 * _QUIET_MODULES)
    pdf.set_fill_color(0)
    for down, row in enumerate(rows):
        for start, end in _runs(row):
            pdf.rect(x + (_QUIET_MODULES + start) * module, y + (_QUIET_MODULES + down) * module,
                     (end - start) * module, module, style="F")


def fitting(pdf: FPDF, text: str, style: str, points: float, width: float) -> float:
    """The size at which `text` is at most `width` wide, `points` at most."""
    pdf.set_font(FONT, style, points)
    wide = pdf.get_string_width(text)
    return points if wide <= width else points * width / wide


def _runs(row: Sequence[bool]) -> list[tuple[int, int]]:
    """Dark modules side by side, as one bar: no hair lines between them."""
    runs: list[tuple[int, int]] = []
    for at, dark in enumerate(row):
        if dark and runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + 1)
        elif dark:
            runs.append((at, at + 1))
    return runs
