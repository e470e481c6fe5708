"""The sign beside a camera, as people read it: whose, what for, what not, how long, whom to ask."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.config.load import load
from provisioning.box.bundle import read_facts
from provisioning.box.card import Place
from provisioning.box.office import Office
from provisioning.box.sign import Paper, Sign, signs_pdf
from provisioning.cli import main
from provisioning.ward.controller import KEEP_DAYS, Controller
from provisioning.ward.folder import WardFolder
from provisioning.ward.settings import read_settings
from tests.provisioning.box.boxes import plan
from tests.provisioning.box.conftest import NOW
from tests.provisioning.box.sheets import texts
from ward.cli import _parser as ward_parser

WHO = Controller("Công an phường 5", "12 Lê Lợi, phường 5", "024 0000 0000", 30)
LONG = Controller("Công an phường Nguyễn Thị Minh Khai, thành phố Thủ Đức, Hồ Chí Minh" + "x" * 40,
                  "số 123/45 đường Nguyễn Thị Minh Khai, khu phố 7, phường Linh Trung, thành phố Thủ Đức, "
                  "Thành phố Hồ Chí Minh", "024 0000 0000, 024 0000 0001, 024 0000 0002", 3650)
SIGN = Sign("phuong-5.to-12.hop-01", "Tổ 12, ngõ 5")
SET = ("--name", WHO.name, "--address", WHO.address, "--phone", WHO.phone)


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("paper", Paper)
def test_it_says_whose_what_for_and_whom_to_ask(paper: Paper, tmp_path: Path) -> None:
    """
    In both languages, Vietnamese first: controller with address and telephone, purpose, place, what is
    recorded and what never is, for how long, whose rights, under which law.
    """
    (tmp_path / "sign.pdf").write_bytes(signs_pdf([SIGN], replace(WHO, keep_days=45), paper, NOW))
    (page,) = map(flat, texts(tmp_path / "sign.pdf"))

    for told in ("NƠI NÀY CÓ CAMERA AN NINH", "SECURITY CAMERAS HERE", "Tổ 12, ngõ 5",
                 "Của ai: Công an phường 5, 12 Lê Lợi, phường 5, điện thoại 024 0000 0000",
                 "Whose: Công an phường 5, 12 Lê Lợi",
                 "Giữ an ninh, trật tự", "Security and order", "vài tấm ảnh", "a few pictures",
                 "Không lưu, không gửi video. Không thu âm. Không nhận diện khuôn mặt, không đọc biển số xe",
                 "No video is stored or sent. No sound. No face is recognised, no number plate is read",
                 "giữ 45 ngày rồi xóa", "for 45 days", "yêu cầu sửa hoặc xóa", "corrected or deleted",
                 "91/2025/QH15", SIGN.identity):
        assert told in page
    assert page.index("Của ai") < page.index("Whose")


@pytest.mark.parametrize("who", [WHO, LONG], ids=["short", "long"])
@pytest.mark.parametrize(("paper", "wide_mm", "high_mm"), [(Paper.A4, 210, 297), (Paper.A5, 148, 210)])
def test_nothing_is_cut_off(paper: Paper, wide_mm: int, high_mm: int, who: Controller,
                            tmp_path: Path) -> None:
    """
    One page of its size each; below the band a margin all round is white, and a stripe above the foot: so
    the longest text ends above it.
    """
    if shutil.which("pdftoppm") is None:
        pytest.skip("needs pdftoppm: apt-get install poppler-utils")
    (tmp_path / "s.pdf").write_bytes(signs_pdf([replace(SIGN, title="Ngõ " * 30), SIGN], who, paper, NOW))
    subprocess.run(("pdftoppm", "-r", "100", "-gray", "-png", str(tmp_path / "s.pdf"), str(tmp_path / "s")),
                   check=True)
    pages = [np.asarray(Image.open(path).convert("L")) < 200 for path in sorted(tmp_path.glob("s-*.png"))]

    assert 2 == len(pages)
    for dark in pages:
        high, wide = dark.shape
        assert (wide_mm, high_mm) == (round(wide * 0.254), round(high * 0.254))
        below = int(high * 64 / 297)
        edge = int(wide * 14 / 210)
        assert not dark[below:, :edge].any()
        assert not dark[below:, -edge:].any()
        assert not dark[-edge:].any()
        stripes = dark[int(high * 262 / 297):int(high * 274 / 297)].any(axis=1)
        assert np.convolve(~stripes, np.ones(int(high * 2 / 297)), "valid").max() == int(high * 2 / 297)


def test_without_a_controller_there_is_no_sign(ward: WardFolder, office: Office, tmp_path: Path,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    """
    The tool says what to set; once it is set, each box has its page, a chosen one alone where one is named.
    """
    for box in ("hop-01", "hop-02"):
        (tmp_path / box).mkdir()
        list(office.give([(plan(box, title=f"Ngõ {box}"), Place(tmp_path / box))], NOW, 14))
    sign = ["box", "sign", str(ward.path), "--to", str(tmp_path / "signs.pdf")]

    assert os.EX_CONFIG == main(sign)
    assert f"edgebox-provision ward controller {ward.path}" in capsys.readouterr().err
    assert os.EX_OK == main(["ward", "controller", str(ward.path), *SET])
    assert os.EX_OK == main(sign)
    assert ["Ngõ hop-01", "Ngõ hop-02"] == [re.search("Ngõ hop-..", page)[0]  # type: ignore[index]
                                            for page in texts(tmp_path / "signs.pdf")]
    assert os.EX_OK == main([*sign[:3], "to-12/hop-02", *sign[3:], "--size", "a5"])
    assert 1 == len(texts(tmp_path / "signs.pdf"))
    assert os.EX_NOHOST == main([*sign[:3], "to-12/hop-09", *sign[3:]])


def test_the_controller_is_kept_and_the_rest_of_the_ward_with_it(ward: WardFolder, tmp_path: Path,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    """
    Each flag changes its own; what is wrong is refused; the contact for holes stands in the next bundle.
    """
    before = read_settings(ward.settings)
    given = ["ward", "controller", str(ward.path)]
    assert os.EX_OK == main([*given, *SET])
    contact = "mailto:bao-mat@phuong-5.example"
    assert os.EX_OK == main([*given, "--security-contact", contact, "--keep-days", "60"])
    for wrong in (["--keep-days", "0"], ["--name", " "], ["--security-contact", "bao-mat@phuong-5.example"]):
        with pytest.raises(SystemExit, match=str(os.EX_USAGE)):
            main([*given, *wrong])
    after = read_settings(ward.settings)
    office = Office(ward, "daily passphrase")
    (tmp_path / "card").mkdir()
    list(office.give([(plan(), Place(tmp_path / "card"))], datetime.now(UTC), 14))
    written = load(tmp_path / "card" / "edge-bundle" / "edge.toml").settings

    assert replace(before, controller=replace(WHO, keep_days=60, security_contact=contact)) == after
    assert contact == written.page.security_contact
    assert before.controller.security_contact == ""
    assert read_facts(ward, before).settings == before
    assert "chưa có" in capsys.readouterr().out


def test_the_sign_and_the_receiver_keep_as_long() -> None:
    """
    What the sign says unless told otherwise is what the ward's receiver does unless told otherwise.
    """
    args = ward_parser().parse_args(["receive", "--data", "d", "--ward", "w", "--broker", "b"])
    assert args.keep_days == KEEP_DAYS


@pytest.mark.parametrize("line", ['keep_days = "30"', "keep_days = 0", 'name = "a\\nb"',
                                  'security_contact = "x@y"'])
def test_what_somebody_wrote_wrong_by_hand_is_told(ward: WardFolder, line: str,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    """
    One line that names file and key; no sign, and no bundle, is made from it.
    """
    ward.settings.write_text(f"{ward.settings.read_text()}\n[controller]\n{line}\n")
    assert os.EX_CONFIG == main(["box", "sign", str(ward.path), "--to", "never.pdf", "--lang", "en"])
    told = capsys.readouterr().err
    assert f"controller.{line.split()[0]}" in told
    assert str(ward.settings) in told
