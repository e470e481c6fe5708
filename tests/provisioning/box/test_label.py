"""Labels, rendered: the QR code is the one that was meant, nothing is cut off, nothing secret is on it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import segno
from PIL import Image

from edge import MODEL, SUPPORT_UNTIL
from edge.base.words import Words
from edge.cli import main as edgebox
from provisioning.box.acts import hints_of
from provisioning.box.config_text import address_of
from provisioning.box.label import Label, Size, write_labels
from tests.provisioning.box.sheets import texts

HINTS = hints_of(Words("vi", "provisioning.words.box"))
DPI = 600
MM = DPI / 25.4
SHORT = Label("phuong-5.to-12.hop-01", "Tổ 12, ngõ 5", address_of("to-12", "hop-01"))
LONG = Label(f"p-5.{'t' * 29}.{'h' * 29}", "Tổ dân phố số 12 khu đô thị Nguyễn Thị Minh Khai, ngõ 123/45",
             address_of("t" * 29, "h" * 29))


def rendered(pdf: Path) -> list[npt.NDArray[np.bool_]]:
    """Each page, dark or not."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("needs pdftoppm: apt-get install poppler-utils")
    subprocess.run(("pdftoppm", "-r", str(DPI), "-gray", "-png", str(pdf), str(pdf.with_suffix(""))),
                   check=True)
    pages = sorted(pdf.parent.glob(f"{pdf.stem}-*.png"))
    return [np.asarray(Image.open(page).convert("L")) < 128 for page in pages]


def read_code(dark: npt.NDArray[np.bool_], text: str) -> None:
    """The one QR code on `dark`: every module as segno makes it, and four white ones around."""
    want = np.array([[module == 1 for module in row] for row in
                     segno.make(text, error="m", micro=False).matrix])
    left, top, bottom = bounds(dark)
    side = bottom - top
    module = side / len(want)
    columns = dark[top:bottom, left:left + side]
    centres = ((np.arange(len(want)) + 0.5) * module).astype(int)

    assert np.array_equal(want, columns[np.ix_(centres, centres)])
    assert module / MM >= 0.33, f"a module is {module / MM:.2f} mm: phones want at least 0.33"
    quiet = int(4 * module) - 2
    assert left >= quiet
    assert not dark[max(0, top - quiet):bottom + quiet, left - quiet:left].any()
    assert not dark[max(0, top - quiet):bottom + quiet, left + side + 1:left + side + quiet].any()


def bounds(dark: npt.NDArray[np.bool_]) -> tuple[int, int, int]:
    """Of the code: the leftmost thing, as high as its left edge, which two finder patterns and more touch."""
    left = int(np.flatnonzero(dark.any(axis=0))[0])
    rows = np.flatnonzero(dark[:, left:left + 3].any(axis=1))
    return left, int(rows[0]), int(rows[-1]) + 1


@pytest.mark.parametrize("label", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize(("size", "width", "height"), [(Size.ROLL, 62, 29), (Size.SMALL, 50, 30)])
def test_a_label_of_its_own(tmp_path: Path, label: Label, size: Size, width: float, height: float) -> None:
    """
    One page of the label's size for each; the code reads as meant; no ink within 1 mm of the edge.
    """
    write_labels(tmp_path / "l.pdf", [label, label], size, HINTS)
    pages = rendered(tmp_path / "l.pdf")

    assert 2 == len(pages)
    for dark in pages:
        assert (round(height * MM), round(width * MM)) == pytest.approx(dark.shape, abs=2)
        read_code(dark, label.qr_text)
        edge = int(MM)
        assert not np.concatenate([dark[:edge].ravel(), dark[-edge:].ravel(), dark[:, :edge].ravel(),
                                   dark[:, -edge:].ravel()]).any()


def test_a_sheet_of_many(tmp_path: Path) -> None:
    """
    24 on a sheet, those that are gone left out, the rest on a second one; each in its own field.
    """
    labels = [Label(f"phuong-5.to-12.hop-{n:02}", f"Ngõ {n}", address_of("to-12", f"hop-{n:02}"))
              for n in range(1, 25)]
    write_labels(tmp_path / "a4.pdf", labels, Size.SHEET, HINTS, skip=3)
    pages = rendered(tmp_path / "a4.pdf")

    assert 2 == len(pages)
    fields = [field for page in pages for field in cut(page)]
    inked = [bool(field.any()) for field in fields]
    assert [False] * 3 + [True] * 24 + [False] * 21 == inked
    for label, field in zip(labels, fields[3:27], strict=True):
        read_code(field, label.qr_text)
        edge = int(3 * MM)
        for side in (field[:edge], field[-edge:], field[:, -edge:]):
            assert not side.any()


def cut(page: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.bool_]]:
    top, high, wide = (297 - 8 * 37) / 2, 37, 70
    return [page[int((top + row * high) * MM):int((top + (row + 1) * high) * MM),
                 int(column * wide * MM):int((column + 1) * wide * MM)]
            for row in range(8) for column in range(3)]


def test_the_code_says_page_and_name_alone() -> None:
    assert "https://hop-01-to-12.local:8443/#phuong-5.to-12.hop-01" == SHORT.qr_text


def test_model_and_support_period_are_on_the_label_and_told_by_the_box(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Whoever holds the box, and whoever asks `edgebox --version`, reads which model it is and until when it is
    mended; SECURITY.md names the same day.
    """
    day = "{2}.{1}.{0}".format(*SUPPORT_UNTIL.split("-"))
    write_labels(tmp_path / "l.pdf", [SHORT], Size.ROLL, HINTS)
    (page,) = texts(tmp_path / "l.pdf")
    with pytest.raises(SystemExit):
        edgebox(["--version"])

    assert f"Kiểu {MODEL}, vá bảo mật đến {day}" in " ".join(page.split())
    assert f"security support until {SUPPORT_UNTIL}" in capsys.readouterr().out
    assert SUPPORT_UNTIL in (Path(__file__).parents[3] / "SECURITY.md").read_text(encoding="utf-8")
