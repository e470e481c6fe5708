"""The handover sheet, as printed: its codes and letters let in, all fits, and no file has it but its own."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.bundle.invites import read_invites
from edge.members.people import MAX_NAME
from edge.members.tokens import new_token, token_hash
from edge.members.values import MemberRole
from provisioning.box.config_text import address_of
from provisioning.box.handover import Sheet, sheets_pdf
from provisioning.box.invites import Invited
from provisioning.box.plan import Fixed, Mobile, Network, Wifi
from provisioning.cli import main
from provisioning.ward.folder import WardFolder
from tests.provisioning.box.boxes import PASSPHRASE
from tests.provisioning.box.sheets import CUT_MM, MM, letters, pages, read_code, texts

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def people(name: str) -> tuple[Invited, ...]:
    return Invited(MemberRole.LEADER, name, new_token()), Invited(MemberRole.TECHNICIAN, "", new_token())


SHORT = Sheet("phuong-5.to-12.hop-01", "Tổ 12, ngõ 5", address_of("to-12", "hop-01"), "",
              people("Nguyễn Văn An"))
LONG = Sheet(f"p-5.{'t' * 29}.{'h' * 29}", "Tổ dân phố số 12 khu đô thị Nguyễn Thị Minh Khai, ngõ 123/45 "
             "ngách 67, cạnh chợ", address_of("t" * 29, "h" * 29), "W" * 32, people("W" * MAX_NAME))


@pytest.mark.parametrize("sheet", [SHORT, LONG, replace(LONG, ssid="", mobile=True)],
                         ids=["short", "long", "mobile"])
def test_a_sheet_says_how_to_come_in(tmp_path: Path, sheet: Sheet) -> None:
    """
    Each part by a code for its person's token alone, and the same to be typed; whose it is; three steps in
    Vietnamese, then in English. Nothing is outside the paper's margins or over the line to cut along.
    """
    pdf = tmp_path / "sheet.pdf"
    pdf.write_bytes(sheets_pdf([sheet], NOW))
    (text,), (page,) = texts(pdf), pages(pdf)

    address, typed = letters(text)
    assert sheet.page == address
    for person in sheet.people:
        assert token_hash(person.token) == token_hash(typed[person.role])
        read_code(page, person.role, f"{sheet.page}/join#{person.token}")
    for wanted in (sheet.identity, sheet.title, sheet.people[0].name, "Thư mời tổ trưởng",
                   "Phần của kỹ thuật viên"):
        assert wanted in text
    assert 4 == text.count("1. ") == text.count("2. ") == text.count("3. ")
    edge, cut = int(8 * MM), int(CUT_MM * MM)
    outside = [page[:edge], page[-edge:], page[:cut - 40, :edge], page[cut + 40:, :edge],
               page[:cut - 40, -edge:], page[cut + 40:, -edge:]]
    aside = page[:, :int(70 * MM)]
    assert not any(np.any(part) for part in [*outside, aside[cut - int(3 * MM):cut - 6],
                                             aside[cut + 6:cut + int(3 * MM)]])


def test_a_leader_whom_nobody_knows_yet_gets_a_line_to_write_on(tmp_path: Path) -> None:
    pdf = tmp_path / "sheet.pdf"
    pdf.write_bytes(sheets_pdf([Sheet("a.b.c", "Ngõ 5", "https://c-b.local:8443", "", people(""))], NOW))

    assert "Kính gửi: ....." in texts(pdf)[0]


@pytest.mark.parametrize(("network", "step"), [
    (Network(), "Wi-Fi của bộ phát mà hộp cắm dây vào"), (Network(mobile=Mobile("v-internet")), "bằng 4G"),
    (Network(wifi=Wifi("Nhà Văn Hóa", "x")), "mạng mà hộp đang dùng"),
    (Network(wifi=Wifi("Nhà Văn Hóa", "x"), mobile=Mobile("v-internet")), "mạng mà hộp đang dùng"),
    (Network(mobile=Mobile("v-internet"), fixed=Fixed("10.0.0.9/24", "10.0.0.1", "10.0.0.1")),
     "Wi-Fi của bộ phát mà hộp cắm dây vào")])
def test_the_sheet_sends_nobody_into_a_network_that_is_not_there(tmp_path: Path, network: Network,
                                                                 step: str) -> None:
    """
    A box of which only 4G is known has no router: what is missing is said instead.
    """
    pdf = tmp_path / "sheet.pdf"
    ssid = network.wifi.ssid if network.wifi else ""
    pdf.write_bytes(sheets_pdf([replace(SHORT, ssid=ssid, mobile=network.mobile_alone)], NOW))
    text = " ".join(texts(pdf)[0].split())

    for each in ("bộ phát mà hộp cắm dây vào", "bằng 4G", "mạng mà hộp đang dùng"):
        assert (each in step) == (each in text)


def test_every_new_box_gets_its_sheet(ward: WardFolder, tmp_path: Path,
                                      capsys: pytest.CaptureFixture[str]) -> None:
    """
    A page a box in the order of the table, with the tokens of that box's bundle, for the owner alone; a
    renewed one replaces it. The label is as it was: without any.
    """
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    key = ["--passphrase-file", str(tmp_path / "passphrase"), "--lang", "en"]
    (tmp_path / "boxes.csv").write_text("group,title,camera1,leader\nto-1,Ngõ 1,/dev/video0,An\n"
                                        "to-2,Ngõ 2,/dev/video0,\n", encoding="utf-8")
    assert os.EX_OK == main(["box", "new", str(ward.path), *key, "--csv", str(tmp_path / "boxes.csv"),
                             "--out", str(tmp_path / "out")])
    (pdf,) = (ward.path / "letters").iterdir()
    assert f"Handover sheet made, with the leader's letter and the technician's part: {pdf}." \
        in capsys.readouterr().out
    assert (0o600, 0o700) == tuple(stat.S_IMODE(path.stat().st_mode) for path in (pdf, pdf.parent))
    for text, name in zip(texts(pdf), ("phuong-5.to-1.hop-01", "phuong-5.to-2.hop-01"), strict=True):
        expected = read_invites(tmp_path / "out" / name / "edge-bundle" / "invites.json")
        assert name in text
        assert {it.role: it.token for it in expected} == {
            role: token_hash(typed) for role, typed in letters(text)[1].items()}

    renewed = ward.path / "letters" / "phuong-5.to-1.hop-01.pdf"
    for _ in range(2):
        assert os.EX_OK == main(["box", "renew", str(ward.path), "to-1/hop-01", *key, "--yes", "--out",
                                 str(tmp_path / "again")])
        expected = read_invites(tmp_path / "again" / "edge-bundle" / "invites.json")
        assert {it.token for it in expected} == {
            token_hash(typed) for typed in letters(texts(renewed)[0])[1].values()}
    assert str(renewed) in capsys.readouterr().out


def test_a_card_that_fails_costs_no_other_box_its_sheet(ward: WardFolder, tmp_path: Path) -> None:
    """
    The boxes before it have their cards; their tokens are on paper all the same.
    """
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    (tmp_path / "boxes.csv").write_text("group,title,camera1\nto-1,a,/dev/video0\nto-2,b,/dev/video0\n")
    second = tmp_path / "out" / "phuong-5.to-2.hop-01"
    second.mkdir(parents=True)
    (second / "edge-bundle").write_text("a file where the folder belongs")

    assert os.EX_IOERR == main(["box", "new", str(ward.path), "--csv", str(tmp_path / "boxes.csv"), "--out",
                                str(tmp_path / "out"), "--replace", "--passphrase-file",
                                str(tmp_path / "passphrase")])
    (text,) = texts(ward.path / "letters" / "phuong-5.to-1.hop-01.pdf")
    expected = read_invites(tmp_path / "out" / "phuong-5.to-1.hop-01" / "edge-bundle" / "invites.json")
    assert {it.token for it in expected} == {token_hash(typed) for typed in letters(text)[1].values()}
