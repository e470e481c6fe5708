"""Handover sheets as whoever holds the paper reads them: what is printed, and what its codes say."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import segno
from PIL import Image

from edge.members.values import MemberRole

DPI = 300
MM = DPI / 25.4
CUT_MM = 188.0
_CODE_MM = {MemberRole.LEADER: 82.0, MemberRole.TECHNICIAN: 50.0}
_LEFT_MM, _QUIET = 12.0, 4
_TOKEN = re.compile(r"^ *((?:[0-9A-HJKMNP-TV-Z]{4} ){7}[0-9A-HJKMNP-TV-Z]{4})$", re.MULTILINE)
_ADDRESS = re.compile(r"^ *(https://\S+)/join$", re.MULTILINE)

Dark = npt.NDArray[np.bool_]


def texts(pdf: Path) -> list[str]:
    """Of each page."""
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext: apt-get install poppler-utils")
    done = subprocess.run(("pdftotext", "-layout", str(pdf), "-"), check=True, capture_output=True, text=True)
    return done.stdout.split("\f")[:-1]


def pages(pdf: Path) -> list[Dark]:
    """Each page, dark or not."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("needs pdftoppm: apt-get install poppler-utils")
    stem = pdf.with_suffix("")
    subprocess.run(("pdftoppm", "-r", str(DPI), "-gray", "-png", str(pdf), str(stem)), check=True)
    return [np.asarray(Image.open(page).convert("L")) < 128
            for page in sorted(pdf.parent.glob(f"{stem.name}-*.png"))]


def letters(text: str) -> tuple[str, dict[MemberRole, str]]:
    """Of one page's text: the page to open, and what each part says to type."""
    leader, technician = _TOKEN.findall(text)
    assert 1 == len(set(_ADDRESS.findall(text)))
    return _ADDRESS.findall(text)[0], {MemberRole.LEADER: leader, MemberRole.TECHNICIAN: technician}


def read_code(page: Dark, role: MemberRole, text: str) -> None:
    """The QR code in that part: every module as segno makes it of `text`, and white around it."""
    want = np.array([[module == 1 for module in row] for row in
                     segno.make(text, error="m", micro=False).matrix])
    cut = int(CUT_MM * MM)
    part = page[:cut] if role is MemberRole.LEADER else page[cut:]
    module = _CODE_MM[role] / (len(want) + 2 * _QUIET) * MM
    left = _LEFT_MM * MM + _QUIET * module
    bars = part[:, int(left) + 2:int(left + 7 * module) - 2].all(axis=1)    # no letter is so wide
    assert bars.any(), f"no code of {len(want)} modules in the part of the {role}"
    top = int(np.flatnonzero(bars)[0])
    middles = (np.arange(len(want)) + 0.5) * module

    assert np.array_equal(want, part[np.ix_((top + middles).astype(int), (left + middles).astype(int))])
    wide, quiet = int(len(want) * module), int(_QUIET * module) - 3
    right, low = int(left) + wide, top + wide
    for side in (part[top - quiet:top - 3, int(left):right], part[low + 3:low + quiet, int(left):right],
                 part[top:low, int(left) - quiet:int(left) - 3], part[top:low, right + 4:right + quiet]):
        assert not side.any()
