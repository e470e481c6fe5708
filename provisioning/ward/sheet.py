"""recovery.pdf: one page for the safe. What is where, how to know it, what to do; no passphrase, no key."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import as_file
from pathlib import Path

from fpdf import FPDF

from edge.base.words import Words
from edge.contract.signing import kid_of, load_public
from provisioning import fonts
from provisioning.ward.certificates import fingerprint
from provisioning.ward.folder import WardFolder
from provisioning.ward.keys import read_certificate
from provisioning.ward.settings import WardSettings

_FONT = "Roboto"
_RULE_MM = 9.0


def write_sheet(ward: WardFolder, settings: WardSettings, words: Words, now: datetime, path: Path) -> None:
    """One page of A4. Raises OSError."""
    pdf = FPDF(format="A4")
    pdf.set_margin(18)
    with as_file(fonts.REGULAR) as regular, as_file(fonts.BOLD) as bold:
        pdf.add_font(_FONT, "", regular)
        pdf.add_font(_FONT, "B", bold)
    pdf.set_title(words("sheet-title", ward=settings.ward))
    pdf.set_creation_date(now)
    pdf.add_page()
    page = _Page(pdf)
    page.title(words("sheet-title", ward=settings.ward))
    page.text(words("sheet-about", date=f"{now:%d.%m.%Y}"))
    page.head(words("sheet-where"))
    for key in ("root", "issuing", "bundle", "command", "ack", "book"):
        page.item(words(f"sheet-where-{key}"))
    page.head(words("sheet-fingerprints"))
    for name, found in (("root.crt", ward.root_certificate), ("issuing.crt", ward.issuing_certificate),
                        ("bundle.crt", ward.bundle_certificate)):
        page.pair(name, fingerprint(read_certificate(found)))
    page.pair("command.key", f"kid {kid_of(load_public(ward.command_public))}")
    page.pair("broker, EST", f"{settings.broker}, {settings.est_url}")
    page.head(words("sheet-lost"))
    for number in range(1, 6):
        page.item(f"{number}. " + words(f"sheet-lost-{number}", ward=settings.ward))
    page.head(words("sheet-notes"))
    for key in ("keeper", "stick", "copy", "paper", "changed"):
        page.line(words(f"sheet-notes-{key}"))
    pdf.output(str(path))


class _Page:
    """What the sheet is made of."""

    def __init__(self, pdf: FPDF) -> None:
        self._pdf = pdf

    def title(self, text: str) -> None:
        self._write(text, 17, "B", 8)

    def head(self, text: str) -> None:
        self._pdf.ln(2.5)
        self._write(text, 12.5, "B", 7)

    def text(self, text: str) -> None:
        self._write(text, 10.5, "", 5.2)

    def item(self, text: str) -> None:
        with self._pdf.local_context():
            self._pdf.set_x(self._pdf.l_margin + 3)
            self._write(text, 10.5, "", 5.2)

    def pair(self, name: str, value: str) -> None:
        self._write(f"{name}:  {value}", 8, "", 4.8)

    def line(self, text: str) -> None:
        """`text`, and a rule to write on by hand."""
        pdf = self._pdf
        pdf.set_font(_FONT, "", 10.5)
        pdf.cell(pdf.get_string_width(text) + 3, _RULE_MM, text)
        y_mm = pdf.get_y() + _RULE_MM - 1.5
        pdf.line(pdf.get_x(), y_mm, pdf.w - pdf.r_margin, y_mm)
        pdf.ln(_RULE_MM)

    def _write(self, text: str, size: float, style: str, height_mm: float) -> None:
        self._pdf.set_font(_FONT, style, size)
        self._pdf.multi_cell(0, height_mm, text, new_x="LMARGIN", new_y="NEXT", align="L")
