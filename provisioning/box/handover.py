"""The handover sheet of a box, one page of A4: the leader's letter, where to cut, the technician's part.

Here alone stand the tokens that the bundle invites by, as QR codes and in letters to type. Vietnamese first,
English second, whatever language the tool speaks: who reads it is not who made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fpdf import FPDF

from edge.base.words import LANGUAGES, Words
from edge.members.address import join_address
from edge.members.values import MemberRole
from provisioning.box.invites import Invited
from provisioning.box.printing import FONT, POINT_MM, draw_code, fitting, new_pdf

_WIDE_MM, _MARGIN_MM = 210.0, 15.0
_CUT_MM = 188.0
_LINE = 1.3                     # height of a line, of the size of its letters
_SMALLER = 0.8                  # the second language, of the first
_TYPED = 4                      # letters of a token in a row


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on one."""

    identity: str
    title: str
    page: str                   # https://hop-01-to-12.local:8443
    ssid: str                   # the Wi-Fi that the box is in; "" where it has a cable
    people: tuple[Invited, ...]
    mobile: bool = False        # 4G alone, as far as is known: no telephone reaches the box through it


@dataclass(frozen=True, slots=True)
class _Part:
    """The place of one person's part, and how large it is written."""

    top: float                  # mm
    code: float                 # side of the QR code, mm
    points: float


_PARTS = {MemberRole.LEADER: _Part(13.0, 82.0, 11.5), MemberRole.TECHNICIAN: _Part(_CUT_MM + 5.0, 50.0, 8.5)}


def sheets_pdf(sheets: Sequence[Sheet], made: datetime) -> bytes:
    """A page a sheet. It holds secrets: for the owner alone, until it is printed."""
    pdf = new_pdf("A4")
    pdf.set_creation_date(made)
    words = tuple(Words(language, "provisioning.words.handover") for language in LANGUAGES)
    for sheet in sheets:
        pdf.add_page()
        for person in sheet.people:
            _Writer(pdf, words, _PARTS[person.role]).part(sheet, person, made)
        _cut_line(pdf, " · ".join(say("cut") for say in words))
    return bytes(pdf.output())


def typed(token: str) -> str:
    """A token as people read it from paper: ABCD EFGH and so on. The page passes over the spaces."""
    return " ".join(token[at:at + _TYPED] for at in range(0, len(token), _TYPED))


def _cut_line(pdf: FPDF, text: str) -> None:
    pdf.set_font(FONT, "", 8)
    wide = pdf.get_string_width(text) + 4
    pdf.set_dash_pattern(dash=2, gap=1.5)
    pdf.line(0, _CUT_MM, (_WIDE_MM - wide) / 2, _CUT_MM)
    pdf.line((_WIDE_MM + wide) / 2, _CUT_MM, _WIDE_MM, _CUT_MM)
    pdf.set_dash_pattern()
    pdf.set_xy((_WIDE_MM - wide) / 2, _CUT_MM - 2)
    pdf.cell(wide, 4, text, align="C")


class _Writer:
    """One person's part, from above."""

    def __init__(self, pdf: FPDF, words: tuple[Words, ...], part: _Part) -> None:
        self._pdf, self._words, self._part, self._y = pdf, words, part, part.top

    def part(self, sheet: Sheet, person: Invited, made: datetime) -> None:
        left, wide, points = _MARGIN_MM, _WIDE_MM - 2 * _MARGIN_MM, self._part.points
        self._both(f"title-{person.role}", left, wide, points * 1.6, "B")
        self._text(f"{sheet.title} – {sheet.identity}", left, wide, points, "B", one_line=True)
        if person.role is MemberRole.LEADER:
            self._text(self._words[0]("to", name=person.name or "." * 60), left, wide, points,
                       one_line=True)
        top = self._y + 2
        draw_code(self._pdf, join_address(sheet.page, person.token), left - 3, top, self._part.code)
        self._y = top + 2
        beside = left + self._part.code
        self._steps(sheet, person, beside, _WIDE_MM - _MARGIN_MM - beside)
        self._y = max(self._y, top + self._part.code)
        self._both("by-hand", left, wide, points)
        self._text(f"{sheet.page}/join", left, wide, points * 1.15, "B", one_line=True)
        self._text(typed(person.token), left, wide, points * 1.15, "B", one_line=True)
        self._y += 1.5
        self._both(f"limits-{person.role}", left, wide, points * 0.9, made=f"{made.astimezone():%d.%m.%Y}")

    def _steps(self, sheet: Sheet, person: Invited, left: float, wide: float) -> None:
        where = "step-wifi" if sheet.ssid else "step-mobile" if sheet.mobile else "step-cable"
        for say, share in zip(self._words, (1, _SMALLER), strict=True):
            for number, key in enumerate((where, "step-scan", f"step-{person.role}"), start=1):
                text = f"{number}. " + say(key, ssid=sheet.ssid)
                self._text(text, left, wide, self._part.points * share)
            self._y += 1

    def _both(self, key: str, left: float, wide: float, points: float, style: str = "",
              **values: str) -> None:
        for say, share in zip(self._words, (1, _SMALLER), strict=True):
            self._text(say(key, **values), left, wide, points * share, style if share == 1 else "")

    def _text(self, text: str, left: float, wide: float, points: float, style: str = "", *,
              one_line: bool = False) -> None:
        size = fitting(self._pdf, text, style, points, wide - 0.5) if one_line else points
        self._pdf.set_font(FONT, style, size)
        self._pdf.set_xy(left, self._y)
        self._pdf.multi_cell(wide, points * POINT_MM * _LINE, text, align="L")
        self._y = self._pdf.get_y() + points * POINT_MM * 0.2
