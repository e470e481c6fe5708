"""The sign that hangs where a box's cameras look: that there are some, whose, what for, and whom to ask.

Law 91/2025/QH15, article 32, wants people told that they are recorded where cameras stand in public places,
and leaves form and wording open. One page of A4 or A5 a box, Vietnamese first, English smaller below each
line. What it says of the box is true of every box as `box new` makes it: nothing is asked of its config.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fpdf import FPDF

from edge.base.words import LANGUAGES, Words
from provisioning.box.printing import FONT, POINT_MM, fitting, new_pdf
from provisioning.ward.controller import Controller

CATALOGUE = "provisioning.words.sign"
PARTS = ("who", "why", "what", "never", "keep", "rights")
_WIDE_MM, _HIGH_MM, _MARGIN_MM = 210.0, 297.0, 16.0     # of A4; A5 is the same, smaller
_BAND_MM, _LINE, _SMALLER = 62.0, 1.28, 0.72
_POINTS, _TITLE_POINTS, _FOOT_POINTS = 15.0, 36.0, 9.0
_GREY = 90


class Paper(StrEnum):
    """What is printed on."""

    A4 = "a4"
    A5 = "a5"


_SCALES = {Paper.A4: 1.0, Paper.A5: 148 / 210}


@dataclass(frozen=True, slots=True)
class Sign:
    """What stands on one, beside the controller."""

    identity: str
    title: str                  # where the box hangs, as people call it


def signs_pdf(signs: Sequence[Sign], controller: Controller, paper: Paper, made: datetime) -> bytes:
    """A page a sign."""
    pdf = new_pdf((_WIDE_MM * _SCALES[paper], _HIGH_MM * _SCALES[paper]))
    pdf.set_creation_date(made)
    words = tuple(Words(language, CATALOGUE) for language in LANGUAGES)
    pdf.set_left_margin(_MARGIN_MM * _SCALES[paper])
    pdf.set_right_margin(_MARGIN_MM * _SCALES[paper])
    for sign in signs:
        pdf.add_page()
        _SignWriter(pdf, words, _SCALES[paper]).draw(sign, controller, made)
    return bytes(pdf.output())


class _SignWriter:
    """One sign, from above. Lengths are those of A4."""

    def __init__(self, pdf: FPDF, words: tuple[Words, ...], scale: float) -> None:
        self._pdf, self._words, self._scale, self._y = pdf, words, scale, 0.0

    def draw(self, sign: Sign, controller: Controller, made: datetime) -> None:
        self._band()
        self._y = _BAND_MM + 7
        self._line(sign.title, _POINTS * 1.5, "B")
        self._y += 3
        values = {"name": controller.name, "address": controller.address, "phone": controller.phone,
                  "days": str(controller.keep_days)}
        for part in PARTS:
            self._part(part, values)
        self._foot(sign, made)

    def _band(self) -> None:
        """The black band with a camera and the title, to be seen from afar."""
        pdf, side = self._pdf, _BAND_MM
        pdf.set_fill_color(0)
        pdf.rect(0, 0, self._mm(_WIDE_MM), self._mm(side), style="F")
        pdf.set_fill_color(255)
        pdf.rect(self._mm(16), self._mm(20), self._mm(26), self._mm(16), style="F")     # the camera's body
        pdf.polygon([(self._mm(x), self._mm(y)) for x, y in ((42, 26), (50, 20), (50, 36), (42, 30))],
                    style="F")
        pdf.rect(self._mm(26), self._mm(36), self._mm(4), self._mm(8), style="F")       # its arm
        pdf.rect(self._mm(18), self._mm(43), self._mm(20), self._mm(3), style="F")
        pdf.set_text_color(255)
        self._y = 17.0
        for say, points, style in zip(self._words, (_TITLE_POINTS, _TITLE_POINTS * 0.55), ("B", ""),
                                      strict=True):
            self._line(say("title"), points, style, left=58.0)
        pdf.set_text_color(0)

    def _part(self, part: str, values: dict[str, str]) -> None:
        for say, share in zip(self._words, (1.0, _SMALLER), strict=True):
            points = _POINTS * share
            self._pdf.set_text_color(0 if share == 1 else _GREY)
            self._text(say(f"head-{part}"), say(part, **values), points)
        self._y += 2.6

    def _foot(self, sign: Sign, made: datetime) -> None:
        self._pdf.set_text_color(_GREY)
        self._y = _HIGH_MM - _MARGIN_MM - 2 * _FOOT_POINTS * POINT_MM * _LINE
        for say in self._words:
            self._line(say("foot", identity=sign.identity, made=f"{made.astimezone():%d.%m.%Y}"),
                       _FOOT_POINTS)

    def _line(self, text: str, points: float, style: str = "", *, left: float = _MARGIN_MM) -> None:
        wide = self._mm(_WIDE_MM - _MARGIN_MM - left)
        self._pdf.set_font(FONT, style, fitting(self._pdf, text, style, points * self._scale, wide - 0.5))
        self._pdf.set_xy(self._mm(left), self._mm(self._y))
        self._pdf.cell(wide, self._mm(points * POINT_MM * _LINE), text)
        self._y += points * POINT_MM * _LINE

    def _text(self, head: str, text: str, points: float) -> None:
        """`head` in bold and `text` behind it, over as many lines as it takes."""
        pdf, high = self._pdf, points * POINT_MM * _LINE
        pdf.set_xy(self._mm(_MARGIN_MM), self._mm(self._y))
        pdf.set_font(FONT, "B", points * self._scale)
        pdf.write(self._mm(high), f"{head}: ")
        pdf.set_font(FONT, "", points * self._scale)
        pdf.write(self._mm(high), text)
        self._y = pdf.get_y() / self._scale + high

    def _mm(self, length: float) -> float:
        return length * self._scale
